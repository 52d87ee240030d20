"""From a small first sample to the size of the whole one, of which it stays a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import Analysis, MissingRule, Side, as_columns
from sampleaudit.errors import AuditError
from sampleaudit.estimates.counts import count_outcomes, stratum_of_cases, whole_caseload
from sampleaudit.estimates.interval import rate_interval
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.demands import Share, exact_share, probability, recorded, sharing
from sampleaudit.planning.forecast import targets
from sampleaudit.planning.made import made_plan
from sampleaudit.planning.margin import size_for_margin

if TYPE_CHECKING:
    from sampleaudit.sample import Sample

SEED_SOURCE: Final = "the pilot's own seed, so that its cases stay in the sample"
_HALF: Final = 0.5  # the rate of which an interval is widest


def plan_from_pilot(
    findings: Findings,
    frame: Frame,
    *,
    margin: Share,
    indicators: str | Sequence[str] | None = None,
    assurance: float | None = 0.8,
    by: str | Sequence[str] | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    missing: MissingRule | None = None,
    seed_source: str = SEED_SOURCE,
) -> Plan:
    """Plan the sample for a margin from what a pilot found, which stays a part of it.

    Drawn by the pilot's seed from the same register, the sample contains the pilot. What
    `plan_for_margin` is told beforehand is taken from the pilot: for every indicator the error
    rate, missing files counted by the rule ``missing`` (the pilot's plan's unless given), and the
    share of cases to which it applies. They are uncertain, so ``assurance`` (a probability) makes
    the plan safe: of the pilot's one-sided limits the rate nearest to a half and the least share
    that applies are anticipated, so that with this probability the size suffices; None takes the
    estimates. Level, side and method are the pilot's. No stratum is given fewer cases than the
    pilot read. Raises `AuditError` for a pilot of another register, or not drawn here.
    """
    sample = findings.sample
    _refuse_other_register(sample, frame)
    planned = sample.analysis
    rule = planned.missing if missing is None else missing
    columns = () if by is None else as_columns(by, name="by")
    analysis = Analysis(
        planned.level, planned.side, planned.method, rule, columns, planned.tolerable, seed_source
    )
    sure = None if assurance is None else probability(assurance, name="assurance")
    names = _names(findings, indicators)
    rates: dict[str | None, FloatArray] = {}
    shares: dict[str | None, FloatArray] = {}
    ones = np.ones(len(frame.strata))
    for name in names:
        applies, certain = _applicable(findings, name, rule, sure)
        rates[name] = ones * _rate(findings, name, rule, sure if certain else _half_of(sure))
        shares[name] = ones * applies
    floor = np.asarray(sample.strata["sampled"].to_numpy(), dtype=np.int64)
    share = sharing(frame, allocation, minimum, rates=rates, floor=floor)
    wanted = targets(frame, rates, shares, columns)
    bound = exact_share(margin, name="margin")
    size, expected = size_for_margin(share, wanted, bound, analysis)
    goal = {
        "kind": "margin from a pilot",
        "margin": float(bound),
        "anticipated": recorded(rates),
        "applicable": recorded(shares),
        "assurance": sure,
        "expected_margin": expected,
        "pilot": {"size": sample.size, "plan": sample.manifest.get("plan")},
    }
    return made_plan(frame, share.counts(size), analysis, allocation, goal)


def _refuse_other_register(sample: Sample, frame: Frame) -> None:
    if sample.selection != "drawn" or sample.drawing is not None:
        raise AuditError(
            "The pilot was not drawn case by case with a seed here, so a larger sample need not "
            "contain it. Plan anew with plan_for_margin and the pilot's rates as anticipated."
        )
    fingerprint = sample.manifest["fingerprint"]
    if frame.fingerprint != fingerprint:
        raise AuditError(
            f"The pilot was drawn from a register with the fingerprint {fingerprint[:16]}..., the "
            f"frame has {frame.fingerprint[:16]}...; give the frame that it was drawn from."
        )


def _names(findings: Findings, indicators: str | Sequence[str] | None) -> list[str]:
    if indicators is None:
        return [*findings.indicators, *([ANY_ERROR] if len(findings.indicators) > 1 else [])]
    names = [indicators] if isinstance(indicators, str) else list(indicators)
    if not names:
        raise AuditError("indicators is empty; name at least one, or leave it out for all.")
    for name in names:
        if name != ANY_ERROR:
            findings.outcomes(name)  # refuses an unknown indicator
    return names


def _half_of(sure: float | None) -> float | None:
    """Return the assurance of each of two things that are to hold together (Bonferroni)."""
    return None if sure is None else (1 + sure) / 2


def _rate(findings: Findings, name: str, rule: MissingRule, sure: float | None) -> float:
    """Return the rate to anticipate: the estimate, or the limit nearest to a half."""
    options: dict[str, Any] = {"missing": rule}
    row = estimate_rates(findings, [name], **options).to_frame().iloc[0]
    rate = float(row["rate"])
    if not row["applicable"]:
        raise AuditError(
            f"{name!r} applied to none of the pilot's {findings.sample.size} cases, which says "
            f"nothing of its rate; name the other indicators, or read more cases first."
        )
    if sure is None:
        return rate
    side: Side = "upper" if rate < _HALF else "lower"
    limit = estimate_rates(
        findings, [name], level=sure, side=side, method="profile", missing=rule
    ).to_frame().iloc[0]  # fmt: skip
    found = float(limit["rate_high"] if side == "upper" else limit["rate_low"])
    return min(found, _HALF) if side == "upper" else max(found, _HALF)


def _applicable(
    findings: Findings, name: str, rule: MissingRule, sure: float | None
) -> tuple[float, bool]:
    """Return the share of cases that will count, and whether it is certain: all do."""
    sample = findings.sample
    outcomes = any_error(findings.outcome_table()) if name == ANY_ERROR else findings.outcomes(name)
    sizes = np.asarray(sample.strata["population"].to_numpy(), dtype=np.int64)
    counts = count_outcomes(outcomes, stratum_of_cases(sample), len(sizes), whole_caseload(sample))
    counted: IntArray = counts.errors[0] + counts.correct[0]
    if rule != "exclude":
        counted = counted + counts.missing[0]
    if (counted == counts.reviewed[0]).all():
        return 1.0, True
    columns = (counted.tolist(), counts.read.tolist(), sizes.tolist())
    if sure is None:
        return rate_interval(*columns).rate, False
    found = rate_interval(*columns, level=(1 + sure) / 2, side="lower")
    return max(found.low, 1 / float(sizes.sum())), False
