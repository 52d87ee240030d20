"""Several workbooks, or copies of one, become one set of findings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from review_filling import SMALL, Book, fill, filled, small_checklist, write_book

import sampleaudit as sa
from sampleaudit.checklist.reading import parse_checklist


def read(path: Path, sample: sa.Sample) -> sa.Findings:
    return sa.read_workbook(path, sample=sample, checklist=small_checklist())


@pytest.fixture
def book(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path) -> Book:
    return write_book(sample, register, tmp_path)[0]


def part(book: Book, sample: sa.Sample, name: str) -> sa.Findings:
    """Return what one reviewer filled in, in a copy of the workbook of all."""
    return read(book.change(lambda made: fill(made[name])), sample)


def test_two_copies_make_one_whole(book: Book, sample: sa.Sample):
    """Each reviewer filled in their own sheet of their own copy."""
    whole = read(book.change(filled), sample)
    parts = [part(book, sample, name) for name in ("AB", "CD")]
    assert [12, 12] == [len(each.open) for each in parts]
    merged = sa.merge_findings(parts)
    assert merged.open.empty
    pd.testing.assert_frame_equal(whole.outcome_table(), merged.outcome_table())


def test_the_order_of_the_parts_does_not_matter(book: Book, sample: sa.Sample):
    """Nor does giving one twice."""
    one, other = (part(book, sample, name) for name in ("AB", "CD"))
    expected = sa.merge_findings([one, other]).outcome_table()
    for parts in ([other, one], [one, other, one]):
        pd.testing.assert_frame_equal(expected, sa.merge_findings(parts).outcome_table())


def test_what_is_still_open_is_said(book: Book, sample: sa.Sample):
    """With the reviewer who has it."""
    merged = sa.merge_findings([part(book, sample, "AB")])
    assert {"CD"} == set(merged.open["reviewer"])
    assert 12 == len(merged.open)


def test_copies_that_differ_are_refused(book: Book, sample: sa.Sample):
    """Nobody could say which answer counts; both are named."""
    column = book.columns("AB")

    def other(made: Workbook) -> None:
        fill(made["AB"])
        page = made["AB"]
        made["AB"].cell(4, column["file"]).value = "missing file"
        for key, place in column.items():
            if key.startswith(("answer", "date:planned")):
                page.cell(4, place).value = None
        page.cell(5, column["answer:plan missing"]).value = "exempt"
        for key in ("answer:plan incomplete", "date:planned"):
            page.cell(5, column[key]).value = None

    one, changed = part(book, sample, "AB"), read(book.change(other), sample)
    with pytest.raises(sa.AuditError, match="differ in 1 places") as caught:
        sa.merge_findings([one, changed])
    assert "'exempt'" in str(caught.value)


def test_findings_that_do_not_belong_together_are_refused(
    book: Book, sample: sa.Sample, frame: sa.Frame, register: pd.DataFrame, tmp_path: Path
):
    """Another draw, another checklist, another assignment, no workbook, nothing."""
    one = read(book.path, sample)
    drawn = sa.draw(sa.plan_sample(frame, 24), seed="another")
    elsewhere = write_book(drawn, register, tmp_path, name="other.xlsx")[0]
    with pytest.raises(sa.AuditError, match="different samples"):
        sa.merge_findings([one, read(elsewhere.path, drawn)])
    changed = parse_checklist(SMALL.replace('"3"', '"4"').encode(), source="small.toml")
    newer = write_book(sample, register, tmp_path, name="newer.xlsx", checklist=changed)[0]
    with pytest.raises(sa.AuditError, match="'small' version 3 and 'small' version 4"):
        sa.merge_findings([one, sa.read_workbook(newer.path, sample=sample, checklist=changed)])
    twice = [
        read(
            write_book(
                sample, register, tmp_path, name=f"{seed}.xlsx", double_review=0.25,
                review_seed=seed,
            )[0].path,
            sample,
        )
        for seed in ("s", "t")
    ]  # fmt: skip
    with pytest.raises(sa.AuditError, match="different assignments"):
        sa.merge_findings(twice)
    by_hand = sa.record_findings(sample, sample.cases[["case_id"]].assign(late=0))
    with pytest.raises(sa.AuditError, match="Only findings read from workbooks"):
        sa.merge_findings([one, by_hand])
    with pytest.raises(sa.AuditError, match="no findings to merge"):
        sa.merge_findings([])


def test_a_sample_that_was_extended_takes_the_workbook_of_the_smaller(book: Book, frame: sa.Frame):
    """More cases from the same draw: those read count, the others are open."""
    larger = sa.draw(sa.plan_sample(frame, 36), seed="fixture")
    found = read(book.change(filled), larger)
    assert 12 == len(found.open)
    assert {""} == set(found.open["reviewer"])
