"""Plans that accept by the number of errors: probabilities against enumeration, smallest sizes."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from sampleaudit.formulas.acceptance import (
    at_most,
    best_accept_number,
    cheapest_double,
    decisions,
    double,
    errors_at,
    single,
    smallest_double,
    smallest_single,
)
from sampleaudit.formulas.acceptance_spread import (
    even_spread,
    extreme_acceptance,
    extreme_double,
)


def chance(k: int, n: int, T: int, N: int) -> Fraction:
    """Return the hypergeometric probability in exact fractions."""
    if k < 0 or n - k < 0:
        return Fraction(0)
    return Fraction(comb(T, k) * comb(N - T, n - k), comb(N, n))


def test_a_single_plan_in_exact_fractions():
    """P(k <= 1) of 5 of 20 with 4 errors."""
    expected = sum(chance(k, 5, 4, 20) for k in range(2))
    accept, read = decisions(single(5, 1), 0.2, (4,), ((20, (5,)),))
    assert 5.0 == read
    np.testing.assert_allclose(float(expected), accept, rtol=1e-12)


def test_a_double_plan_in_exact_fractions():
    """Read 6, accept at 0, reject at 3; else 5 more, accept at 2 in all; 5 errors in 25 cases."""
    accept = read = Fraction(0)
    for first in range(6):
        mass = chance(first, 6, 5, 25)
        read += 6 * mass
        if first == 0:
            accept += mass
        elif first < 3:
            read += 5 * mass
            accept += mass * sum(chance(k, 5, 5 - first, 19) for k in range(3 - first))
    found = decisions(double(6, 0, 5, 2, reject=3), 0.2, (5,), ((25, (6, 5)),))
    np.testing.assert_allclose([float(accept), float(read)], found, rtol=1e-12)


def test_a_process_is_binomial():
    """P(k <= 1) of 10 at .1: .9^10 + 10 (.1) .9^9."""
    accept, _ = decisions(single(10, 1), 0.1, (), ())
    np.testing.assert_allclose(0.9**10 + 0.9**9, accept, rtol=1e-12)


def test_strata_add_their_counts():
    """Two strata, counts added: by all pairs of counts."""
    expected = sum(
        chance(a, 3, 2, 8) * chance(b, 4, 3, 10)
        for a, b in product(range(4), range(5))
        if a + b < 3
    )
    found, _ = decisions(single(7, 2), 0.0, (2, 3), ((8, (3,)), (10, (4,))))
    np.testing.assert_allclose(float(expected), found, rtol=1e-12)


def test_a_double_plan_over_strata():
    """Two strata and two stages, by all counts of both."""
    sizes, stages, errors = (8, 10), ((2, 2), (3, 2)), (2, 3)
    accept = Fraction(0)
    for counts in product(range(3), range(4), range(3), range(3)):
        first, total = sum(counts[:2]), sum(counts)
        mass = Fraction(1)
        for h in (0, 1):
            a, b = counts[h], counts[h + 2]
            mass *= chance(a, stages[h][0], errors[h], sizes[h])
            if errors[h] >= a:
                mass *= chance(b, stages[h][1], errors[h] - a, sizes[h] - stages[h][0])
        if first == 0 or (first < 3 and total <= 2):
            accept += mass
    found, _ = decisions(
        double(5, 0, 4, 2, reject=3), 0.0, errors, tuple(zip(sizes, stages, strict=True))
    )
    np.testing.assert_allclose(float(accept), found, rtol=1e-12)


def test_errors_at_a_rate_are_counted_exactly():
    """0.07 x 300 is 21, which floats make 21.000000000000004 and would round up to 22."""
    assert 0.07 * 300 > 21
    assert 21 == errors_at(Fraction(7, 100), 300, up=True)
    assert 21 == errors_at(Fraction(7, 100), 300, up=False)
    assert (2, 3) == (
        errors_at(Fraction(5, 100), 50, up=False),
        errors_at(Fraction(5, 100), 50, up=True),
    )


@pytest.mark.parametrize("population", [40, 90, None])
def test_the_smallest_single_plan_is_the_first_of_all_that_keep_both_risks(population):
    """Every n and c is tried."""
    good, bad = Fraction(5, 100), Fraction(20, 100)
    few: int | Fraction = good if population is None else int(good * population)
    many: int | Fraction = bad if population is None else int(bad * population)
    first = next(
        (n, c)
        for n in range(1, 200)
        for c in range(n)
        if at_most(c, n, many, population) <= 0.1 and at_most(c, n, few, population) >= 0.9
    )
    rule = smallest_single(good, bad, 0.1, 0.1, population)
    assert rule is not None
    assert first == (rule.reviewed[0], rule.accept[0])


def test_no_plan_but_a_census_is_none():
    """One error or two in 50: nothing short of reading nearly all tells them apart."""
    assert smallest_single(Fraction(1, 50), Fraction(2, 50), 0.001, 0.001, 50) is None


def test_a_double_plan_keeps_the_risks_and_reads_less_at_the_acceptable_rate():
    """Against the single plan for the same rates."""
    good, bad = Fraction(1, 100), Fraction(6, 100)
    alone = smallest_single(good, bad, 0.05, 0.1, 500)
    rule = cheapest_double(good, bad, 0.05, 0.1, 500)
    assert alone is not None
    assert rule is not None
    strata = ((500, rule.reviewed),)
    accept_good, read = decisions(rule, good, (5,), strata)
    accept_bad, _ = decisions(rule, bad, (30,), strata)
    assert accept_good >= 0.95
    assert accept_bad <= 0.1
    assert read < alone.reviewed[0]


def test_the_smallest_double_plan_is_one_case_from_failing():
    """With a case less at the first stage the consumer's risk is above what is allowed."""
    rule = smallest_double((0, 2, 1), Fraction(1), Fraction(1, 20), 0.1, None)
    assert rule is not None
    fewer = double(rule.reviewed[0] - 1, 0, rule.reviewed[0] - 1, 1, reject=2)
    assert decisions(rule, 0.05, (), ())[0] <= 0.1 < decisions(fewer, 0.05, (), ())[0]


def test_the_best_accept_number_has_the_smallest_sum_of_risks():
    """Every c is tried, in a register."""
    accept, producer, consumer = best_accept_number(12, Fraction(1, 5), Fraction(1, 2), 60)
    sums = [1 - at_most(c, 12, 12, 60) + at_most(c, 12, 30, 60) for c in range(13)]
    assert accept == int(np.argmin(sums))
    np.testing.assert_allclose(min(sums), producer + consumer)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("extreme", ["most", "least"])
def test_the_worst_and_best_places_of_the_errors_are_found(seed, extreme):
    """Every caseload of three small strata is gone through."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 9, 3)
    read = np.array([int(rng.integers(1, size)) for size in sizes])
    total = int(rng.integers(1, sizes.sum()))
    accept = int(rng.integers(0, max(1, read.sum() // 2)))
    found, where = extreme_acceptance(accept, read, sizes, total, extreme=extreme)
    values = [
        decisions(
            single(int(read.sum()), accept),
            0.0,
            errors,
            tuple((int(a), (int(b),)) for a, b in zip(sizes, read, strict=True)),
        )[0]
        for errors in product(*(range(int(size) + 1) for size in sizes))
        if sum(errors) == total
    ]
    assert total == where.sum()
    np.testing.assert_allclose(max(values) if extreme == "most" else min(values), found, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("extreme", ["most", "least"])
def test_the_worst_and_best_places_for_a_double_plan_are_found(seed, extreme):
    """Every caseload of three small strata is gone through, by all counts of both stages."""
    rng = np.random.default_rng(100 + seed)
    sizes = rng.integers(4, 9, 3)
    first = np.array([int(rng.integers(1, size // 2 + 1)) for size in sizes])
    second = np.array(
        [int(rng.integers(0, size - n)) for size, n in zip(sizes, first, strict=True)]
    )
    total = int(rng.integers(1, sizes.sum()))
    accept = int(rng.integers(1, 5))
    low = int(rng.integers(-1, accept))
    rule = double(int(first.sum()), low, int(second.sum()), accept, reject=accept + 1)
    found, where = extreme_double(rule, np.array([first, second]), sizes, total, extreme=extreme)
    strata = tuple(
        (int(size), (int(a), int(b))) for size, a, b in zip(sizes, first, second, strict=True)
    )
    values = [
        decisions(rule, 0.0, errors, strata)[0]
        for errors in product(*(range(int(size) + 1) for size in sizes))
        if sum(errors) == total
    ]
    assert total == where.sum()
    np.testing.assert_allclose(max(values) if extreme == "most" else min(values), found, atol=1e-9)


def test_an_even_spread_adds_up():
    """7 errors over 50, 30 and 20 cases: 4 (3.5 rounded, the larger first), 2 and 1."""
    assert [4, 2, 1] == even_spread(7, np.array([50, 30, 20])).tolist()
