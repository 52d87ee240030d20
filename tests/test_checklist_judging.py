"""From answers and dates to outcomes: laws, conditions, deadlines, case by case."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

import sampleaudit as sa
from sampleaudit.checklist.judging import Review, Verdict, judge_by, misplaced
from sampleaudit.checklist.reading import parse_checklist

TWO_LAWS = """
[checklist]
name = "two laws"
version = "1"
law_date = "decided"
as_of = 2024-06-30

[[date]]
key = "decided"
question = "Decided"
[[date]]
key = "planned"
question = "Planned"

[[fact]]
key = "urgent"
question = "Urgent?"

[[indicator]]
key = "plan missing"
question = "A plan?"
error = "no"
severity = "serious"
exceptions = { exempt = "exempt" }

[[indicator]]
key = "plan late"
question = "In time?"
severity = "minor"
exceptions = { agreed = "agreed" }
[[indicator.law]]
text = "old, urgent"
until = 2023-12-31
when = { fact = "urgent", answer = "yes" }
deadline = { date = "planned", within = "4 months", after = "decided" }
[[indicator.law]]
text = "old"
until = 2023-12-31
deadline = { date = "planned", before = "decided" }
[[indicator.law]]
text = "new"
from = 2024-01-01
deadline = { date = "planned", within = "3 months", after = "decided" }

[[indicator]]
key = "plan incomplete"
question = "Complete?"
error = "no"
severity = "minor"
applies_when = { indicator = "plan missing", answer = "yes" }

[[indicator]]
key = "early"
question = "Not before the decision?"
severity = "minor"
applies_when = { date = "planned", given = true }
deadline = { date = "planned", after = "decided" }
"""
CHECKLIST = parse_checklist(TWO_LAWS.encode(), source="two.toml")


def verdicts(**entered: Any) -> dict[str, Verdict]:
    return judge_by(CHECKLIST).verdicts(Review("C1", "AB", **entered))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("decided", "planned", "urgent", "outcome", "late", "law"),
    [
        ("2023-12-31", "2023-12-31", "no", "correct", 0, "old"),
        ("2023-12-31", "2024-01-01", "no", "error", 1, "old"),
        ("2023-12-31", "2024-01-01", "yes", "correct", 0, "old, urgent"),
        ("2023-10-31", "2024-02-29", "yes", "correct", 0, "old, urgent"),
        ("2023-10-31", "2024-03-01", "yes", "error", 1, "old, urgent"),
        ("2024-01-01", "2024-04-01", "no", "correct", 0, "new"),
        ("2024-01-01", "2024-04-02", "yes", "error", 1, "new"),
        ("2024-01-01", "none", "no", "error", math.nan, "new"),
        ("2024-05-01", "none", "no", "not applicable", math.nan, "new"),
        ("none", "2024-05-01", "no", "missing file", math.nan, None),
    ],
)
def test_the_law_follows_the_date_of_the_decision(
    decided: str, planned: str, urgent: str, outcome: str, late: float, law: str | None
):
    """The same plan is late under one law and in time under the other.

    What was not done by 30 June 2024, and was not due by then, is not applicable yet.
    """
    dates = {"decided": decided, "planned": planned}
    found = verdicts(
        answers={"urgent": urgent},
        dates={key: text if text == "none" else day(text) for key, text in dates.items()},
    )["plan late"]
    assert (outcome, law) == (found.outcome, found.law)
    assert math.isnan(late) if math.isnan(found.days_late) else late == found.days_late


def test_the_same_file_is_an_error_under_one_law_and_compliant_under_the_other():
    """A plan twenty days after the decision, one day apart."""
    outcomes = [
        verdicts(
            answers={"urgent": "no"},
            dates={"decided": decided, "planned": decided + dt.timedelta(days=20)},
        )["plan late"].outcome
        for decided in (day("2023-12-31"), day("2024-01-01"))
    ]
    assert ["error", "correct"] == outcomes


@pytest.mark.parametrize(
    ("plan", "complete", "outcome"),
    [
        ("yes", "yes", "correct"),
        ("yes", "no", "error"),
        ("yes", None, "not reviewed"),
        ("no", None, "not applicable"),
        ("exempt", None, "not applicable"),
        ("cannot tell", None, "missing file"),
        (None, None, "not reviewed"),
        ("not applicable", None, "not applicable"),
    ],
)
def test_a_question_that_depends_on_another(plan: str | None, complete: str | None, outcome: str):
    """Its denominator is nested: only where there is a plan can it be incomplete."""
    answers = {"urgent": "no", "plan missing": plan, "plan incomplete": complete}
    given = {key: answer for key, answer in answers.items() if answer}
    assert outcome == verdicts(answers=given)["plan incomplete"].outcome


def test_a_lawful_exception_is_correct():
    """For an answer and for a deadline, whatever the dates are."""
    found = verdicts(
        answers={"urgent": "no", "plan missing": "exempt", "plan late": "agreed"},
        dates={"decided": day("2024-01-01"), "planned": day("2024-12-01")},
    )
    assert ("correct", "correct") == (found["plan missing"].outcome, found["plan late"].outcome)
    assert math.isnan(found["plan late"].days_late)


def test_a_first_day_alone():
    """Done before it may be done is an error; the days late are not defined."""
    dates = {"decided": day("2024-01-10")}
    for planned, outcome in (("2024-01-09", "error"), ("2024-01-10", "correct")):
        found = verdicts(answers={"urgent": "no"}, dates={**dates, "planned": day(planned)})
        assert outcome == found["early"].outcome
        assert math.isnan(found["early"].days_late)
    none = verdicts(answers={"urgent": "no"}, dates={**dates, "planned": "none"})
    assert "not applicable" == none["early"].outcome


@pytest.mark.parametrize("state", ["missing file", "out of population"])
def test_the_state_of_the_file_counts_for_every_indicator(state: str):
    """And every answer beside it is one too many."""
    review = Review("C1", "AB", state, {"plan missing": "yes"})
    found = judge_by(CHECKLIST).verdicts(review)
    assert {state} == {verdict.outcome for verdict in found.values()}
    assert ["plan missing"] == misplaced(review, found)


def test_a_case_that_nobody_began_is_not_reviewed_at_all():
    """Even where the register alone tells that something does not apply."""
    review = Review("C1", "AB", fixed_dates={"decided": day("2024-01-01")}, comment="asked for it")
    found = judge_by(CHECKLIST).verdicts(review)
    assert {"not reviewed"} == {verdict.outcome for verdict in found.values()}


def test_cannot_tell_counts_as_the_checklist_says():
    """By default as a file that cannot be produced, so that its limits stand beside the rate."""
    for rule, outcome in (("missing file", "missing file"), ("error", "error")):
        indicator = sa.Indicator("plan missing", "A plan?", cannot_tell=rule)  # type: ignore[arg-type]
        judge = judge_by(sa.Checklist("one", "1", (indicator,)))
        found = judge.verdicts(Review("C1", "AB", answers={"plan missing": "cannot tell"}))
        assert outcome == found["plan missing"].outcome
