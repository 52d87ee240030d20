"""The smallest difference of two rates that a test would find with a given probability.

b is as it was found; a's rate is tried upward and downward from it. Where a is one count, each of
its outcomes is tested as `sides_difference` does, and the power at a rate is the probability of the
outcomes that are rejected. Else the power is that of a normal estimate whose variance is that of
the test: at equal rates for the bound, at the rate tried for the rest of the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from sampleaudit.formulas.hypergeometric import FloatArray
from sampleaudit.formulas.sides import CountSide, CurveSide, Side, rows_of
from sampleaudit.formulas.sides_difference import tails_of_differences, variance_of

_HALVINGS: Final = 18
_STEPS: Final = 50  # from b's rate to the end, among which the last without power is looked for

Power = Callable[[FloatArray], FloatArray]
"""The power of each row at its rates [row, trial]."""


def detectable_differences(
    a: Side, b: Side, *, power: float, alpha: float
) -> tuple[FloatArray, FloatArray]:
    """Return by how much each row's rate of a must be above b's, and below it; shares of 1.

    From that difference on the two-sided test at ``alpha`` finds a on the right side of b with
    probability ``power``; nan where no rate is far enough.
    """
    base = b.estimate
    up, down = _power_of_counts(a, b, alpha) if isinstance(a, CountSide) else _normal(a, b, alpha)
    return _first(up, base, np.ones_like(base), power), _first(
        down, base, np.zeros_like(base), power
    )


def _power_of_counts(a: CountSide, b: Side, alpha: float) -> tuple[Power, Power]:
    """Return the power to be found higher, and lower, as sums over the outcomes."""
    n = a.n.astype(np.int64)
    row = np.repeat(np.arange(len(n)), n + 1)
    count = np.concatenate([np.arange(each + 1) for each in n])
    every = replace(rows_of(a, row), x=count.astype(np.float64))
    other, none = rows_of(b, row), np.zeros(len(row))
    tails = (
        tails_of_differences(other, every, none, together=none),
        tails_of_differences(every, other, none, together=none),
    )
    rejected = np.zeros((2, len(n), int(n.max()) + 1))
    for side, tail in enumerate(tails):
        rejected[side, row, count] = tail <= alpha / 2

    def power(side: int) -> Power:
        return lambda rates: np.asarray((a.chances(rates) * rejected[side][:, None]).sum(axis=-1))

    return power(0), power(1)


def _normal(a: CurveSide, b: Side, alpha: float) -> tuple[Power, Power]:
    """Return the power to be found higher, and lower, of a normal estimate."""
    base = b.estimate
    fixed = variance_of(b)
    bound = -ndtri(alpha / 2) * np.sqrt(_variance(a, base) + fixed)

    def power(sign: int) -> Power:
        def at(rates: FloatArray) -> FloatArray:
            variance = np.stack([_variance(a, rate) for rate in rates.T], axis=1)
            way = sign * (rates - base[:, None]) - bound[:, None]
            return np.asarray(ndtr(way / np.sqrt(np.maximum(variance + fixed[:, None], 1e-18))))

        return at

    return power(1), power(-1)


def _first(power_at: Power, base: FloatArray, end: FloatArray, power: float) -> FloatArray:
    """Return the distance from ``base`` towards ``end`` from which on the power is enough."""
    share = np.linspace(0, 1, _STEPS + 1)
    rates = base[:, None] + (end - base)[:, None] * share
    short = power_at(rates) < power
    last = _STEPS - short[:, ::-1].argmax(axis=1)  # the last trial without enough power
    row = np.arange(len(base))
    low, high = rates[row, last], rates[row, np.minimum(last + 1, _STEPS)]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = power_at(middle[:, None])[:, 0] >= power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    distance = np.where(short.any(axis=1), np.abs(high - base), 0.0)
    return np.where(short[:, -1], np.nan, distance)


def _variance(side: CurveSide, rate: FloatArray) -> FloatArray:
    return side.moments(np.minimum(np.maximum(rate, side.low), side.high))[0]
