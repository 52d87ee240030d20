"""A picture with a row per line of a table: marks and bars on an axis, the numbers beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.plots.canvas import (
    GRID,
    INCH,
    INK,
    MAIN,
    OTHER,
    PAPER,
    SOFT,
    draw_line,
    look,
    plain,
    set_alternative,
    text_width,
    written,
)
from sampleaudit.plots.figure import new_axes
from sampleaudit.plots.heads import LINE, Entry, draw_head, head_height, title_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MarkKind = Literal["estimate", "known", "first", "above", "below", "chosen"]
SpanKind = Literal["interval", "wider", "bounds", "way"]
Sign = Literal[
    "estimate", "known", "first", "above", "below", "chosen", "interval", "wider", "bounds", "way",
    "estimate on interval",
]  # fmt: skip
"""What a key may explain: a mark, a span, or the two together."""

MARKS: Final[Mapping[MarkKind, Mapping[str, Any]]] = MappingProxyType(
    {
        "estimate": {"marker": "o", "ms": 6.5, "mfc": PAPER, "mec": MAIN, "mew": 2.0},
        "known": {"marker": "s", "ms": 7.0, "mfc": MAIN, "mec": MAIN, "mew": 1.0},
        "first": {"marker": "D", "ms": 5.5, "mfc": PAPER, "mec": SOFT, "mew": 1.3},
        "above": {"marker": "^", "ms": 8.0, "mfc": OTHER, "mec": PAPER, "mew": 0.8},
        "below": {"marker": "v", "ms": 8.0, "mfc": MAIN, "mec": PAPER, "mew": 0.8},
        "chosen": {"marker": "x", "ms": 6.5, "mfc": SOFT, "mec": SOFT, "mew": 1.8},
    }
)
SPANS: Final[Mapping[SpanKind, Mapping[str, Any]]] = MappingProxyType(
    {
        "interval": {"color": MAIN, "lw": 4.5, "solid_capstyle": "butt"},
        "wider": {"color": MAIN, "lw": 1.6, "solid_capstyle": "butt"},
        "bounds": {"color": SOFT, "lw": 1.3, "marker": "|", "ms": 9.0, "mew": 1.3},
        "way": {"color": SOFT, "lw": 1.3, "ls": (0, (2.5, 1.5))},
    }
)
_RULE: Final = {"color": INK, "lw": 1.2, "ls": (0, (4, 2))}
_ORDER: Final = {"bounds": 2.0, "way": 2.0, "wider": 2.2, "interval": 2.4}

_WIDTH: Final = 7.0  # inches: the text of an A4 page, less a little
_AXIS: Final = 2.6  # inches that the axis has at the least, by a wider picture if need be
_LABELS: Final = 2.4  # inches of a label before it is broken into two lines
_ROW: Final = 0.27  # inches
_MANY: Final = 30  # rows, from which on they stand closer and the axis is named above, too
_CLOSE: Final = 0.22  # inches
_GAP: Final = 0.16  # inches between columns
_EDGE: Final = 0.1  # inches to the edge of the paper
_HEADS: Final = 0.28  # inches for the heads of the columns


@dataclass(frozen=True, slots=True)
class Span:
    """A bar from ``low`` to ``high``, in the axis' unit."""

    low: float
    high: float
    kind: SpanKind = "interval"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at ``at``, in the axis' unit."""

    at: float
    kind: MarkKind = "estimate"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is called, what is drawn, and the numbers written beside it.

    A ``heading`` has a label only; ``strong`` sets the label in bold.
    """

    label: str
    cells: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    heading: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A vertical line at a value, with its text, beside the rows from ``first`` to ``last``."""

    at: float
    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chart:
    """All of a picture. ``ticks`` are the values that the axis names, with what it calls them.

    ``key`` says what marks and bars mean, ``alternative`` what the picture shows in words.
    """

    title: str
    rows: tuple[Row, ...]
    heads: tuple[str, ...]
    axis: str
    ticks: tuple[tuple[float, str], ...]
    key: tuple[tuple[Sign, str], ...]
    alternative: str
    rules: tuple[Rule, ...] = ()


def draw_chart(chart: Chart, ax: Axes | None) -> Axes:
    """Draw the chart, on a figure of its own if ``ax`` is None, and return its Axes."""
    with look():
        labels = [_broken(row) for row in chart.rows]
        many = len(chart.rows) >= _MANY
        heights = [(_CLOSE if many else _ROW) + LINE * label.count("\n") for label in labels]
        layout = _layout(chart, labels)
        if ax is None:
            top = _EDGE + head_height(_entries(chart), layout.width - 2 * _EDGE) + _HEADS
            bottom = 0.52  # the numbers of the axis and its name
            ax = new_axes(
                layout.width, top + sum(heights) + bottom, left=layout.left, right=layout.right,
                top=top, bottom=bottom,
            )  # fmt: skip
        places = _places(heights)
        ax.set_ylim(sum(heights), 0)
        _draw_axis(ax, chart)
        if many:
            ax.tick_params(axis="x", labeltop=True)
        for row, label, place in zip(chart.rows, labels, places, strict=True):
            _draw_row(ax, row, label, place, layout)
        _draw_rules(ax, chart, places, heights)
        _draw_heads(ax, chart, layout)
    set_alternative(ax, chart.alternative)
    return ax


@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths in inches: of the paper, the margins, and where each column of numbers ends."""

    width: float
    left: float
    right: float
    ends: tuple[float, ...]


def _layout(chart: Chart, labels: Sequence[str]) -> _Layout:
    widest = max(
        (
            text_width(line, bold=row.heading or row.strong)
            for row, label in zip(chart.rows, labels, strict=True)
            for line in label.split("\n")
            if not row.heading
        ),
        default=0.0,
    )
    left = _round_up(_EDGE + widest + 0.12)
    ends, right = [], 0.0
    for column, head in enumerate(chart.heads):
        cells = [row.cells[column] for row in chart.rows if row.cells]
        wide = max(map(text_width, (*cells, head)), default=0.0)
        right = _round_up(right + _GAP + wide)
        ends.append(right)
    right += _EDGE
    width = max(_WIDTH, left + _AXIS + right, _EDGE * 2 + title_width(chart.title))
    return _Layout(width, left, right, tuple(ends))


def _places(heights: Sequence[float]) -> list[float]:
    """Return the middle of each row, in inches from the top."""
    places, top = [], 0.0
    for height in heights:
        places.append(top + height / 2)
        top += height
    return places


def _draw_axis(ax: Axes, chart: Chart) -> None:
    values = [value for value, _ in chart.ticks]
    margin = 0.02 * (values[-1] - values[0])
    ax.set_xlim(values[0] - margin, values[-1] + margin)
    ax.set_xticks(values, [text for _, text in chart.ticks])
    ax.set_yticks([])
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.tick_params(axis="x", length=0, pad=4)
    ax.set_xlabel(chart.axis, labelpad=4)


def _draw_row(ax: Axes, row: Row, label: str, place: float, layout: _Layout) -> None:
    lines = label.split("\n")
    shift = -(len(lines) - 1) / 2 * LINE * INCH
    for number, line in enumerate(lines):
        down = -shift - number * LINE * INCH
        if row.heading:
            at, ha = -(layout.left - _EDGE) * INCH, "left"
        else:
            at, ha = -0.12 * INCH, "right"
        written(
            ax, line, (0, place), coordinates=("axes fraction", "data"), offset=(at, down), ha=ha,
            bold=row.heading or row.strong,
        )  # fmt: skip
    for end, cell in zip(layout.ends, row.cells, strict=False):
        written(
            ax, cell, (1, place), coordinates=("axes fraction", "data"), offset=(end * INCH, 0),
            ha="right",
        )  # fmt: skip
    for span in row.spans:
        if not math.isnan(span.low + span.high):
            ends = [span.low, span.high]
            draw_line(ax, ends, [place, place], SPANS[span.kind], zorder=_ORDER[span.kind])
    for mark in row.marks:
        if not math.isnan(mark.at):
            style = {"ls": "none", "clip_on": False, **MARKS[mark.kind]}
            draw_line(ax, [mark.at], [place], style, zorder=3)


def _draw_rules(ax: Axes, chart: Chart, places: Sequence[float], heights: Sequence[float]) -> None:
    for rule in chart.rules:
        top = places[rule.first] - heights[rule.first] / 2
        bottom = places[rule.last] + heights[rule.last] / 2
        draw_line(ax, [rule.at, rule.at], [top, bottom], _RULE, zorder=1.5)
        written(
            ax, rule.text, (rule.at, top), coordinates="data", offset=(0, 2), ha="center",
            va="bottom", colour=INK,
        )  # fmt: skip


def _draw_heads(ax: Axes, chart: Chart, layout: _Layout) -> None:
    """Write title, key and the heads of the columns above the rows."""
    for end, head in zip(layout.ends, chart.heads, strict=True):
        written(
            ax, head, (1, 1), coordinates=("axes fraction", "axes fraction"),
            offset=(end * INCH, 4.0), ha="right", va="bottom", colour=SOFT,
        )  # fmt: skip
    draw_head(
        ax, chart.title, _entries(chart), left=layout.left - _EDGE, up=_HEADS,
        width=layout.width - 2 * _EDGE,
    )  # fmt: skip


def _entries(chart: Chart) -> list[Entry]:
    """Return the key with the looks of its signs."""
    entries = []
    for sign, text in chart.key:
        if sign == "estimate on interval":
            entries.append(Entry(SPANS["interval"], {"ls": "none", **MARKS["estimate"]}, text))
        elif sign in MARKS:
            entries.append(Entry({}, {"ls": "none", **MARKS[sign]}, text))  # type: ignore[index]
        else:
            entries.append(Entry(SPANS[sign], {}, text))  # type: ignore[index]
    return entries


def _broken(row: Row) -> str:
    """Return the label on one line, or on two or three where it is long."""
    text = plain(row.label)
    bold = row.heading or row.strong
    if row.heading or text_width(text, bold=bold) <= _LABELS:
        return text
    lines, words = [""], text.split()
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, bold=bold) <= _LABELS or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    shown = [_cut(line, bold) for line in lines[:3]]
    if len(lines) > len(shown):
        shown[-1] = _cut(f"{shown[-1]} \u2026", bold)
    return "\n".join(shown)


def _cut(line: str, bold: bool) -> str:  # noqa: FBT001 -- private, and it is a typeface
    """Return a line that fits, cut where a single word does not."""
    if text_width(line, bold=bold) <= _LABELS:
        return line
    while line and text_width(f"{line}\u2026", bold=bold) > _LABELS:
        line = line[:-1]
    return f"{line}\u2026"


def _round_up(inches: float) -> float:
    """Return a multiple of a twentieth of an inch: sizes that do not hang on a pixel."""
    return math.ceil(20 * inches - 1e-9) / 20


def nice_ticks(low: float, high: float, *, fewest: int = 4) -> list[float]:
    """Return round values, 1, 2, 2.5 or 5 times a power of ten apart, that hold low and high.

    >>> nice_ticks(0, 0.27)
    [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
    """
    spread = max(high - low, 1e-9)
    size = 10.0 ** math.floor(math.log10(spread / fewest))
    steps = [size * factor for factor in (1, 2, 2.5, 5, 10)]
    step = max((each for each in steps if _count(low, high, each) > fewest), default=steps[0])
    first = math.floor(low / step + 1e-9)
    count = _count(low, high, step)
    ticks = [round((first + place) * step, 12) + 0.0 for place in range(count)]
    assert all(a < b for a, b in pairwise(ticks))  # noqa: S101 -- a fault here, if ever
    return ticks


def _count(low: float, high: float, step: float) -> int:
    return math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) + 1
