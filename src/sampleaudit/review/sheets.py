"""The pages of a review workbook, cell by cell."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.checklist.answers import KNOWN_ANSWERS, NO_DATE, NOT_APPLICABLE, say
from sampleaudit.checklist.indicators import dates_needed
from sampleaudit.checklist.model import Checklist
from sampleaudit.review.expressions import NEVER, Expressions
from sampleaudit.review.instructions import write_instructions
from sampleaudit.review.layout import (
    FIRST_ROW,
    HEAD_ROW,
    KEY_ROW,
    TITLE_ROW,
    CaseRow,
    Column,
    is_conditional,
)
from sampleaudit.review.record import RECORD_SHEET, Record
from sampleaudit.review.styles import Styles
from sampleaudit.review.texts import texts
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it has no types

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_MADE: Final = dt.datetime(2000, 1, 1)
_WIDTHS: Final = {"case": 20, "shown": 16, "open": 9, "file": 14, "date": 14, "evidence": 24,
                  "comment": 36, "answer": 18, "skip": 8}  # fmt: skip
_LIST_COLUMN: Final = 6  # of the record sheet: the first one with the words of a list
_PROTECTION: Final = {"format_columns": True, "format_rows": True, "autofilter": True}
_A4: Final = 9
_SCALE: Final = 65  # percent: about eight columns on a page, still legible
_MESSAGE: Final = 255  # characters that Excel shows beside a cell


@dataclass(frozen=True, slots=True)
class Sheet:
    """A reviewer's sheet: its name in the workbook, whose it is, and its cases in order."""

    name: str
    reviewer: str
    rows: tuple[CaseRow, ...]


def workbook_bytes(
    sheets: Sequence[Sheet],
    columns: Sequence[Column],
    checklist: Checklist,
    record: Record,
    language: Language,
) -> bytes:
    """Return the workbook. Text is written as text, whatever it begins with."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types

    buffer = io.BytesIO()
    book = Workbook(buffer, dict(_OPTIONS))
    book.set_properties({"title": say(checklist.title, language), "created": _MADE})
    styles = Styles(book)
    counts = {
        sheet.name: (sheet.reviewer, _open_range(columns, len(sheet.rows)), len(sheet.rows))
        for sheet in sheets
    }
    cases = len({row.case_id for sheet in sheets for row in sheet.rows})
    write_instructions(book, styles, checklist, counts, cases, record.commitment, language)
    pages = [book.add_worksheet(sheet.name) for sheet in sheets]
    hidden = book.add_worksheet(RECORD_SHEET)
    lists = _write_record(hidden, record, columns)
    for page, sheet in zip(pages, sheets, strict=True):
        _Page(page, styles, columns, checklist, language, lists, sheet).write()
    pages[0].activate()
    pages[0].set_first_sheet()
    book.close()
    return buffer.getvalue()


def _open_range(columns: Sequence[Column], rows: int) -> str:
    """Return the cells of a sheet that count what is open, as ``$F$4:$F$103``."""
    from xlsxwriter.utility import xl_range_abs  # type: ignore[import-untyped]  # it has no types

    place = next(place for place, column in enumerate(columns) if column.kind == "open")
    return str(xl_range_abs(FIRST_ROW, place, FIRST_ROW + rows - 1, place))


def _write_record(
    hidden: Worksheet, record: Record, columns: Sequence[Column]
) -> dict[tuple[str, ...], str]:
    """Write the record, and the words of every list beside it; return where each list is."""
    from xlsxwriter.utility import xl_range_abs

    for row, cells in enumerate(record.cells()):
        for place, cell in enumerate(cells):
            hidden.write_string(row, place, cell)
    lists: dict[tuple[str, ...], str] = {}
    for column in columns:
        if column.words and column.words not in lists:
            place = _LIST_COLUMN + len(lists)
            hidden.write_column(0, place, column.words)
            where = xl_range_abs(0, place, len(column.words) - 1, place)
            lists[column.words] = f"='{RECORD_SHEET}'!{where}"
    hidden.protect()
    hidden.very_hidden()
    return lists


class _Page:
    """One reviewer's sheet while it is written."""

    def __init__(
        self,
        page: Worksheet,
        styles: Styles,
        columns: Sequence[Column],
        checklist: Checklist,
        language: Language,
        lists: dict[tuple[str, ...], str],
        sheet: Sheet,
    ) -> None:
        self.page, self.styles, self.columns, self.sheet = page, styles, columns, sheet
        self.checklist, self.language, self.lists = checklist, language, lists
        self.said = texts(language)
        self.last_row = FIRST_ROW + len(sheet.rows) - 1
        self.one_row, self.all_rows = self._expressions()
        self.by_key = {indicator.key: indicator for indicator in checklist.asked}
        self.users = {
            date.key: [
                each.key
                for each in checklist.asked
                if date.key in dates_needed(each, checklist.law_date)
            ]
            for date in checklist.dates
        }
        self.open_at_first = [self._open_at_first(row) for row in sheet.rows]

    def write(self) -> None:
        """Write the sheet."""
        self._head()
        for place, column in enumerate(self.columns):
            hidden = {"hidden": True} if column.kind == "skip" else {}
            self.page.set_column(place, place, _WIDTHS[column.kind], None, hidden)
            if column.kind in ("open", "skip"):
                self._formulas(place, column)
            else:
                self._cells(place, column)
            self._rules(place, column)
        self._set_up()

    def _expressions(self) -> tuple[Expressions, Expressions]:
        from xlsxwriter.utility import xl_col_to_name, xl_range_abs

        first, last = FIRST_ROW, self.last_row
        one, every = {}, {}
        for place, column in enumerate(self.columns):
            one[column.key] = f"${xl_col_to_name(place)}{first + 1}"
            every[column.key] = xl_range_abs(first, place, last, place)
        return (
            Expressions(self.checklist, one, self.language),
            Expressions(self.checklist, every, self.language),
        )

    def _head(self) -> None:
        page, styles = self.page, self.styles
        title = self.said["title of sheet"].format(
            reviewer=self.sheet.reviewer, title=say(self.checklist.title, self.language)
        )
        counted = _open_range(self.columns, len(self.sheet.rows))
        of = f"{self.said['done of']} {len(self.sheet.rows)}"
        done = f"{self.open_at_first.count(0)} {of}"
        page.write_formula(TITLE_ROW, 0, f'=COUNTIF({counted},0)&" {of}"', styles.progress, done)
        page.write_string(TITLE_ROW, 1, title, styles.title)
        for place, column in enumerate(self.columns):
            page.write_string(KEY_ROW, place, column.key)
            if column.kind != "skip":
                page.write_string(HEAD_ROW, place, column.heading, styles.head)
        page.set_row(KEY_ROW, None, None, {"hidden": True})
        page.set_row(HEAD_ROW, 90)

    def _cells(self, place: int, column: Column) -> None:
        """Write the cells of a column below its heading."""
        page, styles, kind = self.page, self.styles, column.kind
        none = say(dict(KNOWN_ANSWERS[NOT_APPLICABLE]), self.language)
        for row, case in enumerate(self.sheet.rows, start=FIRST_ROW):
            if kind == "case":
                page.write_string(row, place, case.case_id, styles.shown(case.case_id))
            elif kind == "shown":
                text = case.columns[column.name]
                page.write_string(row, place, text, styles.shown(text))
            elif kind == "date" and column.name in case.dates:
                self._fixed_date(row, place, case.dates[column.name])
            elif kind == "answer" and column.name in case.not_applicable:
                page.write_string(row, place, none, styles.not_applicable)
            else:
                page.write_blank(row, place, None, styles.entry(kind))

    def _formulas(self, place: int, column: Column) -> None:
        """Write one formula for all cases, and what it gives before anything is entered."""
        if column.kind == "open":
            formula = self.all_rows.open_cells(key for key, users in self.users.items() if users)
            values, style = self.open_at_first, self.styles.count
        else:
            formula = f"={self.all_rows.skipped(self.by_key[column.name])}*1"
            values = [column.name in case.not_applicable for case in self.sheet.rows]
            style = None
        first, last = FIRST_ROW, self.last_row
        self.page.write_array_formula(first, place, last, place, formula, style, int(values[0]))
        for row, value in enumerate(values[1:], start=FIRST_ROW + 1):
            self.page.write_number(row, place, int(value), style)

    def _fixed_date(self, row: int, place: int, day: Any) -> None:
        if isinstance(day, dt.date):
            self.page.write_datetime(row, place, day, self.styles.fixed_date)
        else:
            self.page.write_string(
                row, place, say(dict(NO_DATE), self.language), self.styles.fixed_date
            )

    def _open_at_first(self, case: CaseRow) -> int:
        """Return how many cells of a row must be filled in before anything is entered."""
        answers = sum(
            not each.is_computed and each.key not in case.not_applicable
            for each in self.checklist.asked
        )
        dates = sum(
            key not in case.dates and not case.not_applicable.issuperset(users)
            for key, users in self.users.items()
        )
        return answers + dates

    def _rules(self, place: int, column: Column) -> None:
        """Add the list of answers to a column, and what turns its cells grey."""
        page, first = self.page, FIRST_ROW
        rule: dict[str, Any]
        if column.words:
            message = self.said["choose"]
            indicator = self.by_key.get(column.name)
            guidance = say(indicator.guidance, self.language) if indicator else ""
            rule = {
                "validate": "list",
                "source": self.lists[column.words],
                "input_message": (guidance or message)[:_MESSAGE],
                "error_message": message[:_MESSAGE],
            }
            page.data_validation(first, place, self.last_row, place, rule)
        elif column.kind == "date":
            rule = {
                "validate": "custom",
                "value": f"={self.one_row.is_date(column.name)}",
                "input_message": self.said["a date"][:_MESSAGE],
                "error_message": self.said["a date"][:_MESSAGE],
                "error_type": "warning",  # a date as text can be read too
            }
            page.data_validation(first, place, self.last_row, place, rule)
        if column.kind == "open":
            rule = {"type": "cell", "criteria": "==", "value": 0, "format": self.styles.done}
            page.conditional_format(first, place, self.last_row, place, rule)
        grey = self._grey(column)
        if grey != NEVER:
            rule = {"type": "formula", "criteria": f"={grey}", "format": self.styles.grey}
            page.conditional_format(first, place, self.last_row, place, rule)

    def _grey(self, column: Column) -> str:
        """Return the formula that is 1 where nothing is to be entered in a column."""
        if column.kind not in ("date", "answer", "evidence"):
            return NEVER
        closed = self.one_row.closed()
        skipped = NEVER
        if column.kind == "date":
            skipped = self.one_row.date_skipped(column.name) if self.users[column.name] else NEVER
        elif column.name and is_conditional(self.by_key[column.name]):
            skipped = self.one_row.skipped(self.by_key[column.name])
        return closed if skipped == NEVER else f"{closed}+{skipped}>0"

    def _set_up(self) -> None:
        page = self.page
        last = max(place for place, column in enumerate(self.columns) if column.kind != "skip")
        page.freeze_panes(FIRST_ROW, 1)
        page.autofilter(HEAD_ROW, 0, self.last_row, last)
        page.protect("", dict(_PROTECTION))
        page.set_landscape()
        page.set_paper(_A4)
        page.set_print_scale(_SCALE)
        page.repeat_rows(HEAD_ROW)
        page.repeat_columns(0)
        page.print_area(TITLE_ROW, 0, self.last_row, last)
        page.set_footer(f"&L{self.sheet.reviewer.replace('&', '&&')}&R{self.said['page']}")
