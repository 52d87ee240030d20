"""Several strata: the default interval for the errors in the whole caseload.

N_h cases in stratum h, T_h of them with an error (unknown), n_h reviewed at random, x_h errors
found; S = sum N_h x_h / n_h estimates T = sum T_h, the number sought. A total t is tested at the
caseloads of that total that fit the counts best or nearly so, at the worst of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from sampleaudit.formulas.caseload import best_caseloads, real_caseloads
from sampleaudit.formulas.hypergeometric import ROUNDING, IntArray, total_limits
from sampleaudit.formulas.lattice import build_lattice
from sampleaudit.formulas.plausible import Search
from sampleaudit.formulas.worst import Finding, profile_tails

_DELTA: Final = (
    0.25  # how much less likely than the best (in log) a caseload may be and still count
)
_PER_CASE: Final = 8.0  # over the cases read, added to that: the fewer, the coarser the tails
_NOISE: Final = 1e-14  # rounding of the Fourier transform
_RIVAL: Final = 0.3  # a tail this share short of the bound may still pass it at its worst caseload
_SMOOTH: Final = 0.04  # (longest step of S / its deviation)^3: below it no error less can matter


def profile_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int]:
    """Return limits for the errors in the whole caseload, in cases; one array entry per stratum.

    The limits are those of `upper_limit`, the lower one N minus the upper limit for the cases found
    correct. Strata read whole count as they are, strata not read at all as anything from 0 to N_h;
    with one other stratum the limits are `hypergeometric.total_limits`. A tail of None or 0 leaves
    that side at what the counts alone allow.
    """
    x, n, N = (np.atleast_1d(np.asarray(a, dtype=np.int64)) for a in (errors, reviewed, population))
    if len(x) == 1:
        return total_limits(
            int(x[0]), int(n[0]), int(N[0]), lower_tail=lower_tail, upper_tail=upper_tail
        )
    high = upper_limit(x, n, N, tail=upper_tail)
    low = int(N.sum()) - upper_limit(n - x, n, N, tail=lower_tail)
    return low, high


def upper_limit(
    x: IntArray, n: IntArray, N: IntArray, *, tail: float | None, delta: float | None = None
) -> int:
    """Return max{t : p(t) > tail}, an upper confidence limit for T = sum T_h.

    p(t) = max P_T(S <= s) over the caseloads with sum T_h = t whose log-likelihood is within
    ``delta`` of the largest one's, `margin` unless given. With delta = 0 that is the profile
    caseload alone: the estimated p-value of Storer and Kim (1990) and Krishnamoorthy and Thomson
    (2002). The limit never falls when a case found correct turns out to be an error (the largest
    over the findings with one error less is taken). One stratum: exact (Konijn 1973). Several: the
    coverage is measured, not proved; see tests/coverage/test_profile_coverage.py.
    """
    open_ = (n > 0) & (n < N)
    known = int(x[n == N].sum() + N[n == 0].sum())
    if not tail or not open_.any():
        return known + int((N - n + x)[open_].sum())
    x, n, N = x[open_], n[open_], N[open_]
    if len(x) == 1:
        return (
            known
            + total_limits(int(x[0]), int(n[0]), int(N[0]), lower_tail=None, upper_tail=tail)[1]
        )
    order = np.lexsort((x, n, N))  # so that the order of the strata cannot matter
    x, n, N = x[order], n[order], N[order]
    search = Search(build_lattice(n, N), tail, margin(n) if delta is None else delta)
    return known + _search(search, x)


def margin(reviewed: IntArray) -> float:
    """Return delta for the strata read in part: 0.25 + 8 / (cases read in them).

    Known from the design alone. Why these numbers: docs/decisions/003-profile-delta-and-lattice.md.
    """
    return _DELTA + _PER_CASE / int(reviewed.sum())


def _search(search: Search, x: IntArray) -> int:
    """Return max{t : p(t) > tail}, also over findings with one error less."""
    n, N = search.lattice.reviewed, search.lattice.population
    finding = Finding(search, x)
    s = float((N / n * x).sum())
    least = int(np.clip(s, x.sum(), (N - n + x).sum()))
    kept, p = _close(finding, least, _first(finding, s, least))
    for fewer in _rivals(search, x, kept + 1, p):
        like = Finding(search, fewer, worth=finding.worth, hopeless=min(finding.gained**-2, 0.98))
        kept, _ = _close(like, kept, kept + 1)
    return kept


def _first(finding: Finding, s: float, least: int) -> int:
    """Return a total near the limit: a guess, bettered by a rough look at the tail there."""
    search, x = finding.search, finding.x
    most = int((search.lattice.population - search.lattice.reviewed + x).sum())
    t = min(max(_guess(search, x, s), least + 1), most)
    if not search.delta or t <= s:
        return t
    z = _quantile(finding.worst_tail(t, rough=True))
    slope = finding.rise * float(np.exp(z * z / 2)) * (2 * np.pi) ** 0.5
    ahead = (float(ndtri(search.tail)) - z) / slope if slope < 0 else 0.0
    return t + round(min(max(ahead, (s - t) / 2), (t - s) / 2))


def _close(finding: Finding, kept: int, t: int) -> tuple[int, float]:
    """Return the last total kept, from a lower bound of it, and the tail of the next.

    A bracket of totals kept and rejected is closed by secants on the scale of normal quantiles,
    where tails are nearly linear: from (s, 0) while one end is missing, then through both ends;
    when they are slow the bracket is halved.
    """
    search, x = finding.search, finding.x
    n, N = search.lattice.reviewed, search.lattice.population
    s = float((N / n * x).sum())
    lost, rejected = int((N - n + x).sum()) + 1, 0.0
    goal = float(ndtri(search.tail))
    ends: dict[bool, tuple[int, float]] = {}
    for step in range(lost):
        if lost - kept <= 1:
            break
        t = min(max(t, kept + 1), lost - 1)
        p = finding.worst_tail(t)
        keeps = p > _bound(search.tail)
        if keeps:
            kept = t
        else:
            lost, rejected = t, p
        ends[keeps] = t, _quantile(p)
        if len(ends) == 1:
            z = ends[keeps][1]
            t += (1 if keeps else 0) + round((t - s) * (goal / z - 1) if z < 0 else 0.0)
            continue
        (t0, z0), (t1, z1) = ends[True], ends[False]
        if step % 4 == 3 or z1 >= z0:
            t = (kept + lost) // 2
        else:
            t = t0 + max(int((t1 - t0) * (goal - z0) / (z1 - z0)), 1)
    return kept, rejected


def _quantile(p: float) -> float:
    """Return the normal quantile of a tail, as far as tails matter."""
    return float(ndtri(min(max(p, 1e-300), 0.45)))


def _bound(tail: float) -> float:
    """Return the tail that still accepts: rounding widens."""
    return tail * (1 - ROUNDING) - _NOISE


def _guess(search: Search, x: IntArray, s: float) -> int:
    """Return about where the limit is (Cornish and Fisher 1937, to the skewness)."""
    n, N = search.lattice.reviewed, search.lattice.population
    z = float(ndtri(search.tail))
    t, zero = s, np.zeros((1, len(x)))
    slope = np.zeros(1)
    for _ in range(3):
        near = np.clip(np.array([round(t)]), x.sum(), (N - n + x).sum())
        T, slope = real_caseloads(near, x[None], n, N, zero, slope)
        quantile = z + (z * z - 1) * float(search.lattice.skewness(T)[0]) / 6
        t = s - quantile * float(search.lattice.variance(T)[0]) ** 0.5
    return round(t)


def _rivals(search: Search, x: IntArray, t: int, p: float) -> IntArray:
    """Return the findings with one error less that may keep the total t, which x with tail p lost.

    They do in small samples, where S moves in steps nearly as long as it varies: those whose tail
    at their profile caseload comes near enough.
    """
    n, N = search.lattice.reviewed, search.lattice.population
    found = np.flatnonzero(x > 0)
    _, first = np.unique(np.stack([N, n, x])[:, found], axis=1, return_index=True)
    fewer: IntArray = x - np.eye(len(x), dtype=np.int64)[found[first]]
    fewer = fewer[t <= (N - n + fewer).sum(axis=1)]
    if not len(fewer):
        return fewer
    T, _ = best_caseloads(np.array([t]), x[None], n, N, np.zeros((1, len(x))))
    coarse = float((N / n).max() / search.lattice.variance(T)[0] ** 0.5) ** 3
    if coarse < _SMOOTH:
        return fewer[:0]
    tails = profile_tails(search, np.concatenate([x[None], fewer]), np.full(len(fewer) + 1, t))
    near: IntArray = fewer[tails[1:] * (p / tails[0]) > search.tail * (1 - min(coarse, _RIVAL))]
    return near
