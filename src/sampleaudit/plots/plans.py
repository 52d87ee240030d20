"""Pictures for planning: what a sample of each size would tell, and what a plan decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.errors import AuditError
from sampleaudit.planning.operating import OperatingCharacteristic
from sampleaudit.planning.tradeoff import Expected, TradeOff
from sampleaudit.plots.canvas import (
    GRID,
    INK,
    MAIN,
    OTHER,
    PAPER,
    SOFT,
    look,
    set_alternative,
    text_width,
    written,
)
from sampleaudit.plots.figure import new_axes
from sampleaudit.plots.heads import Entry, draw_head, head_height
from sampleaudit.plots.rows import nice_ticks
from sampleaudit.plots.words import Words
from sampleaudit.wording import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH: Final = 7.0  # inches
_HEIGHT: Final = 3.4  # inches of the axes
_LEFT: Final = 0.75
_INSIDE: Final = _WIDTH - _LEFT - 0.25  # inches from 0 to the end of the axis
_MOST: Final = 12  # lines in one picture; more cannot be told apart
_LOOKS: Final = tuple(
    {"color": colour, "ls": dashes, "marker": marker, "ms": 5.0, "mfc": PAPER, "mec": colour}
    for dashes, marker in (("-", "o"), ((0, (5, 2)), "s"), ((0, (1, 1.5)), "^"), ("-", "D"))
    for colour in (MAIN, OTHER, SOFT)
)
"""Lines differ by colour, dashes and mark, so that they do in grey as well."""


def plot_trade_off(
    trade_off: TradeOff, *, ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw the expected half width over the cases to be read, a line per rate; return the Axes.

    The size chosen is a vertical line. Raises `AuditError` for more than twelve lines.
    """
    words = Words(language)
    lines: dict[tuple[str | None, tuple[str, ...]], list[Expected]] = {}
    for row in trade_off.rows:
        lines.setdefault((row.indicator, row.labels), []).append(row)
    refuse_many_lines(len(lines), "trade_off")
    drawn = {
        _name(key, words): [(float(row.size), row.half_width) for row in rows]
        for key, rows in lines.items()
    }
    across = Across("size axis", trade_off.chosen)
    return width_lines(drawn, across, words.text["title trade-off"], words, ax=ax)


@dataclass(frozen=True, slots=True)
class Across:
    """What lies along the axis below: its name, the value marked, and names of its ticks if any."""

    name: str
    marked: int | None = None
    ticks: Mapping[float, str] | None = None


def width_lines(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    across: Across,
    title: str,
    words: Words,
    *,
    ax: Axes | None,
) -> Axes:
    """Draw expected half widths, a named line of (where, half width) each; return the Axes."""
    with look():
        entries = _entries(across.marked, words)
        right = 0.25 + max(map(text_width, lines))
        if ax is None:
            head = head_height(entries, _WIDTH - 0.2)
            below = 0.55 + 0.2 * (across.ticks is not None)
            ax = new_axes(
                _WIDTH,
                _HEIGHT + head + 0.25 + below,
                left=_LEFT,
                right=right,
                top=head + 0.25,
                bottom=below,
            )
        most = max(width for line in lines.values() for _, width in line)
        _frame(ax, words, most, across, [where for line in lines.values() for where, _ in line])
        if across.marked is not None:
            ax.axvline(across.marked, color=INK, lw=1.2, ls=(0, (4, 2)), zorder=1.5)
        ends = _apart([line[-1][1] for line in lines.values()], ax)
        for (name, line), end, style in zip(lines.items(), ends, _LOOKS, strict=False):
            places, widths = zip(*line, strict=True)
            ax.plot(places, widths, lw=1.6, clip_on=False, **_typed(style))
            written(ax, name, (1, end), coordinates=("axes fraction", "data"), offset=(7, 0))
        draw_head(ax, title, entries, left=_LEFT - 0.1, up=0.12, width=_WIDTH - 0.2)
    told = []
    for name, line in lines.items():
        said = ", ".join(
            f"{words.count(where)}: \u00b1{words.points(width).lstrip('+')}"
            for where, width in line
        )
        told.append(f"{name}: {said}.")
    set_alternative(ax, " ".join([f"{title}.", *told]))
    return ax


def plot_operating_characteristic(
    found: OperatingCharacteristic, *, ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw how often the plan accepts at each true rate; its own rates are marked.

    The highest and the lowest probability, over how the errors are spread, are thin lines where
    they differ.
    """
    words = Words(language)
    rows = sorted(found.rows, key=lambda row: row.rate)
    if not rows:
        raise AuditError("There are no rates, so there is nothing to draw.")
    title = words.text["title operating"]
    marked = [(key, rate) for key, rate in (("acceptable", found.acceptable),
              ("tolerable", found.tolerable)) if rate is not None]  # fmt: skip
    rates = [row.rate for row in rows]
    spread = any(row.accept_most - row.accept_least > 1e-9 for row in rows)
    with look():
        entries = [Entry({"color": MAIN, "lw": 2.0}, {}, words.text["oc line"])]
        if spread:
            entries.append(Entry({"color": MAIN, "lw": 0.9, "ls": (0, (4, 2))}, {},
                                 words.text["oc spread"]))  # fmt: skip
        if ax is None:
            head = head_height(entries, _WIDTH - 0.2)
            ax = new_axes(
                _WIDTH, _HEIGHT + head + 1.0, left=_LEFT, right=0.25, top=head + 0.55, bottom=0.55
            )
        ticks, up = nice_ticks(0.0, max(rates)), nice_ticks(0.0, 1.0)
        ax.set_xticks(ticks, words.ticks(ticks))
        ax.set_yticks(up, words.ticks(up))
        ax.set_xlim(ticks[0], ticks[-1])
        ax.set_ylim(0.0, 1.0)
        ax.set_xlabel(words.text["oc axis"])
        ax.set_ylabel(words.text["oc share"])
        ax.grid(color=GRID, linewidth=0.8)
        ax.spines[["right", "top"]].set_visible(False)
        ax.tick_params(length=0, pad=7)
        ax.plot(rates, [row.accept for row in rows], color=MAIN, lw=2.0, clip_on=False)
        for end in ("accept_least", "accept_most"):
            if spread:
                ax.plot(rates, [getattr(row, end) for row in rows], color=MAIN, lw=0.9,
                        ls=(0, (4, 2)), clip_on=False)  # fmt: skip
        before = -1.0
        for key, rate in sorted(marked, key=lambda pair: pair[1]):
            ax.plot([rate, rate], [0, 1], color=INK, lw=1.2, ls=(0, (4, 2)), zorder=1.5)
            text = words.text[f"oc {key}"].format(rate=words.share(rate))
            above = 14 if rate < before else 3  # higher where the one before it is in the way
            before = rate + (text_width(text) + 0.1) / _INSIDE * ticks[-1]
            written(ax, text, (rate, 1), coordinates="data", offset=(0, above), va="bottom")
        draw_head(ax, title, entries, left=_LEFT - 0.1, up=0.42, width=_WIDTH - 0.2)
    step = max(len(rows) // 10, 1)
    told = ", ".join(f"{words.share(row.rate)}: {words.share(row.accept)}" for row in rows[::step])
    set_alternative(ax, f"{title}. {words.capital(words.text['oc line'])}: {told}.")
    return ax


def refuse_many_lines(lines: int, call: str) -> None:
    """Refuse more lines than can be told apart."""
    if lines > _MOST:
        raise AuditError(
            f"There are {lines} lines to draw, and {_MOST} are the most that can be told apart; "
            f"ask {call} for fewer indicators or domains."
        )


def _name(key: tuple[str | None, tuple[str, ...]], words: Words) -> str:
    indicator, labels = key
    name = words.name(indicator) if indicator else words.text["rate"]
    return f"{name}, {' / '.join(labels)}" if labels else name


def _entries(chosen: int | None, words: Words) -> list[Entry]:
    if chosen is None:
        return []
    text = words.text["size chosen"].format(size=words.count(chosen))
    return [Entry({"color": INK, "lw": 1.2, "ls": (0, (4, 2))}, {}, text)]


def _frame(ax: Axes, words: Words, most: float, across: Across, places: list[float]) -> None:
    ticks = nice_ticks(0.0, most)
    ax.set_yticks(ticks, [text.lstrip("+") for text in words.ticks(ticks, points=True)])
    ax.set_ylim(0, ticks[-1])
    ax.set_ylabel(words.text["half width axis"])
    least, last = min(places), max(places)
    steps = nice_ticks(0.0 if least < last / 2 else least, last)
    if across.ticks is None:
        ax.set_xticks(steps, [words.count(step) for step in steps])
    else:
        ax.set_xticks(list(across.ticks), list(across.ticks.values()))
    ax.set_xlim(steps[0], steps[-1])
    ax.set_xlabel(words.text[across.name])
    ax.grid(color=GRID, linewidth=0.8)
    ax.spines[["right", "top"]].set_visible(False)
    ax.tick_params(length=0, pad=7)


def _apart(values: list[float], ax: Axes) -> list[float]:
    """Return where the names of lines stand: beside their ends, but not upon each other."""
    least = (ax.get_ylim()[1] - ax.get_ylim()[0]) * 0.17 / _HEIGHT
    order = sorted(range(len(values)), key=lambda k: values[k])
    places = list(values)
    for before, after in pairwise(order):
        places[after] = max(places[after], places[before] + least)
    return places


def _typed(style: dict[str, Any]) -> dict[str, Any]:
    return dict(style)
