"""Proportions, standard errors and limits that were printed somewhere, source in the test id.

A printed interval without a finite population is a simple random sample from an infinite one:
se^2 = R (1 - R) / n, n - 1 degrees of freedom.
"""

from __future__ import annotations

from math import ceil

import pytest

from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.formulas.textbook import (
    korn_graubard_limits,
    logit_limits,
    wilson_limits,
    wright_sidak_limits,
)

FOUR_DECIMALS = 5.1e-5  # half a unit of the last place printed


def clopper_pearson(errors: int, cases: int, lower: float | None, upper: float | None):
    rate = errors / cases
    se = (rate * (1 - rate) / cases) ** 0.5
    return korn_graubard_limits(rate, se, cases - 1, cases, lower_tail=lower, upper_tail=upper)


@pytest.mark.parametrize(
    ("errors", "cases", "printed"),
    [
        pytest.param(81, 263, (0.2553, 0.3662), id="81 of 263"),
        pytest.param(15, 148, (0.0624, 0.1605), id="15 of 148"),
        pytest.param(0, 20, (0.0, 0.1611), id="0 of 20"),
        pytest.param(1, 29, (0.0061, 0.1718), id="1 of 29"),
    ],
)
def test_newcombe_1998_statistics_in_medicine_17_857_table_I_method_3(errors, cases, printed):
    actual = wilson_limits(errors / cases, cases, lower_tail=0.025, upper_tail=0.025)
    assert pytest.approx(printed, abs=FOUR_DECIMALS) == actual


@pytest.mark.parametrize(
    ("errors", "cases", "level", "printed"),
    [
        pytest.param(81, 263, 0.95, (0.2527, 0.3676), id="Newcombe 1998, Table I, 5, 81 of 263"),
        pytest.param(15, 148, 0.95, (0.0578, 0.1617), id="Newcombe 1998, Table I, 5, 15 of 148"),
        pytest.param(0, 20, 0.95, (0.0, 0.1684), id="Newcombe 1998, Table I, 5, 0 of 20"),
        pytest.param(1, 29, 0.95, (0.0009, 0.1776), id="Newcombe 1998, Table I, 5, 1 of 29"),
        pytest.param(
            13,
            16,
            0.95,
            (0.5435, 0.9595),
            id="Fagerland, Lydersen and Laake 2017, Contingency Tables, chapter 2, 13 of 16",
        ),
        # The decision prints the counts; the limits are R's binom.test.
        pytest.param(42, 232, 0.9, (0.1405, 0.2278), id="HHS DAB Decision 1531 (1995), 42 of 232"),
        pytest.param(52, 234, 0.9, (0.1782, 0.2716), id="HHS DAB Decision 1531 (1995), 52 of 234"),
    ],
)
def test_exact_binomial_limits(errors, cases, level, printed):
    tail = (1 - level) / 2
    actual = clopper_pearson(errors, cases, tail, tail)
    assert pytest.approx(printed, abs=FOUR_DECIMALS) == actual


def test_twenty_of_twenty_files_with_errors_show_at_least_83_percent_and_not_all():
    """Frederiksberg's Task Force, 20 files (TV2 Kosmopol); limits .025^(1/20) and .05^(1/20)."""
    assert (pytest.approx(0.8316, abs=FOUR_DECIMALS), 1) == clopper_pearson(20, 20, 0.025, 0.025)
    assert (pytest.approx(0.8609, abs=FOUR_DECIMALS), 1) == clopper_pearson(20, 20, 0.05, None)


@pytest.mark.parametrize(
    ("cases", "printed"),
    [
        pytest.param(20, [10.9, 18.1, 24.5, 30.5, 36.1, 41.5], id="n = 20"),
        pytest.param(60, [3.8, 6.4, 8.7, 10.8, 12.9, 15.0], id="n = 60"),
        pytest.param(100, [2.3, 3.9, 5.3, 6.6, 7.9, 9.1], id="n = 100"),
        pytest.param(200, [1.2, 2.0, 2.7, 3.4, 4.0, 4.6], id="n = 200"),
    ],
)
def test_AICPA_audit_sampling_guide_2017_table_A_4_upper_deviation_rates(cases, printed):
    """At 90 %, for 0 to 5 deviations; per cent, rounded up to a tenth."""
    upper = [clopper_pearson(errors, cases, None, 0.1)[1] for errors in range(len(printed))]
    assert printed == [ceil(1000 * limit) / 10 for limit in upper]


@pytest.mark.parametrize(
    ("errors", "printed"),
    list(zip([1, 2, 3, 4, 5], [11, 74, 176, 301, 446], strict=True)),
    ids="Wang 2015, JASA 110 1491, and R's ExactCIone (Konijn 1973), N=2000 n=10 x={}".format,
)
def test_exact_one_sided_95_percent_lower_limits_of_one_stratum(errors, printed):
    low, _ = wright_sidak_limits(errors, 10, 2000, lower_tail=0.05, upper_tail=None)
    assert printed == low


def test_no_error_among_50_of_2000_leaves_up_to_114_or_two_sided_140():
    """R's ExactCIone, its help example (Konijn 1973)."""
    printed_upper, printed_two_sided = 114, 140
    _, upper = wright_sidak_limits(0, 50, 2000, lower_tail=None, upper_tail=0.05)
    _, two_sided = wright_sidak_limits(0, 50, 2000, lower_tail=0.025, upper_tail=0.025)
    assert printed_upper == upper
    assert printed_two_sided == two_sided


def test_wright_1991_two_strata_of_5000_upper_limit_876():
    """N = 5000, 5000; n = 100, 50; x = 2, 1; one-sided 95 %.

    Printed beside 599, the bound of Wendell and Schmee (1996, JASA 91:825).
    """
    printed = 876
    _, high = wright_sidak_limits([2, 1], [100, 50], [5000, 5000], lower_tail=None, upper_tail=0.05)
    assert printed == high


def test_lohr_sampling_design_and_analysis_agsrs_counties_under_200_000_acres():
    """153 of 300 counties drawn from 3,078 at random: .51, standard error .0275."""
    estimate = linear_rate([153], [300], [300], [3078])
    assert pytest.approx(0.51, rel=1e-12) == estimate.rate
    assert pytest.approx(0.0275, abs=FOUR_DECIMALS) == estimate.se


def test_lohr_sampling_design_and_analysis_agstrat_limits_as_R_prints_them():
    """The rate of small counties in four strata, 300 counties, 296 degrees of freedom.

    R's svyciprop prints .464 and .56 (beta), .465 and .56 (logit); the third digit of the upper
    limits is from the same run.
    """
    rate, se, df, cases = 0.513914774524693, 0.024794556996340592, 296, 300
    two_sided = {"lower_tail": 0.025, "upper_tail": 0.025}
    beta = korn_graubard_limits(rate, se, df, cases, **two_sided)
    logit = logit_limits(rate, se, df, **two_sided)
    assert pytest.approx((0.464, 0.563), abs=6e-4) == beta
    assert pytest.approx((0.465, 0.562), abs=6e-4) == logit


def test_scheaffer_elementary_survey_sampling_television_households_in_three_strata():
    """16 of 20, 2 of 8 and 6 of 12; N = 155, 62, 93: .6, variance .0045, bound 2 sqrt(V) .135."""
    estimate = linear_rate([16, 2, 6], [20, 8, 12], [20, 8, 12], [155, 62, 93])
    assert pytest.approx(0.6, rel=1e-12) == estimate.rate
    assert pytest.approx(0.0045, abs=5e-5) == estimate.se**2
    assert pytest.approx(0.135, abs=5e-4) == 2 * estimate.se
