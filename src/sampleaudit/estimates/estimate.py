"""One estimated rate with its limits: a row of the results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sampleaudit.analysis import Side
    from sampleaudit.estimates.limits import Limits

ALL: Final = "all"  # the label of the whole caseload in a table by domains


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row: an indicator in the whole caseload or in a domain, at one level.

    ``rate``, ``se`` and the limits' rates are shares of 1, totals are cases. ``missing_low`` and
    ``missing_high`` are the lower limit if all missing files were correct and the upper one if all
    were errors. ``together`` intervals were made to hold at once with the level, this one of them:
    each errs with (1 - level) / together.
    """

    indicator: str
    labels: tuple[str, ...]
    population: float
    reviewed: int
    applicable: int
    errors: int
    missing: int
    rate: float
    total: float
    limits: Limits
    missing_low: float
    missing_high: float
    se: float
    deff: float
    df: int
    level: float
    side: Side
    missing_rule: str
    census: bool
    extrapolates: bool
    remarks: tuple[str, ...]
    together: int = 1
