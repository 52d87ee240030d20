"""The words and sentences of each language, read from its TOML file when first used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

from sampleaudit.errors import one_of

Language = Literal["en", "da"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "da")
_REMARKS: Final = "remarks_da.toml"


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return the sentences of a language and their parts, with braces to be filled in."""
    return _section(language, "texts")


@cache
def picture_texts(language: Language) -> Mapping[str, str]:
    """Return what pictures and tables say in a language, with braces to be filled in."""
    return _section(language, "pictures")


@cache
def comparison_texts(language: Language) -> Mapping[str, str]:
    """Return what is said of differences and verdicts, with braces to be filled in."""
    return _section(language, "comparisons")


@cache
def ranking_texts(language: Language) -> Mapping[str, str]:
    """Return what is said of ranks, with braces to be filled in."""
    return _section(language, "ranking")


@cache
def group_words(language: Language) -> Mapping[str, str]:
    """Return column -> what several of its values are called."""
    return _section(language, "groups")


@cache
def fractions(language: Language) -> Mapping[float, tuple[str, str]]:
    """Return share of 1 -> the words for it, and the noun that follows them."""
    written = _section(language, "fractions").items()
    return MappingProxyType({float(Fraction(key)): (text[0], text[1]) for key, text in written})


@cache
def short_fractions(language: Language) -> Mapping[float, str]:
    """Return share of 1 -> how a table has it: "1 in 6"."""
    written = _section(language, "fractions").items()
    return MappingProxyType({float(Fraction(key)): text[2] for key, text in written})


def danish_remarks() -> Mapping[str, str]:
    """Return the remarks of results in English -> in Danish, with braces to be filled in."""
    return _section(_REMARKS, "remarks")


def danish_words() -> Mapping[str, str]:
    """Return the words within remarks, as results have them -> in Danish."""
    return _section(_REMARKS, "words")


def _section(language: str, name: str) -> Mapping[str, Any]:
    if language != _REMARKS:
        one_of("language", language, LANGUAGES)
        return _read(f"{language}.toml")[name]
    return _read(language)[name]


@cache
def _read(file: str) -> Mapping[str, Mapping[str, Any]]:
    source = resources.files("sampleaudit.wording").joinpath(file)
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return MappingProxyType({name: MappingProxyType(words) for name, words in table.items()})
