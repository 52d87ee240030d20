"""Several strata: the distribution of the estimate S = sum of w_h X_h, on whole numbers.

w_h = N_h / n_h, and X_h is hypergeometric(N_h, T_h, n_h), independent over the strata. Whether two
outcomes have the same S decides whether both belong to a tail, so S is never compared in floats:
every stratum's count k has a whole-number place, and S' is the sum of the places.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, lcm
from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows

_EXACT: Final = 16_384  # longest lattice on which S is kept exactly
_GRIDS: Final = (8_192, 16_384, 32_768, 65_536, 131_072)  # steps of the grid in its place
_FINE: Final = 36  # how much finer than S's deviation it is, see `build_lattice`
_LOST: Final = 36.0  # -log of the probability that may wrap around, about 2e-16
_ENTRIES: Final = 4_000_000  # numbers placed on the lattice at once


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the strata's counts lie; known from the design alone, never from what was found."""

    population: IntArray  # N_h
    reviewed: IntArray  # n_h, all of them above 0
    places: IntArray  # W_h k at [h, k], the place of count k; past n_h the last one is repeated
    step: float  # cases in one step of the lattice
    exact: bool  # whether S' / S is constant

    @property
    def weights(self) -> IntArray:
        """The whole numbers W_h in the place of N_h / n_h."""
        return self.places[:, 1]

    @property
    def top(self) -> int:
        """The largest S'."""
        return int(self.places[:, -1].sum())

    def place(self, errors: IntArray) -> IntArray:
        """Return S' of outcomes x_h, one per row."""
        total: IntArray = self.places[np.arange(len(self.reviewed)), errors].sum(axis=-1)
        return total

    def mean(self, errors: IntArray) -> FloatArray:
        """Return the mean of S' for caseloads T_h, one per row."""
        mean: FloatArray = errors @ (self.weights * self.reviewed / self.population)
        return mean

    def reach(self, errors: IntArray, *, room: float = 1.0) -> int:
        """Return how far from its mean S' can be in any of these caseloads, but for 2e-16.

        Bernstein's inequality: the counts are sums of independent indicators (Vatutin and
        Mikhailov 1982). With ``room`` for variances that much larger.
        """
        variance = room * float((self.spread(errors) @ self.weights**2.0).max())
        longest = float(self.weights.max()) * _LOST / 3
        return int(longest + (longest**2 + 2 * _LOST * variance) ** 0.5) + 2

    def spread(self, errors: IntArray) -> FloatArray:
        """Return the variances V_h of the counts X_h for caseloads T_h, one per row."""
        n, N = self.reviewed, self.population
        each: FloatArray = n * (N - n) / np.maximum(N - 1, 1) * (errors / N) * (1 - errors / N)
        return each

    def variance(self, errors: IntArray | FloatArray) -> FloatArray:
        """Return the variance of S, in cases squared, for caseloads T_h, one per row.

        sum (N_h - n_h) T_h (N_h - T_h) / (n_h (N_h - 1)) (Cochran 1977, section 3.2).
        """
        N, n = self.population, self.reviewed
        each = (N - n) / (n * np.maximum(N - 1, 1)) * errors * (N - errors)
        total: FloatArray = each.sum(axis=-1)
        return total

    def skewness(self, errors: IntArray | FloatArray) -> FloatArray:
        """Return the skewness of S: each X_h has the third moment V_h (1 - 2 T/N) (N - 2n)/(N - 2).

        Johnson, Kotz and Kemp (1992), Univariate Discrete Distributions, equation 6.23.
        """
        N, n = self.population, self.reviewed
        variance = n * (N - n) / np.maximum(N - 1, 1) * errors * (N - errors) / N**2.0
        third = variance * (1 - 2 * errors / N) * (N - 2 * n) / np.maximum(N - 2, 1)
        total = ((N / n) ** 3 * third).sum(axis=-1)
        skew: FloatArray = total / np.maximum(self.variance(errors), 1e-9) ** 1.5
        return skew


def build_lattice(reviewed: IntArray, population: IntArray) -> Lattice:
    """Return the lattice of a design.

    Exactly, the weight is N_h L / n_h with L the least common multiple of the n_h, all divided by
    their greatest common divisor. Where that lattice is long, the weights are rounded to a grid
    over 0, ..., N: an ordering of the outcomes a hair away from that by S, but one fixed ordering,
    whose tails and ties are exact. The roundings move S' by about 0.3 sqrt(sum V_h) steps, V_h the
    largest variance of X_h, and S has a deviation of 0.5 sqrt(sum N_h (N_h - n_h) / n_h) or less
    in the same proportion; the step keeps the hair at 1/60 of a deviation.
    """
    N, n = [int(v) for v in population], [int(v) for v in reviewed]
    multiple = lcm(*n)  # whole numbers of any length: with many strata this passes 64 bits
    unit = gcd(*(size * multiple // read for size, read in zip(N, n, strict=True)))
    exact = sum(N) * multiple <= _EXACT * unit
    if exact:
        whole = [size * multiple // read // unit for size, read in zip(N, n, strict=True)]
        weights, step = np.array(whole, dtype=np.int64), unit / multiple
    else:
        rest = population - reviewed
        # as floats: the product of two large registers' sizes, squared, is beyond whole numbers
        spread = float((population * (rest / reviewed)).sum()) ** 0.5
        counts = float((reviewed * (rest / np.maximum(population - 1, 1))).sum() / 4) ** 0.5
        finest = _FINE * counts * sum(N) / spread
        step = sum(N) / next((g for g in _GRIDS if g >= finest), _GRIDS[-1])
        weights = np.maximum(np.rint(population / reviewed / step).astype(np.int64), 1)
    places = np.minimum(np.arange(max(n) + 1), reviewed[:, None]) * weights[:, None]
    return Lattice(population, reviewed, places, step, exact)


def lower_tails(lattice: Lattice, errors: IntArray, threshold: IntArray) -> FloatArray:
    """Return P(S' <= threshold) for each caseload, a row of ``errors`` (T_h, one per stratum).

    Characteristic functions by the fast Fourier transform, multiplied over the strata. The
    transform is only as long as needed for the mass that wraps around to stay under 1e-15
    (Bernstein's inequality), so the error is that of rounding, about 1e-15.
    """
    low, length = _span(lattice, errors)
    rows = max(1, _ENTRIES // (length * len(lattice.reviewed)))
    parts = [
        _wrapped_tails(
            lattice, errors[start : start + rows], threshold[start : start + rows], low, length
        )
        for start in range(0, len(errors), rows)
    ]
    return np.concatenate(parts)


def tails_given(lattice: Lattice, errors: IntArray, threshold: int) -> FloatArray:
    """Return P(S' <= threshold | X_h = k) at [h, k] for one caseload T_h.

    What the tail becomes when stratum h gets another distribution is a sum of these.
    """
    low, length = _span(lattice, errors[None])
    transform = rfft(_placed(lattice, errors[None], length)[0], axis=1)
    before = np.cumprod(np.vstack([np.ones_like(transform[:1]), transform[:-1]]), axis=0)
    after = np.cumprod(np.vstack([np.ones_like(transform[:1]), transform[:0:-1]]), axis=0)[::-1]
    density = irfft(before * after, length, axis=1)  # of S' without the stratum
    own = (
        errors * lattice.reviewed / lattice.population * (lattice.places[:, -1] / lattice.reviewed)
    )
    start = np.where(length > lattice.top, 0, low - own.astype(np.int64))[:, None]
    order = (start + np.arange(length)) % length
    below = np.cumsum(np.take_along_axis(density, order, axis=1), axis=1)
    room = threshold - lattice.places - start
    found = np.take_along_axis(below, np.clip(room, 0, length - 1), axis=1)
    return np.where(room < 0, 0.0, found)


def _span(lattice: Lattice, errors: IntArray) -> tuple[int, int]:
    """Return where S' can be, as its lowest value and a length good for the transform."""
    mean, reach = lattice.mean(errors), lattice.reach(errors)
    low, high = int(mean.min()) - reach, int(mean.max()) + reach
    if low <= 0 or high - low >= lattice.top:
        low = 0
    high = min(high, lattice.top)
    return low, next_fast_len(high - low + 1, real=True)


def _wrapped_tails(
    lattice: Lattice, errors: IntArray, threshold: IntArray, low: int, length: int
) -> FloatArray:
    """Return the tails, with S' taken modulo ``length`` and known to lie in low + [0, length)."""
    transform = rfft(_placed(lattice, errors, length), axis=2)
    density = irfft(transform.prod(axis=1), length, axis=1)
    value = low + (np.arange(length) - low) % length
    tails: FloatArray = np.where(value <= threshold[:, None], density, 0.0).sum(axis=1)
    return tails


def _placed(lattice: Lattice, errors: IntArray, length: int) -> FloatArray:
    """Return each stratum's distribution on the lattice, places taken modulo ``length``."""
    first, mass = windows(errors, lattice.reviewed, lattice.population)
    B, H, width = mass.shape
    count = np.clip(first[..., None] + np.arange(width), 0, lattice.places.shape[1] - 1)
    place = lattice.places[np.arange(H)[:, None], count] % length
    row = np.arange(B * H).reshape(B, H, 1) * length
    placed = np.bincount((row + place).ravel(), mass.ravel(), minlength=B * H * length)
    return np.asarray(placed, dtype=np.float64).reshape(B, H, length)
