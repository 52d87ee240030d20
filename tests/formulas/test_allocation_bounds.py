"""Minimum and maximum per stratum: still the best of all whole allocations."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sampleaudit.formulas.allocation import variance_weights, whole_allocation
from sampleaudit.formulas.power_allocation import power_weights


@pytest.mark.parametrize("seed", range(20))
def test_with_minimum_and_maximum_the_variance_is_the_smallest_of_all(seed):
    """Every allocation of a small design within the bounds is tried."""
    rng = np.random.default_rng(seed)
    population = rng.integers(5, 12, size=3)
    low = rng.integers(1, 4, size=3)
    high = low + rng.integers(1, 5, size=3)
    most = np.minimum(high, population)
    weights = variance_weights(population, rng.uniform(0.02, 0.5, size=3))
    size = int(rng.integers(low.sum(), most.sum() + 1))
    found = whole_allocation(
        size, weights, rule="variance", minimum=low, maximum=high, population=population
    )
    assert size == found.sum()
    assert (found >= low).all()
    assert (found <= most).all()
    spans = (range(a, b + 1) for a, b in zip(low.tolist(), most.tolist(), strict=True))
    every = [counts for counts in product(*spans) if sum(counts) == size]
    best = min((weights**2 / np.array(counts)).sum() for counts in every)
    np.testing.assert_allclose(best, (weights**2 / found).sum(), rtol=1e-12)


def test_what_a_maximum_keeps_out_goes_to_the_others():
    """60 of 300, 200, 100 with at most 20 each: 20, 20, 20."""
    found = whole_allocation(
        60, [300, 200, 100], rule="nearest", minimum=2, maximum=20, population=[300, 200, 100]
    )
    assert [20, 20, 20] == found.tolist()


def test_power_one_with_the_cases_is_neyman():
    """Bankier (1988): X_h = N_h and deviations S_h at q = 1 are N_h S_h."""
    population, deviation = np.array([900, 100]), np.array([0.3, 0.5])
    np.testing.assert_array_equal(population * deviation, power_weights(population, deviation, 1.0))


@pytest.mark.parametrize("power", [0.0, 0.25, 0.5, 1.0])
def test_a_power_allocation_minimises_its_sum_of_squares(power):
    """Bankier's criterion, sum (X^q e)^2, against every whole allocation of 12 cases."""
    population = np.array([40, 12, 6])
    deviation = np.array([0.3, 0.45, 0.5])
    weights = power_weights(population, deviation, power)
    found = whole_allocation(12, weights, rule="variance", minimum=1, population=population)

    def criterion(counts):
        error = deviation**2 * (1 / np.array(counts) - 1 / population)
        return (population ** (2 * power) * error).sum()

    every = [n for n in product(range(1, 13), range(1, 13), range(1, 7)) if sum(n) == 12]
    np.testing.assert_allclose(min(map(criterion, every)), criterion(found), rtol=1e-12)
