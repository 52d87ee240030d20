"""Estimates: the results as a value, as a table for computing and as a table for reading."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import html_table, text_table
from sampleaudit.wording import Language, RateStatement, number, percent, rate_sentence

if TYPE_CHECKING:
    import pandas as pd

    from sampleaudit.analysis import Side
    from sampleaudit.estimates.limits import Limits

ALL: Final = "all"  # the label of the whole caseload in a table by domains


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row: an indicator in the whole caseload or in a domain, at one level.

    ``rate``, ``se`` and the limits' rates are shares of 1, totals are cases. ``missing_low`` and
    ``missing_high`` are the lower limit if all missing files were correct and the upper one if all
    were errors.
    """

    indicator: str
    labels: tuple[str, ...]
    population: float
    reviewed: int
    applicable: int
    errors: int
    missing: int
    rate: float
    total: float
    limits: Limits
    missing_low: float
    missing_high: float
    se: float
    deff: float
    df: int
    level: float
    side: Side
    missing_rule: str
    census: bool
    extrapolates: bool
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Estimates:
    """Error rates and totals with their limits, made by `estimate_rates`.

    ``by`` names the columns of the domains; ``rows`` has one `Estimate` per indicator, domain and
    level. Shows as a table in the terminal and in Jupyter.
    """

    by: tuple[str, ...]
    rows: tuple[Estimate, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: nothing rounded, rates as shares of 1.

        Columns: ``indicator``, the ``by`` columns, ``population``, ``reviewed``, ``applicable``,
        ``errors``, ``missing``, ``rate``, ``rate_low``, ``rate_high``, ``total``, ``total_low``,
        ``total_high``, ``missing_low``, ``missing_high``, ``se``, ``deff``, ``df``, ``level``,
        ``side``, ``method``, ``guarantee``, ``remarks``.
        """
        import pandas as pd

        return pd.DataFrame([self._record(row) for row in self.rows], columns=self._columns())

    def select(
        self,
        *,
        indicator: str | Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        level: float | None = None,
    ) -> Estimates:
        """Return the rows of one indicator or several, of a domain, of a level.

        ``where`` maps ``by`` columns to values: ``where={"district": "North"}``. Raises
        `AuditError` if no row is left.
        """
        names = (indicator,) if isinstance(indicator, str) else indicator
        wanted = dict(where or {})
        for column in wanted:
            if column not in self.by:
                raise AuditError(
                    f"where names {column!r}; these estimates are by "
                    f"{', '.join(self.by) or 'nothing, for the whole caseload only'}."
                )
        rows = tuple(
            row
            for row in self.rows
            if (names is None or row.indicator in names)
            and (level is None or row.level == level)
            and all(row.labels[self.by.index(column)] == value for column, value in wanted.items())
        )
        if not rows:
            known = ", ".join(repr(name) for name in dict.fromkeys(r.indicator for r in self.rows))
            raise AuditError(f"No row fits the selection. The indicators are {known}.")
        return Estimates(self.by, rows)

    def sentences(self, *, language: Language = "en") -> list[str]:
        """Return what may be said of each row, in English (``"en"``) or Danish (``"da"``)."""
        return [rate_sentence(self._statement(row), language) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        head, body, notes = self._shown()
        return text_table(head, body, notes, left=1 + len(self.by))

    def _repr_html_(self) -> str:
        head, body, notes = self._shown()
        return html_table(head, body, notes, left=1 + len(self.by))

    def _columns(self) -> list[str]:
        return [
            "indicator", *self.by, "population", "reviewed", "applicable", "errors", "missing",
            "rate", "rate_low", "rate_high", "total", "total_low", "total_high", "missing_low",
            "missing_high", "se", "deff", "df", "level", "side", "method", "guarantee", "remarks",
        ]  # fmt: skip

    def _record(self, row: Estimate) -> tuple[Any, ...]:
        limits = row.limits
        return (
            row.indicator, *row.labels, row.population, row.reviewed, row.applicable, row.errors,
            row.missing, row.rate, limits.rate_low, limits.rate_high, row.total, limits.total_low,
            limits.total_high, row.missing_low, row.missing_high, row.se, row.deff, row.df,
            row.level, row.side, limits.method, limits.guarantee, "; ".join(row.remarks),
        )  # fmt: skip

    def _statement(self, row: Estimate) -> RateStatement:
        where = ", ".join(
            f"{column.replace('_', ' ')} {label}"
            for column, label in zip(self.by, row.labels, strict=True)
        )
        return RateStatement(
            indicator=row.indicator,
            where=where if where and set(row.labels) != {ALL} else None,
            errors=row.errors,
            reviewed=row.reviewed,
            applicable=row.applicable,
            missing=row.missing,
            missing_rule=row.missing_rule,
            population=row.population,
            rate=row.rate,
            low=row.limits.rate_low,
            high=row.limits.rate_high,
            total=row.total,
            total_low=row.limits.total_low,
            total_high=row.limits.total_high,
            level=row.level,
            side=row.side,
            census=row.census,
            extrapolates=row.extrapolates,
        )

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        """Return head, rows and footnotes of the table for reading."""
        levels = {row.level for row in self.rows}
        word = {"both": "interval", "upper": "upper limit", "lower": "lower limit"}
        side = word[self.rows[0].side] if self.rows else "interval"
        name = f"{percent(levels.copy().pop(), 'en')} {side}" if len(levels) == 1 else side
        head = ["indicator", *self.by, "found", "rate", name, "in the caseload", name]
        head += ["level"] * (len(levels) > 1)
        notes = list(dict.fromkeys(remark for row in self.rows for remark in row.remarks))
        body = [self._shown_row(row, notes, with_level=len(levels) > 1) for row in self.rows]
        return head, body, notes

    def _shown_row(self, row: Estimate, notes: list[str], *, with_level: bool) -> list[str]:
        limits = row.limits
        marks = ",".join(str(notes.index(remark) + 1) for remark in row.remarks)
        cells = [
            f"{row.indicator} [{marks}]" if marks else row.indicator,
            *row.labels,
            f"{number(row.errors, 'en')} of {number(row.applicable, 'en')}",
            _share(row.rate),
            _span(limits.rate_low, limits.rate_high, row.side, _share),
            _cases(row.total),
            _span(limits.total_low, limits.total_high, row.side, _cases),
        ]
        return cells + [percent(row.level, "en")] * with_level


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}%"


def _cases(value: float) -> str:
    return "-" if math.isnan(value) else number(value, "en")


def _span(low: float, high: float, side: str, shown: Any) -> str:
    if math.isnan(low) or math.isnan(high):
        return "-"
    if side == "both":
        return f"{shown(low)} to {shown(high)}"
    return f"at most {shown(high)}" if side == "upper" else f"at least {shown(low)}"
