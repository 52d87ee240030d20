"""A user's own statistic under replicate weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from conftest import answer
from sampleaudit.estimates.calibration import calibrate
from sampleaudit.estimates.replicated import bootstrap, jackknife
from sampleaudit.measures import record_measures

REFERENCE = Path(__file__).parent.parent / "reference"


def mean(cases: pd.DataFrame, weights: np.ndarray) -> float:
    return float(np.average(cases["late"], weights=weights))


def total(cases: pd.DataFrame, weights: np.ndarray) -> float:
    return float(weights @ cases["late"])


def weighted_median(cases: pd.DataFrame, weights: np.ndarray) -> float:
    """Return the smallest amount that half of the weight lies at or below."""
    order = np.argsort(cases["amount"].to_numpy())
    share = np.cumsum(weights[order]) / weights.sum()
    return float(cases["amount"].iloc[order[np.searchsorted(share, 0.5)]])


@pytest.fixture
def findings(sample: sa.Sample) -> sa.Findings:
    return sa.record_findings(sample, answer(sample, errors=2))


@pytest.fixture(scope="module")
def schools() -> sa.Findings:
    """Return apistrat, 200 Californian schools in three strata (R's survey)."""
    table = pd.read_csv(REFERENCE / "apistrat.csv", dtype={"cds": str})
    sample = sa.declare_sample(
        table, case_id="cds", stratify_by="stype", population="fpc", selection="random"
    )
    return sa.record_findings(sample, table, indicators=["sch_wide", "comp_imp"])


def test_the_jackknife_meets_R(schools):
    """as.svrepdesign(type = "JKn", mse = TRUE), R's survey 4.5: calibration/expected.json.

    6e-8, for R had the published weights in single precision, which are off by as much.
    """
    (entry,) = [
        each
        for each in pd.read_json(REFERENCE / "calibration/expected.json")["apistrat"]["entries"]
        if "mse=TRUE" in each["call"]
    ]

    def rates(cases: pd.DataFrame, weights: np.ndarray) -> dict[str, float]:
        return {
            f"mean_{name}": float(np.average(cases[name], weights=weights))
            for name in ("sch_wide", "comp_imp")
        }

    found = jackknife(schools, rates).to_frame()
    for _, row in found.iterrows():
        expected = entry["est"][row["statistic"]]
        assert pytest.approx(expected["estimate"], rel=6e-8) == row["estimate"]
        assert pytest.approx(expected["se"], rel=6e-8) == row["se"]
        assert (entry["df"], entry["n_replicates"]) == (row["df"], row["replicates"])


def test_the_jackknife_of_a_total_is_the_formulas(findings):
    """A total is linear in the weights, so nothing but rounding is between them."""
    expected = sa.survey_totals(findings, "late").to_frame()
    found = jackknife(findings, total).to_frame()
    columns = ["estimate", "se", "low", "high", "df"]
    np.testing.assert_allclose(expected[columns], found[columns], rtol=1e-12)


def test_the_bootstrap_tends_to_the_formula(findings):
    expected = sa.survey_totals(findings, "late").to_frame()["se"][0]
    found = bootstrap(findings, total, seed="dice 4 1 6", replicates=2000)
    # a variance from 2000 replicates: four of its standard errors, sqrt(2 / 2000) of it each
    assert pytest.approx(expected**2, rel=4 * np.sqrt(2 / 2000)) == found.se[0] ** 2


def test_the_same_seed_gives_the_same_bootstrap(findings):
    once = bootstrap(findings, mean, seed="dice 4 1 6", replicates=20)
    again = bootstrap(findings, mean, seed="dice 4 1 6", replicates=40)
    other = bootstrap(findings, mean, seed="dice 1 1 1", replicates=20)
    pd.testing.assert_frame_equal(once.replicates(), again.replicates()[:20])
    assert not once.replicates().equals(other.replicates())


def test_a_median_has_limits_by_percentile(schools):
    """Between two observed amounts, with the estimate inside."""
    table = pd.read_csv(REFERENCE / "apistrat.csv", dtype={"cds": str})
    amounts = record_measures(
        schools.sample, table.rename(columns={"enroll": "amount"}), measures="amount"
    )
    found = bootstrap(
        amounts, weighted_median, seed="enrolment", replicates=200, interval="percentile"
    )
    (low,), (estimate,), (high,) = found.low, found.estimate, found.high
    assert low < estimate < high
    assert estimate in set(table["enroll"])
    inside = found.replicates()["statistic"].between(low, high).mean()
    assert pytest.approx(0.95, abs=0.03) == inside


def test_calibrated_replicates_are_calibrated_anew(findings):
    """A total that the register tells does not move; with no replicate different, no interval."""
    sample = findings.sample
    weights = calibrate(sample, ["age"], method="raking")

    def counts(cases: pd.DataFrame, weights: np.ndarray) -> dict[str, float]:
        return {"old": float(weights @ (cases["age"] == "10-17")), "late": total(cases, weights)}

    found = jackknife(findings, counts, weights=weights)
    known = sample.population.groupby("age")["population"].sum()["10-17"]
    assert pytest.approx(known) == found.estimate[0]
    np.testing.assert_allclose(known, found.replicates()["old"], rtol=1e-9)
    assert found.se[0] < 1e-9 * known
    assert np.isnan(found.low[0])
    assert found.se[1] > 0
    assert "weights calibrated by raking" in found.remarks[1]


def test_the_calibrated_jackknife_is_near_the_residuals_formula(schools):
    """First order: within a few percent on 200 schools."""
    table = pd.read_csv(REFERENCE / "apistrat.csv", dtype={"cds": str})
    before = record_measures(schools.sample, table, measures="api99")
    weights = calibrate(schools.sample, {"api99": 3914069}, auxiliary=before)
    now = record_measures(schools.sample, table.assign(late=table["api00"]), measures="late")
    found = jackknife(now, mean, weights=weights)
    # svymean(~api00, calibrate(d, ~api99, pop)), R's survey 4.5: calibration/expected.json
    entries = pd.read_json(REFERENCE / "calibration/expected.json")["apistrat"]["entries"]
    (entry,) = [each for each in entries if each.get("calfun") == "linear"]
    assert pytest.approx(entry["est"]["mean_api00"]["estimate"], rel=1e-7) == found.estimate[0]
    assert pytest.approx(entry["est"]["mean_api00"]["se"], rel=0.03) == found.se[0]


def test_the_statistic_gets_copies(findings):
    def spoiling(cases: pd.DataFrame, weights: np.ndarray) -> float:
        found = total(cases, weights)
        cases["late"] = 0
        weights[:] = 0
        return found

    expected, found = jackknife(findings, total), jackknife(findings, spoiling)
    pd.testing.assert_frame_equal(expected.to_frame(), found.to_frame())


def test_covariances_are_between_the_statistics(findings):
    def two(cases: pd.DataFrame, weights: np.ndarray) -> pd.Series:
        late = total(cases, weights)
        return pd.Series({"late": late, "twice": 2 * late})

    found = jackknife(findings, two)
    variance = found.se[0] ** 2
    assert ["late", "twice"] == [*found.covariance().columns]
    np.testing.assert_allclose(
        [[variance, 2 * variance], [2 * variance, 4 * variance]], found.covariance()
    )


def test_a_replicate_without_a_value_leaves_the_standard_error_unknown(sample):
    """The only case of a kind: without it its mean is 0 / 0."""
    findings = sa.record_findings(sample, answer(sample, errors=2))
    one = sample.cases["case_id"][0]

    def of_one(cases: pd.DataFrame, weights: np.ndarray) -> float:
        chosen = (cases["case_id"] == one).to_numpy()
        size = weights[chosen].sum()
        return float(weights[chosen] @ cases["late"][chosen] / size) if size else np.nan

    found = jackknife(findings, of_one)
    assert np.isnan([found.se[0], found.low[0], found.high[0]]).all()
    assert "1 of 24 replicates have no value" in found.remarks[0][-1]


def test_a_census_has_no_sampling_uncertainty(frame):
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 30, "South": 20, "West": 10}), seed="all")
    findings = sa.record_findings(sample, answer(sample, errors=2))
    for found in (jackknife(findings, total), bootstrap(findings, total, seed="x", replicates=5)):
        assert (6.0,) == found.estimate == found.low == found.high
        assert (0.0,) == found.se
        assert "every case read" in found.remarks[0][-1]


def test_no_error_at_all_gives_no_interval_without_width(sample):
    findings = sa.record_findings(sample, answer(sample, errors=0))
    for found in (jackknife(findings, total), bootstrap(findings, total, seed="x", replicates=5)):
        assert (0.0,) == found.estimate == found.se
        assert np.isnan([*found.low, *found.high]).all()


def test_it_shows_as_a_table(findings):
    found = bootstrap(findings, total, seed="x", replicates=5, level=0.9)
    assert "90% low" in repr(found)
    assert "bootstrap, 5 replicates" in repr(found)
    assert "<table>" in found._repr_html_()
    assert ["statistic", "estimate", "se", "low", "high", "df", "level", "interval", "method",
            "replicates", "remarks"] == [*found.to_frame().columns]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"seed": 7}, "seed is 7; it must be text", id="seed"),
        pytest.param({"replicates": 1}, "replicates is 1; it must be", id="one replicate"),
        pytest.param({"interval": "z"}, "interval is 'z'", id="interval"),
        pytest.param({"lonely": "adjust"}, "lonely is 'adjust'", id="lonely rule"),
        pytest.param({"level": 95}, "level is 95", id="level"),
    ],
)
def test_what_the_bootstrap_cannot_do_is_refused(findings, arguments, message):
    with pytest.raises(sa.AuditError, match=message):
        bootstrap(findings, total, **{"seed": "dice", "replicates": 5, **arguments})


@pytest.mark.parametrize(
    ("statistic", "message"),
    [
        pytest.param(lambda *_: "many", "returns 'many'; it must return a number", id="text"),
        pytest.param(lambda *_: {}, "it must return a number, or names", id="nothing"),
        pytest.param(
            lambda _, weights: {"a": 1.0} if weights.min() else {"b": 1.0},
            "has the names a with the sample's own weights, but b in a replicate",
            id="other names",
        ),
    ],
)
def test_a_statistic_that_is_none_is_refused(findings, statistic, message):
    with pytest.raises(sa.AuditError, match=message):
        jackknife(findings, statistic)


def test_lonely_strata_are_refused_or_ruled(frame):
    """One case of West's ten: its spread is not known."""
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 6, "South": 5, "West": 1}), seed="few")
    findings = sa.record_findings(sample, answer(sample, errors=1))
    with pytest.raises(sa.AuditError, match="West"):
        jackknife(findings, total)
    with pytest.raises(sa.AuditError, match="West"):
        bootstrap(findings, total, seed="x", replicates=5)
    for rule in ("adjust", "average", "certainty"):
        expected = sa.survey_totals(findings, "late", lonely=rule).to_frame()["se"][0]
        found = jackknife(findings, total, lonely=rule)
        assert pytest.approx(expected, rel=1e-12) == found.se[0]
