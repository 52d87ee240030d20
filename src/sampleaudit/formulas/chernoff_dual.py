"""The worst caseload of a cell, bounded by weak duality.

Of a stratum's caseloads T_h only the points (ends of bins) are looked at: each has a log bound m,
the variance V = c T (N - T) and the bulge of V over its bin. For every theta >= 0 and real nu, a
caseload of total t or more and lowest <= V <= highest has

    sum m_h(T_h) <= sum_h max_points [m + theta T + nu V + max(nu, 0) bulge]
                    - theta t - (nu lowest if nu > 0 else nu highest)

(docs/proved-intervals.md, theorem 3). Any multipliers give a valid bound, so they are searched
for in floats: in every round several Newton steps are tried, with the second derivatives of the
maximum smoothed more or less and shortened more or less, and the best is taken. The exact bound
decides which. Arrays have a row per problem and a column per point.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_STEEPEST: Final = 40.0  # of theta, in units of the scale
_BENT: Final = 80.0  # of nu, likewise
_SOFT: Final = np.array([0.15, 0.03, 0.006])  # temperatures of the smoothed maximum
_DAMPING: Final = np.array([0.02, 0.3, 4.0])  # of Newton's steps, times a row's own
_SLOWER: Final = np.array([0.3, 1.0, 5.0])  # what that becomes when one of them was the best
_STUCK: Final = 30.0  # and when none was
_RIDGE: Final = 0.01
_LONGEST: Final = (3.0, 8.0)  # step of theta and nu, in units of the scale
_SMALL: Final = 2e-3  # terms below this share of the tail keep their multipliers
_GAIN: Final = 2e-3  # of a limit's distance from the estimate: less is no gain
_CASES: Final = 0.05
_PATIENCE: Final = 2  # rounds
_NEWTON: Final = 8  # steps
_NEAR: Final = 1e-5  # of the logarithm of a sum to 0
_MARGIN: Final = 0.005  # cases
_FAR: Final = 1e12  # cases


@dataclass(frozen=True, slots=True)
class Points:
    """The points of all strata, one stratum after the other."""

    errors: FloatArray
    variance: FloatArray
    bulge: FloatArray
    starts: IntArray  # where a stratum's points begin
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Problems:
    """What is bounded: log bounds of the points, and the caseloads allowed.

    Problems come in groups of ``each``: their terms, exp(offset + bound), are added up and must
    not exceed 1.
    """

    bounds: FloatArray  # m, a row per problem
    offset: FloatArray
    lowest: FloatArray
    highest: FloatArray
    scale: FloatArray  # standard deviation of the estimate, about
    each: int


@dataclass(frozen=True, slots=True)
class Certified:
    """Totals from which on every caseload is rejected, one for each group, and the multipliers."""

    total: FloatArray
    theta: FloatArray
    nu: FloatArray


def lowest_totals(
    points: Points,
    problems: Problems,
    start: Certified,
    *,
    least: float,
    most: float,
    enough: float,
    rounds: int,
) -> Certified:
    """Return totals nearly as low as can be certified, beginning with multipliers and a guess.

    Totals that count are between ``least`` and ``most``; below ``enough`` they are low enough.
    """
    group = np.repeat(np.arange(len(start.total)), problems.each)
    theta, nu = start.theta.copy(), start.nu.copy()
    bound = _bounds(points, problems, theta[None], nu[None])[0]
    damping = np.ones(len(theta))
    best = Certified(np.full(len(start.total), inf), theta.copy(), nu.copy())
    slow = np.zeros(len(start.total), dtype=np.int64)
    for turn in range(rounds + 1):
        total = _totals(bound.reshape(-1, problems.each), theta.reshape(-1, problems.each))
        with np.errstate(invalid="ignore"):  # both infinite
            gain = best.total - total > _GAIN * np.abs(total - least) + _CASES
        slow = np.where(gain | ~np.isfinite(total), 0, slow + 1)
        lower = total < best.total
        rows = lower[group]
        best.total[lower] = total[lower]
        best.theta[rows], best.nu[rows] = theta[rows], nu[rows]
        t = np.clip(total, least, most)[group]
        share = np.exp(np.minimum(bound - theta * t, 0.0))
        open_ = (slow < _PATIENCE) & (best.total > enough)
        live = np.flatnonzero(open_[group] & (share > _SMALL))
        if turn == rounds or not len(live):
            break
        some = _rows(problems, live)
        tried = _steps(points, some, theta[live], nu[live], t[live], damping[live])
        new = _bounds(points, some, *tried)
        worth = new - tried[0] * t[live]
        pick = worth.argmin(axis=0)
        at = (pick, np.arange(len(live)))
        down = worth[at] < bound[live] - theta[live] * t[live] - 1e-12
        moved = live[down]
        theta[moved], nu[moved] = tried[0][at][down], tried[1][at][down]
        bound[moved] = new[at][down]
        damping[live] *= np.where(down, _SLOWER[pick // len(_SOFT)], _STUCK)
        damping[live] = np.clip(damping[live], 0.01, 1e4)
    return best


def _rows(problems: Problems, which: IntArray) -> Problems:
    """Return some of the problems."""
    every = len(which) == len(problems.offset)
    return Problems(
        problems.bounds if every else problems.bounds[which],
        problems.offset[which],
        problems.lowest[which],
        problems.highest[which],
        problems.scale[which],
        problems.each,
    )


def _bounds(points: Points, problems: Problems, theta: FloatArray, nu: FloatArray) -> FloatArray:
    """Return log bounds plus theta t at [candidate, row], for multipliers given so."""
    value = _raised(points, problems, theta, nu)
    top: FloatArray = np.maximum.reduceat(value, points.starts, axis=2).sum(axis=2)
    return top - nu * np.where(nu > 0, problems.lowest, problems.highest) + problems.offset


def _raised(points: Points, problems: Problems, theta: FloatArray, nu: FloatArray) -> FloatArray:
    """Return m + theta T + nu V + max(nu, 0) bulge at [candidate, row, point]."""
    multipliers = np.stack([theta, nu, np.maximum(nu, 0.0)], axis=2).reshape(-1, 3)
    lines = np.stack([points.errors, points.variance, points.bulge])
    value = (multipliers @ lines).reshape(*theta.shape, -1)
    value += problems.bounds
    return np.asarray(value)


def _steps(
    points: Points,
    problems: Problems,
    theta: FloatArray,
    nu: FloatArray,
    t: FloatArray,
    damping: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return where Newton's steps lead: theta and nu at [candidate, row].

    The smoothed bound is convex in both; nu does not change its sign in one step.
    """
    s = problems.scale
    T, V, TT, TV, VV = _moments(points, problems, theta, nu)
    above = (nu > 0) | ((nu == 0) & (V[-1] < problems.lowest))
    below = (nu < 0) | ((nu == 0) & (V[-1] > problems.highest))
    sign = above * 1.0 - below
    gt = (T - t) / s
    gv = np.abs(sign) * (V - np.where(above, problems.lowest, problems.highest)) / s**2
    damp = (damping * _DAMPING[:, None])[:, None]  # candidates at [damping, temperature, row]
    a = TT / s**2 * (1 + damp) + _RIDGE * damp
    c = VV / s**4 * (1 + damp) + _RIDGE * damp
    b = np.abs(sign) * TV / s**3
    determinant = np.maximum(a * c - b * b, 1e-6 * a * c) + 1e-300
    d_theta, d_nu = (b * gv - c * gt) / determinant, (b * gt - a * gv) / determinant
    bent = np.maximum(_LONGEST[1], np.abs(nu) * s**2)
    far = np.maximum(np.abs(d_theta) / _LONGEST[0], np.abs(d_nu) / bent)
    short = 1 / np.maximum(far, 1.0)
    new_theta = np.minimum(np.maximum(theta * s + short * d_theta, 0.0), _STEEPEST) / s
    size = np.minimum(np.maximum(sign * (nu * s**2 + short * d_nu), 0.0), _BENT)
    return new_theta.reshape(-1, len(s)), (sign * size / s**2).reshape(-1, len(s))


def _moments(points: Points, problems: Problems, theta: FloatArray, nu: FloatArray) -> FloatArray:
    """Return first and second derivatives of the smoothed bound, at [which, temperature, row]."""
    value = _raised(points, problems, theta[None], nu[None])[0]
    T, V, starts, counts = points.errors, points.variance, points.starts, points.counts
    value -= np.repeat(np.maximum.reduceat(value, starts, axis=1), counts, axis=1)
    share = np.exp(np.multiply.outer(1 / _SOFT, value))
    share *= np.repeat(1 / np.add.reduceat(share, starts, axis=2), counts, axis=2)
    mean_T = np.add.reduceat(share * T, starts, axis=2)
    mean_V = np.add.reduceat(share * V, starts, axis=2)
    second = share @ np.stack([T * T, T * V, V * V], axis=1)
    soft = _SOFT[:, None]
    return np.stack(
        [
            mean_T.sum(axis=2),
            mean_V.sum(axis=2),
            np.maximum(second[..., 0] - (mean_T**2).sum(axis=2), 0.0) / soft,
            (second[..., 1] - (mean_T * mean_V).sum(axis=2)) / soft,
            np.maximum(second[..., 2] - (mean_V**2).sum(axis=2), 0.0) / soft,
        ]
    )


def _totals(bound: FloatArray, theta: FloatArray) -> FloatArray:
    """Return the t from which sum exp(bound - theta t) over a group is at most 1, or a little more.

    The logarithm of the sum is convex in t: Newton's steps stay on the side where it is too large.
    """
    steep: NDArray[np.bool_] = theta * _FAR > 1
    alone = np.where(steep, bound / np.where(steep, theta, 1.0), np.where(bound > 0, inf, -_FAR))
    t: FloatArray = alone.max(axis=1)
    if bound.shape[1] == 1:
        return t
    fine = np.isfinite(t)
    t = np.where(fine, t, 0.0)
    for _ in range(_NEWTON):
        over = bound - theta * t[:, None]
        top = over.max(axis=1)
        share = np.exp(over - top[:, None])
        sums = share.sum(axis=1)
        high = top + np.log(sums)
        slope = (share * theta).sum(axis=1) / sums
        t = t + high / np.where(slope * _FAR > 1, slope, inf)
        if (np.abs(high) < _NEAR).all():
            break
    t = t + _MARGIN
    with np.errstate(over="ignore"):
        kept = np.exp(bound - theta * t[:, None]).sum(axis=1) <= 1
    return np.where(fine & kept, t, inf)
