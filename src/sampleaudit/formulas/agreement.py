"""How far two readings of the same cases agree, and what readings that err do to a rate.

Notation: a table p of shares, p[k, l] the share of cases that the first reading puts into category
k and the second into l, of n cases read twice, in q categories. p_k. and p.l are its margins, and
pi_k = (p_k. + p.k) / 2. Observed agreement is pa = sum p[k, k]; agreement beyond chance is
(pa - pe) / (1 - pe), where pe is what chance alone would give:

- Cohen's kappa (Cohen 1960): pe = sum p_k. p.k;
- Gwet's AC1 (Gwet 2008): pe = sum pi_k (1 - pi_k) / (q - 1).

Where nearly all cases fall into one category, as with rare errors, kappa can be near 0 although the
readings agree in almost every case (Feinstein and Cicchetti 1990); AC1 is not so affected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient of agreement: 1 is full agreement, 0 what chance gives; limits and se."""

    value: float
    se: float
    low: float
    high: float


def cohen_kappa(counts: ArrayLike, *, level: float) -> Coefficient:
    """Return Cohen's kappa of a square table of counts, with limits kappa -+ t se, df n - 1.

    The variance is that of Fleiss, Cohen and Everitt (1969), equation 13; t is as in irrCAC for R
    (Gwet 2014, *Handbook of Inter-Rater Reliability*). The upper limit is at most 1. nan where the
    readings leave chance no room (one category only); limits are nan where all agree, for the
    formula then has no width although n is limited.
    """
    p, n = _shares(counts)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    pa, pe = float(np.trace(p)), float(rows @ columns)
    if n < 1 or math.isclose(pe, 1.0):
        return Coefficient(math.nan, math.nan, math.nan, math.nan)
    kappa = (pa - pe) / (1 - pe)
    middle = (rows + columns) / 2
    cross = (columns[:, np.newaxis] + rows[np.newaxis, :]) / 2  # (p.k + p_l.) / 2
    spread = (
        pa * (1 - pa)
        - 4 * (1 - kappa) * (float(np.diag(p) @ middle) - pa * pe)
        + 4 * (1 - kappa) ** 2 * (float((p * cross**2).sum()) - pe**2)
    )
    return _with_limits(kappa, spread, pe, n, level)


def gwet_ac1(counts: ArrayLike, *, level: float) -> Coefficient:
    """Return Gwet's AC1 of a square table of counts, with limits AC1 -+ t se, df n - 1.

    All categories of the table count in q, those that never occur too. Variance: Gwet (2008), *Br J
    Math Stat Psychol* 61:29-48, section 5; t as in irrCAC. The upper limit is at most 1; limits are
    nan where all agree, for the formula then has no width although n is limited.
    """
    p, n = _shares(counts)
    q = len(p)
    middle = (p.sum(axis=1) + p.sum(axis=0)) / 2
    pa = float(np.trace(p))
    if n < 1 or q < 2:
        return Coefficient(math.nan, math.nan, math.nan, math.nan)
    pe = float((middle * (1 - middle)).sum()) / (q - 1)
    ac1 = (pa - pe) / (1 - pe)
    apart = 1 - (middle[:, np.newaxis] + middle[np.newaxis, :]) / 2
    spread = (
        pa * (1 - pa)
        - 4 * (1 - ac1) * (float(np.diag(p) @ (1 - middle)) / (q - 1) - pa * pe)
        + 4 * (1 - ac1) ** 2 * (float((p * apart**2).sum()) / (q - 1) ** 2 - pe**2)
    )
    return _with_limits(ac1, spread, pe, n, level)


def binomial_limits(count: int, size: int, *, level: float) -> tuple[float, float]:
    """Return the two-sided limits of Clopper and Pearson (1934) for a share of 1.

    0 and 1 if ``size`` is 0. They cover with at least ``level`` for draws with replacement, and so,
    wider than need be, for draws without.
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(special.betaincinv(count, size - count + 1, tail))
    high = 1.0 if count == size else float(special.betaincinv(count + 1, size - count, 1 - tail))
    return low, high


def true_rate(found: float, sensitivity: float, specificity: float) -> float:
    """Return the rate that gives the rate ``found`` when readers err: a share of 1, not cut off.

    (found + Sp - 1) / (Se + Sp - 1): Rogan and Gladen (1978), *Am J Epidemiol* 107:71-76.
    ``sensitivity`` Se is the share of errors that readers call errors, ``specificity`` Sp that of
    correct cases that they call correct. nan where Se + Sp <= 1: such readings say nothing.
    """
    scale = sensitivity + specificity - 1
    return math.nan if scale <= 0 else (found + specificity - 1) / scale


def worst_rates(
    low: float, high: float, sensitivity: tuple[float, float], specificity: tuple[float, float]
) -> tuple[float, float]:
    """Return the least and the largest true rate in a box of found rates, Se and Sp.

    A true rate R is found as Se R + (1 - Sp)(1 - R), which rises in Se and falls in Sp. So R can be
    found between ``low`` and ``high`` only if that is at most ``high`` at the least Se and largest
    Sp, and at least ``low`` at the largest Se and least Sp; both are linear in R. The limits are
    `true_rate` in these two corners, cut off at 0 and 1, or 0 and 1 where Se + Sp <= 1 in one.
    """
    upper = true_rate(high, sensitivity[0], specificity[1])
    lower = true_rate(low, sensitivity[1], specificity[0])
    least = 0.0 if math.isnan(lower) else min(max(lower, 0.0), 1.0)
    most = 1.0 if math.isnan(upper) else min(max(upper, 0.0), 1.0)
    return least, most


def exact_p(
    errors: ArrayLike, size: ArrayLike, all_errors: ArrayLike, all_size: ArrayLike
) -> float:
    """Return the two-sided p-value that a group is a random part of the cases of each stratum.

    In stratum h the group has ``size`` of ``all_size`` cases and ``errors`` of ``all_errors``
    errors. If it is a random part, its errors are the sum of independent hypergeometric counts;
    p is the probability of all sums no more probable than the one found: Fisher's exact test
    (1935) with one stratum, Birch's (1964) with several. 1 for a group without cases.
    """
    errors, size, all_errors, all_size = (
        np.atleast_1d(np.asarray(each, dtype=np.int64))
        for each in (errors, size, all_errors, all_size)
    )
    law = np.ones(1)
    for population, marked, drawn in zip(all_size, all_errors, size, strict=True):
        if not population:
            continue
        counts = np.arange(min(marked, drawn) + 1)
        law = np.convolve(law, stats.hypergeom.pmf(counts, population, marked, drawn))
    found = law[int(errors.sum())]
    return float(min(1.0, law[law <= found * (1 + 1e-7)].sum()))


def _shares(counts: ArrayLike) -> tuple[Floats, int]:
    table = np.asarray(counts, dtype=np.float64)
    n = int(table.sum())
    return (table / n if n else table), n


def _with_limits(value: float, spread: float, pe: float, n: int, level: float) -> Coefficient:
    """Return the coefficient with limits; ``spread`` is n (1 - pe)^2 times its variance."""
    if n < 2 or spread <= 1e-12:  # all agree, but for rounding: the formula has no width
        return Coefficient(value, math.nan, math.nan, math.nan)
    se = math.sqrt(spread / n) / (1 - pe)
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * se
    return Coefficient(value, se, max(value - reach, -1.0), min(value + reach, 1.0))
