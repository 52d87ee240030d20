"""Tails from few frequencies or all, against the plain transform of the lattice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.formulas.lattice import Lattice, build_lattice, lower_tails
from sampleaudit.formulas.spectrum import build_spectrum

DESIGNS = {
    "two": ([20, 10], [60, 40]),
    "five": ([80, 60, 60, 50, 40], [4000, 2500, 1500, 800, 200]),
    "twelve": ([30] * 12, [5000, 4000, 3000, 2000, 1500, 1200, 1000, 800, 600, 400, 300, 200]),
    "ninety-eight": ([22, 23] * 49, [600 + 7 * h for h in range(98)]),
}


def lattice_of(name: str) -> Lattice:
    n, N = DESIGNS[name]
    return build_lattice(np.array(n), np.array(N))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.15, 0.5, 1.0])
@pytest.mark.parametrize("name", DESIGNS)
def test_tails_are_those_of_the_full_transform(name: str, share: float):
    """To 1e-14 a stratum, below, around and above the mean."""
    lattice = lattice_of(name)
    T = np.rint(share * lattice.population).astype(np.int64)
    middle = int(lattice.mean(T))
    for at in (0, int(0.7 * middle), middle, int(1.2 * middle), lattice.top):
        expected = lower_tails(lattice, T[None], np.array([at]))[0]
        spectrum = build_spectrum(lattice, T, at)
        assert expected == pytest.approx(spectrum.tail(T), abs=1e-14 * len(T))
        assert expected == pytest.approx(spectrum.tail_and_worth(T)[0], abs=1e-14 * len(T))


@pytest.mark.parametrize("share", [0.02, 0.3])
@pytest.mark.parametrize("name", DESIGNS)
def test_a_case_is_worth_the_change_of_the_tail(name: str, share: float):
    """Half the difference between one error more and one less, in every stratum."""
    lattice = lattice_of(name)
    T = np.maximum(np.rint(share * lattice.population).astype(np.int64), 1)
    at = int(0.8 * lattice.mean(T))
    worth = build_spectrum(lattice, T, at).tail_and_worth(T)[1]
    for h in range(0, len(T), 7):
        more, less = T.copy(), T.copy()
        more[h] += 1
        less[h] -= 1
        tails = lower_tails(lattice, np.stack([more, less]), np.array([at, at]))
        assert (tails[0] - tails[1]) / 2 == pytest.approx(worth[h], abs=1e-13)


def test_many_strata_need_few_frequencies():
    """Of thousands, under a hundred are summed; a rare error keeps them all."""
    lattice = lattice_of("ninety-eight")
    common = np.rint(0.2 * lattice.population).astype(np.int64)
    few = build_spectrum(lattice, common, int(lattice.mean(common)))
    assert len(few.waves) < 100 < few.length // 2
    rare = np.zeros_like(common)
    rare[:3] = 1
    assert build_spectrum(lattice, rare, 0).phases is None


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 400)), min_size=2, max_size=30),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_what_serves_a_caseload_is_right_for_it(
    strata: list[tuple[int, int]], share: float, seed: int
):
    """A spectrum made for one caseload, used for another that it says it serves."""
    n = np.array([read for read, _ in strata])
    N = n + np.array([rest for _, rest in strata])
    lattice = build_lattice(n, N)
    T = np.rint(share * N).astype(np.int64)
    at = int(0.9 * lattice.mean(T))
    spectrum = build_spectrum(lattice, T, at)
    other = np.clip(T + np.random.default_rng(seed).integers(-3, 4, len(T)), 0, N)
    assert spectrum.serves(T)
    if spectrum.serves(other):
        expected = lower_tails(lattice, other[None], np.array([at]))[0]
        assert expected == pytest.approx(spectrum.tail(other), abs=1e-14 * max(len(T), 5))


def test_a_caseload_far_away_is_not_served():
    """Another mean, or less variance than the choice of frequencies counted on."""
    lattice = lattice_of("ninety-eight")
    T = np.rint(0.2 * lattice.population).astype(np.int64)
    spectrum = build_spectrum(lattice, T, int(0.9 * lattice.mean(T)))
    assert not spectrum.serves(np.rint(0.7 * lattice.population).astype(np.int64))
    assert not spectrum.serves(np.where(np.arange(len(T)) % 2, T, 0))
