"""Numbers and sentences as officials write them, in English and in Danish.

Rounding happens here and in tables for people, never inside a statistic. Limits are rounded
outwards, so that no sentence claims more than its interval. The sentences themselves are data, in
one TOML file per language.
"""

from sampleaudit.wording.numbers import Rounding, number, percent
from sampleaudit.wording.remarks import remark_text
from sampleaudit.wording.sentences import (
    RateStatement,
    fraction_words,
    rate_sentence,
    short_fraction,
)
from sampleaudit.wording.texts import LANGUAGES, Language

__all__ = [
    "LANGUAGES",
    "Language",
    "RateStatement",
    "Rounding",
    "fraction_words",
    "number",
    "percent",
    "rate_sentence",
    "remark_text",
    "short_fraction",
]
