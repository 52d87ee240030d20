"""Sizes against what they tell."""

from __future__ import annotations

import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    rows = [(f"A{i}", "North" if i < 70 else "South") for i in range(120)]
    table = pd.DataFrame(rows, columns=["case_id", "district"])
    return sa.build_frame(table, case_id="case_id", stratify_by="district")


def test_more_is_told_by_more(frame: sa.Frame):
    """Half widths fall with the size; a census has none."""
    found = sa.trade_off(frame, [20, 40, 80, 120], anticipated=0.2, by="district").to_frame()
    for _, rows in found.groupby("district"):
        assert rows["half_width"].is_monotonic_decreasing
        assert 0.0 == rows["half_width"].iloc[-1]
    assert [120.0] == found.groupby("size")["reviewed"].sum().loc[[120]].tolist()


def test_it_says_what_a_plan_promises(frame: sa.Frame):
    plan = sa.plan_for_margin(frame, 0.12, anticipated=0.2, by="district")
    found = sa.trade_off(frame, [30], anticipated=0.2, by="district", chosen=plan.size).to_frame()
    marked = found[found["chosen"]]
    assert plan.goal is not None
    assert plan.goal["expected_margin"] == marked["half_width"].max() <= 0.12


def test_the_table_has_indicators_and_domains(frame: sa.Frame):
    found = sa.trade_off(
        frame, [30, 60], anticipated={"late": 0.1, "lost": 0.3}, by="district", chosen=60
    )
    assert 8 == len(found) == len(found.to_frame())
    columns = ["size", "chosen", "indicator", "district", "population", "reviewed", "rate",
               "half_width", "level", "side", "method"]  # fmt: skip
    assert columns == found.to_frame().columns.tolist()
    assert "60 read *" in repr(found)
    assert "<table" in found._repr_html_()


def test_sizes_that_cannot_be_are_refused(frame: sa.Frame):
    with pytest.raises(sa.AuditError, match="from 4 to 120"):
        sa.trade_off(frame, [121], anticipated=0.1)
    with pytest.raises(sa.AuditError, match="give a list"):
        sa.trade_off(frame, 50, anticipated=0.1)  # type: ignore[arg-type]
