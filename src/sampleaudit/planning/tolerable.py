"""How many cases must be read, and errors allowed, to show a rate to be tolerable."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns, check_level
from sampleaudit.errors import AuditError
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.formulas.allocation import whole_allocation
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.formulas.sizes import acceptance_size, least_errors, smallest, tolerable_size
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.demands import Share, Sharing, exact_share, sharing, whole_number
from sampleaudit.planning.made import made_plan

_EXACT: Final[tuple[Method, ...]] = ("profile", "guaranteed")  # with one stratum and one limit


def plan_for_tolerable(
    frame: Frame,
    tolerable: Share,
    *,
    expected: Share | None = None,
    allowed: int | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    level: float = 0.95,
    side: Side = "upper",
    method: Method = "guaranteed",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    seed_source: str | None = None,
) -> Plan:
    """Plan the smallest sample that shows a rate under ``tolerable`` in spite of a few errors.

    If at most ``allowed`` errors are found, the upper limit of the plan's own interval is under the
    tolerable rate: the risk of accepting a caseload that is not (overreliance) is 1 - level. In
    place of ``allowed`` give the rate ``expected``: then ceil(size x expected) errors are allowed,
    as in the tables A-1 and A-2 of AICPA Audit Sampling (2017), here for the register's own size.
    The number allowed stands in the plan's ``goal``. With several strata the limit is that with
    the errors all in the stratum whose cases count most, or spread evenly, whichever is higher.
    Raises `AuditError` if so many errors would themselves be more than tolerable.
    """
    check_level(level)
    bound = exact_share(tolerable, name="tolerable")
    if not 0 < bound < 1:
        raise AuditError(f"tolerable is {tolerable!r}; it must be a rate between 0 and 1, as 0.05.")
    if expected is not None and allowed is not None:
        raise AuditError("expected and allowed are both given; give one of them.")
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), float(bound), seed_source
    )
    if side != "upper":
        raise AuditError(f"side is {side!r}; a tolerable rate is kept by an upper limit: 'upper'.")
    rate = None if allowed is not None else exact_share(expected or 0, name="expected")
    most = least_errors(frame.size, bound)
    share = sharing(frame, allocation, minimum)
    number = None if allowed is None else whole_number(allowed, name="allowed", least=0)
    _refuse_too_many(frame.size, bound, most, rate, number)
    risk = 1 - exact_share(level, name="level")
    size, number = _in_one(frame.size, bound, risk, rate, number)
    size = max(size, share.least)
    if not (len(share.population) == 1 and method in _EXACT):
        size, number = _by_limits(share, most, rate, number, size, analysis)
    counts = share.counts(size)
    goal = {
        "kind": "tolerable",
        "tolerable": float(bound),
        **({} if rate is None else {"expected": float(rate)}),
        "allowed": number,
        "upper_limit_at_allowed": _worst_limit(counts, share, number, analysis) / frame.size,
    }
    return made_plan(frame, counts, analysis, allocation, goal)


def _in_one(
    size: int, bound: Fraction, risk: Fraction, rate: Fraction | None, allowed: int | None
) -> tuple[int, int]:
    """Return the size and the errors allowed as if the register were one stratum."""
    if allowed is None:
        assert rate is not None  # noqa: S101 -- one of the two is given
        return tolerable_size(tolerable=bound, expected=rate, risk=risk, population=size)
    return acceptance_size(allowed, tolerable=bound, risk=risk, population=size), allowed


def _by_limits(
    share: Sharing,
    most: int,
    rate: Fraction | None,
    allowed: int,
    start: int,
    analysis: Analysis,
) -> tuple[int, int]:
    """Return the size from which the limit itself is under the tolerable rate."""
    while True:
        number = allowed

        def holds(size: int, number: int = number) -> bool:
            return _worst_limit(share.counts(size), share, number, analysis) < most

        least = max(share.least, number + 1)
        size = smallest(holds, least=least, most=share.frame.size, guess=start)
        if rate is None:
            return size, number
        allowed = -(-size * rate.numerator // rate.denominator)
        if allowed <= number:
            return size, number
        start = size


def _worst_limit(counts: IntArray, share: Sharing, errors: int, analysis: Analysis) -> int:
    """Return the higher of the upper limits of two ways the errors may be found, in cases."""
    sizes = share.population
    heaviest = np.argsort(-sizes / np.maximum(counts, 1), kind="stable")
    packed, left = np.zeros_like(counts), errors
    for stratum in heaviest.tolist():
        packed[stratum] = min(left, int(counts[stratum]))
        left -= int(packed[stratum])
    spread = whole_allocation(errors, counts, rule="nearest", minimum=0, population=counts)
    options = analysis.level, analysis.side, analysis.method
    read, cases = tuple(counts.tolist()), tuple(sizes.tolist())
    found = {tuple(packed.tolist()), tuple(spread.tolist())}
    limits = [known_size_limits(each, read, cases, *options) for each in sorted(found)]
    return max(int(limit.total_high) for limit in limits)


def _refuse_too_many(
    size: int, bound: Fraction, most: int, rate: Fraction | None, allowed: int | None
) -> None:
    """Refuse what no sample can show, and say what could be shown."""
    if rate is not None and rate >= bound:
        raise AuditError(
            f"expected is {float(rate):g}, which is not under the tolerable rate of "
            f"{float(bound):g}; no sample can show a rate to be lower than it is. Ask for a "
            f"tolerable rate above {float(rate):g}."
        )
    if rate is not None and -(-size * rate.numerator // rate.denominator) >= most:
        raise AuditError(
            f"tolerable is {float(bound):g}, and {most} of {size} cases are that many already, as "
            f"many as expected ({float(rate):g}). The lowest tolerable rate that can be shown is "
            f"{(most + 1) / size:.4g}."
        )
    if allowed is not None and allowed >= most:
        raise AuditError(
            f"allowed is {allowed}, but {most} errors in {size} cases are not tolerable "
            f"({float(bound):g}); at most {most - 1} can be allowed."
        )
