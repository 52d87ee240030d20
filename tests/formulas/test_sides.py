"""Sides of comparisons: counts, curves and what they are made from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from sampleaudit.formulas.cell_curves import open_cells
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.formulas.sides import (
    constant_sides,
    count_sides,
    joined,
    rows_of,
    sides_of_cells,
)


def rows(*values: list[float]) -> list[np.ndarray]:
    return [np.array([value], dtype=float) for value in values]


def test_a_count_has_the_hypergeometric_distribution():
    """At a rate that is a whole number of cases."""
    side = count_sides(*rows([3], [12], [60]))
    assert pytest.approx(pmf(15, 12, 60)) == side.chances(np.array([[0.25]]))[0, 0]
    assert pytest.approx((3 / 60, 51 / 60, 0.25)) == (side.low[0], side.high[0], side.estimate[0])


def test_the_likelihood_of_a_count_is_that_of_the_hypergeometric():
    """Up to a constant, at whole numbers of cases."""
    side = count_sides(*rows([3], [12], [60]))
    T = np.array([10, 20])
    ours = [float(side.likelihood(np.array([each / 60]))[0]) for each in T]
    theirs = hypergeom.logpmf(3, 60, T, 12)
    assert pytest.approx(np.diff(theirs)) == np.diff(ours)


def test_cells_read_in_full_are_known():
    """They are no part of the count, and of its rate."""
    side = count_sides(*rows([3, 4], [12, 10], [60, 10]))
    assert (4.0, 3.0, 70.0) == (side.known[0], side.x[0], side.size[0])
    assert pytest.approx((15 + 4) / 70) == side.estimate[0]
    assert [[True, False]] == open_cells(np.array([[12, 10]]), np.array([[60, 10]])).tolist()


def test_a_curve_has_the_moments_of_its_cells():
    """At the best fit, the variance of the stratified estimate; and its third moment, summed."""
    e, a, A = rows([6, 2], [20, 15], [80, 45])
    side = sides_of_cells(e, a, A, 0 * e)
    at = int(np.abs(side.rise[0]).argmin())  # where the likelihood is flat: near the estimate
    rate = side.rate[0, at]
    assert pytest.approx(side.estimate[0], abs=0.01) == rate
    found = linear_rate(e[0], a[0], a[0], A[0])
    assert pytest.approx(float(found.se) ** 2, rel=0.15) == side.variance[0, at]


def test_curves_of_unions_of_cells_are_those_of_their_own_cells():
    """Whether the cells are shared between rows or not."""
    e, a, A = (np.array([values]) for values in ([2.0, 3, 1], [10.0, 12, 8], [40.0, 50, 20]))
    member = np.array([[1.0, 1, 0], [0, 1, 1]])
    shared = sides_of_cells(e * member, a * member, A * member, 0 * member)
    alone = sides_of_cells(*(each[:, 1:] for each in (e, a, A)), np.zeros((1, 2)))
    rate = np.array([0.2])
    assert pytest.approx(alone.estimate[0]) == shared.estimate[1]
    ours, theirs = (rows_of(shared, np.array([1])).moments(rate), alone.moments(rate))
    assert pytest.approx(np.ravel(theirs), rel=0.01) == np.ravel(ours)


def test_random_numbers_of_cases_that_count_add_variance():
    """Namely q (rho - r)^2 over the square of the size, in two cells with unlike rates."""
    e, a, A = rows([9, 1], [10, 10], [50, 50])
    fixed, chance = (sides_of_cells(e, a, A, q * np.ones((1, 2))) for q in (0.0, 25.0))
    rate = np.array([0.5])
    more = chance.moments(rate)[0] - fixed.moments(rate)[0]
    assert pytest.approx(50 * 0.4**2 / 100**2, rel=0.1) == more[0]


def test_likelihoods_between_nodes_are_those_of_single_counts():
    """One cell as a curve and as a count: the same likelihood, interpolated."""
    e, a, A = rows([3], [12], [60])
    curve, count = sides_of_cells(e, a, A, 0 * e), count_sides(e, a, A)
    for rate in (0.08, 0.21, 0.4, 0.7):
        at, top = np.array([rate]), np.array([0.25])
        ours = curve.likelihood(at) - curve.likelihood(top)
        theirs = count.likelihood(at) - count.likelihood(top)
        assert pytest.approx(theirs[0], abs=0.01) == ours[0]


def test_batches_are_joined_in_order():
    """And rows taken from them."""
    both = joined([count_sides(*rows([3], [12], [60])), count_sides(*rows([1], [9], [30]))])
    assert [3.0, 1.0] == both.x.tolist()
    assert [1.0] == rows_of(both, np.array([1])).x.tolist()
    known = constant_sides(np.array([0.5, 0.0]))
    assert [0.5, 0.0] == known.estimate.tolist() == known.low.tolist() == known.high.tolist()
