"""The audit engine: rates, domains, what did not apply, missing files, unread cases."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from conftest import answer

COLUMNS = [
    "indicator", "population", "reviewed", "applicable", "errors", "missing", "rate", "rate_low",
    "rate_high", "total", "total_low", "total_high", "missing_low", "missing_high", "se", "deff",
    "df", "level", "side", "method", "guarantee", "remarks",
]  # fmt: skip


def findings(sample: sa.Sample, **outcomes: dict[int, str]) -> sa.Findings:
    """Return findings in which all is correct but what is given by row."""
    answers = sample.cases[["case_id"]].copy()
    for name, changes in outcomes.items():
        answers[name] = [changes.get(row, "correct") for row in range(len(answers))]
    return sa.record_findings(sample, answers)


def only(estimates: sa.Estimates) -> pd.Series:
    table = estimates.to_frame()
    assert 1 == len(table)
    return table.loc[0]


def test_the_columns_of_the_contract_in_their_order(sample):
    """With the by columns after the indicator."""
    found = findings(sample, late={0: "error"})
    assert COLUMNS == sa.estimate_rates(found).to_frame().columns.tolist()
    by = sa.estimate_rates(found, by=["district", "age"]).to_frame().columns.tolist()
    assert [COLUMNS[0], "district", "age", *COLUMNS[1:]] == by


def test_a_rate_is_its_definition_written_as_a_loop(sample):
    """Sum over strata of N x / n, and the limits of the counts."""
    found = findings(sample, late={0: "error", 1: "error", 13: "error"})
    row = only(sa.estimate_rates(found, "late"))
    total = 0.0
    for district, size in {"North": 30, "South": 20, "West": 10}.items():
        rows = found.to_frame()
        rows = rows[rows["district"] == district]
        total += size * (rows["late"] == "error").sum() / len(rows)
    assert pytest.approx(total) == row["total"]
    assert pytest.approx(total / 60) == row["rate"]
    limits = sa.rate_interval([2, 1, 0], [12, 8, 4], [30, 20, 10])
    assert (limits.low, limits.high) == (row["rate_low"], row["rate_high"])
    assert (limits.total_low, limits.total_high) == (row["total_low"], row["total_high"])


def test_the_last_indicator_is_any_error(sample):
    """Unless indicators= leaves it out."""
    found = findings(sample, late={0: "error"}, plan={0: "error", 1: "error"})
    table = sa.estimate_rates(found).to_frame()
    assert ["late", "plan", "any error"] == table["indicator"].tolist()
    assert [1, 2, 2] == table["errors"].tolist()
    assert ["plan"] == sa.estimate_rates(found, ["plan"]).to_frame()["indicator"].tolist()
    assert ["any error"] == sa.estimate_rates(found, "any error").to_frame()["indicator"].tolist()


def test_a_union_of_strata_is_the_same_problem_on_fewer(sample):
    """By district: one stratum each, exact."""
    found = findings(sample, late={0: "error", 13: "error"})
    table = sa.estimate_rates(found, "late", by="district").to_frame()
    assert ["North", "South", "West"] == table["district"].tolist()
    assert [30, 20, 10] == table["population"].tolist()
    assert ["proved"] * 3 == table["guarantee"].tolist()
    north = sa.rate_interval(1, 12, 30)
    assert (north.low, north.high) == (table["rate_low"][0], table["rate_high"][0])


def test_overall_adds_the_caseload(sample):
    """As the first row of each indicator, labelled all."""
    found = findings(sample, late={0: "error"})
    table = sa.estimate_rates(found, "late", by="district", overall=True).to_frame()
    assert ["all", "North", "South", "West"] == table["district"].tolist()
    assert 60 == table["population"][0]


def test_a_domain_that_crosses_strata(sample):
    """The rate is the ratio sum w e / sum w a, the total that rate times the domain's size."""
    found = findings(sample, late={0: "error", 5: "error", 13: "error", 20: "error"})
    rates = sa.estimate_rates(found, "late", by="age").to_frame().set_index("age")
    cases = found.to_frame().assign(weight=2.5)
    for age, size in {"0-9": 40, "10-17": 20}.items():
        inside = cases[cases["age"] == age]
        rate = (inside["weight"] * (inside["late"] == "error")).sum() / inside["weight"].sum()
        assert pytest.approx(rate) == rates.loc[age, "rate"]
        assert pytest.approx(rate * size) == rates.loc[age, "total"]
        assert rates.loc[age, "method"] in ("profile-domain", "profile-ratio")
        assert rates.loc[age, "rate_low"] < rate < rates.loc[age, "rate_high"]
        low, high = rates.loc[age, ["total_low", "total_high"]]
        assert float(low).is_integer()
        assert float(high).is_integer()
        assert (inside["late"] == "error").sum() <= low <= high
        assert high <= size - (inside["late"] == "correct").sum()


def test_a_domain_with_few_cases_does_not_use_its_size_and_says_so(sample):
    """Fewer than fifteen reviewed domain cases."""
    found = findings(sample, late={0: "error"})
    rates = sa.estimate_rates(found, "late", by="age").to_frame().set_index("age")
    few = rates.loc["10-17"]
    assert few["reviewed"] < 15
    assert "profile-ratio" == few["method"]
    assert "its size in the register is not used" in few["remarks"]


def test_strata_and_domains_may_cross_in_by(sample):
    """By district and age: every combination of the register, within strata."""
    found = findings(sample, late={0: "error"})
    table = sa.estimate_rates(found, "late", by=["district", "age"]).to_frame()
    assert 6 == len(table)
    assert 60 == table["population"].sum()
    assert 24 == table["reviewed"].sum()


def test_not_applicable_leaves_the_denominator(sample):
    """The rate is over applicable cases; the total counts erroneous cases of the caseload."""
    found = findings(
        sample, late={0: "error", 13: "error", **dict.fromkeys(range(2, 8), "not applicable")}
    )
    row = only(sa.estimate_rates(found, "late"))
    assert (24, 18, 2) == (row["reviewed"], row["applicable"], row["errors"])
    assert pytest.approx(2 / 18) == row["rate"]
    assert pytest.approx(2.5 * 2) == row["total"]
    assert ("profile-ratio", "measured") == (row["method"], row["guarantee"])
    assert row["rate_low"] < row["rate"] < row["rate_high"]
    assert "over the cases to which the indicator applies" in row["remarks"]
    whole = sa.rate_interval([1, 1, 0], [12, 8, 4], [30, 20, 10])
    assert (whole.total_low, whole.total_high) == (row["total_low"], row["total_high"])


def test_cases_out_of_the_population_leave_it_too(sample):
    """Every ticket opened is kept; the rate is over eligible cases."""
    found = findings(sample, late={0: "error", 1: "out of population"})
    row = only(sa.estimate_rates(found, "late"))
    assert (24, 23) == (row["reviewed"], row["applicable"])
    assert pytest.approx(1 / 23) == row["rate"]


def test_an_indicator_that_never_applied_has_no_rate(sample):
    """nan, limits 0 and 1, and a remark."""
    row = only(
        sa.estimate_rates(findings(sample, late=dict.fromkeys(range(24), "not applicable")), "late")
    )
    assert math.isnan(row["rate"])
    assert (0, 1) == (row["rate_low"], row["rate_high"])
    assert "no case that counts was read" in row["remarks"]


RULES = {"error": (3, 24), "correct": (1, 24), "exclude": (1, 22)}


@pytest.mark.parametrize("rule", RULES)
def test_the_three_rules_for_missing_files(sample, rule):
    """What counts, and the same bounds beside it whatever the rule."""
    found = findings(sample, late={0: "error", 1: "missing file", 13: "missing file"})
    row = only(sa.estimate_rates(found, "late", missing=rule))
    assert RULES[rule] == (row["errors"], row["applicable"])
    assert 2 == row["missing"]
    assert "files that could not be produced" in row["remarks"]
    best = sa.rate_interval([1, 0, 0], [12, 8, 4], [30, 20, 10])
    worst = sa.rate_interval([2, 1, 0], [12, 8, 4], [30, 20, 10])
    assert (best.low, worst.high) == (row["missing_low"], row["missing_high"])


def test_without_missing_files_the_bounds_are_the_limits(sample):
    """Nothing to vary."""
    row = only(sa.estimate_rates(findings(sample, late={0: "error"}), "late"))
    assert (row["rate_low"], row["rate_high"]) == (row["missing_low"], row["missing_high"])


@pytest.mark.parametrize("errors", [0, 99], ids=["no errors", "all errors"])
def test_none_and_all_are_ordinary(sample, errors):
    """An interval with width, se 0, no failure."""
    found = sa.record_findings(sample, answer(sample, errors=errors))
    row = only(sa.estimate_rates(found, "late"))
    assert row["rate_low"] < row["rate_high"]
    assert row["rate"] in (row["rate_low"], row["rate_high"])
    assert 0 == row["se"]


def test_one_case_in_a_stratum_is_ordinary(frame):
    """An interval; se and deff are nan, with the reason."""
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 12, "South": 8, "West": 1}), seed="x")
    row = only(sa.estimate_rates(sa.record_findings(sample, answer(sample, errors=2)), "late"))
    assert math.isnan(row["se"])
    assert row["rate_low"] < row["rate"] < row["rate_high"]
    assert "two cases in every stratum" in row["remarks"]


def test_a_census_stratum_is_ordinary(frame):
    """West is read in full: no se is missing, by district it has no width."""
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 12, "South": 8, "West": 10}), seed="x")
    found = sa.record_findings(sample, answer(sample, errors=2))
    assert only(sa.estimate_rates(found, "late"))["se"] > 0
    west = only(sa.estimate_rates(found, "late", by="district").select(where={"district": "West"}))
    assert (0.2, 0.2, 2, 2) == tuple(west[["rate_low", "rate_high", "total_low", "total_high"]])
    assert "every case read" in west["remarks"]


def test_an_unread_stratum_leaves_limits_only(frame):
    """No estimate, limits that hold, and a remark."""
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 12, "South": 8, "West": 0}), seed="x")
    row = only(sa.estimate_rates(sa.record_findings(sample, answer(sample, errors=2)), "late"))
    assert math.isnan(row["rate"])
    assert math.isnan(row["total"])
    assert row["rate_low"] < row["rate_high"]
    assert "1 strata unread" in row["remarks"]


def test_unread_cases_at_the_end_of_the_order_are_left_out(sample):
    """Those read are the first in ticket order, so they are a random sample."""
    answers = answer(sample, errors=2).astype({"late": object})
    answers.loc[sample.cases["order"] > 3, "late"] = "not reviewed"
    row = only(sa.estimate_rates(sa.record_findings(sample, answers), "late"))
    assert 9 == row["reviewed"]
    expected = sa.rate_interval([2, 2, 2], [3, 3, 3], [30, 20, 10])
    assert (expected.low, expected.high) == (row["rate_low"], row["rate_high"])
    assert "15 cases not read yet" in row["remarks"]


def test_reading_the_easy_files_first_is_refused(sample):
    """A gap in the order names the case that was passed over."""
    answers = answer(sample, errors=2).astype({"late": object})
    answers.loc[3, "late"] = "not reviewed"
    with pytest.raises(sa.AuditError) as caught:
        sa.estimate_rates(sa.record_findings(sample, answers))
    assert "1 cases not reviewed although later ones" in str(caught.value)
    assert sample.cases["case_id"][3] in str(caught.value)


def test_unread_cases_of_a_declared_sample_are_refused():
    """Its order is not known."""
    table = pd.DataFrame({"id": ["a", "b", "c"], "late": [1, 0, "not reviewed"]})
    sample = sa.declare_sample(table, case_id="id", population=10, selection="random")
    with pytest.raises(sa.AuditError, match="the order of the draw is not known"):
        sa.estimate_rates(sa.record_findings(sample, table))


def test_the_plan_binds_the_analysis_and_overriding_it_is_remarked(frame):
    """Defaults come from the plan."""
    plan = sa.plan_sample(frame, 24, level=0.9, side="upper", missing="correct", by="district")
    sample = sa.draw(plan, seed="x")
    found = sa.record_findings(sample, answer(sample, errors=1))
    planned = only(sa.estimate_rates(found, "late"))
    assert (0.9, "upper", "profile", "") == tuple(planned[["level", "side", "method", "remarks"]])
    changed = only(sa.estimate_rates(found, "late", level=0.95, method="wald"))
    assert "not as planned: level 0.95 (plan: 0.9)" in changed["remarks"]
    assert "not as planned: method 'wald' (plan: 'profile')" in changed["remarks"]
    by = sa.estimate_rates(found, "late", by="age").to_frame()
    assert by["remarks"].str.contains("not as planned: by age").all()
    assert (
        not sa.estimate_rates(found, by="district")
        .to_frame()["remarks"]
        .str.contains("not as planned")
        .any()
    )


def test_several_levels_give_a_row_each(sample):
    """In the order given; a higher level is no shorter."""
    found = findings(sample, late={0: "error"})
    table = sa.estimate_rates(found, "late", level=[0.8, 0.95, 0.99]).to_frame()
    assert [0.8, 0.95, 0.99] == table["level"].tolist()
    assert table["rate_high"].is_monotonic_increasing
    assert table["rate_low"].is_monotonic_decreasing


@pytest.mark.parametrize("method", ["wilson", "wald", "logit", "korn-graubard"])
def test_textbook_methods_work_for_every_kind_of_rate(sample, method):
    """The caseload, a union of strata, a crossing domain, a random denominator."""
    found = findings(
        sample, late={0: "error", 2: "error", 13: "error", 21: "error", 1: "not applicable"}
    )
    for by in (None, "district", "age"):
        table = sa.estimate_rates(found, "late", by=by, method=method).to_frame()
        usable = table.dropna(subset=["rate_low"])
        assert len(usable) >= 1
        assert (usable["rate_low"] <= usable["rate"]).all()
        assert (usable["rate"] <= usable["rate_high"]).all()
        assert {"none"} == set(usable["guarantee"])


def test_a_method_that_does_not_fit_is_refused_with_those_that_do(sample):
    """Wright-Sidak knows no random denominator."""
    found = findings(sample, late={0: "error", 1: "not applicable"})
    with pytest.raises(sa.AuditError) as caught:
        sa.estimate_rates(found, "late", method="wright-sidak")
    assert "does not fit" in str(caught.value)
    assert "'profile'" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indicators": "lat"}, "no indicator 'lat'"),
        ({"indicators": []}, "indicators is empty"),
        ({"by": "placement"}, "by names 'placement'"),
        ({"level": 95}, "level is 95"),
        ({"level": []}, "level is empty"),
        ({"level": "95%"}, "level is '95%'"),
        ({"side": "left"}, "side is 'left'"),
        ({"method": "bayes"}, "method is 'bayes'"),
        ({"missing": "skip"}, "missing is 'skip'"),
    ],
)
def test_requests_that_cannot_be_are_refused(sample, changes, message):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        sa.estimate_rates(findings(sample, late={0: "error"}), **changes)
    assert message in str(caught.value)


def test_ratio_limits_with_missing_files_take_the_worst_split(sample):
    """Bounds over every number of missing files that were errors, for a random denominator."""
    found = findings(
        sample,
        late={0: "error", 1: "missing file", 13: "missing file", 2: "not applicable"},
    )
    row = only(sa.estimate_rates(found, "late"))
    assert row["missing_low"] <= row["rate_low"]
    assert row["missing_high"] >= row["rate_high"]


def test_a_domain_without_a_case_read_is_shown(register):
    """Rate nan, limits 0 and 1."""
    register.loc[59, "age"] = "18"
    frame = sa.build_frame(register, case_id="case_id", domains="age")
    for seed in map(str, range(20)):
        sample = sa.draw(sa.plan_sample(frame, 10), seed=seed)
        if "18" not in set(sample.cases["age"]):
            break
    found = sa.estimate_rates(
        sa.record_findings(sample, answer(sample, errors=2)), "late", by="age"
    )
    row = only(found.select(where={"age": "18"}))
    assert (1, 0) == (row["population"], row["reviewed"])
    assert math.isnan(row["rate"])
    assert (0, 1) == (row["rate_low"], row["rate_high"])
    assert (0, 1) == (row["total_low"], row["total_high"])


def test_many_indicators_and_domains_at_once(sample):
    """Rows come by indicator, then domain, and agree with one at a time."""
    rng = np.random.default_rng(1)
    names = [f"i{number}" for number in range(6)]
    answers = sample.cases[["case_id"]].assign(
        **{name: rng.integers(0, 2, size=24) for name in names}
    )
    found = sa.record_findings(sample, answers)
    together = sa.estimate_rates(found, names, by="district").to_frame()
    single = pd.concat(
        [sa.estimate_rates(found, name, by="district").to_frame() for name in names]
    ).reset_index(drop=True)
    pd.testing.assert_frame_equal(single, together)
