"""Outcomes of a sample not yet read, and rough intervals of them."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.expected_width import (
    all_outcomes,
    count_chances,
    drawn_further,
    drawn_outcomes,
    rough_limits,
    side_of_outcomes,
)
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.profile import profile_limits
from sampleaudit.formulas.sides import sides_of_cells

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


@pytest.mark.parametrize("own", [N.astype(float), N / 3])
def test_sides_are_those_of_their_cells(own: np.ndarray):
    """Findings worked out once and gathered: the curves of `sides_of_cells`, at its own slopes.

    The nodes lie elsewhere, so what is read off between them agrees to two per cent.
    """
    a, e = drawn_outcomes(n, N, own, own / 6, points=40)
    weight = N / n
    applies = np.where(a == n, N, weight * a)
    q = weight**2 * a * (1 - a / n) * (N - n) / (N - 1)
    cells = sides_of_cells(e.astype(float), a.astype(float), np.where(a > 0, applies, 0.0), q)
    found = side_of_outcomes(e, a, n, N)
    np.testing.assert_allclose(cells.estimate, found.estimate, rtol=1e-12)
    for share in (0.3, 0.9, 1.2, 2.0):
        rate = np.clip(cells.estimate * share + 0.01, cells.low + 1e-3, cells.high - 1e-3)
        one, other = cells.moments(rate), found.moments(rate)
        np.testing.assert_allclose(one[0], other[0], rtol=0.02)
        np.testing.assert_allclose(one[1], other[1], atol=0.05 * np.abs(one[1]).max())
        np.testing.assert_allclose(one[2], other[2], rtol=0.02)


def test_drawing_further_keeps_what_was_found():
    """20 more of each stratum: never fewer errors, and as many more as expected, to 2 %."""
    first = np.array([10, 10, 10])
    wrong = N // 5
    _, e = drawn_outcomes(first, N, N.astype(float), wrong.astype(float), points=1024)
    more = np.array([20, 20, 20])
    later = drawn_further(e, first, more, N, wrong, stage=1)
    assert (later >= e).all()
    np.testing.assert_allclose(30 * wrong / N, later.mean(axis=0), rtol=0.02)
