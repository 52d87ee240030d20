"""What the sample in hand could have shown: the smallest difference that it would have detected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import MissingRule, as_columns
from sampleaudit.comparison.arms import Arm, arms_of, indicator_names, rest_of
from sampleaudit.comparison.limits import sides_of
from sampleaudit.comparison.questions import Question
from sampleaudit.comparison.settled import refuse_one_domain, settle
from sampleaudit.errors import AuditError
from sampleaudit.estimates.counts import Labels, domains
from sampleaudit.estimates.display import Shown, Translated, with_marks
from sampleaudit.findings import Findings
from sampleaudit.formulas.detectable import detectable_differences
from sampleaudit.formulas.sides import CountSide, CurveSide, Side, rows_of
from sampleaudit.wording import Language, number, remark_text
from sampleaudit.wording.cells import level_text, name_cell, share_cell
from sampleaudit.wording.texts import picture_texts, texts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

NOT_READ: Final = "cases that count are missing on one side, or strata unread"


@dataclass(frozen=True, slots=True)
class Detectable:
    """One row: how far a domain's rate had to be from the rest's for the test to find it.

    Rates and differences are shares of 1. ``more`` and ``less`` are the smallest differences up and
    down, nan where even a rate of 1, or 0, would not have been found often enough.
    """

    indicator: str
    labels: Labels
    applicable: int
    applicable_rest: int
    rate_rest: float
    more: float
    less: float
    computed: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class DetectableDifferences(Translated):
    """The smallest differences that a sample could have shown: `detectable_difference`."""

    by: tuple[str, ...]
    power: float
    alpha: float
    question: Question
    rows: tuple[Detectable, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: nothing rounded, rates as shares of 1.

        Columns: ``indicator``, the ``by`` columns, ``applicable``, ``applicable_rest``,
        ``rate_rest``, ``detectable_more``, ``detectable_less``, ``power``, ``alpha`` (of each
        test), ``question``, ``computed`` ("exact" or "normal"), ``remarks``.
        """
        import pandas as pd

        columns = [
            "indicator", *self.by, "applicable", "applicable_rest", "rate_rest", "detectable_more",
            "detectable_less", "power", "alpha", "question", "computed", "remarks",
        ]  # fmt: skip
        return pd.DataFrame([self._record(row) for row in self.rows], columns=columns)

    def __len__(self) -> int:
        return len(self.rows)

    def _record(self, row: Detectable) -> tuple[Any, ...]:
        return (
            row.indicator, *row.labels, row.applicable, row.applicable_rest, row.rate_rest,
            row.more, row.less, self.power, self.alpha, self.question, row.computed,
            "; ".join(row.remarks),
        )  # fmt: skip

    def _shown(self, language: Language = "en") -> Shown:
        text = picture_texts(language)
        head = [
            text["table indicator"], *self.by, text["table read"], text["table rate of the rest"],
            text["table if higher"], text["table if lower"],
        ]  # fmt: skip
        notes: list[str] = []

        def from_on(rate: float) -> str:
            return text["table never"] if math.isnan(rate) else share_cell(rate, language)

        body = [
            [
                with_marks(name_cell(row.indicator, language), row.remarks, notes), *row.labels,
                number(row.applicable, language), share_cell(row.rate_rest, language),
                from_on(row.rate_rest + row.more), from_on(row.rate_rest - row.less),
            ]
            for row in self.rows
        ]  # fmt: skip
        asked = text["table power"].format(
            power=level_text(self.power, language),
            alpha=f"{self.alpha:.3g}".replace(".", texts(language)["decimal"]),
        )
        said = [remark_text(note, language) for note in notes]
        return head, body, [*said, asked, text[f"table question {self.question}"]]


def detectable_difference(
    findings: Findings,
    by: str | Sequence[str],
    *,
    power: float = 0.8,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    adjust: Literal["bonferroni"] | None = "bonferroni",
    level: float | None = None,
    missing: MissingRule | None = None,
) -> DetectableDifferences:
    """Return the smallest difference from the rest that each domain's sample could have shown.

    With the rest as it was found, the domain's rate from which on `compare_with_rest` finds the
    difference with probability ``power``. ``adjust="bonferroni"``: at the error that Holm's method
    grants the first of all rows, (1 - level) / rows; None: at 1 - level. Where a domain is one
    count the power is the exact sum over its outcomes; else it is the normal approximation with
    the variances of the test. A difference smaller than this one was not looked for in vain: the
    sample was never going to show it. Raises `AuditError` as `compare_with_rest`.
    """
    if isinstance(power, bool) or not isinstance(power, int | float) or not 0 < power < 1:
        raise AuditError(f"power is {power!r}; it must be a probability between 0 and 1, as 0.8.")
    if adjust not in (None, "bonferroni"):
        raise AuditError(f"adjust is {adjust!r}; it must be 'bonferroni', or None.")
    columns = as_columns(by, name="by")
    settled = settle(
        findings, columns, "the rest", question=question, adjust=adjust, level=level,
        method="profile", missing=missing, what="detectable_difference",
    )  # fmt: skip
    if settled.chosen:
        raise AuditError(
            "The cases were chosen, not drawn: no test of them detects a difference with a "
            "probability that can be worked out."
        )
    groups = domains(findings.sample, columns)
    refuse_one_domain(groups.labels, columns)
    names = indicator_names(indicators, of=findings)
    alpha = 1 - settled.level
    if adjust == "bonferroni":
        alpha /= len(names) * len(groups.labels)
    rows: list[Detectable] = []
    for name in names:
        *arms, everything = arms_of(findings, name, groups, missing=settled.missing)
        rests = [rest_of(arm, everything) for arm in arms]
        found = _found(arms, rests, power=power, alpha=alpha, question=question)
        rows += [
            Detectable(
                indicator=name,
                labels=label,
                applicable=int(arm.applicable.sum()),
                applicable_rest=int(rest.applicable.sum()),
                rate_rest=rest.rate,
                more=more,
                less=less,
                computed=computed,
                remarks=((NOT_READ,) if not computed else ()) + settled.remarks,
            )
            for label, arm, rest, (more, less, computed) in zip(
                groups.labels, arms, rests, found, strict=True
            )
        ]
    return DetectableDifferences(columns, float(power), alpha, question, tuple(rows))


def _found(
    arms: Sequence[Arm], rests: Sequence[Arm], *, power: float, alpha: float, question: Question
) -> list[tuple[float, float, str]]:
    """Return the differences up and down of each domain, and how they were worked out."""
    result = [(math.nan, math.nan, "")] * len(arms)
    sides, others = _Kinds.of(arms, question), _Kinds.of(rests, question)
    able = np.array([
        bool(arm.applicable.sum() and rest.applicable.sum() and not arm.unread + rest.unread)
        for arm, rest in zip(arms, rests, strict=True)
    ])  # fmt: skip
    for one_count in (True, False):
        for rest_is_count in (True, False):
            rows = np.flatnonzero(
                able & (sides.is_count == one_count) & (others.is_count == rest_is_count)
            )
            if not len(rows):
                continue
            more, less = detectable_differences(
                sides.side(rows), others.side(rows), power=power, alpha=alpha
            )
            computed = "exact" if one_count else "normal"
            for row, up, down in zip(rows.tolist(), more.tolist(), less.tolist(), strict=True):
                result[row] = (up, down, computed)
    return result


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The arms of one indicator as sides, and which of them are one count."""

    counts: CountSide
    curves: CurveSide
    is_count: NDArray[np.bool_]

    @classmethod
    def of(cls, arms: Sequence[Arm], question: Question) -> _Kinds:
        return cls(*sides_of(arms, question))

    def side(self, rows: NDArray[np.intp]) -> Side:
        """Return some arms, all of the same kind."""
        is_count = bool(self.is_count[rows[0]])
        place = np.cumsum(self.is_count == is_count) - 1
        return rows_of(self.counts if is_count else self.curves, place[rows])
