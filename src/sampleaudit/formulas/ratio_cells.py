"""What was found of a rate with a random denominator, by category and stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampleaudit.formulas.ratio_law import Design

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Cases found by category (errors, correct, and others where those are not known), n, N.

    ``sizes`` are what the categories add up to in the register: N, or the domain's size.
    """

    counts: Counts
    reviewed: Counts
    population: Counts
    sizes: Counts

    def mirrored(self) -> Cells:
        """Let errors and correct change places."""
        order = [1, 0, *range(2, len(self.counts))]
        return Cells(self.counts[order], self.reviewed, self.population, self.sizes)

    def ordered(self) -> Cells:
        """Sort the strata, so that their order cannot move a limit by a rounding error."""
        order = np.lexsort([*self.counts, self.reviewed, self.sizes, self.population])
        return self.where(order)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Cells:
        """Take some of the strata."""
        return Cells(
            self.counts[:, chosen],
            self.reviewed[chosen],
            self.population[chosen],
            self.sizes[chosen],
        )

    def problem(self) -> tuple[Design, NDArray[np.float64]]:
        """Set apart census strata, as they are, and strata of which no case was read, as errors."""
        census = self.reviewed == self.population
        unread = (self.reviewed == 0) & ~census
        random = self.where(~census & ~unread)
        known = self.counts[:2, census].sum(axis=1) + np.array([self.sizes[unread].sum(), 0])
        design = Design(
            reviewed=random.reviewed.astype(np.float64),
            population=random.population.astype(np.float64),
            sizes=random.sizes.astype(np.float64),
            known=known.astype(np.float64),
        )
        return design, random.counts.astype(np.float64)


def ratio_cells(
    errors: ArrayLike, applicable: ArrayLike, reviewed: ArrayLike, population: ArrayLike
) -> Cells:
    """Return the cells where the numbers of applicable cases are unknown."""
    e, a, n, N = (_whole(each) for each in (errors, applicable, reviewed, population))
    return Cells(np.stack([e, a - e, n - a]), n, N, N)


def domain_cells(
    errors: ArrayLike,
    reviewed: ArrayLike,
    domain_population: ArrayLike,
    sampled: ArrayLike,
    population: ArrayLike,
) -> Cells:
    """Return the cells of a domain of known size, in the strata that have cases of it."""
    e, a, n, N = (_whole(each) for each in (errors, reviewed, sampled, population))
    A = _whole(domain_population)
    there = A > 0
    return Cells(np.stack([e, a - e])[:, there], n[there], N[there], A[there])


def estimate(design: Design, counts: Floats) -> float:
    """Return errors over errors and correct cases, each stratum's by its weight."""
    errors, correct = counts[:2] @ design.weights + design.known
    return float(errors / (errors + correct))


def possible(design: Design, counts: Floats) -> tuple[float, float]:
    """Return the smallest and the largest rate of a caseload with these findings."""
    found, others = counts[:2].sum(axis=1) + design.known, counts[2:].sum()
    rest = float(design.sizes.sum() - counts[:2].sum() - others)
    everyone = float(found.sum()) + rest
    return float(found[0]) / everyone, float(found[0] + rest) / everyone


def _whole(values: ArrayLike) -> Counts:
    return np.atleast_1d(np.asarray(values)).astype(np.int64)
