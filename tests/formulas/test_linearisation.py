import numpy as np
import pytest

from sampleaudit.formulas.linearisation import LinearEstimate, linear_rate

ERRORS = [[9, 3, 1], [0, 0, 0], [20, 10, 2]]
APPLICABLE = [[40, 25, 12], [40, 25, 12], [31, 14, 5]]
REVIEWED = [40, 25, 12]
POPULATION = [300, 150, 50]
COLUMNS = LinearEstimate.__slots__


def test_many_indicators_at_once_give_what_each_gives_alone() -> None:
    together = linear_rate(ERRORS, APPLICABLE, REVIEWED, POPULATION)
    for row, (errors, applicable) in enumerate(zip(ERRORS, APPLICABLE, strict=True)):
        alone = linear_rate(errors, applicable, REVIEWED, POPULATION)
        for column in COLUMNS:
            expected, actual = getattr(alone, column), np.asarray(getattr(together, column))
            assert np.array_equal(
                expected, actual[..., row] if actual.ndim else actual, equal_nan=True
            )


def test_indicators_by_groups_keep_both_leading_axes() -> None:
    errors = np.zeros((4, 7, 3))
    estimate = linear_rate(errors, np.ones((4, 7, 3)), REVIEWED, POPULATION, domain=np.ones((7, 3)))
    shape = (4, 7)
    assert shape == estimate.rate.shape == estimate.se.shape == estimate.deff.shape
    assert estimate.df.shape in {shape, (7,)}


def test_the_order_of_strata_does_not_matter() -> None:
    straight = linear_rate(ERRORS[2], APPLICABLE[2], REVIEWED, POPULATION)
    turned = linear_rate(ERRORS[2][::-1], APPLICABLE[2][::-1], REVIEWED[::-1], POPULATION[::-1])
    for column in COLUMNS:
        assert pytest.approx(getattr(straight, column), rel=1e-14) == getattr(turned, column)


def test_errors_and_correct_cases_mirror_each_other() -> None:
    errors, applicable = np.array(ERRORS[2]), np.array(APPLICABLE[2])
    wrong = linear_rate(errors, applicable, REVIEWED, POPULATION)
    right = linear_rate(applicable - errors, applicable, REVIEWED, POPULATION)
    assert pytest.approx(1 - wrong.rate, rel=1e-14) == right.rate
    assert pytest.approx(wrong.se, rel=1e-13) == right.se
    assert pytest.approx(wrong.deff, rel=1e-13) == right.deff


def test_a_census_has_no_standard_error_and_no_design_effect() -> None:
    estimate = linear_rate([5, 2], [20, 8], [20, 10], [20, 10])
    expected_rate = 7 / 28
    assert expected_rate == estimate.rate
    assert not estimate.se
    assert not estimate.se_total
    assert np.isnan(estimate.deff)


def test_a_census_stratum_adds_its_errors_and_no_variance() -> None:
    alone = linear_rate([3], [25], [25], [150])
    beside = linear_rate([3, 4], [25, 10], [25, 10], [150, 10])
    assert alone.total + 4 == beside.total
    assert alone.se_total == beside.se_total


def test_one_case_read_of_several_leaves_the_standard_error_unknown() -> None:
    estimate = linear_rate([1, 0], [10, 1], [10, 1], [100, 5])
    expected_total = 10.0
    assert expected_total == estimate.total
    assert np.isnan([estimate.se, estimate.se_total, estimate.deff]).all()


def test_one_case_that_is_the_whole_stratum_is_a_census() -> None:
    estimate = linear_rate([1, 1], [10, 1], [10, 1], [100, 1])
    assert estimate.se > 0


def test_an_unread_stratum_leaves_everything_unknown_but_the_degrees_of_freedom() -> None:
    estimate = linear_rate([1, 0], [10, 0], [10, 0], [100, 40])
    unknown = [estimate.rate, estimate.se, estimate.total, estimate.se_total, estimate.deff]
    assert np.isnan(unknown).all()
    expected_df = 9
    assert expected_df == estimate.df


def test_a_stratum_with_population_0_takes_no_part() -> None:
    without = linear_rate([2], [10], [10], [100])
    beside = linear_rate([2, 5, 0], [10, 6, 0], [10, 9, 0], [100, 0, 0])
    assert [getattr(without, c) for c in COLUMNS] == [getattr(beside, c) for c in COLUMNS]


def test_without_applicable_cases_there_is_no_rate() -> None:
    estimate = linear_rate([0, 0], [0, 0], [10, 8], [100, 40])
    assert np.isnan([estimate.rate, estimate.se, estimate.deff]).all()
    assert not estimate.total


def test_all_errors_is_exactly_1_and_without_a_rounding_residue() -> None:
    estimate = linear_rate([7, 11, 3], [7, 11, 3], [7, 11, 3], [101, 77, 59])
    expected = (1.0, 0.0)
    assert expected == (estimate.rate, estimate.se)


def test_strata_of_one_kind_each_have_no_residue_of_variance() -> None:
    """A rate of 7 / 30 between strata of errors only and of correct cases only: se is 0."""
    estimate = linear_rate([3, 0], [3, 11], [3, 11], [70, 230])
    assert not estimate.se
    assert 0 < estimate.rate < 1


def test_degrees_of_freedom_count_the_cases_of_the_domain_and_its_strata() -> None:
    """As degf() of a subset in R's survey 4.5: rows less strata, empty answers counted."""
    estimate = linear_rate([1, 0, 0], [4, 3, 0], [10, 10, 10], [90, 80, 70], domain=[6, 5, 0])
    expected_cases, expected_strata = 6 + 5, 2
    assert expected_cases == estimate.cases
    assert expected_cases - expected_strata == estimate.df


def test_results_for_one_caseload_are_plain_numbers() -> None:
    estimate = linear_rate([9, 3, 1], REVIEWED, REVIEWED, POPULATION)
    assert isinstance(estimate.rate, float)
    assert isinstance(estimate.se, float)
    assert isinstance(estimate.deff, float)
