"""Partial pooling: each domain's rate, drawn towards the others as far as they are alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import MissingRule, check_level
from sampleaudit.comparison.domain_counts import (
    Collected,
    DomainCounts,
    collect,
    frame_of,
    selected,
    with_marks,
)
from sampleaudit.comparison.pooled_domain import Model, fit_model, limits_of
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.estimates.display import Readable
from sampleaudit.findings import Findings
from sampleaudit.wording import Language, number, percent

if TYPE_CHECKING:
    import pandas as pd
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
_EFFECTIVE: Final = 0.98  # of the cases read, below which unequal weights are remarked


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
class PooledRates(Readable):
    """Partially pooled rates, made by `pool_rates`; shows as a table.

    ``by`` names the columns of the domains; ``rows`` has a `PooledRate` per indicator and domain.
    """

    by: tuple[str, ...]
    rows: tuple[PooledRate, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing, nothing rounded, rates as shares of 1.

        Columns: ``indicator``, the ``by`` columns, ``population``, ``reviewed``, ``applicable``,
        ``errors``, ``missing``, ``raw_rate``, ``rate``, ``rate_low``, ``rate_high``, ``total``,
        ``total_low``, ``total_high``, ``pooling``, ``level``, ``method``, ``guarantee``,
        ``remarks``.
        """
        return frame_of(self.rows, self.by, _COLUMNS)

    def select(
        self,
        *,
        indicator: str | Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> PooledRates:
        """Return the rows of these indicators and domains; ``where`` maps columns to values."""
        return PooledRates(self.by, selected(self.rows, self.by, indicator, where))

    def plot(
        self, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
    ) -> Axes:
        """Draw for each domain its own and its pooled rate: one indicator.

        See `sampleaudit.plots.pooled.plot_pooled`.
        """
        from sampleaudit.plots.pooled import plot_pooled

        return plot_pooled(self, ax=ax, order=order, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        levels = {percent(row.level, "en") for row in self.rows}
        name = f"{levels.pop()} interval" if len(levels) == 1 else "interval"
        head = ["indicator", *self.by, "found", "own rate", "pooled", name, "pooling"]
        kinds = dict.fromkeys(row.guarantee for row in self.rows)
        notes = [f"what is known of the intervals: {each}" for each in kinds]
        body = [
            [
                with_marks(row.indicator, row.remarks, notes),
                *row.labels,
                f"{number(row.errors, 'en')} of {number(row.applicable, 'en')}",
                _share(row.raw_rate),
                _share(row.rate),
                f"{_share(row.rate_low)} to {_share(row.rate_high)}",
                "-" if math.isnan(row.pooling) else f"{100 * row.pooling:.0f}%",
            ]
            for row in self.rows
        ]
        return head, body, notes


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
    level = findings.sample.analysis.level if level is None else level
    check_level(level)
    collected = collect(findings, by, indicators=indicators, missing=missing, what="pool_rates")
    values = None if covariate is None else _covariate(covariate, collected)
    rows: list[PooledRate] = []
    for counts in collected.indicators:
        model = fit_model(counts, values, apart=method == "each")
        rows += [_row(collected, counts, model, place, level, method)
                 for place in range(len(counts.labels))]  # fmt: skip
    return PooledRates(collected.by, tuple(rows))


_COLUMNS: Final = (
    "population", "reviewed", "applicable", "errors", "missing", "raw_rate", "rate", "rate_low",
    "rate_high", "total", "total_low", "total_high", "pooling", "level", "method", "guarantee",
    "remarks",
)  # fmt: skip


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
            guarantee = f"on average over {collected.plural}"
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


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}%"


def _whole(cases: float) -> float:
    return cases if math.isnan(cases) else round(cases)
