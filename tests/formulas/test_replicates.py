"""Replicate variances are the formula's where the statistic is linear, by proof and enumeration."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import prod

import numpy as np
import pytest

from sampleaudit.formulas.design import Design, covariance, stages_of, variance
from sampleaudit.formulas.replicate_bootstrap import (
    bootstrap,
    halves,
    one_stage_factors,
    times_drawn,
    two_stage_factors,
)
from sampleaudit.formulas.replicates import (
    jackknife,
    percentile_limits,
    replicate_covariance,
    t_limits,
)

GOLDEN_RAW = 7059406205449988773
"""The first raw number of numpy's PCG64 from SeedSequence(2026, spawn_key=(0,))."""
LONELY = ["certainty", "adjust", "average"]


def one_stage(population: list[float], drawn: list[int], seed: int = 1) -> Design:
    """Return a made-up design of cases, in an order that is not that of the strata."""
    chance = np.random.default_rng(seed)
    strata = chance.permutation(np.repeat(np.arange(len(drawn)), drawn))
    weights = (np.array(population) / drawn)[strata]
    weights = np.where(np.isinf(weights), 3.0, weights)
    return Design(weights, strata, np.arange(len(strata)), np.array(population, float))


def two_stages() -> Design:
    """Return a made-up design: a census stratum, one with replacement, a cluster read whole."""
    chance = np.random.default_rng(2)
    read = [2, 3, 2, 4, 3, 2, 2, 3]
    sizes = [5, 3, 6, 9, 7, 2, 8, 4]
    strata = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    clusters = np.repeat(np.arange(8), read)
    order = chance.permutation(len(clusters))
    return Design(
        chance.uniform(1, 9, len(clusters)),
        strata[clusters][order],
        clusters[order],
        np.array([7.0, 2.0, np.inf]),
        np.array(sizes, float),
    )


DESIGNS = [
    pytest.param(one_stage([10, 2, 9], [3, 2, 4]), id="cases, one stratum a census"),
    pytest.param(one_stage([np.inf, 8], [3, 4]), id="cases, one stratum with replacement"),
    pytest.param(two_stages(), id="two stages"),
    pytest.param(replace(two_stages(), cluster_population=None), id="clusters"),
]
LONELY_DESIGN = one_stage([10, 5, 9, 1], [3, 1, 4, 1])
LONELY_CLUSTERS = Design(
    np.array([3, 4, 5, 6, 7, 8, 9, 2.0]),
    np.array([0, 0, 0, 0, 1, 1, 2, 2]),
    np.array([0, 0, 1, 2, 3, 3, 4, 5]),
    np.array([6, 4, 7.0]),
    np.array([5, 3, 1, 6, 4, 4.0]),
)


def measures(design: Design) -> np.ndarray:
    return np.random.default_rng(5).normal(3, 2, (len(design.weights), 2))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_jackknife_of_totals_is_the_formula(design):
    """To rounding: variance and covariance of two totals."""
    y = measures(design)
    replicates = jackknife(design, lonely="fail")
    values = [w @ y for w in replicates]
    found = replicate_covariance(values, replicates.scales, centre=design.weights @ y)
    expected = covariance(design, design.weights[:, None] * y, lonely="fail")
    np.testing.assert_allclose(expected, found, rtol=1e-11)


@pytest.mark.parametrize("lonely", LONELY)
@pytest.mark.parametrize(
    "design",
    [
        pytest.param(LONELY_DESIGN, id="a stratum of one case, beside a census of one"),
        pytest.param(LONELY_CLUSTERS, id="a stratum of one cluster, and clusters of one case"),
    ],
)
def test_the_jackknife_has_the_formulas_rules_for_lonely_strata(design, lonely):
    y = measures(design)
    replicates = jackknife(design, lonely=lonely)
    values = [w @ y for w in replicates]
    found = replicate_covariance(values, replicates.scales, centre=design.weights @ y)
    expected = covariance(design, design.weights[:, None] * y, lonely=lonely)
    np.testing.assert_allclose(expected, found, rtol=1e-11)


@pytest.mark.parametrize("design", [LONELY_DESIGN, LONELY_CLUSTERS])
def test_a_lonely_stratum_that_may_not_be_gives_nan(design):
    y = measures(design)
    replicates = jackknife(design, lonely="fail")
    values = [w @ y for w in replicates]
    found = replicate_covariance(values, replicates.scales, centre=design.weights @ y)
    assert np.isnan(found).all()


def test_the_jackknife_of_a_ratio_is_its_definition():
    """Leave out case after case, weigh the rest of its stratum up, compute the ratio anew."""
    design = one_stage([10, 2, 9], [3, 2, 4])
    y, x = measures(design).T
    w = design.weights
    full = (w @ y) / (w @ x)
    expected = 0.0
    for case in range(len(w)):
        stratum = design.strata[case]
        n = int((design.strata == stratum).sum())
        f = n / design.population[stratum]
        if f == 1:
            continue
        rest = [
            (0.0 if other == case else w[other] * n / (n - 1))
            if design.strata[other] == stratum
            else w[other]
            for other in range(len(w))
        ]
        moved = np.dot(rest, y) / np.dot(rest, x) - full
        expected += (1 - f) * (n - 1) / n * moved**2
    replicates = jackknife(design, lonely="fail")
    assert 7 == len(replicates)  # none for the census stratum
    values = [[(w @ y) / (w @ x)] for w in replicates]
    found = replicate_covariance(values, replicates.scales, centre=[full])
    assert pytest.approx(expected, rel=1e-12) == found[0, 0]


def test_a_census_needs_no_replicates():
    census = one_stage([3, 2], [3, 2])
    assert 0 == len(jackknife(census, lonely="fail"))
    (weights,) = bootstrap(census, replicates=1, seed=1)
    assert [1.0] * 5 == weights.tolist()


@pytest.mark.parametrize(
    "design", [DESIGNS[0], DESIGNS[1], pytest.param(LONELY_DESIGN, id="a lonely stratum")]
)
def test_the_bootstrap_of_totals_is_the_formula_over_all_draws(design):
    """Every ordered draw of n - 1 of the n cases of each stratum, all equally likely."""
    y = measures(design)
    members = [np.flatnonzero(design.strata == h) for h in range(len(design.population))]
    draws = [list(product(each, repeat=len(each) - 1)) for each in members]
    mean, spread = np.zeros(2), np.zeros((2, 2))
    estimate = design.weights @ y
    for drawn in product(*draws):
        times = np.zeros(len(design.weights), dtype=np.intp)
        for each in drawn:
            np.add.at(times, np.array(each, dtype=np.intp), 1)
        factors = one_stage_factors(design, times)
        assert factors.min() >= 0
        moved = (design.weights * factors) @ y - estimate
        mean, spread = mean + moved, spread + np.outer(moved, moved)
    number = prod(len(each) for each in draws)
    np.testing.assert_allclose(mean / number, 0, atol=1e-11)
    expected = covariance(design, design.weights[:, None] * y, lonely="certainty")
    np.testing.assert_allclose(expected, spread / number, rtol=1e-10)


def test_the_bootstrap_in_two_stages_is_the_formula_over_all_halves():
    """Every half of the clusters with every half of the cases of each cluster."""
    design = replace(
        two_stages(),
        **{
            name: getattr(two_stages(), name)[two_stages().strata != 2]
            for name in ("weights", "strata", "clusters")
        },
        population=np.array([7.0, 2.0]),
        cluster_population=two_stages().cluster_population[:6],
    )
    stages = stages_of(design)
    y = measures(design)
    whole_strata, whole_clusters = stages.between == 0, stages.within == 0
    kept_clusters = every_half(stages.stratum, whole_strata)
    kept_cases = every_half(design.clusters, whole_clusters)
    mean, spread = np.zeros(2), np.zeros((2, 2))
    estimate = design.weights @ y
    for clusters in kept_clusters:
        for cases in kept_cases:
            moved = (design.weights * two_stage_factors(design, clusters, cases)) @ y - estimate
            mean, spread = mean + moved, spread + np.outer(moved, moved)
    number = len(kept_clusters) * len(kept_cases)
    np.testing.assert_allclose(mean / number, 0, atol=1e-11)
    expected = covariance(design, design.weights[:, None] * y, lonely="fail")
    np.testing.assert_allclose(expected, spread / number, rtol=1e-10)


def every_half(group: np.ndarray, whole: np.ndarray) -> list[np.ndarray]:
    """Return all ways of keeping half of each group, rounded down, or all of a whole one."""
    members = [np.flatnonzero(group == each) for each in range(len(whole))]
    ways = [
        list(combinations(each, len(each) if all_of_it else len(each) // 2))
        for each, all_of_it in zip(members, whole, strict=True)
    ]
    found = []
    for chosen in product(*ways):
        kept = np.zeros(len(group), dtype=np.intp)
        kept[[place for each in chosen for place in each]] = 1
        found.append(kept)
    return found


def test_a_grid_of_chances_makes_every_draw_equally_often():
    """Two of three cases with replacement: nine ordered draws."""
    design = one_stage([7, 5], [3, 1])
    stages = stages_of(design)
    grid = [(i + 0.5) / 3 for i in range(3)]
    draws = Counter(
        tuple(times_drawn(stages, np.array(chance))) for chance in product(grid, repeat=2)
    )
    assert 9 == draws.total()
    inside = np.flatnonzero(design.strata == 0)
    for times, often in draws.items():
        counts = [times[case] for case in inside]
        assert 2 == sum(counts) == sum(times)
        assert Fraction(2 if 1 in counts else 1) == often


def test_halves_keep_those_of_least_chance():
    group = np.array([1, 0, 0, 1, 1, 2, 3, 3])
    chance = np.array([0.3, 0.2, 0.1, 0.5, 0.4, 0.9, 0.7, 0.8])
    whole = np.array([False, False, False, True])
    assert [1, 0, 1, 0, 0, 1, 1, 1] == halves(group, chance, whole=whole).tolist()


@pytest.mark.parametrize("design", DESIGNS)
def test_bootstrap_weights_depend_on_the_seed_alone(design):
    """The same seed gives the same weights, and more replicates start with the fewer."""
    few = list(bootstrap(design, replicates=3, seed=8))
    many = list(bootstrap(design, replicates=5, seed=8))
    other = list(bootstrap(design, replicates=3, seed=9))
    np.testing.assert_array_equal(few, many[:3])
    assert not np.array_equal(few, other)
    assert not np.array_equal(few[0], few[1])


def test_bootstrap_weights_of_a_seed_stay_the_same():
    """The draw of seed 2026 by hand: the raw numbers of numpy's PCG64, and floor(chance n)."""
    design = one_stage([12, 20], [3, 4])
    bits = np.random.PCG64(np.random.SeedSequence(2026, spawn_key=(0,)))
    raw = [int(bits.random_raw()) for _ in range(2 + 3)]
    assert GOLDEN_RAW == raw[0]
    expected = design.weights.copy()
    for stratum, n, draws in ((0, 3, raw[:2]), (1, 4, raw[2:])):
        members = np.flatnonzero(design.strata == stratum)
        chosen = Counter(members[n * (number >> 11) // 2**53] for number in draws)
        shrink = np.sqrt(1 - n / design.population[stratum])
        for case in members:
            expected[case] *= 1 - shrink + shrink * n / (n - 1) * chosen[case]
    (weights,) = bootstrap(design, replicates=1, seed=2026)
    np.testing.assert_allclose(expected, weights, rtol=1e-14)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_bootstrap_tends_to_the_formula(design):
    """2,000 replicates: four standard errors of a variance are at most 4 sqrt(2 / 2000) of it."""
    y = measures(design)
    replicates = bootstrap(design, replicates=2000, seed=1)
    values = [w @ y for w in replicates]
    found = replicate_covariance(values, replicates.scales, centre=design.weights @ y)
    expected = variance(design, design.weights[:, None] * y, lonely="fail")
    # a bounded statistic has lighter tails than the normal one of the bound
    np.testing.assert_allclose(expected, np.diag(found), rtol=4 * np.sqrt(2 / 2000))


def test_percentile_limits_are_order_statistics():
    """Of 19 replicates, 5 % lie below the first and 10 % below the second: rank (R + 1) p."""
    values = np.arange(19.0)[::-1]
    assert (0, 18) == percentile_limits(values, lower_tail=0.05, upper_tail=0.05)
    assert (1, 17) == percentile_limits(values, lower_tail=0.10, upper_tail=0.10)
    assert (0, 18) == percentile_limits(values, lower_tail=0.01, upper_tail=0.01)
    assert (-np.inf, 17) == percentile_limits(values, lower_tail=None, upper_tail=0.10)


def test_t_limits_are_students():
    """Student's t at 5 degrees of freedom and .025 is 2.5706 (any table)."""
    low, high = t_limits([10, 20], [1, 2], 5, lower_tail=0.025, upper_tail=0.025)
    np.testing.assert_allclose([10 - 2.5706, 20 - 5.1412], low, atol=1e-4)
    np.testing.assert_allclose([10 + 2.5706, 20 + 5.1412], high, atol=1e-4)
    low, high = t_limits(10, 1, 0, lower_tail=0.025, upper_tail=None)
    assert np.isnan(low)
    assert np.inf == high
