"""The stand-in for the tail, against sums over the counts written out."""

from __future__ import annotations

from math import comb, exp, log

import numpy as np
import pytest

from sampleaudit.formulas.lattice import build_lattice
from sampleaudit.formulas.stand_in import StandIn, build_stand_in

READ, CASES, FOUND = [7, 6, 5], [24, 20, 12], [1, 0, 2]


def made() -> StandIn:
    lattice = build_lattice(np.array(READ), np.array(CASES))
    return build_stand_in(lattice, np.array(FOUND), np.array([8, 6, 5]), 0.025)


def written_out(stand_in: StandIn, T: list[int]) -> float:
    """Sum of log E exp(-lambda w (X - c)) over the strata."""
    total = 0.0
    for errors, n, N, rate, c in zip(T, READ, CASES, stand_in.rate, stand_in.middle, strict=True):
        chances = [comb(errors, k) * comb(N - errors, n - k) / comb(N, n) for k in range(n + 1)]
        total += log(sum(p * exp(-rate * (k - c)) for k, p in enumerate(chances)))
    return total


@pytest.mark.parametrize("T", [[8, 6, 5], [1, 0, 2], [18, 14, 9], [12, 3, 4]])
def test_the_score_is_the_sum_written_out(T: list[int]):
    """One caseload alone and as a row among others."""
    stand_in = made()
    assert written_out(stand_in, T) == pytest.approx(float(stand_in.score(np.array(T))))
    rows = stand_in.score(np.array([T, [5, 5, 5]]))
    assert written_out(stand_in, T) == pytest.approx(rows[0])


def test_worth_is_the_change_of_the_score():
    """One error more, one less, stratum by stratum; nothing where it cannot be."""
    stand_in, T = made(), [8, 0, 12]
    more, less = stand_in.worth(np.array(T))
    here = written_out(stand_in, T)
    assert written_out(stand_in, [9, 0, 12]) - here == pytest.approx(more[0])
    assert written_out(stand_in, [8, 0, 11]) - here == pytest.approx(less[2])
    assert 0 == more[2] == less[1]


def test_the_stand_in_is_concave_in_each_stratum():
    """Each error more adds less than the one before."""
    stand_in = made()
    scores = np.array([written_out(stand_in, [T, 6, 5]) for T in range(25)])
    assert bool((np.diff(scores, 2) <= 1e-12).all())
