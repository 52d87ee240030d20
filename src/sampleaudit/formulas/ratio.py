"""Limits of a rate whose denominator the sample must estimate as well.

Two cases: the duty does not apply to every case, which only reading tells; or the rate is asked
for in a domain that crosses the strata. The rate is R = E / A, errors over applicable (or domain)
cases in the register, estimated by sum w e / sum w a.

Symbols, per stratum h: N_h cases in the register, n_h reviewed (drawn at random without
replacement), w_h = N_h / n_h, a_h of those applicable or in the domain, e_h of those in error;
E_h and A_h their unknown numbers in the register, rho_h = E_h / A_h.

For a trial rate r the tail probability is that of the sample's own statistic,

    D = sum w_h (e'_h - r a'_h) = W + Z,
    W = sum w_h (e'_h - rho_h a_h),         e'_h hypergeometric(A_h, E_h; a_h),
    Z = sum w_h (rho_h - r) (a'_h - n_h A_h / N_h),   a'_h hypergeometric(N_h, A_h; n_h),

in the likeliest caseload that has the rate r: errors vary given the applicable cases that were
seen, and the number of applicable cases varies on its own. (Exactly, e' would be drawn among a'_h
cases, not among a_h; taking the a_h seen is what a conditional test would do.) The upper limit is
the largest r with P(W + Z <= d) > tail at d = sum w_h (e_h - r a_h), the lower limit its mirror
image: errors and correct change places. Coverage is measured (by enumeration:
``tests/coverage/test_ratio_coverage.py``), not proved. Tails below about 1e-7 are lost in the
convolution's own allowance: such a limit is the largest rate that the findings leave possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import brentq

from sampleaudit.formulas.ratio_profile import likeliest_caseload
from sampleaudit.formulas.ratio_tail import hypergeometric_rows, paired_sums, trim
from sampleaudit.formulas.ratio_tail import lower_tail as tail_below

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_PRECISION: Final = 1e-6  # of a limit, as a share of 1
_CLOSE: Final = 1e-5  # of the normal quantile of a probability: about the same precision
_ACCEPTED: Final = 1e-12  # a probability this much below the tail still counts as above it
_SURELY: Final = 1e-300  # probabilities between these have normal quantiles to compare
_ALMOST_SURE: Final = 1 - 1e-16


def ratio_limits(
    errors: ArrayLike,
    applicable: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[float, float]:
    """Return limits of errors over applicable cases, the number of applicable cases unknown.

    One entry per stratum: e_h, a_h, n_h, N_h of the head of this module. Limits are shares of 1;
    ``lower_tail`` and ``upper_tail`` are the probabilities allowed beyond each (None: that side is
    unlimited, 0 or 1). No error gives low 0, none correct high 1, none applicable (0, 1). A census
    stratum (n = N) is known and has no part in the chance. Nothing is known of a stratum of which
    no case was read (n = 0): the upper limit counts it as errors, the lower one as correct.
    """
    e, a, n, N = (_whole(each) for each in (errors, applicable, reviewed, population))
    return _limits(_Cells(np.stack([e, a - e, n - a]), n, N, N), lower_tail, upper_tail)


def domain_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    domain_population: ArrayLike,
    sampled: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[float, float]:
    """Return limits of the error rate of a domain whose size in every stratum is known.

    One entry per stratum: e_h errors among a_h ``reviewed`` cases of the domain, A_h cases of the
    domain in the register, n_h cases ``sampled`` of N_h in the whole stratum. The rate is
    sum E / sum A. Otherwise as ``ratio_limits``, with A_h known. Where the domain has cases but
    the sample met none (a = 0 < A), E_h is anything from 0 to A_h in the likeliest caseload and
    shows in Z only: that the sample missed those cases must not be too improbable.
    """
    e, a, n, N = (_whole(each) for each in (errors, reviewed, sampled, population))
    A = _whole(domain_population)
    there = A > 0
    cells = _Cells(np.stack([e, a - e])[:, there], n[there], N[there], A[there])
    return _limits(cells, lower_tail, upper_tail)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cases found by category (errors, correct, and others where those are not known), n, N.

    ``sizes`` are what the categories add up to in the register: N, or the domain's size.
    """

    counts: Counts
    reviewed: Counts
    population: Counts
    sizes: Counts

    def mirrored(self) -> _Cells:
        """Let errors and correct change places."""
        order = [1, 0, *range(2, len(self.counts))]
        return _Cells(self.counts[order], self.reviewed, self.population, self.sizes)

    def ordered(self) -> _Cells:
        """Sort the strata, so that their order cannot move a limit by a rounding error."""
        order = np.lexsort([*self.counts, self.reviewed, self.sizes, self.population])
        return self.where(order)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> _Cells:
        """Take some of the strata."""
        return _Cells(
            self.counts[:, chosen],
            self.reviewed[chosen],
            self.population[chosen],
            self.sizes[chosen],
        )


@dataclass(frozen=True, slots=True)
class _Problem:
    """The strata read in part, and in ``known`` the errors and correct cases of all others."""

    counts: Floats
    reviewed: Counts
    population: Floats
    sizes: Floats
    weights: Floats
    known: Floats

    def estimate(self) -> float:
        """Return errors over errors and correct cases, each stratum's by its weight."""
        errors, correct = self.counts[:2] @ self.weights + self.known
        return float(errors / (errors + correct))

    def possible(self) -> tuple[float, float]:
        """Return the smallest and the largest rate of a caseload with these findings."""
        found, others = self.counts[:2].sum(axis=1) + self.known, self.counts[2:].sum()
        rest = float(self.sizes.sum() - self.counts[:2].sum() - others)
        everyone = float(found.sum()) + rest
        return float(found[0]) / everyone, float(found[0] + rest) / everyone


def _limits(cells: _Cells, lower: float | None, upper: float | None) -> tuple[float, float]:
    low = 0.0 if lower is None else 1.0 - _upper_limit(cells.mirrored().ordered(), lower)
    high = 1.0 if upper is None else _upper_limit(cells.ordered(), upper)
    return min(low, high), high  # equal but for rounding, where everything is known


def _upper_limit(cells: _Cells, tail: float) -> float:
    """Return the largest rate at which as few errors as these are more probable than ``tail``."""
    if not cells.counts[1].any():
        return 1.0
    problem = _problem(cells)
    estimate = problem.estimate()
    least, most = problem.possible()
    # where the domain's size is known, the estimate can be a rate that no caseload has
    inner = max(estimate, least)
    last = most - min(_PRECISION, (most - inner) / 4)
    if last <= inner:
        return max(most, estimate)
    wanted = float(special.ndtri(max(tail - _ACCEPTED, _SURELY)))
    first, multiplier = inner, 0.0

    @cache
    def margin(rate: float) -> float:
        nonlocal multiplier
        if rate <= first:
            return max(-wanted, _PRECISION)  # the estimate is taken as possible
        probability, multiplier = _tail_probability(problem, rate, multiplier)
        found = float(special.ndtri(min(max(probability, _SURELY), _ALMOST_SURE))) - wanted
        return 0.0 if abs(found) < _CLOSE else found

    # Wilson's limit is the first guess; the next ones follow the secant on the normal scale, pushed
    # outward until the limit lies between two of them.
    guess = max(_wilson(problem, inner, -wanted), inner + (last - inner) / 1000)
    outer = min(guess, last)
    while margin(outer) > 0:
        if outer == last:
            return most
        fall = (margin(inner) - margin(outer)) / (outer - inner)
        step = 1.1 * margin(outer) / fall if fall > 0 else outer - inner
        inner, outer = outer, min(outer + step + _PRECISION, last)
    return float(brentq(margin, inner, outer, xtol=_PRECISION))


def _problem(cells: _Cells) -> _Problem:
    """Set apart census strata, as they are, and strata of which no case was read, as errors."""
    census = cells.reviewed == cells.population
    unread = (cells.reviewed == 0) & ~census
    random = cells.where(~census & ~unread)
    known = cells.counts[:2, census].sum(axis=1) + np.array([cells.sizes[unread].sum(), 0])
    return _Problem(
        counts=random.counts.astype(np.float64),
        reviewed=random.reviewed,
        population=random.population.astype(np.float64),
        sizes=random.sizes.astype(np.float64),
        weights=random.population / random.reviewed,
        known=known.astype(np.float64),
    )


def _wilson(problem: _Problem, rate: float, z: float) -> float:
    """Return Wilson's upper limit from the applicable cases that the weights make of the sample."""
    applicable = problem.counts[:2].sum(axis=0)
    variance = float((problem.weights * (problem.weights - 1) * applicable).sum())
    total = float((problem.weights * applicable).sum() + problem.known.sum())
    inverse = z * z * variance / max(total, 1.0) ** 2
    width = np.sqrt(inverse * (rate * (1 - rate) + inverse / 4))
    return float((rate + inverse / 2 + np.copysign(width, z)) / (1 + inverse))


def _tail_probability(problem: _Problem, rate: float, start: float) -> tuple[float, float]:
    """Return P(W + Z <= d) in the likeliest caseload with this rate, and its multiplier.

    The multiplier is a good start for the next rate; ``start`` is such a one, or 0.
    """
    E0, B0 = problem.known
    known = (1 - rate) * E0 - rate * B0
    totals, multiplier = likeliest_caseload(
        problem.counts, problem.sizes, rate=rate, known=known, start=start
    )
    E, B = totals[:2]
    A = E + B
    N, n, w = problem.population, problem.reviewed, problem.weights
    e, a = problem.counts[0], problem.counts[:2].sum(axis=0)
    rho = np.where(A > 0, E / np.where(A > 0, A, 1.0), rate)
    rows = hypergeometric_rows(
        np.concatenate([E, A]), np.concatenate([B, N - A]), np.concatenate([a.astype(np.int64), n])
    )
    k = np.arange(rows.shape[1])
    H = len(w)
    W = w[:, None] * (k - (rho * a)[:, None])
    Z = (w * (rho - rate))[:, None] * (k - (n * A / N)[:, None])
    W, p, lost_w = trim(W, rows[:H])
    Z, q, lost_z = trim(Z, rows[H:])
    point = known + float((w * (e - rate * a)).sum())
    values, probabilities = paired_sums((W, Z), (p, q))
    return min(1.0, lost_w + lost_z + tail_below(values, probabilities, point)), multiplier


def _whole(values: ArrayLike) -> Counts:
    return np.atleast_1d(np.asarray(values)).astype(np.int64)
