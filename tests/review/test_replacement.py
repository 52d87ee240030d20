"""Opening the reserve: whose turn it is, for what reason, and that it stays on record."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def opened_north(sample: sa.Sample, times: int = 1) -> sa.Sample:
    for _ in range(times):
        sample = sa.open_reserve(sample, "North", reason="out of population", by="AB", at=NOON)
    return sample


def test_the_next_ticket_of_the_stratum_is_opened(sample: sa.Sample):
    """In the order of the reserve; nobody chooses."""
    north = sample.reserve[sample.reserve["district"] == "North"].sort_values("order")
    opened = opened_north(sample, 2)
    assert north["case_id"].tolist()[:2] == sa.opened_cases(opened)["case_id"].tolist()
    assert sample.size + 2 == opened.size
    assert [14, 8, 4] == opened.strata["sampled"].tolist()
    assert set(sample.cases["case_id"]) < set(opened.cases["case_id"])
    held = {*opened.cases["case_id"], *opened.reserve["case_id"]}
    assert {*sample.cases["case_id"], *sample.reserve["case_id"]} == held


def test_the_log_says_who_when_and_why(sample: sa.Sample):
    """One row for each case opened."""
    first = sample.cases["case_id"][0]
    opened = sa.open_reserve(
        sample, "North", reason="duplicate", by=" A B ", instead_of=first, at=NOON
    )
    expected = [["duplicate", first, "A B", "2026-11-22T12:00:00+00:00"]]
    log = sa.opened_cases(opened)
    assert expected == log[["reason", "instead_of", "by", "at"]].to_numpy().tolist()


def test_the_case_replaced_stays_and_rates_are_over_the_eligible(sample: sa.Sample):
    """Twenty-five opened, one of them out of the population: 24 applicable."""
    first = sample.cases["case_id"][0]
    opened = sa.open_reserve(sample, "North", reason="out of population", by="AB", instead_of=first)
    answers = opened.cases[["case_id"]].assign(late="correct")
    answers.loc[answers["case_id"] == first, "late"] = "out of population"
    rates = sa.estimate_rates(sa.record_findings(opened, answers), "late").to_frame()
    assert (25, 24) == (rates["reviewed"].item(), rates["applicable"].item())


def test_it_is_saved_with_the_draw_which_can_still_be_verified(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """The files of the draw do not change; the log is in the manifest."""
    sample.save(tmp_path)
    before = (tmp_path / "sample.csv").read_bytes()
    opened_north(sa.load_sample(tmp_path)).save(tmp_path)
    assert before == (tmp_path / "sample.csv").read_bytes()
    loaded = sa.load_sample(tmp_path)
    assert 25 == loaded.size
    assert sa.verify_draw(tmp_path, register).ok
    with pytest.raises(sa.AuditError, match="1 cases opened from the reserve that this sample"):
        sample.save(tmp_path)
    assert 26 == opened_north(loaded).size


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("missing file", "a file that cannot be produced is an outcome"),
        ("The file was lost.", "a file that cannot be produced is an outcome"),
        ("sagen mangler", "a file that cannot be produced is an outcome"),
        ("too much to read", "The only ones are: 'out of population'"),
        ("", "The only ones are"),
    ],
)
def test_only_closed_reasons_open_the_reserve(sample: sa.Sample, reason, message):
    """A missing file is no reason, and the message says why."""
    with pytest.raises(sa.AuditError, match=message):
        sa.open_reserve(sample, "North", reason=reason, by="AB")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ""}, "say who opened"),
        ({"by": "290200-1234"}, "CPR number"),
        ({"instead_of": "C999"}, "not in the sample"),
        ({"at": dt.datetime(2026, 1, 1)}, "no time zone"),
        ({"stratum": "Nort"}, "none of the sample's"),
        ({"stratum": ()}, "none of the sample's"),
    ],
)
def test_an_opening_needs_its_particulars(sample: sa.Sample, options, message):
    """Who, where, when; and the case replaced must have been drawn."""
    given = {"stratum": "North", "reason": "duplicate", "by": "AB", **options}
    with pytest.raises(sa.AuditError, match=message):
        sa.open_reserve(sample, given.pop("stratum"), **given)


def test_a_case_is_replaced_once_and_in_its_stratum(sample: sa.Sample):
    """And by the log it can be told when."""
    first = sample.cases["case_id"][0]
    opened = sa.open_reserve(sample, "North", reason="duplicate", by="AB", instead_of=first)
    with pytest.raises(sa.AuditError, match="was replaced before"):
        sa.open_reserve(opened, "North", reason="duplicate", by="AB", instead_of=first)
    with pytest.raises(sa.AuditError, match="in stratum 'North'"):
        sa.open_reserve(sample, "South", reason="duplicate", by="AB", instead_of=first)


def test_a_reserve_that_is_used_up_says_so(sample: sa.Sample):
    """A larger plan goes on from there."""
    reserve = int((sample.reserve["district"] == "North").sum())
    with pytest.raises(sa.AuditError, match="used up"):
        opened_north(sample, reserve + 1)


def test_only_a_sample_drawn_here_has_a_reserve(register: pd.DataFrame):
    """A declared one has no tickets."""
    declared = sa.declare_sample(
        register.iloc[::5], case_id="case_id", population=60, selection="random"
    )
    with pytest.raises(sa.AuditError, match="this one was declared"):
        sa.open_reserve(declared, reason="duplicate", by="AB")


def test_without_strata_there_is_one_reserve(register: pd.DataFrame):
    """The caseload's."""
    frame = sa.build_frame(register, case_id="case_id")
    sample = sa.draw(sa.plan_sample(frame, 10), seed="one")
    opened = sa.open_reserve(sample, reason="duplicate", by="AB")
    assert 11 == opened.size
    assert list(range(1, 12)) == opened.cases["order"].tolist()
