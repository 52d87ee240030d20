"""What tables of domains have in common: rows to choose, to compute with, and to read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

from sampleaudit.comparison.domain_counts import frame_of, selected
from sampleaudit.estimates.display import Shown, Translated, with_marks
from sampleaudit.wording import Language, remark_text
from sampleaudit.wording.cells import found_cell, name_cell, share_cell, span_cell
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    import pandas as pd


class _Row(Protocol):
    """One indicator in one domain: what was found among the cases that count, and remarks."""

    @property
    def indicator(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def applicable(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...


Row = TypeVar("Row", bound=_Row)


class DomainTable(Translated, Generic[Row]):
    """A table with a row per indicator and domain: a frozen dataclass with ``by`` and ``rows``.

    ``columns`` are the fields of a row in the table for computing, after the labels.
    """

    __slots__ = ()
    columns: ClassVar[tuple[str, ...]]
    by: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing, nothing rounded, rates as shares of 1.

        Columns: ``indicator``, the ``by`` columns, and those that the class lists.
        """
        return frame_of(self.rows, self.by, self.columns)

    def select(
        self,
        *,
        indicator: str | Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the rows of these indicators and domains; ``where`` maps columns to values.

        Raises `AuditError` if no row is left.
        """
        rows = selected(self.rows, self.by, indicator, where)
        return cast("Self", replace(cast("Any", self), rows=rows))

    def __len__(self) -> int:
        return len(self.rows)

    def _shown(self, language: Language = "en") -> Shown:
        text = picture_texts(language)
        notes = self._first_notes(language)
        head = [text["table indicator"], *self.by, text["found"], *self._heads(language)]
        body = [
            [
                with_marks(name_cell(row.indicator, language), row.remarks, notes),
                *row.labels,
                found_cell(row.errors, row.applicable, language),
                *self._cells(row, language),
            ]
            for row in self.rows
        ]
        return head, body, [remark_text(note, language) for note in notes]

    @abstractmethod
    def _heads(self, language: Language) -> list[str]:
        """Return the heads of the columns after what was found."""

    @abstractmethod
    def _cells(self, row: Row, language: Language) -> list[str]:
        """Return the cells of a row under these heads."""

    def _first_notes(self, language: Language) -> list[str]:  # noqa: ARG002 -- for those that do
        """Return footnotes of the whole table, which come first."""
        return []


def span_of_shares(low: float, high: float, language: Language) -> str:
    """Return "10.0% to 26.2%", a dash where the limits are not known."""
    return span_cell(share_cell(low, language), share_cell(high, language), language)
