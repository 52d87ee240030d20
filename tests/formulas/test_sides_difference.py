"""Limits and tails of many differences at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, gamma, hypergeom

from sampleaudit.formulas.differences import difference_limits, difference_tail
from sampleaudit.formulas.sides import constant_sides, count_sides, sides_of_cells
from sampleaudit.formulas.sides_difference import tails_of_differences
from sampleaudit.formulas.sides_law import _below
from sampleaudit.formulas.sides_limits import limits_of_differences

COUNTS = [
    ((3, 15, 60), (1, 12, 40)),
    ((6, 30, 100), (2, 25, 80)),
    ((0, 22, 70), (0, 15, 60)),
    ((22, 22, 70), (1, 15, 60)),
    ((5, 9, 10), (0, 2, 40)),
]
"""The first two are check values of `difference_limits` in tests/formulas/test_differences.py."""


def one(errors: int, read: int, cases: int):
    return count_sides(*(np.array([[float(each)]]) for each in (errors, read, cases)))


@pytest.mark.parametrize(("a", "b"), COUNTS)
def test_single_counts_have_the_profile_interval(a: tuple[int, ...], b: tuple[int, ...]):
    """`difference_limits` and `difference_tail` of one pair, row by row."""
    none = np.zeros(1)
    low, high = limits_of_differences(
        one(*a), one(*b), lower_tail=0.025, upper_tail=0.025, together=none
    )
    expected = difference_limits(
        *([[each] for each in side] for side in (a, b)), lower_tail=0.025, upper_tail=0.025
    )
    assert pytest.approx(expected, abs=2e-6) == (low[0], high[0])
    tail = tails_of_differences(one(*a), one(*b), none, together=none)
    assert pytest.approx(difference_tail(a, b), abs=1e-6) == tail[0]


def test_against_a_known_rate_the_tail_is_that_of_the_count():
    """The whole probability of the count found, whichever side it stands on."""
    none, count = np.zeros(1), one(2, 13, 130)
    known = constant_sides(np.array([0.5]))
    below = float(hypergeom.cdf(2, 130, 65, 13))
    assert pytest.approx(below) == tails_of_differences(count, known, none, together=none)[0]
    above = float(hypergeom.sf(1, 130, 65, 13))
    assert pytest.approx(above) == tails_of_differences(known, count, none, together=none)[0]


def test_an_endless_caseload_is_a_process():
    """With ten thousand times the cases the count is binomial."""
    none, count = np.zeros(1), one(2, 13, 1_300_000)
    tail = tails_of_differences(count, constant_sides(np.array([0.5])), none, together=none)
    assert pytest.approx(binom.cdf(2, 13, 0.5), rel=1e-4) == tail[0]


def test_limits_change_sign_with_the_sides():
    """Limits of b - a are those of a - b with the other sign, curves included."""
    e, a, size = (np.array([each]) for each in ([2.0, 3], [10.0, 12], [40.0, 50]))
    curve, count, none = sides_of_cells(e, a, size, 0 * e), one(4, 11, 60), np.zeros(1)
    low, high = limits_of_differences(curve, count, lower_tail=0.05, upper_tail=0.01, together=none)
    other = limits_of_differences(count, curve, lower_tail=0.01, upper_tail=0.05, together=none)
    assert pytest.approx((-high[0], -low[0]), abs=1e-6) == tuple(each[0] for each in other)


def test_limits_are_nested_in_the_level_and_none_is_all_that_is_possible():
    """A smaller tail gives a wider interval."""
    none = np.zeros(1)
    spans = [
        limits_of_differences(
            one(3, 15, 60), one(1, 12, 40), lower_tail=tail, upper_tail=tail, together=none
        )
        for tail in (0.25, 0.05, 0.005, None)
    ]
    assert sorted((high[0] - low[0] for low, high in spans)) == [
        high[0] - low[0] for low, high in spans
    ]
    assert pytest.approx((3 / 60 - 29 / 40, 48 / 60 - 1 / 40)) == (
        spans[-1][0][0], spans[-1][1][0],
    )  # fmt: skip


def test_the_curve_of_three_moments_is_the_gamma_distribution():
    """Skewed to either side, and the normal one where it is not."""
    shape = 6.0
    y, mean, variance, third = (np.array([[[each]]]) for each in (9.0, 6.0, 6.0, 12.0))
    zero = np.zeros((1, 1, 1))
    right = _below(y, mean, variance, third, zero, forward=1)[0, 0, 0]
    assert pytest.approx(gamma.cdf(9, shape), abs=1e-9) == right
    left = _below(-y, -mean, variance, -third, zero, forward=1)[0, 0, 0]
    assert pytest.approx(gamma.sf(9, shape), abs=1e-9) == left
    assert pytest.approx(0.5, abs=1e-9) == _below(mean, mean, variance, zero, zero, forward=1)
