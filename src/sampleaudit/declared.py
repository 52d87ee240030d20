"""A sample that was drawn elsewhere: declared, checked, and marked as such in every result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.analysis import Analysis, as_columns
from sampleaudit.drawn import Population, drawn, key_of, rows_of, whole_number
from sampleaudit.errors import AuditError, one_of
from sampleaudit.frame import clean_labels, count_cases, refuse_bad_columns
from sampleaudit.ids import as_pandas, clean_ids, refuse_bad_ids
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

SELECTIONS: Final = ("random", "chosen")


def declare_sample(
    table: Any,
    *,
    case_id: str,
    stratify_by: str | Sequence[str] = (),
    population: Population | None = None,
    selection: Literal["random", "chosen"],
    domains: str | Sequence[str] = (),
    domain_population: Any = None,
    clusters: str | None = None,
    cluster_population: Population | None = None,
    cluster_sizes: str | Mapping[Any, int] | None = None,
    weights: str | None = None,
) -> Sample:
    """Declare a sample that was drawn elsewhere: one row a case, any data frame.

    ``population`` is the number of cases in each stratum of the caseload: the name of a column, a
    mapping stratum -> number (a tuple of values where there are several stratum columns; strata
    without a sampled case may be among them), or one number if there are no strata.
    ``selection="random"`` says that in each stratum the cases are a simple random sample without
    replacement; ``"chosen"`` that they are not, and then nothing is said of other cases.
    ``domain_population`` is a table of the stratum columns, all domain columns and ``population``:
    the caseload's cases by stratum and domains, which makes shorter intervals for domains possible.
    For clusters and for weights of your own see `sampleaudit.drawn`: such a sample is for
    `survey_means` and its neighbours, and ``population`` may be left out. Raises `AuditError` for
    bad ids, missing labels and numbers that do not fit the sample.
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
    strata, drawing = drawn(
        cases, data, strata_columns, population,
        clusters=clusters, cluster_population=cluster_population,
        cluster_sizes=cluster_sizes, weights=weights,
    )  # fmt: skip
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
        drawing=drawing,
    )


def _domain_counts(
    domain_population: Any, strata: pd.DataFrame, columns: tuple[str, ...], domains: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return the caseload's cases by stratum and domains; None where nobody told."""
    if domain_population is None:
        known = not domains and strata["population"].notna().all()
        return strata.drop(columns="sampled") if known else None
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
    counts["population"] = [
        whole_number(value, "population", "a domain", "cases") for value in counts["population"]
    ]
    if counts.duplicated(subset=wanted[:-1]).any():
        raise AuditError("domain_population has two rows for the same stratum and domains.")
    told = {
        key_of(row[:-1]): int(row[-1])
        for row in rows_of(
            counts.groupby(list(columns))["population"].sum().reset_index()
            if columns
            else counts[["population"]].sum().to_frame().T
        )
    }
    for row in rows_of(strata.drop(columns="sampled")):
        if told.get(key_of(row[:-1]), 0) != row[-1]:
            raise AuditError(
                f"domain_population adds up to {told.get(key_of(row[:-1]), 0)} cases in "
                f"{' / '.join(row[:-1]) or 'the caseload'}, but population says {row[-1]}."
            )
    return counts


def _refuse_fewer_than_found(
    cases: pd.DataFrame, counts: pd.DataFrame | None, columns: list[str]
) -> None:
    if counts is None or not columns:
        return
    known = {key_of(row[:-1]): int(row[-1]) for row in rows_of(counts)}
    for row in rows_of(count_cases(cases, columns)):
        if row[-1] > known.get(key_of(row[:-1]), 0):
            raise AuditError(
                f"domain_population says {known.get(key_of(row[:-1]), 0)} cases in "
                f"{' / '.join(row[:-1])}, but the sample has {row[-1]} from there."
            )
