"""The coverage of the stratified interval, exact: every caseload and every outcome.

Print the table: python -m pytest tests/coverage/test_profile_coverage.py -m slow -s -k table
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas import lattice
from sampleaudit.formulas.hypergeometric import pmf
from sampleaudit.formulas.lattice import build_lattice
from sampleaudit.formulas.plausible import Search
from sampleaudit.formulas.profile import profile_limits, upper_limit
from sampleaudit.formulas.worst import worst_tail

Counts = tuple[int, ...]
Side = Literal["both", "upper"]
DESIGNS: dict[str, tuple[Counts, Counts]] = {
    "two": ((60, 40), (20, 10)),
    "three": ((24, 20, 12), (7, 6, 5)),
    "unequal": ((70, 15), (14, 10)),
    "tiny": ((90, 10), (10, 5)),
    "four": ((12, 10, 8, 6), (4, 3, 3, 2)),
    "coarse": ((200, 80, 20), (8, 6, 5)),
    "smallest": ((6, 6, 6, 6, 6), (2, 2, 2, 2, 2)),
}
FAST = ("unequal", "tiny")
FLOORS: dict[tuple[Side, float], float] = {
    ("both", 0.95): 0.95,
    ("both", 0.90): 0.8997,
    ("upper", 0.95): 0.9465,
    ("upper", 0.90): 0.896,
}
"""What the default keeps on all these designs; the decision on delta rests on it."""
LARGER: tuple[tuple[Counts, Counts], ...] = (
    ((1000, 300, 50), (40, 30, 25)),
    ((4000, 2500, 1500, 800, 200), (80, 60, 60, 50, 40)),
)
LARGER_DELTAS = (0.0, 0.2, 0.35, 0.56, 1.0)
SAMPLES = 500


@dataclass(frozen=True)
class Enumerated:
    """All outcomes, all caseloads, and the chance of each outcome under each caseload."""

    outcomes: NDArray[np.int64]
    totals: NDArray[np.int64]
    chances: NDArray[np.float64]


@cache
def enumerated(name: str) -> Enumerated:
    N, n = DESIGNS[name]
    outcomes = np.array(list(product(*[range(read + 1) for read in n])))
    caseloads = np.array(list(product(*[range(size + 1) for size in N])))
    chances = np.ones((len(caseloads), len(outcomes)))
    for h, (size, read) in enumerate(zip(N, n, strict=True)):
        table = np.array([pmf(T, read, size) for T in range(size + 1)])
        chances *= table[caseloads[:, h]][:, outcomes[:, h]]
    return Enumerated(outcomes, caseloads.sum(axis=1), chances)


@cache
def upper_limits(name: str, tail: float, delta: float | None) -> NDArray[np.int64]:
    """Return the upper limit of every outcome."""
    N, n = (np.array(part) for part in DESIGNS[name])
    outcomes = enumerated(name).outcomes
    return np.array([upper_limit(x, n, N, tail=tail, delta=delta) for x in outcomes])


def lowest_coverage(name: str, side: Side, level: float, delta: float | None = None) -> float:
    """Return the smallest chance, over all caseloads, that the limits hold the errors."""
    known = enumerated(name)
    tail = round(1 - level, 9) / (2 if side == "both" else 1)
    high = upper_limits(name, tail, delta)
    kept = known.totals[:, None] <= high
    if side == "both":  # the lower limit mirrors the upper one; outcomes mirror in reverse order
        kept &= sum(DESIGNS[name][0]) - high[::-1] <= known.totals[:, None]
    return float((known.chances * kept).sum(axis=1).min())


@pytest.mark.parametrize(("side", "level"), FLOORS)
@pytest.mark.parametrize("name", FAST)
def test_coverage_of_the_default(name: str, side: Side, level: float):
    """No caseload of the design has less, at any of the levels and sides."""
    assert lowest_coverage(name, side, level) >= FLOORS[side, level]


@pytest.mark.slow
@pytest.mark.parametrize(("side", "level"), FLOORS)
@pytest.mark.parametrize("name", [name for name in DESIGNS if name not in FAST])
def test_coverage_of_the_default_on_larger_designs(name: str, side: Side, level: float):
    """No caseload of the design has less, at any of the levels and sides."""
    assert lowest_coverage(name, side, level) >= FLOORS[side, level]


@pytest.mark.parametrize(
    ("name", "side", "level", "expected"),
    [
        pytest.param("unequal", "both", 0.90, 0.890, id="unequal"),
        pytest.param("tiny", "upper", 0.90, 0.867, id="tiny"),
        pytest.param("two", "both", 0.95, 0.943, id="two-95", marks=pytest.mark.slow),
        pytest.param("two", "both", 0.90, 0.880, id="two-90", marks=pytest.mark.slow),
        pytest.param("two", "upper", 0.95, 0.936, id="two-upper", marks=pytest.mark.slow),
        pytest.param("three", "both", 0.95, 0.941, id="three", marks=pytest.mark.slow),
    ],
)
def test_coverage_of_the_profile_caseload_alone(
    name: str, side: Side, level: float, expected: float
):
    """Too low without delta: figures of an independent enumeration of the plain p-value."""
    assert expected == pytest.approx(lowest_coverage(name, side, level, 0.0), abs=0.0006)


@pytest.mark.slow
def test_the_table_of_the_decision(capsys: pytest.CaptureFixture[str]):
    """Lowest coverage and mean width by delta, for the decision on it; "rule" is the default."""
    with capsys.disabled():
        print("\ndesign   delta  both .95  both .90  upper .95  upper .90  width .95")  # noqa: T201 (the table is the purpose)
        for name in DESIGNS:
            plain = width(name, 0.0)
            for delta in (0.0, 0.25, 0.5, None, 1.0):
                row = [lowest_coverage(name, side, level, delta) for side, level in FLOORS]
                wider = width(name, delta) / plain
                label = "rule" if delta is None else delta
                print(f"{name:8} {label:5} " + " ".join(f"{c:9.4f}" for c in (*row, wider)))  # noqa: T201 (the same)
    assert width("tiny", None) >= width("tiny", 0.0)


@pytest.mark.slow
def test_the_table_of_larger_designs(capsys: pytest.CaptureFixture[str]):
    """Coverage of the two-sided .95 interval by delta, the same samples for all, errors even."""
    lowest = 1.0
    with capsys.disabled():
        print("\ndesign                    rate" + "".join(f"{delta:8}" for delta in LARGER_DELTAS))  # noqa: T201 (the table is the purpose)
        for N, n in LARGER:
            for rate in (0.03, 0.1, 0.3):
                found = [
                    kept / SAMPLES for kept in samples_that_hold(np.array(N), np.array(n), rate)
                ]
                print(f"{','.join(map(str, N)):24}{rate:6}" + "".join(f"{c:8.4f}" for c in found))  # noqa: T201 (the same)
                lowest = min(lowest, *found[1:])
    assert lowest >= 0.95 - 3 * (0.95 * 0.05 / SAMPLES) ** 0.5


def samples_that_hold(N: NDArray[np.int64], n: NDArray[np.int64], rate: float) -> list[int]:
    """Return how many samples do not reject the true total, with each delta."""
    T, rng = np.rint(rate * N).astype(np.int64), np.random.default_rng([7, round(100 * rate)])
    kept = [0] * len(LARGER_DELTAS)
    for x in rng.hypergeometric(T, N - T, n, (SAMPLES, len(N))):
        for place, delta in enumerate(LARGER_DELTAS):
            kept[place] += all(
                total <= float((N / n * found).sum())
                or (
                    total <= int((N - n + found).sum())
                    and worst_tail(Search(build_lattice(n, N), 0.025, delta), found, total) > 0.025
                )
                for found, total in ((x, int(T.sum())), (n - x, int((N - T).sum())))
            )
    return kept


@pytest.mark.slow
def test_the_table_of_grids(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """How far limits of 98 strata are from those of the finest grid, in shares of the width."""
    rng = np.random.default_rng(98)
    N, n = rng.integers(300, 900, 98), rng.integers(15, 26, 98)
    outcomes = [rng.binomial(n, rate) for rate in (0.02, 0.1, 0.17, 0.3) for _ in range(5)]
    steps = (131_072, 65_536, 32_768, 16_384, 8_192)
    limits = {}
    for grid in steps:
        monkeypatch.setattr(lattice, "_GRIDS", (grid,))
        limits[grid] = np.array(
            [profile_limits(x, n, N, lower_tail=0.025, upper_tail=0.025) for x in outcomes]
        )
    widths = {grid: limits[grid][:, 1] - limits[grid][:, 0] for grid in steps}
    finest = steps[0]
    moved = {
        grid: float((np.abs(limits[grid] - limits[finest]) / widths[finest][:, None]).mean())
        for grid in steps
    }
    with capsys.disabled():
        for grid in steps:
            wider = float((widths[grid] / widths[finest]).mean())
            print(f"\n{grid:6} steps: limits moved {moved[grid]:.4f}, width {wider:.4f}", end="")  # noqa: T201 (the table is the purpose)
    assert moved[32_768] < 0.01


def width(name: str, delta: float | None) -> float:
    """Return the mean width of the two-sided 95 % interval, all caseloads weighing the same."""
    high = upper_limits(name, 0.025, delta)
    low = sum(DESIGNS[name][0]) - high[::-1]
    return float((enumerated(name).chances @ (high - low)).mean())
