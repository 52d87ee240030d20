"""The variance of a design, against loops over clusters and cases and over all samples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest

from sampleaudit.formulas.design import Design, covariance, variance
from sampleaudit.formulas.domains import divide, variances
from sampleaudit.formulas.survey import estimate_mean

# strata of clusters of cases; a case is its measure
Population = list[list[list[int]]]
SMALL: Population = [[[1, 0, 4], [2, 2], [0, 5, 1]], [[3, 1], [0, 0, 2], [6, 1]]]


def made_up(seed: int) -> tuple[Design, np.ndarray, np.ndarray]:
    """Return a two-stage design of four strata, influences in three columns, and three domains."""
    draws = np.random.default_rng(seed)
    clusters_in = [4, 1, 3, 2]
    strata, clusters, sizes = [], [], []
    for h, number in enumerate(clusters_in):
        for _ in range(number):
            read = int(draws.integers(1, 6))
            place = len(sizes)
            sizes.append(read + int(draws.integers(0, 4)))
            strata += [h] * read
            clusters += [place] * read
    order = draws.permutation(len(strata))
    design = Design(
        weights=draws.uniform(1, 9, len(strata)),
        strata=np.array(strata)[order],
        clusters=np.array(clusters)[order],
        population=np.array([9.0, 5.0, 3.0, np.inf]),
        cluster_population=np.array(sizes, dtype=float),
    )
    influence = draws.normal(size=(len(strata), 3))
    return design, influence, draws.integers(-1, 3, len(strata))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lonely", ["certainty", "adjust", "average"])
def test_the_variance_is_its_definition_written_as_a_loop(seed: int, lonely: str) -> None:
    design, influence, _ = made_up(seed)
    found = variance(design, influence, lonely=lonely)  # type: ignore[arg-type]
    for column, actual in zip(influence.T, found, strict=True):
        assert pytest.approx(by_loops(design, column, lonely), rel=1e-12) == actual


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lonely", ["certainty", "adjust", "average", "fail"])
def test_domains_in_one_pass_are_each_domain_alone(seed: int, lonely: str) -> None:
    """Outside a domain its influence is 0, and all clusters count."""
    design, influence, domain = made_up(seed)
    together = divide(design, domain, 3)
    found = variances(together, influence[domain >= 0, 0], lonely=lonely)  # type: ignore[arg-type]
    for place in range(3):
        own = np.where(domain == place, influence[:, 0], 0.0)
        alone = variance(design, own, lonely=lonely, inside=domain == place)  # type: ignore[arg-type]
        assert pytest.approx(alone[0], rel=1e-12, nan_ok=True) == found[place]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lonely", ["certainty", "adjust", "average"])
def test_covariances_are_those_of_sums_and_differences(seed: int, lonely: str) -> None:
    """cov(a, b) = (var(a + b) - var(a - b)) / 4."""
    design, influence, _ = made_up(seed)
    found = covariance(design, influence, lonely=lonely)  # type: ignore[arg-type]
    for i, j in product(range(3), range(3)):
        a, b = influence[:, i], influence[:, j]
        both = np.column_stack([a + b, a - b])
        plus, minus = variance(design, both, lonely=lonely)  # type: ignore[arg-type]
        assert pytest.approx((plus - minus) / 4, rel=1e-9, abs=1e-12) == found[i, j]


def test_over_all_samples_of_whole_clusters_total_and_variance_are_unbiased() -> None:
    """Every choice of two clusters of three in each stratum; in exact fractions."""
    samples = list(whole_clusters([2, 2]))
    check_unbiased(samples, [Fraction(1, len(samples))] * len(samples))


def test_over_all_samples_in_two_stages_total_and_variance_are_unbiased() -> None:
    """Two clusters of three, then two cases of each cluster, at their probabilities."""
    samples, chances = [], []
    for sample, chance in two_stages([2, 2], 2):
        samples.append(sample)
        chances.append(chance)
    assert 1 == sum(chances)
    check_unbiased(samples, chances)


Sample = list[tuple[int, int, list[int], int]]  # stratum, cluster, measures read, cases


def check_unbiased(samples: list[Sample], chances: list[Fraction]) -> None:
    truth = sum(case for stratum in SMALL for cluster in stratum for case in cluster)
    totals, estimated = [], []
    for sample in samples:
        value, se = estimate(sample)
        totals.append(Fraction(value).limit_denominator(10**6))
        estimated.append(se**2)
    assert truth == sum(c * t for c, t in zip(chances, totals, strict=True))
    true_variance = sum(c * (t - truth) ** 2 for c, t in zip(chances, totals, strict=True))
    expected = sum(float(c) * v for c, v in zip(chances, estimated, strict=True))
    assert pytest.approx(float(true_variance), rel=1e-12) == expected


def estimate(sample: Sample) -> tuple[float, float]:
    drawn = [sum(row[0] == h for row in sample) for h in range(len(SMALL))]
    strata, clusters, values, weights, sizes = [], [], [], [], []
    for place, (h, _, read, cases) in enumerate(sample):
        strata += [h] * len(read)
        clusters += [place] * len(read)
        values += read
        weights += [len(SMALL[h]) / drawn[h] * cases / len(read)] * len(read)
        sizes.append(float(cases))
    design = Design(
        np.array(weights), np.array(strata), np.array(clusters),
        np.array([float(len(stratum)) for stratum in SMALL]), np.array(sizes),
    )  # fmt: skip
    found = estimate_mean(
        divide(design), np.array(values, dtype=float), lonely="fail", statistic="total"
    )
    return float(found.value[0]), float(found.se[0])


def whole_clusters(sizes: list[int]) -> Iterator[Sample]:
    draws = [combinations(range(len(s)), n) for s, n in zip(SMALL, sizes, strict=True)]
    for drawn in product(*draws):
        yield [
            (h, i, SMALL[h][i], len(SMALL[h][i])) for h, chosen in enumerate(drawn) for i in chosen
        ]


def two_stages(sizes: list[int], read: int) -> Iterator[tuple[Sample, Fraction]]:
    firsts = list(whole_clusters(sizes))
    for first in firsts:
        within = [list(combinations(cases, min(read, len(cases)))) for _, _, cases, _ in first]
        chance = Fraction(1, len(firsts))
        for _, _, cases, _ in first:
            chance /= comb(len(cases), min(read, len(cases)))
        for chosen in product(*within):
            sample = [
                (h, i, list(taken), number)
                for (h, i, _, number), taken in zip(first, chosen, strict=True)
            ]
            yield sample, chance


def by_loops(design: Design, influence: np.ndarray, lonely: str) -> float:
    """Return the variance as the formula at the top of ``formulas.design`` says it."""
    assert design.cluster_population is not None
    first, second, strata_known, clusters_known = 0.0, 0.0, 0, 0
    strata = sorted(set(design.strata.tolist()))
    clusters = sorted(set(design.clusters.tolist()))
    open_clusters = 0
    for h in strata:
        own = sorted(set(design.clusters[design.strata == h].tolist()))
        n, N = len(own), design.population[h]
        f = n / N
        z = [influence[design.clusters == i].sum() for i in own]
        if n == 1 and f < 1:
            if lonely == "adjust":
                first += (1 - f) * (z[0] - influence.sum() / len(clusters)) ** 2
        else:
            strata_known += 1
            if n > 1:
                mean = sum(z) / n
                first += (1 - f) * n / (n - 1) * sum((each - mean) ** 2 for each in z)
        for i in own:
            u = influence[design.clusters == i]
            m, M = len(u), design.cluster_population[i]
            if f * (1 - m / M) == 0:
                continue
            open_clusters += 1
            if m == 1:
                if lonely == "adjust":
                    second += f * (1 - m / M) * (u[0] - influence.mean()) ** 2
                continue
            clusters_known += 1
            second += f * (1 - m / M) * m / (m - 1) * sum((each - u.mean()) ** 2 for each in u)
    if lonely == "average":
        first *= len(strata) / strata_known
        if open_clusters > clusters_known:
            second *= open_clusters / clusters_known if clusters_known else np.nan
    return first + second
