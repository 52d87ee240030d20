"""Two readers of the same files: agreement, drift, and rates if readers err."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from double_reviewing import disagreeing, double_review, read_all
from review_filling import write_book

import sampleaudit as sa


@pytest.fixture
def read_twice(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
) -> tuple[sa.Findings, list[str], sa.Assignments]:
    """Return findings in which CD misses the plan in two of twelve cases read twice."""
    paths, assignments = double_review(sample, register, tmp_path)
    cases = disagreeing(paths, assignments)
    return read_all(paths, sample), cases, assignments


def test_agreement_counts_the_cases_that_two_read_alike(read_twice):
    """Ten of twelve; by hand from the table of the two readings."""
    findings, cases, assignments = read_twice
    agreement = sa.measure_agreement(findings)
    table = agreement.to_frame().set_index("indicator")
    assert 12 == len(assignments.second)
    assert (12, 10) == tuple(table.loc["plan missing", ["cases", "agreed"]])
    assert pytest.approx(10 / 12) == table.loc["plan missing", "share"]
    pairs = sa.double_readings(findings)
    pairs = pairs[pairs["indicator"] == "plan missing"]
    assert sorted(cases) == sorted(pairs.loc[pairs["first"] != pairs["second"], "case_id"])
    rates = [(pairs[side] == "error").mean() for side in ("first", "second")]
    chance = rates[0] * rates[1] + (1 - rates[0]) * (1 - rates[1])
    assert pytest.approx((10 / 12 - chance) / (1 - chance)) == table.loc["plan missing", "kappa"]
    assert "harbour office" in repr(agreement)


def test_full_agreement_says_why_kappa_has_no_limits(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """The share agreed keeps its limits: 12 of 12 is at least 73.5 % (Clopper-Pearson)."""
    paths, _ = double_review(sample, register, tmp_path)
    table = sa.measure_agreement(read_all(paths, sample)).to_frame()
    assert (table["share"] == 1).all()
    assert pytest.approx(0.025 ** (1 / 12)) == table["share_low"].iloc[0]
    assert table["ac1_low"].isna().all()
    assert table["remarks"].str.contains("all agree").all()


def test_without_double_review_there_is_nothing_to_measure(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """The message says what to give."""
    _, assignments = write_book(sample, register, tmp_path)
    findings = read_all(list(map(Path, assignments.files)), sample)
    with pytest.raises(sa.AuditError, match="no agreement to measure"):
        sa.measure_agreement(findings)
    answers = sample.cases[["case_id"]].assign(late=0)
    with pytest.raises(sa.AuditError, match="who reviewed what"):
        sa.measure_agreement(sa.record_findings(sample, answers))


def test_drift_counts_each_reviewers_errors(read_twice):
    """Own errors against those of the cases that the reviewer did not read; halves add up."""
    findings, _, assignments = read_twice
    table = sa.reviewer_drift(findings, "plan missing").to_frame().set_index("reviewer")
    assert ["AB", "CD"] == list(table.index)
    assert len(assignments.cases_of("AB")) == table.loc["AB", "read"]
    assert (
        len(assignments.cases_of("CD") - assignments.cases_of("AB"))
        == (table.loc["AB", "read_others"])
    )
    for end in ("errors", "read"):
        assert (table[end] == table[f"{end}_first"] + table[f"{end}_second"]).all()
    assert table[["p_others", "p_halves"]].apply(lambda column: column.between(0, 1)).all(axis=None)


def test_an_indicator_without_errors_shows_no_drift(read_twice):
    """Nothing found by anyone: p is 1, strata in which the question never applies included."""
    findings, _, _ = read_twice
    table = sa.reviewer_drift(findings, ["harbour office"]).to_frame()
    assert (0 == table["errors"]).all()
    assert (1 == table[["p_others", "p_halves"]]).all(axis=None)


def test_sensitivity_waits_for_the_reconciliation(read_twice):
    """The truth of a case that two judged differently is not known before."""
    with pytest.raises(sa.AuditError, match="2 cases were judged differently"):
        sa.review_sensitivity(read_twice[0])


def test_the_seed_reveals_the_double_review_of_an_opened_sample(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """A case opened later does not change who was to read which of the others."""
    from double_reviewing import SEED

    paths, _ = double_review(sample, register, tmp_path)
    opened = sa.open_reserve(sample, "North", reason="duplicate", by="AB")
    case = sa.opened_cases(opened)["case_id"].item()
    book, _ = write_book(
        opened, register, tmp_path, name="more.xlsx", reviewers=["AB"], only=[case]
    )
    findings = read_all([*paths, book.path], opened)
    assert 25 == findings.sample.size
    assert [case] == findings.open["case_id"].tolist()
    assert 12 == len(sa.reveal_double_review(findings, SEED).second)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"only": ["C999"]}, "must name cases of the sample"),
        ({"only": []}, "only names no case"),
        ({"only": "C001"}, "give a list"),
        ({"only": ["C001"], "double_review": 0.5}, "are read once"),
    ],
)
def test_a_workbook_of_some_cases_must_name_them(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path, options, message
):
    """Only cases that are in the sample, and read once."""
    with pytest.raises(sa.AuditError, match=message):
        write_book(sample, register, tmp_path, **options)
