"""How often guaranteed limits hold, and how wide they are.

The coverage is that of every caseload and every sample of several small designs; ``pytest -s``
prints the lowest and the mean width beside those of the default interval. The widths of proved
limits in larger designs are printed as multiples of the plain profile interval's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from time import process_time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import hypergeom

from sampleaudit.formulas.enumerated import enumerated_limits
from sampleaudit.formulas.fourier_chernoff import proved_upper
from sampleaudit.formulas.profile import profile_limits, upper_limit
from sampleaudit.formulas.textbook import wright_sidak_limits

Limits = NDArray[np.int64]
SLOW = pytest.mark.slow

DESIGNS = [
    pytest.param((20, 12), (6, 4), id="20,12;6,4"),
    pytest.param((10, 8, 6), (3, 2, 2), id="10,8,6;3,2,2", marks=SLOW),
    pytest.param((60, 40), (20, 10), id="60,40;20,10", marks=SLOW),
    pytest.param((50, 5), (4, 4), id="50,5;4,4", marks=SLOW),
    pytest.param((70, 15), (14, 10), id="70,15;14,10", marks=SLOW),
    pytest.param((24, 20, 12), (7, 6, 5), id="24,20,12;7,6,5", marks=SLOW),
    pytest.param((12, 10, 8, 6), (3, 3, 2, 2), id="12,10,8,6;3,3,2,2", marks=SLOW),
]


@pytest.mark.parametrize("level", [0.95, 0.8])
@pytest.mark.parametrize(("population", "reviewed"), DESIGNS)
def test_both_procedures_reach_the_level_in_every_caseload(
    population: tuple[int, ...], reviewed: tuple[int, ...], level: float
) -> None:
    """Enumerated and proved intervals of the same design, whichever the library would choose."""
    N, n = np.array(population), np.array(reviewed)
    outcomes = np.array(list(product(*(range(v + 1) for v in reviewed))))
    tail = (1 - level) / 2
    high = np.array([proved_upper(x, n, N, tail=tail) for x in outcomes])
    methods = {
        "enumerated": np.array([enumerated_limits(x, n, N, alpha=1 - level) for x in outcomes]),
        "proved": np.stack([N.sum() - high[::-1], high], axis=1),  # n - x is the x from the end
        "profile": np.array(
            [profile_limits(x, n, N, lower_tail=tail, upper_tail=tail) for x in outcomes]
        ),
    }
    found = {key: coverage(limits, outcomes, n, N) for key, limits in methods.items()}
    row = ", ".join(
        f"{key} {lowest:.4f} ({width:.2f} wide)" for key, (lowest, width) in found.items()
    )
    print(f"\n{population}; {reviewed}; level {level}: {row}")  # noqa: T201 - evidence, with -s
    assert level <= found["enumerated"][0] + 1e-11
    assert level <= found["proved"][0] + 1e-11


def coverage(
    limits: Limits, outcomes: Limits, n: NDArray[np.int64], N: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the lowest coverage over all caseloads and the mean width over all totals."""
    tables = [
        np.array([hypergeom.pmf(np.arange(read + 1), size, T, read) for T in range(size + 1)])
        for read, size in zip(n, N, strict=True)
    ]
    lowest, widths = 1.0, [[] for _ in range(int(N.sum()) + 1)]
    for T in product(*(range(v + 1) for v in N)):
        P = np.ones(len(outcomes))
        for h, t in enumerate(T):
            P *= tables[h][t, outcomes[:, h]]
        held = (limits[:, 0] <= sum(T)) & (sum(T) <= limits[:, 1])
        lowest = min(lowest, float(P[held].sum()))
        widths[sum(T)].append(P @ (limits[:, 1] - limits[:, 0]))
    return lowest, float(np.mean([np.mean(of) for of in widths]))


LARGER = [
    # the most that the mean width may be over the plain profile's: the same error rate everywhere,
    # then errors packed into small strata
    pytest.param((500, 300, 200), (50, 30, 20), (1.08, 1.13), id="three strata"),
    pytest.param((1000, 300, 50), (40, 30, 25), (1.15, 1.21), id="three unequal strata"),
    pytest.param(
        (4000, 2500, 1500, 800, 200), (80, 60, 60, 50, 40), (1.15, 1.20), id="five strata"
    ),
    pytest.param(
        (5000, 4000, 3000, 2000, 1500, 1200, 1000, 800, 600, 400, 300, 200),
        (30,) * 12,
        (1.20, 1.30),  # the mean of so few samples moves by a hundredth
        id="twelve strata",
    ),
]
SAMPLES = 6
"""Of each caseload; widths are means over them, and ratios of widths means over the rates."""


@SLOW
@pytest.mark.parametrize(("population", "reviewed", "most"), LARGER)
def test_how_wide_proved_limits_are_and_how_long_they_take(
    population: tuple[int, ...], reviewed: tuple[int, ...], most: tuple[float, float]
) -> None:
    """Beside the profile interval without its margin, in random samples at several rates."""
    N, n = np.array(population), np.array(reviewed)
    rng = np.random.default_rng(20)
    for packed, ceiling in zip((False, True), most, strict=True):
        ratios, wright, seconds = [], [], []
        for rate in (0.01, 0.03, 0.10, 0.30):
            T = packed_errors(N, rate) if packed else np.rint(N * rate).astype(np.int64)
            found = [rng.hypergeometric(T, N - T, n) for _ in range(SAMPLES)]
            plain = sum(width(x, n, N, plain_upper) for x in found)
            begin = process_time()
            sure = sum(width(x, n, N, proved) for x in found)
            seconds.append((process_time() - begin) / SAMPLES)
            ratios.append(sure / plain)
            limits = [
                wright_sidak_limits(x, n, N, lower_tail=0.025, upper_tail=0.025) for x in found
            ]
            wright.append(sum(high - low for low, high in limits) / plain)
        mean = float(np.mean(ratios))
        where = "packed" if packed else "even"
        print(  # noqa: T201 - evidence, with -s
            f"\n{population}; {where}: proved {mean:.3f}, Wright-Sidak {np.mean(wright):.2f}; "
            f"{np.mean(seconds):.3f} s for both limits"
        )
        assert mean <= ceiling


def plain_upper(x: NDArray[np.int64], n: NDArray[np.int64], N: NDArray[np.int64]) -> int:
    """Return the profile interval's upper limit without its margin."""
    return upper_limit(x, n, N, tail=0.025, delta=0.0)


def proved(x: NDArray[np.int64], n: NDArray[np.int64], N: NDArray[np.int64]) -> int:
    """Return the proved upper limit."""
    return proved_upper(x, n, N, tail=0.025)


def packed_errors(N: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
    """Return caseloads of this rate: a tenth spread evenly, the rest in the smallest strata.

    No stratum gets more than six tenths of its cases.
    """
    T = np.floor(0.1 * rate * N)
    for h in N.argsort(kind="stable"):
        T[h] += np.clip(rate * N.sum() - T.sum(), 0, np.floor(0.6 * N[h]) - T[h])
    return T.astype(np.int64)


def width(
    x: NDArray[np.int64],
    n: NDArray[np.int64],
    N: NDArray[np.int64],
    upper: Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], int],
) -> int:
    """Return upper minus lower limit, the lower one by exchanging errors and correct cases."""
    return upper(x, n, N) + upper(n - x, n, N) - int(N.sum())
