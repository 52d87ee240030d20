"""Print the evidence for comparisons; see the package."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from benchmarks.comparing import errors, pooling, ranks, seconds

PARTS: Final[dict[str, Callable[[], str]]] = {
    "errors": errors.report,
    "pooling": pooling.report,
    "ranks": ranks.report,
    "seconds": seconds.report,
}


def main() -> None:
    """Print the parts asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparing", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    for part in parser.parse_args().only or PARTS:
        print(PARTS[part]())


if __name__ == "__main__":
    main()
