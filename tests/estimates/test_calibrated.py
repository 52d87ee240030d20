"""Weights that meet what the register knows, and what is said where they cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.estimates.calibrated import Calibrated
from sampleaudit.estimates.calibration import calibrate
from sampleaudit.estimates.survey_data import design_of
from sampleaudit.formulas.design import variance
from sampleaudit.measures import record_measures

REFERENCE = Path(__file__).parent.parent / "reference"
TYPES = {"new": 2428, "review": 1683, "stop": 734}
AGES = {"18-29": 1466, "30-49": 2169, "50+": 1210}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return the sample audit_a of tests/reference, which R has calibrated."""
    return pd.read_csv(REFERENCE / "audit_a.csv")


@pytest.fixture(scope="module")
def declared(table: pd.DataFrame) -> sa.Sample:
    return sa.declare_sample(
        table, case_id="case_id", stratify_by="mun", population="N_h", selection="random",
        domains=["ctype", "agegrp"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def amounts(table: pd.DataFrame, declared: sa.Sample) -> sa.Measures:
    return record_measures(declared, table, measures="amount")


# R 4.2.2, survey 4.5: tests/reference/calibration/expected.json, audit_a, weight of the first case
@pytest.mark.parametrize(
    ("margins", "arguments", "expected"),
    [
        pytest.param({"ctype": TYPES}, {"method": "post-stratification"}, 0, id="postStratify"),
        pytest.param({"ctype": TYPES, "agegrp": AGES}, {"method": "raking"}, 2, id="rake"),
        pytest.param({"amount": 28431816.56}, {}, 3, id="calibrate linear"),
        pytest.param({"amount": 28431816.56}, {"method": "raking"}, 4, id="calibrate raking"),
        pytest.param(
            {"amount": 28431816.56},
            {"method": "logit", "bounds": (0.1, 6)},
            5,
            id="calibrate logit",
        ),
    ],
)
def test_weights_are_those_of_R(declared, amounts, margins, arguments, expected):
    entries = pd.read_json(REFERENCE / "calibration/expected.json")["audit_a"]["entries"]
    found = calibrate(declared, margins, auxiliary=amounts, **arguments)
    weights = found.to_frame()["weight"]
    np.testing.assert_allclose(entries[expected]["weights"], weights, rtol=1e-9)


def test_counts_of_the_register_need_not_be_given(frame, sample):
    """A frame knows its strata and domains, so that columns are enough."""
    by_name = calibrate(sample, ["district", "age"], method="raking")
    known = frame.population.groupby("age")["population"].sum().to_dict()
    told = calibrate(
        sample,
        {"district": {"North": 30, "South": 20, "West": 10}, "age": known},
        method="raking",
    )
    pd.testing.assert_frame_equal(told.to_frame(), by_name.to_frame())
    by_age = by_name.to_frame().groupby(sample.cases["age"])["weight"].sum()
    assert pytest.approx(known) == by_age.to_dict()


def test_crossed_columns_are_one_margin(sample):
    """Every cell of district and age has its register's count."""
    found = calibrate(sample, [("district", "age")], method="post-stratification")
    counts = sample.population.set_index(["district", "age"])["population"]
    cells = found.to_frame()["weight"].groupby([sample.cases[c] for c in ("district", "age")]).sum()
    assert pytest.approx(counts[cells.index].tolist()) == cells.tolist()
    names = found.totals_frame()["category"]
    assert {" / ".join(each) for each in cells.index} == {*names}


def test_a_measures_total_comes_with_the_size_of_the_caseload(amounts):
    """Without categories the number of cases is kept, as the intercept of R's calibrate."""
    found = calibrate(amounts, {"amount": 28431816.56})
    totals = found.totals_frame()
    assert ["all cases", "amount"] == totals["margin"].tolist()
    assert pytest.approx([4845, 28431816.56]) == totals["reached"].tolist()
    assert pytest.approx(4845) == found.to_frame()["weight"].sum()


# svytotal(~e1): tests/reference/calibration/expected.json, audit_a
@pytest.mark.parametrize(
    ("margins", "method", "expected"),
    [
        pytest.param({"ctype": TYPES}, "post-stratification", 0, id="postStratify"),
        pytest.param({"ctype": TYPES, "agegrp": AGES}, "raking", 2, id="rake"),
        pytest.param({"amount": 28431816.56}, "linear", 3, id="calibrate linear"),
        pytest.param({"amount": 28431816.56}, "raking", 4, id="calibrate raking"),
    ],
)
def test_standard_errors_are_those_of_R(table, declared, amounts, margins, method, expected):
    entries = pd.read_json(REFERENCE / "calibration/expected.json")["audit_a"]["entries"]
    found = calibrate(declared, margins, method=method, auxiliary=amounts)
    read = np.ones(declared.size, bool)
    design = found.design(declared, design_of(declared, read)[0], read)
    influence = design.weights * table["e1"].to_numpy(float)
    se = np.sqrt(variance(design, influence[:, None], lonely="fail"))
    assert pytest.approx([entries[expected]["est"]["total_e1"]["se"]], rel=1e-9) == se


def test_the_table_tells_asked_before_and_reached(declared):
    found = calibrate(declared, {"ctype": TYPES}, method="post-stratification")
    shown = repr(found)
    totals = found.totals_frame()
    assert [*TYPES.values()] == totals["asked"].tolist()
    assert pytest.approx(totals["asked"]) == totals["reached"]
    assert declared.size == totals["cases"].sum()
    assert "2,428" in shown
    assert "post-stratification" in shown
    assert "<table>" in found._repr_html_()


def test_negative_weights_are_remarked(declared, amounts):
    """A total far off pulls the regression's weights below 0; bounds forbid it."""
    margins = {"amount": 15_000_000}
    found = calibrate(declared, margins, auxiliary=amounts)
    assert (found.to_frame()["weight"] < 0).any()
    assert "negative" in found.remarks[0]
    bounded = calibrate(declared, margins, auxiliary=amounts, bounds=(0.01, 9))
    assert () == bounded.remarks
    factors = bounded.to_frame()["factor"]
    assert 0.01 <= factors.min() <= factors.max() <= 9


@pytest.mark.parametrize(
    ("margins", "arguments", "message"),
    [
        pytest.param({}, {}, "margins is empty", id="nothing"),
        pytest.param(["kind"], {}, "margins names 'kind', which is not", id="no such column"),
        pytest.param(["ctype"], {}, "does not tell how many cases", id="counts not known"),
        pytest.param(
            {"ctype": {"new": 2428, "review": 2417}}, {}, "counts no case of 'stop'",
            id="category left out",
        ),
        pytest.param(
            {"ctype": {**TYPES, "appeal": 10}}, {}, "counts cases of 'appeal', but the sample",
            id="category without cases",
        ),
        pytest.param(
            {"ctype": {**TYPES, "stop": 700}}, {}, "adds up to 4811 cases, but the caseload has",
            id="another size",
        ),
        pytest.param(
            {"ctype": {**TYPES, "stop": "many"}}, {}, "'many' for ctype stop", id="no number",
        ),
        pytest.param(
            {("mun", "ctype"): TYPES}, {}, "name 2 values for it", id="crossing named by halves",
        ),
        pytest.param({"amount": 5}, {}, "to one number, 5; map categories", id="measure not given"),
        pytest.param(
            {"ctype": TYPES, "agegrp": AGES}, {"method": "post-stratification"},
            "takes one margin of categories", id="two margins",
        ),
        pytest.param({"ctype": TYPES}, {"method": "logit"}, "needs bounds", id="no bounds"),
        pytest.param(
            {"ctype": TYPES}, {"method": "logit", "bounds": (1.2, 5)}, "two numbers around 1",
            id="bounds on one side",
        ),
        pytest.param(
            {"ctype": TYPES}, {"method": "raking", "bounds": (0.2, 5)}, "keeps none",
            id="bounds for raking",
        ),
        pytest.param({"ctype": TYPES}, {"method": "greg"}, "method is 'greg'", id="no method"),
        pytest.param(
            {"ctype": TYPES, "agegrp": {"18-29": 4000, "30-49": 500, "50+": 345}},
            {"method": "logit", "bounds": (0.5, 2)},
            r"agegrp 18-29: 4000 asked, \d+ reached from \d+ cases.*widen the bounds",
            id="bounds too narrow",
        ),
    ],
)  # fmt: skip
def test_margins_that_cannot_be_met_are_refused(declared, margins, arguments, message):
    with pytest.raises(sa.AuditError, match=message):
        calibrate(declared, margins, **arguments)


def test_a_measure_must_be_known_for_every_case(table, declared):
    some = table.assign(late=[np.nan, *range(1, len(table))])
    measures = record_measures(declared, some, measures="late", blank="not applicable")
    with pytest.raises(sa.AuditError, match="'late' is not known for 1 cases"):
        calibrate(measures, {"late": 100})


def test_chosen_cases_get_no_weights(table):
    chosen = sa.declare_sample(
        table, case_id="case_id", stratify_by="mun", population="N_h", selection="chosen",
        domains="ctype",
    )  # fmt: skip
    with pytest.raises(sa.AuditError, match="chosen, not drawn"):
        calibrate(chosen, {"ctype": TYPES})


def test_weights_are_for_their_own_sample_read_in_full(declared, sample):
    found: Calibrated = calibrate(declared, {"ctype": TYPES})
    read = np.ones(sample.size, bool)
    design, _ = design_of(sample, read)
    with pytest.raises(sa.AuditError, match="calibrated for another sample"):
        found.design(sample, design, read)
    read = np.ones(declared.size, bool)
    read[-1] = False
    with pytest.raises(sa.AuditError, match="1 are not reviewed yet"):
        found.design(declared, design_of(declared, read)[0], read)


# R 4.2.2, survey 4.5: svymean and svytotal of e1 in tests/reference/calibration, audit_a
@pytest.mark.parametrize(
    ("margins", "method", "mean", "total"),
    [
        pytest.param(
            {"ctype": TYPES}, "post-stratification",
            (0.0955795555681796, 0.0194731372382966), (463.08294672783, 94.3473499195472),
            id="postStratify",
        ),
        pytest.param(
            {"ctype": TYPES, "agegrp": AGES}, "raking",
            (0.0942486619900455, 0.0192919158854441), (456.634767341771, 93.4693324649766),
            id="rake",
        ),
    ],
)  # fmt: skip
def test_estimates_take_calibrated_weights(table, declared, margins, method, mean, total):
    """Means and totals with R's standard errors, at the tolerance of an iterated fit."""
    answers = table[["case_id"]].assign(e1=table["e1"])
    found = sa.record_findings(declared, answers)
    weights = sa.calibrate(found, margins, method=method)
    for expected, estimates in (
        (mean, sa.survey_means(found, "e1", weights=weights)),
        (total, sa.survey_totals(found, "e1", weights=weights)),
    ):
        row = estimates.to_frame().loc[0]
        assert pytest.approx(expected[0], rel=1e-9) == row["estimate"]
        assert pytest.approx(expected[1], rel=3e-9) == row["se"]


def test_weights_are_what_calibrate_returns(table, declared):
    found = sa.record_findings(declared, table[["case_id"]].assign(e1=table["e1"]))
    with pytest.raises(sa.AuditError, match="weights is ndarray; give what calibrate returns"):
        sa.survey_means(found, weights=np.ones(len(table)))
