"""A small checklist with everything in it, a workbook on disk, and how people fill one in."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

import sampleaudit as sa
from sampleaudit.checklist.reading import parse_checklist

SMALL = """
[checklist]
name = "small"
version = "3"
title = { en = "Plans", da = "Planer" }
law_date = "decided"
as_of = 2026-01-01

[[date]]
key = "decided"
question = { en = "Day of the decision", da = "Afgørelsens dato" }
column = "decision_date"

[[date]]
key = "planned"
question = { en = "Day of the plan", da = "Planens dato" }

[[fact]]
key = "urgent"
question = { en = "Was it urgent?", da = "Var det akut?" }
[[fact.law]]
text = "Old Act section 1"
until = 2023-12-31

[[indicator]]
key = "plan missing"
question = { en = "Is there a plan?", da = "Er der en plan?" }
error = "no"
severity = "serious"
evidence = true
exceptions = { exempt = { en = "exempt", da = "fritaget" } }

[[indicator]]
key = "plan late"
question = { en = "Was the plan made in time?", da = "Kom planen i tide?" }
severity = "minor"
applies_when = { indicator = "plan missing", answer = "yes" }
exceptions = { agreed = { en = "later day agreed", da = "senere dag aftalt" } }
[[indicator.law]]
text = "Old Act section 2"
until = 2023-12-31
when = { fact = "urgent", answer = "yes" }
deadline = { date = "planned", within = "4 months", after = "decided" }
[[indicator.law]]
text = "Old Act section 2"
until = 2023-12-31
deadline = { date = "planned", before = "decided" }
[[indicator.law]]
text = "New Act section 2"
from = 2024-01-01
deadline = { date = "planned", within = "3 months", after = "decided" }

[[indicator]]
key = "plan incomplete"
question = { en = "Is the plan complete?", da = "Er planen fuldstændig?" }
error = "no"
severity = "minor"
applies_when = { indicator = "plan missing", answer = "yes" }

[[indicator]]
key = "harbour office"
question = { en = "Did the harbour office approve?", da = "Har havnekontoret godkendt?" }
error = "no"
severity = "minor"
applies_when = { column = "district", is = ["North"] }
"""
"""Under the old law the plan comes before the decision, or within 4 months if it is urgent."""


def small_checklist() -> sa.Checklist:
    """Return the small checklist."""
    return parse_checklist(SMALL.encode(), source="small.toml")


def dated(register: pd.DataFrame) -> pd.DataFrame:
    """Return the register with days of decisions, every other one under the old law.

    One that has such days already stays as it is.
    """
    if "decision_date" in register:
        return register
    days = [dt.date(2023 + number % 2, 1 + number % 12, 28) for number in range(len(register))]
    return register.assign(decision_date=[day.isoformat() for day in days])


@dataclass
class Book:
    """A workbook on disk, and the keys of its columns."""

    path: Path

    def change(self, change: Callable[[openpyxl.Workbook], None]) -> Path:
        """Change the workbook as a person with Excel could, and save it beside the old one."""
        book = openpyxl.load_workbook(self.path)
        change(book)
        changed = self.path.with_name(f"changed-{self.path.name}")
        book.save(changed)
        return changed

    def columns(self, sheet: str) -> dict[str, int]:
        """Return the number of each column (from 1) by its key."""
        return dict(_columns(self.path.read_bytes(), sheet))


@cache
def _columns(raw: bytes, sheet: str) -> dict[str, int]:
    """Return the columns of a workbook; many tests begin with the same one."""
    page = openpyxl.load_workbook(io.BytesIO(raw))[sheet]
    return {cell.value: cell.column for cell in page[1]}


def write_book(
    sample: sa.Sample, register: pd.DataFrame, folder: Path, **changes: Any
) -> tuple[Book, sa.Assignments]:
    """Write a workbook for AB and CD, or with other arguments."""
    options: dict[str, Any] = {"reviewers": ["AB", "CD"], "register": dated(register), **changes}
    target = folder / options.pop("name", "review.xlsx")
    checklist = options.pop("checklist", small_checklist())
    assignments = sa.write_workbook(sample, checklist, target, **options)
    return Book(target), assignments


def row_answers(case: str, day: dt.datetime, *, old: bool, north: bool) -> dict[str, Any]:
    """Return what a reviewer enters for a case, by a rule that the tests can follow.

    Every fifth case lacks a plan, and is not asked more; the others have one made a hundred days
    after the decision, which is late but for urgent cases under the old law (every third).
    """
    number = int(case[1:])
    entered: dict[str, Any] = {"answer:plan missing": "no" if number % 5 == 0 else "yes"}
    if old:
        entered["answer:urgent"] = "yes" if number % 3 == 0 else "no"
    if north:
        entered["answer:harbour office"] = "cannot tell" if number % 7 == 0 else "Yes "
    if number % 5:
        entered["date:planned"] = day + dt.timedelta(days=100)
        entered["answer:plan incomplete"] = "no" if number % 4 == 0 else "yes"
    entered["evidence:plan missing"] = f"document {number}"
    entered["comment"] = "a remark"
    return entered


def fill(page: Any, keep: Callable[[str], object] = bool) -> None:
    """Fill in a reviewer's sheet by `row_answers`, as far as ``keep`` says."""
    column = {cell.value: cell.column for cell in page[1]}
    for row in range(4, page.max_row + 1):
        case = page.cell(row, column["case"]).value
        if case is None or not keep(case):
            continue
        day = page.cell(row, column["date:decided"]).value
        north = page.cell(row, column["shown:district"]).value == "North"
        for key, value in row_answers(case, day, old=day.year < 2024, north=north).items():
            page.cell(row, column[key]).value = value


def filled(book: openpyxl.Workbook) -> None:
    """Fill in the sheets of all reviewers."""
    for name in ("AB", "CD"):
        fill(book[name])
