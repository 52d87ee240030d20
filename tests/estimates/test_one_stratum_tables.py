"""One stratum is looked up in a table of all counts: the limits are those worked out one by one."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.analysis import SIDES, Side, tails
from sampleaudit.estimates.limits import IN_TABLES, known_size_limits
from sampleaudit.formulas.profile import profile_limits


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("reviewed", "population"), [(1, 9), (22, 97), (77, 500), (30, 31)])
def test_the_limits_are_those_of_the_formula(reviewed: int, population: int, side: Side):
    """For every count, at two levels; widened by the one rule that both ways share."""
    for level in (0.95, 0.8):
        lower, upper = tails(level, side)
        for errors in range(reviewed + 1):
            found = known_size_limits((errors,), (reviewed,), (population,), level, side, "profile")
            counts = np.array([errors]), np.array([reviewed]), np.array([population])
            low, high = profile_limits(*counts, lower_tail=lower, upper_tail=upper)
            assert found.total_low <= low <= high <= found.total_high
            if low < errors * population / reviewed < high:
                assert (low, high) == (found.total_low, found.total_high)
            assert "proved" == found.guarantee


def test_a_large_sample_is_not_tabled():
    """A table of thousands of counts would cost more than the one that is asked for."""
    counts = (IN_TABLES + 1,), (10 * IN_TABLES,)
    found = known_size_limits((7,), *counts, 0.95, "both", "profile")
    low, high = profile_limits(
        np.array([7]), *map(np.array, counts), lower_tail=0.025, upper_tail=0.025
    )
    assert (low, high) == (found.total_low, found.total_high)
