"""Differences of small caseloads, by enumeration: the limits against their definition in loops."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest

from sampleaudit.formulas.difference_enumerated import (
    _BLOCKS,
    _order,
    enumerated_tail,
    enumerated_upper,
    is_enumerable,
)
from sampleaudit.formulas.difference_problem import strata_of

TAIL = 0.025


@pytest.mark.parametrize(
    ("N", "n"),
    [
        pytest.param((7, 5), (3, 2), id="one stratum each"),
        pytest.param((9, 9), (4, 4), id="alike"),
        pytest.param((5, 4, 6), (2, 2, 3), id="two strata and one"),
    ],
)
def test_limits_and_p_values_are_their_definition(N, n):
    """Every caseload, every outcome, in fractions; the order is the library's own."""
    in_a = len(N) - 1
    size_a, size_b = sum(N[:in_a]), N[-1]
    unit = size_a * size_b
    whole = tuple([size_b] * in_a + [size_a])
    places = sorted(range(len(N)), key=lambda h: (N[h], n[h]))
    kept = [tuple(int(v) for v in np.array(each)[places]) for each in (n, N, whole)]
    rank = _order(*kept, unit)

    def ranked(y):
        return rank[tuple(np.array(y)[places])]

    for x in product(*(range(k + 1) for k in n)):
        y = (*x[:in_a], n[-1] - x[-1])
        highest, largest = Fraction(-1), 0.0
        possible = [range(k, size - read + k + 1) for k, read, size in zip(y, n, N, strict=True)]
        for T in product(*possible):
            p = sum(
                prod(
                    Fraction(comb(t, k) * comb(size - t, read - k), comb(size, read))
                    for t, k, read, size in zip(T, other, n, N, strict=True)
                )
                for other in product(*(range(read + 1) for read in n))
                if ranked(other) <= ranked(y)
            )
            difference = Fraction(sum(t * w for t, w in zip(T, whole, strict=True)), unit) - 1
            if p > TAIL - 1e-12:  # a caseload with exactly the tail is kept
                highest = max(highest, difference)
            if difference >= 0:
                largest = max(largest, float(p))
        a = strata_of((x[:in_a], n[:in_a], N[:in_a]))
        b = strata_of((x[-1:], n[-1:], N[-1:]))
        assert pytest.approx(float(highest), abs=1e-12) == enumerated_upper(a, b, tail=TAIL)
        assert pytest.approx(largest, abs=1e-12) == enumerated_tail(a, b, difference=0)


def test_the_order_never_falls_when_one_more_case_counts():
    """So that the outcomes up to one are closed downwards, which the search relies on."""
    rank = _order((6, 5, 4), (20, 15, 9), (9, 9, 35), 315)
    for stratum in range(3):
        assert (np.diff(rank, axis=stratum) >= 0).all()


def test_one_more_error_never_lowers_a_limit():
    n, N = (8, 6), (24, 15)
    table = np.array(
        [
            [enumerated_upper(*sides(x, n, N), tail=TAIL) for x in product([k], range(n[1] + 1))]
            for k in range(n[0] + 1)
        ]
    )
    assert (np.diff(table, axis=0) >= 0).all()
    assert (np.diff(table, axis=1) <= 0).all()


def test_a_higher_level_has_the_wider_limit():
    n, N = (8, 6), (24, 15)
    for x in product(range(n[0] + 1), range(n[1] + 1)):
        limits = [enumerated_upper(*sides(x, n, N), tail=t) for t in (0.2, 0.05, 0.01, 1e-6)]
        assert sorted(limits) == limits


def test_the_p_value_is_above_the_tail_exactly_where_the_difference_is_inside():
    n, N = (8, 6), (24, 15)
    for x in product(range(n[0] + 1), range(n[1] + 1)):
        for difference in (-0.3, 0.0, 0.25):
            inside = enumerated_upper(*sides(x, n, N), tail=TAIL) >= difference - 1e-12
            p = enumerated_tail(*sides(x, n, N), difference=difference)
            assert (p > TAIL - 1e-12) == inside


def test_blocks_of_caseloads_only_widen(monkeypatch: pytest.MonkeyPatch):
    """Limits with as few as 16 blocks in a stratum beside those of every T."""
    from sampleaudit.formulas import difference_enumerated as module

    n, N = (12, 9), (60, 45)
    found = list(product(range(0, 13, 3), range(0, 10, 3)))
    exact = [enumerated_upper(*sides(x, n, N), tail=TAIL) for x in found]
    monkeypatch.setattr(module, "_BLOCKS", 16)
    module._masses.cache_clear()
    coarse = [enumerated_upper(*sides(x, n, N), tail=TAIL) for x in found]
    module._masses.cache_clear()
    for narrow, wide in zip(exact, coarse, strict=True):
        assert narrow <= wide <= narrow + 0.2
    assert exact != coarse


def test_one_stratum_each_is_enumerated_however_large_the_register():
    """What counts is how many cases were read: blocks keep the tables small."""
    assert is_enumerable(*sides((3, 3), (250, 250), (400, 300)))
    assert is_enumerable(*sides((3, 3), (250, 250), (4_000_000, 3_000_000)))
    assert not is_enumerable(*sides((3, 3), (300, 300), (4000, 3000)))
    assert _BLOCKS < 5000


def sides(x, n, N):
    """Return two caseloads of one stratum each."""
    return tuple(strata_of(each) for each in zip(x, n, N, strict=True))
