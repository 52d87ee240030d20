"""The stratified upper limit against its definition, written as loops over everything.

Every total, every caseload of it that is plausible, every outcome; nothing shared with the library
but the idea. The estimates are compared as exact fractions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, exp

import numpy as np
import pytest

from sampleaudit.formulas.profile import margin, upper_limit

Counts = tuple[int, ...]
DESIGNS: dict[str, tuple[Counts, Counts]] = {
    "two": ((12, 9), (4, 3)),
    "a large and a small stratum": ((50, 5), (4, 4)),
    "hardly read and nearly read": ((42, 6), (3, 5)),
    "one case read": ((20, 8), (1, 3)),
    "three": ((8, 6, 4), (3, 2, 2)),
    "four": ((6, 5, 4, 3), (2, 2, 1, 1)),
}
TAILS = (0.005, 0.025, 0.05, 0.10)


class Definition:
    """The upper limit of each outcome of a design, straight from the definition."""

    def __init__(self, population: Counts, reviewed: Counts, delta: float) -> None:
        self.N, self.n, self.delta = population, reviewed, delta
        self.found: dict[tuple[Counts, int], float] = {}
        self.outcomes = list(product(*[range(read + 1) for read in reviewed]))
        estimates = {
            x: sum((Fraction(N * k, n) for N, n, k in zip(population, reviewed, x, strict=True)))
            for x in self.outcomes
        }
        self.below = {
            x: [y for y in self.outcomes if estimates[y] <= estimates[x]] for x in self.outcomes
        }
        self.chances = {
            T: {x: self.chance(x, T) for x in self.outcomes}
            for T in product(*[range(size + 1) for size in population])
        }

    def chance(self, x: Counts, T: Counts) -> float:
        """Return the product of the strata's hypergeometric probabilities."""
        p = 1.0
        for k, t, n, N in zip(x, T, self.n, self.N, strict=True):
            p *= comb(t, k) * comb(N - t, n - k) / comb(N, n)
        return p

    def worst(self, x: Counts, t: int) -> float:
        """Return the largest P(S <= s) over the caseloads of total t nearly as likely as any."""
        if (x, t) not in self.found:
            self.found[x, t] = self.largest(x, t)
        return self.found[x, t]

    def largest(self, x: Counts, t: int) -> float:
        """Work out `worst`."""
        likely = [(p[x], T) for T, p in self.chances.items() if sum(T) == t and p[x] > 0]
        if not likely:
            return 0.0
        least = max(likely)[0] * exp(-self.delta) * (1 - 1e-9)
        plausible = [T for p, T in likely if p >= least]
        return max(sum(self.chances[T][y] for y in self.below[x]) for T in plausible)

    def limit(self, x: Counts, tail: float) -> int:
        """Return the last total that x, or an outcome with errors left out, does not reject."""
        below = product(*[range(k + 1) for k in x])
        totals = range(sum(self.N) + 1)
        return max(t for y in below for t in totals if self.worst(y, t) > tail * (1 - 1e-12))


@pytest.mark.parametrize("delta", [0.5, 0.0])
@pytest.mark.parametrize("name", DESIGNS)
def test_limits_are_those_of_the_definition(name: str, delta: float):
    """Every outcome, four tails: the full scan over totals, and the largest over fewer errors.

    With delta = 0 caseloads may tie for the most likely: then the definition takes the worst of
    them and the library one, so a limit may end one case earlier.
    """
    population, reviewed = DESIGNS[name]
    definition = Definition(population, reviewed, delta)
    N, n = np.array(population), np.array(reviewed)
    for tail in TAILS:
        for x in definition.outcomes:
            found = upper_limit(np.array(x), n, N, tail=tail, delta=delta)
            expected = definition.limit(x, tail)
            assert expected == found or (delta == 0.0 and expected == found + 1)


@pytest.mark.parametrize("name", DESIGNS)
def test_tails_rejected_above_the_estimate_stay_rejected(name: str):
    """The search may stop at the first total it rejects: no later one is kept."""
    population, reviewed = DESIGNS[name]
    definition = Definition(population, reviewed, 0.5)
    for tail in TAILS:
        for x in definition.outcomes:
            estimate = sum(N * k / n for N, n, k in zip(population, reviewed, x, strict=True))
            kept = [
                definition.worst(x, t) > tail
                for t in range(max(int(estimate), sum(x)), sum(population) + 1)
            ]
            assert sorted(kept, reverse=True) == kept


@pytest.mark.slow
def test_random_designs_against_the_definition(capsys: pytest.CaptureFixture[str]):
    """Never above the definition, and below it in at most one limit of a thousand."""
    rng = np.random.default_rng(5)
    short: list[int] = []
    for _ in range(60):
        H = int(rng.integers(2, 5))
        N = rng.integers(2, (0, 0, 40, 14, 8)[H], H)
        n = np.array([rng.integers(1, min(size, (0, 0, 9, 5, 4)[H])) for size in N])
        definition = Definition(tuple(N.tolist()), tuple(n.tolist()), margin(n))
        for x in definition.outcomes:
            for tail in (0.025, 0.05):
                found = upper_limit(np.array(x), n, N, tail=tail)
                short.append(definition.limit(x, tail) - found)
    with capsys.disabled():
        print(f"\n{len(short)} limits, short of the definition: {np.bincount(short)}")  # noqa: T201 (evidence for the decision)
    assert min(short) >= 0
    assert np.mean(np.array(short) > 0) <= 0.001
