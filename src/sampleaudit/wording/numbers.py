"""Numbers and percentages with the marks of a language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from types import MappingProxyType
from typing import Final, Literal

from sampleaudit.errors import one_of
from sampleaudit.wording.texts import Language, texts

Rounding = Literal["nearest", "down", "up"]

UNKNOWN: Final = "\u2013"  # an en dash, the printer's sign for a figure that is not known

_ROUNDING: Final[Mapping[Rounding, str]] = MappingProxyType(
    {"nearest": ROUND_HALF_UP, "down": ROUND_FLOOR, "up": ROUND_CEILING}
)
_MOST_DECIMALS: Final = 3  # a share below 0.001% is written as below it
_FLOAT_NOISE: Final = Decimal("1e-12")  # 0.1 + 0.2 is not above 0.3 to a reader
_SAFE: Final = 1e9  # below it, a float that is no tie within the next constant rounds as it reads
_NEAR_HALF: Final = 1e-6
_EXACT: Final = Context(prec=400)  # holds every float with its noise digits


def number(
    value: float, language: Language, *, digits: int = 0, rounding: Rounding = "nearest"
) -> str:
    """Return a number for people: ``1,234.5`` in English, ``1.234,5`` in Danish.

    Halves are rounded away from zero, as readers expect; "down" and "up" are for limits. nan is an
    en dash.

    >>> number(1234.5, "en"), number(1234.5, "da", digits=1)
    ('1,235', '1.234,5')
    """
    one_of("rounding", rounding, tuple(_ROUNDING))
    if not math.isfinite(value):
        return UNKNOWN if math.isnan(value) else f"{'-' if value < 0 else ''}\u221e"
    if rounding == "nearest":
        scaled = abs(value) * 10**digits
        if scaled < _SAFE and abs(scaled % 1 - 0.5) > _NEAR_HALF:  # most are no ties, and quick
            return _marked(f"{round(value, digits) + 0.0:,.{digits}f}", language)
    return _written(_rounded(_exact(value), digits, rounding), language)


def percent(
    share: float,
    language: Language,
    *,
    digits: int | None = None,
    rounding: Rounding = "nearest",
) -> str:
    """Return a share of 1 as a percentage: ``17%``; in Danish with a no-break space.

    Without ``digits``: whole percents from 10 to 90, one decimal outside, more for the very small
    and the very large. A positive share is never 0% and a share below 1 never 100%: where the
    digits do not suffice it reads ``<1%`` or ``>99%``. nan is an en dash.

    >>> percent(1 / 6, "en"), percent(0.004, "en"), percent(0.004, "en", digits=0)
    ('17%', '0.4%', '<1%')
    """
    one_of("rounding", rounding, tuple(_ROUNDING))
    if not math.isfinite(share):
        return UNKNOWN
    exact = 100 * _exact(share)
    fewest = 0 if 10 <= abs(exact) < 90 else 1
    for decimals in range(fewest, _MOST_DECIMALS + 1) if digits is None else (digits,):
        shown = _rounded(exact, decimals, rounding)
        hides = (shown == 0 != exact) or (abs(shown) >= 100 > abs(exact))
        if not hides:
            break
    mark = ""
    if hides:
        step = Decimal(1).scaleb(-decimals)
        mark = ">" if (shown != 0) == (exact > 0) else "<"
        shown = (step if shown == 0 else 100 - step).copy_sign(exact)
    written = _written(shown, language)
    text = texts(language)
    if digits is None and text["decimal"] in written:
        written = written.rstrip("0").removesuffix(text["decimal"])
    return f"{mark}{written}{text['percent']}"


def _exact(value: float) -> Decimal:
    return Decimal(float(value)).quantize(_FLOAT_NOISE, context=_EXACT)


def _rounded(value: Decimal, digits: int, rounding: Rounding) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), _ROUNDING[rounding], _EXACT)


def _written(value: Decimal, language: Language) -> str:
    return _marked(f"{abs(value) if value == 0 else value:,f}", language)


def _marked(english: str, language: Language) -> str:
    """Return a number with the marks of a language in place of the English ones."""
    text = texts(language)
    return english.translate({ord(","): text["thousands"], ord("."): text["decimal"]})
