"""Limits for the errors in a stratified caseload from its least favourable division over strata.

N_h cases in stratum h, n_h reviewed at random, x_h errors found, T_h errors in the register;
S = sum N_h x_h / n_h estimates T = sum T_h. A total t is rejected as too high when even the
caseload of that total under which a low S is most probable, the worst one, makes it too
improbable:

    p(t) = max P_T(S <= s) over the caseloads with sum T_h = t.

Over all caseloads that the counts allow, this is Wendell and Schmee (1996, Journal of the American
Statistical Association 91:825); over those in a confidence set for T, it is the method of Berger
and Boos (1994, same journal 89:1012). Where the design has few caseloads of one total all are gone
through (`is_enumerated`), and coverage is as certain as the arithmetic. Elsewhere the maximum is
searched for, and a better caseload may be missed: how often is measured
(``pytest -s -m slow tests/formulas/test_searched.py``).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, ndtri

from sampleaudit.formulas.exchanges import Question, can_list
from sampleaudit.formulas.hypergeometric import ROUNDING, IntArray, total_limits
from sampleaudit.formulas.lattice import build_lattice, lower_tails
from sampleaudit.formulas.least_favourable import Search

BETA: Final = 0.002  # given to the confidence set of the caseload (Berger and Boos took .001)
_LARGEST_SHARE: Final = 0.2  # of the error probability, that BETA may take at high levels
_NOISE: Final = 1e-14  # rounding of the Fourier transform
_LOST: Final = 1e-17  # probabilities below this are not told from 0


def wendell_schmee_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int]:
    """Return limits for the errors in the whole caseload, in cases; one entry per stratum.

    Upper limit max{t : p(t) > upper_tail}; the lower one is its mirror image, errors and correct
    having changed places. A tail of None leaves that side at what the counts allow. A census
    stratum (n = N) is known; one of which no case was read (n = 0) adds anything from 0 to N_h.
    """
    x, n, N = _whole(errors, reviewed, population)
    high = _upper_limit(x, n, N, upper_tail, beta=0.0)
    low = int(N.sum()) - _upper_limit(n - x, n, N, lower_tail, beta=0.0)
    return low, high


def wendell_schmee_p_value(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    total: int,
    *,
    side: Literal["lower", "upper"],
) -> tuple[float, tuple[int, ...]]:
    """Return p(total) and the worst caseload, the errors T_h of each stratum.

    ``side`` is the limit that the p-value tests: for "upper" max P_T(S <= s), for "lower"
    max P_T(S >= s). ``total`` must be one that the counts allow. Where several caseloads are
    equally bad, one of them is returned.
    """
    x, n, N = _whole(errors, reviewed, population)
    if side == "upper":
        return _p_value(x, n, N, total)
    p, correct = _p_value(n - x, n, N, int(N.sum()) - total)
    return p, tuple(int(size) - T for size, T in zip(N, correct, strict=True))


def berger_boos_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int]:
    """Return limits for the errors in the whole caseload, in cases; one entry per stratum.

    As `wendell_schmee_limits`, but the worst caseload is taken among those in the confidence set

        C = {T : sum -log p_h(T_h) <= q / 2},  p_h = min(1, 2 P(X_h <= x_h), 2 P(X_h >= x_h)),

    q the 1 - beta quantile of chi-square with 2 H degrees of freedom (Fisher's combination of H
    p-values; H strata read in part). beta = .002 in all, or a fifth of the error probability where
    that is less: a two-sided interval gives half of it from each tail, a one-sided one all of it
    from its one. With one such stratum nothing but the total is unknown: the exact interval.
    """
    x, n, N = _whole(errors, reviewed, population)
    sides = [tail for tail in (lower_tail, upper_tail) if tail]
    beta = min(BETA, _LARGEST_SHARE * sum(sides))
    if ((n > 0) & (n < N)).sum() <= 1:
        beta = 0.0
    lower, upper = (tail - beta / len(sides) if tail else None for tail in (lower_tail, upper_tail))
    high = _upper_limit(x, n, N, upper, beta=beta)
    low = int(N.sum()) - _upper_limit(n - x, n, N, lower, beta=beta)
    return low, high


def is_enumerated(reviewed: ArrayLike, population: ArrayLike) -> bool:
    """Tell whether these limits go through every caseload of a total, so that nothing is missed.

    It depends on the design alone. With one stratum read in part there is only one caseload.
    """
    n, N = (np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in (reviewed, population))
    open_ = (n > 0) & (n < N)
    return int(open_.sum()) <= 1 or can_list(n[open_], N[open_])


def _upper_limit(x: IntArray, n: IntArray, N: IntArray, tail: float | None, *, beta: float) -> int:
    """Return max{t : p(t) > tail}."""
    open_ = (n > 0) & (n < N)
    known = int(x[n == N].sum() + N[n == 0].sum())
    if not tail or not open_.any():
        return known + int((N - n + x)[open_].sum())
    x, n, N = x[open_], n[open_], N[open_]
    if len(x) == 1:
        one = total_limits(int(x[0]), int(n[0]), int(N[0]), lower_tail=None, upper_tail=tail)
        return known + one[1]
    order = np.lexsort((x, n, N))  # so that the order of the strata cannot matter
    search = Search(_question(x[order], n[order], N[order], beta), tail)
    return known + _last_kept(search, tail * (1 - ROUNDING) - _NOISE)


def _last_kept(search: Search, bound: float) -> int:
    """Return the largest total whose worst tail is above ``bound``.

    By secants through (s, 1/2) on the scale of normal quantiles, where tails are nearly linear,
    and halving the bracket where they do not get on.
    """
    s = search.s
    kept = min(max(int(s), search.least), search.most)
    lost, t, step = search.most + 1, search.guess, 0
    while lost - kept > 1:
        t = (kept + lost) // 2 if step % 4 == 3 else min(max(t, kept + 1), lost - 1)
        step += 1
        p, _ = search.worst(t, enough=bound)
        z = float(ndtri(min(max(p, 1e-300), 0.45)))
        ahead = s + (t - s) * search.goal / z
        if p > bound:
            kept, t = t, int(ahead) + 1
        else:
            lost, t = t, int(ahead)
    return kept


def _p_value(x: IntArray, n: IntArray, N: IntArray, total: int) -> tuple[float, tuple[int, ...]]:
    """Return max P_T(S <= s) over the caseloads of this total, and the caseload."""
    T = np.where(n == N, x, 0)
    open_ = (n > 0) & (n < N)
    left = total - int(T.sum())
    # the tail is the larger, the fewer errors there are where it was read: the rest elsewhere
    least = int(x[open_].sum())
    for h in np.flatnonzero((n == 0) & (N > 0)):
        T[h] = min(int(N[h]), left - least)
        left -= int(T[h])
    p = 1.0
    if int(open_.sum()) == 1:
        T[open_] = left
        lattice = build_lattice(n[open_], N[open_])
        p = float(lower_tails(lattice, T[open_][None], lattice.place(x[open_][None]))[0])
    elif open_.any():
        question = _question(x[open_], n[open_], N[open_], 0.0)
        p, T[open_] = Search(question, 0.05).worst(left, enough=1.0)
    return min(p, 1.0), tuple(int(each) for each in T)


def _question(x: IntArray, n: IntArray, N: IntArray, beta: float) -> Question:
    """Return what is asked: over all caseloads, or over a confidence set that misses beta."""
    lattice = build_lattice(n, N)
    threshold = int(lattice.place(x[None])[0])
    if not beta:
        return Question(x, n, N, lattice, threshold, x, N - n + x, np.inf)
    misfit = float(chdtri(2 * len(x), beta)) / 2
    alone = max(float(np.exp(-misfit)) / 2, _LOST)  # a stratum has at most all the misfit
    limits = [
        total_limits(int(a), int(b), int(c), lower_tail=alone, upper_tail=alone)
        for a, b, c in zip(x, n, N, strict=True)
    ]
    low, high = np.array(limits).T
    return Question(x, n, N, lattice, threshold, low, high, misfit)


def _whole(*values: ArrayLike) -> tuple[IntArray, IntArray, IntArray]:
    x, n, N = (np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in values)
    return x, n, N
