"""The limits that every method gives, as shares of 1, by the same calls that users make.

A method that refuses a design, or does not exist for it, gives None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, cast

import numpy as np

import sampleaudit as sa
from benchmarks.coverage.designs import PLAIN, PROVED, Case, Counts, Design
from sampleaudit.analysis import tails
from sampleaudit.estimates.difference import DifferenceMethod
from sampleaudit.estimates.limits import known_size_limits, random_size_limits
from sampleaudit.formulas.difference_problem import strata_of
from sampleaudit.formulas.difference_proved import proved_upper as proved_difference
from sampleaudit.formulas.fourier_chernoff import proved_upper
from sampleaudit.formulas.profile import upper_limit


class Limits(NamedTuple):
    """Limits of a rate or a difference, and what the library says of their coverage."""

    low: float
    high: float
    guarantee: str


def total_limits(method: str, design: Design, errors: Counts, case: Case) -> Limits | None:
    """Return the limits of the whole caseload's rate for one outcome, errors by stratum."""
    level, side = case
    if method in (PLAIN, PROVED):
        return _by_upper(method, design, errors, case)
    try:
        limits = known_size_limits(errors, design.reviewed, design.population, level, side, method)
    except sa.AuditError:
        return None
    return Limits(limits.rate_low, limits.rate_high, limits.guarantee)


def ratio_limits(
    method: str, design: Design, outcome: Sequence[Counts], case: Case
) -> Limits | None:
    """Return the limits of errors over applicable cases, or of a domain's rate, for one outcome.

    ``outcome`` has errors, correct and other cases for each stratum.
    """
    level, side = case
    errors = tuple(part[0] for part in outcome)
    counted = tuple(part[0] + part[1] for part in outcome)
    inside = design.reviewed if design.domain is None else counted
    sizes = design.reviewed, design.population, design.domain
    try:
        limits = random_size_limits(errors, counted, inside, *sizes, level, side, method)
    except sa.AuditError:
        return None
    return Limits(limits.rate_low, limits.rate_high, limits.guarantee)


def difference_limits(
    method: str, first: Design, second: Design, errors: Counts, case: Case
) -> Limits | None:
    """Return the limits of the first rate less the second for one outcome of both samples."""
    level, side = case
    mine = len(first.population)
    a = errors[:mine], first.reviewed, first.population
    b = errors[mine:], second.reviewed, second.population
    if method == PROVED:
        lower, upper = tails(*case)
        one, other = strata_of(a), strata_of(b)
        high = proved_difference(one, other, tail=upper) if upper else 1.0
        low = -proved_difference(other, one, tail=lower) if lower else -1.0
        return Limits(low, high, "proved")
    try:
        found = sa.difference_interval(
            a, b, level=level, side=side, method=cast(DifferenceMethod, method)
        )
    except sa.AuditError:
        return None
    return Limits(found.low, found.high, found.guarantee)


def _by_upper(method: str, design: Design, errors: Counts, case: Case) -> Limits | None:
    """Return limits from a function for the upper one; the lower one is its mirror image."""
    if method == PROVED and not 2 <= design.open == len(errors):
        return None
    lower, upper = (tail and round(tail, 12) for tail in tails(*case))  # .05 is .05, for the cache
    cases, read, found = sum(design.population), sum(design.reviewed), sum(errors)
    correct = tuple(n - x for n, x in zip(design.reviewed, errors, strict=True))
    high = _upper(method, design, errors, upper) if upper else cases - read + found
    low = cases - _upper(method, design, correct, lower) if lower else found
    return Limits(low / cases, high / cases, "measured" if method == PLAIN else "proved")


@lru_cache(maxsize=10_000)
def _upper(method: str, design: Design, errors: Counts, tail: float) -> int:
    limit: Callable[..., int] = partial(upper_limit, delta=0.0) if method == PLAIN else proved_upper
    counts = (np.array(each) for each in (errors, design.reviewed, design.population))
    return limit(*counts, tail=tail)
