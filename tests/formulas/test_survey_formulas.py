"""Means, totals and ratios of cases: by hand, against the formulas by stratum, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.design import Design, variance
from sampleaudit.formulas.domains import Domains, divide
from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.formulas.survey import (
    estimate_mean,
    estimate_ratio,
    mean_influence,
    ratio_influence,
)

STRATA = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1])
POPULATION = np.array([40.0, 10.0])
READ = np.array([4, 5])
DESIGN = Design((POPULATION / READ)[STRATA], STRATA, np.arange(9), POPULATION)
ERRORS = np.array([1.0, 0, 0, 1, 0, np.nan, 0, 1, 0])
DOMAIN = np.array([0, 1, 0, 0, 1, 1, 0, 1, 1])
AMOUNT = np.array([5.0, 1, 2, 9, 4, 4, 0, 7, 3])


@pytest.mark.parametrize("statistic", ["mean", "total"])
def test_a_rate_by_domain_is_that_of_the_counts_by_stratum(statistic: str):
    """The same numbers by two ways: from cases, and from counts (`linear_rate`)."""
    found = estimate_mean(by_domain(), ERRORS, lonely="fail", statistic=statistic)  # type: ignore[arg-type]
    for place in range(2):
        inside = place == DOMAIN
        errors, applicable, domain = (
            np.bincount(STRATA[each], minlength=2)
            for each in (inside & (ERRORS == 1), inside & ~np.isnan(ERRORS), inside)
        )
        expected = linear_rate(errors, applicable, READ, POPULATION, domain=domain)
        value, se = expected.rate, expected.se
        if statistic == "total":
            value, se = expected.total, expected.se_total
        assert pytest.approx(float(value), rel=1e-13) == found.value[place]
        assert pytest.approx(float(se), rel=1e-13) == found.se[place]
        assert applicable.sum() == found.used[place]
        if statistic == "mean":
            assert pytest.approx(float(expected.deff), rel=1e-13) == found.deff[place]


def test_a_mean_is_the_ratio_of_the_measure_to_one():
    """Value, standard error and design effect."""
    mean = estimate_mean(by_domain(), AMOUNT, lonely="fail")
    ratio = estimate_ratio(by_domain(), AMOUNT, np.ones(9), lonely="fail")
    for name in ("value", "se", "deff", "deff_replace"):
        assert np.allclose(getattr(mean, name), getattr(ratio, name), rtol=1e-13, atol=0)


def test_the_variance_is_that_of_the_influences():
    """The influence of a mean, a total and a ratio, summed over the cases of a domain."""
    for found, influence in (
        (estimate_mean(by_domain(), ERRORS, lonely="fail"), mean_influence(by_domain(), ERRORS)),
        (
            estimate_mean(by_domain(), ERRORS, lonely="fail", statistic="total"),
            mean_influence(by_domain(), ERRORS, statistic="total"),
        ),
        (
            estimate_ratio(by_domain(), ERRORS, AMOUNT, lonely="fail"),
            ratio_influence(by_domain(), ERRORS, AMOUNT),
        ),
    ):
        for place in range(2):
            own = np.where(place == DOMAIN, influence, 0.0)
            spread = variance(DESIGN, own, lonely="fail")[0]
            assert pytest.approx(found.se[place] ** 2, rel=1e-13) == spread


def test_a_domain_without_cases_is_nan_and_one_where_nothing_applies_has_a_total_of_0():
    """Four domains: one with all, one where nothing applies, two empty; some cases in none."""
    domain = np.where(np.isnan(ERRORS), 1, 0)
    domain[0] = -1
    domains = divide(DESIGN, domain, 4)
    mean = estimate_mean(domains, ERRORS, lonely="fail")
    total = estimate_mean(domains, ERRORS, lonely="fail", statistic="total")
    assert [False, True, True, True] == np.isnan(mean.value).tolist()
    assert [False, False, True, True] == np.isnan(total.value).tolist()
    assert [8 - 1, 0, 0, 0] == total.used.tolist()
    assert np.isnan(mean.se[1:]).all()


def test_a_ratio_to_nothing_is_nan():
    """No warning of a division."""
    found = estimate_ratio(divide(DESIGN), AMOUNT, np.zeros(9), lonely="fail")
    assert np.isnan(found.value).all()
    assert np.isnan(found.se).all()


def test_a_measure_that_is_the_same_everywhere_has_no_standard_error():
    """To rounding, at any size."""
    found = estimate_mean(by_domain(), np.full(9, 1e6 / 3), lonely="fail")
    assert np.all(found.se < 1e-9)


def by_domain() -> Domains:
    return divide(DESIGN, DOMAIN, 2)
