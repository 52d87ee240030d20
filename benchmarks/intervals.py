"""One interval at different numbers of strata, beside a numpy yardstick."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

import sampleaudit as sa
from benchmarks.measuring import median_ratio, seconds, show_table, yardstick
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.formulas.profile import profile_limits
from sampleaudit.formulas.ratio import ratio_limits

OUTCOMES = 15
PATIENCE = 15.0  # seconds for a design; then the rest of its outcomes are left out
RATE = 0.15
APPLICABLE = 0.7
Counts = NDArray[np.int64]
Work = Callable[[Counts, Counts, Counts], object]

DESIGNS: dict[str, tuple[list[int], list[int]]] = {
    "1 stratum, 77 of 500": ([500], [77]),
    "5 strata, 290 of 9,000": ([4000, 2500, 1500, 800, 200], [80, 60, 60, 50, 40]),
    "12 strata, 360 of 20,000": (
        [5000, 3500, 2500, 2000, 1800, 1500, 1200, 900, 700, 500, 250, 150],
        [30] * 12,
    ),
    "98 strata, 22 of each": ([150 + 37 * place % 1100 for place in range(98)], [22] * 98),
}


def main() -> None:
    """Print milliseconds and multiples of the yardstick for each design and kind of interval."""
    rows = []
    for name, (population, reviewed) in DESIGNS.items():
        taken = _measure(np.array(reviewed), np.array(population))
        fixed = taken.pop("yardstick")
        for label, each in taken.items():
            rows.append(
                [
                    name,
                    label,
                    f"{1000 * np.median(each):.2f}",
                    f"{1000 * max(each):.2f}",
                    f"{median_ratio(each, fixed):.2f}",
                    str(len(each)),
                ]
            )
    show_table(
        "One 95 % interval, two-sided",
        ["design", "call", "median ms", "slowest ms", "x yardstick", "outcomes"],
        rows,
        f"Each outcome once, its error counts drawn at a rate of {RATE:.0%}; nothing found before "
        f"is used again. ratio_limits: it applies to {APPLICABLE:.0%} of the cases read. "
        f"The yardstick, {1000 * np.median(fixed):.1f} ms: sorting 131,072 numbers, an FFT there "
        "and back.",
    )


def _measure(reviewed: Counts, population: Counts) -> dict[str, list[float]]:
    """Return the seconds of each kind of work, in turns, an entry for each outcome."""
    draws = np.random.default_rng(20261122)
    works: dict[str, Work] = {
        "profile_limits": _profile,
        "rate_interval": _rate_interval,
        "ratio_limits": _ratio,
        "yardstick": lambda *_: yardstick(),
    }
    taken: dict[str, list[float]] = {label: [] for label in works}
    started = time.perf_counter()
    for outcome in range(1 + OUTCOMES):
        errors = draws.binomial(reviewed, RATE)
        for label, work in works.items():
            known_size_limits.cache_clear()
            spent = seconds(partial(work, errors, reviewed, population))
            if outcome:  # the first shows what only a first call has to do
                taken[label].append(spent)
        if outcome and time.perf_counter() - started > PATIENCE:
            break
    return taken


def _profile(errors: Counts, reviewed: Counts, population: Counts) -> object:
    return profile_limits(errors, reviewed, population, lower_tail=0.025, upper_tail=0.025)


def _rate_interval(errors: Counts, reviewed: Counts, population: Counts) -> object:
    return sa.rate_interval(errors.tolist(), reviewed.tolist(), population.tolist())


def _ratio(errors: Counts, reviewed: Counts, population: Counts) -> object:
    applicable = np.maximum(errors, np.rint(APPLICABLE * reviewed).astype(np.int64))
    return ratio_limits(
        errors, applicable, reviewed, population, lower_tail=0.025, upper_tail=0.025
    )
