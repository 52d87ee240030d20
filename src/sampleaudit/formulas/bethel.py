"""The cheapest sample that meets several demands on precision at once.

Demand j bounds the variance of one estimate, an indicator in the caseload or in a domain:

    sum_h N_h^2 S_jh^2 (1/n_h - 1/N_h) <= V_j,   that is   sum_h a_jh / n_h <= 1,
    a_jh = N_h^2 S_jh^2 / (V_j + sum_h N_h S_jh^2),

and sum c_h n_h is to be as small as possible (Bethel 1989, Survey Methodology 15:47; Chromy 1987,
Proceedings of the Section on Survey Research Methods, 194). In x_h = 1 / n_h the demands are linear
and the cost is convex, so there is one best fractional allocation. It is found by Newton's method
on the conditions of Karush, Kuhn and Tucker with slacks kept above 0 (a primal-dual interior point
method; Boyd and Vandenberghe 2004, section 11.7), in some twenty steps where Chromy's iteration
takes hundreds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_STEPS: Final = 200
_NARROWING: Final = 20.0  # of the gap between cost and its lower bound, sought at each step
_CLOSE: Final = 1e-13  # gap, relative to the cost
_STATIONARY: Final = 1e-10  # what is left of the gradient, times x, relative to the cost
_BACK: Final = 0.99  # share of the way to the nearest bound that a step may go
_FROM_FULL: Final = 0.5  # share of the room at the full numbers that the start leaves


def demands(population: IntArray, deviation: FloatArray, variance: FloatArray) -> FloatArray:
    """Return a_jh, a row per demand; ``deviation`` is S_jh and ``variance`` V_j, above 0."""
    spread = population * deviation**2
    a: FloatArray = population * spread / (variance + spread.sum(axis=1))[:, None]
    return a


def group_deviation(
    rates: FloatArray, own: FloatArray, population: IntArray
) -> tuple[float, FloatArray]:
    """Return the rate of a group of cases and S_h of what its estimate varies by.

    The group has A_h = ``own`` of the N_h cases of stratum h, with the error rate p_h there. Its
    rate R = sum A_h p_h / A is estimated by the ratio of weighted errors to weighted cases, whose
    variance is sum N_h^2 S_h^2 (1/n_h - 1/N_h) / A^2 with S_h the deviation of (error - R) over the
    group's cases and 0 over the others (Cochran 1977, section 5A.14; Sarndal, Swensson and Wretman
    1992, eq. 5.8.4). With q_h = A_h / N_h that is
    S_h^2 = [q (p (1 - p) + (p - R)^2) - q^2 (p - R)^2] N_h / (N_h - 1). For all cases of the
    stratum it is p (1 - p) N_h / (N_h - 1).
    """
    share = own / population
    rate = float((own * rates).sum() / own.sum())
    apart = (rates - rate) ** 2
    spread = share * (rates * (1 - rates) + apart) - share**2 * apart
    return rate, np.sqrt(np.maximum(spread, 0) * population / np.maximum(population - 1, 1))


def fractional_allocation(
    a: FloatArray, costs: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the n_h of least cost that meet every demand, and each demand's multiplier.

    low_h <= n_h <= high_h, low_h above 0. Expects sum_h a_jh / high_h < 1 for every j. The
    multiplier of a demand is what its relaxation saves: cost falls by l_j times a small increase
    of its bound of 1; 0 where it is met with room to spare.
    """
    n = np.asarray(low, dtype=np.float64).copy()
    free = low < high
    room = 1 - (a[:, ~free] / n[~free]).sum(axis=1)
    binds = (a[:, free] > 0).any(axis=1)
    multipliers = np.zeros(len(a))
    if (a[:, free] / n[free]).sum(axis=1)[binds].max(initial=0.0) < 1 and (
        (a / n).sum(axis=1) <= 1
    ).all():
        return n, multipliers
    scaled = a[np.ix_(binds, free)] / room[binds, None]
    n[free], found = _interior(scaled, costs[free], low[free], high[free])
    multipliers[binds] = found / room[binds]
    return n, multipliers


def _interior(
    a: FloatArray, costs: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return n and the multipliers of a @ (1/n) <= 1; in x = high / n, from 1 to high / low."""
    b, c, top = a / high, costs * high / (costs @ high), high / low
    x = 1 + (top - 1) * _inside(b, top)
    slack = np.concatenate([1 - b @ x, x - 1, top - x])
    share = 1.0 / len(slack)
    dual = share / slack
    J, H = b.shape
    left = np.inf
    for _ in range(_STEPS):
        gap = float(dual @ slack)
        cost = float((c / x).sum())
        lower, upper = dual[J : J + H], dual[J + H :]
        residual = -c / x**2 + dual[:J] @ b - lower + upper
        before, left = left, float(np.abs(residual * x).max())
        if gap <= _CLOSE * cost and (left <= _STATIONARY * cost or left > before / 2):
            break  # as good as it gets: below that rounding decides
        aim = max(gap / _NARROWING, _CLOSE / 2 * cost) / len(slack)
        weight = dual / slack
        curved = 2 * c / x**3 + weight[J : J + H] + weight[J + H :]
        hessian = np.diag(curved) + (b.T * weight[:J]) @ b
        centre = aim / slack
        gradient = -c / x**2 + centre[:J] @ b - centre[J : J + H] + centre[J + H :]
        step = np.linalg.solve(hessian, -gradient)
        change = np.concatenate([-(b @ step), step, -step])  # of the slacks
        turn = centre - dual - weight * change
        length = min(1.0, _BACK * _reach(slack, change), _BACK * _reach(dual, turn))
        x = x + length * step
        dual = dual + length * turn
        slack = slack + length * change  # not from x again: near a bound rounding makes it 0
    return high / x, dual[:J] * float(costs @ high)


def _inside(b: FloatArray, top: FloatArray) -> float:
    """Return how far from 1 towards ``top`` x may go for every slack to stay above 0."""
    spent = b.sum(axis=1)
    more = b @ (top - 1)
    share = (1 - spent)[more > 0] / more[more > 0]
    return _FROM_FULL * min(1.0, float(share.min(initial=1.0)))


def _reach(values: FloatArray, change: FloatArray) -> float:
    """Return the multiple of the change at which the first value would be 0."""
    falls = change < 0
    return float((-values[falls] / change[falls]).min(initial=np.inf))
