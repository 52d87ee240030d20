"""Sizes for finding an error: exact, wherever the errors lie."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa


def frame_of(*sizes: int) -> sa.Frame:
    rows = [(f"S{h}-{i}", f"S{h}") for h, size in enumerate(sizes) for i in range(size)]
    table = pd.DataFrame(rows, columns=["case_id", "stratum"])
    strata = ["stratum"] if len(sizes) > 1 else []
    return sa.build_frame(table, case_id="case_id", stratify_by=strata)


@pytest.mark.parametrize(
    ("N", "rate", "n"),
    [(500, 0.08, 35), (500, 0.02, 129), (1000, 0.06, 48), (5000, 0.04, 73)],
)
def test_discovery_sizes_of_ezquant(N: int, rate: float, n: int):
    """EZ-Quant (DCAA), 95 %, as quoted in the tests of R's jfa."""
    assert n == sa.plan_for_detection(frame_of(N), rate).size


def test_none_found_means_under_the_rate():
    """The plan's own interval of no errors says what the plan promised; two-sided would not."""
    plan = sa.plan_for_detection(frame_of(500), 0.05)
    assert ("upper", "guaranteed", 0.95) == (
        plan.analysis.side, plan.analysis.method, plan.analysis.level,
    )  # fmt: skip
    limits = {
        side: sa.rate_interval(0, plan.size, 500, side=side, method="guaranteed").high
        for side in ("upper", "both")
    }
    assert limits["upper"] < 0.05 <= limits["both"]
    assert plan.goal is not None
    assert limits["upper"] == plan.goal["upper_limit_if_none"]


def test_in_strata_the_worst_place_decides():
    """Every way six errors can lie in strata of 30, 20 and 10; the size before would not do."""
    sizes = (30, 20, 10)
    plan = sa.plan_for_detection(frame_of(*sizes), 0.1, power=0.8, level=0.8)

    def missed(n: list[int]) -> float:
        return max(
            float(np.prod([
                comb(N - t, k) / comb(N, k) for N, t, k in zip(sizes, place, n, strict=True)
            ]))
            for place in product(range(7), repeat=3)
            if sum(place) == 6
        )  # fmt: skip

    assert missed(plan.table["sampled"].tolist()) <= 0.2
    before = sa.plan_sample(frame_of(*sizes), plan.size - 1)
    assert missed(before.table["sampled"].tolist()) > 0.2


@pytest.mark.parametrize(
    ("sizes", "rate"), [((300, 150, 50), 0.02), ((120,) * 6, 0.05), ((9_000, 600, 400), 0.05)]
)
def test_the_limit_reported_keeps_the_promise_in_strata(sizes: tuple[int, ...], rate: float):
    """If none is found the plan's own limit is under the rate; and the chance is kept, too."""
    plan = sa.plan_for_detection(frame_of(*sizes), rate)
    n = plan.table["sampled"].tolist()
    found = sa.rate_interval([0] * len(n), n, list(sizes), side="upper", method="guaranteed")
    assert plan.goal is not None
    assert found.high == plan.goal["upper_limit_if_none"] < rate
    assert plan.goal["chance_of_finding"] >= 0.95


def test_strata_are_read_more_only_where_the_limit_asks_for_it():
    """130 keep the limit of 10 errors in 500; 129 find one of them with 95 %, but say 10."""
    sizes = (300, 150, 50)
    chance = sa.plan_for_detection(frame_of(*sizes), 0.02, power=0.95)
    limit = sa.plan_for_detection(frame_of(*sizes), 0.02)
    assert (129, 130) == (chance.size, limit.size)
    assert chance.goal is not None
    assert 10 / 500 == chance.goal["upper_limit_if_none"]


def test_a_method_without_an_interval_decides_nothing():
    plan = sa.plan_for_detection(frame_of(300, 150, 50), 0.02, method="wald")
    assert 129 == plan.size


@pytest.mark.parametrize("N", [30, 1_000])
def test_simulated_audits_find_an_error_as_often_as_said(N: int):
    """5,000 audits with a seed: at most three standard errors under the exact chance."""
    plan = sa.plan_for_detection(frame_of(N), 0.1, power=0.9)
    T = -(-N // 10)
    found = np.random.default_rng(20261122).hypergeometric(T, N - T, plan.size, size=5000) > 0
    assert plan.goal is not None
    assert plan.goal["chance_of_finding"] >= 0.9
    assert abs(found.mean() - plan.goal["chance_of_finding"]) < 3 * (0.09 / 5000) ** 0.5


def test_one_case_can_be_looked_for():
    """A rate under one case in N is one case: 95 % of the register must be read."""
    assert 57 == sa.plan_for_detection(frame_of(60), 0.001).size


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(sa.AuditError, match="one case in 60"):
        sa.plan_for_detection(frame_of(60), 0)
    with pytest.raises(sa.AuditError, match="power is 95"):
        sa.plan_for_detection(frame_of(60), 0.1, power=95)
