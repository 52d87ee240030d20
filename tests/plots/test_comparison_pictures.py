"""Pictures of comparisons, funnels, pooled rates and plans: complete, named, and nothing is cut."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from looking import refuse_cut_or_covered, texts

import sampleaudit as sa
from sampleaudit.planning.tradeoff import trade_off
from sampleaudit.plots.canvas import alternative
from sampleaudit.plots.plans import plot_trade_off
from sampleaudit.plots.surveys import plot_survey

PLACES = ("Ærø", "Bøgelund", "Fyrhale", "Glarvang", "Møllesund", "Åkirke")


@pytest.fixture(scope="module")
def findings() -> sa.Findings:
    """Return 72 of 180 cases read in six places; all of them are errors in the first one."""
    register = pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(180)],
            "place": [PLACES[number % 6] for number in range(180)],
            "age": ["0-9" if number % 4 else "10-17" for number in range(180)],
        }
    )
    frame = sa.build_frame(register, case_id="case_id", stratify_by="place", domains="age")
    drawn = sa.draw(sa.plan_sample(frame, 72), seed="pictures")
    cases = drawn.cases
    answers = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "late": ((cases["order"] <= 3) | (cases["place"] == "Ærø")).astype(int),
            "plan": (cases["order"] == 1).astype(int),
        }
    )
    return sa.record_findings(drawn, answers)


@pytest.fixture(scope="module")
def compared(findings) -> sa.Comparison:
    return sa.compare_with_rest(findings, "place", indicators="late")


def test_differences_stand_with_both_counts_and_their_interval(compared):
    """Points with a sign, and a triangle where the test shows a difference."""
    ax = compared.plot()
    assert "12 of 12, 15 of 60" in texts(ax)
    assert "no difference" in texts(ax)
    assert any(text.startswith("+75.0 (") for text in texts(ax))
    assert any(row.p_adjusted < 0.05 for row in compared.rows)
    assert "^" in {line.get_marker() for line in ax.lines}
    refuse_cut_or_covered(ax)


def test_minus_signs_and_commas_are_danish(compared):
    """A true minus sign, a decimal comma, no full stop but the abbreviations' none."""
    shown = texts(compared.plot(language="da", order="rate"))
    assert "ingen forskel" in shown
    assert any("\u2212" in text and "," in text for text in shown)
    assert not any("." in text for text in shown)


def test_before_and_after_are_two_marks_joined(findings):
    """A diamond before, a circle or triangle after, and the change with its interval."""
    change = sa.compare_periods(findings, findings)
    ax = change.plot(show="rates")
    assert {"before", "after", "Error rates before and after"} <= set(texts(ax))
    assert "D" in {line.get_marker() for line in ax.lines}
    refuse_cut_or_covered(ax)


def test_a_funnel_names_who_is_outside_with_the_counts(findings):
    """Limits of chance as lines, and no name covers another."""
    found = sa.funnel(findings, "place", indicators="late", overdispersion="none")
    ax = found.plot()
    outside = found.outside.to_frame()
    assert "Ærø" in set(outside["place"])
    for row in outside.itertuples():
        assert f"{row.place}, {row.errors} of {row.applicable}" in texts(ax)
        assert row.place in alternative(ax)
    refuse_cut_or_covered(ax)


@pytest.mark.parametrize("question", ["register", "process"])
def test_the_limits_that_are_drawn_are_those_of_the_table(findings, question):
    """Lines through each domain's own limits, at the cases that would tell as much."""
    found = sa.funnel(findings, "place", indicators="late", question=question)
    drawn = {round(float(y), 9) for line in found.plot().lines for y in line.get_ydata()}
    table = found.to_frame()
    for column in ("low_95", "high_95", "low_998", "high_998", "rate", "target"):
        assert {round(value, 9) for value in table[column]} <= drawn


def test_a_funnel_shows_one_indicator(findings):
    """Several are refused, with what to do."""
    with pytest.raises(sa.AuditError, match=r"\.select\(indicator=\.\.\.\) before \.plot\(\)"):
        sa.funnel(findings, "place").plot()


def test_pooled_rates_stand_beside_the_raw_ones(findings):
    """Two marks a row and both numbers."""
    pooled = sa.pool_rates(findings, "place", indicators="late")
    ax = pooled.plot(order="rate", language="da")
    assert "100,0\u00a0%" in texts(ax)
    assert {"D", "o"} <= {line.get_marker() for line in ax.lines}
    refuse_cut_or_covered(ax)
    standard = sa.standardise(findings, "place", "age", indicators="late")
    refuse_cut_or_covered(standard.plot())


def test_survey_estimates_are_drawn_in_their_own_unit(findings):
    """Means with their intervals and the cases they rest on."""
    ax = plot_survey(sa.survey_means(findings, ["late"], by="place"))
    assert "Estimates: mean: late" in texts(ax)
    assert 6 == texts(ax).count("12")
    refuse_cut_or_covered(ax)


def test_the_trade_off_is_a_line_per_rate(findings):
    """Named at its end, with the size chosen as a line across."""
    register = findings.sample.cases[["case_id", "place"]]
    frame = sa.build_frame(register, case_id="case_id", stratify_by="place")
    found = trade_off(frame, [20, 40, 60], anticipated={"late": 0.3, "plan": 0.1}, chosen=40)
    ax = plot_trade_off(found, language="da")
    assert {"late", "plan", "valgt størrelse: 40"} <= set(texts(ax))
    for row in found.rows:
        assert any(row.half_width in line.get_ydata() for line in ax.lines)
    refuse_cut_or_covered(ax)
    with pytest.raises(sa.AuditError, match="12 are the most that can be told apart"):
        plot_trade_off(
            replace(found, rows=tuple(replace(found.rows[0], indicator=str(k)) for k in range(13)))
        )


def test_an_operating_characteristic_names_the_rates_of_its_plan():
    """The curve falls from always to never; both rates are written, neither upon the other."""
    plan = sa.plan_acceptance(500, acceptable="0.03", tolerable="0.1")
    found = sa.operating_characteristic(plan, rates=["0", "0.03", "0.1", "0.2"])
    ax = found.plot(language="da")
    assert {"godt nok: 3,0\u00a0%", "acceptabelt: 10,0\u00a0%"} <= set(texts(ax))
    assert any(1.0 == line.get_ydata()[0] for line in ax.lines)
    refuse_cut_or_covered(ax)
