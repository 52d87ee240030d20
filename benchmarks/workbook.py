"""Review workbooks: writing 2,000 cases x 20 indicators for three reviewers, and reading them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import load_workbook

import sampleaudit as sa
from benchmarks.measuring import in_turns, median_ratio, seconds, show_table, yardstick

SIZES = ((240, 10), (2_000, 20))
ROUNDS = 5


def main() -> None:
    """Print the times of writing and reading, and their multiples of a fixed piece of work."""
    show_table(
        "Review workbooks",
        ["cases x indicators", "write s", "read s", "write / yardstick", "read / yardstick", "MB"],
        [_row(cases, indicators) for cases, indicators in SIZES],
        "Half of the indicators depend on another. Goals: 2,000 x 20 written in less than 2 s, "
        "read in less than 1 s, on a machine of its own. Medians over rounds in turns.",
    )


def _row(cases: int, indicators: int) -> list[str]:
    sample, checklist = made_up(cases, indicators)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.xlsx"

        def write() -> None:
            path.unlink(missing_ok=True)
            sa.write_workbook(sample, checklist, path, reviewers=["AB", "CD", "EF"])

        def read() -> None:
            sa.read_workbook(path, sample=sample, checklist=checklist)

        seconds(write)  # loads what a first call loads
        writing, beside_writing = in_turns(write, yardstick, rounds=ROUNDS)
        fill_in(path)
        writing_size = path.stat().st_size / 1e6
        reading, beside_reading = in_turns(read, yardstick, rounds=ROUNDS)
    return [
        f"{cases:,} x {indicators}",
        f"{np.median(writing):.2f}",
        f"{np.median(reading):.2f}",
        f"{median_ratio(writing, beside_writing):.0f}",
        f"{median_ratio(reading, beside_reading):.0f}",
        f"{writing_size:.2f}",
    ]


def made_up(cases: int, indicators: int) -> tuple[sa.Sample, sa.Checklist]:
    """Return a sample of a register ten times as large, and a checklist of nested questions."""
    numbers = np.arange(10 * cases)
    register = pd.DataFrame(
        {
            "case_id": [f"S-{number:06d}" for number in numbers],
            "district": [f"D{number % 10}" for number in numbers],
        }
    )
    frame = sa.build_frame(register, case_id="case_id", stratify_by="district")
    sample = sa.draw(sa.plan_sample(frame, cases), seed="benchmark, dice 3 1 6 5 2")
    text = '[checklist]\nname = "benchmark"\nversion = "1"\n'
    for number in range(indicators):
        text += (
            f'[[indicator]]\nkey = "duty {number}"\nquestion = "Was duty {number} met?"\n'
            f'error = "no"\nseverity = "minor"\n'
        )
        if number % 2:
            text += f'applies_when = {{ indicator = "duty {number - 1}", answer = "yes" }}\n'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checklist.toml"
        path.write_text(text, encoding="utf-8")
        return sample, sa.read_checklist(path)


def fill_in(path: Path) -> None:
    """Answer every question, the way the benchmark's checklist nests them."""
    book = load_workbook(path)
    for page in book.worksheets[1:-1]:
        keys = [cell.value for cell in page[1]]
        for row in page.iter_rows(min_row=4):
            above = ""
            for key, cell in zip(keys, row, strict=True):
                if key.startswith("answer:"):
                    nested = int(key.split()[-1]) % 2
                    above = "" if nested and above == "no" else _answer(cell.row, cell.column)
                    cell.value = above or None
    book.save(path)


def _answer(row: int, column: int) -> str:
    return "no" if (7 * row + column) % 5 == 0 else "yes"


if __name__ == "__main__":
    main()
