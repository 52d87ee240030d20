"""What a budget buys: the best numbers of cases by stratum, and how precise the rates then are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns, as_looks
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.formulas.allocation import variance_weights, whole_allocation
from sampleaudit.formulas.cost_allocation import best_for_budget
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.power_allocation import power_weights
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan
from sampleaudit.plan_strata import check_size, refuse_constant
from sampleaudit.planning.demands import (
    Rates,
    Share,
    anticipated_rates,
    exact_share,
    recorded,
)
from sampleaudit.planning.made import made_plan
from sampleaudit.planning.precision import Precision, expected_precision, share
from sampleaudit.planning.prices import Prices, amount, prices, reading_bounds
from sampleaudit.wording import number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.wording import Language


@dataclass(frozen=True, slots=True)
class Purchase:
    """One budget: what is spent of it, the plan it buys, and the precision of each rate."""

    budget: float
    spent: float
    plan: Plan
    precision: Precision


@dataclass(frozen=True, slots=True, repr=False)
class BudgetTable(Readable):
    """What several budgets buy, made by `budget_table`; shows as a table."""

    purchases: tuple[Purchase, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a row per budget, indicator and domain; nothing rounded, shares of 1.

        Columns: ``budget``, ``spent``, ``size`` (cases read), then those of
        `Precision.to_frame`.
        """
        import pandas as pd

        parts = []
        for each in self.purchases:
            part = each.precision.to_frame()
            part.insert(0, "size", each.plan.size)
            part.insert(0, "spent", each.spent)
            part.insert(0, "budget", each.budget)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def plot(self, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw the expected half widths over the budget: see `sampleaudit.plots.budgets`."""
        from sampleaudit.plots.budgets import plot_budget

        return plot_budget(self, ax=ax, language=language)

    def allocations(self) -> pd.DataFrame:
        """Return a row per budget and stratum: ``budget``, stratum columns, population, sampled."""
        import pandas as pd

        parts = []
        for each in self.purchases:
            part = each.plan.table
            part.insert(0, "budget", each.budget)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def __len__(self) -> int:
        return len(self.purchases)

    @property
    def _left(self) -> int:
        return 0

    def _shown(self) -> Shown:
        rows = self.purchases[0].precision.rows
        names = [" / ".join((row.indicator, *row.labels)) for row in rows]
        body = [
            [
                _money(each.budget),
                _money(each.spent),
                number(each.plan.size, "en"),
                *(share(row.half_width) for row in each.precision.rows),
            ]
            for each in self.purchases
        ]
        return ["budget", "spent", "cases", *(f"± {name}" for name in names)], body, []


def plan_for_budget(
    frame: Frame,
    budget: float,
    *,
    costs: float | Mapping[Any, float],
    anticipated: Rates,
    minimum: int | Mapping[Any, int] = 2,
    maximum: int | Mapping[Any, int] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the whole numbers of cases with the smallest variance that ``budget`` can pay.

    ``costs`` is what reading a case costs, one for all or by stratum; ``anticipated`` a rate, or a
    mapping indicator -> rate (the sum of their variances is made small) or stratum -> rate. No
    other whole numbers within the budget have a smaller variance of the overall rate
    (`sampleaudit.formulas.cost_allocation`). Raises `AuditError` for a budget under the minimum,
    saying what that costs.
    """
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source
    )
    rates = anticipated_rates(frame, anticipated)
    bounds = reading_bounds(frame, minimum, maximum)
    price = prices(frame, costs)
    money = amount(budget, name="budget")
    return _bought(frame, money, price, rates, bounds, analysis)


def budget_table(
    frame: Frame,
    budgets: Sequence[float],
    *,
    costs: float | Mapping[Any, float],
    anticipated: Rates,
    by: str | Sequence[str] = (),
    minimum: int | Mapping[Any, int] = 2,
    maximum: int | Mapping[Any, int] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
) -> BudgetTable:
    """Return what each budget buys: cases by stratum, and the half width of every rate.

    Each is `plan_for_budget` with `expected_precision` for every indicator, in the whole caseload
    or in each domain of ``by``.
    """
    analysis = Analysis(level, side, method, by=as_columns(by, name="by"))
    rates = anticipated_rates(frame, anticipated)
    bounds = reading_bounds(frame, minimum, maximum)
    price = prices(frame, costs)
    if not len(budgets):
        raise AuditError("budgets is empty; give one or several amounts.")
    found = []
    for budget in budgets:
        plan = _bought(frame, amount(budget, name="budgets"), price, rates, bounds, analysis)
        spent = float(price.cost(plan.table["sampled"].to_numpy()))
        found.append(
            Purchase(float(budget), spent, plan, expected_precision(plan, anticipated=anticipated))
        )
    return BudgetTable(tuple(found))


def plan_compromise(
    frame: Frame,
    size: int,
    *,
    anticipated: Rates,
    power: Share = "1/2",
    minimum: int | Mapping[Any, int] = 2,
    maximum: int | Mapping[Any, int] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
    looks: Sequence[int] = (),
) -> Plan:
    """Plan a sample between the best overall rate and rates of like precision in every stratum.

    Bankier's (1988) power allocation: sum (N_h^power x standard error of stratum h's rate)^2 is the
    smallest that ``size`` cases allow. ``power=1`` is Neyman's allocation for the overall rate,
    ``power=0`` counts the error in every stratum alike. For the same margin in every stratum
    exactly, ask `plan_for_precision` with ``by`` the stratum columns.
    """
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source,
        as_looks(looks),
    )  # fmt: skip
    exponent = exact_share(power, name="power")
    rates = anticipated_rates(frame, anticipated)
    low, high = reading_bounds(frame, minimum, maximum)
    check_size(size, minimum, low, high)
    population = _population(frame)
    deviation = np.sqrt(_variance(population, rates)) / population
    counts = whole_allocation(
        size,
        power_weights(population, deviation, float(exponent)),
        rule="variance",
        minimum=low,
        maximum=high,
        population=population,
    )
    goal = {
        "kind": "compromise",
        "power": float(exponent),
        "anticipated": recorded(rates),
    }
    return made_plan(frame, counts, analysis, "power", goal)


def _bought(
    frame: Frame,
    budget: Fraction,
    price: Prices,
    rates: Mapping[str | None, FloatArray],
    bounds: tuple[IntArray, IntArray],
    analysis: Analysis,
) -> Plan:
    low, high = bounds
    least = price.cost(low)
    if budget < least:
        raise AuditError(
            f"budget is {float(budget):g}, but the minimum of {int(low.sum())} cases in "
            f"{len(low)} strata costs {float(least):g}; give that or more, or lower minimum."
        )
    variance = _variance(_population(frame), rates)
    counts = best_for_budget(variance, price.units, price.budget(budget), low, high)
    goal = {
        "kind": "budget",
        "budget": float(budget),
        "cost": float(price.cost(counts)),
        "anticipated": recorded(rates),
    }
    return made_plan(frame, counts, analysis, "budget", goal)


def _variance(population: IntArray, rates: Mapping[str | None, FloatArray]) -> FloatArray:
    """Return N_h^2 S_h^2, added over the indicators; refuse rates under which nothing varies."""
    total = np.sum([variance_weights(population, each) ** 2 for each in rates.values()], axis=0)
    refuse_constant(total)
    return np.asarray(total, dtype=np.float64)


def _money(value: float) -> str:
    return number(value, "en", digits=0 if value.is_integer() else 2)


def _population(frame: Frame) -> IntArray:
    return np.asarray(frame.strata["population"].to_numpy(), dtype=np.int64)
