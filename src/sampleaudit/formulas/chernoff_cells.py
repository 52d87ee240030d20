"""A design's cells and their statistics, and the tables of bounds that every outcome shares.

Caseloads T are divided by V(T) = sum c_h T_h (N_h - T_h), the variance of the estimate; kappa and
gamma of the statistic are constants of the cell. Nothing here depends on what was found: only on
the sizes of the strata and the tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.chernoff_dual import Points, temperature
from sampleaudit.formulas.chernoff_strata import Stratum, build_stratum, log_bounds
from sampleaudit.formulas.chernoff_terms import fourier_terms
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_RATIO: Final = 0.7  # of the ends of a cell of V
_LOWEST: Final = 0.002  # of the largest V: below it is one cell
_GRAIN: Final = 1.5  # of the largest weight, added to the standard deviation
_RATES: Final = 1.25 ** np.array([-8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8])
_DEVIANCE: Final = 0.12  # gamma times the number of strata, over the standard deviation
SHAPES: Final = ((1.2, 0.2), (1.0, 0.2), (1.1, 0.1))
"""The Fourier bounds tried: lambda's share of z / s and Delta's share of s, s the spread of G."""
_LEAST_Z: Final = 0.25  # keeps lambda above 0 where a level under a half is asked for
_SPAN: Final = 3.6  # of the Fourier polynomial, in standard deviations


@dataclass(frozen=True, slots=True)
class Key:
    """What a design's cells are known by; the strata in a fixed order."""

    reviewed: tuple[int, ...]
    population: tuple[int, ...]
    tail: float

    def sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return n and N of the strata."""
        return self.reviewed, self.population


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a design, from the largest variances to the smallest."""

    strata: tuple[Stratum, ...]
    points: Points
    lowest: FloatArray  # V of a cell from here
    highest: FloatArray  # to here
    scale: FloatArray  # square root of its middle
    kappa: FloatArray
    gamma: FloatArray
    rate: FloatArray  # lambda to begin with
    z: float

    def found(self, cell: int, x: IntArray) -> FloatArray:
        """Return g_h(x_h; T) of each point, -inf where x_h cannot be found."""
        parts = []
        for stratum, errors in zip(self.strata, x, strict=True):
            g = stratum.statistic(self.kappa[cell], self.gamma[cell])[:, errors]
            parts.append(np.where(stratum.possible[:, errors], g, -np.inf)[stratum.point_bin])
        return np.concatenate(parts)


@lru_cache(maxsize=32)
def build_cells(key: Key) -> Cells:
    """Return the cells of a design in which every stratum has 0 < n_h < N_h."""
    strata = tuple(build_stratum(n, N) for n, N in zip(*key.sizes(), strict=True))
    counts = np.array([len(s.point_bin) for s in strata])
    T = [s.point_errors for s in strata]
    V = [s.spread * t * (N - t) for s, t, N in zip(strata, T, key.population, strict=True)]
    points = Points(
        np.concatenate(T).astype(np.float64),
        np.concatenate(V),
        np.concatenate([s.bulge() for s in strata]),
        np.cumsum(counts) - counts,
        counts,
        temperature(len(strata)),
    )
    most = sum(s.spread * N**2 / 4 for s, N in zip(strata, key.population, strict=True))
    steps = np.arange(np.ceil(np.log(_LOWEST) / np.log(_RATIO)) + 1)
    highest = most * 1.0001 * _RATIO**steps
    lowest = np.append(highest[1:], 0.0)
    middle = highest * (1 + _RATIO) / 2
    weight = max(s.weight for s in strata)
    z = max(-float(ndtri(key.tail)), _LEAST_Z)
    grained = np.sqrt(middle + (_GRAIN * weight) ** 2)
    rho = 0.3 + 1.2 * np.sqrt(middle / most)
    scale = np.sqrt(middle)
    return Cells(
        strata,
        points,
        lowest,
        highest,
        scale,
        kappa=rho * z / (2 * grained),
        gamma=_DEVIANCE / len(strata) * grained,
        rate=2.2 / scale / (1 + 0.3 * rho * np.minimum(1, weight / scale)),
        z=z,
    )


@lru_cache(maxsize=32)
def chernoff_table(key: Key) -> tuple[FloatArray, FloatArray]:
    """Return every lambda tried, at [cell, i], and the points' log bounds, [cell, i, point]."""
    cells = build_cells(key)
    rate = cells.rate[:, None] * _RATES
    parts = []
    for stratum in cells.strata:
        g = np.stack([stratum.statistic(*c) for c in zip(cells.kappa, cells.gamma, strict=True)])
        g = np.repeat(g, len(_RATES), axis=0)
        parts.append(log_bounds(stratum, g, rate.ravel(), np.zeros(rate.size)))
    return rate, np.concatenate(parts, axis=1).reshape(*rate.shape, -1)


@lru_cache(maxsize=128)
def fourier_table(
    key: Key, cell: int, chernoff: int, shape: int
) -> tuple[float, FloatArray, FloatArray]:
    """Return lambda, log a_k and the log bounds of all points at [k, point].

    ``chernoff`` is the place in the table above of the lambda that suits Chernoff's bound, from
    which the spread of the statistic is judged.
    """
    cells = build_cells(key)
    factor, step = SHAPES[shape]
    spread = np.sqrt(-2 * np.log(key.tail)) / (cells.rate[cell] * _RATES[chernoff])
    rate = factor * (cells.z + 0.15) / spread
    count = max(2, round(_SPAN / step))
    frequency = 2 * np.pi * np.arange(count) / (count * step * spread)
    rates = np.full(count, rate)
    parts = [
        log_bounds(
            stratum, stratum.statistic(cells.kappa[cell], cells.gamma[cell])[None], rates, frequency
        )
        for stratum in cells.strata
    ]
    terms = np.log(fourier_terms(rate * step * spread, count))
    return rate, terms, np.concatenate(parts, axis=1)
