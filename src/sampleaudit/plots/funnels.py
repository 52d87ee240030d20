"""Funnel: the rate of each domain over how much its cases tell, with the limits of chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.comparison.funnel import Funnel, FunnelRow
from sampleaudit.plots.canvas import (
    GRID,
    INCH,
    INK,
    MAIN,
    OTHER,
    PAPER,
    SOFT,
    figure_of,
    look,
    set_alternative,
)
from sampleaudit.plots.figure import new_axes
from sampleaudit.plots.heads import Entry, draw_head, head_height
from sampleaudit.plots.labels import Point, write_labels
from sampleaudit.plots.rates import share_ticks
from sampleaudit.plots.rows import nice_ticks
from sampleaudit.plots.words import Words, one_indicator
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH: Final = 7.0  # inches
_HEIGHT: Final = 3.9  # inches of the axes
_LEFT: Final = 0.75
_NAMED: Final = 14  # domains outside that are named; of more, those farthest out
_APART: Final = 6.0  # points between dots of the same place
_SAME: Final = 0.02  # effective cases this near to those counted are called the cases that count
_SPREAD: Final = 8.0  # times; effective cases that differ more stand on a logarithmic axis
_MARKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "inside": {"marker": "o", "ms": 5.0, "mfc": PAPER, "mec": MAIN, "mew": 1.2},
        "above": {"marker": "^", "ms": 7.5, "mfc": OTHER, "mec": PAPER, "mew": 0.6},
        "below": {"marker": "v", "ms": 7.5, "mfc": MAIN, "mec": PAPER, "mew": 0.6},
        "known": {"marker": "s", "ms": 5.5, "mfc": SOFT, "mec": SOFT, "mew": 1.0},
    }
)
_TARGET: Final = {"color": INK, "lw": 1.2}
_LIMITS: Final = {
    "95": {"color": SOFT, "lw": 1.2, "ls": (0, (5, 2))},
    "998": {"color": SOFT, "lw": 1.2, "ls": (0, (1, 1.5))},
}


def plot_funnel(funnel: Funnel, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw each domain's rate over how much its cases tell, with the limits; return the Axes.

    The horizontal axis counts independent cases that would tell as much as those read: p (1 - p)
    over the variance that chance alone gives the domain's rate. It is the number of cases that
    count where these are drawn from many. Each domain has limits of its own, which the lines join.
    Domains outside are named, with their counts. Raises `AuditError` unless there is exactly one
    indicator.
    """
    indicator = one_indicator([row.indicator for row in funnel.rows], "funnel")
    words = Words(language)
    dots = [_Dot.of(row) for row in funnel.rows if not math.isnan(row.rate)]
    title = words.text["title funnel"].format(
        indicator=words.capital(words.name(indicator)), by=words.by(funnel.by)
    )
    with look():
        entries = _entries(dots, words)
        if ax is None:
            head = head_height(entries, _WIDTH - 0.2)
            ax = new_axes(
                _WIDTH, _HEIGHT + head + 0.75, left=_LEFT, right=0.2, top=head + 0.2, bottom=0.55
            )
        _draw_axes(ax, dots, words)
        _draw_limits(ax, dots)
        _draw_dots(ax, dots, words)
        draw_head(ax, title, entries, left=_LEFT - 0.1, up=0.1, width=_WIDTH - 0.2)
    set_alternative(ax, f"{title}. {_said(dots, words)}")
    return ax


@dataclass(frozen=True, slots=True)
class _Dot:
    """A domain's place: ``cases`` is its effective number, inf where it is known and no chance."""

    row: FunnelRow
    cases: float
    kind: str

    @classmethod
    def of(cls, row: FunnelRow) -> _Dot:
        distance = row.rate - row.target
        if math.isnan(row.score):
            return cls(row, math.inf, "known")
        if row.score and distance:
            cases = row.target * (1 - row.target) * (row.score / distance) ** 2
        else:  # the rate is the target itself, which says nothing of its spread
            part = (row.population - row.reviewed) / max(row.population - 1, 1)
            cases = row.applicable / part if row.question == "register" else row.applicable
        return cls(row, float(cases), row.outside.split(" ")[0] or "inside")

    @property
    def name(self) -> str:
        return " / ".join(self.row.labels)


def _entries(dots: Sequence[_Dot], words: Words) -> list[Entry]:
    target = words.share(dots[0].row.target) if dots else ""
    entries = [Entry(_TARGET, {}, words.text["all, rate"].format(rate=target))]
    for limit, held in (("95", 0.95), ("998", 0.998)):
        text = words.text["funnel limits"].format(level=words.level(held))
        entries.append(Entry(_LIMITS[limit], {}, text))
    level = words.level(0.95)
    kinds = {dot.kind for dot in dots}
    for kind in ("above", "below", "known"):
        if kind in kinds:
            text = words.text[f"funnel {kind}"].format(level=level)
            entries.append(Entry({}, {"ls": "none", **_MARKS[kind]}, text))
    return entries


def _draw_axes(ax: Axes, dots: Sequence[_Dot], words: Words) -> None:
    rates = [v for dot in dots for v in (dot.row.rate, dot.row.high_998, dot.row.target)]
    ticks = share_ticks(rates, words)
    ax.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    ax.set_ylim(-0.02 * ticks[-1][0], 1.02 * ticks[-1][0])
    ax.set_ylabel(words.text["share axis"])
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.spines[["right", "top"]].set_visible(False)
    ax.tick_params(length=0, pad=4)
    cases = _cases(dots)
    least, most = min(cases), max(cases)
    counted = all(
        abs(dot.cases - dot.row.applicable) <= _SAME * dot.row.applicable
        for dot in dots
        if dot.kind != "known"
    )
    ax.set_xlabel(words.text["funnel axis" if counted else "funnel axis effective"])
    if most > _SPREAD * least:
        from matplotlib.ticker import NullFormatter, NullLocator

        ax.set_xscale("log")
        low, high = least / 1.25, most * 1.25
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
        values = [m * 10**e for e in range(7) for m in (1, 2, 5) if low <= m * 10**e <= high]
    elif most - least < 1e-6 * most:  # all in the middle
        low, high, values = 0.0, 2 * most, [0.0, round(most, 6)]
    else:
        values = nice_ticks(0, 1.02 * most)
        low, high = values[0], values[-1]
        values = [value for value in values if value == int(value)]
    ax.set_xlim(low, high)
    ax.set_xticks(values, [words.count(value) for value in values])


def _cases(dots: Sequence[_Dot]) -> list[float]:
    """Return the effective cases of all dots; what is known stands beyond the others."""
    chance = [dot.cases for dot in dots if dot.kind != "known"] or [1.0]
    beyond = 1.15 * max(chance)
    return [min(dot.cases, beyond) for dot in dots] or [1.0]


def _draw_limits(ax: Axes, dots: Sequence[_Dot]) -> None:
    low, high = ax.get_xlim()
    if dots:
        target = dots[0].row.target
        ax.plot([low, high], [target, target], zorder=1.5, **_TARGET)  # type: ignore[arg-type]
    at = sorted((dot for dot in dots if dot.kind != "known"), key=lambda dot: dot.cases)
    if not at:
        return
    cases = [dot.cases for dot in at]
    if cases[-1] - cases[0] < 1e-6 * cases[-1]:  # one line across, not a point
        at, cases = [at[0], at[0]], [low, high]
    for limit, style in _LIMITS.items():
        for end in ("low", "high"):
            values = [getattr(dot.row, f"{end}_{limit}") for dot in at]
            ax.plot(cases, values, zorder=1.4, **style)  # type: ignore[arg-type]


def _draw_dots(ax: Axes, dots: Sequence[_Dot], words: Words) -> None:
    places = _beside_each_other(ax, dots)
    points = []
    for dot, (x, y) in zip(dots, places, strict=True):
        style = _MARKS[dot.kind]
        ax.plot([x], [y], ls="none", clip_on=False, zorder=3 + (dot.kind != "inside"), **style)
        points.append(Point(x, y, ""))
    outside = [k for k, dot in enumerate(dots) if dot.row.outside]
    outside.sort(key=lambda k: -abs(dots[k].row.score) if not math.isnan(dots[k].row.score) else 0)
    for k in outside[:_NAMED]:
        row = dots[k].row
        text = f"{dots[k].name}, {words.found(row.errors, row.applicable)}"
        points[k] = Point(points[k].x, points[k].y, text)
    write_labels(ax, points)


def _beside_each_other(ax: Axes, dots: Sequence[_Dot]) -> list[tuple[float, float]]:
    """Return where the dots stand; those of the same place stand side by side around it."""
    figure = figure_of(ax)
    apart = _APART * figure.dpi / INCH
    same: dict[tuple[float, float], list[int]] = {}
    for k, (dot, cases) in enumerate(zip(dots, _cases(dots), strict=True)):
        same.setdefault((round(cases, 6), round(dot.row.rate, 9)), []).append(k)
    places = [(0.0, 0.0)] * len(dots)
    for (cases, _), members in same.items():
        for number, k in enumerate(sorted(members, key=lambda k: dots[k].name)):
            x, y = ax.transData.transform((cases, dots[k].row.rate))
            aside = x + (number - (len(members) - 1) / 2) * apart
            places[k] = (float(ax.transData.inverted().transform((aside, y))[0]), dots[k].row.rate)
    return places


def _said(dots: Sequence[_Dot], words: Words) -> str:
    outside = sorted(
        (dot for dot in dots if dot.row.outside), key=lambda dot: -abs(dot.row.score or 0)
    )
    level = words.level(0.95)
    if outside:
        names = [
            f"{dot.name} ({words.share(dot.row.rate)}, "
            f"{words.found(dot.row.errors, dot.row.applicable)})"
            for dot in outside[:_NAMED]
        ]
        if len(outside) > _NAMED:
            names.append(words.text["and more"].format(count=words.count(len(outside) - _NAMED)))
        told = words.text["said outside"].format(level=level, names=", ".join(names))
    else:
        told = words.text["said none outside"].format(level=level)
    target = words.share(dots[0].row.target) if dots else "\u2013"
    return words.text["said funnel"].format(
        count=words.count(len(dots)), target=target, outside=told
    )
