"""The remarks beneath tables in other languages; results keep them in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from sampleaudit.errors import one_of
from sampleaudit.wording.texts import LANGUAGES, Language, danish_remarks, danish_words, texts

_JOINT: Final = "; "  # between the remarks of a row
_MARK: Final = re.compile(r"\{([ntw])\}")
_FOUND: Final[Mapping[str, str]] = MappingProxyType(
    {"n": r"(\d[\d.,]*%?)", "t": r"(.+)", "w": r"('\w+')"}
)
"""What a mark in a remark stands for: a number, any text, one of the words we have."""


def remark_text(remark: str, language: Language) -> str:
    """Return a remark in the language, or as it stands where there is no translation.

    >>> remark_text("3 strata unread: no estimate, but limits that hold", "da")
    '3 strata er ikke gennemgået: intet estimat, men grænser, der holder'
    """
    one_of("language", language, LANGUAGES)
    return remark if language == "en" else _danish(remark)


def remarks_text(joined: str, language: Language) -> str:
    """Return remarks that are joined by semicolons, as tables for computing have them.

    A remark may have a semicolon of its own, so the longest that is known is taken.
    """
    if language == "en":
        return joined
    parts, said = joined.split(_JOINT), list[str]()
    while parts:
        known = (
            end
            for end in range(len(parts), 0, -1)
            if (whole := _JOINT.join(parts[:end])) != _danish(whole)
        )
        end = next(known, 1)
        said.append(_danish(_JOINT.join(parts[:end])))
        parts = parts[end:]
    return _JOINT.join(said)


@cache
def _danish(remark: str) -> str:
    for pattern, kinds, danish in _patterns():
        found = pattern.fullmatch(remark)
        if found is not None:
            said = [_said(*each) for each in zip(kinds, found.groups(), strict=True)]
            parts = _MARK.split(danish)[::2]
            return "".join(part + text for part, text in zip(parts, [*said, ""], strict=True))
    return remark


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...]:
    """Return each remark as a pattern, the kinds of its marks, and its Danish."""
    known = []
    for english, danish in danish_remarks().items():
        plain, kinds = _MARK.split(english)[::2], _MARK.findall(english)
        marks = [*(_FOUND[kind] for kind in kinds), ""]
        written = "".join(re.escape(p) + m for p, m in zip(plain, marks, strict=True))
        known.append((re.compile(written), tuple(kinds), danish))
    return tuple(known)


def _said(kind: str, text: str) -> str:
    """Return what stands for a mark, in Danish: a number gets its marks, a word is translated."""
    if kind == "n":
        words = texts("da")
        marks = {ord(","): words["thousands"], ord("."): words["decimal"]}
        percent = words["percent"] if text.endswith("%") else ""
        return text.removesuffix("%").translate(marks) + percent
    return danish_words().get(text, text) if kind == "w" else text
