"""Small counts by domain, hidden in a report as in a published table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.comparison.hindsight import Detectable
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.comparison.suppression import suppress
from sampleaudit.comparison.table import Compared as Difference
from sampleaudit.comparison.table import Comparison
from sampleaudit.comparison.verdict import Judged, Verdict
from sampleaudit.errors import AuditError
from sampleaudit.estimates.estimate import ALL, Estimate
from sampleaudit.estimates.table import Estimates
from sampleaudit.report.naming import Compared

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, tuple[str, ...]]
"""An indicator and the values of a domain."""
_HIDDEN: Final = "hidden"
_ROUNDED: Final = "rounded"


@dataclass(frozen=True, slots=True)
class Rates:
    """Estimates to show, the rows whose figures are hidden, and the table of all for computing."""

    estimates: Estimates
    hidden: frozenset[Key]
    table: pd.DataFrame

    @property
    def shown(self) -> Estimates:
        """The rows with figures."""
        rows = tuple(row for row in self.estimates.rows if key_of(row) not in self.hidden)
        return Estimates(self.estimates.by, rows)


def in_full(found: Estimates) -> Rates:
    """Return estimates of which nothing is hidden."""
    return Rates(found, frozenset(), found.to_frame())


def protected(found: Estimates, *, under: int) -> tuple[Rates, Rates]:
    """Return the whole caseload's estimates and those by domain, small counts hidden.

    ``found`` is by domain, with the rows of the whole caseload. Both come from one table, as two
    would give away together what neither does alone: the caseload's figures are rounded where a
    domain's are hidden.
    """
    published = suppress(found, under=under).to_frame()
    records: list[dict[Any, Any]] = published.to_dict(orient="records")
    pairs = list(zip(found.rows, records, strict=True))
    hidden = frozenset(key_of(row) for row, record in pairs if record["suppressed"] == _HIDDEN)
    rows = tuple(_as_published(row, record) for row, record in pairs)
    by_domain = Rates(Estimates(found.by, rows), hidden, published)
    total = (ALL,) * len(found.by)
    caseload = tuple(replace(row, labels=()) for row in rows if row.labels == total)
    of_total = frozenset((name, ()) for name, labels in hidden if labels == total)
    inside = [row.labels == total for row in found.rows]
    table = published[inside].drop(columns=list(found.by)).reset_index(drop=True)
    return Rates(Estimates((), caseload), of_total, table), by_domain


def refuse_what_gives_away(
    comparisons: Sequence[Compared], rates: Rates, *, by: str, under: int
) -> None:
    """Refuse comparisons that say more of small counts than the table of rates beside them.

    Where nothing is hidden in that table, neither is it by what has the same domains and no small
    counts of its own: every figure follows from those in the table.
    """
    if comparisons and (rates.table["suppressed"] != "").any():
        raise AuditError(
            f"suppress and comparisons do not go together here: they would give away the counts "
            f"below {under} that are hidden. Leave one of them out."
        )
    for each in comparisons:
        same = each.by == (by,) or (isinstance(each, Verdict) and not each.by)
        before = isinstance(each, Comparison) and each.against == "before"
        if not same or before or isinstance(each, Standardised) or _small(each, under):
            raise AuditError(
                f"suppress and comparisons do not go together here: a {type(each).__name__} of "
                f"other cases or groups than the table by {by!r}, or with counts below {under}, "
                f"may give away what the table does not. Leave one of them out."
            )


def _small(found: Compared, under: int) -> bool:
    """Tell whether a table has a count of errors or correct cases from 1 to ``under`` - 1."""
    counts: list[int] = []
    for row in found.rows:
        if isinstance(row, Difference):
            counts += [row.errors_other, row.applicable_other - row.errors_other]
        if not isinstance(row, Detectable):
            one = row.estimate if isinstance(row, Judged) else row
            counts += [one.errors, one.applicable - one.errors]
    return any(0 < count < under for count in counts)


def key_of(row: Estimate) -> Key:
    """Return what names a row within its table."""
    return row.indicator, row.labels


def _as_published(row: Estimate, record: Mapping[Any, Any]) -> Estimate:
    """Return a row with no more than the published table tells."""
    mark = record["suppressed"]
    if not mark:
        return row
    row = replace(
        row, missing=0, missing_low=row.limits.rate_low, missing_high=row.limits.rate_high
    )
    if mark == _HIDDEN:
        unknown = replace(
            row.limits, rate_low=math.nan, rate_high=math.nan, total_low=math.nan,
            total_high=math.nan, remarks=(),
        )  # fmt: skip
        return replace(
            row, applicable=0, errors=0, rate=math.nan, total=math.nan, limits=unknown,
            missing_low=math.nan, missing_high=math.nan, se=math.nan, deff=math.nan, remarks=(),
        )  # fmt: skip
    if mark != _ROUNDED:
        return row
    limits = replace(
        row.limits,
        rate_low=record["rate_low"], rate_high=record["rate_high"],
        total_low=record["total_low"], total_high=record["total_high"], remarks=(),
    )  # fmt: skip
    return replace(
        row, rate=record["rate"], total=record["total"], limits=limits, remarks=(), se=math.nan,
        deff=math.nan, missing_low=limits.rate_low, missing_high=limits.rate_high,
    )  # fmt: skip
