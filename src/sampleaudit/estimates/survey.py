"""Design-based estimates: means, totals and ratios as R's survey package computes them.

The second room beside the audit engine (`sampleaudit.estimates.rates`), for what that engine is not
made for: clusters, weights, measures that are not 0 or 1, and for comparison with other software.
Its intervals are the field's usual ones, which fail where errors are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.calibrated import Calibrated
from sampleaudit.estimates.survey_data import Divided, SurveyData, survey_data, variable_names
from sampleaudit.estimates.survey_table import (
    ROUNDING,
    SurveyEstimates,
    SurveyRow,
    limits_by_t,
)
from sampleaudit.estimates.survey_variables import Variable
from sampleaudit.findings import Findings
from sampleaudit.formulas.design import Lonely
from sampleaudit.formulas.proportions import Proportion, ProportionMethod, proportion_limits
from sampleaudit.formulas.survey import (
    Statistic,
    SurveyEstimate,
    estimate_mean,
    estimate_ratio,
    mean_influence,
    ratio_influence,
)
from sampleaudit.measures import Measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

SurveyInterval = Literal["t", "z"] | ProportionMethod
_BY_T: Final = ("t", "z")
_FOR_RATES: Final = get_args(ProportionMethod)
NO_WIDTH: Final = "the formula gives an interval without width, which only a census has"


def survey_means(
    findings: Findings | Measures,
    variables: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    overall: bool = False,
    interval: SurveyInterval = "t",
    level: float | None = None,
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
    weights: Calibrated | None = None,
) -> SurveyEstimates:
    """Estimate the mean of every measure, or the rate of every indicator, and its standard error.

    One row for each variable (and last for ``any error`` of findings, unless ``variables`` names
    others); with ``by``, stratum or domain columns, one for each domain, and with ``overall=True``
    one for the caseload too. Cases to which a variable does not apply are left out of it.
    ``interval``: ``"t"`` with the domain's degrees of freedom, ``"z"``, or for rates one of R's
    ``svyciprop``: ``"logit"``, ``"likelihood"``, ``"asin"``, ``"korn-graubard"``, ``"mean"``,
    ``"xlogit"``, ``"wilson"``. ``lonely``: what a stratum of one sampled cluster or case counts as
    (``"fail"``: refused). ``weights``: what `calibrate` returns. R's survey: ``svymean``,
    ``svyby``. Raises `AuditError` for what does not
    fit the sample.
    """
    one_of("interval", interval, (*_BY_T, *_FOR_RATES))
    data = survey_data(
        findings, by=by, overall=overall, lonely=lonely, missing=missing, weights=weights
    )
    return _estimates(data, variables, "mean", interval, level)


def survey_totals(
    findings: Findings | Measures,
    variables: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    overall: bool = False,
    interval: Literal["t", "z"] = "t",
    level: float | None = None,
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
    weights: Calibrated | None = None,
) -> SurveyEstimates:
    """Estimate the total of every measure in the register, or the number of erroneous cases.

    The arguments and the table are those of `survey_means`. R's survey: ``svytotal``, ``svyby``.
    """
    one_of("interval", interval, _BY_T)
    data = survey_data(
        findings, by=by, overall=overall, lonely=lonely, missing=missing, weights=weights
    )
    return _estimates(data, variables, "total", interval, level)


def survey_ratios(
    findings: Findings | Measures,
    numerator: str,
    denominator: str,
    *,
    by: str | Sequence[str] | None = None,
    overall: bool = False,
    interval: Literal["t", "z"] = "t",
    level: float | None = None,
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
    weights: Calibrated | None = None,
) -> SurveyEstimates:
    """Estimate the ratio of two totals, as the amount in error to the amount paid.

    A case to which either does not apply is left out. The other arguments and the table are those
    of `survey_means`. R's survey: ``svyratio``, ``svyby``.
    """
    one_of("interval", interval, _BY_T)
    data = survey_data(
        findings, by=by, overall=overall, lonely=lonely, missing=missing, weights=weights
    )
    level = _level(findings, level)
    variable_names(findings, [numerator, denominator])
    above, below = data.variable(numerator), data.variable(denominator)
    both = Variable(
        f"{numerator} / {denominator}",
        above.values + 0 * below.values,
        above.read & below.read,
        tuple(dict.fromkeys((*above.remarks, *below.remarks))),
    )
    rows: list[SurveyRow] = []
    for place in range(len(data.groupings)):
        divided = data.divided(place, both.read)
        y, x = above.of(divided.rows), below.of(divided.rows)
        estimate = estimate_ratio(divided.domains, y, x, lonely=lonely)
        influence = partial(ratio_influence, divided.domains, y, x)
        rows += _rows(data, place, both, divided, estimate, influence, interval, level)
    return SurveyEstimates("ratio", data.by, level, interval, lonely, tuple(rows))


def _estimates(
    data: SurveyData,
    variables: str | Sequence[str] | None,
    statistic: Statistic,
    interval: SurveyInterval,
    level: float | None,
) -> SurveyEstimates:
    level, lonely = _level(data.source, level), data.lonely
    rows: list[SurveyRow] = []
    for name in variable_names(data.source, variables):
        variable = data.variable(name)
        if interval in _FOR_RATES and not variable.is_indicator:
            raise AuditError(
                f"interval is {interval!r}, which is for rates, but {name!r} has values other than "
                f"0 and 1; use interval='t' or 'z'."
            )
        for place in range(len(data.groupings)):
            divided = data.divided(place, variable.read)
            values = variable.of(divided.rows)
            estimate = estimate_mean(divided.domains, values, lonely=lonely, statistic=statistic)
            influence = partial(mean_influence, divided.domains, values, statistic=statistic)
            rows += _rows(data, place, variable, divided, estimate, influence, interval, level)
    return SurveyEstimates(statistic, data.by, level, interval, lonely, tuple(rows))


def _rows(
    data: SurveyData,
    place: int,
    variable: Variable,
    divided: Divided,
    estimate: SurveyEstimate,
    influence: partial[NDArray[np.float64]],
    interval: SurveyInterval,
    level: float,
) -> list[SurveyRow]:
    """Return the rows of one variable in one grouping."""
    domains = divided.domains
    known = divided.unread == 0
    value = np.where(known, estimate.value, np.nan)
    se = np.where(known, estimate.se, np.nan)
    low, high = _limits(estimate, domains.cases, domains.df, interval, level)
    census = _is_census(divided)
    flat = ~(high - low > ROUNDING * np.abs(value))
    low = np.where(census, value, np.where(flat | ~known, np.nan, low))
    high = np.where(census, value, np.where(flat | ~known, np.nan, high))
    without_width = flat & ~census & known & np.isfinite(se)
    cases, deff = domains.cases, np.where(known, estimate.deff, np.nan)
    elsewhere = () if _drawn_here(data) else ("drawn elsewhere: declared a random sample",)
    of_all = (*elsewhere, *variable.remarks)
    columns = [
        column.tolist()
        for column in (
            cases.astype(int), estimate.used, value, se, low, high, deff, domains.df, census,
            divided.unread, without_width,
        )
    ]  # fmt: skip
    labels = data.groupings[place].labels
    return [
        SurveyRow(
            variable=variable.name,
            labels=labels[i],
            reviewed=n,
            applicable=used,
            estimate=point,
            se=error,
            low=least,
            high=most,
            deff=effect,
            df=df,
            census=all_read,
            remarks=(
                *of_all,
                *_remarks(n, used, unread),
                *(["every case read: no sampling uncertainty"] * all_read),
                *([NO_WIDTH] * flat_here),
            ),
            domains=domains,
            place=i,
            influence=influence,
        )
        for i, (
            n,
            used,
            point,
            error,
            least,
            most,
            effect,
            df,
            all_read,
            unread,
            flat_here,
        ) in enumerate(zip(*columns, strict=True))
    ]


def _limits(
    estimate: SurveyEstimate,
    cases: NDArray[np.float64],
    df: NDArray[np.intp],
    interval: SurveyInterval,
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    freedom = df.astype(float)
    if interval == "t" or interval == "z":
        freedom = np.full_like(freedom, np.inf) if interval == "z" else freedom
        return limits_by_t(estimate.value, estimate.se, freedom, level)
    # a standard error that is a rounding residue would make a limit of no width, or none
    se = np.where(estimate.se > ROUNDING * np.abs(estimate.value), estimate.se, 0.0)
    rate = Proportion(estimate.value, se, freedom, cases, estimate.used.astype(float))
    return proportion_limits(interval, rate, level=level)


def _is_census(divided: Divided) -> NDArray[np.bool_]:
    """Return for every domain whether each case in the strata that it has cases in was read."""
    domains, stages = divided.domains, divided.domains.stages
    open_cells = stages.between[domains.cell_stratum] > 0
    unread = np.bincount(domains.cell_domain, open_cells, domains.number)
    if stages.within is not None:
        open_pairs = stages.within[domains.pair_cluster] > 0
        unread = unread + np.bincount(domains.pair_domain, open_pairs, domains.number)
    found = (unread == 0) & (domains.cases > 0) & (divided.unread == 0)
    return np.asarray(found)


def _remarks(cases: int, used: int, unread: int) -> list[str]:
    if unread:
        return [f"{unread} strata unread: no estimate"]
    if not cases:
        return ["no case of the domain was read"]
    if not used:
        return ["it applies to no case that was read"]
    return []


def _drawn_here(data: SurveyData) -> bool:
    return data.source.sample.selection == "drawn"


def _level(source: Findings | Measures, level: float | None) -> float:
    return source.sample.analysis.level_of(level)
