"""Names beside points, placed so that they cover neither each other nor the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sampleaudit.plots.canvas import INCH, PAPER, SOFT, TEXT_POINTS, figure_of, text_width, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AWAY: Final = 6.0  # points from the middle of a mark to its name
_MARK: Final = 3.5  # points that a mark reaches from its middle


@dataclass(frozen=True, slots=True)
class Point:
    """A mark in the units of the axes, with the name to write beside it, "" for none."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    right: float
    bottom: float
    top: float

    def covers(self, other: _Box) -> float:
        """Return the area, in square points, that two boxes have in common."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(wide, 0.0) * max(high, 0.0)


def write_labels(ax: Axes, points: Sequence[Point]) -> None:
    """Write each name right of its mark, or left, above or below, where there is room.

    Names are placed in the order given; where there is no free place, the least covered one.
    """
    figure = figure_of(ax)
    unit = figure.dpi / INCH
    frame = ax.get_window_extent()
    inside = _Box(frame.x0 / unit, frame.x1 / unit, frame.y0 / unit, frame.y1 / unit)
    at = [ax.transData.transform((point.x, point.y)) / unit for point in points]
    marks = [_Box(x - _MARK, x + _MARK, y - _MARK, y + _MARK) for x, y in at]
    named: list[_Box] = []
    for k, point in enumerate(points):
        if not point.name:
            continue
        x, y = at[k]
        wide, high = text_width(point.name) * INCH, 1.15 * TEXT_POINTS
        best = None
        for cost, dx, dy, ha in _places():
            left = x + dx - {"left": 0.0, "center": wide / 2, "right": wide}[ha]
            box = _Box(left, left + wide, y + dy - high / 2, y + dy + high / 2)
            others = (other for j, other in enumerate(marks) if j != k)
            bad = cost + sum(3 * box.covers(other) for other in named)
            bad += sum(box.covers(other) for other in others)
            bad += 3 * (wide * high - box.covers(inside))
            if best is None or bad < best[0]:
                best = bad, dx, dy, ha, box
        assert best is not None  # noqa: S101 -- for the type checker: there are places to try
        _, dx, dy, ha, box = best
        named.append(box)
        _write(ax, point, dx, dy, ha)


def _write(ax: Axes, point: Point, dx: float, dy: float, ha: str) -> None:
    """Write a name on paper of its own, below the marks, with a line to its mark if it is away."""
    text = written(ax, point.name, (point.x, point.y), coordinates="data", offset=(dx, dy), ha=ha)
    text.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 0.6})
    text.set_zorder(2.5)
    if abs(dy) > _AWAY:
        near = dy - 4.5 if dy > 0 else dy + 4.5
        ax.annotate(
            "", (point.x, point.y), xytext=(dx / 2, near), textcoords="offset points",
            arrowprops={"arrowstyle": "-", "color": SOFT, "lw": 0.7, "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip


def _places() -> list[tuple[float, float, float, str]]:
    """Return places to try: how unwelcome, how far to the right and up in points, and aligned."""
    beside = [(0.0, _AWAY, 0.0, "left"), (1.0, -_AWAY, 0.0, "right")]
    around = [
        (2.0 + far, across, up * (8.0 + 6.0 * far), ha)
        for far in range(4)
        for up in (1.0, -1.0)
        for across, ha in ((4.0, "left"), (-4.0, "right"), (0.0, "center"))
    ]
    return beside + around
