"""Limits with a random denominator, against their definition written as loops."""

from __future__ import annotations

from itertools import product
from math import inf, log

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import binom

from sampleaudit.formulas.ratio import domain_limits, ratio_limits
from sampleaudit.formulas.ratio_profile import likeliest_caseloads
from sampleaudit.formulas.ratio_tail import lower_tails

Floats = NDArray[np.float64]

# (errors, correct, others) per stratum, stratum sizes; the last has nobody applicable in a stratum
TINY = [
    pytest.param([(1, 3, 2)], [20], id="one stratum"),
    pytest.param([(0, 4, 1)], [15], id="no errors"),
    pytest.param([(2, 3, 1), (1, 2, 1)], [20, 9], id="two strata"),
    pytest.param([(0, 4, 0), (2, 1, 1)], [30, 8], id="no errors and none inapplicable in one"),
    pytest.param([(1, 0, 0), (1, 4, 2)], [6, 25], id="one case read in a stratum"),
    pytest.param([(0, 0, 3), (1, 4, 0)], [10, 25], id="none applicable in a stratum"),
]
# reviewed and domain cases fixed by hand
DOMAINS = [
    pytest.param([(1, 3)], [8], [6], [20], id="one stratum"),
    pytest.param([(1, 3), (1, 1)], [8, 6], [6, 5], [20, 15], id="two strata"),
    pytest.param([(1, 3), (0, 0)], [8, 2], [6, 5], [20, 15], id="a cell of which nobody was read"),
    pytest.param([(2, 3), (1, 1)], [5, 2], [7, 5], [20, 9], id="all of the domain read"),
]


@pytest.mark.parametrize(("found", "sizes"), TINY)
@pytest.mark.parametrize("place", [0.15, 0.5, 0.85])
def test_no_caseload_of_the_rate_is_likelier(
    found: list[tuple[int, ...]], sizes: list[int], place: float
) -> None:
    """A grid over all caseloads of the rate, zoomed in on its best point, finds no better one."""
    counts, N = np.array(found, dtype=float).T, np.array(sizes, dtype=float)
    least, most = possible(counts, N)
    rate = least + place * (most - least)
    totals = likeliest(counts, N, rate)
    assert pytest.approx(N, rel=1e-11) == totals.sum(axis=0)
    assert pytest.approx(0.0, abs=1e-9) == (1 - rate) * totals[0].sum() - rate * totals[1].sum()
    best = best_on_grid(counts, N, rate)
    assert best - 1e-6 <= likelihood(totals, counts) <= best + 1e-3


@pytest.mark.parametrize("free_errors", [0.0, 1.5, 7.0])
def test_cells_of_which_nobody_was_read_take_up_the_rate_first(free_errors: float) -> None:
    """What was read stays at its likeliest while they can, and they all have the same rate."""
    read = np.array([[1.0], [3.0]])
    counts, A = np.array([[1.0, 0, 0], [3.0, 0, 0]]), np.array([12.0, 4, 3])
    # the read stratum's likeliest errors, whatever the rate
    errors = max(
        np.linspace(1, 9, 80_001),
        key=lambda E: likelihood(np.array([[E], [12 - E]]), read),
    )
    totals = likeliest(counts, A, (errors + free_errors) / 19)
    expected = [errors, free_errors * 4 / 7, free_errors * 3 / 7]
    assert pytest.approx(expected, abs=1e-3) == totals[0].tolist()


@pytest.mark.parametrize(("found", "sizes"), TINY)
def test_the_limits_are_where_the_enumerated_tail_crosses(
    found: list[tuple[int, ...]], sizes: list[int]
) -> None:
    """Just inside the limit so few errors are more probable than the tail, beyond it nowhere."""
    counts, N = np.array(found, dtype=float).T, np.array(sizes, dtype=float)
    n = counts.sum(axis=0)
    e, a = counts[0], counts[0] + counts[1]
    low, high = ratio_limits(e, a, n, N, lower_tail=0.05, upper_tail=0.05, delta=0.0)
    crosses(counts, n, N, N, high)
    crosses(counts[[1, 0, 2]], n, N, N, 1 - low)


@pytest.mark.parametrize(("found", "domain", "sampled", "sizes"), DOMAINS)
def test_the_limits_of_a_known_domain_are_where_the_enumerated_tail_crosses(
    found: list[tuple[int, ...]], domain: list[int], sampled: list[int], sizes: list[int]
) -> None:
    counts, A = np.array(found, dtype=float).T, np.array(domain, dtype=float)
    n, N = np.array(sampled, dtype=float), np.array(sizes, dtype=float)
    low, high = domain_limits(
        counts[0], counts.sum(axis=0), A, n, N, lower_tail=0.05, upper_tail=0.05, delta=0.0
    )
    crosses(counts, n, N, A, high)
    crosses(counts[::-1], n, N, A, 1 - low)


def test_the_tail_of_a_sum_is_never_understated_and_hardly_overstated() -> None:
    """Random rows, many with ties: between the sum over all outcomes and one a bit above."""
    draws = np.random.default_rng(20261122)
    for _ in range(60):
        rows, outcomes = int(draws.integers(1, 5)), int(draws.integers(2, 7))
        steps = draws.choice([1.0, 2.0, 2.5, draws.random()], (rows, 1))
        values = steps * np.arange(outcomes) - draws.random((rows, 1))
        chances = draws.dirichlet(np.full(outcomes, 0.5), rows)
        outcomes_and_chances = zip(product(*values), product(*chances), strict=True)
        sums = [(sum(v), float(np.prod(p))) for v, p in outcomes_and_chances]
        point = sums[int(draws.integers(len(sums)))][0]
        shifted = values - point / rows
        actual = float(lower_tails(shifted[None], chances[None], spare=0.0)[0])
        exact = sum(p for total, p in sums if total <= point + 1e-9)
        beyond = sum(p for total, p in sums if total <= point + 0.01 * rows * steps.max())
        assert exact - 1e-12 <= actual <= beyond + 1e-7


@pytest.mark.parametrize("side", ["upper", "lower"])
@pytest.mark.parametrize(
    ("N", "n", "errors", "correct"),
    [
        ([200, 120, 40], [25, 20, 15], [2, 3, 4], [20, 9, 2]),
        ([1000, 300, 50], [40, 30, 25], [1, 2, 8], [30, 10, 4]),
    ],
)
def test_rounding_to_the_grid_costs_next_to_nothing(
    N: list[int], n: list[int], errors: list[int], correct: list[int], side: str
) -> None:
    """The limit lies at most .0002 outside the one from all outcomes, and not inside it."""
    e, b, read, size = (np.array(each, dtype=float) for each in (errors, correct, n, N))
    counts = np.array([e, b, read - e - b] if side == "upper" else [b, e, read - e - b])
    _, high = ratio_limits(
        counts[0], counts[0] + counts[1], read, size, lower_tail=None, upper_tail=0.025, delta=0.0
    )
    assert enumerated(counts, read, size, size, high + 5e-6) <= 0.025
    assert enumerated(counts, read, size, size, high - 2e-4) > 0.025


def likeliest(counts: Floats, sizes: Floats, rate: float) -> Floats:
    """Return the likeliest caseload of one rate."""
    rates, known = np.array([rate]), np.zeros(1)
    totals, _ = likeliest_caseloads(counts[None], sizes, rates=rates, known=known)
    return totals[0]


def crosses(counts: Floats, n: Floats, N: Floats, sizes: Floats, limit: float) -> None:
    """Check that the limit of the rate is where the enumerated tail passes .05 for the last time.

    The limit may be the largest rate possible, or the smallest estimate; a thousandth is for the
    grid on which the library adds up.
    """
    least, most = possible(counts, sizes)
    w = N / n
    estimate = (w * counts[0]).sum() / (w * counts[:2].sum(axis=0)).sum()
    if not counts[1].any():
        assert limit == 1
        return
    assert min(estimate, most) - 1e-9 <= limit <= max(most, estimate) + 1e-9
    if limit > max(estimate, least) + 1e-3:
        assert enumerated(counts, n, N, sizes, limit - 1e-3) > 0.05
    for rate in np.linspace(limit + 1e-5, most - 1e-5, 9) if most - limit > 3e-5 else []:
        assert enumerated(counts, n, N, sizes, float(rate)) <= 0.05


def enumerated(counts: Floats, n: Floats, N: Floats, sizes: Floats, rate: float) -> float:
    """Return P(W + Z <= d), summed over all outcomes that are not next to impossible."""
    totals = likeliest(counts, sizes, rate)
    E, A = totals[0], totals[0] + totals[1]
    w, e, a = N / n, counts[0], counts[0] + counts[1]
    sums, chances = np.zeros(1), np.ones(1)
    for h in range(len(N)):
        rho = E[h] / A[h] if A[h] > 0 else rate
        value, chance = [], []
        for errors, p in real_hypergeometric(E[h], A[h] - E[h], int(a[h])):
            for applicable, q in real_hypergeometric(A[h], N[h] - A[h], int(n[h])):
                surplus = errors - rho * a[h] + (rho - rate) * (applicable - n[h] * A[h] / N[h])
                value.append(w[h] * surplus)
                chance.append(p * q)
        likely = np.array(chance) > 1e-10
        sums = np.add.outer(sums, np.array(value)[likely]).ravel()
        chances = np.multiply.outer(chances, np.array(chance)[likely]).ravel()
    return float(chances[sums <= (w * (e - rate * a)).sum() + 1e-7].sum())


def real_hypergeometric(marked: float, other: float, drawn: int) -> list[tuple[int, float]]:
    """Return (k, probability) from C(marked, k) C(other, drawn - k) with real numbers of cases."""
    terms = [
        (k, float(binom(marked, k) * binom(other, drawn - k)))
        for k in range(drawn + 1)
        if k < marked + 1 - 1e-9 and drawn - k < other + 1 - 1e-9
    ]
    total = sum(weight for _, weight in terms)
    return [(k, weight / total) for k, weight in terms]


def possible(counts: Floats, sizes: Floats) -> tuple[float, float]:
    """Return the smallest and largest rate of a caseload with these findings."""
    rest = float(sizes.sum() - counts.sum())
    applicable = float(counts[:2].sum()) + rest
    return counts[0].sum() / applicable, (counts[0].sum() + rest) / applicable


def likelihood(totals: Floats, counts: Floats) -> float:
    """Return the sum of the slopes' integrals: u log u - v log v, u = X + 1/2, v = u - x."""
    result = 0.0
    for X, x in zip(totals.ravel(), counts.ravel(), strict=True):
        if X < x - 1e-9:
            return -inf
        u = X + 0.5
        v = u - x
        result += (u * log(u) - v * log(v)) - x
    return result


def best_on_grid(counts: Floats, sizes: Floats, rate: float) -> float:
    """Return the greatest likelihood over a grid that is halved around its best point."""
    strata = len(sizes)
    # free: every E and all B but the last; the last B follows from the rate, every C from its size
    centre, reach = None, np.tile(sizes, 2)[: 2 * strata - 1] / 2
    best = -inf
    for _ in range(40):
        middle = reach if centre is None else centre
        axes = [np.linspace(m - r, m + r, 9) for m, r in zip(middle, reach, strict=True)]
        found, place = -inf, middle
        for point in product(*axes):
            E, B = np.array(point[:strata]), np.array([*point[strata:], 0.0])
            B[-1] = (1 - rate) / rate * E.sum() - B.sum()
            totals = np.array([E, B, sizes - E - B])
            if (totals >= counts - 1e-12).all():
                value = likelihood(totals, counts)
                if value > found:
                    found, place = value, np.array(point)
        if found > best:
            best, centre = found, place
        reach = reach * 0.7
    return best
