"""One stratum: probabilities against exact fractions, limits against their definition and print."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from sampleaudit.formulas.hypergeometric import interval_table, pmf, total_limits, windows


def exact_pmf(k: int, T: int, n: int, N: int) -> Fraction:
    return Fraction(comb(T, k) * comb(N - T, n - k), comb(N, n))


@pytest.mark.parametrize(
    ("T", "n", "N"),
    [(0, 5, 9), (9, 5, 9), (4, 9, 9), (3, 400, 10_000), (9_000, 400, 10_000), (5_000, 77, 10**7)],
)
def test_probabilities_are_those_of_exact_fractions(T: int, n: int, N: int):
    """Relative error below 1e-13 wherever a probability is above 1e-16."""
    found = pmf(T, n, N)
    assert n + 1 == len(found)
    for k in range(max(0, n + T - N), min(n, T) + 1):
        expected = float(exact_pmf(k, T, n, N))
        if expected > 1e-16:
            assert expected == pytest.approx(found[k], rel=1e-13)
        else:
            assert found[k] < 1e-15


def test_probabilities_of_a_large_register_are_scipys():
    """Here scipy's own error (log-gamma at N = 10 million) limits the comparison."""
    N, T, n = 10**7, 1_700_000, 100_000
    expected = hypergeom.pmf(np.arange(16_500, 17_500), N, T, n)
    assert expected == pytest.approx(pmf(T, n, N)[16_500:17_500], rel=1e-5)


def test_counts_that_cannot_be_have_probability_zero():
    """Of 10 cases 8 have an error and 5 are read: 3, 4 or 5 errors are found."""
    found = pmf(8, 5, 10)
    assert [0, 0, 0] == found[:3].tolist()
    assert 1 == pytest.approx(found[3:].sum(), abs=1e-15)


def test_windows_take_a_caseload_per_row_and_a_stratum_per_column():
    """The same probabilities as one at a time."""
    errors, reviewed, population = (
        np.array([[3, 50], [0, 99]]),
        np.array([4, 7]),
        np.array([9, 100]),
    )
    first, mass = windows(errors, reviewed, population)
    for row in range(2):
        for h in range(2):
            alone = pmf(int(errors[row, h]), int(reviewed[h]), int(population[h]))
            for k, expected in enumerate(alone):
                at = k - first[row, h]
                found = mass[row, h, at] if 0 <= at < mass.shape[2] else 0.0
                assert expected == pytest.approx(found, abs=1e-15)


@pytest.mark.parametrize(
    ("population", "reviewed", "errors", "expected"),
    [
        pytest.param(100, 10, 3, (8, 63), id="N100"),
        pytest.param(200, 20, 5, (19, 95), id="N200"),
        pytest.param(500, 100, 0, (0, 16), id="N500-none"),
        pytest.param(500, 100, 3, (4, 39), id="N500-few"),
        pytest.param(500, 100, 20, (67, 141), id="N500-many"),
        pytest.param(1000, 50, 5, (35, 215), id="N1000"),
        pytest.param(5000, 300, 50, (638, 1061), id="N5000"),
        pytest.param(10000, 400, 40, (730, 1330), id="N10000"),
        pytest.param(500, 77, 13, (50, 131), id="13-of-77-of-500"),
    ],
)
def test_limits_are_those_of_the_definition(
    population: int, reviewed: int, errors: int, expected: tuple[int, int]
):
    """Found by trying every T with scipy's hypergeom.cdf and sf, tails of 0.025."""
    found = total_limits(errors, reviewed, population, lower_tail=0.025, upper_tail=0.025)
    assert expected == found


def test_lower_limits_of_konijn():
    """Wang (2015) JASA 110:1491, ExactCIone's vignette (Konijn 1973): N = 2000, n = 10, 95 %."""
    expected = [11, 74, 176, 301, 446]
    found = [
        total_limits(x, 10, 2000, lower_tail=0.05, upper_tail=None)[0] for x in (1, 2, 3, 4, 5)
    ]
    assert expected == found


def test_upper_limits_without_errors_of_konijn():
    """ExactCIone's help example, N = 2000, n = 50: one-sided 114, equal-tailed 140."""
    assert (0, 114) == total_limits(0, 50, 2000, lower_tail=None, upper_tail=0.05)
    assert (0, 140) == total_limits(0, 50, 2000, lower_tail=0.025, upper_tail=0.025)


@pytest.mark.parametrize(("errors", "needed"), [(0, 45), (2, 102)])
def test_sample_sizes_of_touw_and_hoogduin(errors: int, needed: int):
    """Touw and Hoogduin (2011) p. 123: N = 1200, 60 tolerable, 90 %: 45 and 102 are just enough."""

    def upper(reviewed: int) -> int:
        return total_limits(errors, reviewed, 1200, lower_tail=None, upper_tail=0.10)[1]

    assert upper(needed) < 60 <= upper(needed - 1)


def test_all_of_77_in_error_leaves_at_least_nineteen_in_twenty():
    """77 of 77, N = 500, two-sided 95 %: at least 95.8 % (all T tried with scipy's hypergeom)."""
    assert 479 == total_limits(77, 77, 500, lower_tail=0.025, upper_tail=0.025)[0]


@pytest.mark.parametrize("tail", [Fraction(1, 1000), Fraction(1, 40), Fraction(1, 10)])
def test_limits_equal_the_full_scan_in_exact_fractions(tail: Fraction):
    """max{T : P(X <= x) >= tail}: a tail that equals the bound exactly is accepted."""
    for N in range(1, 17):
        for n in range(1, N + 1):
            _, upper = interval_table(n, N, lower_tail=None, upper_tail=float(tail))
            for x in range(n + 1):
                kept = [
                    T
                    for T in range(x, N - n + x + 1)
                    if sum(exact_pmf(k, T, n, N) for k in range(x + 1)) >= tail
                ]
                assert max(kept) == upper[x]


def test_the_table_holds_every_interval():
    """Row x of the table is the interval of x errors."""
    low, high = interval_table(30, 400, lower_tail=0.025, upper_tail=0.05)
    for x in range(31):
        expected = total_limits(x, 30, 400, lower_tail=0.025, upper_tail=0.05)
        assert expected == (low[x], high[x])


def test_a_large_table_in_parts_is_the_same_as_one_by_one():
    """At N = 1 million and n = 12,000 the table is made in several parts."""
    low, high = interval_table(12_000, 10**6, lower_tail=0.025, upper_tail=0.025)
    for x in (0, 1, 5_999, 11_003, 12_000):
        expected = total_limits(x, 12_000, 10**6, lower_tail=0.025, upper_tail=0.025)
        assert expected == (low[x], high[x])


def test_two_different_tails_are_two_one_sided_limits():
    """Each side is its own inversion."""
    low, _ = total_limits(3, 30, 400, lower_tail=0.01, upper_tail=None)
    _, high = total_limits(3, 30, 400, lower_tail=None, upper_tail=0.2)
    assert (low, high) == total_limits(3, 30, 400, lower_tail=0.01, upper_tail=0.2)


def test_a_large_table_has_no_room_for_every_total():
    """N = 10 million, n = 10,000: within 200 MB, where one number for each pair takes 800 GB."""
    tracemalloc.start()
    interval_table(10_000, 10**7, lower_tail=0.025, upper_tail=0.025)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6


def test_a_side_without_tail_is_what_the_counts_allow():
    """Of 50 cases 10 are read, 3 with an error: 3 at least, 43 at most."""
    assert (3, 43) == total_limits(3, 10, 50, lower_tail=None, upper_tail=None)
    assert (3, 43) == total_limits(3, 10, 50, lower_tail=0, upper_tail=0)


def test_a_register_read_whole_and_one_not_read_at_all():
    """A census has no sampling error; without a sample anything is possible."""
    assert (4, 4) == total_limits(4, 9, 9, lower_tail=0.025, upper_tail=0.025)
    assert (0, 9) == total_limits(0, 0, 9, lower_tail=0.025, upper_tail=0.025)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int, float]:
    population = draw(st.integers(1, 100_000))
    reviewed = draw(st.integers(1, min(population, 2_000)))
    return (
        draw(st.integers(0, reviewed)),
        reviewed,
        population,
        draw(st.floats(1e-6, 0.45)),
    )


@given(counts())
def test_limits_hold_what_was_found_and_mirror(case: tuple[int, int, int, float]):
    """Limits are ordered, x <= low <= N x / n <= high <= N - n + x nearly, and mirror."""
    x, n, N, tail = case
    low, high = total_limits(x, n, N, lower_tail=tail, upper_tail=tail)
    assert x <= low <= N * x / n + 1
    assert N * x / n - 1 <= high <= N - n + x
    assert (N - high, N - low) == total_limits(n - x, n, N, lower_tail=tail, upper_tail=tail)


@given(counts())
def test_the_upper_limit_is_the_last_total_with_enough_tail(case: tuple[int, int, int, float]):
    """P(X <= x) is above the tail at the limit and not above it one case further."""
    x, n, N, tail = case
    _, high = total_limits(x, n, N, lower_tail=None, upper_tail=tail)
    assert pmf(high, n, N)[: x + 1].sum() > tail * (1 - 1e-9)
    if high < N - n + x:
        assert pmf(high + 1, n, N)[: x + 1].sum() < tail * (1 + 1e-9)


@given(counts())
def test_a_smaller_tail_never_gives_a_shorter_interval(case: tuple[int, int, int, float]):
    """Wider at a higher level."""
    x, n, N, tail = case
    low, high = total_limits(x, n, N, lower_tail=tail, upper_tail=tail)
    lower, higher = total_limits(x, n, N, lower_tail=tail / 2, upper_tail=tail / 2)
    assert lower <= low <= high <= higher
