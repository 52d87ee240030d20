"""The words of a checklist: texts in two languages, and the answers every checklist knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sampleaudit.wording import Language

Words = str | Mapping[str, str]
"""A text in one language, or several: ``{"en": "Is there a plan?", "da": "Er der en plan?"}``."""
Outcome = Literal[
    "error", "correct", "not applicable", "missing file", "not reviewed", "out of population"
]
FileState = Literal["read", "missing file", "out of population"]

YES: Final = "yes"
NO: Final = "no"
NOT_APPLICABLE: Final = "not applicable"
CANNOT_TELL: Final = "cannot tell"
NONE: Final = "none"  # in place of a date: the file has no such thing

KNOWN_ANSWERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        YES: {"en": "yes", "da": "ja"},
        NO: {"en": "no", "da": "nej"},
        NOT_APPLICABLE: {"en": "not applicable", "da": "ikke relevant"},
        CANNOT_TELL: {"en": "cannot tell", "da": "kan ikke afgøres"},
    }
)
"""The answers that need no words of their own in a checklist."""
NO_DATE: Final[Mapping[str, str]] = MappingProxyType({"en": "none", "da": "ingen"})
FILE_STATES: Final[Mapping[FileState, Mapping[str, str]]] = MappingProxyType(
    {
        "read": {"en": "read", "da": "læst"},
        "missing file": {"en": "missing file", "da": "sagen mangler"},
        "out of population": {"en": "out of population", "da": "hører ikke til"},
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that may be chosen: its key, the words people see, and what it counts as."""

    key: str
    words: Words
    outcome: Outcome


def say(words: Words, language: Language) -> str:
    """Return a text in a language; a text in one language only serves for all."""
    if isinstance(words, str):
        return words
    return words.get(language) or next(iter(words.values()), "")


def folded(text: str) -> str:
    """Return ``text`` as answers are compared: case and blanks do not count."""
    return " ".join(text.split()).casefold()


def spellings(key: str, words: Words) -> set[str]:
    """Return every way to write an answer, folded: its key and its words in all languages."""
    texts = (words,) if isinstance(words, str) else tuple(words.values())
    return {folded(text) for text in (key, *texts)}
