"""Interval pictures of rates: by indicator, by domain, with missing files, against a tolerable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.table import ALL, Estimate, Estimates
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
from sampleaudit.plots.words import NOT_KNOWN, Words
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sampleaudit.comparison.verdict import Verdict

Order = Literal["register", "rate"]
Bounds = Literal["interval", "missing files"]
ORDERS: Final = ("register", "rate")
BOUNDS: Final = ("interval", "missing files")
_JUDGED: Final[Mapping[str, MarkKind]] = {
    "above": "above", "below": "below", "cannot tell": "estimate",
}  # fmt: skip


def plot_rates(
    rates: Estimates,
    *,
    ax: Axes | None = None,
    order: Order = "register",
    bounds: Bounds = "interval",
    language: Language = "en",
) -> Axes:
    """Draw each rate with its interval, its counts and its numbers; return the Axes.

    Rows stand in the order of the table (that of the register), or by ``order="rate"`` the highest
    first. Where the table has domains and the whole caseload, the caseload is a line.
    ``bounds="missing files"`` adds how far the limits move if all missing files were correct, or
    all errors. Several levels of a row are a thick and a thin bar. Raises `AuditError` for an empty
    table or an unknown order.
    """
    one_of("order", order, ORDERS)
    one_of("bounds", bounds, BOUNDS)
    words = Words(language)
    _refuse_empty(rates)
    shown = _Shown(rates, words, bounds)
    rows, rules, said = shown.rows(order)
    title = shown.title
    key = shown.key()
    values = [row.rate for row in rates.rows] + [
        value for row in rates.rows for value in shown.ends(row)
    ]
    chart = Chart(
        title=title,
        rows=tuple(rows),
        heads=(words.text["found"], shown.head),
        axis=words.text["share axis"],
        ticks=share_ticks(values, words),
        key=key,
        alternative=words.said(title, said),
        rules=tuple(rules),
    )
    return draw_chart(chart, ax)


def plot_verdict(
    judged: Verdict, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
) -> Axes:
    """Draw each rate with its interval and the tolerable rate as a line; return the Axes.

    Marks say by their shape whether a rate is above the tolerable one, not above it, or cannot be
    told.
    """
    one_of("order", order, ORDERS)
    words = Words(language)
    rates = Estimates(judged.by, tuple(row.estimate for row in judged.rows))
    _refuse_empty(rates)
    judgement = {id(row.estimate): row.judgement for row in judged.rows}
    shown = _Shown(rates, words, "interval", {id_: _JUDGED[j] for id_, j in judgement.items()})
    rows, _, said = shown.rows(order)
    tolerable = words.share(judged.tolerable)
    title = words.text["title verdict"].format(tolerable=tolerable)
    found = [_JUDGED[row.judgement] for row in judged.rows]
    signs: list[tuple[MarkKind, str]] = [
        ("above", words.text["key above"]), ("below", words.text["key below"]),
        ("estimate", words.text["key cannot tell"]),
    ]  # fmt: skip
    values = [judged.tolerable, *(v for r in rates.rows for v in (r.rate, *shown.ends(r)))]
    chart = Chart(
        title=title,
        rows=tuple(rows),
        heads=(words.text["found"], shown.head),
        axis=words.text["share axis"],
        ticks=share_ticks(values, words),
        key=tuple(sign for sign in signs if sign[0] in found),
        alternative=words.said(title, said),
        rules=(
            Rule(
                judged.tolerable, words.text["tolerable"].format(rate=tolerable), 0, len(rows) - 1
            ),
        ),
    )
    return draw_chart(chart, ax)


def share_ticks(values: Sequence[float], words: Words) -> tuple[tuple[float, str], ...]:
    """Return the ticks of an axis of rates: from 0 to just above the highest value."""
    known = [value for value in values if not math.isnan(value)]
    ticks = nice_ticks(0.0, min(max([*known, 0.01]), 1.0))
    return tuple(zip(ticks, words.ticks(ticks), strict=True))


class _Shown:
    """How a table of rates becomes rows of a picture."""

    __slots__ = ("bounds", "grouped", "kinds", "rates", "words")

    def __init__(
        self,
        rates: Estimates,
        words: Words,
        bounds: Bounds,
        kinds: Mapping[int, MarkKind] | None = None,
    ) -> None:
        self.rates: Final = rates
        self.words: Final = words
        self.bounds: Final = bounds
        self.kinds: Final = kinds
        several = len({row.indicator for row in rates.rows}) > 1
        self.grouped: Final = bool(rates.by) and several

    @property
    def title(self) -> str:
        words, rates = self.words, self.rates
        if self.bounds == "missing files":
            return words.text["title bounds"]
        if not rates.by:
            return words.text["title rates"]
        by = words.by(rates.by)
        if self.grouped:
            return words.text["title rates by"].format(by=by)
        indicator = words.capital(words.name(rates.rows[0].indicator))
        return words.text["title one by"].format(indicator=indicator, by=by)

    @property
    def head(self) -> str:
        words, first = self.words, self.rates.rows[0]
        if self.bounds == "missing files":
            key = "rate and bounds"
        else:
            key = "rate and level" if first.side == "both" else f"rate and limit {first.side}"
        return words.text[key].format(level=words.level(max(row.level for row in self.rates.rows)))

    def key(self) -> tuple[tuple[Sign, str], ...]:
        """Return the signs that occur, and what they mean."""
        words, rows = self.words, self.rates.rows
        levels = sorted({row.level for row in rows})
        key: list[tuple[Sign, str]] = []
        if any(not row.census and row.extrapolates for row in rows):
            name = "key interval" if rows[0].side == "both" else f"key {rows[0].side}"
            low, *higher = map(words.level, levels)
            key.append(("estimate on interval", words.text[name].format(level=low)))
            key += [("wider", words.text["key wider"].format(level=level)) for level in higher]
        if any(row.census for row in rows):
            key.append(("known", words.text["key known"]))
        if any(not row.extrapolates for row in rows):
            key.append(("chosen", words.text["key chosen"]))
        if self.bounds == "missing files" and any(row.missing for row in rows):
            key.append(("bounds", words.text["key bounds"]))
        return tuple(key)

    def rows(self, order: Order) -> tuple[list[Row], list[Rule], list[tuple[str, str, str, float]]]:
        """Return the rows, the lines of the whole caseload, and every row in words."""
        rows: list[Row] = []
        rules: list[Rule] = []
        said: list[tuple[str, str, str, float]] = []
        for indicator in dict.fromkeys(row.indicator for row in self.rates.rows):
            own = [row for row in self.rates.rows if row.indicator == indicator]
            if self.grouped:
                rows.append(Row(self.words.capital(self.words.name(indicator)), heading=True))
            first = len(rows)
            for lines in self._in_order(own, order):
                rows.append(self._row(lines))
                line = lines[-1]
                label = self._label(line)
                name = f"{self.words.name(indicator)}, {label}" if self.grouped else label
                said.append((name, self.words.found(line.errors, line.applicable),
                             self._value(line), line.rate))  # fmt: skip
            overall = next((row for row in own if _is_all(row) and not math.isnan(row.rate)), None)
            if overall is not None and len(rows) - first > 1:
                rules.append(Rule(overall.rate, "", first, len(rows) - 1))  # its row names it
        if not self.grouped and not self.rates.by and order == "rate":
            rows.sort(key=lambda row: -_at(row))
        return rows, rules, said

    def ends(self, row: Estimate) -> tuple[float, float]:
        """Return the limits that are drawn and written."""
        low, high = row.limits.rate_low, row.limits.rate_high
        if self.bounds == "missing files" and row.missing:
            low, high = row.missing_low, row.missing_high
        return low, high

    def _in_order(self, own: Sequence[Estimate], order: Order) -> list[list[Estimate]]:
        """Return the domains of one indicator, each with its levels from low to high."""
        domains: dict[tuple[str, ...], list[Estimate]] = {}
        for row in own:
            domains.setdefault(row.labels, []).append(row)
        found = [sorted(lines, key=lambda row: row.level) for lines in domains.values()]
        if order == "rate":
            found.sort(key=lambda lines: math.inf if math.isnan(lines[0].rate) else -lines[0].rate)
        found.sort(key=lambda lines: not _is_all(lines[0]))
        return found

    def _row(self, lines: Sequence[Estimate]) -> Row:
        last = lines[-1]
        spans: list[Span] = []
        if self.bounds == "missing files" and last.missing:
            spans.append(Span(last.missing_low, last.missing_high, "bounds"))
        if not last.census:
            spans += [
                Span(*_bar(row), "interval" if k == 0 else "wider") for k, row in enumerate(lines)
            ]
        kind: MarkKind = "estimate"
        if self.kinds is not None:
            kind = self.kinds[id(last)]
        elif last.census:
            kind = "known"
        elif not last.extrapolates:
            kind = "chosen"
        rate = last.rate
        if not last.extrapolates and last.applicable:
            rate = last.errors / last.applicable  # of the cases read, and drawn as such
        return Row(
            label=self._label(last),
            cells=(self.words.found(last.errors, last.applicable), self._value(last)),
            spans=tuple(spans),
            marks=(Mark(rate, kind),),
            strong=_is_all(last),
        )

    def _label(self, row: Estimate) -> str:
        if not self.rates.by:
            return self.words.capital(self.words.name(row.indicator))
        return self.words.text["all"] if _is_all(row) else " / ".join(row.labels)

    def _value(self, row: Estimate) -> str:
        if math.isnan(row.rate) and row.extrapolates:
            return self.words.text["none"] if row.applicable == 0 else NOT_KNOWN
        if not row.extrapolates:
            return NOT_KNOWN
        value = self.words.share(row.rate)
        if row.census and self.ends(row)[0] == self.ends(row)[1]:
            return value
        low, high = (self.words.share(limit) for limit in self.ends(row))
        return self.words.span(value, low, high, row.side)


def _bar(row: Estimate) -> tuple[float, float]:
    """Return where a row's bar begins and ends: a one-sided limit has a bar on its side only."""
    low, high = row.limits.rate_low, row.limits.rate_high
    if row.side == "both":
        return low, high
    return (row.rate, high) if row.side == "upper" else (low, row.rate)


def _is_all(row: Estimate) -> bool:
    return bool(row.labels) and set(row.labels) == {ALL}


def _at(row: Row) -> float:
    """Return where a row's mark stands, for sorting; what is not known comes last."""
    at = row.marks[0].at if row.marks else math.nan
    return -math.inf if math.isnan(at) else at


def _refuse_empty(rates: Estimates) -> None:
    if not rates.rows:
        raise AuditError("The table has no rows, so there is nothing to draw.")
