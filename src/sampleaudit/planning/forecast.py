"""How wide the intervals of a sample not yet read will be, on average over what may be found.

The expected half width is the mean of (high - low) / 2 over the outcomes of the draw when every
stratum has the anticipated rate; where there is one limit only, the mean distance of the limit from
the estimate. The intervals are the library's own, by the method, level and side of the plan.

With one stratum, and where the outcomes are few, the mean is over all of them: exact. Else it is
over a fixed sample of outcomes: `POINTS` of them, a Latin hypercube, have a rough interval each;
sorted by its width, `_INTERVALS` of them at even steps have the true one; and the mean of these is
corrected by what the rough ones are on average everywhere, and at those steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.analysis import Analysis, Method, tails
from sampleaudit.errors import AuditError
from sampleaudit.estimates.interval_table import interval_table
from sampleaudit.estimates.limits import known_size_limits, random_size_limits
from sampleaudit.formulas.expected_width import (
    all_outcomes,
    count_chances,
    drawn_outcomes,
    rough_limits,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.sizes import normal_half_width
from sampleaudit.frame import Frame, count_cases
from sampleaudit.plan import refuse_other_columns

if TYPE_CHECKING:
    import pandas as pd

Labels = tuple[str, ...]

POINTS: Final = 512
"""Outcomes with a rough interval."""
_INTERVALS: Final = 12  # of them, with a true one
_SLOW: Final = MappingProxyType({"guaranteed": 4, "berger-boos": 6, "wendell-schmee": 6})
_ENUMERATED: Final = 60  # outcomes up to which all are taken
_COUNTS: Final = 1_000  # the same where they are the counts of one stratum
_AT_ONCE: Final[tuple[Method, ...]] = ("profile", "guaranteed")  # have tables of one stratum


@dataclass(frozen=True, slots=True)
class Target:
    """A rate that will be estimated: an indicator's, in the caseload or a domain of it.

    By stratum, of the strata that the domain has cases in (``inside``, their rows in the frame):
    ``population`` cases in the register, ``own`` of the domain to which the indicator applies,
    ``errors`` of these. ``size_known``: the register tells ``own``.
    """

    indicator: str | None
    labels: Labels
    inside: IntArray
    population: IntArray
    own: FloatArray
    errors: FloatArray
    size_known: bool

    @property
    def size(self) -> float:
        """Cases in the register that count, as far as is anticipated."""
        return float(self.own.sum())

    @property
    def rate(self) -> float:
        """The anticipated rate."""
        return float(self.errors.sum() / self.own.sum())

    @property
    def is_one_stratum(self) -> bool:
        """Whether all cases of one stratum count, and no others."""
        return len(self.own) == 1 and self.size_known and bool((self.own == self.population).all())

    def describe(self, by: Sequence[str]) -> str:
        """Return what it is, for messages: ``late in district North``."""
        where = ", ".join(
            f"{column} {label}" for column, label in zip(by, self.labels, strict=True)
        )
        indicator = "the rate" if self.indicator is None else repr(self.indicator)
        return f"{indicator} in {where or 'the caseload'}"


def targets(
    frame: Frame,
    rates: Mapping[Any, FloatArray],
    applicable: Mapping[Any, FloatArray] | None,
    by: Sequence[str],
) -> list[Target]:
    """Return every indicator's rate in every domain of ``by``, or in the caseload.

    ``applicable`` has the share of cases by stratum to which each indicator applies; an indicator
    that it does not name applies to all.
    """
    refuse_other_columns(frame, by)
    sizes = np.asarray(frame.strata["population"].to_numpy(), dtype=np.int64)
    shares = applicable or {}
    found = []
    for labels, cases in _domains(frame, by, sizes):
        inside = np.flatnonzero(cases)
        for indicator, rate in rates.items():
            share = shares.get(indicator, shares.get(None))
            known = share is None or bool((share == 1).all())
            own = cases[inside].astype(np.float64)
            if share is not None:
                own = own * share[inside]
            if not own.any():
                raise AuditError(
                    f"applicable is 0 for {indicator!r}; there is nothing to estimate."
                )
            found.append(
                Target(indicator, labels, inside, sizes[inside], own, own * rate[inside], known)
            )
    return found


def expected_half_width(target: Target, counts: IntArray, analysis: Analysis) -> float:
    """Return the expected half width of a rate, in shares of 1, when ``counts`` are read.

    ``counts`` are by stratum of the frame. 0 where every case is read; nan where the method gives
    no interval for what may be found.
    """
    n = counts[target.inside]
    if (n == target.population).all():
        return 0.0
    if target.is_one_stratum and analysis.method in _AT_ONCE:
        return _one_stratum(target, int(n[0]), analysis)
    every = _all(target, n)
    if every is not None:
        a, e, chances = every
        widths = np.array([
            _half_width(target, *row, n, analysis) for row in zip(e, a, strict=True)
        ])  # fmt: skip
        return _mean(widths, chances)
    drawn = _Drawn.of(target, n, analysis)
    return drawn.mean * drawn.ratio(target, analysis)


def is_drawn(target: Target, counts: IntArray, analysis: Analysis) -> bool:
    """Tell whether the outcomes of these counts are drawn; else the mean is exact."""
    n = counts[target.inside]
    if (n == target.population).all():
        return False
    return not (target.is_one_stratum and analysis.method in _AT_ONCE) and _all(target, n) is None


def rough_half_width(target: Target, counts: IntArray, analysis: Analysis) -> float:
    """Return the mean of the rough half widths over drawn outcomes; it is smooth in the counts."""
    n = counts[target.inside]
    if (n == target.population).all():
        return 0.0
    return _Drawn.of(target, n, analysis).mean


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Outcomes that were drawn, with their rough half widths."""

    n: IntArray
    a: IntArray
    e: IntArray
    rough: FloatArray

    @classmethod
    def of(cls, target: Target, n: IntArray, analysis: Analysis) -> _Drawn:
        sizes = target.population
        a, e = drawn_outcomes(n, sizes, target.own, target.errors, points=POINTS)
        return cls(n, a, e, _rough_widths(e, a, n, sizes, analysis))

    @property
    def mean(self) -> float:
        return float(self.rough.mean())

    def ratio(self, target: Target, analysis: Analysis) -> float:
        """Return what the true half widths are to the rough ones."""
        number = _SLOW.get(analysis.method, _INTERVALS)
        order = np.argsort(self.rough, kind="stable")
        rows = order[((np.arange(number) + 0.5) / number * len(order)).astype(np.int64)]
        true = np.array([
            _half_width(target, self.e[row], self.a[row], self.n, analysis) for row in rows
        ])  # fmt: skip
        there = ~np.isnan(true)
        if not there.any():
            return math.nan
        return float(true[there].mean() / self.rough[rows[there]].mean())


def foreseen_half_width(target: Target, counts: IntArray, analysis: Analysis) -> float:
    """Return about the same from the normal distribution, at once: where a search may begin."""
    lower, upper = tails(analysis.level_each, analysis.side)
    z = -float(ndtri(upper or lower or 0.5))
    n = counts[target.inside] * target.own / target.population
    p = (target.errors * n / np.maximum(target.own, 1e-9) + 0.5) / (n + 1)
    if (counts[target.inside] == target.population).all():
        return 0.0
    return normal_half_width(n, target.own, p, z=z)


def _all(target: Target, n: IntArray) -> tuple[IntArray, IntArray, FloatArray] | None:
    """Return every outcome where they are few."""
    if not target.size_known:
        return None
    open_ = int((n < target.population).sum())
    most = _ENUMERATED if open_ > 1 else _COUNTS
    return all_outcomes(n, target.population, target.own, target.errors, most=most)


def _domains(frame: Frame, by: Sequence[str], sizes: IntArray) -> list[tuple[Labels, IntArray]]:
    """Return each domain with its cases by stratum."""
    if not by:
        return [((), sizes)]
    cases = frame.to_frame()
    codes = frame.stratum_codes
    table = count_cases(cases, by)
    place = {
        labels: row for row, labels in enumerate(table[list(by)].itertuples(index=False, name=None))
    }
    of_case = _place_of(cases, by, place)
    found = np.zeros((len(place), len(sizes)), dtype=np.int64)
    np.add.at(found, (of_case, codes), 1)
    return [(tuple(labels), found[row]) for labels, row in place.items()]


def _place_of(cases: pd.DataFrame, by: Sequence[str], place: dict[Labels, int]) -> IntArray:
    rows = zip(*(cases[column] for column in by), strict=True)
    return np.array([place[tuple(row)] for row in rows], dtype=np.int64)


def _one_stratum(target: Target, n: int, analysis: Analysis) -> float:
    """Return the mean over all counts of one stratum."""
    size = int(target.population[0])
    chances = count_chances(n, size, float(target.errors[0]))
    table = interval_table(
        n, size, level=analysis.level_each, side=analysis.side, method=analysis.method
    )
    rate, low, high = (table[name].to_numpy() for name in ("rate", "rate_low", "rate_high"))
    return _mean(np.asarray(_distance(rate, low, high, analysis)), chances)


def _half_width(target: Target, e: IntArray, a: IntArray, n: IntArray, analysis: Analysis) -> float:
    """Return the half width of the interval of one outcome."""
    if not a.any():  # nothing that counts was read
        return 0.5 if analysis.side == "both" else math.nan
    sizes = target.population
    options = analysis.level_each, analysis.side, analysis.method
    own = target.own if target.size_known else None
    if own is not None and (own == sizes).all():
        limits = known_size_limits(_ints(e), _ints(n), _ints(sizes), *options)
    else:
        limits = random_size_limits(
            _ints(e), _ints(a), _ints(n if own is None else a), _ints(n), _ints(sizes),
            None if own is None else _ints(own), *options,
        )  # fmt: skip
    weight = sizes / np.maximum(n, 1)
    rate = float((weight * e).sum() / (weight * a).sum())
    return float(_distance(rate, limits.rate_low, limits.rate_high, analysis))


def _rough_widths(
    e: IntArray, a: IntArray, n: IntArray, sizes: IntArray, analysis: Analysis
) -> FloatArray:
    """Return the half widths of the rough intervals."""
    lower, upper = tails(analysis.level_each, analysis.side)
    some = a.any(axis=1)
    widths = np.full(len(e), 0.5)
    rate, low, high = rough_limits(e[some], a[some], n, sizes, lower_tail=lower, upper_tail=upper)
    widths[some] = np.maximum(_distance(rate, low, high, analysis), 0.5 / float(sizes.sum()))
    return widths


def _distance(rate: object, low: object, high: object, analysis: Analysis) -> FloatArray:
    """Return half the width, or how far the one limit is from the estimate."""
    r, low_, high_ = (np.asarray(each, dtype=np.float64) for each in (rate, low, high))
    if analysis.side == "both":
        return np.asarray((high_ - low_) / 2)
    return np.asarray(high_ - r if analysis.side == "upper" else r - low_)


def _mean(widths: FloatArray, chances: FloatArray) -> float:
    """Return the mean over the outcomes that have an interval."""
    there = ~np.isnan(widths)
    if not there.any():
        return math.nan
    return float((widths[there] * chances[there]).sum() / chances[there].sum())


def _ints(values: IntArray | FloatArray) -> tuple[int, ...]:
    return tuple(round(float(value)) for value in values)
