"""Tables in a Word document: columns as wide as their numbers, thin lines, a head on each page.

A table is written as WordprocessingML (ISO/IEC 29500-1, section 17.4) in one go: python-docx takes
seconds for a thousand rows cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from sampleaudit.plots.canvas import text_width
from sampleaudit.report.blocks import Table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_SIZES: Final = (8.0, 7.5, 7.0, 6.5)  # points of the text, the largest that fits the page
_PADDING: Final = 0.24  # cm beside the text of a cell, both sides together
_SPARE: Final = 1.03  # times as wide as measured: letters differ from machine to machine
_LABEL: Final = 3.2  # cm that each column of text gets at least, before numbers are set smaller
_CM: Final = 2.54  # in an inch
_TWIPS: Final = 1440  # in an inch
_LINES: Final = (
    '<w:tblBorders><w:bottom w:val="single" w:sz="4" w:space="0" w:color="C9C9C9"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="C9C9C9"/></w:tblBorders>'
)
_RIGHT: Final = '<w:jc w:val="right"/>'
_BELOW_HEAD: Final = (
    '<w:tcBorders><w:bottom w:val="single" w:sz="10" w:space="0" w:color="595959"/></w:tcBorders>'
    '<w:vAlign w:val="bottom"/>'
)


def write_table(document: WordDocument, block: Table, *, width: float) -> None:
    """Write a table ``width`` cm wide at most, with its caption above and its footnotes below."""
    from docx.oxml import parse_xml
    from docx.shared import Pt

    caption = document.add_paragraph()
    caption.add_run(block.caption).bold = True
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before = Pt(8)
    size, widths = _fitting(block, width)
    caption._p.addnext(parse_xml(_table(block, [_twips(own) for own in widths], size)))
    for place, note in enumerate(block.notes, start=1):
        paragraph = document.add_paragraph()
        paragraph.add_run(f"[{place}] {note}").font.size = Pt(size)
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.paragraph_format.space_before = Pt(3 if place == 1 else 0)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _fitting(block: Table, width: float) -> tuple[float, list[float]]:
    """Return the size of the text in points, and the width of each column in cm.

    No number is broken: columns of numbers are as wide as these and as the longest word of their
    head. The columns of text share what is left, by what they need.
    """
    size, widths = _SIZES[-1], list[float]()
    for size in _SIZES:
        cells = list(zip(*(row for row in block.rows), strict=True)) or [("",)] * len(block.head)
        widths = [
            max([_wide(cell, size) for cell in column] + [_longest_word(head, size)])
            for head, column in zip(block.head, cells, strict=True)
        ]
        room = width - sum(widths[block.left :])
        if sum(widths[: block.left]) <= room:
            break
        if room >= _LABEL * block.left:
            share = room / sum(widths[: block.left])
            widths[: block.left] = [share * own for own in widths[: block.left]]
            break
    spare = max(width - sum(widths), 0.0) / len(widths)
    total = sum(widths)
    if total > width:  # more than a page can hold: everything gives way alike
        return size, [own * width / total for own in widths]
    return size, [own + spare for own in widths]


def _wide(text: str, size: float) -> float:
    return text_width(text, size=size) * _CM * _SPARE + _PADDING


def _longest_word(text: str, size: float) -> float:
    words = text.replace("-", "- ").split(" ")  # a no-break space holds, a hyphen does not
    return max(text_width(word, bold=True, size=size) for word in words) * _CM * _SPARE + _PADDING


def _table(block: Table, widths: Sequence[int], size: float) -> str:
    """Return the table as WordprocessingML, ``widths`` in twentieths of a point."""
    from docx.oxml.ns import nsdecls

    side = _twips(_PADDING / 2)
    margins = "".join(f'<w:{end} w:w="{side}" w:type="dxa"/>' for end in ("left", "right"))
    grid = "".join(f'<w:gridCol w:w="{own}"/>' for own in widths)
    rows = [_row(block.head, widths, block.left, size, kind="head")]
    for group in block.groups:
        if group.heading:
            rows.append(_row((group.heading,), [sum(widths)], 1, size, span=len(widths)))
        rows += [_row(texts, widths, block.left, size, kind="row") for texts in group.rows]
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{_LINES}'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _row(
    texts: Sequence[str],
    widths: Sequence[int],
    left: int,
    size: float,
    *,
    kind: Literal["head", "group", "row"] = "group",
    span: int = 1,
) -> str:
    """Return one row, never broken between pages; a head stands on each, a heading not alone."""
    properties = (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "") + (
        _BELOW_HEAD if kind == "head" else ""
    )
    bold = "" if kind == "row" else "<w:b/>"
    keep = "" if kind == "row" else "<w:keepNext/>"
    cells = [
        f'<w:tc><w:tcPr><w:tcW w:w="{own}" w:type="dxa"/>{properties}</w:tcPr><w:p><w:pPr>{keep}'
        f'<w:spacing w:before="40" w:after="40"/>'
        f"{'' if place < left else _RIGHT}</w:pPr><w:r><w:rPr>{bold}"
        f'<w:sz w:val="{round(2 * size)}"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t>'
        f"</w:r></w:p></w:tc>"
        for place, (text, own) in enumerate(zip(texts, widths, strict=True))
    ]
    head = "<w:tblHeader/>" if kind == "head" else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"


def _twips(cm: float) -> int:
    return round(cm / _CM * _TWIPS)
