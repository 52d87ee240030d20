"""Measure all groups, or those named; `GROUPS` has them in order."""

from __future__ import annotations

import platform
import sys
import time
from importlib.metadata import version

from benchmarks import draw, import_time, intervals, many_rates, report, survey, workbook
from benchmarks.measuring import CORES

GROUPS = {
    "import_time": import_time.main,
    "draw": draw.main,
    "intervals": intervals.main,
    "many_rates": many_rates.main,
    "report": report.main,
    "survey": survey.main,
    "workbook": workbook.main,
}


def main(names: list[str]) -> None:
    """Run the groups and print what they find."""
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        sys.exit(f"There is no group {unknown[0]!r}; the groups are {', '.join(GROUPS)}.")
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    print(f"Python {platform.python_version()}, {packages}; {platform.system()}, {CORES} cores")
    started = time.perf_counter()
    for name in names or GROUPS:
        GROUPS[name]()
    print(f"\n{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    main(sys.argv[1:])
