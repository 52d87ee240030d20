"""Acceptance and sequential plans of books and papers, source in the test id."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sampleaudit.formulas.acceptance import (
    best_accept_number,
    decisions,
    double,
    single,
    smallest_double,
)
from sampleaudit.formulas.sequential import wald_lines


@pytest.mark.parametrize(
    ("rate", "printed"),
    [
        (0.005, 0.9897), (0.01, 0.9397), (0.02, 0.7366), (0.03, 0.4985), (0.04, 0.3042),
        (0.05, 0.1721), (0.06, 0.0919), (0.07, 0.0468), (0.08, 0.0230), (0.09, 0.0109),
    ],
)  # fmt: skip
def test_montgomery_table_15_2_single_plan_of_89_and_2(rate, printed):
    """Introduction to Statistical Quality Control: P(accept) of n = 89, c = 2."""
    np.testing.assert_allclose(printed, decisions(single(89, 2), rate, (), ())[0], atol=5e-5)


def test_montgomery_section_15_3_double_plan():
    """n1 = 50, c1 = 1, n2 = 100, c2 = 3 at .05: .279 after the first sample.

    The book's sum of rounded products is .289; the exact probability is .2904.
    """
    first = decisions(single(50, 1), 0.05, (), ())[0]
    np.testing.assert_allclose(0.279, first, atol=5e-4)
    both, _ = decisions(double(50, 1, 100, 3, reject=4), 0.05, (), ())
    np.testing.assert_allclose(0.289, both, atol=2e-3)


def test_montgomery_section_15_4_sequential_plan():
    """p1 = .01, alpha = .05, p2 = .06, beta = .10: h1 = 1.22, h2 = 1.57, s = .028."""
    lines = wald_lines(0.01, 0.06, 0.05, 0.10)
    np.testing.assert_allclose(
        [1.22, 1.57, 0.028], [lines.h_accept, lines.h_reject, lines.slope], atol=5e-3
    )


def test_wald_1947_example_of_slope_and_intercepts():
    """p0 = .1, p1 = .3, alpha = .02, beta = .03: h0 = 2.583, h1 = 2.875, s = .1862."""
    lines = wald_lines(0.1, 0.3, 0.02, 0.03)
    np.testing.assert_allclose(
        [2.583, 2.875, 0.1862], [lines.h_accept, lines.h_reject, lines.slope], atol=6e-4
    )


@pytest.mark.parametrize(("reviewed", "printed"), [(8, 2), (12, 4), (14, 4), (19, 6), (28, 9)])
def test_lqas_80_against_50_percent_pmc3013262_table_1(reviewed, printed):
    """The decision rule with the smallest sum of errors; 20 % and 50 % uncovered.

    Five probabilities printed beside these rules differ from the binomial by .01 to .03.
    """
    accept, _, _ = best_accept_number(reviewed, Fraction(1, 5), Fraction(1, 2), None)
    assert printed == accept


def test_touw_and_hoogduin_2011_page_129_two_stages():
    """5 % tolerable, 90 %: 49 and 49 cases; accept at none, or at one and then none."""
    rule = smallest_double((0, 2, 1), Fraction(1), Fraction(1, 20), 0.10, None)
    assert rule is not None
    assert (49, 49) == rule.reviewed
