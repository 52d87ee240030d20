"""Funnel limits: published ones, their definition, and the overdispersion factor."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chi2, hypergeom

from sampleaudit.formulas.funnel import (
    control_limit,
    exact_limits,
    heterogeneity,
    is_overdispersed,
    overdispersion,
    rate_law,
    winsorised,
)


def law(n: int, N: int | None, target: float):
    population = None if N is None else np.array([float(N)])
    return rate_law(np.array([n]), population, target, np.array([1.0]))


def test_limits_near_the_published_ones_where_counts_are_large():
    """A baseline of 80.642448%, n = 110,000: test data of the R package PHEindicatormethods.

    Its testdata_funnel_prop_outputs.csv has 80.408963 and 80.875933 (95 %), 80.274317 and 81.010578
    (99.8 %): normal limits, which the exact ones come near, but for skewness.
    """
    big = law(110_000, None, 0.80642448)
    published = {0.025: 80.408963, 0.975: 80.875933, 0.001: 80.274317, 0.999: 81.010578}
    for tail, expected in published.items():
        assert expected == pytest.approx(100 * control_limit(big, tail), abs=0.0015)


@pytest.mark.parametrize("tail", [0.001, 0.025, 0.975, 0.999])
def test_interpolated_limits_are_spiegelhalters(tail: float):
    """They are (r - alpha) / n, for binomial counts of a rate of 7.4 %.

    r = inf{i : P(X <= i) > p}, alpha = (P(X <= r) - p) / P(X = r): Spiegelhalter 2005, A.1.1.
    """
    n = 200
    r = next(i for i in range(n + 1) if binom.cdf(i, n, 0.074) > tail)
    alpha = (binom.cdf(r, n, 0.074) - tail) / binom.pmf(r, n, 0.074)
    assert (r - alpha) / n == pytest.approx(control_limit(law(n, None, 0.074), tail), abs=1e-9)


@pytest.mark.parametrize(("n", "N", "T"), [(22, 110, 11), (22, 24, 3), (40, 200, 100)])
def test_exact_limits_leave_at_most_the_tail_outside(n: int, N: int, T: int):
    """And one more count on either side would leave more."""
    for tail in (0.025, 0.001):
        low, high = exact_limits(law(n, N, T / N), tail)
        below, above = round(low * n), round(high * n)
        assert hypergeom.cdf(below - 1, N, T, n) <= tail < hypergeom.cdf(below, N, T, n)
        assert hypergeom.sf(above, N, T, n) <= tail < hypergeom.sf(above - 1, N, T, n)


def test_a_total_between_whole_numbers_is_mixed():
    """10 % of 95 cases is 9.5: half each of 9 and 10."""
    mixed = law(22, 95, 0.1).probabilities
    expected = (hypergeom.pmf(range(23), 95, 9, 22) + hypergeom.pmf(range(23), 95, 10, 22)) / 2
    assert np.abs(expected - mixed).max() < 1e-12


def test_a_domain_in_strata_has_the_law_of_the_weighted_sum():
    """Every outcome of two strata, weights 6 and 50/12, added up by its rate."""
    found = rate_law(np.array([10, 12]), np.array([60.0, 50.0]), 0.1, np.array([6.0, 50 / 12]))
    first, second = hypergeom.pmf(range(11), 60, 6, 10), hypergeom.pmf(range(13), 50, 5, 12)
    rates = (6 * np.arange(11)[:, None] + 50 / 12 * np.arange(13)) / 110
    joint = np.outer(first, second)
    assert 0.1 == pytest.approx(found.mean)
    assert float((joint * (rates - 0.1) ** 2).sum()) == pytest.approx(found.moment(2))
    for point in (0.05, 0.1, 0.2):
        expected = joint[rates <= point + 1e-9].sum()
        assert expected == pytest.approx(
            found.probabilities[found.values <= point + 1e-9].sum(), abs=1e-9
        )


def test_winsorised_scores_are_pulled_in_to_the_deciles():
    """Ten scores: the quantiles of R's type 7 at 0.1 and 0.9 are 0.9 and 8.1 of 0, ..., 9."""
    assert [0.9, *range(1, 9), 8.1] == winsorised(np.arange(10.0)).tolist()


def test_phi_is_the_mean_square_and_judged_by_two_deviations():
    """1 + 2 sqrt(2 / 98) = 1.2857 for 98 domains."""
    scores = np.tile([1.5, -1.5], 49)
    assert 2.25 == overdispersion(scores)
    assert is_overdispersed(2.25, 98)
    assert not is_overdispersed(1.28, 98)


def test_heterogeneity_of_normal_scores_is_pearsons_test():
    """With kurtosis 3, Q is chi-square with one degree of freedom less than scores."""
    scores = np.linspace(-2, 2, 12)
    statistic, p_value = heterogeneity(scores, np.full(12, 3.0))
    assert float((scores**2).sum()) == pytest.approx(statistic)
    assert chi2.sf(statistic, 11) == pytest.approx(p_value)
