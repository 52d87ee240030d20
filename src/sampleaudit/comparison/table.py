"""Comparisons: the results as a value, as a table for computing and as a table for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.comparison.questions import Adjust, Question
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Shown, Translated, with_marks
from sampleaudit.wording import Language, remark_text
from sampleaudit.wording.cells import (
    found_cell,
    interval_head,
    name_cell,
    p_cell,
    points_cell,
    share_cell,
    span_cell,
)
from sampleaudit.wording.comparisons import DifferenceStatement, difference_sentence
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.analysis import Guarantee
    from sampleaudit.plots.differences import Show
    from sampleaudit.plots.rates import Order

Against = Literal["the rest", "each other", "reference", "before"]
_NAMED: Final[tuple[Against, ...]] = ("each other", "reference")  # the other side is a domain


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
class Comparison(Translated):
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
        return self.against in _NAMED

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

    def _shown(self, language: Language = "en") -> Shown:
        head, body, notes = differences_for_reading(self, language)
        return head, body, [*notes, picture_texts(language)[f"table question {self.question}"]]


def differences_for_reading(found: Comparison, language: Language) -> Shown:
    """Return head, rows and footnotes of a comparison, without the note on its question.

    The last column is the p-value by which to judge: adjusted, where there is an adjustment, and
    beside it that of the row alone.
    """
    text, named = picture_texts(language), found.by
    other = text[f"table {found.against}"]
    if found.against in _NAMED:
        others = (text["table other column"].format(column=column) for column in found.by)
        named = (*named, *others)
    head = [
        text["table indicator"], *named, text["found"], text["rate"],
        text["table other found"].format(other=other), text["table other rate"].format(other=other),
        text["table difference"], interval_head({row.level for row in found.rows}, language),
        *([text["table p"]] if found.adjust else []), text[f"table p {found.adjust or 'none'}"],
    ]  # fmt: skip
    notes: list[str] = []
    body = []
    for row in found.rows:
        low, high = (points_cell(v, language) for v in (row.difference_low, row.difference_high))
        both = row.labels_other if found.against in _NAMED else ()
        body.append([
            with_marks(name_cell(row.indicator, language), row.remarks, notes),
            *row.labels, *both,
            found_cell(row.errors, row.applicable, language), share_cell(row.rate, language),
            found_cell(row.errors_other, row.applicable_other, language),
            share_cell(row.rate_other, language), points_cell(row.difference, language),
            span_cell(low, high, language),
            *([p_cell(row.p_value, language)] if found.adjust else []),
            p_cell(row.p_adjusted, language),
        ])  # fmt: skip
    return head, body, [remark_text(note, language) for note in notes]
