"""Funnel: domains against what chance does, under both questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from domain_samples import findings_of, stratified_findings
from scipy.stats import binom

import sampleaudit as sa

ALIKE = {f"M{k:02d}": (3, 22, 100 + k) for k in range(12)}


def test_a_domain_far_from_the_others_lies_outside():
    """Ten of 22 where the others have 3 of 22; no other is outside."""
    found = sa.funnel(
        findings_of({"late": ALIKE | {"M00": (10, 22, 100)}}),
        "municipality",
        indicators="late",
        overdispersion="none",
    )
    outside = found.outside.to_frame()
    assert ["M00"] == outside["municipality"].tolist()
    assert ["above 99.8%"] == outside["outside"].tolist()


def test_the_target_is_the_caseloads_rate_or_the_one_given():
    """The rate of `estimate_rates`, or a rate from outside."""
    findings = findings_of({"late": ALIKE | {"M00": (10, 22, 1000)}})
    overall = sa.estimate_rates(findings, "late").to_frame()["rate"].iloc[0]
    row = sa.funnel(findings, "municipality", indicators="late").to_frame()
    assert overall == pytest.approx(row["target"].iloc[0])
    given = sa.funnel(findings, "municipality", indicators="late", target=0.05).to_frame()
    assert {0.05} == set(given["target"])


def test_the_process_has_wider_limits_than_the_register():
    """Binomial limits know no finite population: of 26 cases 22 were read."""
    counts = {f"M{k}": (5, 22, 26) for k in range(5)}
    register, process = (
        sa.funnel(findings_of({"late": counts}), "municipality", indicators="late", question=each)
        .to_frame()
        .iloc[0]
        for each in ("register", "process")
    )
    assert process["low_95"] < register["low_95"] < register["high_95"] < process["high_95"]
    n, target = 22, 5 / 22
    assert binom.ppf(0.975, n, target) / n == pytest.approx(process["high_95"])


def test_rates_that_vary_too_much_widen_the_limits():
    """Half the domains at 1 of 22, half at 11: phi is far above 1, unless it is not wanted."""
    counts = {f"M{k:02d}": (1 if k % 2 else 11, 22, 100) for k in range(20)}
    findings = findings_of({"late": counts})
    wide = sa.funnel(findings, "municipality", indicators="late").to_frame()
    plain = sa.funnel(findings, "municipality", indicators="late", overdispersion="none").to_frame()
    assert wide["phi"].iloc[0] > 3
    assert wide["heterogeneity_p"].iloc[0] < 1e-6
    spread = (wide["high_95"] - wide["target"]) / (plain["high_95"] - plain["target"])
    assert wide["phi"].iloc[0] ** 0.5 == pytest.approx(spread.iloc[0])
    assert wide["remarks"].str.contains("limits are widened by").all()


def test_a_domain_read_in_full_and_one_without_applicable_cases_are_remarked():
    """The first is known; of the second nothing is said."""
    counts = ALIKE | {"M00": (3, 22, 22)}
    census = sa.funnel(findings_of({"late": counts}), "municipality", indicators="late").to_frame()
    assert "every case read" in census["remarks"].iloc[0]
    nothing = findings_of({"late": ALIKE | {"M01": (0, 5, 50)}}, ruled_out=5)
    row = sa.funnel(nothing, "municipality", indicators="late").to_frame().iloc[1]
    assert np.isnan([row["rate"], row["low_95"], row["high_998"], row["score"]]).all()
    assert "" == row["outside"]
    assert "no case that counts was read" in row["remarks"]


def test_domains_in_strata_are_weighted():
    """The rate is that of `estimate_rates`, the limits have the target's mean inside."""
    findings = stratified_findings(
        [("A", "x", 2, 10, 60), ("A", "y", 1, 12, 50), ("B", "x", 3, 20, 40), ("B", "y", 0, 5, 90)]
    )
    table = sa.funnel(findings, "municipality", indicators="late").to_frame()
    rates = sa.estimate_rates(findings, "late", by="municipality").to_frame()["rate"]
    assert rates.tolist() == pytest.approx(table["rate"].tolist())
    assert ((table["low_95"] < table["target"]) & (table["target"] < table["high_95"])).all()


def test_the_table_shows_itself():
    """Text and HTML have the same rows, and select leaves what was asked for."""
    found = sa.funnel(findings_of({"late": ALIKE}), "municipality")
    assert 24 == len(found)
    assert "99.8% limits" in repr(found)
    assert "<table>" in found._repr_html_()
    assert 1 == len(found.select(indicator="late", where={"municipality": "M03"}))


def test_bad_requests_are_refused():
    """One domain, a target that is no rate, an unknown question, a chosen sample."""
    with pytest.raises(sa.AuditError, match="needs at least two domains"):
        sa.funnel(findings_of({"late": {"M": (3, 22, 100)}}), "municipality")
    findings = findings_of({"late": ALIKE})
    with pytest.raises(sa.AuditError, match=r"target is 1\.5"):
        sa.funnel(findings, "municipality", target=1.5)
    with pytest.raises(sa.AuditError, match="question is 'future'"):
        sa.funnel(findings, "municipality", question="future")  # type: ignore[arg-type]
    with pytest.raises(sa.AuditError, match="by names 'region'"):
        sa.funnel(findings, "region")
    with pytest.raises(sa.AuditError, match="There is no indicator"):
        sa.funnel(findings, "municipality", indicators="early")
    chosen = sa.declare_sample(
        pd.DataFrame({"id": ["a", "b"], "m": ["x", "y"], "N": [5, 5]}),
        case_id="id", stratify_by="m", population="N", selection="chosen",
    )  # fmt: skip
    answers = pd.DataFrame({"id": ["a", "b"], "late": [0, 1]})
    with pytest.raises(sa.AuditError, match="this sample was chosen"):
        sa.funnel(sa.record_findings(chosen, answers), "m")
