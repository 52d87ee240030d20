"""The rescaled bootstrap for finite populations: replicate weights by resampling clusters.

In one stage the clusters of a stratum are drawn anew with replacement and the weights shrunk to
the finite population (Rao and Wu 1988, Journal of the American Statistical Association 83:231;
as weights: Rao, Wu and Yue 1992, Survey Methodology 18:209). In two stages halves of the clusters,
and of the cases of a cluster, are drawn without replacement (Preston 2009, Survey Methodology
35:227; R's survey 4.5, ``as.svrepdesign(type = "mrbbootstrap")``).

Symbols as in ``design``; t or delta say how often a unit was drawn, k of how many draws.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.design import Design, Stages, stages_of
from sampleaudit.formulas.replicates import Replicates

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def bootstrap(design: Design, *, replicates: int, seed: int) -> Replicates:
    """Return ``replicates`` sets of bootstrap weights, the same for the same ``seed``.

    The mean squared deviation of a linear statistic over all possible resamples is the variance
    of ``design.variance`` with "certainty": a stratum of which one cluster of several was drawn,
    and a cluster of which one case was read, add nothing, so the caller refuses them. More
    replicates from the same seed start with the fewer. Chance is PCG64's raw numbers, which numpy
    keeps the same in all versions.
    """
    stages = stages_of(design)

    def weights_of(replicate: int) -> Floats:
        bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(replicate,)))
        if stages.within is None:
            chance = _uniform(bits, int(np.maximum(stages.drawn - 1, 0).sum()))
            return design.weights * one_stage_factors(design, times_drawn(stages, chance))
        clusters = _uniform(bits, stages.stratum.size)
        cases = _uniform(bits, design.weights.size)
        return design.weights * two_stage_factors(
            design,
            halves(stages.stratum, clusters, whole=_census_strata(stages)),
            halves(design.clusters, cases, whole=_census_clusters(stages)),
        )

    return Replicates(np.full(replicates, 1 / replicates), weights_of)


def times_drawn(stages: Stages, chance: Floats) -> Ints:
    """Return how often each cluster comes in n_h - 1 draws with replacement from its stratum.

    ``chance``: one number in [0, 1) a draw, stratum by stratum.
    """
    n = stages.drawn.astype(np.intp)
    draws = np.maximum(n - 1, 0)
    stratum = np.repeat(np.arange(n.size), draws)
    first = np.cumsum(n) - n
    by_stratum = np.argsort(stages.stratum, kind="stable")
    place = first[stratum] + (chance * n[stratum]).astype(np.intp)
    return np.asarray(np.bincount(by_stratum[place], minlength=stages.stratum.size))


def one_stage_factors(design: Design, times: NDArray[np.integer]) -> Floats:
    """Return 1 - l + l (n / k) t for every case: k = n - 1 draws, l = sqrt(k (1 - f) / (n - 1)).

    With k = n - 1, l is sqrt(1 - f) and no weight is negative (Rao, Wu and Yue 1992). ``times``:
    how often each cluster was drawn. 1 where the stratum has one cluster, or is a census.
    """
    stages = stages_of(design)
    n = stages.drawn[stages.stratum]
    draws = np.maximum(n - 1, 1)
    shrink = np.sqrt(_unread(stages)[stages.stratum] * (n > 1))
    return np.asarray((1 - shrink + shrink * n / draws * times)[design.clusters])


def two_stage_factors(
    design: Design, clusters: NDArray[np.integer], cases: NDArray[np.integer]
) -> Floats:
    """Return Preston's factor for every case, from the halves that were drawn (1) or not (0).

    1 - l1 + l1 (n/k) d1 - l2 sqrt(n/k) d1 + l2 sqrt(n/k) (m/j) d1 d2, l1 = sqrt(k (1 - f)/(n - k)),
    l2 = sqrt(j f (1 - g)/(m - j)): k of n clusters and j of m cases kept, d1 and d2 whether this
    one was (Preston 2009, equation 3.1 for two stages). Where nearly all clusters of the register
    were drawn a factor can be slightly negative.
    """
    stages = stages_of(design)
    whole = _census_strata(stages)[stages.stratum]
    n = stages.drawn[stages.stratum]
    k = np.where(whole | (n == 1), n, n // 2)
    first = np.sqrt(k * _unread(stages)[stages.stratum] / np.where(n > k, n - k, np.inf))
    m = stages.read
    j = np.where(_census_clusters(stages) | (m == 1), m, m // 2)
    # within is f (1 - g) m / (m - 1)
    unread = np.zeros(m.size) if stages.within is None else stages.within * (m - 1) / m
    second = np.sqrt(j * unread / np.where(m > j, m - j, np.inf)) * np.sqrt(n / k)
    d1 = clusters.astype(float)
    by_cluster = 1 - first + first * n / k * d1 - second * d1
    return np.asarray(by_cluster[design.clusters] + (second * d1 * m / j)[design.clusters] * cases)


def halves(group: Ints, chance: Floats, *, whole: NDArray[np.bool_]) -> Ints:
    """Return 1 for half of the members of each group, rounded down, those of least ``chance``.

    All members of a ``whole`` group, and the only member of one, are drawn.
    """
    size = np.bincount(group, minlength=whole.size)
    order = np.lexsort((chance, group))
    rank = np.empty(group.size, dtype=np.intp)
    rank[order] = np.arange(group.size) - (np.cumsum(size) - size)[group[order]]
    kept = np.where(whole | (size == 1), size, size // 2)
    return np.asarray(rank < kept[group], dtype=np.intp)


def _unread(stages: Stages) -> Floats:
    """Return 1 - f by stratum, 0 for a census."""
    n = stages.drawn
    return np.asarray(stages.between * np.where(n > 1, (n - 1) / n, 1.0))


def _census_strata(stages: Stages) -> NDArray[np.bool_]:
    return np.asarray(stages.between == 0)


def _census_clusters(stages: Stages) -> NDArray[np.bool_]:
    if stages.within is None:
        return np.ones(stages.read.size, dtype=np.bool_)
    return np.asarray(stages.within == 0)


def _uniform(bits: np.random.PCG64, number: int) -> Floats:
    """Return numbers in [0, 1) from the upper 53 bits of the generator's raw output."""
    return np.asarray((bits.random_raw(number) >> np.uint64(11)) * 2.0**-53)
