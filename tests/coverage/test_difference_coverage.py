"""How often limits of a difference hold: every pair of caseloads, every pair of samples.

``pytest -s -m "slow or not slow" tests/coverage/test_difference_coverage.py`` prints the lowest
coverage of each design, and the mean width, with those of the habitual limits beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas.differences import difference_limits
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.textbook_differences import (
    mee_limits,
    miettinen_nurminen_limits,
    newcombe_limits,
)

Caseload = tuple[tuple[int, ...], tuple[int, ...]]  # cases and reviewed, by stratum
Limits = Callable[..., tuple[float, float]]
HABITS: dict[str, Limits] = {
    "newcombe": newcombe_limits,
    "mee": mee_limits,
    "miettinen-nurminen": miettinen_nurminen_limits,
}
SLOW = pytest.mark.slow

# population and reviewed of a and of b; then floors, a thousandth under what this file measured:
# level .95 and .90 two-sided, the lesser side at .95 one-sided
DESIGNS = [
    pytest.param(((24,), (8,)), ((15,), (6,)), (0.951, 0.888, 0.938), id="24;8 - 15;6"),
    pytest.param(
        ((60,), (15,)), ((40,), (12,)), (0.942, 0.879, 0.934), id="60;15 - 40;12", marks=SLOW
    ),
    pytest.param(
        ((100,), (22,)), ((70,), (22,)), (0.949, 0.900, 0.946), id="100;22 - 70;22", marks=SLOW
    ),
    pytest.param(
        ((12, 8), (4, 3)), ((15,), (5,)), (0.946, 0.891, 0.933), id="12,8;4,3 - 15;5", marks=SLOW
    ),
    pytest.param(
        ((12, 8), (4, 3)),
        ((10, 6), (3, 3)),
        (0.936, 0.877, 0.929),
        id="12,8;4,3 - 10,6;3,3",
        marks=SLOW,
    ),
]


@pytest.mark.parametrize(("a", "b", "floors"), DESIGNS)
def test_the_lowest_coverage_over_all_caseloads(
    a: Caseload, b: Caseload, floors: tuple[float, float, float]
) -> None:
    """The profile limits keep the measured floor."""
    found = {}
    for level, tail in ((0.95, 0.025), (0.9, 0.05)):
        for name, limits in _all_methods(a, b).items():
            table = _limits_of_all_samples(a, b, limits, tail)
            found[level, name] = _lowest(a, b, table)
            both, one = found[level, name]
            width = float(np.mean(table[..., 1] - table[..., 0]))
            print(f"\n{a} - {b} {level}: {name} {both:.4f}, one side {one:.4f}, {width:.3f}")  # noqa: T201 - evidence
    assert floors[0] <= found[0.95, "profile"][0]
    assert floors[1] <= found[0.9, "profile"][0]
    assert floors[2] <= found[0.9, "profile"][1]


def _all_methods(a: Caseload, b: Caseload) -> dict[str, Limits]:
    """Return profile limits, and the habitual ones where neither caseload has strata."""

    def profile(x: tuple[int, ...], tail: float) -> tuple[float, float]:
        first, second = x[: len(a[0])], x[len(a[0]) :]
        return difference_limits(
            (first, a[1], a[0]), (second, b[1], b[0]), lower_tail=tail, upper_tail=tail
        )

    methods: dict[str, Limits] = {"profile": profile}
    if len(a[0]) == len(b[0]) == 1:
        for name, habit in HABITS.items():
            methods[name] = lambda x, tail, habit=habit: habit(
                x[0], a[1][0], x[1], b[1][0], lower_tail=tail, upper_tail=tail
            )
    return methods


def _limits_of_all_samples(
    a: Caseload, b: Caseload, limits: Limits, tail: float
) -> NDArray[np.float64]:
    """Return low and high for every outcome, one axis per stratum and the limits last."""
    reviewed = a[1] + b[1]
    outcomes = product(*(range(n + 1) for n in reviewed))
    table = np.array([limits(x, tail) for x in outcomes])
    return table.reshape(*(n + 1 for n in reviewed), 2)


def _lowest(a: Caseload, b: Caseload, table: NDArray[np.float64]) -> tuple[float, float]:
    """Return the lowest coverage of the interval, and of the lesser of its two limits."""
    masses = [
        np.array([pmf(T, n, N) for T in range(N + 1)])
        for N, n in zip(a[0] + b[0], a[1] + b[1], strict=True)
    ]
    strata = len(a[0])
    lowest = np.ones(3)
    for T in product(*(range(N + 1) for N in a[0] + b[0])):
        truth = sum(T[:strata]) / sum(a[0]) - sum(T[strata:]) / sum(b[0])
        above, below = table[..., 0] <= truth + 1e-12, table[..., 1] >= truth - 1e-12
        probability = np.ones(())
        for mass, errors in zip(masses, T, strict=True):
            probability = np.multiply.outer(probability, mass[errors])
        covered = [(probability * held).sum() for held in (above & below, above, below)]
        lowest = np.minimum(lowest, covered)
    return float(lowest[0]), float(lowest[1:].min())
