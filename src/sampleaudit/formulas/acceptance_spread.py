"""How much it matters where in the strata the errors are, for a plan that accepts by their number.

n_h of N_h cases are read in stratum h, and the caseload is accepted if k = sum k_h <= c; by a
double plan if k' <= c' after the first stage, or k' < r and k <= c after both. With T errors in all
the probability to accept depends on the T_h that make them up. The most and the least probable are
sought by moving errors between two strata at a time, over every division of theirs. With two
strata, and where the others have few cases, that is all there is; elsewhere the best found is one
where no exchange helps, from several starts.

Of the k_h errors that both stages find in a stratum the first finds a hypergeometric number, with
n_h and n'_h, whatever T_h: all that depends on T_h is P(k_h).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from sampleaudit.formulas.acceptance import Rule
from sampleaudit.formulas.allocation import whole_allocation

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Extreme = Literal["most", "least"]
Divided = Callable[[IntArray, int, int, IntArray], FloatArray]
"""P(accept) for T with its errors in two strata i, j divided anew: T, i, j, each T_i."""
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
    extreme: Extreme,
    enough: float | None = None,
) -> tuple[float, IntArray]:
    """Return the largest or smallest P(k <= accept) found over T_h of this total, and those T_h.

    The search ends early where it is beyond ``enough``.
    """
    n, N = reviewed, population
    if accept < 0 or accept >= n.sum():
        return (0.0 if accept < 0 else 1.0), even_spread(total, N)
    if len(N) == 1:
        return float(_table(int(n[0]), int(N[0]), accept, total)[total].sum()), np.array([total])
    divided = _by_single(accept, n, N, total)
    return _sought(divided, _starts(total, n[None], N), N, extreme, enough)


def extreme_double(
    rule: Rule,
    stages: IntArray,
    population: IntArray,
    total: int,
    *,
    extreme: Extreme,
    enough: float | None = None,
) -> tuple[float, IntArray]:
    """Return the same for a double plan and strata; ``stages``: cases read at [stage, stratum].

    P(accept) = P(k' <= c') + P(c' < k' < r, k <= c).
    """
    N, low, high = population, rule.accept[0], rule.accept[1]
    early = _by_single(low, stages[0], N, total) if low >= 0 else None
    late = _by_both(rule, stages, N, total)

    def divided(T: IntArray, i: int, j: int, own: IntArray) -> FloatArray:
        both = late(T, i, j, own)
        return both if early is None else both + early(T, i, j, own)

    if high >= stages.sum() or (low < 0 and high < 0):
        return (1.0 if high >= 0 else 0.0), even_spread(total, N)
    return _sought(divided, _starts(total, stages, N), N, extreme, enough)


def _sought(
    divided: Divided, starts: list[IntArray], N: IntArray, extreme: Extreme, enough: float | None
) -> tuple[float, IntArray]:
    sign = 1.0 if extreme == "most" else -1.0
    best, where = -np.inf, starts[0]
    for start in starts:
        value, found = _exchanged(divided, start, N, sign)
        if value > best + _GAIN:
            best, where = value, found
        if enough is not None and best > sign * enough:
            break
    return min(max(sign * best, 0.0), 1.0), where


def _by_single(accept: int, n: IntArray, N: IntArray, total: int) -> Divided:
    """Return P(k <= accept) of divisions."""
    tables = [_table(int(a), int(b), accept, total) for a, b in zip(n, N, strict=True)]

    def divided(T: IntArray, i: int, j: int, own: IntArray) -> FloatArray:
        rest = np.zeros(accept + 1)
        rest[0] = 1.0
        for h in range(len(T)):
            if h not in (i, j):
                rest = np.convolve(rest, tables[h][T[h]])[: accept + 1]
        return _accepted(tables[i][own], tables[j][T[i] + T[j] - own], rest)

    return divided


def _by_both(rule: Rule, stages: IntArray, N: IntArray, total: int) -> Divided:
    """Return P(c' < k' < r, k <= c) of divisions; by cells (k', k - k') with k <= c."""
    most = rule.accept[1]
    first, second = (v.ravel() for v in np.meshgrid(*[np.arange(most + 1)] * 2, indexing="ij"))
    kept = first + second <= most
    first, second = first[kept], second[kept]
    k = first + second
    tables = []
    for n1, n2, size in zip(*stages.tolist(), N.tolist(), strict=True):
        split = hypergeom.pmf(first, n1 + n2, k, n1) if n1 + n2 else (k == 0).astype(np.float64)
        split = np.where(k <= n1 + n2, np.nan_to_num(split), 0.0)
        tables.append(_table(n1 + n2, size, most, total)[:, k] * split)
    one, two = np.add.outer(first, first), np.add.outer(second, second)

    def accepted(rest: FloatArray) -> FloatArray:
        """Return P(accept late) when two strata have these cells: at [cell, cell]."""
        chance = np.zeros(one.shape)
        for a, b in zip(*np.nonzero(rest), strict=True):
            inside = (one + a > rule.accept[0]) & (one + a < rule.reject[0])
            chance += rest[a, b] * (inside & (one + two + a + b <= most))
        return chance

    def divided(T: IntArray, i: int, j: int, own: IntArray) -> FloatArray:
        rest = np.zeros((most + 1, most + 1))
        rest[0, 0] = 1.0
        for h in range(len(T)):
            if h not in (i, j):
                more = np.zeros_like(rest)
                for a, b, chance in zip(first, second, tables[h][T[h]], strict=True):
                    more[a:, b:] += chance * rest[: most + 1 - a, : most + 1 - b]
                rest = np.where(np.add.outer(np.arange(most + 1), np.arange(most + 1)) <= most,
                                more, 0.0)  # fmt: skip
        weighed = tables[i][own] @ accepted(rest)
        return np.asarray((weighed * tables[j][T[i] + T[j] - own]).sum(axis=1))

    return divided


def _table(n: int, N: int, accept: int, total: int) -> FloatArray:
    """Return P(k errors) at [T, k] for k up to ``accept``."""
    T = np.arange(min(N, total) + 1)
    return np.asarray(hypergeom.pmf(np.arange(accept + 1)[None, :], N, T[:, None], n))


def _starts(total: int, stages: IntArray, N: IntArray) -> list[IntArray]:
    """Return the even spread, and all errors packed, as far as they go, into some strata first.

    The order is that of the share read, either way, and each stratum first; with few caseloads
    there is a start for every way the errors can lie outside the two largest strata. Of starts that
    differ by the names of strata alone, read alike, one is kept.
    """
    by_share = np.argsort(stages.sum(axis=0) / N, kind="stable").tolist()
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
    kinds = [tuple(each) for each in np.column_stack([N, stages.T]).tolist()]
    return list({tuple(sorted(zip(kinds, T.tolist(), strict=True))): T for T in starts}.values())


def _packed(total: int, N: IntArray, order: list[int]) -> IntArray:
    T, left = np.zeros(len(N), dtype=np.int64), total
    for h in order:
        T[h] = min(left, int(N[h]))
        left -= int(T[h])
    return T


def _exchanged(divided: Divided, T: IntArray, N: IntArray, sign: float) -> tuple[float, IntArray]:
    """Return where no exchange of errors between two strata raises sign x P(accept)."""
    T = T.copy()
    best = -np.inf
    for _ in range(_ROUNDS):
        before = best
        for i, j in combinations(range(len(T)), 2):
            both = int(T[i] + T[j])
            own = np.arange(max(0, both - int(N[j])), min(both, int(N[i])) + 1)
            value = sign * divided(T, i, j, own)
            place = int(value.argmax())
            if value[place] > best + _GAIN:
                best = float(value[place])
                T[i], T[j] = own[place], both - own[place]
        if best <= before + _GAIN:
            break
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
