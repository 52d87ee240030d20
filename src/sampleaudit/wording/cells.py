"""Numbers as tables and pictures have them: one decimal, signs, and a dash for the unknown."""

from __future__ import annotations

import math
from typing import Final

from sampleaudit.wording.numbers import UNKNOWN, number
from sampleaudit.wording.texts import Language, picture_texts, texts

MINUS: Final = "\u2212"  # read aloud as minus, and as wide as the plus
_LEAST_P: Final = 0.0001  # a smaller p-value is written as below it


def share_cell(value: float, language: Language) -> str:
    """Return a share of 1 as a percentage with one decimal.

    >>> share_cell(13 / 77, "en"), share_cell(float("nan"), "en")
    ('16.9%', '\u2013')
    """
    if math.isnan(value):
        return UNKNOWN
    return number(100 * value, language, digits=1) + texts(language)["percent"]


def points_cell(value: float, language: Language) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    if math.isnan(value):
        return UNKNOWN
    shown = number(abs(100 * value), language, digits=1)
    sign = "" if not shown.strip("0.,") else "+" if value > 0 else MINUS
    return f"{sign}{shown}"


def level_text(level: float, language: Language) -> str:
    """Return a confidence level in full: 95% or 97.5%."""
    text = texts(language)
    return f"{level * 100:.10g}".replace(".", text["decimal"]) + text["percent"]


def found_cell(errors: int, applicable: int, language: Language) -> str:
    """Return "13 of 77"."""
    return picture_texts(language)["found of"].format(
        errors=number(errors, language), applicable=number(applicable, language)
    )


def span_cell(low: str, high: str, language: Language, *, side: str = "both") -> str:
    """Return "10.0% to 26.2%", or one limit with "at most" or "at least"; unknown: a dash."""
    if UNKNOWN in (low, high):
        return UNKNOWN
    return picture_texts(language)[f"table {side}"].format(low=low, high=high)


def p_cell(value: float, language: Language) -> str:
    """Return a p-value with four decimals."""
    if math.isnan(value):
        return UNKNOWN
    shown = number(max(value, _LEAST_P), language, digits=4)
    return f"<{shown}" if value < _LEAST_P else shown


def name_cell(indicator: str, language: Language) -> str:
    """Return what an indicator is called in a table: ``any error`` is ours to translate."""
    return indicator if language == "en" else texts(language).get(f"name of {indicator}", indicator)


def interval_head(levels: set[float], language: Language, *, side: str = "both") -> str:
    """Return the head of a column of intervals, with their level where all have the same."""
    text = picture_texts(language)
    if len(levels) != 1:
        return text[f"table limits {side}"]
    return text[f"table interval {side}"].format(level=level_text(next(iter(levels)), language))
