"""One group's counts by stratum, and which of the two kinds of rate they make."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.estimates.limits import (
    Limits,
    census_limits,
    known_size_limits,
    random_size_limits,
    with_totals,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS: Final = 20  # ways of splitting the missing files that are tried for a ratio


@dataclass(frozen=True, slots=True)
class Cells:
    """One group's counts by stratum; ``read`` counts the stratum's cases in whatever group."""

    population: NDArray[np.int64]
    domain_population: NDArray[np.int64] | None
    read: NDArray[np.int64]
    reviewed: NDArray[np.int64]
    found: NDArray[np.int64]
    correct: NDArray[np.int64]
    missing: NDArray[np.int64]
    errors: NDArray[np.int64]
    applicable: NDArray[np.int64]

    @property
    def size(self) -> float:
        """Cases of the group in the register; nan where it does not tell."""
        return math.nan if self.domain_population is None else int(self.domain_population.sum())

    @property
    def whole_strata(self) -> bool:
        """Whether the group is a union of strata."""
        own = self.domain_population
        return own is not None and bool((own == self.population).all())

    @property
    def census(self) -> bool:
        """Whether every case of the group was read."""
        return bool((self.read == self.population).all()) or (
            self.domain_population is not None
            and bool((self.reviewed == self.domain_population).all())
        )

    @property
    def size_known(self) -> bool:
        """Whether the rate's denominator is the register's number of cases."""
        return self.domain_population is not None and self.counts_all(self.applicable)

    def counts_all(self, applicable: NDArray[np.int64]) -> bool:
        """Whether every case that was read in the group counts."""
        return bool((applicable == self.reviewed).all())

    def limits(
        self,
        errors: NDArray[np.int64],
        applicable: NDArray[np.int64],
        level: float,
        analysis: Analysis,
    ) -> Limits:
        """Return the limits for these counts; the total's too, where the register tells."""
        side, method = analysis.side, analysis.method
        own = self.domain_population
        if self.census:
            return census_limits(int(errors.sum()), int(applicable.sum()), method)
        if own is not None and self.whole_strata and self.counts_all(applicable):
            return known_size_limits(
                _plain(errors), _plain(self.read), _plain(own), level, side, method
            )
        known = own if own is not None and self.counts_all(applicable) else None
        limits = random_size_limits(
            _plain(errors),
            _plain(applicable),
            _plain(self.reviewed),
            _plain(self.read),
            _plain(self.population),
            None if known is None else _plain(known),
            level,
            side,
            method,
        )
        least = int(errors.sum())
        if known is not None:
            most = known.sum() - (self.reviewed - errors).sum()
            return with_totals(limits, size=int(known.sum()), least=least, most=int(most))
        # The erroneous cases are themselves cases of the whole strata, whose sizes are known.
        total = known_size_limits(
            _plain(errors), _plain(self.read), _plain(self.population), level, side, method
        )
        high = total.total_high
        if own is not None:
            high = min(high, int(own.sum() - (self.reviewed - errors).sum()))
        return replace(limits, total_low=total.total_low, total_high=high)


def missing_as_errors(missing: NDArray[np.int64], *, every_step: bool) -> list[NDArray[np.int64]]:
    """Return ways of counting the missing files as errors: none, all, and for a ratio between.

    Limits over a known denominator are monotone in the errors, so its extremes are enough.
    """
    total = int(missing.sum())
    counts = {0, total}
    if every_step:
        counts |= {round(total * step / _STEPS) for step in range(_STEPS)}
    before = np.concatenate([[0], np.cumsum(missing)[:-1]])
    return [np.clip(count - before, 0, missing) for count in sorted(counts)]


def _plain(values: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
