"""Counting findings by stratum and group: the only place where cases become numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sampleaudit.errors import AuditError, first_few
from sampleaudit.findings import Findings
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """The rows of a table of results: the whole caseload, or domains, and their cases.

    ``labels`` has the values of the ``by`` columns of each group. ``member`` is the group of each
    case of the sample, -1 for none. ``population`` has shape (groups, strata): the register's cases
    of each group in each stratum, or None where the register does not tell.
    """

    labels: tuple[Labels, ...]
    member: NDArray[np.intp]
    population: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class IndicatorCounts:
    """Outcomes of one indicator, arrays of shape (groups, strata); ``read`` is by stratum only.

    ``read`` counts the cases of the stratum that were read, in whatever group.
    """

    read: NDArray[np.int64]
    reviewed: NDArray[np.int64]
    errors: NDArray[np.int64]
    correct: NDArray[np.int64]
    missing: NDArray[np.int64]
    unread: int


def whole_caseload(sample: Sample) -> Groups:
    """Return the one group that every case belongs to."""
    size = sample.strata["population"].to_numpy()
    return Groups(((),), np.zeros(sample.size, dtype=np.intp), size[np.newaxis, :])


def domains(sample: Sample, by: Sequence[str]) -> Groups:
    """Return the groups that the ``by`` columns make, stratum or domain columns of the sample."""
    known = (*sample.stratify_by, *sample.domains)
    for column in by:
        if column not in known:
            raise AuditError(
                f"by names {column!r}, which is not a stratum or domain column of the sample "
                f"({', '.join(known) or 'it has none'}); domains are named when the frame is built."
            )
    strata = sample.strata
    if set(by) <= set(sample.stratify_by):
        table = strata.drop(columns="sampled")
    elif sample.population is not None:
        table = sample.population
    else:
        seen = _rows(sample.cases, by)
        labels = tuple(sorted(set(seen)))
        return Groups(labels, _positions(seen, labels), None)
    group_of_row = _rows(table, by)
    labels = tuple(sorted(set(group_of_row)))
    population = np.zeros((len(labels), len(strata)), dtype=np.int64)
    stratum_labels = _rows(strata, sample.stratify_by)
    stratum_of_row = _positions(_rows(table, sample.stratify_by), stratum_labels)
    sizes = table["population"].to_numpy()
    np.add.at(population, (_positions(group_of_row, labels), stratum_of_row), sizes)
    return Groups(labels, _positions(_rows(sample.cases, by), labels), population)


def stratum_of_cases(sample: Sample) -> NDArray[np.intp]:
    """Return the row of ``sample.strata`` to which each case belongs."""
    return _positions(
        _rows(sample.cases, sample.stratify_by), _rows(sample.strata, sample.stratify_by)
    )


def count_outcomes(
    outcomes: Sequence[str], strata: NDArray[np.intp], number_of_strata: int, groups: Groups
) -> IndicatorCounts:
    """Count the outcomes of one indicator by group and stratum."""
    values = np.asarray(outcomes, dtype=object)
    read = values != "not reviewed"
    shape = (len(groups.labels), number_of_strata)
    cell = groups.member * number_of_strata + strata
    inside = groups.member >= 0

    def table(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        flat = np.bincount(cell[chosen & inside], minlength=shape[0] * shape[1])
        return flat.reshape(shape).astype(np.int64)

    return IndicatorCounts(
        read=np.bincount(strata[read], minlength=number_of_strata).astype(np.int64),
        reviewed=table(read),
        errors=table(values == "error"),
        correct=table(values == "correct"),
        missing=table(values == "missing file"),
        unread=int((~read).sum()),
    )


def refuse_chosen_reading_order(
    findings: Findings, indicator: str, outcomes: Sequence[str], strata: NDArray[np.intp]
) -> None:
    """Refuse unread cases unless those read are the first of their stratum in ticket order.

    The first k tickets of a stratum are themselves a random sample; the easy files are not. In a
    sample of clusters it is the first of their cluster, and the first clusters of a stratum.
    """
    sample = findings.sample
    unread = np.asarray(outcomes, dtype=object) == "not reviewed"
    if not unread.any():
        return
    cases = sample.cases
    if sample.selection != "drawn":
        raise AuditError(
            f"Indicator {indicator!r} has {int(unread.sum())} cases not reviewed: "
            f"{first_few(cases[sample.case_id][unread])}. In a sample drawn elsewhere the order of "
            f"the draw is not known, so all its cases must be read first."
        )
    order, units = cases["order"].to_numpy(), strata
    later, first = "later ones of their stratum", "cases of a stratum"
    skipped = np.zeros(len(cases), dtype=np.bool_)
    if sample.drawing is not None and sample.drawing.clusters is not None:
        units = sample.drawing.clusters  # numbered in the order of their draw
        later = "later ones of their cluster, or later clusters of their stratum,"
        first = "cases of a cluster, and the first clusters of a stratum,"
        begun = np.isin(units, units[~unread])
        skipped = ~begun & _before_the_last(units, strata, begun)
    skipped |= unread & _before_the_last(order, units, ~unread)
    if skipped.any():
        raise AuditError(
            f"Indicator {indicator!r} has {int(skipped.sum())} cases not reviewed although {later} "
            f"were: {first_few(cases[sample.case_id][skipped])}. Read on in the order of the draw: "
            f"only the first {first} are a random sample of it."
        )


def _before_the_last(
    order: NDArray[np.intp], units: NDArray[np.intp], read: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which rows come before the last one of their unit that was read."""
    last = np.full(int(units.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(last, units[read], order[read])
    return np.asarray(order < last[units])


def _rows(table: Any, columns: Sequence[str]) -> list[Labels]:
    """Return the values of the columns row by row, as tuples of text."""
    if not columns:
        return [()] * len(table)
    return list(zip(*(table[column].astype(str) for column in columns), strict=True))


def _positions(values: Sequence[Labels], among: Sequence[Labels]) -> NDArray[np.intp]:
    place = {label: position for position, label in enumerate(among)}
    return np.array([place.get(value, -1) for value in values], dtype=np.intp)
