"""Print the evidence for comparisons; see the package."""

from __future__ import annotations

import argparse
from typing import Final

from benchmarks.comparing.kept import report_of

PARTS: Final = ("errors", "few_strata", "pooling", "ranks", "standardising", "seconds")
ALWAYS: Final = ("seconds",)  # what depends on the machine is never kept


def main() -> None:
    """Print the parts asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparing", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    parser.add_argument("--again", action="store_true", help="also what was kept of an earlier run")
    chosen = parser.parse_args()
    for part in chosen.only or PARTS:
        print(report_of(part, again=chosen.again or part in ALWAYS), flush=True)
        print()


if __name__ == "__main__":
    main()
