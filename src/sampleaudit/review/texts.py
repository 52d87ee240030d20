"""The words of a review workbook in each language, read from texts.toml when first used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files as package_files
from types import MappingProxyType

from sampleaudit.wording import Language


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return the texts of a language, with braces to be filled in."""
    source = package_files("sampleaudit.review") / "texts.toml"
    return MappingProxyType(tomllib.loads(source.read_text(encoding="utf-8"))[language])
