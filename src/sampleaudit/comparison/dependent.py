"""Two sides that share cases: the same files read twice, all of them or some."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from sampleaudit.analysis import Guarantee
from sampleaudit.comparison.arms import ENDLESS, Arm, with_errors
from sampleaudit.comparison.limits import Tested, limits_and_p
from sampleaudit.comparison.questions import ComparisonMethod, Question
from sampleaudit.estimates.limits import Limits, known_size_limits, random_size_limits
from sampleaudit.formulas.paired import Interval, product_limits
from sampleaudit.formulas.sides import (
    Side,
    constant_sides,
    count_sides,
    open_cells,
    sides_of_cells,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIRED: Final = "the same cases were read both times: {worse} got worse and {better} better"
_HALVINGS: Final = 15  # of a p-value's normal quantile
_FARTHEST: Final = 8.0  # of them
_ROUNDING: Final = 1e-12


def paired(
    worse: Arm, better: Arm, *, level: float, question: Question, method: ComparisonMethod
) -> Tested:
    """Return the change of a rate where the same cases were read twice and all of them count.

    ``worse`` has as errors the cases that have one now and had none before, ``better`` the others
    that changed. By ``profile`` McNemar's test, and the limits of `sampleaudit.formulas.paired`;
    by ``guaranteed`` the limits of the two numbers, each at half the error.
    """
    remark = PAIRED.format(worse=int(worse.errors.sum()), better=int(better.errors.sum()))
    if method == "guaranteed":
        found = either_way(worse, better, level=level, question=question, method=method)
        return _named(found, found.method, found.guarantee, remark)
    if question == "register" and worse.census:
        change = float((worse.errors - better.errors).sum() / worse.size)
        return Tested(change, change, float(change == 0), "profile", "proved", (remark,))
    changed = worse.errors + better.errors
    share = _limits_of(changed, worse.applicable, worse, level, question, 0.0)[0]
    if changed.any():
        (middle, low, high), p = _limits_of(worse.errors, changed, worse, level, question, 0.5)
        gain: Interval = (2 * middle, 2 * low, 2 * high)
    else:
        one = np.ones(1)
        gain, p = (0 * one, -one, one), 1.0
    lower, upper = product_limits(gain, share)
    return Tested(float(lower[0]), float(upper[0]), p, "profile-paired", "measured", (remark,))


def either_way(
    a: Arm, b: Arm, *, level: float, question: Question, method: ComparisonMethod
) -> Tested:
    """Return the difference of two rates of which it is not known how they hang together.

    The limits of each rate at half the error, the one's lower against the other's upper: by
    Bonferroni's inequality they hold together whatever the dependence. p is the least error at
    which they are apart.
    """

    def limits(alpha: float) -> tuple[float, float, list[Limits]]:
        each = [_rate_limits(arm, 1 - alpha / 2, question, method) for arm in (a, b)]
        return each[0].rate_low - each[1].rate_high, each[0].rate_high - each[1].rate_low, each

    low, high, each = limits(1 - level)
    p = _least(lambda alpha: limits(alpha)[0] > _ROUNDING or limits(alpha)[1] < -_ROUNDING)
    outside = low > _ROUNDING or high < -_ROUNDING
    p = min(p, math.nextafter(1 - level, 0)) if outside else max(p, 1 - level)
    ranked: Sequence[Guarantee] = ("proved", "enumerated", "searched", "measured", "none")
    worst = max((one.guarantee for one in each), key=ranked.index)
    return Tested(low, high, p, f"{method}-bonferroni", worst)


def _named(found: Tested, method: str, guarantee: Guarantee, remark: str) -> Tested:
    return Tested(found.low, found.high, found.p_value, method, guarantee, (remark,))


def _limits_of(
    errors: NDArray[np.int64],
    applicable: NDArray[np.int64],
    design: Arm,
    level: float,
    question: Question,
    against: float,
) -> tuple[Interval, float]:
    """Return a rate less a known one, with limits, and the p-value that they are equal."""
    arm = with_errors(design, errors, applicable)
    e, a, size, q = (cell[None] for cell in arm.cells(process=question == "process"))
    single = open_cells(a, size).sum() == 1
    side: Side = count_sides(e, a, size) if single else sides_of_cells(e, a, size, q)
    known = constant_sides(np.array([against]))
    low, high, p = limits_and_p((side, known), level, np.zeros(1))
    return (side.estimate - against, low, high), float(p[0])


def _rate_limits(arm: Arm, level: float, question: Question, method: ComparisonMethod) -> Limits:
    """Return the limits of one rate, two-sided."""
    more = int(ENDLESS) if question == "process" else 1
    has = arm.population > 0 if arm.own is None else arm.own > 0
    errors, applicable, reviewed, read = (
        tuple(values[has].tolist())
        for values in (arm.errors, arm.applicable, arm.reviewed, arm.read)
    )
    population = tuple((arm.population[has] * more).tolist())
    if arm.whole:
        return known_size_limits(errors, read, population, level, "both", method)
    return random_size_limits(
        errors, applicable, reviewed, read, population, None, level, "both", method
    )


def _least(apart: Callable[[float], bool]) -> float:
    """Return the least alpha at which two intervals are apart, by halving its normal quantile."""
    low, high = -_FARTHEST, _FARTHEST
    if apart(float(ndtr(low))):
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if apart(float(ndtr(middle))) else (middle, high)
    return float(ndtr(high))
