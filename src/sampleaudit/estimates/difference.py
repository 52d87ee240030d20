"""The difference of two caseloads' error rates, from counts alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from scipy.special import ndtr

from sampleaudit.analysis import SIDES, Guarantee, Side, check_level, tails
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.interval import Interval, checked_counts
from sampleaudit.formulas.difference_guaranteed import (
    guaranteed_difference_limits,
    guaranteed_difference_tail,
)
from sampleaudit.formulas.differences import difference_limits, difference_tail
from sampleaudit.formulas.textbook_differences import (
    mee_limits,
    miettinen_nurminen_limits,
    newcombe_limits,
)

DifferenceMethod = Literal["profile", "guaranteed", "newcombe", "miettinen-nurminen", "mee"]
Numbers: TypeAlias = int | Sequence[int]
Caseload: TypeAlias = tuple[Numbers, Numbers, Numbers] | Mapping[str, Numbers]
"""Errors found, cases reviewed and cases in the caseload, in this order or by these names: numbers,
or one entry per stratum in each."""

DIFFERENCE_METHODS: Final[Mapping[DifferenceMethod, Guarantee]] = MappingProxyType(
    {
        "profile": "measured",
        "guaranteed": "proved",
        "newcombe": "none",
        "miettinen-nurminen": "none",
        "mee": "none",
    }
)
"""What is known of each method's coverage in general. Where the cases read are chance in one
stratum only, "measured" becomes "proved", and in small designs ``guaranteed`` is "enumerated"."""
_HABITS: Final = MappingProxyType(
    {
        "newcombe": newcombe_limits,
        "miettinen-nurminen": miettinen_nurminen_limits,
        "mee": mee_limits,
    }
)
_KEYS: Final = ("errors", "reviewed", "population")
_ROUNDING: Final = 1e-12  # a limit this near to 0 is 0, and takes it in
_HALVINGS: Final = 40  # of a p-value's normal quantile
_FARTHEST: Final = 8.0  # of them

_Counts: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
_Limits: TypeAlias = tuple[float, float, Guarantee]


@dataclass(frozen=True, slots=True)
class Difference:
    """The rate of caseload a less that of caseload b (shares of 1), with limits and a test.

    A one-sided interval has what is possible as its other limit. ``p_value`` tests equal rates,
    against a difference to either side, or against a lower rate of a where there is an upper limit
    only, or a higher one where there is a lower limit only: it is below 1 - level exactly where 0
    lies outside the limits. Rates and difference are nan where a stratum was not read at all; the
    limits hold all the same. Errors, reviewed and population are sums over strata, in cases.
    """

    difference: float
    low: float
    high: float
    p_value: float
    rate_a: float
    rate_b: float
    level: float
    side: Side
    method: DifferenceMethod
    guarantee: Guarantee
    errors_a: int
    reviewed_a: int
    population_a: int
    errors_b: int
    reviewed_b: int
    population_b: int


def difference_interval(
    a: Caseload,
    b: Caseload,
    *,
    level: float = 0.95,
    side: Side = "both",
    method: DifferenceMethod = "profile",
) -> Difference:
    """Return the interval of the error rate of caseload ``a`` less that of caseload ``b``.

    Each is (errors, reviewed, population), or a mapping with these names: numbers, or one entry
    per stratum in each. Assumes a simple random sample without replacement in each stratum, drawn
    independently. Raises `AuditError`, naming the caseload and the stratum, for counts that do not
    fit each other. The default method is described in `sampleaudit.formulas.differences`.

    >>> found = difference_interval((9, 40, 300), (2, 30, 200))
    >>> print(f"{found.difference:.3f}, {found.low:.3f} to {found.high:.3f}, {found.p_value:.3f}")
    0.158, -0.022 to 0.326, 0.083
    """
    check_level(level)
    one_of("side", side, tuple(SIDES))
    one_of("method", method, tuple(DIFFERENCE_METHODS))
    first, second = _counts(a, "a"), _counts(b, "b")
    if method in _HABITS:
        _check_habit(first, second, method)
    low, high, guarantee = _limits(first, second, 1 - level, side, method)
    rate_a, rate_b = _rate(first), _rate(second)
    difference = _estimate(first, second)
    if not math.isnan(difference):
        low, high = min(low, difference), max(high, difference)
    low, high = (
        limit if abs(limit) > _ROUNDING else 0.0 for limit in _with_width(low, high, first, second)
    )
    p_value = min(max(_p_value(first, second, difference, side, method), 0.0), 1.0)
    outside = low > 0 or high < 0
    alpha = 1 - level
    # the two are found apart; the last digits must not tell a story of their own
    p_value = min(p_value, math.nextafter(alpha, 0)) if outside else max(p_value, alpha)
    return Difference(
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        rate_a=rate_a,
        rate_b=rate_b,
        level=level,
        side=side,
        method=method,
        guarantee=guarantee,
        errors_a=sum(first[0]),
        reviewed_a=sum(first[1]),
        population_a=sum(first[2]),
        errors_b=sum(second[0]),
        reviewed_b=sum(second[1]),
        population_b=sum(second[2]),
    )


def _counts(caseload: object, name: str) -> _Counts:
    """Return the counts of one caseload, checked."""
    if isinstance(caseload, Interval):
        raise AuditError(
            f"{name} is an Interval, which keeps sums over strata only; give the counts it was "
            f"made from: (errors, reviewed, population)."
        )
    if isinstance(caseload, Mapping):
        given = [key for key in _KEYS if key in caseload]
        others = sorted(str(key) for key in caseload if key not in _KEYS)
        if len(given) < len(_KEYS) or others:
            has = ", ".join(repr(key) for key in (*given, *others)) or "nothing"
            raise AuditError(
                f"{name} has {has}; it must have 'errors', 'reviewed' and 'population', no more."
            )
        values: list[Any] = [caseload[key] for key in _KEYS]
    else:
        values = _three(caseload, name)
    try:
        return checked_counts(*values)
    except AuditError as mistake:
        raise AuditError(f"{name}: {mistake}") from None


def _three(caseload: Any, name: str) -> list[Any]:
    """Return the three parts of a sequence."""
    listed = isinstance(caseload, Sequence | np.ndarray) and not isinstance(caseload, str | bytes)
    if not listed or len(caseload) != len(_KEYS):
        raise AuditError(
            f"{name} is {caseload!r}; it must be three things in this order: errors, reviewed, "
            f"population, each a number or one entry per stratum."
        )
    return list(caseload)


def _check_habit(a: _Counts, b: _Counts, method: str) -> None:
    """Refuse what the formulas for two endless populations do not know."""
    for name, (_, reviewed, _) in (("a", a), ("b", b)):
        if len(reviewed) > 1:
            raise AuditError(
                f"method {method!r} knows no strata, and {name} has {len(reviewed)}. Methods that "
                f"do: 'profile', 'guaranteed'."
            )
        if not sum(reviewed):
            raise AuditError(
                f"method {method!r} needs cases read, and in {name} there are none. Methods that "
                f"do not: 'profile', 'guaranteed'."
            )


def _limits(a: _Counts, b: _Counts, alpha: float, side: Side, method: DifferenceMethod) -> _Limits:
    """Return the limits and what is known of their coverage."""
    lower, upper = tails(1 - alpha, side)
    if not _open(a) and not _open(b):
        low, high = difference_limits(a, b, lower_tail=None, upper_tail=None)
        return low, high, "proved"
    if method == "guaranteed":
        return guaranteed_difference_limits(a, b, lower_tail=lower, upper_tail=upper)
    if method == "profile":
        low, high = difference_limits(a, b, lower_tail=lower, upper_tail=upper)
        return low, high, "proved" if _open(a) + _open(b) == 1 else "measured"
    counts = a[0][0], a[1][0], b[0][0], b[1][0]
    low, high = _HABITS[method](*counts, lower_tail=lower, upper_tail=upper)
    return max(low, -1.0), min(high, 1.0), DIFFERENCE_METHODS[method]


def _open(counts: _Counts) -> int:
    """Return how many strata were read in part."""
    return sum(0 < n < N for n, N in zip(counts[1], counts[2], strict=True))


def _rate(counts: _Counts) -> float:
    """Return the estimated rate; nan where a stratum with cases was not read."""
    strata = list(zip(*counts, strict=True))
    if any(n == 0 < N for _, n, N in strata):
        return math.nan
    # multiplied before divided, so that a stratum read in full adds exactly its errors
    return float(sum(x * N / n for x, n, N in strata if n)) / sum(counts[2])


def _estimate(a: _Counts, b: _Counts) -> float:
    difference = _rate(a) - _rate(b)
    return 0.0 if abs(difference) < _ROUNDING else difference


def _with_width(low: float, high: float, a: _Counts, b: _Counts) -> tuple[float, float]:
    """Return the limits, a case wide at least where not every case was read.

    With 999 of 1,000 read the count itself holds often enough, yet the last case may be an error.
    """
    if low < high:
        return low, high
    sizes = [sum(each[2]) for each in (a, b) if each[1] != each[2]]
    if not sizes:
        return low, high
    least, most = difference_limits(a, b, lower_tail=None, upper_tail=None)
    step = 1 / max(sizes)
    return (low, min(high + step, most)) if high < most else (max(low - step, least), high)


def _p_value(
    a: _Counts, b: _Counts, difference: float, side: Side, method: DifferenceMethod
) -> float:
    """Return the p-value of equal rates that belongs to the method's limits."""
    if not _open(a) and not _open(b):  # nothing is left to chance
        low, high, _ = _limits(a, b, 0.5, side, method)
        return float(low <= _ROUNDING and high >= -_ROUNDING)
    if method in _HABITS or not _open(a) or not _open(b):

        def leaves_out(alpha: float) -> bool:
            low, high, _ = _limits(a, b, alpha, side, method)
            return low > _ROUNDING or high < -_ROUNDING

        if method not in _HABITS or side == "both":
            return _least_alpha(leaves_out, _FARTHEST)
        # one-sided, their formulas end at a half; the two tests add up to 1
        if (difference if side == "lower" else -difference) >= 0:
            return _least_alpha(leaves_out, 0.0)
        return 1 - _p_value(b, a, -difference, side, method)
    tail = difference_tail if method == "profile" else guaranteed_difference_tail
    if side == "upper":
        return tail(a, b)
    if side == "lower":
        return tail(b, a)
    # the tail to which the estimate lies is the smaller one
    sides = [tail(*each) for each in ((a, b), (b, a)) if _may_be_least(*each, difference)]
    return min(1.0, 2 * min(sides))


def _may_be_least(a: _Counts, b: _Counts, difference: float) -> bool:
    """Tell whether the tail of a below b is the smaller one of the two."""
    return math.isnan(difference) or (_estimate(a, b) <= 0)


def _least_alpha(leaves_out: Callable[[float], bool], most: float) -> float:
    """Return the least alpha whose interval leaves 0 out, by halving its normal quantile.

    It is looked for up to the quantile ``most``.
    """
    low, high = -_FARTHEST, most
    if leaves_out(float(ndtr(low))):
        return 0.0
    if not leaves_out(float(ndtr(high))):
        return 1.0 if most == _FARTHEST else float(ndtr(high))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if leaves_out(float(ndtr(middle))) else (middle, high)
    return float(ndtr(high))
