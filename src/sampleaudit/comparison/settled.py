"""What a comparison was asked, checked, and how its rows are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sampleaudit.analysis import MISSING_RULES, MissingRule
from sampleaudit.comparison.adjusting import adjusted
from sampleaudit.comparison.arms import Arm, Facts, facts_of
from sampleaudit.comparison.limits import results_of
from sampleaudit.comparison.questions import (
    ADJUSTED,
    COMPARISON_METHODS,
    QUESTIONS,
    Adjust,
    ComparisonMethod,
    Question,
)
from sampleaudit.comparison.table import Against, Compared, Comparison
from sampleaudit.comparison.tested import UNKNOWN, Tested
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.counts import Labels
from sampleaudit.estimates.looks import together_over_looks
from sampleaudit.estimates.rates import CHOSEN
from sampleaudit.findings import Findings
from sampleaudit.sample import refuse_clusters

CENSUS: Final = "every case of both sides read: no sampling uncertainty"
_ROUNDING: Final = 1e-12  # a difference this near to 0 is 0
_NOTHING: Final = (False, False, False)  # to remark of an arm


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
        facts = [[facts_of(arm) for arm in arms] for arms in families.values()]
        if self.chosen:
            found = [replace(UNKNOWN, method=self.method, remarks=(CHOSEN,))] * number
        else:
            found = results_of(
                list(families.values()), facts, pairs,
                level=self.level, question=self.question, method=self.method, known=known,
            )  # fmt: skip
        p_values = adjusted([each.p_value for each in found], self.adjust)
        results = zip(found, p_values, strict=True)
        rows: list[Compared] = []
        for indicator, told in zip(families, facts, strict=True):
            rates = [self._rate(each) for each in told]
            said = [self._remarked(each) for each in told]
            for (i, j), names in zip(pairs, labels, strict=True):
                remarks = self._remarks(said[i], said[j], told[i].unread_share)
                sides, both = (told[i], told[j]), (rates[i], rates[j])
                rows.append(self._row(indicator, sides, both, names, remarks, next(results)))
        return Comparison(self.by, self.against, self.question, self.adjust, tuple(rows))

    def _rate(self, arm: Facts) -> float:
        if not self.chosen:
            return arm.rate
        return arm.errors / arm.applicable if arm.applicable else math.nan

    def _row(
        self,
        indicator: str,
        sides: tuple[Facts, Facts],
        rates: tuple[float, float],
        labels: tuple[Labels, Labels],
        remarks: tuple[str, ...],
        result: tuple[Tested, float],
    ) -> Compared:
        (arm, other), (found, p_adjusted) = sides, result
        difference = rates[0] - rates[1]
        if abs(difference) < _ROUNDING:
            difference = 0.0
        return Compared(
            indicator=indicator,
            labels=labels[0],
            labels_other=labels[1],
            errors=arm.errors,
            applicable=arm.applicable,
            population=arm.size,
            errors_other=other.errors,
            applicable_other=other.applicable,
            population_other=other.size,
            rate=rates[0],
            rate_other=rates[1],
            difference=difference,
            difference_low=found.low,
            difference_high=found.high,
            p_value=found.p_value,
            p_adjusted=p_adjusted,
            level=self.level,
            method=found.method,
            guarantee=found.guarantee,
            remarks=remarks + found.remarks + self.remarks,
        )

    def _remarked(self, arm: Facts) -> tuple[bool, bool, bool]:
        """Return what there is to remark of an arm: files missing, cases left out, all read."""
        left_out = arm.missing * (self.missing == "exclude")
        asked = self.question == "register" and not self.chosen
        return (
            bool(arm.missing),
            arm.reviewed - arm.applicable > left_out,
            asked and arm.census and arm.applicable > 0,
        )

    def _remarks(
        self,
        arm: tuple[bool, bool, bool],
        other: tuple[bool, bool, bool],
        unread_share: float,
    ) -> tuple[str, ...]:
        if arm == other == _NOTHING and not unread_share:
            return ()
        remarks = []
        if arm[0] or other[0]:
            remarks.append(MISSING_RULES[self.missing])
        if arm[1] or other[1]:
            remarks.append("the rate is over the cases to which the indicator applies")
        if unread_share:
            remarks.append(
                f"{unread_share:.1%} of the domain is in strata where none of its cases was read"
            )
        if arm[2] and other[2]:
            remarks.append(CENSUS)
        return tuple(remarks)


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
    each = planned.level_of(level)
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
    remarks += together_over_looks(planned.looks, own_level, each)
    return Settled(
        by=by,
        against=against,
        question=question,
        adjust=adjust,
        level=each,
        method=method,
        missing=rule,
        chosen=findings.sample.selection == "chosen",
        remarks=tuple(remarks),
    )


def refuse_one_domain(labels: Sequence[Labels], by: Sequence[str]) -> None:
    """Refuse to compare a domain that is all there is."""
    if not by:
        raise AuditError("by is empty; name the columns that make the domains, as 'district'.")
    if len(labels) < 2:
        only = ", ".join(labels[0]) if labels else "none"
        raise AuditError(
            f"by {', '.join(map(repr, by))} makes one domain only ({only}), and there is nothing "
            f"to compare it with; name a column with at least two values."
        )
