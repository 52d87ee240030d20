"""The reviews as a table that any program reads: a row for each thing entered, without free text.

Columns: ``case``, ``reviewer``, ``reading`` ("original" or "reconciled"), ``part``, ``key``,
``value``. A part is the ``file``, an ``answer``, a ``date``, or what the register says:
``register column``, ``register date``. Evidence and comments may name people, and are not in it;
the workbooks that have them are named with their hashes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from sampleaudit.checklist.answers import FILE_STATES, NONE, FileState
from sampleaudit.checklist.conditions import DateEntry
from sampleaudit.checklist.judging import Review
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.reviews import Reviews
from sampleaudit.errors import AuditError
from sampleaudit.files import csv_bytes, read_csv_text

_COLUMNS: Final = ("case", "reviewer", "reading", "part", "key", "value")
_PARTS: Final = {
    "answer": "answers",
    "date": "dates",
    "register column": "columns",
    "register date": "fixed_dates",
}


def reviews_bytes(reviews: Reviews) -> bytes:
    """Return the reviews as CSV."""
    import pandas as pd

    rows = [
        row
        for reading, several in (("original", reviews.reviews), ("reconciled", reviews.reconciled))
        for review in several
        for row in _rows(review, reading)
    ]
    return csv_bytes(pd.DataFrame(rows, columns=list(_COLUMNS)))


def read_reviews(file: Path, checklist: Checklist, *, identity: str, commitment: str) -> Reviews:
    """Return the reviews in a CSV file that `reviews_bytes` made."""
    table = read_csv_text(file)
    if [*table.columns] != [*_COLUMNS]:
        raise AuditError(f"{file} has not the columns {', '.join(_COLUMNS)}; it was changed.")
    table = table.where(table.notna(), "")
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for case, reviewer, reading, part, key, value in table.itertuples(index=False, name=None):
        entered = found.setdefault((reading, case, reviewer), {})
        if part == "file":
            entered["state"] = _state(value, file)
        elif part in _PARTS:
            entered.setdefault(_PARTS[part], {})[key] = (
                _date(value, file) if part.endswith("date") else value
            )
        else:
            raise AuditError(f"{file} has a part {part!r}, which is none; it was changed.")
    reviews: dict[str, list[Review]] = {"original": [], "reconciled": []}
    for (reading, case, reviewer), entered in found.items():
        if reading not in reviews:
            raise AuditError(f"{file} has a reading {reading!r}, which is none; it was changed.")
        reviews[reading].append(Review(case, reviewer, **entered))
    return Reviews(
        checklist, identity, commitment, tuple(reviews["original"]), tuple(reviews["reconciled"])
    )


def _rows(review: Review, reading: str) -> Iterator[tuple[str, ...]]:
    head = (review.case_id, review.reviewer, reading)
    yield (*head, "file", "", review.state or "")
    for part, name in _PARTS.items():
        for key, value in getattr(review, name).items():
            text = value.isoformat() if isinstance(value, dt.date) else str(value)
            yield (*head, part, key, text)


def _state(value: str, file: Path) -> FileState | None:
    if value and value not in FILE_STATES:
        raise AuditError(f"{file} has a state of a file {value!r}, which is none; it was changed.")
    return cast("FileState", value) if value else None


def _date(value: str, file: Path) -> DateEntry:
    if value == NONE:
        return "none"
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise AuditError(f"{file} has a date {value!r}, which is none; it was changed.") from error
