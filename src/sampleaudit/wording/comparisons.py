"""Sentences about differences: two rates, how far apart they may be, and what that shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sampleaudit.errors import one_of
from sampleaudit.wording.numbers import number, percent
from sampleaudit.wording.texts import LANGUAGES, Language, texts

_TEXTS: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "rates": "{lead}: {rate} ({errors} of the {applicable} cases) against {rate_other} "
                "({errors_other} of {applicable_other}) {other}.",
                "the rest": "in the rest",
                "each other": "in {other}",
                "reference": "in {other}",
                "before": "before",
                "difference": "The difference is {difference} percentage points, between {low} and "
                "{high} ({level}).",
                "higher": "{scope} the rate is higher ({p}).",
                "lower": "{scope} the rate is lower ({p}).",
                "unclear": "{scope} the sample does not tell whether the rate is higher or lower "
                "({p}): that is not to say that they are equal.",
                "register": "In the registers as they are,",
                "process": "Beyond what chance alone would make of the same practice,",
                "process, unclear": "As to the practice behind the cases,",
                "p": "p = {p}",
                "p below": "p < {p}",
                "adjusted": "{p}, adjusted for the number of comparisons",
                "exact": "The difference is {difference} percentage points; every case was read.",
                "none": "{lead}: no comparison is possible.",
                "above": "{lead}: the rate is above the tolerable {tolerable}; it is at least "
                "{low} ({level}).",
                "below": "{lead}: the rate is not above the tolerable {tolerable}; it is at most "
                "{high} ({level}).",
                "cannot tell": "{lead}: the sample does not tell whether the rate is above or "
                "below the tolerable {tolerable}; it may be between {low} and {high}.",
                "no limits": "{lead}: nothing can be said against the tolerable {tolerable}.",
            }
        ),
        "da": MappingProxyType(
            {
                "rates": "{lead}: {rate} ({errors} af de {applicable} sager) mod {rate_other} "
                "({errors_other} af {applicable_other}) {other}.",
                "the rest": "i de øvrige",
                "each other": "i {other}",
                "reference": "i {other}",
                "before": "før",
                "difference": "Forskellen er {difference} procentpoint, mellem {low} og {high} "
                "({level}).",
                "higher": "{scope} er andelen højere ({p}).",
                "lower": "{scope} er andelen lavere ({p}).",
                "unclear": "{scope} viser stikprøven ikke, om andelen er højere eller lavere "
                "({p}); det betyder ikke, at de er ens.",
                "register": "Blandt sagerne, som de er,",
                "process": "Ud over hvad tilfældet alene ville gøre ved samme praksis,",
                "process, unclear": "For så vidt angår praksis bag sagerne",
                "p": "p = {p}",
                "p below": "p < {p}",
                "adjusted": "{p}, korrigeret for antallet af sammenligninger",
                "exact": "Forskellen er {difference} procentpoint; alle sager er gennemgået.",
                "none": "{lead}: de kan ikke sammenlignes.",
                "above": "{lead}: andelen er over de acceptable {tolerable}; den er mindst {low} "
                "({level}).",
                "below": "{lead}: andelen er ikke over de acceptable {tolerable}; den er højst "
                "{high} ({level}).",
                "cannot tell": "{lead}: stikprøven viser ikke, om andelen er over eller under de "
                "acceptable {tolerable}; den kan være mellem {low} og {high}.",
                "no limits": "{lead}: intet kan siges i forhold til de acceptable {tolerable}.",
            }
        ),
    }
)
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
    text = _TEXTS[language]
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
        level=_level(statement.level, language),
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
    text = _TEXTS[language]
    known = not math.isnan(statement.low) and not math.isnan(statement.high)
    return text[statement.judgement if known else "no limits"].format(
        lead=_lead(statement.indicator, statement.where, language),
        tolerable=percent(statement.tolerable, language),
        low=percent(statement.low, language, rounding="down"),
        high=percent(statement.high, language, rounding="up"),
        level=_level(statement.confidence, language),
    )


def _verdict(statement: DifferenceStatement, language: Language) -> str:
    text = _TEXTS[language]
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


def _level(level: float, language: Language) -> str:
    """Return the level in full: 95% or 97.5%."""
    shown = f"{level * 100:.6g}".replace(".", texts(language)["decimal"])
    return shown + texts(language)["percent"]


def _points(share: float, language: Language) -> str:
    """Return a share of 1 in percentage points, with one decimal."""
    return number(100 * share, language, digits=1)
