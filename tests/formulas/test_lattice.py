"""Places of the counts, and tails of their sum against every outcome."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.lattice import build_lattice, lower_tails, tails_given

NINETY_EIGHT = ([22, 23] * 49, [600 + 7 * h for h in range(98)])


def exact_tail(places: np.ndarray, n: list[int], N: list[int], T: list[int], at: int) -> float:
    """P(S' <= at), every outcome in exact fractions."""
    total = Fraction(0)
    for x in product(*[range(read + 1) for read in n]):
        if sum(int(places[h, k]) for h, k in enumerate(x)) <= at:
            p = Fraction(1)
            for h, k in enumerate(x):
                p *= Fraction(comb(T[h], k) * comb(N[h] - T[h], n[h] - k), comb(N[h], n[h]))
            total += p
    return float(total)


def test_places_are_the_smallest_whole_numbers_in_proportion():
    """Weights 3 and 4 for N = 60, 40 and n = 20, 10."""
    lattice = build_lattice(np.array([20, 10]), np.array([60, 40]))
    assert lattice.exact
    assert [0, 3, 6] == lattice.places[0, :3].tolist()
    assert [0, 4, 8] == lattice.places[1, :3].tolist()
    assert 100 == lattice.top
    assert 1.0 == lattice.step


def test_equal_sampling_fractions_count_errors():
    """Weight 10 in all strata: S' is the number of errors found."""
    lattice = build_lattice(np.array([50, 30, 20]), np.array([500, 300, 200]))
    assert 100 == lattice.top
    assert 10.0 == lattice.step


def test_many_different_sample_sizes_do_not_overflow():
    """The least common multiple of 1, ..., 98 has 41 digits: a grid takes its place."""
    n = np.arange(1, 99)
    lattice = build_lattice(n, 40 * n + 1)
    assert not lattice.exact
    assert bool((np.diff(lattice.places, axis=1) >= 0).all())


def test_the_lattice_of_a_grid_is_near_the_weights():
    """Each weight is within half a step of w_h, and every count has that many steps."""
    n, N = (np.array(a) for a in NINETY_EIGHT)
    lattice = build_lattice(n, N)
    assert not lattice.exact
    assert np.abs(lattice.weights * lattice.step - N / n).max() <= lattice.step * 0.5000001
    assert (lattice.weights * n).tolist() == lattice.places[:, -1].tolist()
    assert (lattice.weights * 7).tolist() == lattice.places[:, 7].tolist()


def test_rounding_the_weights_hardly_moves_the_estimate():
    """The deviation of S' - S / step stays under 1/50 of that of S, whatever the rate."""
    n, N = (np.array(a) for a in NINETY_EIGHT)
    lattice = build_lattice(n, N)
    for rate in (0.02, 0.2, 0.5):
        T = np.rint(rate * N).astype(np.int64)
        off = lattice.weights * lattice.step - N / n
        moved = float((off**2 * lattice.spread(T)).sum()) ** 0.5
        assert moved <= 0.02 * float(lattice.variance(T)) ** 0.5


def test_outcomes_with_the_same_estimate_share_a_place():
    """4 x 3 = 3 x 4: four errors in the first stratum weigh as much as three in the second."""
    lattice = build_lattice(np.array([20, 10]), np.array([60, 40]))
    places = lattice.place(np.array([[4, 0], [0, 3], [4, 1]]))
    assert [12, 12, 16] == places.tolist()


@pytest.mark.parametrize(
    ("n", "N"),
    [([4, 3], [9, 8]), ([3, 2, 4], [7, 11, 4 * 3]), ([1, 1], [30, 3]), ([5, 3, 2], [101, 67, 53])],
)
def test_tails_are_the_sums_over_all_outcomes(n: list[int], N: list[int]):
    """Every threshold of a few caseloads, exact fractions, to 1e-14."""
    lattice = build_lattice(np.array(n), np.array(N))
    for share in (0.0, 0.1, 0.5, 1.0):
        T = [round(share * size) for size in N]
        for at in np.unique(lattice.places.sum(axis=0)).tolist():
            expected = exact_tail(lattice.places, n, N, T, at)
            found = lower_tails(lattice, np.array([T]), np.array([at]))[0]
            assert expected == pytest.approx(found, abs=1e-14)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.03, 0.5, 0.97])
def test_the_short_transform_loses_nothing(share: float):
    """98 strata: the tails are those of adding one stratum after another, without transforms."""
    n, N = (np.array(a) for a in NINETY_EIGHT)
    lattice = build_lattice(n, N)
    T = np.floor(N * share).astype(np.int64)
    density = np.zeros(lattice.top + 1)
    density[0] = 1.0
    for h in range(len(n)):
        chances = [
            comb(int(T[h]), k) * comb(int(N[h] - T[h]), int(n[h]) - k) / comb(int(N[h]), int(n[h]))
            for k in range(int(n[h]) + 1)
        ]
        added = np.zeros_like(density)
        for k, p in enumerate(chances):
            place = int(lattice.places[h, k])
            added[place:] += p * density[: len(density) - place]
        density = added
    below = density.cumsum()
    middle = int((density * np.arange(len(density))).sum())
    at = np.clip(np.array([0, middle - 900, middle - 300, middle, middle + 500]), 0, lattice.top)
    found = lower_tails(lattice, np.repeat(T[None], len(at), axis=0), at)
    assert below[at] == pytest.approx(found, abs=1e-13)


def test_a_threshold_beyond_the_mass_has_tail_zero_or_one():
    """Long before and long after the mass of S'."""
    n, N = (np.array(a) for a in NINETY_EIGHT)
    lattice = build_lattice(n, N)
    T = np.repeat((N // 5)[None], 2, axis=0)
    assert [0, 1] == pytest.approx(lower_tails(lattice, T, np.array([0, lattice.top])), abs=1e-14)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 300)), min_size=2, max_size=6))
def test_tails_rise_to_one(strata: list[tuple[int, int]]):
    """A distribution function, whatever the design."""
    n = np.array([read for read, _ in strata])
    N = n + np.array([rest for _, rest in strata])
    lattice = build_lattice(n, N)
    at = np.linspace(0, lattice.top, 9).astype(np.int64)
    tails = lower_tails(lattice, np.repeat((N // 3)[None], 9, axis=0), at)
    assert bool((np.diff(tails) >= -1e-13).all())
    assert 1 == pytest.approx(tails[-1], abs=1e-13)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.6])
@pytest.mark.parametrize(
    ("n", "N"), [([4, 3], [9, 8]), ([5, 3, 2], [101, 67, 53]), NINETY_EIGHT], ids=["2", "3", "98"]
)
def test_tails_given_one_count_add_up_to_the_tail(n: list[int], N: list[int], share: float):
    """P(S' <= s) is the sum of P(X_h = k) P(S' <= s | X_h = k), whatever the stratum."""
    lattice = build_lattice(np.array(n), np.array(N))
    T = np.floor(np.array(N) * share).astype(np.int64)
    middle = int((lattice.places[:, -1] * T / np.array(N)).sum())
    for at in (0, middle, middle + lattice.top // 9):
        expected = lower_tails(lattice, T[None], np.array([at]))[0]
        given_count = tails_given(lattice, T, at)
        for h in (0, len(n) - 1):
            chances = pmf(int(T[h]), n[h], N[h])
            assert expected == pytest.approx(chances @ given_count[h, : n[h] + 1], abs=1e-13)
