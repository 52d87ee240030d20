"""Whole numbers of cases that meet several demands on precision, as cheaply as can be found.

The demands are those of `sampleaudit.formulas.bethel`: sum_h a_jh / n_h <= 1 for every j. Rounding
the best fractional numbers up meets them, with some waste. What can be spared is taken back, then
cases are exchanged between strata while that lowers the cost. With multipliers l_j

    cost(n) >= sum_h min over n of [c_h n + s_h / n] - sum_j l_j,   s_h = sum_j l_j a_jh

for all whole numbers that meet the demands (weak duality), so what a cheaper choice may add to
the minima is limited. Where few numbers are left by that, all are gone through, and the result is
proved to be the cheapest; elsewhere the bound says how much cheaper one could be at most.
"""

from __future__ import annotations

from math import ceil, gcd
from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_MET: Final = 1e-12  # a demand exceeded by no more is met: rounding
_NODES: Final = 20_000  # choices gone through at most
_TRIPLES: Final = 30  # strata up to which two are lowered and one is raised


def whole_demands(
    a: FloatArray,
    costs: IntArray,
    low: IntArray,
    high: IntArray,
    fractional: FloatArray,
    multipliers: FloatArray,
) -> tuple[IntArray, int]:
    """Return whole n_h that meet every demand, and what the cheapest choice costs at least.

    ``costs`` are whole numbers of some unit; ``fractional`` and ``multipliers`` are what
    `bethel.fractional_allocation` gives. If the cost of the result equals the second number it is
    proved to be the cheapest.
    """
    up = np.clip(np.ceil(fractional - 1e-9).astype(np.int64), low, high)
    while not _met(a, up):  # a fraction whole but for rounding, on the wrong side of it
        up = np.minimum(up + 1, high)
    tried = [_bettered(a, costs, low, high, up)]
    down = np.clip(np.floor(fractional).astype(np.int64), low, high)
    tried.append(_bettered(a, costs, low, high, _raised(a, costs, high, down)))
    best = min(tried, key=lambda n: int(costs @ n))
    return _proved(a, costs, (low, high), multipliers, best)


def _met(a: FloatArray, n: IntArray) -> bool:
    return bool(((a / n).sum(axis=1) <= 1 + _MET).all())


def _raised(a: FloatArray, costs: IntArray, high: IntArray, n: IntArray) -> IntArray:
    """Give cases where they lessen what is missing most for their cost, until all is met."""
    n = n.copy()
    while True:
        missing = (a / n).sum(axis=1) - 1
        missing[missing <= _MET] = 0
        if not missing.any():
            return n
        drop = np.minimum(a / (n * (n + 1.0)), missing[:, None]).sum(axis=0) / costs
        n[int(np.where(n < high, drop, -1.0).argmax())] += 1


def _bettered(
    a: FloatArray, costs: IntArray, low: IntArray, high: IntArray, n: IntArray
) -> IntArray:
    """Take back and exchange cases while the demands stay met and the cost falls."""
    n = n.copy()
    while True:
        step = _cheaper_step(a, costs, low, high, n)
        if step is None:
            return n
        n += step


def _cheaper_step(
    a: FloatArray, costs: IntArray, low: IntArray, high: IntArray, n: IntArray
) -> IntArray | None:
    """Return the change by a case or two that saves most, None if there is none.

    Tried are one case less, one less and one more, and, with few strata, two less and one more.
    """
    H = len(n)
    slack = 1 + _MET - (a / n).sum(axis=1)
    less = np.where(n > low, a / np.maximum(n * (n - 1.0), 1e-300), np.inf)  # what it adds
    more = np.where(n < high, a / (n * (n + 1.0)), -np.inf)
    unit = np.eye(H, dtype=np.int64)
    best, found = 0, None
    for g in range(H):
        if n[g] <= low[g]:
            continue
        left = slack - less[:, g]
        if (left >= 0).all() and costs[g] > best:
            best, found = int(costs[g]), -unit[g]
        saved = costs[g] - costs
        fits = (left[:, None] + more >= 0).all(axis=0) & (n < high) & (saved > best)
        if fits.any():
            h = int(np.where(fits, saved, -1).argmax())
            best, found = int(saved[h]), unit[h] - unit[g]
        if H > _TRIPLES:
            continue
        for f in range(g + 1, H):
            saved = costs[g] + costs[f] - costs
            if n[f] <= low[f] or saved.max() <= best:
                continue
            fits = ((left - less[:, f])[:, None] + more >= 0).all(axis=0) & (n < high)
            fits &= saved > best
            if fits.any():
                h = int(np.where(fits, saved, -1).argmax())
                best, found = int(saved[h]), unit[h] - unit[g] - unit[f]
    return found


def _proved(
    a: FloatArray,
    costs: IntArray,
    bounds: tuple[IntArray, IntArray],
    multipliers: FloatArray,
    best: IntArray,
) -> tuple[IntArray, int]:
    """Return the cheapest numbers and their cost, or the best known and the bound."""
    low, high = bounds
    s = multipliers @ a
    number = np.sqrt(s / costs)
    near = np.clip(np.stack([np.floor(number), np.ceil(number)]), low, high)
    floor = (costs * near + s / near).min(axis=0)
    least = float(floor.sum() - multipliers.sum())
    unit = gcd(*(int(each) for each in costs))
    for _ in range(len(best) + _NODES):
        bound = ceil(round(least / unit, 9)) * unit
        cost = int(costs @ best)
        if bound >= cost:
            return best, cost
        listed = _candidates(costs, s, floor, cost - unit - least, (low, high), near)
        cheaper, all_tried = _listed(a, costs, listed, cost - unit, cost - unit - least)
        if cheaper is None:
            return best, cost if all_tried else bound
        best = cheaper
    return best, bound


def _candidates(
    costs: IntArray,
    s: FloatArray,
    floor: FloatArray,
    gap: float,
    bounds: tuple[IntArray, IntArray],
    near: FloatArray,
) -> list[tuple[IntArray, FloatArray]]:
    """Return for each stratum the numbers whose loss is within the gap, and their losses."""
    listed = []
    for h in range(len(costs)):
        low, high, c = int(bounds[0][h]), int(bounds[1][h]), float(costs[h])
        # c n + s / n <= floor + gap between the roots of a quadratic
        top = (float(floor[h]) + gap) / (2 * c)
        spread = max(top * top - float(s[h]) / c, 0.0) ** 0.5
        first = max(low, min(ceil(top - spread - 1e-9), int(near[0, h])))
        last = min(high, max(int(top + spread + 1e-9), int(near[1, h])))
        numbers = np.arange(first, min(last, first + _NODES) + 1)
        losses = c * numbers + s[h] / numbers - floor[h]
        order = np.argsort(losses, kind="stable")
        order = order[losses[order] <= gap + 1e-9 * (1 + gap)]
        listed.append((numbers[order], losses[order]))
    return listed


def _listed(
    a: FloatArray, costs: IntArray, listed: list[tuple[IntArray, FloatArray]], most: int, gap: float
) -> tuple[IntArray | None, bool]:
    """Return a choice that meets the demands for ``most`` at most; or None and if all were tried.

    A choice of numbers stratum by stratum is given up when the losses are too much, or a demand
    cannot be met though all other strata take their most.
    """
    H = len(listed)
    if any(not len(numbers) for numbers, _ in listed):
        return None, True
    order = sorted(range(H), key=lambda h: len(listed[h][0]))
    ahead = np.zeros((H + 1, len(a)))
    for place in range(H - 1, -1, -1):
        h = order[place]
        ahead[place] = ahead[place + 1] + a[:, h] / listed[h][0].max()
    chosen = np.zeros(H, dtype=np.int64)
    used = np.zeros((H + 1, len(a)))
    lost = np.zeros(H + 1)
    at = np.zeros(H, dtype=np.int64)
    place, nodes = 0, 0
    while place >= 0:
        if place == H:
            if int(costs @ chosen) <= most:
                return chosen, False
            place -= 1
            continue
        h = order[place]
        numbers, losses = listed[h]
        if at[place] >= len(numbers) or lost[place] + losses[at[place]] > gap + 1e-9 * (1 + gap):
            at[place] = 0
            place -= 1
            continue
        n = int(numbers[at[place]])
        at[place] += 1
        nodes += 1
        if nodes > _NODES:
            return None, False
        after = used[place] + a[:, h] / n
        if (after + ahead[place + 1] <= 1 + _MET).all():
            chosen[h] = n
            used[place + 1], lost[place + 1] = after, lost[place] + losses[at[place] - 1]
            place += 1
    return None, True
