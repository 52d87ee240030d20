"""Tables that are copied into reports: aligned, complete, and text stays text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from openpyxl import load_workbook

import sampleaudit as sa
from conftest import answer
from sampleaudit.estimates.display import html_table, latex_table, markdown_table

ATTACK = "<script>alert(\"x\")</script> & 'b' | `c` [d](e) =1+1 $f$ \\input{g} 50% #h_i"


@pytest.fixture
def rates(sample: sa.Sample) -> sa.Estimates:
    return sa.estimate_rates(sa.record_findings(sample, answer(sample, errors=2)), "late")


def test_the_interval_stands_beside_the_rate_and_the_fraction_after_it(rates):
    """25 % is one in four, in both languages."""
    (danish,) = rates.to_markdown(language="da").splitlines()[2:3]
    assert "| late | 6 af 24 | 25,0\u00a0% | " in danish
    assert "| hver 4. |" in danish
    assert " til " in danish
    assert "| 1 in 4 |" in rates.to_markdown()


def test_a_rate_near_no_fraction_has_none(sample):
    """No column "about" where nothing true can stand in it."""
    found = sa.record_findings(sample, answer(sample, errors=12))
    assert "about" not in repr(sa.estimate_rates(found, "late"))


def test_html_has_headers_for_columns_and_rows(rates):
    """A reader who hears the table knows which row and column a number is in."""
    table = ET.fromstring(  # noqa: S314 -- our own table
        rates.to_html(caption="Fejl & mangler", language="da").partition("<p>")[0]
    )
    assert "Fejl & mangler" == table.find("caption").text
    assert {"col"} == {cell.get("scope") for cell in table.iter("th")} - {"row"}
    assert ["row"] == [cell.get("scope") for cell in table.find("tbody").iter("th")]
    assert all("tabular-nums" in cell.get("style") for cell in table.iter("td"))


def test_no_label_is_markup_in_any_form(sample):
    """Tags, bars, links, formulas and commands are shown as they stand."""
    answers = answer(sample, errors=2, indicator=ATTACK)
    found = sa.estimate_rates(sa.record_findings(sample, answers), [ATTACK])
    html = found._repr_html_()
    assert "<script" not in html
    assert ATTACK in "".join(ET.fromstring(html.partition("<p>")[0]).itertext())  # noqa: S314
    line = found.to_markdown().splitlines()[2]
    assert r"\<script\>" in line
    assert r"\| \`c\` \[d\](e)" in line
    tex = found.to_latex()
    assert r"\textbackslash input\{g\}" in tex
    assert r"50\% \#h\_i" in tex
    assert r"\$f\$" in tex


def test_footnotes_are_numbered_in_every_form():
    """The remark of a row stands below, with its number."""
    head, body, notes = ["a", "n", "n"], [["x [1]", "1", "2"]], ["why & how"]
    assert "[1] why &amp; how" in html_table(head, body, notes)
    assert r"\[1\] why \& how" in markdown_table(head, body, notes)
    tex = latex_table(head, body, notes)
    assert r"[1] why \& how" in tex
    assert r"\begin{tabular}{lrr}" in tex
    assert r"\toprule" in tex


def test_excel_holds_the_numbers_unrounded_and_no_formulas(sample, tmp_path):
    """What looks like a formula is text; a rate is a number shown as percent."""
    answers = answer(sample, errors=2, indicator="=1+1")
    found = sa.estimate_rates(sa.record_findings(sample, answers), ["=1+1"])
    found.to_excel(tmp_path / "rates.xlsx")
    sheet = load_workbook(tmp_path / "rates.xlsx").active
    assert "=1+1" == sheet["A2"].value
    assert "s" == sheet["A2"].data_type
    columns = [cell.value for cell in sheet[1]]
    rate = sheet.cell(2, 1 + columns.index("rate_high"))
    assert found.to_frame()["rate_high"].iloc[0] == rate.value
    assert "0.0%" == rate.number_format
    with pytest.raises(sa.AuditError, match=r"ends with \.xlsx"):
        found.to_excel(tmp_path / "rates.csv")


def test_every_table_of_results_can_be_written(sample):
    """Comparisons, funnels and verdicts too."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    tables = (
        sa.compare_with_rest(found, "district"),
        sa.funnel(found, "district"),
        sa.rank_domains(found, "district"),
        sa.detectable_difference(found, "district"),
        sa.suppress(sa.estimate_rates(found, by="district")),
        sa.verdict(sa.estimate_rates(found), tolerable=0.2),
        sa.survey_means(found, ["late"]),
    )
    for table in tables:
        assert table.to_markdown().splitlines()[1].startswith("| :--- | ")
        assert r"\bottomrule" in table.to_latex()
        assert isinstance(table.to_frame(), pd.DataFrame)
