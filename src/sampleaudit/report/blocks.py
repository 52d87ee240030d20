"""What a report is made of, whatever it is written as: sections of text, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sampleaudit.wording import Language


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; the first thing to read is its ``lead``."""

    text: str
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what is to be said of it; ``exact`` is to be copied letter by letter."""

    term: str
    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A list of terms and what is to be said of them."""

    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A line to type."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a table under a heading of their own ("" for none)."""

    heading: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table for reading: the first ``left`` columns are text, the others numbers.

    ``notes`` are its footnotes. A ``folded`` table opens when asked to: it is long.
    """

    caption: str
    head: tuple[str, ...]
    groups: tuple[Group, ...]
    left: int = 1
    notes: tuple[str, ...] = ()
    folded: bool = False

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """All rows, without the headings of groups."""
        return [row for group in self.groups for row in group.rows]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, whose Axes holds its text alternative."""

    ax: Axes


@dataclass(frozen=True, slots=True)
class Download:
    """A file of numbers that comes with the report."""

    name: str
    text: str
    content: str


Block = Text | Heading | Points | Facts | Command | Table | Picture | Download


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; ``key`` is its name in links."""

    key: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    language: Language
    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str


def one_group(rows: Sequence[Sequence[str]]) -> tuple[Group, ...]:
    """Return the rows as a table's only group."""
    return (Group("", tuple(tuple(row) for row in rows)),)
