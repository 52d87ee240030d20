"""The caseload of a given total under which a low estimate is most probable.

N_h cases, n_h reviewed, x_h errors found, T_h errors in the register; S' is the estimate on the
lattice of the design. P_T(S' <= s') is to be made as large as possible by moving errors between
strata. While only two strata exchange errors, everything else is one fixed distribution, so all
divisions of their errors, a line of caseloads, have their exact tails from one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import Lattice

_LINES: Final = 128  # lines at most where all caseloads are gone through
_LONGEST: Final = 20_000  # caseloads on such a line at most
_WHOLE: Final = 300  # caseloads on a line up to which a search takes them all
_SPREAD: Final = 24  # caseloads spread over a longer one, besides those near its start
ALL_PAIRS: Final = 6  # strata up to which a search tries every pair
_PAIRS: Final = 12  # the most promising pairs tried with more strata
_LOST: Final = 36.0  # -log of the probability that may wrap around, about 2e-16
_ROWS: Final = 4_096  # caseloads whose tails are computed at once
_GAIN: Final = 1e-10  # an exchange that raises the tail by less (relatively) is rounding
_UNLIKELY: Final = 1e-300  # keeps logarithms finite


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: how probable S' <= threshold can be, over the caseloads that are allowed.

    Allowed is every T with low_h <= T_h <= high_h whose misfits add up to ``misfit`` at most.
    """

    x: IntArray
    n: IntArray  # 0 < n_h < N_h
    N: IntArray
    lattice: Lattice
    threshold: int
    low: IntArray
    high: IntArray
    misfit: float  # inf: the box is all there is

    def allows(self, T: IntArray) -> NDArray[np.bool_]:
        """Tell which of these caseloads, a row each, are allowed."""
        allowed = np.asarray(((self.low <= T) & (self.high >= T)).all(axis=-1))
        if self.misfit < np.inf:
            fits = misfits(T[allowed], self.x, self.n, self.N).sum(axis=-1) <= self.misfit
            allowed[allowed] = fits
        return allowed


def misfits(T: IntArray, x: IntArray, n: IntArray, N: IntArray) -> FloatArray:
    """Return -log min(1, 2 P(X <= x), 2 P(X >= x)) for each stratum: 0 where T fits x well."""
    first, mass = windows(T, n, N)
    count = first[..., None] + np.arange(mass.shape[-1])
    at_most = np.where(count <= x[..., None], mass, 0.0).sum(axis=-1)
    at_least = np.where(count >= x[..., None], mass, 0.0).sum(axis=-1)
    result: FloatArray = -np.log(np.clip(2 * np.minimum(at_most, at_least), _UNLIKELY, 1.0))
    return result


def can_list(reviewed: IntArray, population: IntArray) -> bool:
    """Tell whether a design has few enough caseloads of one total to go through them all."""
    ranges = np.sort(population - reviewed + 1)
    lines = prod(int(each) for each in ranges[:-2])
    return lines <= _LINES and int(ranges[-2:].min()) <= _LONGEST


def best_of_all(question: Question, total: int) -> tuple[float, IntArray]:
    """Return the largest tail of all allowed caseloads of this total, and where it is.

    -1 where no caseload is allowed.
    """
    q = question
    order = np.argsort(q.N - q.n, kind="stable")
    others, (i, j) = order[:-2], order[-2:]
    best, where = -1.0, q.low
    for errors in product(*(range(int(q.low[h]), int(q.high[h]) + 1) for h in others)):
        T = q.low.copy()
        T[others] = errors
        left = total - int(T.sum())
        if left < 0 or left > int((q.high - q.low)[[i, j]].sum()):
            continue
        T[i] += min(left, int(q.high[i] - q.low[i]))
        T[j] += total - int(T.sum())
        tail, found = _best_on_line(_Estimate(q, T), int(i), int(j), whole=True)
        if tail > best:
            best, where = tail, found
    return best, where


def polished(
    question: Question, T: IntArray, tail: float, *, enough: float
) -> tuple[float, IntArray]:
    """Return a caseload from which no exchange that is tried raises the tail, or one with enough.

    ``tail`` is that of T, which must be allowed. Few strata: every pair in turn, until none
    raises the tail. Many: the pairs that promise most for the next case.
    """
    H = len(T)
    estimate = _Estimate(question, T)
    rising = True
    while rising and tail <= enough:
        rising = False
        for i, j in combinations(range(H), 2) if H <= ALL_PAIRS else _promising(estimate):
            higher, found = _best_on_line(estimate, i, j, whole=False)
            if higher > tail * (1 + _GAIN):
                tail, rising = higher, True
                estimate.move(found, i, j)
                if tail > enough:
                    break
    return tail, estimate.T


class _Estimate:
    """The distribution of S' in one caseload T, kept as the Fourier transform of each stratum.

    All caseloads of one total have the same mean of S', and a variance that can be bounded. So S'
    is taken modulo a length that its mass does not leave, but for about 1e-15 (Bernstein).
    """

    def __init__(self, question: Question, T: IntArray) -> None:
        self.q = q = question
        self.T = T
        variance, largest = _bounds(q, int(T.sum()))
        far = _LOST / 3 * largest
        self.reach = int(far + (far**2 + 2 * _LOST * variance) ** 0.5 + len(T) / 2) + 1
        self.length = next_fast_len(min(2 * self.reach, q.lattice.top) + 1, real=True)
        self.transforms = np.stack([self._transform(h) for h in range(len(T))])

    def move(self, T: IntArray, i: int, j: int) -> None:
        """Take a caseload that differs in strata i and j."""
        self.T = T
        for h in (i, j):
            self.transforms[h] = self._transform(h)

    def reached(self, density: FloatArray, *strata: int) -> FloatArray:
        """Return P(S' <= threshold) given the counts of ``strata``, an axis each.

        ``density`` is the distribution of all others' places, modulo the length.
        """
        q = self.q
        others = self.T.copy()
        others[list(strata)] = 0
        low = max(0, int(q.lattice.mean(others)) - self.reach)
        below = np.cumsum(np.roll(density, -(low % self.length)))
        room = np.array(q.threshold - low)
        for h in strata:
            room = room[..., None] - q.lattice.places[h, : q.n[h] + 1]
        return np.where(room >= 0, below[np.clip(room, 0, self.length - 1)], 0.0)

    def _transform(self, h: int) -> NDArray[np.complex128]:
        row = _rows(self.q, h, self.T[h : h + 1])[0]
        place = self.q.lattice.places[h, : len(row)] % self.length
        result: NDArray[np.complex128] = rfft(np.bincount(place, row, minlength=self.length))
        return result


def _bounds(q: Question, total: int) -> tuple[float, float]:
    """Return upper bounds of the variance of S' at this total and of one count's steps.

    The variance is sum c_h T_h (N_h - T_h), c_h = W_h^2 n_h (N_h - n_h) / (N_h^2 (N_h - 1)), with
    W_h the steps of a count: at most sum c N^2 / 4, and at most total x max c N.
    """
    W = q.lattice.weights
    c = W**2.0 * q.n * (q.N - q.n) / (q.N**2.0 * np.maximum(q.N - 1, 1))
    variance = min(float((c * q.N**2.0).sum()) / 4, total * float((c * q.N).max()))
    return variance, float(W.max())


def _promising(estimate: _Estimate) -> list[tuple[int, int]]:
    """Return the pairs for which one case given and taken promises most, to first order."""
    q, T, transforms = estimate.q, estimate.T, estimate.transforms
    H = len(T)
    before, after = np.ones_like(transforms), np.ones_like(transforms)
    for h in range(1, H):
        before[h] = before[h - 1] * transforms[h - 1]
        after[H - 1 - h] = after[H - h] * transforms[H - h]
    densities = irfft(before * after, estimate.length, axis=1)
    near = np.stack([np.maximum(T - 1, q.low), T, np.minimum(T + 1, q.high)], axis=1)
    tails = np.stack([_rows(q, h, near[h]) @ estimate.reached(densities[h], h) for h in range(H)])
    more = np.where(q.high > T, tails[:, 2] - tails[:, 1], -np.inf)
    less = np.where(q.low < T, tails[:, 0] - tails[:, 1], -np.inf)
    gain = more[:, None] + less
    np.fill_diagonal(gain, -np.inf)
    if q.misfit < np.inf:
        each = misfits(near, q.x[:, None], q.n[:, None], q.N[:, None])
        after_one = each[:, 1].sum() + (each[:, 2] - each[:, 1])[:, None] + each[:, 0] - each[:, 1]
        gain[after_one > q.misfit] = -np.inf
    best = np.argsort(-gain, axis=None, kind="stable")[:_PAIRS]
    return [(int(k) // H, int(k) % H) for k in best if gain.flat[k] > -np.inf]


def _best_on_line(estimate: _Estimate, i: int, j: int, *, whole: bool) -> tuple[float, IntArray]:
    """Return the best of the caseloads that divide T_i + T_j otherwise; -1 if none is allowed."""
    q, T = estimate.q, estimate.T
    moves = _moves(
        max(int(q.low[i] - T[i]), int(T[j] - q.high[j])),
        min(int(q.high[i] - T[i]), int(T[j] - q.low[j])),
        whole=whole,
    )
    others = np.ones(len(T), dtype=np.bool_)
    others[[i, j]] = False
    if q.misfit < np.inf:
        both = np.stack([T[i] + moves, T[j] - moves], axis=1)
        each = misfits(both, q.x[[i, j]], q.n[[i, j]], q.N[[i, j]]).sum(axis=1)
        spent = misfits(T[others], q.x[others], q.n[others], q.N[others]).sum()
        moves = moves[each + spent <= q.misfit]
        if not len(moves):
            return -1.0, T
    density = irfft(estimate.transforms[others].prod(axis=0), estimate.length)
    reached = estimate.reached(density, i, j)
    tails = np.concatenate(
        [
            ((_rows(q, i, T[i] + part) @ reached) * _rows(q, j, T[j] - part)).sum(axis=1)
            for part in np.split(moves, range(_ROWS, len(moves), _ROWS))
        ]
    )
    best = int(tails.argmax())
    found = T.copy()
    found[i] += moves[best]
    found[j] -= moves[best]
    return float(tails[best]), found


def _moves(first: int, last: int, *, whole: bool) -> IntArray:
    """Return how many cases to move: all numbers, or those near 0 and fewer further away."""
    if whole or last - first <= _WHOLE:
        return np.arange(first, last + 1)
    reach = max(-first, last)
    near = np.unique(np.geomspace(1, reach, 4 * reach.bit_length()).astype(np.int64))
    spread = np.linspace(first, last, _SPREAD).astype(np.int64)
    moves = np.concatenate([-near, [0], near, spread])
    return np.unique(moves[(first <= moves) & (last >= moves)])


def _rows(q: Question, h: int, errors: IntArray) -> FloatArray:
    """Return P(X_h = 0), ..., P(X_h = n_h), a row for each number of errors."""
    n = int(q.n[h])
    first, mass = windows(errors, q.n[h : h + 1], q.N[h : h + 1])
    count = first[:, None] + np.arange(mass.shape[1])
    inside = (count >= 0) & (count <= n)
    rows = np.zeros((len(errors), n + 1))
    row = np.broadcast_to(np.arange(len(errors))[:, None], count.shape)
    rows[row[inside], count[inside]] = mass[inside]
    return rows
