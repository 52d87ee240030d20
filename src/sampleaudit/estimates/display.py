"""Tables that people read: aligned text for the terminal, HTML for a notebook."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

Rows = Sequence[Sequence[str]]


def text_table(head: Sequence[str], body: Rows, notes: Sequence[str] = (), *, left: int = 1) -> str:
    """Return an aligned table: the first ``left`` columns to the left, numbers to the right.

    ``notes`` are numbered below it.
    """
    rows = [list(head), *(list(row) for row in body)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            _padded(cell, widths[column], left=column < left) for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join([*lines, *(f"[{place}] {note}" for place, note in enumerate(notes, start=1))])


def html_table(head: Sequence[str], body: Rows, notes: Sequence[str] = (), *, left: int = 1) -> str:
    """Return the same table as HTML; all text is escaped."""

    def cells(row: Sequence[str], tag: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f'<{tag}{scope} style="text-align:{"left" if column < left else "right"};'
            f'white-space:nowrap">{escape(cell)}</{tag}>'
            for column, cell in enumerate(row)
        )

    lines = [f"<tr>{cells(row, 'td')}</tr>" for row in body]
    below = "<br>".join(f"[{place}] {escape(note)}" for place, note in enumerate(notes, start=1))
    return (
        f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
        + (f"<p><small>{below}</small></p>" if below else "")
    )


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(character)
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )  # fmt: skip


def _padded(text: str, width: int, *, left: bool) -> str:
    blanks = " " * (width - _width(text))
    return text + blanks if left else blanks + text
