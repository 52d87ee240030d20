"""Stratified limits that were printed somewhere, source in the test id.

Wendell and Schmee (1996), Exact inference for proportions from a stratified finite population,
Journal of the American Statistical Association 91:825-830.
"""

from __future__ import annotations

import pytest

from sampleaudit.formulas.searched import wendell_schmee_limits, wendell_schmee_p_value


@pytest.mark.parametrize(
    ("population", "reviewed", "errors", "printed_p", "half_unit", "printed_caseload"),
    [
        pytest.param((100, 100), (60, 40), (1, 1), 0.067081, 5e-7, (2, 8), id="T = 10"),
        pytest.param((200, 100), (50, 25), (0, 0), 0.01194, 5e-6, None, id="T = 15"),
        pytest.param((2000, 1000), (50, 50), (1, 0), 0.09958, 5e-6, (150, 0), id="T = 150"),
        pytest.param((300, 200, 100), (50,) * 3, (1, 1, 0), 0.03775, 5e-6, (24, 6, 0), id="T = 30"),
        pytest.param(
            (500, 300, 200), (75, 50, 25), (2, 1, 0), 0.027676, 5e-7, (28, 21, 1), id="T = 50"
        ),
    ],
)
def test_wendell_schmee_1996_p_value_and_its_caseload(
    population, reviewed, errors, printed_p, half_unit, printed_caseload, request
):
    total = int(request.node.callspec.id.removeprefix("T = "))
    p, caseload = wendell_schmee_p_value(errors, reviewed, population, total, side="upper")
    assert pytest.approx(printed_p, abs=half_unit) == p
    assert total == sum(caseload)
    if printed_caseload is not None:
        assert printed_caseload == caseload


@pytest.mark.parametrize(
    ("population", "reviewed", "errors", "printed"),
    [
        pytest.param((200, 100), (50, 25), (0, 0), 10, id="no errors in 75 of 300"),
        pytest.param((5000, 5000), (100, 50), (2, 1), 599, id="3 errors in 150 of 10,000"),
    ],
)
def test_wendell_schmee_1996_one_sided_95_percent_upper_limit(
    population, reviewed, errors, printed
):
    _, high = wendell_schmee_limits(errors, reviewed, population, lower_tail=None, upper_tail=0.05)
    assert printed == high


def test_four_strata_on_which_a_published_program_ran_for_a_week():
    """N = 100 each, n = 25 each, x = 20, 0, 0, 0: "ran for a week without completing".

    The limit is our own: that it is the right one, caseload by caseload, is shown by a slow test
    in tests/formulas/test_searched.py.
    """
    ours = (55, 112)
    actual = wendell_schmee_limits(
        (20, 0, 0, 0), (25,) * 4, (100,) * 4, lower_tail=0.025, upper_tail=0.025
    )
    assert ours == actual
