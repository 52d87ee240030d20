"""One stratum of a Fourier-Chernoff bound: its test statistic and the bounds at all T.

N cases, T of them with an error, n reviewed, X errors found. The caseload T is tested with

    g(y; T) = w y + kappa v(y) - gamma D(y; T),

w = N / n; v(y) = (1 - n / N) w^2 y (n - y) / (n - 1), the estimated variance of w X (Cochran 1977,
equation 3.19); D(y; T) = 2 [max over T' of log P_T'(y) - log P_T(y)], the deviance. D is taken
constant over bins of neighbouring T, at the smallest value in the bin: a statistic may depend on
T in any way, and with bins the expectations of all T are products of matrices.

In a large stratum the expectations f(T) = E_T h(X) are computed at some T only, the rows. Between
two rows a and b, d = b - a cases apart, f is near its chord: with
psi(y) = y (n - y) F(y) |h(y + 1) - 2 h(y) + h(y - 1)|, F(y) = [(a + 1) / (a + 1 - y)]^d,

    |f(T) - chord| <= d^2 / 8 * E_a psi(X) / min over the T between of T (N - T)

(docs/proved-intervals.md, theorem 4). Bins are kept in the order of their numbers of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

ComplexArray = NDArray[np.complex128]

_ROWS: Final = 4  # for each reviewed case and bin of a standard deviation: d is w over these,
_PARTS: Final = 8  # or this part of a bin
_BENT: Final = 6  # frequencies for which an expectation between rows is bounded closely
_ROUNDING: Final = 1e-10  # of sums of complex numbers, as a share of the sum of their sizes
_TINY: Final = 1e-290  # what underflow can lose


@dataclass(frozen=True, slots=True)
class Block:
    """The bins that have a certain number of rows."""

    bins: slice
    errors: IntArray  # T at [bin, row], from the bin's first to its last
    share: FloatArray  # of the way from the first to the last
    chance: FloatArray  # P_T(X = y) at [bin, row, y]
    apart: NDArray[np.bool_]  # whether there are T between a row and the next
    doubt: FloatArray | None  # what psi's second difference at y + 1 is multiplied by


@dataclass(frozen=True, slots=True)
class Stratum:
    """What a bound needs of a stratum; known from N and n alone."""

    weight: float  # w
    spread: float  # c = (N - n) / (n (N - 1)): the variance of w X is c T (N - T)
    scatter: FloatArray  # v(y)
    deviance: FloatArray  # D at [bin, y]
    first: IntArray  # T that a bin begins with
    last: IntArray
    few: FloatArray  # P(X <= y) at the first T of a bin, the most in the bin
    many: FloatArray  # P(X >= y) at the last
    blocks: tuple[Block, ...]
    point_bin: IntArray  # a bin's ends are points: all first ones, then the last ones where another
    point_errors: IntArray  # T of each point

    def bulge(self) -> FloatArray:
        """Return, of each point's bin, how far c T (N - T) can lie above its chord."""
        width = (self.last - self.first)[self.point_bin]
        return np.asarray(self.spread * width**2 / 4)


@dataclass(frozen=True, slots=True)
class Family:
    """Strata of the same n, worked on together: the bins of all, those of equal parts together."""

    linear: FloatArray  # w y at [bin, y]
    scatter: FloatArray
    deviance: FloatArray
    blocks: tuple[Block, ...]
    points: IntArray  # of one stratum after the other: places among first ends, then last ends

    def statistic(self, kappa: float, gamma: float) -> FloatArray:
        """Return g at [bin, y]."""
        return np.asarray(self.linear + kappa * self.scatter - gamma * self.deviance)


@lru_cache(maxsize=256)
def build_stratum(n: int, N: int, fine: int) -> Stratum:
    """Return the stratum, 0 < n < N, with about ``fine`` bins to a standard deviation."""
    first, last, parts = _bins(n, N, fine)
    blocks = []
    highest = []
    for count in np.unique(parts).tolist():
        at = np.flatnonzero(parts == count)
        a, b = first[at, None], last[at, None]
        T = a + np.arange(count + 1) * (b - a) // max(count, 1)
        log_chance = _log_chances(T, n, N)
        chance = np.exp(log_chance)
        apart = np.diff(T) > 1
        doubt = _doubt(T, chance, n, N) if apart.any() else None
        share = (T - a) / np.maximum(b - a, 1)
        blocks.append(Block(slice(at[0], at[-1] + 1), T, share, chance, apart, doubt))
        highest.append(log_chance.max(axis=1))
    best = np.concatenate(highest)
    y = np.arange(n + 1)
    wide = np.flatnonzero(last > first)
    return Stratum(
        weight=N / n,
        spread=(N - n) / (n * (N - 1)),
        scatter=(1 - n / N) * (N / n) ** 2 * y * (n - y) / max(n - 1, 1),
        deviance=np.where(np.isfinite(best), 2 * (best.max(axis=0) - best), 0.0),
        first=first,
        last=last,
        few=np.concatenate([block.chance[:, 0] for block in blocks]).cumsum(axis=1),
        many=np.concatenate([b.chance[:, -1, ::-1] for b in blocks]).cumsum(axis=1)[:, ::-1],
        blocks=tuple(blocks),
        point_bin=np.concatenate([np.arange(len(first)), wide]),
        point_errors=np.concatenate([first, last[wide]]),
    )


def build_family(strata: Sequence[Stratum]) -> Family:
    """Return strata of the same n as one family."""
    parts = [b.errors.shape[1] for s in strata for b in s.blocks for _ in range(len(b.errors))]
    order = np.argsort(parts, kind="stable")
    place = np.argsort(order)
    blocks, begin = [], 0
    for count in np.unique(parts).tolist():
        alike = [b for s in strata for b in s.blocks if b.errors.shape[1] == count]
        end = begin + sum(len(b.errors) for b in alike)
        blocks.append(_joined(alike, slice(begin, end)))
        begin = end
    y = np.arange(len(strata[0].scatter))
    linear = np.concatenate([np.broadcast_to(s.weight * y, s.deviance.shape) for s in strata])
    scatter = np.concatenate([np.broadcast_to(s.scatter, s.deviance.shape) for s in strata])
    points, bins = [], 0
    for s in strata:
        at = place[bins + s.point_bin]
        at[len(s.first) :] += len(order)
        points.append(at)
        bins += len(s.first)
    deviance = np.concatenate([s.deviance for s in strata])
    return Family(
        linear[order], scatter[order], deviance[order], tuple(blocks), np.concatenate(points)
    )


def _joined(blocks: Sequence[Block], bins: slice) -> Block:
    """Return blocks with the same number of rows as one."""
    doubts = [b.doubt for b in blocks]
    none = [np.zeros_like(b.chance[:, 1:, 1:-1]) for b in blocks]
    some = any(d is not None for d in doubts)
    doubt = [z if d is None else d for d, z in zip(doubts, none, strict=True)]
    return Block(
        bins,
        np.concatenate([b.errors for b in blocks]),
        np.concatenate([b.share for b in blocks]),
        np.concatenate([b.chance for b in blocks]),
        np.concatenate([b.apart for b in blocks]),
        np.concatenate(doubt) if some else None,
    )


def chernoff_bounds(family: Family, statistics: FloatArray, rate: FloatArray) -> FloatArray:
    """Return log E_T exp(-lambda g(X; T)), or a little more, at [k, point].

    ``statistics`` is g at [k, bin, y], ``rate`` is lambda at [k]. The values at a bin's ends are
    raised by as much as any T of the bin lies above the chord between them, so that no T of the
    bin is above the raised chord.
    """
    least = statistics.min(axis=2)
    factor = np.exp(-rate[:, None, None] * (statistics - least[:, :, None]))
    return _raised(family, factor, factor, -rate[:, None] * least)


def fourier_bounds(
    family: Family, statistic: FloatArray, rate: float, frequency: float, count: int
) -> FloatArray:
    """Return log |E_T exp(-(lambda + i k u) g(X; T))|, or a little more, at [k, point], k < count.

    ``statistic`` is g at [bin, y], ``rate`` is lambda, ``frequency`` is u. Raised as above.
    """
    least = statistic.min(axis=1)
    above = statistic - least[:, None]
    factor: ComplexArray = np.empty((count, *above.shape), dtype=np.complex128)
    factor[0] = np.exp(-rate * above)
    wave = np.exp(-1j * frequency * above)
    done = 1
    while done < count:  # the powers of the wave: as many again at every turn
        more = min(done, count - done)
        np.multiply(factor[:more], wave, out=factor[done : done + more])
        wave = wave * wave
        done += more
    columns = np.concatenate([factor.real, factor.imag])
    return _raised(family, factor, columns, -rate * least[None])


def _raised(
    family: Family, factor: ComplexArray | FloatArray, columns: FloatArray, shift: FloatArray
) -> FloatArray:
    """Return the log sizes of the expectations of factor, given at [k, bin, y], at the points.

    ``columns`` is the factor itself or, below each other, its real and imaginary parts.
    """
    count, bins = factor.shape[:2]
    ends = np.empty((count, 2, bins))
    for block in family.blocks:
        size = _sizes(block.chance, columns[:, block.bins].transpose(1, 2, 0), count)
        value = np.log(size)
        low, high = value[:, 0], value[:, -1]
        if value.shape[1] > 1:
            inner, share = value[:, 1:-1], block.share[:, 1:-1, None]
            above = inner - (1 - share) * low[:, None] - share * high[:, None]
            over = above.max(axis=1, initial=0.0)
            if block.doubt is not None:
                over += _between(block, block.doubt, factor[:, block.bins], size, value)
            low, high = low + over, high + over
        ends[:, 0, block.bins], ends[:, 1, block.bins] = low.T, high.T
    ends += shift[:, None]
    return np.asarray(ends.reshape(count, -1)[:, family.points])


def _sizes(chance: FloatArray, columns: FloatArray, count: int) -> FloatArray:
    """Return the sizes of expectations at [bin, row, k], raised by what rounding can lose."""
    total = np.matmul(chance, columns)
    if total.shape[2] > count:
        total *= total
        size = np.sqrt(total[:, :, :count] + total[:, :, count:])
        size += _ROUNDING * size[:, :, :1] + _TINY
        return np.asarray(size)
    total *= 1 + _ROUNDING
    total += _TINY
    return np.asarray(total)


def _between(
    block: Block,
    doubt: FloatArray,
    factor: ComplexArray | FloatArray,
    size: FloatArray,
    value: FloatArray,
) -> FloatArray:
    """Return how far log |f| between rows can lie above the chord of its logs, at [bin, k].

    log((1 - s) A + s B + e)
        <= (1 - s) log A + s log B + (log B - log A)^2 / 8 + log(1 + e / min(A, B)).
    """
    error = np.matmul(doubt, _bends(factor).transpose(1, 2, 0))
    if error.shape[2] < size.shape[2]:
        shape = (*error.shape[:2], size.shape[2])
        error = np.concatenate(
            [error, np.broadcast_to(error[:, :, -1:], shape)[:, :, _BENT + 1 :]], axis=2
        )
    above = np.log1p(error / np.minimum(size[:, :-1], size[:, 1:]))
    above += block.apart[:, :, None] * (value[:, 1:] - value[:, :-1]) ** 2 / 8
    return np.asarray(above.max(axis=1))


def _bends(factor: ComplexArray | FloatArray) -> FloatArray:
    """Return |h(y + 1) - 2 h(y) + h(y - 1)| at [k, bin, y].

    Of a real factor only what is below 0, where f can lie above its chord. Of high frequencies,
    which matter little, only the sum of the three sizes, alike for all: the last row.
    """
    some = factor[:_BENT] if np.iscomplexobj(factor) else factor
    bend = some[:, :, 2:] - 2 * some[:, :, 1:-1]
    bend += some[:, :, :-2]
    if not np.iscomplexobj(factor):
        return np.maximum(-bend, 0.0)
    size = np.empty((min(len(factor), _BENT + 1), *bend.shape[1:]))
    np.sqrt(bend.real**2 + bend.imag**2, out=size[: len(bend)])
    size[0] = np.maximum(-bend[0].real, 0.0)  # without a frequency the factor is real
    if len(factor) > _BENT:
        plain = factor[0].real
        size[_BENT] = plain[:, 2:] + 2 * plain[:, 1:-1] + plain[:, :-2]
    return size


def _bins(n: int, N: int, fine: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return the first and last T of each bin, and into how many parts its rows divide it.

    Bins are of equal width on the scale of arcsin sqrt(T / N), and symmetric. Every T of a bin
    that begins below n is a row, as some counts are impossible there. Elsewhere the rows' distance
    d makes (lambda d)^2 / 8, about the error between them as a share of f, small. Few numbers of
    parts are used, so that bins with the same can be worked on together; some rows may then be
    alike.
    """
    count = int(fine * np.pi * np.sqrt(n)) + 2
    edges = np.rint(np.sin(np.linspace(0, np.pi / 2, count + 1)) ** 2 * (N + 1)).astype(np.int64)
    begin = np.unique(np.concatenate([edges, N + 1 - edges]))
    first, last = begin[:-1], begin[1:] - 1
    distance = np.where(first < n, 1, max(N // (_ROWS * fine * n), 1))
    parts = -(-(last - first) // distance)
    parts = np.where(first < n, parts, np.minimum(parts, _PARTS))
    parts = np.where(parts > 1, 2 ** np.ceil(np.log2(np.maximum(parts, 1))), parts).astype(np.int64)
    order = np.argsort(parts, kind="stable")
    return first[order], last[order], parts[order]


def _doubt(T: IntArray, chance: FloatArray, n: int, N: int) -> FloatArray:
    """Return what |h(y + 1) - 2 h(y) + h(y - 1)|, 0 < y < n, is multiplied by, at [bin, row, y].

    P_a(y) y (n - y) F(y) d^2 / 8 / min T (N - T), 0 where a row and the next are neighbours.
    """
    a, b = T[:, :-1, None], T[:, 1:, None]
    d = b - a
    least = np.minimum((a + 1) * (N - a - 1), (b - 1) * (N - b + 1))
    y = np.arange(1, n)
    growth = np.exp(d * np.log1p(y / np.maximum(a + 1 - y, 1)))
    factor = np.where(d > 1, d**2 / 8 * growth / np.maximum(least, 1), 0.0)
    return np.asarray(factor * (y * (n - y)) * chance[:, :-1, 1:-1])


def _log_chances(errors: IntArray, n: int, N: int) -> FloatArray:
    """Return log P_T(X = y) for every T, -inf where impossible: ratios, summed and normalised."""
    T = errors[..., None]
    y = np.arange(n)
    up = (T - y) * (n - y)
    down = (y + 1) * (N - T - n + y + 1)
    inside = (up > 0) & (down > 0)
    steps = np.log(np.where(inside, up, 1) / np.where(inside, down, 1))
    value = np.concatenate([np.zeros((*errors.shape, 1)), np.cumsum(steps, axis=-1)], axis=-1)
    y = np.arange(n + 1)
    value = np.where((y <= T) & (n - y <= N - T), value, -np.inf)
    value -= value.max(axis=-1, keepdims=True)
    return np.asarray(value - np.log(np.exp(value).sum(axis=-1, keepdims=True)))
