"""A design's cells and their statistics, and the tables of bounds that every outcome shares.

Caseloads T are divided by V(T) = sum c_h T_h (N_h - T_h), the variance of the estimate; kappa and
gamma of the statistic are constants of the cell. Nothing here depends on what was found, and the
statistic not on the tail either: only on the sizes of the strata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.chernoff_dual import Points
from sampleaudit.formulas.chernoff_strata import (
    Family,
    Stratum,
    build_family,
    build_stratum,
    chernoff_bounds,
    fourier_bounds,
)
from sampleaudit.formulas.chernoff_terms import fourier_terms
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_RATIO: Final = 0.7  # of the ends of a cell of V
_LOWEST: Final = 0.002  # of the largest V: below it is one cell
_GRAIN: Final = 1.5  # of the largest weight, added to the standard deviation
_VARIANCE: Final = (0.3, 1.2)  # kappa in units of _Z / 2s: at V = 0, and more at the largest V
_Z: Final = 1.96  # of every tail: the statistic is the same, so that the tests are nested
_DEVIANCE: Final = (0.055, 0.045)  # gamma H / s at the largest V, and what is divided by H
_RARER: Final = 3.0  # share of that added at V = 0, with many strata; with three or fewer none
_FINE: Final = (6, 8, 3)  # bins to a standard deviation: with few strata, more, many
_MANY: Final = (6, 24)
_ENTRIES: Final = 4_000  # numbers of a family, to be kept at hand by a processor
RATES: Final = 2.0 ** np.array([*np.arange(-5, 7) / 2, 6])
"""The lambdas tried in Chernoff's bound, as multiples of a cell's rate. The last makes it nearly
exact where nothing was found."""
PLACES: Final = 4
"""Fourier bounds have so many lambdas to a step of these."""
_STEEPER: Final = 1.7  # (lambda s)^2 of a Fourier bound less z^2, s the spread of G
_SPAN: Final = 4.0  # of the Fourier polynomial, in units of s


@dataclass(frozen=True, slots=True)
class Key:
    """What a design's cells are known by; the strata in a fixed order."""

    reviewed: tuple[int, ...]
    population: tuple[int, ...]

    def strata(self) -> Iterator[tuple[int, int]]:
        """Yield n and N of the strata."""
        return zip(self.reviewed, self.population, strict=True)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a design, from the largest variances to the smallest."""

    strata: tuple[Stratum, ...]
    families: tuple[tuple[Family, IntArray], ...]  # and the points of its strata
    points: Points
    lowest: FloatArray  # V of a cell from here
    highest: FloatArray  # to here
    scale: FloatArray  # square root of its middle
    kappa: FloatArray
    gamma: FloatArray
    rate: FloatArray  # lambda to begin with


@lru_cache(maxsize=32)
def build_cells(key: Key) -> Cells:
    """Return the cells of a design in which every stratum has 0 < n_h < N_h."""
    fine = _FINE[int(np.searchsorted(_MANY, len(key.reviewed), side="right"))]
    strata = tuple(build_stratum(n, N, fine) for n, N in key.strata())
    counts = np.array([len(s.point_bin) for s in strata])
    T = [s.point_errors for s in strata]
    V = [s.spread * t * (N - t) for s, t, N in zip(strata, T, key.population, strict=True)]
    points = Points(
        np.concatenate(T).astype(np.float64),
        np.concatenate(V),
        np.concatenate([s.bulge() for s in strata]),
        np.cumsum(counts) - counts,
        counts,
    )
    most = sum(s.spread * N**2 / 4 for s, N in zip(strata, key.population, strict=True))
    steps = np.arange(np.ceil(np.log(_LOWEST) / np.log(_RATIO)) + 1)
    highest = most * 1.0001 * _RATIO**steps
    lowest = np.append(highest[1:], 0.0)
    middle = highest * (1 + _RATIO) / 2
    weight = max(s.weight for s in strata)
    grained = np.sqrt(middle + (_GRAIN * weight) ** 2)
    rho = _VARIANCE[0] + _VARIANCE[1] * np.sqrt(middle / most)
    rarer = _RARER * max(1 - 3 / len(strata), 0.0)
    share = _DEVIANCE[0] + _DEVIANCE[1] / len(strata)
    deviance = share * (1 + rarer * (1 - np.sqrt(middle / most)))
    scale = np.sqrt(middle)
    return Cells(
        strata,
        _families(strata, points),
        points,
        lowest,
        highest,
        scale,
        kappa=rho * _Z / (2 * grained),
        gamma=deviance / len(strata) * grained,
        rate=2.2 / scale / (1 + 0.3 * rho * np.minimum(1, weight / scale)),
    )


@lru_cache(maxsize=64)
def chernoff_table(key: Key, place: int) -> tuple[FloatArray, FloatArray]:
    """Return lambda of every cell, and the points' log bounds at [cell, point]."""
    cells = build_cells(key)
    rate = cells.rate * RATES[place]
    constants = list(zip(cells.kappa, cells.gamma, strict=True))

    def bounds(family: Family) -> FloatArray:
        g = np.stack([family.statistic(*c) for c in constants])
        return chernoff_bounds(family, g, rate)

    return rate, _of_families(cells, len(rate), bounds)


@lru_cache(maxsize=32)
def fourier_table(
    key: Key, cell: int, place: int, step: float, tail: float
) -> tuple[float, FloatArray, FloatArray]:
    """Return lambda, log a_k and the log bounds of all points at [k, point].

    ``place`` is that of the lambda that suits Chernoff's bound best, in finer steps than RATES';
    from it the spread of the statistic is judged. ``step`` is Delta in units of the spread.
    """
    cells = build_cells(key)
    suited = cells.rate[cell] * RATES[0] * (RATES[1] / RATES[0]) ** (place / PLACES)
    spread = np.sqrt(-2 * np.log(tail)) / suited
    rate = np.sqrt(normal_distance(tail) ** 2 + _STEEPER) / spread
    count = max(2, round(_SPAN / step))
    frequency = 2 * np.pi / (count * step * spread)
    terms = np.log(fourier_terms(rate * step * spread, count))

    def bounds(family: Family) -> FloatArray:
        g = family.statistic(cells.kappa[cell], cells.gamma[cell])
        return fourier_bounds(family, g, rate, frequency, count)

    return rate, terms, _of_families(cells, count, bounds)


def normal_distance(tail: float) -> float:
    """Return z of this tail, and no less than is of use where a level under a half is asked for."""
    return max(-float(ndtri(tail)), 0.25)


def _families(strata: tuple[Stratum, ...], points: Points) -> tuple[tuple[Family, IntArray], ...]:
    """Return the strata in families of the same n, of a size that is fast to work on."""
    known: list[list[int]] = []
    entries = 0
    sizes = [s.deviance.shape for s in strata]
    for h in sorted(range(len(strata)), key=lambda h: sizes[h][1]):
        entries += strata[h].deviance.size
        if not known or sizes[known[-1][0]][1] != sizes[h][1] or entries > _ENTRIES:
            known.append([])
            entries = strata[h].deviance.size
        known[-1].append(h)
    ranges = [np.arange(a, a + b) for a, b in zip(points.starts, points.counts, strict=True)]
    return tuple(
        (build_family([strata[h] for h in members]), np.concatenate([ranges[h] for h in members]))
        for members in known
    )


def _of_families(cells: Cells, rows: int, bounds: Callable[[Family], FloatArray]) -> FloatArray:
    """Return the bounds of all strata at [row, point]."""
    result = np.empty((rows, len(cells.points.errors)))
    for family, points in cells.families:
        result[:, points] = bounds(family)
    return result
