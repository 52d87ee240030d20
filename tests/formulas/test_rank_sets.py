"""The exact test of a pair, and what all pairs together say of ranks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import barnard_exact, hypergeom

from sampleaudit.formulas.rank_sets import _score, apart, p_value, rank_limits, tables


def by_enumeration(x: tuple[int, int], n: tuple[int, int], N: tuple[int, int]) -> float:
    """Return the largest P(D >= d) over all registers in which rate j <= rate k."""
    y_j, y_k = np.meshgrid(range(n[0] + 1), range(n[1] + 1), indexing="ij")
    found = _score(np.array([x[0]]), np.array([x[1]]), *n)[0]
    as_far = _score(y_j, y_k, *n) >= found - 1e-9
    return max(
        float(
            np.outer(
                hypergeom.pmf(range(n[0] + 1), N[0], T_j, n[0]),
                hypergeom.pmf(range(n[1] + 1), N[1], T_k, n[1]),
            )[as_far].sum()
        )
        for T_j in range(N[0] + 1)
        for T_k in range(N[1] + 1)
        if T_j * N[1] <= T_k * N[0]
    )


@pytest.mark.parametrize(
    ("x", "n", "N"),
    [((7, 1), (10, 12), (30, 40)), ((10, 0), (10, 12), (15, 40)), ((3, 3), (10, 12), (30, 40)),
     ((4, 0), (8, 8), (9, 20))],
)  # fmt: skip
def test_the_p_value_is_the_largest_over_all_registers(
    x: tuple[int, int], n: tuple[int, int], N: tuple[int, int]
):
    """Enumerated: every pair of totals with rate j <= rate k, every pair of counts."""
    p = p_value(*x, tables(n[0], N[0]), tables(n[1], N[1]))
    assert by_enumeration(x, n, N) == pytest.approx(p, rel=1e-9)


def test_for_the_process_it_is_barnards_test_and_no_smaller():
    """The function barnard_exact of scipy maximises over points: blocks are above it."""
    law = tables(22, None)
    for x_j, x_k in ((9, 1), (12, 6), (5, 0)):
        table = [[x_j, x_k], [22 - x_j, 22 - x_k]]
        expected = barnard_exact(table, alternative="greater", n=256).pvalue
        assert expected * (1 - 1e-6) <= p_value(x_j, x_k, law, law) <= expected * 1.15


def test_equal_counts_are_not_told_apart_and_every_place_is_possible():
    """Ten domains with 3 of 22 each."""
    laws, x = [tables(22, 100)] * 10, np.full(10, 3)
    higher = apart(x, x, laws, alpha=0.05)
    assert not higher.any()
    low, high = rank_limits(higher)
    assert [1] * 10 == low.tolist()
    assert [10] * 10 == high.tolist()


def test_far_apart_domains_get_their_places():
    """0, 11 and 22 of 22 from 200 cases: three places, no doubt."""
    laws, x = [tables(22, 200)] * 3, np.array([11, 0, 22])
    low, high = rank_limits(apart(x, x, laws, alpha=0.05))
    assert [2, 1, 3] == low.tolist() == high.tolist()


def test_holms_method_decides_over_all_pairs():
    """All p-values in order: rejected while p_(i) <= alpha / (m - i + 1)."""
    draws = np.random.default_rng(11)
    x = draws.binomial(22, draws.choice([0.1, 0.4, 0.8], 12))
    laws = [tables(22, 90)] * 12
    p = {
        (j, k): p_value(int(x[j]), int(x[k]), laws[j], laws[k])
        for j in range(12)
        for k in range(12)
        if j != k
    }
    expected = np.zeros((12, 12), dtype=bool)
    for place, (pair, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        if value > 0.05 / (len(p) - place):
            break
        expected[pair] = True
    assert expected.any()
    assert expected.tolist() == apart(x, x, laws, alpha=0.05).tolist()
