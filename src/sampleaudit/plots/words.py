"""How pictures write numbers and names, and what they say in place of being seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.wording import LANGUAGES, Language, number
from sampleaudit.wording.cells import (
    MINUS,
    found_cell,
    level_text,
    points_cell,
    share_cell,
)
from sampleaudit.wording.numbers import UNKNOWN
from sampleaudit.wording.texts import picture_texts, texts

NOT_KNOWN: Final = UNKNOWN
_IN_FULL: Final = 12  # rows that a text alternative names one by one; more are summed up


class Words:
    """The words and numbers of one language."""

    __slots__ = ("language", "text")

    def __init__(self, language: Language) -> None:
        one_of("language", language, LANGUAGES)
        self.language: Final[Language] = language
        self.text: Final = picture_texts(language)

    def share(self, value: float) -> str:
        """Return a share of 1 as a percentage with one decimal, as the tables have it."""
        return share_cell(value, self.language)

    def points(self, value: float) -> str:
        """Return a difference of shares in percentage points, with its sign."""
        return points_cell(value, self.language)

    def level(self, value: float) -> str:
        """Return a level in full: 95% or 97.5%."""
        return level_text(value, self.language)

    def count(self, value: float) -> str:
        """Return a whole number of cases."""
        return number(value, self.language)

    def found(self, errors: int, applicable: int) -> str:
        """Return "13 of 77"."""
        return found_cell(errors, applicable, self.language)

    def span(self, value: str, low: str, high: str, side: str = "both") -> str:
        """Return "17% (10% to 27%)", or the value with its one limit."""
        if (low if side != "upper" else high) == NOT_KNOWN:
            return value
        key = "span" if side == "both" else f"span {side}"
        percent = texts(self.language)["percent"]
        return self.text[key].format(value=value, low=low.removesuffix(percent), high=high)

    def name(self, indicator: str) -> str:
        """Return what an indicator is called."""
        return texts(self.language).get(f"name of {indicator}", indicator)

    def ticks(self, values: Sequence[float], *, points: bool = False) -> tuple[str, ...]:
        """Return shares of 1 as an axis names them, all with the same decimals."""
        digits = next(
            each
            for each in range(10)
            if each == 9 or all(abs(round(100 * v, each) - 100 * v) < 1e-9 for v in values)
        )
        sign = "" if points else texts(self.language)["percent"]
        shown = [number(abs(100 * v), self.language, digits=digits) + sign for v in values]
        plus = "+" if points else ""
        return tuple(
            ("" if v == 0 else MINUS if v < 0 else plus) + text
            for v, text in zip(values, shown, strict=True)
        )

    def capital(self, text: str) -> str:
        """Return a text that begins a line."""
        return text[:1].upper() + text[1:]

    def by(self, columns: Sequence[str]) -> str:
        """Return the names of columns as words."""
        return ", ".join(column.replace("_", " ") for column in columns)

    def said(
        self, title: str, rows: Sequence[tuple[str, str, str, float]], *, key: str = "rate"
    ) -> str:
        """Return a text alternative: every row, or where there are many the least and the most.

        A row is its label, what was found, its value in words, and the value to compare by.
        """
        if len(rows) <= _IN_FULL:
            template = self.text["said row" if key == "rate" else f"said {key}"]
            told = [
                template.format(label=label, found=found, value=value)
                for label, found, value, _ in rows
            ]
            return " ".join([f"{title}.", *told])
        known = [row for row in rows if not math.isnan(row[3])]
        if not known:
            return f"{title}."
        least, most = (pick(known, key=lambda row: row[3]) for pick in (min, max))
        template = self.text["said differences" if key == "difference" else "said rates"]
        summed = template.format(
            count=self.count(len(rows)), least=least[2], least_label=least[0], most=most[2],
            most_label=most[0],
        )  # fmt: skip
        return f"{title}. {self.capital(summed)}"


def one_indicator(indicators: Sequence[str], picture: str) -> str:
    """Return the indicator, or refuse several: there is room for one in the picture."""
    names = list(dict.fromkeys(indicators))
    if not names:
        raise AuditError(f"There are no rows, so there is no {picture} to draw.")
    if len(names) > 1:
        raise AuditError(
            f"This {picture} shows one indicator, and here are {len(names)}: {first_few(names)}. "
            f"Choose one with .select(indicator=...) before .plot()."
        )
    return names[0]
