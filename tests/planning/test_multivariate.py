"""Several demands at once: every one is met, and what cannot be met is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa


def made_frame(**sizes: int) -> sa.Frame:
    """Return a frame with these strata, every second case in domain x."""
    strata = np.repeat(list(sizes), list(sizes.values()))
    register = pd.DataFrame({
        "id": [f"c{place:05d}" for place in range(len(strata))],
        "town": strata,
        "kind": np.where(np.arange(len(strata)) % 2, "x", "y"),
    })  # fmt: skip
    return sa.build_frame(register, case_id="id", stratify_by="town", domains="kind")


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    return made_frame(North=900, South=400, West=100)


def test_a_margin_in_every_stratum_is_met_by_the_plan_s_own_intervals(frame):
    """The half widths are at most 8 % in every town, and hardly less: no case is wasted."""
    plan = sa.plan_for_precision(frame, sa.PrecisionTarget(0.08, by="town"), anticipated=0.15)
    widths = sa.expected_precision(plan, anticipated=0.15, by="town").to_frame()["half_width"]
    assert (widths <= 0.08).all()
    assert (widths >= 0.93 * 0.08).all()


def test_a_case_less_in_a_stratum_would_miss_its_margin(frame):
    """One stratum is one demand, so its number is the smallest there."""
    plan = sa.plan_for_precision(frame, sa.PrecisionTarget(0.08, by="town"), anticipated=0.15)
    counts = dict(plan.table[["town", "sampled"]].itertuples(index=False, name=None))
    for town, n in counts.items():
        fewer = sa.plan_from_counts(frame, {**counts, town: n - 3})
        rows = sa.expected_precision(fewer, anticipated=0.15, by="town").to_frame()
        assert rows.set_index("town").loc[town, "half_width"] > 0.08


def test_several_indicators_and_the_whole_caseload_at_once(frame):
    """Coefficients of variation are met by the linearised standard errors."""
    anticipated = {"late": 0.1, "hearing": {"North": 0.3, "South": "1/6", "West": 0.05}}
    wanted = [
        sa.PrecisionTarget(cv=0.15),
        sa.PrecisionTarget(cv=0.25, indicator="hearing", by="town"),
        sa.PrecisionTarget(cv=0.3, indicator="late", by="kind"),
    ]
    plan = sa.plan_for_precision(frame, wanted, anticipated=anticipated)
    overall = sa.expected_precision(plan, anticipated=anticipated).to_frame()
    towns = sa.expected_precision(plan, anticipated=anticipated, by="town").to_frame()
    kinds = sa.expected_precision(plan, anticipated=anticipated, by="kind").to_frame()
    assert (overall["cv"] <= 0.15).all()
    assert (towns[towns["indicator"] == "hearing"]["cv"] <= 0.25).all()
    assert (kinds[kinds["indicator"] == "late"]["cv"] <= 0.3).all()
    assert plan.goal is not None
    assert plan.goal["least_cost"] <= plan.goal["cost"] == plan.size


def test_costs_move_cases_to_where_they_are_cheap(frame):
    """Where a case costs nine times as much, fewer are read than without costs."""
    target = sa.PrecisionTarget(cv=0.15)
    free = sa.plan_for_precision(frame, target, anticipated=0.15)
    costs = {"North": 9, "South": 1, "West": 1}
    paid = sa.plan_for_precision(frame, target, anticipated=0.15, costs=costs)
    assert paid.table["sampled"][0] < free.table["sampled"][0]

    def cost(plan: sa.Plan) -> int:
        return int(plan.table["sampled"] @ [9, 1, 1])

    assert cost(paid) < cost(free)
    assert paid.goal is not None
    assert cost(paid) == paid.goal["cost"]


def test_an_indicator_without_anticipated_errors_still_needs_cases():
    """No error anticipated in 300: the margin of 2 % is that of the upper limit at none."""
    frame = made_frame(North=300)
    plan = sa.plan_for_precision(frame, sa.PrecisionTarget(0.02), anticipated=0)
    limit = sa.rate_interval(0, plan.size, 300)
    assert (limit.high - limit.low) / 2 <= 0.02
    fewer = sa.rate_interval(0, plan.size - 3, 300)
    assert (fewer.high - fewer.low) / 2 > 0.02


def test_minimum_and_maximum_are_kept(frame):
    """By stratum or for all."""
    plan = sa.plan_for_precision(
        frame, sa.PrecisionTarget(cv=0.3), anticipated=0.15,
        minimum=20, maximum={"North": 30, "South": 400, "West": 100},
    )  # fmt: skip
    assert (plan.table["sampled"] >= 20).all()
    assert plan.table["sampled"][0] <= 30


@pytest.mark.parametrize(
    ("wanted", "given", "message"),
    [
        pytest.param({"margin": 0.005, "by": "town"}, {}, "of 100 cases. Ask for 0.01", id="case"),
        pytest.param({"margin": 0.02}, {"maximum": 40}, "with maximum read everywhere", id="max"),
        pytest.param({"cv": 0.05}, {"maximum": 40}, "with maximum read everywhere", id="max cv"),
        pytest.param(
            {"margin": 0.02}, {"minimum": 0, "maximum": 0}, "maximum is 0 in North", id="none read"
        ),
        pytest.param({"cv": 0.1}, {"anticipated": 0}, "ask for a margin instead", id="no errors"),
        pytest.param({"margin": 0.1, "by": "age"}, {}, "by names 'age'", id="column"),
        pytest.param({"margin": 0.1, "indicator": "z"}, {}, "indicator 'z'", id="indicator"),
        pytest.param({"margin": 0.1}, {"costs": -1}, "amounts above 0", id="cost"),
    ],
)
def test_what_cannot_be_met_is_refused_with_what_could(frame, wanted, given, message):
    options = {"anticipated": 0.1, **given}
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_for_precision(frame, sa.PrecisionTarget(**wanted), **options)


@pytest.mark.parametrize("options", [{}, {"margin": 0.1, "cv": 0.1}])
def test_a_target_is_a_margin_or_a_coefficient_of_variation(options):
    """Neither is a mistake, and so are both."""
    with pytest.raises(sa.AuditError, match="one of the two"):
        sa.PrecisionTarget(**options)


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "margin"), [((30, 30), 0.1), ((900, 400, 100), 0.05),
                                               ((400_000, 600_000), 0.03)])  # fmt: skip
def test_drawn_samples_have_the_margin_that_was_promised(sizes, margin):
    """Registers of 60 to a million cases: the mean half width of 200 drawn samples."""
    names = ("North", "South", "West")[: len(sizes)]
    population = np.array(sizes)
    frame = made_frame(**dict(zip(names, sizes, strict=True)))
    plan = sa.plan_for_precision(frame, sa.PrecisionTarget(margin), anticipated=0.1)
    n = plan.table["sampled"].to_numpy()
    rng = np.random.default_rng(8)
    errors = np.round(0.1 * population).astype(int)
    drawn = rng.hypergeometric(errors, population - errors, n, size=(200, len(n)))
    widths = []
    for row in drawn:
        found = sa.rate_interval(row.tolist(), n.tolist(), population.tolist())
        widths.append((found.high - found.low) / 2)
    mean, error = np.mean(widths), np.std(widths) / len(widths) ** 0.5
    print(f"\n{sizes}: n = {n.tolist()}, promised {margin}, drawn {mean:.4f} +- {error:.4f}")  # noqa: T201 -- the evidence
    assert mean <= 1.01 * margin + 3 * error
    assert mean >= 0.93 * margin
