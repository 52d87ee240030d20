"""A report as a Word document, for offices that edit it; python-docx is imported when used."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.errors import AuditError
from sampleaudit.plots.canvas import alternative, figure_of
from sampleaudit.plots.saving import png_bytes
from sampleaudit.report.blocks import (
    Block,
    Command,
    Document,
    Facts,
    Heading,
    Picture,
    Points,
    Table,
    Text,
)
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_TAGS: Final[Mapping[Language, str]] = MappingProxyType({"da": "da-DK", "en": "en-GB"})
_MADE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # no clock: the same report, the same bytes
_ZIPPED: Final = (2000, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT = 17.0, 24.0  # cm of an A4 page within its margins
_CM: Final = 2.54  # in an inch
_SMALL: Final = 8  # points of the text in tables


def docx_bytes(report: Document) -> bytes:
    """Return a report as a .docx file: styles for headings, tables with repeated heads, alt texts.

    Raises `AuditError` where python-docx is not installed.
    """
    try:
        from docx import Document as NewDocument
    except ImportError:
        raise AuditError(
            "A report as .docx needs python-docx: install it by pip install 'sampleaudit[word]', "
            "or write the report as .html."
        ) from None
    document = NewDocument()
    _set_page(document, report)
    document.add_heading(report.title, level=0)
    document.add_paragraph(report.subtitle)
    for section in report.sections:
        document.add_heading(section.heading, level=1)
        for block in section.blocks:
            _write(document, block)
    document.add_paragraph(report.footer)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer.getvalue())


def _set_page(document: WordDocument, report: Document) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.0)
    page.top_margin = page.bottom_margin = Cm(2.2)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = report.title, "", ""
    properties.language = _TAGS[report.language]
    properties.created = properties.modified = _MADE
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for place in defaults.iter(qn("w:rPr")):
        for old in place.findall(qn("w:lang")):
            place.remove(old)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), _TAGS[report.language])
        place.append(language)


def _write(document: WordDocument, block: Block) -> None:
    if isinstance(block, Text):
        paragraph = document.add_paragraph()
        paragraph.add_run(block.text).bold = block.lead
    elif isinstance(block, Heading):
        document.add_heading(block.text, level=2)
    elif isinstance(block, Points):
        for item in block.items:
            document.add_paragraph(item, style="List Bullet")
    elif isinstance(block, Command):
        document.add_paragraph().add_run(block.text).font.name = "Consolas"
    elif isinstance(block, Facts):
        for fact in block.items:
            paragraph = document.add_paragraph()
            paragraph.add_run(f"{fact.term}: ").bold = True
            paragraph.add_run(fact.text)
    elif isinstance(block, Picture):
        _write_picture(document, block)
    elif isinstance(block, Table):
        _write_table(document, block)


def _write_picture(document: WordDocument, block: Picture) -> None:
    from docx.shared import Cm

    wide, high = (float(inches) for inches in figure_of(block.ax).get_size_inches())
    scale = min(_WIDTH / (wide * _CM), _HEIGHT / (high * _CM))
    shape = document.add_picture(io.BytesIO(png_bytes(block.ax)), width=Cm(wide * _CM * scale))
    shape._inline.docPr.set("descr", alternative(block.ax))  # no other way


def _write_table(document: WordDocument, block: Table) -> None:
    caption = document.add_paragraph()
    caption.add_run(block.caption).bold = True
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(block.head), style="Table Grid")
    _add_row(table, block.head, left=block.left, bold=True)
    _repeat(table.rows[0])
    for group in block.groups:
        if group.heading:
            cells = _add_row(table, (group.heading,), left=1, bold=True)
            cells[0].merge(cells[-1])
        for row in group.rows:
            _add_row(table, row, left=block.left)
    for place, note in enumerate(block.notes, start=1):
        document.add_paragraph(f"[{place}] {note}")
    document.add_paragraph()


def _add_row(table: Any, texts: tuple[str, ...], *, left: int, bold: bool = False) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    cells = table.add_row().cells
    for place, (cell, text) in enumerate(zip(cells, texts, strict=False)):
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold, Pt(_SMALL)
        if place >= left:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return cells


def _repeat(row: Any) -> None:
    """Let a table's head stand on each page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # no other way


def _without_times(content: bytes) -> bytes:
    """Return the same archive with a fixed time for each of its files."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(
                zipfile.ZipInfo(name, _ZIPPED), old.read(name), compress_type=zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()
