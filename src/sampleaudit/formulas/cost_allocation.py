"""The whole numbers of cases that make the variance smallest at a given cost, exactly.

Stratum h adds A_h / n_h to the variance (A_h = N_h^2 S_h^2, Cochran 1977, eq. 5.6; the finite
population correction is a constant) and c_h n_h to the cost, low_h <= n_h <= high_h. Giving cases
by the largest drop per unit of cost is best at the cost it comes to, but leaves a rest of the
budget with which another choice may do better. For a price L of a unit of cost

    sum min over n of [A_h / n + L c_h n] - L B

is no larger than the variance of any allocation that costs B at most (weak duality). What a choice
of n_h adds to its stratum's minimum is its loss. An allocation that beats the best one known so
far, whose variance is that much above the bound, has losses that add up to less than this gap, so
few numbers per stratum are left, and these are gone through (dynamic programming over cost and
variance, without those that another one beats in both; Nemhauser and Ullmann 1969).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_HALVINGS: Final = 200
_BEAM: Final = 64  # states kept in the first pass, which only looks for a good allocation
_TIE: Final = 1e-9  # relative: a variance that is less by no more is as good

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def best_for_budget(
    variance: FloatArray, costs: IntArray, budget: int, low: IntArray, high: IntArray
) -> IntArray:
    """Return the n_h with the smallest sum of A_h / n_h whose sum of c_h n_h is at most ``budget``.

    ``variance`` is A_h, not all of it 0, and low_h is 1 at least. ``costs`` and ``budget`` are
    whole numbers of a small enough unit, so that a budget that just suffices does. Expects
    sum c_h low_h <= budget.
    """
    if int(costs @ high) <= budget:
        return high.copy()
    price, given = _priced(variance, costs, budget, low, high)
    best = _filled(variance, costs, budget, given, high)
    for beam in (_BEAM, None):
        best = _searched(variance, costs, budget, (low, high), price, best, beam)
    return best


def _numbers(variance: FloatArray, costs: FloatArray, low: IntArray, high: IntArray) -> IntArray:
    """Return for each stratum the largest n that minimises A_h / n + c_h n."""
    ratio = variance / costs
    number = np.floor((1 + np.sqrt(1 + 4 * ratio)) / 2)  # the n with A/(n (n-1)) >= c
    result: IntArray = np.clip(number, low, high).astype(np.int64)
    return result


def _priced(
    variance: FloatArray, costs: IntArray, budget: int, low: IntArray, high: IntArray
) -> tuple[float, IntArray]:
    """Return about the lowest price at which what is best can be paid, and the numbers then."""
    c = costs.astype(np.float64)
    least = np.log(float((variance / (c * (high + 1.0) ** 2)).min()) or 1e-300) - 1
    most = np.log(float((variance / c).max())) + 1
    given = low
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        tried = _numbers(variance, c * float(np.exp(middle)), low, high)
        if int(costs @ tried) <= budget:
            most, given = middle, tried
        else:
            least = middle
    return float(np.exp(most)), given.copy()


def _filled(
    variance: FloatArray, costs: IntArray, budget: int, given: IntArray, high: IntArray
) -> IntArray:
    """Spend the rest on the largest drops per unit of cost that can still be paid."""
    n, rest = given.copy(), budget - int(costs @ given)
    while True:
        can = (costs <= rest) & (n < high)
        if not can.any():
            return n
        h = int(np.where(can, variance / (n * (n + 1.0) * costs), -1.0).argmax())
        n[h] += 1
        rest -= int(costs[h])


def _searched(
    variance: FloatArray,
    costs: IntArray,
    budget: int,
    bounds: tuple[IntArray, IntArray],
    price: float,
    best: IntArray,
    beam: int | None,
) -> IntArray:
    """Return the best allocation among those whose losses are within the gap; all if no beam."""
    low, high = bounds
    cheapest = _numbers(variance, price * costs.astype(np.float64), low, high)
    floor = variance / cheapest + price * costs * cheapest
    goal = float((variance / best).sum()) * (1 - _TIE)
    gap = goal - (float(floor.sum()) - price * budget)
    if gap <= 0:
        return best
    spare = np.append(np.cumsum((costs * low)[::-1])[::-1][1:], 0)  # cost of those to come, least
    cost, spread, lost = np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1)
    steps: list[tuple[IntArray, IntArray]] = []
    for h in range(len(costs)):
        each = float(variance[h]), price * float(costs[h])
        numbers = _within(*each, int(cheapest[h]), gap, int(low[h]), int(high[h]))
        losses = each[0] / numbers + each[1] * numbers - floor[h]
        cost_ = (cost[:, None] + costs[h] * numbers).ravel()
        spread_ = (spread[:, None] + each[0] / numbers).ravel()
        lost_ = (lost[:, None] + losses).ravel()
        kept = np.flatnonzero((lost_ <= gap) & (cost_ + spare[h] <= budget))
        kept = kept[_undominated(cost_[kept], spread_[kept])]
        if beam is not None:
            kept = kept[np.argsort(lost_[kept], kind="stable")[:beam]]
        if not len(kept):
            return best
        cost, spread, lost = cost_[kept], spread_[kept], lost_[kept]
        steps.append((kept // len(numbers), numbers[kept % len(numbers)]))
    place = int(np.lexsort((cost, spread))[0])
    if spread[place] >= goal:
        return best
    found = best.copy()
    for h in range(len(costs) - 1, -1, -1):
        before, numbers = steps[h]
        found[h] = numbers[place]
        place = int(before[place])
    return found


def _within(variance: float, cost: float, start: int, gap: float, low: int, high: int) -> IntArray:
    """Return the numbers whose loss is at most the gap: an interval, for the loss is convex."""

    def value(n: int) -> float:
        return variance / n + cost * n

    least, most = start, start
    while least > low and value(least - 1) - value(start) <= gap:
        least -= 1
    while most < high and value(most + 1) - value(start) <= gap:
        most += 1
    return np.arange(least, most + 1)


def _undominated(cost: IntArray, variance: FloatArray) -> NDArray[np.intp]:
    """Return the states, by cost, that no other one beats in cost and variance."""
    order = np.lexsort((variance, cost))
    lowest = np.minimum.accumulate(variance[order])
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = variance[order][1:] < lowest[:-1]
    return order[first]
