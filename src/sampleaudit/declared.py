"""A sample that was drawn elsewhere: declared, checked, and marked as such in every result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import Analysis, as_columns
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.frame import clean_labels, count_cases, refuse_bad_columns
from sampleaudit.ids import as_pandas, clean_ids, near_names, refuse_bad_ids
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

Population = str | int | Mapping[Any, int]
SELECTIONS: Final = ("random", "chosen")


def declare_sample(
    table: Any,
    *,
    case_id: str,
    stratify_by: str | Sequence[str] = (),
    population: Population,
    selection: Literal["random", "chosen"],
    domains: str | Sequence[str] = (),
    domain_population: Any = None,
) -> Sample:
    """Declare a sample that was drawn elsewhere: one row a case, any data frame.

    ``population`` is the number of cases in each stratum of the caseload: the name of a column, a
    mapping stratum -> number (a tuple of values where there are several stratum columns; strata
    without a sampled case may be among them), or one number if there are no strata.
    ``selection="random"`` says that in each stratum the cases are a simple random sample without
    replacement; ``"chosen"`` that they are not, and then nothing is said of other cases.
    ``domain_population`` is a table of the stratum columns, all domain columns and ``population``:
    the caseload's cases by stratum and domains, which makes shorter intervals for domains possible.
    Raises `AuditError` for bad ids, missing labels and numbers that do not fit the sample.
    """
    one_of("selection", selection, SELECTIONS)
    data = as_pandas(table)
    strata_columns = as_columns(stratify_by, name="stratify_by")
    domain_columns = as_columns(domains, name="domains")
    refuse_bad_columns(data, case_id, strata_columns, domain_columns, what="table")
    if data.empty:
        raise AuditError("The table has no cases; there is no sample to declare.")
    ids = clean_ids(data[case_id], column=case_id, source="table")
    refuse_bad_ids(ids, column=case_id)
    cases = ids.to_frame(case_id)
    for column in (*strata_columns, *domain_columns):
        cases[column] = clean_labels(data[column], column=column)
    strata = _strata(cases, data, strata_columns, population)
    counts = _domain_counts(domain_population, strata, strata_columns, domain_columns)
    _refuse_fewer_than_found(cases, counts, [*strata_columns, *domain_columns])
    return Sample(
        case_id=case_id,
        stratify_by=strata_columns,
        domains=domain_columns,
        selection=selection,
        analysis=Analysis(),
        manifest={"selection": selection, "declared": True},
        plan_record={},
        _strata=strata,
        _cases=cases.reset_index(drop=True),
        _reserve=cases.iloc[:0].reset_index(drop=True),
        _population=counts,
    )


def _strata(
    cases: pd.DataFrame, data: pd.DataFrame, columns: tuple[str, ...], population: Population
) -> pd.DataFrame:
    """Return the stratum columns, ``population`` and ``sampled``, sorted; check the numbers."""
    import pandas as pd

    sampled = {_key(row[:-1]): int(row[-1]) for row in _rows(count_cases(cases, columns))}
    if isinstance(population, str):
        sizes = _from_column(cases, data, columns, population)
    elif isinstance(population, Mapping):
        sizes = {
            _key(key if isinstance(key, tuple) else (key,)): _whole(value, key)
            for key, value in population.items()
        }
    elif columns:
        raise AuditError(
            "population is one number, but the sample is stratified; give a column or a mapping "
            "stratum -> number of cases."
        )
    else:
        sizes = {(): _whole(population, "the caseload")}
    forgotten = [" / ".join(key) for key in sampled if key not in sizes]
    if forgotten:
        raise AuditError(
            f"population has no number for {len(forgotten)} strata of the sample: "
            f"{first_few(forgotten)}."
        )
    for key, size in sizes.items():
        if size < sampled.get(key, 0):
            raise AuditError(
                f"population is {size} for {' / '.join(key) or 'the caseload'}, but the sample has "
                f"{sampled[key]} cases from there; it cannot be smaller."
            )
    rows = [(*key, sizes[key], sampled.get(key, 0)) for key in sorted(sizes)]
    return pd.DataFrame(rows, columns=[*columns, "population", "sampled"])


def _from_column(
    cases: pd.DataFrame, data: pd.DataFrame, columns: tuple[str, ...], population: str
) -> dict[tuple[str, ...], int]:
    if population not in data.columns:
        raise AuditError(
            f"The table has no column {population!r} for population"
            f"{near_names(population, data.columns)}"
        )
    sizes: dict[tuple[str, ...], int] = {}
    labels = (
        zip(*(cases[column] for column in columns), strict=True) if columns else [()] * len(cases)
    )
    for key, value in zip(labels, data[population], strict=True):
        size = _whole(value, " / ".join(key) or "the caseload")
        if sizes.setdefault(_key(key), size) != size:
            raise AuditError(
                f"Column {population!r} says both {sizes[_key(key)]} and {size} for "
                f"{' / '.join(key) or 'the caseload'}; a stratum has one size."
            )
    return sizes


def _domain_counts(
    domain_population: Any, strata: pd.DataFrame, columns: tuple[str, ...], domains: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return the caseload's cases by stratum and domains; None where nobody told."""
    if domain_population is None:
        return None if domains else strata.drop(columns="sampled")
    if not domains:
        raise AuditError("domain_population is given, but no domains; name the domain columns.")
    table = as_pandas(domain_population)
    wanted = [*columns, *domains, "population"]
    absent = [column for column in wanted if column not in table.columns]
    if absent:
        raise AuditError(
            f"domain_population has no column {absent[0]!r}; it needs {', '.join(wanted)}."
        )
    counts = table[wanted].copy()
    for column in (*columns, *domains):
        counts[column] = clean_labels(counts[column], column=column)
    counts["population"] = [_whole(value, "a domain") for value in counts["population"]]
    if counts.duplicated(subset=wanted[:-1]).any():
        raise AuditError("domain_population has two rows for the same stratum and domains.")
    told = {
        _key(row[:-1]): int(row[-1])
        for row in _rows(
            counts.groupby(list(columns))["population"].sum().reset_index()
            if columns
            else counts[["population"]].sum().to_frame().T
        )
    }
    for row in _rows(strata.drop(columns="sampled")):
        if told.get(_key(row[:-1]), 0) != row[-1]:
            raise AuditError(
                f"domain_population adds up to {told.get(_key(row[:-1]), 0)} cases in "
                f"{' / '.join(row[:-1]) or 'the caseload'}, but population says {row[-1]}."
            )
    return counts


def _refuse_fewer_than_found(
    cases: pd.DataFrame, counts: pd.DataFrame | None, columns: list[str]
) -> None:
    if counts is None or not columns:
        return
    known = {_key(row[:-1]): int(row[-1]) for row in _rows(counts)}
    for row in _rows(count_cases(cases, columns)):
        if row[-1] > known.get(_key(row[:-1]), 0):
            raise AuditError(
                f"domain_population says {known.get(_key(row[:-1]), 0)} cases in "
                f"{' / '.join(row[:-1])}, but the sample has {row[-1]} from there."
            )


def _rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(table.itertuples(index=False, name=None))


def _key(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value).strip() for value in values)


def _whole(value: object, label: object) -> int:
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if isinstance(value, bool | np.bool_) or not number.is_integer() or number < 0:
        raise AuditError(
            f"population is {value!r} for {label}; it must be a whole number of cases."
        )
    return int(number)
