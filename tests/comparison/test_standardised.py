"""Case mix: standardised by hand, and where it cannot be done."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from domain_samples import stratified_findings
from scipy.stats import hypergeom

import sampleaudit as sa
from sampleaudit.formulas.standardised import direct_rate, effective_limits

CELLS = [
    ("A", "easy", 1, 10, 80), ("A", "hard", 6, 12, 20),
    ("B", "easy", 2, 15, 30), ("B", "hard", 8, 16, 70),
]  # fmt: skip


def test_the_rate_is_the_own_rates_with_the_caseloads_mix():
    """Easy 110 of 200 cases, hard 90: .55 x 1/10 + .45 x 6/12 and .55 x 2/15 + .45 x 8/16."""
    table = sa.standardise(
        stratified_findings(CELLS), "municipality", "kind", indicators="late"
    ).to_frame()
    assert [0.55 / 10 + 0.45 / 2, 0.55 * 2 / 15 + 0.45 / 2] == pytest.approx(table["rate"].tolist())
    crude = [(80 * 0.1 + 20 * 0.5) / 100, (30 * 2 / 15 + 70 * 0.5) / 100]
    assert crude == pytest.approx(table["crude_rate"].tolist())
    assert ((table["rate_low"] < table["rate"]) & (table["rate"] < table["rate_high"])).all()


def test_the_standard_error_is_kishs():
    """R (1 - R) sum (1 - n/N) W^2 / n for the register, without 1 - n/N for the process."""
    findings = stratified_findings(CELLS)
    register, process = (
        sa.standardise(findings, "municipality", "kind", indicators="late", question=each)
        .to_frame()
        .iloc[0]
        for each in ("register", "process")
    )
    rate = 0.55 / 10 + 0.45 / 2
    with_it = 0.55**2 / 10 * (1 - 10 / 80) + 0.45**2 / 12 * (1 - 12 / 20)
    without = 0.55**2 / 10 + 0.45**2 / 12
    assert (rate * (1 - rate) * with_it) ** 0.5 == pytest.approx(register["se"])
    assert (rate * (1 - rate) * without) ** 0.5 == pytest.approx(process["se"])
    assert process["rate_low"] < register["rate_low"]


def test_the_model_expects_what_its_own_mix_makes():
    """With one column the weighted logistic model has the kinds' weighted rates (saturated)."""
    table = sa.standardise(
        stratified_findings(CELLS), "municipality", "kind", indicators="late"
    ).to_frame()
    easy = (80 * 1 / 10 + 30 * 2 / 15) / 110
    hard = (20 * 6 / 12 + 70 * 8 / 16) / 90
    expected = [0.8 * easy + 0.2 * hard, 0.3 * easy + 0.7 * hard]
    assert expected == pytest.approx(table["expected_rate"].tolist(), rel=1e-6)
    overall = (110 * easy + 90 * hard) / 200
    assert (overall * table["crude_rate"] / expected).tolist() == pytest.approx(
        table["model_rate"].tolist(), rel=1e-6
    )


def test_a_kind_that_nobody_read_is_not_guessed():
    """Standardising is refused for that domain, with the kind named; the model still speaks."""
    cells = [*CELLS[:3], ("B", "hard", 0, 0, 70)]
    table = sa.standardise(
        stratified_findings(cells), "municipality", "kind", indicators="late"
    ).to_frame()
    assert np.isnan(table["rate"].iloc[1])
    assert "no case read of 1 kinds of kind ('hard')" in table["remarks"].iloc[1]
    assert not np.isnan(table["rate"].iloc[0])


def test_no_error_at_all_has_limits():
    """Rates of zero with an upper limit above it."""
    cells = [(place, kind, 0, n, N) for place, kind, _, n, N in CELLS]
    table = sa.standardise(
        stratified_findings(cells), "municipality", "kind", indicators="late"
    ).to_frame()
    assert [0, 0] == table["rate"].tolist() == table["rate_low"].tolist()
    assert (table["rate_high"] > 0.05).all()


def test_limits_hold_where_kinds_differ():
    """Enumerated: every count of a domain with rates .1 and .5, 22 read of 100; .95 and more."""
    (N_1, T_1, n_1), (N_2, T_2, n_2) = (60, 6, 14), (40, 20, 8)
    mix, truth, held = np.array([0.55, 0.45]), 0.55 * 0.1 + 0.45 * 0.5, 0.0
    n, N = np.array([[n_1, 0], [0, n_2]]), np.array([[N_1, 0], [0, N_2]])
    for x, y in itertools.product(range(n_1 + 1), range(n_2 + 1)):
        found = direct_rate(np.array([[x, 0], [0, y]]), n, n, N, mix, finite=True)
        low, high = effective_limits(found.rate, found.effective, tail=0.025)
        chance = hypergeom.pmf(x, N_1, T_1, n_1) * hypergeom.pmf(y, N_2, T_2, n_2)
        held += chance * (low <= truth <= high)
    assert held >= 0.95


def test_the_table_shows_itself():
    """Text and HTML, and a selection."""
    found = sa.standardise(stratified_findings(CELLS), "municipality", "kind")
    assert "standardised" in repr(found)
    assert "<table>" in found._repr_html_()
    assert 1 == len(found.select(indicator="late", where={"municipality": "A"}))


def test_bad_requests_are_refused():
    """A column in both, none at all, one that is not known, and one domain."""
    findings = stratified_findings(CELLS)
    with pytest.raises(sa.AuditError, match="which by names too"):
        sa.standardise(findings, "municipality", "municipality")
    with pytest.raises(sa.AuditError, match="over is empty"):
        sa.standardise(findings, "municipality", [])
    with pytest.raises(sa.AuditError, match="not a stratum or domain column"):
        sa.standardise(findings, "municipality", "age")
    with pytest.raises(sa.AuditError, match="at least two domains"):
        sa.standardise(stratified_findings(CELLS[:2]), "municipality", "kind")
