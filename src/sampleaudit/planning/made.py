"""From counts by stratum and a reason to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sampleaudit.analysis import Analysis
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan, refuse_other_columns, refuse_other_looks


def made_plan(
    frame: Frame,
    counts: IntArray,
    analysis: Analysis,
    allocation: str,
    goal: Mapping[str, Any],
) -> Plan:
    """Return the plan with these cases by stratum; ``goal`` is kept in it, as plain values."""
    refuse_other_columns(frame, analysis.by)
    refuse_other_looks(analysis.looks, int(counts.sum()))
    table = frame.strata
    table["sampled"] = counts
    return Plan(frame, analysis, allocation, table, goal)
