"""The lower tail of a sum of independent counts with real weights, never understated.

A grid of evenly spaced points takes the place of the real line. Every value is moved down to the
grid, so that no outcome at or below the point in question is ever lost; how fine the grid is
decides only how much is counted too much.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]

_TIE: Final = 1e-9  # cases, or of the range: sums closer than this differ by rounding only
_IGNORED: Final = 1e-8  # probability left out or lost in rounding, and then added
_SHRUNK: Final = 18.0  # what lies beyond the window counts e^-18 of its probability
_PAIRED: Final = 4096  # outcomes of a stratum up to which its two parts are combined one by one
# Moving down shifts the sum by half a step for every row. In a window of eight standard deviations
# these grids keep that below .006 of one for strata up to a dozen, and below .012 for a hundred.
_FEW: Final = 24  # rows
_POINTS: Final = (8192, 32768)  # of the grid, with few rows and with many


def hypergeometric_rows(marked: Floats, other: Floats, drawn: NDArray[np.int64]) -> Floats:
    """Return the probabilities of 0, 1, ... marked cases among those drawn, a row for each entry.

    p(k) proportional to C(marked, k) C(other, drawn - k) with real ``marked`` and ``other`` (the
    binomial coefficient by the gamma function, positive terms only), by the ratio of neighbours
    (T - k)(n - k) / ((k + 1)(B - n + k + 1)). With whole numbers the hypergeometric distribution.
    """
    T, B, n = marked[:, None], other[:, None], drawn[:, None]
    k = np.arange(int(drawn.max(initial=0)) + 1)
    first = np.maximum(0, np.floor(n - 1 - B + _TIE) + 1)
    last = np.maximum(first, np.minimum(n, np.ceil(T + 1 - _TIE) - 1))
    inside = (k > first) & (k <= last)
    ratio = np.where(inside, (T - k + 1) * (n - k + 1), 1.0)
    ratio /= np.where(inside, k * (B - n + k), 1.0)
    logs = np.where((k >= first) & (k <= last), np.cumsum(np.log(ratio), axis=1), -np.inf)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    rows: Floats = weights / weights.sum(axis=1, keepdims=True)
    return rows


def trim(values: Floats, probabilities: Floats) -> tuple[Floats, Floats, float]:
    """Cut the columns at both ends that hold next to nothing; also return what was cut.

    Every row is cut where it ends itself; they stay rows of equal length.
    """
    kept = probabilities > _IGNORED / probabilities.size
    first = kept.argmax(axis=1)
    width = int((kept.shape[1] - kept[:, ::-1].argmax(axis=1) - first).max())
    columns = np.minimum(first, kept.shape[1] - width)[:, None] + np.arange(width)
    cut = np.take_along_axis(probabilities, columns, axis=1)
    lost = max(0.0, float(probabilities.sum() - cut.sum()))
    return np.take_along_axis(values, columns, axis=1), cut, lost


def paired_sums(
    values: tuple[Floats, Floats], probabilities: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the terms of the sum of two independent terms per row: combined where that is cheap.

    Combined outcomes are moved to the grid once instead of twice. Where they would be too many,
    the two terms stay rows of their own.
    """
    (u, v), (p, q) = values, probabilities
    if u.shape[1] * v.shape[1] <= _PAIRED:
        rows = len(u)
        return (
            (u[:, :, None] + v[:, None, :]).reshape(rows, -1),
            (p[:, :, None] * q[:, None, :]).reshape(rows, -1),
        )
    width = max(u.shape[1], v.shape[1])

    def padded(row: Floats, fill: Floats | float) -> Floats:
        wide = np.empty((len(row), width))
        wide[:] = fill
        wide[:, : row.shape[1]] = row
        return wide

    return (
        np.vstack([padded(u, u[:, :1]), padded(v, v[:, :1])]),
        np.vstack([padded(p, 0.0), padded(q, 0.0)]),
    )


def lower_tail(values: Floats, probabilities: Floats, point: float) -> float:
    """Return P(sum of one value from every row <= point), rounded up, by Fourier convolution.

    Rows are independent. The window ends at the point. It begins at the least sum, or where
    Chernoff's bound, P(sum - mean <= -c) <= exp(K(theta) - theta c), says that what lies below is
    ignorable; that much is added. What lies above would come round again from below: probabilities
    are multiplied by e^(-tilt v) before and e^(tilt v) after the convolution, which shrinks it by
    e^-18 (exponential tilting against aliasing: Gruebel and Hermesmeier 1999).
    """
    rows = len(values)
    kept = probabilities > _IGNORED / probabilities.size
    spare = _IGNORED + float(probabilities[~kept].sum())
    probabilities = np.where(kept, probabilities, 0.0)
    means = (values * probabilities).sum(axis=1, keepdims=True)
    # an outcome that is left out must not widen the window: it moves to the mean
    centred = np.where(kept, values - means, 0.0)
    lowest = centred.min(axis=1, keepdims=True)
    base = float(lowest.sum())
    scale = max(-base, float(centred.max(axis=1).sum()), abs(point), 1.0)
    distance = point - float(means.sum()) + _TIE * scale
    if distance < base:
        return spare
    start = max(base, _window_start(centred, probabilities, distance))
    points = _POINTS[rows > _FEW]
    step = (distance - start) / (points - rows - 4)
    target = int(np.floor((distance - base) / step))
    bottom = max(0, int(np.floor((start - base) / step)) - rows - 1)
    steps = np.floor((centred - lowest) / step)
    tilt = _SHRUNK / points
    tilted = probabilities * np.exp(-tilt * steps)
    sums = tilted.sum(axis=1, keepdims=True)
    cells = steps.astype(np.int64) % points
    spectrum = np.ones(points // 2 + 1, dtype=np.complex128)
    # row by row: one grid stays in the processor's cache, all of them would not
    for row, share in zip(cells, tilted / sums, strict=True):
        spectrum *= fft.rfft(np.bincount(row, share, points))
    window = np.arange(bottom, target + 1)
    weights = np.exp(tilt * window + np.log(sums).sum())
    # not a dot product: waking BLAS's threads for it costs more than the whole convolution
    tail = float((fft.irfft(spectrum, n=points)[window % points] * weights).sum())
    return min(1.0, max(tail, 0.0) + spare)


def _window_start(centred: Floats, probabilities: Floats, distance: float) -> float:
    """Return a point below which the sum can be ignored even when tilting magnifies it.

    It is so far below ``distance`` that the tilt is no steeper than Chernoff's theta, beyond which
    the tilted probabilities would outgrow the range of floats.
    """
    spread = float(np.sqrt((probabilities * centred**2).sum()))
    if spread == 0:
        return -np.inf
    wanted = _SHRUNK - float(np.log(_IGNORED))
    theta = float(np.sqrt(2 * wanted)) / spread
    powers = -theta * centred
    most = powers.max(axis=1, keepdims=True)
    logs = most[:, 0] + np.log((probabilities * np.exp(powers - most)).sum(axis=1))
    return min(-(float(logs.sum()) + wanted) / theta, distance - _SHRUNK / theta)
