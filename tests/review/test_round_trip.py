"""A workbook goes out, is filled in as people do, comes back, and is estimated from."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from review_filling import Book, dated, fill, filled, small_checklist, write_book

import sampleaudit as sa

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture
def book(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path) -> Book:
    return write_book(sample, register, tmp_path)[0]


def read(path: Path, sample: sa.Sample) -> sa.Findings:
    return sa.read_workbook(path, sample=sample, checklist=small_checklist())


def expected_outcomes(sample: sa.Sample, register: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of the rule of `row_answers`, worked out case by case.

    The plan comes 100 days after the decision: in time only where 4 months are given, which is
    for urgent cases under the old law, for 3 months are at most 92 days.
    """
    days = dated(register).set_index("case_id")["decision_date"]
    rows = []
    for case, district in sample.cases[["case_id", "district"]].to_numpy():
        number = int(case[1:])
        old = dt.date.fromisoformat(days[case]).year < 2024
        in_time = old and number % 3 == 0
        if number % 5 == 0:
            late, incomplete = "not applicable", "not applicable"
        else:
            late = "correct" if in_time else "error"
            incomplete = "error" if number % 4 == 0 else "correct"
        harbour = "not applicable"
        if district == "North":
            harbour = "missing file" if number % 7 == 0 else "correct"
        rows.append(("error" if number % 5 == 0 else "correct", late, incomplete, harbour))
    return pd.DataFrame(rows, columns=list(small_checklist().keys), dtype=object)


def test_a_filled_workbook_gives_the_outcomes_of_the_rule(
    book: Book, sample: sa.Sample, register: pd.DataFrame
):
    """Every answer, exception, condition, deadline and law, case by case."""
    findings = read(book.change(filled), sample)
    expected = expected_outcomes(sample, register)
    pd.testing.assert_frame_equal(expected, findings.outcome_table())
    assert findings.open.empty


def test_the_rates_are_those_of_the_outcomes(book: Book, sample: sa.Sample, register: pd.DataFrame):
    """Findings from a workbook and from a table of outcomes give the same estimates."""
    from_book = sa.estimate_rates(read(book.change(filled), sample)).to_frame()
    answers = sample.cases[["case_id"]].join(expected_outcomes(sample, register))
    from_table = sa.estimate_rates(sa.record_findings(sample, answers)).to_frame()
    pd.testing.assert_frame_equal(from_table, from_book)


def test_days_late_are_counted_from_the_last_day_in_time(
    book: Book, sample: sa.Sample, register: pd.DataFrame
):
    """100 days less the days of the period, by the calendar of pandas; 0 in time."""
    late = read(book.change(filled), sample).days_late().set_index("case_id")["plan late"]
    days = dated(register).set_index("case_id")["decision_date"]
    for case, value in late.items():
        number, decided = int(case[1:]), pd.Timestamp(days[case])
        if number % 5 == 0:
            assert pd.isna(value)
            continue
        months = 3 if decided.year > 2023 else 4 if number % 3 == 0 else 0
        last = decided + pd.DateOffset(months=months)
        assert max(0, (decided + pd.Timedelta(days=100) - last).days) == value


def test_the_workbook_survives_libreoffice(book: Book, sample: sa.Sample, tmp_path: Path):
    """Xlsx -> ods -> xlsx, recalculated: the same findings from both, and nothing left open."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not installed")
    path = book.change(filled)
    expected = read(path, sample).outcome_table()
    home = (tmp_path / "office").as_uri()
    for ending in ("ods", "xlsx"):
        folder = tmp_path / ending
        subprocess.run(  # noqa: S603 -- the office found on this machine, our own file
            [OFFICE, "--headless", f"-env:UserInstallation={home}", "--convert-to", ending,
             "--outdir", str(folder), str(path)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        path = folder / f"{path.stem}.{ending}"
        pd.testing.assert_frame_equal(expected, read(path, sample).outcome_table())
    shown = load_workbook(path, data_only=True)
    for name in ("AB", "CD"):
        assert shown[name]["A2"].value == "12 done, of 12"


def test_a_half_filled_workbook_is_read(book: Book, sample: sa.Sample):
    """What is blank is open, and listed with its reviewer."""

    def half(made: Workbook) -> None:
        filled(made)
        page = made["AB"]
        for row in range(7, page.max_row + 1):
            for column in range(1, page.max_column + 1):
                if str(page.cell(1, column).value).startswith(
                    ("answer", "date:pl", "evid", "comm")
                ):
                    page.cell(row, column).value = None

    findings = read(book.change(half), sample)
    open_cases = findings.open
    assert ["case_id", "reviewer", "indicators"] == list(open_cases.columns)
    assert {"AB"} == set(open_cases["reviewer"])
    assert 12 - 3 == len(open_cases)
    assert "9 not read or not read in full" in repr(findings)


def test_reading_from_the_top_keeps_a_random_sample(book: Book, sample: sa.Sample):
    """The rows stand in the order of the draw, so estimates can be made on the way."""
    first = set(sample.cases[sample.cases["order"] <= 2]["case_id"])

    def begin(made: Workbook) -> None:
        for name in ("AB", "CD"):
            fill(made[name], keep=first.__contains__)

    findings = read(book.change(begin), sample)
    rates = sa.estimate_rates(findings, "plan missing").to_frame()
    assert 6 == rates["reviewed"].item()
    page = load_workbook(book.path)["AB"]
    order = sample.cases.set_index("case_id")["order"]
    assert sorted(shown := [order[row[0].value] for row in page.iter_rows(min_row=4)]) == shown


def test_the_file_as_a_whole(book: Book, sample: sa.Sample):
    """A missing file and one that does not belong count in every indicator."""
    column = book.columns("AB")

    def change(made: Workbook) -> None:
        filled(made)
        for row, state in ((4, "Sagen mangler"), (5, "out of population")):
            for place in column.values():
                key = made["AB"].cell(1, place).value
                if key.startswith(("answer", "date:planned")):
                    made["AB"].cell(row, place).value = None
            made["AB"].cell(row, column["file"]).value = state

    findings = read(book.change(change), sample)
    page = load_workbook(book.path)["AB"]
    table = findings.to_frame().set_index("case_id")[list(findings.indicators)]
    assert {"missing file"} == set(table.loc[page["A4"].value])
    assert {"out of population"} == set(table.loc[page["A5"].value])


@pytest.mark.parametrize(
    "written",
    [
        dt.date(2024, 3, 5),
        "2024-03-05",
        "2024-03-05 00:00:00",
        "05-03-2024",
        "5.3.2024",
        " 5-3-2024",
    ],
)
def test_dates_may_be_written_in_several_ways(book: Book, sample: sa.Sample, written: object):
    """A spreadsheet's date, ISO, and Danish with hyphens or full stops are the same day."""
    column = book.columns("AB")

    def change(made: Workbook) -> None:
        made["AB"].cell(4, column["date:planned"]).value = written

    reviews = read(book.change(change), sample).reviews
    assert {"planned": dt.date(2024, 3, 5)} == dict(reviews.reviews[0].dates)


def test_comments_and_evidence_stay_out_of_tables(book: Book, sample: sa.Sample):
    """Free text may name people: it is in no table that goes anywhere."""
    findings = read(book.change(filled), sample)
    tables = (findings.to_frame(), findings.reviews.to_frame(case_id="case_id"))
    for table in tables:
        text = table.to_csv()
        assert "remark" not in text
        assert "document" not in text
    assert 24 == len(findings.reviews.comments())


def test_a_declared_sample_goes_round_too(register: pd.DataFrame, tmp_path: Path):
    """Drawn elsewhere: its rows stand as given, and it is told by its cases."""
    table = register.iloc[::5]
    checklist = sa.Checklist("one", "1", (sa.Indicator("late", "Was it late?", error="yes"),))
    for sizes in ({"North": 30, "South": 20, "West": 10}, {"North": 40, "South": 20, "West": 10}):
        sample = sa.declare_sample(
            table, case_id="case_id", stratify_by="district", population=sizes, selection="random"
        )
        path = tmp_path / f"{sizes['North']}.xlsx"
        sa.write_workbook(sample, checklist, path, reviewers=["AB"])
        findings = sa.read_workbook(path, sample=sample, checklist=checklist)
        assert table["case_id"].tolist() == findings.open["case_id"].tolist()
    other = sa.declare_sample(
        table.iloc[1:], case_id="case_id", stratify_by="district", population=sizes,
        selection="random",
    )  # fmt: skip
    with pytest.raises(sa.AuditError, match=r"for another sample \(declared\)"):
        sa.read_workbook(path, sample=other, checklist=checklist)
