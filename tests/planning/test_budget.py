"""What a budget buys, and plans between the whole and its parts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa

COSTS = {"North": 4, "South": 5.25, "West": 3}


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    register = pd.DataFrame({
        "id": [f"c{place:04d}" for place in range(160)],
        "town": np.repeat(["North", "South", "West"], [90, 50, 20]),
    })  # fmt: skip
    return sa.build_frame(register, case_id="id", stratify_by="town")


def variance(n):
    """Return the variance of the overall rate at rates of 10, 30 and 20 %, times N^2."""
    size, rates = np.array([90, 50, 20]), np.array([0.1, 0.3, 0.2])
    spread = rates * (1 - rates) * size / (size - 1)
    return (size**2 * spread * (1 / np.array(n) - 1 / size)).sum()


def test_no_whole_numbers_within_the_budget_have_a_smaller_variance(frame):
    """Every allocation that 150 can pay is tried."""
    rates = {"North": 0.1, "South": 0.3, "West": 0.2}
    plan = sa.plan_for_budget(frame, 150, costs=COSTS, anticipated=rates)
    found = plan.table["sampled"].to_numpy()
    price = np.array(list(COSTS.values()))
    assert price @ found <= 150
    every = [n for n in product(range(2, 37), range(2, 28), range(2, 21)) if price @ n <= 150]
    np.testing.assert_allclose(min(map(variance, every)), variance(found), rtol=1e-8)


def test_a_budget_in_cents_that_just_suffices_suffices(frame):
    """Ten cases of 0.1 cost exactly 1: floats would add up to less."""
    plan = sa.plan_for_budget(frame, 1, costs=0.1, anticipated=0.1)
    assert 10 == plan.size


def test_the_table_has_a_row_per_budget_indicator_and_domain(frame):
    """More money, narrower intervals; the allocations are those of the plans."""
    table = sa.budget_table(
        frame, [100, 200], costs=COSTS, anticipated={"late": 0.1, "hearing": 0.3}, by="town"
    )
    rows = table.to_frame()
    assert 2 * 2 * 3 == len(rows)
    assert ["budget", "spent", "size", "indicator", "town"] == list(rows.columns[:5])
    assert (rows["spent"] <= rows["budget"]).all()
    narrow = rows[rows["budget"] == 200]["half_width"].to_numpy()
    assert (narrow < rows[rows["budget"] == 100]["half_width"].to_numpy()).all()
    allocations = table.allocations()
    for each in table.purchases:
        own = allocations[allocations["budget"] == each.budget]
        assert each.plan.size == own["sampled"].sum()
    assert "± late / North" in repr(table)
    assert "<table>" in table._repr_html_()


@pytest.mark.parametrize(
    ("budget", "options", "message"),
    [
        pytest.param(20, {}, "costs 24.5; give that or more", id="under the minimum"),
        pytest.param(0, {}, "budget holds 0", id="nothing"),
        pytest.param(100, {"anticipated": 0}, "no stratum varies", id="nothing varies"),
        pytest.param(100, {"costs": 0.00001}, "four decimals", id="too fine"),
        pytest.param(100, {"minimum": 0, "maximum": 0}, "maximum is 0 in North", id="nothing read"),
    ],
)
def test_impossible_budgets_say_what_would_be_possible(frame, budget, options, message):
    given = {"costs": COSTS, "anticipated": 0.1, **options}
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_for_budget(frame, budget, **given)


def test_a_table_needs_a_budget(frame):
    """An empty list is a mistake."""
    with pytest.raises(sa.AuditError, match="budgets is empty"):
        sa.budget_table(frame, [], costs=1, anticipated=0.1)


def test_power_one_is_neyman_and_power_zero_counts_every_stratum_alike(frame):
    """At like rates power 0 gives equal numbers, until a stratum is full."""
    best = sa.plan_sample(frame, 48, allocation="neyman", anticipated=0.2)
    one = sa.plan_compromise(frame, 48, anticipated=0.2, power=1)
    zero = sa.plan_compromise(frame, 48, anticipated=0.2, power=0)
    half = sa.plan_compromise(frame, 48, anticipated=0.2)
    assert best.table["sampled"].tolist() == one.table["sampled"].tolist()
    assert [16, 16, 16] == zero.table["sampled"].tolist()
    assert zero.table["sampled"][2] > half.table["sampled"][2] > one.table["sampled"][2]


def test_a_compromise_keeps_its_bounds_or_says_them(frame):
    """At most 10 each: 30 in all."""
    with pytest.raises(sa.AuditError, match="only 30 cases to give"):
        sa.plan_compromise(frame, 31, anticipated=0.2, maximum=10)


def test_what_the_plan_was_made_for_is_in_its_record(frame):
    """A plan's goal is part of what its public record binds."""
    small = sa.plan_for_budget(frame, 100, costs=5, anticipated=0.1)
    other = sa.plan_for_budget(frame, 104, costs=5, anticipated=0.1)
    assert small.table["sampled"].tolist() == other.table["sampled"].tolist()
    assert small.digest != other.digest
    assert "budget buys" in repr(small)
