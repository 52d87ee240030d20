"""Design-based estimates for users: rows, remarks, contrasts, refusals. R's numbers: reference/."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from conftest import answer

COLUMNS = [
    "reviewed", "applicable", "estimate", "se", "cv", "low", "high", "deff", "df", "level",
    "interval", "lonely", "remarks",
]  # fmt: skip


@pytest.fixture
def findings(sample: sa.Sample) -> sa.Findings:
    """Return findings with one late case in three of each district, and one never applicable."""
    answers = answer(sample, errors=3)
    answers["never"] = "not applicable"
    answers["good"] = 0
    return sa.record_findings(sample, answers)


def by_hand() -> tuple[float, float]:
    """Return rate and standard error of three errors among 12, 8 and 4, by the textbook."""
    N, n, x = np.array([30, 20, 10]), np.array([12, 8, 4]), 3
    p = x / n
    se = math.sqrt(np.sum(N**2 * (1 - n / N) * p * (1 - p) / (n - 1))) / N.sum()
    return float(np.sum(N * p) / N.sum()), se


def test_a_rate_is_the_textbooks(findings: sa.Findings):
    """Estimate, standard error, cv, df, and limits on t (1.96 becomes 2.08 with 21 df)."""
    frame = sa.survey_means(findings, "late").to_frame()
    assert ["variable", *COLUMNS] == list(frame.columns)
    row = frame.loc[0]
    rate, se = by_hand()
    assert pytest.approx((rate, se, se / rate)) == (row["estimate"], row["se"], row["cv"])
    assert 24 - 3 == row["df"]
    # the .975 quantile of Student's t with 21 degrees of freedom, printed tables: 2.080
    assert pytest.approx(2.080, abs=5e-4) == (row["high"] - rate) / se
    assert pytest.approx(rate - row["low"]) == row["high"] - rate


def test_totals_are_rates_times_cases(findings: sa.Findings):
    """Where every case applies; z limits are narrower than t."""
    rate, se = by_hand()
    row = sa.survey_totals(findings, "late", interval="z").to_frame().loc[0]
    assert pytest.approx((60 * rate, 60 * se)) == (row["estimate"], row["se"])
    assert pytest.approx(1.959964, abs=1e-6) == (row["high"] - row["estimate"]) / row["se"]


def test_any_error_comes_last(findings: sa.Findings):
    """Unless variables are named."""
    named = sa.survey_means(findings).to_frame()["variable"].tolist()
    assert ["late", "never", "good", "any error"] == named
    assert 1 == len(sa.survey_means(findings, ["good"]))


def test_domains_have_rows_and_the_caseload_its_own(findings: sa.Findings):
    """Stratum and domain columns, alone and together."""
    frame = sa.survey_means(findings, "late", by="district", overall=True).to_frame()
    assert ["all", "North", "South", "West"] == frame["district"].tolist()
    assert [24, 12, 8, 4] == frame["reviewed"].tolist()
    assert [21, 11, 7, 3] == frame["df"].tolist()
    crossed = sa.survey_means(findings, "late", by=["district", "age"]).to_frame()
    assert 6 == len(crossed)
    assert 24 == crossed["reviewed"].sum()


def test_a_domain_without_cases_has_a_row_and_a_remark():
    """The register has it, the sample none of it."""
    register = pd.DataFrame(
        {"id": [f"c{i}" for i in range(50)], "kind": ["rare"] + ["common"] * 49}
    )
    frame = sa.build_frame(register, case_id="id", domains="kind")
    for seed in "abc":
        sample = sa.draw(sa.plan_sample(frame, 5), seed=seed)
        if "rare" not in set(sample.cases["kind"]):
            break
    answers = pd.DataFrame({"id": sample.cases["id"], "late": [1, 0, 0, 1, 0]})
    table = sa.survey_means(sa.record_findings(sample, answers), "late", by="kind").to_frame()
    row = table[table["kind"] == "rare"].iloc[0]
    assert (0, 0) == (row["reviewed"], row["applicable"])
    assert row[["estimate", "se", "low", "high"]].isna().all()
    assert "no case of the domain was read" == row["remarks"]


def test_what_applies_to_no_case_is_nan_with_a_remark(findings: sa.Findings):
    """Estimate and limits."""
    row = sa.survey_means(findings, "never").to_frame().loc[0]
    assert row[["estimate", "se", "low", "high"]].isna().all()
    assert "it applies to no case that was read" == row["remarks"]


@pytest.mark.parametrize("interval", ["t", "z", "logit", "likelihood", "asin", "mean", "xlogit"])
def test_no_error_found_is_not_an_interval_without_width(findings: sa.Findings, interval: str):
    """The standard error is 0, and says nothing; the remark says so."""
    row = sa.survey_means(findings, "good", interval=interval).to_frame().loc[0]  # type: ignore[arg-type]
    assert (0, 0) == (row["estimate"], row["se"])
    assert row[["low", "high"]].isna().all()
    assert "without width" in row["remarks"]


@pytest.mark.parametrize("interval", ["korn-graubard", "wilson"])
def test_no_error_found_has_an_upper_limit_by_those_that_count(
    findings: sa.Findings, interval: str
):
    """Clopper-Pearson of no errors among 24 for Korn-Graubard: 1 - .025^(1/24) = .1425."""
    row = sa.survey_means(findings, "good", interval=interval).to_frame().loc[0]  # type: ignore[arg-type]
    assert 0 == row["low"]
    assert 0.1 < row["high"] < 0.2
    if interval == "korn-graubard":
        assert pytest.approx(1 - 0.025 ** (1 / 24)) == row["high"]


@pytest.mark.parametrize("interval", ["t", "logit", "korn-graubard"])
def test_a_census_is_known_exactly(frame: sa.Frame, interval: str):
    """Of one district; the others keep their width."""
    plan = sa.plan_from_counts(frame, {"North": 10, "South": 5, "West": 10})
    sample = sa.draw(plan, seed="census")
    findings = sa.record_findings(sample, answer(sample, errors=2))
    table = sa.survey_means(findings, "late", by="district", interval=interval).to_frame()  # type: ignore[arg-type]
    west = table[table["district"] == "West"].iloc[0]
    assert (0.2, 0.2, 0.2, 0) == (west["estimate"], west["low"], west["high"], west["se"])
    assert "every case read" in west["remarks"]
    assert table["low"][0] < table["estimate"][0] < table["high"][0]


def test_lonely_strata_are_refused_by_name_with_the_remedies(frame: sa.Frame):
    """Unless told what they count as."""
    plan = sa.plan_from_counts(frame, {"North": 10, "South": 5, "West": 1})
    sample = sa.draw(plan, seed="lonely")
    findings = sa.record_findings(sample, answer(sample, errors=1))
    with pytest.raises(sa.AuditError, match=r"1 strata have one case of several .*: 'West'.*adj"):
        sa.survey_means(findings)
    found = {
        lonely: sa.survey_means(findings, "late", lonely=lonely).to_frame()["se"][0]  # type: ignore[arg-type]
        for lonely in ("adjust", "average", "certainty")
    }
    assert found["certainty"] < min(found["adjust"], found["average"])


def test_an_unread_stratum_leaves_no_estimate(frame: sa.Frame):
    """Of what it belongs to; the other districts have theirs."""
    plan = sa.plan_from_counts(frame, {"North": 10, "South": 5, "West": 0})
    sample = sa.draw(plan, seed="unread")
    findings = sa.record_findings(sample, answer(sample, errors=2))
    table = sa.survey_means(findings, "late", by="district", overall=True).to_frame()
    assert [True, False, False, True] == table["estimate"].isna().tolist()
    assert "1 strata unread: no estimate" == table["remarks"][0]


def test_missing_files_count_as_the_plan_says(sample: sa.Sample):
    """As errors, unless told otherwise; the remark says what was done."""
    answers = answer(sample, errors=0).astype({"late": object})
    answers.loc[0, "late"] = "missing file"
    findings = sa.record_findings(sample, answers)
    row = sa.survey_means(findings, "late").to_frame().loc[0]
    assert pytest.approx(30 / 12 / 60) == row["estimate"]
    assert "count as errors" in row["remarks"]
    left_out = sa.survey_means(findings, "late", missing="exclude").to_frame().loc[0]
    assert (0, 23) == (left_out["estimate"], left_out["applicable"])


def test_unread_cases_are_no_harm_if_the_first_were_read(sample: sa.Sample):
    """The weights are those of the cases read; a gap is refused."""
    answers = answer(sample, errors=2).astype({"late": object})
    order = sample.cases["order"]
    answers.loc[order > 3, "late"] = "not reviewed"
    row = sa.survey_means(sa.record_findings(sample, answers), "late").to_frame().loc[0]
    assert (9, 2 / 3) == (row["reviewed"], pytest.approx(row["estimate"]))
    answers.loc[order == 2, "late"] = "not reviewed"
    with pytest.raises(sa.AuditError, match="not reviewed although later ones"):
        sa.survey_means(sa.record_findings(sample, answers), "late")


def test_contrasts_are_differences_with_their_own_standard_error(findings: sa.Findings):
    """Of independent strata: the root of the sum of squares; short and full names."""
    found = sa.survey_means(findings, "late", by="district")
    rows = found.to_frame().set_index("district")
    contrast = found.contrast({"North": 1, "South": -1})
    assert pytest.approx(rows["estimate"]["North"] - rows["estimate"]["South"]) == contrast.estimate
    assert pytest.approx(math.hypot(rows["se"]["North"], rows["se"]["South"])) == contrast.se
    assert contrast.low < contrast.estimate < contrast.high
    assert contrast == found.contrast({("late", "North"): 1, ("late", "South"): -1})
    with pytest.raises(sa.AuditError, match="no row 'East'; the rows are 'late / North'"):
        found.contrast({"East": 1})
    with pytest.raises(sa.AuditError, match="weights is empty"):
        found.contrast({})


def test_covariances_have_the_variances_on_the_diagonal(findings: sa.Findings):
    """Between variables and domains, labelled as the rows."""
    found = sa.survey_means(findings, ["late", "good"], by="age")
    matrix = found.covariance()
    assert [("late", "0-9"), ("late", "10-17"), ("good", "0-9"), ("good", "10-17")] == list(
        matrix.index
    )
    assert np.allclose(found.to_frame()["se"] ** 2, np.diag(matrix), atol=1e-18)
    assert (matrix.to_numpy() == matrix.to_numpy().T).all()
    single = sa.survey_means(findings, "late").covariance()
    assert ["late"] == list(single.index)


def test_measures_have_means_totals_and_ratios(sample: sa.Sample):
    """In their own units; the ratio of twice a measure to it is 2, exactly."""
    cases = sample.cases
    table = pd.DataFrame({"case_id": cases["case_id"], "days": cases["order"].astype(float)})
    table["double"] = 2 * table["days"]
    measures = sa.record_measures(sample, table)
    mean = sa.survey_means(measures, "days").to_frame()["estimate"][0]
    # orders 1..12, 1..8 and 1..4 have means 6.5, 4.5 and 2.5
    assert pytest.approx((30 * 6.5 + 20 * 4.5 + 10 * 2.5) / 60) == mean
    assert pytest.approx(60 * mean) == sa.survey_totals(measures, "days").to_frame()["estimate"][0]
    ratio = sa.survey_ratios(measures, "double", "days").to_frame().loc[0]
    assert ("double / days", 2.0) == (ratio["variable"], pytest.approx(ratio["estimate"]))
    assert "without width" in ratio["remarks"]
    with pytest.raises(sa.AuditError, match="'wilson', which is for rates, but 'days'"):
        sa.survey_means(measures, "days", interval="wilson")


def test_association_asks_whether_the_groups_differ(findings: sa.Findings):
    """Three errors in each district of 12, 8 and 4 cases read."""
    found = sa.survey_association(findings, "late", by="district")
    assert 24 == found.reviewed
    assert 0 < found.p_value < 1
    assert ["late"] == found.to_frame()["indicator"].tolist()
    first = sa.survey_association(findings, "late", by="district", order="first")
    assert (2, math.inf) == (first.df, first.df_denominator)
    nothing = sa.survey_association(findings, "good", by="district")
    assert math.isnan(nothing.p_value)
    assert ("one group or one answer only: nothing to compare",) == nothing.remarks


def test_it_shows_as_a_table(findings: sa.Findings):
    """In the terminal and in a notebook, with the remarks below."""
    found = sa.survey_means(findings, by="district")
    text = repr(found)
    assert "95% t interval" in text
    assert "without width" in text
    assert "<table>" in found._repr_html_()
    assert 12 == len(found)


def test_declared_samples_say_so(sample: sa.Sample):
    """In every row."""
    table = sample.cases.assign(
        N=sample.cases["district"].map({"North": 30, "South": 20}).fillna(10)
    )
    declared = sa.declare_sample(
        table, case_id="case_id", stratify_by="district", population="N", selection="random"
    )
    findings = sa.record_findings(declared, answer(sample, errors=3), indicators=["late"])
    row = sa.survey_means(findings, "late").to_frame().loc[0]
    assert "drawn elsewhere" in row["remarks"]
    assert pytest.approx(by_hand()[1]) == row["se"]


REFUSED = {
    "interval is 'exact'": {"interval": "exact"},
    "level is 95": {"level": 95},
    "lonely is 'remove'": {"lonely": "remove"},
    "missing is 'ignore'": {"missing": "ignore"},
    "by names 'town'": {"by": "town"},
    "There is no indicator 'lat'; did you mean 'late'": {"variables": "lat"},
    "variables is empty": {"variables": []},
}


@pytest.mark.parametrize("message", REFUSED)
def test_requests_that_cannot_be_are_refused(findings: sa.Findings, message: str):
    """Each with the name and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        sa.survey_means(findings, **REFUSED[message])  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_totals_and_ratios_have_no_intervals_for_rates(findings: sa.Findings):
    """Only t and z."""
    with pytest.raises(sa.AuditError, match="interval is 'wilson'; it must be one of 't', 'z'"):
        sa.survey_totals(findings, interval="wilson")  # type: ignore[arg-type]


def test_chosen_cases_have_no_standard_error(sample: sa.Sample):
    """They were not drawn."""
    chosen = sa.declare_sample(sample.cases, case_id="case_id", population=60, selection="chosen")
    findings = sa.record_findings(chosen, answer(sample, errors=3))
    with pytest.raises(sa.AuditError, match="chosen, not drawn"):
        sa.survey_means(findings)


def test_findings_are_asked_for(findings: sa.Findings):
    """Not a table."""
    with pytest.raises(sa.AuditError, match="findings is DataFrame; give what record_findings"):
        sa.survey_means(findings.to_frame())  # type: ignore[arg-type]
