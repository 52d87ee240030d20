"""The workbook in which two reviewers settle what they judged differently."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sampleaudit.checklist.model import Checklist
from sampleaudit.errors import AuditError, one_of
from sampleaudit.files import replace_files
from sampleaudit.findings import Findings
from sampleaudit.review.agreement import reviews_of
from sampleaudit.review.differing import (
    Disagreement,
    Item,
    Value,
    disagreements,
    offered,
    question_of,
    words_of,
)
from sampleaudit.review.record import RECORD_SHEET
from sampleaudit.review.styles import Styles
from sampleaudit.review.texts import texts
from sampleaudit.wording import LANGUAGES, Language

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it has no types

RECONCILIATION_FORMAT: Final = "sampleaudit reconciliation 1"
HEAD_ROWS: Final = 3  # title, instructions, headings
RECORD_ROWS: Final = 4  # before the items: format, draw, checklist, heading
AGREED, AGREED_BY, REASON = 8, 9, 10  # columns that people fill in
_WIDTHS: Final = (20, 44, 12, 20, 24, 12, 20, 24, 20, 14, 36)
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_MADE: Final = dt.datetime(2000, 1, 1)
_LIST_COLUMN: Final = 8  # of the record sheet: the first one with the words of a list


def write_reconciliation(findings: Findings, path: str | Path, *, language: Language = "en") -> int:
    """Write the workbook of the cases that two reviewers judged differently; return their number.

    It has a row for everything the two entered differently, with what each entered and where it
    stands, and cells for what they agree on. `read_reconciliation` reads it back. Without
    disagreement nothing is written. Raises `AuditError` for findings without double review, and for
    a file that is there already.
    """
    one_of("language", language, LANGUAGES)
    reviews = reviews_of(findings)
    cases = disagreements(findings)
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise AuditError(f"{target} must end in .xlsx; it may be saved as .ods later.")
    if target.exists():
        raise AuditError(
            f"{target} is there already and may hold what was agreed. Read it in with "
            f"read_reconciliation, or move it away, and write again."
        )
    if not cases:
        return 0
    content = _bytes(cases, reviews.checklist, reviews.identity, language)
    replace_files(target.parent, {target.name: content})
    return len(cases)


def recorded_items(cases: Sequence[Disagreement]) -> list[list[str]]:
    """Return the items as the workbook records them, so that a later change shows."""
    return [
        [item.case_id, item.kind, item.key, each.pair.first.reviewer, _plain(item.first),
         each.pair.second.reviewer, _plain(item.second)]
        for each in cases for item in each.items
    ]  # fmt: skip


def _bytes(
    cases: Sequence[Disagreement], checklist: Checklist, identity: str, language: Language
) -> bytes:
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, dict(_OPTIONS))
    book.set_properties({"title": texts(language)["rec sheet"], "created": _MADE})
    page = book.add_worksheet(texts(language)["rec sheet"])
    hidden = book.add_worksheet(RECORD_SHEET)
    record = [["format", RECONCILIATION_FORMAT], ["identity", identity],
              ["checklist", checklist.digest], ["rows"], *recorded_items(cases)]  # fmt: skip
    for row, cells in enumerate(record):
        for place, cell in enumerate(cells):
            hidden.write_string(row, place, cell)
    _write_page(book, page, hidden, cases, checklist, language)
    hidden.protect()
    hidden.very_hidden()
    book.close()
    return buffer.getvalue()


def _write_page(
    book: Workbook,
    page: Worksheet,
    hidden: Worksheet,
    cases: Sequence[Disagreement],
    checklist: Checklist,
    language: Language,
) -> None:
    said, styles = texts(language), Styles(book)
    for place, width in enumerate(_WIDTHS):
        page.set_column(place, place, width)
    page.write_string(0, 0, said["rec title"].format(cases=len(cases)), styles.title)
    page.merge_range(1, 0, 1, len(_WIDTHS) - 1, "", styles.wrapped)
    page.write_string(1, 0, said["rec how"], styles.wrapped)
    page.set_row(1, 32)
    heads = [said["case"], said["rec question"]]
    for who in ("rec first", "rec second"):
        heads += [said[who], said["rec entry"], said["rec where"]]
    heads += [said["rec agreed"], said["rec by"], said["rec reason"]]
    for place, head in enumerate(heads):
        page.write_string(HEAD_ROWS - 1, place, head, styles.head)
    lists: dict[tuple[str, ...], str] = {}
    row = HEAD_ROWS
    for each in cases:
        for item in each.items:
            for place, text in enumerate(_cells(each, item, checklist, language)):
                page.write_string(row, place, text, styles.shown(text))
            page.write_blank(row, AGREED, None, styles.entry(item.kind))
            page.write_blank(row, AGREED_BY, None, styles.entry("answer"))
            page.write_blank(row, REASON, None, styles.entry("comment"))
            words = tuple(offered(item, checklist, language).values())
            if words:
                where = _listed(hidden, words, lists)
                page.data_validation(
                    row, AGREED, row, AGREED, {"validate": "list", "source": where}
                )
            row += 1
    page.freeze_panes(HEAD_ROWS, 1)
    page.protect("", {"format_columns": True, "format_rows": True})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _cells(case: Disagreement, item: Item, checklist: Checklist, language: Language) -> list[str]:
    cells = [item.case_id, question_of(item, checklist, language)]
    for review, value in ((case.pair.first, item.first), (case.pair.second, item.second)):
        where = review.evidence.get(item.key) or review.evidence.get("", "")
        cells += [review.reviewer, words_of(item, value, checklist, language), where]
    return cells


def _listed(hidden: Worksheet, words: tuple[str, ...], lists: dict[tuple[str, ...], str]) -> str:
    """Return where a list of words stands on the hidden sheet; write it there at first."""
    from xlsxwriter.utility import xl_range_abs  # type: ignore[import-untyped]  # it has no types

    if words not in lists:
        place = _LIST_COLUMN + len(lists)
        hidden.write_column(0, place, words)
        lists[words] = f"='{RECORD_SHEET}'!{xl_range_abs(0, place, len(words) - 1, place)}"
    return lists[words]


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else str(value)
