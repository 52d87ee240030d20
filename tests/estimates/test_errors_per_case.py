"""Errors per case: the mean number, and the share of cases with a serious one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture
def findings(sample: sa.Sample) -> sa.Findings:
    """Return three indicators by rule: every 2nd, 3rd and 5th case of the draw is an error."""
    place = np.arange(sample.size)
    answers = pd.DataFrame(
        {
            "case_id": sample.cases["case_id"],
            "late": (place % 2 == 0).astype(object) * 1,
            "plan missing": (place % 3 == 0) * 1,
            "not heard": (place % 5 == 0) * 1,
        }
    )
    answers["late"] = answers["late"].astype(object)
    return sa.record_findings(sample, answers)


def test_the_mean_is_the_sum_of_the_rates(findings: sa.Findings):
    """Errors per case add up to the indicators' rates, in the caseload and in each domain."""
    for by in (None, "district", "age"):
        found = sa.count_errors(findings, serious=["plan missing"], by=by).mean.to_frame()
        rates = sa.estimate_rates(findings, list(findings.indicators), by=by).to_frame()
        sums = rates.groupby(by)["rate"].sum() if by else [rates["rate"].sum()]
        assert list(sums) == pytest.approx(found["estimate"].tolist(), rel=1e-12)


def test_the_mean_is_that_of_the_survey_estimates(findings: sa.Findings):
    """Its standard error and limits are survey_means' of the count."""
    table = findings.outcome_table()
    counts = (table == "error").sum(axis=1)
    measures = sa.record_measures(
        findings.sample, findings.sample.cases[["case_id"]].assign(errors=counts)
    )
    expected = sa.survey_means(measures).to_frame()
    found = sa.count_errors(findings, serious=["late"])
    columns = ["estimate", "se", "low", "high"]
    shown = found.to_frame().iloc[0][columns].tolist()
    assert expected[columns].iloc[0].tolist() == shown
    assert counts.tolist() == list(found.counts)


def test_the_share_with_a_serious_error_is_the_engine_s(findings: sa.Findings):
    """A case counts once, however many of its serious indicators are errors."""
    found = sa.count_errors(findings, serious=["plan missing", "not heard"])
    table = findings.outcome_table()
    either = (table[["plan missing", "not heard"]] == "error").any(axis=1)
    answers = findings.sample.cases[["case_id"]].assign(serious=either.astype(int))
    expected = sa.estimate_rates(sa.record_findings(findings.sample, answers), "serious")
    columns = ["errors", "rate", "rate_low", "rate_high", "total_low", "total_high"]
    pd.testing.assert_frame_equal(expected.to_frame()[columns], found.serious.to_frame()[columns])


def test_severity_comes_from_the_checklist(sample: sa.Sample, findings: sa.Findings):
    """Without one the serious indicators must be named."""
    checklist = sa.Checklist(
        "three", "1",
        (
            sa.Indicator("late", "Late?", error="yes"),
            sa.Indicator("plan missing", "A plan?", severity="serious"),
            sa.Indicator("not heard", "Heard?", severity="serious"),
        ),
    )  # fmt: skip
    answers = findings.to_frame()[["case_id", *findings.indicators]]
    by_checklist = sa.record_findings(sample, answers, checklist=checklist)
    expected = sa.count_errors(findings, serious=["plan missing", "not heard"]).to_frame()
    pd.testing.assert_frame_equal(expected, sa.count_errors(by_checklist).to_frame())
    with pytest.raises(sa.AuditError, match="name them, as serious="):
        sa.count_errors(findings)
    minor = sa.Checklist("one", "1", (sa.Indicator("late", "Late?", error="yes"),))
    harmless = sa.record_findings(sample, answers[["case_id", "late"]], checklist=minor)
    assert sa.count_errors(harmless).serious is None


@pytest.mark.parametrize(("rule", "first"), [("error", 3.0), ("correct", 0.0), ("exclude", np.nan)])
def test_missing_files_count_as_the_rule_says(findings: sa.Findings, rule, first: float):
    """Every indicator of a missing file is an error, is correct, or the case is left out."""
    answers = findings.to_frame()[["case_id", *findings.indicators]]
    answers.loc[0, list(findings.indicators)] = "missing file"
    changed = sa.record_findings(findings.sample, answers)
    found = sa.count_errors(changed, serious=["late"], missing=rule)
    assert first == pytest.approx(found.counts[0], nan_ok=True)
    assert 24 - (rule == "exclude") == found.mean.rows[0].applicable


def test_a_case_out_of_the_population_is_left_out(findings: sa.Findings):
    """Of both figures."""
    answers = findings.to_frame()[["case_id", *findings.indicators]]
    answers.loc[0, list(findings.indicators)] = "out of population"
    found = sa.count_errors(sa.record_findings(findings.sample, answers), serious=["late"])
    assert 23 == found.mean.rows[0].applicable == found.serious.to_frame()["applicable"].item()


def test_cases_not_read_in_full_are_refused(findings: sa.Findings):
    """The number of errors in a case is known when all its questions are answered."""
    answers = findings.to_frame()[["case_id", *findings.indicators]]
    answers.loc[3, "late"] = "not reviewed"
    with pytest.raises(sa.AuditError, match="1 cases are not read in full"):
        sa.count_errors(sa.record_findings(findings.sample, answers), serious=["late"])


def test_it_shows_as_a_table(findings: sa.Findings):
    """A row for each figure: errors with two decimals, the share in percent."""
    shown = repr(sa.count_errors(findings, serious=["late"], by="district"))
    lines = [line.split() for line in shown.splitlines()]
    assert ["errors", "per", "case", "North", "12"] == lines[2][:5]
    assert lines[-1][:3] == ["serious", "error", "West"]
    assert lines[-1][4].endswith("%")
    html = sa.count_errors(findings, serious=["late"])._repr_html_()
    assert html.startswith("<table>")


def test_serious_must_be_a_list_of_indicators(findings: sa.Findings):
    """A text or an unknown name is refused."""
    with pytest.raises(sa.AuditError, match="give a list, as"):
        sa.count_errors(findings, serious="late")
    with pytest.raises(sa.AuditError, match="no indicator 'laet'"):
        sa.count_errors(findings, serious=["laet"])
