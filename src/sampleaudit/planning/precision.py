"""How precise a plan's rates can be expected to be: a row per indicator and domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Side, as_columns
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.formulas.bethel import group_deviation
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import Rates, anticipated_rates
from sampleaudit.planning.forecast import Target, expected_half_width, targets
from sampleaudit.wording import number

if TYPE_CHECKING:
    import pandas as pd

UNNAMED: Final = "error"  # the indicator where rates are given without one


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One rate: what is anticipated, and how precisely it will be known.

    ``sampled`` is the mean number of cases read that count, ``se`` the standard error (share of 1),
    ``cv`` the same over the rate, nan at 0; ``half_width`` the expected half width of the plan's
    own interval.
    """

    indicator: str
    labels: tuple[str, ...]
    population: float
    sampled: float
    rate: float
    se: float
    cv: float
    half_width: float


@dataclass(frozen=True, slots=True, repr=False)
class Precision(Readable):
    """The precision of a plan, made by `expected_precision`; shows as a table.

    ``by`` names the columns of the domains; ``rows`` has a `PrecisionRow` per indicator and domain.
    """

    by: tuple[str, ...]
    level: float
    side: Side
    method: str
    rows: tuple[PrecisionRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing, nothing rounded, rates and widths as shares of 1.

        Columns: ``indicator``, the ``by`` columns, ``population``, ``sampled``, ``rate``, ``se``,
        ``cv``, ``half_width``, ``level``, ``side``, ``method``.
        """
        import pandas as pd

        records = [
            (
                row.indicator, *row.labels, row.population, row.sampled, row.rate, row.se, row.cv,
                row.half_width, self.level, self.side, self.method,
            )
            for row in self.rows
        ]  # fmt: skip
        columns = [
            "indicator", *self.by, "population", "sampled", "rate", "se", "cv", "half_width",
            "level", "side", "method",
        ]  # fmt: skip
        return pd.DataFrame(records, columns=columns)

    def __len__(self) -> int:
        return len(self.rows)

    def _shown(self) -> Shown:
        head = ["indicator", *self.by, "cases", "read", "rate", "half width"]
        body = [
            [
                row.indicator,
                *row.labels,
                number(row.population, "en"),
                number(row.sampled, "en"),
                share(row.rate),
                share(row.half_width),
            ]
            for row in self.rows
        ]
        return head, body, []


def expected_precision(
    plan: Plan,
    *,
    anticipated: Rates,
    by: str | Sequence[str] | None = None,
    applicable: Rates | None = None,
) -> Precision:
    """Return how precisely each rate will be known if the register is as anticipated.

    ``anticipated`` is a rate such as ``"1/6"``, or a mapping indicator -> rate or stratum -> rate;
    ``by`` columns give a row per domain, the plan's own ``by`` without it. ``half_width`` is the
    mean of (high - low) / 2 over what may be found, of the interval that the plan binds (with one
    limit, its mean distance from the estimate); `sampleaudit.planning.forecast` says how.
    """
    columns = plan.analysis.by if by is None else as_columns(by, name="by")
    rates = anticipated_rates(plan.frame, anticipated)
    shares = (
        None if applicable is None else anticipated_rates(plan.frame, applicable, name="applicable")
    )
    counts = plan.table["sampled"].to_numpy().astype(np.int64)
    analysis = plan.analysis
    rows = tuple(
        precision_row(target, counts, expected_half_width(target, counts, analysis))
        for target in targets(plan.frame, rates, shares, columns)
    )
    return Precision(columns, analysis.level, analysis.side, analysis.method, rows)


def precision_row(target: Target, counts: IntArray, half_width: float) -> PrecisionRow:
    """Return the row of one rate when ``counts`` cases are read, by stratum of the frame."""
    se = standard_error(target, counts)
    rate = target.rate
    n = counts[target.inside]
    return PrecisionRow(
        indicator=target.indicator or UNNAMED,
        labels=target.labels,
        population=target.size,
        sampled=float((n * target.own / target.population).sum()),
        rate=rate,
        se=se,
        cv=se / rate if rate else math.nan,
        half_width=half_width,
    )


def standard_error(target: Target, counts: IntArray) -> float:
    """Return the standard error of a rate, linearised; nan where a stratum is not read."""
    cases, n = target.population, counts[target.inside]
    if (n == 0).any():
        return math.nan
    _, deviation = deviations(target)
    variance = cases**2.0 * deviation**2 * (1 / n - 1 / cases)
    return float(np.sqrt(max(variance.sum(), 0.0)) / target.size)


def deviations(target: Target) -> tuple[float, FloatArray]:
    """Return the rate and S_h of what its estimate varies by, in the target's own strata."""
    rates = np.where(target.own > 0, target.errors / np.where(target.own > 0, target.own, 1), 0.0)
    return group_deviation(rates, target.own, target.population)


def share(value: float) -> str:
    """Return a share as a percentage with one decimal, for reading."""
    return "-" if math.isnan(value) else f"{100 * value:.1f}%"
