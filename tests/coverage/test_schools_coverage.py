"""How often the limits hold on a real register: 400 draws from schools whose truth is known.

All 6,194 Californian schools of 2000 (data/schools, from the `api` data of R's survey package 4.5);
1,072 of them did not meet their school-wide growth target. ``pytest -s`` prints the counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sampleaudit as sa

Counts = tuple[list[int], list[int], list[int]]

REGISTER = Path(__file__).parents[2] / "data" / "schools" / "california_schools.csv"
TRUTH = 1072  # printed by:  cut -d, -f9 data/schools/california_schools.csv | grep -c '"No"'
SIZE = 240
SEEDS = 400
# 92 % of the draws. Limits that hold in exactly 95 % fall below it in 0.5 % of such studies
# (scipy.stats.binom.cdf(367, 400, 0.95) = 0.0050).
ENOUGH = 368


@pytest.fixture(scope="module")
def outcomes() -> list[Counts]:
    """Errors, cases read and cases by school type, for each of the 400 draws."""
    register = sa.read_register(REGISTER, case_id="cds")
    missed = set(register.loc[register["sch.wide"] == "No", "cds"])
    assert TRUTH == len(missed)
    frame = sa.build_frame(register, case_id="cds", stratify_by="stype")
    plan = sa.plan_sample(frame, SIZE)
    kinds = plan.table["stype"].tolist()
    read, cases = plan.table["sampled"].tolist(), plan.table["population"].tolist()

    def errors(seed: str) -> list[int]:
        drawn = sa.draw(plan, seed=seed, reserve=0).cases
        wrong = drawn["stype"][drawn["cds"].isin(missed)].tolist()
        return [wrong.count(kind) for kind in kinds]

    return [(errors(f"coverage {number}"), read, cases) for number in range(SEEDS)]


def test_two_sided_limits_hold_the_truth_often_enough(outcomes: list[Counts]) -> None:
    """The 95 % interval of the whole register holds 1,072 in at least 92 % of the draws."""
    intervals = [sa.rate_interval(*counts, level=0.95) for counts in outcomes]
    held = [each.total_low <= TRUTH <= each.total_high for each in intervals]
    width = np.mean([each.high - each.low for each in intervals])
    report("two-sided", sum(held), f"mean width {width:.4f}")
    assert sum(held) >= ENOUGH


def test_upper_limits_hold_the_truth_often_enough(outcomes: list[Counts]) -> None:
    """The 95 % upper limit is at least 1,072 in at least 92 % of the draws."""
    limits = [sa.rate_interval(*counts, level=0.95, side="upper").total_high for counts in outcomes]
    held = [TRUTH <= limit for limit in limits]
    report("upper limit", sum(held), f"mean limit {np.mean(limits):.0f} cases")
    assert sum(held) >= ENOUGH


def report(kind: str, held: int, size: str) -> None:
    print(f"\n95 % {kind}: {held} of {SEEDS} draws hold the truth, {size}")  # noqa: T201 - evidence
