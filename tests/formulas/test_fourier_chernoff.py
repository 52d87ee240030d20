"""Fourier-Chernoff bounds: each theorem's inequality in numbers, and limits of the point tests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import hypergeom

from sampleaudit.formulas.chernoff_cells import Key, build_cells, chernoff_table, fourier_table
from sampleaudit.formulas.chernoff_dual import Multipliers, Problems, best_multipliers
from sampleaudit.formulas.chernoff_strata import build_stratum, log_bounds
from sampleaudit.formulas.chernoff_terms import fourier_terms
from sampleaudit.formulas.fourier_chernoff import proved_upper
from sampleaudit.formulas.profile import upper_limit

Floats = NDArray[np.float64]


@pytest.mark.parametrize("decay", [0.01, 0.3, 2.0])
@pytest.mark.parametrize("count", [2, 3, 8, 45])
def test_the_polynomial_lies_above_the_damped_indicator(decay: float, count: int) -> None:
    """Theorem 1: F(y) >= 1{y >= 0} exp(-l y) at a fine grid, with equality at 0, ..., P - 1."""
    F = polynomial(decay, count)
    y = np.linspace(-2 * count, 3 * count, 20_001)
    indicator = np.where(y >= 0, np.exp(-decay * np.maximum(y, 0)), 0.0)
    assert -1e-12 <= (F(y) - indicator).min()
    nodes = np.arange(1, count)
    periodic = np.exp(-decay * nodes) / (1 - np.exp(-decay * count))
    np.testing.assert_allclose(F(nodes.astype(float)), periodic, rtol=1e-9, atol=1e-12)


def polynomial(decay: float, count: int) -> Callable[[Floats], Floats]:
    """Return F, from the coefficients as the theorem writes them."""
    k = np.arange(1 - count, count)
    q = np.exp(-decay - 2j * np.pi * k / count)
    A = 1 / (1 - q)
    B = decay / np.expm1(decay) - decay * q / (1 - q)
    c = ((1 - np.abs(k) / count) * A + np.sign(k) * B / (2j * np.pi)) / count
    size = np.abs(c)
    a = np.append(size[count - 1], 2 * size[count:])
    np.testing.assert_allclose(a, fourier_terms(decay, count), rtol=1e-12)
    return lambda y: (c * np.exp(2j * np.pi * np.multiply.outer(y, k) / count)).sum(axis=1).real


def test_the_sum_of_products_is_above_the_tail() -> None:
    """Theorem 2: random independent variables, random lambda, Delta and number of terms."""
    rng = np.random.default_rng(11)
    for _ in range(300):
        values = [rng.normal(1.0, 2.0, rng.integers(2, 6)) for _ in range(rng.integers(1, 4))]
        chances = [rng.dirichlet(np.ones(len(v))) for v in values]
        total, chance = np.zeros(1), np.ones(1)
        for v, p in zip(values, chances, strict=True):
            total = np.add.outer(total, v).ravel()
            chance = np.multiply.outer(chance, p).ravel()
        exact = chance[total <= 0].sum()
        rate, step, count = rng.uniform(0.05, 2), rng.uniform(0.05, 2), int(rng.integers(1, 30))
        u = 2 * np.pi * np.arange(count) / (count * step)
        bound = fourier_terms(rate * step, count)
        for v, p in zip(values, chances, strict=True):
            bound = bound * np.abs(np.exp(-np.outer(rate + 1j * u, v)) @ p)
        assert exact <= bound.sum() + 1e-12


@pytest.mark.parametrize(("n", "N"), [(1, 5), (6, 40), (12, 300), (25, 50), (3, 2500), (1, 900)])
def test_a_bins_raised_chord_is_above_every_caseload_of_the_bin(n: int, N: int) -> None:
    """The log of |E_T exp(-(lambda + iu) g(X; T))| from scipy's probabilities, for every T.

    In the last two designs T between the rows are bounded without being looked at (theorem 4).
    """
    stratum = build_stratum(n, N)
    assert (len(stratum.errors) < N + 1) == (N > 100 * n)
    g = stratum.statistic(0.3 / N, 0.05 * N / n)
    u = np.array([0.0, 0.7, 2.9]) * n / N
    rate = np.full(3, 1.2 * n / N)
    points = log_bounds(stratum, g[None], rate, u)
    right = np.arange(len(stratum.first))
    wide = np.flatnonzero(stratum.last > stratum.first)
    right[wide] = len(stratum.first) + np.arange(len(wide))
    begin, end = stratum.errors[stratum.first], stratum.errors[stratum.last]
    for T in range(N + 1):
        b = np.searchsorted(begin, T, side="right") - 1
        chance = hypergeom.pmf(np.arange(n + 1), N, T, n)
        exact = np.log(np.abs(np.exp(-np.outer(rate + 1j * u, g[b])) @ chance))
        share = (T - begin[b]) / max(end[b] - begin[b], 1)
        chord = (1 - share) * points[:, b] + share * points[:, right[b]]
        assert (exact <= chord + 1e-9).all(), T


@pytest.mark.parametrize(("n", "N"), [(1, 400), (3, 900), (8, 5000), (40, 20_000)])
def test_between_rows_an_expectation_is_near_its_chord(n: int, N: int) -> None:
    """Theorem 4, with random complex functions of the count."""
    rng = np.random.default_rng(5)
    stratum = build_stratum(n, N)
    sparse = np.flatnonzero(stratum.doubt)
    y = np.arange(n + 1)
    for row in rng.choice(sparse, 12):
        h = rng.normal(size=n + 1) + 1j * rng.normal(size=n + 1)
        bend = np.zeros(n + 1)
        bend[1:-1] = np.abs(h[2:] - 2 * h[1:-1] + h[:-2])
        allowed = stratum.doubt[row] * (stratum.chance[row] @ (y * (n - y) * bend))
        a, b = stratum.errors[row], stratum.errors[row + 1]
        at_a, at_b = stratum.chance[row] @ h, stratum.chance[row + 1] @ h
        for T in range(a + 1, b):
            s = (T - a) / (b - a)
            exact = hypergeom.pmf(y, N, T, n) @ h
            assert abs(exact - (1 - s) * at_a - s * at_b) <= allowed + 1e-12


def test_the_bound_holds_for_every_caseload_of_a_cell() -> None:
    """Theorem 3: the dual bound is above the product's size wherever the caseload may be."""
    rng = np.random.default_rng(7)
    n, N = np.array([4, 3]), np.array([19, 33])
    key = Key((4, 3), (19, 33), 0.025)
    cells = build_cells(key)
    caseloads = np.array(list(product(range(20), range(34))))
    spread = (N - n) / (n * (N - 1))
    V = (spread * caseloads * (N - caseloads)).sum(axis=1)
    checked = 0
    for _ in range(60):
        cell, t = int(rng.integers(len(cells.scale))), float(rng.integers(1, 50))
        x = rng.integers(0, n + 1)
        allowed = caseloads[
            (caseloads.sum(axis=1) >= t)
            & (cells.lowest[cell] <= V)
            & (cells.highest[cell] >= V)
            & (caseloads >= x).all(axis=1)
            & (caseloads <= N - n + x).all(axis=1)
        ]
        rate, _, table = fourier_table(key, cell, 5, 0)
        K = len(table)
        problems = Problems(
            table + rate * cells.found(cell, x),
            np.full(K, t),
            np.full(K, cells.lowest[cell]),
            np.full(K, cells.highest[cell]),
            np.full(K, cells.scale[cell]),
        )
        start = Multipliers(rng.uniform(0, 3, K) / cells.scale[cell], np.zeros(K), np.zeros(K))
        found = best_multipliers(cells.points, problems, start, steps=int(rng.integers(0, 9)))
        for T in allowed[rng.permutation(len(allowed))[:20]]:
            exact = log_sizes(key, cell, T, x, K)
            assert (exact <= found.bound + 1e-9).all()
            checked += 1
    assert checked > 100


def log_sizes(key: Key, cell: int, T: Floats, x: Floats, K: int) -> Floats:
    """Return log prod |E_T exp(-(lambda + i u)(g(X; T) - g(x; T)))| of the table's frequencies."""
    cells = build_cells(key)
    rate, _, _ = fourier_table(key, cell, 5, 0)
    tried, _ = chernoff_table(key)
    spread = np.sqrt(-2 * np.log(key.tail)) / tried[cell, 5]
    u = 2 * np.pi * np.arange(K) / (K * 0.2 * spread)  # the first shape's Delta
    result = np.zeros(K)
    for h, stratum in enumerate(cells.strata):
        g = stratum.statistic(cells.kappa[cell], cells.gamma[cell])[stratum.bin_of[T[h]]]
        chance = stratum.chance[T[h]]
        size = np.abs(np.exp(-np.outer(rate + 1j * u, g - g[x[h]])) @ chance)
        result += np.log(size + 1e-300)
    return result


EXHAUSTIVE = [
    pytest.param((24, 14), (5, 4), id="24,14;5,4"),
    pytest.param((20, 5), (4, 4), id="20,5;4,4"),
    pytest.param((14, 6), (5, 1), id="14,6;5,1"),
    pytest.param((9, 8, 6), (3, 2, 2), id="9,8,6;3,2,2"),
]


@pytest.mark.parametrize("tail", [0.025, 0.1, 0.7])
@pytest.mark.parametrize(("population", "reviewed"), EXHAUSTIVE)
def test_no_caseload_is_missed_more_often_than_the_tail(
    population: tuple[int, ...], reviewed: tuple[int, ...], tail: float
) -> None:
    """Every outcome, every caseload: P(T above the limit) <= tail."""
    n, N = np.array(reviewed), np.array(population)
    outcomes = np.array(list(product(*(range(v + 1) for v in reviewed))))
    high = np.array([proved_upper(x, n, N, tail=tail) for x in outcomes])
    for T in product(*(range(v + 1) for v in population)):
        P = np.ones(len(outcomes))
        for h, t in enumerate(T):
            P *= hypergeom.pmf(outcomes[:, h], N[h], t, n[h])
        assert P[sum(T) > high].sum() <= tail + 1e-12, T


@pytest.mark.parametrize("x", [(0, 1, 12), (6, 4, 2), (1, 0, 0)])
def test_beyond_the_limit_the_exact_tail_of_the_statistic_is_small(x: tuple[int, ...]) -> None:
    """P_T(G_T(X) <= G_T(x)) <= tail by enumeration at N = 1000, 300, 50, n = 40, 30, 25.

    For random caseloads beyond the limit and for those that a local search makes the worst.
    """
    rng = np.random.default_rng(3)
    reviewed, population = (25, 30, 40), (50, 300, 1000)  # in the order the cells are kept
    n, N, found = np.array(reviewed), np.array(population), np.array(x[::-1])
    limit = proved_upper(found, n, N, tail=0.025)
    key = Key(reviewed, population, 0.025)
    worst = 0.0
    for _ in range(6):
        T = beyond(limit + 1, found, n, N, rng)
        p = exact_tail(key, T, found)
        for step in (30, 8, 2):
            for to, away in permutations(range(3), 2):
                moved = T.copy()
                moved[to] += step
                moved[away] -= step
                if (moved >= found).all() and (moved <= N - n + found).all():
                    other = exact_tail(key, moved, found)
                    T, p = (moved, other) if other > p else (T, p)
        worst = max(worst, p)
    assert worst <= 0.025


def beyond(
    total: int,
    x: NDArray[np.int64],
    n: NDArray[np.int64],
    N: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return a random caseload of this total that x is possible in."""
    T = x.copy()
    shares = rng.dirichlet(np.ones(3))
    while T.sum() < total:
        h = rng.choice(3, p=shares)
        T[h] += min(T[h] < (N - n + x)[h], 1)
        shares = 0.98 * shares + 0.02 / 3
    return T


def exact_tail(key: Key, T: NDArray[np.int64], x: NDArray[np.int64]) -> float:
    """Return P_T(G_T(X) <= G_T(x)) of the caseload's own cell."""
    cells = build_cells(key)
    V = sum(s.spread * t * (N - t) for s, t, N in zip(cells.strata, T, key.population, strict=True))
    cell = int(np.flatnonzero((cells.lowest <= V) & (cells.highest >= V))[0])
    total, chance, own = np.zeros(1), np.ones(1), 0.0
    for s, t, k in zip(cells.strata, T, x, strict=True):
        g = s.statistic(cells.kappa[cell], cells.gamma[cell])[s.bin_of[t]]
        own += g[k]
        total, chance = (
            np.add.outer(total, g).ravel(),
            np.multiply.outer(chance, s.chance[t]).ravel(),
        )
    return float(chance[total <= own + 1e-9 * abs(own)].sum())


WIDTHS = [
    # design, errors found, the most that its half-width may be over the plain profile's; measured
    # here, a hundredth above
    pytest.param((500, 300, 200), (50, 30, 20), (5, 3, 2), 1.10, id="500,300,200, one in ten"),
    pytest.param((1000, 300, 50), (40, 30, 25), (4, 3, 3), 1.21, id="1000,300,50, one in ten"),
]


@pytest.mark.parametrize(("population", "reviewed", "errors", "most"), WIDTHS)
def test_the_width_stays_near_the_profile_intervals(
    population: tuple[int, ...], reviewed: tuple[int, ...], errors: tuple[int, ...], most: float
) -> None:
    """A bound is only of use when it is close: the upper half-width against the profile's."""
    N, n, x = np.array(population), np.array(reviewed), np.array(errors)
    s = (N / n * x).sum()
    profile = upper_limit(x, n, N, tail=0.025, delta=0.0) - s
    assert proved_upper(x, n, N, tail=0.025) - s <= most * profile


def test_the_order_of_the_strata_does_not_matter() -> None:
    x, n, N = np.array([1, 0, 3]), np.array([6, 5, 7]), np.array([90, 40, 90])
    expected = proved_upper(x, n, N, tail=0.05)
    for order in permutations(range(3)):
        o = list(order)
        assert expected == proved_upper(x[o], n[o], N[o], tail=0.05)


def test_a_higher_level_has_a_higher_limit() -> None:
    x, n, N = np.array([2, 1]), np.array([30, 20]), np.array([900, 300])
    limits = [proved_upper(x, n, N, tail=tail) for tail in (0.2, 0.1, 0.05, 0.025, 0.005, 0.0005)]
    assert limits == sorted(limits)


def test_no_errors_all_errors_and_one_case_read_are_ordinary() -> None:
    n, N = np.array([20, 1, 8]), np.array([400, 60, 100])
    assert proved_upper(n, n, N, tail=0.025) == 560
    none = proved_upper(np.zeros(3, dtype=np.int64), n, N, tail=0.025)
    assert 0 < none < 560 - 29
