"""The worst caseload of a cell, bounded by weak duality.

Of a stratum's caseloads T_h only the points (ends of bins) are looked at: each has a log bound m,
the variance V = c T (N - T) and the bulge of V over its bin. For every theta >= 0 and real nu, a
caseload of total t or more and lowest <= V <= highest has

    sum m_h(T_h) <= sum_h max_points [m + theta T + nu V + max(nu, 0) bulge]
                    - theta t - (nu lowest if nu > 0 else nu highest)

(docs/proved-intervals.md, theorem 3). Any multipliers give a valid bound, so they are searched
for in floats: the best by Levenberg-Marquardt steps on a smoothed maximum, which is convex.
Arrays have a row per problem and a column per point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_SOFT: Final = (0.04, 0.15)  # temperature of the smoothed maximum: least, most
_FLAT: Final = 2e-3  # gain of the last step below which the search ends
_STEEPEST: Final = 30.0  # of theta, in units of the scale
_BENT: Final = 60.0  # of nu, likewise
_RIDGE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Points:
    """The points of all strata, one stratum after the other."""

    errors: FloatArray
    variance: FloatArray
    bulge: FloatArray
    starts: IntArray  # where a stratum's points begin
    counts: IntArray
    soft: float  # temperature of the smoothed maximum


def temperature(strata: int) -> float:
    """Return how soft the maximum may be: in many strata its errors add up."""
    return float(np.clip(1 / strata, *_SOFT))


@dataclass(frozen=True, slots=True)
class Problems:
    """What is bounded: log bounds of the points, and the caseloads allowed."""

    bounds: FloatArray  # m, a row per problem
    total: FloatArray  # t
    lowest: FloatArray
    highest: FloatArray
    scale: FloatArray  # standard deviation of the estimate, about

    def rows(self, which: IntArray) -> Problems:
        """Return some of the problems."""
        return Problems(
            self.bounds[which],
            self.total[which],
            self.lowest[which],
            self.highest[which],
            self.scale[which],
        )


@dataclass(frozen=True, slots=True)
class Multipliers:
    """theta and nu of each problem, and the bound that they give."""

    theta: FloatArray
    nu: FloatArray
    bound: FloatArray

    def or_better(self, other: Multipliers, rows: IntArray) -> Multipliers:
        """Return these, those of ``other`` in the rows where its bound is lower."""
        result = [self.theta.copy(), self.nu.copy(), self.bound.copy()]
        better = other.bound < self.bound[rows]
        for mine, theirs in zip(result, (other.theta, other.nu, other.bound), strict=True):
            mine[rows[better]] = theirs[better]
        return Multipliers(*result)


def best_multipliers(
    points: Points, problems: Problems, start: Multipliers, *, steps: int
) -> Multipliers:
    """Return multipliers near the best, and the bound: with nu = 0, and of the sign it asks for."""
    rows = np.arange(len(problems.total))
    zero = replace(start, nu=np.zeros(len(rows)))
    found, V = _search(points, problems, zero, np.zeros(len(rows)), steps)
    for sign, short in ((1.0, problems.lowest > V), (-1.0, problems.highest < V)):
        asked = rows[short]
        if not len(asked):
            continue
        warm = start.nu[asked] * sign > 0
        begin = Multipliers(
            np.where(warm, start.theta[asked], found.theta[asked]),
            np.where(warm, start.nu[asked], 0.0),
            found.bound[asked],
        )
        signs = np.full(len(asked), sign)
        bent, _ = _search(points, problems.rows(asked), begin, signs, steps)
        found = found.or_better(bent, asked)
    return found


@dataclass(slots=True)
class _State:
    """The bound at some multipliers, its smoothed value, and what the next step needs."""

    bound: FloatArray
    smooth: FloatArray
    T: FloatArray  # mean total under the softened maximum
    V: FloatArray
    TT: FloatArray  # second derivatives
    TV: FloatArray
    VV: FloatArray


def _search(
    points: Points, problems: Problems, start: Multipliers, sign: FloatArray, steps: int
) -> tuple[Multipliers, FloatArray]:
    """Return the best multipliers met, nu of the given sign, and V where the search ended."""
    t, s = problems.total, problems.scale
    target = np.where(sign > 0, problems.lowest, problems.highest)
    moves = sign != 0
    theta, nu = start.theta, start.nu
    at = _evaluate(points, problems, theta, nu, target)
    best = Multipliers(theta, nu, at.bound)
    damping = np.full(len(t), 1e-3)
    for _ in range(steps):
        ridge = _RIDGE * damping + 1e-9
        a = at.TT * (1 + damping) + ridge * s**2
        c = at.VV * (1 + damping) + ridge * s**4
        b = np.where(moves, at.TV, 0.0)
        gt, gv = at.T - t, np.where(moves, at.V - target, 0.0)
        determinant = np.maximum(a * c - b * b, 1e-6 * a * c)
        d_theta, d_nu = (b * gv - c * gt) / determinant, (b * gt - a * gv) / determinant
        far = np.maximum(np.abs(d_theta) * s / 4, np.abs(d_nu) * s**2 / 8)
        short = 1 / np.maximum(far, 1.0)
        next_theta = np.clip(theta + short * d_theta, 0, _STEEPEST / s)
        next_nu = sign * np.clip(sign * (nu + short * d_nu), 0, _BENT / s**2)
        new = _evaluate(points, problems, next_theta, next_nu, target)
        best = best.or_better(Multipliers(next_theta, next_nu, new.bound), np.arange(len(t)))
        down = new.smooth <= at.smooth + 1e-12
        gain = np.where(down, at.smooth - new.smooth, np.inf)
        theta, nu = np.where(down, next_theta, theta), np.where(down, next_nu, nu)
        at = _chosen(down, new, at)
        damping = np.where(down, damping * 0.2, np.minimum(damping * 8 + 0.02, 1e4))
        if (gain < _FLAT).all():
            break
    return best, at.V


def _chosen(down: NDArray[np.bool_], new: _State, old: _State) -> _State:
    """Return the new state in the rows that went down."""
    return _State(
        np.where(down, new.bound, old.bound),
        np.where(down, new.smooth, old.smooth),
        np.where(down, new.T, old.T),
        np.where(down, new.V, old.V),
        np.where(down, new.TT, old.TT),
        np.where(down, new.TV, old.TV),
        np.where(down, new.VV, old.VV),
    )


def _evaluate(
    points: Points, problems: Problems, theta: FloatArray, nu: FloatArray, target: FloatArray
) -> _State:
    """Return the bound at these multipliers, and its smoothed value with derivatives."""
    T, V, starts, counts = points.errors, points.variance, points.starts, points.counts
    soft = points.soft
    value = problems.bounds + theta[:, None] * T + nu[:, None] * V
    positive = nu > 0
    if positive.any():
        value[positive] += nu[positive, None] * points.bulge
    top = np.maximum.reduceat(value, starts, axis=1)
    bound = top.sum(axis=1) - theta * problems.total - nu * target
    value -= np.repeat(top, counts, axis=1)
    value *= 1 / soft
    share = np.exp(value, out=value)
    mass = np.add.reduceat(share, starts, axis=1)
    share /= np.repeat(mass, counts, axis=1)
    mean_T, mean_V = (np.add.reduceat(share * of, starts, axis=1) for of in (T, V))
    second = share @ np.stack([T * T, T * V, V * V], axis=1)
    return _State(
        bound,
        bound + soft * np.log(mass).sum(axis=1),
        mean_T.sum(axis=1),
        mean_V.sum(axis=1),
        np.maximum(second[:, 0] - (mean_T**2).sum(axis=1), 0.0) / soft,
        (second[:, 1] - (mean_T * mean_V).sum(axis=1)) / soft,
        np.maximum(second[:, 2] - (mean_V**2).sum(axis=1), 0.0) / soft,
    )
