"""Tables that people read: text for the terminal, HTML, Markdown, LaTeX and Excel.

All text in them is data: what looks like markup, a formula or a command is shown as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sampleaudit.errors import AuditError
from sampleaudit.files import replace_files
from sampleaudit.wording import Language

if TYPE_CHECKING:
    import pandas as pd

Rows = Sequence[Sequence[str]]
Shown = tuple[list[str], list[list[str]], list[str]]
"""Head, rows and footnotes of a table for reading."""
_BREAKS: Final = re.compile(r"[\r\n\t]+")
_MARKS: Final = frozenset("\\`*_[]<>|~$&#!")  # what Markdown would take for more than text


class Html(str):
    """HTML that a notebook shows as what it is, and that is text everywhere else."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


class Readable(ABC):
    """What every table of results can be written as. The numbers are rounded, but in Excel."""

    __slots__ = ()

    def __repr__(self) -> str:
        return text_table(*self._shown(), left=self._left)

    def _repr_html_(self) -> str:
        return html_table(*self._shown(), left=self._left)

    def to_markdown(self) -> str:
        """Return the table for reading as Markdown (a pipe table), footnotes below."""
        return markdown_table(*self._shown(), left=self._left)

    def to_latex(self) -> str:
        r"""Return the table for reading as LaTeX, for ``\usepackage{booktabs}``."""
        return latex_table(*self._shown(), left=self._left)

    def to_excel(self, path: str | Path) -> None:
        """Write the table for computing, nothing rounded, as an Excel workbook.

        Rates show as percent; text stays text. Raises `AuditError` for another ending than .xlsx
        and for a file that cannot be written.
        """
        from sampleaudit.estimates.excel import workbook_bytes

        target = Path(path)
        if target.suffix.lower() != ".xlsx":
            raise AuditError(f"path is {str(path)!r}; an Excel workbook ends with .xlsx.")
        content = workbook_bytes({type(self).__name__: self.to_frame()})
        replace_files(target.parent, {target.name: content})

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing."""

    @abstractmethod
    def _shown(self) -> Shown:
        """Return head, rows and footnotes of the table for reading."""

    @property
    def _left(self) -> int:
        """The columns of text, at the left; those after them are numbers."""
        return 1 + len(getattr(self, "by", ()))


class Translated(Readable):
    """A table of results that can be written in English (``"en"``) and in Danish (``"da"``)."""

    __slots__ = ()

    def to_html(self, *, language: Language = "en", caption: str | None = None) -> str:
        """Return the table for reading as HTML, to stand in a page; all text is escaped.

        A notebook shows it as a table, which can be copied into a document.
        """
        head, body, notes = self._shown(language)
        return Html(html_table(head, body, notes, left=self._left, caption=caption))

    def to_markdown(self, *, language: Language = "en") -> str:
        """Return the table for reading as Markdown (a pipe table), footnotes below."""
        return markdown_table(*self._shown(language), left=self._left)

    def to_latex(self, *, language: Language = "en") -> str:
        r"""Return the table for reading as LaTeX, for ``\usepackage{booktabs}``."""
        return latex_table(*self._shown(language), left=self._left)

    @abstractmethod
    def _shown(self, language: Language = "en") -> Shown:
        """Return head, rows and footnotes of the table for reading."""


def rows_of(table: Translated, language: Language) -> Shown:
    """Return head, rows and footnotes of a table for reading, to be set in another form."""
    return table._shown(language)


def with_marks(name: str, remarks: Sequence[str], notes: list[str]) -> str:
    """Return a name with the numbers of its footnotes; notes that are new are added.

    >>> notes = ["why"]
    >>> with_marks("late", ["how", "why"], notes), notes
    ('late [1,2]', ['why', 'how'])
    """
    notes += [remark for remark in dict.fromkeys(remarks) if remark not in notes]
    marks = sorted(notes.index(remark) + 1 for remark in remarks)
    return f"{name} [{','.join(map(str, marks))}]" if marks else name


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
    return "\n".join([*lines, *_numbered(notes)])


def html_table(
    head: Sequence[str],
    body: Rows,
    notes: Sequence[str] = (),
    *,
    left: int = 1,
    caption: str | None = None,
) -> str:
    """Return the same table as HTML; all text is escaped.

    Columns and rows have headers with a scope, numbers are aligned by their digits, and no number
    is broken. The look is in the cells, so that it survives being copied into a document.
    """

    def cells(row: Sequence[str], *, header: bool) -> str:
        written = []
        for column, cell in enumerate(row):
            text = column < left
            style = "text-align:left" if text else f"text-align:right;{_DIGITS};white-space:nowrap"
            if header:
                written.append(f'<th scope="col" style="{style}">{escape(cell)}</th>')
            elif column == 0:
                style += ";font-weight:normal"
                written.append(f'<th scope="row" style="{style}">{escape(cell)}</th>')
            else:
                written.append(f'<td style="{style}">{escape(cell)}</td>')
        return "".join(written)

    lines = "".join(f"<tr>{cells(row, header=False)}</tr>" for row in body)
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    below = "<br>".join(map(escape, _numbered(notes)))
    return (
        f"<table>{named}<thead><tr>{cells(head, header=True)}</tr></thead>"
        f"<tbody>{lines}</tbody></table>" + (f"<p><small>{below}</small></p>" if below else "")
    )


def markdown_table(
    head: Sequence[str], body: Rows, notes: Sequence[str] = (), *, left: int = 1
) -> str:
    r"""Return the same table as Markdown; a label with a bar or a tag in it stays a label.

    >>> print(markdown_table(["indicator", "rate"], [["late | <b>", "17%"]], ["a note"]))
    | indicator | rate |
    | :--- | ---: |
    | late \| \<b\> | 17% |
    <BLANKLINE>
    \[1\] a note
    """
    ruler = [":---" if column < left else "---:" for column in range(len(head))]
    rows = [[_marked(cell) for cell in head], ruler, *([_marked(c) for c in row] for row in body)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    below = ["", "  \n".join(map(_marked, _numbered(notes)))] if notes else []
    return "\n".join([*lines, *below])


def latex_table(
    head: Sequence[str], body: Rows, notes: Sequence[str] = (), *, left: int = 1
) -> str:
    """Return the same table as LaTeX, by pandas; commands in a label are shown, not run."""
    import pandas as pd

    seen: Counter[str] = Counter()
    names = []
    for name in [*head, *notes]:  # pandas wants each name once; LaTeX drops blanks at the end
        names.append(name + " " * seen[name])
        seen[name] += 1
    styler = pd.DataFrame([list(row) for row in body], columns=names[: len(head)]).style
    styler = styler.hide(axis="index").format(escape="latex").format_index(escape="latex", axis=1)
    columns = "".join("l" if column < left else "r" for column in range(len(head)))
    table = styler.to_latex(hrules=True, column_format=columns)
    if not notes:
        return table
    below = pd.DataFrame({"note": _numbered(notes)}).style.hide(axis="index").hide(axis="columns")
    escaped = below.format(escape="latex").to_latex(column_format="l")
    lines = [line.removesuffix(r" \\") for line in escaped.splitlines()[1:-1]]
    return (
        table + "\n" + "".join(rf"\par\noindent {{\footnotesize {line}}}" + "\n" for line in lines)
    )


_DIGITS: Final = "font-variant-numeric:tabular-nums"


def _numbered(notes: Sequence[str]) -> list[str]:
    return [f"[{place}] {note}" for place, note in enumerate(notes, start=1)]


def _marked(cell: str) -> str:
    """Return a text that Markdown shows as it stands, on one line."""
    line = _BREAKS.sub(" ", cell).strip()
    return "".join(f"\\{mark}" if mark in _MARKS else mark for mark in line)


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
