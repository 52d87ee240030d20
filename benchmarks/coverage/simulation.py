"""Larger designs, simulated: samples drawn from fixed caseloads with fixed seeds.

All methods see the same samples of a caseload, the slower ones fewer of them, the first ones. So
the ratio of two widths is one over the same samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage import methods
from benchmarks.coverage.designs import (
    KNOWN_METHODS,
    PROVED,
    RATES,
    SIMULATED,
    SPREADS,
    Case,
    Counts,
    Design,
    Spread,
    samples_of,
)
from benchmarks.coverage.tasks import Result, Task

SEED: Final = 20261122
BOTH: Final[Case] = (0.95, "both")
UPPER: Final[Case] = (0.95, "upper")
ONE_SIDED: Final = ("profile", "guaranteed")
_FULLEST: Final = 0.6  # of a stratum's cases, that packed errors may be


def tasks(divisor: int = 1) -> list[Task]:
    """Return a task for each design, spread of errors and method; samples may be divided."""
    all_ = [
        Task(
            "simulation",
            f"{name} {spread} {method} {case[1]}",
            simulate,
            (design, spread, method, case, RATES, -(-samples // divisor), place),
        )
        for place, (name, design) in enumerate(SIMULATED.items())
        for method in KNOWN_METHODS
        if method != PROVED
        for spread in SPREADS
        for case in ((BOTH, UPPER) if method in ONE_SIDED else (BOTH,))
        if (samples := samples_of(name, method))
    ]
    return all_[::-1]  # the longest first, so that both processes end at about the same time


def simulate(
    design: Design,
    spread: Spread,
    method: str,
    case: Case,
    rates: Sequence[float],
    samples: int,
    place: int,
) -> Result:
    """Return for each rate in how many samples the limits held, and every sample's width.

    The width is None where a formula gives no limits. One-sided, it is the upper limit itself.
    ``place`` is the design's in the seed.
    """
    held, widths = [], []
    for rate in rates:
        errors = caseload(design.population, rate, spread)
        truth = int(errors.sum()) / sum(design.population)
        pairs = [
            methods.total_limits(method, design, outcome, case)
            for outcome in drawn(design, errors, seed_of(place, spread, rate), samples)
        ]
        limits = np.array([pair[:2] for pair in pairs if pair is not None])
        holds = (limits[:, 0] <= truth + 1e-12) & (truth <= limits[:, 1] + 1e-12)
        size = limits[:, 1] - limits[:, 0] if case == BOTH else limits[:, 1]
        held.append(int(holds.sum()))
        widths.append([None if np.isnan(width) else round(float(width), 7) for width in size])
    return {"samples": samples, "held": held, "widths": widths}


def caseload(population: Counts, rate: float, spread: Spread) -> NDArray[np.int64]:
    """Return errors for each stratum that make this rate in all, rounded to whole cases.

    "even": the same rate everywhere, but for rounding (largest remainders up). "packed": a tenth
    of the errors spread so, rounded down, the rest in the smallest strata, up to six tenths of the
    cases of each.
    """
    cases = np.array(population)
    total = round(rate * int(cases.sum()))
    if spread == "even":
        shares = cases * (total / cases.sum())
        errors: NDArray[np.int64] = np.floor(shares + 1e-9).astype(np.int64)
        most = np.argsort(errors - shares, kind="stable")[: total - int(errors.sum())]
        errors[most] += 1
        return errors
    errors = np.floor(0.1 * total * cases / cases.sum() + 1e-9).astype(np.int64)
    for stratum in np.argsort(cases, kind="stable"):
        room = int(_FULLEST * cases[stratum]) - int(errors[stratum])
        errors[stratum] += min(max(room, 0), total - int(errors.sum()))
    return errors


def seed_of(place: int, spread: Spread, rate: float) -> list[int]:
    """Return the seed of a caseload's samples, the same for all methods."""
    return [SEED, place, SPREADS.index(spread), round(1000 * rate)]


def drawn(design: Design, errors: NDArray[np.int64], seed: list[int], samples: int) -> list[Counts]:
    """Return the errors found in that many samples; the first ones do not depend on how many."""
    draws = np.random.default_rng(seed)
    cases, reviewed = np.array(design.population), np.array(design.reviewed)
    return [
        tuple(int(count) for count in draws.hypergeometric(errors, cases - errors, reviewed))
        for _ in range(samples)
    ]
