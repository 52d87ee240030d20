"""The picture of budgets: a line per rate, and below each budget the cases that it buys."""

from __future__ import annotations

import pandas as pd
import pytest
from looking import refuse_cut_or_covered, texts

import sampleaudit as sa
from sampleaudit.plots.canvas import alternative


@pytest.fixture(scope="module")
def frame() -> sa.Frame:
    rows = [(f"c{place}", "North" if place < 90 else "South") for place in range(140)]
    table = pd.DataFrame(rows, columns=["id", "town"])
    return sa.build_frame(table, case_id="id", stratify_by="town")


def test_every_rate_is_a_line_over_the_budgets(frame: sa.Frame):
    """The half widths are those of the table; its cases stand below, in both languages."""
    table = sa.budget_table(frame, [400, 100, 200], costs=4, anticipated={"late": 0.1, "plan": 0.3})
    shown = table.to_frame()
    for language, cases, title in (
        ("en", "400\n100 cases", "What a budget buys"),
        ("da", "400\n100 sager", "Hvad et budget rækker til"),
    ):
        ax = table.plot(language=language)
        assert {"late", "plan", cases, title} <= set(texts(ax))
        drawn = {tuple(line.get_xdata()): line.get_ydata() for line in ax.lines}
        assert [(100.0, 200.0, 400.0)] == list(drawn)
        late = shown[shown["indicator"] == "late"].sort_values("budget")["half_width"].tolist()
        assert any(late == line.get_ydata().tolist() for line in ax.lines)
        assert alternative(ax).startswith(f"{title}. late: 100: ±")
        refuse_cut_or_covered(ax)


def test_budgets_near_each_other_are_not_written_upon_each_other(frame: sa.Frame):
    table = sa.budget_table(frame, [390, 395, 400, 405], costs=4, anticipated=0.1, by="town")
    ax = table.plot()
    assert {"rate, North", "rate, South"} <= set(texts(ax))
    refuse_cut_or_covered(ax)


def test_one_budget_makes_no_line(frame: sa.Frame):
    with pytest.raises(sa.AuditError, match="a line needs two"):
        sa.budget_table(frame, [400], costs=4, anticipated=0.1).plot()


def test_too_many_lines_are_refused(frame: sa.Frame):
    rates = {f"indicator {place}": 0.1 for place in range(13)}
    with pytest.raises(sa.AuditError, match="ask budget_table for fewer"):
        sa.budget_table(frame, [100, 400], costs=4, anticipated=rates).plot()
