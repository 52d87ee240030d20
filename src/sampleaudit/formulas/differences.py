"""Limits of the difference of two rates: two caseloads, each perhaps in strata.

For caseloads A and B, per stratum h: N_h cases in the register, n_h reviewed (drawn at random
without replacement), x_h errors found, T_h errors in the register (unknown). N_A and N_B are the
cases of all strata of A and of B. The difference theta = T_A / N_A - T_B / N_B is, but for a
constant, one stratified total with positive weights:

    theta + 1 = sum_A T_h / N_A + sum_B (N_h - T_h) / N_B,

with the correct cases counted in B. So the limits are those of a profile interval: for a trial
theta, the caseloads that fit the counts best and have that difference, and in them the tail of the
estimate of theta itself. Coverage is measured, not proved (``tests/coverage``).

Limits are shares of 1, from -1 to 1. ``lower_tail`` and ``upper_tail`` are the error probabilities
allowed beyond each limit: (1 - level) / 2 each for a two-sided interval, 1 - level on one side and
None on the other for a one-sided one. None leaves that side at what is possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.optimize import brentq
from scipy.special import ndtri

from sampleaudit.formulas.hypergeometric import ROUNDING, FloatArray, IntArray
from sampleaudit.formulas.lattice import Lattice, build_lattice
from sampleaudit.formulas.profile import profile_limits
from sampleaudit.formulas.ratio_tail import hypergeometric_rows

Counts: TypeAlias = tuple[ArrayLike, ArrayLike, ArrayLike]
"""Errors found, cases reviewed and cases in the register: x, n, N, an entry per stratum."""

_PRECISION: Final = 1e-9  # of a limit, as a share of 1
_NOISE: Final = 1e-14  # rounding of the Fourier transform
_SURELY: Final = 1e-300  # keeps the normal quantile finite
_ALMOST_SURE: Final = 1 - 1e-16


def difference_limits(
    a: Counts, b: Counts, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float]:
    """Return limits of the rate of ``a`` less the rate of ``b``.

    The upper limit is the largest theta with P(S <= s) > tail, S the estimate of theta and the
    probability taken in the likeliest caseloads (in real numbers) with difference theta; the lower
    limit is the negative of the upper limit of b - a. A census stratum (n = N) is known and has no
    part in the chance. A stratum of which no case was read (n = 0) counts as what widens. Where
    one side is known in full the limits are `profile.profile_limits` of the other, moved.
    """
    first, second = _whole(a), _whole(b)
    high = _upper(first, second, upper_tail)
    low = -_upper(second, first, lower_tail)
    return low, high


def difference_p_value(a: Counts, b: Counts, *, difference: float = 0.0) -> float:
    """Return the two-sided p-value of a difference: twice the smaller tail, at most 1.

    Of the finite caseloads as they are, with the tails that `difference_limits` inverts: where
    neither side is known in full, a difference beyond a limit has a p-value of at most twice that
    limit's tail. It is 0 where the cases found rule the difference out.
    """
    first, second = _whole(a), _whole(b)
    below = _lower_tail_of(first, second, difference)
    above = _lower_tail_of(second, first, -difference)
    return min(1.0, 2 * min(below, above))


@dataclass(frozen=True, slots=True)
class _Strata:
    """Strata of one caseload: errors found, reviewed, cases."""

    x: IntArray
    n: IntArray
    N: IntArray

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which strata were read in part."""
        return (self.n > 0) & (self.n < self.N)

    @property
    def size(self) -> int:
        """The cases of the whole caseload."""
        return int(self.N.sum())

    def flipped(self) -> _Strata:
        """Let errors and correct change places."""
        return _Strata(self.n - self.x, self.n, self.N)

    def most_known(self) -> int:
        """Return the errors of strata read in full, and all cases of those not read at all."""
        return int(self.x[self.n == self.N].sum() + self.N[self.n == 0].sum())


@dataclass(frozen=True, slots=True)
class _Problem:
    """The open strata of both sides as one: y_h errors in A, correct cases in B."""

    y: IntArray
    n: IntArray
    N: IntArray
    weight: FloatArray  # of one case: 1 / N_A or 1 / N_B
    lattice: Lattice  # of the estimate; only its places are used, its population is scaled
    known: float  # part of theta + 1 that is not open, as large as it can be

    @property
    def least(self) -> float:
        """The least sum of weights T that the cases found allow."""
        return float((self.weight * self.y).sum())

    @property
    def most(self) -> float:
        """The largest sum of weights T that the cases found allow."""
        return float((self.weight * (self.N - self.n + self.y)).sum())


def _whole(counts: Counts) -> _Strata:
    x, n, N = (np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in counts)
    return _Strata(x, n, N)


def _problem(a: _Strata, b: _Strata) -> _Problem:
    """Return theta + 1 as one stratified total, the strata in an order of their own."""
    correct = b.flipped()
    sides = ((a, b.size), (correct, a.size))
    y, n, N = (
        np.concatenate([getattr(each, name)[each.open] for each, _ in sides])
        for name in ("x", "n", "N")
    )
    # places in proportion to N_h / (n_h N_A) in A and N_h / (n_h N_B) in B: times N_A N_B
    scaled = np.concatenate([each.N[each.open] * other for each, other in sides])
    order = np.lexsort((y, n, N, scaled))  # so that the order of the strata cannot matter
    y, n, N, scaled = y[order], n[order], N[order], scaled[order]
    weight = (scaled // N) / (a.size * b.size)
    return _Problem(y, n, N, weight, build_lattice(n, scaled), _known(a, b))


def _known(a: _Strata, b: _Strata) -> float:
    """Return the part of theta + 1 that is not open, as large as it can be."""
    return a.most_known() / a.size + b.flipped().most_known() / b.size


def _upper(a: _Strata, b: _Strata, tail: float | None) -> float:
    """Return the upper limit of the rate of a less the rate of b."""
    if not a.open.any() or not b.open.any():
        _, errors = profile_limits(a.x, a.n, a.N, lower_tail=None, upper_tail=tail)
        correct = b.flipped()
        _, right = profile_limits(correct.x, b.n, b.N, lower_tail=None, upper_tail=tail)
        return errors / a.size - (b.size - right) / b.size
    problem = _problem(a, b)
    if not tail:
        return problem.known + problem.most - 1
    bound = tail * (1 - ROUNDING) - _NOISE
    goal = float(ndtri(bound))

    def excess(t: float) -> float:
        p = _tail(problem, t)
        return float(ndtri(min(max(p, _SURELY), _ALMOST_SURE))) - goal

    if excess(problem.most) > 0:
        return problem.known + problem.most - 1
    estimate = float((problem.weight * problem.N / problem.n * problem.y).sum())
    # where there are fewest errors the tail is 1: a bracket for levels however low
    inner = estimate if excess(estimate) > 0 else problem.least
    root = float(brentq(excess, inner, problem.most, xtol=_PRECISION))
    return problem.known + min(root + _PRECISION, problem.most) - 1


def _lower_tail_of(a: _Strata, b: _Strata, difference: float) -> float:
    """Return P(S <= s) in the likeliest caseloads with this difference.

    0 where the difference is larger than the cases found allow, 1 where it is smaller.
    """
    if not a.open.any() and not b.open.any():
        return float(difference + 1 - _known(a, b) <= _PRECISION)
    problem = _problem(a, b)
    t = difference + 1 - problem.known
    return _tail(problem, t) if t <= problem.most + _PRECISION else 0.0


def _tail(problem: _Problem, t: float) -> float:
    """Return P(S <= s) in the likeliest caseload with sum weight T = t.

    Never compared in floats: every count has a whole-number place on a lattice of the design.
    """
    places = problem.lattice.places
    T = _likeliest(problem, t)
    mass = hypergeometric_rows(T, problem.N - T, problem.n)
    threshold = int(places[np.arange(len(T)), problem.y].sum())
    length = next_fast_len(problem.lattice.top + 1, real=True)
    transform = np.ones(length // 2 + 1, dtype=np.complex128)
    for place, row in zip(places, mass, strict=True):
        transform *= rfft(np.bincount(place, row, minlength=length))
    density = irfft(transform, length)
    return float(density[: threshold + 1].sum())


def _likeliest(problem: _Problem, t: float) -> FloatArray:
    """Return the real T that maximises sum log C(T, y) C(N - T, n - y) under sum weight T = t.

    At the maximum the slopes are in proportion to the weights (Lagrange), but at the ends of what
    is possible. The sum falls as the multiplier grows, so its root is bracketed.
    """
    least, most = problem.y.astype(float), (problem.N - problem.n + problem.y).astype(float)
    if t <= problem.least:
        return least
    if t >= problem.most:
        return most
    relative = problem.weight / problem.weight.max()
    steepest = 2 * float(np.log(2 * problem.N.max() + 2))  # no stratum's slope is beyond

    def excess(multiplier: float) -> float:
        slope = np.clip(multiplier * relative, -steepest, steepest)
        return float((problem.weight * _at_slope(problem, slope)).sum()) - t

    reach = steepest / float(relative.min())
    root = float(brentq(excess, -reach, reach, xtol=1e-13, rtol=1e-14))
    return _at_slope(problem, np.clip(root * relative, -steepest, steepest))


def _at_slope(problem: _Problem, slope: FloatArray) -> FloatArray:
    """Return where the log-likelihood of each stratum has this slope, within what is possible.

    The slope at T is taken as the step over a whole case with T in its middle:
    log[(T + 1/2) (M - T + 1/2) / ((T + 1/2 - y) (N - T + 1/2))], M = N - n + y the most that is
    possible. With q = exp(slope) and u = T + 1/2 it is met by the root of
    (q - 1) u^2 + (M + 1 - q (N + 1 + y)) u + q y (N + 1) = 0 between y and M + 1.
    """
    y, N = problem.y, problem.N
    most = N - problem.n + y
    q = np.exp(slope)
    a, b, c = q - 1, most + 1 - q * (N + 1.0 + y), q * (y * (N + 1.0))
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))
    positive = b > 0  # then q < 1, and neither form loses digits
    u = np.where(positive, b + root, 2 * c) / np.where(positive, -2 * a, root - b)
    inside: FloatArray = np.clip(u - 0.5, y, most)
    return inside
