"""The lower tail of a sum of independent values with real weights.

Few outcomes are gone through one by one. Otherwise a grid of evenly spaced points takes the place
of the real line. Every value is moved down to the grid, so that no outcome at or below the point
in question is lost. With many terms, whose roundings would add up, the point is moved down too: by
their mean, less three of their standard deviations.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]

_LISTED: Final = 20_000  # outcomes that are gone through one by one
_ENTRIES: Final = 1_000_000  # of them held at once
_TIE: Final = 1e-9  # cases, or of the range: sums closer than this differ by rounding only
_IGNORED: Final = 1e-8  # probability left out or lost in rounding, and then added
_SHRUNK: Final = 18.0  # what lies beyond the window counts e^-18 of its probability
# Moving down shifts the sum by half a step for every term. In a window of eight standard deviations
# that is below .003 of one for a few terms; the correction keeps it below .006 for twelve and below
# .009 for a hundred.
_FEW: Final = 6  # terms whose roundings are left as they are
_MANY: Final = 24
_POINTS: Final = (8192, 4096, 8192)  # of the grid: with few terms, some, and many
_TOGETHER: Final = 4  # terms transformed at once
_SURE: Final = 3.0  # standard deviations


def lower_tails(values: Floats, probabilities: Floats, *, spare: float) -> Floats:
    """Return P(sum of one value from every term <= 0) for each row of rows x terms x outcomes.

    Terms are independent. ``spare`` is the most probability that was left out of a row, which may
    sum to less than 1; what is missing is added.
    """
    _, terms, outcomes = values.shape
    if outcomes**terms <= _LISTED:
        together = max(1, _ENTRIES // outcomes**terms)
        starts = range(0, len(values), together)
        parts = [slice(start, start + together) for start in starts]
        found = np.concatenate([_listed_tails(values[part], probabilities[part]) for part in parts])
    else:
        found = np.array([_grid_tail(v, p) for v, p in zip(values, probabilities, strict=True)])
    missing = np.clip(1 - probabilities.sum(axis=2), 0, spare).sum(axis=1)
    result: Floats = np.minimum(found + missing, 1.0)
    return result


def _listed_tails(values: Floats, probabilities: Floats) -> Floats:
    """Return the tails, all sums one by one."""
    rows = len(values)
    sums, mass = values[:, 0], probabilities[:, 0]
    for term in range(1, values.shape[1]):
        sums = (sums[:, :, None] + values[:, term, None, :]).reshape(rows, -1)
        mass = (mass[:, :, None] * probabilities[:, term, None, :]).reshape(rows, -1)
    scale = np.maximum(np.abs(values).max(axis=2).sum(axis=1), 1.0)
    tails: Floats = np.where(sums <= _TIE * scale[:, None], mass, 0.0).sum(axis=1)
    return tails


def _grid_tail(values: Floats, probabilities: Floats) -> float:
    """Return P(sum <= 0) for terms x outcomes, rounded up, by Fourier convolution.

    The window ends at the point. It begins at the least sum, or where Chernoff's bound,
    P(sum - mean <= -c) <= exp(K(theta) - theta c), says that what lies below is ignorable; that
    much is added. What lies above would come round again from below: probabilities are multiplied
    by e^(-tilt v) before and e^(tilt v) after the convolution, which shrinks it by e^-18
    (exponential tilting against aliasing: Gruebel and Hermesmeier 1999).
    """
    terms = len(values)
    kept = probabilities > _IGNORED / probabilities.size
    spare = _IGNORED + float(probabilities[~kept].sum())
    probabilities = np.where(kept, probabilities, 0.0)
    means = (values * probabilities).sum(axis=1, keepdims=True)
    # an outcome that is left out must not widen the window: it moves to the mean
    centred = np.where(kept, values - means, 0.0)
    lowest = centred.min(axis=1, keepdims=True)
    base = float(lowest.sum())
    scale = max(-base, float(centred.max(axis=1).sum()), 1.0)
    distance = -float(means.sum()) + _TIE * scale
    if distance < base:
        return spare
    start = max(base, _window_start(centred, probabilities, distance))
    points = _POINTS[(terms > _FEW) + (terms > _MANY)]
    step = (distance - start) / (points - terms - 5)
    places = (centred - lowest) / step
    steps = np.floor(places)
    lowered = _lowered(places - steps, probabilities) if terms > _FEW else 0.0
    place = max((distance - base) / step - lowered, 0.0)
    target = int(place)
    bottom = max(0, int(np.floor((start - base) / step)) - terms - 1)
    tilt = _SHRUNK / points
    tilted = probabilities * np.exp(-tilt * steps)
    sums = tilted.sum(axis=1, keepdims=True)
    cells = steps.astype(np.int64) % points
    spectrum = np.ones(points // 2 + 1, dtype=np.complex128)
    # a few terms at a time: their grids stay in the processor's cache, all of them would not
    for first in range(0, terms, _TOGETHER):
        some = cells[first : first + _TOGETHER]
        shares = (tilted / sums)[first : first + _TOGETHER]
        spots = some + points * np.arange(len(some))[:, None]
        grids = np.bincount(spots.ravel(), shares.ravel(), len(some) * points)
        spectrum *= fft.rfft(grids.reshape(-1, points), axis=1).prod(axis=0)
    window = np.arange(bottom, target + 2)
    weights = np.exp(tilt * window + np.log(sums).sum())
    weights[-1] *= place - target if lowered else 0.0
    # not a dot product: waking BLAS's threads for it costs more than the whole convolution
    tail = float((fft.irfft(spectrum, n=points)[window % points] * weights).sum())
    return min(1.0, max(tail, 0.0) + spare)


def _lowered(rounded: Floats, probabilities: Floats) -> float:
    """Return by how many steps the sum of the terms is lowered at least, save by a rare chance."""
    mean = (rounded * probabilities).sum(axis=1)
    variance = (rounded**2 * probabilities).sum(axis=1) - mean**2
    return max(0.0, float(mean.sum() - _SURE * np.sqrt(max(float(variance.sum()), 0.0))))


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
