"""Ranks of domains, never without the places that are possible for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.comparison.domain_counts import (
    DomainCounts,
    cells_of,
    collect,
)
from sampleaudit.comparison.domain_table import DomainTable
from sampleaudit.comparison.questions import QUESTIONS, Question
from sampleaudit.errors import one_of
from sampleaudit.findings import Findings
from sampleaudit.formulas.rank_sets import Tables, apart, rank_limits, tables
from sampleaudit.wording import Language, number
from sampleaudit.wording.cells import level_text, share_cell
from sampleaudit.wording.numbers import UNKNOWN
from sampleaudit.wording.ranking import groups_named, ranking_sentence
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    from sampleaudit.analysis import Guarantee

_WHOLE: Final = 1e-6  # effective counts this near to a whole number are whole


@dataclass(frozen=True, slots=True)
class Rank:
    """One domain: the rank of its estimate, and the ranks possible for the truth.

    Rank 1 is the lowest rate; domains with the same estimate share a rank. ``lower`` and ``higher``
    count the domains that are shown to have a lower and a higher rate. nan where no case counted.
    """

    indicator: str
    labels: tuple[str, ...]
    population: int
    reviewed: int
    applicable: int
    errors: int
    rate: float
    rank: float
    rank_low: float
    rank_high: float
    domains: int
    lower: float
    higher: float
    level: float
    question: Question
    guarantee: Guarantee
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Ranks(DomainTable[Rank]):
    """Ranks with the places possible, made by `rank_domains`; shows as a table.

    ``by`` names the columns of the domains, ``plural`` what they are; ``rows`` has a `Rank` per
    indicator and domain.
    """

    by: tuple[str, ...]
    plural: str
    rows: tuple[Rank, ...]

    columns: ClassVar[tuple[str, ...]] = (
        "population", "reviewed", "applicable", "errors", "rate", "rank", "rank_low", "rank_high",
        "domains", "lower", "higher", "level", "question", "guarantee", "remarks",
    )  # fmt: skip

    def sentences(self, *, language: Language = "en") -> list[str]:
        """Return for each indicator whether any two domains can be told apart, in one sentence.

        Of the rows that are here: ask before `select` takes domains away.
        """
        said = []
        for indicator in dict.fromkeys(row.indicator for row in self.rows):
            rows = [
                row
                for row in self.rows
                if row.indicator == indicator and not math.isnan(row.rank_low)
            ]
            if len(rows) < 2:
                continue
            places = [int(row.rank_high - row.rank_low) + 1 for row in rows]
            said.append(
                ranking_sentence(
                    language,
                    indicator=indicator,
                    by=self.by,
                    domains=rows[0].domains,
                    apart=int(sum(row.lower for row in rows)),
                    fewest=min(places),
                    most=max(places),
                    level=rows[0].level,
                )
            )
        return said

    def _heads(self, language: Language) -> list[str]:
        text = picture_texts(language)
        levels = {row.level for row in self.rows}
        key = "table places at" if len(levels) == 1 else "table places"
        level = level_text(max(levels), language) if levels else ""
        return [text["rate"], text[key].format(level=level)]

    def _cells(self, row: Rank, language: Language) -> list[str]:
        low, high, count = (
            number(each, language) for each in (row.rank_low, row.rank_high, row.domains)
        )
        key = "table place of" if row.rank_low == row.rank_high else "table places of"
        places = picture_texts(language)[key].format(low=low, high=high, count=count)
        known = not math.isnan(row.rank_low)
        return [share_cell(row.rate, language), places if known else UNKNOWN]


def rank_domains(
    findings: Findings,
    by: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    level: float | None = None,
    missing: MissingRule | None = None,
) -> Ranks:
    """Say which places in a ranking are possible for each domain, rank 1 the lowest rate.

    For one indicator, all true ranks lie in their sets together with probability ``level`` (the
    plan's if not given) at least: every pair of domains is tested exactly, all pairs at once by
    Holm's method. ``question="register"`` ranks the rates of the registers as they are,
    ``"process"`` those of the practice behind them. ``guarantee`` is "proved" where each domain is
    one stratum in which all cases count; else effective counts are compared, and it is "measured".
    Raises `AuditError` for a single domain, a chosen sample, and domains of unknown size.
    """
    one_of("question", question, tuple(QUESTIONS))
    level = findings.sample.analysis.level_of(level)
    collected = collect(findings, by, indicators=indicators, missing=missing, what="rank_domains")
    known: dict[tuple[int, int | None], Tables] = {}
    rows: list[Rank] = []
    for counts in collected.indicators:
        rows += _rows(counts, question, level, known)
    return Ranks(collected.by, groups_named(collected.by, "en"), tuple(rows))


@dataclass(frozen=True, slots=True)
class Contestant:
    """One domain's counts for the tests: as the higher one of a pair, and as the lower one.

    ``place`` is its place among the domains; ``exact`` says that the counts are those of one
    stratum in which all cases count.
    """

    place: int

    above: int
    below: int
    reviewed: int
    population: int
    exact: bool


def _rows(
    counts: DomainCounts,
    question: Question,
    level: float,
    known: dict[tuple[int, int | None], Tables],
) -> list[Rank]:
    """Return the rows of one indicator; ``known`` keeps the tables of earlier ones."""
    taking_part = contestants_of(counts)
    entered = [each.place for each in taking_part]
    laws = []
    for each in taking_part:
        key = each.reviewed, each.population if question == "register" else None
        if key not in known:
            known[key] = tables(*key)
        laws.append(known[key])
    higher = np.zeros((len(laws), len(laws)), dtype=bool)
    if len(laws) > 1:
        higher = apart(
            np.array([each.above for each in taking_part]),
            np.array([each.below for each in taking_part]),
            laws,
            alpha=1 - level,
        )
    low, high = rank_limits(higher)
    rates = counts.rates
    exact = all(each.exact for each in taking_part)
    limits = {
        place: (int(low[k]), int(high[k]), int(higher[k].sum()), int(higher[:, k].sum()))
        for k, place in enumerate(entered)
    }
    nothing = (math.nan,) * 4
    rows = []
    for place, label in enumerate(counts.labels):
        least, most, lower, higher_ones = limits.get(place, nothing)
        rate = float(rates[place])
        rank = 1 + float((rates[entered] < rate - 1e-12).sum()) if place in limits else math.nan
        rows.append(
            Rank(
                indicator=counts.indicator,
                labels=label,
                population=int(counts.population[place].sum()),
                reviewed=int(counts.reviewed[place].sum()),
                applicable=int(counts.applicable[place].sum()),
                errors=int(counts.errors[place].sum()),
                rate=rate,
                rank=rank,
                rank_low=least,
                rank_high=most,
                domains=len(entered),
                lower=lower,
                higher=higher_ones,
                level=level,
                question=question,
                guarantee="proved" if exact else "measured",
                remarks=(*counts.remarks_on(place), *counts.remarks),
            )
        )
    return rows


def contestants_of(counts: DomainCounts) -> list[Contestant]:
    """Return the domains with cases that count; with effective counts, if strata are unequal.

    n* = (sum w a)^2 / sum w^2 a (Kish 1965), rounded down; of the rate's n* R errors, rounded down
    where the domain shall be the higher of two, up where the lower: against it both times.
    """
    found = (_contestant(counts, place) for place in range(len(counts.labels)))
    return [each for each in found if each is not None]


def _contestant(counts: DomainCounts, place: int) -> Contestant | None:
    own = cells_of(counts, place)
    applicable, weights = own.applicable[0], np.nan_to_num(own.weights)
    total = float(weights @ applicable)
    if not total:
        return None
    effective = total**2 / float(weights**2 @ applicable)
    size = np.nan_to_num(own.applicable_population[0]).sum()
    errors = float(weights @ own.errors[0]) / total * effective
    read = math.floor(effective + _WHOLE)
    share = read / effective
    whole = bool((own.applicable == own.reviewed).all())
    exact = whole and len(applicable) == 1
    return Contestant(
        place=place,
        above=math.floor(errors * share + _WHOLE),
        below=math.ceil(errors * share - _WHOLE),
        reviewed=read,
        population=max(round(float(size)), read),
        exact=exact,
    )
