"""Two sides that share cases: the same files read twice, all of them or some."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from sampleaudit.analysis import Guarantee
from sampleaudit.comparison.arms import ENDLESS, Arm, with_errors
from sampleaudit.comparison.limits import limits_and_p, sides_of
from sampleaudit.comparison.questions import ComparisonMethod, Question
from sampleaudit.comparison.tested import Tested
from sampleaudit.estimates.limits import Limits, known_size_limits, random_size_limits
from sampleaudit.formulas.apart import Counts, least_error_apart
from sampleaudit.formulas.paired import Interval, product_limits
from sampleaudit.formulas.sides import Side, constant_sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIRED: Final = "the same cases were read both times: {worse} got worse and {better} better"
_HALVINGS: Final = 15  # of a p-value's normal quantile
_FARTHEST: Final = 8.0  # of them
_ROUNDING: Final = 1e-12


def paired(
    worse: Sequence[Arm],
    better: Sequence[Arm],
    *,
    level: float,
    question: Question,
    method: ComparisonMethod,
) -> list[Tested]:
    """Return the changes of rates where the same cases were read twice and all of them count.

    ``worse`` have as errors the cases that have one now and had none before, ``better`` the others
    that changed. By ``profile`` McNemar's test, and the limits of `sampleaudit.formulas.paired`;
    by ``guaranteed`` the limits of the two numbers, each at half the error.
    """
    pairs = list(zip(worse, better, strict=True))
    remarks = [
        (PAIRED.format(worse=int(one.errors.sum()), better=int(other.errors.sum())),)
        for one, other in pairs
    ]
    if method == "guaranteed":
        found = either_way(pairs, level=level, question=question, method=method)
    else:
        found = _changes(pairs, level, question)
    return [replace(each, remarks=said) for each, said in zip(found, remarks, strict=True)]


def either_way(
    pairs: Sequence[tuple[Arm, Arm]], *, level: float, question: Question, method: ComparisonMethod
) -> list[Tested]:
    """Return the differences of two rates of which it is not known how they hang together.

    The limits of each rate at half the error, the one's lower against the other's upper: by
    Bonferroni's inequality they hold together whatever the dependence. p is the least error at
    which they are apart: exact where both rates are counts of one stratum (``profile``).
    """
    at_once = [
        method == "profile" and all(_is_one_count(arm, question) for arm in pair) for pair in pairs
    ]
    counts = [pair for pair, plain in zip(pairs, at_once, strict=True) if plain]
    exact = iter(_exact(counts, question).tolist() if counts else [])
    return [
        _bonferroni(a, b, next(exact) if plain else None, level, question, method)
        for (a, b), plain in zip(pairs, at_once, strict=True)
    ]


def _changes(pairs: Sequence[tuple[Arm, Arm]], level: float, question: Question) -> list[Tested]:
    """Return the limits and McNemar's p-value of each change: ``worse`` and ``better`` in pairs."""
    found: list[Tested | None] = [None] * len(pairs)
    rest = []
    for place, (worse, better) in enumerate(pairs):
        if question == "register" and worse.census:
            change = float((worse.errors - better.errors).sum() / worse.size)
            found[place] = Tested(change, change, float(change == 0), "profile", "proved")
        else:
            rest.append(place)
    if rest:
        changed = [worse.errors + better.errors for worse, better in (pairs[k] for k in rest)]
        all_read = [
            with_errors(pairs[place][0], each) for place, each in zip(rest, changed, strict=True)
        ]
        share = _limits_of(all_read, level, question, against=0.0)[0]
        some = np.flatnonzero([each.any() for each in changed])
        of_changed = [
            with_errors(pairs[rest[k]][0], pairs[rest[k]][0].errors, changed[k])
            for k in some.tolist()
        ]
        # where nothing changed it may have gone either way
        gain = np.stack([np.zeros(len(rest)), -np.ones(len(rest)), np.ones(len(rest))])
        p = np.ones(len(rest))
        if of_changed:
            limits, p[some] = _limits_of(of_changed, level, question, against=0.5)
            gain[:, some] = 2 * np.stack(limits)
        lower, upper = product_limits((gain[0], gain[1], gain[2]), share)
        for place, low, high, one in zip(
            rest, lower.tolist(), upper.tolist(), p.tolist(), strict=True
        ):
            found[place] = Tested(low, high, one, "profile-paired", "measured")
    return [each for each in found if each is not None]


def _limits_of(
    arms: Sequence[Arm], level: float, question: Question, *, against: float
) -> tuple[Interval, NDArray[np.float64]]:
    """Return rates less a known one, with limits, and the p-values that they are equal."""
    counts, curves, is_count = sides_of(arms, question)
    values = np.empty((4, len(arms)))
    sides: tuple[tuple[bool, Side], ...] = ((True, counts), (False, curves))
    for kind, side in sides:
        rows = np.flatnonzero(is_count == kind)
        if len(rows):
            known = constant_sides(np.full(len(rows), against))
            low, high, p = limits_and_p((side, known), level, np.zeros(len(rows)))
            values[:, rows] = side.estimate - against, low, high, p
    return (values[0], values[1], values[2]), values[3]


def _is_one_count(arm: Arm, question: Question) -> bool:
    """Tell whether all cases are in one stratum, read in part, and count."""
    if arm.own is None or not arm.whole or (arm.own > 0).sum() != 1:
        return False
    return bool(arm.reviewed.sum() > 0 and (question == "process" or not arm.census))


def _exact(pairs: Sequence[tuple[Arm, Arm]], question: Question) -> NDArray[np.float64]:
    """Return the least errors at which the limits of two counts are apart, either way."""
    more = int(ENDLESS) if question == "process" else 1
    a, b = (
        Counts(
            np.array([arm.errors.sum() for arm in arms]),
            np.array([arm.reviewed.sum() for arm in arms]),
            np.array([int(arm.size) for arm in arms]) * more,
        )
        for arms in zip(*pairs, strict=True)
    )
    return np.minimum(least_error_apart(a, b), least_error_apart(b, a))


def _bonferroni(
    a: Arm,
    b: Arm,
    exact: float | None,
    level: float,
    question: Question,
    method: ComparisonMethod,
) -> Tested:
    """Return the difference with its limits, and ``exact`` as its p-value if that is known."""

    def limits(alpha: float) -> tuple[float, float, list[Limits]]:
        each = [_rate_limits(arm, 1 - alpha / 2, question, method) for arm in (a, b)]
        return each[0].rate_low - each[1].rate_high, each[0].rate_high - each[1].rate_low, each

    def apart(alpha: float) -> bool:
        low, high, _ = limits(alpha)
        return low > _ROUNDING or high < -_ROUNDING

    low, high, each = limits(1 - level)
    p = _least(apart) if exact is None else exact
    outside = low > _ROUNDING or high < -_ROUNDING
    p = min(p, math.nextafter(1 - level, 0)) if outside else max(p, 1 - level)
    ranked: Sequence[Guarantee] = ("proved", "enumerated", "searched", "measured", "none")
    worst = max((one.guarantee for one in each), key=ranked.index)
    return Tested(low, high, p, f"{method}-bonferroni", worst)


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
