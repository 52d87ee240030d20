"""Larger designs: a proved upper limit of the difference, by Fourier-Chernoff point tests.

Notation as in `difference_problem`: y_h cases found that count (errors in A, correct cases in B),
T_h of them in the register, omega_h the weight of one; theta + 1 = sum omega_h T_h is sought. The
tests are those of one caseload (docs/proved-intervals.md) with weights; docs/decisions/008 has what
changes in the proofs. Every pair of caseloads T is tested with a statistic of its own,

    G_T(y) = sum g_h(y_h; T_h),  g_h = w_h y + kappa v_h(y) - gamma D_h(y; T_h),

w_h = omega_h N_h / n_h, v_h the estimated variance of w_h Y_h (Cochran 1977, equation 3.19), D_h
the deviance of T_h, and rejected when a bound on P_T(G_T(Y) <= G_T(y)) is at most the tail. The
limit is the largest sum omega T of a caseload that is not rejected. Caseloads are looked at by
cells of the variance V(T) = sum omega_h^2 c_h T_h (N_h - T_h) of the estimate, c_h = (N_h - n_h) /
(n_h (N_h - 1)): kappa and gamma are constants of a cell, from the sizes of the strata alone. Nor do
they depend on the tail, so a caseload that is rejected at one tail is at every larger one.

The bound (`chernoff_terms`) is a sum over frequencies of products over strata. Each product's
largest value over all caseloads of a cell with sum omega T of t or more is bounded by weak duality
(`difference_dual`). The bound's parameters may depend on what was found, since they bound one and
the same probability; the smallest bound may be taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final, TypeAlias

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.chernoff_terms import fourier_terms
from sampleaudit.formulas.difference_bins import Bins, build_bins, log_bounds
from sampleaudit.formulas.difference_dual import Bound, Dual, Points
from sampleaudit.formulas.difference_problem import (
    Problem,
    Strata,
    build_problem,
    known_part,
    likeliest,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

Key: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]  # n, N, omega

_RATIO: Final = 0.7  # of the ends of a cell of V
_CELLS: Final = 19  # down to about .002 of the largest V, and the last one to 0
_GRAIN: Final = 1.5  # of the largest weight, added to the standard deviation
_Z: Final = 1.96  # for which the statistic is made
_DEVIANCE: Final = 0.12  # gamma times the number of strata, over the standard deviation
_RATE: Final = 1.15  # of neighbouring lambdas
_TRIED: Final = np.arange(-6, 9, 2)  # powers of it, times a first guess, in Chernoff's bound
_DAMPED: Final = 0.86  # lambda of a Fourier bound over that of Chernoff's
_SHARE: Final = 0.15  # of the spread s of G: Delta
_LEAST_Z: Final = 0.25  # where a level under a half is asked for
_SPAN: Final = 3.6  # of the Fourier polynomial, in s
_SLACK: Final = 1e-9  # added to a log bound for each stratum: more than rounding can take away
_ROUNDS: Final = 8  # of looking for the sum at which a bound is the tail
_TRIALS: Final = 3  # of lambdas larger, and smaller
_CLOSE: Final = 2e-3  # of the estimate's deviation
_FAR: Final = 1e9


def proved_upper(a: Strata, b: Strata, *, tail: float) -> float:
    """Return the upper limit of the rate of a less that of b, as a share of 1."""
    search = _Search(build_problem(a, b), tail)
    return search.limit() + known_part(a, b) - 1


def proved_tail(a: Strata, b: Strata) -> float:
    """Return a bound on the p-value of equal rates, or a higher one of a, against a lower one."""
    problem = build_problem(a, b)
    return _Search(problem, 0.025).p_value(1 - known_part(a, b))


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a design, from the largest variances to the smallest."""

    bins: tuple[Bins, ...]
    points: Points
    weight: FloatArray  # w_h
    scatter: tuple[FloatArray, ...]  # v_h(y)
    lowest: FloatArray  # V of a cell from here
    highest: FloatArray  # to here
    scale: FloatArray  # square root of its middle
    kappa: FloatArray
    gamma: FloatArray
    rate: FloatArray  # lambda to begin with

    def statistic(self, h: int, cell: int) -> FloatArray:
        """Return g_h at [bin, y]."""
        y = np.arange(len(self.scatter[h]))
        linear = self.weight[h] * y + self.kappa[cell] * self.scatter[h]
        return np.asarray(linear - self.gamma[cell] * self.bins[h].deviance)

    def found(self, cell: int, y: IntArray) -> FloatArray:
        """Return g_h(y_h) of each point, -inf where y_h cannot be found."""
        parts = []
        for h, count in enumerate(y.tolist()):
            g = self.statistic(h, cell)[:, count]
            g = np.where(self.bins[h].possible[:, count], g, -np.inf)
            parts += [g, g]
        return np.concatenate(parts)


@lru_cache(maxsize=32)
def _cells(key: Key) -> _Cells:
    """Return the cells of a design."""
    n, N, omega = (np.array(each) for each in key)
    bins = tuple(build_bins(*each) for each in zip(*key[:2], strict=True))
    c = omega**2 * (N - n) / (n * (N - 1))
    T = [np.concatenate([each.first, each.last]) for each in bins]
    counts = np.array([len(each) for each in T])
    width = [np.tile(each.last - each.first, 2) for each in bins]
    points = Points(
        np.concatenate([w * t for w, t in zip(omega, T, strict=True)]),
        np.concatenate([k * t * (size - t) for k, t, size in zip(c, T, N, strict=True)]),
        np.concatenate([k * each**2.0 / 4 for k, each in zip(c, width, strict=True)]),
        np.cumsum(counts) - counts,
        counts,
    )
    weight = omega * N / n
    scatter = []
    for w, read, cases in zip(weight, n, N, strict=True):
        y = np.arange(read + 1)
        scatter.append((1 - read / cases) * w**2 * y * (read - y) / max(read - 1, 1))
    most = float((c * N**2 / 4).sum())
    highest = np.asarray(most * 1.0001 * _RATIO ** np.arange(_CELLS), dtype=np.float64)
    lowest = np.append(highest[1:], 0.0)
    middle = (highest + highest * _RATIO) / 2
    scale: FloatArray = np.sqrt(middle)
    grained: FloatArray = np.sqrt(middle + (_GRAIN * float(weight.max())) ** 2)
    rho = 0.3 + 1.2 * np.sqrt(middle / most)
    return _Cells(
        bins,
        points,
        weight,
        tuple(scatter),
        lowest,
        highest,
        scale,
        kappa=rho * _Z / (2 * grained),
        gamma=_DEVIANCE / len(n) * grained,
        rate=2.2 / grained / (1 + 0.3 * rho * np.minimum(1, weight.max() / grained)),
    )


@lru_cache(maxsize=32)
def _chernoff(key: Key) -> tuple[FloatArray, FloatArray]:
    """Return lambda at [cell, i], and the points' log bounds at [cell, i, point]."""
    cells = _cells(key)
    rate = cells.rate[:, None] * _RATE**_TRIED
    parts: list[FloatArray] = []
    for h, bins in enumerate(cells.bins):
        found = [log_bounds(bins, cells.statistic(h, cell), rate[cell]) for cell in range(_CELLS)]
        parts += [np.stack(side) for side in zip(*found, strict=True)]
    return rate, np.concatenate(parts, axis=2)


@lru_cache(maxsize=256)
def _fourier(key: Key, cell: int, power: int) -> tuple[float, FloatArray, FloatArray]:
    """Return lambda, log a_k, and the points' log bounds at [k, point]."""
    cells = _cells(key)
    rate = _DAMPED * float(cells.rate[cell]) * _RATE**power
    spread = _Z / rate
    count = round(_SPAN / _SHARE)
    frequency = np.arange(count, dtype=np.float64) * (2 * np.pi / _SPAN / spread)
    parts: list[FloatArray] = []
    for h, bins in enumerate(cells.bins):
        parts += log_bounds(bins, cells.statistic(h, cell), np.full(count, rate), frequency)
    terms = np.log(fourier_terms(rate * _SHARE * spread, count))
    return rate, terms, np.concatenate(parts, axis=1)


class _Search:
    """One outcome of a design."""

    def __init__(self, problem: Problem, tail: float) -> None:
        self.problem = problem
        n, N = (tuple(each.tolist()) for each in (problem.n, problem.N))
        self.key: Key = n, N, tuple(problem.weight.tolist())
        self.cells = _cells(self.key)
        self.found = [self.cells.found(cell, problem.y) for cell in range(_CELLS)]
        self.goal = log(tail) - _SLACK * len(problem.y)
        self.least, self.most = float(problem.estimate), float(problem.most)
        self.z = max(-float(ndtri(tail)), _LEAST_Z)
        self.power = np.zeros(_CELLS, dtype=np.int64)  # of the lambda that suits a cell best
        self.theta, self.nu = _Z / self.cells.scale, np.zeros(_CELLS)

    def limit(self) -> float:
        """Return the largest sum of omega T of a caseload that is not rejected."""
        t = self._guess()
        bound = self._aim(t)
        first, *others = np.argsort(-bound, kind="stable").tolist()
        best = self._lowered(first, t, self.least)
        for cell in others:
            # Chernoff's bound falls in t, with the slope theta
            if bound[cell] - self.theta[cell] * (best - t) > self.goal:
                best = self._lowered(cell, best, best)
        return min(max(best, self.least), self.most)

    def p_value(self, t: float) -> float:
        """Return a bound on the p-value of every caseload with sum omega T of t or more."""
        if t > self.most:
            return 0.0
        bound = self._aim(t)
        worst = -np.inf
        for cell in np.argsort(-bound, kind="stable").tolist():
            if bound[cell] <= worst:
                break
            each, met = float(bound[cell]), None
            for power in self.power[cell] + np.array([0, 1, -1]):
                terms, met = self._fourier_dual(cell, int(power), t, met)
                each = min(each, float(np.logaddexp.reduce(terms + met.value)))
                if each <= worst:
                    break
            worst = max(worst, each)
        return float(np.exp(min(worst + _SLACK * len(self.problem.y), 0.0)))

    def _guess(self) -> float:
        """Return about where the limit is."""
        room = (self.most - self.least) / 20
        t = self.least + room
        for _ in range(2):
            T = likeliest(self.problem, min(t, self.most - room))[0]
            t = self.least + 1.1 * self.z * float(self.problem.moments(T)[0]) ** 0.5
        return min(max(t, self.least + room / 20), self.most - room)

    def _aim(self, t: float) -> FloatArray:
        """Return Chernoff's log bound of each cell at t, and note the lambda that suits it best."""
        rate, table = _chernoff(self.key)
        found = np.stack(self.found)
        m = (table + rate[:, :, None] * found[:, None]).reshape(rate.size, -1)
        each = np.repeat(np.arange(_CELLS), rate.shape[1])
        dual = self._dual(m, np.full(len(each), t), each)
        met = dual.best(self.theta[each], self.nu[each])
        value = met.value.reshape(rate.shape)
        place = value.argmin(axis=1)
        self.power = _TRIED[place]
        at = np.arange(_CELLS) * rate.shape[1] + place
        self.theta, self.nu = met.theta[at], met.nu[at]
        return np.asarray(value.min(axis=1))

    def _lowered(self, cell: int, t: float, enough: float) -> float:
        """Return the least sum found from which on all caseloads of a cell are rejected.

        Or ``enough``, where they are from there on. Each bound met proves a limit: with the slopes
        theta_k it falls in t. First lambda is looked for, then t.
        """
        power, limit, met = int(self.power[cell]), np.inf, None
        for step in (1, -1):
            ahead = power if met is None else power + step
            for _ in range(_TRIALS):
                new, tried = self._proved(cell, ahead, t, met)
                if new <= enough:
                    return enough
                if new >= limit:
                    break
                power, limit, met, ahead = ahead, new, tried, ahead + step
        new = limit
        for _ in range(_ROUNDS):
            if abs(new - t) < _CLOSE * self.cells.scale[cell]:
                break
            t = min(max(new, (t + self.least) / 2), (t + self.most) / 2)
            new, met = self._proved(cell, power, t, met)
            limit = min(limit, new)
            if limit <= enough:
                return enough
        return min(limit, self.most)

    def _proved(self, cell: int, power: int, t: float, start: Bound | None) -> tuple[float, Bound]:
        """Return a sum from which on a cell is rejected, from the bound at t."""
        terms, met = self._fourier_dual(cell, power, t, start)
        return t + _shift(terms + met.value - self.goal, met.theta), met

    def _fourier_dual(
        self, cell: int, power: int, t: float, start: Bound | None
    ) -> tuple[FloatArray, Bound]:
        """Return log a_k and the best bounds of the products."""
        rate, terms, table = _fourier(self.key, cell, power)
        each = np.full(len(terms), cell)
        dual = self._dual(table + rate * self.found[cell], np.full(len(terms), t), each)
        theta, nu = (self.theta[each], self.nu[each]) if start is None else (start.theta, start.nu)
        return terms, dual.best(theta, nu)

    def _dual(self, m: FloatArray, t: FloatArray, cell: IntArray) -> Dual:
        c = self.cells
        return Dual(c.points, m, t, c.lowest[cell], c.highest[cell])


def _shift(over: FloatArray, theta: FloatArray) -> float:
    """Return a d with sum exp(over - theta d) at most 1, and hardly less."""

    def excess(d: float) -> float:
        return float(np.logaddexp.reduce(over - theta * d))

    if excess(_FAR) > 0:
        return _FAR
    low, high = -1.0, 1.0
    while excess(high) > 0:
        low, high = high, 2 * high
    while excess(low) <= 0 and low > -_FAR:
        low, high = 2 * low, low
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high
