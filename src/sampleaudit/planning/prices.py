"""What cases cost, and how many a stratum may give.

Costs are kept in whole numbers of a small unit, so that a budget that just suffices does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Final

import numpy as np

from sampleaudit.errors import AuditError
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan_strata import by_stratum, stratum_bounds, stratum_labels

_DECIMALS: Final = 4
_MOST: Final = 10**15  # units that all cases may cost together: sums stay exact in 64 bits


@dataclass(frozen=True, slots=True)
class Prices:
    """The cost of a case by stratum: ``units`` whole numbers of ``unit``."""

    units: IntArray
    unit: Fraction

    def cost(self, counts: IntArray) -> Fraction:
        """Return what these cases cost."""
        return int(self.units @ counts) * self.unit

    def budget(self, value: Fraction) -> int:
        """Return how many whole units a budget has."""
        return int(value // self.unit)


def prices(frame: Frame, costs: float | Mapping[Any, float] | None) -> Prices:
    """Return the cost of a case: one for all, by stratum, or 1 (a case) where none is given.

    Raises `AuditError` for a cost that is not above 0 or has more than four decimals.
    """
    if costs is None:
        return Prices(np.ones(len(frame.strata), dtype=np.int64), Fraction(1))
    if isinstance(costs, Mapping):
        values = by_stratum(frame, costs, name="costs").tolist()
    else:
        values = [costs] * len(frame.strata)
    exact = [amount(value, name="costs") for value in values]
    unit = Fraction(1, lcm(*(each.denominator for each in exact)))
    units = [int(each / unit) for each in exact]
    cases = frame.strata["population"].tolist()
    if sum(each * size for each, size in zip(units, cases, strict=True)) > _MOST:
        raise AuditError("costs are so large that sums lose cases; give them in larger units.")
    return Prices(np.array(units, dtype=np.int64), unit)


def amount(value: object, *, name: str) -> Fraction:
    """Return an amount above 0, exactly as written: 0.1 is a tenth."""
    number = isinstance(value, int | float | np.integer | np.floating | Fraction)
    if not number or isinstance(value, bool) or not 0 < float(value) < float("inf"):  # type: ignore[arg-type] # number says it
        raise AuditError(f"{name} holds {value!r}; give amounts above 0.")
    exact = value if isinstance(value, Fraction) else Fraction(str(value))
    if (exact * 10**_DECIMALS).denominator != 1:
        raise AuditError(f"{name} holds {value!r}; give amounts with four decimals at most.")
    return exact


def reading_bounds(
    frame: Frame, minimum: int | Mapping[Any, int], maximum: int | Mapping[Any, int] | None
) -> tuple[IntArray, IntArray]:
    """Return the fewest and most cases of each stratum, the fewest at least 1; refuse a 0."""
    low, high = stratum_bounds(frame, minimum, maximum)
    if (high < 1).any():
        where = stratum_labels(frame)[int(np.flatnonzero(high < 1)[0])]
        raise AuditError(
            f"maximum is 0 in {where}: a stratum of which nothing is read can be like anything."
        )
    return np.maximum(low, 1), high
