"""What looks like a Danish CPR number, and how it is hidden in messages.

A CPR number is the day of birth and four digits: ``ddmmyy-ssss``. It is recognised by its shape and
by a date that exists. The check digit (modulus 11) is not used: since 2007 the register gives out
numbers that fail it (CPR-kontoret, *Personnummeret i CPR-systemet*).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# The century is not known, so 29 February counts wherever it exists in some century: yy = 00, 04...
_DATE: Final = (
    "(?:"
    "(?:0[1-9]|1[0-9]|2[0-8])(?:0[1-9]|1[0-2])[0-9]{2}"
    "|(?:29|30)(?:0[13-9]|1[0-2])[0-9]{2}"
    "|31(?:0[13578]|1[02])[0-9]{2}"
    "|2902(?:[02468][048]|[13579][26])"
    ")"
)
# Besides the hyphen: a blank, and the dashes that word processors put in the hyphen's place.
_WHOLE: Final = re.compile(rf"{_DATE}[-\u2010-\u2013 \u00a0]?[0-9]{{4}}")
# What is hidden may be spread wider, over a line break even: better one too many than one shown.
_WITHIN: Final = re.compile(rf"(?<![0-9])({_DATE})[-\u2010-\u2013\s]{{0,3}}[0-9]{{4}}(?![0-9])")


def looks_like_cpr(text: str) -> bool:
    """Return whether ``text`` is a plausible date, perhaps a hyphen, and four digits.

    Of random ten-digit numbers 3.65 % look so: 36,525 of the 1,000,000 ways to write six digits
    are days of a century.

    >>> looks_like_cpr("290200-1234"), looks_like_cpr("290201-1234")
    (True, False)
    """
    return _WHOLE.fullmatch(text.strip()) is not None


def share_like_cpr(values: Iterable[object]) -> float:
    """Return the share (of 1) of ``values`` that look like CPR numbers; 0 if there are none.

    Missing values and anything else that is not text count as not looking like one.
    """
    everything = list(values)
    if not everything:
        return 0.0
    match = _WHOLE.fullmatch
    alike = sum(isinstance(value, str) and match(value.strip()) is not None for value in everything)
    return alike / len(everything)


def masked(text: object) -> str:
    """Return ``text`` with the last four digits of anything that looks like a CPR number hidden.

    >>> masked("case 0101901234 of 2019")
    'case 010190-**** of 2019'
    """
    return _WITHIN.sub(r"\1-****", str(text))
