"""Rates and totals of a stratified sample by Taylor linearisation.

The habit of survey statistics, and what R's survey package computes: an estimate, its standard
error, its design effect and its degrees of freedom. A standard error is not an interval that
holds: where errors are rare the limits built from it fail (see ``textbook``).

Symbols, per stratum h: N_h cases in the register, n_h of them reviewed (drawn at random without
replacement), a_h of those in the domain and applicable, e_h of those in error; w_h = N_h / n_h.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LinearEstimate:
    """Linearised estimates, an array each with the leading axes of the counts (or one number).

    ``rate`` and ``se`` are shares of 1, ``total`` and ``se_total`` erroneous cases in the
    register, ``applicable_total`` applicable cases in the register, ``deff`` the variance of
    the rate over that of a simple random sample of as many applicable cases, ``df`` degrees of
    freedom, ``cases`` the reviewed cases of the domain, applicable or not. What the sample
    cannot tell is nan.
    """

    rate: Floats
    se: Floats
    total: Floats
    se_total: Floats
    applicable_total: Floats
    deff: Floats
    df: Counts
    cases: Counts


def linear_rate(
    errors: ArrayLike,
    applicable: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    domain: ArrayLike | None = None,
) -> LinearEstimate:
    """Estimate error rate and total of a caseload, or of a domain, from counts per stratum.

    The last axis of every argument is the stratum; leading axes (indicators, groups) broadcast.
    ``domain`` counts the reviewed cases of the domain, applicable or not (all reviewed, if not
    given); it only sets the degrees of freedom. A stratum with population 0 takes no part.

    R = sum w e / sum w a;  var R = sum N^2 (1 - n/N) s^2 / n / (sum w a)^2,  s^2 the variance
    over the n cases of e_i - R a_i, 0 outside the domain (the combined ratio, Cochran 1977,
    sections 6.11 and 5A.14). R's survey 4.5: svymean where all cases apply, else svyratio, or
    svymean(na.rm = TRUE); on domains svyby. Approximate: the sample must be large.

    A census stratum has no variance, nor has one where no case of the domain was read. nan: all
    where a stratum is unread; se and deff where one case of several was read; rate if none applies.
    """
    e, a, n, N = (np.asarray(each, float) for each in (errors, applicable, reviewed, population))
    d = n if domain is None else np.asarray(domain, float)
    e, a, n, N, d = np.broadcast_arrays(e, a, n, N, d)

    weight_base = np.where(n > 0, n, 1.0)
    present = N > 0
    unread = np.any(present & (n == 0), axis=-1)
    lonely = np.any((N > 1) & (n == 1) & (d > 0), axis=-1)

    # e N / n and not e (N / n): whole numbers are multiplied first, so that a sum of rates of 1
    # is exactly 1
    error_total = _known(np.sum(e * N / weight_base, axis=-1), ~unread)
    applicable_total = _known(np.sum(a * N / weight_base, axis=-1), ~unread)
    rate = _ratio(error_total, applicable_total)

    estimable = ~(unread | lonely)
    spread = _spread_of_totals(n, N)
    variance = _ratio(
        np.sum(spread * _residual_variance(e, a, n, rate[..., np.newaxis]), axis=-1),
        applicable_total**2,
    )
    variance_of_total = np.sum(spread * _residual_variance(e, n, n, np.zeros(1)), axis=-1)
    se = _known(np.sqrt(variance), estimable)
    applicable_read = np.sum(np.where(present, a, 0), axis=-1)
    deff = _design_effect(rate, se, applicable_read, applicable_total)
    cases = np.where(present, d, 0).astype(np.int64)
    return LinearEstimate(
        rate=rate[()],
        se=se[()],
        total=error_total[()],
        se_total=_known(np.sqrt(variance_of_total), estimable)[()],
        applicable_total=applicable_total[()],
        deff=deff[()],
        df=np.sum(cases, axis=-1) - np.sum(cases > 0, axis=-1),
        cases=np.sum(cases, axis=-1),
    )


def _design_effect(rate: Floats, se: Floats, a: Floats, A: Floats) -> Floats:
    """Return var R over R (1 - R) (A - a) / (A (a - 1)), a applicable reviewed of A estimated.

    The denominator is the estimated variance of a simple random sample of a from A without
    replacement: R's ``svymean(deff = TRUE)``. nan where it is 0 (a census, no error, all errors).
    """
    return _ratio(se**2 * (a - 1), _ratio(rate * (1 - rate) * (A - a), A))


def _spread_of_totals(n: Floats, N: Floats) -> Floats:
    """Return N^2 (1 - n/N) / n: the variance of N times a mean, per unit variance of one case."""
    return np.where(n > 0, N * (N - n) / np.where(n > 0, n, 1.0), 0.0)


def _residual_variance(e: Floats, a: Floats, n: Floats, R: Floats) -> Floats:
    """Return the sample variance of e cases at 1 - R, a - e at -R and n - a at 0.

    As the sum of squared differences between pairs, over n (n - 1): it cannot come out negative,
    and is 0, not a rounding residue, where all cases are alike.
    """
    pairs = e * (a - e) + e * (n - a) * (1 - R) ** 2 + (a - e) * (n - a) * R**2
    return np.where(n > 1, pairs / np.where(n > 1, n * (n - 1), 1.0), 0.0)


def _known(values: Floats, where: NDArray[np.bool_]) -> Floats:
    return np.where(where, values, np.nan)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, nan where the denominator is 0."""
    fits = denominator != 0
    return np.where(fits, numerator / np.where(fits, denominator, 1.0), np.nan)
