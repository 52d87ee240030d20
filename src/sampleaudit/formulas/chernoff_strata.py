"""One stratum of a Fourier-Chernoff bound: its test statistic and the bounds at all T.

N cases, T of them with an error, n reviewed, X errors found. The caseload T is tested with

    g(y; T) = w y + kappa v(y) - gamma D(y; T),

w = N / n; v(y) = (1 - n / N) w^2 y (n - y) / (n - 1), the estimated variance of w X (Cochran 1977,
equation 3.19); D(y; T) = 2 [max over T' of log P_T'(y) - log P_T(y)], the deviance. D is taken
constant over bins of neighbouring T, at the smallest value in the bin: a statistic may depend on
T in any way, and with bins the expectations of all T are products of matrices.

In a large stratum the expectations f(T) = E_T h(X) are computed at some T only, the rows. Between
two rows a and b, d = b - a cases apart, f is near its chord: with
psi(y) = y (n - y) |h(y + 1) - 2 h(y) + h(y - 1)|,

    |f(T) - chord| <= d^2 / 8 * F E_a psi(X) / min over the T between of T (N - T),

F = [(a + 1) / (a + 1 - n)]^d (docs/proved-intervals.md, theorem 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_BINS: Final = 4  # in one standard deviation of the estimate of T, about
_ROWS: Final = 100  # for each reviewed case: then a row's distance is a hundredth of w at most
_ENTRIES: Final = 1_000_000  # numbers worked on at once
_ROUNDING: Final = 1e-10  # of sums of complex numbers, as a share of the sum of their sizes
_TINY: Final = 1e-290  # what underflow can lose


@dataclass(frozen=True, slots=True)
class Stratum:
    """What a bound needs of a stratum; known from N and n alone."""

    weight: float  # w
    spread: float  # c = (N - n) / (n (N - 1)): the variance of w X is c T (N - T)
    scatter: FloatArray  # v(y)
    deviance: FloatArray  # D at [bin, y]
    possible: NDArray[np.bool_]  # whether y can be found at some T of the bin
    errors: IntArray  # T of each row
    chance: FloatArray  # P_T(X = y) at [row, y]
    doubt: FloatArray  # what E_a psi is multiplied by between this row and the next; 0 if no T is
    bin_of: IntArray  # of each row
    first: IntArray  # row that a bin begins with
    last: IntArray
    point_bin: IntArray  # a bin's ends are points: all first ones, then the last ones where another
    point_errors: IntArray  # T of each point

    def statistic(self, kappa: float, gamma: float) -> FloatArray:
        """Return g at [bin, y]."""
        linear = self.weight * np.arange(len(self.scatter)) + kappa * self.scatter
        return np.asarray(linear - gamma * self.deviance)

    def bulge(self) -> FloatArray:
        """Return, of each point's bin, how far c T (N - T) can lie above its chord."""
        width = (self.errors[self.last] - self.errors[self.first])[self.point_bin]
        return np.asarray(self.spread * width**2 / 4)


@lru_cache(maxsize=256)
def build_stratum(n: int, N: int) -> Stratum:
    """Return the stratum, 0 < n < N."""
    errors, first = _rows(n, N)
    last = np.append(first[1:], len(errors)) - 1
    blocks = np.array_split(errors, 1 + len(errors) * n // _ENTRIES)  # to spare memory
    log_chance = np.concatenate([_log_chances(T, n, N) for T in blocks])
    highest = np.maximum.reduceat(log_chance, first, axis=0)
    possible = np.isfinite(highest)
    deviance = np.where(possible, 2 * (log_chance.max(axis=0) - highest), 0.0)
    y = np.arange(n + 1)
    wide = np.flatnonzero(last > first)
    return Stratum(
        weight=N / n,
        spread=(N - n) / (n * (N - 1)),
        scatter=(1 - n / N) * (N / n) ** 2 * y * (n - y) / max(n - 1, 1),
        deviance=deviance,
        possible=possible,
        errors=errors,
        chance=np.exp(log_chance),
        doubt=_doubt(errors, n, N),
        bin_of=np.repeat(np.arange(len(first)), last - first + 1),
        first=first,
        last=last,
        point_bin=np.concatenate([np.arange(len(first)), wide]),
        point_errors=errors[np.concatenate([first, last[wide]])],
    )


def log_bounds(
    stratum: Stratum, statistic: FloatArray, rate: FloatArray, frequency: FloatArray
) -> FloatArray:
    """Return log |E_T exp(-(lambda + i u) g(X; T))|, or a little more, at [k, point].

    ``statistic`` is g at [k, bin, y]; ``rate`` and ``frequency`` are lambda and u at [k]. The
    values at a bin's ends are raised by as much as any T of the bin lies above the chord between
    them, so that no T of the bin is above the raised chord. With frequencies the first is 0.
    """
    least = statistic.min(axis=2)
    power = -rate[:, None, None] * (statistic - least[:, :, None])
    waves = bool(frequency.any())
    factor = np.exp(power - 1j * frequency[:, None, None] * statistic if waves else power)
    factor = np.ascontiguousarray(factor.transpose(1, 2, 0))  # [bin, y, k]
    columns = factor.view(np.float64) if waves else factor
    total = _expectations(stratum, columns)
    size = np.abs(total.view(np.complex128)) if waves else total
    size += _ROUNDING * (size[:, :1] if waves else size) + _TINY
    value = np.log(size)
    between = _between(stratum, factor, size, value)
    value -= (least.T * rate)[stratum.bin_of]
    return _raised(stratum, value, between).T


def _expectations(stratum: Stratum, columns: FloatArray) -> FloatArray:
    """Return the expectations of functions given at [bin, y, k], at [row, k]."""
    total = np.empty((len(stratum.errors), columns.shape[2]))
    alone = np.flatnonzero(stratum.last == stratum.first)
    at = stratum.first[alone]
    total[at] = np.matmul(stratum.chance[at][:, None, :], columns[alone])[:, 0]
    for b in np.flatnonzero(stratum.last > stratum.first):
        rows = slice(stratum.first[b], stratum.last[b] + 1)
        np.matmul(stratum.chance[rows], columns[b], out=total[rows])
    return total


def _between(
    stratum: Stratum,
    factor: NDArray[np.complex128] | FloatArray,
    size: FloatArray,
    value: FloatArray,
) -> FloatArray:
    """Return, of each bin, how far log |f| between rows can lie above the chord of its logs.

    log((1 - s) A + s B + e)
        <= (1 - s) log A + s log B + (log B - log A)^2 / 8 + log(1 + e / min(A, B)).
    """
    sparse = np.flatnonzero(stratum.doubt)
    result = np.zeros((len(stratum.first), size.shape[1]))
    if not len(sparse):
        return result
    y = np.arange(1, factor.shape[1] - 1)
    psi = np.zeros(factor.shape)
    bend = np.abs(factor[:, 2:] - 2 * factor[:, 1:-1] + factor[:, :-2])
    psi[:, 1:-1] = (y * (len(y) + 1 - y))[:, None] * bend
    for b in np.unique(stratum.bin_of[sparse]):
        rows = np.arange(stratum.first[b], stratum.last[b])
        doubt = stratum.doubt[rows, None]
        error = doubt * (stratum.chance[rows] @ psi[b])
        above = np.log1p(error / np.minimum(size[rows], size[rows + 1]))
        above += np.where(doubt > 0, (value[rows + 1] - value[rows]) ** 2 / 8, 0.0)
        result[b] = above.max(axis=0)
    return result


def _raised(stratum: Stratum, value: FloatArray, between: FloatArray) -> FloatArray:
    """Return the points' values, raised by the most that a T between them lies above the chord."""
    low, high = value[stratum.first], value[stratum.last]
    T, bins = stratum.errors, stratum.bin_of
    width = np.maximum(T[stratum.last] - T[stratum.first], 1)[bins]
    share = (T - T[stratum.first][bins]) / width
    value -= low[bins]
    value -= share[:, None] * (high - low)[bins]
    above = np.maximum(np.maximum.reduceat(value, stratum.first, axis=0), 0.0) + between
    wide = stratum.point_bin[len(stratum.first) :]
    return np.concatenate([low + above, (high + above)[wide]])


def _rows(n: int, N: int) -> tuple[IntArray, IntArray]:
    """Return the T that are rows, and the rows that begin a bin.

    Bins are of equal width on the scale of arcsin sqrt(T / N), and symmetric. Rows lie closely
    where some count is impossible or nearly so: below 2 n and above N - 2 n every T is one.
    Elsewhere their distance d makes (d / w)^2 / 2, about the error between them as a share of
    E |h(X)|, small.
    """
    count = int(_BINS * np.pi * np.sqrt(n)) + 2
    edges = np.rint(np.sin(np.linspace(0, np.pi / 2, count + 1)) ** 2 * (N + 1)).astype(np.int64)
    begin = np.unique(np.concatenate([edges, N + 1 - edges]))
    rows = []
    for a, b in zip(begin[:-1].tolist(), (begin[1:] - 1).tolist(), strict=True):
        every = a < 2 * n or b > N - 2 * n
        parts = -(-(b - a) // (1 if every else max(N // (_ROWS * n), 1)))
        rows.append(a + np.arange(parts + 1) * (b - a) // max(parts, 1))
    first = np.cumsum([0, *(len(r) for r in rows[:-1])])
    return np.concatenate(rows), first


def _doubt(errors: IntArray, n: int, N: int) -> FloatArray:
    """Return d^2 / 8 * F / min T (N - T) between each row and the next, 0 where d = 1."""
    a, b = errors[:-1], errors[1:]
    d = b - a
    least = np.minimum((a + 1) * (N - a - 1), (b - 1) * (N - b + 1))
    apart = d > 1
    growth = np.exp(d * np.log1p(n / np.where(apart, a + 1 - n, 1)))
    doubt = np.where(apart, d**2 / 8 * growth / np.maximum(least, 1), 0.0)
    return np.append(doubt, 0.0)


def _log_chances(errors: IntArray, n: int, N: int) -> FloatArray:
    """Return log P_T(X = y) at [row, y], -inf where impossible: ratios, summed and normalised."""
    T = errors[:, None]
    y = np.arange(n + 1)[None]
    up = (T - y[:, :-1]) * (n - y[:, :-1])
    down = (y[:, :-1] + 1) * (N - T - n + y[:, :-1] + 1)
    inside = (up > 0) & (down > 0)
    steps = np.log(np.where(inside, up, 1) / np.where(inside, down, 1))
    value = np.concatenate([np.zeros((len(T), 1)), np.cumsum(steps, axis=1)], axis=1)
    value = np.where((y <= T) & (n - y <= N - T), value, -np.inf)
    value -= value.max(axis=1, keepdims=True)
    return np.asarray(value - np.log(np.exp(value).sum(axis=1, keepdims=True)))
