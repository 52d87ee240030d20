"""What goes out: the sheets, what can be changed, text that stays text, and what is refused."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from openpyxl import load_workbook
from review_filling import SMALL, dated, small_checklist, write_book

import sampleaudit as sa
from sampleaudit.checklist.reading import parse_checklist


def test_the_sheets_of_a_workbook(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """Instructions, a sheet per reviewer, and a record that no menu shows."""
    book, assignments = write_book(sample, register, tmp_path)
    made = load_workbook(book.path)
    assert ["Instructions", "AB", "CD", "sampleaudit"] == made.sheetnames
    assert "veryHidden" == made["sampleaudit"].sheet_state
    assert (str(book.path),) == assignments.files
    page = made["AB"]
    assert "B4" == page.freeze_panes
    assert page.row_dimensions[1].hidden
    assert "0 done, of 12" == load_workbook(book.path, data_only=True)["AB"]["A2"].value


def test_everything_is_locked_but_what_is_to_be_filled_in(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """Ids, register text, dates of the register and what does not apply cannot be overwritten."""
    book, _ = write_book(sample, register, tmp_path)
    made = load_workbook(book.path)
    assert all(page.protection.sheet for page in made)
    column = book.columns("AB")
    page = made["AB"]
    for row in page.iter_rows(min_row=4):
        by_key = {key: row[place - 1] for key, place in column.items()}
        north = by_key["shown:district"].value == "North"
        assert by_key["answer:harbour office"].protection.locked is not north
        assert by_key["answer:harbour office"].value == (None if north else "not applicable")
        old = by_key["date:decided"].value.year < 2024
        assert by_key["answer:urgent"].protection.locked is not old
        for key in ("case", "shown:district", "shown:age", "open", "date:decided"):
            assert by_key[key].protection.locked
        for key in (
            "file",
            "date:planned",
            "answer:plan missing",
            "evidence:plan missing",
            "comment",
        ):
            assert not by_key[key].protection.locked


def test_answers_are_chosen_from_lists(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """Each list holds the answers of its question, in the language of the workbook."""
    book, _ = write_book(sample, register, tmp_path, language="da")
    made = load_workbook(book.path)
    column = book.columns("AB")
    lists = {}
    for rule in made["AB"].data_validations.dataValidation:
        if rule.type == "list":
            cells = made["sampleaudit"][rule.formula1.split("!")[1].replace("$", "")]
            lists[next(iter(rule.sqref.ranges)).min_col] = [row[0].value for row in cells]
    expected = ["ja", "nej", "fritaget", "ikke relevant", "kan ikke afgøres"]
    assert expected == lists[column["answer:plan missing"]]
    assert ["senere dag aftalt", "ikke relevant"] == lists[column["answer:plan late"]]
    assert ["læst", "sagen mangler", "hører ikke til"] == lists[column["file"]]


def test_register_text_stays_text(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """What begins with = + - @ is no formula and no link, even if somebody edits the cell."""
    texts = ["=HYPERLINK(0)", "+1", "-1+2", "@SUM(A1)", "http://example.org", "007"]
    note = [texts[number % len(texts)] for number in range(len(register))]
    table = dated(register).assign(note=note)
    book, _ = write_book(sample, table, tmp_path, show=["note"])
    column = book.columns("AB")["shown:note"]
    shown = {}
    for row in load_workbook(book.path)["AB"].iter_rows(min_row=4):
        cell = row[column - 1]
        shown[cell.value] = cell
        assert note[int(row[0].value[1:])] == cell.value
        assert "s" == cell.data_type
        assert cell.hyperlink is None
        assert cell.quotePrefix == cell.value.startswith(("=", "+", "-", "@"))
    assert 3 < len(shown)


def test_case_ids_stay_text(tmp_path: Path):
    """An id like a number or a formula comes back as it went out."""
    ids = ["007", "1e5", "=A1", "-5", "2024-01-01", "+45"]
    frame = sa.build_frame(pd.DataFrame({"id": ids}), case_id="id")
    sample = sa.draw(sa.plan_sample(frame, 6), seed="ids")
    checklist = sa.Checklist("one", "1", (sa.Indicator("late", "Was it late?", error="yes"),))
    sa.write_workbook(sample, checklist, tmp_path / "ids.xlsx", reviewers=["AB"])
    findings = sa.read_workbook(tmp_path / "ids.xlsx", sample=sample, checklist=checklist)
    assert sorted(ids) == sorted(findings.open["id"])


def test_the_same_arguments_write_the_same_bytes(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """So a hash of the workbook that went out can be recomputed."""
    options = {"double_review": 0.25, "review_seed": "kept back"}
    one, _ = write_book(sample, register, tmp_path, name="one.xlsx", **options)
    other, _ = write_book(sample, register, tmp_path, name="other.xlsx", **options)
    assert one.path.read_bytes() == other.path.read_bytes()


def test_nothing_in_a_workbook_tells_what_is_read_twice(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """With a workbook each, a reviewer's file differs by nothing but the cases in it.

    Neither the seed nor who reads first is in it, and rows stand in the order of the draw.
    """
    _, assignments = write_book(
        sample, register, tmp_path, name="{reviewer}.xlsx", double_review=0.25,
        review_seed="sealed 4 1 6",
    )  # fmt: skip
    assert 6 == len(assignments.second)
    assert [str(tmp_path / "AB.xlsx"), str(tmp_path / "CD.xlsx")] == list(assignments.files)
    order = sample.cases.set_index("case_id")["order"]
    for name in ("AB", "CD"):
        made = load_workbook(tmp_path / f"{name}.xlsx")
        assert ["Instructions", name, "sampleaudit"] == made.sheetnames
        cases = [row[0].value for row in made[name].iter_rows(min_row=4)]
        assert assignments.cases_of(name) == set(cases)
        places = [order[case] for case in cases]
        assert sorted(places) == places
        with zipfile.ZipFile(tmp_path / f"{name}.xlsx") as archive:
            text = b"".join(archive.read(part) for part in archive.namelist()).decode()
        assert "sealed" not in text
        assert assignments.commitment in text
        formats = [
            [cell.style_id for cell in row if cell.value is None]
            for row in made[name].iter_rows(min_row=4, max_col=made[name].max_column)
        ]
        assert len({tuple(each) for each in formats}) <= 8  # by law and district, not by reading


def test_a_workbook_is_never_overwritten(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """It may hold weeks of work."""
    write_book(sample, register, tmp_path)
    with pytest.raises(sa.AuditError, match="is there already and may hold answers"):
        write_book(sample, register, tmp_path)


def test_formulas_are_well_formed(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path):
    """Each formula and rule has balanced brackets, and names cells of its own sheet alone."""
    book, _ = write_book(sample, register, tmp_path)
    with zipfile.ZipFile(book.path) as archive:
        page = ET.fromstring(archive.read("xl/worksheets/sheet2.xml"))  # noqa: S314 -- our own
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    formulas = [each.text for tag in ("f", "formula") for each in page.iter(space + tag)]
    assert 10 < len(formulas)
    for formula in formulas:
        depth = 0
        for character in formula:
            depth += {"(": 1, ")": -1}.get(character, 0)
            assert depth >= 0
        assert 0 == depth
        assert "!" not in formula


CPR = "010190-1234"


@pytest.mark.parametrize(
    "what", ["an id", "a shown column", "a domain", "a question", "a reviewer"]
)
def test_cpr_numbers_do_not_go_out(register: pd.DataFrame, tmp_path: Path, what: str):
    """Wherever they stand; the message masks them, and no file is written."""
    table, show, reviewers, text = dated(register), [], ["AB"], SMALL
    if what == "an id":
        table.loc[0, "case_id"] = CPR
    elif what == "a shown column":
        table["note"] = f"see {CPR.replace('-', '')}"
        show = ["note"]
    elif what == "a domain":
        table["age"] = f"child {CPR}"
    elif what == "a question":
        text = SMALL.replace("Er der en plan?", f"Er der en plan for {CPR}?")
    else:
        reviewers = [CPR]
    frame = sa.build_frame(table, case_id="case_id", stratify_by="district", domains="age")
    sample = sa.draw(sa.plan_sample(frame, 60), seed="all")
    with pytest.raises(sa.AuditError, match="CPR number") as caught:
        sa.write_workbook(
            sample, parse_checklist(text.encode(), source="small.toml"), tmp_path / "r.xlsx",
            reviewers=reviewers, register=table, show=show,
        )  # fmt: skip
    assert "1234" not in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_ids_that_only_look_like_cpr_numbers(register: pd.DataFrame, tmp_path: Path):
    """A reason given for the frame, or here, lets them go out, and stands in the record."""
    table = dated(register)
    table.loc[0, "case_id"] = CPR
    for reasons in ({"not_cpr": "case numbers"}, {}):
        frame = sa.build_frame(table, case_id="case_id", **reasons)
        sample = sa.draw(sa.plan_sample(frame, 60), seed="all")
        here = {} if reasons else {"not_cpr": "case numbers"}
        path = tmp_path / f"{len(reasons)}.xlsx"
        checklist = sa.Checklist("one", "1", (sa.Indicator("late", "Late?", error="yes"),))
        sa.write_workbook(sample, checklist, path, reviewers=["AB"], **here)
        record = load_workbook(path)["sampleaudit"]
        assert ("not_cpr", "case numbers") in [(r[0].value, r[1].value) for r in record.iter_rows()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "review.xls"}, "must end in .xlsx"),
        ({"name": "no folder/review.xlsx"}, "There is no folder"),
        ({"reviewers": "AB"}, "reviewers is the text 'AB'; give a list, as ['AB']"),
        ({"reviewers": []}, "reviewers is empty"),
        ({"reviewers": ["AB", "ab "]}, "is named twice"),
        ({"reviewers": ["AB", ""]}, "A reviewer is called ''"),
        ({"reviewers": [str(n) for n in range(25)]}, "25 reviewers for 24 cases"),
        ({"reviewers": ["sampleaudit"]}, "cannot have a sheet called 'sampleaudit'"),
        ({"reviewers": ["Instructions"]}, "cannot have a sheet called 'Instructions'"),
        ({"reviewers": ["A" * 31 + "1", "A" * 31 + "2"]}, "differ in the first 31 characters"),
        ({"double_review": 1.5}, "double_review is 1.5; it must be a share"),
        ({"reviewers": ["AB"], "double_review": 0.1}, "Double review needs two reviewers"),
        ({"double_review": 0.1, "review_seed": "fixture"}, "the seed of the draw, which is public"),
        ({"review_seed": "a|b"}, "seed is 'a|b'"),
        ({"language": "sv"}, "language is 'sv'"),
        ({"show": "note"}, "show is the text 'note'"),
        ({"show": ["note"]}, "There is no column 'note'"),
    ],
)  # fmt: skip
def test_requests_that_cannot_be_are_refused(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path, changes: dict[str, object], said: str
):
    """With the name, the value, the rule and what to do; nothing is written."""
    with pytest.raises(sa.AuditError) as caught:
        write_book(sample, register, tmp_path, **changes)
    assert said in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_a_register_that_does_not_fit_is_refused(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """Cases of the sample that it lacks, no id column, and dates that are none."""
    table = dated(register)
    gone = table[table["case_id"] != sample.cases["case_id"].iloc[0]]
    bad = table.assign(decision_date="spring")
    long = table.assign(note="x" * 40_000)
    nameless = table.rename(columns={"case_id": "id"})
    for given, said in (
        (gone, "lacks 1 cases of the sample"),
        (bad, "has 24 values that cannot go out: decision_date of case"),
        (nameless, "The register has no column 'case_id'"),
    ):
        with pytest.raises(sa.AuditError, match=said):
            write_book(sample, given, tmp_path)
    with pytest.raises(sa.AuditError, match="40,000 characters, more than a cell holds"):
        write_book(sample, long, tmp_path, show=["note"])


def test_a_register_date_that_is_blank_is_asked_for(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """The cell is open for the reviewer, in that row alone."""
    table = dated(register)
    case = sample.cases["case_id"].iloc[0]
    table.loc[table["case_id"] == case, "decision_date"] = None
    book, assignments = write_book(sample, table, tmp_path)
    name = next(name for name in ("AB", "CD") if case in assignments.cases_of(name))
    column = book.columns(name)["date:decided"]
    for row in load_workbook(book.path)[name].iter_rows(min_row=4):
        cell = row[column - 1]
        assert cell.protection.locked is (row[0].value != case)
        assert (cell.value is None) is (row[0].value == case)


def test_without_a_register_every_date_is_asked_for(sample: sa.Sample, tmp_path: Path):
    """Strata and domains are in the sample; other columns only come with the register."""
    sa.write_workbook(sample, small_checklist(), tmp_path / "r.xlsx", reviewers=["AB"])
    page = load_workbook(tmp_path / "r.xlsx")["AB"]
    column = {cell.value: cell.column for cell in page[1]}
    assert all(page.cell(row, column["date:decided"]).value is None for row in range(4, 28))
    assert not page.cell(4, column["date:decided"]).protection.locked


def test_labels_exist_in_both_languages():
    """texts.toml has the same keys and the same braces in English and Danish."""
    import re

    from sampleaudit.review.texts import texts

    english, danish = texts("en"), texts("da")
    assert list(english) == list(danish)
    for key in english:
        assert re.findall(r"{\w+}", english[key]) == re.findall(r"{\w+}", danish[key]), key
    assert dt.date(2024, 1, 31).strftime("%d-%m-%Y") in english["how 3"]
