"""What the rates could be if readers err as often as the double review lets one fear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sampleaudit.analysis import check_level
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable, Shown, html_table, text_table
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.findings import Findings, findings_from
from sampleaudit.formulas.agreement import binomial_limits, true_rate, worst_rates
from sampleaudit.review.agreement import double_readings, reviews_of

if TYPE_CHECKING:
    import pandas as pd

    from sampleaudit.estimates.table import Estimate

_PARTS: Final = 3  # the rate as read, sensitivity and specificity: each takes a third of 1 - level


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """One indicator: rates are shares of 1, ``sensitivity`` and ``specificity`` too, with limits.

    ``errors_seen`` counts the cases agreed to be errors, and those of them that the review that
    counted had called errors; ``correct_seen`` likewise. ``corrected`` is Rogan and Gladen's.
    """

    indicator: str
    rate: float
    errors_seen: tuple[int, int]
    correct_seen: tuple[int, int]
    sensitivity: tuple[float, float]
    specificity: tuple[float, float]
    corrected: float
    low: float
    high: float
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ReviewSensitivity(Readable):
    """How far reviewers' errors may move the rates, made by `review_sensitivity`."""

    level: float
    rows: tuple[SensitivityRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing; nothing is rounded, rates are shares of 1.

        Columns: ``indicator``, ``rate`` (as read), ``errors_agreed``, ``errors_found`` (of those,
        by the review that counted), ``correct_agreed``, ``correct_found``, ``sensitivity_low``,
        ``sensitivity_high``, ``specificity_low``, ``specificity_high``, ``rate_corrected``,
        ``rate_low``, ``rate_high`` (the worst cases), ``level``, ``remarks``.
        """
        import pandas as pd

        columns = ["indicator", "rate", "errors_agreed", "errors_found", "correct_agreed",
                   "correct_found", "sensitivity_low", "sensitivity_high", "specificity_low",
                   "specificity_high", "rate_corrected", "rate_low", "rate_high", "level",
                   "remarks"]  # fmt: skip
        rows = [
            (
                row.indicator, row.rate, *row.errors_seen, *row.correct_seen, *row.sensitivity,
                *row.specificity, row.corrected, row.low, row.high, self.level,
                "; ".join(row.remarks),
            )
            for row in self.rows
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _shown(self) -> Shown:
        head = ["indicator", "as read", "errors found", "correct found", "corrected",
                f"{100 * self.level:g}%, readers' errors included"]  # fmt: skip
        notes = list(dict.fromkeys(remark for row in self.rows for remark in row.remarks))
        body = [
            [
                row.indicator + "".join(f" [{notes.index(each) + 1}]" for each in row.remarks),
                _percent(row.rate), f"{row.errors_seen[1]} of {row.errors_seen[0]}",
                f"{row.correct_seen[1]} of {row.correct_seen[0]}", _percent(row.corrected),
                f"{_percent(row.low)} to {_percent(row.high)}",
            ]
            for row in self.rows
        ]  # fmt: skip
        return head, body, notes

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return text_table(*self._shown())

    def _repr_html_(self) -> str:
        return html_table(*self._shown())


def review_sensitivity(
    findings: Findings,
    indicators: str | Sequence[str] | None = None,
    *,
    level: float | None = None,
) -> ReviewSensitivity:
    """Say how far the rates could move if single readings err as in the cases read twice.

    What two reviewers agreed on in the end is taken for the truth. Of the cases agreed to be errors
    (correct), the share that the review that counted called so is its sensitivity (specificity),
    with Clopper-Pearson limits; a missing file counts as the plan says. ``rate_corrected`` is Rogan
    and Gladen's rate, cut off at 0 and 1; ``rate_low`` and ``rate_high`` are the worst cases over
    all rates, sensitivities and specificities within their limits, each made at
    1 - (1 - level) / 3, so that together they hold. They assume that reviewers err alike in all
    strata, and cannot see errors that both made. ``level`` is the plan's unless given. Raises
    `AuditError` while cases are not agreed on.
    """
    level = findings.sample.analysis.level if level is None else level
    check_level(level)
    table = double_readings(findings)
    _refuse_unsettled(table, findings)
    each_level = 1 - (1 - level) / _PARTS
    estimates = estimate_rates(as_first_read(findings), indicators, level=each_level, side="both")
    rule = findings.sample.analysis.missing
    for column in () if rule == "exclude" else ("first", "reconciled"):
        table[column] = table[column].replace("missing file", rule)
    rows = [
        _row(estimate, table[table["indicator"] == estimate.indicator], each_level)
        for estimate in estimates.rows
    ]
    return ReviewSensitivity(level, tuple(rows))


def as_first_read(findings: Findings) -> Findings:
    """Return the findings before anything was reconciled."""
    reviews = replace(reviews_of(findings), reconciled=())
    return findings_from(findings.sample, reviews.checklist, reviews.counting(), reviews)


def _refuse_unsettled(table: pd.DataFrame, findings: Findings) -> None:
    unsettled = table[(table["first"] != table["second"]) & table["reconciled"].isna()]
    cases = unsettled[findings.sample.case_id].unique()
    if len(cases):
        raise AuditError(
            f"{len(cases)} cases were judged differently by their two reviewers and are not agreed "
            f"on. Write them out with write_reconciliation, and read them with read_reconciliation."
        )


def _row(estimate: Estimate, pairs: pd.DataFrame, level: float) -> SensitivityRow:
    agreed = pairs["reconciled"].where(pairs["reconciled"].notna(), pairs["first"])
    counts = {}
    for outcome in ("error", "correct"):
        true = agreed == outcome
        counts[outcome] = int(true.sum()), int((true & (pairs["first"] == outcome)).sum())
    boxes = {
        outcome: binomial_limits(found, size, level=level)
        for outcome, (size, found) in counts.items()
    }
    low, high = worst_rates(
        estimate.limits.rate_low, estimate.limits.rate_high, boxes["error"], boxes["correct"]
    )
    corrected, remarks = math.nan, []
    if all(size for size, _ in counts.values()):
        shares = [found / size for size, found in counts.values()]
        corrected = true_rate(estimate.rate, *shares)
        corrected = min(max(corrected, 0.0), 1.0) if corrected == corrected else corrected
    if math.isnan(corrected):
        remarks.append("too few cases read twice to correct the rate")
    if (low, high) == (0.0, 1.0):
        remarks.append("so few cases were read twice that the rate may be anything")
    moved = agreed.isin(("error", "correct")) & ~pairs["first"].isin(("error", "correct"))
    if moved.any():
        remarks.append(
            "in some cases the first reader saw no duty where both agreed on one; these count as "
            "not found"
        )
    return SensitivityRow(
        estimate.indicator, estimate.rate, counts["error"], counts["correct"], boxes["error"],
        boxes["correct"], corrected, low, high, tuple(remarks),
    )  # fmt: skip


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f}%"
