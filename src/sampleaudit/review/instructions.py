"""The first page of a review workbook: how to fill it in, and what the questions mean."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sampleaudit.checklist.answers import say
from sampleaudit.checklist.indicators import Indicator, Law
from sampleaudit.checklist.model import Checklist
from sampleaudit.review.styles import Styles
from sampleaudit.review.texts import texts
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it has no types

Count = tuple[str, str, int]
"""A reviewer, the cells of their sheet that count what is open, and the number of their cases."""
_WIDTHS: Final = (34, 50, 36, 11, 30, 40)  # characters
_LINE: Final = 15  # points
_HOW: Final = 7  # sentences on how to fill in a workbook


def write_instructions(
    book: Workbook,
    styles: Styles,
    checklist: Checklist,
    counts: Mapping[str, Count],
    cases: int,
    commitment: str,
    language: Language,
) -> None:
    """Write the page with the instructions; ``counts`` are by sheet, ``cases`` those on any."""
    said = texts(language)
    page = book.add_worksheet(said["instructions"])
    for place, width in enumerate(_WIDTHS):
        page.set_column(place, place, width)
    title = say(checklist.title, language) or checklist.name
    page.write_string(0, 0, said["about"].format(cases=cases, title=title), styles.title)
    version = said["version"].format(name=checklist.name, version=checklist.version)
    lines = [version, say(checklist.note, language)]
    lines += [said[f"how {number}"] for number in range(1, _HOW + 1)]
    if commitment:
        lines.append(said["blind"].format(commitment=commitment))
    row = 1
    for line in filter(None, lines):
        page.merge_range(row, 0, row, len(_WIDTHS) - 1, "", styles.wrapped)
        page.write_string(row, 0, line, styles.wrapped)
        page.set_row(row, _height([line], [sum(_WIDTHS)]))
        row += 1
    row = _progress(page, row + 1, styles, counts, said)
    row = _questions(page, row + 1, styles, checklist, language)
    page.hide_gridlines(2)
    page.protect()
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer(f"&R{said['page']}")


def _progress(
    page: Worksheet, row: int, styles: Styles, counts: Mapping[str, Count], said: Mapping[str, str]
) -> int:
    for place, key in enumerate(("reviewer", "cases", "done")):
        page.write_string(row, place, said[key], styles.head)
    for sheet, (reviewer, cells, number) in counts.items():
        row += 1
        quoted = sheet.replace("'", "''")
        page.write_string(row, 0, reviewer, styles.shown(reviewer))
        page.write_number(row, 1, number, styles.wrapped)
        page.write_formula(row, 2, f"=COUNTIF('{quoted}'!{cells},0)", styles.wrapped, 0)
    return row + 1


def _questions(
    page: Worksheet, row: int, styles: Styles, checklist: Checklist, language: Language
) -> int:
    said = texts(language)
    heads = (
        said["questions"],
        "",
        said["answers"],
        said["severity"],
        said["law"],
        said["guidance"],
    )
    for place, head in enumerate(heads):
        page.write_string(row, place, head, styles.head)
    for date in checklist.dates:
        row += 1
        page.write_string(row, 0, date.key, styles.label)
        page.write_string(row, 1, say(date.question, language), styles.wrapped)
        page.write_string(row, 2, said["dates"], styles.wrapped)
    for indicator in checklist.asked:
        row += 1
        cells = (
            indicator.key,
            say(indicator.question, language),
            _answers(indicator, language),
            said["fact" if indicator.is_fact else indicator.severity],
            "; ".join(dict.fromkeys(_law(law, language) for law in indicator.laws)),
            say(indicator.guidance, language),
        )
        page.set_row(row, _height(cells, _WIDTHS))
        for place, cell in enumerate(cells):
            page.write_string(row, place, cell, styles.wrapped if place else styles.label)
    return row + 1


def _height(texts_in_row: Sequence[str], widths: Sequence[int]) -> int:
    """Return a height, in points, in which wrapped texts are seen whole."""
    lines = (
        math.ceil(len(text) * 1.15 / width)
        for text, width in zip(texts_in_row, widths, strict=True)
    )
    return _LINE * max([1, *lines])


def _answers(indicator: Indicator, language: Language) -> str:
    words = [say(option.words, language) for option in indicator.options]
    if indicator.is_computed:
        words.insert(0, texts(language)["computed"])
    return " / ".join(words)


def _law(law: Law, language: Language) -> str:
    said = texts(language)
    parts = [say(law.text, language)]
    if law.first:
        parts.append(said["from"].format(day=_day(law.first)))
    if law.last:
        parts.append(said["until"].format(day=_day(law.last)))
    return " ".join(parts)


def _day(day: dt.date) -> str:
    return day.strftime("%d-%m-%Y")
