"""Small designs: limits of a difference that hold in every pair of caseloads, by enumeration.

Notation as in `difference_problem`: y_h cases found that count (errors in A, correct cases in B),
T_h of them in the register, omega_h the weight of one; theta + 1 = sum omega_h T_h.

All outcomes y of a design are put in one order, once and for all, by a statistic U0 that never
falls when a y_h rises. The upper limit at y is the largest theta of a caseload in which y is
possible and

    P_T(U0(Y) <= U0(y)) > tail.

That is the smallest upper limit with this order that holds with probability 1 - tail in every
caseload (Buehler 1957; Kabaila and Lloyd 2003). As U0 stands the upper limit of a skewness-adjusted
score test, near the profile limit; a poor order would cost width, never coverage. It is taken at
one and the same tail whatever the level asked for, so limits of a higher level lie outside those of
a lower one. The outcomes up to y are closed downwards, so the probability falls in every T_h: in
one stratum the largest T_h that keeps it above the tail is found by halving, in all others every
T_h is gone through; where they are many, in blocks that have the probability of their first T_h and
the difference of their last one. Differences are compared as whole numbers, T_A N_B - T_B N_A.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sampleaudit.formulas.difference_problem import (
    Problem,
    Strata,
    build_problem,
    known_part,
    likeliest,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import Lattice

_TAIL: Final = 0.025  # at which U0 is an upper limit
_ROUNDS: Final = 10  # towards U0
_OUTCOMES: Final = 65_536  # at most
_PROBABILITIES: Final = 10_000_000  # in one table, at most
_BLOCKS: Final = 4096  # of T in a stratum, at most: their width is next to nothing
_PRODUCTS: Final = 500_000_000  # at most, a second or so
_SLACK: Final = 1e-12  # a probability this little under the tail is accepted: rounding only widens
_TIE: Final = 1e-9  # distance below which two values of U0 are equal


def is_enumerable(a: Strata, b: Strata) -> bool:
    """Tell whether the design is small enough: a count from N and n, the same on every machine."""
    N = [int(v) for each in (a, b) for v in each.N[each.open]]
    n = [int(v) for each in (a, b) for v in each.n[each.open]]
    if prod(read + 1 for read in n) > _OUTCOMES:
        return False
    rows, columns, products = 1, prod(read + 1 for read in n), 0
    for size, read in sorted(zip(N, n, strict=True))[:-1]:
        blocks = min(size, _BLOCKS) + 1
        products += rows * columns * blocks
        rows, columns = rows * blocks, columns // (read + 1)
    return products <= _PRODUCTS and rows * columns <= _PROBABILITIES


def enumerated_upper(a: Strata, b: Strata, *, tail: float) -> float:
    """Return the upper limit of the rate of a less that of b, as a share of 1.

    Both sides must have a stratum that was read in part.
    """
    question = _Question(build_problem(a, b), a.size * b.size)
    return question.highest(tail) + known_part(a, b) - 1


def enumerated_tail(a: Strata, b: Strata, *, difference: float) -> float:
    """Return max P_T(U0(Y) <= U0(y)) over the caseloads with this difference or a larger one.

    It exceeds the tail exactly where the upper limit is not below the difference.
    """
    question = _Question(build_problem(a, b), a.size * b.size)
    return question.largest_tail(difference + 1 - known_part(a, b))


class _Question:
    """One outcome: how probable it or a lower one is, in every caseload that it is possible in."""

    def __init__(self, problem: Problem, unit: int) -> None:
        """Go through the caseloads of all strata but the largest."""
        N, n, y = problem.N, problem.n, problem.y
        self.unit = unit  # N_A N_B: a sum of omega T times this is whole
        whole = np.rint(problem.weight * unit).astype(np.int64)
        order = np.lexsort((y, n, N))
        y, n, N, whole = y[order], n[order], N[order], whole[order]
        rank = _order(tuple(n.tolist()), tuple(N.tolist()), tuple(whole.tolist()), unit)
        rows = (rank <= rank[tuple(y)]).astype(np.float64)[None]
        self.sums: IntArray = np.zeros(1, dtype=np.int64)  # at the last caseload of each block
        for h in range(len(N) - 1):
            _, last, mass = _possible(int(y[h]), int(n[h]), int(N[h]))
            self.sums = np.add.outer(self.sums, last * whole[h]).ravel()
            rows = np.einsum("tk,rk...->rt...", mass, rows, optimize=True)
            rows = rows.reshape(-1, *rows.shape[2:])
        self.rows: FloatArray = np.ascontiguousarray(rows)
        self.first, self.last, self.mass = _possible(int(y[-1]), int(n[-1]), int(N[-1]))
        self.step = int(whole[-1])

    def tails(self, block: IntArray) -> FloatArray:
        """Return P_T(U0(Y) <= U0(y)) with the last stratum's T in these blocks, row by row."""
        return np.asarray(np.einsum("rk,rk->r", self.rows, self.mass[block]))

    def highest(self, tail: float) -> float:
        """Return the largest sum of omega T whose probability is above the tail."""
        low = np.full(len(self.sums), -1)  # kept, or nothing is
        high = np.full(len(self.sums), len(self.first))
        while (high - low > 1).any():
            middle = np.clip((low + high) // 2, 0, len(self.first) - 1)
            holds = (self.tails(middle) > tail - _SLACK) & (high - low > 1)
            low = np.where(holds, middle, low)
            high = np.where(holds | (high - low <= 1), high, middle)
        some = low >= 0  # the caseload with least errors is: there y is the highest outcome
        most = self.sums[some] + self.last[low[some]] * self.step
        return int(most.max()) / self.unit

    def largest_tail(self, t: float) -> float:
        """Return the largest probability among the caseloads with sum omega T of t or more."""
        wanted = int(np.ceil(t * self.unit - _TIE * self.unit))
        least = -((self.sums - wanted) // self.step)
        block = np.searchsorted(self.last, least)
        possible = block < len(self.last)
        if not possible.any():
            return 0.0
        return float(self.tails(np.minimum(block, len(self.last) - 1))[possible].max())


def _possible(y: int, n: int, N: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return blocks of T from y to N - n + y: their first and last T, and P(X = k) at the first."""
    start, mass = _masses(n, N)
    most = N - n + y
    inside = np.flatnonzero((start >= y) & (start <= most))
    first = start[inside]
    if not len(first) or first[0] > y:  # y lies within a block, which begins at y here
        before = int(np.searchsorted(start, y)) - 1
        first = np.append(y, first)
        inside = np.append(before, inside)
    last = np.append(first[1:] - 1, most)
    return first, last, mass[inside]


@lru_cache(maxsize=32)
def _order(n: tuple[int, ...], N: tuple[int, ...], whole: tuple[int, ...], unit: int) -> IntArray:
    """Return the rank of every outcome, shaped (n_1 + 1, n_2 + 1, ...)."""
    shape = tuple(read + 1 for read in n)
    y = np.stack(np.unravel_index(np.arange(prod(shape)), shape), axis=1).astype(np.int64)
    read, cases, weight = np.array(n), np.array(N), np.array(whole) / unit
    none = Lattice(cases, read, np.zeros((len(n), 1), dtype=np.int64), 1.0, exact=True)
    value = _score_limits(Problem(y, read, cases, weight, none)).reshape(shape)
    for stratum in range(len(n)):
        value = np.maximum.accumulate(value, axis=stratum)
    flat = value.ravel()
    order = flat.argsort(kind="stable")
    rises = np.diff(flat[order], prepend=flat[order[0]]) > _TIE
    rank = np.empty(len(flat), dtype=np.int64)
    rank[order] = np.cumsum(rises)
    return rank.reshape(shape)


def _score_limits(problem: Problem) -> FloatArray:
    """Return U0 of each outcome, a sum of omega T.

    Where (s - t) / sd(S) is the _TAIL quantile of S with its skewness (Cornish and Fisher 1937),
    the moments taken in the likeliest caseload of sum t; a few rounds towards that.
    """
    z = float(ndtri(_TAIL))
    estimate = problem.estimate
    low, high = estimate, problem.most
    t = estimate
    for _ in range(_ROUNDS):
        variance, skewness = problem.moments(likeliest(problem, t))
        ahead = estimate - (z + (z * z - 1) / 6 * skewness) * np.sqrt(variance)
        low, high = np.where(ahead > t, t, low), np.where(ahead > t, high, t)
        t = np.where((low < ahead) & (ahead < high), ahead, (low + high) / 2)
    return np.asarray(t)


@lru_cache(maxsize=64)
def _masses(n: int, N: int) -> tuple[IntArray, FloatArray]:
    """Return where blocks of T begin, and P(X = 0), ..., P(X = n) there, a row each.

    Every T is a block, but in a stratum of many cases neighbours share one: of about equal width
    on the scale of arcsin sqrt(T / N), on which the count found varies alike everywhere.
    """
    edges = np.sin(np.linspace(0, np.pi / 2, _BLOCKS + 1)) ** 2 * N
    start = np.arange(N + 1) if _BLOCKS >= N else np.unique(np.append(np.floor(edges), N))
    T = start.astype(np.int64)
    first, mass = windows(T, np.array(n), np.array(N))
    count = first[:, None] + np.arange(mass.shape[1])
    inside: NDArray[np.bool_] = (count >= 0) & (count <= n)
    table = np.zeros((len(T), n + 1))
    table[np.nonzero(inside)[0], count[inside]] = mass[inside]
    return T, table
