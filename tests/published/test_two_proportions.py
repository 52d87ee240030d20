"""Limits of differences that were printed somewhere, source in the test id.

Small letters are the columns of Newcombe (1998), Interval estimation for the difference between
independent proportions, Statistics in Medicine 17:873-890, Table II.
"""

from __future__ import annotations

import pytest

from sampleaudit.formulas.textbook_differences import (
    mee_limits,
    miettinen_nurminen_limits,
    newcombe_limits,
)

FOUR_DECIMALS = 5.1e-5  # half a unit of the last place printed


@pytest.mark.parametrize(
    ("limits", "counts", "printed"),
    [
        pytest.param(
            newcombe_limits, (9, 10, 3, 10), (0.1705, 0.8090), id="Newcombe 1998, method 10, b"
        ),
        pytest.param(
            newcombe_limits, (5, 56, 0, 29), (-0.0381, 0.1926), id="Newcombe 1998, method 10, d"
        ),
        pytest.param(
            newcombe_limits, (0, 10, 0, 10), (-0.2775, 0.2775), id="Newcombe 1998, method 10, f"
        ),
        pytest.param(
            newcombe_limits, (10, 10, 0, 10), (0.6075, 1.0), id="Newcombe 1998, method 10, h"
        ),
        pytest.param(
            newcombe_limits,
            (7, 34, 1, 34),
            (0.0189, 0.3404),
            id="Perondi et al. 2004 in Fagerland, Lydersen and Laake 2017, chapter 4",
        ),
        pytest.param(
            mee_limits, (56, 70, 48, 80), (0.0533, 0.3377), id="Mee 1984 in Newcombe 1998, a"
        ),
        pytest.param(
            mee_limits, (5, 56, 0, 29), (-0.0313, 0.1926), id="Mee 1984 in Newcombe 1998, d"
        ),
        # statsmodels 0.15, confint_proportions_2indep(method="score"), has 0.0526 and 0.3440 here
        pytest.param(
            miettinen_nurminen_limits,
            (56, 70, 48, 80),
            (0.0528, 0.3382),
            id="Miettinen and Nurminen 1985 in Newcombe 1998, a",
        ),
        pytest.param(
            miettinen_nurminen_limits,
            (5, 56, 0, 29),
            (-0.0326, 0.1933),
            id="Miettinen and Nurminen 1985 in Newcombe 1998, d",
        ),
    ],
)
def test_95_percent_limits_of_a_difference(limits, counts, printed):
    actual = limits(*counts, lower_tail=0.025, upper_tail=0.025)
    assert pytest.approx(printed, abs=FOUR_DECIMALS) == actual
