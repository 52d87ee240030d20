"""Guaranteed limits: which procedure a design gets, known strata, sides, and plain inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampleaudit.formulas.guaranteed import guaranteed_limits, guaranteed_table
from sampleaudit.formulas.hypergeometric import interval_table
from sampleaudit.formulas.shortest import shortest_table

BOTH = {"lower_tail": 0.025, "upper_tail": 0.025}


@pytest.mark.parametrize(
    ("population", "reviewed", "sides", "expected"),
    [
        pytest.param([60, 40], [20, 10], BOTH, "enumerated", id="few outcomes"),
        pytest.param([500, 300, 200], [50, 30, 20], BOTH, "proved", id="many outcomes"),
        pytest.param([5000], [300], BOTH, "enumerated", id="one stratum"),
        pytest.param([100_000], [300], BOTH, "proved", id="one large stratum"),
        pytest.param(
            [5000], [300], {"lower_tail": None, "upper_tail": 0.05}, "proved", id="one, one side"
        ),
        pytest.param(
            [60, 40],
            [20, 10],
            {"lower_tail": 0.05, "upper_tail": None},
            "enumerated",
            id="one side",
        ),
        pytest.param([60, 40], [60, 40], BOTH, "proved", id="census"),
    ],
)
def test_the_procedure_follows_from_the_design(
    population: list[int], reviewed: list[int], sides: dict[str, Any], expected: str
) -> None:
    """Whatever was found, nothing or everything."""
    for errors in ([0] * len(reviewed), [n // 2 for n in reviewed], reviewed):
        assert expected == guaranteed_limits(errors, reviewed, population, **sides)[2]


def test_a_census_stratum_counts_its_errors_and_an_unread_one_everything() -> None:
    low, high, _ = guaranteed_limits([3, 2], [20, 10], [60, 40], **BOTH)
    expected = (low + 7, high + 7 + 25, "enumerated")
    assert expected == guaranteed_limits([3, 7, 0, 2], [20, 30, 0, 10], [60, 30, 25, 40], **BOTH)
    assert (7, 7, "proved") == guaranteed_limits([7], [30], [30], **BOTH)
    assert (0, 30, "proved") == guaranteed_limits([0], [0], [30], **BOTH)


@pytest.mark.parametrize("tail", [None, 0])
def test_a_side_not_asked_for_is_what_the_counts_allow(tail: float | None) -> None:
    for N in ([60, 40], [600, 400], [60]):
        x, n = [3, 2][: len(N)], [20, 10][: len(N)]
        low, _, _ = guaranteed_limits(x, n, N, lower_tail=tail, upper_tail=0.05)
        _, high, _ = guaranteed_limits(x, n, N, lower_tail=0.05, upper_tail=tail)
        assert sum(x) == low
        assert sum(N) - sum(n) + sum(x) == high


def test_one_stratum_and_one_side_is_exact_tail_inversion() -> None:
    low, _ = interval_table(20, 200, lower_tail=0.05, upper_tail=0.05)
    for x in range(21):
        assert (low[x], 200 - 20 + x, "proved") == guaranteed_limits(
            x, 20, 200, lower_tail=0.05, upper_tail=None
        )


def test_one_stratum_and_two_sides_is_the_shortest_interval() -> None:
    """[0, 14] for none of 100 of 500: Blaker's and tail inversion's interval is [0, 16]."""
    assert (0, 14, "enumerated") == guaranteed_limits(0, 100, 500, **BOTH)
    low, high = shortest_table(20, 200, level=0.95)
    for x in range(21):
        assert (low[x], high[x], "enumerated") == guaranteed_limits(x, 20, 200, **BOTH)


def test_one_stratum_of_a_large_register_is_exact_tail_inversion() -> None:
    """[6854, 13961] at N = 100,000, n = 300, x = 30: every T tried with scipy's hypergeometric."""
    assert (6854, 13961, "proved") == guaranteed_limits(30, 300, 100_000, **BOTH)


@pytest.mark.parametrize(("population", "reviewed"), [(200, 20), (100_000, 60), (9, 9), (9, 0)])
@pytest.mark.parametrize(
    "sides", [BOTH, {"lower_tail": None, "upper_tail": 0.05}, {"lower_tail": 0.05, "upper_tail": 0}]
)
def test_the_table_of_one_stratum_has_every_interval(
    population: int, reviewed: int, sides: dict[str, Any]
) -> None:
    low, high, guarantee = guaranteed_table(reviewed, population, **sides)
    for x in range(reviewed + 1):
        expected = guaranteed_limits(x, reviewed, population, **sides)
        assert expected == (low[x], high[x], guarantee)


def test_two_unequal_tails_are_two_one_sided_limits() -> None:
    x, n, N = [3, 2], [20, 10], [60, 40]
    low = guaranteed_limits(x, n, N, lower_tail=0.01, upper_tail=None)[0]
    high = guaranteed_limits(x, n, N, lower_tail=None, upper_tail=0.04)[1]
    assert (low, high, "enumerated") == guaranteed_limits(x, n, N, lower_tail=0.01, upper_tail=0.04)


@st.composite
def designs(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Two to four strata, some of them census strata or unread."""
    rows = draw(st.lists(st.tuples(st.integers(1, 90), st.floats(0, 1)), min_size=2, max_size=4))
    N = [size for size, _ in rows]
    n = [min(size, int(share * 15)) for size, share in rows]
    x = [draw(st.integers(0, read)) for read in n]
    return x, n, N


@settings(max_examples=25, deadline=None, derandomize=True)
@given(designs())
def test_limits_are_possible_hold_the_estimate_and_mirror(
    design: tuple[list[int], list[int], list[int]],
) -> None:
    """Errors and correct cases exchanged give the same limits counted from the other end."""
    x, n, N = design
    low, high, guarantee = guaranteed_limits(x, n, N, **BOTH)
    read = [k for k, size in enumerate(n) if size]
    estimate = sum(N[k] * x[k] / n[k] for k in read)
    unread = sum(N) - sum(N[k] for k in read)
    assert sum(x) <= low <= estimate + 1e-9
    assert estimate - 1e-9 <= high - unread
    assert high <= sum(N) - sum(n) + sum(x)
    correct = [b - a for a, b in zip(x, n, strict=True)]
    assert (sum(N) - high, sum(N) - low, guarantee) == guaranteed_limits(correct, n, N, **BOTH)
    wider = guaranteed_limits(x, n, N, lower_tail=0.0025, upper_tail=0.0025)
    assert wider[0] <= low
    assert wider[1] >= high
