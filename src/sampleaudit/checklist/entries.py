"""What people write into a cell: answers in their own spelling, dates in one of several forms."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, cast

from sampleaudit.checklist.answers import (
    FILE_STATES,
    NO_DATE,
    NONE,
    FileState,
    folded,
    spellings,
)
from sampleaudit.checklist.conditions import DateEntry
from sampleaudit.checklist.indicators import Indicator
from sampleaudit.cpr import masked
from sampleaudit.ids import near_names

_ISO: Final = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_DANISH: Final = re.compile(
    r"(?P<day>[0-9]{1,2})[-.] ?(?P<month>[0-9]{1,2})[-.] ?(?P<year>[0-9]{4})"
)
_MIDNIGHT: Final = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_YEARS: Final = range(1900, 2200)  # outside it is a slip of the hand
_NO_DATE: Final = frozenset(spellings(NONE, dict(NO_DATE)))


def is_blank(value: object) -> bool:
    """Return whether a cell has nothing in it: None, nan, or text of blanks."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value != value


def answer_spellings(indicator: Indicator) -> Mapping[str, str]:
    """Return every folded spelling of the indicator's answers -> the answer's key."""
    return MappingProxyType(
        {
            spelling: option.key
            for option in indicator.options
            for spelling in spellings(option.key, option.words)
        }
    )


@cache
def state_spellings() -> Mapping[str, FileState]:
    """Return every folded spelling of the states of a file -> the state."""
    return MappingProxyType(
        {
            spelling: state
            for state, words in FILE_STATES.items()
            for spelling in spellings(state, dict(words))
        }
    )


def read_answer(
    value: object, known: Mapping[str, str], shown: tuple[str, ...]
) -> tuple[str | None, str]:
    """Return the key of an answer (None: blank) and what is wrong with it ("": nothing).

    ``known`` maps folded spellings to keys; ``shown`` are the answers to name in the complaint.
    """
    if is_blank(value):
        return None, ""
    key = known.get(folded(value)) if isinstance(value, str) else None
    if key is not None:
        return key, ""
    text = masked(f"{value:g}" if isinstance(value, float) else value)
    return None, f"{text!r} is not an answer here{near_names(text, shown)}"


def read_date(value: object) -> tuple[DateEntry, str]:
    """Return a date, "none" or None (blank), and what is wrong with it ("": nothing).

    A date is a spreadsheet's date, ``2024-01-31``, ``31-01-2024`` or ``31.01.2024``; the time of
    day is left out. Slashes and years of two digits are refused: they can be read in two ways.
    """
    if is_blank(value):
        return None, ""
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return _within_years(value)
    if isinstance(value, str):
        return _date_in_text(_MIDNIGHT.sub("", value.strip()))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None, (
            f"{value:g} is a number, not a date; give the cell a date format and write the date "
            f"again, as 31-01-2024."
        )
    return None, f"{masked(value)!r} is not a date; write it as 31-01-2024 or 2024-01-31."


def _date_in_text(text: str) -> tuple[DateEntry, str]:
    if folded(text) in _NO_DATE:
        return cast("DateEntry", NONE), ""
    found = _ISO.fullmatch(text) or _DANISH.fullmatch(text)
    if found is None:
        return None, (
            f"{masked(text)!r} is not a date; write it as 31-01-2024 or 2024-01-31, or "
            f"{NO_DATE['en']!r} (in Danish {NO_DATE['da']!r}) if the file has no such thing."
        )
    try:
        day = dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None, f"{text!r} is not a day of the calendar; write it as 31-01-2024."
    return _within_years(day)


def _within_years(day: dt.date) -> tuple[DateEntry, str]:
    if day.year in _YEARS:
        return day, ""
    return None, f"{day.isoformat()} is in the year {day.year}; correct the year."
