"""Funnel: which domains lie outside what chance alone does around the overall rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.comparison.domain_counts import (
    NONE_APPLIED,
    DomainCounts,
    cells_of,
    collect,
)
from sampleaudit.comparison.domain_table import DomainTable, span_of_shares
from sampleaudit.comparison.questions import QUESTIONS, Question
from sampleaudit.errors import AuditError, one_of
from sampleaudit.findings import Findings
from sampleaudit.formulas.funnel import (
    Law,
    control_limit,
    exact_limits,
    heterogeneity,
    is_overdispersed,
    overdispersion,
    rate_law,
)
from sampleaudit.wording import Language
from sampleaudit.wording.cells import level_text, share_cell
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Overdispersion = Literal["where shown", "none"]
OVERDISPERSION: Final[Mapping[Overdispersion, str]] = MappingProxyType(
    {
        "where shown": "limits are widened by sqrt(phi) where phi is two deviations above 1",
        "none": "limits are those of chance alone",
    }
)
FunnelLimits = Literal["exact", "interpolated"]
FUNNEL_LIMITS: Final[Mapping[FunnelLimits, str]] = MappingProxyType(
    {
        "exact": "rates that can occur: outside them lie 2.5 or 0.1 per cent at most on each side",
        "interpolated": "between rates that can occur, for a smooth picture (Spiegelhalter 2005)",
    }
)
_TAILS: Final = (0.025, 0.001)  # beyond each of the 95 % and 99.8 % limits (Spiegelhalter 2005)
_CLEAR: Final = 1e-9  # a rate this near a limit is on it
_ENOUGH: Final = 3  # domains with a score, below which nothing is said of their spread


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One domain: its rate, the limits of chance around the target, and whether it is outside.

    Rates and limits are shares of 1; ``score`` is the distance to the target in deviations.
    """

    indicator: str
    labels: tuple[str, ...]
    population: int
    reviewed: int
    applicable: int
    errors: int
    rate: float
    target: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float
    score: float
    outside: str
    phi: float
    heterogeneity_p: float
    question: Question
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Funnel(DomainTable[FunnelRow]):
    """Domains against the limits of chance, made by `funnel`; shows as a table.

    ``by`` names the columns of the domains; ``rows`` has a `FunnelRow` per indicator and domain.
    """

    by: tuple[str, ...]
    rows: tuple[FunnelRow, ...]

    columns: ClassVar[tuple[str, ...]] = (
        "population", "reviewed", "applicable", "errors", "rate", "target", "low_95", "high_95",
        "low_998", "high_998", "score", "outside", "phi", "heterogeneity_p", "question", "remarks",
    )  # fmt: skip

    @property
    def outside(self) -> Funnel:
        """The domains outside the 95 % limits, perhaps none; one in twenty is by chance alone."""
        return Funnel(self.by, tuple(row for row in self.rows if row.outside))

    def plot(self, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw the rates of one indicator within the limits of chance, those outside named.

        See `sampleaudit.plots.funnels.plot_funnel`.
        """
        from sampleaudit.plots.funnels import plot_funnel

        return plot_funnel(self, ax=ax, language=language)

    def _heads(self, language: Language) -> list[str]:
        text = picture_texts(language)
        chance = [
            text["table limits of chance"].format(level=level_text(each, language))
            for each in (0.95, 0.998)
        ]
        return [text["rate"], text["table overall"], *chance, text["table outside"]]

    def _cells(self, row: FunnelRow, language: Language) -> list[str]:
        return [
            share_cell(row.rate, language),
            share_cell(row.target, language),
            span_of_shares(row.low_95, row.high_95, language),
            span_of_shares(row.low_998, row.high_998, language),
            _outside_cell(row.outside, language),
        ]


def funnel(
    findings: Findings,
    by: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    target: float | None = None,
    limits: FunnelLimits = "exact",
    overdispersion: Overdispersion = "where shown",
    missing: MissingRule | None = None,
) -> Funnel:
    """Set each domain's rate against what chance does around the overall rate.

    The limits, 95 % and 99.8 %, are exact for the domain's own numbers: hypergeometric for
    ``question="register"`` (are the cases of this register like the others?), binomial for
    ``"process"`` (is the practice behind it?). ``limits="interpolated"`` gives Spiegelhalter's
    (2005) for a smooth picture, beyond which a rate need not be improbable.
    ``target`` is a rate (share of 1) to compare with instead of the caseload's. Where the rates
    vary more than chance makes them, the distance of the limits from the target is multiplied by
    sqrt(phi); ``overdispersion="none"`` leaves them. Raises `AuditError` for a single domain, a
    chosen sample, and domains of unknown size.
    """
    one_of("question", question, tuple(QUESTIONS))
    one_of("limits", limits, tuple(FUNNEL_LIMITS))
    one_of("overdispersion", overdispersion, tuple(OVERDISPERSION))
    if target is not None and not 0 < target < 1:
        raise AuditError(f"target is {target!r}; it must be a rate between 0 and 1, as 0.1.")
    collected = collect(findings, by, indicators=indicators, missing=missing, what="funnel")
    rows: list[FunnelRow] = []
    for counts in collected.indicators:
        rows += _rows(counts, question, target, limits, widen=overdispersion == "where shown")
    return Funnel(collected.by, tuple(rows))


def _rows(
    counts: DomainCounts,
    question: Question,
    target: float | None,
    limits: FunnelLimits,
    *,
    widen: bool,
) -> list[FunnelRow]:
    """Return the rows of one indicator."""
    centre = counts.overall if target is None else target
    rates, census = counts.rates, counts.census
    laws: list[Law | None] = []
    known: dict[tuple[object, ...], Law] = {}
    for place in range(len(counts.labels)):
        own = cells_of(counts, place)
        counted = own.applicable[0] > 0
        if math.isnan(rates[place]) or not counted.any():
            laws.append(None)
            continue
        read, size = own.applicable[0][counted], own.applicable_population[0][counted]
        weights = own.weights[counted]
        key = (*read.tolist(), *size.tolist(), *weights.tolist())
        if key not in known:
            known[key] = rate_law(read, None if question == "process" else size, centre, weights)
        laws.append(known[key])
    scores = np.full(len(laws), np.nan)
    kurtosis = np.full(len(laws), np.nan)
    for place, law in enumerate(laws):
        if law is None or (census[place] and question == "register"):
            continue
        variance = law.moment(2)
        if variance > 0:
            scores[place] = (rates[place] - centre) / variance**0.5
            kurtosis[place] = law.moment(4) / variance**2
    scored = ~np.isnan(scores)
    phi = p_value = math.nan
    factor, remarks = 1.0, list(counts.remarks)
    if scored.sum() >= _ENOUGH:
        phi = overdispersion(scores[scored])
        _, p_value = heterogeneity(scores[scored], kurtosis[scored])
        if widen and is_overdispersed(phi, int(scored.sum())):
            factor = phi**0.5
            remarks.append(
                f"rates vary more than chance makes them (phi {phi:.2f}): limits are widened by "
                f"{factor:.2f}"
            )
    return [
        _row(counts, place, _limits_of(laws[place], limits, centre, factor), float(scores[place]),
             question, centre, phi, p_value, remarks)
        for place in range(len(laws))
    ]  # fmt: skip


def _row(
    counts: DomainCounts,
    place: int,
    limits: list[float],
    score: float,
    question: Question,
    centre: float,
    phi: float,
    p_value: float,
    remarks: list[str],
) -> FunnelRow:
    rate = float(counts.rates[place])
    own = counts.remarks_on(place)
    if counts.census[place] and NONE_APPLIED not in own and question == "register":
        own.append("every case read: the limits are the target itself, to the nearest case")
    return FunnelRow(
        indicator=counts.indicator,
        labels=counts.labels[place],
        population=int(counts.population[place].sum()),
        reviewed=int(counts.reviewed[place].sum()),
        applicable=int(counts.applicable[place].sum()),
        errors=int(counts.errors[place].sum()),
        rate=rate,
        target=centre,
        low_95=limits[0],
        high_95=limits[1],
        low_998=limits[2],
        high_998=limits[3],
        score=score,
        outside=_outside(rate, limits),
        phi=phi,
        heterogeneity_p=p_value,
        question=question,
        remarks=(*own, *remarks),
    )


def _limits_of(law: Law | None, limits: FunnelLimits, centre: float, factor: float) -> list[float]:
    """Return the 95 % and the 99.8 % limits, their distance to the centre times the factor."""
    if law is None:
        return [math.nan] * 4
    pairs = [
        exact_limits(law, tail)
        if limits == "exact"
        else (control_limit(law, tail), control_limit(law, 1 - tail))
        for tail in _TAILS
    ]
    return [
        min(max(centre + factor * (each - centre), 0.0), 1.0) for pair in pairs for each in pair
    ]


def _outside(rate: float, limits: list[float]) -> str:
    low, high, lowest, highest = limits
    if rate > highest + _CLEAR:
        return "above 99.8%"
    if rate > high + _CLEAR:
        return "above 95%"
    if rate < lowest - _CLEAR:
        return "below 99.8%"
    return "below 95%" if rate < low - _CLEAR else ""


def _outside_cell(outside: str, language: Language) -> str:
    """Return "above 95%" for what a row has as such."""
    text = picture_texts(language)
    side, _, limits = outside.partition(" ")
    if not side:
        return text["table outside no"]
    level = level_text(float(limits.removesuffix("%")) / 100, language)
    return text[f"table outside {side}"].format(level=level)
