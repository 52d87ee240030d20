"""How a declared sample was drawn: the sizes of strata, clusters, and weights, all checked.

Four kinds of declaration:

- cases within strata: ``population``, the cases of each stratum;
- whole clusters within strata: ``clusters``, the column with the cluster of each case, and
  ``cluster_population``, the clusters of each stratum in the register;
- cases within clusters within strata: ``cluster_sizes`` too, the cases of each cluster;
- with ``weights``, a column: what is not said of the numbers in the register is taken as drawn
  with replacement, which makes intervals somewhat too wide, not too short.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sampleaudit.drawing import Drawing
from sampleaudit.errors import AuditError, first_few
from sampleaudit.frame import clean_labels, count_cases
from sampleaudit.ids import near_names

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Population = str | int | Mapping[Any, int]
Key = tuple[str, ...]


def drawn(
    cases: pd.DataFrame,
    data: pd.DataFrame,
    columns: tuple[str, ...],
    population: Population | None,
    *,
    clusters: str | None,
    cluster_population: Population | None,
    cluster_sizes: str | Mapping[Any, int] | None,
    weights: str | None,
) -> tuple[pd.DataFrame, Drawing | None]:
    """Return the strata (columns, ``population``, ``sampled``) and the drawing, all checked.

    ``columns`` are the stratum columns. The drawing is None for cases drawn within strata.
    """
    _refuse_half_said(population, clusters, cluster_population, cluster_sizes, weights)
    own_weights = None if weights is None else _weights(data, weights)
    number = None if clusters is None else _cluster_numbers(cases, data, columns, clusters)
    sampled = _sampled(cases, columns)
    in_clusters = sampled if number is None else _clusters_sampled(cases, columns, number)
    sizes = _sizes(cases, data, columns, population, sampled, "population", "cases")
    units = sizes
    if number is not None:
        units = _sizes(
            cases, data, columns, cluster_population, in_clusters, "cluster_population", "clusters"
        )
    keys = sorted({*sampled, *(sizes or {}), *(units or {})})
    strata = _strata(keys, columns, sizes, sampled)
    if number is None and weights is None:
        return strata, None
    read_in_part = None if cluster_sizes is None or number is None else number
    return strata, Drawing(
        clusters=number,
        cluster_population=np.array([np.inf if units is None else units[key] for key in keys]),
        cluster_sizes=(
            None
            if read_in_part is None or cluster_sizes is None or clusters is None
            else _cluster_sizes(data, clusters, read_in_part, cluster_sizes)
        ),
        weights=own_weights,
    )


def rows_of(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return the rows of a table as tuples."""
    return list(table.itertuples(index=False, name=None))


def key_of(values: Sequence[object]) -> Key:
    """Return the labels of a stratum as text, without blanks around them."""
    return tuple(str(value).strip() for value in values)


def whole_number(value: object, name: str, label: object, unit: str) -> int:
    """Return a number of cases or clusters; refuse anything else."""
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if isinstance(value, bool | np.bool_) or not number.is_integer() or number < 0:
        raise AuditError(f"{name} is {value!r} for {label}; it must be a whole number of {unit}.")
    return int(number)


def _refuse_half_said(
    population: object,
    clusters: object,
    cluster_population: object,
    cluster_sizes: object,
    weights: object,
) -> None:
    if clusters is None:
        given = {"cluster_population": cluster_population, "cluster_sizes": cluster_sizes}
        for name, value in given.items():
            if value is not None:
                raise AuditError(
                    f"{name} is given, but no clusters; name the column that holds the cluster of "
                    f"each case, as clusters='school'."
                )
        if population is None and weights is None:
            raise AuditError(
                "population is not given; say how many cases each stratum of the caseload has (a "
                "column, a mapping, or one number), or give weights or clusters."
            )
    elif cluster_population is None and weights is None:
        raise AuditError(
            "cluster_population is not given; say how many clusters each stratum of the caseload "
            "has (a column, a mapping, or one number), or give the weights of the cases."
        )
    elif cluster_sizes is not None and cluster_population is None:
        raise AuditError(
            "cluster_sizes is given, but no cluster_population; without it the clusters count as "
            "drawn with replacement, and the cases within them add nothing. Leave it out."
        )


def _weights(data: pd.DataFrame, column: str) -> NDArray[np.float64]:
    import pandas as pd

    _refuse_no_column(data, column, "weights")
    values = pd.to_numeric(data[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if wrong.size:
        shown = [f"{data[column].iloc[row]!r} in case row {row + 1}" for row in wrong.tolist()]
        raise AuditError(
            f"Column {column!r} has {wrong.size} weights that are missing, zero, negative or no "
            f"number: {', '.join(shown[:3])}. A weight is the number of cases of the register that "
            f"a case stands for; leave out cases that stand for none."
        )
    return values


def _cluster_numbers(
    cases: pd.DataFrame, data: pd.DataFrame, columns: tuple[str, ...], clusters: str
) -> NDArray[np.intp]:
    """Return the cluster of each case, from 0; refuse a cluster with cases in two strata."""
    import pandas as pd

    _refuse_no_column(data, clusters, "clusters")
    labels = clean_labels(data[clusters], column=clusters)
    number, names = pd.factorize(labels, sort=True)
    if columns:
        strata = cases.groupby(list(columns), sort=False).ngroup().to_numpy()
        where = pd.DataFrame({"cluster": number, "stratum": strata}).drop_duplicates()
        twice = where["cluster"][where["cluster"].duplicated()].unique()
        if twice.size:
            raise AuditError(
                f"{twice.size} clusters have cases in more than one stratum: "
                f"{first_few([str(names[place]) for place in twice])}. A cluster lies in one "
                f"stratum; if names are used again, join them with the stratum's."
            )
    return np.asarray(number, dtype=np.intp)


def _cluster_sizes(
    data: pd.DataFrame,
    clusters: str,
    number: NDArray[np.intp],
    given: str | Mapping[Any, int],
) -> NDArray[np.float64]:
    """Return the register's cases of each cluster, in the order of the numbers."""
    import pandas as pd

    labels = clean_labels(data[clusters], column=clusters)
    if isinstance(given, str):
        _refuse_no_column(data, given, "cluster_sizes")
        pairs = pd.DataFrame({"cluster": labels.to_numpy(), "size": data[given].to_numpy()})
        pairs = pairs.drop_duplicates()
        twice = pairs["cluster"][pairs["cluster"].duplicated()]
        if len(twice):
            both = pairs["size"][pairs["cluster"] == twice.iloc[0]].tolist()
            raise AuditError(
                f"Column {given!r} says both {both[0]} and {both[1]} for cluster "
                f"{twice.iloc[0]!r}; a cluster has one size."
            )
        known: dict[str, object] = dict(zip(pairs["cluster"], pairs["size"], strict=True))
    else:
        known = {str(key).strip(): value for key, value in given.items()}
    names = labels.iloc[np.unique(number, return_index=True)[1]].tolist()
    forgotten = [name for name in names if name not in known]
    if forgotten:
        raise AuditError(
            f"cluster_sizes has no number for {len(forgotten)} clusters of the sample: "
            f"{first_few(forgotten)}."
        )
    sizes = [
        whole_number(known[name], "cluster_sizes", f"cluster {name!r}", "cases") for name in names
    ]
    read = np.bincount(number)
    for name, size, found in zip(names, sizes, read.tolist(), strict=True):
        if size < found:
            raise AuditError(
                f"cluster_sizes is {size} for cluster {name!r}, but the sample has {found} cases "
                f"from there; it cannot be smaller."
            )
    return np.array(sizes, dtype=float)


def _sampled(cases: pd.DataFrame, columns: tuple[str, ...]) -> dict[Key, int]:
    return {key_of(row[:-1]): int(row[-1]) for row in rows_of(count_cases(cases, columns))}


def _clusters_sampled(
    cases: pd.DataFrame, columns: tuple[str, ...], number: NDArray[np.intp]
) -> dict[Key, int]:
    first = np.unique(number, return_index=True)[1]
    return _sampled(cases.iloc[first], columns)


def _sizes(
    cases: pd.DataFrame,
    data: pd.DataFrame,
    columns: tuple[str, ...],
    given: Population | None,
    sampled: Mapping[Key, int],
    name: str,
    unit: str,
) -> dict[Key, int] | None:
    """Return the number of cases or clusters of each stratum; None where it is not said."""
    if given is None:
        return None
    if isinstance(given, str):
        sizes = _from_column(cases, data, columns, given, name, unit)
    elif isinstance(given, Mapping):
        sizes = {
            key_of(key if isinstance(key, tuple) else (key,)): whole_number(value, name, key, unit)
            for key, value in given.items()
        }
    elif columns:
        raise AuditError(
            f"{name} is one number, but the sample is stratified; give a column or a mapping "
            f"stratum -> number of {unit}."
        )
    else:
        sizes = {(): whole_number(given, name, "the caseload", unit)}
    forgotten = [" / ".join(key) for key in sampled if key not in sizes]
    if forgotten:
        raise AuditError(
            f"{name} has no number for {len(forgotten)} strata of the sample: "
            f"{first_few(forgotten)}."
        )
    for key, size in sizes.items():
        if size < sampled.get(key, 0):
            raise AuditError(
                f"{name} is {size} for {' / '.join(key) or 'the caseload'}, but the sample has "
                f"{sampled[key]} {unit} from there; it cannot be smaller."
            )
    return sizes


def _from_column(
    cases: pd.DataFrame,
    data: pd.DataFrame,
    columns: tuple[str, ...],
    column: str,
    name: str,
    unit: str,
) -> dict[Key, int]:
    _refuse_no_column(data, column, name)
    sizes: dict[Key, int] = {}
    labels: Any = (
        zip(*(cases[each] for each in columns), strict=True) if columns else [()] * len(cases)
    )
    for key, value in dict.fromkeys(zip(labels, _hashable(data[column]), strict=True)):
        size = whole_number(value, name, " / ".join(key) or "the caseload", unit)
        if sizes.setdefault(key_of(key), size) != size:
            raise AuditError(
                f"Column {column!r} says both {sizes[key_of(key)]} and {size} for "
                f"{' / '.join(key) or 'the caseload'}; a stratum has one size."
            )
    return sizes


def _hashable(values: pd.Series[Any]) -> list[Hashable]:
    return [value if isinstance(value, Hashable) else str(value) for value in values]


def _strata(
    keys: Sequence[Key],
    columns: tuple[str, ...],
    sizes: Mapping[Key, int] | None,
    sampled: Mapping[Key, int],
) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (*key, np.nan if sizes is None else sizes.get(key, np.nan), sampled.get(key, 0))
        for key in keys
    ]
    return pd.DataFrame(rows, columns=[*columns, "population", "sampled"])


def _refuse_no_column(data: pd.DataFrame, column: str, name: str) -> None:
    if column not in data.columns:
        raise AuditError(
            f"The table has no column {column!r} for {name}{near_names(column, data.columns)}"
        )
