"""Sizes for telling two rates apart, and what a planned sample tells apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa

RATES = {"North": 0.1, "South": 0.5}


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    """Return 80 cases in North, 60 in South, with an age group that crosses them."""
    rows = [
        (f"{name}{i}", name, "old" if i % 4 else "young")
        for name, size in (("North", 80), ("South", 60))
        for i in range(size)
    ]
    table = pd.DataFrame(rows, columns=["case_id", "district", "age"])
    return sa.build_frame(table, case_id="case_id", stratify_by="district", domains="age")


@pytest.fixture(scope="module")
def plan(frame: sa.Frame) -> sa.Plan:
    return sa.plan_for_comparison(frame, RATES, by="district")


def test_the_power_is_reached_and_not_before(frame: sa.Frame, plan: sa.Plan):
    power = sa.power_of_comparison(plan, RATES, by="district", question="register")
    before = sa.plan_sample(frame, plan.size - 1)
    assert power >= 0.8
    assert sa.power_of_comparison(before, RATES, by="district", question="register") < 0.8
    assert plan.goal is not None
    assert power == plan.goal["expected_power"]


def test_simulated_comparisons_find_it_as_often_as_said(plan: sa.Plan):
    """`difference_interval` leaves 0 out in 60 seeded audits: within three standard errors."""
    n = plan.table["sampled"].tolist()
    rng = np.random.default_rng(20261122)
    found = 0
    for x, y in zip(
        rng.hypergeometric(8, 72, n[0], 60), rng.hypergeometric(30, 30, n[1], 60), strict=True
    ):
        found += sa.difference_interval((int(x), n[0], 80), (int(y), n[1], 60)).p_value < 0.05
    assert plan.goal is not None
    power = plan.goal["expected_power"]
    assert abs(found / 60 - power) < 3 * (power * (1 - power) / 60) ** 0.5


def test_the_process_needs_more(frame: sa.Frame, plan: sa.Plan):
    more = sa.plan_for_comparison(frame, RATES, by="district", question="process")
    assert plan.size < more.size


def test_domains_that_cross_the_strata(frame: sa.Frame):
    """The power of drawn outcomes grows with the difference."""
    plan = sa.plan_sample(frame, 60)
    powers = [
        sa.power_of_comparison(plan, {"old": 0.1, "young": rate}, by="age", question="register")
        for rate in (0.3, 0.5, 0.8)
    ]
    assert sorted(powers) == powers
    assert powers[-1] > 0.9


def test_the_smallest_difference_is_found_and_the_next_is_not(frame: sa.Frame):
    plan = sa.plan_sample(frame, 70)
    found = sa.smallest_difference(plan, 0.1, by="district", between=("North", "South"))
    for step, enough in ((0.0, True), (-1 / 60, False)):
        rates = {"North": 0.1, "South": 0.1 + found + step}
        power = sa.power_of_comparison(plan, rates, by="district", question="register")
        assert enough == (power >= 0.8)


def test_a_change_since_an_earlier_audit(frame: sa.Frame):
    """The more was read then, the less need be read now."""
    sizes = [sa.plan_for_period(frame, (0.5, 0.1), before=(read, 200)).size for read in (40, 150)]
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize(
    ("message", "rates", "options"),
    [
        ("found with probability", {"North": 0.1, "South": 0.15}, {"question": "process"}),
        ("both 0.1", {"North": 0.1, "South": 0.1}, {}),
        ("not a domain of district", {"North": 0.1, "East": 0.2}, {}),
        ("two domains", {"North": 0.1}, {}),
        ("question is 'both'", RATES, {"question": "both"}),
    ],
)
def test_impossible_demands_say_what_is_possible(
    frame: sa.Frame, message: str, rates: dict, options: dict
):
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_for_comparison(frame, rates, by="district", **options)
