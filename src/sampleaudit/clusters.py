"""The plan of a sample in stages: how many clusters of each stratum, then how many cases of each.

Reading the files of 20 municipalities is cheaper than reading a few files in each of 98. The price
is a wider interval: cases of one municipality are alike, and only the clusters drawn were seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import Analysis, MissingRule, as_columns
from sampleaudit.drawing import cluster_table, stratum_of_clusters
from sampleaudit.errors import AuditError, first_few
from sampleaudit.files import canonical_json
from sampleaudit.formulas.allocation import whole_allocation
from sampleaudit.frame import Frame
from sampleaudit.ids import near_names
from sampleaudit.plan import refuse_other_columns
from sampleaudit.plan_strata import by_stratum, stratum_labels

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Cases = int | Literal["all"] | Mapping[str, int]

CLUSTER_PLAN_FORMAT: Final = "sampleaudit cluster plan 1"
_OWN_COLUMNS: Final = ("clusters", "clusters_sampled")
_ANALYSIS: Final = ("level", "missing", "by", "tolerable", "seed_source")


@dataclass(frozen=True, slots=True, repr=False)
class ClusterPlan:
    """How many clusters will be drawn from each stratum, and how many cases from each of them.

    Made by `plan_clusters`. ``cluster`` is the column that names them; ``cases`` the cases to draw
    from each cluster: a number, ``"all"``, or a number for every cluster by name.
    """

    frame: Frame
    analysis: Analysis
    cluster: str
    cases: Cases
    _table: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The stratum columns, ``population`` (cases), ``clusters`` and ``clusters_sampled``."""
        return self._table.copy()

    @property
    def clusters_by_stratum(self) -> NDArray[np.int64]:
        """Clusters to be drawn from each row of ``table``."""
        return self._table["clusters_sampled"].to_numpy(dtype=np.int64)

    @property
    def cases_by_cluster(self) -> NDArray[np.int64]:
        """Cases to be drawn from each cluster of the register, should it be drawn.

        In the order of `sampleaudit.drawing.cluster_table`; at most what the cluster has.
        """
        return cases_wanted(cluster_table(self.frame, self.cluster), self.cluster, self.cases)

    @property
    def expected_cases(self) -> float:
        """Cases to be drawn on average over all draws; exact where all clusters give the same."""
        clusters = cluster_table(self.frame, self.cluster)
        stratum = stratum_of_clusters(self.frame, clusters)
        number = np.bincount(stratum, minlength=len(self._table))
        wanted = np.bincount(stratum, self.cases_by_cluster, len(self._table))
        return float(np.sum(self.clusters_by_stratum * wanted / number))

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON (`as_dict`), 64 hexadecimal digits."""
        return sha256(canonical_json(self.as_dict())).hexdigest()

    @property
    def public_record(self) -> str:
        """The line to publish before the seed is known."""
        source = self.analysis.seed_source or "a source to be named before it is known"
        return f"sampleaudit plan {self.digest}: {self.in_words}; seed from {source}"

    def as_dict(self) -> dict[str, Any]:
        """Return all that the plan binds, as plain values; what plan.json holds."""
        frame, analysis = self.frame, self.analysis.as_dict()
        numbers = ("population", *_OWN_COLUMNS)
        return {
            "format": CLUSTER_PLAN_FORMAT,
            "fingerprint": frame.fingerprint,
            "case_id": frame.case_id,
            "stratify_by": list(frame.stratify_by),
            "domains": list(frame.domains),
            "population": frame.size,
            "expected_size": frame.reconciliation.expected_size,
            "excluded": dict(frame.reconciliation.excluded),
            "not_cpr": frame.not_cpr,
            "cluster": self.cluster,
            "cases": dict(self.cases) if isinstance(self.cases, Mapping) else self.cases,
            "strata": [
                {**row, **{name: int(row[name]) for name in numbers}}
                for row in self._table.to_dict(orient="records")
            ],
            "analysis": {name: analysis[name] for name in _ANALYSIS},
        }

    def __repr__(self) -> str:
        return f"ClusterPlan: {self.in_words}\n{self._table.to_string(index=False)}"

    @property
    def in_words(self) -> str:
        """Both stages, as ``20 of 98 clusters (municipality) from 5 strata, 10 cases of each``."""
        drawn, known = (int(self._table[name].sum()) for name in reversed(_OWN_COLUMNS))
        strata = len(self._table)
        cases = {int: f"{self.cases} cases of each", str: "all cases of each"}.get(
            type(self.cases), "a number of cases set for each"
        )
        return (
            f"{drawn} of {known} clusters ({self.cluster}) from {strata} "
            f"{'stratum' if strata == 1 else 'strata'}, {cases}"
        )


def plan_clusters(
    frame: Frame,
    *,
    cluster: str,
    clusters: int | Mapping[Any, int],
    cases: Cases,
    minimum: int = 2,
    level: float = 0.95,
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> ClusterPlan:
    """Plan a sample in two stages: clusters from each stratum of the frame, then cases from each.

    ``cluster`` is a domain column of the frame, and every cluster lies within one stratum.
    ``clusters`` is the number to draw, shared out over the strata in proportion to the clusters
    they have, with at least ``minimum`` from each (two are needed for a standard error); or a
    mapping stratum -> number. ``cases`` is the number to draw from each (all of them where a
    cluster has fewer), ``"all"``, or a mapping cluster -> number that names every cluster of the
    register. For `draw`, `survey_means` and its neighbours, which use the intervals chosen there.
    Raises `AuditError` for numbers that cannot be and clusters that lie in several strata.
    """
    _refuse_other_cluster_column(frame, cluster)
    analysis = Analysis(
        level=level,
        missing=missing,
        by=as_columns(by, name="by"),
        tolerable=tolerable,
        seed_source=seed_source,
    )
    refuse_other_columns(frame, analysis.by)
    known = cluster_table(frame, cluster)
    _refuse_clusters_in_two_strata(known, cluster)
    cases_wanted(known, cluster, cases)
    strata = frame.strata
    stratum = stratum_of_clusters(frame, known)
    strata["clusters"] = np.bincount(stratum, minlength=len(strata)).astype(np.int64)
    strata["clusters_sampled"] = _sampled(frame, strata["clusters"].to_numpy(), clusters, minimum)
    return ClusterPlan(frame, analysis, cluster, _plain(cases), strata)


def cases_wanted(clusters: pd.DataFrame, column: str, cases: Cases) -> NDArray[np.int64]:
    """Return the cases to draw from each cluster of a table, at most what it has.

    Raises `AuditError` for numbers that cannot be, and clusters that a mapping forgets or invents.
    """
    population = clusters["population"].to_numpy(dtype=np.int64)
    if isinstance(cases, str):
        if cases != "all":
            raise AuditError(
                f"cases is {cases!r}; it must be a number, 'all', or a mapping cluster -> number."
            )
        return population
    if not isinstance(cases, Mapping):
        most = np.full(population.size, _whole(cases, "cases", "each cluster"), dtype=np.int64)
        return np.asarray(np.minimum(population, most))
    given = {str(key).strip(): value for key, value in cases.items()}
    names = clusters[column].tolist()
    unknown = sorted(given.keys() - set(names))
    if unknown:
        raise AuditError(
            f"cases names clusters that the register does not have: {first_few(unknown)}. Clusters "
            f"are the values of column {column!r}."
        )
    forgotten = [name for name in names if name not in given]
    if forgotten:
        raise AuditError(
            f"cases leaves out {len(forgotten)} clusters: {first_few(forgotten)}. Which of them "
            f"will be drawn is not known yet, so every cluster of the register needs a number."
        )
    wanted = np.array([_whole(given[name], "cases", name) for name in names], dtype=np.int64)
    for name, number, size in zip(names, wanted.tolist(), population.tolist(), strict=True):
        if number > size:
            raise AuditError(
                f"cases asks for {number} cases from {name}, which has {size}; ask for at most "
                f"{size}."
            )
    return wanted


def _sampled(
    frame: Frame, known: NDArray[np.int64], clusters: int | Mapping[Any, int], minimum: int
) -> NDArray[np.int64]:
    """Return the clusters to draw from each stratum."""
    if isinstance(clusters, Mapping):
        wanted = by_stratum(frame, clusters, name="clusters")
        for label, number, there in zip(stratum_labels(frame), wanted, known, strict=True):
            if not float(number).is_integer() or not 0 <= number <= there:
                raise AuditError(
                    f"clusters asks for {number:g} from {label}, which has {there}; give a whole "
                    f"number from 0 to {there}."
                )
        if not wanted.sum():
            raise AuditError("clusters asks for no cluster at all; ask for at least one.")
        return wanted.astype(np.int64)
    size, total = _whole(clusters, "clusters", "the register"), int(known.sum())
    least = _whole(minimum, "minimum", "each stratum", least=0)
    if size > total:
        raise AuditError(
            f"clusters is {size}, but the register has only {total}; ask for at most {total}."
        )
    needed = int(np.minimum(least, known).sum())
    if size < needed:
        raise AuditError(
            f"clusters is {size}, but {len(known)} strata with at least {least} clusters each need "
            f"{needed}; ask for more, lower minimum, or stratify by fewer columns."
        )
    return whole_allocation(size, known, rule="nearest", minimum=least, population=known)


def _plain(cases: Cases) -> Cases:
    """Return the cases as values that JSON has, once they are known to be right."""
    if isinstance(cases, Mapping):
        return dict(sorted((str(key).strip(), int(value)) for key, value in cases.items()))
    return cases if isinstance(cases, str) else int(cases)


def _whole(value: object, name: str, where: str, *, least: int = 1) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or int(value) < least:  # type: ignore[call-overload] # it is a number by now
        raise AuditError(
            f"{name} is {value!r} for {where}; it must be a whole number, {least} or more."
        )
    return int(value)  # type: ignore[call-overload, no-any-return] # the same


def _refuse_other_cluster_column(frame: Frame, cluster: str) -> None:
    if cluster in frame.stratify_by:
        raise AuditError(
            f"cluster is {cluster!r}, a stratum column, and cases are drawn from every stratum. "
            f"Name it in domains, not in stratify_by, when the frame is built."
        )
    if cluster not in frame.domains:
        raise AuditError(
            f"cluster is {cluster!r}, which is not a domain column of the frame"
            f"{near_names(str(cluster), frame.domains)} Name it in domains when the frame is built."
        )
    for column in (*frame.stratify_by, *frame.domains):
        if column in _OWN_COLUMNS:
            raise AuditError(
                f"Column {column!r} has the name of a column of the plan of clusters; rename it."
            )


def _refuse_clusters_in_two_strata(known: pd.DataFrame, cluster: str) -> None:
    names = known[cluster]
    twice = names[names.duplicated()].unique().tolist()
    if twice:
        raise AuditError(
            f"{len(twice)} clusters have cases in more than one stratum: {first_few(twice)}. A "
            f"cluster lies in one stratum; if names are used again, join them with the stratum's."
        )
