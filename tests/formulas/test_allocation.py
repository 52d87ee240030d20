"""Whole numbers that add up, one case at a time."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.formulas.allocation import variance_weights, whole_allocation


def proportional(size: int, population: list[int], minimum: int = 0) -> list[int]:
    return whole_allocation(
        size, population, rule="nearest", minimum=minimum, population=population
    ).tolist()


def test_proportional_rounds_to_the_nearest():
    """Quotas 5.0, 3.33, 1.67."""
    assert [5, 3, 2] == proportional(10, [30, 20, 10])


def test_equal_claims_go_to_the_stratum_that_stands_first():
    """Quotas 2.5 and 2.5: the first stratum gets the third case."""
    assert [3, 2] == proportional(5, [50, 50])


def test_what_a_full_stratum_cannot_take_goes_to_the_others():
    """Equal shares of 30 would be 10 each; the stratum of 4 is filled, the others get 13."""
    found = whole_allocation(30, [1, 1, 1], rule="nearest", minimum=2, population=[100, 100, 4])
    assert [13, 13, 4] == found.tolist()


def test_the_minimum_is_kept_and_paid_for_by_the_large_strata():
    """A stratum of 1 % gets 2 of 20 cases, and one of a single case gets that."""
    assert [17, 2, 1] == proportional(20, [9900, 99, 1], minimum=2)


def test_a_larger_size_only_adds():
    """No Alabama paradox: with largest remainders 6:6:2 share 10 as 4, 4, 2 and 11 as 5, 5, 1."""
    before = proportional(1, [600, 600, 200])
    for size in range(2, 1400):
        after = proportional(size, [600, 600, 200])
        assert all(more >= less for more, less in zip(after, before, strict=True))
        before = after


def test_neyman_weights_by_cochran_5_26():
    """N_h S_h: equal sizes, rates .5 and .1, so 5 : 3, and 80 cases are shared as 50 and 30."""
    population = [10_000, 10_000]
    weights = variance_weights(population, [0.5, 0.1])
    np.testing.assert_allclose(5 / 3, weights[0] / weights[1], rtol=1e-12)
    found = whole_allocation(80, weights, rule="variance", minimum=2, population=population)
    assert [50, 30] == found.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_the_variance_is_the_smallest_of_all_whole_allocations(seed):
    """Every allocation of a small design is tried."""
    rng = np.random.default_rng(seed)
    population = rng.integers(3, 12, size=3)
    weights = variance_weights(population, rng.uniform(0.02, 0.5, size=3))
    size = int(rng.integers(6, population.sum()))
    found = whole_allocation(size, weights, rule="variance", minimum=1, population=population)
    every = [
        counts
        for counts in product(*(range(1, top + 1) for top in population))
        if sum(counts) == size
    ]
    variances = [(weights**2 / np.array(counts)).sum() for counts in every]
    np.testing.assert_allclose(min(variances), (weights**2 / found).sum(), rtol=1e-12)


def test_strata_of_weight_zero_take_what_the_others_cannot_by_size():
    """With no variation anticipated in the last two they fill up at the end, 2 : 1."""
    found = whole_allocation(
        20, [1.0, 0.0, 0.0], rule="variance", minimum=2, population=[10, 40, 20]
    )
    assert [10, 7, 3] == found.tolist()


@given(
    strata=st.lists(
        st.tuples(st.integers(1, 500), st.floats(0, 1e6, allow_subnormal=False)),
        min_size=1,
        max_size=40,
    ),
    rule=st.sampled_from(["nearest", "variance"]),
    minimum=st.integers(0, 5),
    share=st.floats(0, 1),
)
def test_numbers_add_up_keep_their_bounds_and_only_grow(strata, rule, minimum, share):
    """Whatever the weights: the sum is the size, and one case more goes to one stratum."""
    population = np.array([size for size, _ in strata])
    floor = np.minimum(minimum, population)
    size = int(floor.sum() + round(share * (population.sum() - floor.sum())))
    weights = [weight for _, weight in strata]
    found = whole_allocation(size, weights, rule=rule, minimum=minimum, population=population)
    assert size == found.sum()
    assert (floor <= found).all()
    assert (found <= population).all()
    if size < population.sum():
        more = whole_allocation(
            size + 1, weights, rule=rule, minimum=minimum, population=population
        )
        assert 1 == np.abs(more - found).sum()


@given(
    population=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    rule=st.sampled_from(["nearest", "variance"]),
    share=st.floats(0, 1),
)
def test_the_result_is_that_of_giving_one_case_at_a_time(population, rule, share):
    """The definition written as a loop, without the shortcut."""
    weights = np.sqrt(population)
    size = round(share * sum(population))
    given_so_far = [0] * len(population)
    for _ in range(size):
        claims = [
            (
                weight / (n + 0.5) if rule == "nearest" else weight / np.sqrt(n * (n + 1) or 1e-18),
                cases / (n + 0.5),
                -place,
            )
            if n < cases
            else (-1.0, 0.0, -place)
            for place, (n, cases, weight) in enumerate(
                zip(given_so_far, population, weights, strict=True)
            )
        ]
        given_so_far[-max(claims)[2]] += 1
    found = whole_allocation(size, weights, rule=rule, minimum=0, population=population)
    assert given_so_far == found.tolist()
