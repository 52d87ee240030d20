"""Confidence limits the field is used to, for comparison; never the library's default.

They take a design-based rate and its standard error for normal, logistic or binomial. Where
errors are rare, or a stratum has none, that fails: at a nominal 95 % some caseloads are covered
less than half of the time. Only ``wright_sidak_limits`` holds its level, and it is wide.

``rate`` and the limits are shares of 1, ``se`` is the standard error of the rate, ``df`` its
degrees of freedom; numbers or arrays. ``lower_tail`` and ``upper_tail`` are the error
probabilities allowed beyond each limit: (1 - level) / 2 each for a two-sided interval, 1 - level
on one side and None on the other for a one-sided one. None leaves its side unlimited (0, or 1).
A limit that the formula does not give is nan. Where the standard error is 0 at a rate between
0 and 1, ``wald_limits`` and ``logit_limits`` have no width, as in R: only the caller knows
whether that is a census.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sampleaudit.formulas.hypergeometric import total_limits

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]


def effective_size(rate: ArrayLike, se: ArrayLike) -> Floats:
    """Return the size of the binomial sample with this standard error: R (1 - R) / se^2.

    (Kish 1965, section 8.2.) inf where the standard error is 0: a census, but also strata that
    were each found all wrong or all right. nan where the rate is 0 or 1, for then the standard
    error is 0 whatever the sample.
    """
    rate, se = _floats(rate, se)
    product = rate * (1 - rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(product > 0, product / se**2, np.nan)[()]


def wald_limits(
    rate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    """Return R -+ t_df se, as it comes: below 0 or above 1 too.

    Source: any textbook, as Cochran (1977), sections 2.8 and 5.4; R's survey 4.5:
    ``confint(svymean(), df = degf())`` and ``svyciprop(method = "mean")``. A rate of 0 has se 0
    and gets an interval without width: that is the formula's fault, and is not hidden here.
    """
    rate, se, df = _floats(rate, se, df)
    low = np.zeros_like(rate) if lower_tail is None else rate - _t(lower_tail, df) * se
    high = np.ones_like(rate) if upper_tail is None else rate + _t(upper_tail, df) * se
    return low[()], high[()]


def logit_limits(
    rate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    """Return the Wald limits of log(R / (1 - R)), turned back into rates.

    expit(logit R -+ t_df se / (R (1 - R))): the standard error by the delta method (R's survey
    4.5, ``svyciprop(method = "xlogit")``; ``"logit"`` fits the same by iteration). nan at a rate
    of 0 or 1.
    """
    rate, se, df = _floats(rate, se, df)
    inside = (rate > 0) & (rate < 1)
    p = np.where(inside, rate, np.nan)
    centre, slope = special.logit(p), se / (p * (1 - p))
    low, high = wald_limits(centre, slope, df, lower_tail=lower_tail, upper_tail=upper_tail)
    return (
        np.zeros_like(rate)[()] if lower_tail is None else special.expit(low),
        np.ones_like(rate)[()] if upper_tail is None else special.expit(high),
    )


def wilson_limits(
    rate: ArrayLike,
    effective: ArrayLike,
    *,
    df: ArrayLike = np.inf,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    """Return the score limits of a binomial rate from ``effective`` cases.

    The two R' with |R - R'| = t sqrt(R' (1 - R') / n), t the quantile with ``df`` degrees of
    freedom (Wilson 1927 with the normal quantile, df = inf). R's survey 4.5
    (``svyciprop(method = "wilson")``) has n = R (1 - R) / se^2 and df of the design. At a rate of
    0 or 1 R gives nan; here n = the cases reviewed may be passed. nan, as in R, where n is inf:
    an interval without width would pass a lucky sample off as a census.
    """
    rate, effective, df = _floats(rate, effective, df)
    effective = np.where(np.isfinite(effective), effective, np.nan)
    low, high = np.zeros_like(rate), np.ones_like(rate)
    # at a rate of 0 (1) the formula gives 0 (1) but for a rounding residue
    if lower_tail is not None:
        low = np.where(rate == 0, 0.0, _wilson(rate, effective, lower_tail, df, sign=-1))
    if upper_tail is not None:
        high = np.where(rate == 1, 1.0, _wilson(rate, effective, upper_tail, df, sign=1))
    return low[()], high[()]


def korn_graubard_limits(
    rate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    cases: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    """Return Clopper-Pearson limits of a binomial rate from an effective number of cases.

    n* = R (1 - R) / se^2 (t_{cases-1} / t_df)^2, x* = n* R; the lower limit is the tail's quantile
    of Beta(x*, n* - x* + 1), the upper one of Beta(x* + 1, n* - x*) (Korn and Graubard 1998,
    Survey Methodology 24:193). R's survey 4.5, ``svyciprop(method = "beta")``, where ``cases``
    are all reviewed cases of the domain, applicable or not, and n* may exceed them. At a rate of
    0 or 1, where R gives nan, n* = ``cases``. nan where se is 0 at another rate.
    """
    return _korn_graubard(rate, se, df, cases, np.inf, lower_tail, upper_tail)


def korn_graubard_capped_limits(
    rate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    cases: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    """Return Korn-Graubard limits with n* no larger than ``cases``.

    The cap of the US National Center for Health Statistics' standards for proportions (Parker
    et al. 2017, Vital and Health Statistics 2(175)): the design is never credited with more
    information than the cases that were read.
    """
    return _korn_graubard(rate, se, df, cases, np.asarray(cases, float), lower_tail, upper_tail)


def wright_sidak_limits(
    errors: ArrayLike,
    reviewed: ArrayLike,
    population: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int]:
    """Return limits of the total errors of a caseload in strata: the strata's exact limits added.

    With H strata read in part, each gets the exact hypergeometric limit at 1 - (1 - tail)^(1/H),
    so that all hold together with probability 1 - tail (Wright 1991, Exact Confidence Bounds when
    Sampling from Small Finite Universes; Sidak 1967). A census stratum adds its errors, an unread
    one between nothing and all its cases. Coverage is never below the level; with several strata
    the interval is much too wide. One entry per stratum; totals are whole numbers of cases.
    """
    counts = np.atleast_1d(errors, reviewed, population)
    strata = list(zip(*(each.tolist() for each in counts), strict=True))
    partial = sum(0 < n < N for _, n, N in strata)
    lower, upper = (_sidak(tail, partial) for tail in (lower_tail, upper_tail))
    low = high = 0
    for x, n, N in strata:
        at_least, at_most = x, N - n + x
        if 0 < n < N:
            at_least, at_most = total_limits(x, n, N, lower_tail=lower, upper_tail=upper)
        low += int(at_least)
        high += int(at_most)
    return low, high


def _korn_graubard(
    rate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    cases: ArrayLike,
    cap: ArrayLike,
    lower_tail: float | None,
    upper_tail: float | None,
) -> Limits:
    rate, se, df, cases = _floats(rate, se, df, cases)
    extreme = (rate == 0) | (rate == 1)

    def size(tail: float) -> Floats:
        adjusted = effective_size(rate, se) * (_t(tail, cases - 1) / _t(tail, df)) ** 2
        return np.where(extreme, cases, np.minimum(adjusted, cap))

    low, high = np.zeros_like(rate), np.ones_like(rate)
    if lower_tail is not None:
        n = size(lower_tail)
        low = np.where(rate == 0, 0.0, _beta(lower_tail, n * rate, n * (1 - rate) + 1))
    if upper_tail is not None:
        n = size(upper_tail)
        high = np.where(rate == 1, 1.0, _beta(1 - upper_tail, n * rate + 1, n * (1 - rate)))
    return low[()], high[()]


def _wilson(rate: Floats, n: Floats, tail: float, df: Floats, *, sign: int) -> Floats:
    t = _t(tail, df)
    inverse = t**2 / n
    width = t * np.sqrt(rate * (1 - rate) / n + inverse / (4 * n))
    return (rate + inverse / 2 + sign * width) / (1 + inverse)


def _sidak(tail: float | None, strata: int) -> float | None:
    # 1 - (1 - tail)^(1/strata) without the cancellation
    return None if tail is None or strata == 0 else float(-np.expm1(np.log1p(-tail) / strata))


def _t(tail: float, df: Floats) -> Floats:
    """Return the point that Student's t exceeds with probability ``tail``; nan for df <= 0."""
    finite = np.where(np.isinf(df), 1.0, df)
    student = -special.stdtrit(np.where(finite > 0, finite, np.nan), tail)
    return np.where(np.isinf(df), -special.ndtri(tail), student)


def _beta(probability: float, a: Floats, b: Floats) -> Floats:
    """Return the quantile of Beta(a, b); nan where a parameter is 0, infinite or nan."""
    fits = np.isfinite(a) & np.isfinite(b) & (a > 0) & (b > 0)
    a, b = np.where(fits, a, 1.0), np.where(fits, b, 1.0)
    return np.where(fits, special.betaincinv(a, b, probability), np.nan)


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(each, float) for each in values)))
