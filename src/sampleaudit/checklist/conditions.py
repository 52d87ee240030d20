"""When an indicator applies: a handful of conditions, evaluated by code and never as a program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sampleaudit.checklist.answers import CANNOT_TELL

Truth = Literal["yes", "no", "open", "unknown"]
"""``open``: what it depends on has not been answered yet. ``unknown``: the file does not tell."""
DateEntry = dt.date | Literal["none"] | None
"""A date, "none" where the file has no such thing, or None where nothing was entered."""


@dataclass(frozen=True, slots=True)
class AnswerIs:
    """An earlier indicator of the checklist was answered with one of these answers."""

    indicator: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnIs:
    """A column of the register has one of these values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnIsNot:
    """A column of the register has none of these values."""

    column: str
    other_than: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DateFrom:
    """A date lies in a period; either end may be open, and both days belong to it."""

    date: str
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class DateGiven:
    """The file has a date (``given``), or has no such thing."""

    date: str
    given: bool


Condition = AnswerIs | ColumnIs | ColumnIsNot | DateFrom | DateGiven


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case: answers so far by indicator, register columns, and dates by key."""

    answers: Mapping[str, str | None]
    columns: Mapping[str, str]
    dates: Mapping[str, DateEntry]


def all_hold(conditions: Sequence[Condition], facts: Facts) -> Truth:
    """Return whether every condition holds; one that does not settles it."""
    if not conditions:
        return "yes"
    found = {holds(condition, facts) for condition in conditions}
    order: tuple[Truth, ...] = ("no", "open", "unknown")
    return next((truth for truth in order if truth in found), "yes")


def holds(condition: Condition, facts: Facts) -> Truth:
    """Return whether a condition holds for a case."""
    if isinstance(condition, AnswerIs):
        answer = facts.answers.get(condition.indicator)
        if answer is None:
            return "open"
        if answer in condition.answers:
            return "yes"
        return "unknown" if answer == CANNOT_TELL else "no"
    if isinstance(condition, ColumnIs):
        return "yes" if facts.columns[condition.column] in condition.values else "no"
    if isinstance(condition, ColumnIsNot):
        return "no" if facts.columns[condition.column] in condition.other_than else "yes"
    entry = facts.dates.get(condition.date)
    if entry is None:
        return "open"
    if isinstance(condition, DateGiven):
        return "yes" if (entry != "none") == condition.given else "no"
    if entry == "none":
        return "unknown"
    return "yes" if _inside(entry, condition.first, condition.last) else "no"


def _inside(day: dt.date, first: dt.date | None, last: dt.date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)
