"""Recording findings: outcomes, spellings, completeness, refusals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.findings import OUTCOMES, any_error


@pytest.fixture
def answers(sample: sa.Sample) -> pd.DataFrame:
    cases = sample.cases
    return pd.DataFrame({"case_id": cases["case_id"], "late": 0, "plan": "correct"})


def test_every_spelling_of_the_contract(sample: sa.Sample, answers: pd.DataFrame):
    """True, 1, "error", False, 0, "correct", and the other outcomes, in one column."""
    spellings = [True, 1, 1.0, "error", "Error ", "1", np.True_, np.int64(1), "TRUE"]
    spellings += [False, 0, 0.0, "correct", " 0", np.False_]
    spellings += ["not applicable", "Missing  file", "not reviewed"]
    answers["late"] = pd.Series(spellings + [0] * (24 - len(spellings)), dtype=object)
    outcomes = sa.record_findings(sample, answers).outcomes("late")
    expected = ["error"] * 9 + ["correct"] * 6
    expected += ["not applicable", "missing file", "not reviewed"] + ["correct"] * 6
    assert expected == outcomes


def test_answers_may_come_in_any_order_and_any_data_frame(sample, answers):
    """Rows are matched by id; polars is as good as pandas."""
    polars = pytest.importorskip("polars")
    answers.loc[3, "late"] = 1
    expected = sa.record_findings(sample, answers).to_frame()
    for table in (answers.iloc[::-1], polars.from_pandas(answers)):
        pd.testing.assert_frame_equal(expected, sa.record_findings(sample, table).to_frame())


def test_to_frame_has_the_cases_and_their_outcomes(sample, answers):
    """Id, strata, domains, order, ticket, then the indicators."""
    columns = sa.record_findings(sample, answers).to_frame().columns.tolist()
    assert ["case_id", "district", "age", "order", "ticket", "late", "plan"] == columns


def test_indicators_are_all_columns_that_are_not_the_sample_s(sample, answers):
    """A workbook that repeats stratum columns is understood."""
    answers["district"] = sample.cases["district"]
    assert ("late", "plan") == sa.record_findings(sample, answers).indicators
    assert ("plan",) == sa.record_findings(sample, answers, indicators=["plan"]).indicators


def test_completeness_counts_every_outcome(sample, answers):
    """A row per indicator, a column per outcome."""
    answers.loc[:2, "plan"] = "missing file"
    table = sa.record_findings(sample, answers).completeness.set_index("indicator")
    assert list(OUTCOMES) == table.columns.tolist()
    assert (21, 3) == (table.loc["plan", "correct"], table.loc["plan", "missing file"])


def test_any_error_by_its_rule():
    """One row per rule, in the order of precedence."""
    rows = {
        ("error", "correct"): "error",
        ("error", "missing file"): "error",
        ("missing file", "correct"): "missing file",
        ("correct", "not applicable"): "correct",
        ("not applicable", "not applicable"): "not applicable",
        ("error", "not reviewed"): "not reviewed",
        ("out of population", "out of population"): "out of population",
    }
    table = pd.DataFrame(list(rows), columns=["a", "b"])
    assert list(rows.values()) == any_error(table)


def refusal(sample: sa.Sample, answers: pd.DataFrame, **changes: object) -> str:
    with pytest.raises(sa.AuditError) as caught:
        sa.record_findings(sample, answers, **changes)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("blank", [None, np.nan, "", "  ", pd.NA])
def test_blanks_are_refused_with_count_and_first_rows(sample, answers, blank):
    """A blank may mean anything."""
    answers["late"] = answers["late"].astype(object)
    answers.loc[[1, 2], "late"] = blank
    message = refusal(sample, answers)
    assert "Indicator 'late' is blank for 2 cases" in message
    assert repr(answers.loc[1, "case_id"]) in message


def test_a_blank_in_a_column_of_numbers_is_a_blank(sample, answers):
    """Where pandas keeps it as a float nan."""
    answers["late"] = [math.nan, 1.0] + [0.0] * 22
    assert "is blank for 1 cases" in refusal(sample, answers)
    found = sa.record_findings(sample, answers, blank="not applicable")
    assert ["not applicable", "error", "correct"] == found.outcomes("late")[:3]


def test_a_blank_means_what_the_user_says(sample, answers):
    """blank= names the outcome."""
    answers["late"] = answers["late"].astype(object)
    answers.loc[1, "late"] = None
    outcomes = sa.record_findings(sample, answers, blank="not applicable").outcomes("late")
    assert "not applicable" == outcomes[1]
    assert "blank is 'no'" in refusal(sample, answers, blank="no")


@pytest.mark.parametrize("answer", ["yes", 2, -1, "ok", 0.5, pd.Timestamp("2026-01-01")])
def test_unknown_answers_are_refused(sample, answers, answer):
    """With the value, the case and what is allowed."""
    answers["late"] = answers["late"].astype(object)
    answers.loc[1, "late"] = answer
    message = refusal(sample, answers)
    assert "1 answers that are not known" in message
    assert repr(answers.loc[1, "case_id"]) in message
    assert "'not applicable'" in message


def test_cases_that_were_not_drawn_are_refused(sample, answers):
    """Only drawn cases speak for the caseload."""
    answers.loc[0, "case_id"] = "X1"
    assert "1 cases that are not in the sample: 'X1'" in refusal(sample, answers)


def test_cases_without_findings_are_refused(sample, answers):
    """Silence is not an answer."""
    assert "1 cases of the sample have no answers" in refusal(sample, answers.iloc[1:])


def test_a_case_answered_twice_is_refused(sample, answers):
    """Nobody could say which answer counts."""
    twice = pd.concat([answers, answers.iloc[:1]])
    assert repr(answers.loc[0, "case_id"]) in refusal(sample, twice)


def test_ids_that_are_numbers_are_refused(sample, answers):
    """The id column of the answers must be text as well."""
    assert "text" in refusal(sample, answers.assign(case_id=range(24)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indicators": ["lat"]}, "no column 'lat'; did you mean 'late'"),
        ({"indicators": "late"}, "indicators is the text 'late'"),
        ({"indicators": []}, "no indicator column"),
        ({"indicators": ["late", "late"]}, "named twice"),
    ],
)
def test_indicator_columns_that_cannot_be_are_refused(sample, answers, changes, message):
    """Unknown, repeated, none, or a text in place of a list."""
    assert message in refusal(sample, answers, **changes)


def test_an_indicator_cannot_be_called_any_error(sample, answers):
    """The name is taken."""
    assert "cannot be called 'any error'" in refusal(
        sample, answers.rename(columns={"late": "any error"})
    )


def test_answers_without_the_id_column_are_refused(sample, answers):
    """The column must have the register's name."""
    assert "no column 'case_id'" in refusal(sample, answers.rename(columns={"case_id": "id"}))


def test_a_case_is_out_of_the_population_in_all_indicators(sample, answers):
    """Half in, half out is refused."""
    answers.loc[1, "plan"] = "out of population"
    assert "out of the population in some indicators only" in refusal(sample, answers)


def test_an_unknown_indicator_is_refused(sample, answers):
    """With a near name."""
    findings = sa.record_findings(sample, answers)
    with pytest.raises(sa.AuditError, match="no indicator 'laet'; did you mean 'late'"):
        findings.outcomes("laet")
