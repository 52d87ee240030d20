"""The best fit of single cells along common trial slopes of the likelihood: see `sides`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from sampleaudit.formulas.hypergeometric import FloatArray

_NODES: Final = 129  # trial slopes of a curve
_OF_CELLS: Final = 128  # of them by the cells, where a side has few
_BEYOND: Final = 25  # and others
_STEEPEST: Final = 60.0  # the last of them: e^60 to 1 that a case is, or is not, an error
_FULL: Final = 1e-9  # cases of a cell that may be left for it to be read in full
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class CellCurves:
    """Cells at common trial slopes of the likelihood, per case: arrays [..., cell, node].

    ``q`` is the variance of (A / a) a', a' the cases that count among those read of the whole
    stratum: 0 where their number is fixed by the design.
    """

    slope: FloatArray  # per case, falling along the nodes: [node], or [row, node]
    e: FloatArray
    a: FloatArray
    A: FloatArray
    q: FloatArray
    T: FloatArray
    fit: FloatArray
    variance: FloatArray  # of (A / a) times the count
    third: FloatArray
    stepped: FloatArray  # the variance times A / a


def cell_curves(
    e: FloatArray, a: FloatArray, A: FloatArray, q: FloatArray, slope: FloatArray | None = None
) -> CellCurves:
    """Return the cells' best T, and what the estimate's parts are there, at trial slopes.

    The slopes are `slopes_for` all cells together, unless given. A cell without cases that count
    (a = 0) has no part in the rate (A = 0). The variance of a count is a (A - a) / (A - 1)
    rho (1 - rho), rho = T / A (Cochran 1977, section 3.2), its third moment that times
    (1 - 2 rho)(A - 2 a) / (A - 2) (Johnson, Kotz and Kemp 1992, equation 6.23).
    """
    open_ = open_cells(a, A)
    if slope is None:
        spread = _spread(e, a, A).sum(axis=-1)
        slope = _slopes(np.sqrt(spread.max(initial=0.0)), _NODES)
    e_, a_, A_ = (v[..., None] for v in (e, a, A))
    at = slope if slope.ndim == 1 else slope[..., None, :]
    T = np.where(open_[..., None], _at_slope(e_, a_, A_, at), e_)
    rho = T / np.maximum(A_, _TINY)
    weight = A_ / np.maximum(a_, 1)
    each = weight**2 * a_ * (A_ - a_) / np.maximum(A_ - 1, 1e-9) * rho * (1 - rho)
    variance = np.where(open_[..., None], each, 0.0)
    skew = weight * (1 - 2 * rho) * (A_ - 2 * a_) / np.maximum(A_ - 2, 1.0)
    fit = np.where(open_[..., None], log_binomial(T, e_) + log_binomial(A_ - T, a_ - e_), 0.0)
    return CellCurves(slope, e, a, A, q, T, fit, variance, variance * skew, variance * weight)


def slopes_of_rows(e: FloatArray, a: FloatArray, A: FloatArray) -> FloatArray:
    """Return trial slopes for each row of a few cells [row, cell], falling: [row, node].

    Those at which a cell's T is here and there between the least and the most that the cases found
    allow, both included: at these the curves have kinks, and near them T may change fast. And a
    few beyond.
    """
    usual = _slopes(np.sqrt(_spread(e, a, A).sum(axis=1)), _BEYOND)
    share = np.sin(np.linspace(0, np.pi / 2, 1 + _OF_CELLS // max(e.shape[1], 1))) ** 2
    e_, a_, A_ = (v[..., None] for v in (e, a, A))
    u = e_ + 0.5 + (A_ - a_) * share
    # where the parabola of `_at_slope` is 0
    above, below = u * (A_ - a_ + e_ + 1 - u), (u - e_) * (A_ + 1 - u)
    slope = np.where(open_cells(a, A)[..., None], np.log(above / below), 0.0)
    by_cells = slope.reshape(len(e), e.shape[1] * len(share))
    return np.asarray(-np.sort(-np.concatenate([usual, by_cells], axis=1), axis=1))


def steps_of(stepped: FloatArray, variance: FloatArray) -> FloatArray:
    """Return how far one count moves estimates, sum of variances times steps over the variance.

    At the ends of a curve [..., node], where nothing varies, what it is nearest to them.
    """
    varies = variance > 0
    last = variance.shape[-1] - 1
    first, end = varies.argmax(axis=-1), last - varies[..., ::-1].argmax(axis=-1)
    node = np.clip(np.arange(last + 1), first[..., None], end[..., None])
    step = np.where(varies, stepped / np.where(varies, variance, 1.0), 0.0)
    return np.take_along_axis(step, node, axis=-1)


def open_cells(a: FloatArray, A: FloatArray) -> NDArray[np.bool_]:
    """Tell which cells were read in part."""
    return np.asarray((a > 0) & (a + _FULL < A))


def log_binomial(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return log C(top, bottom) + log bottom!, for real top."""
    return np.asarray(gammaln(top + 1) - gammaln(np.maximum(top - bottom, 0.0) + 1))


def _spread(e: FloatArray, a: FloatArray, A: FloatArray) -> FloatArray:
    """Return about the variance of each cell's estimate of T."""
    share = (e + 0.5) / (a + 1)
    each = A * (A - a) / np.maximum(a, 1) * share * (1 - share)
    return np.asarray(np.where(open_cells(a, A), each, 0.0))


def _slopes(deviation: FloatArray, nodes: int) -> FloatArray:
    """Return falling slopes for deviations of T: [..., node], closest near the best fit."""
    scale = np.maximum(deviation, 1.0)[..., None]
    last = np.arcsinh(2 * scale * _STEEPEST)
    return np.asarray(-np.sinh(last * np.linspace(-1, 1, nodes)) / (2 * scale))


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
