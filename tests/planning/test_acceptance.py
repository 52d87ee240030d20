"""Plans to accept or reject: risks kept wherever the errors are, and what cannot be told apart."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.formulas.acceptance import decisions
from sampleaudit.formulas.hypergeometric import pmf


def made_frame(*sizes: int, strata: bool = True) -> sa.Frame:
    """Return a frame of strata s0, s1, ... with so many cases, or of one."""
    labels = [f"s{h}" for h, size in enumerate(sizes) for _ in range(size)]
    register = pd.DataFrame({"id": [f"c{i:05d}" for i in range(len(labels))], "s": labels})
    return sa.build_frame(register, case_id="id", stratify_by="s" if strata else ())


@pytest.mark.parametrize("population", [30, 77, 500, 20_000, 1_000_000])
def test_both_risks_are_kept_in_registers_of_any_size(population):
    """At 1 % and 10 %, with the whole numbers of errors that these are."""
    plan = sa.plan_acceptance(population, acceptable=0.01, tolerable=0.1)
    (n,), (c,) = plan.rule.reviewed, plan.rule.accept
    few, many = int(0.01 * population), -(-population // 10)
    assert 1 - pmf(few, n, population)[: c + 1].sum() <= 0.05
    assert pmf(many, n, population)[: c + 1].sum() <= 0.05
    np.testing.assert_allclose(
        plan.producer_risk, 1 - pmf(few, n, population)[: c + 1].sum(), atol=1e-9
    )


def test_in_strata_the_risks_hold_for_every_place_of_the_errors():
    """Every caseload of two strata with the acceptable and the tolerable number of errors."""
    sizes = (60, 25)
    plan = sa.plan_acceptance(
        made_frame(*sizes), acceptable="2/85", tolerable="20/85", consumer_risk=0.1
    )
    read = [stages[0] for _, stages in plan.strata]

    def accepted(errors):
        parts = [pmf(T, n, N) for T, n, N in zip(errors, read, sizes, strict=True)]
        return np.convolve(*parts)[: plan.rule.accept[0] + 1].sum()

    places = list(product(range(61), range(26)))
    worst = max(accepted(T) for T in places if sum(T) == 20)
    least = min(accepted(T) for T in places if sum(T) == 2)
    np.testing.assert_allclose(worst, plan.consumer_risk, atol=1e-9)
    np.testing.assert_allclose(1 - least, plan.producer_risk, atol=1e-9)
    assert plan.consumer_risk <= 0.1
    assert plan.producer_risk <= 0.05


def test_a_plan_of_a_frame_can_be_drawn_stage_by_stage():
    """The second draw with the seed contains the first."""
    plan = sa.plan_acceptance(
        made_frame(500, strata=False), acceptable=0.01, tolerable=0.06, kind="double"
    )
    first, both = (sa.draw(each, seed="dice 3 5 1") for each in plan.plans)
    assert set(first.cases["id"]) < set(both.cases["id"])
    assert plan.rule.reviewed == (first.size, both.size - first.size)
    assert plan.plans[0].goal is not None


def test_what_to_do_with_the_errors_found():
    """Accept at 0, reject at 3 or more, else read on; then accept at 2 in all."""
    plan = sa.acceptance_plan(500, (45, 45), (0, 2), acceptable=0.01, tolerable=0.06)
    assert ["accept", "read on", "reject"] == [plan.decide(k) for k in (0, 2, 3)]
    assert ["accept", "reject"] == [plan.decide(k, stage=2) for k in (2, 3)]
    with pytest.raises(sa.AuditError, match="only 45 cases"):
        plan.decide(46)
    with pytest.raises(sa.AuditError, match="this plan has 2"):
        plan.decide(1, stage=3)


def test_the_plan_says_what_it_does():
    """In words, with its risks."""
    plan = sa.plan_acceptance(None, acceptable=0.01, tolerable=0.06, consumer_risk=0.1)
    assert (
        "AcceptancePlan: read 110; accept at 3 or fewer errors, reject at 4 or more\n"
        "rejected at 0.01 with probability 0.0250, accepted at 0.06 with 0.0980 at most"
        == repr(plan)
    )
    assert "accept at no error" in repr(
        sa.acceptance_plan(500, (45, 45), (0, 2), acceptable=0.01, tolerable=0.06)
    )


def test_lqas_of_a_register():
    """19 of 100 cases, 20 % and 50 %: finite, so both risks are smaller than the binomial ones."""
    finite = sa.lqas_plan(100, 19, acceptable=0.2, tolerable=0.5)
    endless = sa.lqas_plan(None, 19, acceptable=0.2, tolerable=0.5)
    assert 6 == finite.rule.accept[0] == endless.rule.accept[0]
    assert finite.producer_risk < endless.producer_risk
    assert finite.consumer_risk < endless.consumer_risk


@pytest.mark.parametrize(
    ("caseload", "options", "message"),
    [
        pytest.param(500, {"acceptable": 0.05}, "must be the larger one", id="same"),
        pytest.param(
            50,
            {
                "acceptable": "1/50",
                "tolerable": "2/50",
                "producer_risk": 1e-3,
                "consumer_risk": 1e-3,
            },
            "to 1 of 50 cases and tolerable to 2",
            id="one error apart",
        ),
        pytest.param(500, {"producer_risk": 0}, "producer_risk is 0", id="no risk"),
        pytest.param(0, {}, "caseload is 0", id="no case"),
        pytest.param(500, {"kind": "triple"}, "kind is 'triple'", id="kind"),
    ],
)  # fmt: skip
def test_impossible_demands_say_why(caseload, options, message):
    with pytest.raises(sa.AuditError, match=message):
        sa.plan_acceptance(caseload, **{"acceptable": 0.01, "tolerable": 0.05, **options})


def test_a_double_plan_in_strata_keeps_its_risks_for_every_place_of_the_errors():
    """Every caseload of two strata with the acceptable and the tolerable number of errors."""
    sizes = (60, 40)
    plan = sa.plan_acceptance(
        made_frame(*sizes), acceptable=0.05, tolerable=0.3, kind="double", consumer_risk=0.1
    )
    assert 2 == len(plan.rule.reviewed)
    assert plan.rule.reviewed == tuple(
        sum(stages[place] for _, stages in plan.strata) for place in range(2)
    )
    for total, worst in ((5, 1 - plan.producer_risk), (30, plan.consumer_risk)):
        values = [
            decisions(plan.rule, 0.0, (a, total - a), plan.strata)[0]
            for a in range(max(0, total - 40), min(total, 60) + 1)
        ]
        extreme = min(values) if total == 5 else max(values)
        np.testing.assert_allclose(worst, extreme, atol=1e-12)
    assert plan.producer_risk <= 0.05
    assert plan.consumer_risk <= 0.1
    for each, read in zip(plan.plans, np.cumsum(plan.rule.reviewed), strict=True):
        assert read == each.size


def test_published_double_numbers_can_be_used_in_strata():
    """10 + 10 read of 60 and 40: six and four at each stage."""
    plan = sa.acceptance_plan(made_frame(60, 40), (10, 10), (0, 1), acceptable=0.01, tolerable=0.2)
    assert ((60, (6, 6)), (40, (4, 4))) == plan.strata


def test_numbers_that_do_not_make_a_plan_are_refused():
    rates = {"acceptable": 0.01, "tolerable": 0.1}
    with pytest.raises(sa.AuditError, match="both be one number"):
        sa.acceptance_plan(100, (10, 10), 1, **rates)
    with pytest.raises(sa.AuditError, match="nothing is read on"):
        sa.acceptance_plan(100, (10, 10), (0, 1), reject=1, **rates)
    with pytest.raises(sa.AuditError, match="there are 100 cases"):
        sa.acceptance_plan(100, 101, 1, **rates)
    with pytest.raises(sa.AuditError, match="there are 100 cases"):
        sa.lqas_plan(100, 101, **rates)


def test_rates_are_exact_fractions():
    """7 % of 300 cases is 21 errors, not 22."""
    plan = sa.acceptance_plan(300, 60, 2, acceptable=0.01, tolerable=0.07)
    assert Fraction(7, 100) == plan.tolerable
    np.testing.assert_allclose(pmf(21, 60, 300)[:3].sum(), plan.consumer_risk, rtol=1e-9)
