"""One stratum of a proved bound: its test statistic, and bounds of its expectations at all T.

N cases, T of them count, n reviewed, y of these count. Every T is in a bin of neighbouring ones. A
bin is tested with a statistic g(y) of its own, and what is needed is, for all T of the bin at once,
a bound on log |E_T exp(-(lambda + i u) g(Y))|. It is a chord over the bin, raised.

f(T) = E_T h(Y) is computed at a few T, the rows. Between two rows a and b, d = b - a apart,

    |f(T) - chord(T)| <= d^2 / 8 * sum_y Q(y) psi(y) / min over a < t < b of t (N - t),

psi(y) = y (n - y) |h(y + 1) - 2 h(y) + h(y - 1)|, Q(y) = max over the T of the bin of P_T(y): a
sequence is that near its chord if its second differences are at most M = 8 bound / d^2, and the
second difference of f at t is at most E_t psi(Y) / (t (N - t)) in size (docs/proved-intervals.md,
theorem 4, which has another bound for E_t psi). P_T(y) rises in T up to T = floor(y (N + 1) / n)
and falls from there on, so Q is known exactly. For logarithms, with A and B the sizes at the rows
and e the bound above, log((1 - s) A + s B + e) <= (1 - s) log A + s log B + (log B - log A)^2 / 8 +
log(1 + e / min(A, B)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_BINS: Final = 4  # in one standard deviation of the estimate of T, about
_ROWS: Final = 7  # of a bin
_ROUNDING: Final = (1e-10, 1e-13)  # of sums, as a share of the sum of the sizes: and for each case
_ENTRIES: Final = 2_000_000  # numbers worked on at once
_TINY: Final = 1e-290  # what underflow can lose


@dataclass(frozen=True, slots=True)
class Bins:
    """What a bound needs of a stratum; known from n and N alone."""

    first: IntArray  # the T that a bin begins with
    last: IntArray
    share: FloatArray  # where a row lies between them, at [bin, row]
    chance: FloatArray  # P_T(y) at [bin, row, y]
    envelope: FloatArray  # Q at [bin, y]
    doubt: FloatArray  # d^2 / 8 / min t (N - t), the largest of a bin; 0 if every T is a row
    deviance: FloatArray  # 2 (max over T' of log P_T'(y) - log Q(y)) at [bin, y]
    possible: NDArray[np.bool_]  # whether y can be found in the bin, at [bin, y]
    rounding: float  # more than the expectations can be off by, as a share


@lru_cache(maxsize=256)
def build_bins(n: int, N: int) -> Bins:
    """Return the bins of a stratum, 0 < n < N: of equal width on the scale of arcsin sqrt(T / N).

    They are symmetric in T and N - T.
    """
    count = int(_BINS * np.pi * np.sqrt(n)) + 2
    edges = np.rint(np.sin(np.linspace(0, np.pi / 2, count + 1)) ** 2 * (N + 1)).astype(np.int64)
    begin = np.unique(np.concatenate([edges, N + 1 - edges]))
    first, last = begin[:-1], begin[1:] - 1
    width = last - first
    rows = first[:, None] + np.arange(_ROWS) * width[:, None] // (_ROWS - 1)
    y = np.arange(n + 1)
    best = np.clip(y * (N + 1) // n, 0, N)
    top = _log_chances(best, y, n, N)
    envelope = _log_chances(np.clip(best, first[:, None], last[:, None]), y, n, N)
    possible = np.isfinite(envelope)
    gaps = np.diff(rows, axis=1)
    ends = np.stack([rows[:, :-1] + 1, rows[:, 1:] - 1])
    least = np.where(gaps > 1, (ends * (N - ends)).min(axis=0), 1)
    doubt = np.where(gaps > 1, gaps**2 / 8 / least, 0.0).max(axis=1)
    log_chance = _log_chances(rows[..., None], y, n, N)
    chance = np.exp(log_chance)
    chance /= chance.sum(axis=-1, keepdims=True)
    return Bins(
        first,
        last,
        (rows - first[:, None]) / np.maximum(width, 1)[:, None],
        chance,
        np.exp(envelope),
        doubt,
        np.where(possible, 2 * (top - np.where(possible, envelope, 0.0)), 0.0),
        possible,
        _ROUNDING[0] + _ROUNDING[1] * N,
    )


def log_bounds(
    bins: Bins, statistic: FloatArray, rate: FloatArray, frequency: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return bounds on log |E_T exp(-(lambda + i u) g(Y))| at a bin's first and last T.

    At [k, bin]; no T of the bin is above the chord between them. ``statistic`` is g at [bin, y],
    lambda = ``rate`` and u = ``frequency`` at [k]. With frequencies there is one lambda, and they
    are 0, u, 2 u and so on.
    """
    bins_at_once = max(1, _ENTRIES // (statistic.shape[1] * len(rate)))
    parts = [
        _block(bins, slice(start, start + bins_at_once), statistic, rate, frequency)
        for start in range(0, len(statistic), bins_at_once)
    ]
    first, last = (np.concatenate(side) for side in zip(*parts, strict=True))
    return first.T, last.T


def _block(
    bins: Bins,
    part: slice,
    statistic: FloatArray,
    rate: FloatArray,
    frequency: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:
    """Return `log_bounds` for some of the bins, at [bin, k]."""
    g, doubt = statistic[part], bins.doubt[part]
    least = g.min(axis=1)
    above_least = (g - least[:, None])[..., None]
    factor = np.exp(-rate * above_least)  # [bin, y, k]
    if frequency is not None:  # evenly spaced: powers of one wave
        waves = np.repeat(np.exp(-1j * frequency[1] * above_least), len(frequency), axis=2)
        waves[..., 0] = 1
        factor = factor * np.cumprod(waves, axis=2)
    columns = factor if frequency is None else factor.view(np.float64)
    found = np.matmul(bins.chance[part], columns)  # [bin, row, k]
    size = found if frequency is None else np.abs(found.view(np.complex128))
    size = size + bins.rounding * (size if frequency is None else size[..., :1]) + _TINY
    value = np.log(size)
    y = np.arange(1, factor.shape[1] - 1)
    between = np.zeros((len(size), size.shape[2]))
    wide = np.flatnonzero(doubt)
    if len(wide):
        bend = np.abs(factor[wide, 2:] - 2 * factor[wide, 1:-1] + factor[wide, :-2])
        envelope = bins.envelope[part][wide, 1:-1] * (y * (len(y) + 1 - y))
        psi = (envelope[:, None, :] @ bend)[:, 0]
        error = doubt[wide, None] * psi * (1 + bins.rounding)
        between[wide] = np.log1p(error / size[wide].min(axis=1))
        between[wide] += (np.diff(value[wide], axis=1) ** 2).max(axis=1) / 8
    low, high = value[:, :1], value[:, -1:]
    chord = low + bins.share[part][..., None] * (high - low)
    above = np.maximum((value - chord).max(axis=1), 0.0) + between
    shift = least[:, None] * rate
    return low[:, 0] + above - shift, high[:, 0] + above - shift


def _log_chances(T: IntArray, y: IntArray, n: int, N: int) -> FloatArray:
    """Return log P_T(Y = y), -inf where y cannot be found."""
    T, y = np.broadcast_arrays(T, y)
    inside = (y <= T) & (n - y <= N - T)
    t = np.where(inside, T, 0)
    k = np.where(inside, y, 0)
    others = np.where(inside, N - T - (n - y), 0)
    logs = gammaln(t + 1.0) - gammaln(k + 1.0) - gammaln(t - k + 1.0)
    logs += gammaln(np.where(inside, N - T, 0) + 1.0) - gammaln(np.where(inside, n - y, 0) + 1.0)
    logs -= gammaln(others + 1.0)
    logs -= gammaln(N + 1.0) - gammaln(n + 1.0) - gammaln(N - n + 1.0)
    return np.asarray(np.where(inside, logs, -np.inf))
