"""The power of comparing two counts, against going through all outcomes one by one."""

from __future__ import annotations

import numpy as np
import pytest

import sampleaudit as sa
from sampleaudit.formulas.expected_width import count_chances, drawn_outcomes, side_of_outcomes
from sampleaudit.formulas.power import (
    ENDLESS,
    normal_power,
    power_of_counts,
    share_rejected,
)


def test_power_by_its_definition():
    """P(p-value < .05) over every pair of counts, with the p-values of `difference_interval`."""
    n, N, T = (8, 9), (40, 30), (4.0, 15.0)
    first, second = (count_chances(*each) for each in zip(n, N, T, strict=True))
    power = sum(
        first[x] * second[y]
        for x in range(n[0] + 1)
        for y in range(n[1] + 1)
        if sa.difference_interval((x, n[0], N[0]), (y, n[1], N[1])).p_value < 0.05
    )
    assert pytest.approx(power, abs=1e-6) == power_of_counts(n, N, T, alpha=0.05)


def test_power_does_not_depend_on_which_side_comes_first():
    first = power_of_counts((22, 30), (400, 300), (40.0, 105.0), alpha=0.05)
    assert pytest.approx(first, abs=1e-6) == power_of_counts(
        (30, 22), (300, 400), (105.0, 40.0), alpha=0.05
    )


def test_equal_rates_are_found_different_at_most_as_often_as_said():
    for rate in (0.1, 0.3):
        found = power_of_counts((40, 60), (400, 500), (400 * rate, 500 * rate), alpha=0.05)
        assert found <= 0.05


def test_the_process_is_harder_to_tell_apart_than_the_registers():
    n, N, T = (100, 100), (400, 500), (40.0, 100.0)
    process = power_of_counts(
        n, (400 * ENDLESS, 500 * ENDLESS), (40.0 * ENDLESS, 100.0 * ENDLESS), alpha=0.05
    )
    assert process < power_of_counts(n, N, T, alpha=0.05) - 0.02


def test_drawn_outcomes_come_to_about_the_exact_power():
    """One stratum each, by 1,024 drawn outcomes: within .03 of the exact .60."""
    n, N, T = (40, 50), (400, 500), (40.0, 140.0)
    sides = []
    for place in range(2):
        size = np.array([N[place]])
        a, e = drawn_outcomes(
            np.array([n[place]]), size, size * 1.0, np.array([T[place]]), points=1024
        )
        order = np.random.default_rng(place).permutation(1024)
        sides.append(side_of_outcomes(e[order], a[order], np.array([n[place]]), size))
    share = share_rejected(*sides, np.zeros(1024), alpha=0.05)
    assert pytest.approx(power_of_counts(n, N, T, alpha=0.05), abs=0.03) == share


def test_normal_power_at_the_usual_point():
    """A difference of 1.96 + 0.84 standard errors is found four times in five."""
    assert pytest.approx(0.8, abs=1e-3) == normal_power(2.8016, 1.0, alpha=0.05)
    assert 1.0 == normal_power(0.1, 0.0, alpha=0.05)
