"""Intervals of one stratum that hold whatever the errors, and are short where errors are likely.

Pratt (1961): of all confidence sets with the same coverage, those whose acceptance regions catch
the least prior predictive probability are the shortest on average over the prior. Yu and Hoff
(2018, Biometrika 105) take the prior for one group from the other groups, which are independent of
it, so that every group's interval keeps its coverage. Here for hypergeometric counts, exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import ROUNDING, windows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LARGEST: Final = 4_000_000  # population x reviewed, above which the regions are not listed
_CACHE: Final = 256


def total_limits(
    errors: int, reviewed: int, population: int, *, alpha: float, predictive: FloatArray
) -> tuple[int, int]:
    """Return limits of the errors T in the register that hold with probability 1 - alpha at least.

    T is kept when x lies in its region, the run of counts l, ..., u with P(l <= X <= u; T) >=
    1 - alpha that has the least ``predictive`` probability (of 0, ..., n, from the other domains;
    it must not depend on x). The limits span all T that are kept; with none (rounding apart there
    is always one) the estimate.
    """
    x, n, N = errors, reviewed, population
    ends = _runs(n, N, alpha)
    before = np.concatenate([[0.0], np.cumsum(predictive / predictive.sum())])
    possible = ends <= n
    mass = np.where(possible, before[np.minimum(ends, n) + 1] - before[:-1], np.inf)
    first = mass.argmin(axis=1)
    last = ends[np.arange(N + 1), first]
    kept = np.flatnonzero((first <= x) & (x <= last))
    kept = kept[(kept >= x) & (kept <= N - n + x)]
    if not len(kept):
        return x, N - n + x
    return int(kept[0]), int(kept[-1])


@lru_cache(maxsize=_CACHE)
def _runs(n: int, N: int, alpha: float) -> IntArray:
    """Return at [T, l] the smallest u with P(l <= X <= u; T) >= 1 - alpha; n + 1 if there is none.

    Shape (N + 1, n + 1).
    """
    T = np.arange(N + 1)
    first, mass = windows(T, np.array(n), np.array(N))
    count = first[:, None] + np.arange(mass.shape[1])
    inside = (count >= 0) & (count <= n)
    law = np.zeros((N + 1, n + 1))
    rows = np.broadcast_to(T[:, None], count.shape)
    law[rows[inside], count[inside]] = mass[inside]
    below = np.cumsum(law, axis=1)
    needed = below - law + (1 - alpha) * (1 - ROUNDING)  # P(X < l) + 1 - alpha
    ends = np.empty((N + 1, n + 1), dtype=np.int64)
    for errors in range(N + 1):
        ends[errors] = np.searchsorted(below[errors], needed[errors], side="left")
    ends = np.maximum(ends, np.arange(n + 1))
    ends.setflags(write=False)
    return ends
