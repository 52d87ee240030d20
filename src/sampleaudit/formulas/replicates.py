"""Replicate weights: the variance of any statistic of weighted cases, without a formula for it.

The statistic is computed anew under each of a set of slightly changed weights; how far it moves is
its variance. Here the jackknife, in ``replicate_bootstrap`` the rescaled bootstrap. For a statistic
that is linear in the weights both agree with the formula of ``design``: the jackknife exactly, the
bootstrap in expectation over its draws.

Symbols as in ``design``: in stratum h, n_h of N_h clusters were drawn, f_h = n_h / N_h; in cluster
i, m_i of M_i cases were read, g_i = m_i / M_i; w the weights of the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sampleaudit.formulas.design import Design, Lonely, stages_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replicates:
    """Sets of changed weights, made one at a time when iterated, and how much each counts.

    ``scales`` has the factor of each replicate's squared deviation in the variance.
    """

    scales: Floats
    weights_of: Callable[[int], Floats]

    def __len__(self) -> int:
        """Return the number of replicates."""
        return len(self.scales)

    def __iter__(self) -> Iterator[Floats]:
        """Yield the weights of each replicate."""
        return map(self.weights_of, range(len(self.scales)))


def jackknife(design: Design, *, lonely: Lonely) -> Replicates:
    """Return the stratified jackknife: each replicate leaves out one cluster, or one case.

    Leaving out cluster i of stratum h multiplies the weights of the others there by
    n_h / (n_h - 1); its squared deviation counts (1 - f_h) (n_h - 1) / n_h (Wolter 2007, section
    4.5; R's survey 4.5, ``as.svrepdesign(type = "JKn")``, "JK1" with one stratum). Where cases
    were drawn within clusters, leaving out case j of cluster i multiplies the others of the
    cluster by m_i / (m_i - 1) and counts f_h (1 - g_i) (m_i - 1) / m_i; R drops this part.

    A census stratum needs no replicates. A lonely stratum has one cluster of several: "certainty"
    adds nothing; "adjust" moves its weight by w (1 - 1/C) and all others by -w / C, C the
    clusters, counting 1 - f_h; "average" scales the rest up to all strata; "fail" gives nan. All
    as in ``design.variance``; R's jackknife has other rules for "adjust" and "average".
    """
    stages = stages_of(design)
    clusters, w = design.clusters, design.weights
    n = stages.drawn[stages.stratum]
    alone = stages.lonely[stages.stratum]
    between = np.where(alone, 0.0, stages.between[stages.stratum])
    if lonely == "adjust":
        between = np.where(alone, stages.between[stages.stratum], between)
    # between is (1 - f) n / (n - 1), the count (1 - f) (n - 1) / n; both 1 - f for one cluster
    count = between * np.where(alone, 1.0, ((n - 1) / n) ** 2)
    left_out = np.flatnonzero(count)
    count *= _scaled_up(stages.drawn.size, int(stages.lonely.sum()), lonely)
    within, cases_left_out = _second_stage(design, lonely)

    def weights_of(replicate: int) -> Floats:
        changed = w.copy()
        if replicate >= left_out.size:
            case = cases_left_out[replicate - left_out.size]
            alike = clusters == clusters[case]
            size = stages.read[clusters[case]]
            if size == 1:
                changed -= w / w.size
                changed[case] += w[case]
                return changed
            changed[alike] *= size / (size - 1)
            changed[case] = 0.0
            return changed
        cluster = left_out[replicate]
        if alone[cluster]:
            changed -= w / stages.stratum.size
            changed[clusters == cluster] += w[clusters == cluster]
            return changed
        changed[design.strata == stages.stratum[cluster]] *= n[cluster] / (n[cluster] - 1)
        changed[clusters == cluster] = 0.0
        return changed

    return Replicates(np.concatenate([count[left_out], within[cases_left_out]]), weights_of)


def replicate_covariance(values: ArrayLike, scales: ArrayLike, *, centre: ArrayLike) -> Floats:
    """Return sum_r c_r (theta_r - centre)(theta_r - centre)', of shape (statistics, statistics).

    ``values`` has a row of statistics per replicate. ``centre`` is the statistic under the
    sample's own weights (R's ``mse = TRUE``; never too small for want of symmetry), or the mean
    of the replicates (R's ``mse = FALSE``). nan in a replicate gives nan.
    """
    deviation = np.asarray(values, float) - np.asarray(centre, float)
    return np.asarray((deviation * np.asarray(scales, float)[:, np.newaxis]).T @ deviation)


def percentile_limits(
    values: ArrayLike, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[Floats, Floats]:
    """Return the points that the share ``lower_tail`` of the replicates lie below, and the upper.

    Interpolated between order statistics at rank (R + 1) p, at most the extreme ones (Efron and
    Tibshirani 1993, section 13.3). ``values`` has a row per replicate, all counting alike. None
    leaves a side unlimited (infinite).
    """
    table = np.asarray(values, float)
    low = np.full(table.shape[1:], -np.inf)
    high = np.full(table.shape[1:], np.inf)
    if lower_tail is not None:
        low = np.quantile(table, lower_tail, axis=0, method="weibull")
    if upper_tail is not None:
        high = np.quantile(table, 1 - upper_tail, axis=0, method="weibull")
    return low, high


def t_limits(
    estimate: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[Floats, Floats]:
    """Return theta -+ t_df se; None leaves a side unlimited, nan for df of 0 or less."""
    theta, error, freedom = (np.asarray(each, float) for each in (estimate, se, df))
    freedom = np.where(freedom > 0, freedom, np.nan)
    low, high = np.full(theta.shape, -np.inf), np.full(theta.shape, np.inf)
    if lower_tail is not None:
        low = theta + special.stdtrit(freedom, lower_tail) * error
    if upper_tail is not None:
        high = theta - special.stdtrit(freedom, upper_tail) * error
    return low, high


def _second_stage(design: Design, lonely: Lonely) -> tuple[Floats, NDArray[np.intp]]:
    """Return what leaving out each case counts, f (1 - g) (m - 1) / m, and those that count."""
    stages = stages_of(design)
    if stages.within is None:
        return np.zeros(design.weights.size), np.zeros(0, dtype=np.intp)
    m = stages.read
    count = stages.within * np.where(m > 1, ((m - 1) / m) ** 2, 1.0)
    if lonely != "adjust":
        count = np.where(stages.single, 0.0, count)
    counted = stages.within > 0
    up = _scaled_up(int(counted.sum()), int((stages.single & counted).sum()), lonely)
    by_case = count[design.clusters]
    return by_case * up, np.flatnonzero(by_case)


def _scaled_up(number: int, alone: int, lonely: Lonely) -> float:
    """Return what the rest counts for those with one unit of several; nan where unknown."""
    if not alone or lonely in ("certainty", "adjust"):
        return 1.0
    if lonely == "fail" or number == alone:
        return np.nan
    return number / (number - alone)
