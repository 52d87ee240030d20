"""Pictures of two rates of each domain: its own, and what becomes of it beside the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sampleaudit.comparison.pooling import PooledRates
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.errors import one_of
from sampleaudit.plots.rates import ORDERS, Order, share_ticks
from sampleaudit.plots.rows import Chart, Mark, Row, Sign, Span, draw_chart
from sampleaudit.plots.words import Words, one_indicator
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_pooled(
    pooled: PooledRates,
    *,
    ax: Axes | None = None,
    order: Order = "register",
    language: Language = "en",
) -> Axes:
    """Draw each domain's own rate and its pooled rate with its interval; return the Axes.

    The line between the two marks is what pooling did. ``order="rate"`` puts the highest pooled
    rate first. Raises `AuditError` unless there is exactly one indicator.
    """
    one_indicator([row.indicator for row in pooled.rows], "picture")
    known = [
        _Two(row.labels, row.errors, row.applicable, row.raw_rate, row.rate, row.rate_low,
             row.rate_high, row.level, row.rate_low == row.rate_high)
        for row in pooled.rows
    ]  # fmt: skip
    return _draw(known, pooled.rows[0].indicator, pooled.by, "pooled", ax, order, Words(language))


def plot_standardised(
    standardised: Standardised,
    *,
    ax: Axes | None = None,
    order: Order = "register",
    language: Language = "en",
) -> Axes:
    """Draw each domain's rate as it is, and its standardised rate with its interval.

    ``order="rate"`` puts the highest standardised rate first. Raises `AuditError` unless there is
    exactly one indicator.
    """
    one_indicator([row.indicator for row in standardised.rows], "picture")
    known = [
        _Two(row.labels, row.errors, row.applicable, row.crude_rate, row.rate, row.rate_low,
             row.rate_high, row.level, known=False)
        for row in standardised.rows
    ]  # fmt: skip
    return _draw(
        known, standardised.rows[0].indicator, standardised.by, "standardised", ax, order,
        Words(language),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Two:
    """A domain with two rates, shares of 1; the second has limits unless it is ``known``."""

    labels: tuple[str, ...]
    errors: int
    applicable: int
    own: float
    rate: float
    low: float
    high: float
    level: float
    known: bool


def _draw(
    found: Sequence[_Two],
    indicator: str,
    by: Sequence[str],
    what: str,
    ax: Axes | None,
    order: Order,
    words: Words,
) -> Axes:
    one_of("order", order, ORDERS)
    if order == "rate":
        found = sorted(found, key=lambda row: math.inf if math.isnan(row.rate) else -row.rate)
    level = words.level(max(row.level for row in found))
    title = words.text[f"title {what}"].format(
        indicator=words.capital(words.name(indicator)), by=words.by(by)
    )
    rows, said = [], []
    for row in found:
        label, counted = " / ".join(row.labels), words.found(row.errors, row.applicable)
        low, high = words.share(row.low), words.share(row.high)
        rate = words.share(row.rate)
        value = rate if row.known else words.span(rate, low, high)
        rows.append(
            Row(
                label,
                (counted, words.share(row.own), value),
                (Span(row.own, row.rate, "way"), *([] if row.known else [Span(row.low, row.high)])),
                (Mark(row.own, "first"), Mark(row.rate, "known" if row.known else "estimate")),
            )
        )
        said.append((label, counted, value, row.rate))
    first, second = ("own", "pooled") if what == "pooled" else ("crude", "standardised")
    key: list[tuple[Sign, str]] = [
        ("first", words.text[f"key {first}"]),
        ("estimate on interval", words.text[f"key {second}"].format(level=level)),
    ]
    key += [("known", words.text["key known"])] * any(row.known for row in found)
    chart = Chart(
        title=title,
        rows=tuple(rows),
        heads=(
            words.text["found"],
            words.text[f"key {first}"],
            words.text[what].format(level=level),
        ),
        axis=words.text["share axis"],
        ticks=share_ticks([v for row in found for v in (row.own, row.rate, row.high)], words),
        key=tuple(key),
        alternative=words.said(title, said),
    )
    return draw_chart(chart, ax)
