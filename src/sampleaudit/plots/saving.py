"""Pictures as files: SVG and PNG with a text alternative, the same bytes for the same picture."""

from __future__ import annotations

import io
import re
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sampleaudit.errors import AuditError
from sampleaudit.files import replace_files
from sampleaudit.plots.canvas import SCREEN_DPI, alternative, figure_of, look, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ENDINGS: Final = (".svg", ".png")
_NARROW: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
"""Fonts of the text in an SVG: the picture was laid out for the widest of them."""


def save_picture(ax: Axes, path: str | Path, *, alt: str | None = None) -> None:
    """Write the figure of an Axes as SVG or PNG, by the ending of ``path``, with ``alt`` inside.

    Every picture of this library has a text alternative of its own; ``alt`` replaces it. The same
    picture gives the same bytes. The file is written whole or not at all. Raises `AuditError` for
    another ending, a picture without any text alternative, and a folder that is not there.

    >>> save_picture(ax, "rates.svg")  # doctest: +SKIP
    """
    target = Path(path)
    if target.suffix.lower() not in _ENDINGS:
        raise AuditError(
            f"path is {str(path)!r}; a picture is written as .svg or .png, so end it with one of "
            f"these."
        )
    if not target.parent.is_dir():
        raise AuditError(f"The folder {str(target.parent)!r} is not there; make it first.")
    svg = target.suffix.lower() == ".svg"
    content = svg_picture(ax, alt=alt).encode() if svg else png_bytes(ax, alt=alt)
    replace_files(target.parent, {target.name: content}, last=target.name)


def svg_picture(ax: Axes, *, alt: str | None = None) -> str:
    """Return the figure of an Axes as SVG to stand in a page: no declaration, ids of its own.

    Text is text, ``role="img"``, and ``<title>`` and ``<desc>`` hold the text alternative: its
    first sentence, and the rest. Raises `AuditError` if there is none.
    """
    words = _words(ax, alt)
    buffer = io.StringIO()
    figure = figure_of(ax)
    with look():
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing)
    drawn = buffer.getvalue()
    drawn = re.sub(
        r" *<metadata>.*?</metadata>\n", "", drawn[drawn.index("<svg") :], flags=re.DOTALL
    )
    drawn = re.sub(r" *<defs>\s*<style.*?</style>\s*</defs>\n", "", drawn, flags=re.DOTALL)
    own = "p" + sha256((words + drawn).encode()).hexdigest()[:8]
    drawn = re.sub(r"<[^<>]+>", lambda tag: _own_names(tag[0], own), drawn)
    first, _, rest = words.partition(". ")
    named = (
        f' font-family="{_NARROW}" stroke-linejoin="round" role="img" '
        f'aria-labelledby="{own}-title {own}-desc">\n'
        f' <title id="{own}-title">{escape(first.removesuffix("."))}</title>\n'
        f' <desc id="{own}-desc">{escape(rest or first)}</desc>'
    )
    head, _, body = drawn.partition(">")
    return "\n".join(line.rstrip() for line in (head + named + body).splitlines()) + "\n"


def png_bytes(ax: Axes, *, alt: str | None = None) -> bytes:
    """Return the figure of an Axes as PNG, with the text alternative as its Description."""
    words = _words(ax, alt)
    buffer = io.BytesIO()
    figure = figure_of(ax)
    with look():
        figure.savefig(
            buffer, format="png", dpi=SCREEN_DPI, metadata={"Description": words, "Software": None}
        )
    return buffer.getvalue()


def _words(ax: Axes, alt: str | None) -> str:
    """Return the text alternative that was given, or else the picture's own."""
    words = plain(alternative(ax) if alt is None else alt)
    if not words:
        raise AuditError(
            "The picture has no text alternative; say in alt= what it shows, for those who cannot "
            "see it."
        )
    return words


def _own_names(tag: str, own: str) -> str:
    """Return a tag that is shorter, with ids that no other picture of a page has.

    Only what is referred to keeps an id; a hundredth of a point is as exact as anyone can see.
    """
    tag = re.sub(r'(?<=<g) id="[^"]*"', "", tag)
    tag = re.sub(r'(?<= )id="', f'id="{own}-', tag)
    tag = re.sub(r'((?:xlink:)?href="|url\()#', rf"\1#{own}-", tag)
    tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
    tag = re.sub(r"font-family: [^;\"]*; ?", "", tag)
    return re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", tag)
