"""One side of a comparison as counts by stratum, made from findings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.errors import AuditError
from sampleaudit.estimates.counts import (
    Groups,
    IndicatorCounts,
    count_outcomes,
    refuse_chosen_reading_order,
    stratum_of_cases,
    whole_caseload,
)
from sampleaudit.findings import ANY_ERROR, Findings, any_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENDLESS: Final = 10_000.0
"""The process behind a caseload is asked about as a register so many times as large: the shares of
the strata stay, and hardly any of it was read."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison, counts by stratum of one sample.

    ``read`` counts the cases of the stratum that were read, ``reviewed`` those of them on this
    side, ``applicable`` those that count and ``errors`` those with an error. ``population`` is the
    stratum's number in the register, ``own`` this side's, None where the register does not tell.
    """

    errors: NDArray[np.int64]
    applicable: NDArray[np.int64]
    reviewed: NDArray[np.int64]
    missing: int
    read: NDArray[np.int64]
    population: NDArray[np.int64]
    own: NDArray[np.int64] | None

    @property
    def size(self) -> float:
        """Cases in the register; nan where it does not tell."""
        return math.nan if self.own is None else float(self.own.sum())

    @property
    def open(self) -> int:
        """Strata of this side that were read in part."""
        return int(((self.reviewed > 0) & (self.read < self.population)).sum())

    @property
    def unread(self) -> int:
        """Strata with cases of this side, as far as is known, of which nothing was read."""
        has = self.population > 0 if self.own is None else self.own > 0
        return int((has & (self.read == 0)).sum())

    @property
    def unread_share(self) -> float:
        """The share of its cases in strata where none of them was read; 0 where it is not known."""
        if self.own is None or not self.own.sum():
            return 0.0
        return float(self.own[self.reviewed == 0].sum() / self.own.sum())

    @property
    def census(self) -> bool:
        """Whether every case of this side was read."""
        if self.own is None:
            return bool((self.read == self.population).all())
        return bool((self.reviewed == self.own).all())

    @property
    def whole(self) -> bool:
        """Whether this side is a union of strata and all its cases count."""
        return (
            self.own is not None
            and bool(((self.own == 0) | (self.own == self.population)).all())
            and self.counts_all
        )

    @property
    def counts_all(self) -> bool:
        """Whether every case that was read counts."""
        return bool((self.applicable == self.reviewed).all())

    @property
    def rate(self) -> float:
        """The estimated rate, as `estimate_rates` has it; nan where there is none."""
        if self.unread or not self.applicable.sum():
            return math.nan
        if self.census:
            return float(self.errors.sum() / self.applicable.sum())
        each = np.where(self.read > 0, self.population, 0)
        of = np.maximum(self.read, 1)
        # multiplied before divided, so that a stratum read in full adds exactly its errors
        return float((self.errors * each / of).sum() / (self.applicable * each / of).sum())

    def padded(self, before: int, after: int) -> Arm:
        """Return the arm with empty strata before and after its own."""

        def wide(values: NDArray[np.int64]) -> NDArray[np.int64]:
            return np.pad(values, (before, after))

        return Arm(
            errors=wide(self.errors),
            applicable=wide(self.applicable),
            reviewed=wide(self.reviewed),
            missing=self.missing,
            read=wide(self.read),
            population=wide(self.population),
            own=None if self.own is None else wide(self.own),
        )

    def cells(self, *, process: bool) -> tuple[NDArray[np.float64], ...]:
        """Return e, a, A and q of each stratum: see `sampleaudit.formulas.sides`."""
        e, a = self.errors.astype(np.float64), self.applicable.astype(np.float64)
        n, size = self.read.astype(np.float64), self.population.astype(np.float64)
        more = ENDLESS if process else 1.0
        if self.census and not process:
            return e, a, a, np.zeros_like(a)
        weight = np.where(n > 0, size / np.maximum(n, 1), 0.0)
        share = a / np.maximum(n, 1)
        left = 1.0 if process else (size - n) / np.maximum(size - 1, 1)
        q = np.zeros_like(a) if self.whole else weight**2 * a * (1 - share) * left
        counting = np.where(a == n, size, weight * a)
        return e, a, np.where(a > 0, counting, 0.0) * more, q * more**2


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows of a table tell of an arm, summed up once: properties and sums of `Arm`."""

    errors: int
    applicable: int
    reviewed: int
    missing: int
    size: float
    rate: float
    open: int
    unread: int
    unread_share: float
    census: bool
    whole: bool
    as_strata: bool  # whether its cells are strata of known size in which all cases count


def facts_of(arm: Arm) -> Facts:
    """Return what is asked of an arm in each of its comparisons."""
    return Facts(
        errors=int(arm.errors.sum()),
        applicable=int(arm.applicable.sum()),
        reviewed=int(arm.reviewed.sum()),
        missing=arm.missing,
        size=arm.size,
        rate=arm.rate,
        open=arm.open,
        unread=arm.unread,
        unread_share=arm.unread_share,
        census=arm.census,
        whole=arm.whole,
        as_strata=arm.own is not None and arm.counts_all,
    )


def arms_of(
    findings: Findings, indicator: str, groups: Groups, *, missing: MissingRule
) -> list[Arm]:
    """Return each group's counts for one indicator; the whole caseload's stand last."""
    sample = findings.sample
    outcomes = (
        any_error(findings.outcome_table())
        if indicator == ANY_ERROR
        else findings.outcomes(indicator)
    )
    strata = stratum_of_cases(sample)
    refuse_chosen_reading_order(findings, indicator, outcomes, strata)
    sizes = sample.strata["population"].to_numpy()
    found = []
    for each in (groups, whole_caseload(sample)):
        counts = count_outcomes(outcomes, strata, len(sizes), each)
        found += [_arm(counts, place, each, sizes, missing) for place in range(len(each.labels))]
    return found


def rest_of(arm: Arm, everything: Arm) -> Arm:
    """Return what is left of the whole caseload without one arm."""
    return Arm(
        errors=everything.errors - arm.errors,
        applicable=everything.applicable - arm.applicable,
        reviewed=everything.reviewed - arm.reviewed,
        missing=everything.missing - arm.missing,
        read=arm.read,
        population=arm.population,
        own=None if arm.own is None else arm.population - arm.own,
    )


def with_errors(
    arm: Arm, errors: NDArray[np.int64], applicable: NDArray[np.int64] | None = None
) -> Arm:
    """Return the arm with other cases as its errors, and as those that count."""
    return replace(
        arm,
        errors=errors,
        applicable=arm.applicable if applicable is None else applicable,
        missing=0,
    )


def indicator_names(indicators: str | Sequence[str] | None, *, of: Findings) -> list[str]:
    """Return the indicators to compare: those named, or all, ``any error`` last."""
    if indicators is None:
        return [*of.indicators, ANY_ERROR]
    names = [indicators] if isinstance(indicators, str) else list(indicators)
    for name in names:
        if name != ANY_ERROR:
            of.outcomes(name)  # refuses an unknown indicator
    if not names:
        raise AuditError("indicators is empty; name at least one, or leave it out for all.")
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise AuditError(f"indicators names {twice[0]!r} twice; name each indicator once.")
    return names


def _arm(
    counts: IndicatorCounts,
    place: int,
    groups: Groups,
    sizes: NDArray[np.int64],
    missing: MissingRule,
) -> Arm:
    lost = counts.missing[place]
    return Arm(
        errors=counts.errors[place] + lost * (missing == "error"),
        applicable=counts.errors[place] + counts.correct[place] + lost * (missing != "exclude"),
        reviewed=counts.reviewed[place],
        missing=int(lost.sum()),
        read=counts.read,
        population=sizes,
        own=None if groups.population is None else groups.population[place],
    )
