"""Tables of a Word document: as wide as the page at most, and no number on two lines."""

from __future__ import annotations

import pytest

from sampleaudit.plots.canvas import text_width
from sampleaudit.report.blocks import Group, Table, one_group
from sampleaudit.report.word_tables import write_table

docx = pytest.importorskip("docx")
WIDTH = 17.0  # cm of an A4 page within its margins
NUMBERS = ("149 af 209", "71,1\u00a0%", "\u221257,3 til \u221216,3", "<0,0001")


def written(table: Table) -> tuple[list[float], float]:
    """Return the widths of the columns in cm and the size of the text in points."""
    document = docx.Document()
    write_table(document, table, width=WIDTH)
    (made,) = document.tables
    size = made.rows[1].cells[0].paragraphs[0].runs[0].font.size.pt
    return [column.width.cm for column in made.columns], size


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("label", ["Nord", "En meget lang betegnelse på en indikator " * 3])
def test_numbers_are_not_broken(columns: int, label: str):
    """A long label gives way, not the numbers."""
    row = (label, *(NUMBERS * columns)[: 3 * columns])
    widths, size = written(Table("t", ("indikator", *["andel"] * (len(row) - 1)), one_group([row])))
    assert sum(widths) <= WIDTH + 0.05
    for cell, width in zip(row[1:], widths[1:], strict=True):
        assert text_width(cell, size=size) * 2.54 < width


def test_a_narrow_table_fills_the_page():
    """What is to spare is shared by all columns."""
    widths, size = written(Table("t", ("a", "b"), one_group([("x", "1")])))
    assert pytest.approx(WIDTH, abs=0.05) == sum(widths)
    assert 8.0 == size


def test_heads_repeat_rows_stay_whole_and_notes_are_small():
    """A head stands on each page; no row is broken between two."""
    table = Table(
        "Fejl", ("distrikt", "andel"), (Group("For sent", (("Nord [1]", "12,0\u00a0%"),)),), 1,
        ("hvorfor",),
    )  # fmt: skip
    document = docx.Document()
    write_table(document, table, width=WIDTH)
    head, heading, row = document.tables[0].rows
    assert head._tr.xpath("./w:trPr/w:tblHeader")
    assert all(each._tr.xpath("./w:trPr/w:cantSplit") for each in (head, heading, row))
    assert "For sent" == heading.cells[0].text == heading.cells[1].text  # one cell over both
    note = next(p for p in document.paragraphs if p.text == "[1] hvorfor")
    assert note.runs[0].font.size.pt <= 8


def test_an_empty_table_is_written():
    """A table without rows has its head."""
    document = docx.Document()
    write_table(document, Table("t", ("a", "b"), ()), width=WIDTH)
    assert ["a", "b"] == [cell.text for cell in document.tables[0].rows[0].cells]
