"""Calibrated weights meet their totals, and are the ones that the definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from sampleaudit.formulas.calibration import (
    UNBOUNDED,
    calibrate,
    independent_columns,
    post_stratify,
)

BOUNDS = (0.4, 2.5)
EVERY_DISTANCE = [
    pytest.param("linear", UNBOUNDED, id="linear"),
    pytest.param("linear", BOUNDS, id="linear, bounded"),
    pytest.param("raking", UNBOUNDED, id="raking"),
    pytest.param("logit", BOUNDS, id="logit"),
]


def sample(seed: int, cases: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return made-up weights, a basis (1, an amount, two categories) and totals near theirs."""
    chance = np.random.default_rng(seed)
    d = chance.uniform(2, 30, cases)
    basis = np.column_stack(
        [
            np.ones(cases),
            chance.lognormal(8, 1, cases),
            chance.integers(0, 2, cases),
            chance.integers(0, 2, cases),
        ]
    )
    totals = (d * chance.uniform(0.7, 1.4, cases)) @ basis
    return d, basis, totals


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
@settings(deadline=None)  # the first example pays for the imports
@given(seed=st.integers(0, 10_000))
def test_totals_are_met_and_bounds_kept(distance, bounds, seed):
    """The totals come from factors between .7 and 1.4, so the weights exist."""
    d, basis, totals = sample(seed)
    fit = calibrate(d, basis, totals, distance=distance, bounds=bounds)
    assert fit.converged
    np.testing.assert_allclose(totals, fit.weights @ basis, rtol=1e-11)
    np.testing.assert_allclose(fit.reached, fit.weights @ basis)
    np.testing.assert_allclose(d * fit.factors, fit.weights)
    assert bounds[0] <= fit.factors.min()
    assert fit.factors.max() <= bounds[1]


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
def test_weights_that_meet_their_totals_already_stay(distance, bounds):
    d, basis, _ = sample(1)
    fit = calibrate(d, basis, d @ basis, distance=distance, bounds=bounds)
    np.testing.assert_allclose(d, fit.weights, rtol=1e-12)


def test_linear_is_the_generalised_regression_estimator():
    """g_i = 1 + (t - sum d x)' (sum d x x')^-1 x_i (Deville and Sarndal 1992, section 1)."""
    d, basis, totals = sample(2)
    matrix = sum(weight * np.outer(x, x) for weight, x in zip(d, basis, strict=True))
    multipliers = np.linalg.solve(matrix, totals - d @ basis)
    expected = [1 + multipliers @ x for x in basis]
    fit = calibrate(d, basis, totals, distance="linear")
    np.testing.assert_allclose(expected, fit.factors, rtol=1e-9)


def test_raking_is_the_end_of_iterative_proportional_fitting():
    """Fitting one margin after the other until nothing moves (Deming and Stephan 1940)."""
    chance = np.random.default_rng(3)
    d = chance.uniform(2, 30, 60)
    margins = [chance.integers(0, 3, 60), chance.integers(0, 4, 60)]
    truth = d * chance.uniform(0.6, 1.6, 60)
    counts = [np.bincount(margin, truth) for margin in margins]
    expected = d.copy()
    for _ in range(500):
        for margin, count in zip(margins, counts, strict=True):
            expected *= (count / np.bincount(margin, expected))[margin]
    basis = np.hstack([np.eye(len(c))[m] for m, c in zip(margins, counts, strict=True)])
    fit = calibrate(d, basis, np.concatenate(counts), distance="raking")
    assert fit.converged
    np.testing.assert_allclose(expected, fit.weights, rtol=1e-10)


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
def test_one_margin_is_post_stratification_whatever_the_distance(distance, bounds):
    chance = np.random.default_rng(4)
    d, cells = chance.uniform(2, 30, 50), chance.integers(0, 4, 50)
    counts = np.bincount(cells, d) * [0.8, 1.0, 1.2, 1.4]
    expected = post_stratify(d, cells, counts)
    fit = calibrate(d, np.eye(4)[cells], counts, distance=distance, bounds=bounds)
    np.testing.assert_allclose(expected.weights, fit.weights, rtol=1e-11)


def test_bounded_linear_is_nearest_within_the_bounds():
    """The minimum of sum d (g - 1)^2 / 2 found by a general optimiser is no lower."""
    d, basis, totals = sample(5, cases=12)
    bounds = (0.9, 1.15)
    fit = calibrate(d, basis, totals, distance="linear", bounds=bounds)
    scale = np.abs(totals)
    found = optimize.minimize(
        lambda g: d @ (g - 1) ** 2 / 2,
        np.ones(12),
        jac=lambda g: d * (g - 1),
        bounds=[bounds] * 12,
        constraints={
            "type": "eq",
            "fun": lambda g: ((d * g) @ basis - totals) / scale,
            "jac": lambda _: (d[:, None] * basis / scale).T,
        },
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert fit.converged
    assert found.success
    assert {*bounds} & {*np.round(fit.factors, 12)}  # some case is at a bound
    np.testing.assert_allclose(found.x, fit.factors, atol=1e-6)


def test_logit_follows_its_equation():
    """The factors of Deville and Sarndal (1992), equation 2.8, solved back to their multipliers."""
    low, high = BOUNDS
    d, basis, totals = sample(6)
    fit = calibrate(d, basis, totals, distance="logit", bounds=BOUNDS)
    steepness = (high - low) / ((1 - low) * (high - 1))
    g = fit.factors
    u = np.log((g - low) * (high - 1) / ((high - g) * (1 - low))) / steepness
    multipliers, *_ = np.linalg.lstsq(basis, u, rcond=None)
    np.testing.assert_allclose(basis @ multipliers, u, atol=1e-10)


@pytest.mark.parametrize("distance", ["linear", "raking"])
def test_far_bounds_change_nothing(distance):
    d, basis, totals = sample(7)
    expected = calibrate(d, basis, totals, distance=distance)
    fit = calibrate(d, basis, totals, distance=distance, bounds=(-1e6, 1e6))
    np.testing.assert_allclose(expected.weights, fit.weights, rtol=1e-12)


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
def test_the_unit_of_an_amount_does_not_matter(distance, bounds):
    d, basis, totals = sample(8)
    unit = np.array([1, 1e-6, 1, 1e3])
    expected = calibrate(d, basis, totals, distance=distance, bounds=bounds)
    fit = calibrate(d, basis * unit, totals * unit, distance=distance, bounds=bounds)
    np.testing.assert_allclose(expected.weights, fit.weights, rtol=1e-10)


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
def test_columns_that_follow_from_others_do_no_harm(distance, bounds):
    """Two margins always depend: the categories of each add up to the same caseload."""
    d, basis, totals = sample(9)
    twice = np.column_stack([basis, basis[:, 0] - basis[:, 2]])
    asked = np.append(totals, totals[0] - totals[2])
    expected = calibrate(d, basis, totals, distance=distance, bounds=bounds)
    fit = calibrate(d, twice, asked, distance=distance, bounds=bounds)
    assert fit.converged
    np.testing.assert_allclose(expected.weights, fit.weights, rtol=1e-10)


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE[1:])
def test_totals_that_no_weights_have_are_reported(distance, bounds):
    """Positive weights cannot add 30 cases of a category to 20 in all."""
    basis = np.array([[1, 0], [1, 0], [1, 1], [1, 1.0]])
    fit = calibrate([5, 5, 5, 5], basis, [20, 30], distance=distance, bounds=bounds)
    assert not fit.converged
    np.testing.assert_allclose(fit.weights @ basis, fit.reached)
    assert np.isfinite(fit.weights).all()
    assert 30 - fit.reached[1] > 1 or abs(fit.reached[0] - 20) > 1


@pytest.mark.parametrize(("distance", "bounds"), EVERY_DISTANCE)
def test_a_category_without_cases_is_met_only_by_0(distance, bounds):
    basis = np.array([[1, 0], [1, 0.0]])
    met = calibrate([5, 5], basis, [12, 0], distance=distance, bounds=bounds)
    unmet = calibrate([5, 5], basis, [12, 3], distance=distance, bounds=bounds)
    assert met.converged
    assert not unmet.converged
    np.testing.assert_allclose([12, 0], unmet.reached)


def test_post_stratified_weights_add_up_to_the_counts():
    fit = post_stratify([2, 2, 4, 4, 4], [0, 0, 1, 1, 1], [10, 9])
    assert fit.converged
    assert [5, 5, 3, 3, 3] == fit.weights.tolist()
    assert [10, 9] == fit.reached.tolist()


def test_a_cell_without_cases_is_not_met():
    fit = post_stratify([2, 2], [0, 0], [10, 9])
    assert not fit.converged
    assert [10, 0] == fit.reached.tolist()
    assert post_stratify([2, 2], [0, 0], [10, 0]).converged


def test_independent_columns_span_what_the_basis_spans():
    d, basis, _ = sample(10)
    more = np.column_stack([basis, basis[:, 0] - basis[:, 2], np.zeros(len(d)), 1e6 * basis[:, 1]])
    kept = independent_columns(more, weights=d)
    assert 4 == kept.shape[1] == np.linalg.matrix_rank(kept / np.abs(kept).max(axis=0))
    for column in more.T:
        _, residual, rank, _ = np.linalg.lstsq(kept, column, rcond=None)
        assert 4 == rank
        assert residual[0] <= 1e-20 * max(1.0, column @ column)
