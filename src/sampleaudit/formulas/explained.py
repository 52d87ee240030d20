"""How much of the variance of an error is between groups of cases, and how much of that is noise.

Case i has the weight w_i and y_i = 1 for an error; groups g have shares W_g of the weight and rates
p_g, p overall. The share explained is sum W_g (p_g - p)^2 / [p (1 - p)]. A sample of the same size
stratified by the groups, in proportion, has a variance smaller by that share (Cochran 1977, section
5.6): so many cases could be saved. In a sample chance alone makes groups differ, the more groups
the more; what it makes is found by dealing the cases out to the groups at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chndtr

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_LARGEST: Final = 1e6  # noncentrality: beyond it everything is explained
_TIE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Explained:
    """Shares of the variance: found, by chance alone, and what is left; limits and p-value.

    ``net`` is (found - chance) / (1 - chance), which is 0 on average where groups do not differ and
    may be below it.
    """

    found: float
    chance: float
    net: float
    low: float
    high: float
    p_value: float


def explained_share(
    errors: FloatArray,
    weights: FloatArray,
    groups: IntArray,
    *,
    level: float,
    deals: int,
    seed: int,
) -> Explained:
    """Return the share explained by ``groups`` (numbered from 0, none empty), two or more.

    The p-value is that of a permutation test with ``deals`` deals. The limits invert the noncentral
    chi-square distribution of found x df / chance (df = groups - 1), whose noncentrality is the
    true share x df / chance (Steiger 2004, Psychological Methods 9:164, for one-way designs;
    Pearson's chi-square in a table of two columns is n times this share). Expects some errors, and
    some cases without.
    """
    found = float(_shares(errors, weights, groups[None])[0])
    rng = np.random.default_rng(seed)
    dealt = np.stack([rng.permutation(groups) for _ in range(deals)])
    by_chance = _shares(errors, weights, dealt)
    chance = float(by_chance.mean())
    df = int(groups.max())
    scale = df / chance
    low, high = (
        _noncentrality(found * scale, df, tail) / scale
        for tail in ((1 + level) / 2, (1 - level) / 2)
    )
    return Explained(
        found=found,
        chance=chance,
        net=(found - chance) / (1 - chance),
        low=min(low, 1.0),
        high=min(high, 1.0),
        p_value=(1 + int((by_chance >= found - _TIE).sum())) / (deals + 1),
    )


def _shares(errors: FloatArray, weights: FloatArray, groups: IntArray) -> FloatArray:
    """Return the share explained by each row of group numbers."""
    total = float(weights.sum())
    p = float((weights * errors).sum()) / total
    number = int(groups.max()) + 1
    rows = np.arange(len(groups))[:, None] * number
    cells = (rows + groups).ravel()
    size = len(groups) * number
    weight = np.bincount(cells, np.tile(weights, len(groups)), minlength=size)
    wrong = np.bincount(cells, np.tile(weights * errors, len(groups)), minlength=size)
    rates = wrong / np.maximum(weight, _TIE)
    between = (weight / total * (rates - p) ** 2).reshape(-1, number).sum(axis=1)
    result: FloatArray = between / (p * (1 - p))
    return result


def _noncentrality(value: float, df: int, probability: float) -> float:
    """Return the noncentrality at which P(chi-square <= value) is this; 0 where even 0 is less."""

    def above(noncentrality: float) -> float:
        return float(chndtr(value, df, noncentrality)) - probability

    if above(0.0) <= 0:
        return 0.0
    most = max(4 * value, 40.0)
    while above(most) > 0 and most < _LARGEST:
        most *= 2
    return float(brentq(above, 0.0, most)) if above(most) < 0 else _LARGEST
