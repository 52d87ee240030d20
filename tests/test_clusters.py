"""The plan of a sample in two stages: its numbers, its public record, its refusals."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import sampleaudit as sa

SIZES = {"A": 9, "B": 4, "C": 6, "D": 3, "E": 8, "F": 5, "G": 1}
WEST = ("F", "G")


@pytest.fixture
def register() -> pd.DataFrame:
    """Return thirty-six cases of seven municipalities: five in the east, two in the west."""
    rows = [(f"{mun}{place}", mun) for mun, size in SIZES.items() for place in range(size)]
    table = pd.DataFrame(rows, columns=["case_id", "mun"])
    return table.assign(coast=["west" if mun in WEST else "east" for mun in table["mun"]])


@pytest.fixture
def frame(register: pd.DataFrame) -> sa.Frame:
    return sa.build_frame(register, case_id="case_id", stratify_by="coast", domains="mun")


def plan(frame: sa.Frame, **changes: object) -> sa.ClusterPlan:
    given = {"cluster": "mun", "clusters": 4, "cases": 3}
    return sa.plan_clusters(frame, **{**given, **changes})  # type: ignore[arg-type]


def sampled(found: sa.ClusterPlan) -> list[int]:
    return found.table["clusters_sampled"].tolist()


def test_clusters_are_shared_out_with_two_from_each_stratum(frame: sa.Frame):
    """Two from the west, all it has, and the others from the east."""
    found = plan(frame, clusters=5)
    assert ["coast", "population", "clusters", "clusters_sampled"] == found.table.columns.tolist()
    assert [3, 2] == sampled(found)
    assert [30, 6] == found.table["population"].tolist()
    assert [5, 2] == found.table["clusters"].tolist()


def test_clusters_by_stratum(frame: sa.Frame):
    """A mapping; 0 leaves a stratum unread."""
    assert [4, 0] == sampled(plan(frame, clusters={"east": 4, "west": 0}))


def test_cases_are_at_most_what_a_cluster_has(frame: sa.Frame):
    """In the order of the strata and of the clusters' names."""
    assert [3, 3, 3, 3, 3, 3, 1] == plan(frame).cases_by_cluster.tolist()
    assert [9, 4, 6, 3, 8, 5, 1] == plan(frame, cases="all").cases_by_cluster.tolist()
    half = {mun: (size + 1) // 2 for mun, size in SIZES.items()}
    assert [5, 2, 3, 2, 4, 3, 1] == plan(frame, cases=half).cases_by_cluster.tolist()


def test_the_expected_cases_are_the_mean_over_all_draws(frame: sa.Frame):
    """2 of 5 clusters of 30 cases, and both of the west: 12 + 6; three of each but of G: 6 + 4."""
    assert 18 == pytest.approx(plan(frame, cases="all").expected_cases)
    assert 10 == pytest.approx(plan(frame).expected_cases)


def test_the_public_record_says_both_stages(frame: sa.Frame):
    """Clusters, strata, cases of each, and where the seed comes from."""
    record = plan(frame, seed_source="lottery").public_record
    assert "4 of 7 clusters (mun) from 2 strata, 3 cases of each; seed from lottery" in record
    assert "all cases of each" in plan(frame, cases="all").public_record
    assert "a number of cases set for each" in plan(frame, cases=SIZES).public_record


def test_whatever_the_plan_binds_is_in_its_hash(frame: sa.Frame):
    """Other numbers, another column or another level make another plan."""
    others = [{}, {"clusters": 5}, {"cases": "all"}, {"cases": SIZES}, {"level": 0.9}]
    assert len(others) == len({plan(frame, **each).digest for each in others})
    assert plan(frame).as_dict() == json.loads(json.dumps(plan(frame).as_dict()))


REFUSED = {
    "cluster is 'coast', a stratum column": {"cluster": "coast"},
    "cluster is 'nun', which is not a domain column of the frame; did you mean 'mun'?": {
        "cluster": "nun"
    },
    "clusters is 8, but the register has only 7": {"clusters": 8},
    "clusters is 3, but 2 strata with at least 2 clusters each need 4": {"clusters": 3},
    "clusters is 2.5 for the register; it must be a whole number": {"clusters": 2.5},
    "clusters is True for the register": {"clusters": True},
    "minimum is -1 for each stratum": {"minimum": -1},
    "clusters asks for 6 from east, which has 5": {"clusters": {"east": 6, "west": 1}},
    "clusters leaves out 1 strata: 'west'": {"clusters": {"east": 3}},
    "clusters names strata that the frame does not have: 'north'": {
        "clusters": {"east": 3, "west": 1, "north": 2}
    },
    "clusters asks for no cluster at all": {"clusters": {"east": 0, "west": 0}},
    "cases is 'some'; it must be a number, 'all', or a mapping": {"cases": "some"},
    "cases is 0 for each cluster; it must be a whole number, 1 or more": {"cases": 0},
    "cases names clusters that the register does not have: 'X'": {"cases": {**SIZES, "X": 2}},
    "cases leaves out 5 clusters: 'C', 'D', 'E', 'F', 'G'": {"cases": {"A": 2, "B": 2}},
    "cases asks for 5 cases from B, which has 4": {"cases": {**SIZES, "B": 5}},
    "cases is 1.5 for B": {"cases": {**SIZES, "B": 1.5}},
    "by names 'age', which is not a stratum or domain column": {"by": "age"},
    "level is 95": {"level": 95},
}


@pytest.mark.parametrize("message", REFUSED)
def test_plans_that_cannot_be_are_refused(frame: sa.Frame, message: str):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        plan(frame, **REFUSED[message])
    assert message in str(caught.value)


def test_a_cluster_in_two_strata_is_refused(register: pd.DataFrame):
    """With its name."""
    register.loc[0, "coast"] = "west"
    frame = sa.build_frame(register, case_id="case_id", stratify_by="coast", domains="mun")
    with pytest.raises(sa.AuditError, match="1 clusters have cases in more than one stratum: 'A'"):
        plan(frame)


def test_a_column_with_a_name_of_the_plan_is_refused(register: pd.DataFrame):
    """It would stand twice in the table."""
    frame = sa.build_frame(
        register.rename(columns={"coast": "clusters"}),
        case_id="case_id", stratify_by="clusters", domains="mun",
    )  # fmt: skip
    with pytest.raises(sa.AuditError, match="'clusters' has the name of a column of the plan"):
        plan(frame)
