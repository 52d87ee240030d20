"""Where two reviews of a case differ: in the file, a date or an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sampleaudit.checklist.answers import FILE_STATES, NO_DATE, NONE, FileState, say
from sampleaudit.checklist.conditions import DateEntry
from sampleaudit.checklist.judging import Judge, Review, judge_by
from sampleaudit.checklist.model import Checklist
from sampleaudit.findings import Findings
from sampleaudit.review.agreement import DoubleReading, doubly_read, reviews_of
from sampleaudit.review.texts import texts
from sampleaudit.wording import Language

ItemKind = Literal["file", "date", "answer"]
Value = DateEntry | str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that two reviewers of a case entered differently; None is a blank."""

    case_id: str
    kind: ItemKind
    key: str
    first: Value
    second: Value

    @property
    def one_sided(self) -> Value:
        """What the one reviewer entered who entered anything; None if both did."""
        if self.first is not None and self.second is not None:
            return None
        return self.second if self.first is None else self.first


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case that two people read with different results, and all that they entered differently."""

    pair: DoubleReading
    items: tuple[Item, ...]


def disagreements(findings: Findings) -> tuple[Disagreement, ...]:
    """Return the cases that two reviewers finished with different outcomes or days late."""
    checklist = reviews_of(findings).checklist
    judge = judge_by(checklist)
    return tuple(
        Disagreement(pair, tuple(_items(checklist, pair)))
        for pair in doubly_read(findings)
        if _finished(judge, pair) and _results(judge, pair.first) != _results(judge, pair.second)
    )


def state_of(review: Review) -> FileState | None:
    """Return the state of the file; a review with answers is of a file that was read."""
    return review.state or ("read" if review.begun else None)


def question_of(item: Item, checklist: Checklist, language: Language) -> str:
    """Return the question that an item answers, in words."""
    if item.kind == "file":
        return texts(language)["file"]
    if item.kind == "date":
        return next(say(e.question, language) for e in checklist.dates if e.key == item.key)
    asked = next(each for each in checklist.asked if each.key == item.key)
    question = say(asked.question, language)
    return texts(language)["exception"].format(question=question) if asked.is_computed else question


def words_of(item: Item, value: Value, checklist: Checklist, language: Language) -> str:
    """Return an entry in words; a blank is ""."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%d-%m-%Y")
    if item.kind == "date":
        return say(dict(NO_DATE), language) if value == NONE else str(value)
    return offered(item, checklist, language).get(str(value), str(value))


def offered(item: Item, checklist: Checklist, language: Language) -> Mapping[str, str]:
    """Return the answers that may be agreed on, key -> words; none for a date."""
    if item.kind == "file":
        return {state: say(dict(words), language) for state, words in FILE_STATES.items()}
    if item.kind == "date":
        return {}
    asked = next(each for each in checklist.asked if each.key == item.key)
    return {option.key: say(option.words, language) for option in asked.options}


def _finished(judge: Judge, pair: DoubleReading) -> bool:
    return all(
        verdict.outcome != "not reviewed"
        for review in (pair.first, pair.second)
        for verdict in judge.verdicts(review).values()
    )


def _results(judge: Judge, review: Review) -> list[tuple[str, str, str]]:
    verdicts = judge.verdicts(review)
    return [  # nan is not nan, but its text is
        (key, verdicts[key].outcome, str(verdicts[key].days_late)) for key in judge.checklist.keys
    ]


def _items(checklist: Checklist, pair: DoubleReading) -> list[Item]:
    one, other = pair.first, pair.second
    entries: list[tuple[ItemKind, str, Value, Value]] = [
        ("file", "", state_of(one), state_of(other))
    ]
    entries += [
        ("date", date.key, one.dates.get(date.key), other.dates.get(date.key))
        for date in checklist.dates
    ]
    entries += [
        ("answer", asked.key, one.answers.get(asked.key), other.answers.get(asked.key))
        for asked in checklist.asked
    ]
    return [
        Item(pair.case_id, kind, key, first, second)
        for kind, key, first, second in entries
        if first != second
    ]
