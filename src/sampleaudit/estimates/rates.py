"""The audit engine: the error rate of every indicator, for the whole caseload and for domains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from sampleaudit.analysis import (
    MISSING_RULES,
    Analysis,
    Method,
    MissingRule,
    Side,
    as_columns,
)
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.cells import Cells, missing_as_errors
from sampleaudit.estimates.counts import (
    Groups,
    IndicatorCounts,
    count_outcomes,
    domains,
    refuse_chosen_reading_order,
    stratum_of_cases,
    whole_caseload,
)
from sampleaudit.estimates.interval import check_options
from sampleaudit.estimates.limits import Limits
from sampleaudit.estimates.looks import look_remarks
from sampleaudit.estimates.table import ALL, Estimate, Estimates
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.sample import refuse_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWN: Final = Limits(math.nan, math.nan, math.nan, math.nan, "", "none")
Adjustment = Literal["none", "bonferroni"]
ADJUSTMENTS: Final[Mapping[Adjustment, str]] = MappingProxyType(
    {
        "none": "every interval holds on its own",
        "bonferroni": "all intervals of a level hold together",
    }
)
READ_ON: Final = "not as planned: extended after the draw"
CHOSEN: Final = "the cases were chosen, not drawn: they say nothing of the others"


def estimate_rates(
    findings: Findings,
    indicators: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    overall: bool = False,
    level: float | Sequence[float] | None = None,
    side: Side | None = None,
    method: Method | None = None,
    missing: MissingRule | None = None,
    adjust: Adjustment = "none",
) -> Estimates:
    """Estimate the error rate and the number of erroneous cases in the whole caseload.

    One row for each indicator, and last for ``any error`` (left out if ``indicators`` does not name
    it); with ``by``, a stratum or domain column or several, one for each domain, and with
    ``overall=True`` one for the caseload too. Several levels give a row each. What is not given is
    as the plan bound it, and overriding it is remarked. `Estimates.to_frame` has the columns.
    With ``adjust="bonferroni"`` all intervals of one level hold together with that probability:
    each is made at 1 - (1 - level) / (number of rows).

    Raises `AuditError` for unread cases (unless those read are the first in ticket order), for
    unknown indicators and columns, and for a method that does not fit.
    """
    sample = findings.sample
    refuse_clusters(sample, "estimate_rates")
    analysis, remarks = _settle(findings, level, side, method, missing)
    columns = () if by is None else as_columns(by, name="by")
    if columns and sample.analysis.by and not set(columns) <= set(sample.analysis.by):
        remarks = (*remarks, f"not as planned: by {', '.join(columns)}")
    names = _indicator_names(findings, indicators)
    one_of("adjust", adjust, tuple(ADJUSTMENTS))
    strata = stratum_of_cases(sample)
    sizes = sample.strata["population"].to_numpy()
    groups = [domains(sample, columns)] if columns else [whole_caseload(sample)]
    if columns and overall:
        everything = whole_caseload(sample)
        groups.insert(0, replace(everything, labels=((ALL,) * len(columns),)))
    together = len(names) * sum(len(group.labels) for group in groups)
    divisor = together if adjust == "bonferroni" else 1
    rows: list[Estimate] = []
    for name in names:
        outcomes = (
            any_error(findings.outcome_table()) if name == ANY_ERROR else findings.outcomes(name)
        )
        refuse_chosen_reading_order(findings, name, outcomes, strata)
        for group in groups:
            counts = count_outcomes(outcomes, strata, len(sizes), group)
            engine = _Engine(findings, sizes, group, counts, analysis, remarks, divisor)
            rows += [
                row
                for place in range(len(group.labels))
                for row in engine.estimates(name, place, _levels(level, analysis))
            ]
    return Estimates(columns, tuple(rows))


@dataclass(frozen=True, slots=True)
class _Engine:
    """The estimates of one indicator in a set of groups."""

    findings: Findings
    sizes: NDArray[np.int64]
    groups: Groups
    counts: IndicatorCounts
    analysis: Analysis
    remarks: tuple[str, ...]
    divisor: int  # of 1 - level, by the number of intervals that shall hold together

    def estimates(self, name: str, place: int, levels: Sequence[float]) -> list[Estimate]:
        """Return the rows of one group, one for each level."""
        cells = self._cells(place)
        point = linear_rate(
            cells.errors, cells.applicable, cells.read, cells.population, domain=cells.reviewed
        )
        rows = []
        for level in levels:
            each = 1 - (1 - self.analysis.level_of(level)) / self.divisor
            limits, low, high = self._limits(cells, each)
            rate, total = float(point.rate), float(point.total)
            if cells.size_known and not cells.whole_strata:
                total = rate * cells.size
            if self.findings.sample.selection == "chosen":
                found = cells.errors.sum(), cells.applicable.sum()
                rate, total = (found[0] / found[1] if found[1] else math.nan), math.nan
            random = self.findings.sample.selection != "chosen"
            rows.append(
                Estimate(
                    indicator=name,
                    labels=self.groups.labels[place],
                    population=cells.size,
                    reviewed=int(cells.reviewed.sum()),
                    applicable=int(cells.applicable.sum()),
                    errors=int(cells.errors.sum()),
                    missing=int(cells.missing.sum()),
                    rate=rate,
                    total=total,
                    limits=limits,
                    missing_low=low,
                    missing_high=high,
                    se=float(point.se) if random else math.nan,
                    deff=float(point.deff) if random else math.nan,
                    df=int(point.df),
                    level=level,
                    side=self.analysis.side,
                    missing_rule=self.analysis.missing,
                    census=cells.census,
                    extrapolates=random,
                    remarks=(
                        *self._remarks(cells, point.se),
                        *limits.remarks,
                        *self.remarks,
                        *self._together(level, each),
                        *look_remarks(
                            self.analysis.looks, int(self.counts.read.sum()), level, each
                        ),
                    ),
                    together=self.divisor,
                )
            )
        return rows

    def _cells(self, place: int) -> Cells:
        """Return the counts of one group in the strata that it can have cases in."""
        counts, sizes = self.counts, self.sizes
        inside = np.ones(len(sizes), dtype=bool)
        own = None
        if self.groups.population is not None:
            own = self.groups.population[place]
            inside = own > 0
            own = own[inside]
        missing = counts.missing[place][inside]
        errors, correct = counts.errors[place][inside], counts.correct[place][inside]
        return Cells(
            population=sizes[inside],
            domain_population=own,
            read=counts.read[inside],
            reviewed=counts.reviewed[place][inside],
            found=errors,
            correct=correct,
            missing=missing,
            errors=errors + missing * (self.analysis.missing == "error"),
            applicable=errors + correct + missing * (self.analysis.missing != "exclude"),
        )

    def _limits(self, cells: Cells, level: float) -> tuple[Limits, float, float]:
        """Return the limits, and those with every missing file correct, and an error."""
        if self.findings.sample.selection == "chosen":
            chosen = replace(_UNKNOWN, method=self.analysis.method, remarks=(CHOSEN,))
            return chosen, math.nan, math.nan
        limits = cells.limits(cells.errors, cells.applicable, level, self.analysis)
        if not cells.missing.any():
            return limits, limits.rate_low, limits.rate_high
        applicable = cells.found + cells.correct + cells.missing
        tried = [
            cells.limits(cells.found + wrong, applicable, level, self.analysis)
            for wrong in missing_as_errors(
                cells.missing, every_step=not cells.counts_all(applicable)
            )
        ]
        lows, highs = [each.rate_low for each in tried], [each.rate_high for each in tried]
        return limits, min(lows), max(highs)

    def _together(self, level: float, each: float) -> tuple[str, ...]:
        if self.divisor == 1 or self.findings.sample.selection == "chosen":
            return ()
        return (
            f"all {self.divisor} intervals hold together with {100 * level:.4g}% (Bonferroni: "
            f"each is made at {100 * each:.5g}%)",
        )

    def _remarks(self, cells: Cells, se: object) -> list[str]:
        remarks = []
        if self.findings.sample.selection == "random":
            remarks.append("drawn elsewhere: declared a random sample")
        if self.counts.unread:
            remarks.append(
                f"{self.counts.unread} cases not read yet; the first in ticket order were"
            )
        if cells.missing.any():
            remarks.append(MISSING_RULES[self.analysis.missing])
        apart = cells.reviewed - cells.applicable
        if (apart - cells.missing * (self.analysis.missing == "exclude")).any():
            remarks.append("the rate is over the cases to which the indicator applies")
        unread = int((cells.read == 0).sum())
        if unread:
            remarks.append(f"{unread} strata unread: no estimate, but limits that hold")
        elif (
            math.isnan(float(np.asarray(se))) and ((cells.read == 1) & (cells.population > 1)).any()
        ):
            remarks.append("se and deff need two cases in every stratum that is not a census")
        if not cells.applicable.sum():
            remarks.append("no case that counts was read")
        return remarks


def _settle(
    findings: Findings,
    level: float | Sequence[float] | None,
    side: Side | None,
    method: Method | None,
    missing: MissingRule | None,
) -> tuple[Analysis, tuple[str, ...]]:
    """Return the analysis to do, and a remark where it is not what the plan bound."""
    planned = findings.sample.analysis
    levels = _levels(level, planned)
    for value in levels:
        check_options(value, side or planned.side, method or planned.method)
    if missing is not None:
        one_of("missing", missing, tuple(MISSING_RULES))
    analysis = replace(
        planned,
        level=levels[0],
        side=side or planned.side,
        method=method or planned.method,
        missing=missing or planned.missing,
    )
    if findings.sample.selection != "drawn":
        return analysis, ()
    changed = [
        f"{name} {given!r} (plan: {bound!r})"
        for name, given, bound in (
            ("level", levels[0] if len(levels) == 1 else tuple(levels), planned.level),
            ("side", analysis.side, planned.side),
            ("method", analysis.method, planned.method),
            ("missing", analysis.missing, planned.missing),
        )
        if given != bound
    ]
    unplanned = [
        step for step in findings.sample.manifest.get("extends", ()) if not step["planned"]
    ]
    remarks = [f"not as planned: {change}" for change in changed]
    return analysis, (*remarks, *([READ_ON] if unplanned else []))


def _levels(level: float | Sequence[float] | None, analysis: Analysis) -> list[float]:
    if level is None:
        return [analysis.level]
    levels = [level] if isinstance(level, int | float | str) else list(level)
    if not levels:
        raise AuditError("level is empty; give a confidence level such as 0.95.")
    return levels


def _indicator_names(findings: Findings, indicators: str | Sequence[str] | None) -> list[str]:
    if indicators is None:
        return [*findings.indicators, ANY_ERROR]
    names = [indicators] if isinstance(indicators, str) else list(indicators)
    for name in names:
        if name != ANY_ERROR:
            findings.outcomes(name)  # refuses an unknown indicator
    if not names:
        raise AuditError("indicators is empty; name at least one, or leave it out for all.")
    return names
