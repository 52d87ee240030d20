"""A checklist as a value: its indicators, the dates it asks for, and the law that applies when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from sampleaudit.checklist.answers import Words
from sampleaudit.checklist.conditions import AnswerIs, ColumnIs, ColumnIsNot, DateFrom, DateGiven
from sampleaudit.checklist.indicators import (
    DateField,
    Indicator,
    check_key,
    conditions_of,
    deadlines_of,
)
from sampleaudit.errors import AuditError
from sampleaudit.files import canonical_json
from sampleaudit.ids import near_names


@dataclass(frozen=True, slots=True, repr=False)
class Checklist:
    """What reviewers are asked about every case, made by `read_checklist` or in Python.

    ``facts`` are asked before the indicators, and depend on none. ``law_date`` is the key of the
    date that decides which law applies. ``as_of`` is the day up to which files are judged: what was
    not done, and need not be done by then, is not applicable. Raises `AuditError` for keys used
    twice and for conditions and deadlines that name nothing.
    """

    name: str
    version: str
    indicators: tuple[Indicator, ...]
    dates: tuple[DateField, ...] = ()
    facts: tuple[Indicator, ...] = ()
    title: Words = ""
    note: Words = ""
    law_date: str | None = None
    as_of: dt.date | None = None

    def __post_init__(self) -> None:
        for name in ("name", "version"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise AuditError(f"The checklist's {name} is {value!r}; it must be a short text.")
        if not self.indicators:
            raise AuditError("The checklist has no indicators; it needs at least one.")
        for date in self.dates:
            check_key(date.key, "A date")
        asked = self.asked
        _refuse_twice([each.key for each in self.dates] + [each.key for each in asked])
        _refuse_unknown_date(self.law_date, self, "law_date")
        for place, indicator in enumerate(asked):
            _check_references(indicator, asked[:place], self)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the indicators, in order."""
        return tuple(indicator.key for indicator in self.indicators)

    @property
    def asked(self) -> tuple[Indicator, ...]:
        """The facts and then the indicators: everything that has an answer."""
        return (*self.facts, *self.indicators)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the register that conditions and dates depend on."""
        names = [date.column for date in self.dates if date.column is not None]
        conditions = [each for indicator in self.asked for each in conditions_of(indicator)]
        names += [each.column for each in conditions if isinstance(each, ColumnIs | ColumnIsNot)]
        return tuple(dict.fromkeys(names))

    @property
    def digest(self) -> str:
        """SHA-256 of the content (not of the file), 64 hexadecimal digits."""
        return sha256(canonical_json(_plain(asdict(self)))).hexdigest()

    def indicator(self, key: str) -> Indicator:
        """Return the indicator with a key. Raises `AuditError` if there is none."""
        for indicator in self.indicators:
            if indicator.key == key:
                return indicator
        raise AuditError(f"There is no indicator {key!r}{near_names(key, self.keys)}")

    def __repr__(self) -> str:
        return (
            f"Checklist {self.name!r}, version {self.version}: {len(self.indicators)} indicators, "
            f"SHA-256 {self.digest[:16]}..."
        )


def _refuse_twice(keys: list[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key.casefold() in seen:
            raise AuditError(
                f"The key {key!r} is used twice in the checklist; indicators and dates need "
                f"different keys."
            )
        seen.add(key.casefold())


def _refuse_unknown_date(key: str | None, checklist: Checklist, where: str) -> None:
    known = [date.key for date in checklist.dates]
    if key is not None and key not in known:
        raise AuditError(f"{where} names a date {key!r} that is not there{near_names(key, known)}")


def _check_references(
    indicator: Indicator, earlier: Sequence[Indicator], checklist: Checklist
) -> None:
    """Refuse conditions and deadlines of an indicator that name what is not there."""
    where = f"Indicator {indicator.key!r}"
    for deadline in deadlines_of(indicator):
        for key in (deadline.date, deadline.reference):
            _refuse_unknown_date(key, checklist, where)
    for law in indicator.laws:
        if (law.first or law.last) and checklist.law_date is None:
            raise AuditError(
                f"{where} has a law with from or until, but the checklist does not say which date "
                f"decides; add law_date, the key of that date, to [checklist]."
            )
        if law.first and law.last and law.last < law.first:
            raise AuditError(f"{where} has a law valid until {law.last}, before it began.")
    for condition in conditions_of(indicator):
        if isinstance(condition, DateFrom | DateGiven):
            _refuse_unknown_date(condition.date, checklist, where)
        if isinstance(condition, AnswerIs):
            _check_answer_is(condition, earlier, where)


def _check_answer_is(condition: AnswerIs, earlier: Sequence[Indicator], where: str) -> None:
    known = {each.key: each for each in earlier}
    if condition.indicator not in known:
        raise AuditError(
            f"{where} depends on {condition.indicator!r}, which is not an indicator above it"
            f"{near_names(condition.indicator, known)}"
        )
    other = known[condition.indicator]
    if other.is_computed:
        raise AuditError(
            f"{where} depends on the answer to {other.key!r}, which is computed from dates; make "
            f"it depend on a date, as {{ date = 'plan made', given = true }}."
        )
    keys = [option.key for option in other.options]
    for answer in condition.answers:
        if answer not in keys:
            raise AuditError(
                f"{where} depends on the answer {answer!r} to {other.key!r}, which is not one of "
                f"its answers{near_names(answer, keys)}"
            )


def _plain(value: Any) -> Any:
    """Return dataclass fields as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value
