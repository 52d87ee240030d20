"""Enumerated limits against their definition in exact fractions, and what must always hold."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from scipy.stats import hypergeom

from sampleaudit.formulas.enumerated import enumerated_limits, enumerated_upper, is_enumerable

Design = tuple[tuple[int, ...], tuple[int, ...]]  # cases and reviewed of each stratum

TINY: list[Design] = [((7,), (3,)), ((4, 6), (2, 3)), ((5, 5), (2, 2)), ((3, 3, 4), (1, 2, 2))]
SMALL: list[Design] = [*TINY, ((30, 20), (8, 6)), ((25, 25), (6, 6)), ((14, 9, 6), (4, 3, 2))]


def outcomes(design: Design) -> list[tuple[int, ...]]:
    """Return every outcome of a design."""
    return list(product(*(range(n + 1) for n in design[1])))


def limits(x: tuple[int, ...], design: Design, alpha: float) -> tuple[int, int]:
    """Return both limits."""
    N, n = (np.array(v) for v in design)
    return enumerated_limits(np.array(x), n, N, alpha=alpha)


def upper(x: tuple[int, ...], design: Design, alpha: float) -> int:
    """Return the one-sided upper limit."""
    N, n = (np.array(v) for v in design)
    return enumerated_upper(np.array(x), n, N, alpha=alpha)


@pytest.mark.parametrize("design", TINY)
@pytest.mark.parametrize("two_sided", [True, False])
def test_limits_equal_the_definition_written_as_loops(design: Design, two_sided: bool) -> None:  # noqa: FBT001 - a test's parameter
    """Every caseload, every outcome, exact fractions; then gaps and falls are filled."""
    alpha = Fraction(7, 64)
    kept = {x: accepted_totals(x, design, alpha, two_sided=two_sided) for x in outcomes(design)}
    for x in outcomes(design):
        fewer = [y for y in kept if all(a <= b for a, b in zip(y, x, strict=True))]
        more = [y for y in kept if all(a >= b for a, b in zip(y, x, strict=True))]
        high = max(max(kept[y]) for y in fewer)
        low = min(min(kept[y]) for y in more)
        if two_sided:
            assert (low, high) == limits(x, design, float(alpha)), x
        else:
            assert high == upper(x, design, float(alpha)), x


def accepted_totals(
    x: tuple[int, ...], design: Design, alpha: Fraction, *, two_sided: bool
) -> list[int]:
    """Return the totals not rejected, and the whole numbers around the estimate."""
    N = design[0]
    s = estimate(x, design)
    kept = [s.numerator // s.denominator, -(-s.numerator // s.denominator)]
    for t in range(sum(N) + 1):
        caseloads = [T for T in product(*(range(v + 1) for v in N)) if sum(T) == t]
        order = {y: tail(like(y, design), caseloads, design, two_sided) for y in outcomes(design)}
        p = max(
            (
                sum(mass(y, T, design) for y in order if order[y] <= order[x])
                for T in caseloads
                if mass(x, T, design) > 0
            ),
            default=Fraction(0),
        )
        if p > alpha:
            kept.append(t)
    return kept


def like(x: tuple[int, ...], design: Design) -> tuple[int, ...]:
    """Return x sorted where all strata are alike: exchanging those changes nothing."""
    return tuple(sorted(x)) if len(set(zip(*design, strict=True))) == 1 else x


def tail(
    x: tuple[int, ...],
    caseloads: list[tuple[int, ...]],
    design: Design,
    two_sided: bool,  # noqa: FBT001 - which of two definitions a test means
) -> Fraction:
    """Return the tail of x at the most likely of the caseloads, ties as promised."""
    T = max(caseloads, key=lambda T: (mass(x, T, design), T[-1], [-t for t in T]))
    s = estimate(x, design)
    below = sum(mass(y, T, design) for y in outcomes(design) if estimate(y, design) <= s)
    above = sum(mass(y, T, design) for y in outcomes(design) if estimate(y, design) >= s)
    return Fraction(min(below, above) if two_sided else below)


@cache
def mass(x: tuple[int, ...], T: tuple[int, ...], design: Design) -> Fraction:
    """Return P_T(X = x)."""
    return prod(
        (
            Fraction(comb(t, k) * comb(N - t, n - k), comb(N, n))
            for k, t, N, n in zip(x, T, *design, strict=True)
        ),
        start=Fraction(1),
    )


@cache
def estimate(x: tuple[int, ...], design: Design) -> Fraction:
    """Return S = sum N x / n."""
    return sum((Fraction(N * k, n) for k, N, n in zip(x, *design, strict=True)), Fraction(0))


@pytest.mark.parametrize(
    ("N", "n", "x", "expected"),
    [
        # Computed once with Blaker's acceptability in scipy.stats.hypergeom, as `blaker` below
        pytest.param(100, 10, 3, (10, 60), id="100, 10, 3"),
        pytest.param(200, 20, 5, (22, 94), id="200, 20, 5"),
        pytest.param(500, 100, 3, (5, 38), id="500, 100, 3"),
        pytest.param(500, 100, 20, (69, 139), id="500, 100, 20"),
    ],
)
def test_one_stratum_is_blakers_interval(N: int, n: int, x: int, expected: tuple[int, int]) -> None:
    """3 to 8 % shorter than tail inversion, which gives [8, 63], [19, 95], [4, 39], [67, 141]."""
    assert expected == limits((x,), ((N,), (n,)), 0.05)
    assert expected == blaker(N, n, x)


def blaker(N: int, n: int, x: int) -> tuple[int, int]:
    """Return the ends of {T : P(min tail of X <= min tail of x) > .05} (Blaker 2000)."""
    kept = []
    y = np.arange(n + 1)
    for T in range(x, N - n + x + 1):
        least = np.minimum(hypergeom.cdf(y, N, T, n), hypergeom.sf(y - 1, N, T, n))
        if hypergeom.pmf(y[least <= least[x] * (1 + 1e-9)], N, T, n).sum() > 0.05:
            kept.append(T)
    return min(kept), max(kept)


@pytest.mark.parametrize("design", SMALL)
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.2])
def test_every_caseload_is_covered(design: Design, alpha: float) -> None:
    """The coverage reaches the level in every caseload, to the last digit of the arithmetic."""
    N, n = design
    every = np.array(outcomes(design))
    both = np.array([limits(x, design, alpha) for x in outcomes(design)])
    high = np.array([upper(x, design, alpha) for x in outcomes(design)])
    for T in product(*(range(v + 1) for v in N)):
        P = np.ones(len(every))
        for h, t in enumerate(T):
            P *= hypergeom.pmf(every[:, h], N[h], t, n[h])
        covered = (both[:, 0] <= sum(T)) & (sum(T) <= both[:, 1])
        assert 1 - alpha <= P[covered].sum() + 1e-11, T
        assert 1 - alpha <= P[sum(T) <= high].sum() + 1e-11, T


@pytest.mark.parametrize("design", SMALL)
def test_limits_are_nested_mirrored_rising_and_around_the_estimate(design: Design) -> None:
    """A higher level contains a lower one; errors and correct cases can be exchanged."""
    N, n = design
    for x in outcomes(design):
        low, high = limits(x, design, 0.05)
        mirrored = tuple(b - a for a, b in zip(x, n, strict=True))
        assert (sum(N) - high, sum(N) - low) == limits(mirrored, design, 0.05)
        assert sum(x) <= low <= estimate(x, design) <= high <= sum(N) - sum(mirrored)
        wider = limits(x, design, 0.01)
        assert wider[0] <= low
        assert wider[1] >= high
        assert upper(x, design, 0.01) >= upper(x, design, 0.05)
        for h in range(len(n)):
            if x[h] < n[h]:
                more = tuple(v + (k == h) for k, v in enumerate(x))
                assert low <= limits(more, design, 0.05)[0]
                assert high <= limits(more, design, 0.05)[1]
                assert upper(x, design, 0.05) <= upper(more, design, 0.05)


def test_the_order_of_the_strata_does_not_matter() -> None:
    design = ((14, 9, 14), (4, 3, 4))
    for x in outcomes(design):
        turned = (x[2], x[0], x[1])
        assert limits(x, design, 0.05) == limits(turned, ((14, 14, 9), (4, 4, 3)), 0.05)


def test_which_designs_are_small_enough_is_a_count() -> None:
    """Caseloads times outcomes, and ten thousand for each total, up to a hundred million."""
    assert is_enumerable(np.array([20, 10]), np.array([60, 40]))
    assert is_enumerable(np.array([300]), np.array([5000]))
    assert not is_enumerable(np.array([400]), np.array([10_000]))
    assert not is_enumerable(np.array([50, 30, 20]), np.array([500, 300, 200]))
