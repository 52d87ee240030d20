"""The proved limit of a difference: each inequality of its proof, in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from sampleaudit.formulas.difference_bins import build_bins, log_bounds
from sampleaudit.formulas.difference_problem import build_problem, known_part, strata_of
from sampleaudit.formulas.difference_proved import (
    _CELLS,
    _cells,
    _Search,
    proved_tail,
    proved_upper,
)

TAIL = 0.025
A = ([2, 1], [12, 8], [60, 30])
B = ([3, 2], [10, 6], [40, 24])


@pytest.mark.parametrize("seed", range(4))
def test_no_expectation_is_above_its_bin_s_raised_chord(seed: int):
    """Every T of strata of all sizes, for one frequency and for many."""
    rng = np.random.default_rng(seed)
    for _ in range(3):
        N = int(rng.integers(3, 1500))
        n = int(rng.integers(1, min(N, 60)))
        bins, w = build_bins(n, N), N / n
        deviation, y, T = w * np.sqrt(n) / 2, np.arange(n + 1), np.arange(N + 1)
        assert list(T) == [
            t for a, b in zip(bins.first, bins.last, strict=True) for t in T[a : b + 1]
        ]
        v = w**2 * y * (n - y) / max(n - 1, 1)
        g = w * y + rng.uniform(0, 0.5) / deviation * v
        g = g - rng.uniform(0, 0.1) * deviation * bins.deviance
        rate = np.full(12, rng.uniform(0.3, 3) / deviation)
        step = 2 * np.pi / 12 / (rng.uniform(0.1, 0.4) * deviation)
        chance = hypergeom.pmf(y, N, T[:, None], n)
        home = np.searchsorted(bins.last, T)
        width = np.maximum(bins.last - bins.first, 1)[home]
        share = ((T - bins.first[home]) / width)[:, None]
        for rates, frequency in (
            (rate, step * np.arange(12)),
            (rate * np.linspace(0.5, 2, 12), None),
        ):
            low, high = log_bounds(bins, g, rates, frequency)
            u = np.zeros(12) if frequency is None else frequency
            wave = np.exp(-(rates + 1j * u)[:, None, None] * g[home])
            size = np.log(np.abs((chance * wave).sum(axis=2)) + 1e-300).T
            assert (low.T[home] * (1 - share) + high.T[home] * share >= size).all()


def test_caseloads_beyond_the_limit_are_rejected():
    """The exact p-value, over all samples, of random caseloads with a larger difference."""
    a, b = strata_of(A), strata_of(B)
    problem = build_problem(a, b)
    limit = proved_upper(a, b, tail=TAIL) - known_part(a, b) + 1
    cells = _cells(_Search(problem, TAIL).key)
    rng = np.random.default_rng(3)
    p_values = []
    while len(p_values) < 60:
        T = rng.integers(problem.y, problem.N - problem.n + problem.y + 1)
        if limit < T @ problem.weight < limit + 0.1:
            p_values.append(p_value(problem, cells, T))
    assert max(p_values) <= TAIL
    assert max(p_values) > TAIL / 10  # and not for nothing


def p_value(problem, cells, T) -> float:
    """Return P_T(G_T(Y) <= G_T(y)) from every sample."""
    omega, N, n = problem.weight, problem.N, problem.n
    variance = (omega**2 * (N - n) / (n * (N - 1)) * T * (N - T)).sum()
    cell = int(np.flatnonzero((cells.lowest <= variance) & (variance <= cells.highest))[0])
    G, chance, found = np.zeros(1), np.ones(1), 0.0
    for h, t in enumerate(T):
        home = int(np.searchsorted(cells.bins[h].last, t))
        g = cells.statistic(h, cell)[home]
        found += g[problem.y[h]]
        G = np.add.outer(G, g).ravel()
        chance = np.outer(chance, hypergeom.pmf(np.arange(n[h] + 1), N[h], t, n[h])).ravel()
    return float(chance[found + 1e-9 >= G].sum())


def test_the_cells_cover_every_variance():
    """From 0 to more than the variance can be, without a gap."""
    problem = build_problem(strata_of(A), strata_of(B))
    cells = _cells(_Search(problem, TAIL).key)
    N, n = problem.N, problem.n
    most = (problem.weight**2 * (N - n) / (n * (N - 1)) * N**2 / 4).sum()
    assert cells.highest[0] > most
    assert cells.lowest[-1] == 0
    assert len(cells.highest) == _CELLS
    assert list(cells.lowest[:-1]) == list(cells.highest[1:])


def test_the_p_value_agrees_with_the_limit():
    """0 is beyond the limit of a tail about where the p-value is at most the tail."""
    a, b = strata_of(([1, 0], [12, 8], [60, 30])), strata_of(([6, 4], [10, 6], [40, 24]))
    p = proved_tail(a, b)
    assert 0 < p < 0.1
    assert proved_upper(a, b, tail=1.1 * p) < 0 < proved_upper(a, b, tail=0.9 * p)


def test_a_higher_level_has_the_wider_limit():
    a, b = strata_of(A), strata_of(B)
    limits = [proved_upper(a, b, tail=tail) for tail in (0.25, 0.1, 0.05, 0.025, 0.005, 5e-4)]
    assert sorted(limits) == limits
