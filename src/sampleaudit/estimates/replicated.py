"""Estimates of a statistic that has no formula: the user's own, under replicate weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import MissingRule, check_level
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.calibrated import Calibrated
from sampleaudit.estimates.display import html_table, text_table
from sampleaudit.estimates.survey_data import survey_data, variable_names
from sampleaudit.findings import Findings
from sampleaudit.formulas.design import Design, Lonely, degrees_of_freedom, stages_of
from sampleaudit.formulas.replicate_bootstrap import bootstrap as bootstrap_weights
from sampleaudit.formulas.replicates import (
    Replicates,
    percentile_limits,
    replicate_covariance,
    t_limits,
)
from sampleaudit.formulas.replicates import jackknife as jackknife_weights
from sampleaudit.measures import Measures
from sampleaudit.sample import check_seed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Statistic = Callable[[pd.DataFrame, Floats], Any]

ReplicateMethod = Literal["jackknife", "bootstrap"]
_BAR_AFTER: Final = 2  # seconds that a run takes before a progress bar shows
_ROUNDING: Final = 1e-12  # of the estimate: a standard error below is a rounding residue
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, repr=False)
class ReplicateEstimates:
    """A user's statistics with standard errors, made by `jackknife` or `bootstrap`.

    ``names`` of the statistics; ``estimate``, ``se``, ``low`` and ``high`` have an entry for each,
    in its own unit; ``df`` degrees of freedom. Shows as a table.
    """

    method: ReplicateMethod
    interval: Literal["t", "percentile"]
    level: float
    names: tuple[str, ...]
    estimate: tuple[float, ...]
    se: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    df: int
    remarks: tuple[tuple[str, ...], ...]
    _values: Floats
    _covariance: Floats

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing, unrounded.

        Columns: ``statistic``, ``estimate``, ``se``, ``low``, ``high``, ``df``, ``level``,
        ``interval``, ``method``, ``replicates``, ``remarks``.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "statistic": self.names,
                "estimate": self.estimate,
                "se": self.se,
                "low": self.low,
                "high": self.high,
                "df": self.df,
                "level": self.level,
                "interval": self.interval,
                "method": self.method,
                "replicates": len(self._values),
                "remarks": ["; ".join(each) for each in self.remarks],
            }
        )

    def covariance(self) -> pd.DataFrame:
        """Return the covariances of the statistics."""
        import pandas as pd

        return pd.DataFrame(self._covariance, index=self.names, columns=self.names)

    def replicates(self) -> pd.DataFrame:
        """Return the statistics under every replicate's weights, a row each."""
        import pandas as pd

        return pd.DataFrame(self._values, columns=self.names)

    def __repr__(self) -> str:
        return text_table(*self._shown())

    def _repr_html_(self) -> str:
        return html_table(*self._shown())

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        head = ["statistic", "estimate", "se", f"{100 * self.level:g}% low", "high", "df"]
        columns = zip(self.names, self.estimate, self.se, self.low, self.high, strict=True)
        body = [[name, *(f"{each:.4g}" for each in row), f"{self.df}"] for name, *row in columns]
        notes = dict.fromkeys(note for each in self.remarks for note in each)
        return head, body, [f"{self.method}, {len(self._values)} replicates", *notes]


def jackknife(
    findings: Findings | Measures,
    statistic: Statistic,
    *,
    weights: Calibrated | None = None,
    level: float | None = None,
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
) -> ReplicateEstimates:
    """Estimate any smooth statistic of weighted cases, leaving out one case or cluster at a time.

    ``statistic(cases, weights)`` returns a number, or a mapping of names to numbers: ``cases`` has
    a row for each reviewed case (id, strata, domains; indicators as 1, 0 and nan for not
    applicable, or measures), ``weights`` the register's cases that each stands for, as an array.
    Right for rates, ratios, means, correlations, regressions; not for medians and other quantiles,
    which need `bootstrap`. As many replicates as cases. Limits on t. With calibrated ``weights``
    every replicate is calibrated anew. ``lonely``: as in `survey_means`.
    """
    reading = _reading(findings, weights, level, lonely, missing)
    replicates = jackknife_weights(reading.design, lonely=lonely)
    return _estimates(reading, statistic, replicates, "jackknife", "t")


def bootstrap(
    findings: Findings | Measures,
    statistic: Statistic,
    *,
    seed: str,
    replicates: int = 1000,
    interval: Literal["t", "percentile"] = "t",
    weights: Calibrated | None = None,
    level: float | None = None,
    lonely: Literal["fail", "certainty"] = "fail",
    missing: MissingRule | None = None,
) -> ReplicateEstimates:
    """Estimate any statistic of weighted cases by resampling them, for a finite population.

    ``statistic`` and ``weights`` are those of `jackknife`; it need not be smooth: medians and
    quantiles are fine. The same ``seed``, a text as in `draw`, gives the same replicates anywhere.
    ``interval``: ``"t"`` from the standard error, or ``"percentile"`` of the replicates, of which
    there should then be 1000 or more. Rao, Wu and Yue (1992); with cases drawn within clusters
    Preston (2009).
    """
    check_seed(seed)
    one_of("interval", interval, ("t", "percentile"))
    one_of("lonely", lonely, ("fail", "certainty"))
    if isinstance(replicates, bool) or not isinstance(replicates, int) or replicates < _FEWEST:
        raise AuditError(f"replicates is {replicates!r}; it must be a whole number, as 1000.")
    reading = _reading(findings, weights, level, lonely, missing)
    number = int.from_bytes(sha256(f"bootstrap|{seed}".encode()).digest())
    sets = bootstrap_weights(reading.design, replicates=replicates, seed=number)
    return _estimates(reading, statistic, sets, "bootstrap", interval)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The cases that were read in full, their design before calibration, and the request."""

    cases: pd.DataFrame
    design: Design
    weights: Calibrated | None
    level: float
    remarks: tuple[str, ...]

    def computed(self, statistic: Statistic, weights: Floats) -> tuple[tuple[str, ...], Floats]:
        """Return the names and values of the statistic; the user's function gets copies.

        nan where calibrated weights cannot meet their totals.
        """
        if self.weights is not None:
            calibrated = self.weights.anew(weights)
            if not calibrated.converged:
                return (), np.full(1, np.nan)
            weights = calibrated.weights
        found = statistic(self.cases.copy(), weights.copy())
        to_dict = getattr(found, "to_dict", None)  # of a pandas Series
        table = to_dict() if callable(to_dict) else found
        named = table if isinstance(table, Mapping) else {"statistic": table}
        try:
            values = np.array([float(each) for each in named.values()])
        except (TypeError, ValueError):
            values = np.zeros(0)
        if not values.size:
            raise AuditError(
                f"The statistic returns {found!r}; it must return a number, or names with a number "
                f"each, as {{'median': 12.5}}."
            )
        return tuple(str(name) for name in named), values


def _reading(
    findings: Findings | Measures,
    weights: Calibrated | None,
    level: float | None,
    lonely: Lonely,
    missing: MissingRule | None,
) -> _Reading:
    """Check the request and return what the statistic is computed from."""
    if level is not None:
        check_level(level)
    data = survey_data(findings, by=None, overall=False, lonely=lonely, missing=missing)
    variables = [data.variable(name) for name in variable_names(findings, None)]
    read = np.logical_and.reduce([each.read for each in variables])
    divided = data.divided(0, read)
    if divided.unread.any():
        raise AuditError(
            f"{int(divided.unread.sum())} strata are unread, so that nothing is known of the whole "
            f"caseload; read at least two cases in each."
        )
    design = divided.domains.design
    sample = findings.sample
    remarks = [remark for variable in variables for remark in variable.remarks]
    if sample.selection != "drawn":
        remarks.insert(0, "drawn elsewhere: declared a random sample")
    if weights is not None:
        weights.design(sample, design, read)  # refuses another sample, and unread cases
        remarks.append(f"weights calibrated by {weights.method}")
    cases = sample.cases[read].reset_index(drop=True)
    for variable in variables:
        cases[variable.name] = variable.of(divided.rows)
    each = sample.analysis.level_of(level)
    return _Reading(cases, design, weights, each, tuple(dict.fromkeys(remarks)))


def _estimates(
    reading: _Reading,
    statistic: Statistic,
    replicates: Replicates,
    method: ReplicateMethod,
    interval: Literal["t", "percentile"],
) -> ReplicateEstimates:
    names, estimate = reading.computed(statistic, reading.design.weights)
    values = np.full((len(replicates), len(names)), np.nan)
    for place, weights in enumerate(_with_bar(replicates, method)):
        found, moved = reading.computed(statistic, weights)
        if found not in (names, ()):
            raise AuditError(
                f"The statistic has the names {', '.join(names)} with the sample's own weights, "
                f"but {', '.join(found)} in a replicate; it must always return the same."
            )
        values[place] = moved
    covariance = replicate_covariance(values, replicates.scales, centre=estimate)
    se = np.sqrt(np.diag(covariance))
    uncertain = _uncertain(reading.design)
    df = degrees_of_freedom(reading.design, uncertain)
    tails = dict.fromkeys(("lower_tail", "upper_tail"), (1 - reading.level) / 2)
    if not uncertain.any():
        low, high = estimate, estimate
    elif interval == "percentile":
        low, high = percentile_limits(values, **tails)
    else:
        low, high = t_limits(estimate, se, df, **tails)
    flat = (se <= _ROUNDING * np.abs(estimate)) & uncertain.any()
    low, high = np.where(flat, np.nan, low), np.where(flat, np.nan, high)
    lost = np.isnan(values).sum(axis=0)
    remarks = [
        _remarks(reading, int(missed), len(values), flat=bool(without), census=not uncertain.any())
        for missed, without in zip(lost, flat, strict=True)
    ]
    return ReplicateEstimates(
        method, interval, reading.level, names, tuple(estimate.tolist()), tuple(se.tolist()),
        tuple(low.tolist()), tuple(high.tolist()), df, tuple(remarks), values, covariance,
    )  # fmt: skip


def _with_bar(replicates: Replicates, method: str) -> Iterable[Floats]:
    """Return the replicates, with a progress bar if they take long."""
    from tqdm import tqdm

    return tqdm(replicates, desc=method, unit=" replicates", delay=_BAR_AFTER, leave=False)


def _uncertain(design: Design) -> NDArray[np.bool_]:
    """Return the cases that are not in a census stratum, or not in a cluster read whole of one."""
    stages = stages_of(design)
    cases = stages.between[design.strata] != 0
    if stages.within is not None:
        cases |= stages.within[design.clusters] != 0
    return np.asarray(cases)


def _remarks(
    reading: _Reading, lost: int, replicates: int, *, flat: bool, census: bool
) -> tuple[str, ...]:
    remarks = [*reading.remarks]
    if lost:
        remarks.append(
            f"{lost} of {replicates} replicates have no value for it, so its standard error is not "
            f"known"
        )
    if flat:
        remarks.append("no replicate differs: that gives no interval, except for a census")
    if census:
        remarks.append("every case read: no sampling uncertainty")
    return tuple(remarks)
