"""What a design-based estimate rests on: the design, the domains, and the value of every case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import MISSING_RULES, MissingRule, as_columns
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.estimates.calibrated import Calibrated
from sampleaudit.estimates.survey_variables import Variable, indicator_variable
from sampleaudit.estimates.table import ALL
from sampleaudit.findings import ANY_ERROR, Findings
from sampleaudit.formulas.design import Design, Lonely, lonely_strata, single_clusters
from sampleaudit.formulas.domains import Domains, divide
from sampleaudit.measures import Measures
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LONELY: Final[dict[Lonely, str]] = {
    "fail": "a stratum of which one cluster or case was drawn is refused",
    "adjust": "it adds the square of its distance from the mean of all",
    "average": "it adds the mean of the other strata",
    "certainty": "it adds nothing, as if it had been certain to be drawn",
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Domains to be shown together: their labels, and the domain of each case of the sample.

    ``may_be_in`` tells for every domain and stratum whether the domain can have cases there.
    """

    labels: tuple[tuple[str, ...], ...]
    member: NDArray[np.intp]
    may_be_in: Bools


@dataclass(frozen=True, slots=True)
class Divided:
    """A grouping of the cases that were read, and which of its domains cannot be estimated."""

    domains: Domains
    rows: NDArray[np.intp]
    unread: NDArray[np.intp]  # for every domain, strata that it may be in and nobody read


@dataclass(frozen=True, slots=True)
class SurveyData:
    """Findings or measures, and the domains asked for; designs are made once and kept."""

    source: Findings | Measures
    by: tuple[str, ...]
    groupings: tuple[Grouping, ...]
    lonely: Lonely
    missing: MissingRule
    outcomes: pd.DataFrame | None = field(repr=False)
    weights: Calibrated | None = field(default=None, repr=False)
    _kept: dict[tuple[bytes, int], Divided] = field(default_factory=dict, repr=False)
    _designs: dict[bytes, tuple[Design, NDArray[np.intp]]] = field(default_factory=dict, repr=False)

    def variable(self, name: str) -> Variable:
        """Return an indicator as 0 and 1 or a measure, by name."""
        if isinstance(self.source, Measures):
            return Variable(name, self.source.values(name), np.ones(self.size, dtype=np.bool_))
        return indicator_variable(self.source, self.outcomes, name, self.missing)

    @property
    def size(self) -> int:
        """Cases of the sample."""
        return self.source.sample.size

    def divided(self, place: int, read: Bools) -> Divided:
        """Return the domains of one grouping among the cases that were read."""
        who = b"" if read.all() else read.tobytes()
        if (who, place) not in self._kept:
            if who not in self._designs:
                self._designs[who] = self._design(read)
            self._kept[who, place] = _divided(
                self.source.sample, self.groupings[place], read, *self._designs[who]
            )
        return self._kept[who, place]

    def _design(self, read: Bools) -> tuple[Design, NDArray[np.intp]]:
        sample = self.source.sample
        design, present = design_of(sample, read)
        if self.weights is not None:
            design = self.weights.design(sample, design, read)
        _refuse_lonely(sample, design, present, self.lonely)
        return design, present


def survey_data(
    source: Findings | Measures,
    *,
    by: str | Sequence[str] | None,
    overall: bool,
    lonely: Lonely,
    missing: MissingRule | None,
    weights: Calibrated | None = None,
) -> SurveyData:
    """Check the request and return what the estimates rest on."""
    if not isinstance(source, Findings | Measures):
        raise AuditError(
            f"findings is {type(source).__name__}; give what record_findings or record_measures "
            f"returns."
        )
    if not isinstance(weights, Calibrated | None):
        raise AuditError(
            f"weights is {type(weights).__name__}; give what calibrate returns. Weights of a "
            f"sample drawn elsewhere are declared with it: declare_sample(..., weights=...)."
        )
    sample = source.sample
    if sample.selection == "chosen":
        raise AuditError(
            "The cases were chosen, not drawn: they say nothing of the others, and have no "
            "standard error. estimate_rates gives their counts."
        )
    one_of("lonely", lonely, tuple(LONELY))
    if missing is not None:
        one_of("missing", missing, tuple(MISSING_RULES))
    columns = () if by is None else as_columns(by, name="by")
    groupings = [_grouping(sample, columns)]
    if columns and overall:
        whole = _grouping(sample, ())
        groupings.insert(0, Grouping(((ALL,) * len(columns),), whole.member, whole.may_be_in))
    return SurveyData(
        source=source,
        by=columns,
        groupings=tuple(groupings),
        lonely=lonely,
        missing=missing or sample.analysis.missing,
        outcomes=source.outcome_table() if isinstance(source, Findings) else None,
        weights=weights,
    )


def variable_names(
    source: Findings | Measures, wanted: str | Sequence[str] | None, *, any_error_too: bool = True
) -> list[str]:
    """Return the names asked for, or all; unknown ones are refused."""
    known = source.names if isinstance(source, Measures) else source.indicators
    if wanted is None:
        extra = (ANY_ERROR,) if any_error_too and isinstance(source, Findings) else ()
        return [*known, *extra]
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if not names:
        raise AuditError("variables is empty; name at least one, or leave it out for all.")
    for name in names:
        if name in known:
            continue
        if isinstance(source, Measures):
            source.values(name)  # refuses it
        elif name != ANY_ERROR:
            source.outcomes(name)
    return names


def design_of(sample: Sample, read: Bools) -> tuple[Design, NDArray[np.intp]]:
    """Return the design of the cases that were read, and the strata that it has.

    The strata are rows of ``sample.strata``; those without a case that was read are left out, and
    the others numbered anew.
    """
    columns = list(sample.stratify_by)
    stratum = _places(sample.cases[columns], sample.strata[columns])[read]
    present = np.unique(stratum)
    strata = np.searchsorted(present, stratum)
    drawing = sample.drawing
    if drawing is None:
        cases = sample.strata["population"].to_numpy(dtype=float)[present]
        weights = (cases / np.bincount(strata))[strata]
        return Design(weights, strata, np.arange(strata.size), cases), present
    population = drawing.cluster_population[present]
    labels = np.arange(read.size) if drawing.clusters is None else drawing.clusters
    names, clusters = np.unique(labels[read], return_inverse=True)
    sizes = None if drawing.cluster_sizes is None else drawing.cluster_sizes[names]
    if drawing.weights is not None:
        weights = drawing.weights[read]
    else:
        of_cluster = np.zeros(names.size, dtype=np.intp)
        of_cluster[clusters] = strata
        weights = (population / np.bincount(of_cluster))[strata]
        if sizes is not None:
            weights = weights * (sizes / np.bincount(clusters))[clusters]
    return Design(weights, strata, clusters, population, sizes), present


def _divided(
    sample: Sample, grouping: Grouping, read: Bools, design: Design, present: NDArray[np.intp]
) -> Divided:
    absent = np.ones(len(sample.strata), dtype=np.bool_)
    absent[present] = False
    population = sample.strata["population"].to_numpy(dtype=float)
    absent &= population != 0  # an empty stratum has nothing to read
    domains = divide(design, grouping.member[read], len(grouping.labels))
    unread = (grouping.may_be_in & absent).sum(axis=1)
    return Divided(domains, np.flatnonzero(read), unread)


def _refuse_lonely(
    sample: Sample, design: Design, present: NDArray[np.intp], lonely: Lonely
) -> None:
    if lonely != "fail":
        return
    alone = lonely_strata(design)
    if alone.size:
        table = sample.strata.iloc[present[alone]]
        columns = list(sample.stratify_by)
        names = [" / ".join(map(str, row)) for row in table[columns].itertuples(index=False)]
        unit = "case" if sample.drawing is None or sample.drawing.clusters is None else "cluster"
        raise AuditError(
            f"{alone.size} strata have one {unit} of several in the sample, so that their spread "
            f"is not known: {first_few(names)}. Read another {unit} there, join the stratum with "
            f"one like it, or choose what it counts as: lonely='adjust', 'average' or 'certainty'."
        )
    single = single_clusters(design)
    if single.size:
        cases = [np.flatnonzero(design.clusters == place)[0] for place in single[:6]]
        ids = sample.cases[sample.case_id].iloc[cases].tolist()
        raise AuditError(
            f"{single.size} clusters have one case of several in the sample, so that their spread "
            f"is not known: those of cases {first_few(ids)}. Read another case there, or choose "
            f"what they count as: lonely='adjust', 'average' or 'certainty'."
        )


def _grouping(sample: Sample, by: tuple[str, ...]) -> Grouping:
    """Return the domains that the ``by`` columns make; one of all cases if there are none."""
    known = (*sample.stratify_by, *sample.domains)
    for column in by:
        if column not in known:
            raise AuditError(
                f"by names {column!r}, which is not a stratum or domain column of the sample "
                f"({', '.join(known) or 'it has none'}); domains are named when the frame is built "
                f"or the sample declared."
            )
    strata = sample.strata
    if not by:
        member = np.zeros(sample.size, dtype=np.intp)
        return Grouping(((),), member, np.ones((1, len(strata)), dtype=np.bool_))
    columns = list(by)
    own = sample.cases[columns]
    table: pd.DataFrame | None = None
    if set(by) <= set(sample.stratify_by):
        table = strata.assign(population=1)
    elif sample.population is not None:
        table = sample.population
    told = own if table is None else table[columns]
    labels = told.drop_duplicates().sort_values(columns)
    may_be_in = np.ones((len(labels), len(strata)), dtype=np.bool_)
    if table is not None:
        may_be_in[:] = False
        with_cases = table[table["population"] > 0]
        may_be_in[
            _places(with_cases[columns], labels),
            _places(with_cases[list(sample.stratify_by)], strata[list(sample.stratify_by)]),
        ] = True
    names = tuple(labels.astype(str).itertuples(index=False, name=None))
    return Grouping(names, _places(own, labels), may_be_in)


def _places(rows: pd.DataFrame, among: pd.DataFrame) -> NDArray[np.intp]:
    """Return for each row its place among the distinct rows of a table with the same columns."""
    import pandas as pd

    if not len(among.columns):
        return np.zeros(len(rows), dtype=np.intp)
    if len(among.columns) == 1:
        known: pd.Index[Any] = pd.Index(among.iloc[:, 0])
        return np.asarray(known.get_indexer(pd.Index(rows.iloc[:, 0])), dtype=np.intp)
    known = pd.MultiIndex.from_frame(among)
    return np.asarray(known.get_indexer(pd.MultiIndex.from_frame(rows)), dtype=np.intp)
