"""Limits of a rate with a random denominator that hold with the stated probability at least.

Symbols as in `ratio`; B_h = A_h - E_h are the correct cases. Small designs are gone through whole
(`ratio_enumerated`). For all others the limits follow from proved limits of whole numbers of cases
(`guaranteed`); which procedure is used depends on the sizes of the strata alone.

*Unknown number of applicable cases.* E and B are totals of the whole strata, of which e_h and b_h
were found among n_h of N_h. If E <= U_E and B >= L_B, each but for half the tail, then
R = E / (E + B) <= U_E / (U_E + L_B) but for the tail (Bonferroni), and E <= N - c - L_B besides,
c the others that were found.

*Domain of known size A_h.* How many of its cases are read, a_h, says nothing of the errors. Given
a_h, the e_h are hypergeometric(A_h, E_h; a_h): the domain is a caseload of known size of which a_h
were drawn, and limits that hold given the a_h hold altogether (Holt and Smith 1979 argue for
conditioning so). Where the sample may well miss a domain cell, all of its cases would be open. Such
a cell, by its sizes alone, is left unconditional: e_h is hypergeometric(N_h, E_h; n_h) too.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from sampleaudit.formulas.guaranteed import guaranteed_limits
from sampleaudit.formulas.ratio_cells import Cells, Counts, domain_cells, ratio_cells
from sampleaudit.formulas.ratio_enumerated import enumerated_upper, is_enumerable

Guarantee = Literal["enumerated", "proved"]

_MISSED: Final = 0.01  # probability that a cell is missed, above which it is not conditioned on


def guaranteed_ratio_limits(
    errors: ArrayLike,
    applicable: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[float, float, Guarantee]:
    """Return limits of errors over applicable cases, and how their guarantee is known.

    One entry per stratum; limits are shares of 1, tails as in `ratio.ratio_limits`. They hold
    together with probability 1 - lower_tail - upper_tail at least, in every caseload in which the
    duty applies to some case. A census stratum counts as it is. One of which no case was read
    counts as errors above and as correct below.
    """
    cells = ratio_cells(errors, applicable, reviewed, population)
    if is_enumerable(cells.reviewed, cells.population, None):
        return *_enumerated(cells, lower_tail, upper_tail), "enumerated"
    low, lower_known = _pair(cells.mirrored(), lower_tail)
    high, upper_known = _pair(cells, upper_tail)
    known: Guarantee = "enumerated" if "enumerated" in (lower_known, upper_known) else "proved"
    return 1 - low, high, known


def guaranteed_domain_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    domain_population: ArrayLike,
    sampled: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[float, float, Guarantee]:
    """Return limits of the error rate of a domain of known size, and how their guarantee is known.

    One entry per stratum, as in `ratio.domain_limits`; otherwise as `guaranteed_ratio_limits`.
    """
    cells = domain_cells(errors, reviewed, domain_population, sampled, population)
    if is_enumerable(cells.reviewed, cells.population, cells.sizes):
        return *_enumerated(cells, lower_tail, upper_tail), "enumerated"
    (e, b), n, N, A = cells.counts, cells.reviewed, cells.population, cells.sizes
    given = _is_surely_met(n, N, A)
    low, high, known = guaranteed_limits(
        e,
        np.where(given, e + b, n),
        np.where(given, A, N),
        lower_tail=lower_tail,
        upper_tail=upper_tail,
    )
    size = int(A.sum())
    low, high = max(low, int(e.sum())), min(high, size - int(b.sum()))
    return (
        low / size if lower_tail else 0.0,
        high / size if upper_tail else 1.0,
        known,
    )


def _enumerated(
    cells: Cells, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float]:
    low = 1 - enumerated_upper(cells.mirrored(), tail=lower_tail) if lower_tail else 0.0
    high = enumerated_upper(cells, tail=upper_tail) if upper_tail else 1.0
    return min(low, high), high


def _pair(cells: Cells, tail: float | None) -> tuple[float, Guarantee]:
    """Return the upper limit from an upper limit of the errors and a lower one of the correct."""
    if not tail:
        return 1.0, "proved"
    e, b, c = cells.counts
    n, N = cells.reviewed, cells.population
    _, most, errors_known = guaranteed_limits(e, n, N, lower_tail=None, upper_tail=tail / 2)
    least, _, correct_known = guaranteed_limits(b, n, N, lower_tail=tail / 2, upper_tail=None)
    most = min(most, int(N.sum() - c.sum()) - least)
    known: Guarantee = "enumerated" if "enumerated" in (errors_known, correct_known) else "proved"
    return (most / (most + least) if most + least else 1.0), known


def _is_surely_met(n: Counts, N: Counts, A: Counts) -> NDArray[np.bool_]:
    """Tell which cells a sample misses with hardly any probability, C(N - A, n) / C(N, n)."""
    rest = (N - A - n).astype(np.float64)
    logs = (
        gammaln(N - A + 1.0)
        + gammaln(N - n + 1.0)
        - gammaln(np.maximum(rest, 0) + 1)
        - gammaln(N + 1.0)
    )
    met: NDArray[np.bool_] = (rest < 0) | (logs <= np.log(_MISSED))
    return met
