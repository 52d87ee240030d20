"""Sizes for showing a tolerable rate, and the errors allowed."""

from __future__ import annotations

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
    ("N", "expected", "tolerable", "level", "n"),
    [(500, 1, 8, 0.9, 46), (500, 2, 5, 0.95, 139), (500, 6, 9, 0.95, 196), (5000, 1, 4, 0.95, 154)],
)
def test_sizes_of_auditsampler(N: int, expected: int, tolerable: int, level: float, n: int):
    """AuditSampler, hypergeometric, in per cent, as quoted in the tests of R's jfa."""
    plan = sa.plan_for_tolerable(frame_of(N), tolerable / 100, expected=expected / 100, level=level)
    assert n == plan.size
    assert tolerable / 100 == plan.analysis.tolerable


def test_the_limit_of_the_errors_allowed_is_under_the_rate():
    """And one error more, or one case fewer, would not do."""
    plan = sa.plan_for_tolerable(frame_of(400), 0.05, allowed=2)

    def high(errors: int, size: int) -> float:
        found = sa.rate_interval(errors, size, 400, side="upper", method="guaranteed")
        return found.high

    assert high(2, plan.size) < 0.05 <= min(high(3, plan.size), high(2, plan.size - 1))


def test_in_strata_the_limit_holds_wherever_the_errors_are_found():
    """Two strata, one error allowed: in either of them the limit stays under."""
    frame = frame_of(60, 20)
    plan = sa.plan_for_tolerable(frame, 0.1, allowed=1)
    n = plan.table["sampled"].tolist()
    for x in ([1, 0], [0, 1]):
        found = sa.rate_interval(x, n, [60, 20], side="upper", method="guaranteed")
        assert found.high < 0.1


def test_the_risk_in_simulated_audits():
    """With a rate that is not tolerable, at most 5 % of 20,000 seeded audits accept."""
    plan = sa.plan_for_tolerable(frame_of(800), 0.06, expected=0.02)
    assert plan.goal is not None
    found = np.random.default_rng(20261122).hypergeometric(48, 752, plan.size, size=20_000)
    accepted = (found <= plan.goal["allowed"]).mean()
    assert accepted <= 0.05 + 3 * (0.05 * 0.95 / 20_000) ** 0.5


@pytest.mark.parametrize(
    ("message", "options"),
    [
        ("Ask for a tolerable rate above 0.05", {"expected": 0.05}),
        ("at most 24 can be allowed", {"allowed": 25}),
        ("lowest tolerable rate that can be shown is 0.052", {"expected": 0.0499}),
        ("give one of them", {"expected": 0.01, "allowed": 1}),
        ("an upper limit", {"side": "both"}),
    ],
)
def test_impossible_demands_say_what_is_possible(message: str, options: dict):
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_for_tolerable(frame_of(500), 0.05, **options)
