"""Operating characteristics of every kind of plan, sequential plans and planned looks."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.formulas.hypergeometric import pmf


def made_frame(*sizes: int) -> sa.Frame:
    """Return a frame with so many cases in each stratum; one size makes no strata."""
    labels = [f"s{h}" for h, size in enumerate(sizes) for _ in range(size)]
    register = pd.DataFrame({"id": [f"c{i:05d}" for i in range(len(labels))], "s": labels})
    return sa.build_frame(register, case_id="id", stratify_by="s" if len(sizes) > 1 else ())


def test_a_single_plan_is_hypergeometric():
    """P(k <= 2) of 60 of 500 at every rate that is asked, errors in whole numbers."""
    plan = sa.acceptance_plan(500, 60, 2, acceptable=0.01, tolerable=0.08)
    table = sa.operating_characteristic(plan, rates=[0, 0.01, 0.0312, "8/100", 1]).to_frame()
    assert [0, 5, 16, 40, 500] == table["errors"].tolist()
    expected = [pmf(T, 60, 500)[:3].sum() for T in (0, 5, 16, 40, 500)]
    np.testing.assert_allclose(expected, table["accept"], atol=1e-12)
    np.testing.assert_allclose(1 - table["accept"], table["reject"], atol=1e-12)
    assert (table["reviewed"] == 60).all()


def test_a_plan_never_accepts_more_often_at_a_higher_rate():
    """By default from 0 to three times the tolerable rate."""
    plan = sa.plan_acceptance(800, acceptable=0.01, tolerable=0.06, kind="double")
    found = sa.operating_characteristic(plan)
    table = found.to_frame()
    assert (np.diff(table["accept"]) <= 1e-12).all()
    assert 0.0 == table["rate"].iloc[0]
    assert 0.18 == table["rate"].iloc[-1]
    assert found.exact
    assert (0.01, 0.06) == (found.acceptable, found.tolerable)
    assert len(found) == len(table)
    assert "undecided" in repr(found)
    assert "<table>" in found._repr_html_()


def test_in_strata_the_even_spread_lies_between_the_extremes():
    """And the extremes at the two rates are the plan's risks."""
    plan = sa.plan_acceptance(made_frame(300, 150, 50), acceptable=0.01, tolerable=0.08)
    table = sa.operating_characteristic(plan, rates=[0.01, 0.04, 0.08]).to_frame()
    assert (table["accept_least"] <= table["accept"]).all()
    assert (table["accept"] <= table["accept_most"]).all()
    np.testing.assert_allclose(1 - plan.producer_risk, table["accept_least"][0], atol=1e-9)
    np.testing.assert_allclose(plan.consumer_risk, table["accept_most"][2], atol=1e-9)


def test_a_plan_with_a_tolerable_rate_accepts_by_its_own_limit():
    """One stratum: accepted where the upper limit of 60 of 500 is within 8 %."""
    plan = sa.plan_sample(made_frame(500), 60, side="upper", tolerable=0.08)
    most = max(k for k in range(61) if sa.rate_interval(k, 60, 500, side="upper").high <= 0.08)
    table = sa.operating_characteristic(plan, rates=[0.02, 0.082]).to_frame()
    expected = [pmf(T, 60, 500)[: most + 1].sum() for T in (10, 41)]
    np.testing.assert_allclose(expected, table["accept"], rtol=1e-9)
    assert table["accept"][1] <= 0.05  # what the limit promises
    assert (table["reject"] == 0).all()


def test_a_plan_with_strata_is_near_what_drawing_gives():
    """Against 2,000 drawn samples of which every limit is worked out."""
    sizes, n = np.array([60, 40]), [20, 15]
    plan = sa.plan_from_counts(
        made_frame(*sizes), {"s0": 20, "s1": 15}, tolerable=0.25, side="upper"
    )
    found = sa.operating_characteristic(plan, rates=[0.1])
    assert not found.exact
    rng = np.random.default_rng(2)
    drawn = rng.hypergeometric([6, 4], [54, 36], n, size=(2000, 2))
    outcomes, counts = np.unique(drawn, axis=0, return_counts=True)
    limits = [
        sa.rate_interval(row.tolist(), n, sizes.tolist(), side="upper").high for row in outcomes
    ]
    expected = counts[np.array(limits) <= 0.25].sum() / 2000
    np.testing.assert_allclose(expected, found.rows[0].accept, atol=0.05)


def test_a_sequential_plan_keeps_its_risks_and_reads_less():
    """In a process and in a register, against the single plan for the same rates."""
    for caseload in (None, made_frame(2000)):
        rates = {"acceptable": 0.01, "tolerable": 0.06, "consumer_risk": 0.1}
        plan = sa.plan_sequential(caseload, **rates)
        alone = sa.plan_acceptance(caseload, **rates)
        table = sa.operating_characteristic(plan, rates=[0.01, 0.06]).to_frame()
        assert plan.producer_risk <= 0.05
        assert plan.consumer_risk <= 0.1
        np.testing.assert_allclose(plan.producer_risk, table["reject"][0])
        np.testing.assert_allclose(plan.consumer_risk, table["accept"][1])
        assert (table["reviewed"] < 0.7 * alone.size).all()
        np.testing.assert_allclose(1.0, table["accept"] + table["reject"], rtol=1e-9)


def test_a_sequential_plan_says_when_to_stop():
    """Its table has a row per case read, and the decision follows it."""
    plan = sa.plan_sequential(made_frame(500), acceptable=0.02, tolerable=0.1)
    table = plan.to_frame()
    assert plan.size == len(table) == plan.plan.size
    assert (table["accept"] < table["reject"]).all()
    assert "read on" == plan.decide(0, 1)
    last = table.iloc[-1]
    assert "accept" == plan.decide(int(last["accept"]), plan.size)
    assert "reject" == plan.decide(int(last["accept"]) + 1, plan.size)
    with pytest.raises(sa.AuditError, match="counted among them"):
        plan.decide(3, 2)


def test_looks_hold_together_and_contain_each_other():
    """Three looks at 95 % in all: each at 98.3 %, by the guaranteed interval, with one seed."""
    looks = sa.plan_looks(made_frame(300, 200), [60, 120, 180], tolerable=0.1)
    np.testing.assert_allclose(1 - 0.05 / 3, looks.level_each)
    samples = [set(sa.draw(plan, seed="dice").cases["id"]) for plan in looks.plans]
    assert samples[0] < samples[1] < samples[2]
    assert (60, 120, 180) == looks.sizes
    assert {"guaranteed"} == {plan.analysis.method for plan in looks.plans}
    assert "3 looks, at 60, 120, 180 of 500 cases" in looks.public_record
    other = sa.plan_looks(made_frame(300, 200), [60, 120, 181], tolerable=0.1)
    assert looks.public_record != other.public_record
    assert 3 * 2 == len(looks.to_frame())


def test_any_look_misses_with_the_probability_that_was_planned_at_most():
    """One stratum: over every path of 240 cases with 24 errors, some look's limits miss."""
    frame = made_frame(240)
    looks = sa.plan_looks(frame, [30, 60, 90], level=0.9)
    alive, before = {0: 1.0}, 0
    for plan in looks.plans:
        table = sa.interval_table(plan.size, 240, level=plan.analysis.level, method="guaranteed")
        holds = (table["total_low"] <= 24) & (table["total_high"] >= 24)
        after: dict[int, float] = {}
        for found, mass in alive.items():
            chances = pmf(24 - found, plan.size - before, 240 - before)
            for more, chance in enumerate(chances):
                if chance > 0 and holds[found + more]:
                    after[found + more] = after.get(found + more, 0.0) + mass * chance
        alive, before = after, plan.size
    assert sum(alive.values()) >= 0.9


def test_looks_have_an_operating_characteristic():
    """What is neither accepted nor rejected at the last look is undecided."""
    looks = sa.plan_looks(made_frame(2000), [100, 200, 300], tolerable=0.06)
    table = sa.operating_characteristic(looks, rates=[0, 0.06, 0.2]).to_frame()
    np.testing.assert_allclose(1.0, table["accept"] + table["reject"] + table["undecided"])
    assert 1.0 == table["accept"][0]
    assert table["accept"][1] + table["reject"][1] <= 0.05
    assert table["reject"][2] >= 0.99
    assert 100.0 == table["reviewed"][0]


def test_a_plan_with_looks_is_judged_as_those_looks():
    """One stratum: exactly as `plan_looks`, whose plan to draw at once names the looks."""
    looks = sa.plan_looks(made_frame(2000), [100, 200, 300], tolerable=0.06)
    tables = [
        sa.operating_characteristic(plan, rates=[0.03, 0.1]).to_frame()
        for plan in (looks, looks.plan)
    ]
    assert (100, 200, 300) == looks.plan.analysis.looks
    assert looks.level_each == looks.plan.analysis.level_each
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize("rate", [0.1, 0.35])
def test_looks_in_strata_are_near_what_drawing_gives(rate):
    """Against 1,000 drawn audits of which every limit at every look is worked out."""
    sizes, bound = np.array([60, 40]), 0.25
    looks = sa.plan_looks(made_frame(*sizes), [20, 40], tolerable=bound)
    found = sa.operating_characteristic(looks, rates=[rate])
    assert not found.exact
    n = [plan.table["sampled"].to_numpy() for plan in looks.plans]
    wrong = np.round(sizes * rate).astype(int)
    rng = np.random.default_rng(3)
    first = rng.hypergeometric(wrong, sizes - wrong, n[0], size=(1000, 2))
    left = sizes - n[0]
    both = first + rng.hypergeometric(wrong - first, left - (wrong - first), n[1] - n[0])

    @cache
    def decided(stage, x):
        interval = sa.rate_interval(
            list(x), n[stage].tolist(), sizes.tolist(), level=looks.level_each, method="guaranteed"
        )
        return (interval.high <= bound) - (interval.low > bound)

    ends = [
        decided(0, tuple(one.tolist())) or decided(1, tuple(two.tolist()))
        for one, two in zip(first, both, strict=True)
    ]
    expected = ends.count(1) / 1000, ends.count(-1) / 1000
    np.testing.assert_allclose(expected, (found.rows[0].accept, found.rows[0].reject), atol=0.05)


def test_a_double_plan_in_strata_reads_less_than_a_single_one():
    """On average at the acceptable rate; the worst places lie beyond the even spread."""
    rates = {"acceptable": 0.02, "tolerable": 0.12}
    frame = made_frame(300, 200, 100)
    plan = sa.plan_acceptance(frame, kind="double", **rates)
    table = sa.operating_characteristic(plan, rates=[0.02, 0.12]).to_frame()
    assert table["reviewed"][0] < sa.plan_acceptance(frame, **rates).size
    assert (table["accept_least"] <= table["accept"]).all()
    assert (table["accept"] <= table["accept_most"]).all()
    np.testing.assert_allclose(1 - plan.producer_risk, table["accept_least"][0])
    np.testing.assert_allclose(plan.consumer_risk, table["accept_most"][1])


def test_what_has_no_operating_characteristic_is_refused():
    with pytest.raises(sa.AuditError, match="no tolerable rate"):
        sa.operating_characteristic(sa.plan_sample(made_frame(100), 20))
    with pytest.raises(sa.AuditError, match="give a plan"):
        sa.operating_characteristic(3)
    with pytest.raises(sa.AuditError, match="rates is empty"):
        sa.operating_characteristic(
            sa.acceptance_plan(100, 20, 1, acceptable=0.01, tolerable=0.1), rates=[]
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sa.plan_looks(made_frame(100), [40, 20]), "sizes that rise"),
        (lambda: sa.plan_looks(made_frame(100), [40, 120]), r"can go from 2 .* to 100"),
        (lambda: sa.plan_sequential(made_frame(60, 40), acceptable=0.01, tolerable=0.1),
         "no one order of reading"),
        (lambda: sa.plan_sequential(100, acceptable=0, tolerable=0.1), "strictly between"),
        (lambda: sa.plan_sequential(100, acceptable=0.01, tolerable=0.1, most=101), "at most 100"),
        (lambda: sa.plan_sequential(100, acceptable=0.01, tolerable=0.1, producer_risk=0.6,
                                    consumer_risk=0.5), "together under 1"),
    ],
)  # fmt: skip
def test_demands_that_cannot_be_met_are_refused(call, message):
    with pytest.raises(sa.AuditError, match=message):
        call()
