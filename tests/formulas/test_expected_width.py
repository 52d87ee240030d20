"""Outcomes of a sample not yet read, and rough intervals of them."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.expected_width import (
    all_outcomes,
    count_chances,
    drawn_outcomes,
    rough_limits,
)
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.profile import profile_limits

N, n = np.array([500, 300, 200]), np.array([60, 36, 24])


def test_a_number_between_is_a_mixture():
    """With 4.25 errors among 30 cases a quarter of 5 and three quarters of 4; the mean is exact."""
    found = count_chances(10, 30, 4.25)
    np.testing.assert_allclose(0.75 * pmf(4, 10, 30) + 0.25 * pmf(5, 10, 30), found, rtol=1e-14)
    np.testing.assert_allclose(10 * 4.25 / 30, np.arange(11) @ found, rtol=1e-12)


def test_all_outcomes_have_the_chances_of_their_counts():
    a, e, chances = all_outcomes(
        np.array([3, 2]), np.array([9, 5]), np.array([9.0, 5.0]), np.array([3.0, 1.0]), most=99
    )
    assert (12, 2) == e.shape == a.shape or (8, 2) == e.shape
    np.testing.assert_allclose(1.0, chances.sum(), rtol=1e-12)
    np.testing.assert_allclose([3 * 3 / 9, 2 * 1 / 5], chances @ e, rtol=1e-12)


def test_too_many_outcomes_are_not_listed():
    assert all_outcomes(n, N, N.astype(float), N / 6, most=100) is None


def test_drawn_outcomes_have_the_right_means_and_spread():
    """A domain of a third of each stratum, a sixth of it errors: means to 1 %."""
    own = N / 3
    a, e = drawn_outcomes(n, N, own, own / 6, points=512)
    np.testing.assert_allclose(n / 3, a.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(n / 18, e.mean(axis=0), rtol=0.03)
    assert (e <= a).all()
    again, _ = drawn_outcomes(n, N, own, own / 6, points=512)
    assert (a == again).all()


@pytest.mark.parametrize("rate", [0.05, 1 / 6, 0.5])
def test_rough_limits_are_near_the_true_ones(rate: float):
    """Within a tenth of the width of the profile limits, for eight outcomes."""
    a, e = drawn_outcomes(n, N, N.astype(float), N * rate, points=8)
    _, low, high = rough_limits(e, a, n, N, lower_tail=0.025, upper_tail=0.025)
    for row in range(8):
        true = np.array(profile_limits(e[row], n, N, lower_tail=0.025, upper_tail=0.025)) / 1000
        width = true[1] - true[0]
        np.testing.assert_allclose(true, [low[row], high[row]], atol=0.1 * width)
