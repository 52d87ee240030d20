"""Estimates: the results as a value, as a table for computing and as a table for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Shown, Translated
from sampleaudit.estimates.estimate import ALL, Estimate
from sampleaudit.estimates.shown import shown_rates
from sampleaudit.wording import Language, RateStatement, rate_sentence

__all__ = ["ALL", "Estimate", "Estimates"]

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.plots.rates import Bounds, Order


@dataclass(frozen=True, slots=True, repr=False)
class Estimates(Translated):
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

    def plot(
        self,
        *,
        ax: Axes | None = None,
        order: Order = "register",
        bounds: Bounds = "interval",
        language: Language = "en",
    ) -> Axes:
        """Draw every rate with its interval and counts: see `sampleaudit.plots.rates.plot_rates`.

        ``order`` is that of the table ("register") or by "rate"; ``bounds="missing files"`` adds
        what the missing files could change.
        """
        from sampleaudit.plots.rates import plot_rates

        return plot_rates(self, ax=ax, order=order, bounds=bounds, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    def _shown(self, language: Language = "en") -> Shown:
        return shown_rates(self.by, self.rows, language)

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
