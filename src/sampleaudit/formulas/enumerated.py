"""Small designs: intervals whose coverage is made sure by going through every caseload.

N_h cases in stratum h, T_h of them with an error (unknown), n_h reviewed at random without
replacement, x_h errors found; T = sum T_h is sought. An outcome is one x for all strata, a caseload
one T for all strata.

A total t is tested by ordering all outcomes and asking how probable, in the caseload of total t
that makes it most probable, an outcome as extreme as x is:

    p(t, x) = max over {sum T_h = t, x possible} of P_T(a(t, X) <= a(t, x)).

The interval is {t : p(t, x) > alpha}, gaps filled. Whatever a is, an outcome with p(t, x) <= alpha
has a probability of at most alpha in every caseload of total t, so the coverage is at least
1 - alpha. As a stands the tail of the profile caseload (the most likely one of total t given x; of
equals the one with the most errors in the largest stratum): P(S <= s) for an upper limit, the
smaller of P(S <= s) and P(S >= s) for two limits together, S the estimate of T. That is estimation
followed by maximisation (Lloyd 2008), with the acceptability of Blaker (2000) where it is
two-sided. (One stratum alone has shorter ones yet: `shortest`.) The ordering does not depend on
alpha, so intervals of a higher level contain those of a lower one.
"""

from __future__ import annotations

from functools import lru_cache
from math import lcm, prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows

_MOST: Final = 100_000_000  # probabilities looked at for one design, at most: a few seconds
_ROUND: Final = 10_000  # what one total costs beside its probabilities, in probabilities
_SLACK: Final = 1e-12  # p this little under alpha is accepted, so that rounding only widens
_TIE: Final = 1e-9  # relative distance below which two tails are equal


def is_enumerable(reviewed: IntArray, population: IntArray) -> bool:
    """Tell whether the design is small enough: a count from N and n, the same on every machine."""
    N, n = [int(v) for v in population], [int(v) for v in reviewed]
    probabilities = prod(size + 1 for size in N) * prod(read + 1 for read in n)
    return probabilities + _ROUND * sum(N) <= _MOST


def enumerated_limits(
    errors: IntArray, reviewed: IntArray, population: IntArray, *, alpha: float
) -> tuple[int, int]:
    """Return both limits for T, in cases: together they hold with probability 1 - alpha or more.

    No stratum may be a census or unread. The work is done for a design as a whole and kept, so
    further outcomes of it cost nothing.
    """
    x, n, N = _sorted(errors, reviewed, population)
    low, high = _two_sided(n, N, alpha)
    return int(low[x]), int(high[x])


def enumerated_upper(
    errors: IntArray, reviewed: IntArray, population: IntArray, *, alpha: float
) -> int:
    """Return the upper limit for T that holds with probability 1 - alpha or more, in cases."""
    x, n, N = _sorted(errors, reviewed, population)
    return int(_upper(n, N, alpha)[x])


def _sorted(
    errors: IntArray, reviewed: IntArray, population: IntArray
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return x, n, N with the largest stratum last: the order of the strata does not matter."""
    order = np.lexsort((errors, reviewed, population))
    x, n, N = (tuple(int(v) for v in a[order]) for a in (errors, reviewed, population))
    return x, n, N


@lru_cache(maxsize=64)
def _two_sided(n: tuple[int, ...], N: tuple[int, ...], alpha: float) -> tuple[IntArray, IntArray]:
    """Return both limits of every outcome, shaped (n_1 + 1, n_2 + 1, ...).

    Totals t and N - t mirror each other, with x and n - x exchanged.
    """
    design = _Design(n, N)
    total = sum(N)
    low, high = design.estimate()
    for t in range(total // 2 + 1):
        below, above, mass = design.profile_tails(t)
        kept = _accepted(mass, np.minimum(below, above), alpha)
        if 2 * t == total:
            kept |= kept[::-1]
        low[kept], high[kept] = np.minimum(low[kept], t), np.maximum(high[kept], t)
        kept = kept[::-1]
        low[kept], high[kept] = np.minimum(low[kept], total - t), np.maximum(high[kept], total - t)
    high = _rising(high.reshape(design.shape))
    return total - np.flip(high), high


@lru_cache(maxsize=64)
def _upper(n: tuple[int, ...], N: tuple[int, ...], alpha: float) -> IntArray:
    """Return the upper limit of every outcome, shaped (n_1 + 1, n_2 + 1, ...)."""
    design = _Design(n, N)
    _, high = design.estimate()
    for t in range(sum(N) + 1):
        below, _, mass = design.profile_tails(t)
        kept = _accepted(mass, below, alpha)
        high[kept] = np.maximum(high[kept], t)
    return _rising(high.reshape(design.shape))


def _rising(high: IntArray) -> IntArray:
    """Return limits raised where an outcome with fewer errors has a higher one."""
    for stratum in range(high.ndim):
        high = np.maximum.accumulate(high, axis=stratum)
    return high


def _accepted(mass: FloatArray, order: FloatArray, alpha: float) -> NDArray[np.bool_]:
    """Tell for which outcomes max P_T(order(X) <= order(x)) exceeds alpha.

    ``mass`` has a caseload per row and an outcome per column. Outcomes whose order is equal but
    for rounding are taken together. A caseload in which x cannot occur does not speak for x.
    """
    rank = order.argsort(kind="stable")
    ordered = order[rank]
    joins = ordered[1:] <= ordered[:-1] * (1 + _TIE)
    tails = mass[:, rank]
    possible = tails > 0
    np.cumsum(tails, axis=1, out=tails)
    if joins.any():
        ends = np.flatnonzero(~np.append(joins, False))
        tails = tails[:, ends[np.searchsorted(ends, np.arange(len(rank)))]]
    kept = np.empty(len(rank), dtype=np.bool_)
    kept[rank] = ((tails > alpha - _SLACK) & possible).any(axis=0)
    return kept


class _Design:
    """The probabilities of all outcomes in all caseloads of one total, total by total."""

    def __init__(self, n: tuple[int, ...], N: tuple[int, ...]) -> None:
        self.n, self.N = n, N
        self.shape = tuple(read + 1 for read in n)
        multiple = lcm(*n)
        places = np.zeros(1, dtype=object)  # whole numbers of any length
        for read, size in zip(n, N, strict=True):
            each = np.array([k * size * multiple // read for k in range(read + 1)], dtype=object)
            places = np.add.outer(places, each).ravel()
        self._step = multiple
        self._place = places
        self._like = _representatives(n, N)
        distinct, level = np.unique(places, return_inverse=True)
        self._rank = level.argsort(kind="stable")
        sizes = np.bincount(level, minlength=len(distinct))
        self._last = (np.cumsum(sizes) - 1)[level]
        self._first = self._last - sizes[level]
        sums: IntArray = np.zeros(1, dtype=np.int64)
        mass = np.ones((1, 1))
        for read, size in zip(n[:-1], N[:-1], strict=True):
            sums = np.add.outer(sums, np.arange(size + 1)).ravel()
            mass = np.kron(mass, _masses(read, size)).astype(np.float64)
        order = sums.argsort(kind="stable")
        self._sums, self._heads = sums[order], mass[order]
        self._tail = _masses(n[-1], N[-1])

    def estimate(self) -> tuple[IntArray, IntArray]:
        """Return the whole numbers around every outcome's estimate of T: always in the interval."""
        low = self._place // self._step
        high = -(-self._place // self._step)
        return low.astype(np.int64), high.astype(np.int64)

    def profile_tails(self, t: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return P(S <= s) and P(S >= s) of each outcome at its profile caseload of total t.

        And the probabilities themselves: a caseload of total t per row, an outcome per column.
        Outcomes that differ by an exchange of like strata get the same tails, also where several
        caseloads are the most likely: otherwise the order of the strata would matter.
        """
        start, stop = np.searchsorted(self._sums, [t - self.N[-1], t + 1])
        others = self._heads[start:stop]
        mass = others[:, :, None] * self._tail[t - self._sums[start:stop]][:, None, :]
        mass = mass.reshape(len(others), -1)
        likeliest = (mass >= mass.max(axis=0) * (1 - _TIE)).argmax(axis=0)
        rows, at = np.unique(likeliest, return_inverse=True)
        tails = np.zeros((len(rows), mass.shape[1] + 1))
        np.cumsum(mass[np.ix_(rows, self._rank)], axis=1, out=tails[:, 1:])
        below = tails[at, self._last + 1]
        above = tails[at, -1] - tails[at, self._first + 1]
        return below[self._like], above[self._like], mass


def _representatives(n: tuple[int, ...], N: tuple[int, ...]) -> IntArray:
    """Return for each outcome the one with its counts sorted among strata of the same N and n."""
    shape = tuple(read + 1 for read in n)
    counts = np.stack(np.unravel_index(np.arange(prod(shape)), shape))
    for design in set(zip(n, N, strict=True)):
        like = [h for h, other in enumerate(zip(n, N, strict=True)) if other == design]
        counts[like] = np.sort(counts[like], axis=0)
    flat: IntArray = np.ravel_multi_index(tuple(counts), shape).astype(np.int64)
    return flat


def _masses(n: int, N: int) -> FloatArray:
    """Return P(X = 0), ..., P(X = n) for each T = 0, ..., N, a row each."""
    T = np.arange(N + 1)
    first, mass = windows(T, np.array(n), np.array(N))
    count = first[:, None] + np.arange(mass.shape[1])
    inside = (count >= 0) & (count <= n)
    table = np.zeros((N + 1, n + 1))
    table[np.nonzero(inside)[0], count[inside]] = mass[inside]
    return table
