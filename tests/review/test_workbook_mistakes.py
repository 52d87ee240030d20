"""Mistakes that people make with a workbook, and the message that each one gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook
from review_filling import SMALL, Book, filled, small_checklist, write_book

import sampleaudit as sa
from sampleaudit.checklist.reading import parse_checklist

Change = Callable[[Any, dict[str, int]], object]


@pytest.fixture
def book(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path) -> Book:
    return write_book(sample, register, tmp_path)[0]


def refusal(path: Path, sample: sa.Sample, checklist: sa.Checklist | None = None) -> str:
    with pytest.raises(sa.AuditError) as caught:
        sa.read_workbook(path, sample=sample, checklist=checklist or small_checklist())
    return str(caught.value)


def put(key: str, value: object, row: int = 5) -> Change:
    """Return a change of one cell."""
    return lambda page, column: page.cell(row, column[key], value)


MISTAKES: dict[str, tuple[Change, str, str]] = {
    "an answer that is not on the list": (
        put("answer:plan missing", "jaa"),
        "answer:plan missing",
        "question 'plan missing': 'jaa' is not an answer here; did you mean 'ja'?",
    ),
    "a number in place of an answer": (
        put("answer:plan missing", 1),
        "answer:plan missing",
        "'1' is not an answer here. There are 'yes', 'ja', 'no', 'nej', 'exempt'",
    ),
    "a word in place of a date": (
        put("date:planned", "spring"),
        "date:planned",
        "'planned': 'spring' is not a date; write it as 31-01-2024",
    ),
    "a date that the calendar does not have": (
        put("date:planned", "31-02-2024"),
        "date:planned",
        "'31-02-2024' is not a day of the calendar",
    ),
    "a date with slashes, which can be read in two ways": (
        put("date:planned", "03/04/2024"),
        "date:planned",
        "'03/04/2024' is not a date",
    ),
    "a year with a digit too few": (
        put("date:planned", "0202-03-01"),
        "date:planned",
        "0202-03-01 is in the year 202; correct the year",
    ),
    "a date that lost its format": (
        lambda page, column: (
            put("date:planned", 45292)(page, column),
            setattr(page.cell(5, column["date:planned"]), "number_format", "General"),
        ),
        "date:planned",
        "45292 is a number, not a date; give the cell a date format",
    ),
    "a case id that was changed": (
        put("case", "C999"),
        "case",
        "the case id is 'C999'; it was ",
    ),
    "a case id that became a number": (
        put("case", 7),
        "case",
        "the case id is '7'; it was ",
    ),
    "a case id that was deleted, its answers not": (
        lambda page, column: (
            setattr(page.cell(5, column["case"]), "value", None),
            put("answer:plan missing", "no")(page, column),
        ),
        "case",
        "answers stand in a row without a case id",
    ),
    "a case that was copied over another": (
        lambda page, column: put("case", page.cell(4, column["case"]).value)(page, column),
        "case",
        "stands here and in row 4 too",
    ),
    "a row that was deleted": (
        lambda page, column: page.delete_rows(5),  # noqa: ARG005 -- others need the columns
        "row 5",
        "is missing; it stood here when it was written",
    ),
    "a row added below": (
        put("case", "C777", row=16),
        "A16",
        "case 'C777' was not given to this sheet; remove the row",
    ),
    "a date of the register that was changed": (
        put("date:decided", dt.datetime(2020, 1, 1)),
        "date:decided",
        "'decided' was changed; the register has 20",
    ),
    "a label of the register that was changed": (
        put("shown:district", "Southeast", row=4),
        "B4",
        "'district' was changed; the register has 'South'",
    ),
    "an answer to a question that does not apply": (
        lambda page, column: (
            put("answer:plan missing", "no")(page, column),
            put("answer:plan incomplete", "yes")(page, column),
        ),
        "answer:plan incomplete",
        "'plan incomplete' is answered although the question does not apply to the case",
    ),
    "answers to a file that is missing": (
        lambda page, column: (
            put("file", "missing file")(page, column),
            put("answer:plan missing", "yes")(page, column),
        ),
        "answer:plan missing",
        "'plan missing' is answered although the file is marked 'missing file'",
    ),
    "a date for a file that does not belong": (
        lambda page, column: (
            put("file", "out of population")(page, column),
            put("date:planned", "01-02-2024")(page, column),
        ),
        "date:planned",
        "'planned' is answered although the file is marked 'out of population'",
    ),
    "an unknown state of the file": (
        put("file", "lost"),
        "file",
        "'lost' is not an answer here. There are 'read', 'missing file', 'out of population'.",
    ),
    "a note beside the table": (
        put("beside", "ask the lawyer"),
        "beside",
        "something stands outside the table. Move it into the comment",
    ),
    "the hidden first row overwritten": (
        put("answer:plan missing", "Plan?", row=1),
        "row 1",
        "columns are gone, or the hidden first row was changed: answer:plan missing",
    ),
    "a column deleted": (
        lambda page, column: page.delete_cols(column["answer:plan incomplete"]),
        "row 1",
        "columns are gone, or the hidden first row was changed: answer:plan incomplete",
    ),
    "a sheet renamed": (
        lambda page, column: setattr(page, "title", "Anna"),  # noqa: ARG005 -- as above
        "",
        "the sheet is gone or was renamed; there are 'Instructions', 'Anna', 'CD'",
    ),
    "a sheet copied": (
        lambda page, column: page.parent.copy_worksheet(page),  # noqa: ARG005 -- as above
        "",
        "sheet 'AB Copy': the sheet is a copy, or was renamed. Keep the answers on the one sheet",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_cell(book: Book, sample: sa.Sample, mistake: str):
    """Each message says the sheet, the cell or row, what stands there and what to do."""
    change, where, said = MISTAKES[mistake]
    columns = book.columns("AB")
    columns["beside"] = max(columns.values()) + 2
    message = refusal(book.change(lambda made: change(made["AB"], columns)), sample)
    assert said in message
    assert "sheet 'A" in message
    if where in columns:
        where = f"{letter(columns[where])}5"
    if where:
        assert f"sheet 'AB', {where}: " in message


def letter(column: int) -> str:
    return Workbook().active.cell(1, column).column_letter  # type: ignore[union-attr] # it has one


def test_all_problems_are_said_at_once(book: Book, sample: sa.Sample):
    """Three mistakes on two sheets make one message with three places, and nothing is read."""
    first, second = book.columns("AB"), book.columns("CD")

    def change(made: Workbook) -> None:
        put("answer:plan missing", "maybe", row=4)(made["AB"], first)
        put("date:planned", "soon", row=6)(made["AB"], first)
        put("file", "burnt", row=8)(made["CD"], second)

    message = refusal(book.change(change), sample)
    assert "has 3 problems:" in message
    for place in ("sheet 'AB', I4:", "sheet 'AB', G6:", "sheet 'CD', E8:"):
        assert place in message
    assert message.endswith("Correct the workbook, save it and read it again.")


def test_reading_never_changes_the_file(book: Book, sample: sa.Sample):
    """Neither a good workbook nor a bad one."""
    good = book.change(filled)
    before = good.read_bytes()
    sa.read_workbook(good, sample=sample, checklist=small_checklist())
    assert before == good.read_bytes()


def test_a_workbook_of_another_sample_is_refused(book: Book, frame: sa.Frame):
    """The seed differs; the message names the one of the workbook."""
    other = sa.draw(sa.plan_sample(frame, 24), seed="another")
    assert "for another sample (drawn with seed fixture)" in refusal(book.path, other)


def test_a_workbook_of_another_checklist_is_refused(book: Book, sample: sa.Sample):
    """One word changed, and the answers may mean something else: both versions are named."""
    changed = SMALL.replace('version = "3"', 'version = "4"').replace("Is there", "Was there")
    other = parse_checklist(changed.encode(), source="small.toml")
    message = refusal(book.path, sample, other)
    assert "checklist 'small', version 3" in message
    assert "not with 'small', version 4" in message


def test_a_changed_checklist_under_the_same_version_is_refused(book: Book, sample: sa.Sample):
    """The hash of the content tells, not the number."""
    other = parse_checklist(SMALL.replace("3 months", "2 months").encode(), source="small.toml")
    assert "SHA-256" in refusal(book.path, sample, other)


def test_a_workbook_without_its_record_is_refused(book: Book, sample: sa.Sample):
    """Sheets copied into a new workbook leave the hidden sheet behind."""
    path = book.change(lambda made: made.remove(made["sampleaudit"]))
    assert "has no record of the sample and the checklist" in refusal(path, sample)


def test_a_damaged_record_is_refused(book: Book, sample: sa.Sample):
    """Where somebody found the hidden sheet."""

    def change(made: Workbook) -> None:
        made["sampleaudit"].delete_rows(2)

    assert "damaged record of itself" in refusal(book.change(change), sample)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("review.csv", b"case_id\n", "is not a workbook that ends in .xlsx or .ods"),
        ("review.xlsx", b"no spreadsheet", "cannot be read as a spreadsheet"),
        ("review.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "If it has a password"),
    ],
)
def test_files_that_are_no_workbooks_are_refused(
    tmp_path: Path, sample: sa.Sample, name: str, content: bytes, said: str
):
    """A csv, a text under another name, a workbook with a password."""
    path = tmp_path / name
    path.write_bytes(content)
    assert said in refusal(path, sample)


def test_messages_show_no_cpr_number(book: Book, sample: sa.Sample):
    """What a reviewer typed into the wrong cell is masked."""
    columns = book.columns("AB")
    change = put("answer:plan missing", "010190-1234")
    message = refusal(book.change(lambda made: change(made["AB"], columns)), sample)
    assert "010190-****" in message
    assert "1234" not in message


def test_a_cpr_number_in_a_comment_is_masked_and_told(book: Book, sample: sa.Sample):
    """It came in, but it stays nowhere."""
    columns = book.columns("AB")
    path = book.change(lambda made: put("comment", "see 010190-1234")(made["AB"], columns))
    with pytest.warns(sa.AuditNote, match="looks like a CPR number in 1 cells: 'AB!"):
        findings = sa.read_workbook(path, sample=sample, checklist=small_checklist())
    assert ["see 010190-****"] == list(findings.reviews.comments().values())
