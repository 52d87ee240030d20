"""What the report says in each language, read from its TOML file when first used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from sampleaudit.wording import Language


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """Return the texts of the report in a language, with braces to be filled in."""
    source = resources.files("sampleaudit.report").joinpath(f"{language}.toml")
    return MappingProxyType(tomllib.loads(source.read_text(encoding="utf-8")))
