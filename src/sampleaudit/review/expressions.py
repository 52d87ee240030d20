"""The formulas of a review workbook: when a cell turns grey, and how many cells are still open.

They are arithmetic on 0 and 1 (``+`` for or, ``*`` for and), so that the same formula serves one
cell, in a rule for its colour, and a whole column at once, as an array formula.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from sampleaudit.checklist.answers import (
    CANNOT_TELL,
    FILE_STATES,
    KNOWN_ANSWERS,
    NO_DATE,
    FileState,
    say,
)
from sampleaudit.checklist.conditions import (
    AnswerIs,
    ColumnIs,
    ColumnIsNot,
    Condition,
    DateFrom,
    DateGiven,
)
from sampleaudit.checklist.indicators import Indicator, dates_needed
from sampleaudit.checklist.model import Checklist
from sampleaudit.review.layout import is_conditional
from sampleaudit.wording import Language

NEVER: Final = "0"
_CLOSING: Final[tuple[FileState, ...]] = ("missing file", "out of population")


class Expressions:
    """The formulas of one sheet: expressions that are 1 where something holds and else 0.

    ``cells`` maps the keys of columns (`Column.key`) to cells, as ``$F4``, or to the cells of all
    cases, as ``$F$4:$F$103``.
    """

    def __init__(self, checklist: Checklist, cells: Mapping[str, str], language: Language) -> None:
        self._checklist = checklist
        self._cells = cells
        self._language = language
        self._by_key = {indicator.key: indicator for indicator in checklist.asked}

    def closed(self) -> str:
        """Return the formula that is true where the file is missing or does not belong."""
        states = [say(dict(FILE_STATES[each]), self._language) for each in _CLOSING]
        return _one_of(self._cells["file"], states)

    def skipped(self, indicator: Indicator) -> str:
        """Return the formula that is true once it is clear that an indicator does not apply."""
        parts = [self._fails(each) for each in indicator.applies_when]
        if indicator.laws:
            law_date = self._checklist.law_date
            laws = []
            for law in indicator.laws:
                fails = [self._fails(each) for each in law.when]
                if law_date is not None and (law.first or law.last):
                    fails.append(self._fails(DateFrom(law_date, law.first, law.last)))
                laws.append(_any(fails))
            parts.append(_all(laws))
        return _any(parts)

    def date_skipped(self, key: str) -> str:
        """Return the formula that is true where nothing that applies depends on a date."""
        users = [
            each
            for each in self._checklist.asked
            if key in dates_needed(each, self._checklist.law_date)
        ]
        return _all([self._settled(each) for each in users])

    def open_cells(self, dates: Iterable[str]) -> str:
        """Return the formula that counts the cells of a row that must still be filled in."""
        terms = [_counted(self._cells[f"date:{key}"], self.date_skipped(key)) for key in dates]
        terms += [
            _counted(self._cells[f"answer:{each.key}"], self._skip(each))
            for each in self._checklist.asked
            if not each.is_computed
        ]
        return f"=(1-{self.closed()})*({'+'.join(terms) or '0'})"

    def is_date(self, key: str) -> str:
        """Return the formula that is true where the cell of a date holds one, or "none"."""
        cell = self._cells[f"date:{key}"]
        return _any([f"ISNUMBER({cell})", _one_of(cell, NO_DATE.values())])

    def _skip(self, indicator: Indicator) -> str:
        return self._cells[f"skip:{indicator.key}"] if is_conditional(indicator) else NEVER

    def _settled(self, indicator: Indicator) -> str:
        """Return whether an indicator needs no date: it does not apply, or an exception does."""
        parts = [self._skip(indicator)]
        if indicator.is_computed and indicator.options:
            parts.append(f'{self._cells[f"answer:{indicator.key}"]}<>""')
        return _any(parts)

    def _fails(self, condition: Condition) -> str:
        """Return the formula that is true once it is clear that a condition does not hold."""
        if isinstance(condition, AnswerIs):
            return self._answer_fails(condition)
        if isinstance(condition, ColumnIs):
            return _not(_one_of(self._cells[f"shown:{condition.column}"], condition.values))
        if isinstance(condition, ColumnIsNot):
            return _one_of(self._cells[f"shown:{condition.column}"], condition.other_than)
        cell = self._cells[f"date:{condition.date}"]
        if isinstance(condition, DateGiven):
            none = f"{cell}={_quoted(say(dict(NO_DATE), self._language))}"
            return none if condition.given else f"ISNUMBER({cell})"
        outside = []
        if condition.first is not None:
            outside.append(f"{cell}<{_day(condition.first)}")
        if condition.last is not None:
            outside.append(f"{cell}>{_day(condition.last)}")
        return _all([f"ISNUMBER({cell})", _any(outside)])

    def _answer_fails(self, condition: AnswerIs) -> str:
        indicator = self._by_key[condition.indicator]
        cell = self._cells[f"answer:{condition.indicator}"]
        unsettled = say(dict(KNOWN_ANSWERS[CANNOT_TELL]), self._language)
        fitting = [
            say(option.words, self._language)
            for option in indicator.options
            if option.key in condition.answers
        ]
        other = _all([f'{cell}<>""', _not(_one_of(cell, [*fitting, unsettled]))])
        return _any([self._skip(indicator), other])


def _one_of(cell: str, words: Iterable[str]) -> str:
    return _any([f"{cell}={_quoted(word)}" for word in words])


def _any(parts: Iterable[str]) -> str:
    kept = [part for part in parts if part != NEVER]
    return f"({'+'.join(f'({part})' for part in kept)}>0)" if kept else NEVER


def _all(parts: Iterable[str]) -> str:
    kept = list(parts)
    return NEVER if NEVER in kept else f"({'*'.join(f'({part})' for part in kept)}>0)"


def _not(part: str) -> str:
    return f"(1-{part})"


def _counted(cell: str, skipped: str) -> str:
    blank = f'({cell}="")'
    return f"{blank}*1" if skipped == NEVER else f"{blank}*{_not(skipped)}"


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _day(day: dt.date) -> str:
    return f"DATE({day.year},{day.month},{day.day})"
