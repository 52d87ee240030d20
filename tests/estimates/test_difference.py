"""The difference of two caseloads' rates, from counts alone."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sampleaudit as sa
from sampleaudit.estimates.difference import DIFFERENCE_METHODS

ONE = ((9, 40, 300), (2, 30, 200))
STRATA = (
    ([9, 3, 1], [40, 25, 12], [300, 150, 50]),
    ([4, 3, 2], [50, 30, 20], [500, 300, 200]),
)
SIDES = ("both", "upper", "lower")
ENDLESS = [name for name, known in DIFFERENCE_METHODS.items() if known == "none"]


@st.composite
def caseloads(draw: st.DrawFn, strata: int = 2) -> tuple[list[int], list[int], list[int]]:
    """One caseload: errors found, reviewed and cases, of one or two strata."""
    N = draw(st.lists(st.integers(1, 20), min_size=1, max_size=strata))
    n = [draw(st.integers(0, size)) for size in N]
    x = [draw(st.integers(0, read)) for read in n]
    return x, n, N


def test_the_estimate_is_the_rate_of_a_less_that_of_b():
    found = sa.difference_interval(*STRATA)
    rates = (300 * 9 / 40 + 150 * 3 / 25 + 50 / 12) / 500, (500 * 4 / 50 + 300 / 10 + 20) / 1000
    assert pytest.approx(rates) == (found.rate_a, found.rate_b)
    assert pytest.approx(rates[0] - rates[1]) == found.difference
    assert (13, 77, 500) == (found.errors_a, found.reviewed_a, found.population_a)
    assert (9, 100, 1000) == (found.errors_b, found.reviewed_b, found.population_b)


@pytest.mark.parametrize(
    ("method", "counts", "guarantee"),
    [
        ("profile", ONE, "measured"),
        ("profile", STRATA, "measured"),
        ("guaranteed", ONE, "enumerated"),
        ("guaranteed", STRATA, "proved"),
        ("newcombe", ONE, "none"),
        ("miettinen-nurminen", ONE, "none"),
        ("mee", ONE, "none"),
        ("profile", (ONE[0], (3, 10, 10)), "proved"),
    ],
)
def test_the_result_says_how_its_guarantee_is_known(method, counts, guarantee):
    found = sa.difference_interval(*counts, method=method)
    assert (method, guarantee) == (found.method, found.guarantee)
    assert found.low < found.difference < found.high


def test_mappings_arrays_and_tuples_mean_the_same():
    """The order of the names does not matter, nor does the kind of list."""
    expected = sa.difference_interval(*STRATA)
    names = ("population", "errors", "reviewed")
    named = [{"errors": x, "reviewed": n, "population": N} for x, n, N in STRATA]
    turned = [{name: each[name] for name in names} for each in named]
    assert expected == sa.difference_interval(*turned)
    assert expected == sa.difference_interval(*(np.array(each) for each in STRATA))
    assert sa.difference_interval(*ONE) == sa.difference_interval(([9], [40], [300]), ONE[1])


@pytest.mark.parametrize("method", DIFFERENCE_METHODS)
@pytest.mark.parametrize("side", SIDES)
def test_a_census_on_both_sides_is_exact(method, side):
    """No width, no chance: the difference is what it is."""
    found = sa.difference_interval((3, 10, 10), (1, 4, 4), method=method, side=side)
    assert (0.3 - 0.25, 0.3 - 0.25) == pytest.approx((found.low, found.high))
    assert (0.0, "proved") == (found.p_value, found.guarantee)
    same = sa.difference_interval((2, 4, 4), (5, 10, 10), method=method, side=side)
    assert (0, 0, 0, 1) == (same.difference, same.low, same.high, same.p_value)


@pytest.mark.parametrize("method", ["profile", "guaranteed"])
def test_against_a_census_the_interval_of_the_rate_is_moved(method):
    """The other side is a known number."""
    rate = sa.rate_interval(13, 77, 500, method=method)
    found = sa.difference_interval((13, 77, 500), (3, 10, 10), method=method)
    assert pytest.approx((rate.low - 0.3, rate.high - 0.3)) == (found.low, found.high)
    turned = sa.difference_interval((3, 10, 10), (13, 77, 500), method=method)
    assert pytest.approx((0.3 - rate.high, 0.3 - rate.low)) == (turned.low, turned.high)
    assert pytest.approx(found.p_value) == turned.p_value


def test_a_limit_that_is_0_takes_0_in():
    """Found in small designs: whatever the last digit of a sum of shares, the test agrees."""
    ends = 0
    for x in product(range(5), range(5)):
        found = sa.difference_interval((x[0], 4, 8), (x[1], 4, 8), level=0.9, method="guaranteed")
        ends += 0 in (found.low, found.high)
        assert not 0 < abs(found.low) < 1e-9
        assert not 0 < abs(found.high) < 1e-9
        assert (found.low > 0 or found.high < 0) == (found.p_value < 0.1)
    assert ends > 0


@pytest.mark.parametrize("method", ["profile", "guaranteed"])
def test_cases_that_were_not_read_leave_what_is_possible(method):
    """A stratum without any reviewed widens by its share; a caseload without any says nothing."""
    part = sa.difference_interval(([9, 0], [40, 0], [300, 100]), ONE[1], method=method)
    rest = sa.difference_interval(([9, 0], [40, 100], [300, 100]), ONE[1], method=method)
    assert math.isnan(part.difference)
    assert math.isnan(part.rate_a)
    assert pytest.approx(rest.low, abs=0.01) == part.low
    assert pytest.approx(rest.high + 0.25, abs=0.01) == part.high
    none = sa.difference_interval((0, 0, 300), (5, 10, 10), method=method)
    assert (-0.5, 0.5) == (none.low, none.high)
    assert 1 == none.p_value


@pytest.mark.parametrize("method", ["profile", "guaranteed"])
def test_only_a_census_has_no_width(method):
    """One case unread in 300: the limits are a case apart at least."""
    for b in ((3, 10, 10), (0, 99, 100)):
        found = sa.difference_interval((0, 299, 300), b, method=method)
        assert found.low < found.high


@settings(max_examples=10, deadline=None)
@given(a=caseloads(), b=caseloads(), side=st.sampled_from(SIDES))
def test_the_p_value_is_below_alpha_exactly_where_0_is_outside(a, b, side):
    for method, level in product(("profile", "guaranteed"), (0.5, 0.95)):
        found = sa.difference_interval(a, b, level=level, side=side, method=method)
        assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - level)
        assert 0 <= found.p_value <= 1


@pytest.mark.parametrize("method", [*ENDLESS, "profile", "guaranteed"])
@pytest.mark.parametrize("side", SIDES)
def test_the_interval_at_the_p_value_ends_at_0(method, side):
    """A little more confidence takes 0 in, a little less leaves it out: the test is the limits'."""
    p = sa.difference_interval(*ONE, method=method, side=side).p_value
    if p > 0.4:  # the limits take in the estimate, so none leaves 0 out on the other side
        return
    inside = sa.difference_interval(*ONE, level=1 - 0.99 * p, method=method, side=side)
    outside = sa.difference_interval(*ONE, level=1 - 1.01 * p, method=method, side=side)
    assert inside.low <= 0 <= inside.high
    assert outside.low > 0 or outside.high < 0


@pytest.mark.parametrize("side", SIDES)
def test_the_proved_p_value_belongs_to_its_limits(side):
    """It comes from the same bound; only the search for its parameters differs."""
    counts = ([8, 2], [12, 8], [60, 30]), ([0, 1, 0], [10, 9, 8], [60, 50, 45])
    p = sa.difference_interval(*counts, method="guaranteed", side=side).p_value
    assert "proved" == sa.difference_interval(*counts, method="guaranteed", side=side).guarantee
    if side == "upper":
        assert p > 0.9
        return
    inside = sa.difference_interval(*counts, level=1 - 0.9 * p, method="guaranteed", side=side)
    outside = sa.difference_interval(*counts, level=1 - 1.1 * p, method="guaranteed", side=side)
    assert inside.low < 0 < outside.low


@pytest.mark.parametrize("method", DIFFERENCE_METHODS)
def test_exchanging_the_caseloads_changes_the_sign(method):
    counts = ONE if method in ENDLESS else (STRATA[0], ONE[1])
    found = sa.difference_interval(*counts, method=method)
    turned = sa.difference_interval(*counts[::-1], method=method)
    assert pytest.approx((-found.high, -found.low), abs=1e-12) == (turned.low, turned.high)
    assert pytest.approx(found.p_value) == turned.p_value


@pytest.mark.parametrize("method", DIFFERENCE_METHODS)
def test_one_sided_limits_have_what_is_possible_on_the_other_side(method):
    """The p-values of the two sides are those of their own alternatives."""
    upper = sa.difference_interval(*ONE, side="upper", method=method)
    lower = sa.difference_interval(*ONE, side="lower", method=method)
    possible = (-1, 1) if method in ENDLESS else (9 / 300 - 172 / 200, 269 / 300 - 2 / 200)
    assert pytest.approx(possible) == (upper.low, lower.high)
    assert lower.p_value < 0.1 < 0.9 < upper.p_value


@pytest.mark.parametrize("method", ["profile", "guaranteed"])
def test_a_higher_level_contains_a_lower_one(method):
    for counts in (ONE, STRATA):
        found = [
            sa.difference_interval(*counts, level=level, method=method)
            for level in (0.5, 0.8, 0.95, 0.9999)
        ]
        lows, highs = [each.low for each in found], [each.high for each in found]
        assert sorted(lows, reverse=True) == lows
        assert sorted(highs) == highs


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((41, 40, 300), ONE[1], "a: errors is 41"),
        (ONE[0], ([1, 2], [3, 9], [9, 8]), "b: reviewed is 9 in stratum 2"),
        (ONE[0], ([1, 2], [3, 9], [9]), "b: errors, reviewed and population have 2, 2 and 1"),
        ((1.5, 40, 300), ONE[1], "a: errors is 1.5"),
        ((True, 40, 300), ONE[1], "a: errors is True"),
        (("9", 40, 300), ONE[1], "a: errors is '9'"),
        ((0, 0, 0), ONE[1], "a: population is 0"),
        ((9, 40), ONE[1], r"a is \(9, 40\); it must be three things"),
        ("abc", ONE[1], "a is 'abc'"),
        (9, ONE[1], "a is 9"),
        (ONE[0], {"errors": 1, "read": 2, "population": 3}, "b has 'errors', 'population', 'read'"),
        (ONE[0], {}, "b has nothing"),
        (sa.rate_interval(9, 40, 300), ONE[1], "a is an Interval, which keeps sums"),
    ],
)
def test_counts_that_do_not_fit_are_refused_naming_the_caseload(a, b, message):
    with pytest.raises(sa.AuditError, match=message):
        sa.difference_interval(a, b)


@pytest.mark.parametrize("method", ENDLESS)
def test_methods_for_endless_populations_refuse_strata_and_unread_caseloads(method):
    """With the names of the methods that fit."""
    with pytest.raises(sa.AuditError, match=f"{method}.*no strata.*b has 3.*'profile'"):
        sa.difference_interval(ONE[0], STRATA[1], method=method)
    with pytest.raises(sa.AuditError, match=f"{method}.*needs cases read, and in a"):
        sa.difference_interval((0, 0, 9), ONE[1], method=method)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 95}, "Write 95% as 0.95"),
        ({"side": "two"}, "side is 'two'"),
        ({"method": "wald"}, "method is 'wald'; it must be one of 'profile', 'guaranteed'"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, message):
    with pytest.raises(sa.AuditError, match=message):
        sa.difference_interval(*ONE, **options)


def test_registers_of_millions_have_the_limits_of_registers_of_thousands():
    """No whole number overflows; hardly anything is read, so size matters as far as grids do."""
    a, b = ([9, 3, 4], [37, 25, 29]), ([5, 6], [41, 23])
    sizes = ([900_000, 1_500, 77_777], [800_000, 1_000])
    few, many = (
        sa.difference_interval(
            (*a, [size * times for size in sizes[0]]), (*b, [size * times for size in sizes[1]])
        )
        for times in (1, 1_000)
    )
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=2e-3)
