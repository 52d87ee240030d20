"""What stands above a picture: its title, and a key of signs with their meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sampleaudit.plots.canvas import (
    INCH,
    SOFT,
    TEXT_POINTS,
    TITLE_POINTS,
    figure_of,
    text_width,
    written,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Affine2DBase

LINE: Final = TEXT_POINTS * 1.35 / INCH  # inches from line to line
_SIGN: Final = 0.3  # inches that a sign is wide
_BLANK: Final = 0.12  # inches between a sign and its text
_GAP: Final = 0.3  # inches between the entries of a key
_BELOW_TITLE: Final = 0.16  # inches
_TITLE: Final = 0.2  # inches


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a key: a line's style, a mark's style (either may be empty), and a text."""

    line: Mapping[str, Any]
    mark: Mapping[str, Any]
    text: str


def head_height(entries: Sequence[Entry], width: float) -> float:
    """Return how high title and key are together, in inches, on a picture so wide."""
    return _TITLE + _BELOW_TITLE + 1.3 * LINE * len(_lines(entries, width))


def title_width(title: str) -> float:
    """Return how wide a title is, in inches."""
    return text_width(title, bold=True, size=TITLE_POINTS)


def draw_head(
    ax: Axes, title: str, entries: Sequence[Entry], *, left: float, up: float, width: float
) -> None:
    """Write title and key, ``left`` and ``up`` inches from the upper left corner of the axes."""
    corner = ("axes fraction", "axes fraction")
    for line in reversed(_lines(entries, width)):
        across = -left
        for entry in line:
            _draw_sign(ax, entry, across, up + LINE / 2)
            across += _SIGN + _BLANK
            written(
                ax, entry.text, (0, 1), coordinates=corner, colour=SOFT,
                offset=(across * INCH, (up + LINE / 2) * INCH),
            )  # fmt: skip
            across += text_width(entry.text) + _GAP
        up += 1.3 * LINE
    written(
        ax, title, (0, 1), coordinates=corner, offset=(-left * INCH, (up + 0.08) * INCH),
        va="bottom", bold=True, size=TITLE_POINTS,
    )  # fmt: skip


def _lines(entries: Sequence[Entry], width: float) -> list[list[Entry]]:
    """Return the entries that stand on each line."""
    lines: list[list[Entry]] = []
    used = width
    for entry in entries:
        wide = _SIGN + _BLANK + text_width(entry.text)
        if used + wide > width or not lines:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += wide + _GAP
    return lines


def _draw_sign(ax: Axes, entry: Entry, across: float, up: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    corner = ScaledTranslation(0, 1, cast("Affine2DBase", ax.transAxes))
    place = figure_of(ax).dpi_scale_trans + corner
    for xs, style in (((0.0, _SIGN), entry.line), ((_SIGN / 2,), entry.mark)):
        if style:
            sign = Line2D(
                [across + x for x in xs], [up] * len(xs), transform=place, clip_on=False, **style
            )
            ax.add_artist(sign)
            sign.set_clip_path(None)
