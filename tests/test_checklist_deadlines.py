"""Periods in calendar months, against dateutil, and what is late by how much."""

from __future__ import annotations

import datetime as dt

import pytest
from dateutil.relativedelta import relativedelta  # pandas depends on it
from hypothesis import given
from hypothesis import strategies as st

import sampleaudit as sa
from sampleaudit.checklist.deadlines import Deadline, Period, later, parse_period


@pytest.mark.parametrize(
    ("day", "period", "expected"),
    [
        ("2024-01-31", "1 month", "2024-02-29"),
        ("2023-01-31", "1 month", "2023-02-28"),
        ("2023-10-31", "4 months", "2024-02-29"),
        ("2024-01-15", "3 months", "2024-04-15"),
        ("2023-11-30", "3 months", "2024-02-29"),
        ("2024-02-29", "1 year", "2025-02-28"),
        ("2024-12-20", "14 days", "2025-01-03"),
        ("2024-12-20", "2 weeks", "2025-01-03"),
    ],
)
def test_periods_by_regulation_1182_71(day: str, period: str, expected: str):
    """Article 3(2)(c): the same date of the last month, or that month's last day."""
    found = later(dt.date.fromisoformat(day), parse_period(period))
    assert dt.date.fromisoformat(expected) == found


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)),
    st.integers(1, 300),
    st.sampled_from(["days", "weeks", "months", "years"]),
)
def test_periods_are_those_of_dateutil(day: dt.date, number: int, unit: str):
    """An implementation of the same rule by others."""
    period = Period(number, unit)  # type: ignore[arg-type] # one of the units
    assert day + relativedelta(**{unit: number}) == later(day, period)
    assert period == parse_period(str(period))


@pytest.mark.parametrize("text", ["", "4", "months", "four months", "1.5 months", "0 days"])
def test_periods_that_are_none_are_refused(text: str):
    """With what to write."""
    with pytest.raises(sa.AuditError, match="write a whole number and days, weeks"):
        parse_period(text)


def test_a_deadline_may_be_a_first_day_only():
    """``after`` without a period sets no last day."""
    assert Deadline("done", after="begun").last_day(dt.date(2024, 1, 1)) is None
    assert dt.date(2024, 1, 1) == Deadline("done", before="begun").last_day(dt.date(2024, 1, 1))
