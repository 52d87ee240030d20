"""The operating characteristic: how often a plan accepts, at every rate that there may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.estimates.interval_table import interval_table
from sampleaudit.formulas.acceptance import decisions, errors_at
from sampleaudit.formulas.acceptance_spread import even_spread
from sampleaudit.formulas.allocation import whole_allocation
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.formulas.sequential import path
from sampleaudit.plan import Plan
from sampleaudit.planning.acceptance_plan import AcceptancePlan
from sampleaudit.planning.acceptance_strata import worst_acceptance
from sampleaudit.planning.demands import Share, exact_share
from sampleaudit.planning.looks import PlannedLooks
from sampleaudit.planning.operating_points import (
    Look,
    OperatingPoint,
    Point,
    operating_point,
    point_of_strata,
    tolerable_rate,
)
from sampleaudit.planning.precision import share
from sampleaudit.planning.sequential import SequentialPlan

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.wording import Language

_POINTS: Final = 31  # rates that are shown unless others are asked for
_REACH: Final = 3  # times the tolerable rate that they go up to
_DRAWN_POINTS: Final = 13  # the same where outcomes are drawn, which takes longer
_WHOLE: Final = 1e-12


@dataclass(frozen=True, slots=True, repr=False)
class OperatingCharacteristic(Readable):
    """A plan's decisions at each rate, made by `operating_characteristic`; shows as a table.

    ``exact`` tells whether the probabilities are computed; else they are from a fixed sample of
    outcomes, and right to a percentage point or two. ``acceptable`` and ``tolerable`` are the rates
    that the plan is about, None where it has none.
    """

    plan: str
    acceptable: float | None
    tolerable: float | None
    exact: bool
    rows: tuple[OperatingPoint, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a row per rate: the fields of `OperatingPoint`, nothing rounded."""
        import pandas as pd

        records = [[getattr(row, name) for name in _COLUMNS] for row in self.rows]
        return pd.DataFrame(records, columns=list(_COLUMNS))

    def plot(self, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw how often the plan accepts over the true rate: see `sampleaudit.plots.plans`."""
        from sampleaudit.plots.plans import plot_operating_characteristic

        return plot_operating_characteristic(self, ax=ax, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def _left(self) -> int:
        return 0

    def _shown(self) -> Shown:
        body = [
            [
                share(row.rate),
                "-" if math.isnan(row.errors) else f"{row.errors:.0f}",
                *(f"{each:.3f}" for each in (row.accept, row.reject, row.undecided)),
                f"{row.reviewed:.1f}",
            ]
            for row in self.rows
        ]
        return ["rate", "errors", "accept", "reject", "undecided", "read"], body, []


_COLUMNS: Final = (
    "rate", "errors", "accept", "reject", "undecided", "accept_most", "accept_least", "reviewed",
)  # fmt: skip


def operating_characteristic(
    plan: AcceptancePlan | SequentialPlan | PlannedLooks | Plan,
    *,
    rates: Sequence[Share] | None = None,
) -> OperatingCharacteristic:
    """Return how often the plan accepts and rejects, and how much it reads, at each of the rates.

    ``rates`` are shares of 1, by default from 0 to three times the tolerable one; in a register the
    nearest whole number of errors is taken. A `Plan` or `PlannedLooks` needs ``tolerable``: it
    accepts where the upper limit is within it and rejects where the lower one is above it, at the
    first look that does. Exact, hypergeometric or binomial, but for a `Plan` or looks with several
    strata, of which outcomes are drawn (always the same). Raises `AuditError` for a plan without a
    tolerable rate.
    """
    if isinstance(plan, AcceptancePlan):
        good, bad, population = plan.acceptable, plan.tolerable, plan.population
        point, name, exact = _of_acceptance(plan), "acceptance", True
    elif isinstance(plan, SequentialPlan):
        good, bad, population = plan.acceptable, plan.tolerable, plan.population
        point, name, exact = _of_sequential(plan), "sequential", True
    elif isinstance(plan, PlannedLooks | Plan):
        first = plan if isinstance(plan, Plan) else plan.plans[0]
        good, bad, population = None, tolerable_rate(first), first.frame.size
        looks, sizes = _looks(plan), np.asarray(first.table["population"], dtype=np.int64)
        name, exact = ("looks" if len(looks) > 1 else "limit"), len(sizes) == 1
        point = (_of_looks if exact else point_of_strata)(looks, sizes, float(bad))
    else:
        raise AuditError(f"plan is {type(plan).__name__}; give a plan.")
    wanted = _rates(rates, bad, population, points=_POINTS if exact else _DRAWN_POINTS)
    return OperatingCharacteristic(
        name, None if good is None else float(good), float(bad), exact,
        tuple(point(rate) for rate in wanted),
    )  # fmt: skip


def _rates(
    rates: Sequence[Share] | None, tolerable: Fraction, population: int | None, *, points: int
) -> list[Fraction]:
    """Return the rates, in a register those of whole numbers of errors, each once."""
    if rates is None:
        top = min(Fraction(1), _REACH * tolerable)
        wanted = [top * k / (points - 1) for k in range(points)]
    else:
        wanted = [exact_share(rate, name="rates") for rate in rates]
    if not wanted:
        raise AuditError("rates is empty; give at least one, or leave it out.")
    if population is not None:
        half = Fraction(1, 2)
        wanted = [
            Fraction(errors_at(rate + half / population, population, up=False), population)
            for rate in wanted
        ]
    return list(dict.fromkeys(min(rate, Fraction(1)) for rate in wanted))


def _of_acceptance(plan: AcceptancePlan) -> Point:
    sizes = np.array([cases for cases, _ in plan.strata], dtype=np.int64)

    def point(rate: Fraction) -> OperatingPoint:
        if plan.population is None:
            accept, mean = decisions(plan.rule, rate, (), ())
            return operating_point(rate, None, accept, 1 - accept, mean, (accept, accept))
        total = int(rate * plan.population)
        spread = even_spread(total, sizes)
        accept, mean = decisions(plan.rule, rate, tuple(spread.tolist()), plan.strata)
        extremes = accept, accept
        if len(sizes) > 1:
            most = worst_acceptance(plan.rule, sizes, total, "most")
            least = worst_acceptance(plan.rule, sizes, total, "least")
            extremes = max(most, accept), min(least, accept)
        return operating_point(rate, plan.population, accept, 1 - accept, mean, extremes)

    return point


def _of_sequential(plan: SequentialPlan) -> Point:
    ends = np.array(plan.accept), np.array(plan.reject)

    def point(rate: Fraction) -> OperatingPoint:
        errors = float(rate if plan.population is None else rate * plan.population)
        found = path(*ends, errors, plan.population)
        extremes = found.accept, found.accept
        return operating_point(
            rate, plan.population, found.accept, found.reject, found.expected, extremes
        )

    return point


def _looks(plan: PlannedLooks | Plan) -> list[Look]:
    """Return the looks, the only one at a plan without any; by stratum in the plan's proportion."""
    if isinstance(plan, PlannedLooks):
        return [Look(_counts(each), each.analysis) for each in plan.plans]
    counts = _counts(plan)
    return [
        Look(
            whole_allocation(size, counts, rule="nearest", minimum=0, population=counts),
            plan.analysis,
        )
        for size in plan.analysis.looks or (plan.size,)
    ]


def _counts(plan: Plan) -> IntArray:
    return np.asarray(plan.table["sampled"].to_numpy(), dtype=np.int64)


def _of_looks(looks: Sequence[Look], sizes: IntArray, bound: float) -> Point:
    """Return the point of looks at a sample of one stratum."""
    population, last = int(sizes[0]), int(looks[-1].counts[0])
    accept = np.full(last + 1, -1, dtype=np.int64)
    reject = np.arange(1, last + 2)
    for look in looks:
        size = int(look.counts[0])
        accept[size], reject[size] = _limits_of_one(size, population, look.analysis, bound)

    def point(rate: Fraction) -> OperatingPoint:
        found = path(accept, reject, float(rate * population), population)
        extremes = found.accept, found.accept
        return operating_point(
            rate, population, found.accept, found.reject, found.expected, extremes
        )

    return point


def _limits_of_one(size: int, population: int, analysis: Analysis, bound: float) -> tuple[int, int]:
    """Return the errors up to which one stratum is accepted, and from which it is rejected."""
    table = interval_table(
        size, population,
        level=analysis.level_each, side=analysis.side, method=analysis.method,
    )  # fmt: skip
    accepts = np.flatnonzero(table["rate_high"] <= bound + _WHOLE)
    rejects = np.flatnonzero(table["rate_low"] > bound + _WHOLE)
    no_accept = analysis.side == "lower" or not len(accepts)
    no_reject = analysis.side == "upper" or not len(rejects)
    return -1 if no_accept else int(accepts[-1]), size + 1 if no_reject else int(rejects[0])
