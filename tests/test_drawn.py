"""Samples of clusters, and with weights, that were drawn elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture
def table() -> pd.DataFrame:
    """Return eight cases in four schools in two regions."""
    return pd.DataFrame(
        {
            "id": list("abcdefgh"),
            "region": ["N"] * 5 + ["S"] * 3,
            "school": ["n1", "n1", "n2", "n2", "n2", "s1", "s1", "s2"],
            "schools": [6] * 5 + [3] * 3,
            "pupils": [10, 10, 12, 12, 12, 4, 4, 1],
            "weight": [30.0, 30, 24, 24, 24, 6, 6, 3],
            "late": [1, 0, 0, 1, 1, 0, 1, 0],
        }
    )


TWO_STAGES = {
    "clusters": "school", "cluster_population": "schools", "cluster_sizes": "pupils",
}  # fmt: skip


def declare(table: pd.DataFrame, **given: object) -> sa.Sample:
    options = {"case_id": "id", "stratify_by": "region", "selection": "random", **given}
    return sa.declare_sample(table, **options)  # type: ignore[arg-type]


def late(table: pd.DataFrame, **given: object) -> pd.Series:
    sample = declare(table, **given)
    findings = sa.record_findings(sample, table, indicators=["late"])
    return sa.survey_totals(findings, "late").to_frame().loc[0]


def test_weights_follow_from_the_numbers_drawn(table: pd.DataFrame):
    """Schools in the region over schools drawn, times pupils over pupils read."""
    # n1: 6/2 10/2 = 15, one late; n2: 6/2 12/3 = 12, two late; s1: 3/2 4/2 = 3, one late
    assert pytest.approx(15 + 2 * 12 + 3) == late(table, **TWO_STAGES)["estimate"]


def test_whole_clusters_need_no_sizes(table: pd.DataFrame):
    """Schools in the region over schools drawn."""
    row = late(table, clusters="school", cluster_population={"N": 6, "S": 3})
    assert pytest.approx(3 * 3 + 1.5) == row["estimate"]
    assert 4 - 2 == row["df"]


def test_weights_alone_are_taken_as_drawn_with_replacement(table: pd.DataFrame):
    """The standard error is that of the weighted school sums, without a finite population."""
    row = late(table, clusters="school", weights="weight")
    assert pytest.approx(30 + 48 + 6) == row["estimate"]
    # sums 30, 48 and 6, 0; n / (n - 1) times the squares about the mean
    assert pytest.approx(np.sqrt(2 * 2 * 9**2 + 2 * 2 * 3**2)) == row["se"]


def test_weights_with_the_population_have_the_finite_one(table: pd.DataFrame):
    """Cases drawn one by one, with weights that were corrected: R's ``weights`` and ``fpc``."""
    table["N"] = [60] * 5 + [30] * 3
    with_it = late(table, population="N", weights="weight")
    without = late(table, weights="weight")
    assert with_it["estimate"] == without["estimate"]
    assert with_it["se"] < without["se"]


def test_one_number_of_clusters_without_strata(table: pd.DataFrame):
    """Four of nine schools."""
    row = late(table, stratify_by=(), clusters="school", cluster_population=9)
    assert pytest.approx(9 / 4 * 4) == row["estimate"]


def test_the_population_may_be_said_too(table: pd.DataFrame):
    """It is kept in the table of strata; without it the table has nan."""
    known = declare(table, population={"N": 60, "S": 10}, **TWO_STAGES)
    assert [60, 10] == known.strata["population"].tolist()
    unknown = declare(table, **TWO_STAGES)
    assert unknown.strata["population"].isna().all()
    assert unknown.population is None


REFUSED = {
    "population is not given; say how many cases": {},
    "cluster_population is not given": {"clusters": "school"},
    "cluster_population is given, but no clusters": {"cluster_population": "schools"},
    "cluster_sizes is given, but no clusters": {"cluster_sizes": "pupils", "weights": "weight"},
    "cluster_sizes is given, but no cluster_population": {
        "clusters": "school", "cluster_sizes": "pupils", "weights": "weight",
    },
    "cluster_population is 1 for N, but the sample has 2 clusters from there": {
        "clusters": "school", "cluster_population": {"N": 1, "S": 3},
    },
    "cluster_population has no number for 1 strata of the sample: 'S'": {
        "clusters": "school", "cluster_population": {"N": 6},
    },
    "cluster_population is one number, but the sample is stratified": {
        "clusters": "school", "cluster_population": 9,
    },
    "cluster_sizes is 2 for cluster 'n2', but the sample has 3 cases": {
        **TWO_STAGES, "cluster_sizes": {"n1": 10, "n2": 2, "s1": 4, "s2": 1},
    },
    "cluster_sizes has no number for 1 clusters of the sample: 's2'": {
        **TWO_STAGES, "cluster_sizes": {"n1": 10, "n2": 12, "s1": 4},
    },
    "cluster_sizes is 2.5 for cluster 's1'; it must be a whole number": {
        **TWO_STAGES, "cluster_sizes": {"n1": 10, "n2": 12, "s1": 2.5, "s2": 1},
    },
    "The table has no column 'shool' for clusters; did you mean 'school'": {
        **TWO_STAGES, "clusters": "shool",
    },
    "The table has no column 'weigt' for weights; did you mean 'weight'": {"weights": "weigt"},
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_declarations_that_cannot_be_are_refused(table: pd.DataFrame, message: str):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        declare(table, **REFUSED[message])
    assert message in str(caught.value)


@pytest.mark.parametrize("weight", [None, 0, -3, "many"])
def test_weights_that_are_none_are_refused(table: pd.DataFrame, weight: object):
    """Missing, zero, negative, or not a number."""
    table["weight"] = table["weight"].astype(object)
    table.loc[2, "weight"] = weight
    with pytest.raises(sa.AuditError, match=r"'weight' has 1 weights .* in case row 3"):
        declare(table, weights="weight")


def test_a_cluster_in_two_strata_is_refused(table: pd.DataFrame):
    """The same name in both regions is one cluster, until it is told apart."""
    table.loc[7, "school"] = "n1"
    with pytest.raises(sa.AuditError, match="1 clusters have cases in more than one stratum: 'n1'"):
        declare(table, **TWO_STAGES)


def test_a_cluster_has_one_size(table: pd.DataFrame):
    """Two numbers for one cluster are refused."""
    table.loc[1, "pupils"] = 11
    with pytest.raises(sa.AuditError, match="says both 10 and 11 for cluster 'n1'"):
        declare(table, **TWO_STAGES)


@pytest.mark.parametrize(
    ("kind", "given"), [("clusters", TWO_STAGES), ("weights", {"weights": "weight"})]
)
def test_the_audit_engine_refuses_them_and_names_what_fits(
    table: pd.DataFrame, kind: str, given: dict[str, object]
):
    """Its intervals are for cases drawn within strata."""
    findings = sa.record_findings(declare(table, **given), table, indicators=["late"])
    with pytest.raises(sa.AuditError, match=f"declared with {kind}. survey_means, survey_totals"):
        sa.estimate_rates(findings)
