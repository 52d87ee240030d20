"""Limits for the errors in the whole caseload that hold with the stated probability at least.

N_h cases in stratum h, T_h of them with an error (unknown), n_h reviewed at random without
replacement, x_h errors found; T = sum T_h is sought. Which procedure is used depends on the sizes
of the strata and on which sides are asked for, never on what was found: an interval chosen after
the fact, the shorter of two, holds less often than either.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sampleaudit.formulas.enumerated import enumerated_limits, enumerated_upper, is_enumerable
from sampleaudit.formulas.fourier_chernoff import proved_upper
from sampleaudit.formulas.hypergeometric import IntArray, interval_table, total_limits
from sampleaudit.formulas.shortest import is_tabulable, shortest_limits, shortest_table

Guarantee = Literal["enumerated", "proved"]


def guaranteed_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int, Guarantee]:
    """Return the limits for T, in cases, and how their guarantee is known.

    Errors, cases reviewed and cases in the register: one number per stratum. The limits hold
    together with probability 1 - lower_tail - upper_tail at least, in every caseload; a side whose
    tail is None or 0 gets what the counts alone allow. A stratum read in full counts with its
    errors; one not read at all has from none to all.

    "enumerated": designs small enough to go through every caseload, one stratum by the shortest
    accepted counts (`shortest`), several by the tails of profile caseloads (`enumerated`).
    "proved": one stratum, if only one side is sought or it is large, by exact tail inversion
    (Konijn 1973), several by Fourier-Chernoff point tests (`fourier_chernoff`).
    """
    x, n, N = (np.atleast_1d(np.asarray(a, dtype=np.int64)) for a in (errors, reviewed, population))
    known, unread = int(x[n == N].sum()), int(N[n == 0].sum())
    open_ = (n > 0) & (n < N)
    low, high, guarantee = _open_limits(x[open_], n[open_], N[open_], lower_tail, upper_tail)
    return known + low, known + unread + high, guarantee


def guaranteed_table(
    reviewed: int, population: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[IntArray, IntArray, Guarantee]:
    """Return `guaranteed_limits` of one stratum for every possible count 0, ..., ``reviewed``."""
    n, N = reviewed, population
    if upper_tail and _is_shortest(n, N, lower_tail, upper_tail):
        low, high = shortest_table(n, N, level=1 - 2 * upper_tail)
        return low, high, "enumerated"
    low, high = interval_table(n, N, lower_tail=lower_tail, upper_tail=upper_tail)
    return low, high, "proved"


def _open_limits(
    x: IntArray, n: IntArray, N: IntArray, lower_tail: float | None, upper_tail: float | None
) -> tuple[int, int, Guarantee]:
    """Return the limits for strata that are neither a census nor unread."""
    if len(x) == 0:
        return 0, 0, "proved"
    if len(x) == 1:
        return _one_stratum(int(x[0]), int(n[0]), int(N[0]), lower_tail, upper_tail)
    small = is_enumerable(n, N)
    if small and upper_tail and lower_tail == upper_tail:
        low, high = enumerated_limits(x, n, N, alpha=2 * upper_tail)
        return low, high, "enumerated"
    low = int(N.sum()) - _upper(n - x, n, N, lower_tail, small=small)
    high = _upper(x, n, N, upper_tail, small=small)
    return low, high, "enumerated" if small else "proved"


def _one_stratum(
    x: int, n: int, N: int, lower_tail: float | None, upper_tail: float | None
) -> tuple[int, int, Guarantee]:
    """Return the limits for one stratum."""
    if upper_tail and _is_shortest(n, N, lower_tail, upper_tail):
        low, high = shortest_limits(x, n, N, level=1 - 2 * upper_tail)
        return low, high, "enumerated"
    low, high = total_limits(x, n, N, lower_tail=lower_tail, upper_tail=upper_tail)
    return low, high, "proved"


def _is_shortest(n: int, N: int, lower_tail: float | None, upper_tail: float | None) -> bool:
    """Tell whether one stratum has the shortest interval: a two-sided one, and not too large."""
    return lower_tail == upper_tail and 0 < n < N and is_tabulable(n, N)


def _upper(x: IntArray, n: IntArray, N: IntArray, tail: float | None, *, small: bool) -> int:
    """Return the upper limit for several strata."""
    if not tail:
        return int((N - n + x).sum())
    if small:
        return enumerated_upper(x, n, N, alpha=tail)
    return proved_upper(x, n, N, tail=tail)
