"""How many errors a case has: the mean number, and the share of cases with a serious one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.errors import AuditError, first_few
from sampleaudit.estimates.display import html_table, text_table
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.estimates.survey import survey_means
from sampleaudit.estimates.survey_table import SurveyEstimates
from sampleaudit.estimates.table import Estimates
from sampleaudit.findings import Findings, any_error
from sampleaudit.formulas.design import Lonely
from sampleaudit.measures import record_measures

if TYPE_CHECKING:
    import pandas as pd

ERRORS: Final = "errors per case"
SERIOUS: Final = "serious error"
_MISSING: Final[Mapping[MissingRule, float]] = {
    "error": 1.0,
    "correct": 0.0,
    "exclude": 0.0,
}


@dataclass(frozen=True, slots=True, repr=False)
class ErrorsPerCase:
    """Made by `count_errors`: ``mean`` errors per case, and the rate of ``serious`` ones.

    ``mean`` is in errors, with a t interval; ``serious`` is a share of 1, with the audit engine's
    interval, or None if no indicator is serious.
    """

    mean: SurveyEstimates
    serious: Estimates | None
    counts: tuple[float, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a row per quantity and domain: ``estimate``, ``low``, ``high``, ``method``...

        Columns: ``quantity``, the ``by`` columns, ``reviewed``, ``estimate``, ``low``, ``high``,
        ``se``, ``level``, ``method``, ``guarantee``, ``remarks``. Nothing is rounded.
        """
        import pandas as pd

        columns = ["quantity", *self.mean.by, "reviewed", "estimate", "low", "high", "se", "level",
                   "method", "guarantee", "remarks"]  # fmt: skip
        rows: list[tuple[object, ...]] = [
            (
                ERRORS, *row.labels, row.reviewed, row.estimate, row.low, row.high, row.se,
                self.mean.level, self.mean.interval, "none", "; ".join(row.remarks),
            )
            for row in self.mean.rows
        ]  # fmt: skip
        for each in self.serious.rows if self.serious else ():
            limits = each.limits
            rows.append(
                (
                    SERIOUS, *each.labels, each.reviewed, each.rate, limits.rate_low,
                    limits.rate_high, each.se, each.level, limits.method, limits.guarantee,
                    "; ".join(each.remarks),
                )
            )  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        head, body = self._shown()
        return text_table(head, body, left=1 + len(self.mean.by))

    def _repr_html_(self) -> str:
        head, body = self._shown()
        return html_table(head, body, left=1 + len(self.mean.by))

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        table = self.to_frame()
        body = []
        for row in table.to_dict("records"):
            share = row["quantity"] == SERIOUS
            shown = [_number(row[name], share=share) for name in ("estimate", "low", "high")]
            labels = [str(row[name]) for name in ("quantity", *self.mean.by)]
            body.append([*labels, str(row["reviewed"]), *shown, f"{100 * row['level']:g}%"])
        return ["", *self.mean.by, "reviewed", "estimate", "low", "high", "level"], body


def count_errors(
    findings: Findings,
    *,
    serious: Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    overall: bool = False,
    level: float | None = None,
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
) -> ErrorsPerCase:
    """Estimate the mean number of errors per case, and the share of cases with a serious one.

    Both are of the whole caseload, or with ``by`` of its domains. Every indicator that is an error
    counts once; one that does not apply counts nothing; a file or an answer that is missing counts
    as the plan's rule for missing files says (``"exclude"`` leaves a case with a missing part out
    of the mean). ``serious`` names the serious indicators; without it the checklist's severities
    tell. The mean is a survey estimate (`survey_means`, t interval), the share comes from
    `estimate_rates`. Raises `AuditError` for cases not read in full.
    """
    _refuse_unread(findings)
    rule = missing or findings.sample.analysis.missing
    counts = _counts(findings, rule)
    table = findings.sample.cases[[findings.sample.case_id]].assign(**{ERRORS: counts})
    measures = record_measures(findings.sample, table, blank="not applicable")
    mean = survey_means(measures, by=by, overall=overall, level=level, lonely=lonely)
    names = _serious(findings, serious)
    share = None
    if names:
        outcomes = findings.outcome_table()[names]
        worst = outcomes.iloc[:, :0].assign(**{SERIOUS: any_error(outcomes)})
        share = estimate_rates(
            Findings(findings.sample, (SERIOUS,), worst), SERIOUS,
            by=by, overall=overall, level=level, missing=missing,
        )  # fmt: skip
    return ErrorsPerCase(mean, share, tuple(counts.tolist()))


def _refuse_unread(findings: Findings) -> None:
    unread = findings.open
    if len(unread):
        cases = unread[findings.sample.case_id].drop_duplicates()
        raise AuditError(
            f"{len(cases)} cases are not read in full: {first_few(cases)}. The number of errors in "
            f"a case is known when all its questions are answered."
        )


def _counts(findings: Findings, rule: MissingRule) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the errors of every case; nan where the case does not count."""
    values = findings.outcome_table().to_numpy(dtype=object)
    gone = values == "missing file"
    counts = (values == "error").sum(axis=1) + gone.sum(axis=1) * _MISSING[rule]
    out = (values == "out of population").any(axis=1)
    out |= gone.any(axis=1) & (rule == "exclude")
    return np.where(out, np.nan, counts.astype(float))


def _serious(findings: Findings, names: Sequence[str] | None) -> list[str]:
    if isinstance(names, str):
        raise AuditError(f"serious is the text {names!r}; give a list, as [{names!r}].")
    if names is not None:
        for name in names:
            findings.outcomes(name)  # refuses an unknown indicator
        return list(names)
    if findings.checklist is None:
        raise AuditError(
            "The findings have no checklist that tells which errors are serious; name them, as "
            "serious=['assessment missing']."
        )
    return [each.key for each in findings.checklist.indicators if each.severity == "serious"]


def _number(value: float, *, share: bool) -> str:
    if value != value:
        return "-"
    return f"{100 * value:.1f}%" if share else f"{value:.2f}"
