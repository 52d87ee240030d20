"""The smallest variance that a budget buys: against every whole allocation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sampleaudit.formulas.cost_allocation import best_for_budget


@pytest.mark.parametrize("seed", range(80))
def test_no_allocation_within_the_budget_has_a_smaller_variance(seed):
    """Every allocation of three strata is tried, with random costs, bounds and budgets."""
    rng = np.random.default_rng(seed)
    variance = rng.uniform(0.1, 30, 3)
    costs = rng.integers(1, 9, 3)
    low = rng.integers(1, 3, 3)
    high = low + rng.integers(0, 9, 3)
    budget = int(rng.integers(costs @ low, costs @ high + 1))
    found = best_for_budget(variance, costs, budget, low, high)
    assert costs @ found <= budget
    spans = (range(a, b + 1) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    best = min(
        (variance / np.array(n)).sum() for n in product(*spans) if costs @ np.array(n) <= budget
    )
    assert (variance / found).sum() <= best * (1 + 1e-8)


def test_a_budget_for_everything_buys_everything():
    """10 and 20 cases at 3 and 4."""
    found = best_for_budget(
        np.array([1.0, 2.0]), np.array([3, 4]), 110, np.array([1, 1]), np.array([10, 20])
    )
    assert [10, 20] == found.tolist()


def test_a_budget_for_the_minimum_buys_the_minimum():
    """2 and 2 cases at 3 and 4 cost 14, and there is nothing over."""
    found = best_for_budget(
        np.array([1.0, 2.0]), np.array([3, 4]), 14, np.array([2, 2]), np.array([10, 20])
    )
    assert [2, 2] == found.tolist()


def test_many_strata_and_costs_in_cents_stay_within_the_budget():
    """60 strata: hardly anything of the budget is left, and the variance is near its bound."""
    rng = np.random.default_rng(60)
    variance = (rng.integers(50, 3000, 60) * rng.uniform(0.1, 0.5, 60)) ** 2
    costs = rng.integers(800, 3000, 60)
    low, high = np.full(60, 2), np.full(60, 3000)
    budget = 60 * 400 * 100
    found = best_for_budget(variance, costs, budget, low, high)
    assert 0 <= budget - costs @ found < costs.min()
    ideal = np.sqrt(variance / costs) * budget / np.sqrt(variance * costs).sum()
    assert (variance / found).sum() <= 1.005 * (variance / ideal).sum()
