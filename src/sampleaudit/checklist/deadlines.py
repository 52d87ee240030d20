"""Deadlines: periods in calendar days, weeks, months and years, and how late something was done.

A period of months or years ends on the day of the same number; where the month has no such day, on
its last day: 31 January and one month is 28 February, or 29 in a leap year. So Regulation (EEC,
Euratom) No 1182/71, article 3(2)(c). The Regulation's extension to the next working day, where a
period ends on a holiday or at the weekend, is not applied.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from sampleaudit.errors import AuditError

Unit = Literal["days", "weeks", "months", "years"]
_PERIOD: Final = re.compile(r"([0-9]+) (day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Period:
    """A whole number of days, weeks, months or years."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit if self.number != 1 else self.unit.removesuffix('s')}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something must have been done; the fields are keys of the checklist's dates.

    ``date``: when it was done. ``within`` a period ``after`` another date; or ``after`` alone: not
    earlier than that day; or ``before``: no later than that day, for dates do not tell the hour.
    Raises `AuditError` for anything else.
    """

    date: str
    within: Period | None = None
    after: str | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        if self.before is not None:
            if self.within is not None or self.after is not None:
                raise AuditError(
                    "A deadline has both before and within or after; it must be one of them."
                )
        elif self.after is None:
            raise AuditError(
                "A deadline must say when: before = a date's key, or after = a date's key, with "
                "within = '4 months' where there is a period."
            )
        if self.date in (self.after, self.before):
            raise AuditError(f"A deadline measures {self.date!r} against itself; name two dates.")

    @property
    def reference(self) -> str:
        """The key of the date from which, or up to which, it counts."""
        return self.before or self.after or ""

    def last_day(self, reference: dt.date) -> dt.date | None:
        """Return the last day in time; None where only a first day is set."""
        if self.before is not None:
            return reference
        return None if self.within is None else later(reference, self.within)


def parse_period(text: str) -> Period:
    """Return the period in words such as "14 days", "3 months". Raises `AuditError` otherwise."""
    found = _PERIOD.fullmatch(" ".join(text.split()).lower()) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise AuditError(
            f"A period is {text!r}; write a whole number and days, weeks, months or years, as "
            f"'4 months'."
        )
    return Period(int(found[1]), cast("Unit", f"{found[2]}s"))


def later(day: dt.date, period: Period) -> dt.date:
    """Return the day on which ``period`` ends that runs from ``day``.

    >>> later(dt.date(2024, 1, 31), parse_period("1 month"))
    datetime.date(2024, 2, 29)
    """
    if period.unit in ("days", "weeks"):
        return day + dt.timedelta(days=period.number * (7 if period.unit == "weeks" else 1))
    months = period.number * (12 if period.unit == "years" else 1) + day.month - 1
    year, month = day.year + months // 12, months % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
