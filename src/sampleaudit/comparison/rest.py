"""Every domain against the rest of the caseload, or against one domain that is the reference."""

from __future__ import annotations

from collections.abc import Sequence

from sampleaudit.analysis import MissingRule, as_columns
from sampleaudit.comparison.arms import arms_of, indicator_names, rest_of
from sampleaudit.comparison.questions import Adjust, ComparisonMethod, Question
from sampleaudit.comparison.settled import refuse_one_domain, settle
from sampleaudit.comparison.table import Comparison
from sampleaudit.errors import AuditError
from sampleaudit.estimates.counts import Labels, domains
from sampleaudit.findings import Findings
from sampleaudit.ids import near_names


def compare_with_rest(
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
    """Compare the error rate of every domain with the rate of all other cases together.

    ``by`` names stratum or domain columns. ``question="register"`` asks whether the cases in the
    register differ as they are; ``"process"`` whether the domain is worse than chance would make
    it. ``p_adjusted`` allows for all rows of the table: ``"holm"`` holds the probability of any
    false difference, ``"benjamini-hochberg"`` the expected share of false ones. p is below
    1 - level exactly where 0 lies outside the row's own limits. See docs/comparing.md.

    Raises `AuditError` where there is only one domain, and as `estimate_rates`. A domain in which
    no case counts has a row of nan with a remark.
    """
    columns = as_columns(by, name="by")
    settled = settle(
        findings, columns, "the rest", question=question, adjust=adjust, level=level,
        method=method, missing=missing, what="compare_with_rest",
    )  # fmt: skip
    groups = domains(findings.sample, columns)
    refuse_one_domain(groups.labels, columns)
    number = len(groups.labels)
    pairs = [(place, number + place) for place in range(number)]
    labels: list[tuple[Labels, Labels]] = [(label, ()) for label in groups.labels]
    families = {}
    for name in indicator_names(indicators, of=findings):
        *arms, everything = arms_of(findings, name, groups, missing=settled.missing)
        families[name] = [*arms, *(rest_of(arm, everything) for arm in arms)]
    return settled.comparison(families, pairs, labels)


def compare_with(
    findings: Findings,
    by: str | Sequence[str],
    reference: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    adjust: Adjust | None = "holm",
    level: float | None = None,
    method: ComparisonMethod = "profile",
    missing: MissingRule | None = None,
) -> Comparison:
    """Compare the error rate of every other domain with that of one, the reference.

    ``reference`` is the domain's value of the ``by`` column, or its values where there are several
    columns. The rest as `compare_with_rest`. Raises `AuditError` for a reference that is no domain.
    """
    columns = as_columns(by, name="by")
    settled = settle(
        findings, columns, "reference", question=question, adjust=adjust, level=level,
        method=method, missing=missing, what="compare_with",
    )  # fmt: skip
    groups = domains(findings.sample, columns)
    refuse_one_domain(groups.labels, columns)
    base = _place(reference, groups.labels, columns)
    others = [place for place in range(len(groups.labels)) if place != base]
    pairs = [(place, base) for place in others]
    labels = [(groups.labels[place], groups.labels[base]) for place in others]
    families = {
        name: arms_of(findings, name, groups, missing=settled.missing)
        for name in indicator_names(indicators, of=findings)
    }
    return settled.comparison(families, pairs, labels)


def _place(reference: str | Sequence[str], labels: Sequence[Labels], columns: Sequence[str]) -> int:
    """Return which of the domains is the reference."""
    several = isinstance(reference, Sequence) and not isinstance(reference, str)
    wanted = tuple(map(str, reference)) if several else (str(reference),)
    if wanted in labels:
        return list(labels).index(wanted)
    known = [" / ".join(label) for label in labels]
    raise AuditError(
        f"The reference {' / '.join(wanted)!r} is none of the domains by {', '.join(columns)}"
        f"{near_names(' / '.join(wanted), known)}"
    )
