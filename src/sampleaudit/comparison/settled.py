"""What a comparison was asked, checked, and how its rows are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sampleaudit.analysis import MISSING_RULES, MissingRule, check_level
from sampleaudit.comparison.adjusting import adjusted
from sampleaudit.comparison.arms import Arm
from sampleaudit.comparison.limits import UNKNOWN, Tested, results_of
from sampleaudit.comparison.questions import (
    ADJUSTED,
    COMPARISON_METHODS,
    QUESTIONS,
    Adjust,
    ComparisonMethod,
    Question,
)
from sampleaudit.comparison.table import Against, Compared, Comparison
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.counts import Labels
from sampleaudit.estimates.rates import CHOSEN
from sampleaudit.findings import Findings
from sampleaudit.sample import refuse_clusters

CENSUS: Final = "every case of both sides read: no sampling uncertainty"
_ROUNDING: Final = 1e-12  # a difference this near to 0 is 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The options of a comparison: ``by`` may be empty, for whole caseloads."""

    by: tuple[str, ...]
    against: Against
    question: Question
    adjust: Adjust | None
    level: float
    method: ComparisonMethod
    missing: MissingRule
    chosen: bool
    remarks: tuple[str, ...]

    def comparison(
        self,
        families: Mapping[str, Sequence[Arm]],
        pairs: Sequence[tuple[int, int]],
        labels: Sequence[tuple[Labels, Labels]],
        *,
        known: Sequence[Tested | None] = (),
    ) -> Comparison:
        """Return a row for each pair of each indicator's arms, p-values adjusted for all rows.

        ``known`` results, in the order of the rows, are taken as they are.
        """
        number = len(families) * len(pairs)
        if self.chosen:
            found = [replace(UNKNOWN, method=self.method, remarks=(CHOSEN,))] * number
        else:
            found = results_of(
                list(families.values()), pairs,
                level=self.level, question=self.question, method=self.method, known=known,
            )  # fmt: skip
        p_values = adjusted([each.p_value for each in found], self.adjust)
        rows: list[Compared] = []
        for indicator, arms in families.items():
            rates = [self._rate(arm) for arm in arms]
            for (i, j), names in zip(pairs, labels, strict=True):
                place = len(rows)
                row = self._row(
                    indicator, (arms[i], arms[j]), (rates[i], rates[j]), names, found[place]
                )
                rows.append(replace(row, p_adjusted=p_values[place]))
        return Comparison(self.by, self.against, self.question, self.adjust, tuple(rows))

    def _rate(self, arm: Arm) -> float:
        if not self.chosen:
            return arm.rate
        count = arm.applicable.sum()
        return float(arm.errors.sum() / count) if count else math.nan

    def _row(
        self,
        indicator: str,
        arms: tuple[Arm, Arm],
        rates: tuple[float, float],
        labels: tuple[Labels, Labels],
        found: Tested,
    ) -> Compared:
        arm, other = arms
        difference = rates[0] - rates[1]
        if abs(difference) < _ROUNDING:
            difference = 0.0
        return Compared(
            indicator=indicator,
            labels=labels[0],
            labels_other=labels[1],
            errors=int(arm.errors.sum()),
            applicable=int(arm.applicable.sum()),
            population=arm.size,
            errors_other=int(other.errors.sum()),
            applicable_other=int(other.applicable.sum()),
            population_other=other.size,
            rate=rates[0],
            rate_other=rates[1],
            difference=difference,
            difference_low=found.low,
            difference_high=found.high,
            p_value=found.p_value,
            p_adjusted=found.p_value,
            level=self.level,
            method=found.method,
            guarantee=found.guarantee,
            remarks=(*self._remarks(arm, other), *found.remarks, *self.remarks),
        )

    def _remarks(self, arm: Arm, other: Arm) -> list[str]:
        remarks = []
        if arm.missing or other.missing:
            remarks.append(MISSING_RULES[self.missing])
        apart = [each.reviewed - each.applicable for each in (arm, other)]
        left_out = [each.missing * (self.missing == "exclude") for each in (arm, other)]
        if any(gap.sum() > lost for gap, lost in zip(apart, left_out, strict=True)):
            remarks.append("the rate is over the cases to which the indicator applies")
        share = arm.unread_share
        if share:
            remarks.append(
                f"{share:.1%} of the domain is in strata where none of its cases was read"
            )
        if (
            self.question == "register"
            and not self.chosen
            and arm.census
            and other.census
            and arm.applicable.sum()
            and other.applicable.sum()
        ):
            remarks.append(CENSUS)
        return remarks


def settle(
    findings: Findings,
    by: tuple[str, ...],
    against: Against,
    *,
    question: Question,
    adjust: Adjust | None,
    level: float | None,
    method: ComparisonMethod,
    missing: MissingRule | None,
    what: str,
) -> Settled:
    """Return the options, checked; what is not given is as the plan bound it."""
    refuse_clusters(findings.sample, what)
    one_of("question", question, tuple(QUESTIONS))
    one_of("method", method, tuple(COMPARISON_METHODS))
    if adjust is not None:
        one_of("adjust", adjust, tuple(ADJUSTED))
    if missing is not None:
        one_of("missing", missing, tuple(MISSING_RULES))
    planned = findings.sample.analysis
    own_level = planned.level if level is None else level
    check_level(own_level)
    rule = missing or planned.missing
    remarks: list[str] = []
    if findings.sample.selection == "random":
        remarks.append("drawn elsewhere: declared a random sample")
    if findings.sample.selection == "drawn":
        if own_level != planned.level:
            remarks.append(f"not as planned: level {own_level!r} (plan: {planned.level!r})")
        if rule != planned.missing:
            remarks.append(f"not as planned: missing {rule!r} (plan: {planned.missing!r})")
        if by and planned.by and not set(by) <= set(planned.by):
            remarks.append(f"not as planned: by {', '.join(by)}")
    return Settled(
        by=by,
        against=against,
        question=question,
        adjust=adjust,
        level=own_level,
        method=method,
        missing=rule,
        chosen=findings.sample.selection == "chosen",
        remarks=tuple(remarks),
    )


def refuse_one_domain(labels: Sequence[Labels], by: Sequence[str]) -> None:
    """Refuse to compare a domain that is all there is."""
    if len(labels) < 2:
        only = ", ".join(labels[0]) if labels else "none"
        raise AuditError(
            f"by {', '.join(map(repr, by))} makes one domain only ({only}), and there is nothing "
            f"to compare it with; name a column with at least two values."
        )
