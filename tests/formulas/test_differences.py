"""The difference of two rates: profile limits over both caseloads at once."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from sampleaudit.formulas.difference_problem import build_problem, likeliest, strata_of
from sampleaudit.formulas.differences import difference_limits, difference_tail
from sampleaudit.formulas.profile import profile_limits
from sampleaudit.formulas.sides import count_sides
from sampleaudit.formulas.sides_difference import tails_of_differences
from sampleaudit.formulas.textbook_differences import (
    _restricted_rates,
    mee_limits,
    miettinen_nurminen_limits,
    newcombe_limits,
)

BOTH = {"lower_tail": 0.025, "upper_tail": 0.025}
CLOSE = 1e-6  # limits are found to a tail of one part in a million
HABITS = [newcombe_limits, mee_limits, miettinen_nurminen_limits]


@st.composite
def caseloads(draw: st.DrawFn, strata: int = 2) -> tuple[list[int], list[int], list[int]]:
    """One caseload: errors found, reviewed and cases, of one or two strata."""
    N = draw(st.lists(st.integers(1, 60), min_size=1, max_size=strata))
    n = [draw(st.integers(0, size)) for size in N]
    x = [draw(st.integers(0, read)) for read in n]
    return x, n, N


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        pytest.param((3, 15, 60), (1, 12, 40), (-0.1536, 0.3733), id="60,15,3 less 40,12,1"),
        pytest.param((6, 30, 100), (2, 25, 80), (-0.0479, 0.2847), id="100,30,6 less 80,25,2"),
    ],
)
def test_limits_of_an_independent_program(a, b, expected):
    """From a compiled program with another search, which tests the likeliest caseloads only."""
    assert pytest.approx(expected, abs=5e-5) == difference_limits(a, b, **BOTH, delta=0)


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_more_caseloads_tested_never_shorten_the_interval(a, b):
    low, high = difference_limits(a, b, **BOTH)
    inner_low, inner_high = difference_limits(a, b, **BOTH, delta=0)
    assert low <= inner_low + CLOSE
    assert high >= inner_high - CLOSE


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(([1], [3], [7]), ([1], [2], [5]), id="one stratum each"),
        pytest.param(([1, 0], [3, 2], [7, 5]), ([2], [4], [9]), id="two strata and one"),
        pytest.param(([0], [3], [7]), ([2, 1], [4, 1], [9, 6]), id="no errors, one case read"),
    ],
)
def test_the_tail_is_its_definition(a, b):
    """P-values beside whole caseloads that are the likeliest of their difference, in fractions.

    Whole numbers are rarely the likeliest in real numbers; so the likeliest real caseload is taken
    from a search over divisions, and the tail from gamma functions and every sample.
    """
    x, n, N = (np.concatenate([one, other]) for one, other in zip(a, b, strict=True))
    in_a = np.arange(len(x)) < len(a[0])
    sizes = np.where(in_a, sum(a[2]), sum(b[2]))
    y = np.where(in_a, x, n - x)
    for difference in (0.0, 0.3):
        T = _likeliest(y, n, N, 1 / sizes, difference + 1)
        weights = [Fraction(int(c), int(r) * int(s)) for c, r, s in zip(N, n, sizes, strict=True)]
        found = sum(w * int(k) for w, k in zip(weights, y, strict=True))
        rows = [_masses(t, c - t, r) for t, c, r in zip(T, N, n, strict=True)]
        below = above = 0.0
        for counts in product(*(range(r + 1) for r in n)):
            probability = prod(row[k] for row, k in zip(rows, counts, strict=True))
            s = sum(w * k for w, k in zip(weights, counts, strict=True))
            below += probability * (s <= found)
            above += probability * (s >= found)
        found_tails = (
            difference_tail(a, b, difference=difference, delta=0),
            difference_tail(b, a, difference=-difference, delta=0),
        )
        assert pytest.approx((below, above), abs=2e-5) == found_tails


@pytest.mark.parametrize("delta", [0, 0.5])
def test_limits_are_the_outermost_differences_that_the_tails_keep(delta: float):
    """On a grid over the whole range: the tails fall on both sides."""
    rng = np.random.default_rng(4)
    for _ in range(2):
        N = rng.integers(6, 60, 3)
        n = rng.integers(1, N)
        x = rng.binomial(n, rng.choice([0.05, 0.2, 0.6]))
        a, b = (x[:2], n[:2], N[:2]), (x[2], n[2], N[2])
        low, high = difference_limits(a, b, **BOTH, delta=delta)
        grid = np.linspace(-1, 1, 51)
        below = np.array([difference_tail(a, b, difference=d, delta=delta) for d in grid])
        above = np.array([difference_tail(b, a, difference=-d, delta=delta) for d in grid])
        inside = grid[(low <= grid) & (high >= grid)]
        assert list(inside) == list(grid[(below > 0.025) & (above > 0.025)])


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_exchanging_the_caseloads_changes_the_sign_exactly(a, b):
    low, high = difference_limits(a, b, **BOTH)
    assert (-high, -low) == difference_limits(b, a, **BOTH)


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_exchanging_errors_and_correct_changes_the_sign(a, b):
    low, high = difference_limits(a, b, **BOTH)
    mirrored = [([n - x for x, n in zip(*each[:2], strict=True)], *each[1:]) for each in (a, b)]
    assert pytest.approx((-high, -low), abs=CLOSE) == difference_limits(*mirrored, **BOTH)


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_limits_keep_to_what_the_counts_allow_and_hold_the_estimate(a, b):
    low, high = difference_limits(a, b, **BOTH)
    open_low, open_high = difference_limits(a, b, lower_tail=None, upper_tail=None)
    assert open_low - CLOSE <= low <= high <= open_high + CLOSE
    if all(n > 0 for n in (*a[1], *b[1])):
        rates = [
            sum(N * x / n for x, n, N in zip(*each, strict=True)) / sum(each[2]) for each in (a, b)
        ]
        assert low - CLOSE <= rates[0] - rates[1] <= high + CLOSE


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_a_higher_level_is_never_narrower(a, b):
    low, high = difference_limits(a, b, **BOTH)
    lower, higher = difference_limits(a, b, lower_tail=0.005, upper_tail=0.005)
    assert lower <= low + CLOSE
    assert higher >= high - CLOSE


@settings(max_examples=8, deadline=None)
@given(a=caseloads(), b=caseloads())
def test_the_order_of_the_strata_does_not_matter(a, b):
    turned = tuple(each[::-1] for each in a)
    assert difference_limits(a, b, **BOTH) == difference_limits(turned, b, **BOTH)


def test_one_more_error_never_lowers_a_limit():
    """Over all outcomes of a design with a stratum of its own in one caseload."""
    n, N = (3, 2, 3), (12, 4, 9)
    found = {
        x: difference_limits((x[:2], n[:2], N[:2]), (x[2], n[2], N[2]), **BOTH)
        for x in product(*(range(read + 1) for read in n))
    }
    for x, limits in found.items():
        for h, sign in enumerate((1, 1, -1)):
            more = tuple(k + (g == h) for g, k in enumerate(x))
            if more in found:
                assert sign * found[more][0] >= sign * limits[0] - CLOSE
                assert sign * found[more][1] >= sign * limits[1] - CLOSE


def test_against_a_caseload_read_in_full_the_profile_interval_is_moved():
    x, n, N = [3, 1], [12, 8], [60, 40]
    low, high = (total / 100 for total in profile_limits(x, n, N, **BOTH))
    known = ([4, 1], [10, 10], [10, 10])
    actual = difference_limits((x, n, N), known, **BOTH)
    assert pytest.approx((low - 0.25, high - 0.25), abs=1e-12) == actual
    assert pytest.approx((0.05, 0.05)) == difference_limits((3, 10, 10), known, **BOTH)


def test_a_census_stratum_is_known_and_an_unread_one_widens():
    """The unread one adds all its cases to one limit; the known one moves both alike."""
    b = (2, 20, 90)
    unread = difference_limits(([3, 0], [15, 0], [60, 40]), b, **BOTH)
    wrong = difference_limits(([3, 40], [15, 40], [60, 40]), b, **BOTH)
    right = difference_limits(([3, 0], [15, 40], [60, 40]), b, **BOTH)
    assert pytest.approx((right[0], wrong[1]), abs=CLOSE) == unread
    assert pytest.approx((right[0] + 0.4, right[1] + 0.4), abs=CLOSE) == wrong


def test_no_errors_only_errors_and_single_cases_are_ordinary():
    for a, b in (((0, 1, 50), (0, 1, 9)), ((1, 1, 50), (1, 1, 9)), ((22, 22, 400), (0, 22, 300))):
        low, high = difference_limits(a, b, **BOTH)
        assert -1 <= low < high <= 1
    low, high = difference_limits((0, 20, 50), (0, 20, 50), **BOTH)
    assert -high == low
    assert difference_limits((22, 22, 400), (0, 22, 300), **BOTH)[1] == 1


def test_a_caseload_with_errors_only_is_searched_to_the_end():
    """The steps to the likeliest caseloads went to and fro there: a limit .087 too narrow.

    All 7 read of 111 in error against 2 of 13 (of 238). The sum of the likeliest T is what it is to
    be; the tail is what `sides_difference`, another search, has at a difference of -.45.
    """
    a, b = ([2], [13], [238]), ([7], [7], [111])
    problem = build_problem(strata_of(a), strata_of(b))
    for t in np.linspace(float(problem.least), float(problem.most), 60):
        assert pytest.approx(t) == float(likeliest(problem, float(t))[0] @ problem.weight)
    first, second = (count_sides(*np.array(each, dtype=float)[:, None]) for each in (a, b))
    tail = tails_of_differences(first, second, np.array([-0.45]), together=np.zeros(1))
    assert pytest.approx(tail[0], abs=1e-6) == difference_tail(a, b, difference=-0.45)


def test_a_difference_that_the_cases_found_rule_out_has_no_tail():
    """Nine errors of ten against none: at least 9 of 11 and at most 1 of 11."""
    assert difference_tail((9, 10, 11), (0, 10, 11), difference=1.01) == 0
    assert difference_tail((0, 10, 11), (9, 10, 11), difference=0) == 0
    assert difference_tail((9, 10, 11), (0, 10, 11), difference=0.5) == pytest.approx(1)


def test_large_caseloads_use_a_grid_and_stay_close_to_the_normal_limits():
    """10 % of 2,000 of 100,000 and 5 % of 1,500 of 80,000: Wald's limits, close with such sizes."""
    a, b = (200, 2000, 100_000), (75, 1500, 80_000)
    variance = 0.1 * 0.9 / 2000 * (1 - 0.02) + 0.05 * 0.95 / 1500 * (1 - 1500 / 80_000)
    wald = (0.05 - 1.96 * variance**0.5, 0.05 + 1.96 * variance**0.5)
    assert pytest.approx(wald, abs=1e-3) == difference_limits(a, b, **BOTH)


@pytest.mark.parametrize("limits", HABITS)
def test_habitual_limits_change_sign_with_the_samples(limits):
    for counts in ((9, 10, 3, 10), (0, 10, 0, 12), (5, 56, 0, 29), (10, 10, 0, 10)):
        x1, n1, x2, n2 = counts
        low, high = limits(*counts, **BOTH)
        assert pytest.approx((-high, -low), abs=1e-12) == limits(x2, n2, x1, n1, **BOTH)
        assert -1 - 1e-12 <= low <= x1 / n1 - x2 / n2 <= high <= 1 + 1e-12


@pytest.mark.parametrize("limits", HABITS)
def test_habitual_limits_leave_a_side_open(limits):
    low, high = limits(9, 10, 3, 10, **BOTH)
    assert (-1, high) == limits(9, 10, 3, 10, lower_tail=None, upper_tail=0.025)
    assert (low, 1) == limits(9, 10, 3, 10, lower_tail=0.025, upper_tail=None)


def test_the_restricted_rates_are_the_likeliest():
    """The root of the cubic against a search for the largest likelihood."""
    rng = np.random.default_rng(2)
    for _ in range(60):
        n1, n2 = (int(each) for each in rng.integers(1, 40, 2))
        x1, x2 = int(rng.integers(0, n1 + 1)), int(rng.integers(0, n2 + 1))
        theta = float(rng.uniform(-0.95, 0.95))

        def loss(q, x1=x1, n1=n1, x2=x2, n2=n2, theta=theta):
            parts = [(x1, q + theta), (n1 - x1, 1 - q - theta), (x2, q), (n2 - x2, 1 - q)]
            return -sum(count * np.log(max(p, 1e-300)) for count, p in parts if count)

        ends = (max(0.0, -theta), min(1.0, 1 - theta))
        expected = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-10}).x
        assert pytest.approx(expected, abs=1e-5) == _restricted_rates((x1, n1), (x2, n2), theta)[1]


def _likeliest(y, n, N, weights, t: float) -> list[float]:
    """Return the likeliest real caseload by bisection on the multiplier, and in each stratum."""

    def stratum(h: int, slope: float) -> float:
        low, high = float(y[h]), float(N[h] - n[h] + y[h])
        for _ in range(60):
            T = (low + high) / 2
            step = (T + 0.5) / (T + 0.5 - y[h])
            step *= (N[h] - n[h] + y[h] - T + 0.5) / (N[h] - T + 0.5)
            low, high = (T, high) if np.log(step) > slope else (low, T)
        return low

    below, above = -1000.0, 1000.0
    for _ in range(80):
        slope = (below + above) / 2
        T = [stratum(h, slope * weights[h]) for h in range(len(y))]
        below, above = (slope, above) if np.dot(weights, T) > t else (below, slope)
    return T


def _masses(T: float, others: float, n: int) -> list[float]:
    """Return C(T, k) C(others, n - k), positive products only, in proportion."""

    def binomial(top: float, k: int) -> float:
        factors = [(top - i) / (k - i) for i in range(k)]
        return prod(factors) if all(each > 1e-9 for each in factors) else 0.0

    assert binomial(5.0, 2) == comb(5, 2)
    masses = [binomial(T, k) * binomial(others, n - k) for k in range(n + 1)]
    return [mass / sum(masses) for mass in masses]
