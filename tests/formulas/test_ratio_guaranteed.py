"""Guaranteed limits of rates with a random denominator."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from sampleaudit.formulas.guaranteed import guaranteed_limits
from sampleaudit.formulas.ratio import ratio_limits
from sampleaudit.formulas.ratio_enumerated import is_enumerable
from sampleaudit.formulas.ratio_guaranteed import (
    guaranteed_domain_limits,
    guaranteed_ratio_limits,
)

TWO_SIDED = {"lower_tail": 0.025, "upper_tail": 0.025}
ROUNDING = 1e-12


@pytest.mark.parametrize(("population", "sampled"), [((9,), (4,)), ((5, 3), (3, 2))])
def test_enumerated_upper_limits_are_those_of_the_definition(
    population: tuple[int, ...], sampled: tuple[int, ...]
) -> None:
    """max{R(T) : P_T(U'(X) <= U'(x)) > tail}, in loops; U' the default without its margin."""
    outcomes = list(product(*map(thirds, sampled)))
    plain = {}
    for outcome in outcomes:
        e, b, _ = np.array(outcome).T
        _, plain[outcome] = ratio_limits(
            e, e + b, sampled, population, lower_tail=None, upper_tail=0.05, delta=0.0
        )
    best = dict.fromkeys(outcomes, Fraction(0))
    for T in product(*map(thirds, population)):
        E, B, _ = np.sum(T, axis=0)
        if E + B:
            mass = {outcome: chance(T, outcome) for outcome in outcomes}
            for outcome in outcomes:
                before = [x for x in outcomes if plain[x] <= plain[outcome] + 1e-4]
                if sum(mass[x] for x in before) > Fraction(1, 20):
                    best[outcome] = max(best[outcome], Fraction(int(E), int(E + B)))
    for outcome in outcomes:
        e, b, _ = np.array(outcome).T
        _, high, known = guaranteed_ratio_limits(
            e, e + b, sampled, population, lower_tail=None, upper_tail=0.05
        )
        w = np.array(population) / np.array(sampled)
        estimate = (w * e).sum() / (w * (e + b)).sum() if (e + b).any() else 0.0
        assert known == "enumerated"
        assert pytest.approx(max(float(best[outcome]), estimate), abs=1e-9) == high


def test_larger_designs_take_limits_of_the_errors_and_of_the_correct() -> None:
    """Each at half the tail: U_E / (U_E + L_B), and its mirror image."""
    N, n = np.array([900, 600]), np.array([60, 50])
    e, b = np.array([5, 2]), np.array([30, 33])
    most, least = (
        guaranteed_limits(e, n, N, lower_tail=None, upper_tail=0.0125)[1],
        guaranteed_limits(b, n, N, lower_tail=0.0125, upper_tail=None)[0],
    )
    low, high, known = guaranteed_ratio_limits(e, e + b, n, N, **TWO_SIDED)
    assert known == "proved"
    assert pytest.approx(most / (most + least)) == high
    mirrored, _, _ = guaranteed_ratio_limits(b, e + b, n, N, **TWO_SIDED)
    assert pytest.approx(1 - high) == mirrored
    assert low < 7 / 70 < high


def test_a_domain_that_is_surely_met_has_the_limits_of_a_caseload_of_its_size() -> None:
    """Given how many of its cases were read, they were drawn from it."""
    N, n, A = np.array([900, 600]), np.array([60, 50]), np.array([450, 200])
    e, a = np.array([4, 2]), np.array([29, 18])
    low, high, known = guaranteed_limits(e, a, A, **TWO_SIDED)
    expected = (low / 650, high / 650, known)
    assert expected == guaranteed_domain_limits(e, a, A, n, N, **TWO_SIDED)


def test_a_domain_cell_that_may_be_missed_does_not_open_the_interval() -> None:
    """Of its 6 among 600 cases none was read: 50 read cases were without an error in it."""
    N, n, A = np.array([900, 600]), np.array([60, 50]), np.array([450, 6])
    e, a = np.array([4, 0]), np.array([29, 0])
    low, high, _ = guaranteed_limits(e, np.array([29, 50]), np.array([450, 600]), **TWO_SIDED)
    high = min(high, 456 - 25)
    actual = guaranteed_domain_limits(e, a, A, n, N, **TWO_SIDED)
    assert (low / 456, high / 456) == actual[:2]


@pytest.mark.parametrize(
    ("e", "b", "c", "n", "N", "expected"),
    [
        ([2, 1], [3, 2], [1, 1], [6, 4], [6, 4], (3 / 8, 3 / 8)),
        ([0, 0], [0, 0], [3, 2], [3, 2], [9, 5], (0, 1)),
    ],
    ids=["every case read", "none applicable"],
)
def test_what_the_counts_alone_decide(e, b, c, n, N, expected) -> None:
    assert n == [sum(found) for found in zip(e, b, c, strict=True)]
    low, high, known = guaranteed_ratio_limits(e, np.add(e, b), n, N, **TWO_SIDED)
    assert known == "enumerated"
    assert pytest.approx(expected) == (low, high)


@pytest.mark.parametrize("scale", [1, 60], ids=["small", "large"])
def test_no_error_gives_zero_and_none_correct_one(scale: int) -> None:
    N, n = np.array([20, 12]) * scale, np.array([6, 4]) * max(1, scale // 10)
    a = n // 2
    low, high, _ = guaranteed_ratio_limits([0, 0], a, n, N, **TWO_SIDED)
    assert low == 0 < high < 1
    low, high, _ = guaranteed_ratio_limits(a, a, n, N, **TWO_SIDED)
    assert 0 < low < high == 1


@pytest.mark.parametrize("scale", [1, 60], ids=["small", "large"])
def test_census_and_unread_strata_count_as_they_are_and_at_their_worst(scale: int) -> None:
    """A stratum read whole, with an outcome that nothing excludes, is the same above."""
    N, n = 20 * scale, 6 * max(1, scale // 10)
    e, a = n // 3, n // 2
    _, high, _ = guaranteed_ratio_limits([e, 0], [a, 0], [n, 0], [N, 7], **TWO_SIDED)
    _, worst, _ = guaranteed_ratio_limits([e, 7], [a, 7], [n, 7], [N, 7], **TWO_SIDED)
    low, _, _ = guaranteed_ratio_limits([e, 0], [a, 0], [n, 0], [N, 7], **TWO_SIDED)
    best, _, _ = guaranteed_ratio_limits([e, 0], [a, 7], [n, 7], [N, 7], **TWO_SIDED)
    assert pytest.approx((best, worst)) == (low, high)


@pytest.mark.parametrize("domain", [None, [9, 5]], ids=["unknown", "domain"])
def test_the_order_of_strata_and_the_names_of_outcomes_do_not_matter(domain) -> None:
    e, a, n, N = [1, 2], [4, 3], [6, 4], [14, 9]
    sizes = [] if domain is None else [domain]
    limits = guaranteed_ratio_limits if domain is None else guaranteed_domain_limits
    low, high, _ = limits(e, a, *sizes, n, N, **TWO_SIDED)
    turned = [values[::-1] for values in (e, a, *sizes, n, N)]
    assert (low, high) == limits(*turned, **TWO_SIDED)[:2]
    mirrored = limits(np.subtract(a, e), a, *sizes, n, N, **TWO_SIDED)
    assert pytest.approx((1 - high, 1 - low), abs=ROUNDING) == mirrored[:2]


def test_which_procedure_is_used_depends_on_sizes_alone() -> None:
    one, two = np.array([40]), np.array([25, 20])
    assert is_enumerable(one, np.array([200]), None)
    assert not is_enumerable(two, np.array([200, 120]), None)
    assert is_enumerable(np.array([25, 9]), np.array([25, 60]), None)  # a census stratum is known
    assert is_enumerable(np.array([8, 5]), np.array([60, 30]), np.array([20, 10]))
    assert not is_enumerable(np.array([8, 5]), np.array([60, 30]), None)


def thirds(cases: int) -> list[tuple[int, int, int]]:
    """Return every way to divide the cases into errors, correct and not applicable."""
    return [(e, b, cases - e - b) for e in range(cases + 1) for b in range(cases - e + 1)]


def chance(caseload, outcome) -> Fraction:
    """Return the probability of an outcome in a caseload."""
    result = Fraction(1)
    for T, x in zip(caseload, outcome, strict=True):
        ways = comb(T[0], x[0]) * comb(T[1], x[1]) * comb(T[2], x[2])
        result *= Fraction(ways, comb(sum(T), sum(x)))
    return result
