"""Chances of counts where the number of errors is real."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from sampleaudit.formulas.real_counts import chances, joint_tail, weights_of


@pytest.mark.parametrize(("T", "n", "N"), [(15, 12, 60), (3, 22, 24), (0, 5, 9), (70, 120, 300)])
def test_with_whole_errors_they_are_hypergeometric(T: int, n: int, N: int):
    """Read few or nearly all; the last design is too large for plain products."""
    found = chances(*(np.array([each], dtype=float) for each in (T, n, N)))[:, 0]
    assert pytest.approx(hypergeom.pmf(np.arange(n + 1), N, T, n), abs=1e-13) == found


@pytest.mark.parametrize("T", [0.4, 3.4, 17.9, 21.5])
def test_with_real_errors_they_are_in_proportion_to_binomial_coefficients(T: float):
    """C(T, k) C(N - T, n - k), each falling factorial ending where it is not positive."""
    n, N = 6, 22

    def falling(top: float, steps: int) -> float:
        return float(np.prod([max(top - j, 0.0) / (j + 1) for j in range(steps)]))

    weight = np.array([falling(T, k) * falling(N - T, n - k) for k in range(n + 1)])
    found = chances(np.array([T]), np.array([float(n)]), np.array([float(N)]))[:, 0]
    assert pytest.approx(weight / weight.sum()) == found


def test_designs_side_by_side_are_as_by_themselves():
    """Whatever the largest number reviewed in the batch; counts above one's own are impossible."""
    T, n, N = np.array([2.5, 9.0]), np.array([4.0, 90.0]), np.array([20.0, 400.0])
    together = chances(T, n, N)
    assert pytest.approx(chances(T[:1], n[:1], N[:1])[:, 0]) == together[:5, 0]
    assert (together[5:, 0] == 0).all()
    large = chances(T, np.array([4.0, 150.0]), N)  # by logarithms
    assert pytest.approx(together[:5, 0]) == large[:5, 0]


def test_a_joint_tail_is_the_sum_over_pairs_of_counts():
    """P(Y >= need of X), with a need above all counts for never."""
    first, second = (
        weights_of(*(np.array([each]) for each in counts))
        for counts in ((4.0, 3.0, 12.0), (5.0, 4.0, 20.0))
    )
    need = np.array([[0], [2], [4], [5]])
    x, y = (hypergeom.pmf(np.arange(5), N, T, n) for T, n, N in ((4, 3, 12), (5, 4, 20)))
    expected = sum(x[k] * y[least:].sum() for k, least in enumerate(need[:, 0]))
    assert pytest.approx(expected) == joint_tail(first, second, need)[0]
