"""Rates as a table for reading, in English or Danish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sampleaudit.estimates.display import Shown, with_marks
from sampleaudit.wording import Language, number, percent, remark_text, short_fraction
from sampleaudit.wording.cells import (
    found_cell,
    interval_head,
    name_cell,
    share_cell,
    span_cell,
)
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    from sampleaudit.estimates.estimate import Estimate


def shown_rates(by: Sequence[str], rows: Sequence[Estimate], language: Language) -> Shown:
    """Return head, rows and footnotes: counts, the rate with its interval, and what it means.

    The column "about" has a simple fraction where it lies close to the rate and between its limits.
    """
    text = picture_texts(language)
    levels = {row.level for row in rows}
    name = interval_head(levels, language, side=rows[0].side if rows else "both")
    abouts = [_about(row, language) for row in rows]
    head = [text["table indicator"], *by, text["found"], text["rate"], name]
    head += [text["table about"]] * any(abouts)
    head += [text["table in the caseload"], name]
    head += [text["table level"]] * (len(levels) > 1)
    notes: list[str] = []
    body = []
    for row, about in zip(rows, abouts, strict=True):
        cells = _cells(row, notes, language)
        if any(abouts):
            cells.insert(-2, about)
        body.append(cells + [percent(row.level, language)] * (len(levels) > 1))
    return head, body, [remark_text(note, language) for note in notes]


def _cells(row: Estimate, notes: list[str], language: Language) -> list[str]:
    limits, side = row.limits, row.side
    low, high = (share_cell(each, language) for each in (limits.rate_low, limits.rate_high))
    fewest, most = (number(each, language) for each in (limits.total_low, limits.total_high))
    return [
        with_marks(name_cell(row.indicator, language), row.remarks, notes),
        *row.labels,
        found_cell(row.errors, row.applicable, language),
        share_cell(row.rate, language),
        span_cell(low, high, language, side=side),
        number(row.total, language),
        span_cell(fewest, most, language, side=side),
    ]


def _about(row: Estimate, language: Language) -> str:
    limits = row.limits
    return short_fraction(row.rate, limits.rate_low, limits.rate_high, language) or ""
