"""Intervals from counts alone."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.analysis import METHODS


def test_thirteen_of_77_say_50_to_131_of_500():
    """The field's question: limits by P(X <= 13) > .025, P(X >= 13) > .025, hypergeometric."""
    found = sa.rate_interval(errors=13, reviewed=77, population=500)
    assert (50, 131, "proved") == (found.total_low, found.total_high, found.guarantee)
    assert (0.1, 0.262) == (found.low, found.high)
    assert pytest.approx(13 / 77 * 500) == found.total


def test_all_77_of_77_is_not_all_of_500():
    """At least 95.8 %: 479 cases (two-sided 95 %)."""
    found = sa.rate_interval(77, 77, 500)
    assert (479, 500, 0.958) == (found.total_low, found.total_high, found.low)


def test_strata_are_one_caseload():
    """The estimate is the sum over strata of N x / n."""
    found = sa.rate_interval(errors=[9, 3, 1], reviewed=[40, 25, 12], population=[300, 150, 50])
    assert pytest.approx(300 * 9 / 40 + 150 * 3 / 25 + 50 / 12) == found.total
    assert "measured" == found.guarantee
    assert found.total_low < found.total < found.total_high


def test_a_census_has_no_width():
    """Every case read: the count itself, proved, by every method."""
    for method in METHODS:
        found = sa.rate_interval([3, 0], [10, 5], [10, 5], method=method)
        assert (0.2, 0.2, 3, 3, "proved") == (
            found.low, found.high, found.total_low, found.total_high, found.guarantee,
        )  # fmt: skip


def test_a_census_stratum_adds_what_it_has():
    """Its cases are known; the rest is the interval of the other stratum."""
    alone = sa.rate_interval(3, 20, 100)
    both = sa.rate_interval([3, 4], [20, 10], [100, 10])
    assert (alone.total_low + 4, alone.total_high + 4) == (both.total_low, both.total_high)
    assert "proved" == both.guarantee


def test_an_unread_stratum_leaves_no_estimate_but_limits_that_hold():
    """It may hold anything from none to all."""
    alone = sa.rate_interval(3, 20, 100)
    both = sa.rate_interval([3, 0], [20, 0], [100, 30])
    assert math.isnan(both.rate)
    assert (alone.total_low, alone.total_high + 30) == (both.total_low, both.total_high)


@pytest.mark.parametrize("method", METHODS)
def test_only_a_census_has_an_interval_without_width(method):
    """No errors, all errors: an interval with width, or nan where the formula has none."""
    for errors in ([0, 0], [20, 10]):
        found = sa.rate_interval(errors, [20, 10], [200, 100], method=method)
        assert math.isnan(found.low) or found.low < found.high


@pytest.mark.parametrize("side", ["upper", "lower"])
@pytest.mark.parametrize(
    "method",
    [
        "profile",
        "berger-boos",
        "wendell-schmee",
        "wright-sidak",
        "wilson",
        "korn-graubard",
        "wald",
    ],
)
def test_a_one_sided_limit_is_closer_and_its_other_side_open(method, side):
    """Closer than the two-sided limit; the other is what is possible."""
    both = sa.rate_interval([4, 2], [40, 20], [400, 100], method=method)
    one = sa.rate_interval([4, 2], [40, 20], [400, 100], method=method, side=side)
    if side == "upper":
        assert one.high < both.high
        assert 6 == one.total_low
    else:
        assert one.low > both.low
        assert 500 - 60 + 6 == one.total_high


def test_one_interval_per_row():
    """Every row is a caseload of its own; the table's columns stay."""
    table = pd.DataFrame(
        {"mun": ["A", "B"], "bad": [0, 3], "read": [22, 22], "cases": [100, 22]}, index=["x", "y"]
    )
    result = sa.rate_intervals(table, errors="bad", reviewed="read", population="cases")
    assert ["x", "y"] == result.index.tolist()
    assert (0, 3) == (result.loc["x", "total_low"], result.loc["y", "total_high"])
    single = sa.rate_interval(0, 22, 100)
    assert single.total_high == result.loc["x", "total_high"]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((5, 4, 10), "errors is 5, but reviewed is only 4; errors are counted among"),
        ((1, 11, 10), "reviewed is 11, but population is only 10; the population is all cases"),
        ((1.5, 4, 10), "errors is 1.5; it must be a whole number of cases, from 0 to"),
        ((1, 4.2, 10), "reviewed is 4.2; it must be a whole number"),
        ((-1, 4, 10), "errors is -1"),
        ((1, 4, -10), "population is -10"),
        ((True, 4, 10), "errors is True"),
        (("3", 4, 10), "errors is '3'"),
        ((None, 4, 10), "errors is None"),
        ((math.nan, 4, 10), "errors is nan"),
        ((1, 4, math.inf), "population is inf"),
        ((1, 4, 10**12), "population is 1000000000000; it must be a whole number"),
        ((np.float64(1.5), 4, 10), "errors is 1.5"),
        ((pd.NA, 4, 10), "errors is <NA>"),
        (([1, 2], [4, 5], [10]), "have 2, 2 and 1 entries; give one entry per stratum in each."),
        (([1, 6], [4, 5], [10, 10]), "errors is 6 in stratum 2"),
        (([1, "x"], [4, 5], [10, 10]), "errors is 'x' in stratum 2"),
        (([1, np.nan], [4, 5], [10, 10]), "errors is nan in stratum 2"),
        (([1, 2], [4, 50], [10, 10]), "reviewed is 50 in stratum 2, but population is only 10"),
        (([[1, 2]], [[4, 5]], [[9, 9]]), "errors has 2 dimensions"),
        (([], [], []), "errors is empty; give one entry per stratum."),
        ((0, 0, 0), "population is 0"),
    ],
)
def test_counts_that_do_not_fit_are_refused(counts, message):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        sa.rate_interval(*counts)
    assert message in str(caught.value)


def test_the_message_shows_the_numbers_of_the_stratum():
    """Its place, counted from 1, and all three."""
    for counts, shown in [
        ((5, 4, 10), "(stratum 1: errors 5, reviewed 4, population 10)."),
        (([1, 6], [4, 5], [10, 12]), "(stratum 2: errors 6, reviewed 5, population 12)."),
        (([1, None], [4, 5], [10, 12]), "(stratum 2: errors None, reviewed 5, population 12)."),
    ]:
        with pytest.raises(sa.AuditError) as caught:
            sa.rate_interval(*counts)
        assert str(caught.value).endswith(shown)


@pytest.mark.parametrize("method", ["profile", "guaranteed"])
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999])
def test_levels_from_a_half_to_almost_one(level, method):
    """One stratum and several; wider than at half, within what is possible."""
    for counts in (
        (13, 77, 500),
        ([2, 1], [12, 8], [40, 20]),
        ([0, 1, 3], [20, 9, 7], [90, 9, 30]),
    ):
        half = sa.rate_interval(*counts, level=0.5, method=method)
        found = sa.rate_interval(*counts, level=level, method=method)
        assert 0 <= found.low <= half.low <= found.rate <= half.high <= found.high <= 1


def test_one_stratum_guaranteed_is_the_shortest_interval():
    """None of 100 of 500: 14 at most, where equal tails say 16; 1,000,000 cases are too many."""
    found = sa.rate_interval(0, 100, 500, method="guaranteed")
    assert (0, 14, "enumerated") == (found.total_low, found.total_high, found.guarantee)
    large = sa.rate_interval(3, 100, 10**6, method="guaranteed")
    equal = sa.rate_interval(3, 100, 10**6)
    assert (equal.total_low, equal.total_high) == (large.total_low, large.total_high)
    assert "proved" == large.guarantee


def test_a_bad_row_is_named():
    """Counted from 1."""
    table = pd.DataFrame({"bad": [0, 30], "read": [22, 22], "cases": [100, 100]})
    with pytest.raises(sa.AuditError, match="Row 2: errors is 30"):
        sa.rate_intervals(table, errors="bad", reviewed="read", population="cases")


@pytest.mark.parametrize("value", ["13", None, math.nan, -1, 2.5, True])
def test_a_bad_cell_is_named(value):
    """Text, blank, negative or fractional numbers and truth values, with the row's counts."""
    table = pd.DataFrame({"bad": [0, value], "read": [22, 22], "cases": [100, 100]}, dtype=object)
    with pytest.raises(sa.AuditError, match=r"Row 2: errors is .*reviewed 22, population 100\)"):
        sa.rate_intervals(table, errors="bad", reviewed="read", population="cases")


def test_a_table_without_rows_is_refused():
    """More likely a filter gone wrong than a wish for nothing."""
    table = pd.DataFrame({"bad": [], "read": [], "cases": []})
    with pytest.raises(sa.AuditError, match="The table has no rows"):
        sa.rate_intervals(table, errors="bad", reviewed="read", population="cases")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"errors": "wrong"}, "no column 'wrong'"),
        ({"level": 1}, "level is 1; it must lie between 0 and 1"),
        ({"level": 0}, "level is 0; it must lie between 0 and 1"),
        ({"level": 95}, "level is 95; it must lie between 0 and 1, as 0.95. Write 95% as 0.95."),
        ({"level": math.nan}, "level is nan"),
        ({"level": "0.95"}, "level is '0.95'"),
        ({"level": True}, "level is True"),
        ({"method": "exact"}, "method is 'exact'"),
        ({"side": "left"}, "side is 'left'"),
    ],
)
def test_options_that_do_not_exist_are_refused(changes, message):
    """Columns, level, method, side."""
    table = pd.DataFrame({"bad": [0], "read": [22], "cases": [100]})
    given = {"errors": "bad", "reviewed": "read", "population": "cases", **changes}
    with pytest.raises(sa.AuditError) as caught:
        sa.rate_intervals(table, **given)
    assert message in str(caught.value)


def test_a_result_column_is_not_overwritten():
    """A table that already has a rate."""
    table = pd.DataFrame({"bad": [0], "read": [22], "cases": [100], "rate": [0.1]})
    with pytest.raises(sa.AuditError, match="already has a column 'rate'"):
        sa.rate_intervals(table, errors="bad", reviewed="read", population="cases")


def test_the_sentence_of_an_interval():
    """In both languages, with count, size and interval."""
    found = sa.rate_interval(13, 77, 500)
    assert "about one in six" in found.sentence()
    assert "between 50 and 131 (95%)" in found.sentence()
    assert "mellem 50 og 131 (95\u00a0%)" in found.sentence("da")
    with pytest.raises(sa.AuditError, match="language is 'fr'"):
        found.sentence("fr")


def test_what_is_known_of_a_searched_interval():
    """Proved in one stratum, enumerated where every caseload is gone through, else searched."""
    designs = {"proved": (3, 20, 100), "enumerated": ([3, 1], [8, 6], [20, 15])}
    designs["searched"] = ([9, 5, 1], [80, 60, 60], [4000, 2500, 1500])
    for guarantee, counts in designs.items():
        assert guarantee == sa.rate_interval(*counts, method="wendell-schmee").guarantee


def test_wendell_and_schmee_s_example():
    """N = 5000, 5000; n = 100, 50; x = 2, 1: upper bound 599, by Wright-Sidak 876 (1996)."""
    counts = {"errors": [2, 1], "reviewed": [100, 50], "population": [5000, 5000]}
    for method, bound in {"wendell-schmee": 599, "wright-sidak": 876}.items():
        assert bound == sa.rate_interval(**counts, side="upper", method=method).total_high


def test_guaranteed_says_how_the_guarantee_is_known():
    """Enumerated where the design is small, proved elsewhere; a method that cannot is refused."""
    small = sa.rate_interval([2, 1], [12, 8], [40, 20], method="guaranteed")
    large = sa.rate_interval([9, 3, 1], [40, 25, 12], [300, 150, 50], method="guaranteed")
    assert ("enumerated", "proved") == (small.guarantee, large.guarantee)
    sidak = sa.rate_interval([9, 3, 1], [40, 25, 12], [300, 150, 50], method="wright-sidak")
    assert large.total_high - large.total_low < sidak.total_high - sidak.total_low


def test_guaranteed_leaves_census_strata_out_of_the_count():
    """What is known of the coverage is that of the strata read in part."""
    with_census = sa.rate_interval([2, 1, 90], [12, 8, 5000], [40, 20, 5000], method="guaranteed")
    assert "enumerated" == with_census.guarantee
