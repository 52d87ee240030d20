"""The plan: allocation, the analysis bound to it, its public record, its refusals."""

from __future__ import annotations

import pytest

import sampleaudit as sa
from sampleaudit.analysis import Analysis


def sampled(plan: sa.Plan) -> list[int]:
    return plan.table["sampled"].tolist()


def test_proportional(frame: sa.Frame):
    """Half of every stratum."""
    plan = sa.plan_sample(frame, 30)
    assert [15, 10, 5] == sampled(plan)
    assert ["district", "population", "sampled"] == plan.table.columns.tolist()
    assert 30 == plan.size


def test_equal(frame: sa.Frame):
    """Eleven from each would be more than West has: it gives all ten."""
    assert [12, 11, 10] == sampled(sa.plan_sample(frame, 33, allocation="equal"))


def test_neyman_reads_more_where_more_varies(frame: sa.Frame):
    """A mapping stratum -> rate; keys are the stratum's value."""
    rates = {"North": 0.01, "South": 0.5, "West": 0.01}
    plan = sa.plan_sample(frame, 20, allocation="neyman", anticipated=rates)
    assert [4, 14, 2] == sampled(plan)


def test_optimal_takes_costs_into_account(frame: sa.Frame):
    """Where reading costs a hundred times as much, less is read."""
    costs = {"North": 1, "South": 100, "West": 1}
    plan = sa.plan_sample(frame, 20, allocation="optimal", anticipated=1 / 6, costs=costs)
    assert 20 == plan.size
    assert 2 == sampled(plan)[1]


def test_counts_by_stratum(frame: sa.Frame):
    """A stratum of 0 is not read, one of all its cases is a census stratum."""
    plan = sa.plan_from_counts(frame, {"North": 5, "South": 0, "West": 10})
    assert [5, 0, 10] == sampled(plan)
    assert "counts" == plan.allocation


def test_counts_by_several_stratum_columns(register):
    """Strata of two columns are named by tuples."""
    frame = sa.build_frame(register, case_id="case_id", stratify_by=["district", "age"])
    strata = frame.strata[["district", "age"]].itertuples(index=False, name=None)
    plan = sa.plan_from_counts(frame, dict.fromkeys(strata, 2))
    assert [2] * 6 == sampled(plan)


def test_the_analysis_is_bound(frame: sa.Frame):
    """Defaults, and what is given."""
    assert Analysis() == sa.plan_sample(frame, 10).analysis
    plan = sa.plan_sample(
        frame, 10, level=0.9, side="upper", method="wilson", missing="exclude", by="district",
        tolerable=0.05, seed_source="lottery",
    )  # fmt: skip
    expected = Analysis(0.9, "upper", "wilson", "exclude", ("district",), 0.05, "lottery")
    assert expected == plan.analysis


def test_the_public_record_is_one_line_that_fixes_the_plan(frame: sa.Frame):
    """Hash, size, source; another size, method or register gives another hash."""
    plan = sa.plan_sample(frame, 10, seed_source="lottery draw of 2026-11-28")
    assert f"sampleaudit plan {plan.digest}: 10 of 60 cases from 3 strata; seed from " in (
        plan.public_record
    )
    assert plan.public_record.endswith("lottery draw of 2026-11-28")
    assert "\n" not in plan.public_record
    others = [sa.plan_sample(frame, 11), sa.plan_sample(frame, 10, method="wald")]
    assert 3 == len({plan.digest, *(other.digest for other in others)})


def test_the_hash_is_of_canonical_json(frame: sa.Frame):
    """Anyone can recompute it from plan.json."""
    import json
    from hashlib import sha256

    plan = sa.plan_sample(frame, 10)
    text = json.dumps(plan.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256(text.encode()).hexdigest() == plan.digest


REFUSED = {
    "size is 61, but the frame has only 60": {"size": 61},
    "size is 0; it must be a whole number, 1 or more": {"size": 0},
    "size is 2.5; it must be": {"size": 2.5},
    "size is True; it must be": {"size": True},
    "minimum is -1": {"minimum": -1},
    "size is 5, but 3 strata with at least 2 cases each need 6": {"size": 5},
    "allocation is 'random'; it must be one of 'proportional'": {"allocation": "random"},
    "allocation 'neyman' needs anticipated": {"allocation": "neyman"},
    "allocation 'optimal' needs costs": {"allocation": "optimal", "anticipated": 0.1},
    "anticipated is given, but allocation 'equal' does not use it": {
        "allocation": "equal", "anticipated": 0.1,
    },
    "anticipated holds '1/6'; give numbers": {"allocation": "neyman", "anticipated": "1/6"},
    "costs is 3; it must be a mapping stratum -> number": {
        "allocation": "optimal", "anticipated": 0.1, "costs": 3,
    },
    "by is 5; it must be a column name or a list of them": {"by": 5},
    "anticipated holds a rate outside 0 to 1; write one in six as 1/6": {
        "allocation": "neyman", "anticipated": 6,
    },
    "anticipated leaves out 2 strata: 'South', 'West'": {
        "allocation": "neyman", "anticipated": {"North": 0.1},
    },
    "anticipated says that no stratum varies": {"allocation": "neyman", "anticipated": 0.0},
    "costs holds a cost that is not above 0": {
        "allocation": "optimal", "anticipated": 0.1, "costs": {"North": 1, "South": 0, "West": 1},
    },
    "level is 95; it must lie between 0 and 1, as 0.95. Write 95% as 0.95": {"level": 95},
    "level is 1.0; it must lie between 0 and 1": {"level": 1.0},
    "side is 'two-sided'; it must be one of 'both', 'upper', 'lower'": {"side": "two-sided"},
    "method is 'exact'; it must be one of 'profile'": {"method": "exact"},
    "missing is 'ignore'; it must be one of 'error', 'correct', 'exclude'": {"missing": "ignore"},
    "by names 'placement', which is not a stratum or domain column": {"by": "placement"},
    "tolerable is 5; it must be a rate between 0 and 1": {"tolerable": 5},
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_plans_that_cannot_be_are_refused(frame: sa.Frame, message: str):
    """Each with the name, the value and the rule."""
    given = {"size": 12, **REFUSED[message]}
    with pytest.raises(sa.AuditError) as caught:
        sa.plan_sample(frame, given.pop("size"), **given)
    assert message in str(caught.value)


COUNTS = {
    "counts leaves out 1 strata: 'West'": {"North": 1, "South": 1},
    "counts names strata that the frame does not have: 'East'": {
        "North": 1, "South": 1, "West": 1, "East": 1,
    },
    "counts asks for 31 cases from North, which has 30": {"North": 31, "South": 0, "West": 0},
    "counts asks for 1.5 cases from North": {"North": 1.5, "South": 0, "West": 0},
    "counts asks for -1 cases from North": {"North": -1, "South": 0, "West": 0},
    "counts asks for no case at all": {"North": 0, "South": 0, "West": 0},
}  # fmt: skip


@pytest.mark.parametrize("message", COUNTS)
def test_counts_that_cannot_be_are_refused(frame: sa.Frame, message: str):
    """Every stratum named, whole numbers, no more than there are."""
    with pytest.raises(sa.AuditError) as caught:
        sa.plan_from_counts(frame, COUNTS[message])
    assert message in str(caught.value)


def test_counts_need_strata(register):
    """A frame without strata has nothing to count by."""
    frame = sa.build_frame(register, case_id="case_id")
    with pytest.raises(sa.AuditError, match="the frame has no strata"):
        sa.plan_from_counts(frame, {"North": 1})
