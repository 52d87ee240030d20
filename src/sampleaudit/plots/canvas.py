"""What all pictures share: colours, type, a figure of the right size, and text that stays text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK: Final = "#1a1a1a"  # contrast to white 17 : 1
SOFT: Final = "#595959"  # 7 : 1; heads, axes, limits of chance
MAIN: Final = "#2f5d8a"  # 6.8 : 1; estimates and their intervals
OTHER: Final = "#a33b00"  # 6.6 : 1; what stands out, always with a shape of its own
GRID: Final = "#dddddd"  # says nothing that the numbers beside the picture do not say
PAPER: Final = "#ffffff"
TEXT_POINTS: Final = 9.0  # in print at full width; nothing is smaller
TITLE_POINTS: Final = 11.0
INCH: Final = 72.0  # points
SCREEN_DPI: Final = 192  # two pixels of a notebook's 96 for each: sharp on any screen

_LOOK: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": SOFT,
        "axes.facecolor": PAPER,
        "axes.labelcolor": SOFT,
        "axes.labelsize": TEXT_POINTS,
        "axes.linewidth": 0.8,
        "axes.spines.bottom": True,
        "axes.spines.left": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "figure.dpi": 100,
        "figure.facecolor": PAPER,
        "figure.edgecolor": PAPER,
        "font.family": ["DejaVu Sans"],  # comes with matplotlib, and has every European letter
        "font.size": TEXT_POINTS,
        "lines.antialiased": True,
        "path.simplify": False,
        "path.sketch": None,
        "savefig.bbox": None,
        "savefig.facecolor": PAPER,
        "savefig.edgecolor": PAPER,
        "savefig.transparent": False,
        "svg.fonttype": "none",  # text stays text: it can be searched, read aloud and copied
        "svg.hashsalt": "sampleaudit",  # the same picture is the same bytes
        "svg.image_inline": True,
        "text.color": INK,
        "text.parse_math": False,  # a label with two dollar signs is no formula
        "text.usetex": False,
        "xtick.color": SOFT,
        "xtick.direction": "out",
        "xtick.labelsize": TEXT_POINTS,
        "ytick.color": SOFT,
        "ytick.direction": "out",
        "ytick.labelsize": TEXT_POINTS,
    }
)


def look() -> AbstractContextManager[None]:
    """Return the context in which pictures are drawn and saved, whatever the user's own style."""
    import matplotlib as mpl

    return mpl.rc_context(dict[Any, Any](_LOOK))


def written(
    ax: Axes, text: str, xy: tuple[float, float], *, coordinates: Any, offset: tuple[float, float],
    ha: str = "left", va: str = "center", colour: str = INK, bold: bool = False,
    size: float = TEXT_POINTS,
) -> Text:  # fmt: skip
    """Write text beside a point, ``offset`` in points; markup and formulas in it stay text."""
    return ax.annotate(
        plain(text), xy, xytext=offset, xycoords=coordinates, textcoords="offset points", ha=ha,
        va=va, color=colour, fontsize=size, fontweight="bold" if bold else "normal",
        annotation_clip=False, parse_math=False, usetex=False,
    )  # fmt: skip


def draw_line(
    ax: Axes, xs: Sequence[float], ys: Sequence[float], style: Mapping[str, Any], *, zorder: float
) -> None:
    """Draw a line, or a mark, on axes whose limits are set: ``ax.plot`` would work them out."""
    from matplotlib.lines import Line2D

    ax.add_artist(Line2D(xs, ys, zorder=zorder, **style))


def plain(text: str) -> str:
    """Return a label on one line, without the control characters that no picture can hold."""
    shown = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in text
    )
    return " ".join(shown.split(" ")).strip()


def figure_of(ax: Axes) -> Figure:
    """Return the figure that an Axes is on."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 -- for the type checker: an Axes has a figure
    return figure


@lru_cache(maxsize=4096)
def text_width(text: str, *, bold: bool = False, size: float = TEXT_POINTS) -> float:
    """Return how wide a text is on paper, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text.strip():
        return 0.0
    font = FontProperties(family=["DejaVu Sans"], weight="bold" if bold else "normal", size=size)
    # what the font says of its letters: their outlines are as wide, and take twenty times as long
    width, _, _ = text_to_path.get_text_width_height_descent(plain(text), font, ismath=False)
    return float(width) / INCH


def set_alternative(ax: Axes, text: str) -> None:
    """Keep the text alternative of a picture with its Axes."""
    ax.set_label(text)


def alternative(ax: Axes) -> str:
    """Return the text alternative of a picture, "" if it has none."""
    return str(ax.get_label())
