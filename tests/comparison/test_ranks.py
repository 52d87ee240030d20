"""Ranks: the places possible, and the sentence that says whether there is a ranking at all."""

from __future__ import annotations

import numpy as np
import pytest
from domain_samples import findings_of, stratified_findings

import sampleaudit as sa

ALIKE = {f"M{k:02d}": (2 + k % 4, 22, 100 + k) for k in range(12)}
APART = {"A": (0, 22, 200), "B": (11, 22, 200), "C": (22, 22, 200)}


def test_domains_that_chance_may_have_ordered_are_not_ranked():
    """All places are possible for all twelve, and the sentences say so."""
    ranks = sa.rank_domains(findings_of({"late": ALIKE}), "municipality", indicators="late")
    table = ranks.to_frame()
    assert [(1, 12)] * 12 == list(zip(table["rank_low"], table["rank_high"], strict=True))
    assert [
        "Late: no two of the 12 municipalities can be told apart (95%); any of them may be in any "
        "place from 1 to 12."
    ] == ranks.sentences()
    assert [
        "Late: ingen af de 12 kommuner kan skelnes fra hinanden (95\u00a0%); hver af dem kan have "
        "enhver plads fra 1 til 12."
    ] == ranks.sentences(language="da")


@pytest.mark.parametrize(
    ("column", "english", "danish"),
    [
        ("municipality", "the two municipalities cannot", "de to kommuner kan ikke"),
        ("Sagsbehandler", "the two caseworkers cannot", "de to sagsbehandlere kan ikke"),
        ("d", "the two groups by d cannot", "de to grupper efter d kan ikke"),
        ("team_leader", "the two groups by team leader cannot", "grupper efter team leader kan"),
        ("status", "the two groups by status cannot", "de to grupper efter status kan ikke"),
    ],
)
def test_any_column_name_reads_well(column: str, english: str, danish: str):
    """A word that is known has its plural; others are said as they are."""
    counts = {"A": (2, 22, 100), "B": (3, 22, 100)}
    ranks = sa.rank_domains(findings_of({"late": counts}, by=column), column, indicators="late")
    assert english in ranks.sentences()[0]
    assert danish in ranks.sentences(language="da")[0]
    pooled = sa.pool_rates(findings_of({"late": counts}, by=column), column, indicators="late")
    plural = english.removeprefix("the two ").removesuffix(" cannot")
    assert f"on average over {plural}" in repr(pooled)


def test_domains_that_are_far_apart_are_ranked():
    """Three domains, three places."""
    ranks = sa.rank_domains(findings_of({"late": APART}), "municipality", indicators="late")
    table = ranks.to_frame()
    assert [1, 2, 3] == table["rank_low"].tolist() == table["rank_high"].tolist()
    assert [1, 2, 3] == table["rank"].tolist()
    assert {"proved"} == set(table["guarantee"])
    assert ranks.sentences() == [
        "Late: every two of the 3 municipalities can be told apart (95%, all pairs together)."
    ]


def test_some_pairs_are_counted():
    """One far domain among alike ones, in both languages."""
    counts = {**{f"M{k}": (2, 22, 200) for k in range(5)}, "M9": (20, 22, 200)}
    ranks = sa.rank_domains(findings_of({"late": counts}), "municipality", indicators="late")
    assert "5 of the 15 pairs among the 6 municipalities" in ranks.sentences()[0]
    assert "5 af de 15 par blandt de 6 kommuner" in ranks.sentences(language="da")[0]
    assert [6, 6] == ranks.to_frame()[["rank_low", "rank_high"]].iloc[5].tolist()


def test_the_process_tells_fewer_apart():
    """22 of 24 read: the registers are nearly known, the practice is not."""
    counts = {"A": (3, 22, 24), "B": (8, 22, 24)}
    findings = findings_of({"late": counts})
    register, process = (
        sa.rank_domains(findings, "municipality", indicators="late", question=each)
        for each in ("register", "process")
    )
    assert [1, 2] == register.to_frame()["rank_high"].tolist()
    assert [2, 2] == process.to_frame()["rank_high"].tolist()
    assert "the two municipalities cannot be told apart" in process.sentences()[0]


def test_strata_are_compared_by_effective_counts_and_labelled():
    """No more told apart than counts allow; the guarantee is a measured one."""
    cells = [("A", "x", 0, 12, 60), ("A", "y", 0, 12, 30), ("B", "x", 12, 12, 60),
             ("B", "y", 11, 12, 30)]  # fmt: skip
    table = sa.rank_domains(
        stratified_findings(cells), "municipality", indicators="late"
    ).to_frame()
    assert [1, 2] == table["rank_low"].tolist() == table["rank_high"].tolist()
    assert {"measured"} == set(table["guarantee"])


def test_a_domain_without_applicable_cases_has_no_rank():
    """The others are ranked among themselves."""
    findings = findings_of({"late": ALIKE | {"M01": (0, 5, 50)}}, ruled_out=5)
    ranks = sa.rank_domains(findings, "municipality", indicators="late")
    table = ranks.to_frame()
    assert np.isnan(table.loc[1, ["rank", "rank_low", "rank_high"]].astype(float)).all()
    assert {11} == set(table["domains"])
    assert "of the 11 municipalities" in ranks.sentences()[0]


def test_the_table_shows_no_rank_without_its_places():
    """Text and HTML show the span; select keeps it."""
    ranks = sa.rank_domains(findings_of({"late": ALIKE}), "municipality")
    assert "1 to 12 of 12" in repr(ranks)
    assert "1 to 12 of 12" in ranks._repr_html_()
    assert "1 to 12 of 12" in repr(ranks.select(indicator="late", where={"municipality": "M03"}))


def test_bad_requests_are_refused():
    """One domain, an unknown question, a language that is not known."""
    with pytest.raises(sa.AuditError, match="needs at least two domains"):
        sa.rank_domains(findings_of({"late": {"M": (3, 22, 100)}}), "municipality")
    findings = findings_of({"late": ALIKE})
    with pytest.raises(sa.AuditError, match="question is 'both'"):
        sa.rank_domains(findings, "municipality", question="both")  # type: ignore[arg-type]
    with pytest.raises(sa.AuditError, match="language is 'sv'"):
        sa.rank_domains(findings, "municipality").sentences(language="sv")  # type: ignore[arg-type]
    with pytest.raises(sa.AuditError, match="where names 'region'"):
        sa.rank_domains(findings, "municipality").select(where={"region": "x"})
