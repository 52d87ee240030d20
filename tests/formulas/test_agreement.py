"""Agreement of two readings against published values, and rates that err against enumeration."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from sampleaudit.formulas.agreement import (
    binomial_limits,
    cohen_kappa,
    exact_p,
    gwet_ac1,
    true_rate,
    worst_rates,
)

ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
"""Two abstractors of 100 medical records: Gwet (2014), irrCAC's cont3x3abstractors."""


def test_kappa_of_two_abstractors_is_the_published_one():
    """As irrCAC's overview prints them: .79641, se .05891 and limits .680, .913 (t, 99 df)."""
    found = cohen_kappa(ABSTRACTORS, level=0.95)
    assert pytest.approx(0.7964094, abs=5e-8) == found.value
    assert pytest.approx(0.05891, abs=5e-6) == found.se
    assert pytest.approx((0.680, 0.913), abs=5e-4) == (found.low, found.high)


def test_ac1_of_two_abstractors_is_the_published_one():
    """As irrCAC's overview prints them: .84933, se .04322 and limits .764, .935."""
    found = gwet_ac1(ABSTRACTORS, level=0.95)
    assert pytest.approx(0.8493305, abs=5e-8) == found.value
    assert pytest.approx(0.04322, abs=5e-6) == found.se
    assert pytest.approx((0.764, 0.935), abs=6e-4) == (found.low, found.high)


def test_kappa_and_its_error_are_those_of_statsmodels():
    """By statsmodels' cohens_kappa, with the non-null variance of Fleiss, Cohen and Everitt."""
    from statsmodels.stats.inter_rater import cohens_kappa

    for table in (ABSTRACTORS, [[20, 5], [10, 15]], [[40, 9], [3, 2]]):
        expected = cohens_kappa(np.array(table))
        found = cohen_kappa(table, level=0.95)
        assert pytest.approx((expected.kappa, expected.std_kappa)) == (found.value, found.se)


def test_where_errors_are_rare_kappa_is_low_and_ac1_is_not():
    """The paradox of Feinstein and Cicchetti (1990): 90 % agreement, kappa below 0."""
    table = [[90, 5], [5, 0]]
    assert cohen_kappa(table, level=0.95).value < 0
    assert gwet_ac1(table, level=0.95).value > 0.88


@pytest.mark.parametrize("coefficient", [cohen_kappa, gwet_ac1])
def test_full_agreement_has_no_limits(coefficient):
    """A formula without width is no interval; with one category kappa itself is unknown."""
    found = coefficient([[10, 0], [0, 5]], level=0.95)
    assert pytest.approx(1) == found.value
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(coefficient([[0, 0], [0, 0]], level=0.95).value)
    assert math.isnan(cohen_kappa([[10, 0], [0, 0]], level=0.95).value)


def test_binomial_limits_are_those_of_scipy():
    """By scipy's binomtest, exact."""
    for count, size in ((0, 10), (3, 10), (10, 10), (1, 1), (50, 240)):
        expected = stats.binomtest(count, size).proportion_ci(0.9, method="exact")
        assert pytest.approx((expected.low, expected.high)) == binomial_limits(
            count, size, level=0.9
        )
    assert (0.0, 1.0) == binomial_limits(0, 0, level=0.95)


@pytest.mark.parametrize(
    ("count", "size", "sensitivity", "specificity", "expected"),
    [
        pytest.param(6, 151, 0.964, 0.927, (-3.73, -6.54, 1.29), id="epiR, epi.prev, example 2"),
        pytest.param(100, 189, 0.65, 0.95, (79.85, None, None), id="epiR, epi.prev, example 3"),
    ],
)
def test_rogan_and_gladen_as_in_epi_r(count, size, sensitivity, specificity, expected):
    """As on epiR's help page: Rogan and Gladen (1978), Clopper-Pearson limits carried through."""
    low, high = binomial_limits(count, size, level=0.95)
    for found, wanted in zip((count / size, low, high), expected, strict=True):
        if wanted is not None:
            rate = 100 * true_rate(found, sensitivity, specificity)
            assert pytest.approx(wanted, abs=0.02) == rate


@pytest.mark.parametrize(
    ("low", "high", "se", "sp"),
    [
        (0.1, 0.3, (0.7, 0.95), (0.9, 0.99)),
        (0.0, 0.05, (0.6, 0.8), (0.85, 1.0)),
        (0.6, 0.9, (0.75, 1.0), (0.4, 0.8)),
        (0.1, 0.2, (0.3, 1.0), (0.6, 1.0)),
        (0.1, 0.2, (0.0, 1.0), (0.9, 1.0)),
    ],
)
def test_the_worst_rates_are_those_that_the_box_allows(low, high, se, sp):
    """The definition: all true rates that some Se and Sp of the box turn into a found rate."""
    rates = np.linspace(0, 1, 2001)
    possible = np.zeros(len(rates), dtype=bool)
    for one, other in product(np.linspace(*se, 15), np.linspace(*sp, 15)):
        found = one * rates + (1 - other) * (1 - rates)
        possible |= (found >= low - 1e-12) & (found <= high + 1e-12)
    least, most = worst_rates(low, high, se, sp)
    assert pytest.approx(rates[possible].min(), abs=6e-4) == least
    assert pytest.approx(rates[possible].max(), abs=6e-4) == most


def test_readings_that_may_be_worse_than_chance_say_nothing():
    """Se + Sp <= 1: the rate may be anything."""
    assert (0.0, 1.0) == worst_rates(0.1, 0.2, (0.0, 0.5), (0.5, 1.0))
    assert math.isnan(true_rate(0.1, 0.5, 0.5))


def test_the_same_rate_comes_back_where_nobody_errs():
    """Se = Sp = 1 changes nothing."""
    assert pytest.approx((0.1, 0.2)) == worst_rates(0.1, 0.2, (1.0, 1.0), (1.0, 1.0))


def test_fishers_tea():
    """Fisher (1935), the lady tasting tea: 3 of 4 right; two-sided p = 34/70."""
    assert pytest.approx(34 / 70) == exact_p(3, 4, 4, 8)
    assert 1.0 == exact_p(0, 0, 1, 4)
    assert 1.0 == exact_p([0, 0], [3, 0], [0, 0], [5, 0])


def test_with_one_stratum_it_is_fishers_test():
    """By scipy's fisher_exact, two-sided."""
    for table in ([[3, 9], [8, 4]], [[0, 12], [5, 7]], [[2, 30], [9, 22]]):
        expected = stats.fisher_exact(table).pvalue
        (a, b), (c, d) = table
        assert pytest.approx(expected) == exact_p(a, a + b, a + c, a + b + c + d)


def test_with_two_strata_every_allotment_is_counted():
    """The definition: all ways to choose the group within each stratum, equally probable."""
    errors, sizes = [[1, 1, 0, 0, 0], [1, 0, 0, 0]], [2, 2]
    totals = [
        sum(one) + sum(other)
        for one in combinations(errors[0], sizes[0])
        for other in combinations(errors[1], sizes[1])
    ]
    law = {total: Fraction(totals.count(total), len(totals)) for total in set(totals)}
    for found in law:
        expected = float(sum(each for each in law.values() if each <= law[found]))
        split = [min(found, 2), max(0, found - 2)]
        assert pytest.approx(expected) == exact_p(split, sizes, [2, 1], [5, 4])
