"""Reading on: the larger sample contains the smaller, and an unplanned one is remarked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa


def test_a_larger_sample_keeps_every_case(sample: sa.Sample, frame: sa.Frame):
    """The same as if the larger one had been drawn at first."""
    plan = sa.plan_sample(frame, 36)
    with pytest.warns(sa.AuditNote, match="not made before the draw"):
        larger = sa.extend(sample, plan)
    assert set(sample.cases["case_id"]) < set(larger.cases["case_id"])
    pd.testing.assert_frame_equal(sa.draw(plan, seed="fixture").cases, larger.cases)


def test_what_was_opened_stays(sample: sa.Sample, frame: sa.Frame):
    """Whether the larger plan has reached it or not."""
    for _ in range(3):
        sample = sa.open_reserve(sample, "North", reason="duplicate", by="AB")
    plan = sa.plan_from_counts(frame, {"North": 13, "South": 12, "West": 6})
    with pytest.warns(sa.AuditNote):
        larger = sa.extend(sample, plan)
    assert [15, 12, 6] == larger.strata["sampled"].tolist()
    assert set(sample.cases["case_id"]) < set(larger.cases["case_id"])


def test_planned_looks_go_on_without_remark(frame: sa.Frame):
    """They share one error probability, spent beforehand: 1 - 0.05 / 2 at each of two."""
    looks = sa.plan_looks(frame, [12, 24])
    first = sa.draw(looks.plans[0], seed="looks")
    second = sa.extend(first, looks.plans[1])
    answers = second.cases[["case_id"]].assign(late=0)
    rates = sa.estimate_rates(sa.record_findings(second, answers), "late").to_frame()
    assert pytest.approx(0.975) == rates["level"].item()
    assert "not as planned" not in rates["remarks"].item()
    assert set(first.cases["case_id"]) < set(second.cases["case_id"])


def test_an_unplanned_extension_is_remarked_in_the_estimates(
    sample: sa.Sample, frame: sa.Frame, tmp_path: Path, register: pd.DataFrame
):
    """Saved and loaded too, and the draw still verifies."""
    sample.save(tmp_path)
    with pytest.warns(sa.AuditNote):
        sa.extend(sa.load_sample(tmp_path), sa.plan_sample(frame, 30)).save(tmp_path)
    loaded = sa.load_sample(tmp_path)
    assert 30 == loaded.size
    assert sa.verify_draw(tmp_path, register).ok
    findings = sa.record_findings(loaded, loaded.cases[["case_id"]].assign(late=0))
    remarks = sa.estimate_rates(findings, "late").to_frame()["remarks"].item()
    assert "not as planned: extended after the draw" in remarks
    with pytest.raises(sa.AuditError, match="another plan"):
        sample.save(tmp_path)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (lambda frame: sa.plan_sample(frame, 24), "and would drop 0"),
        (lambda frame: sa.plan_sample(frame, 20), "and would drop 4"),
        (
            lambda frame: sa.plan_from_counts(frame, {"North": 10, "South": 20, "West": 10}),
            "and would drop 2",
        ),
        (lambda frame: sa.plan_sample(frame, 36, level=0.9), "level was 0.95, now 0.9"),
        (lambda _: "36", "plan must be a plan"),
    ],
)
def test_a_plan_that_does_not_extend_is_refused(sample: sa.Sample, frame: sa.Frame, plan, message):
    """Not larger, dropping cases, or with another analysis."""
    with pytest.raises(sa.AuditError, match=message):
        sa.extend(sample, plan(frame))


def test_another_register_is_refused(sample: sa.Sample, register: pd.DataFrame):
    """The tickets would be of other cases."""
    other = sa.build_frame(register.iloc[:-1], case_id="case_id", stratify_by="district",
                           domains="age")  # fmt: skip
    with pytest.raises(sa.AuditError, match="of another register"):
        sa.extend(sample, sa.plan_sample(other, 36))


def test_two_looks_of_different_plans_are_not_planned(frame: sa.Frame):
    """The sizes were chosen anew."""
    first = sa.draw(sa.plan_looks(frame, [12, 24]).plans[0], seed="looks")
    with pytest.warns(sa.AuditNote, match="not made before"):
        sa.extend(first, sa.plan_looks(frame, [12, 30]).plans[1])


def test_a_run_of_the_audit_keeps_what_has_happened_since(tmp_path: Path):
    """Cases opened and plans extended stay in the manifest, and in the estimates' remarks."""
    from sampleaudit.audit import run_audit

    rows = "".join(f"C{number:02d}\n" for number in range(40))
    (tmp_path / "caseload.csv").write_text(f"case_id\n{rows}", "utf-8")
    text = '[register]\nfile = "caseload.csv"\ncase_id = "case_id"\n[plan]\nsize = 10\n'
    (tmp_path / "audit.toml").write_text(text, "utf-8")
    frame = run_audit(tmp_path / "audit.toml", seed="dice 4").frame
    sample = sa.open_reserve(sa.load_sample(tmp_path), reason="duplicate", by="AB")
    with pytest.warns(sa.AuditNote):
        sa.extend(sample, sa.plan_sample(frame, 20)).save(tmp_path)
    answers = sa.load_sample(tmp_path).cases[["case_id"]].assign(late=0)
    answers.to_csv(tmp_path / "findings.csv", index=False)
    text = text.replace("size = 10", "size = 20") + '[findings]\nfile = "findings.csv"\n'
    (tmp_path / "audit.toml").write_text(text, "utf-8")
    done = run_audit(tmp_path / "audit.toml")
    assert "extended after the draw" in done.estimates.to_frame()["remarks"].iloc[0]
    manifest = sa.load_sample(tmp_path).manifest
    assert (1, 1) == (len(manifest["opened"]), len(manifest["extends"]))
