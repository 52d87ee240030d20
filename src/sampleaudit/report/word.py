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
from sampleaudit.report.word_tables import write_table
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_TAGS: Final[Mapping[Language, str]] = MappingProxyType({"da": "da-DK", "en": "en-GB"})
_MADE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # no clock: the same report, the same bytes
_ZIPPED: Final = (2000, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT = 17.0, 24.0  # cm of an A4 page within its margins
_CM: Final = 2.54  # in an inch
_TEXT, _LEAD, _FOOT = 10, 12, 8  # points
_SERIFLESS: Final = "Arial"  # on every machine, and the letters of the pictures
_FIXED: Final = "Consolas"
_HEADINGS: Final[Mapping[str, float]] = MappingProxyType(
    {"Title": 20, "Heading 1": 14, "Heading 2": 11.5}
)
_INK, _MAIN = "1A1A1A", "2F5D8A"  # as the pictures have them


def docx_bytes(report: Document) -> bytes:
    """Return a report as a .docx file: styles for headings, tables with repeated heads, alt texts.

    Raises `AuditError` where python-docx is not installed.
    """
    try:
        from docx import Document as NewDocument
        from docx.shared import Pt
    except ImportError:
        raise AuditError(
            "A report as .docx needs python-docx: install it by pip install 'sampleaudit[word]', "
            "or write the report as .html."
        ) from None
    document = NewDocument()
    _set_page(document, report)
    _set_styles(document)
    document.add_heading(report.title, level=0)
    document.add_paragraph(report.subtitle)
    for section in report.sections:
        document.add_heading(section.heading, level=1)
        for block in section.blocks:
            _write(document, block)
    document.add_paragraph(report.footer).runs[0].font.size = Pt(_FOOT)
    _number_pages(document)
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


def _set_styles(document: WordDocument) -> None:
    """Set one family of letters, sizes that belong together, and room between paragraphs."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    styles: Any = document.styles
    for name in ("Normal", *_HEADINGS):
        letters = styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for place in [key for key in letters.attrib if key.endswith("Theme")]:
            del letters.attrib[place]  # a theme would go before the name
        for place in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            letters.set(qn(place), _SERIFLESS)
    styles["Normal"].font.size = Pt(_TEXT)
    styles["Normal"].font.color.rgb = RGBColor.from_string(_INK)
    styles["Normal"].paragraph_format.space_after = Pt(5)
    for name, points in _HEADINGS.items():
        styles[name].font.size = Pt(points)
        styles[name].font.color.rgb = RGBColor.from_string(_INK if name == "Title" else _MAIN)
        styles[name].paragraph_format.space_after = Pt(4)
        styles[name].paragraph_format.keep_with_next = True
    styles["List Bullet"].paragraph_format.space_after = Pt(3)


def _number_pages(document: WordDocument) -> None:
    """Write the page's number at its foot: a field that Word fills in."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run()
    run.font.size = Pt(_FOOT)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = text
        run._r.append(part)  # no other way


def _write(document: WordDocument, block: Block) -> None:
    from docx.shared import Pt

    if isinstance(block, Text):
        run = document.add_paragraph().add_run(block.text)
        if block.lead:
            run.bold, run.font.size = True, Pt(_LEAD)
    elif isinstance(block, Heading):
        document.add_heading(block.text, level=2)
    elif isinstance(block, Points):
        for item in block.items:
            document.add_paragraph(item, style="List Bullet")
    elif isinstance(block, Command):
        document.add_paragraph().add_run(block.text).font.name = _FIXED
    elif isinstance(block, Facts):
        for fact in block.items:
            paragraph = document.add_paragraph()
            paragraph.add_run(f"{fact.term}: ").bold = True
            run = paragraph.add_run(fact.text)
            if fact.exact:
                run.font.name, run.font.size = _FIXED, Pt(_FOOT)
    elif isinstance(block, Picture):
        _write_picture(document, block)
    elif isinstance(block, Table):
        write_table(document, block, width=_WIDTH)


def _write_picture(document: WordDocument, block: Picture) -> None:
    from docx.shared import Cm

    wide, high = (float(inches) for inches in figure_of(block.ax).get_size_inches())
    scale = min(_WIDTH / (wide * _CM), _HEIGHT / (high * _CM))
    shape = document.add_picture(io.BytesIO(png_bytes(block.ax)), width=Cm(wide * _CM * scale))
    shape._inline.docPr.set("descr", alternative(block.ax))  # no other way


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
