"""Interval pictures of means, totals and ratios, in the unit of the variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.survey_table import SurveyEstimates, SurveyRow
from sampleaudit.plots.rates import ORDERS, Order
from sampleaudit.plots.rows import Chart, Mark, Row, Sign, Span, draw_chart, nice_ticks
from sampleaudit.plots.words import NOT_KNOWN, Words
from sampleaudit.wording import Language, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_survey(
    estimates: SurveyEstimates,
    *,
    ax: Axes | None = None,
    order: Order = "register",
    language: Language = "en",
) -> Axes:
    """Draw each estimate with its interval and the cases it rests on; return the Axes.

    ``order="rate"`` puts the highest estimate first. Raises `AuditError` for an empty table.
    """
    one_of("order", order, ORDERS)
    words = Words(language)
    if not estimates.rows:
        raise AuditError("The table has no rows, so there is nothing to draw.")
    found = list(estimates.rows)
    if order == "rate":
        found.sort(key=lambda row: math.inf if math.isnan(row.estimate) else -row.estimate)
    values = [
        v for row in found for v in (row.estimate, row.low, row.high) if not math.isnan(v)
    ] or [0.0]
    ticks = nice_ticks(min(0.0, *values), max(0.0, *values))
    digits = _digits(ticks)
    rows, said = [], []
    several = len({row.variable for row in found}) > 1
    for row in found:
        label = _label(row, several=several)
        counted = words.count(row.applicable)
        value = words.span(
            *(_number(v, digits + 1, words) for v in (row.estimate, row.low, row.high))
        )
        rows.append(
            Row(
                label,
                (counted, value),
                () if row.census else (Span(row.low, row.high),),
                (Mark(row.estimate, "known" if row.census else "estimate"),),
            )
        )
        said.append((label, counted, value, row.estimate))
    level = words.level(estimates.level)
    key: list[tuple[Sign, str]] = []
    if not all(row.census for row in found):
        key.append(("estimate on interval", words.text["key interval"].format(level=level)))
    if any(row.census for row in found):
        key.append(("known", words.text["key known"]))
    statistic = words.text[f"statistic {estimates.statistic}"]
    title = words.text["title survey"].format(statistic=statistic)
    names = ", ".join(dict.fromkeys(row.variable for row in found))
    chart = Chart(
        title=f"{title}: {names}" if not several else title,
        rows=tuple(rows),
        heads=(words.text["cases"], words.text["estimate and level"].format(level=level)),
        axis=statistic,
        ticks=tuple((tick, _number(tick, digits, words)) for tick in ticks),
        key=tuple(key),
        alternative=words.said(title, said, key="estimate"),
    )
    return draw_chart(chart, ax)


def _label(row: SurveyRow, *, several: bool) -> str:
    labels = " / ".join(row.labels)
    return f"{row.variable}, {labels}" if labels and several else labels or row.variable


def _digits(ticks: Sequence[float]) -> int:
    """Return the fewest decimals that tell the ticks apart."""
    return next(each for each in range(13) if each == 12 or all(
        abs(round(tick, each) - tick) < 1e-9 for tick in ticks
    ))  # fmt: skip


def _number(value: float, digits: int, words: Words) -> str:
    return NOT_KNOWN if math.isnan(value) else number(value, words.language, digits=digits)
