"""Sentences about differences: two rates, how far apart they may be, and what that shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from sampleaudit.errors import one_of
from sampleaudit.wording.cells import level_text, points_cell
from sampleaudit.wording.numbers import number, percent
from sampleaudit.wording.texts import LANGUAGES, Language, comparison_texts, texts

_LEAST: Final = 0.001  # a smaller p-value is written as below it


@dataclass(frozen=True, slots=True)
class DifferenceStatement:
    """What is known of one difference of rates (shares of 1), of one indicator.

    ``where`` names the side, ``other`` the other one where it has a name. ``p_value`` is adjusted
    where ``adjusted`` says so.
    """

    indicator: str
    where: str
    other: str | None
    against: Literal["the rest", "each other", "reference", "before"]
    question: Literal["register", "process"]
    adjusted: bool
    errors: int
    applicable: int
    errors_other: int
    applicable_other: int
    rate: float
    rate_other: float
    difference: float
    low: float
    high: float
    p_value: float
    level: float


def difference_sentence(statement: DifferenceStatement, language: Language) -> str:
    """Return what may be said of one difference: counts, rates, interval, and what it shows.

    A difference that the sample does not show is called unclear, never absent.
    """
    one_of("language", language, LANGUAGES)
    text = comparison_texts(language)
    lead = _lead(statement.indicator, statement.where, language)
    if math.isnan(statement.difference):
        return text["none"].format(lead=lead)
    rates = text["rates"].format(
        lead=lead,
        rate=percent(statement.rate, language),
        errors=number(statement.errors, language),
        applicable=number(statement.applicable, language),
        rate_other=percent(statement.rate_other, language),
        errors_other=number(statement.errors_other, language),
        applicable_other=number(statement.applicable_other, language),
        other=text[statement.against].format(other=statement.other),
    )
    if math.isnan(statement.p_value):
        return rates
    difference = _points(statement.difference, language)
    if statement.low == statement.high:
        return f"{rates} {text['exact'].format(difference=difference)}"
    between = text["difference"].format(
        difference=difference,
        low=_points(statement.low, language),
        high=_points(statement.high, language),
        level=level_text(statement.level, language),
    )
    return f"{rates} {between} {_verdict(statement, language)}"


@dataclass(frozen=True, slots=True)
class VerdictStatement:
    """What is known of one rate against a tolerable one, shares of 1.

    ``confidence`` is that of the limit that decides.
    """

    indicator: str
    where: str
    rate: float
    low: float
    high: float
    tolerable: float
    judgement: Literal["above", "below", "cannot tell"]
    confidence: float


def verdict_sentence(statement: VerdictStatement, language: Language) -> str:
    """Return whether a rate is above or below the tolerable one, or that it cannot be told."""
    one_of("language", language, LANGUAGES)
    text = comparison_texts(language)
    known = not math.isnan(statement.low) and not math.isnan(statement.high)
    return text[statement.judgement if known else "no limits"].format(
        lead=_lead(statement.indicator, statement.where, language),
        tolerable=percent(statement.tolerable, language),
        low=percent(statement.low, language, rounding="down"),
        high=percent(statement.high, language, rounding="up"),
        level=level_text(statement.confidence, language),
    )


def _verdict(statement: DifferenceStatement, language: Language) -> str:
    text = comparison_texts(language)
    least = statement.p_value < _LEAST
    shown = f"{_LEAST if least else statement.p_value:.3f}".replace(".", texts(language)["decimal"])
    p = text["p below" if least else "p"].format(p=shown)
    if statement.adjusted:
        p = text["adjusted"].format(p=p)
    if statement.p_value < 1 - statement.level:
        key = "higher" if statement.difference > 0 else "lower"
        return text[key].format(scope=text[statement.question], p=p)
    scope = "process, unclear" if statement.question == "process" else "register"
    return text["unclear"].format(scope=text[scope], p=p)


def _lead(indicator: str, where: str, language: Language) -> str:
    known = texts(language).get(f"name of {indicator}", indicator)
    name = known.strip().rstrip(":")
    lead = f"{where}, {name}" if where else name
    return lead[:1].upper() + lead[1:]


def _points(share: float, language: Language) -> str:
    """Return a share of 1 in percentage points, with one decimal."""
    return points_cell(share, language).removeprefix("+")
