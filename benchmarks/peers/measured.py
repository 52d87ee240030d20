"""What every one of the measured processes does: take its arguments, and say what it found."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks.measuring import forget_peak, peak_memory

REPEATED: Final = 5
PATIENT: Final = 10  # seconds; a first call that takes longer is not repeated


def run(
    prepare: Callable[[], Any],
    estimate: Callable[[Any], tuple[Sequence[float], Sequence[float]]],
) -> None:
    """Time both steps and print seconds, peak memory above what was loaded, and the numbers.

    What the first call of a process loads and compiles is counted apart: ``first`` is that call,
    ``estimate`` the median of the next ones, where the first was quick enough to be repeated.

    ``estimate`` returns the means and standard errors of the last indicator: of all cases, then of
    the domains by name. The numbers of different software are compared by them.
    """
    forget_peak()
    before, started = peak_memory(now=True), time.perf_counter()
    design = prepare()
    between = time.perf_counter()
    mean, se = estimate(design)
    taken = [time.perf_counter() - between]
    while len(taken) <= REPEATED and taken[0] < PATIENT:
        between_calls = time.perf_counter()
        estimate(design)
        taken.append(time.perf_counter() - between_calls)
    found = {
        "prepare": between - started,
        "first": taken[0],
        "estimate": statistics.median(taken[1:] or taken),
        "mib": peak_memory() - before,
        "mean": [float(value) for value in mean],
        "se": [float(value) for value in se],
    }
    sys.stdout.write(json.dumps(found) + "\n")


def arguments() -> tuple[str, list[str]]:
    """Return the data file and the columns of the indicators to estimate."""
    return sys.argv[1], [f"i{place:02d}" for place in range(int(sys.argv[2]))]
