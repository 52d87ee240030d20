"""A checklist as a TOML file: reading it, and refusing what it cannot mean, with the line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Final

from sampleaudit.checklist.answers import KNOWN_ANSWERS, Words
from sampleaudit.checklist.conditions import (
    AnswerIs,
    ColumnIs,
    ColumnIsNot,
    Condition,
    DateFrom,
    DateGiven,
)
from sampleaudit.checklist.deadlines import Deadline, parse_period
from sampleaudit.checklist.indicators import DateField, Indicator, Law
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.schema import Place, checked, headings, placed, texts, words
from sampleaudit.errors import AuditError
from sampleaudit.files import read_bytes
from sampleaudit.ids import near_names

_CONDITIONS: Final = (
    "{ indicator = KEY, answer = ANSWER }, { fact = KEY, answer = ANSWER }, "
    "{ column = NAME, is = [VALUE] }, { column = NAME, is_not = [VALUE] }, "
    "{ date = KEY, from = DAY, until = DAY } and { date = KEY, given = true }"
)


def read_checklist(path: str | Path) -> Checklist:
    """Read a checklist from a TOML file, or one that comes with the library, by its name.

    Those are ``"placement"`` (Danish placement of children, under both laws) and ``"generic"``.
    Raises `AuditError` for what is missing, misspelt, of the wrong kind or contradicts itself, with
    the line and the indicator.
    """
    name = str(path)
    raw = shipped_checklist(name) if name in shipped_checklists() else read_bytes(path)
    return parse_checklist(raw, source=name)


def shipped_checklists() -> tuple[str, ...]:
    """Return the names of the checklists that come with the library."""
    folder = package_files("sampleaudit") / "checklists"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir()))


def shipped_checklist(name: str) -> bytes:
    """Return the TOML of a checklist that comes with the library, to copy and edit."""
    if name not in shipped_checklists():
        raise AuditError(
            f"There is no checklist {name!r} in the library{near_names(name, shipped_checklists())}"
        )
    return (package_files("sampleaudit") / "checklists" / f"{name}.toml").read_bytes()


def parse_checklist(raw: bytes, *, source: str) -> Checklist:
    """Return the checklist in the bytes of a TOML file; ``source`` names it in messages."""
    try:
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuditError(f"{source} is not valid TOML: {error}.") from error
    lines = tuple(text.splitlines())
    _check_parts(content, source)
    dates = [
        _date(table, place)
        for table, place in placed(content.get("date", []), "date", lines, source)
    ]
    facts = [
        _fact(table, place)
        for table, place in placed(content.get("fact", []), "fact", lines, source)
    ]
    indicators = [
        _indicator(table, place)
        for table, place in placed(content["indicator"], "indicator", lines, source)
    ]
    place = Place(source, lines, next(iter(headings(lines, "checklist")), 0), "[checklist]")
    head = checked(content["checklist"], "checklist", place)
    title, note = (words(head.get(key, ""), key, place) for key in ("title", "note"))
    try:
        return Checklist(
            name=head["name"],
            version=head["version"],
            indicators=tuple(indicators),
            dates=tuple(dates),
            facts=tuple(facts),
            title=title,
            note=note,
            law_date=head.get("law_date"),
            as_of=head.get("as_of"),
        )
    except AuditError as mistake:
        raise AuditError(f"{source}: {mistake}") from mistake


def _check_parts(content: Mapping[str, Any], source: str) -> None:
    kinds = {"checklist": dict, "date": list, "fact": list, "indicator": list}
    for part, value in content.items():
        if part not in kinds:
            raise AuditError(
                f"{source} has a part {part!r} that means nothing{near_names(part, kinds)}"
            )
        if not isinstance(value, kinds[part]):
            heading = f"[{part}]" if kinds[part] is dict else f"[[{part}]]"
            raise AuditError(f"{source}: {part} must be a part of its own, headed {heading}.")
    if "checklist" not in content or not content.get("indicator"):
        raise AuditError(
            f"{source} must have a part [checklist] and a part [[indicator]] for each question."
        )


def _date(table: Any, place: Place) -> DateField:
    given = checked(table, "date", place)
    return DateField(given["key"], words(given["question"], "question", place), given.get("column"))


def _fact(table: Any, place: Place) -> Indicator:
    given = checked(table, "fact", place)
    answers = given.get("answers")
    laws = tuple(_law(each, place) for each in given.get("law", []))
    if any(law.deadline for law in laws):
        raise AuditError(f"{place}: a fact has no deadline; make it an [[indicator]].")
    try:
        return Indicator(
            key=given["key"],
            question=words(given["question"], "question", place),
            answers=None if answers is None else _answers(answers, place),
            applies_when=_conditions(given.get("applies_when", []), "applies_when", place),
            laws=laws,
            guidance=words(given.get("guidance", ""), "guidance", place),
            may_not_apply=given.get("may_not_apply", False),
            is_fact=True,
        )
    except AuditError as mistake:
        raise AuditError(f"{place}: {mistake}") from mistake


def _indicator(table: Any, place: Place) -> Indicator:
    given = checked(table, "indicator", place)
    laws = tuple(_law(each, place) for each in given.get("law", []))
    deadline = _deadline(given.get("deadline"), place)
    computed = deadline is not None or any(law.deadline for law in laws)
    for key in ("error", "answers", "cannot_tell") if computed else ():
        if key in given:
            raise AuditError(
                f"{place.at(key)}: {key} has nothing to decide, since the outcome is computed from "
                f"dates; remove it, or the deadline."
            )
    if not computed and "error" not in given:
        raise AuditError(f"{place} lacks 'error'; say which answer is the error, as error = 'no'.")
    answers = given.get("answers")
    exceptions = given.get("exceptions", {})
    parts: dict[str, Any] = {
        "key": given["key"],
        "question": words(given["question"], "question", place),
        "error": texts(given.get("error", "no"), "error", place),
        "answers": None if answers is None else _answers(answers, place),
        "exceptions": {key: words(each, key, place) for key, each in exceptions.items()},
        "severity": given["severity"],
        "applies_when": _conditions(given.get("applies_when", []), "applies_when", place),
        "laws": laws,
        "deadline": deadline,
        "guidance": words(given.get("guidance", ""), "guidance", place),
    }
    parts |= {
        key: given[key] for key in ("cannot_tell", "may_not_apply", "evidence") if key in given
    }
    try:
        return Indicator(**parts)
    except AuditError as mistake:
        raise AuditError(f"{place}: {mistake}") from mistake


def _answers(answers: Any, place: Place) -> dict[str, Words]:
    if isinstance(answers, dict):
        return {key: words(each, key, place) for key, each in answers.items()}
    keys = texts(answers, "answers", place)
    for text in keys:
        if text not in KNOWN_ANSWERS:
            raise AuditError(
                f"{place.at('answers')}: the answer {text!r} needs its words: write answers as a "
                f"table, as answers = {{ {text} = {{ en = '...', da = '...' }} }}. Known without "
                f"are {', '.join(map(repr, KNOWN_ANSWERS))}."
            )
    return {text: dict(KNOWN_ANSWERS[text]) for text in keys}


def _law(table: Any, place: Place) -> Law:
    given = checked(table, "law", place)
    return Law(
        text=words(given["text"], "text", place),
        first=given.get("from"),
        last=given.get("until"),
        when=_conditions(given.get("when", []), "when", place),
        deadline=_deadline(given.get("deadline"), place),
    )


def _deadline(table: Any, place: Place) -> Deadline | None:
    if table is None:
        return None
    given = checked(table, "deadline", place)
    try:
        within = parse_period(given["within"]) if "within" in given else None
        return Deadline(given["date"], within, given.get("after"), given.get("before"))
    except AuditError as mistake:
        raise AuditError(f"{place.at('deadline')}: {mistake}") from mistake


def _conditions(value: Any, key: str, place: Place) -> tuple[Condition, ...]:
    tables = value if isinstance(value, list) else [value]
    return tuple(_condition(table, place.at(key)) for table in tables)


def _condition(table: Any, place: Place) -> Condition:
    given = checked(table, "condition", place)
    kind = frozenset(given)
    if kind == {"indicator", "answer"}:
        return AnswerIs(given["indicator"], texts(given["answer"], "answer", place))
    if kind == {"fact", "answer"}:
        return AnswerIs(given["fact"], texts(given["answer"], "answer", place))
    if kind == {"column", "is"}:
        return ColumnIs(given["column"], texts(given["is"], "is", place))
    if kind == {"column", "is_not"}:
        return ColumnIsNot(given["column"], texts(given["is_not"], "is_not", place))
    if kind == {"date", "given"}:
        return DateGiven(given["date"], given["given"])
    if {"date"} < kind <= {"date", "from", "until"}:
        return DateFrom(given["date"], given.get("from"), given.get("until"))
    raise AuditError(
        f"{place}: a condition cannot consist of {', '.join(sorted(kind)) or 'nothing'}; write one "
        f"of {_CONDITIONS}. Several in a list must all hold."
    )
