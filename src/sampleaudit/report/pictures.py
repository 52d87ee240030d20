"""Pictures of a report: long ones are cut into pages that share one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sampleaudit.comparison.pooling import PooledRates
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.comparison.table import Compared, Comparison
from sampleaudit.estimates.estimate import ALL, Estimate
from sampleaudit.estimates.table import Estimates
from sampleaudit.plots.canvas import look
from sampleaudit.plots.differences import plot_comparison
from sampleaudit.plots.rates import plot_rates
from sampleaudit.plots.rows import nice_ticks
from sampleaudit.plots.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Row = TypeVar("_Row")
_PAGE: Final = 34  # rows, with their headings, of a picture that fits a page of A4
MOST: Final = 3
"""Indicators of a long comparison that are drawn."""
_SHARED: Final = 16  # rows of a picture that several indicators share: two fit a page


def pictures_of_rates(rates: Estimates, words: Words) -> list[Axes]:
    """Draw the rates; where there are many domains, the whole caseload stands in each picture."""
    if not rates.rows:
        return []
    if not rates.by:
        pages = [list(part) for part in _parts(rates.rows, _PAGE)]
    else:
        pages = _pages(rates.rows)
    drawn = [plot_rates(Estimates(rates.by, tuple(p)), language=words.language) for p in pages]
    return _on_one_axis(drawn, words, points=False)


def pictures_of_differences(found: Comparison, words: Words) -> list[Axes]:
    """Draw the differences; of a long table those of its last indicator, and where some stand out.

    Three indicators at most: the table has them all.
    """
    rows = found.rows
    if len(rows) > _PAGE:
        telling = [row.indicator for row in rows if row.p_adjusted < 1 - row.level]
        drawn_of = [rows[-1].indicator, *dict.fromkeys(telling)][:MOST]
        rows = tuple(row for row in rows if row.indicator in drawn_of)
    if not rows:
        return []
    names = dict.fromkeys(row.indicator for row in rows)
    parts = [rows] if len(rows) + len(names) <= _SHARED else [
        part
        for name in names
        for part in _parts([row for row in rows if row.indicator == name], _PAGE)
    ]  # fmt: skip
    drawn = [_differences(found, part, words) for part in parts]
    return _on_one_axis(drawn, words, points=True)


def pictures_of_two_rates(found: PooledRates | Standardised, words: Words) -> list[Axes]:
    """Draw each domain's own rate and the pooled or standardised one, of one indicator."""
    parts: list[Any] = [tuple(part) for part in _parts(found.rows, _PAGE)]
    drawn = [replace(found, rows=part).plot(language=words.language) for part in parts]
    return _on_one_axis(drawn, words, points=False)


def _differences(found: Comparison, rows: Sequence[Compared], words: Words) -> Axes:
    part = Comparison(found.by, found.against, found.question, found.adjust, tuple(rows))
    return plot_comparison(part, language=words.language)


def _pages(rows: Sequence[Estimate]) -> list[list[Estimate]]:
    """Return whole indicators together where they fit a page, and long ones in parts."""
    by_indicator: dict[str, list[Estimate]] = {}
    for row in rows:
        by_indicator.setdefault(row.indicator, []).append(row)
    pages: list[list[Estimate]] = []
    room = 0
    for own in by_indicator.values():
        if len(own) + 1 <= room:
            pages[-1] += own
            room -= len(own) + 1
        elif len(own) + 1 <= _PAGE:
            pages.append(list(own))
            room = _SHARED - len(own) - 1
        else:
            everything = [row for row in own if set(row.labels) == {ALL}]
            domains = [row for row in own if set(row.labels) != {ALL}]
            pages += [[*everything, *part] for part in _parts(domains, _PAGE - 1 - len(everything))]
            room = 0
    return pages


def _parts(rows: Sequence[_Row], most: int) -> list[Sequence[_Row]]:
    """Return the rows in parts of about the same length, none longer than ``most``."""
    number = -(-len(rows) // most)
    length = -(-len(rows) // number)
    return [rows[first : first + length] for first in range(0, len(rows), length)]


def _on_one_axis(drawn: list[Axes], words: Words, *, points: bool) -> list[Axes]:
    """Give the pictures the same axis, so that they can be compared."""
    if len(drawn) < 2:
        return drawn
    ends = [tick for ax in drawn for tick in ax.get_xticks()]
    values = nice_ticks(min(ends), max(ends))
    margin = 0.02 * (values[-1] - values[0])
    with look():
        for ax in drawn:
            ax.set_xticks(values, list(words.ticks(values, points=points)))
            ax.set_xlim(values[0] - margin, values[-1] + margin)
    return drawn
