"""What may be said of a ranking: mostly that it cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sampleaudit.errors import one_of
from sampleaudit.wording.numbers import number
from sampleaudit.wording.texts import LANGUAGES, Language, texts

_EN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "{lead}: no two of the {count} {domains} can be told apart ({level}); any of them "
        "may be in any place from 1 to {count}.",
        "some": "{lead}: {apart} of the {pairs} pairs among the {count} {domains} can be told "
        "apart ({level}, all pairs together); the places possible for one of them number from "
        "{fewest} to {most} of {count}.",
        "all": "{lead}: every two of the {count} {domains} can be told apart ({level}, all pairs "
        "together).",
        "two": "{lead}: the two {domains} cannot be told apart ({level}).",
    }
)
_DA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "{lead}: ingen af de {count} {domains} kan skelnes fra hinanden ({level}); hver af "
        "dem kan have enhver plads fra 1 til {count}.",
        "some": "{lead}: {apart} af de {pairs} par blandt de {count} {domains} kan skelnes fra "
        "hinanden ({level}, alle par samtidig); for hver af dem er mellem {fewest} og {most} af de "
        "{count} pladser mulige.",
        "all": "{lead}: alle {count} {domains} kan skelnes fra hinanden ({level}, alle par "
        "samtidig).",
        "two": "{lead}: de to {domains} kan ikke skelnes fra hinanden ({level}).",
    }
)
_SENTENCES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType({"en": _EN, "da": _DA})
_DANISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "municipality": "kommuner", "kommune": "kommuner", "district": "distrikter",
        "distrikt": "distrikter", "region": "regioner", "department": "afdelinger",
        "afdeling": "afdelinger", "institution": "institutioner",
    }
)  # fmt: skip
_ANY_DANISH: Final = "grupper"


def ranking_sentence(
    language: Language,
    *,
    indicator: str,
    column: str,
    plural: str,
    domains: int,
    apart: int,
    fewest: int,
    most: int,
    level: float,
) -> str:
    """Return one sentence on whether any two of the domains can be told apart.

    ``plural`` names the domains in English, ``column`` is where they come from; ``apart`` pairs
    can be told apart, and the sets of possible places hold from ``fewest`` to ``most`` of them.

    >>> ranking_sentence("en", indicator="late", column="district", plural="districts", domains=10,
    ...     apart=0, fewest=10, most=10, level=0.95)
    'Late: no two of the 10 districts can be told apart (95%); any of them may be in any place
    from 1 to 10.'
    """
    one_of("language", language, LANGUAGES)
    text = texts(language)
    pairs = domains * (domains - 1) // 2
    key = "all" if apart == pairs else "some" if apart else "two" if domains == 2 else "none"
    name = text.get(f"name of {indicator}", indicator)
    shown = f"{level * 100:.10g}".replace(".", text["decimal"]) + text["percent"]
    return _SENTENCES[language][key].format(
        lead=name[:1].upper() + name[1:],
        count=number(domains, language),
        domains=plural if language == "en" else _DANISH.get(column, _ANY_DANISH),
        apart=number(apart, language),
        pairs=number(pairs, language),
        fewest=number(fewest, language),
        most=number(most, language),
        level=shown,
    )
