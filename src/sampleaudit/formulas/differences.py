"""Limits of the difference of two rates: two caseloads, each perhaps in strata.

The difference theta of the error rates of caseloads A and B is, but for a constant, one stratified
total with positive weights (`difference_problem`). So the limits are those of a profile interval:
for a trial theta, the caseloads that fit the counts best and have that difference, or nearly as
well as the best, and in the worst of them the tail of the estimate of theta itself. Coverage is
measured, not proved (tests/coverage/test_difference_coverage.py).

Limits are shares of 1, from -1 to 1. ``lower_tail`` and ``upper_tail`` are the error probabilities
allowed beyond each limit: (1 - level) / 2 each for a two-sided interval, 1 - level on one side and
None on the other for a one-sided one. None leaves that side at what is possible.
"""

from __future__ import annotations

from typing import Final

from scipy.special import ndtri

from sampleaudit.formulas.difference_problem import (
    Counts,
    Problem,
    Strata,
    build_problem,
    known_part,
    likeliest,
    strata_of,
)
from sampleaudit.formulas.difference_worst import worst_tail
from sampleaudit.formulas.hypergeometric import ROUNDING
from sampleaudit.formulas.profile import upper_limit

DELTA: Final = 0.5  # how much less likely than the best (in log) a caseload may be and still count
PRECISION: Final = 1e-8  # of a limit, as a share of 1
_NEAR: Final = 1e-6  # of a tail's normal quantile to the one sought
_NEAR_ENOUGH: Final = 1e-2  # for the next secant to end that near
_NOISE: Final = 1e-14  # rounding of the Fourier transform
_SURELY: Final = 1e-300  # keeps the normal quantile finite
_ALMOST_SURE: Final = 1 - 1e-16
_STEPS: Final = 60  # at most


def difference_limits(
    a: Counts,
    b: Counts,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
    delta: float | None = None,
) -> tuple[float, float]:
    """Return limits of the rate of ``a`` less the rate of ``b``.

    The upper limit is the theta from which on P(S <= s) <= tail, S the estimate of theta and the
    probability the largest in the caseloads (in real numbers) with difference theta whose
    log-likelihood is within ``delta`` of the best of them (`DELTA` unless given); the lower limit
    is the negative of the upper limit of b - a. A census stratum (n = N) is known and has no part
    in the chance. A stratum of which no case was read (n = 0) counts as what widens. Where one side
    is known in full the limits are those of `profile.upper_limit` of the other, moved.
    """
    first, second = strata_of(a), strata_of(b)
    high = _upper(first, second, upper_tail, delta)
    low = -_upper(second, first, lower_tail, delta)
    return low, high


def difference_tail(
    a: Counts, b: Counts, *, difference: float = 0.0, delta: float | None = None
) -> float:
    """Return P(S <= s) in the worst plausible caseloads with this difference of a less b.

    The tail that the upper limit inverts: the p-value of this difference, or a larger one, against
    a smaller one. Against a larger one it is that of b - a and the negative difference. It is 0
    where the cases found rule the difference out. Both sides need a stratum read in part.
    """
    first, second = strata_of(a), strata_of(b)
    problem = build_problem(first, second)
    t = difference + 1 - known_part(first, second)
    delta = DELTA if delta is None else delta
    return worst_tail(problem, t, delta=delta) if t <= float(problem.most) + PRECISION else 0.0


def _upper(a: Strata, b: Strata, tail: float | None, delta: float | None) -> float:
    """Return the upper limit of the rate of a less the rate of b."""
    if not a.open.any() or not b.open.any():
        errors = upper_limit(a.x, a.n, a.N, tail=tail, delta=delta)
        correct = b.flipped()
        right = upper_limit(correct.x, b.n, b.N, tail=tail, delta=delta)
        return errors / a.size - (b.size - right) / b.size
    problem, known = build_problem(a, b), known_part(a, b)
    most = known + float(problem.most) - 1
    return (
        min(known + _limit(problem, tail, DELTA if delta is None else delta) - 1, most)
        if tail
        else most
    )


def _limit(problem: Problem, tail: float, delta: float) -> float:
    """Return the sum of omega T from which on the tail of the estimate is at most ``tail``.

    By secants on the scale of normal quantiles, where tails are nearly linear, inside a bracket;
    it is halved where they do not get on. What is returned has a tail that near to the bound or
    nearer below it, or lies that near to a total that is kept.
    """
    bound = tail * (1 - ROUNDING) - _NOISE
    goal = float(ndtri(bound))

    def excess(t: float) -> float:
        p = worst_tail(problem, t, delta=delta)
        return float(ndtri(min(max(p, _SURELY), _ALMOST_SURE))) - goal

    kept, lost = (
        float(problem.least),
        float(problem.most),
    )  # where there are fewest cases the tail is 1
    if excess(lost) > 0:
        return lost
    t, deviation = _normal_guess(problem, goal, kept, lost)
    slope = -1 / deviation
    before: tuple[float, float] | None = None
    for step in range(_STEPS):
        found = excess(t)
        kept, lost = (t, lost) if found > 0 else (kept, t)
        if lost - kept <= PRECISION or -_NEAR <= found <= 0:
            break
        if before is not None and t != before[0] and found != before[1]:
            slope = min((found - before[1]) / (t - before[0]), 0.0) or slope
        before = (t, found)
        aim = _NEAR / 2 if abs(found) < _NEAR_ENOUGH else 0.0  # then a little beyond the root
        t = t - (found + aim) / slope
        if not kept < t < lost or step % 5 == 4:
            t = (kept + lost) / 2
    return lost


def _normal_guess(problem: Problem, goal: float, kept: float, lost: float) -> tuple[float, float]:
    """Return where the normal approximation has the limit, and the estimate's deviation there."""
    estimate, room = float(problem.estimate), (lost - kept) / 50
    t, deviation = estimate, 1.0
    for _ in range(2):
        T = likeliest(problem, min(max(t, kept + room), lost - room))[0]
        deviation = max(float(problem.moments(T)[0]) ** 0.5, PRECISION)
        t = estimate - goal * deviation
    return min(max(t, kept + room), lost - room), deviation
