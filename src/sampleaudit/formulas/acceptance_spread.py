"""How much it matters where in the strata the errors are, for a plan that accepts by their number.

n_h of N_h cases are read in stratum h, and the caseload is accepted if k = sum k_h <= c. With T
errors in all the probability to accept depends on the T_h that make them up. The most and the least
probable are sought by moving errors between two strata at a time, over every division of theirs.
With two strata, and where the others have few cases, that is all there is; elsewhere the best found
is one where no exchange helps, from several starts.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from sampleaudit.formulas.allocation import whole_allocation

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_GAIN: Final = 1e-12
_ROUNDS: Final = 50
_EACH_FIRST: Final = 12  # strata
_LINES: Final = 128  # caseloads outside the two largest strata that are all gone through


def even_spread(total: int, population: IntArray) -> IntArray:
    """Return T_h in proportion to the strata's cases, whole numbers that add up."""
    return whole_allocation(total, population, rule="nearest", minimum=0, population=population)


def extreme_acceptance(
    accept: int,
    reviewed: IntArray,
    population: IntArray,
    total: int,
    *,
    extreme: Literal["most", "least"],
) -> tuple[float, IntArray]:
    """Return the largest or smallest P(k <= accept) found over T_h of this total, and those T_h."""
    n, N = reviewed, population
    if accept < 0 or accept >= n.sum():
        return (0.0 if accept < 0 else 1.0), even_spread(total, N)
    sign = 1.0 if extreme == "most" else -1.0
    tables = [_table(int(a), int(b), accept, total) for a, b in zip(n, N, strict=True)]
    best, where = -np.inf, even_spread(total, N)
    for start in _starts(total, n, N):
        value, found = _exchanged(tables, start, N, accept, sign)
        if value > best + _GAIN:
            best, where = value, found
    return min(max(sign * best, 0.0), 1.0), where


def _table(n: int, N: int, accept: int, total: int) -> FloatArray:
    """Return P(k errors) at [T, k] for k up to ``accept``."""
    T = np.arange(min(N, total) + 1)
    return np.asarray(hypergeom.pmf(np.arange(accept + 1)[None, :], N, T[:, None], n))


def _starts(total: int, n: IntArray, N: IntArray) -> list[IntArray]:
    """Return the even spread, and all errors packed, as far as they go, into some strata first.

    The order is that of the share read, either way, and each stratum first; with few caseloads
    there is a start for every way the errors can lie outside the two largest strata.
    """
    by_share = np.argsort(n / N, kind="stable").tolist()
    H = len(N)
    orders = [by_share, by_share[::-1]]
    if H <= _EACH_FIRST:
        orders += [[h, *(g for g in by_share if g != h)] for h in range(H)]
    starts = [even_spread(total, N), *(_packed(total, N, order) for order in orders)]
    by_size = np.argsort(N, kind="stable").tolist()
    if H > 2 and np.prod(N[by_size[:-2]] + 1.0) <= _LINES:
        for errors in product(*(range(int(N[h]) + 1) for h in by_size[:-2])):
            left = total - sum(errors)
            if 0 <= left <= int(N[by_size[-2:]].sum()):
                T = _packed(left, N, by_size[-2:])
                T[by_size[:-2]] = errors
                starts.append(T)
    return starts


def _packed(total: int, N: IntArray, order: list[int]) -> IntArray:
    T, left = np.zeros(len(N), dtype=np.int64), total
    for h in order:
        T[h] = min(left, int(N[h]))
        left -= int(T[h])
    return T


def _exchanged(
    tables: list[FloatArray], T: IntArray, N: IntArray, accept: int, sign: float
) -> tuple[float, IntArray]:
    """Return where no exchange of errors between two strata raises sign x P(k <= accept)."""
    T = T.copy()
    best = -np.inf
    for _ in range(_ROUNDS):
        before = best
        for i, j in combinations(range(len(T)), 2):
            rest = np.zeros(accept + 1)
            rest[0] = 1.0
            for h in range(len(T)):
                if h not in (i, j):
                    rest = np.convolve(rest, tables[h][T[h]])[: accept + 1]
            both = int(T[i] + T[j])
            own = np.arange(max(0, both - int(N[j])), min(both, int(N[i])) + 1)
            value = sign * _accepted(tables[i][own], tables[j][both - own], rest)
            place = int(value.argmax())
            if value[place] > best + _GAIN:
                best = float(value[place])
                T[i], T[j] = own[place], both - own[place]
        if best <= before + _GAIN:
            break
    if len(T) == 1:
        best = sign * float(tables[0][T[0]].sum())
    return best, T


def _accepted(one: FloatArray, other: FloatArray, rest: FloatArray) -> FloatArray:
    """Return P(sum <= accept) row by row, of two strata's counts and the other strata's."""
    upto = np.cumsum(rest)
    total = np.zeros(len(one))
    most = one.shape[1] - 1
    for a in range(most + 1):
        for b in range(most - a + 1):
            total += one[:, a] * other[:, b] * upto[most - a - b]
    return total
