"""Comparisons: the results as a value, as a table for computing and as a table for reading."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.comparison.questions import Adjust, Question
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable
from sampleaudit.wording import Language, percent
from sampleaudit.wording.comparisons import DifferenceStatement, difference_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.analysis import Guarantee
    from sampleaudit.plots.differences import Show
    from sampleaudit.plots.rates import Order

Against = Literal["the rest", "each other", "reference", "before"]
_OTHER: Final[Mapping[Against, str]] = {
    "the rest": "rest", "each other": "other", "reference": "reference", "before": "before",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One row: the rate of one side less that of the other, for one indicator.

    Rates, difference and limits are shares of 1; ``errors`` are those found among ``applicable``
    cases, ``population`` the cases of the side in the register (nan where it does not tell).
    """

    indicator: str
    labels: tuple[str, ...]
    labels_other: tuple[str, ...]
    errors: int
    applicable: int
    population: float
    errors_other: int
    applicable_other: int
    population_other: float
    rate: float
    rate_other: float
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    p_adjusted: float
    level: float
    method: str
    guarantee: Guarantee
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Readable):
    """Differences with their limits and tests, made by the `compare_` functions.

    ``question`` says what is asked about: the registers as they are, or the processes behind them;
    ``adjust`` how ``p_adjusted`` allows for the number of rows. The limits are of each row alone.
    """

    by: tuple[str, ...]
    against: Against
    question: Question
    adjust: Adjust | None
    rows: tuple[Compared, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: nothing rounded, rates as shares of 1.

        Columns: ``indicator``, the ``by`` columns (and where it is a domain, the other side's, with
        ``_other``), ``errors``, ``applicable``, ``population`` and the same with ``_other``,
        ``rate``, ``rate_other``, ``difference``, ``difference_low``, ``difference_high``,
        ``p_value``, ``p_adjusted``, ``level``, ``question``, ``adjust``, ``method``, ``guarantee``,
        ``remarks``.
        """
        import pandas as pd

        return pd.DataFrame([self._record(row) for row in self.rows], columns=self._columns())

    def select(
        self,
        *,
        indicator: str | Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        p_adjusted_below: float | None = None,
    ) -> Comparison:
        """Return the rows of one indicator or several, of a domain, or that stand out.

        ``where`` maps ``by`` columns to values; in a table of pairs a row fits where either side
        does. p-values stay as they were adjusted in the whole table. Raises `AuditError` for an
        unknown indicator or column; that nothing stands out is a table without rows.
        """
        names = (indicator,) if isinstance(indicator, str) else indicator
        known = list(dict.fromkeys(row.indicator for row in self.rows))
        for name in names or ():
            if name not in known:
                listed = ", ".join(repr(each) for each in known)
                raise AuditError(f"There is no row of {name!r}; the indicators are {listed}.")
        wanted = dict(where or {})
        for column in wanted:
            if column not in self.by:
                raise AuditError(
                    f"where names {column!r}; this comparison is by "
                    f"{', '.join(self.by) or 'nothing, of whole caseloads'}."
                )
        rows = tuple(
            row
            for row in self.rows
            if (names is None or row.indicator in names)
            and any(
                all(side[self.by.index(column)] == value for column, value in wanted.items())
                for side in (row.labels, row.labels_other)
                if side or not wanted
            )
            and (p_adjusted_below is None or row.p_adjusted < p_adjusted_below)
        )
        return Comparison(self.by, self.against, self.question, self.adjust, rows)

    def sentences(self, *, language: Language = "en") -> list[str]:
        """Return what may be said of each row, in English (``"en"``) or Danish (``"da"``)."""
        return [difference_sentence(self._statement(row), language) for row in self.rows]

    def plot(
        self,
        *,
        ax: Axes | None = None,
        show: Show = "differences",
        order: Order = "register",
        language: Language = "en",
    ) -> Axes:
        """Draw the differences with their intervals, or by ``show="rates"`` both rates.

        See `sampleaudit.plots.differences.plot_comparison`.
        """
        from sampleaudit.plots.differences import plot_comparison

        return plot_comparison(self, ax=ax, show=show, order=order, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def _both_named(self) -> bool:
        return self.against in ("each other", "reference")

    @property
    def _left(self) -> int:
        return 1 + self._names

    @property
    def _names(self) -> int:
        return len(self.by) * (2 if self._both_named else 1)

    def _columns(self) -> list[str]:
        others = [f"{column}_other" for column in self.by] if self._both_named else []
        return [
            "indicator", *self.by, *others, "errors", "applicable", "population", "errors_other",
            "applicable_other", "population_other", "rate", "rate_other", "difference",
            "difference_low", "difference_high", "p_value", "p_adjusted", "level", "question",
            "adjust", "method", "guarantee", "remarks",
        ]  # fmt: skip

    def _record(self, row: Compared) -> tuple[Any, ...]:
        return (
            row.indicator, *self._labels(row), row.errors, row.applicable, row.population,
            row.errors_other, row.applicable_other, row.population_other, row.rate, row.rate_other,
            row.difference, row.difference_low, row.difference_high, row.p_value, row.p_adjusted,
            row.level, self.question, self.adjust or "none", row.method, row.guarantee,
            "; ".join(row.remarks),
        )  # fmt: skip

    def _labels(self, row: Compared) -> tuple[str, ...]:
        return (*row.labels, *row.labels_other) if self._both_named else row.labels

    def _statement(self, row: Compared) -> DifferenceStatement:
        return DifferenceStatement(
            indicator=row.indicator,
            where=self._where(row.labels),
            other=self._where(row.labels_other) if self._both_named else None,
            against=self.against,
            question=self.question,
            adjusted=self.adjust is not None,
            errors=row.errors,
            applicable=row.applicable,
            errors_other=row.errors_other,
            applicable_other=row.applicable_other,
            rate=row.rate,
            rate_other=row.rate_other,
            difference=row.difference,
            low=row.difference_low,
            high=row.difference_high,
            p_value=row.p_adjusted,
            level=row.level,
        )

    def _where(self, labels: tuple[str, ...]) -> str:
        return ", ".join(
            f"{column.replace('_', ' ')} {label}"
            for column, label in zip(self.by, labels, strict=False)
        )

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        """Return head, rows and footnotes of the table for reading."""
        level = percent(self.rows[0].level, "en") if self.rows else ""
        other = _OTHER[self.against]
        names = [*self.by, *([f"{column} (other)" for column in self.by] * self._both_named)]
        head = [
            "indicator", *names, "found", "rate", f"{other}: found", f"{other}: rate", "difference",
            f"{level} interval", "p", f"p ({self.adjust})" if self.adjust else "p (not adjusted)",
        ]  # fmt: skip
        asked = {
            "register": "question: the register as it is (only which cases were read is chance)",
            "process": "question: the process behind the cases (the cases themselves are chance)",
        }[self.question]
        notes = list(dict.fromkeys(remark for row in self.rows for remark in row.remarks))
        body = [self._shown_row(row, notes) for row in self.rows]
        return head, body, [*notes, asked]

    def _shown_row(self, row: Compared, notes: list[str]) -> list[str]:
        marks = ",".join(str(notes.index(remark) + 1) for remark in row.remarks)
        span = f"{_points(row.difference_low)} to {_points(row.difference_high)}"
        return [
            f"{row.indicator} [{marks}]" if marks else row.indicator,
            *self._labels(row),
            f"{row.errors} of {row.applicable}",
            _share(row.rate),
            f"{row.errors_other} of {row.applicable_other}",
            _share(row.rate_other),
            _points(row.difference),
            "-" if math.isnan(row.difference_low) else span,
            _p(row.p_value),
            _p(row.p_adjusted),
        ]


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}%"


def _points(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:+.1f}"


def _p(value: float) -> str:
    if math.isnan(value):
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"
