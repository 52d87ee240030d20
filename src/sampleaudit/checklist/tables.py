"""A table of answers by case becomes reviews: for answers that do not come from a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.checklist.answers import CANNOT_TELL, FileState, folded
from sampleaudit.checklist.conditions import ColumnIs, ColumnIsNot, DateEntry
from sampleaudit.checklist.entries import (
    answer_spellings,
    is_blank,
    read_answer,
    read_date,
    state_spellings,
)
from sampleaudit.checklist.indicators import Indicator, conditions_of
from sampleaudit.checklist.judging import Review, misplaced
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.reviews import verdicts_of
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.ids import near_names

if TYPE_CHECKING:
    import pandas as pd

FILE_COLUMN: Final = "file"
_MISSING: Final = "missing file"
_OUT: Final = "out of population"
_UNREAD: Final = "not reviewed"
_SHOWN: Final = 10  # mistakes in a message


@dataclass(frozen=True, slots=True)
class TableReviews:
    """A review per case, and the cases of which the table says that something is not reviewed."""

    reviews: tuple[Review, ...]
    said_open: frozenset[str]


def reviews_from_table(
    table: pd.DataFrame, register: pd.DataFrame, case_ids: Sequence[str], checklist: Checklist
) -> TableReviews:
    """Return what a table of answers says of every case.

    ``table`` has a row for each of ``case_ids``, a column for every question of the checklist (for
    computed ones only where an exception is taken) and one for every date, by its key or its
    register column; a column ``file`` may tell of files that are missing or do not belong.
    ``register`` has other columns of the same cases. An answer may also be "error" or 1, "correct"
    or 0, "missing file", "out of population". Raises `AuditError` with the unknown answers.
    """
    columns = _columns(table, register, checklist)
    mistakes: list[str] = []
    unread: set[str] = set()
    reviews: list[Review] = []
    for row, case in enumerate(case_ids):
        cells = {name: values[row] for name, values in columns.cells.items()}
        where = f"case {masked(case)!r}"
        words = {key: folded(_text(cells[key])) for key in columns.questions}
        if _UNREAD in words.values():
            unread.add(case)
        state = _state(words, cells.get(FILE_COLUMN), where, mistakes)
        answers = {}
        at_hand = state in (None, "read")
        for key, question in columns.questions.items() if at_hand else ():
            answer, mistake = question.read(words[key], cells[key])
            if answer is not None:
                answers[key] = answer
            if mistake:
                mistakes.append(f"{where}, {key!r}: {mistake}")
        dates: dict[str, DateEntry] = {}
        for key, name in columns.dates.items() if at_hand else ():
            day, mistake = read_date(cells[name])
            if day is not None:
                dates[key] = day
            if mistake:
                mistakes.append(f"{where}, {key!r}: {mistake}")
        needed = {name: _text(cells[name]) for name in columns.conditions}
        reviews.append(Review(case, "", state, answers, dates, needed))
    if mistakes:
        shown = "; ".join(mistake.rstrip(".") for mistake in mistakes[:_SHOWN])
        more = f"; and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
        raise AuditError(
            f"{len(mistakes)} answers do not fit checklist {checklist.name!r}, version "
            f"{checklist.version}: {shown}{more}. Correct them."
        )
    return TableReviews(tuple(reviews), frozenset(unread))


def refuse_gaps(table: TableReviews, checklist: Checklist, *, may_be_open: bool) -> None:
    """Refuse answers where a question does not apply and, unless they may be, blanks where it does.

    A case of which the table says "not reviewed" may be open in any case.
    """
    by_case = {review.case_id: review for review in table.reviews}
    verdicts = verdicts_of(checklist, by_case, by_case)
    wrong: list[str] = []
    gaps: list[str] = []
    for review, verdict in zip(table.reviews, verdicts, strict=True):
        wrong += [f"{masked(review.case_id)}: {key}" for key in misplaced(review, verdict)]
        left = [key for key in checklist.keys if verdict[key].outcome == "not reviewed"]
        if left and not may_be_open and review.case_id not in table.said_open:
            gaps.append(f"{masked(review.case_id)}: {', '.join(left)}")
    if wrong:
        raise AuditError(
            f"{len(wrong)} answers stand where the question does not apply: {first_few(wrong)}. "
            f"Remove them, or correct what they depend on."
        )
    if gaps:
        raise AuditError(
            f"{len(gaps)} cases have blanks where an answer or a date is needed: "
            f"{first_few(gaps)}. Fill them in, or say blank='not reviewed'."
        )


@dataclass(frozen=True, slots=True)
class _Question:
    """How the answers to one question may be written."""

    spellings: Mapping[str, str]
    shown: tuple[str, ...]
    may_be_unknown: bool

    def read(self, word: str, cell: Any) -> tuple[str | None, str]:
        """Return the answer's key, None for a blank, and what is wrong with it."""
        if word == _UNREAD:
            return None, ""
        if word == _MISSING and self.may_be_unknown:
            return CANNOT_TELL, ""
        return read_answer(_text(cell), self.spellings, self.shown)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that are needed, by name, and what each is for."""

    cells: Mapping[str, list[Any]]
    questions: Mapping[str, _Question]
    dates: Mapping[str, str]
    conditions: tuple[str, ...]


def _columns(table: pd.DataFrame, register: pd.DataFrame, checklist: Checklist) -> _Columns:
    both = {name: _cells(register[name]) for name in register.columns}
    both |= {name: _cells(table[name]) for name in table.columns}
    questions = {}
    for indicator in checklist.asked:
        if indicator.key in table.columns:
            questions[indicator.key] = _question(indicator)
        elif not indicator.is_computed:
            _refuse_lacking(indicator.key, both, checklist)
    dates = {}
    for date in checklist.dates:
        name = date.column if date.key not in both and date.column in both else date.key
        _refuse_lacking(name or date.key, both, checklist)
        dates[date.key] = name or date.key
    conditions = [
        each.column
        for indicator in checklist.asked
        for each in conditions_of(indicator)
        if isinstance(each, ColumnIs | ColumnIsNot)
    ]
    for column in conditions:
        _refuse_lacking(column, both, checklist)
    return _Columns(both, questions, dates, tuple(dict.fromkeys(conditions)))


def _cells(column: pd.Series[Any]) -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def _question(indicator: Indicator) -> _Question:
    known = dict(answer_spellings(indicator))
    options = indicator.options
    if not indicator.is_computed and not indicator.is_fact:
        correct = next(each.key for each in options if each.outcome == "correct")
        known |= dict.fromkeys(("error", "1", "true"), indicator.errors[0])
        known |= dict.fromkeys(("correct", "0", "false"), correct)
    shown = tuple(option.key for option in options)
    return _Question(known, shown, CANNOT_TELL in shown)


def _refuse_lacking(name: str, known: Mapping[str, object], checklist: Checklist) -> None:
    if name not in known:
        raise AuditError(
            f"The answers have no column {name!r}, which checklist {checklist.name!r} needs"
            f"{near_names(name, known)}"
        )


def _state(
    words: Mapping[str, str], cell: Any, where: str, mistakes: list[str]
) -> FileState | None:
    """Return the state of the file: from its own column, or where every answer says the same."""
    if not is_blank(cell):
        state = state_spellings().get(folded(_text(cell)))
        if state is None:
            mistakes.append(f"{where}, file: {masked(_text(cell))!r} is not a state of a file")
        return state
    found = set(words.values())
    if found == {_MISSING}:
        return "missing file"
    if found == {_OUT}:
        return "out of population"
    if _OUT in found:
        mistakes.append(f"{where}: out of the population in some answers only")
        return "out of population"
    return None


def _text(value: Any) -> str:
    """Return a cell as text: whole numbers without a decimal point, blanks as ""."""
    if is_blank(value):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
