"""Fourier-Chernoff bounds: each theorem's inequality in numbers, and limits of the point tests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import hypergeom

from sampleaudit.formulas.chernoff_cells import Key, build_cells, fourier_table
from sampleaudit.formulas.chernoff_dual import Certified, lowest_totals
from sampleaudit.formulas.chernoff_outcome import read_outcome
from sampleaudit.formulas.chernoff_strata import (
    Stratum,
    build_family,
    build_stratum,
    chernoff_bounds,
    fourier_bounds,
)
from sampleaudit.formulas.chernoff_terms import fourier_terms
from sampleaudit.formulas.fourier_chernoff import proved_upper
from sampleaudit.formulas.profile import upper_limit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


@pytest.mark.parametrize(
    ("n", "N"), [(1, 5), (6, 40), (12, 300), (25, 50), (3, 2500), (1, 900), (20, 2500)]
)
def test_a_bins_raised_chord_is_above_every_caseload_of_the_bin(n: int, N: int) -> None:
    """The log of |E_T exp(-(lambda + i k u) g(X; T))| from scipy's probabilities, for every T.

    In the last designs T between the rows are bounded without being looked at (theorem 4). The
    stratum is worked on together with a larger one of the same n, and comes second.
    """
    stratum, other = build_stratum(n, N, 3), build_stratum(n, 2 * N, 3)
    assert any(block.apart.any() for block in stratum.blocks) == (N >= 24 * n)
    family = build_family([other, stratum])
    kappa, gamma, rate, u = 0.3 / N, 0.05 * N / n, 1.2 * n / N, 0.4 * n / N
    statistic = family.statistic(kappa, gamma)
    points = fourier_bounds(family, statistic, rate, u, 9)[:, len(other.point_bin) :]
    plain = chernoff_bounds(family, statistic[None], np.array([rate]))[0, len(other.point_bin) :]
    right = np.arange(len(stratum.first))
    wide = np.flatnonzero(stratum.last > stratum.first)
    right[wide] = len(stratum.first) + np.arange(len(wide))
    y = np.arange(n + 1)
    for b in range(len(stratum.first)):
        first, last = stratum.first[b], stratum.last[b]
        T = np.arange(first, last + 1)
        chance = hypergeom.pmf(y, N, T[:, None], n)
        g = stratum.weight * y + kappa * stratum.scatter - gamma * stratum.deviance[b]
        exact = np.log(np.abs(chance @ np.exp(-np.outer(g, rate + 1j * u * np.arange(9)))))
        share = ((T - first) / max(last - first, 1))[:, None]
        chord = (1 - share) * points[:, b] + share * points[:, right[b]]
        assert (exact <= chord + 1e-9).all(), b
        chord = (1 - share[:, 0]) * plain[b] + share[:, 0] * plain[right[b]]
        assert (exact[:, 0] <= chord + 1e-9).all(), b


@pytest.mark.parametrize(("n", "N"), [(2, 400), (3, 900), (8, 5000), (20, 3000)])
def test_between_rows_an_expectation_is_near_its_chord(n: int, N: int) -> None:
    """Theorem 4, with random functions of the count: complex ones, and above with real ones."""
    rng = np.random.default_rng(5)
    blocks = [block for block in build_stratum(n, N, 3).blocks if block.doubt is not None]
    y = np.arange(n + 1)
    checked = 0
    for block in blocks:
        assert block.doubt is not None
        bins, rows = np.nonzero(block.apart)
        for at in rng.choice(len(bins), 8):
            place = bins[at], rows[at]
            real = rng.normal(size=n + 1)
            h = real + 1j * rng.normal(size=n + 1)
            a, b = block.errors[place], block.errors[bins[at], rows[at] + 1]
            T = np.arange(a, b + 1)
            chance = hypergeom.pmf(y, N, T[:, None], n)
            share = (T - a) / (b - a)
            allowed = block.doubt[place] @ np.abs(np.diff(h, 2))
            off = chance @ h - (1 - share) * (chance[0] @ h) - share * (chance[-1] @ h)
            assert (np.abs(off) <= allowed + 1e-12).all()
            allowed = block.doubt[place] @ np.maximum(-np.diff(real, 2), 0.0)
            off = chance @ real - (1 - share) * (chance[0] @ real) - share * (chance[-1] @ real)
            assert (off <= allowed + 1e-12).all()
            checked += len(T) - 2
    assert checked > 100


TAIL = 0.025
BETA = 0.004
"""Of the tail: the share that caseloads are rejected outright with."""


@pytest.mark.parametrize(
    ("n", "N"), [((3, 4), (33, 19)), ((1, 4), (40, 26)), ((1, 1), (30, 30)), ((7, 2), (36, 15))]
)
def test_what_is_certified_holds_for_every_caseload_of_a_cell(
    n: tuple[int, ...], N: tuple[int, ...]
) -> None:
    """Theorems 2 and 3: every caseload of a certified total has a sum of products below the tail.

    Whatever multipliers the search begins with, and after however many rounds it stops.
    """
    rng, tail = np.random.default_rng(7), 0.2
    order = np.lexsort((n, N))
    key = Key(tuple(np.array(n)[order].tolist()), tuple(np.array(N)[order].tolist()))
    reads, sizes = np.array(key.reviewed), np.array(key.population)
    cells = build_cells(key)
    caseloads = np.array(list(product(*(range(size + 1) for size in sizes))))
    spread = (sizes - reads) / (reads * (sizes - 1))
    V = (spread * caseloads * (sizes - caseloads)).sum(axis=1)
    checked = 0
    for _ in range(150):
        x = rng.integers(0, reads + 1)
        outcome = read_outcome(key, x, tail=tail)
        cell, place = int(rng.choice(outcome.possible)), int(rng.integers(8, 28))
        rate, terms, table = fourier_table(key, cell, place, 0.2, tail)
        K = len(terms)
        problems = outcome.problems(np.full(K, cell), table, np.full(K, rate), terms, K)
        start = Certified(
            np.array([outcome.guess]), rng.uniform(0, 4, K) / cells.scale[cell], np.zeros(K)
        )
        found = lowest_totals(
            outcome.points,
            problems,
            start,
            least=outcome.least,
            most=outcome.most,
            enough=-np.inf,
            rounds=int(rng.integers(0, 12)),
        )
        rejected = caseloads[
            (caseloads.sum(axis=1) >= found.total[0])
            & (cells.lowest[cell] <= V)
            & (cells.highest[cell] >= V)
        ]
        for T in rng.permutation(rejected)[:30]:
            if not rejected_outright(T, x, reads, sizes, tail):
                sizes_of = products(key, cell, T, x, rate, frequency(key, cell, place, tail), K)
                assert (np.exp(terms) * sizes_of).sum() <= tail * (1 - BETA) * (1 + 1e-9)
                checked += 1
    assert checked > 50


def frequency(key: Key, cell: int, place: int, tail: float) -> float:
    """Return u = 2 pi / (P Delta), Delta a fifth of the spread that lambda's place stands for."""
    suited = build_cells(key).rate[cell] * 2.0 ** (-2.5 + place / 8)
    return float(2 * np.pi / (4.0 * np.sqrt(-2 * np.log(tail)) / suited))


def products(
    key: Key, cell: int, T: Ints, x: Ints, rate: float, frequency: float, K: int
) -> Floats:
    """Return prod |E_T exp(-(lambda + i k u)(g(X; T) - g(x; T)))| for k < K."""
    cells = build_cells(key)
    result = np.ones(K)
    for stratum, t, k, (n, N) in zip(cells.strata, T, x, key.strata(), strict=True):
        g = statistic(stratum, t, cells.kappa[cell], cells.gamma[cell])
        chance = hypergeom.pmf(np.arange(n + 1), N, t, n)
        waves = np.exp(-np.outer(rate + 1j * frequency * np.arange(K), g - g[k]))
        result *= np.abs(waves @ chance)
    return result


def statistic(stratum: Stratum, t: int, kappa: float, gamma: float) -> Floats:
    """Return g(y; T) for every count."""
    b = np.flatnonzero((stratum.first <= t) & (t <= stratum.last))[0]
    linear = stratum.weight * np.arange(len(stratum.scatter)) + kappa * stratum.scatter
    return np.asarray(linear - gamma * stratum.deviance[b])


def rejected_outright(T: Ints, x: Ints, n: Ints, N: Ints, tail: float) -> bool:
    """Tell whether a count is in either tail of its own, beta / 2H of the tail each."""
    low = hypergeom.cdf(x, N, T, n)
    high = hypergeom.sf(x - 1, N, T, n)
    return bool(min(low.min(), high.min()) <= tail * BETA / (2 * len(x)) * (1 + 1e-9))


EXHAUSTIVE = [
    pytest.param((24, 14), (5, 4), id="24,14;5,4"),
    pytest.param((20, 5), (4, 4), id="20,5;4,4"),
    pytest.param((14, 6), (5, 1), id="14,6;5,1"),
    pytest.param((9, 6, 5), (2, 1, 1), id="9,6,5;2,1,1"),
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
    """P_T(G_T(X) <= G_T(x)) by enumeration at N = 1000, 300, 50, n = 40, 30, 25.

    At most what outright rejection leaves of the tail, for random caseloads beyond the limit and
    for those that a local search makes the worst.
    """
    rng = np.random.default_rng(3)
    reviewed, population = (25, 30, 40), (50, 300, 1000)  # in the order the cells are kept
    n, N, found = np.array(reviewed), np.array(population), np.array(x[::-1])
    limit = proved_upper(found, n, N, tail=TAIL)
    key = Key(reviewed, population)
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
    assert worst <= TAIL * (1 - BETA)


def beyond(
    total: int,
    x: Ints,
    n: Ints,
    N: Ints,
    rng: np.random.Generator,
) -> Ints:
    """Return a random caseload of this total that x is possible in."""
    T = x.copy()
    shares = rng.dirichlet(np.ones(3))
    while T.sum() < total:
        h = rng.choice(3, p=shares)
        T[h] += min(T[h] < (N - n + x)[h], 1)
        shares = 0.98 * shares + 0.02 / 3
    return T


def exact_tail(key: Key, T: Ints, x: Ints) -> float:
    """Return P_T(G_T(X) <= G_T(x)) of the caseload's own cell, 0 if it is rejected outright."""
    cells = build_cells(key)
    n, N = np.array(key.reviewed), np.array(key.population)
    if rejected_outright(T, x, n, N, TAIL):
        return 0.0
    V = sum(s.spread * t * (size - t) for s, t, size in zip(cells.strata, T, N, strict=True))
    cell = int(np.flatnonzero((cells.lowest <= V) & (cells.highest >= V))[0])
    total, chance, own = np.zeros(1), np.ones(1), 0.0
    for s, t, k, read, size in zip(cells.strata, T, x, n, N, strict=True):
        g = statistic(s, t, cells.kappa[cell], cells.gamma[cell])
        own += g[k]
        mass = hypergeom.pmf(np.arange(read + 1), size, t, read)
        total, chance = np.add.outer(total, g).ravel(), np.multiply.outer(chance, mass).ravel()
    return float(chance[total <= own + 1e-9 * abs(own)].sum())


WIDTHS = [
    # design, errors found, the most that its half-width may be over the plain profile's; measured
    # here, a hundredth above
    pytest.param((500, 300, 200), (50, 30, 20), (5, 3, 2), 1.08, id="500,300,200, one in ten"),
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


def test_where_every_reviewed_case_has_an_error_the_limit_is_every_case() -> None:
    """The variance of the likeliest caseload is 0 then; in a pair of strata it was divided by."""
    for n, N in (((36, 24), (1200, 720)), ((1, 1), (30, 2)), ((1, 3), (2, 9))):
        reviewed, population = np.array(n), np.array(N)
        assert proved_upper(reviewed, reviewed, population, tail=0.0125) == population.sum()


def test_one_case_of_each_stratum_is_ordinary() -> None:
    """No variance can be estimated there; the limits are in order all the same."""
    n, N = np.array([1, 1, 1]), np.array([300, 40, 2])
    limits = [proved_upper(np.array(x), n, N, tail=0.1) for x in ((0, 0, 0), (0, 1, 0), (1, 1, 1))]
    assert limits == sorted(limits)
    assert limits[-1] == 342
