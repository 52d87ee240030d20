"""What the tests of pictures look at: texts, whether they are cut or cover each other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg


def texts(ax: Any) -> list[str]:
    """Return all texts of a picture."""
    return [text.get_text() for text in ax.figure.findobj(match=_is_text) if text.get_text()]


def refuse_cut_or_covered(ax: Any) -> None:
    """Fail if a text reaches over the edge of the paper, or over another text."""
    figure = ax.figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(match=_is_text)
        if text.get_text() and text.get_visible()
    ]
    width, height = figure.get_size_inches() * figure.dpi
    for name, box in boxes:
        assert -0.5 <= box.x0, f"{name!r} is cut at the left"
        assert box.x1 <= width + 0.5, f"{name!r} is cut at the right"
        assert -0.5 <= box.y0, f"{name!r} is cut below"
        assert box.y1 <= height + 0.5, f"{name!r} is cut above"
    for (one, a), (other, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide < 1 or high < 2, f"{one!r} covers {other!r}"


def _is_text(artist: Any) -> bool:
    from matplotlib.text import Text

    return isinstance(artist, Text)
