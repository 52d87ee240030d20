"""Rates as a table for reading, in English or Danish."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sampleaudit.estimates.display import Shown
from sampleaudit.wording import Language, number, percent, remark_text, short_fraction
from sampleaudit.wording.texts import picture_texts, texts

if TYPE_CHECKING:
    from sampleaudit.estimates.estimate import Estimate


def shown_rates(by: Sequence[str], rows: Sequence[Estimate], language: Language) -> Shown:
    """Return head, rows and footnotes: counts, the rate with its interval, and what it means.

    The column "about" has a simple fraction where it lies close to the rate and between its limits.
    """
    text = picture_texts(language)
    levels = {row.level for row in rows}
    side = rows[0].side if rows else "both"
    name = text[f"table limits {side}"]
    if len(levels) == 1:
        level = percent(next(iter(levels)), language)
        name = text[f"table interval {side}"].format(level=level)
    abouts = [_about(row, language) for row in rows]
    head = [text["table indicator"], *by, text["found"], text["rate"], name]
    head += [text["table about"]] * any(abouts)
    head += [text["table in the caseload"], name]
    head += [text["table level"]] * (len(levels) > 1)
    notes = list(dict.fromkeys(remark for row in rows for remark in row.remarks))
    body = []
    for row, about in zip(rows, abouts, strict=True):
        cells = _cells(row, notes, language)
        if any(abouts):
            cells.insert(-2, about)
        body.append(cells + [percent(row.level, language)] * (len(levels) > 1))
    return head, body, [remark_text(note, language) for note in notes]


def _cells(row: Estimate, notes: list[str], language: Language) -> list[str]:
    limits, text = row.limits, picture_texts(language)
    marks = ",".join(str(notes.index(remark) + 1) for remark in row.remarks)
    name = row.indicator
    if language != "en":
        name = texts(language).get(f"name of {name}", name)
    return [
        f"{name} [{marks}]" if marks else name,
        *row.labels,
        text["found of"].format(
            errors=number(row.errors, language), applicable=number(row.applicable, language)
        ),
        _share(row.rate, language),
        _span(limits.rate_low, limits.rate_high, row.side, _share, language),
        _cases(row.total, language),
        _span(limits.total_low, limits.total_high, row.side, _cases, language),
    ]


def _about(row: Estimate, language: Language) -> str:
    limits = row.limits
    return short_fraction(row.rate, limits.rate_low, limits.rate_high, language) or ""


def _share(value: float, language: Language) -> str:
    if math.isnan(value):
        return "-"
    return number(100 * value, language, digits=1) + texts(language)["percent"]


def _cases(value: float, language: Language) -> str:
    return "-" if math.isnan(value) else number(value, language)


def _span(
    low: float, high: float, side: str, shown: Callable[[float, Language], str], language: Language
) -> str:
    if math.isnan(low) or math.isnan(high):
        return "-"
    return picture_texts(language)[f"table {side}"].format(
        low=shown(low, language), high=shown(high, language)
    )
