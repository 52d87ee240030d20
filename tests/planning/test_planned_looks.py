"""Looks that the plan binds: hashed with it, kept on disk, and obeyed by the estimates."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import sampleaudit as sa
from sampleaudit.analysis import Analysis
from sampleaudit.cli import main
from sampleaudit.wording import remark_text

LOOKS = (15, 30, 45)


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    rows = [(f"A{i}", "NSW"[i % 3]) for i in range(180)]
    table = pd.DataFrame(rows, columns=["case_id", "district"])
    return sa.build_frame(table, case_id="case_id", stratify_by="district")


@pytest.fixture(scope="module")
def sample(frame: sa.Frame) -> sa.Sample:
    return sa.draw(sa.plan_sample(frame, 45, looks=LOOKS), seed="dice 2 4 6")


def read_first(sample: sa.Sample, each: int) -> sa.Findings:
    """Return findings of the first cases of every stratum, one in five of them late."""
    cases = sample.cases
    late = ["not reviewed" if place > each else ("error" if place % 5 == 0 else "correct")
            for place in cases["order"]]  # fmt: skip
    return sa.record_findings(sample, cases[["case_id"]].assign(late=late))


def test_each_look_is_analysed_so_that_all_hold_together(sample: sa.Sample):
    """Five of each district read: the limits of 98.33 %, and a remark that says so."""
    row = sa.estimate_rates(read_first(sample, 5), ["late"]).rows[0]
    direct = sa.rate_interval([1, 1, 1], [5, 5, 5], [60, 60, 60], level=1 - 0.05 / 3)
    assert (direct.low, direct.high) == (row.limits.rate_low, row.limits.rate_high)
    assert 0.95 == row.level
    said = "all 3 looks planned hold together with 95% (Bonferroni: each is made at 98.333%)"
    assert said in row.remarks
    assert said != remark_text(said, "da")
    assert not any(remark.startswith("not as planned") for remark in row.remarks)


def test_a_look_that_was_not_planned_is_remarked(sample: sa.Sample):
    row = sa.estimate_rates(read_first(sample, 8), ["late"]).rows[0]
    said = "not as planned: looked at after 24 cases (plan: 15, 30, 45)"
    assert said in row.remarks
    assert said != remark_text(said, "da")


def test_bonferroni_over_indicators_comes_on_top(sample: sa.Sample):
    """Two rows at three looks: each interval is made at 1 - .05 / 6."""
    findings = read_first(sample, 5)
    rows = sa.estimate_rates(findings, ["late", "any error"], adjust="bonferroni").rows
    direct = sa.rate_interval([1, 1, 1], [5, 5, 5], [60, 60, 60], level=1 - 0.05 / 6)
    assert direct.high == rows[0].limits.rate_high


def test_looks_are_hashed_and_published_with_the_plan(frame: sa.Frame):
    """Other looks are another plan; a plan without looks has none in its record, as before."""
    with_looks = sa.plan_sample(frame, 45, looks=LOOKS)
    without = sa.plan_sample(frame, 45)
    assert with_looks.digest != without.digest
    assert with_looks.digest != sa.plan_sample(frame, 45, looks=(20, 45)).digest
    assert "looked at after 15, 30, 45;" in with_looks.public_record
    assert "looks" not in without.as_dict()["analysis"]


def test_looks_are_verified_by_a_replay(sample: sa.Sample, frame: sa.Frame, tmp_path: Path):
    """They come back from the folder; who changes them there is found out by the hash."""
    sample.save(tmp_path)
    assert LOOKS == sa.load_sample(tmp_path).analysis.looks
    register = frame.to_frame()
    assert sa.verify_draw(tmp_path, register).ok
    plan = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    plan["analysis"]["looks"] = [45]
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    changed = sa.verify_draw(tmp_path, register).differences["what"].tolist()
    assert {"file plan.json", "hash of plan.json"} <= set(changed)


def test_an_old_record_has_no_looks():
    """The analysis of a plan.json written before there were looks."""
    values = Analysis().as_dict()
    assert "looks" not in values
    assert Analysis() == Analysis.from_dict(values)


def test_counts_and_compromises_can_have_looks(frame: sa.Frame):
    plan = sa.plan_from_counts(frame, {"N": 10, "S": 10, "W": 10}, looks=[10, 30])
    assert (10, 30) == plan.analysis.looks
    plan = sa.plan_compromise(frame, 30, anticipated=0.1, looks=[10, 30])
    assert (10, 30) == plan.analysis.looks


def test_a_plan_with_looks_is_expected_to_be_less_precise(frame: sa.Frame):
    """The half width that is foreseen is that of the level at each look."""
    widths = [
        sa.expected_precision(plan, anticipated=0.2).rows[0].half_width
        for plan in (sa.plan_sample(frame, 45), sa.plan_sample(frame, 45, looks=LOOKS))
    ]
    assert widths[0] < widths[1]


@pytest.mark.parametrize(
    ("looks", "message"),
    [
        ([15, 30], "end with 45"),
        ([30, 15, 45], "rise from look to look"),
        ([15.5, 45], "whole number"),
        ("45", "must be a list of numbers"),
        ([0, 45], "1 or more"),
    ],
)
def test_looks_that_cannot_be_are_refused(frame: sa.Frame, looks, message: str):
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_sample(frame, 45, looks=looks)


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        ("size = 45\nlooks = [15, 45]\n", "looked at after 15, 45;"),
        ("margin = 0.1\nanticipated = 0.1\nlooks = [15, 45]\n", "then give size"),
        ("cluster = 'district'\nclusters = 2\ncases = 'all'\nlooks = [9]\n", "drawn alone"),
    ],
)
def test_looks_in_a_file(frame: sa.Frame, tmp_path: Path, plan: str, found: str):
    frame.to_frame()[["case_id", "district"]].to_csv(tmp_path / "register.csv", index=False)
    audit = tmp_path / "audit.toml"
    head = '[register]\nfile = "register.csv"\ncase_id = "case_id"\n\n[plan]\n'
    audit.write_text(head + plan, encoding="utf-8")
    assert found in CliRunner().invoke(main, ["plan", str(audit)]).output
