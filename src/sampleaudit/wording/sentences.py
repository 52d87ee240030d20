"""Sentences about rates: what was found, and what that means for the whole caseload."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from sampleaudit.wording.cells import level_text
from sampleaudit.wording.numbers import UNKNOWN, Rounding, number, percent
from sampleaudit.wording.texts import Language, fractions, short_fractions, texts

_CLOSE: Final = 0.05  # a fraction may stand for a rate within 5 % of the rate
_CLOSE_POINTS: Final = 0.025  # and within 2.5 percentage points
_MAJORITY: Final = 0.5  # "most" is claimed when the lower limit lies above
_VAST_MAJORITY: Final = 0.8  # "langt de fleste" is claimed when the lower limit lies above


@dataclass(frozen=True, slots=True)
class RateStatement:
    """What is known of one indicator, in the whole caseload or in one domain.

    ``indicator`` names the fault ("assessment missing"), ``where`` the domain ("district North").
    ``reviewed`` counts the cases with an outcome, ``missing`` those of them whose file could not be
    produced; ``missing_rule`` ("error", "correct" or "exclude") is what these count as, and
    ``errors`` and ``applicable`` are counted by that rule. Rates are shares of 1, totals are
    erroneous cases of the ``population``; what is not known is nan. ``census``: every case was
    taken. ``extrapolates`` is False where the cases were chosen, not drawn.
    """

    indicator: str
    where: str | None
    errors: int
    reviewed: int
    applicable: int
    missing: int
    missing_rule: str
    population: float
    rate: float
    low: float
    high: float
    total: float
    total_low: float
    total_high: float
    level: float
    side: Literal["both", "lower", "upper"]
    census: bool
    extrapolates: bool


def fraction_words(rate: float, low: float, high: float, language: Language) -> str | None:
    """Return a rate in everyday words, or None where no such words are true.

    "About one in six" is said only where 1/6 lies within 5 % of the rate (and 2.5 points), and
    between the limits; "most" where the lower limit is above a half. ``rate``, ``low`` and
    ``high`` are shares of 1; one unknown limit (nan) leaves that side open, two refuse all words.

    >>> fraction_words(13 / 77, 0.1, 0.262, "en"), fraction_words(13 / 77, 0.1, 0.262, "da")
    ('about one in six', 'cirka hver sjette')
    """
    if math.isnan(rate):
        return None
    words = _fraction(rate, low, high, language)
    return _majority(low, language) if words is None else words[0]


def short_fraction(rate: float, low: float, high: float, language: Language) -> str | None:
    """Return a rate as a table has it, or None where `fraction_words` would not name a fraction.

    >>> short_fraction(13 / 77, 0.1, 0.262, "en"), short_fraction(13 / 77, 0.1, 0.262, "da")
    ('1 in 6', 'hver 6.')
    """
    nearest = _nearest(rate, low, high, language)
    return None if nearest is None else short_fractions(language)[nearest]


def rate_sentence(statement: RateStatement, language: Language) -> str:
    """Return what may be said of one rate: the count, the size and the interval, in sentences.

    A census has no interval, a chosen sample no extrapolation, and no finding at all becomes "at
    most", never "no errors". The everyday words follow the estimated rate, which in a stratified
    sample is not errors over reviewed.
    """
    text = texts(language)
    lead = _lead(statement, ", ", language)
    if statement.reviewed == _left_out(statement):
        sentences = [text["none read"].format(lead=lead)]
    elif statement.applicable == 0:
        cases = _cases(statement, statement.reviewed - _left_out(statement), "", language)
        sentences = [text["never applied"].format(lead=lead, cases=cases)]
    elif statement.census or not statement.extrapolates:
        sentences = [_count(statement, language), _what_was_taken(statement, language)]
    elif statement.errors in (0, statement.applicable):
        sentences = [_count(statement, language), _one_limit(statement, language)]
    else:
        sentences = [_headline(statement, language), _extrapolation(statement, language)]
    if statement.missing:
        key = f"missing {statement.missing_rule}, {_plural(statement.missing)}"
        sentences.append(text[key].format(missing=number(statement.missing, language)))
    return " ".join(sentences)


def _headline(statement: RateStatement, language: Language) -> str:
    """Return "Assessment missing in about one in six cases."."""
    text = texts(language)
    scope = _scope(statement, language)
    about = text["about"].format(value=percent(statement.rate, language))
    words = _fraction(statement.rate, statement.low, statement.high, language)
    majority = _majority(statement.low, language)
    if words is not None:
        share = " ".join(words) + scope
    elif majority is not None:
        share = f"{majority} {text['most cases']}{scope}, {about}"
    else:
        share = f"{about} {text['of cases']}{scope}"
    return text["in"].format(lead=_lead(statement, ": ", language), share=share)


def _extrapolation(statement: RateStatement, language: Language) -> str:
    """Return "Found in 13 of the 77 cases read; in the whole caseload of 500 that is ..."."""
    text = texts(language)
    in_cases, value, low, high = _figures(statement, language)
    about = text["about"].format(value=value)
    limits = text[statement.side].format(low=low, high=high)
    level = _level(statement, language)
    if UNKNOWN in {"both": (low, high), "lower": (low,), "upper": (high,)}[statement.side]:
        said = text["no interval"].format(about=about)
    elif low == high and statement.side == "both":
        said = f"{value} ({level})"
    elif in_cases:
        said = f"{about}, {limits} ({level})"
    else:  # a percentage that the headline has given is not said twice
        worded = _fraction(statement.rate, statement.low, statement.high, language) is not None
        said = f"{about}, {limits}" if worded else limits
        said += f"{_of_applicable(statement, language)} ({level})"
    found, whole = _found(statement, language), _whole(statement, language)
    return text["found and whole"].format(found=found, whole=whole, said=said)


def _one_limit(statement: RateStatement, language: Language) -> str:
    """Return the one limit that says something where none, or all, of the cases were errors."""
    text = texts(language)
    side = "lower" if statement.errors else "upper"
    share = statement.low if statement.errors else statement.high
    total = statement.total_low if statement.errors else statement.total_high
    rounding: Rounding = "down" if statement.errors else "up"
    whole = _whole(statement, language)
    if statement.side not in ("both", side):
        return text[f"not asked, {side}"].format(whole=whole)
    if math.isnan(share):
        return text["no limit"].format(whole=whole)
    shares = percent(share, language, rounding=rounding)
    shares += _of_applicable(statement, language)
    limit = text[side].format(low=shares, high=shares)
    if not math.isnan(total):
        cases = _counted(number(total, language, rounding=rounding), language)
        limit = f"{limit}, {text[side].format(low=cases, high=cases)}"
    level = _level(statement, language) + (text["two-sided"] if statement.side == "both" else "")
    return text["limit"].format(whole=whole, limit=limit, level=level)


def _count(statement: RateStatement, language: Language) -> str:
    """Return what was found among the cases taken, and nothing of the others."""
    text = texts(language)
    found = _found(statement, language)
    lead = _lead(statement, ", ", language)
    if statement.errors == 0:
        cases = _cases(statement, statement.applicable, "where", language)
        key = f"found in none, {_plural(statement.applicable)}"
        return text[key].format(lead=lead, cases=cases)
    if statement.errors == statement.applicable:
        return text["found in all"].format(lead=lead, found=found)
    if statement.census:
        found = f"{found} ({percent(statement.errors / statement.applicable, language)})"
    return text["in"].format(lead=_lead(statement, ": ", language), share=found)


def _what_was_taken(statement: RateStatement, language: Language) -> str:
    text = texts(language)
    if not statement.census:
        return text["chosen"]
    taken = "taken" if statement.missing else "read"
    reviewed = number(statement.reviewed, language)
    return text[f"census, {taken}, {_plural(statement.reviewed)}"].format(reviewed=reviewed)


def _lead(statement: RateStatement, joint: Literal[": ", ", "], language: Language) -> str:
    """Return the domain, if any, and the indicator's name as the start of a sentence.

    They are joined by a comma where a colon follows the name.
    """
    known = texts(language).get(f"name of {statement.indicator}", statement.indicator)
    name = known.strip().rstrip(":")
    if name.endswith(("?", ".", "!")):  # a whole sentence: what follows needs its own subject
        name = f"{name} {texts(language)['error']}"
    return _capital(f"{statement.where}{joint}{name}" if statement.where else name)


def _found(statement: RateStatement, language: Language) -> str:
    """Return "13 of the 77 cases read"."""
    text = texts(language)
    everything = statement.errors == statement.applicable and statement.applicable > 1
    cases = _cases(statement, statement.applicable, "all" if everything else "where", language)
    if everything or statement.applicable == 1:
        return cases
    return text["some of"].format(errors=number(statement.errors, language), cases=cases)


def _cases(
    statement: RateStatement, count: int, form: Literal["", "where", "all"], language: Language
) -> str:
    """Return "the 77 cases read": a denominator, and how those cases came into it."""
    text = texts(language)
    left_out = _left_out(statement)
    if statement.census:
        taken = "census"
    elif statement.missing == left_out:
        taken = "read"
    else:  # nobody read a file that could not be produced
        taken = "drawn" if statement.extrapolates else "chosen"
    noun = text[_plural(count)]
    if form and _scope(statement, language):
        reviewed = number(statement.reviewed - left_out, language)
        cases = text[f"cases where it applied, {taken}"].format(cases=noun, reviewed=reviewed)
    else:
        cases = text[f"cases {taken}"].format(cases=noun)
    article = "only" if count == 1 else "all" if form == "all" else "the"
    return text[article].format(count=number(count, language), cases=cases)


def _whole(statement: RateStatement, language: Language) -> str:
    """Return "the whole caseload of 500"."""
    scope = "group" if statement.where else "caseload"
    known = "unknown" if math.isnan(statement.population) else "known"
    population = number(statement.population, language)
    return texts(language)[f"whole {scope}, {known}"].format(population=population)


def _figures(statement: RateStatement, language: Language) -> tuple[bool, str, str, str]:
    """Return the estimate and its limits in cases (True), or else as percentages (False)."""
    needed = {
        "both": statement.total_low + statement.total_high,
        "lower": statement.total_low,
        "upper": statement.total_high,
    }[statement.side]
    if math.isnan(statement.population + statement.total + needed):
        value = percent(statement.rate, language)
        low = percent(statement.low, language, rounding="down")
        return False, value, low, percent(statement.high, language, rounding="up")
    value = _counted(number(statement.total, language), language)
    low = number(statement.total_low, language, rounding="down")
    return True, value, low, number(statement.total_high, language, rounding="up")


def _fraction(rate: float, low: float, high: float, language: Language) -> tuple[str, str] | None:
    """Return the words for a rate that is close to a simple fraction, and their noun."""
    nearest = _nearest(rate, low, high, language)
    return None if nearest is None else fractions(language)[nearest]


def _nearest(rate: float, low: float, high: float, language: Language) -> float | None:
    """Return the simple fraction that a rate is close to, if it lies between the limits."""
    if math.isnan(rate) or (math.isnan(low) and math.isnan(high)):
        return None
    nearest = min(fractions(language), key=lambda fraction: abs(rate - fraction))
    close = abs(rate - nearest) <= min(_CLOSE * rate, _CLOSE_POINTS)
    return nearest if close and not nearest < low and not nearest > high else None


def _majority(low: float, language: Language) -> str | None:
    text = texts(language)
    if low > _VAST_MAJORITY:
        return text["vast majority"]
    return text["majority"] if low > _MAJORITY else None


def _counted(count: str, language: Language) -> str:
    return f"{count} {texts(language)['one' if count == '1' else 'many']}"


def _plural(count: int) -> Literal["one", "many"]:
    return "one" if count == 1 else "many"


def _left_out(statement: RateStatement) -> int:
    return statement.missing if statement.missing_rule == "exclude" else 0


def _scope(statement: RateStatement, language: Language) -> str:
    """Return " where it applies" if there were cases to which the duty did not apply."""
    everywhere = statement.applicable == statement.reviewed - _left_out(statement)
    return "" if everywhere else texts(language)["where it applies"]


def _of_applicable(statement: RateStatement, language: Language) -> str:
    """Return " of the cases where it applies" if a percentage is of those alone."""
    scope = _scope(statement, language)
    return f" {texts(language)['of cases']}{scope}" if scope else ""


def _level(statement: RateStatement, language: Language) -> str:
    """Return the level in full, 99.9% or 97.5%, with the side if there is but one."""
    level = level_text(statement.level, language)
    return level if statement.side == "both" else level + texts(language)["one-sided"]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
