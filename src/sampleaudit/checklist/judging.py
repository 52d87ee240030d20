"""From what a reviewer entered about a case to the outcome of every indicator."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sampleaudit.checklist.answers import CANNOT_TELL, NOT_APPLICABLE, FileState, Outcome, Words
from sampleaudit.checklist.conditions import (
    Condition,
    DateEntry,
    DateFrom,
    Facts,
    Truth,
    all_hold,
)
from sampleaudit.checklist.deadlines import Deadline
from sampleaudit.checklist.indicators import Indicator
from sampleaudit.checklist.model import Checklist

_NOT_REVIEWED: Final = ("not reviewed", math.nan)
_NOT_APPLICABLE: Final = ("not applicable", math.nan)
_UNKNOWN: Final = ("missing file", math.nan)
"""What cannot be told from the file is a part of it that cannot be produced."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one reviewer entered about one case; what was left blank is not in it.

    ``state`` is of the file as a whole. ``answers`` are keys of answers by indicator, ``dates`` by
    key. ``columns`` and ``fixed_dates`` come from the register. ``evidence`` says where in the file
    it stands, by indicator and ``""`` for the case. ``comment`` is for the reviewers alone.
    """

    case_id: str
    reviewer: str
    state: FileState | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, DateEntry] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed_dates: Mapping[str, DateEntry] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""

    @property
    def all_dates(self) -> dict[str, DateEntry]:
        """The dates from the register and those entered."""
        return {**self.fixed_dates, **self.dates}

    @property
    def begun(self) -> bool:
        """Whether anything was entered that an outcome can come from."""
        return bool(self.state or self.answers or self.dates)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one indicator in one case.

    ``days_late`` counts calendar days after the last day in time: 0 if in time, nan where there is
    no such day or nothing was done. ``law`` is the legal basis that applied, if the checklist has
    several.
    """

    outcome: Outcome
    days_late: float = math.nan
    law: Words | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """A checklist made ready to judge many cases; made by `judge_by`."""

    checklist: Checklist
    outcomes: Mapping[str, Mapping[str, Outcome]]  # by indicator and answer

    def verdicts(self, review: Review) -> dict[str, Verdict]:
        """Return the verdict on every fact and indicator, in the order of the checklist.

        A case that nobody has begun is not reviewed in any indicator, even where the register alone
        would tell that one does not apply.
        """
        if review.state in ("missing file", "out of population"):
            return dict.fromkeys(self.outcomes, Verdict(review.state))
        if not review.begun:
            return dict.fromkeys(self.outcomes, Verdict("not reviewed"))
        return self._in_turn(review.answers, review.columns, review.all_dates)

    def not_applicable(
        self, columns: Mapping[str, str], dates: Mapping[str, DateEntry]
    ) -> frozenset[str]:
        """Return the facts and indicators that do not apply, as the register alone tells."""
        verdicts = self._in_turn({}, columns, dates)
        return frozenset(key for key, each in verdicts.items() if each.outcome == "not applicable")

    def _in_turn(
        self,
        given: Mapping[str, str],
        columns: Mapping[str, str],
        dates: Mapping[str, DateEntry],
    ) -> dict[str, Verdict]:
        so_far: dict[str, str | None] = {}
        facts = Facts(so_far, columns, dates)
        verdicts: dict[str, Verdict] = {}
        for indicator in self.checklist.asked:
            key = indicator.key
            verdicts[key], so_far[key] = self._one(indicator, given.get(key), facts)
        return verdicts

    def _one(
        self, indicator: Indicator, answer: str | None, facts: Facts
    ) -> tuple[Verdict, str | None]:
        """Return the verdict, and the answer that conditions further down depend on."""
        applies = all_hold(indicator.applies_when, facts)
        deadline, law = indicator.deadline, None
        if applies == "yes" and indicator.laws:
            applies, place = _law(indicator, self.checklist.law_date, facts)
            if applies == "yes":
                law = indicator.laws[place].text
                deadline = indicator.laws[place].deadline or indicator.deadline
        if applies == "no":
            return Verdict("not applicable"), answer or NOT_APPLICABLE
        if applies == "open":
            return Verdict("not reviewed"), None
        if applies == "unknown" and answer is None:  # an answer shows that the question applied
            return Verdict("missing file"), CANNOT_TELL
        if answer is not None:
            outcome = self.outcomes[indicator.key].get(answer, "not reviewed")
            return Verdict(outcome, math.nan, law), answer
        if deadline is None:
            return Verdict("not reviewed", math.nan, law), None
        found, late = _by_dates(deadline, facts.dates, self.checklist.as_of)
        return Verdict(found, late, law), None


def judge_by(checklist: Checklist) -> Judge:
    """Return what judges cases by a checklist."""
    outcomes = {
        indicator.key: {option.key: option.outcome for option in indicator.options}
        for indicator in checklist.asked
    }
    return Judge(checklist, outcomes)


def misplaced(review: Review, verdicts: Mapping[str, Verdict]) -> list[str]:
    """Return the indicators that were answered although they do not apply to the case.

    With a file that is missing or does not belong, that is every answer given and every date.
    """
    if review.state in ("missing file", "out of population"):
        return [*review.answers, *review.dates]
    return [
        key
        for key, answer in review.answers.items()
        if verdicts[key].outcome == "not applicable" and answer != NOT_APPLICABLE
    ]


def _law(indicator: Indicator, law_date: str | None, facts: Facts) -> tuple[Truth, int]:
    """Return whether a law applies, and the place of the first one that does."""
    for place, law in enumerate(indicator.laws):
        conditions: tuple[Condition, ...] = law.when
        if law_date is not None and (law.first or law.last):
            conditions = (DateFrom(law_date, law.first, law.last), *law.when)
        found = all_hold(conditions, facts)
        if found != "no":
            return found, place
    return "no", -1


def _by_dates(
    deadline: Deadline, dates: Mapping[str, DateEntry], as_of: dt.date | None
) -> tuple[Outcome, float]:
    """Return the outcome that the dates give, and the days late."""
    done, reference = dates.get(deadline.date), dates.get(deadline.reference)
    if done is None or reference is None:
        return _NOT_REVIEWED
    if reference == "none":
        return _UNKNOWN
    last = deadline.last_day(reference)
    if done == "none":
        if as_of is not None and last is not None and as_of <= last:
            return _NOT_APPLICABLE
        return "error", math.nan
    if last is None:
        return ("error" if done < reference else "correct"), math.nan
    late = max(0, (done - last).days)
    return ("error" if late else "correct"), float(late)
