"""What every comparison of domains starts from: their counts, cell by cell, for each indicator.

A cell is what a domain has in a stratum. Given how many of its cases were read, these are a simple
random sample of it, whether the domain is made of strata or crosses them (Cochran 1977, section
2.13), so the cells of all domains are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from sampleaudit.analysis import MISSING_RULES, MissingRule, as_columns
from sampleaudit.comparison.arms import indicator_names
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.counts import (
    Labels,
    count_outcomes,
    domains,
    refuse_chosen_reading_order,
    stratum_of_cases,
)
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.sample import refuse_clusters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

NONE_APPLIED: Final = "no case that counts was read"


@dataclass(frozen=True, slots=True)
class DomainCounts:
    """One indicator's counts, arrays of shape (domains, strata), in cases.

    ``population`` is the register's, ``reviewed`` those read, ``applicable`` those of them that
    count, ``errors`` those of these in error (missing files counted by the rule), ``missing`` the
    missing files. ``weights`` are the cases of a stratum that each case read stands for (nan where
    none was read).
    """

    indicator: str
    labels: tuple[Labels, ...]
    population: IntArray
    reviewed: IntArray
    applicable: IntArray
    errors: IntArray
    missing: IntArray
    weights: FloatArray
    remarks: tuple[str, ...]

    @property
    def applicable_population(self) -> FloatArray:
        """Cases of each cell to which the indicator applies; an estimate where some are not.

        nan where the cell has cases and none was read.
        """
        seen = np.where(self.reviewed > 0, self.reviewed, 1)
        share = np.where(self.reviewed > 0, self.applicable / seen, np.nan)
        return np.where(self.population > 0, self.population * share, 0.0)

    @property
    def overall(self) -> float:
        """The caseload's rate, sum w e / sum w a over the strata that were read."""
        weights = np.nan_to_num(self.weights)
        applicable = float((weights * self.applicable).sum())
        return float((weights * self.errors).sum()) / applicable if applicable else float("nan")

    @property
    def census(self) -> NDArray[np.bool_]:
        """Whether every case of each domain was read."""
        whole: NDArray[np.bool_] = (self.reviewed == self.population).all(axis=1)
        return whole

    @property
    def rates(self) -> FloatArray:
        """Each domain's rate, sum w e / sum w a; nan where no case that counts was read."""
        weights = np.nan_to_num(self.weights)
        applicable = (weights * self.applicable).sum(axis=1)
        errors = (weights * self.errors).sum(axis=1)
        return np.where(applicable > 0, errors / np.where(applicable > 0, applicable, 1), np.nan)

    def remarks_on(self, place: int) -> list[str]:
        """Return what must be said of one domain's counts."""
        inside = self.population[place] > 0
        reviewed, applicable = self.reviewed[place][inside], self.applicable[place][inside]
        remarks = []
        if not applicable.sum():
            remarks.append(NONE_APPLIED)
        elif (applicable < reviewed).any():
            remarks.append("to how many cases the indicator applies is estimated")
        unread = int((reviewed == 0).sum())
        if unread and reviewed.sum():
            remarks.append(f"{unread} of the domain's strata unread")
        return remarks


@dataclass(frozen=True, slots=True)
class Collected:
    """The counts of all indicators asked for, and the columns that make the domains."""

    by: tuple[str, ...]
    indicators: tuple[DomainCounts, ...]

    @property
    def plural(self) -> str:
        """The domains' name for a label: "municipalities" where the column is "municipality"."""
        if len(self.by) > 1:
            return f"groups of {' and '.join(self.by)}"
        word = self.by[0].replace("_", " ")
        return f"{word[:-1]}ies" if word.endswith("y") else f"{word.removesuffix('s')}s"


def collect(
    findings: Findings,
    by: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None,
    missing: MissingRule | None,
    what: str,
) -> Collected:
    """Count each indicator by domain and stratum; refuse what no comparison can be made of.

    ``what`` is the function that asks, for messages. Raises `AuditError` for a chosen sample,
    clusters, unknown columns and indicators, domains of unknown size, fewer than two domains, and
    unread cases that are not the last of their stratum.
    """
    sample = findings.sample
    refuse_clusters(sample, what)
    if sample.selection == "chosen":
        raise AuditError(
            f"{what} compares caseloads, and this sample was chosen, not drawn: it speaks for no "
            f"case but its own. Draw a sample, or report the counts alone."
        )
    columns = as_columns(by, name="by")
    groups = domains(sample, columns)
    if groups.population is None:
        raise AuditError(
            f"{what} must know how many cases each domain of {', '.join(columns)} has in each "
            f"stratum. Give domain_population when the sample is declared."
        )
    if len(groups.labels) < 2:
        raise AuditError(
            f"{what} needs at least two domains, and by={list(columns)} has "
            f"{len(groups.labels)}: {', '.join(' / '.join(label) for label in groups.labels)}."
        )
    if missing is not None:
        one_of("missing", missing, tuple(MISSING_RULES))
    rule = missing or sample.analysis.missing
    strata = stratum_of_cases(sample)
    sizes = sample.strata["population"].to_numpy()
    rows = []
    for name in indicator_names(indicators, of=findings):
        outcomes = (
            any_error(findings.outcome_table()) if name == ANY_ERROR else findings.outcomes(name)
        )
        refuse_chosen_reading_order(findings, name, outcomes, strata)
        counts = count_outcomes(outcomes, strata, len(sizes), groups)
        read = np.where(counts.read > 0, counts.read, 1)
        remarks = []
        if counts.missing.any():
            remarks.append(MISSING_RULES[rule])
        if counts.unread:
            remarks.append(f"{counts.unread} cases not read yet; the first in ticket order were")
        if sample.selection == "random":
            remarks.append("drawn elsewhere: declared a random sample")
        rows.append(
            DomainCounts(
                indicator=name,
                labels=groups.labels,
                population=groups.population,
                reviewed=counts.reviewed,
                applicable=counts.errors + counts.correct + counts.missing * (rule != "exclude"),
                errors=counts.errors + counts.missing * (rule == "error"),
                missing=counts.missing,
                weights=np.where(counts.read > 0, sizes / read, np.nan),
                remarks=tuple(remarks),
            )
        )
    return Collected(columns, tuple(rows))


def selected(
    rows: Sequence[Any],
    by: tuple[str, ...],
    indicator: str | Sequence[str] | None,
    where: Mapping[str, str] | None,
) -> tuple[Any, ...]:
    """Return the rows of these indicators and domains; refuse a selection that leaves none.

    A row has ``indicator`` and ``labels``; ``where`` maps ``by`` columns to values.
    """
    names = (indicator,) if isinstance(indicator, str) else indicator
    wanted = dict(where or {})
    for column in wanted:
        if column not in by:
            raise AuditError(f"where names {column!r}; these results are by {', '.join(by)}.")
    left = tuple(
        row
        for row in rows
        if (names is None or row.indicator in names)
        and all(row.labels[by.index(column)] == value for column, value in wanted.items())
    )
    if not left:
        known = ", ".join(repr(name) for name in dict.fromkeys(row.indicator for row in rows))
        raise AuditError(f"No row fits the selection. The indicators are {known}.")
    return left


def frame_of(rows: Sequence[Any], by: tuple[str, ...], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table: ``indicator``, the ``by`` columns, and these fields of each row."""
    import pandas as pd

    records = [
        (
            row.indicator,
            *row.labels,
            *(
                "; ".join(row.remarks) if name == "remarks" else getattr(row, name)
                for name in columns
            ),
        )
        for row in rows
    ]
    return pd.DataFrame(records, columns=["indicator", *by, *columns])


def with_marks(name: str, remarks: Sequence[str], notes: list[str]) -> str:
    """Return a name with the numbers of its footnotes; notes that are new are added."""
    for remark in remarks:
        if remark not in notes:
            notes.append(remark)
    marks = ",".join(str(notes.index(remark) + 1) for remark in remarks)
    return f"{name} [{marks}]" if marks else name


def cells_of(counts: DomainCounts, place: int) -> DomainCounts:
    """Return one domain's counts in the strata where it has cases."""
    inside = counts.population[place] > 0
    part = {
        name: getattr(counts, name)[place : place + 1, inside]
        for name in ("population", "reviewed", "applicable", "errors", "missing")
    }
    return replace(
        counts,
        labels=(counts.labels[place],),
        weights=counts.weights[inside],
        **cast("Any", part),
    )
