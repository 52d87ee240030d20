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
    Z = sum w_h (rho_h - r) (a'_h - n_h A_h / N_h),   a'_h hypergeometric(N_h, A_h; n_h):

errors vary given the applicable cases that were seen, and the number of applicable cases varies on
its own. (Exactly, e' would be drawn among a'_h cases, not among a_h; taking the a_h seen is what a
conditional test would do.) It is taken at the likeliest caseload that has the rate r and, with
several strata, at a worse one nearby: among those whose log-likelihood is at most delta below
(`ratio_worst`; delta = 0 leaves the likeliest alone; one stratum: `ratio_single`). The upper limit
is the largest r with P(W + Z <= d) > tail at d = sum w_h (e_h - r a_h), the lower limit its mirror
image: errors and correct change places. Where the A_h are known, an unusual number of domain cases
in the sample would by itself make d improbable; there, and where D moves in steps nearly as long
as it varies, the tail of D with everything drawn anew counts as well, whichever is larger.

With one stratum, or with delta = 0, and every case read applicable, this is the default interval
of a caseload of known size (`profile`) in real numbers. Coverage is measured (by enumeration:
``tests/coverage/test_ratio_coverage.py``), not proved. Tails below about 1e-7 are lost in the
convolution's own allowance: such a limit is the largest rate that the findings leave possible.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Final

from numpy.typing import ArrayLike

from sampleaudit.formulas.ratio_cells import Cells, domain_cells, estimate, possible, ratio_cells
from sampleaudit.formulas.ratio_search import upper_limit

DELTA: Final = 0.5  # how much less likely than the best (in log) a caseload may be and still count
_ROUNDING: Final = 1e-9  # cases


def ratio_limits(
    errors: ArrayLike,
    applicable: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
    delta: float = DELTA,
) -> tuple[float, float]:
    """Return limits of errors over applicable cases, the number of applicable cases unknown.

    One entry per stratum: e_h, a_h, n_h, N_h of the head of this module. Limits are shares of 1;
    ``lower_tail`` and ``upper_tail`` are the probabilities allowed beyond each (None: that side is
    unlimited, 0 or 1). No error gives low 0, none correct high 1, none applicable (0, 1). A census
    stratum (n = N) is known and has no part in the chance. Nothing is known of a stratum of which
    no case was read (n = 0): the upper limit counts it as errors, the lower one as correct.
    ``delta``: how much less likely than the likeliest a caseload may be, in logarithms.
    """
    cells = ratio_cells(errors, applicable, reviewed, population)
    return _limits(cells, lower_tail, upper_tail, delta)


def domain_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    domain_population: ArrayLike,
    sampled: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
    delta: float = DELTA,
) -> tuple[float, float]:
    """Return limits of the error rate of a domain whose size in every stratum is known.

    One entry per stratum: e_h errors among a_h ``reviewed`` cases of the domain, A_h cases of the
    domain in the register, n_h cases ``sampled`` of N_h in the whole stratum. The rate is
    sum E / sum A. Otherwise as ``ratio_limits``, with A_h known. Where the domain has cases but
    the sample met none (a = 0 < A), E_h is anything from 0 to A_h in the likeliest caseload and
    shows in Z only: that the sample missed those cases must not be too improbable.
    """
    cells = domain_cells(errors, reviewed, domain_population, sampled, population)
    low, high = _limits(cells, lower_tail, upper_tail, delta)
    return _with_whole_cases(cells, low, high)


def _limits(
    cells: Cells, lower: float | None, upper: float | None, delta: float
) -> tuple[float, float]:
    low = 0.0 if lower is None else 1.0 - _upper(cells.mirrored().ordered(), lower, delta)
    high = 1.0 if upper is None else _upper(cells.ordered(), upper, delta)
    return min(low, high), high  # equal but for rounding, where everything is known


def _upper(cells: Cells, tail: float, delta: float) -> float:
    """Return the upper limit; what nothing is known of counts as errors."""
    if not cells.counts[1].any():
        return 1.0
    design, counts = cells.problem()
    return upper_limit(design, counts, tail=tail, delta=delta)


def _with_whole_cases(cells: Cells, low: float, high: float) -> tuple[float, float]:
    """Return limits between which the whole numbers of errors next to the estimate lie.

    Of a domain that was read nearly whole, a rate between two whole numbers of errors, or one of
    them alone, is no interval: the last case may still be an error.
    """
    design, counts = cells.problem()
    read = cells.counts[:2].sum()
    size = int(cells.sizes.sum())
    if not read or read == size:
        return low, high
    least, most = possible(design, counts)
    errors = min(max(estimate(design, counts), least), most) * size
    below, above = floor(errors + _ROUNDING), ceil(errors - _ROUNDING)
    if below == above and high - low < 1 / size:
        below, above = (
            (below, above + 1) if above + 1 <= most * size + _ROUNDING else (below - 1, above)
        )
    return min(low, below / size), max(high, above / size)
