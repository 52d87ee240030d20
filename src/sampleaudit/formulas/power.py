"""How probable it is that a test finds two rates different, when they are.

The test is the one of `sampleaudit.formulas.sides_difference`: two-sided, at alpha / 2 to either
side. Where each side is one count, its outcomes are gone through and the power is exact; where a
side adds up several counts, outcomes are drawn (see `expected_width`) and it is their share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sampleaudit.formulas.expected_width import count_chances
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.sides import CountSide, Side
from sampleaudit.formulas.sides_difference import tails_of_differences

ENDLESS: Final = 10_000
"""The process behind a register is asked about as a register so many times as large."""
_LEAST: Final = 1e-7  # of a count's chance; what is left out is added to the chance of missing
_ROUNDING: Final = 1e-12


def power_of_counts(
    reviewed: tuple[int, int],
    population: tuple[int, int],
    errors: tuple[float, float],
    *,
    alpha: float,
) -> float:
    """Return the power of the test of equal rates of two caseloads of one stratum each.

    ``errors`` are T in each register, no whole numbers where they need not be. For each count of
    the first the counts of the second are found, by halving, from which on they lie too far above,
    and below.
    """
    chances = [count_chances(n, N, T) for n, N, T in zip(reviewed, population, errors, strict=True)]
    likely = np.flatnonzero(chances[0] > _LEAST)
    sizes = [np.full(len(likely), float(value)) for value in (*reviewed, *population)]
    none = np.zeros(len(likely))
    a = CountSide(likely.astype(np.float64), sizes[0], sizes[2], none, sizes[2])

    def second(x: IntArray) -> CountSide:
        return CountSide(x.astype(np.float64), sizes[1], sizes[3], none, sizes[3])

    window = np.flatnonzero(chances[1] > _LEAST)
    first, last = int(window[0]), int(window[-1])
    bound = alpha / 2 * (1 + _ROUNDING)

    def above(x: IntArray) -> FloatArray:
        return tails_of_differences(a, second(x), none, together=none)

    def below(x: IntArray) -> FloatArray:
        return tails_of_differences(second(x), a, none, together=none)

    high = _first(lambda x: above(x) <= bound, first, last, len(likely))
    low = last - _first(
        lambda x: below(first + last - x) <= bound, first, last, len(likely)
    ) + first  # fmt: skip
    upto = np.concatenate([[0.0], np.cumsum(chances[1])])
    rejected = upto[-1] - upto[high] + upto[np.maximum(low + 1, 0)]
    return float(min((chances[0][likely] * np.minimum(rejected, 1.0)).sum(), 1.0))


def share_rejected(a: Side, b: Side, together: FloatArray, *, alpha: float) -> float:
    """Return the share of outcomes, one a row, in which the rates are found different."""
    zero = np.zeros(len(together))
    bound = alpha / 2 * (1 + _ROUNDING)
    lower = tails_of_differences(a, b, zero, together=together) <= bound
    upper = tails_of_differences(b, a, zero, together=together) <= bound
    return float((lower | upper).mean())


def normal_power(difference: float, error: float, *, alpha: float) -> float:
    """Return about the power, from the difference of the rates and its standard error."""
    if error == 0:
        return float(difference != 0)
    z = -float(ndtri(alpha / 2))
    away = abs(difference) / error
    return float(ndtr(away - z) + ndtr(-away - z))


def _first(
    holds: Callable[[IntArray], NDArray[np.bool_]], first: int, last: int, rows: int
) -> IntArray:
    """Return, for each row, the first of first, ..., last that holds; last + 1 where none does."""
    low = np.full(rows, first - 1, dtype=np.int64)
    high = np.full(rows, last + 1, dtype=np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        middle = np.clip(middle, first, last)
        good = holds(middle)
        open_ = high - low > 1
        high = np.where(open_ & good, middle, high)
        low = np.where(open_ & ~good, middle, low)
    return high
