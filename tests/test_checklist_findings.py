"""Findings recorded from a table by a checklist: answers, dates, conditions, refusals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.checklist.reading import parse_checklist

TOML = """
[checklist]
name = "by table"
version = "2"

[[date]]
key = "begun"
question = "Begun"
column = "begun_on"
[[date]]
key = "done"
question = "Done"

[[indicator]]
key = "plan missing"
question = { en = "A plan?", da = "En plan?" }
error = "no"
severity = "serious"

[[indicator]]
key = "plan incomplete"
question = "Complete?"
error = "no"
severity = "minor"
applies_when = { indicator = "plan missing", answer = "yes" }

[[indicator]]
key = "slow"
question = "In time?"
severity = "minor"
applies_when = { column = "district", is_not = ["West"] }
deadline = { date = "done", within = "1 month", after = "begun" }
"""


@pytest.fixture
def checklist() -> sa.Checklist:
    return parse_checklist(TOML.encode(), source="table.toml")


@pytest.fixture
def answers(sample: sa.Sample) -> pd.DataFrame:
    table = sample.cases[["case_id"]].copy()
    return table.assign(
        **{
            "plan missing": "ja", "plan incomplete": "yes", "begun_on": dt.date(2024, 1, 31),
            "done": "29-02-2024",
        }
    )  # fmt: skip


def test_outcomes_follow_the_checklist(sample, answers, checklist):
    """Every spelling of an answer, a nested question left blank, a stratum column, a deadline."""
    answers["plan missing"] = pd.Series([0, "Correct", True, "NEJ ", "error"] + ["yes"] * 19)
    answers["plan incomplete"] = pd.Series(["no", "ja", None, np.nan, ""] + ["yes"] * 19)
    answers["done"] = pd.Series(["2024-03-01", dt.datetime(2024, 2, 29)] + ["none"] * 22)
    found = sa.record_findings(sample, answers, checklist=checklist)
    assert checklist == found.checklist
    assert ["correct"] * 2 + ["error"] * 3 == found.outcomes("plan missing")[:5]
    expected = ["error", "correct"] + ["not applicable"] * 3
    assert expected == found.outcomes("plan incomplete")[:5]
    slow = pd.Series(found.outcomes("slow"), index=sample.cases["district"])
    assert {"not applicable"} == set(slow["West"])
    assert ["error", "correct", "error"] == slow.tolist()[:3]
    assert [1.0, 0.0] == found.days_late()["slow"].tolist()[:2]


def test_days_late_are_a_measure(sample, answers, checklist):
    """Their mean in the caseload is a survey estimate like any other."""
    answers["done"] = "10-03-2024"
    found = sa.record_findings(sample, answers, checklist=checklist)
    measures = sa.record_measures(sample, found.days_late(), blank="not applicable")
    assert 10 == sa.survey_means(measures).to_frame()["estimate"].item()
    plain = sa.record_findings(sample, sample.cases[["case_id"]].assign(late=0))
    with pytest.raises(sa.AuditError, match="no deadlines"):
        plain.days_late()


def test_files_that_are_missing_or_do_not_belong(sample, answers, checklist):
    """In a column of their own, or where every answer says the same."""
    answers.loc[0, ["plan missing", "plan incomplete"]] = "missing file"
    answers["file"] = None
    answers.loc[1, "file"] = "out of population"
    answers.loc[1, ["plan missing", "plan incomplete"]] = None
    table = sa.record_findings(sample, answers, checklist=checklist).outcome_table()
    assert {"missing file"} == set(table.loc[0])
    assert {"out of population"} == set(table.loc[1])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("plan missing", "perhaps", "'plan missing': 'perhaps' is not an answer here"),
        ("done", "spring", "'done': 'spring' is not a date"),
        ("plan missing", None, "1 cases have blanks where an answer or a date is needed"),
        ("done", None, "1 cases have blanks where an answer or a date is needed"),
        ("plan missing", "no", "1 answers stand where the question does not apply"),
        ("plan missing", "out of population", "out of the population in some answers only"),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    sample, answers, checklist, column: str, value: object, said: str
):
    """With the case and the question."""
    answers[column] = answers[column].astype(object)
    row = sample.cases["district"].tolist().index("North")
    answers.loc[row, column] = value
    with pytest.raises(sa.AuditError) as caught:
        sa.record_findings(sample, answers, checklist=checklist)
    assert said in str(caught.value)
    assert answers.loc[row, "case_id"] in str(caught.value)


def test_what_is_not_reviewed_may_be_said(sample, answers, checklist):
    """In the cell, or for all blanks."""
    answers.loc[0, "plan missing"] = "not reviewed"
    answers.loc[0, "plan incomplete"] = None
    said = sa.record_findings(sample, answers, checklist=checklist)
    answers.loc[0, "plan missing"] = None
    blank = sa.record_findings(sample, answers, checklist=checklist, blank="not reviewed")
    pd.testing.assert_frame_equal(said.outcome_table(), blank.outcome_table())
    assert ["plan missing, plan incomplete"] == said.open["indicators"].tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drop": "plan missing"}, "no column 'plan missing', which checklist 'by table' needs"),
        ({"drop": "done"}, "no column 'done', which checklist 'by table' needs"),
        ({"indicators": ["plan missing"]}, "leave indicators out"),
        ({"blank": "correct"}, "let a blank be 'not reviewed' or nothing"),
    ],
)
def test_requests_that_cannot_be_are_refused(sample, answers, checklist, change, said):
    """A column that the checklist needs, or options that contradict it."""
    table = answers.drop(columns=change.pop("drop")) if "drop" in change else answers
    with pytest.raises(sa.AuditError, match=said):
        sa.record_findings(sample, table, checklist=checklist, **change)
