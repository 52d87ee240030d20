"""Control limits of a funnel plot, and how much more rates vary than chance alone would make them.

What a domain's estimated rate can be when its true rate is the target: in the register as it is a
sum of hypergeometric counts over the strata, for the process behind it of binomial ones. Rates are
shares of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import chdtrc, gammaln, xlogy

from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.lattice import build_lattice

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WINSORISED: Final = 0.1  # share of the z scores pulled in at each end (Spiegelhalter 2005)
_TIE: Final = 1e-9  # a tail this close (relatively) to its bound is within it
_NOISE: Final = 1e-15  # what the Fourier transform leaves where there is nothing


@dataclass(frozen=True, slots=True)
class Law:
    """The distribution of an estimated rate: ascending values, shares of 1, and probabilities."""

    values: FloatArray
    probabilities: FloatArray

    @property
    def mean(self) -> float:
        """The expected rate."""
        return float(self.values @ self.probabilities)

    def moment(self, order: int) -> float:
        """Return the central moment of this order."""
        return float((self.values - self.mean) ** order @ self.probabilities)


def rate_law(
    reviewed: IntArray, population: FloatArray | None, target: float, weights: FloatArray
) -> Law:
    """Return the distribution of sum w_h X_h / sum w_h n_h when every stratum has the target rate.

    X_h is hypergeometric(N_h, target N_h, n_h), or binomial(n_h, target) where ``population`` is
    None. Where N_h or target N_h is not whole, the neighbouring numbers are mixed, so that the mean
    stays. Of all ways to spread the errors over a domain's strata, the same rate everywhere gives
    about the largest variance under proportional allocation.
    """
    n = reviewed
    parts = [
        _binomial(int(size), target)
        if population is None
        else _mixed(int(size), float(population[place]), target)
        for place, size in enumerate(n)
    ]
    share = weights / float(weights @ n)
    if len(n) == 1:
        values = np.asarray(np.arange(n[0] + 1) / int(n[0]), dtype=np.float64)
        return Law(values, parts[0])
    if np.ptp(weights) <= 1e-9 * weights.max():  # the count alone matters
        places, top = [np.arange(size + 1) for size in n], int(n.sum())
        step = float(share[0])
    else:
        whole = np.maximum(np.rint(weights * n), n).astype(np.int64)
        lattice = build_lattice(n, whole)
        places = [lattice.places[h, : size + 1] for h, size in enumerate(n)]
        top, step = lattice.top, 1.0 / lattice.top
    length = next_fast_len(top + 1, real=True)
    transform = np.ones(length // 2 + 1, dtype=np.complex128)
    for place, part in zip(places, parts, strict=True):
        transform *= rfft(np.bincount(place, part, minlength=length), length)
    density = irfft(transform, length)[: top + 1]
    kept = np.flatnonzero(density > _NOISE)
    mass = density[kept]
    values = np.asarray(kept * step, dtype=np.float64)
    return Law(values, mass / mass.sum())


def exact_limits(law: Law, tail: float) -> tuple[float, float]:
    """Return the lowest and the highest rate that are inside: beyond each lies ``tail`` at most.

    Rates that can occur, so that one outside them has a probability of ``tail`` at most with all
    that are further out.
    """
    below = np.cumsum(law.probabilities)
    above = np.cumsum(law.probabilities[::-1])[::-1]
    room = tail * (1 + _TIE)
    last = len(below) - 1
    low = min(int(np.searchsorted(below, room, side="right")), last)
    high = max(last - int(np.searchsorted(above[::-1], room, side="right")), 0)
    return float(law.values[low]), float(law.values[high])


def control_limit(law: Law, probability: float) -> float:
    """Return the rate below which lies this probability, interpolated between possible rates.

    With r the smallest value with P(X <= r) > p, the limit lies (P(X <= r) - p) / P(X = r) of the
    way from r down to the value before it (Spiegelhalter 2005, Statistics in Medicine 24, appendix
    A.1.1, where the values are counts over n). For drawing a smooth funnel: where few counts are
    possible a rate beyond it need not be improbable.
    """
    below = np.cumsum(law.probabilities)
    place = min(int(np.searchsorted(below, probability, side="right")), len(below) - 1)
    value = float(law.values[place])
    if len(law.values) == 1:
        return value
    step = value - float(law.values[place - 1]) if place else float(law.values[1]) - value
    away = (float(below[place]) - probability) / float(law.probabilities[place])
    return min(max(value - away * step, 0.0), 1.0)


def winsorised(scores: FloatArray, *, share: float = WINSORISED) -> FloatArray:
    """Pull the ``share`` of scores at each end in to the quantile there (Spiegelhalter 2005).

    The quantiles are those of R's default (type 7), as in the R package FunnelPlotR.
    """
    low, high = np.quantile(scores, [share, 1 - share])
    return np.asarray(np.clip(scores, low, high), dtype=np.float64)


def overdispersion(scores: FloatArray) -> float:
    """Return phi, the mean square of the winsorised z scores (Spiegelhalter 2005, section 4).

    About 1, or rather below since the ends are pulled in, where chance alone is at work.
    """
    return float((winsorised(scores) ** 2).mean())


def is_overdispersed(phi: float, domains: int) -> bool:
    """Tell whether phi is above 1 + 2 sqrt(2 / domains), two deviations (Spiegelhalter 2005)."""
    return bool(phi > 1 + 2 * (2 / domains) ** 0.5)


def heterogeneity(scores: FloatArray, kurtosis: FloatArray) -> tuple[float, float]:
    """Return Q = sum z^2 and the probability of as large a Q where all rates are the target.

    ``kurtosis`` is E z^4 of each score under the target, from its exact distribution. Q is taken
    for c times a chi-square variable with the same mean, I - 1 (the target is the scores' own
    mean), and the same variance, sum(E z^4 - 1); with normal scores it is Pearson's test.
    """
    statistic = float((scores**2).sum())
    mean = len(scores) - 1
    variance = float((kurtosis - 1).sum()) * mean / len(scores)
    scale = variance / (2 * mean)
    return statistic, float(chdtrc(mean / scale, statistic / scale))


def _binomial(n: int, rate: float) -> FloatArray:
    k = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    mass = np.exp(choose + xlogy(k, rate) + xlogy(n - k, 1 - rate))
    return np.asarray(mass / mass.sum(), dtype=np.float64)


def _mixed(n: int, population: float, rate: float) -> FloatArray:
    """Return the hypergeometric probabilities of 0, ..., n with about rate x population errors."""
    mass = np.zeros(n + 1)
    for N, share in _neighbours(max(population, float(n))):
        for T, part in _neighbours(rate * N):
            mass += share * part * pmf(T, n, N)
    return mass


def _neighbours(value: float) -> list[tuple[int, float]]:
    """Return the whole numbers about a value, with shares that make it their mean."""
    whole = round(value)
    if abs(value - whole) < 1e-9:
        return [(whole, 1.0)]
    low = int(np.floor(value))
    return [(low, low + 1 - value), (low + 1, value - low)]
