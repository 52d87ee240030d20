"""The tables of numbers that an archive keeps, and computing them again from its findings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.csvtext import parse_csv
from sampleaudit.errors import AuditError
from sampleaudit.estimates.errors_per_case import count_errors
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.estimates.survey import survey_means
from sampleaudit.files import csv_bytes, read_csv_text
from sampleaudit.findings import ANY_ERROR, Findings
from sampleaudit.review.agreement import double_readings, measure_agreement
from sampleaudit.review.drift import reviewer_drift
from sampleaudit.review.sensitivity import review_sensitivity

if TYPE_CHECKING:
    import pandas as pd

Difference = tuple[str, str, str]
Entry = Mapping[str, Any]
"""Which table: ``file``, ``kind`` and, of estimates, ``by``."""
_NEAR: Final = 1e-9  # relative; other processors round the last digits otherwise
_ROW_NAMES: Final = 3  # columns, at most, that tell which row differs


def planned_tables(findings: Findings, by: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tables that these findings give: estimates, and what double review allows."""
    tables: list[dict[str, Any]] = [{"file": "estimates.csv", "kind": "rates", "by": []}]
    tables += [
        {"file": f"estimates_by_{column}.csv", "kind": "rates", "by": [column]} for column in by
    ]
    checklist = findings.checklist
    if checklist is not None and findings.sample.drawing is None and findings.open.empty:
        tables.append({"file": "errors_per_case.csv", "kind": "errors per case"})
    reviews = findings.reviews
    if reviews is None or not reviews.doubly_read:
        return tables
    tables.append({"file": "double_readings.csv", "kind": "double readings"})
    tables.append({"file": "agreement.csv", "kind": "agreement"})
    tables.append({"file": "drift.csv", "kind": "drift"})
    pairs = double_readings(findings)
    settled = pairs["reconciled"].notna() | (pairs["first"] == pairs["second"])
    if settled.all() and findings.open.empty and findings.sample.drawing is None:
        tables.append({"file": "sensitivity.csv", "kind": "sensitivity"})
    return tables


def computed(findings: Findings, entry: Entry) -> pd.DataFrame:
    """Return a table of the archive, computed from the findings."""
    match entry.get("kind"):
        case "rates":
            return _rates(findings, entry.get("by", ()))
        case "errors per case":
            return count_errors(findings).to_frame()
        case "double readings":
            return double_readings(findings)
        case "agreement":
            return measure_agreement(findings).to_frame()
        case "drift":
            return reviewer_drift(findings).to_frame()
        case "sensitivity":
            return review_sensitivity(findings).to_frame()
    raise AuditError(f"The archive has a table of an unknown kind, {entry.get('kind')!r}.")


def differing_numbers(found: Path, expected: pd.DataFrame) -> list[Difference]:
    """Return every cell of a CSV file that is not what was computed, named by its row."""
    held = read_csv_text(found)
    wanted = parse_csv(csv_bytes(expected), source=found.name)
    if [*held.columns] != [*wanted.columns] or len(held) != len(wanted):
        one, other = (f"{len(each)} rows of {len(each.columns)} columns" for each in (wanted, held))
        return [(f"{found.name}, its rows and columns", one, other)]
    rows = []
    for column in wanted.columns:
        pairs = zip(*(each[column].fillna("").astype(str) for each in (wanted, held)), strict=True)
        for number, (one, other) in enumerate(pairs):
            if not _alike(one, other):
                names = ", ".join(map(str, wanted.iloc[number, :_ROW_NAMES]))
                what = f"{column} of row {number + 1} ({names}) in {found.name}"
                rows.append((number, (what, one, other)))
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


def _rates(findings: Findings, by: Sequence[str]) -> pd.DataFrame:
    if findings.sample.drawing is None:
        return estimate_rates(findings, by=list(by) or None).to_frame()
    names = [*findings.indicators, *([ANY_ERROR] if len(findings.indicators) > 1 else [])]
    return survey_means(findings, names, by=list(by) or None, interval="korn-graubard").to_frame()


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=_NEAR, abs_tol=_NEAR)
    except ValueError:
        return False
