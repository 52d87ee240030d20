"""Domains against the rest, against each other and against a reference."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

import sampleaudit as sa
from conftest import answer

CONTRACT = [
    "indicator", "district", "rate", "rate_other", "difference", "difference_low",
    "difference_high", "p_value", "p_adjusted", "level", "method", "guarantee", "remarks",
]  # fmt: skip
OUTCOMES = {0: "correct", 1: "error", 2: "not applicable"}


def random_findings(sample: sa.Sample, *, seed: int, rates: tuple[float, ...]) -> sa.Findings:
    """Return findings of one indicator: correct, error, not applicable with these chances."""
    drawn = np.random.default_rng(seed).choice(len(rates), size=sample.size, p=rates)
    answers = sample.cases[["case_id"]].assign(late=[OUTCOMES[each] for each in drawn])
    return sa.record_findings(sample, answers)


def many(strata: int = 1, domains: int = 12) -> sa.Sample:
    """Return eight cases read in each of twelve towns, perhaps in two strata each."""
    sizes = [20 + 7 * number for number in range(domains)]
    register = pd.DataFrame(
        {
            "case_id": [
                f"C{town}-{case}" for town, size in enumerate(sizes) for case in range(size)
            ],
            "town": [f"T{town:02d}" for town, size in enumerate(sizes) for _ in range(size)],
            "kind": ["ab"[case % 2] for size in sizes for case in range(size)],
        }
    )
    stratify = ["town"] if strata == 1 else ["town", "kind"]
    frame = sa.build_frame(register, case_id="case_id", stratify_by=stratify)
    each = 8 // strata
    counts = {tuple(row)[:-1]: each for row in frame.strata.itertuples(index=False)}
    plan = {label if strata > 1 else label[0]: count for label, count in counts.items()}
    return sa.draw(sa.plan_from_counts(frame, plan), seed="many")


def test_the_columns_of_the_contract_in_their_order(sample):
    """With counts, question and adjustment between them."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    columns = sa.compare_with_rest(found, by="district").to_frame().columns.tolist()
    assert CONTRACT == [column for column in columns if column in CONTRACT]
    assert {"question", "adjust", "errors_other", "applicable_other"} <= {*columns}


def test_a_row_is_the_difference_of_two_caseloads(sample):
    """Districts are strata (12 of 30, 8 of 20, 4 of 10 read): `difference_interval` says it."""
    found = sa.record_findings(sample, answer(sample, errors=3))
    row = sa.compare_with_rest(found, by="district", indicators="late").to_frame().iloc[0]
    alone = sa.difference_interval((3, 12, 30), ([3, 3], [8, 4], [20, 10]))
    assert "North" == row["district"]
    assert (alone.low, alone.high) == (row["difference_low"], row["difference_high"])
    assert (alone.p_value, "profile") == (row["p_value"], row["method"])
    assert pytest.approx(alone.difference) == row["difference"]


def test_pairs_of_single_strata_are_the_difference_of_two_counts(sample):
    """Many comparisons at once give what `difference_interval` gives of one."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    table = sa.compare_pairs(found, by="district", indicators="late").to_frame()
    assert ["North", "North", "South"] == table["district"].tolist()
    assert ["South", "West", "West"] == table["district_other"].tolist()
    sides = {"North": (2, 12, 30), "South": (2, 8, 20), "West": (2, 4, 10)}
    for row in table.itertuples():
        alone = sa.difference_interval(sides[row.district], sides[row.district_other])
        assert pytest.approx((alone.low, alone.high), abs=1e-5) == (
            row.difference_low, row.difference_high,
        )  # fmt: skip
        assert pytest.approx(alone.p_value, abs=1e-6) == row.p_value


def test_the_rest_of_many_towns_comes_near_the_exact_tail():
    """With many strata the rest is known by its moments: at most two points from the engine."""
    sample = many()
    found = random_findings(sample, seed=4, rates=(0.8, 0.2))
    table = sa.compare_with_rest(found, by="town", indicators="late").to_frame()
    assert {"profile-moments"} == set(table["method"])
    counts = found.to_frame().groupby("town")["late"].agg(lambda each: (each == "error").sum())
    sizes = sample.strata.set_index("town")["population"]
    for row in table.iloc[[0, 5, 11]].itertuples():
        others = counts.index != row.town
        alone = sa.difference_interval(
            (int(counts[row.town]), 8, int(sizes[row.town])),
            (counts[others].tolist(), [8] * 11, sizes[others].tolist()),
        )
        assert pytest.approx(alone.difference) == row.difference
        assert pytest.approx(alone.low, abs=0.02) == row.difference_low
        assert pytest.approx(alone.high, abs=0.02) == row.difference_high


@pytest.mark.parametrize("question", ["register", "process"])
@pytest.mark.parametrize("strata", [1, 2])
def test_p_and_limits_tell_the_same(question: str, strata: int):
    """The p-value is below 1 - level exactly where 0 lies outside, and the estimate lies within."""
    found = random_findings(many(strata), seed=1, rates=(0.6, 0.3, 0.1))
    table = sa.compare_with_rest(found, by="town", level=0.8, question=question).to_frame()
    outside = (table["difference_low"] > 0) | (table["difference_high"] < 0)
    assert (outside == (table["p_value"] < 1 - 0.8)).all()
    assert outside.any()
    assert (table["difference_low"] <= table["difference"]).all()
    assert (table["difference"] <= table["difference_high"]).all()


def test_the_process_is_less_certain_than_the_register():
    """Every case read tells all of the register, and of the process what any sample does."""
    register = pd.DataFrame(
        {"case_id": [f"C{n}" for n in range(40)], "town": ["A"] * 20 + ["B"] * 20}
    )
    frame = sa.build_frame(register, case_id="case_id", stratify_by="town")
    sample = sa.draw(sa.plan_from_counts(frame, {"A": 20, "B": 20}), seed="all")
    answers = sample.cases.assign(late=sample.cases["order"] <= np.where(
        sample.cases["town"] == "A", 6, 3))[["case_id", "late"]]  # fmt: skip
    found = sa.record_findings(sample, answers)
    as_is = sa.compare_with_rest(found, by="town", indicators="late").to_frame().iloc[0]
    behind = sa.compare_with_rest(found, by="town", indicators="late", question="process")
    row = behind.to_frame().iloc[0]
    assert (0.15, 0.15, 0.0) == pytest.approx(
        (as_is["difference_low"], as_is["difference_high"], as_is["p_value"])
    )
    assert "every case of both sides read" in as_is["remarks"]
    assert row["difference_low"] < 0 < row["difference_high"]
    assert ("register", "process") == (as_is["question"], row["question"])
    assert "process behind the cases" in repr(behind)


@pytest.mark.parametrize(
    ("adjust", "name"),
    [("holm", "holm"), ("benjamini-hochberg", "fdr_bh"), ("bonferroni", "bonferroni")],
)
def test_p_values_are_adjusted_over_all_rows(adjust: str, name: str):
    """By statsmodels' names, over every indicator and domain of the table."""
    found = random_findings(many(), seed=2, rates=(0.7, 0.3))
    table = sa.compare_with_rest(found, by="town", adjust=adjust).to_frame()
    assert 24 == len(table)  # the indicator and any error
    assert pytest.approx(multipletests(table["p_value"], method=name)[1]) == table["p_adjusted"]


def test_without_adjustment_p_values_stay():
    """And the table says that they were not adjusted."""
    found = random_findings(many(), seed=2, rates=(0.7, 0.3))
    comparison = sa.compare_with_rest(found, by="town", adjust=None)
    table = comparison.to_frame()
    assert table["p_value"].tolist() == table["p_adjusted"].tolist()
    assert {"none"} == set(table["adjust"])
    assert "not adjusted" in repr(comparison)


def test_a_domain_without_applicable_cases_is_a_row_of_nan():
    """Its p-value is left out of the number that the others are adjusted for."""
    sample = many()
    answers = sample.cases.assign(
        late=np.where(sample.cases["town"] == "T03", "not applicable", "correct")
    )
    answers.loc[answers["order"] <= 2, "late"] = "error"
    answers.loc[answers["town"] == "T03", "late"] = "not applicable"
    found = sa.record_findings(sample, answers[["case_id", "late"]])
    table = sa.compare_with_rest(
        found, by="town", indicators="late", adjust="bonferroni"
    ).to_frame()
    row = table[table["town"] == "T03"].iloc[0]
    assert math.isnan(row["p_value"])
    assert math.isnan(row["p_adjusted"])
    assert math.isnan(row["difference_low"])
    assert "no case that counts was read" in row["remarks"]
    rest = table[table["town"] != "T03"]
    assert pytest.approx(np.minimum(rest["p_value"] * 11, 1)) == rest["p_adjusted"]


def test_domains_that_cross_strata_are_compared_by_their_ratios(sample):
    """The rates are those of `estimate_rates`, and the two sides add up to what was read."""
    found = sa.record_findings(sample, answer(sample, errors=3))
    table = sa.compare_with_rest(found, by="age", indicators="late").to_frame()
    rates = sa.estimate_rates(found, "late", by="age").to_frame()
    assert pytest.approx(rates["rate"].tolist()) == table["rate"].tolist()
    assert pytest.approx(table["difference"].iloc[0]) == -table["difference"].iloc[1]
    assert {"profile-ratio"} == set(table["method"])
    assert (table["applicable"] + table["applicable_other"] == sample.size).all()


def test_guaranteed_takes_the_cells_of_a_domain_as_strata(sample):
    """Given how many of them were drawn, they are a random sample of a known number."""
    found = sa.record_findings(sample, answer(sample, errors=3))
    table = sa.compare_with_rest(found, by="age", indicators="late", method="guaranteed").to_frame()
    assert {"guaranteed"} == set(table["method"])
    assert {*table["guarantee"]} <= {"proved", "enumerated"}
    assert (table["difference_low"] < 0).all()


def test_a_reference_is_compared_with_every_other(sample):
    """And is the other side of each row."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    table = sa.compare_with(found, "district", "West", indicators="late").to_frame()
    assert ["North", "South"] == table["district"].tolist()
    assert {"West"} == set(table["district_other"])
    pairs = sa.compare_pairs(found, by="district", indicators="late").to_frame()
    north = pairs[(pairs["district"] == "North") & (pairs["district_other"] == "West")].iloc[0]
    assert pytest.approx(north["p_value"]) == table["p_value"].iloc[0]


def test_an_unknown_reference_is_refused_with_the_names(sample):
    """Near ones first."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    with pytest.raises(sa.AuditError, match=r"'Nord'.*did you mean 'North'"):
        sa.compare_with(found, "district", "Nord")
    with pytest.raises(sa.AuditError, match=r"The reference '7' is none of the domains"):
        sa.compare_with(found, "district", 7)  # type: ignore[arg-type]


def test_one_domain_only_is_refused(register):
    """There is nothing to compare it with."""
    one = register.assign(country="Denmark")
    frame = sa.build_frame(one, case_id="case_id", stratify_by="country")
    sample = sa.draw(sa.plan_sample(frame, 20), seed="one")
    found = sa.record_findings(sample, answer(sample, errors=2))
    for compare in (sa.compare_with_rest, sa.compare_pairs, sa.detectable_difference):
        with pytest.raises(sa.AuditError, match="makes one domain only"):
            compare(found, by="country")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"question": "both"}, "question is 'both'"),
        ({"adjust": "fdr"}, "adjust is 'fdr'"),
        ({"method": "wald"}, "method is 'wald'"),
        ({"level": 95}, "level is 95"),
        ({"missing": "drop"}, "missing is 'drop'"),
        ({"indicators": "lat"}, "no indicator 'lat'"),
        ({"indicators": []}, "indicators is empty"),
        ({"indicators": ["late", "late"]}, "indicators names 'late' twice"),
        ({"by": []}, "by is empty"),
    ],
)
def test_unknown_options_are_refused(sample, options: dict[str, object], message: str):
    """Each by its name and value."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    with pytest.raises(sa.AuditError, match=message):
        sa.compare_with_rest(found, **{"by": "district", **options})


def test_a_chosen_sample_gives_rates_and_no_test(register):
    """Chosen cases say nothing of the others."""
    table = register.groupby("district").head(5)
    sample = sa.declare_sample(
        table, case_id="case_id", stratify_by="district", selection="chosen",
        population={"North": 30, "South": 20, "West": 10},
    )  # fmt: skip
    answers = table[["case_id"]].assign(late=[1, 0, 0, 0, 0] * 3)
    found = sa.record_findings(sample, answers)
    row = sa.compare_with_rest(found, by="district", indicators="late").to_frame().iloc[0]
    assert 0.2 == row["rate"]
    assert math.isnan(row["p_value"])
    assert "chosen" in row["remarks"]


def test_select_keeps_the_adjusted_p_values(sample):
    """By indicator, by domain and by what stands out."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    comparison = sa.compare_with_rest(found, by="district")
    some = comparison.select(indicator="late", where={"district": "West"})
    assert 1 == len(some)
    whole = comparison.to_frame().set_index(["indicator", "district"])
    assert whole.loc[("late", "West"), "p_adjusted"] == some.to_frame()["p_adjusted"].iloc[0]
    assert 0 == len(comparison.select(p_adjusted_below=1e-9))
    assert "indicator" in repr(comparison.select(p_adjusted_below=1e-9))
    with pytest.raises(sa.AuditError, match="where names 'town'"):
        comparison.select(where={"town": "West"})
    with pytest.raises(sa.AuditError, match="no row of 'early'"):
        comparison.select(indicator="early")


def test_tables_for_reading_name_the_question_and_escape_markup(sample):
    """In the terminal and in HTML."""
    answers = answer(sample, errors=2, indicator="<b>late</b>")
    comparison = sa.compare_with_rest(sa.record_findings(sample, answers), by="district")
    assert "the register as it is" in repr(comparison)
    assert "p (holm)" in repr(comparison)
    assert "&lt;b&gt;late" in comparison._repr_html_()


def test_sentences_never_say_that_rates_are_equal(sample):
    """What the sample does not show is unclear, in both languages."""
    comparison = sa.compare_with_rest(
        sa.record_findings(sample, answer(sample, errors=2)), by="district", indicators="late"
    )
    english, danish = (comparison.sentences(language=each)[0] for each in ("en", "da"))
    assert english.startswith("District North, late: 17% (2 of the 12 cases) against 33% (4 of 12)")
    assert "does not tell whether the rate is higher or lower" in english
    assert "det betyder ikke, at de er ens" in danish
    assert "17\u00a0%" in danish


def test_the_order_of_rows_of_the_findings_does_not_matter(sample):
    """Shuffled answers give the same table."""
    answers = answer(sample, errors=3)
    tables = [
        sa.compare_with_rest(sa.record_findings(sample, each), by="district").to_frame()
        for each in (answers, answers.sample(frac=1, random_state=3))
    ]
    pd.testing.assert_frame_equal(*tables)
