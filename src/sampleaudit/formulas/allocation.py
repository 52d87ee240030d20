"""How many cases to read in each stratum: whole numbers that add up to the size.

Every allocation here is made one case at a time. All strata begin with the minimum (or with all
their cases, if they have fewer); then each next case goes to the stratum with the highest claim,
until the size is reached. A full stratum has no claim, so what it cannot take goes to the others.
Equal claims go to the larger stratum, then to the one that stands first. A larger size therefore
only ever adds cases: the sample of 70 is contained in the sample of 71, which is not so with
largest remainders (the Alabama paradox; Balinski and Young 2001, chapter 5).

With n_h cases given already, the claim is

- N_h / (n_h + 1/2) for shares in proportion to N_h (Webster's method: rounding to the nearest);
- 1 / (n_h + 1/2) for equal numbers;
- N_h S_h / sqrt(n_h (n_h + 1)) for the smallest variance of the overall rate, over sqrt(c_h) where
  cases cost c_h each. The next case there lowers sum N_h^2 S_h^2 / n_h most, per unit of cost.

Why one case at a time is best, with any minimum and maximum per stratum. The variance is a sum of
N_h^2 S_h^2 / n_h, each convex in n_h, so the drop from a stratum's next case gets smaller case by
case. The drops of all cases that may be given above the minimum, sorted, therefore come in an order
in which they can be taken. Any allocation of the size takes as many of them, and no such sum can be
above that of the largest ones, which are the claims met (Gross 1956, U.S. Navy research memorandum;
Wright 2012, Survey Methodology 38:225). With costs the same holds of drops per unit of cost: no
allocation that costs as much as the result, or less, has a smaller variance. What is best at a cost
named beforehand is for `sampleaudit.formulas.cost_allocation`.
"""

from __future__ import annotations

import heapq
from fractions import Fraction
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rule = Literal["nearest", "variance"]

_AHEAD: Final = 1e-6  # relative room between the claims settled at once and those compared exactly


def variance_weights(population: ArrayLike, rates: ArrayLike) -> NDArray[np.float64]:
    """Return N_h S_h with S_h^2 = p_h (1 - p_h) N_h / (N_h - 1) for the anticipated rates p_h.

    The weights of Neyman (1934); Cochran (1977), eq. 5.26. For cases that cost c_h each divide them
    by sqrt(c_h) (eq. 5.23).
    """
    sizes = np.asarray(population, dtype=np.float64)
    p = np.asarray(rates, dtype=np.float64)
    variance = p * (1 - p) * sizes / np.maximum(sizes - 1, 1)
    weights: NDArray[np.float64] = sizes * np.sqrt(variance)
    return weights


def whole_allocation(
    size: int,
    weights: ArrayLike,
    *,
    rule: Rule,
    minimum: ArrayLike,
    population: ArrayLike,
    maximum: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Share ``size`` cases out over the strata as the head of this module says.

    ``weights`` are what stands over the bar of the claim, 0 or more; ``rule`` is what stands under
    it. ``minimum`` and ``maximum`` are one number or one per stratum; a stratum with fewer cases
    than its minimum is read in full. Expects sum(floor) <= size <= sum(capacity).
    """
    weight = np.asarray(weights, dtype=np.float64)
    cases = np.asarray(population, dtype=np.int64)
    capacity = cases if maximum is None else np.minimum(cases, np.asarray(maximum, dtype=np.int64))
    floor = np.minimum(np.asarray(minimum, dtype=np.int64), capacity)
    given = _settled(size, weight, rule, floor, capacity)
    left = size - int(given.sum())
    open_ = np.flatnonzero(given < capacity).tolist()
    heap = [_claim(weight, cases, rule, given, stratum) for stratum in open_]
    heapq.heapify(heap)
    for _ in range(left):
        stratum = heap[0][-1]
        given[stratum] += 1
        if given[stratum] < capacity[stratum]:
            heapq.heapreplace(heap, _claim(weight, cases, rule, given, stratum))
        else:
            heapq.heappop(heap)
    return given


def _claim(
    weight: NDArray[np.float64],
    cases: NDArray[np.int64],
    rule: Rule,
    given: NDArray[np.int64],
    h: int,
) -> tuple[Fraction, Fraction, int]:
    """Return what orders the claim of stratum h, the highest first; exact, so that ties are ties.

    Where the weights say nothing (they are 0, or no case was given yet) the stratum's size decides.
    """
    n, w = int(given[h]), Fraction(float(weight[h]))
    by_size = Fraction(-2 * int(cases[h]), 2 * n + 1)
    if rule == "nearest":
        return -2 * w / (2 * n + 1), by_size, h
    return -w * w / (n * (n + 1) or Fraction(1, 10**18)), by_size, h


def _settled(
    size: int,
    weight: NDArray[np.float64],
    rule: Rule,
    floor: NDArray[np.int64],
    capacity: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the cases whose claims are surely among those met, so that few are left to compare.

    These are all claims above a bar, found by halving; beyond it they are compared one by one.
    """

    def above(bar: float) -> NDArray[np.int64]:
        ratio = np.minimum(share / bar, capacity + 1.0)
        if rule == "nearest":
            count = np.floor(ratio + 0.5)
        else:
            count = np.where(ratio > 0, np.floor((1 + np.sqrt(1 + 4 * ratio**2)) / 2), 0)
        held: NDArray[np.int64] = np.clip(count.astype(np.int64), floor, capacity)
        return held

    if not weight.any():
        return floor.copy()
    share = weight / weight.max()
    low, high = _AHEAD**2 / float(capacity.max()), 4.0
    for _ in range(100):
        middle = (low * high) ** 0.5
        if above(middle).sum() <= size:
            high = middle
        else:
            low = middle
    settled = above(high * (1 + _AHEAD))
    return settled if settled.sum() <= size else floor.copy()
