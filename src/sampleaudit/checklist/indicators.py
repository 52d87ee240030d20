"""One indicator of a checklist: what is asked, what counts as the error, and when it applies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from sampleaudit.checklist.answers import (
    CANNOT_TELL,
    KNOWN_ANSWERS,
    NO,
    NOT_APPLICABLE,
    YES,
    Answer,
    Outcome,
    Words,
    spellings,
)
from sampleaudit.checklist.conditions import Condition, DateFrom, DateGiven
from sampleaudit.checklist.deadlines import Deadline
from sampleaudit.errors import AuditError, one_of
from sampleaudit.ids import near_names

Severity = Literal["serious", "minor"]
CannotTell = Literal["missing file", "error", "correct", "not offered"]

SEVERITIES: Final[Mapping[Severity, str]] = MappingProxyType(
    {
        "serious": "an error that alone can harm the citizen or make the decision unlawful",
        "minor": "any other error",
    }
)
CANNOT_TELL_RULES: Final[Mapping[CannotTell, str]] = MappingProxyType(
    {
        "missing file": "counts as a file that cannot be produced, by the rule of the plan",
        "error": "counts as an error: what is not documented was not done",
        "correct": "counts as correct",
        "not offered": "reviewers must decide",
    }
)
RESERVED_KEYS: Final = frozenset(("any error", "serious error", "file", "evidence", "comment"))


@dataclass(frozen=True, slots=True)
class DateField:
    """A date that deadlines are computed from: read off the file, or a ``column`` of the register.

    ``key`` names it in the checklist; ``question`` is what reviewers are asked for.
    """

    key: str
    question: Words
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """A legal basis: its text, when it is valid, and the deadline that it sets, if any.

    ``first`` and ``last`` are the first and last day of decisions that it covers (None: open).
    ``when`` are further conditions. The first law that fits a case is the one that applies to it.
    """

    text: Words
    first: dt.date | None = None
    last: dt.date | None = None
    when: tuple[Condition, ...] = ()
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing to find out about every case.

    ``key`` names it in results; ``question`` is what reviewers answer. ``answers`` are keys and
    their words (None: yes and no), ``error`` the answer or answers that are the error; the others,
    and the lawful ``exceptions``, are correct. ``applies_when``: all conditions must hold, else it
    is not applicable. With ``laws`` it applies where one of them does. With a ``deadline``, its own
    or a law's, the outcome is computed from dates and only exceptions can be chosen.
    Raises `AuditError` for what contradicts itself.
    """

    key: str
    question: Words
    error: str | Sequence[str] = NO
    answers: Mapping[str, Words] | None = None
    exceptions: Mapping[str, Words] = field(default_factory=dict)
    cannot_tell: CannotTell = "missing file"
    may_not_apply: bool = True
    severity: Severity = "minor"
    applies_when: tuple[Condition, ...] = ()
    laws: tuple[Law, ...] = ()
    deadline: Deadline | None = None
    guidance: Words = ""
    evidence: bool = False
    is_fact: bool = False

    def __post_init__(self) -> None:
        check_key(self.key, "An indicator")
        one_of(f"severity of {self.key!r}", self.severity, tuple(SEVERITIES))
        one_of(f"cannot_tell of {self.key!r}", self.cannot_tell, tuple(CANNOT_TELL_RULES))
        for error in () if self.is_computed or self.is_fact else self.errors:
            if error not in self._asked:
                raise AuditError(
                    f"The error of indicator {self.key!r} is {error!r}, which is none of its "
                    f"answers{near_names(error, self._asked)}"
                )
        if not self.is_computed and set(self._asked) <= set(self.errors):
            raise AuditError(
                f"Every answer of indicator {self.key!r} is an error; one must be correct."
            )
        if self.is_computed and not all(law.deadline or self.deadline for law in self.laws):
            raise AuditError(
                f"Indicator {self.key!r} has a deadline under one law and none under another; "
                f"give every law its deadline, or make two indicators."
            )
        _refuse_alike(self)

    @property
    def errors(self) -> tuple[str, ...]:
        """The answers that are errors."""
        if self.is_fact:
            return ()
        return (self.error,) if isinstance(self.error, str) else tuple(self.error)

    @property
    def is_computed(self) -> bool:
        """Whether the outcome comes from dates, and not from an answer."""
        return self.deadline is not None or any(law.deadline for law in self.laws)

    @property
    def options(self) -> tuple[Answer, ...]:
        """The answers that reviewers may choose, in the order of the list, with their outcomes."""
        errors = self.errors
        asked = [] if self.is_computed else [
            Answer(key, words, "error" if key in errors else "correct")
            for key, words in self._asked.items()
        ]  # fmt: skip
        asked += [Answer(key, words, "correct") for key, words in self.exceptions.items()]
        if self.may_not_apply:
            asked.append(_known(NOT_APPLICABLE, NOT_APPLICABLE))
        if not self.is_computed and self.cannot_tell != "not offered":
            asked.append(_known(CANNOT_TELL, self.cannot_tell))
        return tuple(asked)

    @property
    def _asked(self) -> Mapping[str, Words]:
        if self.answers is None:
            return {key: dict(KNOWN_ANSWERS[key]) for key in (YES, NO)}
        return self.answers


def conditions_of(indicator: Indicator) -> tuple[Condition, ...]:
    """Return all conditions that an indicator depends on, its laws' too."""
    return (*indicator.applies_when, *(each for law in indicator.laws for each in law.when))


def deadlines_of(indicator: Indicator) -> tuple[Deadline, ...]:
    """Return the deadlines that may apply to an indicator."""
    own = [law.deadline or indicator.deadline for law in indicator.laws] or [indicator.deadline]
    return tuple(each for each in own if each is not None)


def dates_needed(indicator: Indicator, law_date: str | None) -> tuple[str, ...]:
    """Return the keys of the dates that decide an indicator's outcome, in a steady order."""
    names = [law_date] if law_date and any(law.first or law.last for law in indicator.laws) else []
    conditions = conditions_of(indicator)
    names += [each.date for each in conditions if isinstance(each, DateFrom | DateGiven)]
    for deadline in deadlines_of(indicator):
        names += [deadline.reference, deadline.date]
    return tuple(dict.fromkeys(names))


def check_key(key: object, what: str) -> None:
    """Refuse a key that is not a short text of one line, or that is taken."""
    if not isinstance(key, str) or not key.strip() or key != key.strip() or not key.isprintable():
        raise AuditError(
            f"{what} has the key {key!r}; it must be a short text without line breaks."
        )
    if key.casefold() in RESERVED_KEYS:
        raise AuditError(f"{what} cannot have the key {key!r}, which is taken; choose another.")


def _known(key: str, outcome: Outcome) -> Answer:
    return Answer(key, dict(KNOWN_ANSWERS[key]), outcome)


def _refuse_alike(indicator: Indicator) -> None:
    """Refuse two answers that somebody could write in the same way."""
    taken: dict[str, str] = {}
    for option in indicator.options:
        for spelling in spellings(option.key, option.words):
            if taken.setdefault(spelling, option.key) != option.key:
                raise AuditError(
                    f"Indicator {indicator.key!r} has two answers that are written {spelling!r}: "
                    f"{taken[spelling]!r} and {option.key!r}. Give them different words."
                )
