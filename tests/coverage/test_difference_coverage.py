"""How often limits of a difference hold: every pair of caseloads, every pair of samples.

``pytest -s -m "slow or not slow" tests/coverage/test_difference_coverage.py`` prints the lowest
coverage of each design, and the mean width, with those of the habitual limits beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas.difference_guaranteed import guaranteed_difference_limits
from sampleaudit.formulas.difference_problem import strata_of
from sampleaudit.formulas.difference_proved import proved_upper
from sampleaudit.formulas.differences import difference_limits
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.textbook_differences import (
    mee_limits,
    miettinen_nurminen_limits,
    newcombe_limits,
)

Caseload: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]  # cases and reviewed, by stratum
Upper: TypeAlias = Callable[[tuple[int, ...], float], float]  # of an outcome, at a tail
HABITS = {
    "newcombe": newcombe_limits,
    "mee": mee_limits,
    "miettinen-nurminen": miettinen_nurminen_limits,
}
SLOW = pytest.mark.slow

# population and reviewed of a and of b; then the profile's floors, a thousandth under what this
# file measured: level .95 and .90 two-sided, the lesser side at .95 one-sided
DESIGNS = [
    pytest.param(((24,), (8,)), ((15,), (6,)), (0.9545, 0.9035, 0.949), id="24;8 - 15;6"),
    pytest.param(
        ((60,), (15,)), ((40,), (12,)), (0.950, 0.901, 0.9465), id="60;15 - 40;12", marks=SLOW
    ),
    pytest.param(
        ((100,), (22,)), ((70,), (22,)), (0.950, 0.900, 0.949), id="100;22 - 70;22", marks=SLOW
    ),
    pytest.param(
        ((12, 8), (4, 3)), ((15,), (5,)), (0.9515, 0.903, 0.948), id="12,8;4,3 - 15;5", marks=SLOW
    ),
    pytest.param(
        ((12, 8), (4, 3)),
        ((10, 6), (3, 3)),
        (0.9485, 0.903, 0.9455),
        id="12,8;4,3 - 10,6;3,3",
        marks=SLOW,
    ),
]


@pytest.mark.parametrize(("a", "b", "floors"), DESIGNS)
def test_the_lowest_coverage_over_all_caseloads(
    a: Caseload, b: Caseload, floors: tuple[float, float, float]
) -> None:
    """The profile limits keep the measured floor, the guaranteed ones their level."""
    found = {}
    for level, tail in ((0.95, 0.025), (0.9, 0.05)):
        for name, upper in _all_methods(a, b).items():
            table = _limits_of_all_samples(a, b, upper, tail)
            found[level, name] = _lowest(a, b, table)
            both, one = found[level, name]
            width = float(np.mean(table[..., 1] - table[..., 0]))
            print(f"\n{a} - {b} {level}: {name} {both:.4f}, one side {one:.4f}, {width:.3f}")  # noqa: T201 - evidence
            if name == "guaranteed":
                assert both >= level
                assert one >= 1 - tail - 1e-12
    assert floors[0] <= found[0.95, "profile"][0]
    assert floors[1] <= found[0.9, "profile"][0]
    assert floors[2] <= found[0.9, "profile"][1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(((24,), (8,)), ((15,), (6,)), id="24;8 - 15;6"),
        pytest.param(((12, 8), (4, 3)), ((15,), (5,)), id="12,8;4,3 - 15;5"),
    ],
)
def test_proved_limits_hold_in_small_designs_too(a: Caseload, b: Caseload) -> None:
    """Where they would not be used: above their level, for they are made for large ones."""

    def upper(x: tuple[int, ...], tail: float) -> float:
        return proved_upper(*(strata_of(each) for each in _sides(a, b, x)), tail=tail)

    both, one = _lowest(a, b, _limits_of_all_samples(a, b, upper, 0.025))
    print(f"\n{a} - {b} 0.95: proved {both:.4f}, one side {one:.4f}")  # noqa: T201 - evidence
    assert both >= 0.95
    assert one >= 0.975


LARGE = [
    pytest.param(((500,), (77,)), ((400,), (60,)), id="500;77 - 400;60"),
    pytest.param(((5000,), (300,)), ((4000,), (200,)), id="5000;300 - 4000;200"),
    pytest.param(((50_000,), (600,)), ((40_000,), (400,)), id="50000;600 - 40000;400"),
    pytest.param(
        ((500, 300, 200), (50, 30, 20)), ((1000, 300, 50), (40, 30, 25)), id="three and three"
    ),
    pytest.param(
        ((4000, 2500, 1500, 800, 200), (80, 60, 60, 50, 40)), ((900, 300), (60, 40)),
        id="five and two",
    ),
    pytest.param(
        ((5000, 4000, 3000, 2200, 1600, 1200, 900, 700, 500, 400, 300, 200), (30,) * 12),
        ((4000, 3500, 2700, 2400, 1800, 1000, 950, 650, 450, 350, 280, 150), (28,) * 12),
        id="twelve and twelve",
    ),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), LARGE)
def test_how_much_wider_guaranteed_limits_are(a: Caseload, b: Caseload) -> None:
    """Printed: mean width over the profile's at level .95, and seconds of the first and the rest.

    At the expected outcomes for rates of 3, 10 and 30 % in either caseload, the same in all strata,
    and with nine tenths of the errors in the smallest strata.
    """
    for packed in (False, True):
        ratios, seconds = [], []
        for rate_a, rate_b in product((0.03, 0.1, 0.3), repeat=2):
            x = (*_expected(a, rate_a, packed=packed), *_expected(b, rate_b, packed=packed))
            sides = _sides(a, b, x)
            low, high = difference_limits(*sides, lower_tail=0.025, upper_tail=0.025)
            start = time.perf_counter()
            least, most, guarantee = guaranteed_difference_limits(
                *sides, lower_tail=0.025, upper_tail=0.025
            )
            seconds.append(time.perf_counter() - start)
            ratios.append((most - least) / (high - low))
        print(  # noqa: T201 - evidence
            f"\n{a} - {b} {'packed' if packed else 'even'}: {guarantee}, "
            f"mean {np.mean(ratios):.3f}, largest {max(ratios):.3f}; "
            f"{seconds[0]:.2f} s, then {np.median(seconds[1:]):.2f} s"
        )
        assert np.mean(ratios) <= (1.6 if packed else 1.35)


def _expected(caseload: Caseload, rate: float, *, packed: bool) -> tuple[int, ...]:
    """Return the expected errors in the sample."""
    N, n = (np.array(each) for each in caseload)
    T = N * rate
    if packed:
        left = 0.9 * rate * N.sum()
        T = 0.1 * rate * N
        for h in np.argsort(N):
            more = min(0.9 * N[h] - T[h], left)
            T[h], left = T[h] + more, left - more
    return tuple(int(each) for each in np.rint(n * T / N))


def _sides(a: Caseload, b: Caseload, x: tuple[int, ...]) -> tuple:
    """Return both caseloads with these errors found."""
    return (x[: len(a[0])], a[1], a[0]), (x[len(a[0]) :], b[1], b[0])


def _all_methods(a: Caseload, b: Caseload) -> dict[str, Upper]:
    """Return upper limits, of the habitual methods too where neither caseload has strata."""

    def profile(x: tuple[int, ...], tail: float) -> float:
        return difference_limits(*_sides(a, b, x), lower_tail=None, upper_tail=tail)[1]

    def likeliest(x: tuple[int, ...], tail: float) -> float:
        sides = _sides(a, b, x)
        return difference_limits(*sides, lower_tail=None, upper_tail=tail, delta=0)[1]

    def guaranteed(x: tuple[int, ...], tail: float) -> float:
        sides = _sides(a, b, x)
        _, high, guarantee = guaranteed_difference_limits(*sides, lower_tail=None, upper_tail=tail)
        assert guarantee == "enumerated"
        return high

    methods: dict[str, Upper] = {
        "profile": profile,
        "likeliest alone": likeliest,
        "guaranteed": guaranteed,
    }
    if len(a[0]) == len(b[0]) == 1:
        for name, habit in HABITS.items():
            methods[name] = lambda x, tail, habit=habit: habit(
                x[0], a[1][0], x[1], b[1][0], lower_tail=None, upper_tail=tail
            )[1]
    return methods


def _limits_of_all_samples(
    a: Caseload, b: Caseload, upper: Upper, tail: float
) -> NDArray[np.float64]:
    """Return low and high for every outcome, one axis per stratum and the limits last.

    Every method's lower limit is the negative of its upper limit with errors and correct cases
    exchanged (tests/formulas), so half of them suffice.
    """
    reviewed = a[1] + b[1]
    high = np.array([upper(x, tail) for x in product(*(range(n + 1) for n in reviewed))])
    high = high.reshape([n + 1 for n in reviewed])
    return np.stack([-np.flip(high), high], axis=-1)


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
