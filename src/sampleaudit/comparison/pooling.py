"""Partial pooling: each domain's rate, drawn towards the others as far as they are alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.comparison.domain_counts import (
    Collected,
    DomainCounts,
    collect,
)
from sampleaudit.comparison.domain_table import DomainTable, span_of_shares
from sampleaudit.comparison.pooled_domain import Model, fit_model, limits_of
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.findings import Findings
from sampleaudit.wording import Language, percent
from sampleaudit.wording.cells import interval_head, share_cell
from sampleaudit.wording.ranking import groups_named
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sampleaudit.plots.rates import Order

    FloatArray = NDArray[np.float64]

Pooling = Literal["average", "each"]
POOLINGS: Final[Mapping[Pooling, str]] = MappingProxyType(
    {
        "average": "beta-binomial limits, which hold on average over the domains",
        "each": "limits that hold for every domain, short where the others make rates likely",
    }
)
_AVERAGE: Final = "on average"  # how such a guarantee begins


@dataclass(frozen=True, slots=True)
class PooledRate:
    """One domain: its own rate, and what it and the others say together.

    ``raw_rate`` is the domain's own, ``rate`` the pooled one with its limits (shares of 1),
    ``total`` the errors among all its cases. ``pooling`` is the share of the estimate for the
    unread cases that comes from the other domains: 0 is none, 1 is all.
    """

    indicator: str
    labels: tuple[str, ...]
    population: int
    reviewed: int
    applicable: int
    errors: int
    missing: int
    raw_rate: float
    rate: float
    rate_low: float
    rate_high: float
    total: float
    total_low: float
    total_high: float
    pooling: float
    level: float
    method: str
    guarantee: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class PooledRates(DomainTable[PooledRate]):
    """Partially pooled rates, made by `pool_rates`; shows as a table.

    ``by`` names the columns of the domains; ``rows`` has a `PooledRate` per indicator and domain.
    """

    by: tuple[str, ...]
    rows: tuple[PooledRate, ...]

    columns: ClassVar[tuple[str, ...]] = (
        "population", "reviewed", "applicable", "errors", "missing", "raw_rate", "rate", "rate_low",
        "rate_high", "total", "total_low", "total_high", "pooling", "level", "method", "guarantee",
        "remarks",
    )  # fmt: skip

    def plot(
        self, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
    ) -> Axes:
        """Draw for each domain its own and its pooled rate: one indicator.

        See `sampleaudit.plots.pooled.plot_pooled`.
        """
        from sampleaudit.plots.pooled import plot_pooled

        return plot_pooled(self, ax=ax, order=order, language=language)

    def _heads(self, language: Language) -> list[str]:
        text = picture_texts(language)
        name = interval_head({row.level for row in self.rows}, language)
        return [text["table own rate"], text["table pooled"], name, text["table pooling"]]

    def _cells(self, row: PooledRate, language: Language) -> list[str]:
        return [
            share_cell(row.raw_rate, language),
            share_cell(row.rate, language),
            span_of_shares(row.rate_low, row.rate_high, language),
            percent(row.pooling, language, digits=0),
        ]

    def _first_notes(self, language: Language) -> list[str]:
        text = picture_texts(language)
        notes = []
        for kind in dict.fromkeys(row.guarantee for row in self.rows):
            key = "average" if kind.startswith(_AVERAGE) else kind
            groups = groups_named(self.by, language)
            guarantee = text[f"table guarantee {key}"].format(groups=groups)
            notes.append(text["table known of"].format(guarantee=guarantee))
        return notes


def pool_rates(
    findings: Findings,
    by: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    covariate: Mapping[Any, float] | None = None,
    level: float | None = None,
    method: Pooling = "average",
    missing: MissingRule | None = None,
) -> PooledRates:
    """Estimate each domain's rate from its own cases and, the fewer they are, from the others'.

    ``method="average"``: beta-binomial, hyperparameters integrated; what was read is known and
    only the unread is uncertain. Its limits hold on average over the domains, not for each; where
    a domain is far from the others they are widened to hold for it alone. ``method="each"``: limits
    that hold for every domain (one stratum each), with the others only deciding where they are
    short. ``covariate`` maps each domain (a tuple with several ``by`` columns) to a number that the
    rates may follow. A domain read in full is not pooled. Two-sided; ``level`` is the plan's if not
    given. Raises `AuditError` for a single domain, a chosen sample, domains of unknown size, and
    covariates that are not numbers.
    """
    one_of("method", method, tuple(POOLINGS))
    level = findings.sample.analysis.level_of(level)
    collected = collect(findings, by, indicators=indicators, missing=missing, what="pool_rates")
    values = None if covariate is None else _covariate(covariate, collected)
    rows: list[PooledRate] = []
    for counts in collected.indicators:
        model = fit_model(counts, values, apart=method == "each")
        rows += [_row(collected, counts, model, place, level, method)
                 for place in range(len(counts.labels))]  # fmt: skip
    return PooledRates(collected.by, tuple(rows))


def _row(
    collected: Collected,
    counts: DomainCounts,
    model: Model,
    place: int,
    level: float,
    method: Pooling,
) -> PooledRate:
    domain = model.domains[place]
    own = domain.cells
    remarks = [*counts.remarks_on(place)]
    rate = pooling = low = high = math.nan
    guarantee, used = "none", "not pooled"
    if domain.counts and domain.unread == 0:
        rate = low = high = domain.found / domain.size
        pooling, guarantee = 0.0, "proved" if domain.known_size else "none"
        remarks.append("every case read: known, and not pooled")
    elif domain.counts and model.prior is not None:
        limits = limits_of(model, place, level=level, each=method == "each")
        rate, pooling = limits.rate, limits.pooling
        low, high = limits.low / domain.size, min(limits.high / domain.size, 1.0)
        guarantee, used = limits.guarantee, limits.method
        if guarantee == "average":
            guarantee = f"{_AVERAGE} over {groups_named(collected.by, 'en')}"
        remarks += limits.remarks
    totals = (rate, low, high) if domain.known_size else (math.nan,) * 3
    return PooledRate(
        indicator=counts.indicator,
        labels=counts.labels[place],
        population=int(own.population.sum()),
        reviewed=int(own.reviewed.sum()),
        applicable=int(own.applicable.sum()),
        errors=domain.found,
        missing=int(own.missing.sum()),
        raw_rate=float(counts.rates[place]),
        rate=rate,
        rate_low=low,
        rate_high=high,
        total=totals[0] * domain.size,
        total_low=_whole(totals[1] * domain.size),
        total_high=_whole(totals[2] * domain.size),
        pooling=pooling,
        level=level,
        method=used,
        guarantee=guarantee,
        remarks=(*remarks, *counts.remarks),
    )


def _covariate(covariate: Mapping[Any, float], collected: Collected) -> FloatArray:
    """Return one number for each domain; refuse missing and infinite ones."""
    given = {
        tuple(str(part) for part in (key if isinstance(key, tuple) else (key,))): value
        for key, value in covariate.items()
    }
    labels = collected.indicators[0].labels
    absent = [" / ".join(label) for label in labels if label not in given]
    if absent:
        raise AuditError(
            f"covariate has no value for {len(absent)} domains: {first_few(absent)}. Give each "
            f"domain of {', '.join(collected.by)} a number."
        )
    values = []
    for label in labels:
        value = given[label]
        if isinstance(value, bool | str) or not math.isfinite(float(value)):
            raise AuditError(
                f"covariate is {value!r} for {' / '.join(label)}; it must be a number."
            )
        values.append(float(value))
    if len(set(values)) < 2:
        raise AuditError("covariate has the same value for every domain; leave it out.")
    return np.array(values)


def _whole(cases: float) -> float:
    return cases if math.isnan(cases) else round(cases)
