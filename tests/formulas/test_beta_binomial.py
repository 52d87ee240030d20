"""Partial pooling: limits for given hyperparameters, and the grid over them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaln
from scipy.stats import betabinom

from sampleaudit.formulas import beta_binomial
from sampleaudit.formulas.beta_binomial import (
    count_law,
    fit_prior,
    surprise,
    unread_limits,
    without,
)

ONE = np.ones(1)


@pytest.mark.parametrize(
    ("N", "x", "low", "high"), [(100, 0, 0, 11), (100, 2, 3, 20), (400, 8, 55, 165)]
)
def test_limits_for_known_hyperparameters(N: int, x: int, low: int, high: int):
    """With a = 1.5, b = 13.5, n = 22: as scipy's betabinom.ppf at .025 and .975."""
    after = np.array([1.5 + x]), np.array([13.5 + 22 - x])
    expected = betabinom.ppf([0.025, 0.975], N - 22, *after) + x
    assert [low, high] == expected.tolist()
    found = unread_limits(N - 22, ONE, *after, tail=0.025)
    assert (low, high) == (x + found[0], x + found[1])


def test_the_law_is_scipys():
    """Probabilities of 0, ..., 78 at a = 3.5, b = 33.5."""
    expected = betabinom.pmf(range(79), 78, 3.5, 33.5)
    assert np.abs(expected - count_law(78, ONE, np.array([3.5]), np.array([33.5]))).max() < 1e-12


def test_long_limits_agree_with_short_ones(monkeypatch: pytest.MonkeyPatch):
    """A mixture of two priors, 3,000 unread cases: by bisection and by the whole law."""
    weights, a, b = np.array([0.3, 0.7]), np.array([4.0, 9.0]), np.array([30.0, 41.0])
    short = unread_limits(3000, weights, a, b, tail=0.025)
    monkeypatch.setattr(beta_binomial, "_LONG", 100)
    assert np.abs(np.subtract(short, unread_limits(3000, weights, a, b, tail=0.025))).max() <= 2


@pytest.mark.parametrize("rates", [(1.5, 8.5), (12, 88), (0.4, 0.4)])
def test_the_grid_is_that_of_the_definition(rates: tuple[float, float]):
    """Posterior means of m and log M as on 300 x 300 points, uniform in m and 1/(1 + M)."""
    draws = np.random.default_rng(20261122)
    x = draws.binomial(22, draws.beta(*rates, 98)).astype(float)
    prior = fit_prior(x, np.full(98, 22.0), None)
    cases = (prior.a + prior.b)[:, 0]
    points = (np.arange(300) + 0.5) / 300
    m, u = (each.ravel() for each in np.meshgrid(points, points, indexing="ij"))
    M = 1 / u - 1
    logs = np.zeros(m.size)
    for value, count in zip(*np.unique(x, return_counts=True), strict=True):
        logs += count * (betaln(m * M + value, (1 - m) * M + 22 - value))
        logs -= count * betaln(m * M, (1 - m) * M)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    assert weights @ m == pytest.approx(prior.weights @ (prior.a[:, 0] / cases), abs=2e-4)
    assert weights @ np.log(M) == pytest.approx(prior.weights @ np.log(cases), abs=0.02)


def test_leaving_a_domain_out_is_fitting_the_others():
    """The weights without a domain give the prior mean that a fit to the other domains gives."""
    draws = np.random.default_rng(7)
    x = draws.binomial(22, draws.beta(2, 10, 30)).astype(float)
    n = np.full(30, 22.0)
    prior = fit_prior(x, n, None)
    weights = without(prior, 4, x[4], 22.0)
    others = fit_prior(np.delete(x, 4), np.delete(n, 4), None)
    expected = others.weights @ (others.a / (others.a + others.b))[:, 0]
    assert expected == pytest.approx(weights @ (prior.a / (prior.a + prior.b))[:, 0], abs=1e-3)


def test_a_covariate_moves_the_mean():
    """Rates that follow it get priors that follow it; without a relation they stay alike."""
    z = np.linspace(-1, 1, 60)
    draws = np.random.default_rng(3)
    x = draws.binomial(22, 1 / (1 + np.exp(1.5 - 1.5 * z))).astype(float)
    prior = fit_prior(x, np.full(60, 22.0), z)
    means = prior.weights @ (prior.a / (prior.a + prior.b))
    assert (np.diff(means) > 0).all()
    assert 1 / (1 + np.exp(3)) == pytest.approx(means[0], abs=0.05)


def test_surprise_is_the_smaller_tail():
    """Of 22 at rate .1 with M huge: P(X >= 7) is that of the binomial, .0044 (scipy)."""
    law = count_law(22, ONE, np.array([0.1e9]), np.array([0.9e9]))
    assert 0.004391 == pytest.approx(surprise(law, 7), abs=2e-6)
    assert 0.098477 == pytest.approx(surprise(law, 0), abs=2e-6)
