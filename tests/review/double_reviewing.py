"""A double review by rule, for several tests: who reads what, and where the second reader errs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from review_filling import fill, small_checklist, write_book

import sampleaudit as sa

SEED = "sealed envelope 2 7 1 8"


def double_review(
    sample: sa.Sample, register: pd.DataFrame, folder: Path, *, share: float = 0.5
) -> tuple[list[Path], sa.Assignments]:
    """Return two workbooks filled in alike, and who was given what; half is read twice."""
    _, assignments = write_book(
        sample, register, folder, name="review-{reviewer}.xlsx", double_review=share,
        review_seed=SEED,
    )  # fmt: skip
    paths = [Path(name) for name in assignments.files]
    for path, reviewer in zip(paths, ("AB", "CD"), strict=True):
        change(path, lambda made, name=reviewer: fill(made[name]))
    return paths, assignments


def change(path: Path, how: Any) -> None:
    """Change a workbook in its place, as a person with Excel could."""
    book = openpyxl.load_workbook(path)
    how(book)
    book.save(path)


def set_cells(path: Path, sheet: str, case: str, entered: dict[str, Any]) -> None:
    """Enter values in the row of a case, by the keys of the columns."""

    def how(made: openpyxl.Workbook) -> None:
        page = made[sheet]
        column = {cell.value: cell.column for cell in page[1]}
        row = next(r for r in range(4, page.max_row + 1) if page.cell(r, 1).value == case)
        for key, value in entered.items():
            page.cell(row, column[key]).value = value

    change(path, how)


def read_all(paths: list[Path], sample: sa.Sample) -> sa.Findings:
    """Return the findings of all workbooks."""
    checklist = small_checklist()
    return sa.merge_findings(
        [sa.read_workbook(path, sample=sample, checklist=checklist) for path in paths]
    )


def disagreeing(paths: list[Path], assignments: sa.Assignments, *, number: int = 2) -> list[str]:
    """Let CD say that there is no plan in cases where AB found one; return those cases."""
    twice = sorted({case for case, _ in assignments.second})
    cases = [case for case in twice if int(case[1:]) % 5][:number]
    for case in cases:
        set_cells(
            paths[1], "CD", case,
            {"answer:plan missing": "no", "date:planned": None, "answer:plan incomplete": None},
        )  # fmt: skip
    return cases
