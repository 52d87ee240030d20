"""The words and sentences of each language, read from its TOML file when first used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

from sampleaudit.errors import one_of

Language = Literal["en", "da"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "da")


def texts(language: Language) -> Mapping[str, str]:
    """Return the sentences of a language and their parts, with braces to be filled in."""
    return _read(language)[0]


def fractions(language: Language) -> Mapping[float, tuple[str, str]]:
    """Return share of 1 -> the words for it, and the noun that follows them."""
    return _read(language)[1]


def short_fractions(language: Language) -> Mapping[float, str]:
    """Return share of 1 -> how a table has it: "1 in 6"."""
    return _read(language)[3]


def picture_texts(language: Language) -> Mapping[str, str]:
    """Return what pictures and tables say in a language, with braces to be filled in."""
    return _read(language)[2]


_Parts = tuple[
    Mapping[str, str], Mapping[float, tuple[str, str]], Mapping[str, str], Mapping[float, str]
]


@cache
def _read(language: Language) -> _Parts:
    one_of("language", language, LANGUAGES)
    source = resources.files("sampleaudit.wording").joinpath(f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    written = {float(Fraction(share)): words for share, words in table["fractions"].items()}
    return (
        MappingProxyType(table["texts"]),
        MappingProxyType({share: (words, noun) for share, (words, noun, _) in written.items()}),
        MappingProxyType(table["pictures"]),
        MappingProxyType({share: short for share, (_, _, short) in written.items()}),
    )
