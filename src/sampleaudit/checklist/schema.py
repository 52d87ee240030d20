"""What the parts of a checklist file may hold, and where in the file something stands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sampleaudit.checklist.answers import Words
from sampleaudit.errors import AuditError
from sampleaudit.ids import near_names
from sampleaudit.wording import LANGUAGES

_HEADING: Final = re.compile(r"^\s*\[\[?\s*([\w.]+)\s*\]\]?")
_KIND_NAMES: Final[Mapping[type, str]] = {
    str: "text", dict: "a table", list: "a list", bool: "true or false", dt.date: "a date",
}  # fmt: skip
_WORDS: Final = (str, dict)
_KEYS: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "checklist": {
        "name": (str,), "version": (str,), "title": _WORDS, "note": _WORDS, "law_date": (str,),
        "as_of": (dt.date,),
    },
    "date": {"key": (str,), "question": _WORDS, "column": (str,)},
    "indicator": {
        "key": (str,), "question": _WORDS, "answers": (list, dict), "error": (str, list),
        "exceptions": (dict,), "cannot_tell": (str,), "may_not_apply": (bool,),
        "severity": (str,), "applies_when": (dict, list), "law": (list,), "deadline": (dict,),
        "guidance": _WORDS, "evidence": (bool,),
    },
    "fact": {
        "key": (str,), "question": _WORDS, "answers": (list, dict), "applies_when": (dict, list),
        "law": (list,), "guidance": _WORDS, "may_not_apply": (bool,),
    },
    "law": {
        "text": _WORDS, "from": (dt.date,), "until": (dt.date,), "when": (dict, list),
        "deadline": (dict,),
    },
    "deadline": {"date": (str,), "within": (str,), "after": (str,), "before": (str,)},
    "condition": {
        "indicator": (str,), "fact": (str,), "answer": (str, list), "column": (str,),
        "is": (str, list), "is_not": (str, list), "date": (str,), "from": (dt.date,),
        "until": (dt.date,), "given": (bool,),
    },
}  # fmt: skip
_REQUIRED: Final = {
    "checklist": ("name", "version"),
    "date": ("key", "question"),
    "indicator": ("key", "question", "severity"),
    "fact": ("key", "question"),
    "law": ("text",),
    "deadline": ("date",),
    "condition": (),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the file, for messages: ``placement.toml, line 17, indicator 'plan missing'``."""

    source: str
    lines: tuple[str, ...]
    line: int
    name: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"{self.source}{line}, {self.name}"

    def at(self, key: str) -> Place:
        """Return the place of a key in this part: its line, or that of the part's heading."""
        if self.line:
            for number, text in enumerate(self.lines[self.line :], start=self.line + 1):
                if _HEADING.match(text) and "indicator." not in text:
                    break
                if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", text):
                    return replace(self, line=number)
        return self


def placed(
    tables: list[Any], kind: str, lines: tuple[str, ...], source: str
) -> list[tuple[Any, Place]]:
    """Return the tables of a kind, each with its place in the file."""
    found = headings(lines, kind)
    known = len(found) == len(tables)  # else they are written in line, without headings
    result = []
    for number, table in enumerate(tables):
        key = table.get("key") if isinstance(table, dict) else None
        name = f"{kind} {key!r}" if isinstance(key, str) else f"{kind} {number + 1}"
        result.append((table, Place(source, lines, found[number] if known else 0, name)))
    return result


def headings(lines: tuple[str, ...], part: str) -> list[int]:
    """Return the lines on which the parts of a name begin."""
    found = [(number, _HEADING.match(text)) for number, text in enumerate(lines, start=1)]
    return [number for number, match in found if match and match[1] == part]


def checked(table: Any, kind: str, place: Place) -> Mapping[str, Any]:
    """Return a table whose keys are known and of the right kind; refuse any other."""
    if not isinstance(table, dict):
        raise AuditError(f"{place}: {kind} is {table!r}; it must be a table, in braces.")
    known = _KEYS[kind]
    for key, value in table.items():
        if key not in known:
            raise AuditError(
                f"{place.at(key)}: the key {key!r} means nothing here{near_names(key, known)}"
            )
        right = isinstance(value, known[key]) and not isinstance(value, dt.datetime)
        if not right:
            meant = " or ".join(_KIND_NAMES[each] for each in known[key])
            raise AuditError(f"{place.at(key)}: {key} is {value!r}; it must be {meant}.")
    for key in _REQUIRED[kind]:
        if key not in table:
            raise AuditError(f"{place} lacks {key!r}, which every {kind} must have.")
    return table


def words(value: Any, key: str, place: Place) -> Words:
    """Return a text, or one in several languages."""
    if isinstance(value, str):
        return value
    for language, text in value.items() if isinstance(value, dict) else [("", value)]:
        if language not in LANGUAGES or not isinstance(text, str):
            raise AuditError(
                f"{place.at(key)}: {key} is {value!r}; write a text, or one in each language, as "
                f"{{ en = '...', da = '...' }}."
            )
    return dict(value)


def texts(value: Any, key: str, place: Place) -> tuple[str, ...]:
    """Return a text or a list of texts as a tuple of one or more."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(text, str) for text in found):
        raise AuditError(f"{place.at(key)}: {key} is {value!r}; write a text or a list of texts.")
    return tuple(found)
