"""What every one of the measured processes does: take its arguments, and say what it found."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.measuring import forget_peak, peak_memory


def run(
    prepare: Callable[[], Any],
    estimate: Callable[[Any], tuple[Sequence[float], Sequence[float]]],
) -> None:
    """Time both steps and print seconds, peak memory above what was loaded, and the numbers.

    ``estimate`` returns the means and standard errors of the last indicator: of all cases, then of
    the domains by name. The numbers of different software are compared by them.
    """
    forget_peak()
    before, started = peak_memory(now=True), time.perf_counter()
    design = prepare()
    between = time.perf_counter()
    mean, se = estimate(design)
    ended = time.perf_counter()
    found = {
        "prepare": between - started,
        "estimate": ended - between,
        "mib": peak_memory() - before,
        "mean": [float(value) for value in mean],
        "se": [float(value) for value in se],
    }
    sys.stdout.write(json.dumps(found) + "\n")


def arguments() -> tuple[str, list[str]]:
    """Return the data file and the columns of the indicators to estimate."""
    return sys.argv[1], [f"i{place:02d}" for place in range(int(sys.argv[2]))]
