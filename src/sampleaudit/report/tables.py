"""Tables of results as a report sets them: each indicator heads its own rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sampleaudit.estimates.display import Shown
from sampleaudit.estimates.estimate import ALL
from sampleaudit.report.blocks import Group, Table, one_group
from sampleaudit.report.material import Material
from sampleaudit.wording.cells import name_cell

OPEN: Final = 120
"""Rows of a table that stands open."""


def reading_table(
    shown: Shown,
    indicators: Sequence[str],
    material: Material,
    *,
    labels: int,
    caption: str,
    folded: bool = False,
) -> Table:
    """Return a table for reading as a block: ``indicators`` are those of its rows.

    ``labels`` columns name the domain of a row. Where there are any, several indicators become
    headings, and the marks of footnotes move to the domain.
    """
    head, body, notes = shown
    notes = [material.naming.text(note) for note in notes]
    words, language = material.words, material.language
    groups: dict[str, list[list[str]]] = {}
    for indicator, (first, *cells) in zip(indicators, body, strict=True):
        mark = first.removeprefix(name_cell(indicator, language))
        name = words.capital(words.name(indicator))
        if labels:
            everything = set(cells[:labels]) == {ALL}
            own = [words.text["all"], *[""] * (labels - 1)] if everything else cells[:labels]
            row = [own[0] + mark, *own[1:], *cells[labels:]]
        else:
            row = [name + mark, *cells]
        groups.setdefault(name if labels else "", []).append(row)
    if len(groups) < 2:
        rows = [row for part in groups.values() for row in part]
        found = one_group(rows)
    else:
        found = tuple(Group(name, tuple(map(tuple, rows))) for name, rows in groups.items())
    columns = head[1:] if labels else head
    return Table(caption, tuple(columns), found, max(1, labels), tuple(notes), folded)


def captioned(caption: str, indicators: Sequence[str], material: Material) -> str:
    """Return a caption that names the indicator, where there is but one."""
    names = list(dict.fromkeys(indicators))
    if len(names) != 1:
        return caption
    name = material.words.capital(material.words.name(names[0]))
    return f"{name}: {caption[:1].lower()}{caption[1:]}"
