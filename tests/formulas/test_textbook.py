from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from scipy import optimize, stats

from sampleaudit.formulas.textbook import (
    effective_size,
    korn_graubard_capped_limits,
    korn_graubard_limits,
    logit_limits,
    wald_limits,
    wilson_limits,
    wright_sidak_limits,
)

TWO_SIDED = {"lower_tail": 0.025, "upper_tail": 0.025}
# rate, se, df, cases: a plain one, a design that does better than its cases, one that does worse
DESIGNS = [(0.12, 0.025, 147, 150), (0.4, 0.01, 30, 40), (0.75, 0.11, 6, 20)]


METHODS = [
    pytest.param(korn_graubard_limits, id="korn-graubard"),
    pytest.param(korn_graubard_capped_limits, id="korn-graubard-capped"),
    pytest.param(lambda rate, se, df, _, **tails: wald_limits(rate, se, df, **tails), id="wald"),
    pytest.param(lambda rate, se, df, _, **tails: logit_limits(rate, se, df, **tails), id="logit"),
    pytest.param(
        lambda rate, se, df, _, **tails: wilson_limits(
            rate, effective_size(rate, se), df=df, **tails
        ),
        id="wilson",
    ),
]


@pytest.mark.parametrize("limits", METHODS)
def test_many_rates_at_once_give_what_each_gives_alone(limits) -> None:
    low, high = limits(*(np.array(column) for column in zip(*DESIGNS, strict=True)), **TWO_SIDED)
    for row, design in enumerate(DESIGNS):
        assert limits(*design, **TWO_SIDED) == (low[row], high[row])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("limits", METHODS)
def test_errors_and_correct_cases_mirror_each_other(limits, design) -> None:
    rate, *others = design
    low, high = limits(rate, *others, **TWO_SIDED)
    mirror = limits(1 - rate, *others, **TWO_SIDED)
    assert pytest.approx((1 - high, 1 - low), rel=1e-12) == mirror


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("limits", METHODS)
def test_a_one_sided_limit_is_the_two_sided_one_of_twice_the_tail(limits, design) -> None:
    low, high = limits(*design, **TWO_SIDED)
    assert (low, 1) == limits(*design, lower_tail=0.025, upper_tail=None)
    assert (0, high) == limits(*design, lower_tail=None, upper_tail=0.025)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("limits", METHODS)
def test_a_smaller_tail_gives_a_wider_interval_around_the_rate(limits, design) -> None:
    intervals = [limits(*design, lower_tail=t, upper_tail=t) for t in (0.2, 0.05, 0.025, 0.005)]
    for (low, high), (lower, higher) in pairwise(intervals):
        assert lower < low < design[0] < high < higher


@pytest.mark.parametrize("limits", METHODS)
def test_an_unknown_standard_error_leaves_the_limits_unknown(limits) -> None:
    assert np.isnan(limits(0.3, nan, 20, 30, **TWO_SIDED)).all()


def test_wald_limits_are_not_cut_at_0_and_1() -> None:
    low, high = wald_limits([0.01, 0.99], 0.02, 50, **TWO_SIDED)
    assert low[0] < 0
    assert high[1] > 1


def test_logit_limits_do_not_exist_at_0_and_1() -> None:
    assert np.isnan(logit_limits([0, 1], 0, 50, **TWO_SIDED)).all()


def test_wilson_limits_solve_the_score_equation() -> None:
    """Wilson 1927: |R - R'| = z sqrt(R' (1 - R') / n), solved here by bisection."""
    rate, n, z = 0.12, 169.0, stats.norm.isf(0.025)

    def distance(p):
        return (rate - p) ** 2 - z**2 * p * (1 - p) / n

    expected = optimize.brentq(distance, 1e-9, rate), optimize.brentq(distance, rate, 1 - 1e-9)
    assert pytest.approx(expected, rel=1e-10) == wilson_limits(rate, n, **TWO_SIDED)


def test_wilson_limits_from_an_infinite_size_do_not_exist() -> None:
    assert np.isnan(wilson_limits(0.3, inf, **TWO_SIDED)).all()


def test_wilson_limits_without_errors_start_at_exactly_0() -> None:
    """The upper limit is z^2 / (n + z^2) (Wilson 1927 at R = 0)."""
    z2 = stats.norm.isf(0.025) ** 2
    assert pytest.approx((0, z2 / (60 + z2)), rel=1e-14, abs=0) == wilson_limits(0, 60, **TWO_SIDED)
    assert pytest.approx((60 / (60 + z2), 1), rel=1e-14, abs=0) == wilson_limits(1, 60, **TWO_SIDED)


@pytest.mark.parametrize(("errors", "cases"), [(0, 60), (13, 77), (77, 77)])
def test_korn_graubard_of_a_simple_random_sample_is_clopper_pearson(errors, cases) -> None:
    """With se^2 = R (1 - R) / n and n - 1 degrees of freedom; Clopper-Pearson as scipy has it."""
    rate = errors / cases
    se = (rate * (1 - rate) / cases) ** 0.5
    exact = stats.binomtest(errors, cases).proportion_ci(0.95, method="exact")
    actual = korn_graubard_limits(rate, se, cases - 1, cases, **TWO_SIDED)
    assert pytest.approx((exact.low, exact.high), rel=1e-9) == actual


def test_the_cap_only_ever_widens() -> None:
    for design in DESIGNS:
        low, high = korn_graubard_limits(*design, **TWO_SIDED)
        low_capped, high_capped = korn_graubard_capped_limits(*design, **TWO_SIDED)
        assert low_capped <= low
        assert high <= high_capped


def test_without_variance_between_0_and_1_only_the_capped_limits_exist() -> None:
    """Strata of one kind each: se is 0, the effective size infinite, or the cases."""
    assert np.isnan(korn_graubard_limits(0.25, 0, 38, 40, **TWO_SIDED)).all()
    exact = stats.binomtest(10, 40).proportion_ci(0.95, method="exact")
    actual = korn_graubard_capped_limits(0.25, 0, 38, 40, **TWO_SIDED)
    assert pytest.approx((exact.low, exact.high), rel=1e-12) == actual


def test_effective_size_is_unknown_at_0_and_1_and_infinite_in_a_census() -> None:
    sizes = effective_size([0.2, 0.2, 0, 1], [0.04, 0, 0, 0])
    assert pytest.approx([100, inf, nan, nan], nan_ok=True) == sizes


def exact_limit(x, n, N, tail):
    """Return the largest T with P(X <= x) > tail, by a loop over T (Konijn 1973)."""
    return max(T for T in range(x, N - n + x + 1) if stats.hypergeom.cdf(x, N, T, n) > tail)


@pytest.mark.parametrize("upper_tail", [0.05, 0.025])
def test_wright_sidak_adds_the_limits_of_the_strata(upper_tail) -> None:
    strata = [(2, 20, 60), (0, 10, 40), (1, 5, 30)]
    each = 1 - (1 - upper_tail) ** (1 / 3)
    expected_high = sum(exact_limit(x, n, N, each) for x, n, N in strata)
    found = sum(x for x, _, _ in strata)
    actual = wright_sidak_limits(*zip(*strata, strict=True), lower_tail=None, upper_tail=upper_tail)
    assert (found, expected_high) == actual


def test_wright_sidak_mirrors_errors_and_correct_cases() -> None:
    errors, reviewed, population = (
        np.array([2, 0, 1]),
        np.array([20, 10, 5]),
        np.array([60, 40, 30]),
    )
    low, high = wright_sidak_limits(errors, reviewed, population, **TWO_SIDED)
    mirror = wright_sidak_limits(reviewed - errors, reviewed, population, **TWO_SIDED)
    assert (130 - high, 130 - low) == mirror


def test_wright_sidak_of_one_stratum_is_its_exact_limit() -> None:
    expected = exact_limit(13, 77, 500, 0.05)
    _, high = wright_sidak_limits(13, 77, 500, lower_tail=None, upper_tail=0.05)
    assert expected == high


def test_a_census_stratum_adds_its_errors_and_does_not_share_the_level() -> None:
    low, high = wright_sidak_limits([3], [30], [200], **TWO_SIDED)
    beside = wright_sidak_limits([3, 4], [30, 12], [200, 12], **TWO_SIDED)
    assert (low + 4, high + 4) == beside


def test_an_unread_stratum_adds_between_nothing_and_all_its_cases() -> None:
    low, high = wright_sidak_limits([3], [30], [200], **TWO_SIDED)
    beside = wright_sidak_limits([3, 0], [30, 0], [200, 25], **TWO_SIDED)
    assert (low, high + 25) == beside


def test_a_census_has_one_possible_total() -> None:
    expected = (5, 5)
    assert expected == wright_sidak_limits([3, 2], [10, 8], [10, 8], **TWO_SIDED)
