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


@cache
def _read(language: Language) -> tuple[Mapping[str, str], Mapping[float, tuple[str, str]]]:
    one_of("language", language, LANGUAGES)
    source = resources.files("sampleaudit.wording").joinpath(f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    words = {
        float(Fraction(share)): (words, noun) for share, (words, noun) in table["fractions"].items()
    }
    return MappingProxyType(table["texts"]), MappingProxyType(words)
