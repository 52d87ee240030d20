"""Above, below or cannot tell, from limits that are there."""

from __future__ import annotations

import pandas as pd
import pytest

import sampleaudit as sa
from conftest import answer


@pytest.fixture
def rates(sample: sa.Sample) -> sa.Estimates:
    return sa.estimate_rates(sa.record_findings(sample, answer(sample, errors=2)), by="district")


def test_limits_decide(rates):
    """Above where the lower limit is, below where the upper limit is at most so high."""
    table = rates.to_frame()
    for tolerable in (0.02, 0.3, 0.5, 0.9):
        found = sa.verdict(rates, tolerable=tolerable).to_frame()["verdict"]
        expected = [
            "above" if low > tolerable else "below" if high <= tolerable else "cannot tell"
            for low, high in zip(table["rate_low"], table["rate_high"], strict=True)
        ]
        assert expected == found.tolist()


def test_the_confidence_is_that_of_the_one_limit(sample):
    """97.5 % of a two-sided interval of 95 %, 95 % of an upper limit, which cannot show above."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    both = sa.verdict(sa.estimate_rates(found), tolerable=0.01).to_frame()
    assert pytest.approx([0.975] * 2) == both["confidence"]
    upper = sa.verdict(sa.estimate_rates(found, side="upper"), tolerable=0.01).to_frame()
    assert pytest.approx([0.95] * 2) == upper["confidence"]
    assert {"cannot tell"} == set(upper["verdict"])


def test_verdicts_that_hold_together_need_limits_that_do(sample):
    """Others are refused; with k rows each limit errs with (1 - level) / 2 / k."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    with pytest.raises(sa.AuditError, match="one by one, not together"):
        sa.verdict(sa.estimate_rates(found, by="district"), tolerable=0.1, adjust="bonferroni")
    together = sa.estimate_rates(found, by="district", adjust="bonferroni")
    table = sa.verdict(together, tolerable=0.1, adjust="bonferroni").to_frame()
    assert pytest.approx([1 - 0.025 / 6] * 6) == table["confidence"]


def test_limits_that_hold_together_do_so_in_a_part_of_the_table(sample):
    """Six intervals were made at once: of two of them each still errs with a sixth."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    together = sa.estimate_rates(found, by="district", adjust="bonferroni")
    assert {6} == {row.together for row in together.rows}
    part = together.select(where={"district": "North"})
    table = sa.verdict(part, tolerable=0.1, adjust="bonferroni").to_frame()
    assert pytest.approx([1 - 0.025 / 6] * 2) == table["confidence"]
    alone = sa.estimate_rates(found, by="district")
    assert {1} == {row.together for row in alone.rows}
    one = alone.select(indicator="late", where={"district": "North"})
    judged = sa.verdict(one, tolerable=0.1, adjust="bonferroni")
    assert pytest.approx([0.975]) == judged.to_frame()["confidence"]


def test_a_census_is_certain(register):
    """Every case read: the rate itself is compared."""
    frame = sa.build_frame(register, case_id="case_id", stratify_by="district")
    sample = sa.draw(sa.plan_from_counts(frame, {"North": 30, "South": 20, "West": 10}), seed="x")
    found = sa.record_findings(sample, answer(sample, errors=1))
    row = sa.verdict(sa.estimate_rates(found, "late"), tolerable=0.05).to_frame().iloc[0]
    assert ("below", 1.0) == (row["verdict"], row["confidence"])


def test_no_limits_no_verdict(register):
    """A chosen sample tells nothing of the others."""
    table = register.groupby("district").head(5)
    sample = sa.declare_sample(
        table, case_id="case_id", stratify_by="district", selection="chosen",
        population={"North": 30, "South": 20, "West": 10},
    )  # fmt: skip
    found = sa.record_findings(sample, table[["case_id"]].assign(late=1))
    judged = sa.verdict(sa.estimate_rates(found, "late"), tolerable=0.05)
    assert ["cannot tell"] == judged.to_frame()["verdict"].tolist()
    assert ["Late: nothing can be said against the tolerable 5%."] == judged.sentences()


def test_sentences_in_both_languages(rates):
    """With the limit that decides, rounded outwards, and its level."""
    low = sa.verdict(rates.select(indicator="late", where={"district": "West"}), tolerable=0.01)
    assert low.sentences()[0].startswith("District West, late: the rate is above the tolerable 1%")
    assert "(97.5%)" in low.sentences()[0]
    assert "andelen er over de acceptable 1\u00a0%" in low.sentences(language="da")[0]


def test_tables_for_reading(rates):
    """Rows in the terminal and in HTML, as many as rates."""
    judged = sa.verdict(rates, tolerable=0.3)
    assert len(rates) == len(judged)
    assert "tolerable 30%" in repr(judged)
    assert judged._repr_html_().startswith("<table>")


@pytest.mark.parametrize("tolerable", [0, 1, 5, True, "5%"])
def test_a_tolerable_rate_is_a_share(rates, tolerable: object):
    """Strictly between 0 and 1."""
    with pytest.raises(sa.AuditError, match="tolerable is"):
        sa.verdict(rates, tolerable=tolerable)


def test_what_is_not_a_table_of_rates_is_refused(rates):
    """With what to give."""
    with pytest.raises(sa.AuditError, match="rates is a DataFrame"):
        sa.verdict(pd.DataFrame(), tolerable=0.05)
    with pytest.raises(sa.AuditError, match="adjust is 'holm'"):
        sa.verdict(rates, tolerable=0.05, adjust="holm")
