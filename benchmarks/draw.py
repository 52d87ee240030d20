"""The draw of 2,000 cases from a large register in 100 strata, beside hashing its ids alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr
from hashlib import sha256

import numpy as np
import pandas as pd

import sampleaudit as sa
from benchmarks.measuring import (
    forget_peak,
    in_turns,
    median_ratio,
    peak_memory,
    seconds,
    show_table,
)

STRATA = 100
SIZE = 2_000
SEED = "benchmark, dice 3 1 6 5 2"
ROUNDS = {100_000: 15, 1_000_000: 5}


def main() -> None:
    """Print times, their ratio, and the memory, which a process of its own measures."""
    rows = [_row(cases, rounds) for cases, rounds in ROUNDS.items()]
    show_table(
        f"Drawing {SIZE:,} cases in {STRATA} strata",
        [
            "cases", "frame s", "plan s", "draw s", "hashing s", "draw / hashing",
            "register and frame MiB", "draw adds MiB",
        ],
        rows,
        "draw / hashing: median over rounds in turns; hashing is hashlib over all ids, no more. "
        "Goal: at most 1.5. Memory: resident before the draw, and the peak of the draw above it.",
    )  # fmt: skip


def _row(cases: int, rounds: int) -> list[str]:
    table = made_up_register(cases)
    made: list[sa.Frame] = []
    to_frame = seconds(lambda: made.append(_frame(table)))
    frame = made[0]
    to_plan = seconds(lambda: sa.plan_sample(frame, SIZE))
    plan = sa.plan_sample(frame, SIZE)
    ids = frame.to_frame()["case_id"].tolist()
    with redirect_stderr(io.StringIO()):  # the progress bar is part of the cost, not of the table
        drawing, hashing = in_turns(
            lambda: sa.draw(plan, seed=SEED), lambda: hash_all(ids), rounds=rounds
        )
    before, added = _memory(cases)
    return [
        f"{cases:,}",
        f"{to_frame:.2f}",
        f"{to_plan:.3f}",
        f"{np.median(drawing):.3f}",
        f"{np.median(hashing):.3f}",
        f"{median_ratio(drawing, hashing):.2f}",
        f"{before:.0f}",
        f"{added:.0f}",
    ]


def made_up_register(cases: int) -> pd.DataFrame:
    """Return ids in no useful order and their strata, some four times as large as others."""
    numbers = np.arange(cases) * 7_919 % cases  # 7,919 is prime: every number once
    strata = (np.sqrt(numbers / cases) * STRATA).astype(int) // 2 + numbers % 2 * (STRATA // 2)
    return pd.DataFrame(
        {
            "case_id": [f"SAG-{number:07d}" for number in numbers],
            "stratum": [f"S{stratum:02d}" for stratum in strata],
        }
    )


def hash_all(ids: list[str]) -> None:
    """Hash seed and id of every case, the least that a draw by tickets can cost."""
    prefix = f"{SEED}|".encode()
    for case_id in ids:
        sha256(prefix + case_id.encode()).digest()


def _frame(table: pd.DataFrame) -> sa.Frame:
    return sa.build_frame(table, case_id="case_id", stratify_by="stratum")


def _memory(cases: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.draw", str(cases)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- ours
    before, added = json.loads(done.stdout)
    return [before, added]


def _measure_memory(cases: int) -> None:
    """Print the MiB in use before a draw and those that it adds at its peak."""
    plan = sa.plan_sample(_frame(made_up_register(cases)), SIZE)
    small = sa.build_frame(pd.DataFrame({"id": ["A", "B"]}), case_id="id")
    sa.draw(sa.plan_sample(small, 2), seed=SEED)  # loads what a first draw loads
    before = peak_memory(now=True)
    forget_peak()
    sa.draw(plan, seed=SEED)
    print(json.dumps([before, peak_memory() - before]))


if __name__ == "__main__":
    _measure_memory(int(sys.argv[1]))
