"""The profile caseload against every caseload of the same total."""

from __future__ import annotations

from itertools import product
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampleaudit.formulas.caseload import best_caseloads, fall, log_likelihood, rise

Strata = list[tuple[int, int, int]]
STRATA = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 8)).map(
        lambda s: (s[0], s[0] + s[1] + 1, s[0] + s[1] + 1 + s[2])
    ),
    min_size=2,
    max_size=3,
)


def plain_likelihood(T: tuple[int, ...], strata: Strata) -> float:
    return sum(
        log(comb(t, x) * comb(N - t, n - x) / comb(N, n))
        for t, (x, n, N) in zip(T, strata, strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(STRATA, st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_no_other_caseload_of_the_total_is_better(strata: Strata, tilts: list[float]):
    """Every caseload of every total is tried, with and without a tilt."""
    x, n, N = (np.array(column) for column in zip(*strata, strict=True))
    totals = np.arange(x.sum(), (N - n + x).sum() + 1)
    for tilt in (np.zeros(len(x)), np.array(tilts[: len(x)])):
        rows = (len(totals), 1)
        found, _ = best_caseloads(totals, np.tile(x, rows), n, N, np.tile(tilt, rows))
        assert totals.tolist() == found.sum(axis=1).tolist()
        worth = dict.fromkeys(totals.tolist(), -np.inf)
        for T in product(*[range(a, b + 1) for a, b in zip(x, N - n + x, strict=True)]):
            value = plain_likelihood(T, strata) + float(np.dot(T, tilt))
            worth[sum(T)] = max(worth[sum(T)], value)
        for t, T in zip(totals.tolist(), found.tolist(), strict=True):
            value = plain_likelihood(tuple(T), strata) + float(np.dot(T, tilt))
            assert worth[t] == pytest.approx(value, abs=1e-9)


def test_rise_and_fall_are_differences_of_the_log_likelihood():
    """One case more, one case less; -inf and inf at the ends of what is possible."""
    x, n, N = np.array([2, 0, 5]), np.array([6, 4, 5]), np.array([40, 9, 12])
    T = np.array([[11, 0, 12]])
    more, less = rise(T, x, n, N)[0], fall(T, x, n, N)[0]
    here = log_likelihood(T, x, n, N)[0]
    step = np.array([[1, 0, 0]])
    assert more[0] == pytest.approx(log_likelihood(T + step, x, n, N)[0] - here, abs=1e-10)
    assert less[0] == pytest.approx(here - log_likelihood(T - step, x, n, N)[0], abs=1e-10)
    assert np.inf == less[1]
    assert -np.inf == more[2]


def test_a_large_register_needs_few_steps():
    """Ten million cases: the sum is right and no exchange of a case helps."""
    x, n, N = np.array([300, 2, 0]), np.array([4000, 900, 50]), np.array([10**7, 3 * 10**5, 700])
    T, _ = best_caseloads(np.array([812_345]), x[None], n, N, np.zeros((1, 3)))
    assert 812_345 == T.sum()
    assert rise(T, x, n, N).max() <= fall(T, x, n, N).min() + 1e-9
