"""Limits of many differences at once are those of each by itself, to the digits promised."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas import cell_curves
from sampleaudit.formulas.difference_problem import Counts
from sampleaudit.formulas.differences import difference_limits, difference_tail
from sampleaudit.formulas.sides import CountSide, CurveSide, count_sides, rows_of, sides_of_cells
from sampleaudit.formulas.sides_difference import tails_at_zero, tails_of_differences
from sampleaudit.formulas.sides_limits import limits_of_differences


def counts(number: int, *, seed: int) -> CountSide:
    draws = np.random.default_rng(seed)
    n = draws.integers(1, 26, number)
    N = n + draws.integers(1, 300, number)
    x = draws.binomial(n, draws.choice([0.02, 0.15, 0.5, 0.97], number))
    return count_sides(*(each.astype(float)[:, None] for each in (x, n, N)))


def of_one(side: CountSide, row: int) -> Counts:
    return [side.x[row]], [side.n[row]], [side.N[row]]


def both_limits(a: CountSide | CurveSide, b: CountSide | CurveSide) -> np.ndarray:
    none = np.zeros(len(a.estimate))
    at_zero = tails_at_zero(a, b, together=none)
    return np.array(limits_of_differences(
        a, b, lower_tail=0.025, upper_tail=0.025, together=none, at_zero=at_zero
    ))  # fmt: skip


def test_many_at_once_are_as_each_by_the_engine_of_one():
    """`difference_limits` and `difference_tail`, of designs of all kinds."""
    a, b = counts(40, seed=1), counts(40, seed=2)
    low, high = both_limits(a, b)
    tail = tails_of_differences(a, b, np.zeros(40), together=np.zeros(40))
    for row in range(40):
        one = of_one(a, row), of_one(b, row)
        expected = difference_limits(*one, lower_tail=0.025, upper_tail=0.025)
        assert pytest.approx(expected, abs=5e-6) == (low[row], high[row])
        assert pytest.approx(difference_tail(*one), abs=1e-6) == tail[row]


def test_a_row_does_not_hang_on_those_beside_it():
    """Alone and among others the same to the last digit."""
    a, b = counts(30, seed=3), counts(30, seed=4)
    together = both_limits(a, b)
    for row in (0, 7, 29):
        only = np.array([row])
        assert (together[:, only] == both_limits(rows_of(a, only), rows_of(b, only))).all()


def test_tails_at_zero_leave_out_the_larger_one():
    """What is given is the tail of a difference of 0, and the other is above a half."""
    a, b, none = counts(60, seed=5), counts(60, seed=6), np.zeros(60)
    lower, upper = tails_at_zero(a, b, together=none)
    full = (
        tails_of_differences(a, b, none, together=none),
        tails_of_differences(b, a, none, together=none),
    )
    assert np.isnan(lower).any()
    assert np.isnan(upper).any()
    for found, expected in zip((lower, upper), full, strict=True):
        known = ~np.isnan(found)
        assert (found[known] == expected[known]).all()
    smaller = np.fmin(lower, upper)
    assert pytest.approx(np.minimum(*full)) == smaller


def test_known_tails_at_zero_move_no_limit():
    """They only shorten the search: limits agree within what is promised of them."""
    a, b, none = counts(60, seed=7), counts(60, seed=8), np.zeros(60)
    without = limits_of_differences(a, b, lower_tail=0.025, upper_tail=0.025, together=none)
    assert pytest.approx(np.array(without), abs=3e-6) == both_limits(a, b)


@pytest.mark.parametrize("more", [1.0, 10_000.0])
def test_curves_of_few_strata_are_fine_enough(monkeypatch: pytest.MonkeyPatch, more: float):
    """With eight times the nodes limits stay where they are, by a thousandth at most.

    Strata without an error, and of few cases, where the best fit begins to move all at once.
    """

    def limits() -> np.ndarray:
        draws = np.random.default_rng(9)
        sides = []
        for _ in range(2):
            n = draws.integers(2, 14, (60, 2)).astype(float)
            N = (n + draws.integers(1, 120, (60, 2))) * more
            x = np.minimum(draws.poisson(0.2 * n), n).astype(float)
            sides.append(sides_of_cells(x, n, N, 0 * n))
        return both_limits(*sides)

    usual = limits()
    monkeypatch.setattr(cell_curves, "_OF_CELLS", 1024)
    monkeypatch.setattr(cell_curves, "_BEYOND", 129)
    finer = limits()
    assert pytest.approx(finer, abs=1e-3) == usual
    assert np.median(np.abs(finer - usual)) < 1e-5


def test_curves_of_few_cells_and_of_many_stand_in_one_batch():
    """Each with its own nodes, in the order of the rows."""
    draws = np.random.default_rng(10)
    has = np.arange(12) < np.array([2, 12, 3, 12])[:, None]
    n = draws.integers(3, 9, 12) * has.astype(float)
    N, x = 9 * n, np.floor(n / 3)
    mixed = sides_of_cells(x, n, N, 0 * n)
    alone = [sides_of_cells(*(each[k : k + 1] for each in (x, n, N, 0 * n))) for k in range(4)]
    assert [float(each.estimate[0]) for each in alone] == pytest.approx(mixed.estimate.tolist())
    rate = np.full(4, 0.3)
    for k, each in enumerate(alone):
        ours, theirs = mixed.moments(rate)[0][k], each.moments(rate[:1])[0][0]
        assert pytest.approx(theirs, rel=1e-3) == ours
