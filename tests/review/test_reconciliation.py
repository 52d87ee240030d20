"""What two readers judged differently goes out, is settled, and comes back with the originals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from double_reviewing import change, disagreeing, double_review, read_all, set_cells

import sampleaudit as sa

PAGE = "Reconciliation"


@pytest.fixture
def paths(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
) -> tuple[list[Path], list[str]]:
    books, assignments = double_review(sample, register, tmp_path)
    return books, disagreeing(books, assignments)


@pytest.fixture
def findings(paths: tuple[list[Path], list[str]], sample: sa.Sample) -> sa.Findings:
    return read_all(paths[0], sample)


@pytest.fixture
def book(findings: sa.Findings, tmp_path: Path) -> Path:
    assert 2 == sa.write_reconciliation(findings, tmp_path / "settle.xlsx")
    return tmp_path / "settle.xlsx"


def settle(path: Path, entered: dict[str, Any], *, case: str | None = None, by: str = "AB+CD"):
    """Enter what was agreed, by question, in the rows of all cases or of one."""

    def how(made: openpyxl.Workbook) -> None:
        page = made[PAGE]
        for row in range(4, page.max_row + 1):
            if case in (None, page.cell(row, 1).value) and page.cell(row, 2).value in entered:
                page.cell(row, 9).value = entered[page.cell(row, 2).value]
                page.cell(row, 10).value = by

    change(path, how)


def test_the_agreed_value_counts_and_both_originals_stay(
    book: Path, findings: sa.Findings, paths: tuple[list[Path], list[str]]
):
    """The plan was there: what AB alone had entered of it stands."""
    settle(book, {"Is there a plan?": "Yes "})
    agreed = sa.read_reconciliation(book, findings=findings)
    table = agreed.to_frame().set_index("case_id")
    pairs = sa.double_readings(agreed)
    for case in paths[1]:
        assert "correct" == table.loc[case, "plan missing"]
        assert "not applicable" != table.loc[case, "plan late"]
        row = pairs[(pairs["case_id"] == case) & (pairs["indicator"] == "plan missing")].iloc[0]
        assert {"error", "correct"} == {row["first"], row["second"]}
        assert "correct" == row["reconciled"]
    assert 36 == len(agreed.reviews.reviews)
    assert {"AB+CD"} == {review.reviewer for review in agreed.reviews.reconciled}
    assert sa.measure_agreement(findings).to_frame().equals(sa.measure_agreement(agreed).to_frame())


def test_what_one_reader_entered_falls_away_where_it_does_not_apply(
    book: Path, findings: sa.Findings, paths: tuple[list[Path], list[str]]
):
    """No plan: its date and its completeness have no place."""
    settle(book, {"Is there a plan?": "no"})
    table = sa.read_reconciliation(book, findings=findings).to_frame().set_index("case_id")
    for case in paths[1]:
        assert "error" == table.loc[case, "plan missing"]
        assert "not applicable" == table.loc[case, "plan late"]


def test_sensitivity_is_what_the_reconciliation_shows(book: Path, findings: sa.Findings):
    """Counted by hand from the double readings; the limits hold the corrected rate."""
    settle(book, {"Is there a plan?": "yes"})
    agreed = sa.read_reconciliation(book, findings=findings)
    found = sa.review_sensitivity(agreed, "plan missing").to_frame().iloc[0]
    pairs = sa.double_readings(agreed)
    pairs = pairs[pairs["indicator"] == "plan missing"]
    truth = pairs["reconciled"].fillna(pairs["first"])
    for outcome in ("error", "correct"):
        true = pairs[truth == outcome]
        name = "errors" if outcome == "error" else "correct"
        assert len(true) == found[f"{name}_agreed"]
        assert (true["first"] == outcome).sum() == found[f"{name}_found"]
    assert found["rate_low"] <= found["rate_corrected"] <= found["rate_high"]
    assert found["rate_high"] > sa.estimate_rates(agreed, "plan missing").rows[0].limits.rate_high


def test_cases_not_settled_keep_the_review_that_counted(
    book: Path, findings: sa.Findings, paths: tuple[list[Path], list[str]]
):
    """One of two is settled; a note names the other."""
    one, other = paths[1]
    settle(book, {"Is there a plan?": "yes"}, case=one)
    with pytest.warns(sa.AuditNote, match=f"1 cases are not agreed on yet: '{other}'"):
        agreed = sa.read_reconciliation(book, findings=findings)
    before = findings.to_frame().set_index("case_id")["plan missing"]
    after = agreed.to_frame().set_index("case_id")["plan missing"]
    assert before[other] == after[other]
    assert [one] == [review.case_id for review in agreed.reviews.reconciled]


@pytest.mark.parametrize(
    ("entered", "by", "message"),
    [
        ({"Is there a plan?": "perhaps"}, "AB", "'perhaps' is not an answer here"),
        ({"Day of the plan": "31-02-2024"}, "AB", "not a day of the calendar"),
        ({"Is there a plan?": "yes"}, "", "say who agreed"),
        (
            {"Is there a plan?": "no", "Is the plan complete?": "yes"},
            "AB",
            "although the question does not apply",
        ),
    ],
)
def test_mistakes_are_named_with_their_cell(book: Path, findings, entered, by, message):
    """All at once, and nothing is taken."""
    settle(book, entered, by=by or None)
    with pytest.raises(sa.AuditError, match=message) as caught:
        sa.read_reconciliation(book, findings=findings)
    assert PAGE in str(caught.value)


def test_a_changed_row_is_refused(book: Path, findings: sa.Findings):
    """A case id that was changed, and rows that were deleted."""
    change(book, lambda made: made[PAGE].cell(4, 1, "C999"))
    with pytest.raises(sa.AuditError, match="the row was of case"):
        sa.read_reconciliation(book, findings=findings)


def test_answers_changed_since_are_refused(
    book: Path, paths: tuple[list[Path], list[str]], sample: sa.Sample
):
    """The reconciliation was of other answers."""
    set_cells(paths[0][1], "CD", paths[1][0], {"answer:plan missing": "exempt"})
    with pytest.raises(sa.AuditError, match="is not what it was"):
        sa.read_reconciliation(book, findings=read_all(paths[0], sample))


def test_a_workbook_that_is_none_is_refused(paths, findings: sa.Findings, book: Path):
    """A reviewer's workbook, and a file that is there."""
    with pytest.raises(sa.AuditError, match="not written by write_reconciliation"):
        sa.read_reconciliation(paths[0][0], findings=findings)
    with pytest.raises(sa.AuditError, match="is there already"):
        sa.write_reconciliation(findings, book)


def test_the_danish_workbook_comes_back_too(findings: sa.Findings, tmp_path: Path):
    """Questions and answers in Danish."""
    path = tmp_path / "afstemning.xlsx"
    sa.write_reconciliation(findings, path, language="da")

    def how(made: openpyxl.Workbook) -> None:
        page = made["Afstemning"]
        for row in range(4, page.max_row + 1):
            if page.cell(row, 2).value == "Er der en plan?":
                page.cell(row, 9).value, page.cell(row, 10).value = "ja", "AB"

    change(path, how)
    agreed = sa.read_reconciliation(path, findings=findings)
    assert 2 == len(agreed.reviews.reconciled)


def test_full_agreement_writes_nothing(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """There is nothing to settle."""
    books, _ = double_review(sample, register, tmp_path)
    assert 0 == sa.write_reconciliation(read_all(books, sample), tmp_path / "none.xlsx")
    assert not (tmp_path / "none.xlsx").exists()
