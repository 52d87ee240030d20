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
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar, cast

import numpy as np

from sampleaudit.formulas.cell_curves import (
    CellCurves,
    cell_curves,
    log_binomial,
    open_cells,
    slopes_of_rows,
    steps_of,
)
from sampleaudit.formulas.cubics import Cubics
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.real_counts import chances

FEW_CELLS: Final = 8
"""Cells of each side up to which every one of them may show in the side's curve."""
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
        return np.asarray(log_binomial(T, self.x) + log_binomial(self.N - T, self.n - self.x))

    def slopes(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how the likelihood rises with the rate, and how fast that falls.

        The step over a case with T in the middle of it.
        """
        T = self._errors(rate)
        first, second = T + 0.5, self.N - self.n + self.x - T + 0.5
        third, fourth = T - self.x + 0.5, self.N - T + 0.5
        slope = np.log(first * second / (third * fourth)) * self.size
        bend = (1 / third - 1 / first + 1 / second - 1 / fourth) * self.size**2
        return np.asarray(slope), np.asarray(bend)

    def spread(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the variance of the estimate at a rate, and its step."""
        share = self.errors_at(rate) / self.N
        left = (self.N - self.n) / np.maximum(self.N - 1, 1.0)
        step = self.N / self.n / self.size
        return step**2 * self.n * share * (1 - share) * left, step

    def values(self) -> FloatArray:
        """Return the estimate for each count 0, 1, ... at [row, count]."""
        k = np.arange(int(self.n.max(initial=0)) + 1)
        return np.asarray(
            (self.known[:, None] + (self.N / self.n)[:, None] * k) / self.size[:, None]
        )

    def chances(self, rate: FloatArray) -> FloatArray:
        """Return P(X = k) at [row, trial, k] for rates at [row, trial]: see `real_counts`."""
        T = self.errors_at(rate.T)
        return np.moveaxis(chances(T, self.n, self.N), [0, 1, 2], [2, 1, 0])

    def errors_at(self, rate: FloatArray) -> FloatArray:
        """Return T at rates [..., row], from 0 to N."""
        return np.asarray(np.minimum(np.maximum(self.size * rate - self.known, 0.0), self.N))

    def _errors(self, rate: FloatArray) -> FloatArray:
        T = self.size * rate - self.known
        return np.asarray(np.minimum(np.maximum(T, self.x), self.N - self.n + self.x))


@dataclass(frozen=True, slots=True)
class CurveSide:
    """Sides with any number of cells, each as a curve over trial rates: arrays [curve, node].

    ``rate`` rises along the nodes; ``rise`` is the slope of the likelihood ``fit`` there.
    ``variance`` and ``third`` are central moments of the estimate, ``step`` is how far one count
    moves it, on average over its variance. ``curve`` tells which curve each comparison has, None
    that each has its own; comparisons of one side share its curve.
    """

    estimate: FloatArray
    rate: FloatArray
    rise: FloatArray
    fit: FloatArray
    variance: FloatArray
    third: FloatArray
    step: FloatArray
    curve: IntArray | None = None
    cubics: Cubics | None = None  # worked out when first needed, then shared by comparisons

    @property
    def low(self) -> FloatArray:
        """The least rate that the cases found allow."""
        return np.asarray(self.rate[self.curves, 0])

    @property
    def high(self) -> FloatArray:
        """The largest rate that the cases found allow."""
        return np.asarray(self.rate[self.curves, -1])

    @property
    def curves(self) -> IntArray:
        """Which curve each comparison has."""
        return np.arange(len(self.rate)) if self.curve is None else self.curve

    @property
    def shared(self) -> Cubics:
        """What joins the nodes."""
        return self.cubics or Cubics.of(
            self.rate, rise=self.rise, variance=self.variance, third=self.third, step=self.step
        )

    def likelihood(self, rate: FloatArray) -> FloatArray:
        """Return the log-likelihood of the caseloads that fit best, up to a constant.

        Between nodes by the cubic that has their values and slopes (Hermite), as the other curves.
        """
        cubics = self.shared
        place = cubics.place(self.curves, rate)
        return place.value(self.fit, self.rise)

    def slopes(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how the likelihood rises with the rate, and how fast that falls."""
        cubics = self.shared
        place = cubics.place(self.curves, rate)
        return place.value(self.rise, cubics.rise), -place.steepness(self.rise, cubics.rise)

    def moments(self, rate: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the variance, the third central moment and the step at a rate."""
        cubics = self.shared
        place = cubics.place(self.curves, rate)
        variance = place.value(self.variance, cubics.variance)
        return (
            np.maximum(variance, 0.0),
            place.value(self.third, cubics.third),
            place.value(self.step, cubics.step),
        )

    def spread(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the variance of the estimate at a rate, and its step."""
        variance, _, step = self.moments(rate)
        return variance, step


Side = CountSide | CurveSide


def rows_of(side: AnySide, rows: IntArray) -> AnySide:
    """Return some of the comparisons."""
    if isinstance(side, CurveSide):
        mine: dict[str, Any] = {"curve": side.curves[rows], "cubics": side.shared}
        return replace(side, estimate=side.estimate[rows], **mine)
    parts = {each.name: getattr(side, each.name)[rows] for each in fields(side)}
    return type(side)(**parts)


def joined(sides: Sequence[AnySide]) -> AnySide:
    """Return all comparisons of several batches, one after another.

    Curves of fewer nodes than others have their last node again.
    """
    kind = type(sides[0])
    names = [each.name for each in fields(kind) if each.name not in ("curve", "cubics")]
    parts: dict[str, Any] = {}
    for name in names:
        values = [getattr(side, name) for side in sides]
        if values[0].ndim > 1:
            most = max(each.shape[1] for each in values)
            values = [
                np.pad(each[side.curves], ((0, 0), (0, most - each.shape[1])), mode="edge")
                for each, side in zip(values, cast("Sequence[CurveSide]", sides), strict=True)
            ]
        parts[name] = np.concatenate(values)
    return kind(**parts)


def sides_of_cells(e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray) -> CurveSide:
    """Return sides from their cells [row, cell]; a cell that a side does not have is 0 throughout.

    Sides of a few cells each are worked out at slopes of their own, the others at common ones.
    """
    few = (a > 0).sum(axis=1) <= FEW_CELLS
    rows = [np.flatnonzero(few), np.flatnonzero(~few)]
    parts = [
        work(*(each[some] for each in (e, a, A, q)))
        for work, some in zip((_sides_of_few, _sides_of_many), rows, strict=True)
        if len(some)
    ]
    if len(parts) < 2:
        return parts[0] if parts else _sides_of_few(e, a, A, q)
    return rows_of(joined(parts), np.concatenate(rows).argsort())


def _sides_of_few(e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray) -> CurveSide:
    has = a > 0
    own = (~has).argsort(axis=1, kind="stable")[:, : int(has.sum(axis=1).max(initial=1))]
    e, a, A, q = (np.take_along_axis(each, own, axis=1) for each in (e, a, A, q))
    return _curve_sides(cell_curves(e, a, A, q, slopes_of_rows(e, a, A)), None)


def _sides_of_many(e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray) -> CurveSide:
    """Return sides of many cells; one that several have with the same counts is worked out once."""
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
    variance, beside = added(cells.variance), np.zeros(())
    if cells.q.any():
        q = cells.q[..., None]
        beside = added(q * rho**2) - 2 * rate * added(q * rho) + rate**2 * added(q + 0 * rho)
    step = steps_of(added(cells.stepped), variance)
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
