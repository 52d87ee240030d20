"""Rates standardised to another mix of cases, and how sure they are.

Domain d has N_dg cases of kind g in the register, and in stratum h of them N_dgh, n_dgh reviewed.
The standardised rate is what the domain would have with the caseload's mix of kinds, W_g = N_g / N,
and its own rates of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

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
    little, and cells that differ make the true variance smaller. Without ``finite`` the correction
    1 - n/N is left out. nan where a kind that is in the mix has no case reviewed.
    """
    wanted = mix > 0
    own = population.sum(axis=1)
    read = (reviewed > 0) & (population > 0)
    covered = np.where(read, population, 0).sum(axis=1)
    if (covered[wanted] == 0).any():
        return StandardisedRate(float("nan"), float("nan"), 0.0)
    share = np.where(read, population, 0) / np.where(covered > 0, covered, 1)[:, None]
    weights = mix[:, None] * share / np.where(read, reviewed, 1)
    denominator = float((weights * applicable).sum())
    if not denominator or not own.any():
        return StandardisedRate(float("nan"), float("nan"), 0.0)
    rate = float((weights * errors).sum()) / denominator
    left = 1 - reviewed / np.where(population > 0, population, 1) if finite else 1.0
    spread = float((left * (weights / denominator) ** 2 * applicable).sum())
    if spread <= 0:
        return StandardisedRate(rate, 0.0, float("inf"))
    effective = 1 / spread
    return StandardisedRate(rate, (rate * (1 - rate) / effective) ** 0.5, effective)


def effective_limits(rate: float, effective: float, *, tail: float) -> tuple[float, float]:
    """Return Clopper-Pearson limits for ``effective`` cases, of which rate x effective are errors.

    Korn and Graubard (1998), Survey Methodology 24, with the effective size of `direct_rate`.
    """
    x, n = rate * effective, effective
    low = float(betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    high = float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    return low, high
