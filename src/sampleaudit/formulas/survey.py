"""Means, totals and ratios of a sample of clusters or cases, for many domains in one pass.

What R's survey package computes: ``svymean``, ``svytotal``, ``svyratio`` and ``svyby`` of each.
How an influence becomes a variance is in ``design``.

Symbols: w_i the weight of case i, y_i and x_i its measures; sums go over the cases of the domain
in which they are known; W = sum w, n = the number of those cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.design import Bools, Floats, Lonely
from sampleaudit.formulas.domains import Domains, variances

Ints = NDArray[np.intp]
Statistic = Literal["mean", "total"]


@dataclass(frozen=True, slots=True)
class SurveyEstimate:
    """One statistic in every domain: arrays with an entry for each.

    ``value`` and ``se`` are in the unit of the measure (a share of 1 for a mean of 0 and 1), or
    of the ratio; ``used`` the cases that the measure applies to, ``weight`` their weights' sum;
    ``variance`` is that of the total (of the residuals, for a ratio), ``simple`` what it would be
    in a simple random sample of ``used`` cases with replacement. What the sample cannot tell is
    nan.
    """

    value: Floats
    se: Floats
    used: Ints
    weight: Floats
    variance: Floats
    simple: Floats

    @property
    def deff(self) -> Floats:
        """The design effect against drawing without replacement (R's ``deff = TRUE``)."""
        return _ratio(self.variance, _ratio(self.simple * (self.weight - self.used), self.weight))

    @property
    def deff_replace(self) -> Floats:
        """The design effect against drawing with replacement (R's ``deff = "replace"``)."""
        return _ratio(self.variance, self.simple)


def estimate_mean(
    domains: Domains, values: Floats, *, lonely: Lonely, statistic: Statistic = "mean"
) -> SurveyEstimate:
    """Estimate the mean or the total of a measure; ``values`` has an entry for every reviewed case.

    nan stands for "does not apply", and leaves the case out of both. R = sum w y / W, influence
    w (y - R) / W; Y = sum w y, influence w y (Sarndal, Swensson and Wretman 1992, 5.7.1 and 2.8.1).
    R's survey 4.5: ``svymean`` and ``svytotal`` with ``na.rm = TRUE``. A mean is approximate: the
    sample must be large; a total is unbiased.
    """
    y, weights, used = _known(domains, values)
    weight = domains.weight if used is None else domains.sums(weights)
    # arrays of the length of the sample are used again: new ones cost more than the arithmetic
    influence = weights * y
    total = domains.sums(influence)
    mean = _ratio(total, weight)
    residual = domains.less(y, np.where(weight > 0, mean, 0.0))
    if statistic == "total":
        value, scale = total, np.ones_like(weight)
        spread = domains.sums(weights * residual * residual)
    else:
        value, scale = mean, weight
        np.multiply(weights, residual, out=influence)
        residual *= influence
        spread = domains.sums(residual)
    variance = variances(domains, influence, lonely=lonely, used=used)
    return _estimate(domains, value, variance, spread, weight, scale, used)


def estimate_ratio(
    domains: Domains, numerator: Floats, denominator: Floats, *, lonely: Lonely
) -> SurveyEstimate:
    """Estimate the ratio of two totals; nan in either leaves the case out.

    R = sum w y / sum w x, influence w (y - R x) / sum w x (Cochran 1977, section 6.11; Sarndal,
    Swensson and Wretman 1992, 5.6). R's survey 4.5: ``svyratio``. nan where the denominator is 0.
    The design effect is that of the total of the residuals y - R x.
    """
    y, weights, used = _known(domains, numerator + 0 * denominator)
    x = np.nan_to_num(domains.take(denominator)) if used is not None else domains.take(denominator)
    weight = domains.sums(weights)
    below = domains.sums(weights * x)
    value = _ratio(domains.sums(weights * y), below)
    residual = y - domains.spread(np.nan_to_num(value)) * x
    influence = weights * residual
    centred = residual - domains.spread(np.nan_to_num(_ratio(domains.sums(influence), weight)))
    spread = domains.sums(weights * centred * centred)
    variance = variances(domains, influence, lonely=lonely, used=used)
    return _estimate(domains, value, variance, spread, weight, below, used)


def mean_influence(domains: Domains, values: Floats, *, statistic: Statistic = "mean") -> Floats:
    """Return for every reviewed case its influence on the estimate of its own domain.

    0 for a case in no domain, and in a domain of which nothing is known.
    """
    y, weights, _ = _known(domains, values)
    if statistic == "total":
        return _for_all(domains, weights * y)
    weight = domains.sums(weights)
    mean = np.nan_to_num(_ratio(domains.sums(weights * y), weight))
    share = np.nan_to_num(_ratio(np.ones_like(weight), weight))
    return _for_all(domains, weights * (y - domains.spread(mean)) * domains.spread(share))


def ratio_influence(domains: Domains, numerator: Floats, denominator: Floats) -> Floats:
    """Return for every reviewed case its influence on the ratio of its own domain."""
    y, weights, _ = _known(domains, numerator + 0 * denominator)
    x = np.nan_to_num(domains.take(denominator))
    below = domains.sums(weights * x)
    value = np.nan_to_num(_ratio(domains.sums(weights * y), below))
    share = np.nan_to_num(_ratio(np.ones_like(below), below))
    return _for_all(domains, weights * (y - domains.spread(value) * x) * domains.spread(share))


def _known(domains: Domains, values: Floats) -> tuple[Floats, Floats, Bools | None]:
    """Return the measure with 0 where it is not known, the weights so too, and where it is."""
    y, weights = domains.take(values), domains.weights
    if not np.isnan(y.sum()):  # quicker than to look at each
        return y, weights, None
    missing = np.isnan(y)
    return np.where(missing, 0.0, y), np.where(missing, 0.0, weights), ~missing


def _estimate(
    domains: Domains,
    value: Floats,
    variance: Floats,
    spread: Floats,
    weight: Floats,
    scale: Floats,
    used: Bools | None,
) -> SurveyEstimate:
    """Return the estimate: ``variance`` and ``spread`` are before division by ``scale`` squared.

    ``spread`` is sum w (y - R)^2. The variance of a simple random sample is W^2 s^2 / n, without
    replacement times 1 - n / W, with s^2 = spread / W n / (n - 1).
    """
    number = domains.cases if used is None else domains.sums(used.astype(float))
    known = (domains.cases > 0) & np.isfinite(value)
    variance = np.where(known, variance, np.nan)
    return SurveyEstimate(
        value=np.where(known, value, np.nan),
        se=_ratio(np.sqrt(variance), np.abs(scale)),
        used=number.astype(np.intp),
        weight=weight,
        variance=variance,
        simple=_ratio(spread * weight, number - 1),
    )


def _for_all(domains: Domains, influence: Floats) -> Floats:
    if domains.rows is None:
        return influence
    everywhere = np.zeros(domains.design.weights.size)
    everywhere[domains.rows] = influence
    return everywhere


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, nan where the denominator is 0."""
    fits = denominator != 0
    return np.where(fits, numerator / np.where(fits, denominator, 1.0), np.nan)
