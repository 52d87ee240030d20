"""A stand-in for the lower tail of the estimate S: log E exp(-lambda S), quick and concave.

log E z^X of a hypergeometric count is concave in its errors T (X is a sum of independent
indicators; Borcea, Branden and Liggett 2009), so caseloads that make log E exp(-lambda S) large
can be climbed to without getting stuck. With lambda near where S weighted by exp(-lambda S) has
the observed estimate as its mean, they make the tail large too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import Lattice

_RATES: Final = np.geomspace(0.5, 4, 10)  # between them lies lambda, times sd(S) / z
_BEYOND: Final = 1.25  # times the saddlepoint leads to worse caseloads where errors are rare


@dataclass(frozen=True, slots=True)
class StandIn:
    """log E exp(-lambda S) at caseloads of one design, up to a constant."""

    lattice: Lattice
    middle: IntArray  # counts from which lambda w_h X_h is measured, so that nothing overflows
    rate: FloatArray  # lambda w_h

    def score(self, T: IntArray) -> FloatArray:
        """Return it for each caseload, one per row."""
        total: FloatArray = self._parts(T).sum(axis=-1)
        return total

    def worth(self, T: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return what one error more, and one less, adds in each stratum of one caseload."""
        N = self.lattice.population
        here, more, less = self._parts(np.stack([T, np.minimum(T + 1, N), np.maximum(T - 1, 0)]))
        return more - here, less - here

    def _parts(self, T: IntArray) -> FloatArray:
        first, mass = windows(T, self.lattice.reviewed, self.lattice.population)
        away = (first - self.middle)[..., None] + np.arange(mass.shape[-1])
        power = np.exp(np.clip(-self.rate[:, None] * away, -600, 600))
        parts: FloatArray = np.log((mass * power).sum(axis=-1))
        return parts


def build_stand_in(lattice: Lattice, x: IntArray, T: IntArray, tail: float) -> StandIn:
    """Return the stand-in for P(S <= s) near ``tail``, for caseloads near T."""
    n, N = lattice.reviewed, lattice.population
    weight, middle = N / n, T * n // N
    first, mass = windows(T, n, N)
    away = weight[:, None] * ((first - middle)[:, None] + np.arange(mass.shape[-1]))
    deviation = max(float(lattice.variance(T)), 1e-9) ** 0.5
    rates = _RATES * -ndtri(tail) / deviation
    power = np.exp(np.clip(-rates[:, None, None] * away, -600, 600)) * mass
    means = ((away * power).sum(axis=-1) / power.sum(axis=-1)).sum(axis=-1)
    found = float((weight * (x - middle)).sum())
    rate = _BEYOND * float(np.interp(-found, -means, rates))
    return StandIn(lattice, middle, rate * weight)
