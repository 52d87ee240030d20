"""Before and after: independent, paired, partly shared, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import sampleaudit as sa
from conftest import answer


def drawn(frame: sa.Frame, seed: str, size: int = 24) -> sa.Sample:
    return sa.draw(sa.plan_sample(frame, size), seed=seed)


def other_year(register: pd.DataFrame) -> sa.Frame:
    """Return the frame of other cases in the same districts."""
    later = register.assign(case_id=[f"D{number:03d}" for number in range(len(register))])
    return sa.build_frame(later, case_id="case_id", stratify_by="district", domains="age")


def one_town(cases: int, read: int) -> sa.Sample:
    register = pd.DataFrame({"case_id": [f"C{n:03d}" for n in range(cases)]})
    frame = sa.build_frame(register, case_id="case_id")
    return sa.draw(sa.plan_sample(frame, read), seed="town")


def changed(sample: sa.Sample, *, worse: int, better: int, both: int) -> tuple[sa.Findings, ...]:
    """Return two readings of the same cases: errors before, and after."""
    order = np.arange(sample.size)
    before = (order >= worse) & (order < worse + better + both)
    after = (order < worse) | ((order >= worse + better) & (order < worse + better + both))
    return tuple(
        sa.record_findings(sample, sample.cases[["case_id"]].assign(late=each.astype(int)))
        for each in (before, after)
    )


def test_independent_samples_are_two_caseloads(frame, register):
    """After less before, as `difference_interval` has it."""
    before, after = drawn(frame, "one"), drawn(other_year(register), "two")
    comparison = sa.compare_periods(
        sa.record_findings(before, answer(before, errors=3)),
        sa.record_findings(after, answer(after, errors=1)),
        indicators="late",
    )
    row = comparison.to_frame().iloc[0]
    sizes = [12, 8, 4], [30, 20, 10]
    alone = sa.difference_interval(([1, 1, 1], *sizes), ([3, 3, 3], *sizes))
    assert pytest.approx(alone.difference) == row["difference"]
    assert (alone.low, alone.high, alone.p_value) == (
        row["difference_low"], row["difference_high"], row["p_value"],
    )  # fmt: skip
    assert row["rate"] < row["rate_other"]


def test_domains_are_compared_with_themselves(frame, register):
    """With by, a row for each."""
    before, after = drawn(frame, "one"), drawn(other_year(register), "two")
    table = sa.compare_periods(
        sa.record_findings(before, answer(before, errors=3)),
        sa.record_findings(after, answer(after, errors=1)),
        by="district", indicators="late",
    ).to_frame()  # fmt: skip
    assert ["North", "South", "West"] == table["district"].tolist()
    alone = sa.difference_interval((1, 12, 30), (3, 12, 30))
    assert pytest.approx(alone.p_value, abs=1e-6) == table["p_value"].iloc[0]


def test_the_same_cases_are_compared_pair_by_pair():
    """The p-value about the process is McNemar's, exact: the changed cases against a half."""
    sample = one_town(500, 77)
    before, after = changed(sample, worse=2, better=11, both=5)
    row = (
        sa.compare_periods(before, after, indicators="late", question="process").to_frame().iloc[0]
    )
    assert pytest.approx(binomtest(2, 13).pvalue, abs=1e-3) == row["p_value"]
    assert "profile-paired" == row["method"]
    assert "2 got worse and 11 better" in row["remarks"]
    assert row["difference_low"] < row["difference"] < row["difference_high"] < 0
    assert pytest.approx(-9 / 77) == row["difference"]


def test_pairs_tell_more_than_two_samples_that_do_not_know_of_each_other():
    """Where the files keep their errors, the paired interval is the shorter one."""
    sample = one_town(500, 77)
    before, after = changed(sample, worse=1, better=4, both=20)
    row = sa.compare_periods(before, after, indicators="late").to_frame().iloc[0]
    apart = sa.difference_interval((21, 77, 500), (24, 77, 500))
    assert row["difference_high"] - row["difference_low"] < apart.high - apart.low


def test_no_case_changed_is_no_proof_of_no_change():
    """The interval has a width, and p is 1."""
    sample = one_town(500, 40)
    before, after = changed(sample, worse=0, better=0, both=6)
    row = sa.compare_periods(before, after, indicators="late").to_frame().iloc[0]
    assert 1.0 == row["p_value"]
    assert row["difference_low"] < 0 < row["difference_high"]


@pytest.mark.parametrize("question", ["register", "process"])
def test_a_census_read_twice(question: str):
    """All is known of the register; of the process behind it, no more than pairs tell."""
    sample = one_town(40, 40)
    before, after = changed(sample, worse=1, better=3, both=2)
    row = sa.compare_periods(before, after, indicators="late", question=question).to_frame().iloc[0]
    known = question == "register"
    assert known == (row["difference_low"] == row["difference_high"])
    assert pytest.approx(-2 / 40) == row["difference"]
    assert known == (0 == row["p_value"])


def test_guaranteed_pairs_are_wider_and_hold():
    """The limits of the two numbers of changes, each at half the error."""
    sample = one_town(500, 77)
    before, after = changed(sample, worse=2, better=11, both=5)
    row = (
        sa.compare_periods(before, after, indicators="late", method="guaranteed").to_frame().iloc[0]
    )
    a, b = (sa.rate_interval(count, 77, 500, level=0.975, method="guaranteed") for count in (2, 11))
    assert pytest.approx((a.low - b.high, a.high - b.low)) == (
        row["difference_low"], row["difference_high"],
    )  # fmt: skip
    outside = row["difference_low"] > 0 or row["difference_high"] < 0
    assert outside == (row["p_value"] < 0.05)


def test_samples_that_share_some_cases_hold_whatever_the_dependence(frame):
    """The same seed draws the first cases again: the limits of both rates, each at half the error.

    Drawn with different seeds they are independent, though they share cases.
    """
    first, larger, apart = drawn(frame, "s"), drawn(frame, "s", 30), drawn(frame, "t")
    findings = [sa.record_findings(each, answer(each, errors=2)) for each in (first, larger, apart)]
    shared = sa.compare_periods(findings[0], findings[1], indicators="late").to_frame().iloc[0]
    assert "24 cases were read both times" in shared["remarks"]
    assert "profile-bonferroni" == shared["method"]
    before, after = (
        sa.estimate_rates(each, "late", level=0.975).to_frame().iloc[0] for each in findings[:2]
    )
    assert pytest.approx(after["rate_low"] - before["rate_high"]) == shared["difference_low"]
    assert pytest.approx(after["rate_high"] - before["rate_low"]) == shared["difference_high"]
    other = sa.compare_periods(findings[0], findings[2], indicators="late").to_frame().iloc[0]
    assert "different seeds" in other["remarks"]
    sizes = [2, 2, 2], [12, 8, 4], [30, 20, 10]
    assert sa.difference_interval(sizes, sizes).low == other["difference_low"]


def test_other_questions_are_refused_unless_comparable(frame, register):
    """A changed question breaks the series; common ones may be compared when the user says so."""
    before, after = drawn(frame, "one"), drawn(other_year(register), "two")
    first = sa.record_findings(before, answer(before, errors=3).assign(plan=0))
    second = sa.record_findings(after, answer(after, errors=1).assign(visits=0))
    with pytest.raises(sa.AuditError, match=r"only before: 'plan'; only after: 'visits'"):
        sa.compare_periods(first, second)
    table = sa.compare_periods(first, second, comparable=True).to_frame()
    assert ["late", "any error"] == table["indicator"].tolist()
    assert table["errors"].iloc[0] == table["errors"].iloc[1]


def test_other_strata_are_refused_unless_comparable(frame, register):
    """Both the columns and their values must agree."""
    before = drawn(frame, "one")
    merged = register.assign(
        case_id=[f"D{number:03d}" for number in range(60)],
        district=register["district"].replace("West", "South"),
    )
    after = drawn(sa.build_frame(merged, case_id="case_id", stratify_by="district"), "two")
    flat = drawn(sa.build_frame(merged, case_id="case_id"), "two")
    first = sa.record_findings(before, answer(before, errors=3))
    second = sa.record_findings(after, answer(after, errors=1))
    with pytest.raises(sa.AuditError, match="different strata \\(only before: 'West'\\)"):
        sa.compare_periods(first, second)
    with pytest.raises(sa.AuditError, match="by district before and by none after"):
        sa.compare_periods(first, sa.record_findings(flat, answer(flat, errors=1)))
    row = sa.compare_periods(first, second, indicators="late", comparable=True).to_frame().iloc[0]
    assert row["difference"] < 0


def test_audits_without_a_common_indicator_are_refused(frame, register):
    """Even if they are said to be comparable."""
    before, after = drawn(frame, "one"), drawn(other_year(register), "two")
    first = sa.record_findings(before, answer(before, errors=3))
    second = sa.record_findings(after, answer(after, errors=1, indicator="plan"))
    with pytest.raises(sa.AuditError, match="no indicator in common"):
        sa.compare_periods(first, second, comparable=True)


def test_another_version_of_the_checklist_is_refused_unless_comparable(frame):
    """A question that was worded anew is another question, even under the same key."""
    sample = drawn(frame, "one")
    table = sample.cases[["case_id"]].assign(late="no")
    asked = sa.Indicator("late", "Was it late?", error="yes", severity="minor")
    audits = [
        sa.record_findings(sample, table, checklist=sa.Checklist("placement", version, (asked,)))
        for version in ("1", "2")
    ]
    with pytest.raises(sa.AuditError, match=r"'placement', version 1, before.*version 2, after"):
        sa.compare_periods(*audits)
    assert 0 == sa.compare_periods(*audits, comparable=True).to_frame()["difference"].iloc[0]
    assert 0 == sa.compare_periods(audits[0], audits[0]).to_frame()["difference"].iloc[0]
