"""Text on its way into a report: names for what data call otherwise, and nothing like a CPR number.

Everything from a register, findings or a checklist passes here before it is drawn or written, so
that pictures, tables, sentences and files agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sampleaudit.comparison.funnel import Funnel
from sampleaudit.comparison.hindsight import DetectableDifferences
from sampleaudit.comparison.pooling import PooledRates
from sampleaudit.comparison.ranks import Ranks
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.comparison.table import Comparison
from sampleaudit.comparison.verdict import Judged, Verdict
from sampleaudit.cpr import masked
from sampleaudit.estimates.estimate import ALL, Estimate
from sampleaudit.estimates.table import Estimates
from sampleaudit.review.agreement import Agreement

Compared = (
    Comparison | DetectableDifferences | Funnel | PooledRates | Ranks | Standardised | Verdict
)
"""What a report can hold in its section of comparisons."""
_HASH: Final = re.compile(r"([0-9a-f]{64})")
_NOT_TEXT: Final = ("Cc", "Cs", "Zl", "Zp")  # controls and halves of characters


@dataclass(frozen=True, slots=True)
class Naming:
    """What indicators, columns and their values are called; what has no name is called as it is."""

    names: Mapping[str, str]

    def text(self, value: object) -> str:
        """Return the name of a value, on one line, without what looks like a CPR number."""
        written = str(value)
        return shielded(self.names.get(written, written))

    def column(self, value: str) -> str:
        """Return the name of a column as words."""
        return self.text(value) if value in self.names else self.text(value).replace("_", " ")

    def labels(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of a domain's values; that of the whole caseload is a word of ours."""
        return tuple(value if value == ALL else self.text(value) for value in values)

    def estimates(self, found: Estimates) -> Estimates:
        """Return the same estimates by other names."""
        return Estimates(
            tuple(map(self.column, found.by)), tuple(self._estimate(row) for row in found.rows)
        )

    def compared(self, found: Compared) -> Compared:
        """Return the same comparison, funnel or verdict by other names."""
        rows = tuple(
            replace(row, estimate=self._estimate(row.estimate))
            if isinstance(row, Judged)
            else self._row(row)
            for row in found.rows
        )
        columns: dict[str, Any] = {"by": tuple(map(self.column, found.by))}
        if isinstance(found, Standardised):
            columns["over"] = tuple(map(self.column, found.over))
        return cast("Compared", replace(cast("Any", found), rows=rows, **columns))

    def agreement(self, found: Agreement) -> Agreement:
        """Return the same agreement by other names."""
        rows = tuple(
            replace(row, indicator=self.text(row.indicator), remarks=tuple(row.remarks))
            for row in found.rows
        )
        return replace(found, rows=rows)

    def _estimate(self, row: Estimate) -> Estimate:
        return cast("Estimate", self._row(row))

    def _row(self, row: Any) -> Any:
        """Return a row of results by other names."""
        named = {
            "indicator": self.text(row.indicator),
            "labels": self.labels(row.labels),
            "remarks": tuple(map(shielded, row.remarks)),
        }
        if hasattr(row, "labels_other"):
            named["labels_other"] = self.labels(row.labels_other)
        return replace(row, **named)


def shielded(text: str) -> str:
    r"""Return a text on one line, without controls, CPR-like numbers hidden; hashes stay whole.

    >>> shielded("0101901234 of\n2019")
    '010190-**** of 2019'
    """
    parts = _HASH.split(str(text))
    kept = (part if _HASH.fullmatch(part) else masked(_one_line(part)) for part in parts)
    return "".join(kept).strip()


def _one_line(text: str) -> str:
    return "".join(
        " " if unicodedata.category(character) in _NOT_TEXT else character for character in text
    )
