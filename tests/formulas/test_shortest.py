"""One stratum, shortest: coverage and length by enumeration, order over counts and levels."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampleaudit.formulas import shortest
from sampleaudit.formulas.enumerated import enumerated_limits
from sampleaudit.formulas.hypergeometric import IntArray, interval_table, pmf
from sampleaudit.formulas.shortest import LEVELS, is_tabulable, shortest_limits, shortest_table

Limits = tuple[IntArray, IntArray]
DESIGNS = [(100, 10), (200, 20), (300, 22), (100, 50), (500, 100), (1000, 50), (1000, 500)]
BETWEEN = (0.5, 0.7, 0.85, 0.925, 0.97, 0.98, 0.995, 0.9999)


@pytest.mark.parametrize(
    ("population", "reviewed", "errors", "expected"),
    [
        (100, 10, 3, (10, 60)),
        (200, 20, 5, (22, 94)),
        (500, 100, 0, (0, 14)),
        (500, 100, 3, (5, 39)),
        (500, 100, 20, (69, 139)),
        (1000, 50, 5, (42, 217)),
        (5000, 300, 50, (644, 1057)),
    ],
)
def test_limits_of_bartroff_lorden_and_wang(
    population: int, reviewed: int, errors: int, expected: tuple[int, int]
):
    """95 %: the most probable counts of each T, moved up where they fall (2022).

    Worked out with cumulative sums over scipy's hypergeom.pmf and a loop over T.
    """
    assert expected == shortest_limits(errors, reviewed, population, level=0.95)


def coverage(limits: Limits, n: int, N: int, T: int) -> Fraction:
    """Return the probability, exactly, that T lies within the limits."""
    low, high = limits
    inside = [k for k in range(n + 1) if low[k] <= T <= high[k]]
    return Fraction(sum(comb(T, k) * comb(N - T, n - k) for k in inside), comb(N, n))


@pytest.mark.parametrize("level", ["0.5", "0.8", "0.9", "0.93", "0.95", "0.99", "0.9999"])
def test_every_caseload_is_covered(level: str):
    """All designs of up to 14 cases, in exact fractions: never below the level, not by a digit."""
    for N in range(2, 15):
        for n in range(1, N):
            limits = shortest_table(n, N, level=float(level))
            assert Fraction(level) <= min(coverage(limits, n, N, T) for T in range(N + 1))


@pytest.mark.parametrize("level", ["0.9", "0.95", "0.99"])
@pytest.mark.parametrize(("population", "reviewed"), DESIGNS[:5])
def test_larger_caseloads_are_covered(population: int, reviewed: int, level: str):
    """In exact fractions, with half of the cases read too, where samples mirror each other."""
    limits = shortest_table(reviewed, population, level=float(level))
    for T in range(population + 1):
        assert Fraction(level) <= coverage(limits, reviewed, population, T)


def fewest(n: int, N: int, level: float) -> int:
    """Return how many counts must be accepted in all, those of T = N / 2 mirroring themselves."""
    total = 0
    for T in range(N + 1):
        below = np.concatenate([[0.0], np.cumsum(pmf(T, n, N))])
        for number in range(1, n + 2):
            held = below[number:] - below[:-number]
            if 2 * T == N:
                middle, odd = divmod(n + 1 - number, 2)
                held = held[[middle]] if not odd else np.zeros(1)
            if held.max() > level + 1e-12:
                break
        total += number
    return total


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("population", "reviewed"), DESIGNS)
def test_no_valid_intervals_are_shorter_in_all(population: int, reviewed: int, level: float):
    """At the usual levels: together as long as the fewest counts that must be accepted."""
    low, high = shortest_table(reviewed, population, level=level)
    assert fewest(reviewed, population, level) == (high - low + 1).sum()


@pytest.mark.parametrize("level", BETWEEN)
@pytest.mark.parametrize(("population", "reviewed"), DESIGNS)
def test_other_levels_cost_hardly_more(population: int, reviewed: int, level: float):
    """From 80 % up less than one per cent more than the fewest counts, two per cent below."""
    low, high = shortest_table(reviewed, population, level=level)
    least = fewest(reviewed, population, level)
    assert least <= (high - low + 1).sum() <= least * (1.02 if level < 0.8 else 1.01)


def test_no_longer_than_blaker_s_at_the_usual_levels():
    """Blaker (2000), by `enumerated`; with half of the cases read five per cent shorter."""
    for population, reviewed in DESIGNS[:6]:
        for level in LEVELS:
            assert length(shortest_table(reviewed, population, level=level)) <= length(
                blaker(reviewed, population, level)
            )
    half = length(shortest_table(50, 100, level=0.95)), length(blaker(50, 100, 0.95))
    assert half[0] < 0.96 * half[1]


def blaker(n: int, N: int, level: float) -> Limits:
    """Return Blaker's limits for every count."""
    rows = [
        enumerated_limits(np.array([x]), np.array([n]), np.array([N]), alpha=1 - level)
        for x in range(n + 1)
    ]
    low, high = np.array(rows).T
    return low, high


def length(limits: Limits) -> int:
    return int((limits[1] - limits[0]).sum())


@st.composite
def designs(draw: st.DrawFn) -> tuple[int, int]:
    population = draw(st.integers(2, 400))
    return draw(st.integers(1, population - 1)), population


@settings(max_examples=60, deadline=None, derandomize=True)
@given(designs(), st.lists(st.floats(0.01, 0.99999), min_size=3, max_size=3))
def test_limits_rise_with_the_count_mirror_and_grow_with_the_level(
    design: tuple[int, int], levels: list[float]
):
    """For any three levels and the usual ones; the estimate and all that is possible are kept."""
    n, N = design
    x = np.arange(n + 1)
    tables = [shortest_table(n, N, level=level) for level in sorted([*levels, *LEVELS])]
    for low, high in tables:
        assert (np.diff(low) >= 0).all()
        assert (np.diff(high) >= 0).all()
        assert (N - high[::-1]).tolist() == low.tolist()
        assert ((x <= low) & (low * n <= x * N) & (x * N <= high * n) & (high <= N - n + x)).all()
    for (low, high), (lower, higher) in pairwise(tables):
        assert (lower <= low).all()
        assert (high <= higher).all()


def test_a_level_next_to_one_keeps_all_that_is_possible():
    """Nothing but the counts themselves excludes a total then."""
    low, high = shortest_table(3, 10, level=1 - 1e-16)
    assert [0, 1, 2, 3] == low.tolist()
    assert [7, 8, 9, 10] == high.tolist()


@pytest.mark.parametrize(
    ("population", "reviewed", "expected"),
    [(10_000, 400, True), (10_000, 5_000, True), (20_000, 600, True), (10**7, 1, False)],
)
def test_which_designs_are_small_enough(population: int, reviewed: int, *, expected: bool):
    """By the number of probabilities that have to be looked at."""
    assert expected == is_tabulable(reviewed, population)


@pytest.mark.slow
def test_lengths_beside_tail_inversion_and_blaker(capsys: pytest.CaptureFixture[str]):
    """Print the mean lengths for the record of the decision."""
    rows = []
    for N, n in [*DESIGNS, (5000, 300), (10_000, 400)]:
        for level in (0.9, 0.95, 0.99):
            tail = (1 - level) / 2
            tables = [
                interval_table(n, N, lower_tail=tail, upper_tail=tail),
                blaker(n, N, level),
                shortest_table(n, N, level=level),
            ]
            means = " | ".join(f"{length(table) / (n + 1):.2f}" for table in tables)
            rows.append(f"| {N}; {n} | {level} | {means} |")
    show(capsys, "tail inversion, Blaker, shortest", rows)


@pytest.mark.slow
def test_what_keeping_the_levels_in_order_costs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Print how often levels made the shortest each on its own are out of order, and the cost."""
    rng = np.random.default_rng(9)
    levels = sorted([*LEVELS, *BETWEEN])
    sizes = [int(N) for N in rng.integers(20, 1500, 60)]
    drawn = [(N, int(rng.integers(2, N // 2 + 1))) for N in sizes]
    kept = [[shortest_table(n, N, level=level) for level in levels] for N, n in drawn]
    alone = [[by_itself(n, N, level, monkeypatch) for level in levels] for N, n in drawn]
    crossed = [
        int(np.maximum(lower - low, high - higher).max())
        for tables in alone
        for (low, high), (lower, higher) in pairwise(tables)
    ]
    wrong = sum(
        int((lower > low).sum() + (high > higher).sum())
        for tables in alone
        for (low, high), (lower, higher) in pairwise(tables)
    )
    number = sum(2 * (n + 1) * (len(levels) - 1) for _, n in drawn)
    rows = [f"{wrong} of {number} limits, the worst by {max(crossed)} cases"]
    for at, level in enumerate(levels):
        cost = [length(a[at]) / length(b[at]) for a, b in zip(kept, alone, strict=True)]
        rows.append(f"| {level} | {np.mean(cost):.5f} | {max(cost):.4f} |")
        assert max(cost) < 1.01
    show(capsys, "out of order when each on its own; length of those in order over theirs", rows)


def by_itself(n: int, N: int, level: float, monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Return the limits of a level that keeps to no other."""
    table: Callable[..., Limits] = shortest_table.__wrapped__
    with monkeypatch.context() as patch:
        patch.setattr(shortest, "LEVELS", (level,))
        return table(n, N, level=level)


def show(capsys: pytest.CaptureFixture[str], heading: str, rows: list[str]) -> None:
    with capsys.disabled():
        print("", heading, *rows, sep="\n")  # noqa: T201 (evidence for the decision)
