"""The Rao-Scott test: against the plain chi-square, and where there is nothing to compare."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sampleaudit.formulas.association import rao_scott
from sampleaudit.formulas.design import Design

GROUPS = np.repeat([0, 0, 1, 1, 2, 2], [8, 22, 15, 25, 20, 10])
ANSWERS = np.repeat([1, 0, 1, 0, 1, 0], [8, 22, 15, 25, 20, 10])


def simple(n: int) -> Design:
    """Return a simple random sample with replacement."""
    return Design(np.full(n, 7.0), np.zeros(n, dtype=np.intp), np.arange(n), np.array([np.inf]))


def test_in_a_simple_random_sample_it_is_pearsons_test():
    """But for n / (n - 1) in the variance, the correction is 1."""
    table = np.array([[22, 8], [25, 15], [10, 20]])
    pearson = stats.chi2_contingency(table, correction=False)
    first = rao_scott(simple(100), GROUPS, ANSWERS, order="first", lonely="fail")
    assert pytest.approx(pearson.statistic, rel=1e-12) == first.statistic
    corrected = stats.chi2.sf(pearson.statistic * 99 / 100, 2)
    assert pytest.approx(corrected, rel=1e-9) == first.p_value
    second = rao_scott(simple(100), GROUPS, ANSWERS, order="second", lonely="fail")
    assert pytest.approx(pearson.statistic * 99 / 100 / 2, rel=1e-9) == second.statistic
    assert pytest.approx(2 * 99, rel=0.05) == second.df_denominator


def test_cases_taken_twice_as_clusters_count_once():
    """Every case and its copy in one cluster: F as from the cases themselves."""
    clusters = np.tile(np.arange(100), 2)
    twice = Design(np.full(200, 7.0), np.zeros(200, dtype=np.intp), clusters, np.array([np.inf]))
    expected = rao_scott(simple(100), GROUPS, ANSWERS, order="second", lonely="fail")
    found = rao_scott(twice, np.tile(GROUPS, 2), np.tile(ANSWERS, 2), order="second", lonely="fail")
    for name in ("statistic", "df", "df_denominator", "p_value"):
        assert pytest.approx(getattr(expected, name), rel=1e-9) == getattr(found, name)


def test_what_the_codes_are_called_changes_nothing():
    """Groups without cases, and cases that are left out, do not count."""
    expected = rao_scott(simple(100), GROUPS, ANSWERS, order="second", lonely="fail")
    renamed = np.array([7, 2, 4])[GROUPS]
    found = rao_scott(simple(100), renamed, 5 - ANSWERS, order="second", lonely="fail")
    assert pytest.approx(expected.p_value, rel=1e-9) == found.p_value


def test_one_answer_or_one_group_is_nothing_to_compare():
    """Every number is nan."""
    for groups, answers in ((GROUPS, 0 * ANSWERS), (0 * GROUPS, ANSWERS)):
        found = rao_scott(simple(100), groups, answers, order="second", lonely="fail")
        assert math.isnan(found.statistic)
        assert math.isnan(found.p_value)
