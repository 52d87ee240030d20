"""Findings made from counts, for the tests of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

import sampleaudit as sa

Counts = Mapping[str, tuple[int, int, int]]  # domain -> errors, reviewed, population


def findings_of(
    indicators: Mapping[str, Counts], *, by: str = "municipality", ruled_out: int = 0
) -> sa.Findings:
    """Return findings of a sample declared random, one stratum a domain.

    All indicators have the same domains. Of each domain's correct cases the first ``ruled_out``
    become "not applicable".
    """
    first = next(iter(indicators.values()))
    rows = [
        {"id": f"{label}-{number}", by: label, "N": size}
        for label, (_, read, size) in first.items()
        for number in range(read)
    ]
    table = pd.DataFrame(rows)
    for name, counts in indicators.items():
        answers: list[str] = []
        for errors, read, _ in counts.values():
            answers += ["error"] * errors
            answers += ["not applicable"] * min(ruled_out, read - errors)
            answers += ["correct"] * (read - errors - min(ruled_out, read - errors))
        table[name] = answers
    sample = sa.declare_sample(
        table, case_id="id", stratify_by=by, population="N", selection="random"
    )
    return sa.record_findings(sample, table, indicators=list(indicators))


def stratified_findings(
    cells: Sequence[tuple[str, str, int, int, int]], *, indicator: str = "late"
) -> sa.Findings:
    """Return findings of domains in strata: (municipality, kind, errors, reviewed, population)."""
    rows = [
        {"id": f"{place}-{kind}-{k}", "municipality": place, "kind": kind, indicator: int(k < x)}
        for place, kind, x, read, _ in cells
        for k in range(read)
    ]
    table = pd.DataFrame(rows)
    sample = sa.declare_sample(
        table,
        case_id="id",
        stratify_by=["municipality", "kind"],
        population={(place, kind): size for place, kind, _, _, size in cells},
        selection="random",
    )
    return sa.record_findings(sample, table, indicators=[indicator])
