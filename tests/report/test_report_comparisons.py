"""Comparisons of every kind in a report: sentences, pictures, tables, files, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_report import Page, findings_of, said

import sampleaudit as sa
from sampleaudit.report.blocks import Document, Download, Heading, Picture, Section, Table
from sampleaudit.report.writing import make_report

KIND = ["a", "b"]


@pytest.fixture(scope="module")
def findings() -> sa.Findings:
    """Return 60 cases of three districts and two kinds, all but every fourth read."""
    register = pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(120)],
            "district": ["North"] * 60 + ["South"] * 40 + ["West"] * 20,
            "kind": [KIND[number % 2] for number in range(120)],
        }
    )
    frame = sa.build_frame(register, case_id="case_id", stratify_by="district", domains="kind")
    sample = sa.draw(sa.plan_sample(frame, 60, by="district"), seed="report")
    place = sample.cases.groupby("district").cumcount()
    answers = pd.DataFrame({"case_id": sample.cases["case_id"], "late": (place < 6).astype(int)})
    return sa.record_findings(sample, answers.assign(plan=(place % 3 == 0).astype(int)))


@pytest.fixture(scope="module")
def made(findings: sa.Findings) -> dict[str, Any]:
    """Return a comparison of each kind."""
    return {
        "differences": sa.compare_with_rest(findings, "district"),
        "pairs": sa.compare_pairs(findings, "district", indicators="late"),
        "reference": sa.compare_with(findings, "district", "North", indicators="late"),
        "funnel": sa.funnel(findings, "district"),
        "pooled": sa.pool_rates(findings, "district"),
        "ranks": sa.rank_domains(findings, "district"),
        "standardised": sa.standardise(findings, "district", "kind"),
        "detectable": sa.detectable_difference(findings, "district"),
        "verdict": sa.verdict(sa.estimate_rates(findings), tolerable=0.2),
    }


def section(report: Document) -> Section:
    return next(each for each in report.sections if each.key == "comparisons")


HEADINGS = {
    "differences": ("District against all the others", "District: hver gruppe mod alle de øvrige"),
    "pairs": ("District: each against each", "District: grupperne to og to"),
    "reference": ("District: against North", "District: sammenlignet med North"),
    "funnel": ("District: what chance alone would do", "District: hvad tilfældet alene ville gøre"),
    "pooled": (
        "District: own rates, and pooled with the others",
        "District: egen andel, og vejet sammen med de øvrige",
    ),
    "ranks": ("District: what a ranking could say", "District: hvad en rangliste kunne sige"),
    "standardised": (
        "District: with the same mix of cases", "District: med samme sammensætning af sager",
    ),
    "detectable": (
        "District: what the sample could have shown", "District: hvad stikprøven kunne have vist",
    ),
    "verdict": ("Against the tolerable 20.0%", "Over for de acceptable 20,0\u00a0%"),
}  # fmt: skip
UNDRAWN = {"ranks", "detectable"}


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("kind", HEADINGS)
def test_every_comparison_has_its_heading_words_picture_table_and_file(
    findings: sa.Findings, made: dict[str, Any], kind: str, language: str
):
    """What cannot be drawn has no picture; the file has the rows for computing."""
    comparison = made[kind]
    report = make_report(findings, language=language, comparisons=[comparison], by=())  # type: ignore[arg-type]
    blocks = section(report).blocks
    heading = next(block for block in blocks if isinstance(block, Heading))
    english, danish = HEADINGS[kind]
    if (kind, language) == ("differences", "en"):
        english = "Each district against all the others"
    assert (danish if language == "da" else english) == heading.text
    assert (kind in UNDRAWN) == (not any(isinstance(block, Picture) for block in blocks))
    tables = [block for block in blocks if isinstance(block, Table)]
    assert len(comparison) == sum(len(table.rows) for table in tables)
    numbers = next(each for each in report.sections if each.key == "numbers")
    files = [block for block in numbers.blocks if isinstance(block, Download)]
    assert ["rates.csv", "comparison-1.csv"] == [file.name for file in files]
    assert 1 + len(comparison) == len(files[1].content.splitlines())


@pytest.mark.parametrize(
    ("kind", "language", "words"),
    [
        ("ranks", "en", "among the 3 districts can be told apart"),
        ("ranks", "da", "blandt de 3 distrikter"),
        ("pooled", "en", "the groups' own rates lie between"),
        ("pooled", "da", "gruppernes egne andele ligger mellem"),
        ("standardised", "en", "with the whole caseload's mix of kind"),
        ("standardised", "da", "med samme sammensætning mellem"),
        ("funnel", "en", "limits of chance"),
        ("funnel", "da", "grænserne for tilfældet"),
        ("detectable", "en", "a probability of 80%"),
        ("detectable", "da", "en sandsynlighed på 80\u00a0%"),
        ("verdict", "en", "the tolerable 20%"),
        ("verdict", "da", "de acceptable 20\u00a0%"),
    ],
)
def test_what_is_said_of_a_comparison(
    findings: sa.Findings, made: dict[str, Any], kind: str, language: str, words: str
):
    """In sentences, before the table."""
    comparison = made[kind]
    report = make_report(findings, language=language, comparisons=[comparison], by=())  # type: ignore[arg-type]
    assert words in said(report, "comparisons")


def test_the_adjusted_p_value_alone_stands_in_a_report(findings: sa.Findings, made: dict[str, Any]):
    """That of a row alone would be read as what it shows; the reference stands in the heading."""
    report = make_report(findings, language="da", by=(), comparisons=[made["reference"]])
    table = next(block for block in section(report).blocks if isinstance(block, Table))
    assert ("district", "konstateret", "andel") == table.head[:3]
    assert "p (Holm)" == table.head[-1]
    assert "p" not in table.head


def test_names_and_markup_reach_every_comparison(
    tmp_path: Path, findings: sa.Findings, made: dict[str, Any]
):
    """What the data call otherwise has its name everywhere, and tags stay text."""
    names = {"late": "<b>for sent</b>", "district": "bydel", "North": "Nord & Ø", "kind": "art"}
    path = tmp_path / "report.html"
    sa.write_report(
        findings, path, language="da", by=(), names=names,
        comparisons=list(made.values()),
    )  # fmt: skip
    page = Page(path.read_text("utf-8"))
    assert [] == page.wrong
    assert "b" not in {tag for tag, _ in page.tags}
    for word in ("district", "North", "late"):
        assert word not in page.text
    assert "Bydel: hvad en rangliste kunne sige" in page.text
    assert "de 3 grupper efter bydel" in page.text


def test_of_many_indicators_a_few_are_drawn_and_all_are_in_tables():
    """The last indicator and those outside the limits, three at most; the report says which."""
    many = findings_of(indicators=5)
    report = make_report(
        many, language="en", by=(),
        comparisons=[sa.funnel(many, "district"), sa.pool_rates(many, "district")],
    )  # fmt: skip
    blocks = section(report).blocks
    assert 2 <= sum(isinstance(block, Picture) for block in blocks) <= 6
    assert "The pictures show At least one error" in said(report, "comparisons")


def test_a_long_table_is_one_for_each_indicator(findings: sa.Findings, made: dict[str, Any]):
    """The last indicator's stands open, the others open when asked to."""
    table = made["ranks"]
    long = replace(table, rows=tuple(row for row in table.rows for _ in range(20)))
    report = make_report(findings, language="da", by=(), comparisons=[long])
    tables = [block for block in section(report).blocks if isinstance(block, Table)]
    assert [False, True, True] == [each.folded for each in tables]
    assert tables[0].caption.startswith("Mindst én fejl: mulige pladser")


ALLOWED = ("differences", "pairs", "reference", "funnel", "pooled", "ranks", "detectable")


@pytest.mark.parametrize("kind", [*ALLOWED, "verdict"])
def test_where_nothing_is_hidden_comparisons_may_stand_beside(
    findings: sa.Findings, made: dict[str, Any], kind: str
):
    """Every district has two errors and two correct cases or more, and no other outcome."""
    report = make_report(
        findings, language="da", by="district", suppress=2, comparisons=[made[kind]]
    )
    assert "skjult" not in said(report, "domain-1")


@pytest.mark.parametrize(
    ("kind", "by", "under", "message"),
    [
        ("standardised", "district", 2, "a Standardised of other cases or groups"),
        ("funnel", "kind", 2, "a Funnel of other cases or groups than the table by 'kind'"),
        ("ranks", "district", 20, "below 20 that are hidden"),
    ],
)
def test_what_would_give_small_counts_away_is_refused(
    findings: sa.Findings, made: dict[str, Any], kind: str, by: str, under: int, message: str
):
    """Finer groups, other columns, and anything beside a table in which something is hidden."""
    with pytest.raises(sa.AuditError, match=message):
        make_report(findings, language="da", by=by, suppress=under, comparisons=[made[kind]])
