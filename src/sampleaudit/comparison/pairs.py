"""Every domain against every other one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from sampleaudit.analysis import MissingRule, as_columns
from sampleaudit.comparison.arms import arms_of, indicator_names
from sampleaudit.comparison.questions import Adjust, ComparisonMethod, Question
from sampleaudit.comparison.settled import refuse_one_domain, settle
from sampleaudit.comparison.table import Comparison
from sampleaudit.estimates.counts import domains
from sampleaudit.findings import Findings


def compare_pairs(
    findings: Findings,
    by: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    adjust: Adjust | None = "holm",
    level: float | None = None,
    method: ComparisonMethod = "profile",
    missing: MissingRule | None = None,
) -> Comparison:
    """Compare the error rates of every two domains: the earlier in the alphabet less the later.

    Options and errors as `compare_with_rest`. k domains make k (k - 1) / 2 rows for each indicator,
    and the adjusted p-values allow for all of them, so with many domains hardly any two can be told
    apart: that is what the sample says, not a fault of the table.
    """
    columns = as_columns(by, name="by")
    settled = settle(
        findings, columns, "each other", question=question, adjust=adjust, level=level,
        method=method, missing=missing, what="compare_pairs",
    )  # fmt: skip
    groups = domains(findings.sample, columns)
    refuse_one_domain(groups.labels, columns)
    pairs = list(combinations(range(len(groups.labels)), 2))
    labels = [(groups.labels[i], groups.labels[j]) for i, j in pairs]
    families = {
        name: arms_of(findings, name, groups, missing=settled.missing)
        for name in indicator_names(indicators, of=findings)
    }
    return settled.comparison(families, pairs, labels)
