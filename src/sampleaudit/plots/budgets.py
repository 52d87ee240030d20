"""What several budgets buy: half widths over the budget, with the cases that it pays for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sampleaudit.errors import AuditError
from sampleaudit.planning.budget import BudgetTable
from sampleaudit.planning.precision import UNNAMED
from sampleaudit.plots.plans import Across, refuse_many_lines, width_lines
from sampleaudit.plots.words import Words
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEAREST: Final = 0.14  # of the axis, between budgets that are both named
_LEAST: Final = 2  # budgets of a line


def plot_budget(table: BudgetTable, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw the expected half width over the budget, a line per rate; return the Axes.

    Below each budget stand the cases that it buys, as far as there is room. Raises `AuditError` for
    a single budget and for more than twelve lines.
    """
    words = Words(language)
    bought = sorted(table.purchases, key=lambda each: each.budget)
    if len({each.budget for each in bought}) < _LEAST:
        raise AuditError(
            "There is one budget only, and a line needs two; ask budget_table for several budgets."
        )
    rows = bought[0].precision.rows
    refuse_many_lines(len(rows), "budget_table")
    lines: dict[str, list[tuple[float, float]]] = {}
    for place, row in enumerate(rows):
        indicator = words.text["rate"] if row.indicator == UNNAMED else words.name(row.indicator)
        name = ", ".join([indicator, *([" / ".join(row.labels)] if row.labels else [])])
        lines[name] = [(each.budget, each.precision.rows[place].half_width) for each in bought]
    named = {bought[-1].budget: bought[-1].plan.size}
    for each, after in reversed(list(pairwise(bought))):
        nearest = min(budget - each.budget for budget in named)
        if nearest >= _NEAREST * bought[-1].budget or each.budget == after.budget:
            named.setdefault(each.budget, each.plan.size)
    ticks = {
        budget: f"{words.count(budget)}\n"
        + words.text["budget cases"].format(size=words.count(size))
        for budget, size in sorted(named.items())
    }
    return width_lines(
        lines, Across("budget axis", ticks=ticks), words.text["title budget"], words, ax=ax
    )
