"""One point of an operating characteristic; those of a plan with strata, by drawn outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from sampleaudit.analysis import Analysis, tails
from sampleaudit.errors import AuditError
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.formulas.acceptance_spread import even_spread
from sampleaudit.formulas.expected_width import drawn_outcomes, rough_limits
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import exact_share

_DRAWN: Final = 1024  # outcomes of a plan with several strata
_TRUE: Final = 24  # of them, near the decision, whose true limits correct the rough ones
_WHOLE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a plan does at one rate.

    ``accept``, ``reject`` and ``undecided`` are probabilities with the errors spread evenly over
    the strata; ``accept_most`` and ``accept_least`` are the largest and smallest P(accept) found
    over all places of the errors, nan where they were not sought. ``reviewed`` is the mean number
    of cases read. ``errors`` is nan for a process without end.
    """

    rate: float
    errors: float
    accept: float
    reject: float
    undecided: float
    accept_most: float
    accept_least: float
    reviewed: float


Point = Callable[[Fraction], OperatingPoint]
"""What happens at a rate, in a register a whole number of errors over its cases."""


def operating_point(
    rate: Fraction,
    population: int | None,
    accept: float,
    reject: float,
    reviewed: float,
    extremes: tuple[float, float] = (math.nan, math.nan),
) -> OperatingPoint:
    """Return the point of a rate; what is neither accepted nor rejected is undecided."""
    left = 1 - accept - reject
    return OperatingPoint(
        rate=float(rate),
        errors=math.nan if population is None else float(rate * population),
        accept=accept,
        reject=reject,
        undecided=left if left > _WHOLE else 0.0,
        accept_most=extremes[0],
        accept_least=extremes[1],
        reviewed=reviewed,
    )


def tolerable_rate(plan: Plan) -> Fraction:
    """Return the rate up to which a plan accepts; refuse a plan without one."""
    if plan.analysis.tolerable is None:
        raise AuditError("The plan has no tolerable rate; give tolerable when it is made.")
    return exact_share(plan.analysis.tolerable, name="tolerable")


def point_of_strata(plan: Plan) -> Point:
    """Return the point of a plan with strata, its rough limits corrected near the decision."""
    analysis, bound = plan.analysis, float(tolerable_rate(plan))
    sizes = plan.table["population"].to_numpy().astype(np.int64)
    counts = plan.table["sampled"].to_numpy().astype(np.int64)
    if (counts == 0).any():
        raise AuditError("A stratum is not read at all, so no limit can be within tolerable.")
    population = int(sizes.sum())
    sides = {"both": (0, 1), "upper": (1,), "lower": (0,)}[analysis.side]

    def rough(total: int) -> tuple[IntArray, tuple[FloatArray, FloatArray]]:
        own = sizes.astype(np.float64)
        wrong = even_spread(total, sizes).astype(np.float64)
        a, e = drawn_outcomes(counts, sizes, own, wrong, points=_DRAWN)
        lower, upper = tails(analysis.level, analysis.side)
        _, low, high = rough_limits(e, a, counts, sizes, lower_tail=lower, upper_tail=upper)
        return e, (low, high)

    shifts = [_shift(rough, side, bound, counts, sizes, analysis) for side in sides]

    def point(rate: Fraction) -> OperatingPoint:
        _, limits = rough(int(rate * population))
        accept = reject = 0.0
        for side, shift in zip(sides, shifts, strict=True):
            within = limits[side] + shift <= bound
            if side:
                accept = float(within.mean())
            else:
                reject = float((~within).mean())
        return operating_point(rate, population, accept, reject, float(plan.size))

    return point


def _shift(
    rough: Callable[[int], tuple[IntArray, tuple[FloatArray, FloatArray]]],
    side: int,
    bound: float,
    counts: IntArray,
    sizes: IntArray,
    analysis: Analysis,
) -> float:
    """Return how far true limits are from rough ones where these are nearest to the bound."""
    population = int(sizes.sum())
    totals = [round(bound * population * factor) for factor in (0.5, 1.0)]
    best = (math.inf, np.zeros((1, len(sizes)), dtype=np.int64), np.zeros(1))
    for total in totals:
        e, limits = rough(min(total, population))
        order = np.argsort(np.abs(limits[side] - bound), kind="stable")[:_TRUE]
        off = float(np.abs(limits[side][order] - bound).max())
        if off < best[0]:
            best = off, e[order], limits[side][order]
    n, cases = tuple(counts.tolist()), tuple(sizes.tolist())
    true = []
    for errors in best[1]:
        found = known_size_limits(
            tuple(errors.tolist()), n, cases, analysis.level, analysis.side, analysis.method
        )
        true.append(found.rate_high if side else found.rate_low)
    return float((np.array(true) - best[2]).mean())
