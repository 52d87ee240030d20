"""What is asked of a plan, read from the user's words: shares, anticipated rates, allocations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from sampleaudit.errors import AuditError, first_few
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, plan_sample
from sampleaudit.plan_strata import by_stratum

Share = int | float | Fraction | str
"""A share of 1: a number, a fraction, or text such as ``"1/6"``."""
Rates = Share | Mapping[Any, Any]
"""A rate; or rates by indicator (each a rate or rates by stratum); or rates by stratum."""

_DENOMINATOR: Final = 10**6  # a float that is nearly such a fraction is meant to be it
_NEARLY: Final = 1e-12
_VARYING: Final = ("neyman", "optimal")


def exact_share(value: object, *, name: str, most: int | None = 1) -> Fraction:
    """Return a share of 1 as the fraction that is meant: 0.07 is 7/100, 1/6 is a sixth.

    Raises `AuditError` for what is no number, negative, or above ``most``.
    """
    number: Fraction | None = None
    if isinstance(value, str | Fraction) or _is_number(value):
        try:
            number = Fraction(value if isinstance(value, str | Fraction) else float(value))  # type: ignore[arg-type] # _is_number
        except (ValueError, ZeroDivisionError, OverflowError):
            number = None
    if number is None or number < 0 or (most is not None and number > most):
        percent = ""
        if number is not None and most == 1 and 1 < number <= 100:
            percent = f" Write {float(number):g}% as {float(number) / 100:g}."
        raise AuditError(
            f"{name} is {value!r}; it must be a share of 1, as 0.05 or '1/6'.{percent}"
        )
    near = number.limit_denominator(_DENOMINATOR)
    return near if abs(near - number) <= _NEARLY else number


def anticipated_rates(
    frame: Frame, anticipated: Rates, *, name: str = "anticipated"
) -> dict[str | None, FloatArray]:
    """Return the rates of each indicator by stratum; the indicator is None where none is named."""
    if not isinstance(anticipated, Mapping):
        return {None: _everywhere(frame, anticipated, name)}
    if not anticipated:
        raise AuditError(f"{name} is empty; give a rate, as 0.1 or '1/6'.")
    if _is_by_stratum(frame, anticipated):
        return {None: _by_stratum(frame, anticipated, name)}
    found: dict[str | None, FloatArray] = {}
    for indicator, rate in anticipated.items():
        if not isinstance(indicator, str) or not indicator:
            raise AuditError(
                f"{name} has the key {indicator!r}; keys are indicators, or all of the frame's "
                f"strata{_strata_of(frame)}."
            )
        where = f"{name} of {indicator!r}"
        found[indicator] = (
            _by_stratum(frame, rate, where)
            if isinstance(rate, Mapping)
            else _everywhere(frame, rate, where)
        )
    return found


def recorded(values: Mapping[str | None, FloatArray]) -> Any:
    """Return rates by indicator as plain values for plan.json: a number where all are the same."""
    plain = {name: _plain(rates) for name, rates in values.items()}
    return plain.get(None, plain)


@dataclass(frozen=True, slots=True)
class Sharing:
    """How cases are shared out over the strata at any size; a larger size only ever adds.

    ``floor`` are cases by stratum that are in the sample already.
    """

    frame: Frame
    allocation: Allocation
    minimum: int
    rates: FloatArray | None
    costs: Mapping[Any, float] | None
    floor: IntArray

    @property
    def population(self) -> IntArray:
        """Cases of the register by stratum."""
        return np.asarray(self.frame.strata["population"].to_numpy(), dtype=np.int64)

    @property
    def least(self) -> int:
        """The smallest size that gives every stratum its minimum."""
        return int(np.minimum(self.minimum, self.population).sum())

    def counts(self, size: int) -> IntArray:
        """Return how many cases each stratum gives to a sample of ``size`` cases."""
        anticipated: float | dict[Any, float] | None = None
        if self.rates is not None:
            anticipated = float(self.rates[0])
            if self.frame.stratify_by:
                keys = self.frame.strata[list(self.frame.stratify_by)]
                rows = keys.itertuples(index=False, name=None)
                anticipated = dict(zip(rows, self.rates.tolist(), strict=True))
        plan = plan_sample(
            self.frame, size, allocation=self.allocation, minimum=self.minimum,
            anticipated=anticipated, costs=self.costs,
        )  # fmt: skip
        given = plan.table["sampled"].to_numpy().astype(np.int64)
        return np.maximum(given, self.floor)


def sharing(
    frame: Frame,
    allocation: Allocation,
    minimum: int,
    *,
    rates: Mapping[str | None, FloatArray] | None = None,
    costs: Mapping[Any, float] | None = None,
    floor: IntArray | None = None,
) -> Sharing:
    """Return the rule by which cases are shared out; refuse what it cannot do.

    Where the allocation looks at how much the strata vary and several indicators are anticipated,
    it is given the mean of their variances.
    """
    if isinstance(minimum, bool) or not isinstance(minimum, int) or minimum < 1:
        raise AuditError(
            f"minimum is {minimum!r}; it must be a whole number, 1 or more: a stratum of which "
            f"nothing is read can be like anything."
        )
    used: FloatArray | None = None
    if allocation in _VARYING:
        if rates is None:
            raise AuditError(
                f"allocation {allocation!r} needs anticipated rates, and this plan has none; "
                f"choose 'proportional' or 'equal'."
            )
        variance = np.mean([p * (1 - p) for p in rates.values()], axis=0)
        used = (1 - np.sqrt(np.maximum(1 - 4 * variance, 0.0))) / 2
    strata = len(frame.strata)
    begun = np.zeros(strata, dtype=np.int64) if floor is None else floor
    result = Sharing(frame, allocation, minimum, used, costs, begun)
    result.counts(frame.size)  # refuses an unknown allocation, rates or costs before any search
    return result


def whole_number(value: object, *, name: str, least: int) -> int:
    """Return a whole number of cases; refuse anything else."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or int(value) < least:  # type: ignore[call-overload] # whole says it
        raise AuditError(f"{name} is {value!r}; it must be a whole number, {least} or more.")
    return int(value)  # type: ignore[call-overload,no-any-return] # the same


def probability(value: object, *, name: str) -> float:
    """Return a probability strictly between 0 and 1; refuse anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise AuditError(f"{name} is {value!r}; it must lie between 0 and 1, as 0.8.")
    return float(value)


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating)
    return number and not isinstance(value, bool) and math.isfinite(value)  # type: ignore[arg-type] # number says it


def _everywhere(frame: Frame, rate: object, name: str) -> FloatArray:
    return np.full(len(frame.strata), float(exact_share(rate, name=name)))


def _by_stratum(frame: Frame, rates: Mapping[Any, Any], name: str) -> FloatArray:
    shares = {key: float(exact_share(rate, name=name)) for key, rate in rates.items()}
    return np.asarray(by_stratum(frame, shares, name=name))


def _is_by_stratum(frame: Frame, values: Mapping[Any, Any]) -> bool:
    """Tell whether the keys are strata; refuse a mapping of which only some are."""
    if not frame.stratify_by:
        return False
    keys = frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None)
    known = {key if len(key) > 1 else key[0] for key in keys}
    there = [key for key in values if key in known or isinstance(key, tuple)]
    if there and len(there) < len(values):
        others = [str(key) for key in values if key not in there]
        raise AuditError(
            f"anticipated has strata among its keys and also {first_few(others)}; name every "
            f"stratum{_strata_of(frame)}, or indicators only."
        )
    return bool(there)


def _strata_of(frame: Frame) -> str:
    if not frame.stratify_by:
        return " (it has none)"
    keys = frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None)
    return f" ({first_few([' / '.join(key) for key in keys])})"


def _plain(rates: FloatArray) -> float | list[float]:
    same = bool((rates == rates[0]).all())
    return float(rates[0]) if same else [float(rate) for rate in rates]
