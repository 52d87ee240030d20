"""Sizes: the least that holds, worst places of errors by enumeration, searches that settle."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from sampleaudit.formulas.sizes import (
    acceptance_chance,
    acceptance_size,
    least_errors,
    miss_chance,
    settled_size,
    smallest,
    tolerable_size,
)


@pytest.mark.parametrize("seed", range(20))
def test_the_worst_place_of_errors_by_enumeration(seed: int):
    """Every way that T errors can lie in three small strata."""
    rng = np.random.default_rng(seed)
    N = rng.integers(3, 12, size=3)
    n = np.array([int(rng.integers(1, size)) for size in N])
    T = int(rng.integers(1, (N - n).sum() + 1))
    chances = {
        place: np.prod([
            comb(int(size - errors), int(read)) / comb(int(size), int(read))
            for size, errors, read in zip(N, place, n, strict=True)
        ])
        for place in product(*(range(size + 1) for size in N))
        if sum(place) == T
    }  # fmt: skip
    found, worst = miss_chance(n, N, T)
    np.testing.assert_allclose(max(chances.values()), found, rtol=1e-12)
    np.testing.assert_allclose(found, chances[tuple(worst.tolist())], rtol=1e-12)


def test_more_errors_than_unread_cases_are_always_found():
    assert 0.0 == miss_chance([5, 4], [6, 6], 4)[0]


def test_the_chance_of_accepting_by_its_definition():
    """P(X <= 2) with 7 errors among 40 cases, 15 read, in whole numbers."""
    exact = Fraction(sum(comb(7, k) * comb(33, 15 - k) for k in range(3)), comb(40, 15))
    found = acceptance_chance(2, 15, 40, Fraction(7, 40))
    assert pytest.approx(float(exact), rel=1e-12) == found
    assert 7 == least_errors(40, Fraction(7, 40)) == least_errors(40, Fraction(13, 80))


@pytest.mark.parametrize("population", [60, 977, 1_000_000])
def test_the_size_is_the_least_that_holds(population: int):
    """It holds at n and not at n - 1."""
    rate, risk = Fraction(1, 15), Fraction(1, 20)
    for allowed in (0, 1, 3):
        n = acceptance_size(allowed, tolerable=rate, risk=risk, population=population)
        assert acceptance_chance(allowed, n, population, rate) <= 0.05
        assert acceptance_chance(allowed, n - 1, population, rate) > 0.05


def test_the_errors_allowed_are_those_expected():
    """No smaller n would do with the errors expected in it."""
    tolerable, expected, risk = Fraction(9, 100), Fraction(3, 100), Fraction(1, 10)
    n, allowed = tolerable_size(tolerable=tolerable, expected=expected, risk=risk, population=700)
    holds = [
        size
        for size in range(1, n + 1)
        if acceptance_chance(-(-size * 3 // 100), size, 700, tolerable) <= 0.1
    ]
    assert ([n], -(-n * 3 // 100)) == (holds, allowed)


@pytest.mark.parametrize("guess", [1, 50, 73, 74, 400])
def test_the_smallest_is_found_from_any_guess(guess: int):
    assert 74 == smallest(lambda n: n >= 74, least=1, most=400, guess=guess)


def test_a_value_that_rises_again_has_not_settled():
    """1 / n with a bump at 25: from 20 on it is at most .05, but at 25 again above."""

    def value(n: int) -> float:
        return 1 / n + 0.02 * (n == 25)

    assert 26 == settled_size(value, 0.05, start=3, least=1, most=100, ahead=10)
    assert 20 == settled_size(value, 0.05, start=3, least=1, most=100, ahead=2)


def test_a_bound_met_at_once_needs_the_least():
    assert 4 == settled_size(lambda n: 1 / n, 1.0, start=9, least=4, most=50, ahead=3)
