"""The report of twenty indicators in 98 municipalities, from findings of which nothing is known."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import sampleaudit as sa
from benchmarks.many_rates import (
    CASES,
    INDICATORS,
    MUNICIPALITIES,
    NOT_APPLICABLE,
    made_up_answers,
    warm_up,
    yardstick_cpu,
)
from benchmarks.measuring import show_table


def main() -> None:
    """Print seconds and size of the first report of some findings, and of the next."""
    rows = []
    for label, conditional in NOT_APPLICABLE.items():
        cases, answers = made_up_answers(conditional)
        sample = sa.declare_sample(
            cases, case_id="case_id", stratify_by="mun", population="cases", selection="random"
        )
        findings = sa.record_findings(sample, answers)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            small = sa.record_findings(sample, answers, indicators=[answers.columns[1]])
            sa.write_report(small, path, language="en")  # what a first report loads
            warm_up()
            taken = []
            for _ in range(2):
                started = time.process_time()
                sa.write_report(findings, path, language="en", by="mun")
                taken.append(time.process_time() - started)
            size = path.stat().st_size
        rows.append(
            [
                label,
                f"{taken[0]:.2f}",
                f"{taken[1]:.2f}",
                f"{taken[0] / yardstick_cpu():,.0f}",
                f"{size / 1000:,.0f}",
            ]
        )
    show_table(
        f"The report: {INDICATORS} indicators x {MUNICIPALITIES} municipalities, {CASES:,} cases",
        ["answers", "first CPU s", "next CPU s", "first x yardstick", "size kB"],
        rows,
        "The first works out the intervals too; the next finds them known.",
    )


if __name__ == "__main__":
    main()
