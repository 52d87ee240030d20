"""Limits from the worst caseload, against all caseloads gone through one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from numpy.random import Generator
from scipy.stats import chi2

from sampleaudit.formulas import exchanges, least_favourable, searched
from sampleaudit.formulas.caseload import best_caseloads
from sampleaudit.formulas.exchanges import Question, best_of_all, polished
from sampleaudit.formulas.hypergeometric import pmf, total_limits
from sampleaudit.formulas.lattice import lower_tails
from sampleaudit.formulas.searched import (
    berger_boos_limits,
    is_enumerated,
    wendell_schmee_limits,
    wendell_schmee_p_value,
)

BOTH = {"lower_tail": 0.025, "upper_tail": 0.025}
METHODS = [
    pytest.param(wendell_schmee_limits, id="wendell-schmee"),
    pytest.param(berger_boos_limits, id="berger-boos"),
]


@pytest.fixture
def search_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search for the worst caseload also where all could be gone through."""
    monkeypatch.setattr(least_favourable, "can_list", lambda *_: False)


@pytest.mark.parametrize(
    ("errors", "reviewed", "population", "total"),
    [
        pytest.param((1, 0), (3, 2), (7, 5), 4, id="two strata"),
        pytest.param((1, 1, 0), (2, 3, 1), (5, 4, 4), 6, id="three strata"),
        pytest.param((2, 1, 0), (4, 2, 0), (6, 5, 3), 7, id="one stratum unread"),
        pytest.param((2, 1, 1), (4, 2, 1), (4, 5, 3), 6, id="one stratum a census"),
        pytest.param((2, 1), (4, 2), (4, 5), 4, id="all but one stratum a census"),
    ],
)
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_p_value_is_its_definition_in_fractions(errors, reviewed, population, total, side):
    """All caseloads that the counts allow, and every sample of each, in exact arithmetic."""
    weights = [Fraction(N, n) if n else 0 for N, n in zip(population, reviewed, strict=True)]
    sign = 1 if side == "upper" else -1
    found = sum(w * x for w, x in zip(weights, errors, strict=True))
    ranges = [range(x, N - n + x + 1) for x, n, N in zip(errors, reviewed, population, strict=True)]
    expected = Fraction(0)
    for caseload in product(*ranges):
        if sum(caseload) == total:
            tail = sum(
                prod(
                    Fraction(comb(T, k) * comb(N - T, n - k), comb(N, n))
                    for k, T, n, N in zip(counts, caseload, reviewed, population, strict=True)
                )
                for counts in product(*(range(n + 1) for n in reviewed))
                if sign * sum(w * k for w, k in zip(weights, counts, strict=True)) <= sign * found
            )
            expected = max(expected, tail)
    p, caseload = wendell_schmee_p_value(errors, reviewed, population, total, side=side)
    assert pytest.approx(float(expected), rel=1e-12) == p
    assert total == sum(caseload)


@pytest.mark.parametrize("strata", [3, 12, 40])
def test_tails_after_exchanges_are_those_of_the_caseload_itself(strata):
    """The short Fourier transforms of the search against the full ones of the lattice."""
    rng = np.random.default_rng(strata)
    N = rng.integers(100, 3000, strata)
    n = np.minimum(rng.integers(5, 60, strata), N)
    x = rng.binomial(n, rng.choice([0.02, 0.2], strata))
    question = searched._question(x, n, N, 0.0)
    total = int(1.3 * (N / n * x).sum())
    start, _ = best_caseloads(np.array([total]), x[None], n, N, np.zeros((1, strata)))

    def tail(T):
        return lower_tails(question.lattice, T[None], np.array([question.threshold]))[0]

    better, T = polished(question, start[0], tail(start[0]), enough=1.0)
    assert pytest.approx(tail(T), rel=1e-10, abs=1e-14) == better
    assert better >= tail(start[0])
    assert total == T.sum()


@pytest.mark.usefixtures("search_only")
@pytest.mark.parametrize("beta", [0.0, 0.002], ids=["wendell-schmee", "berger-boos"])
@pytest.mark.parametrize(("strata", "largest"), [(2, 60), (3, 30), (4, 14), (7, 6)])
def test_the_search_finds_the_limit_that_all_caseloads_give(beta, strata, largest):
    """On a few random designs; the slow test has more."""
    assert [] == _misses(np.random.default_rng(1), strata, largest, beta, cases=8)


@pytest.mark.slow
@pytest.mark.usefixtures("search_only")
@pytest.mark.parametrize("beta", [0.0, 0.002], ids=["wendell-schmee", "berger-boos"])
@pytest.mark.parametrize("hindered", [False, True], ids=["as it is", "hindered"])
def test_how_often_the_search_reaches_the_maximum(beta, hindered, monkeypatch):
    """Print it; hindered, long lines and many strata are searched as on large designs."""
    if hindered:
        monkeypatch.setattr(exchanges, "_WHOLE", 8)
        monkeypatch.setattr(exchanges, "_SPREAD", 4)
        monkeypatch.setattr(exchanges, "_PAIRS", 3)
        monkeypatch.setattr(exchanges, "ALL_PAIRS", 1)
        monkeypatch.setattr(least_favourable, "ALL_PAIRS", 1)
    cases, missed = 150, 0
    for strata, largest in [(2, 60), (3, 30), (4, 16)]:
        misses = _misses(np.random.default_rng(strata), strata, largest, beta, cases=cases)
        print(f"\n{strata} strata: {cases - len(misses)} of {cases} limits equal")  # noqa: T201 - evidence
        assert all(limit - actual <= 2 for limit, actual in misses)
        missed += len(misses)
    assert 0.013 * 3 * cases >= missed


@pytest.mark.slow
def test_four_strata_of_100_are_solved_exactly():
    """Every caseload of the limit, 112, and of the next total has been gone through."""
    x, n, N = np.array([0, 0, 0, 20]), np.full(4, 25), np.full(4, 100)
    question = searched._question(x, n, N, 0.0)
    kept, lost = (best_of_all(question, total)[0] for total in (112, 113))
    assert lost <= 0.025 < kept


@pytest.mark.parametrize("limits", METHODS)
@pytest.mark.parametrize(
    ("population", "reviewed"), [((12, 8), (4, 3)), ((6, 5, 4), (3, 2, 2)), ((20, 4), (2, 2))]
)
def test_coverage_of_every_caseload_where_all_are_gone_through(limits, population, reviewed):
    """Two-sided at 95 % and one-sided at 90 %, from every sample of every caseload."""
    assert is_enumerated(reviewed, population)
    outcomes = list(product(*(range(n + 1) for n in reviewed)))
    both = np.array([limits(x, reviewed, population, **BOTH) for x in outcomes])
    above = np.array(
        [limits(x, reviewed, population, lower_tail=None, upper_tail=0.1)[1] for x in outcomes]
    )
    tables = [
        np.array([pmf(T, n, N) for T in range(N + 1)])
        for n, N in zip(reviewed, population, strict=True)
    ]
    lowest = [1.0, 1.0]
    for caseload in product(*(range(N + 1) for N in population)):
        probability = np.ones(())
        for table, T in zip(tables, caseload, strict=True):
            probability = np.multiply.outer(probability, table[T])
        total, flat = sum(caseload), probability.ravel()
        covered = flat[(both[:, 0] <= total) & (both[:, 1] >= total)].sum()
        lowest = [min(lowest[0], covered), min(lowest[1], flat[above >= total].sum())]
    assert lowest[0] >= 0.95 - 1e-12
    assert lowest[1] >= 0.9 - 1e-12


@pytest.mark.parametrize("limits", METHODS)
def test_errors_and_correct_change_places_exactly(limits):
    x, n, N = np.array([2, 0, 5]), np.array([10, 6, 9]), np.array([40, 30, 25])
    low, high = limits(x, n, N, **BOTH)
    mirrored = limits(n - x, n, N, **BOTH)
    assert (N.sum() - high, N.sum() - low) == mirrored


@pytest.mark.parametrize("limits", METHODS)
def test_the_order_of_the_strata_does_not_matter(limits):
    x, n, N = np.array([2, 0, 5, 1]), np.array([10, 6, 9, 6]), np.array([40, 30, 25, 30])
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        assert limits(x, n, N, **BOTH) == limits(x[order], n[order], N[order], **BOTH)


@pytest.mark.parametrize("limits", METHODS)
def test_one_stratum_has_the_exact_interval(limits):
    expected = total_limits(13, 77, 500, **BOTH)
    assert expected == limits(13, 77, 500, **BOTH)
    assert (expected[0] + 4, expected[1] + 4) == limits([13, 4], [77, 9], [500, 9], **BOTH)


@pytest.mark.parametrize("limits", METHODS)
def test_a_census_stratum_is_known_and_an_unread_one_may_be_anything(limits):
    low, high = limits([2, 1], [10, 6], [50, 40], **BOTH)
    assert (low + 3, high + 3) == limits([2, 3, 1], [10, 7, 6], [50, 7, 40], **BOTH)
    assert (low, high + 7) == limits([2, 0, 1], [10, 0, 6], [50, 7, 40], **BOTH)
    assert (5, 5) == limits([2, 3], [10, 7], [10, 7], **BOTH)
    assert (0, 17) == limits([0, 0], [0, 0], [10, 7], **BOTH)


@pytest.mark.parametrize("limits", METHODS)
def test_one_case_read_and_no_or_only_errors_are_ordinary(limits):
    n, N = np.array([1, 1, 5]), np.array([10, 20, 30])
    for x in (np.zeros(3, dtype=np.int64), np.array([1, 0, 0]), n):
        low, high = limits(x, n, N, **BOTH)
        assert x.sum() <= low <= (N / n * x).sum() <= high <= (N - n + x).sum()
    assert limits(0 * n, n, N, **BOTH)[0] == 0
    assert limits(n, n, N, **BOTH)[1] == N.sum()


@pytest.mark.parametrize("limits", METHODS)
def test_an_unlimited_side_is_what_the_counts_allow(limits):
    x, n, N = [2, 1], [10, 6], [50, 40]
    assert limits(x, n, N, lower_tail=None, upper_tail=0.05)[0] == 3
    assert limits(x, n, N, lower_tail=0.05, upper_tail=None)[1] == 50 - 10 + 2 + 40 - 6 + 1


@pytest.mark.parametrize("limits", METHODS)
def test_a_higher_level_is_never_narrower(limits):
    x, n, N = [3, 0, 2], [12, 8, 5], [60, 50, 20]
    found = [limits(x, n, N, lower_tail=a, upper_tail=a) for a in (0.1, 0.05, 0.025, 0.005, 5e-4)]
    lows, highs = zip(*found, strict=True)
    assert sorted(lows, reverse=True) == list(lows)
    assert sorted(highs) == list(highs)


def test_the_limits_are_where_the_p_value_passes_the_tail():
    x, n, N = (3, 1), (12, 8), (60, 50)
    low, high = wendell_schmee_limits(x, n, N, **BOTH)
    upper = [wendell_schmee_p_value(x, n, N, t, side="upper")[0] for t in (high, high + 1)]
    lower = [wendell_schmee_p_value(x, n, N, t, side="lower")[0] for t in (low, low - 1)]
    assert upper[1] <= 0.025 < upper[0]
    assert lower[1] <= 0.025 < lower[0]


def test_a_design_is_enumerated_by_its_sizes_alone():
    assert is_enumerated((50, 50), (2000, 1000))
    assert is_enumerated((40, 30, 25), (1000, 300, 50))
    assert not is_enumerated((25,) * 4, (100,) * 4)
    assert is_enumerated((25, 100, 100), (100,) * 3)


def _misses(
    rng: Generator, strata: int, largest: int, beta: float, *, cases: int
) -> list[tuple[int, int]]:
    """Return the limits, right and found, that differ on random designs and outcomes."""
    misses = []
    for _ in range(cases):
        N = rng.integers(2 if strata > 4 else 4, largest, strata)
        n = rng.integers(1, N)
        x = rng.binomial(n, rng.choice([0.03, 0.1, 0.3, 0.6], strata))
        tail = float(rng.choice([0.005, 0.025, 0.05]))
        expected = _upper_limit_of_all(x, n, N, tail, beta)
        actual = searched._upper_limit(x, n, N, tail, beta=beta)
        if expected != actual:
            misses.append((expected, actual))
    return misses


def _upper_limit_of_all(x, n, N, tail: float, beta: float) -> int:
    """Return the upper limit from every caseload of the confidence set (of all, if beta is 0)."""
    ranges = [np.arange(a, c - b + a + 1) for a, b, c in zip(x, n, N, strict=True)]
    T = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(x))
    if beta:
        misfit = np.zeros(len(T))
        for h, errors in enumerate(ranges):
            mass = [pmf(int(t), int(n[h]), int(N[h])) for t in errors]
            p = [2 * min(row[: x[h] + 1].sum(), row[x[h] :].sum()) for row in mass]
            misfit += -np.log(np.minimum(p, 1))[T[:, h] - x[h]]
        T = T[misfit <= chi2.ppf(1 - beta, 2 * len(x)) / 2]
    question: Question = searched._question(x, n, N, 0.0)
    tails = np.concatenate(
        [
            lower_tails(question.lattice, part, np.full(len(part), question.threshold))
            for part in np.array_split(T, len(T) // 20_000 + 1)
        ]
    )
    return int(T.sum(axis=1)[tails > tail * (1 - 1e-12) - 1e-14].max())
