"""What a workbook records of itself on a sheet that nobody sees, so that it can be checked.

Which draw and which checklist it is for, and which cases stand on which sheet with what the
register says of them. It does not tell which cases are read twice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from sampleaudit.checklist.conditions import DateEntry
from sampleaudit.errors import AuditError
from sampleaudit.files import canonical_json
from sampleaudit.sample import Sample

RECORD_SHEET: Final = "sampleaudit"
WORKBOOK_FORMAT: Final = "sampleaudit workbook 1"
_ROWS_FOLLOW: Final = "rows"
_KEYS: Final = (
    "identity", "drawn", "checklist", "checklist_version", "checklist_digest", "commitment",
    "not_cpr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One case on a sheet: its reviewer, and what the register says that outcomes depend on."""

    sheet: str
    reviewer: str
    case_id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, DateEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a workbook.

    ``identity`` tells the draw, ``drawn`` says it in words; ``commitment`` is the hash of the seed
    of a double review, or ""; ``not_cpr`` why ids that look like CPR numbers are none, or "".
    """

    identity: str
    drawn: str
    checklist: str
    checklist_version: str
    checklist_digest: str
    commitment: str
    not_cpr: str
    rows: tuple[RecordedRow, ...]

    def cells(self) -> list[list[str]]:
        """Return the rows of the sheet, all text."""
        head = [["format", WORKBOOK_FORMAT], *([key, str(getattr(self, key))] for key in _KEYS)]
        body = [[row.sheet, row.reviewer, row.case_id, _fixed(row)] for row in self.rows]
        return [*head, [_ROWS_FOLLOW], *body]


def parse_record(grid: Sequence[Sequence[Any]], *, source: str) -> Record:
    """Return the record on a sheet. Raises `AuditError` if it is not whole."""
    rows = [[str(cell) for cell in row] for row in grid]
    head: dict[str, str] = {}
    start = len(rows)
    for place, row in enumerate(rows):
        if row and row[0] == _ROWS_FOLLOW:
            start = place + 1
            break
        if len(row) > 1:
            head[row[0]] = row[1]
    if head.get("format") != WORKBOOK_FORMAT or not {*_KEYS} <= {*head}:
        raise AuditError(
            f"{source} has a damaged record of itself (sheet {RECORD_SHEET!r}), or was written by "
            f"another version of the library. Copy the answers into a workbook written anew."
        )
    try:
        body = tuple(_row(row) for row in rows[start:] if len(row) > 3 and row[0])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AuditError(
            f"{source} has a damaged record of itself (sheet {RECORD_SHEET!r}). Copy the answers "
            f"into a workbook written anew."
        ) from error
    return Record(**{key: head[key] for key in _KEYS}, rows=body)


def sample_identity(sample: Sample) -> str:
    """Return the SHA-256 that tells a draw: 64 hexadecimal digits.

    Of a sample drawn here it is over seed and fingerprint, so a sample that was extended by more
    cases from the same draw keeps its identity; of a declared one over its cases and strata.
    """
    if sample.selection == "drawn":
        parts: list[Any] = [sample.manifest["seed"], sample.manifest["fingerprint"]]
    else:
        columns = [sample.case_id, *sample.stratify_by, *sample.domains]
        parts = sorted(map(list, sample.cases[columns].astype(str).to_numpy().tolist()))
    return sha256(
        canonical_json(["sampleaudit sample identity", sample.case_id, parts])
    ).hexdigest()


def _fixed(row: RecordedRow) -> str:
    dates = {
        key: day.isoformat() if isinstance(day, dt.date) else day for key, day in row.dates.items()
    }
    return canonical_json({"columns": dict(row.columns), "dates": dates}).decode()


def _row(cells: Sequence[str]) -> RecordedRow:
    fixed = json.loads(cells[3])
    dates: dict[str, DateEntry] = {
        key: "none" if day == "none" else dt.date.fromisoformat(day)
        for key, day in fixed["dates"].items()
    }
    return RecordedRow(cells[0], cells[1], cells[2], fixed["columns"], dates)
