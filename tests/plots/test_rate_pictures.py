"""Pictures of rates: all that is in the table can be read from them, and nothing is cut."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import pytest
from looking import refuse_cut_or_covered, texts
from matplotlib.figure import Figure

import sampleaudit as sa
from conftest import answer

ODD = "<script>alert('x')</script> & \"$5 and $6\" {late} \\input{x}\nÆØÅ æøå | 100%"


@pytest.fixture
def findings(sample: sa.Sample) -> sa.Findings:
    answers = answer(sample, errors=2).assign(plan=0, heard=1).astype({"late": object})
    answers.loc[[0, 13], "late"] = "missing file"
    return sa.record_findings(sample, answers)


@pytest.fixture
def rates(findings: sa.Findings) -> sa.Estimates:
    return sa.estimate_rates(findings)


def test_every_rate_stands_with_its_count_and_its_interval(rates):
    """The numbers are those of the table for reading."""
    ax = rates.plot()
    shown = texts(ax)
    for row in rates.to_frame().itertuples():
        assert f"{row.errors} of {row.applicable}" in shown
        assert any(text.startswith(f"{100 * row.rate:.1f}% (") for text in shown)
    assert "At least one error" in shown
    refuse_cut_or_covered(ax)


def test_danish_pictures_have_danish_numbers_and_words(rates):
    """Decimal comma, a blank before the percent sign, and no English left but the user's names."""
    shown = texts(rates.plot(language="da"))
    assert "Andel af sagerne med fejl" in shown
    assert "Mindst én fejl" in shown
    assert any("100,0\u00a0%" in text for text in shown)
    assert not any(" of " in text or "." in text for text in shown)


def test_rows_stand_in_the_order_of_the_register_or_of_the_rates(findings):
    """The whole caseload comes first, whatever the order."""
    found = sa.estimate_rates(findings, "late", by="district", overall=True)
    by_register = [text for text in texts(found.plot()) if text in ("North", "South", "West")]
    assert ["North", "South", "West"] == by_register
    frame = found.to_frame().iloc[1:].sort_values("rate", ascending=False, kind="stable")
    by_rate = [t for t in texts(found.plot(order="rate")) if t in ("North", "South", "West")]
    assert frame["district"].tolist() == by_rate


def test_the_rate_of_all_cases_is_a_line_across_the_domains(findings):
    """Where the table has the whole caseload, its rate can be compared with every row."""
    found = sa.estimate_rates(findings, "late", by="district", overall=True)
    overall = found.to_frame()["rate"].iloc[0]
    lines = [line for line in found.plot().lines if 2 == len(line.get_xdata())]
    assert any(overall == line.get_xdata()[0] == line.get_xdata()[1] for line in lines)
    without = sa.estimate_rates(findings, "late", by="district")
    assert "all cases" not in texts(without.plot())


def test_missing_files_show_how_far_the_limits_move(rates):
    """A thin line from all missing files correct to all of them errors."""
    row = rates.to_frame().iloc[0]
    ax = rates.plot(bounds="missing files")
    drawn = [tuple(line.get_xdata()) for line in ax.lines if 2 == len(line.get_xdata())]
    assert (row["missing_low"], row["missing_high"]) in drawn
    assert "from all missing files correct to all of them errors" in texts(ax)


def test_levels_are_a_thick_and_a_thin_bar_of_one_row(findings):
    """Two levels of a rate do not make two rows."""
    found = sa.estimate_rates(findings, "late", level=[0.8, 0.95])
    ax = found.plot()
    assert 1 == texts(ax).count("Late")
    assert {4.5, 1.6} <= {line.get_linewidth() for line in ax.lines}


def test_one_sided_limits_have_a_bar_on_their_side_only(findings):
    """An upper limit says nothing of how low the rate may be."""
    found = sa.estimate_rates(findings, "late", side="upper")
    row = found.to_frame().iloc[0]
    ax = found.plot()
    assert (row["rate"], row["rate_high"]) in [tuple(line.get_xdata()) for line in ax.lines]
    assert any("at most" in text for text in texts(ax))


def test_a_census_is_a_square_without_a_bar(frame):
    """What is known has no interval."""
    whole = sa.draw(sa.plan_sample(frame, frame.size), seed="all")
    ax = sa.estimate_rates(sa.record_findings(whole, answer(whole, errors=3)), "late").plot()
    assert "every case was read" in texts(ax)
    assert "s" in {line.get_marker() for line in ax.lines}
    assert 4.5 not in {line.get_linewidth() for line in ax.lines}


def test_a_chosen_sample_is_drawn_as_what_it_is(register):
    """A cross and no interval: it says nothing of the other cases."""
    chosen = sa.declare_sample(
        register.head(10), case_id="case_id", population=60, selection="chosen"
    )
    answers = register[["case_id"]].head(10).assign(late=[1] * 3 + [0] * 7)
    ax = sa.estimate_rates(sa.record_findings(chosen, answers), "late").plot()
    assert "chosen cases: nothing is said of the others" in texts(ax)
    assert not any("%" in text and "(" in text for text in texts(ax) if "interval" not in text)


def test_a_verdict_says_by_shape_what_is_above_the_tolerable_rate(rates):
    """The line has its number, and the marks differ without colour."""
    judged = sa.verdict(rates, tolerable=0.3)
    ax = judged.plot()
    assert "tolerable: 30.0%" in texts(ax)
    marks = {line.get_marker() for line in ax.lines} - {"None", "", "|"}
    assert {"above": "^", "below": "v", "cannot tell": "o"}[judged.rows[0].judgement] in marks
    refuse_cut_or_covered(ax)


def test_ninety_eight_rows_are_all_there_and_none_is_cut(findings):
    """The paper grows; labels with Danish letters and long ones fit."""
    (row,) = (
        sa.estimate_rates(findings, "late", by="district").select(where={"district": "West"}).rows
    )
    rows = tuple(
        replace(row, labels=(f"Sønderå{'-' * (place % 3)}ærø ved den lange strand {place}",))
        for place in range(98)
    )
    many = sa.Estimates(("municipality",), rows)
    ax = many.plot()
    assert 98 == sum("strand" in text for text in texts(ax))
    assert ax.figure.get_size_inches()[1] > 20
    assert ax.figure.get_size_inches()[0] <= 8
    refuse_cut_or_covered(ax)


@pytest.mark.parametrize("language", ["en", "da"])
def test_labels_are_text_whatever_is_in_them(sample, language):
    """Tags, dollars, backslashes and line breaks are shown, not obeyed."""
    found = sa.record_findings(sample, answer(sample, errors=2, indicator=ODD))
    ax = sa.estimate_rates(found, [ODD]).plot(language=language)
    joined = "".join(texts(ax)).replace(" ", "")
    assert "<script>alert('x')</script>&\"$5and$6\"{late}" in joined
    refuse_cut_or_covered(ax)


def test_a_picture_is_drawn_on_the_axes_that_are_given(rates):
    """The Axes comes back, for whoever wants to change it."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    ax = figure.add_subplot()
    assert ax is rates.plot(ax=ax)
    assert ax.figure is figure


def test_the_users_own_style_is_neither_used_nor_changed(rates):
    """The same picture under any style, and the style as it was."""
    with mpl.rc_context({"font.size": 30, "text.color": "red", "axes.facecolor": "black"}):
        before = dict(mpl.rcParams)
        ax = rates.plot()
        assert before == dict(mpl.rcParams)
    sizes = {text.get_fontsize() for text in ax.texts}
    assert {9.0, 11.0} == sizes
    assert (1.0, 1.0, 1.0, 1.0) == ax.get_facecolor()


def test_pyplot_is_left_alone():
    """No figure stays open there; it is not even imported."""
    script = (
        "import sys, numpy, sampleaudit as sa, pandas as pd\n"
        "table = pd.DataFrame({'id': [f'A{n}' for n in range(9)], 'late': [0, 1, 0] * 3})\n"
        "drawn = sa.declare_sample(table, case_id='id', population=90, selection='random')\n"
        "sa.estimate_rates(sa.record_findings(drawn, table), 'late').plot()\n"
        "print('matplotlib.pyplot' in sys.modules, 'matplotlib.figure' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 -- our own Python and text
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert "False True" == done.stdout.strip()


def test_what_cannot_be_drawn_is_refused(rates):
    """One line that says what to do."""
    with pytest.raises(sa.AuditError, match="order is 'size'; it must be one of"):
        rates.plot(order="size")
    with pytest.raises(sa.AuditError, match="has no rows"):
        sa.Estimates((), ()).plot()


def test_a_rate_that_is_not_known_has_a_row_without_marks(rates):
    """What is not known is said, not drawn at zero."""
    row = replace(rates.rows[0], rate=math.nan, applicable=0, errors=0)
    ax = sa.Estimates((), (row,)).plot()
    assert "no rate" in texts(ax)
