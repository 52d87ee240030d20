"""Partial pooling: what is shown, what holds, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from domain_samples import findings_of, stratified_findings

import sampleaudit as sa

DRAWN = np.random.default_rng(5).binomial(22, 0.15, 30)
COUNTS = {f"M{k:02d}": (int(x), 22, 60 + 5 * k) for k, x in enumerate(DRAWN)}


def test_rates_are_drawn_towards_the_others_and_intervals_are_shorter():
    """Every pooled rate lies between the domain's own and the mean; widths shrink by a quarter."""
    findings = findings_of({"late": COUNTS})
    pooled = sa.pool_rates(findings, "municipality", indicators="late").to_frame()
    own = sa.estimate_rates(findings, "late", by="municipality").to_frame()
    assert own["rate"].tolist() == pytest.approx(pooled["raw_rate"].tolist())
    mean = own["rate"].mean()
    far = (own["rate"] - mean).abs() > 0.05
    between = (pooled["rate"] - mean).abs() < (own["rate"] - mean).abs()
    assert between[far].all()
    width = (pooled["rate_high"] - pooled["rate_low"]).mean()
    assert width < 0.75 * (own["rate_high"] - own["rate_low"]).mean()
    assert {"on average over municipalities"} == set(pooled["guarantee"])
    assert ((pooled["pooling"] > 0) & (pooled["pooling"] < 1)).all()


def test_limits_are_possible_totals():
    """Whole numbers between the errors found and the population less the correct found."""
    for method in ("average", "each"):
        table = sa.pool_rates(
            findings_of({"late": COUNTS}), "municipality", indicators="late", method=method
        ).to_frame()
        assert (table["total_low"] >= table["errors"]).all()
        most = table["population"] - table["reviewed"] + table["errors"]
        assert (table["total_high"] <= most).all()
        assert (table["total_low"] < table["total_high"]).all()
        assert (
            table["total_low"].tolist()
            == (table["rate_low"] * table["population"]).round().tolist()
        )
        assert ((table["rate_low"] <= table["rate"]) & (table["rate"] <= table["rate_high"])).all()


def test_a_domain_read_in_full_is_not_pooled():
    """Its rate is known."""
    row = (
        sa.pool_rates(
            findings_of({"late": COUNTS | {"M00": (9, 22, 22)}}), "municipality", indicators="late"
        )
        .to_frame()
        .iloc[0]
    )
    assert [9 / 22] * 3 == [row["rate"], row["rate_low"], row["rate_high"]]
    assert [9, 9] == [row["total_low"], row["total_high"]]
    assert ["proved", 0.0, "not pooled"] == [row["guarantee"], row["pooling"], row["method"]]
    assert "every case read" in row["remarks"]


def test_no_error_anywhere_still_has_a_width():
    """With 22 read in each of 12 domains and none an error."""
    table = sa.pool_rates(
        findings_of({"late": {f"M{k}": (0, 22, 100) for k in range(12)}}), "municipality"
    ).to_frame()
    assert (table["total_low"] == 0).all()
    assert (table["total_high"] >= 1).all()


def test_an_outlier_is_widened_to_what_holds_for_it_alone():
    """With 18 of 22 where the others have about 3."""
    counts = COUNTS | {"M00": (18, 22, 200)}
    row = (
        sa.pool_rates(findings_of({"late": counts}), "municipality", indicators="late")
        .to_frame()
        .iloc[0]
    )
    alone = sa.rate_interval(18, 22, 200)
    assert "far from the other domains" in row["remarks"]
    assert row["rate_high"] >= alone.high - 0.02


def test_each_holds_for_every_domain_and_says_so():
    """Proved for one stratum; its own limits where a domain has several."""
    table = sa.pool_rates(
        findings_of({"late": COUNTS}), "municipality", indicators="late", method="each"
    ).to_frame()
    assert {"proved"} == set(table["guarantee"])
    assert {"shortest-on-average"} == set(table["method"])
    strata = stratified_findings(
        [("A", "x", 2, 10, 60), ("A", "y", 1, 12, 50), ("B", "x", 3, 20, 40), ("B", "y", 0, 5, 90)]
    )
    rows = sa.pool_rates(strata, "municipality", indicators="late", method="each").to_frame()
    own = sa.estimate_rates(strata, "late", by="municipality").to_frame()
    assert own["total_low"].tolist() == rows["total_low"].tolist()
    assert rows["remarks"].str.contains("limits of its own cases").all()


def test_unequal_strata_are_pooled_with_effective_counts():
    """Remarked; the estimate is the weighted one drawn to the others."""
    cells = [(f"M{k}", kind, 1 + k % 3, 10, size) for k in range(8)
             for kind, size in (("x", 30), ("y", 200))]  # fmt: skip
    table = sa.pool_rates(stratified_findings(cells), "municipality", indicators="late").to_frame()
    assert table["remarks"].str.contains("effective counts").all()


def test_a_domain_in_which_nobody_read_rests_on_the_others():
    """Its limits are wide, and it says so; one without applicable cases is nan."""
    cells = [(f"M{k}", "x", 3, 20, 100) for k in range(8)]
    findings = stratified_findings([*cells, ("M8", "x", 0, 0, 80)])
    row = sa.pool_rates(findings, "municipality", indicators="late").to_frame().iloc[8]
    assert np.isnan(row["raw_rate"])
    assert 1.0 == pytest.approx(row["pooling"])
    assert "rest on the other domains alone" in row["remarks"]
    assert row["rate_low"] < 0.15 < row["rate_high"]
    none = findings_of({"late": COUNTS | {"M01": (0, 5, 50)}}, ruled_out=5)
    row = sa.pool_rates(none, "municipality", indicators="late").to_frame().iloc[1]
    assert np.isnan([row["rate"], row["rate_low"], row["total_high"]]).all()
    assert "no case that counts was read" in row["remarks"]


def test_a_covariate_moves_the_domains_towards_their_like():
    """Two groups, 1 and 8 of 22: with the covariate a low domain is drawn to the low ones."""
    counts = {f"M{k:02d}": (1 if k % 2 else 8, 22, 200) for k in range(20)}
    findings = findings_of({"late": counts})
    size = {name: float(int(name[1:]) % 2) for name in counts}
    plain, with_it = (
        sa.pool_rates(findings, "municipality", indicators="late", covariate=each).to_frame()
        for each in (None, size)
    )
    low = plain["errors"] == 1
    assert (with_it["rate"][low] < plain["rate"][low]).all()
    assert (with_it["rate"][~low] > plain["rate"][~low]).all()


def test_bad_requests_are_refused():
    """Covariates that are absent, no numbers, or all alike; a level in per cent."""
    findings = findings_of({"late": COUNTS})
    with pytest.raises(sa.AuditError, match="no value for 29 domains"):
        sa.pool_rates(findings, "municipality", covariate={"M00": 1.0})
    alike = dict.fromkeys(COUNTS, 1.0)
    with pytest.raises(sa.AuditError, match="same value for every domain"):
        sa.pool_rates(findings, "municipality", covariate=alike)
    with pytest.raises(sa.AuditError, match="covariate is nan for M03"):
        sa.pool_rates(findings, "municipality", covariate=alike | {"M03": float("nan")})
    with pytest.raises(sa.AuditError, match="level is 95"):
        sa.pool_rates(findings, "municipality", level=95)
    with pytest.raises(sa.AuditError, match="method is 'profile'"):
        sa.pool_rates(findings, "municipality", method="profile")  # type: ignore[arg-type]


def test_the_table_shows_itself():
    """The guarantee stands below it."""
    pooled = sa.pool_rates(findings_of({"late": COUNTS}), "municipality", indicators="late")
    assert "on average over municipalities" in repr(pooled)
    assert "<table>" in pooled._repr_html_()
    assert 1 == len(pooled.select(where={"municipality": "M03"}))
