"""Rates standardised to another mix of cases, and how sure they are.

Domain d has N_dg cases of kind g in the register, and in stratum h of them N_dgh, n_dgh reviewed.
The standardised rate is what the domain would have with the caseload's mix of kinds, W_g = N_g / N,
and its own rates of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

_PRIOR: Final = 0.25  # errors, and correct cases, added to each cell where its own rate is used

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StandardisedRate:
    """A rate and its standard error, shares of 1, and the cases read that it is worth."""

    rate: float
    se: float
    effective: float


def direct_rate(
    errors: IntArray,
    applicable: IntArray,
    reviewed: IntArray,
    population: IntArray,
    mix: FloatArray,
    *,
    finite: bool,
) -> StandardisedRate:
    """Standardise a domain's rate directly; arrays of shape (kinds, strata), ``mix`` by kind.

    R = sum_g W_g sum_h (N_dgh / N_dg) e_dgh / n_dgh, over the same with the applicable a_dgh
    (Fleiss, Levin and Paik 2003, section 19.3, with strata). Its variance is that of a domain with
    rate R in every cell, R (1 - R) / n*, 1 / n* = sum (1 - n/N) u^2 / a with u the share of the
    cell in the weighted denominator (Kish 1965): the within-cell variances of a few cases say too
    little, and cells that differ mostly make the true variance smaller. Not where the errors are in
    cells of which few cases were read: so the effective size is n*, or where that is less
    r (1 - r) / sum (1 - n/N) u^2 p (1 - p) / a, p = (e + c) / (a + 2 c) with c = `_PRIOR` and r
    the mean of p by u. Without ``finite`` the correction 1 - n/N is left out. nan where a kind that
    is in the mix has no case reviewed.
    """
    wanted = mix > 0
    read = (reviewed > 0) & (population > 0)
    covered = np.where(read, population, 0).sum(axis=1)
    if (covered[wanted] == 0).any():
        return StandardisedRate(float("nan"), float("nan"), 0.0)
    share = np.where(read, population, 0) / np.where(covered > 0, covered, 1)[:, None]
    weights = mix[:, None] * share / np.where(read, reviewed, 1)
    denominator = float((weights * applicable).sum())
    if not denominator:
        return StandardisedRate(float("nan"), float("nan"), 0.0)
    rate = float((weights * errors).sum()) / denominator
    left = 1 - reviewed / np.where(population > 0, population, 1) if finite else 1.0
    each = left * (weights / denominator) ** 2 * applicable
    spread = float(each.sum())
    if spread <= 0:
        return StandardisedRate(rate, 0.0, float("inf"))
    own = (errors + _PRIOR) / (applicable + 2 * _PRIOR)
    mean = float((weights * applicable * own).sum()) / denominator
    own_spread = float((each * own * (1 - own)).sum())
    effective = min(1 / spread, mean * (1 - mean) / own_spread)
    return StandardisedRate(rate, (rate * (1 - rate) * spread) ** 0.5, effective)


def effective_limits(rate: float, effective: float, *, tail: float) -> tuple[float, float]:
    """Return Clopper-Pearson limits for ``effective`` cases, of which rate x effective are errors.

    Korn and Graubard (1998), Survey Methodology 24, with the effective size of `direct_rate`.
    """
    x, n = rate * effective, effective
    low = float(betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    high = float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    return low, high
