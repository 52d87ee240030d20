"""What must hold of the engines for several strata, whatever the design: formulas, not estimates.

Designs of up to thirty strata, read in part, in full or not at all, on exact lattices and on
grids; and small ones against the definition of the default limits, scanned in plain loops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, exp, prod

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sampleaudit.formulas.guaranteed import guaranteed_limits
from sampleaudit.formulas.lattice import build_lattice
from sampleaudit.formulas.profile import margin, profile_limits

Row = tuple[int, ...]
SETTINGS = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)
TAILS = (0.25, 0.1, 0.05, 0.025, 0.005, 0.00005)
PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


@dataclass(frozen=True)
class Counts:
    """Errors, cases read and cases in the register, an entry for each stratum."""

    errors: Row
    reviewed: Row
    population: Row

    @property
    def correct(self) -> Counts:
        """The same sample with errors and correct exchanged."""
        errors = tuple(n - x for x, n in zip(self.errors, self.reviewed, strict=True))
        return replace(self, errors=errors)

    @property
    def size(self) -> int:
        """Cases in the register."""
        return sum(self.population)

    def with_error(self, stratum: int) -> Counts:
        """Return the same sample with one correct case of a stratum an error."""
        errors = tuple(x + (h == stratum) for h, x in enumerate(self.errors))
        return replace(self, errors=errors)

    def with_stratum(self, errors: int, reviewed: int, population: int) -> Counts:
        """Return the sample with one more stratum, the first."""
        return Counts(
            (errors, *self.errors), (reviewed, *self.reviewed), (population, *self.population)
        )

    def ordered(self, order: list[int]) -> Counts:
        """Return the same strata in another order."""
        columns = (self.errors, self.reviewed, self.population)
        return Counts(*(tuple(column[h] for h in order) for column in columns))

    def profile(self, tail: float = 0.025) -> tuple[int, int]:
        """Return the limits of the default method, the same tail on either side."""
        return profile_limits(
            self.errors, self.reviewed, self.population, lower_tail=tail, upper_tail=tail
        )

    def guaranteed(self, tail: float = 0.025) -> tuple[int, int]:
        """Return the guaranteed limits, the same tail on either side."""
        low, high, _ = guaranteed_limits(
            self.errors, self.reviewed, self.population, lower_tail=tail, upper_tail=tail
        )
        return low, high


@st.composite
def designs(
    draw: st.DrawFn, *, strata: int = 30, cases: int = 900, read: int = 30, ends: bool = True
) -> Counts:
    """Draw a sample of up to so many strata; if ``ends``, some are read whole or not at all."""
    sizes = st.integers(1, cases)
    population = draw(st.lists(sizes, min_size=2, max_size=strata))
    reviewed = [draw(st.integers(0 if ends else 1, min(N, read))) for N in population]
    if not ends:
        reviewed = [min(n, max(1, N - 1)) for n, N in zip(reviewed, population, strict=True)]
    rate = draw(st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.5, 1.0]))
    errors = [min(n, round(draw(st.floats(0, 2)) * rate * n)) for n in reviewed]
    return Counts(tuple(errors), tuple(reviewed), tuple(population))


@st.composite
def on_a_grid(draw: st.DrawFn) -> Counts:
    """Draw strata whose sample sizes have no common multiple short enough for an exact lattice."""
    reviewed = draw(st.lists(st.sampled_from(PRIMES), min_size=4, max_size=9, unique=True))
    population = [draw(st.integers(n + 1, 1_500)) for n in reviewed]
    errors = [draw(st.integers(0, n)) for n in reviewed]
    assume(not build_lattice(np.array(reviewed), np.array(population)).exact)
    return Counts(tuple(errors), tuple(reviewed), tuple(population))


@st.composite
def small(draw: st.DrawFn) -> Counts:
    """Draw two or three strata of at most twelve cases, read in part."""
    population = draw(st.lists(st.integers(2, 12), min_size=2, max_size=3))
    most = (0, 0, 8, 4)[len(population)]
    reviewed = [draw(st.integers(1, min(N - 1, most))) for N in population]
    errors = [draw(st.integers(0, n)) for n in reviewed]
    return Counts(tuple(errors), tuple(reviewed), tuple(population))


Limits = Callable[[Counts, float], tuple[int, int]]


@dataclass(frozen=True)
class Engine:
    """An engine, the designs it is tried on, and how many of them."""

    limits: Limits
    drawn: st.SearchStrategy[Counts]
    examples: int

    @property
    def settings(self) -> settings:
        """The settings of its tests."""
        return settings(SETTINGS, max_examples=self.examples)


MOSTLY_PROVED = designs(strata=4, cases=120, read=12)
ENGINES = [
    pytest.param(Engine(Counts.profile, designs(strata=6), 6), id="profile"),
    pytest.param(Engine(Counts.profile, on_a_grid(), 3), id="profile on a grid"),
    pytest.param(Engine(Counts.guaranteed, small(), 30), id="enumerated"),
    pytest.param(Engine(Counts.guaranteed, MOSTLY_PROVED, 6), id="mostly proved"),
    pytest.param(
        Engine(Counts.profile, designs(), 40), marks=pytest.mark.slow, id="profile, thirty strata"
    ),
    pytest.param(
        Engine(Counts.profile, on_a_grid(), 40), marks=pytest.mark.slow, id="more on a grid"
    ),
    pytest.param(
        Engine(Counts.guaranteed, MOSTLY_PROVED, 40), marks=pytest.mark.slow, id="more proved"
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_limits_are_possible_and_hold_the_estimate(engine: Engine):
    """Errors found <= low <= estimate <= high <= cases less the correct found."""

    @engine.settings
    @given(engine.drawn, st.sampled_from(TAILS))
    def check(counts: Counts, tail: float):
        low, high = engine.limits(counts, tail)
        read = [k for k, n in enumerate(counts.reviewed) if n]
        estimate = sum(counts.population[k] * counts.errors[k] / counts.reviewed[k] for k in read)
        unread = counts.size - sum(counts.population[k] for k in read)
        assert sum(counts.errors) <= low <= estimate + 1
        assert estimate - 1 <= high - unread
        assert high <= counts.size - sum(counts.correct.errors)

    check()


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_and_correct_exchanged_mirror(engine: Engine):
    """The limits for the correct cases are the same, counted from the other end."""

    @engine.settings
    @given(engine.drawn)
    def check(counts: Counts):
        low, high = engine.limits(counts, 0.025)
        assert (counts.size - high, counts.size - low) == engine.limits(counts.correct, 0.025)

    check()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_order_of_the_strata_does_not_matter(engine: Engine):
    """Strata shuffled give the very same limits."""

    @engine.settings
    @given(engine.drawn, st.data())
    def check(counts: Counts, data: st.DataObject):
        order = data.draw(st.permutations(range(len(counts.population))))
        assert engine.limits(counts, 0.025) == engine.limits(counts.ordered(list(order)), 0.025)

    check()


@pytest.mark.parametrize("engine", ENGINES)
def test_one_error_more_never_lowers_a_limit(engine: Engine):
    """A correct case that turns out to be an error raises both limits, or leaves them."""

    @engine.settings
    @given(engine.drawn, st.data())
    def check(counts: Counts, data: st.DataObject):
        correct = [h for h, number in enumerate(counts.correct.errors) if number]
        assume(correct)
        more = counts.with_error(data.draw(st.sampled_from(correct)))
        (low, high), (lower, higher) = engine.limits(counts, 0.025), engine.limits(more, 0.025)
        assert low <= lower
        assert high <= higher

    check()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_higher_level_never_gives_a_shorter_interval(engine: Engine):
    """The limits at 80, 90, 95 and 99 % contain each other."""

    @engine.settings
    @given(engine.drawn)
    def check(counts: Counts):
        pairs = [engine.limits(counts, tail) for tail in (0.1, 0.05, 0.025, 0.005)]
        lows, highs = zip(*pairs, strict=True)
        assert sorted(lows, reverse=True) == list(lows)
        assert sorted(highs) == list(highs)

    check()


@pytest.mark.parametrize("engine", ENGINES)
def test_known_strata_shift_and_unread_ones_widen(engine: Engine):
    """A census stratum adds its errors to both limits, an unread one all its cases to the upper."""

    @engine.settings
    @given(engine.drawn, st.integers(1, 500), st.floats(0, 1))
    def check(counts: Counts, size: int, share: float):
        low, high = engine.limits(counts, 0.025)
        errors = round(share * size)
        census = counts.with_stratum(errors, size, size)
        assert (low + errors, high + errors) == engine.limits(census, 0.025)
        assert (low, high + size) == engine.limits(counts.with_stratum(0, 0, size), 0.025)

    check()


@cache
def chances(population: Row, reviewed: Row) -> dict[Row, dict[Row, float]]:
    """Return the probability of every outcome in every caseload: exact whole numbers, divided."""
    samples = prod(comb(N, n) for N, n in zip(population, reviewed, strict=True))
    outcomes = list(product(*(range(n + 1) for n in reviewed)))

    def ways(x: Row, T: Row) -> int:
        rows = zip(x, T, reviewed, population, strict=True)
        return prod(comb(t, k) * comb(N - t, n - k) for k, t, n, N in rows)

    caseloads = product(*(range(N + 1) for N in population))
    return {T: {x: ways(x, T) / samples for x in outcomes} for T in caseloads}


def defined_upper(counts: Counts, tail: float) -> int:
    """Return the default upper limit by its definition: every total, caseload and outcome.

    The last total t at which some caseload has P(S <= s) above the tail, of those whose likelihood
    is within exp(-delta) of the best of that total; the largest over x with errors left out.
    """
    table = chances(counts.population, counts.reviewed)
    partly = [n for n, N in zip(counts.reviewed, counts.population, strict=True) if 0 < n < N]
    delta = margin(np.array(partly)) if partly else 0.0
    weights = [Fraction(N, n) for N, n in zip(counts.population, counts.reviewed, strict=True)]
    estimates = {
        y: sum(w * k for w, k in zip(weights, y, strict=True)) for y in table[(0,) * len(weights)]
    }
    last = 0
    for fewer in product(*(range(k + 1) for k in counts.errors)):
        below = [y for y, s in estimates.items() if s <= estimates[fewer]]
        for t in range(last + 1, counts.size + 1):
            likely = [(p[fewer], p) for T, p in table.items() if sum(T) == t and p[fewer] > 0]
            least = max((each for each, _ in likely), default=0.0) * exp(-delta) * (1 - 1e-9)
            worst = max(
                (sum(p[y] for y in below) for each, p in likely if each >= least), default=0
            )
            if worst > tail * (1 - 1e-12):
                last = t
    return last


@settings(SETTINGS, max_examples=25)
@given(small(), st.sampled_from([0.1, 0.05, 0.025, 0.005]))
def test_small_designs_have_the_limits_of_the_definition(counts: Counts, tail: float):
    """The full scan over totals and the lower limit as its mirror."""
    expected = (
        counts.size - defined_upper(counts.correct, tail),
        defined_upper(counts, tail),
    )
    assert expected == counts.profile(tail)
