"""The worst caseload of a cell, bounded by weak duality: the difference's own small optimiser.

Each stratum's T_h are looked at by bins with two points each, the first and the last T: with a log
bound m, the weighted number W = omega T, and its part V = omega^2 c T (N - T) of the variance of
the estimate, which lies at most ``bulge`` above its chord over the bin. For every theta >= 0 and
real nu, a caseload with sum W >= t and lowest <= sum V <= highest has

    sum m_h(T_h) <= sum_h max over points of [m + theta W + nu V + max(nu, 0) bulge]
                    - theta t - (nu lowest if nu > 0 else nu highest),

since theta (sum W - t) >= 0, and so is nu V less its bound; the maximum over each T_h by itself is
at a point, where a chord ends (docs/proved-intervals.md, theorem 3). Any multipliers give a valid
bound. They are searched for by Newton's steps on a smoothed maximum, which is convex. Arrays have a
row per problem and a column per point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_SOFT: Final = (0.03, 0.12)  # temperature of the smoothed maximum: in many strata errors add up
_STEPS: Final = 8  # at most
_FLAT: Final = 3e-3  # gain in the smoothed bound below which the search ends
_STEEPEST: Final = 30.0  # of theta, times the deviation
_BENT: Final = 60.0  # of nu, times the variance


@dataclass(frozen=True, slots=True)
class Points:
    """The points of all strata, one stratum after the other."""

    total: FloatArray  # W
    variance: FloatArray  # V
    bulge: FloatArray
    starts: IntArray  # where a stratum's points begin
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on the largest sum of m, and the multipliers that prove it."""

    value: FloatArray
    theta: FloatArray
    nu: FloatArray


@dataclass(frozen=True, slots=True)
class Dual:
    """Problems: log bounds of the points, and the caseloads allowed."""

    points: Points
    m: FloatArray  # a row per problem
    t: FloatArray
    lowest: FloatArray
    highest: FloatArray

    def best(self, theta: FloatArray, nu: FloatArray) -> Bound:
        """Return the best bound met on the way from these multipliers."""
        free = np.zeros(len(self.t))
        found, V = self._search(Bound(np.full(len(self.t), np.inf), theta, free), free)
        sign = np.where(self.lowest > V, 1.0, 0.0) - np.where(self.highest < V, 1.0, 0.0)
        rows = np.flatnonzero(sign)
        if not len(rows):
            return found
        warm = nu[rows] * sign[rows] > 0
        start = Bound(
            found.value[rows],
            np.where(warm, theta[rows], found.theta[rows]),
            np.where(warm, nu[rows], 0.0),
        )
        part = Dual(self.points, self.m[rows], self.t[rows], self.lowest[rows], self.highest[rows])
        bent, _ = part._search(start, sign[rows])
        better = bent.value < found.value[rows]
        for mine, theirs in (
            (found.value, bent.value), (found.theta, bent.theta), (found.nu, bent.nu),
        ):  # fmt: skip
            mine[rows[better]] = theirs[better]
        return found

    def _search(self, start: Bound, sign: FloatArray) -> tuple[Bound, FloatArray]:
        """Return the best bound with nu of this sign, and the sum V where the search ended."""
        scale = np.sqrt((self.lowest + self.highest) / 2)
        edge = np.where(sign > 0, self.lowest, self.highest)
        bends = sign != 0
        theta, nu = start.theta.copy(), start.nu.copy()
        best = Bound(start.value.copy(), theta.copy(), nu.copy())
        damping = np.full(len(theta), 1e-3)
        at = self._at(theta, nu, edge)
        _keep(best, at.value, theta, nu)
        for _ in range(_STEPS):
            a = at.WW * (1 + damping) + 1e-6 * scale**2
            c = at.VV * (1 + damping) + 1e-6 * scale**4
            b = np.where(bends, at.WV, 0.0)
            g, k = at.W - self.t, np.where(bends, at.V - edge, 0.0)
            determinant = np.maximum(a * c - b * b, 1e-6 * a * c)
            d_theta, d_nu = (b * k - c * g) / determinant, (b * g - a * k) / determinant
            short = np.maximum(np.abs(d_theta) * scale / 4, np.abs(d_nu) * scale**2 / 8)
            short = np.maximum(short, 1.0)
            new_theta = np.clip(theta + d_theta / short, 0.0, _STEEPEST / scale)
            new_nu = sign * np.clip(sign * (nu + d_nu / short), 0.0, _BENT / scale**2)
            new = self._at(new_theta, new_nu, edge)
            _keep(best, new.value, new_theta, new_nu)
            down = new.smooth <= at.smooth
            gain = np.where(down, at.smooth - new.smooth, np.inf)
            theta, nu = np.where(down, new_theta, theta), np.where(down, new_nu, nu)
            at = at.replaced(new, down)
            damping = np.where(down, damping / 5, np.minimum(8 * damping + 0.02, 1e4))
            if (gain < _FLAT).all():
                break
        return best, at.V

    def _at(self, theta: FloatArray, nu: FloatArray, edge: FloatArray) -> _State:
        """Return the bound at these multipliers, and its smoothed value with derivatives."""
        p = self.points
        value = self.m + theta[:, None] * p.total + nu[:, None] * p.variance
        if (nu > 0).any():
            value += np.maximum(nu, 0.0)[:, None] * p.bulge
        top = np.maximum.reduceat(value, p.starts, axis=1)
        bound = top.sum(axis=1) - theta * self.t - nu * edge
        soft = float(np.clip(1 / len(p.starts), *_SOFT))
        value -= np.repeat(top, p.counts, axis=1)
        share = np.exp(value / soft, out=value)
        mass = np.add.reduceat(share, p.starts, axis=1)
        share /= np.repeat(mass, p.counts, axis=1)
        W, V = (np.add.reduceat(share * each, p.starts, axis=1) for each in (p.total, p.variance))
        second = share @ np.stack([p.total**2, p.total * p.variance, p.variance**2], axis=1)
        return _State(
            bound,
            bound + soft * np.log(mass).sum(axis=1),
            W.sum(axis=1),
            V.sum(axis=1),
            np.maximum(second[:, 0] - (W * W).sum(axis=1), 0.0) / soft,
            (second[:, 1] - (W * V).sum(axis=1)) / soft,
            np.maximum(second[:, 2] - (V * V).sum(axis=1), 0.0) / soft,
        )


@dataclass(frozen=True, slots=True)
class _State:
    """The bound at some multipliers, its smoothed value, and that one's derivatives."""

    value: FloatArray
    smooth: FloatArray
    W: FloatArray
    V: FloatArray
    WW: FloatArray
    WV: FloatArray
    VV: FloatArray

    def replaced(self, new: _State, where: NDArray[np.bool_]) -> _State:
        """Return the new state in these rows."""
        names = ("value", "smooth", "W", "V", "WW", "WV", "VV")
        return _State(*(np.where(where, getattr(new, n), getattr(self, n)) for n in names))


def _keep(best: Bound, value: FloatArray, theta: FloatArray, nu: FloatArray) -> None:
    """Note the rows in which this bound is the best so far."""
    better = value < best.value
    best.value[better] = value[better]
    best.theta[better], best.nu[better] = theta[better], nu[better]
