"""Pictures of comparisons: differences with their intervals, and rates before and after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from sampleaudit.comparison.table import Compared, Comparison
from sampleaudit.errors import AuditError, one_of
from sampleaudit.plots.rates import ORDERS, Order, share_ticks
from sampleaudit.plots.rows import (
    Chart,
    Mark,
    MarkKind,
    Row,
    Rule,
    Sign,
    Span,
    draw_chart,
    nice_ticks,
)
from sampleaudit.plots.words import Words
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Show = Literal["differences", "rates"]
SHOWN: Final = ("differences", "rates")


def plot_comparison(
    comparison: Comparison,
    *,
    ax: Axes | None = None,
    show: Show = "differences",
    order: Order = "register",
    language: Language = "en",
) -> Axes:
    """Draw each difference with its interval, or both rates of each row; return the Axes.

    Differences are in percentage points; a triangle says that the comparison's own test, adjusted
    as the table is, shows the rate to be higher or lower. ``show="rates"`` draws both rates and the
    way from one to the other, before and after for instance, with the difference and its interval
    written beside them. ``order="rate"`` puts the largest difference first. Raises `AuditError` for
    an empty table.
    """
    one_of("show", show, SHOWN)
    one_of("order", order, ORDERS)
    if not comparison.rows:
        raise AuditError("The comparison has no rows, so there is nothing to draw.")
    words = Words(language)
    rows, said = _rows(comparison, show, order, words)
    level = words.level(max(row.level for row in comparison.rows))
    title = _title(comparison, show, words)
    values = [
        value
        for row in comparison.rows
        for value in (
            (row.difference, row.difference_low, row.difference_high)
            if show == "differences"
            else (row.rate, row.rate_other)
        )
        if not math.isnan(value)
    ]
    ticks = share_ticks(values, words)
    rules: tuple[Rule, ...] = ()
    if show == "differences":
        points = nice_ticks(min([*values, -0.01]), max([*values, 0.01]))
        ticks = tuple(zip(points, words.ticks(points, points=True), strict=True))
        rules = (Rule(0.0, words.text["no difference"], 0, len(rows) - 1),)
    chart = Chart(
        title=title,
        rows=tuple(rows),
        heads=(
            words.text[f"found {comparison.against}"],
            words.text["points and level"].format(level=level),
        ),
        axis=words.text["points axis" if show == "differences" else "share axis"],
        ticks=ticks,
        key=_key(comparison, show, level, words),
        alternative=words.said(title, said, key="difference"),
        rules=rules,
    )
    return draw_chart(chart, ax)


def _rows(
    comparison: Comparison, show: Show, order: Order, words: Words
) -> tuple[list[Row], list[tuple[str, str, str, float]]]:
    rows: list[Row] = []
    said: list[tuple[str, str, str, float]] = []
    indicators = list(dict.fromkeys(row.indicator for row in comparison.rows))
    grouped = bool(comparison.by) and len(indicators) > 1
    for indicator in indicators:
        own = [row for row in comparison.rows if row.indicator == indicator]
        if order == "rate":
            own.sort(key=lambda row: _last(row.difference))
        name = words.capital(words.name(indicator))
        if grouped:
            rows.append(Row(name, heading=True))
        for row in own:
            label = _label(row, comparison, words) or name
            first = words.found(row.errors, row.applicable)
            second = words.found(row.errors_other, row.applicable_other)
            if comparison.against == "before":
                first, second = second, first
            found = words.text["found pair"].format(found=first, other=second)
            value = words.span(
                words.points(row.difference), words.points(row.difference_low),
                words.points(row.difference_high),
            )  # fmt: skip
            rows.append(_row(row, show, label, found, value))
            full = f"{words.name(indicator)}, {label}" if grouped else label
            said.append((full, found, value, row.difference))
    return rows, said


def _row(row: Compared, show: Show, label: str, found: str, value: str) -> Row:
    if show == "rates":
        way = (Span(row.rate_other, row.rate, "way"),)
        marks = (Mark(row.rate_other, "first"), Mark(row.rate, _shown(row)))
        return Row(label, (found, value), way, marks)
    spans = (Span(row.difference_low, row.difference_high),)
    return Row(label, (found, value), spans, (Mark(row.difference, _shown(row)),))


def _shown(row: Compared) -> MarkKind:
    """Return the mark that says what the test shows."""
    if math.isnan(row.p_adjusted) or row.p_adjusted >= 1 - row.level:
        return "estimate"
    return "above" if row.difference > 0 else "below"


def _label(row: Compared, comparison: Comparison, words: Words) -> str:
    one, other = " / ".join(row.labels), " / ".join(row.labels_other)
    if comparison.against == "each other":
        return f"{one} \u2212 {other}"
    return words.text["all"] if one and set(row.labels) == {"all"} else one


def _title(comparison: Comparison, show: Show, words: Words) -> str:
    by = words.by(comparison.by)
    if comparison.against == "before":
        title = words.text["title periods" if show == "rates" else "title differences before"]
    else:
        key = {"the rest": "rest", "each other": "pairs", "reference": "reference"}
        other = " / ".join(comparison.rows[0].labels_other)
        title = words.text[f"title differences {key[comparison.against]}"]
        title = words.text["title both"] if show == "rates" else title
        title = title.format(by=by, other=other)
    indicators = {row.indicator for row in comparison.rows}
    if comparison.by and len(indicators) == 1:
        return f"{words.capital(words.name(indicators.pop()))}: {title[:1].lower()}{title[1:]}"
    return title


def _key(
    comparison: Comparison, show: Show, level: str, words: Words
) -> tuple[tuple[Sign, str], ...]:
    kinds = {_shown(row) for row in comparison.rows}
    key: list[tuple[Sign, str]] = []
    if show == "rates":
        before = comparison.against == "before"
        key += [("first", words.text[f"key {comparison.against}"])]
        key += [("estimate", words.text["key after" if before else "key own"])]
    else:
        key += [("estimate on interval", words.text["key interval"].format(level=level))]
    key += [("above", words.text["key higher"])] * ("above" in kinds)
    key += [("below", words.text["key lower than"])] * ("below" in kinds)
    return tuple(key)


def _last(value: float) -> float:
    """Return what sorts the largest first, and what is not known last."""
    return math.inf if math.isnan(value) else -value
