"""The remarks beneath tables in other languages; results keep them in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from sampleaudit.errors import one_of
from sampleaudit.wording.texts import LANGUAGES, Language, texts

_DANISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "files that could not be produced count as errors (ISA 530)":
            "sager, der ikke kunne fremlægges, tæller som fejl (ISA 530)",
        "files that could not be produced count as correct":
            "sager, der ikke kunne fremlægges, tæller som korrekte",
        "files that could not be produced are left out, as if they were like the others":
            "sager, der ikke kunne fremlægges, er holdt ude, som om de lignede de øvrige",
        "the rate is over the cases to which the indicator applies":
            "andelen er af de sager, hvor kravet gælder",
        "the cases were chosen, not drawn: they say nothing of the others":
            "sagerne er udvalgt, ikke trukket tilfældigt: de siger intet om de øvrige",
        "drawn elsewhere: declared a random sample":
            "stikprøven er trukket et andet sted og erklæret tilfældig",
        "{n} cases not read yet; the first in ticket order were":
            "{n} sager er endnu ikke gennemgået; de første i lodtrækningens rækkefølge er",
        "{n} strata unread: no estimate, but limits that hold":
            "{n} strata er ikke gennemgået: intet estimat, men grænser, der holder",
        "{n} of the domain's strata unread": "{n} af gruppens strata er ikke gennemgået",
        "se and deff need two cases in every stratum that is not a census":
            "standardfejl og designeffekt kræver to sager i hvert stratum, der ikke er gennemgået "
            "helt",
        "no case that counts was read": "ingen sag, der tæller med, er gennemgået",
        "every case read: no sampling uncertainty":
            "alle sager er gennemgået: ingen stikprøveusikkerhed",
        "to how many cases the indicator applies is estimated":
            "hvor mange sager kravet gælder for, er skønnet",
        "all {n} intervals hold together with {n} (Bonferroni: each is made at {n})":
            "alle {n} intervaller holder samtidig med {n} (Bonferroni: hvert er beregnet med {n})",
        "{n} cases of the domain read: its size in the register is not used":
            "{n} sager i gruppen er gennemgået: dens størrelse i registret er ikke brugt",
        "{n} of the domain is in strata where none of its cases was read; whatever these are like, "
        "the limits are {n} and {n}":
            "{n} af gruppen er i strata, hvor ingen af dens sager er gennemgået; uanset hvordan de "
            "er, er grænserne {n} og {n}",
    }
)  # fmt: skip
"""English remark -> Danish; {n} stands for a number, in the same order in both."""


def remark_text(remark: str, language: Language) -> str:
    """Return a remark in the language, or as it stands where there is no translation.

    >>> remark_text("3 strata unread: no estimate, but limits that hold", "da")
    '3 strata er ikke gennemgået: intet estimat, men grænser, der holder'
    """
    one_of("language", language, LANGUAGES)
    if language == "en":
        return remark
    for pattern, danish in _patterns():
        found = pattern.fullmatch(remark)
        if found is not None:
            numbers = [_number(text, language) for text in found.groups()]
            parts = danish.split("{n}")
            return "".join(
                part + number for part, number in zip(parts, [*numbers, ""], strict=True)
            )
    return remark


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(r"(\d[\d.,]*%?)".join(map(re.escape, english.split("{n}")))), danish)
        for english, danish in _DANISH.items()
    )


def _number(text: str, language: Language) -> str:
    """Return an English number with the marks of the language."""
    words = texts(language)
    marks = {ord(","): words["thousands"], ord("."): words["decimal"]}
    return text.removesuffix("%").translate(marks) + (words["percent"] if text[-1] == "%" else "")
