"""Several demands at once: the fractional optimum, and whole numbers that meet them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampleaudit.formulas.bethel import demands, fractional_allocation, group_deviation
from sampleaudit.formulas.whole_demands import whole_demands


def made_up(seed, *, strata=3, largest=25):
    """Return the demands, costs and sizes of a random design."""
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 5))
    population = rng.integers(8, largest, strata)
    rates = rng.uniform(0.05, 0.5, (number, strata))
    deviation = np.sqrt(rates * (1 - rates) * population / (population - 1))
    deviation *= rng.random((number, strata)) < 0.8
    deviation[:, 0] = np.maximum(deviation[:, 0], 0.1)
    variance = (rng.uniform(0.05, 0.2, number) * population.sum()) ** 2
    costs = rng.integers(1, 4, strata) if seed % 2 else np.ones(strata, dtype=np.int64)
    return demands(population, deviation, variance), costs, population


def test_one_demand_is_cost_optimal_allocation():
    """Cochran (1977), eq. 5.24: n_h in proportion to N_h S_h / sqrt(c_h), the demand just met."""
    population = np.array([900, 400, 300])
    deviation = np.array([[0.3, 0.5, 0.2]])
    costs = np.array([4.0, 1.0, 9.0])
    a = demands(population, deviation, np.array([(0.03 * 1600) ** 2]))
    n, multipliers = fractional_allocation(a, costs, np.full(3, 0.1), population.astype(float))
    np.testing.assert_allclose(1.0, (a / n).sum(), rtol=1e-12)
    shares = population * deviation[0] / np.sqrt(costs)
    np.testing.assert_allclose(shares / shares.sum(), n / n.sum(), rtol=1e-10)
    np.testing.assert_allclose(costs @ n, multipliers[0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_the_conditions_of_karush_kuhn_and_tucker_hold(seed):
    """Every demand met, the cost equal to its lower bound from the multipliers."""
    a, costs, population = made_up(seed, strata=6, largest=200)
    low = np.full(6, 2.0)
    n, multipliers = fractional_allocation(a, costs.astype(float), low, population.astype(float))
    assert ((a / n).sum(axis=1) <= 1 + 1e-9).all()
    assert (multipliers >= 0).all()
    s = multipliers @ a
    best = np.clip(np.sqrt(s / costs), low, population)
    bound = (costs * best + s / best).sum() - multipliers.sum()
    np.testing.assert_allclose(costs @ n, bound, rtol=1e-8)


@pytest.mark.parametrize("seed", range(40))
def test_the_whole_numbers_are_the_cheapest_of_all(seed):
    """Every whole allocation of three strata is tried; the bound is the cost, so it is proved."""
    a, costs, population = made_up(seed)
    low = np.full(3, 2)
    n, multipliers = fractional_allocation(
        a, costs.astype(float), low.astype(float), population.astype(float)
    )
    found, bound = whole_demands(a, costs, low, population, n, multipliers)
    assert ((a / found).sum(axis=1) <= 1 + 1e-12).all()
    grid = np.array(list(product(*(range(2, size + 1) for size in population.tolist()))))
    met = (a[None] / grid[:, None, :]).sum(axis=2) <= 1 + 1e-12
    assert (grid[met.all(axis=1)] @ costs).min() == costs @ found
    assert bound == costs @ found


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whole_numbers_meet_every_demand_and_the_bound_is_below_them(seed):
    """Whatever the design."""
    a, costs, population = made_up(seed, strata=8, largest=120)
    low = np.full(8, 2)
    n, multipliers = fractional_allocation(
        a, costs.astype(float), low.astype(float), population.astype(float)
    )
    found, bound = whole_demands(a, costs, low, population, n, multipliers)
    assert ((a / found).sum(axis=1) <= 1 + 1e-12).all()
    assert (low <= found).all()
    assert (found <= population).all()
    assert costs @ n - 1e-6 <= bound <= costs @ found <= costs @ np.ceil(n)


def test_a_demand_that_the_minimum_meets_costs_nothing_more():
    """A wide demand: every stratum gives its minimum."""
    a = demands(np.array([50, 60]), np.array([[0.3, 0.4]]), np.array([1e6]))
    n, multipliers = fractional_allocation(
        a, np.ones(2), np.array([2.0, 2.0]), np.array([50.0, 60.0])
    )
    assert [2.0, 2.0] == n.tolist()
    assert [0.0] == multipliers.tolist()


def test_a_group_that_is_whole_strata_has_their_variance():
    """In its strata p (1 - p) N / (N - 1), in the others 0."""
    rates, population = np.array([0.1, 0.3, 0.2]), np.array([50, 40, 30])
    rate, deviation = group_deviation(rates, np.array([50.0, 40.0, 0.0]), population)
    np.testing.assert_allclose((50 * 0.1 + 40 * 0.3) / 90, rate)
    np.testing.assert_allclose(
        [0.09 * 50 / 49, 0.21 * 40 / 39, 0.0], deviation**2, rtol=1e-12, atol=1e-15
    )


def test_a_group_that_crosses_strata_has_the_variance_of_its_definition():
    """S_h of (error - R) over the group's cases and 0 over the others, case by case."""
    errors = [np.repeat([1.0, 0.0], [3, 9]), np.repeat([1.0, 0.0], [2, 4])]
    population = np.array([20, 9])
    rate, deviation = group_deviation(np.array([3 / 12, 2 / 6]), np.array([12.0, 6.0]), population)
    np.testing.assert_allclose(5 / 18, rate)
    for own, size, found in zip(errors, population, deviation, strict=True):
        values = np.concatenate([own - 5 / 18, np.zeros(size - len(own))])
        np.testing.assert_allclose(values.std(ddof=1), found, rtol=1e-12)
