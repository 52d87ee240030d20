"""Drawing in two stages: what is drawn, what is kept, what the estimates make of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa

SIZES = np.array([3, 14, 8, 25, 6, 11, 9, 4, 17, 5, 12, 7])


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    """Return 121 cases of twelve municipalities in two regions, with days late by rule."""
    mun = np.repeat(np.arange(SIZES.size), SIZES)
    place = np.arange(mun.size)
    return pd.DataFrame(
        {
            "case_id": [f"case {number:03d}" for number in place],
            "region": np.where(mun < 7, "east", "west"),
            "mun": [f"M{number:02d}" for number in mun],
            "age": np.where(place % 3, "0-9", "10-17"),
            "days": (7 * place + 11 * mun) % 30 + mun,
            "late": (place % 5 == 0).astype(int),
        }
    )


@pytest.fixture(scope="module")
def frame(register: pd.DataFrame) -> sa.Frame:
    return sa.build_frame(register, case_id="case_id", stratify_by="region", domains=["mun", "age"])


def drawn(
    frame: sa.Frame, clusters: object = 6, cases: object = 4, reserve: float = 0.2
) -> sa.Sample:
    plan = sa.plan_clusters(frame, cluster="mun", clusters=clusters, cases=cases)  # type: ignore[arg-type]
    return sa.draw(plan, seed="fixture", reserve=reserve)


def measured(sample: sa.Sample, register: pd.DataFrame) -> sa.Measures:
    return sa.record_measures(sample, of_sample(sample, register), measures="days")


def of_sample(sample: sa.Sample, register: pd.DataFrame) -> pd.DataFrame:
    return register[register["case_id"].isin(sample.cases["case_id"])]


def clusters_of(sample: sa.Sample) -> pd.DataFrame:
    assert sample.clusters is not None
    return sample.clusters


def test_what_a_sample_of_clusters_holds(frame: sa.Frame):
    """The columns of any sample; order counts from 1 in each cluster."""
    sample = drawn(frame)
    columns = ["case_id", "region", "mun", "age", "order", "ticket"]
    assert columns == sample.cases.columns.tolist() == sample.reserve.columns.tolist()
    for _, cases in sample.cases.groupby("mun"):
        assert list(range(1, len(cases) + 1)) == cases["order"].tolist()
        assert cases["ticket"].is_monotonic_increasing
    assert "in 6 of 12 clusters, drawn with seed 'fixture'" in repr(sample)


def test_all_clusters_are_told_with_their_cases(frame: sa.Frame):
    """In ticket order by stratum, drawn or not; the strata add up."""
    sample = drawn(frame)
    table = clusters_of(sample)
    assert ["region", "mun", "population", "sampled", "order", "ticket"] == list(table.columns)
    assert SIZES.sum() == table["population"].sum()
    counts = sample.cases.groupby("mun").size().to_dict()
    assert counts == table[table["sampled"] > 0].set_index("mun")["sampled"].to_dict()
    for region, rows in table.groupby("region"):
        assert rows["ticket"].is_monotonic_increasing
        drawn_first = (rows["sampled"] > 0).tolist()
        assert sorted(drawn_first, reverse=True) == drawn_first, region
    strata = sample.strata
    assert ["region", "population", "sampled"] == strata.columns.tolist()
    assert sample.size == strata["sampled"].sum()


def test_the_reserve_goes_on_at_both_stages(frame: sa.Frame):
    """A fifth of the four cases of each cluster and of the three clusters: one more of either."""
    sample = drawn(frame)
    table = clusters_of(sample).set_index("mun")
    later = sample.reserve[sample.reserve["mun"].isin(sample.cases["mun"])]
    assert {5} == set(later["order"])
    new = sample.reserve[~sample.reserve["mun"].isin(sample.cases["mun"])]
    next_ones = table[table["order"] == table["sampled"].gt(0).groupby(table["region"]).sum()
                      .reindex(table["region"]).to_numpy() + 1]  # fmt: skip
    assert sorted(next_ones.index) == sorted(new["mun"].unique())
    assert np.minimum(next_ones["population"], 4).sum() == len(new)
    assert drawn(frame, reserve=0).reserve.empty


def test_more_clusters_and_more_cases_contain_the_fewer(frame: sa.Frame):
    """From the same seed, at either stage."""
    ids = set(drawn(frame, {"east": 2, "west": 2}, 3).cases["case_id"])
    for clusters, cases in (
        ({"east": 3, "west": 2}, 3), ({"east": 2, "west": 2}, 5), ({"east": 7, "west": 5}, "all"),
    ):  # fmt: skip
        assert ids < set(drawn(frame, clusters, cases).cases["case_id"])


def test_row_order_does_not_matter(register: pd.DataFrame, frame: sa.Frame):
    """Same cases, same order."""
    shuffled = sa.build_frame(
        register.sample(frac=1, random_state=1),
        case_id="case_id", stratify_by="region", domains=["mun", "age"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(drawn(frame).cases, drawn(shuffled).cases)


def test_strata_that_give_no_cluster_stay_unread(frame: sa.Frame, register: pd.DataFrame):
    """No case, no reserve, and no estimate there."""
    sample = drawn(frame, {"east": 3, "west": 0})
    assert {"east"} == set(sample.cases["region"]) | set(sample.reserve["region"])
    rows = sa.survey_means(measured(sample, register), by="region").to_frame()
    assert [False, True] == rows["estimate"].isna().tolist()


@pytest.mark.parametrize(
    "cases", [4, "all", {f"M{mun:02d}": min(size, 5) for mun, size in enumerate(SIZES)}]
)
def test_estimates_are_those_of_the_same_sample_declared(
    frame: sa.Frame, register: pd.DataFrame, cases: object
):
    """Means, totals and domains, with the numbers of both stages given by hand."""
    sample = drawn(frame, 6, cases)
    table = of_sample(sample, register).assign(
        N=lambda rows: np.where(rows["region"] == "east", 7, 5),
        M=lambda rows: rows["mun"].map(register["mun"].value_counts()),
    )
    declared = sa.declare_sample(
        table, case_id="case_id", stratify_by="region", domains="age", clusters="mun",
        cluster_population="N", cluster_sizes=None if cases == "all" else "M", selection="random",
    )  # fmt: skip
    for estimate in (sa.survey_means, sa.survey_totals):
        for by in (None, "region", "age"):
            ours = estimate(measured(sample, register), by=by).to_frame()
            other = estimate(measured(declared, register), by=by).to_frame()
            pd.testing.assert_frame_equal(
                other.drop(columns="remarks"), ours.drop(columns="remarks"), rtol=1e-12
            )


def test_a_census_of_all_clusters_has_no_sampling_error(frame: sa.Frame, register: pd.DataFrame):
    """The mean is that of the register."""
    found = sa.survey_means(measured(drawn(frame, 12, "all"), register)).to_frame().loc[0]
    assert register["days"].mean() == pytest.approx(found["estimate"])
    assert found["low"] == found["high"] == found["estimate"]


def test_the_audit_engine_refuses_clusters_by_name(frame: sa.Frame, register: pd.DataFrame):
    """And names what fits."""
    sample = drawn(frame)
    findings = sa.record_findings(sample, of_sample(sample, register), indicators=["late"])
    with pytest.raises(sa.AuditError, match=r"was drawn with clusters\. survey_means"):
        sa.estimate_rates(findings)
    assert 1 == len(sa.survey_means(findings, "late", interval="korn-graubard").rows)


def test_files_may_be_read_in_the_order_of_the_draw(frame: sa.Frame, register: pd.DataFrame):
    """Fewer cases of a cluster, and fewer clusters, are a smaller sample of the same kind."""
    whole, smaller = drawn(frame, {"east": 3, "west": 2}, 4), drawn(frame, {"east": 2, "west": 2})
    answers = of_sample(whole, register)[["case_id", "late"]].astype({"late": object})
    kept = set(smaller.cases["case_id"]) - {
        smaller.cases["case_id"].iloc[3]
    }  # the last of a cluster
    answers.loc[~answers["case_id"].isin(kept), "late"] = "not reviewed"
    found = sa.survey_means(sa.record_findings(whole, answers), "late").to_frame()
    few = smaller.cases[smaller.cases["case_id"].isin(kept)]
    by_hand = few.merge(register[["case_id", "late"]], on="case_id")
    sizes = by_hand["mun"].map(register["mun"].value_counts())
    read = by_hand["mun"].map(by_hand["mun"].value_counts())
    weight = np.where(by_hand["region"] == "east", 7 / 2, 5 / 2) * sizes / read
    assert np.average(by_hand["late"], weights=weight) == pytest.approx(found["estimate"][0])


@pytest.mark.parametrize("what", ["a case", "a cluster"])
def test_reading_out_of_order_is_refused(frame: sa.Frame, register: pd.DataFrame, what: str):
    """An early case of a cluster, or an early cluster of a stratum, left for later."""
    sample = drawn(frame)
    answers = of_sample(sample, register)[["case_id", "late"]].astype({"late": object})
    first = sample.cases["mun"] == sample.cases["mun"].iloc[0]
    left = sample.cases["case_id"][first & ((sample.cases["order"] == 1) | (what == "a cluster"))]
    answers.loc[answers["case_id"].isin(left), "late"] = "not reviewed"
    with pytest.raises(sa.AuditError, match=f"has {len(left)} cases not reviewed although later"):
        sa.survey_means(sa.record_findings(sample, answers), "late")


def test_save_and_load_are_inverse(frame: sa.Frame, register: pd.DataFrame, tmp_path: Path):
    """All that the estimates need comes back, from six files."""
    sample = drawn(frame)
    sample.save(tmp_path)
    files = ["clusters.csv", "plan.json", "population.csv", "reserve.csv", "sample.csv"]
    assert files == sorted(json.loads((tmp_path / "manifest.json").read_text("utf-8"))["files"])
    loaded = sa.load_sample(tmp_path)
    for name in ("cases", "reserve", "strata", "population", "clusters"):
        pd.testing.assert_frame_equal(
            getattr(sample, name).astype(str), getattr(loaded, name).astype(str)
        )
    assert sample.analysis == loaded.analysis
    pd.testing.assert_frame_equal(
        sa.survey_means(measured(sample, register), by="age").to_frame(),
        sa.survey_means(measured(loaded, register), by="age").to_frame(),
    )


@pytest.mark.parametrize("cases", [4, "all"])
def test_an_untouched_draw_is_verified(
    frame: sa.Frame, register: pd.DataFrame, tmp_path: Path, cases: object
):
    """In any row order."""
    drawn(frame, 6, cases).save(tmp_path)
    assert sa.verify_draw(tmp_path, register.sample(frac=1, random_state=1)).ok


def test_a_draw_without_strata_is_verified(register: pd.DataFrame, tmp_path: Path):
    """Clusters of the whole register."""
    frame = sa.build_frame(register, case_id="case_id", domains="mun")
    drawn(frame, 4, 3).save(tmp_path)
    assert sa.verify_draw(tmp_path, register).ok
    assert 4 == (clusters_of(sa.load_sample(tmp_path))["sampled"] > 0).sum()


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_alterations_are_named(frame: sa.Frame, register: pd.DataFrame, tmp_path: Path):
    """A cluster's ticket, a case, the register."""
    sample = drawn(frame)
    sample.save(tmp_path)
    first = clusters_of(sample).iloc[0]
    edited(tmp_path / "clusters.csv", first["ticket"], "0" * 64)
    case, spare = sample.cases["case_id"].iloc[2], sample.reserve["case_id"].iloc[0]
    edited(tmp_path / "sample.csv", case, spare)
    what = set(sa.verify_draw(tmp_path, register.iloc[1:]).differences["what"])
    assert {
        "file clusters.csv", "file sample.csv", f"ticket of {first['mun']} in clusters.csv",
        f"case at sample.csv, {first['region']} / {first['mun']}, place 3",
        "fingerprint of the register", "population of M00 in clusters.csv",
    } <= what  # fmt: skip


def test_a_register_with_another_cluster_is_named(
    frame: sa.Frame, register: pd.DataFrame, tmp_path: Path
):
    """A municipality that has come since, with a number of cases by name."""
    drawn(frame, 6, dict.fromkeys(register["mun"].unique(), 3)).save(tmp_path)
    new = pd.DataFrame({"case_id": ["new"], "region": ["east"], "mun": ["M99"], "age": ["0-9"]})
    what = sa.verify_draw(tmp_path, pd.concat([register, new])).differences["what"].tolist()
    assert any("clusters.csv" in each for each in what)


def test_cases_of_a_cluster_that_was_not_drawn_are_refused(frame: sa.Frame, tmp_path: Path):
    """The files contradict each other; they are not loaded."""
    sample = drawn(frame)
    sample.save(tmp_path)
    first = clusters_of(sample).iloc[0]
    edited(tmp_path / "sample.csv", f"{first['region']},{first['mun']}", f"{first['region']},M99")
    with pytest.raises(
        sa.AuditError, match=r"cases of clusters that .* does not call drawn: 'M99'"
    ):
        sa.load_sample(tmp_path)


@pytest.mark.slow
def test_the_variance_in_two_stages_is_unbiased(frame: sa.Frame, register: pd.DataFrame):
    """Over draws by many seeds, the mean variance estimate is the variance of the estimates.

    Of totals, where the estimator is exactly unbiased (Sarndal, Swensson and Wretman 1992, result
    4.3.1). Both are known from the draws within a few percent; four standard errors are allowed.
    """
    plan = sa.plan_clusters(frame, cluster="mun", clusters=6, cases=4)
    found = []
    for number in range(1000):
        sample = sa.draw(plan, seed=f"unbiased {number}", reserve=0)
        row = sa.survey_totals(measured(sample, register), "days").rows[0]
        found.append((row.estimate, row.se**2))
    estimates, variances = np.array(found).T
    truth, number = register["days"].sum(), len(found)
    error = estimates.std() / np.sqrt(number)
    square = (estimates - truth) ** 2 - variances
    spread = np.mean((estimates - truth) ** 2)
    print(  # noqa: T201 -- evidence to read
        f"total {estimates.mean():.1f} for {truth}, "
        f"variance {variances.mean():.0f} for {spread:.0f}"
    )
    assert abs(estimates.mean() - truth) < 4 * error
    assert abs(square.mean()) < 4 * square.std() / np.sqrt(number)
