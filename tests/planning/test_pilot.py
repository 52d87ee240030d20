"""From a pilot to the whole sample."""

from __future__ import annotations

import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    table = pd.DataFrame({"case_id": [f"A{i:04d}" for i in range(400)]})
    return sa.build_frame(table, case_id="case_id")


@pytest.fixture(scope="module")
def pilot(frame: sa.Frame) -> sa.Findings:
    """Return 40 cases: 8 late, of which 2 files missing; a plan is due in 30 and lacks in 6."""
    sample = sa.draw(sa.plan_sample(frame, 40), seed="pilot")
    late = ["error"] * 6 + ["missing file"] * 2 + ["correct"] * 32
    no_plan = ["not applicable"] * 10 + ["error"] * 6 + ["correct"] * 24
    answers = pd.DataFrame({"case_id": sample.cases["case_id"], "late": late, "no plan": no_plan})
    return sa.record_findings(sample, answers)


def test_the_estimates_are_anticipated(frame: sa.Frame, pilot: sa.Findings):
    """Without assurance: 8 of 40 and 6 of 30; missing files count as errors, as planned."""
    plan = sa.plan_from_pilot(
        pilot, frame, margin=0.1, indicators=["late", "no plan"], assurance=None
    )
    assert plan.goal is not None
    assert {"late": 0.2, "no plan": 0.2} == pytest.approx(plan.goal["anticipated"])
    assert {"late": 1.0, "no plan": 0.75} == pytest.approx(plan.goal["applicable"])
    told = sa.plan_for_margin(
        frame, 0.1, anticipated={"late": 0.2, "no plan": 0.2},
        applicable={"late": 1.0, "no plan": 0.75},
    )  # fmt: skip
    assert told.size == plan.size


def test_missing_files_follow_the_rule(frame: sa.Frame, pilot: sa.Findings):
    """Left out: 6 of 38, and 38 of 40 cases count."""
    plan = sa.plan_from_pilot(
        pilot, frame, margin=0.1, indicators="late", assurance=None, missing="exclude"
    )
    assert plan.goal is not None
    assert {"late": 6 / 38} == pytest.approx(plan.goal["anticipated"])
    assert {"late": 38 / 40} == pytest.approx(plan.goal["applicable"])


def test_assurance_plans_for_the_limit_of_the_pilot(frame: sa.Frame, pilot: sa.Findings):
    """At 80 % the rate anticipated is the one-sided limit of 8 of 40."""
    sizes = {}
    for assurance in (None, 0.8, 0.95):
        plan = sa.plan_from_pilot(pilot, frame, margin=0.08, indicators="late", assurance=assurance)
        sizes[assurance] = plan.size
        if assurance:
            limit = sa.rate_interval(8, 40, 400, level=assurance, side="upper").high
            assert plan.goal is not None
            assert {"late": limit} == plan.goal["anticipated"]
    assert sizes[None] < sizes[0.8] < sizes[0.95]


def test_the_pilot_stays_in_the_sample(frame: sa.Frame, pilot: sa.Findings):
    """Same seed, same register: the larger sample contains the pilot."""
    plan = sa.plan_from_pilot(pilot, frame, margin=0.1, indicators="late")
    larger = sa.draw(plan, seed="pilot")
    assert set(pilot.sample.cases["case_id"]) < set(larger.cases["case_id"])
    assert "pilot" in str(plan.analysis.seed_source)


def test_a_pilot_that_was_large_enough_is_the_sample(frame: sa.Frame, pilot: sa.Findings):
    plan = sa.plan_from_pilot(pilot, frame, margin=0.4, indicators="late")
    assert 40 == plan.size


def test_another_register_is_refused(frame: sa.Frame, pilot: sa.Findings):
    other = sa.build_frame(frame.to_frame().iloc[1:], case_id="case_id")
    with pytest.raises(sa.AuditError, match="fingerprint"):
        sa.plan_from_pilot(pilot, other, margin=0.1)
    declared = sa.declare_sample(
        pilot.sample.cases[["case_id"]], case_id="case_id", population=400, selection="random"
    )
    answers = pd.DataFrame({"case_id": declared.cases["case_id"], "late": 0})
    with pytest.raises(sa.AuditError, match="not drawn case by case"):
        sa.plan_from_pilot(sa.record_findings(declared, answers), frame, margin=0.1)
