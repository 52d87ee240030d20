"""One side of a comparison, for many at once: what fits it, and how its estimate varies.

A side is a caseload in cells, most often strata. Per cell: e errors among a cases that count, read
of A cases that count in the register (drawn at random without replacement; A may be estimated and
then is no whole number). The side's rate is r = sum T / sum A, T the errors in the register, and
its estimate is sum (A / a) e / sum A. For a trial r the T are taken where they fit the counts best.

With one open cell (0 < a < A) the estimate is a count and its distribution is hypergeometric:
`CountSide`. With several it is a sum of many counts and is known here by its mean, its variance and
its third moment: `CurveSide`. Arrays have a comparison per row. To ask about the process behind a
caseload, and not about the register as it is, let A be so large that no share of it was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_NODES: Final = 97  # trial slopes of a curve
_STEEPEST: Final = 60.0  # the last of them: e^60 to 1 that a case is, or is not, an error
_EDGE: Final = 1e-9  # cases: nearer than this a real number counts as whole
_FULL: Final = 1e-9  # cases of a cell that may be left for it to be read in full
_TINY: Final = 1e-300

AnySide = TypeVar("AnySide", bound="Side")


@dataclass(frozen=True, slots=True)
class CountSide:
    """Sides with one open cell: x errors of n read, of N cases; ``known`` errors beside them.

    ``size`` is the sum of A over all cells, the open one and those read in full.
    """

    x: FloatArray
    n: FloatArray
    N: FloatArray
    known: FloatArray
    size: FloatArray

    @property
    def low(self) -> FloatArray:
        """The least rate that the cases found allow."""
        return np.asarray((self.known + self.x) / self.size)

    @property
    def high(self) -> FloatArray:
        """The largest rate that the cases found allow."""
        return np.asarray((self.known + self.N - self.n + self.x) / self.size)

    @property
    def estimate(self) -> FloatArray:
        """The estimated rate."""
        return np.asarray((self.known + self.N * self.x / self.n) / self.size)

    def likelihood(self, rate: FloatArray) -> FloatArray:
        """Return log [C(T, x) C(N - T, n - x)] at a rate, up to a constant."""
        T = self._errors(rate)
        return np.asarray(_log_binomial(T, self.x) + _log_binomial(self.N - T, self.n - self.x))

    def slope(self, rate: FloatArray) -> FloatArray:
        """Return how the likelihood rises with the rate: the step over a case with T in it."""
        T = self._errors(rate)
        up = (T + 0.5) * (self.N - self.n + self.x - T + 0.5)
        down = (T - self.x + 0.5) * (self.N - T + 0.5)
        return np.asarray(np.log(up / down) * self.size)

    def values(self) -> FloatArray:
        """Return the estimate for each count 0, 1, ... at [row, count]."""
        k = np.arange(int(self.n.max(initial=0)) + 1)
        return np.asarray(
            (self.known[:, None] + (self.N / self.n)[:, None] * k) / self.size[:, None]
        )

    def chances(self, rate: FloatArray) -> FloatArray:
        """Return P(X = k) at [row, trial, k] for rates at [row, trial].

        In proportion to C(T, k) C(N - T, n - k), by the ratio of neighbours
        (T - k)(n - k) / ((k + 1)(N - T - n + k + 1)); with a whole T the hypergeometric
        distribution.
        """
        size, known, N, n = (v[:, None, None] for v in (self.size, self.known, self.N, self.n))
        T = np.clip(size * rate[..., None] - known, 0.0, N)
        k = np.arange(int(self.n.max(initial=0)) + 1)
        other = N - T
        first = np.maximum(0, np.floor(n - 1 - other + _EDGE) + 1)
        last = np.maximum(first, np.minimum(n, np.ceil(T + 1 - _EDGE) - 1))
        inside = (k > first) & (k <= last)
        ratio = np.where(inside, (T - k + 1) * (n - k + 1), 1.0)
        ratio /= np.where(inside, k * (other - n + k), 1.0)
        logs = np.where((k >= first) & (k <= last), np.cumsum(np.log(ratio), axis=-1), -np.inf)
        weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def _errors(self, rate: FloatArray) -> FloatArray:
        T = self.size * rate - self.known
        return np.asarray(np.minimum(np.maximum(T, self.x), self.N - self.n + self.x))


@dataclass(frozen=True, slots=True)
class CurveSide:
    """Sides with any number of cells, each as a curve over trial rates: arrays [row, node].

    ``rate`` rises along the nodes; ``rise`` is the slope of the likelihood ``fit`` there.
    ``variance`` and ``third`` are central moments of the estimate, ``step`` is how far one count
    moves it, on average over its variance.
    """

    estimate: FloatArray
    rate: FloatArray
    rise: FloatArray
    fit: FloatArray
    variance: FloatArray
    third: FloatArray
    step: FloatArray

    @property
    def low(self) -> FloatArray:
        """The least rate that the cases found allow."""
        return np.asarray(self.rate[:, 0])

    @property
    def high(self) -> FloatArray:
        """The largest rate that the cases found allow."""
        return np.asarray(self.rate[:, -1])

    def likelihood(self, rate: FloatArray) -> FloatArray:
        """Return the log-likelihood of the caseloads that fit best, up to a constant.

        Between nodes by the cubic that has their values and slopes (Hermite).
        """
        row, at, share = self._place(rate)
        gap = self.rate[row, at + 1] - self.rate[row, at]
        left, right = self.fit[row, at], self.fit[row, at + 1]
        rise, after = self.rise[row, at] * gap, self.rise[row, at + 1] * gap
        turn, bend = share * share * (3 - 2 * share), share * (1 - share)
        return np.asarray(
            left + (right - left) * turn + bend * ((1 - share) * rise - share * after)
        )

    def slope(self, rate: FloatArray) -> FloatArray:
        """Return how the likelihood rises with the rate."""
        return self._between(self.rise, *self._place(rate))

    def moments(self, rate: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the variance, the third central moment and the step at a rate."""
        place = self._place(rate)
        return tuple(  # type: ignore[return-value]
            self._between(curve, *place) for curve in (self.variance, self.third, self.step)
        )

    def _place(self, rate: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Return the row, the node before each rate and the share of the way to the next."""
        row, last = np.arange(len(rate)), self.rate.shape[1] - 1
        # rates lie in [0, 1], so rows two apart are one rising sequence
        ahead = (self.rate + 2.0 * row[:, None]).ravel().searchsorted(rate + 2.0 * row, "right")
        at = np.minimum(np.maximum(ahead - 1 - row * (last + 1), 0), last - 1)
        left = self.rate[row, at]
        gap = self.rate[row, at + 1] - left
        share = (rate - left) / np.where(gap > 0, gap, 1.0)
        return row, at, np.minimum(np.maximum(share, 0.0), 1.0)

    def _between(
        self, curve: FloatArray, row: IntArray, at: IntArray, share: FloatArray
    ) -> FloatArray:
        return np.asarray(curve[row, at] * (1 - share) + curve[row, at + 1] * share)


Side = CountSide | CurveSide


def rows_of(side: AnySide, rows: IntArray) -> AnySide:
    """Return some of the comparisons."""
    parts = {each.name: getattr(side, each.name)[rows] for each in fields(side)}
    return type(side)(**parts)


def joined(sides: Sequence[AnySide]) -> AnySide:
    """Return all comparisons of several batches, one after another."""
    kind = type(sides[0])
    return kind(
        **{
            each.name: np.concatenate([getattr(side, each.name) for side in sides])
            for each in fields(kind)
        }
    )


@dataclass(frozen=True, slots=True)
class CellCurves:
    """Cells at common trial slopes of the likelihood, per case: arrays [..., cell, node].

    ``q`` is the variance of (A / a) a', a' the cases that count among those read of the whole
    stratum: 0 where their number is fixed by the design.
    """

    slope: FloatArray  # per case, falling along the nodes: [node]
    e: FloatArray
    a: FloatArray
    A: FloatArray
    q: FloatArray
    T: FloatArray
    fit: FloatArray
    variance: FloatArray  # of (A / a) times the count
    third: FloatArray
    stepped: FloatArray  # the variance times A / a


def cell_curves(e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray) -> CellCurves:
    """Return the cells' best T, and what the estimate's parts are there, at trial slopes.

    A cell without cases that count (a = 0) has no part in the rate (A = 0). The variance of a count
    is a (A - a) / (A - 1) rho (1 - rho), rho = T / A (Cochran 1977, section 3.2), its third moment
    that times (1 - 2 rho)(A - 2 a) / (A - 2) (Johnson, Kotz and Kemp 1992, equation 6.23).
    """
    open_ = open_cells(a, A)
    share = (e + 0.5) / (a + 1)
    spread = np.where(open_, A * (A - a) / np.maximum(a, 1) * share * (1 - share), 0.0)
    scale = max(float(np.sqrt(spread.sum(axis=-1).max(initial=0.0))), 1.0)
    last = float(np.arcsinh(2 * scale * _STEEPEST))
    slope = -np.sinh(np.linspace(-last, last, _NODES)) / (2 * scale)  # closest near the best fit
    e_, a_, A_ = (v[..., None] for v in (e, a, A))
    T = np.where(open_[..., None], _at_slope(e_, a_, A_, slope), e_)
    rho = T / np.maximum(A_, _TINY)
    weight = A_ / np.maximum(a_, 1)
    each = weight**2 * a_ * (A_ - a_) / np.maximum(A_ - 1, 1e-9) * rho * (1 - rho)
    variance = np.where(open_[..., None], each, 0.0)
    skew = weight * (1 - 2 * rho) * (A_ - 2 * a_) / np.maximum(A_ - 2, 1.0)
    fit = np.where(open_[..., None], _log_binomial(T, e_) + _log_binomial(A_ - T, a_ - e_), 0.0)
    return CellCurves(slope, e, a, A, q, T, fit, variance, variance * skew, variance * weight)


def sides_of_cells(e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray) -> CurveSide:
    """Return sides from their cells [row, cell]; a cell that a side does not have is 0 throughout.

    Where all sides that have a cell have it with the same counts, as with unions of strata, it is
    worked out once.
    """
    has = a > 0
    shared = [values.max(axis=0, initial=0.0) for values in (e, a, A, q)]
    if all((np.where(has, values, one) == one).all()
           for values, one in zip((e, a, A, q), shared, strict=True)):  # fmt: skip
        return _curve_sides(cell_curves(*shared), has.astype(np.float64))
    return _curve_sides(cell_curves(e, a, A, q), None)


def count_sides(e: FloatArray, a: FloatArray, A: FloatArray) -> CountSide:
    """Return sides from their cells [row, cell], of which one in each row is open."""
    open_ = open_cells(a, A)
    x, n, N = ((values * open_).sum(axis=1) for values in (e, a, A))
    return CountSide(x, n, N, known=(e * ~open_).sum(axis=1), size=A.sum(axis=1))


def constant_sides(rate: FloatArray) -> CurveSide:
    """Return sides whose rates are known."""
    twice = np.repeat(rate[:, None], 2, axis=1)
    none = np.zeros_like(twice)
    return CurveSide(rate, twice, none, none, none, none, none)


def open_cells(a: FloatArray, A: FloatArray) -> NDArray[np.bool_]:
    """Tell which cells were read in part."""
    return np.asarray((a > 0) & (a + _FULL < A))


def _curve_sides(cells: CellCurves, member: FloatArray | None) -> CurveSide:
    """Return the sides that cells make, by ``member`` [row, cell], or each row of cells as one.

    Where the number of cases that count is itself chance, the estimate varies by
    sum q (rho - r)^2 / (sum A)^2 besides (see `sampleaudit.formulas.ratio`).
    """

    def added(values: FloatArray) -> FloatArray:
        return np.asarray(values.sum(axis=-1 - (values.ndim > cells.A.ndim)) if member is None
                          else member @ values)  # fmt: skip

    size = added(cells.A)[:, None]
    size = np.where(size > 0, size, 1.0)  # a side without cases has no rate to tell
    rho = cells.T / np.maximum(cells.A[..., None], _TINY)
    rate = np.maximum.accumulate(added(cells.T) / size, axis=1)
    q = cells.q[..., None]
    beside = added(q * rho**2) - 2 * rate * added(q * rho) + rate**2 * added(q + 0 * rho)
    variance = added(cells.variance)
    step = added(cells.stepped) / np.maximum(variance, _TINY)
    weighted = cells.e * cells.A / np.maximum(cells.a, 1)
    return CurveSide(
        estimate=added(weighted) / size[:, 0],
        rate=rate,
        rise=cells.slope * size,
        fit=added(cells.fit),
        variance=(variance + np.maximum(beside, 0.0)) / size**2,
        third=added(cells.third) / size**3,
        step=step / size,
    )


def _at_slope(e: FloatArray, a: FloatArray, A: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the T at which the log-likelihood has this slope: see `difference_problem`.

    With q = exp(slope) and u = T + 1/2 it is the root of
    (q - 1) u^2 + (M + 1 - q (A + 1 + e)) u + q e (A + 1) = 0, M = A - a + e the most possible.
    """
    q = np.exp(slope)
    more = np.expm1(slope)
    second, constant = -a - more * (A + 1 + e), q * (e * (A + 1))
    root = np.sqrt(np.maximum(second * second - 4 * more * constant, 0.0))
    positive = second > 0
    u = np.where(positive, second + root, 2 * constant)
    u = u / np.where(positive, -2 * more, np.maximum(root - second, _TINY))
    return np.asarray(np.clip(u - 0.5, e, A - a + e))


def _log_binomial(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return log C(top, bottom) + log bottom!, for real top."""
    return np.asarray(gammaln(top + 1) - gammaln(np.maximum(top - bottom, 0.0) + 1))
