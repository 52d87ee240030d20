"""Design-based estimates as a value: a table, the covariances, and contrasts of domains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import special

from sampleaudit.errors import AuditError, first_few
from sampleaudit.estimates.display import Readable
from sampleaudit.formulas.design import Lonely, covariance, degrees_of_freedom, variance
from sampleaudit.formulas.domains import Domains
from sampleaudit.formulas.textbook import wald_limits
from sampleaudit.wording import Language, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from sampleaudit.plots.rates import Order

    Floats = NDArray[np.float64]

ROUNDING: Final = 1e-12  # of the estimate: a standard error below is a rounding residue
_DIGITS: Final = 4  # significant ones in the table for reading


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One estimate: a variable in the caseload or in a domain, ``census`` if all of it was read.

    ``estimate``, ``se`` and the limits are in the unit of the variable, a share of 1 for a rate.
    The last three fields say how to compute what is asked later, not what was found.
    """

    variable: str
    labels: tuple[str, ...]
    reviewed: int
    applicable: int
    estimate: float
    se: float
    low: float
    high: float
    deff: float
    df: int
    census: bool
    remarks: tuple[str, ...]
    domains: Domains = field(repr=False)
    place: int = field(repr=False)
    influence: Callable[[], Floats] = field(repr=False)

    @property
    def cv(self) -> float:
        """The coefficient of variation: the standard error as a share of the estimate."""
        return self.se / abs(self.estimate) if self.estimate else math.nan


@dataclass(frozen=True, slots=True)
class Contrast:
    """A linear combination of estimates, with t limits; ``p_value`` is two-sided, of 0.

    Limits, t and p are nan where the standard error is 0 though not all cases were read: no
    formula tells then how far the truth may be.
    """

    estimate: float
    se: float
    low: float
    high: float
    df: int
    t: float
    p_value: float
    level: float


@dataclass(frozen=True, slots=True, repr=False)
class SurveyEstimates(Readable):
    """Means, totals or ratios with standard errors, made by `survey_means` and its neighbours.

    ``statistic`` is ``"mean"``, ``"total"`` or ``"ratio"``; ``by`` names the columns of the
    domains; ``rows`` has one `SurveyRow` per variable and domain. Shows as a table.
    """

    statistic: str
    by: tuple[str, ...]
    level: float
    interval: str
    lonely: Lonely
    rows: tuple[SurveyRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: nothing rounded, rates as shares of 1.

        Columns: ``variable``, the ``by`` columns, ``reviewed`` (cases of the domain),
        ``applicable`` (those that count), ``estimate``, ``se``, ``cv``, ``low``, ``high``, ``deff``
        (against a simple random sample of cases), ``df``, ``level``, ``interval``, ``lonely``,
        ``remarks``.
        """
        import pandas as pd

        rows = self.rows
        columns: dict[str, Any] = {"variable": [row.variable for row in rows]}
        for place, column in enumerate(self.by):
            columns[column] = [row.labels[place] for row in rows]
        for column in ("reviewed", "applicable"):
            columns[column] = np.array([getattr(row, column) for row in rows], dtype=np.int64)
        for column in ("estimate", "se", "cv", "low", "high", "deff"):
            columns[column] = np.array([getattr(row, column) for row in rows], dtype=np.float64)
        columns["df"] = np.array([row.df for row in rows], dtype=np.int64)
        columns |= {"level": self.level, "interval": self.interval, "lonely": self.lonely}
        columns["remarks"] = ["; ".join(row.remarks) for row in rows]
        return pd.DataFrame(columns, index=range(len(rows)))

    def covariance(self) -> pd.DataFrame:
        """Return the covariances of all estimates, between variables and domains.

        Labelled by ``variable`` and the ``by`` columns. Takes memory for cases times rows: name the
        variables when the estimates are made, if there are many. With ``lonely="average"`` all
        strata are averaged, whatever the domain, as R does. Raises `AuditError` if the variables
        were not read in the same cases.
        """
        import pandas as pd

        self._refuse_other_cases(self.rows)
        columns = [self._influence(row) for row in self.rows]
        found = covariance(self.rows[0].domains.design, np.array(columns).T, lonely=self.lonely)
        known = np.array([0.0 if math.isfinite(row.se) else math.nan for row in self.rows])
        found = found + known + known[:, np.newaxis]
        labels = self._labels()
        return pd.DataFrame(found, index=labels, columns=labels)

    def contrast(self, weights: Mapping[Any, float]) -> Contrast:
        """Return the weighted sum of estimates, with its own standard error.

        ``weights`` maps rows to numbers: ``{"North": 1, "South": -1}`` is the difference of two
        domains. A row is named by its variable and ``by`` values, as a tuple; what all rows share
        may be left out. The limits are on t with the design's degrees of freedom (R's
        ``svycontrast``). Raises `AuditError` for a row that is not there.
        """
        chosen = [(self._row(key), float(weight)) for key, weight in weights.items()]
        if not chosen:
            raise AuditError("weights is empty; name rows, as {'North': 1, 'South': -1}.")
        self._refuse_other_cases(tuple(row for row, _ in chosen))
        design = chosen[0][0].domains.design
        estimate = sum(weight * row.estimate for row, weight in chosen)
        influence = sum(
            (weight * self._influence(row) for row, weight in chosen),
            np.zeros(design.weights.size),
        )
        se = math.sqrt(variance(design, influence[:, np.newaxis], lonely=self.lonely)[0])
        if not math.isfinite(estimate):
            se = math.nan
        df = degrees_of_freedom(design)
        if se <= ROUNDING * abs(estimate) and not all(row.census for row, _ in chosen):
            return Contrast(estimate, se, math.nan, math.nan, df, math.nan, math.nan, self.level)
        low, high = (float(limit) for limit in limits_by_t(estimate, se, df, self.level))
        t = estimate / se if se else math.nan
        p_value = 2 * float(special.stdtr(df, -abs(t))) if se else math.nan
        return Contrast(estimate, se, low, high, df, t, p_value, self.level)

    def plot(
        self, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
    ) -> Axes:
        """Draw every estimate with its interval: see `sampleaudit.plots.surveys.plot_survey`."""
        from sampleaudit.plots.surveys import plot_survey

        return plot_survey(self, ax=ax, order=order, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    def _influence(self, row: SurveyRow) -> Floats:
        """Return the influence of every case that was read on the estimate of the row."""
        domains, found = row.domains, row.influence()
        if domains.number == 1:
            return found
        own = np.zeros_like(found)
        inside = slice(None) if domains.rows is None else domains.rows
        of_row = domains.of_row
        own[inside] = np.where(of_row == row.place, found[inside], 0.0)
        return own

    def _refuse_other_cases(self, rows: tuple[SurveyRow, ...]) -> None:
        first = rows[0].domains.design
        for row in rows:
            if not np.array_equal(row.domains.design.weights, first.weights):
                raise AuditError(
                    f"{rows[0].variable!r} and {row.variable!r} were not read in the same cases, "
                    f"so their covariance is not known; ask for one of them at a time."
                )

    def _keys(self) -> list[tuple[str, ...]]:
        return [(row.variable, *row.labels) for row in self.rows]

    def _labels(self) -> pd.Index[Any]:
        import pandas as pd

        if not self.by:
            return pd.Index([row.variable for row in self.rows], name="variable")
        return pd.MultiIndex.from_tuples(self._keys(), names=["variable", *self.by])

    def _row(self, key: object) -> SurveyRow:
        """Return the row of a full name, or of a short one without what all rows share."""
        given = key if isinstance(key, tuple) else (key,)
        keys = self._keys()
        shared = [len({each[part] for each in keys}) == 1 for part in range(1 + len(self.by))]
        for row, full in zip(self.rows, keys, strict=True):
            short = tuple(part for part, same in zip(full, shared, strict=True) if not same)
            if given in (full, short, full[1:] if shared[0] else full):
                return row
        raise AuditError(
            f"There is no row {key!r}; the rows are {first_few([' / '.join(k) for k in keys])}, "
            f"each named by its parts, as ('late', 'North')."
        )

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        """Return head, rows and footnotes of the table for reading."""
        head = [
            "variable", *self.by, "cases", self.statistic, "se",
            f"{percent(self.level, 'en')} {self.interval} interval", "deff", "df",
        ]  # fmt: skip
        notes = list(dict.fromkeys(remark for row in self.rows for remark in row.remarks))
        body = []
        for row in self.rows:
            marks = ",".join(str(notes.index(remark) + 1) for remark in row.remarks)
            span = f"{_number(row.low)} to {_number(row.high)}" if row.low == row.low else "-"
            body.append(
                [
                    f"{row.variable} [{marks}]" if marks else row.variable,
                    *row.labels,
                    f"{row.applicable:,}",
                    _number(row.estimate),
                    _number(row.se),
                    span,
                    "-" if math.isnan(row.deff) else f"{row.deff:.2f}",
                    f"{row.df:,}",
                ]
            )
        return head, body, notes


def limits_by_t(
    value: ArrayLike, se: ArrayLike, df: ArrayLike, level: float
) -> tuple[Floats, Floats]:
    """Return value -+ t se, two-sided; df may be inf."""
    tail = (1 - level) / 2
    # many domains have few different degrees of freedom, and quantiles of t are slow
    different, place = np.unique(np.asarray(df, dtype=float), return_inverse=True)
    _, t = wald_limits(
        np.zeros(different.size), np.ones(different.size), different,
        lower_tail=tail, upper_tail=tail,
    )  # fmt: skip
    centre, half = np.asarray(value, dtype=float), t[place].reshape(np.shape(df)) * np.asarray(se)
    return np.asarray(centre - half), np.asarray(centre + half)


def _number(value: float) -> str:
    """Return a number to read: four significant digits, whole numbers in full."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 10 ** (_DIGITS - 1):
        return f"{value:,.0f}"
    return f"{value:.{_DIGITS}g}"
