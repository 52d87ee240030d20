"""How long an interval takes, beside that of one stratum measured in the same run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.coverage import methods
from benchmarks.coverage.designs import SIMULATED, Case, Counts, Design
from benchmarks.coverage.tasks import Result, Task
from sampleaudit.analysis import METHODS
from sampleaudit.estimates.limits import known_size_limits

TIMED: Final = {
    1: Design((500,), (77,)),
    3: SIMULATED["ii"],
    5: SIMULATED["iv"],
    12: SIMULATED["v"],
    98: SIMULATED["98"],
}
SEED: Final = 20261122
RATE: Final = 0.15
OUTCOMES: Final = 11
PATIENCE: Final = 12.0  # seconds for a design and method; then its other outcomes are left out
CASE: Final[Case] = (0.95, "both")


def tasks() -> list[Task]:
    """Return the one task: all is measured in one process, one after the other."""
    return [Task("time", "all methods", measure, (tuple(TIMED.items()), tuple(METHODS)))]


def measure(designs: Sequence[tuple[int, Design]], names: Sequence[str]) -> Result:
    """Return the processor seconds of the first interval of a design, and the later ones' median.

    The first includes what is kept for a design. No outcome's limits are used again.
    """
    methods.total_limits("profile", SIMULATED["i"], (3, 2), CASE)  # what a first call loads
    found: Result = {}
    for method in names:
        for strata, design in designs:
            taken: list[float] = []
            for errors in _outcomes(design):
                known_size_limits.cache_clear()
                started = time.process_time()
                methods.total_limits(method, design, errors, CASE)
                taken.append(time.process_time() - started)
                if sum(taken) > PATIENCE:
                    break
            found[f"{method} {strata}"] = [taken[0], float(np.median(taken[1:] or taken))]
    return found


def _outcomes(design: Design) -> list[Counts]:
    """Return errors found, drawn at one rate in all strata."""
    draws = np.random.default_rng([SEED, design.open])
    return [
        tuple(int(count) for count in draws.binomial(design.reviewed, RATE))
        for _ in range(OUTCOMES)
    ]
