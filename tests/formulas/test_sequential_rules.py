"""Reading case by case: boundaries, and what happens along the way against enumeration."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

import numpy as np

from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.sequential import (
    boundaries,
    open_characteristic,
    path,
    register_boundaries,
    wald_lines,
)


def test_along_the_way_by_recursion_in_exact_fractions():
    """A register of 12 cases with 3 errors, every order of reading."""
    accept = np.array([-1, -1, -1, 0, 0, 1])
    reject = np.array([1, 2, 2, 3, 3, 2])

    def walk(n: int, k: int) -> tuple[Fraction, Fraction, Fraction]:
        if n and k <= accept[n]:
            return Fraction(1), Fraction(0), Fraction(n)
        if n and k >= reject[n]:
            return Fraction(0), Fraction(1), Fraction(n)
        wrong = Fraction(3 - k, 12 - n)
        more, same = walk(n + 1, k + 1), walk(n + 1, k)
        return tuple(wrong * a + (1 - wrong) * b for a, b in zip(more, same, strict=True))

    found = path(accept, reject, 3, 12)
    np.testing.assert_allclose(
        [float(each) for each in walk(0, 0)],
        [found.accept, found.reject, found.expected],
        rtol=1e-12,
    )


def test_without_boundaries_before_the_end_it_is_a_single_plan():
    """P(k <= 2) of 30 of 200 with 15 errors."""
    accept = np.full(31, -1)
    reject = np.arange(1, 32)
    accept[-1], reject[-1] = 2, 3
    found = path(accept, reject, 15, 200)
    np.testing.assert_allclose(pmf(15, 30, 200)[:3].sum(), found.accept, rtol=1e-10)
    np.testing.assert_allclose(30.0, found.expected)


def test_the_lines_are_reached_where_the_likelihood_ratio_reaches_its_bounds():
    """Wald (1947): the ratio at a boundary number is past the bound, the next one is not."""
    p0, p1, alpha, beta = 0.05, 0.2, 0.05, 0.1
    accept, reject = boundaries(wald_lines(p0, p1, alpha, beta), 120, 12)
    upper, lower = log((1 - beta) / alpha), log(beta / (1 - alpha))

    def ratio(n, k):
        return k * log(p1 / p0) + (n - k) * log((1 - p1) / (1 - p0))

    for n in range(1, 120):
        if accept[n] >= 0:
            assert ratio(n, accept[n]) <= lower + 1e-9 < ratio(n, accept[n] + 1) + 1e-9
        if reject[n] <= n:
            assert ratio(n, reject[n] - 1) - 1e-9 < upper <= ratio(n, reject[n]) + 1e-9


def test_a_large_register_has_the_lines_of_a_process():
    """A register of a million cases: at most one apart at a number that is nearly whole."""
    bounds = log(0.1 / 0.95), log(0.9 / 0.05)
    accept, reject = register_boundaries(50_000, 200_000, 1_000_000, bounds, 60, 6)
    lines = boundaries(wald_lines(0.05, 0.2, 0.05, 0.1), 60, 6)
    np.testing.assert_array_equal(lines[0], accept)
    np.testing.assert_array_equal(lines[1], reject)


def test_in_a_register_wald_s_inequalities_hold():
    """P(reject, T0) <= alpha / (1 - beta), P(accept, T1) <= beta / (1 - alpha), read to the end."""
    alpha, beta, population, good, bad = 0.05, 0.1, 60, 3, 12
    bounds = log(beta / (1 - alpha)), log((1 - beta) / alpha)
    accept, reject = register_boundaries(good, bad, population, bounds, population, 7)
    assert path(accept, reject, good, population).reject <= alpha / (1 - beta)
    assert path(accept, reject, bad, population).accept <= beta / (1 - alpha)


def test_the_open_test_at_its_two_rates_and_its_slope():
    """At h = 1 it is p0 with 1 - alpha, at h = -1 p1 with beta (Wald 1947, section 3.4)."""
    p0, p1, alpha, beta = 0.01, 0.06, 0.05, 0.1
    np.testing.assert_allclose([p0, 1 - alpha], open_characteristic(p0, p1, alpha, beta, 1)[:2])
    np.testing.assert_allclose([p1, beta], open_characteristic(p0, p1, alpha, beta, -1)[:2])
    lines = wald_lines(p0, p1, alpha, beta)
    rate, accept, _ = open_characteristic(p0, p1, alpha, beta, 0)
    np.testing.assert_allclose(lines.slope, rate)
    np.testing.assert_allclose(lines.h_reject / (lines.h_accept + lines.h_reject), accept)


def test_the_open_approximation_is_near_what_happens():
    """The overshoot that Wald neglects makes the real risks smaller and the reading longer."""
    lines = wald_lines(0.01, 0.06, 0.05, 0.1)
    accept, reject = boundaries(lines, 1500, 40)
    found = path(accept, reject, 0.01, None)
    _, approximate, mean = open_characteristic(0.01, 0.06, 0.05, 0.1, 1)
    assert approximate <= found.accept <= 1
    assert mean <= found.expected <= 1.2 * mean
    assert exp(0) == np.round(found.accept + found.reject, 9)
