"""Which columns a pilot says are worth stratifying by, and when it says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.formulas.explained import explained_share

TOWNS = {"a": 0.05, "b": 0.1, "c": 0.3, "d": 0.6}


@pytest.fixture(scope="module")
def findings() -> sa.Findings:
    """Return a pilot of 200 cases: errors go with the town, not with the weekday or the letter."""
    rng = np.random.default_rng(5)
    size = 2000
    register = pd.DataFrame({
        "id": [f"c{place:05d}" for place in range(size)],
        "town": rng.choice(list(TOWNS), size),
        "day": rng.choice(["Mon", "Tue", "Wed"], size),
        "letter": rng.choice(list("ABCDEFGHIJKL"), size),
    })  # fmt: skip
    wrong = rng.random(size) < register["town"].map(TOWNS)
    frame = sa.build_frame(register, case_id="id", stratify_by="day", domains=["town", "letter"])
    sample = sa.draw(sa.plan_sample(frame, 200, allocation="equal"), seed="pilot")
    answers = sample.cases[["id"]].copy()
    answers["late"] = [int(wrong[int(case[1:])]) for case in answers["id"]]
    answers["never"] = 0
    return sa.record_findings(sample, answers)


def test_the_column_that_matters_is_told_from_those_that_do_not(findings):
    """The town explains about a fifth of the variance in the register."""
    table = sa.worth_stratifying(findings, ["town", "day", "letter"], indicators="late")
    verdicts = table.to_frame().set_index("column")["verdict"]
    assert "worth it" == verdicts["town"]
    assert "worth it" not in set(verdicts[["day", "letter"]])
    town = table.rows[0]
    assert town.low < 0.2 < town.high
    assert "worth it" in repr(table)


def test_columns_together_count_as_one(findings):
    """A tuple of columns divides by all of them."""
    table = sa.worth_stratifying(findings, [("town", "day")], indicators="late")
    assert "town x day" == table.rows[0].column
    assert 12 == table.rows[0].groups


def test_an_indicator_without_errors_says_nothing(findings):
    """No p-value, and no place in Holm's number."""
    table = sa.worth_stratifying(findings, "town", indicators="never")
    assert "no case differs from another" == table.rows[0].verdict
    assert np.isnan(table.rows[0].p_value)


def test_what_chance_alone_explains_is_taken_off(findings):
    """Twelve letters explain 11 / 199 of the variance by chance, found or not."""
    row = sa.worth_stratifying(findings, "letter", indicators="late").rows[0]
    np.testing.assert_allclose(11 / 199, row.chance, rtol=0.05)
    assert row.explained < row.found


def test_unknown_columns_are_refused(findings):
    with pytest.raises(sa.AuditError, match="over names 'age'"):
        sa.worth_stratifying(findings, "age")
    with pytest.raises(sa.AuditError, match="over is empty"):
        sa.worth_stratifying(findings, [])


def test_the_share_is_that_of_pearson_s_chi_square():
    """Unweighted it is chi-square / n of the table of groups and errors."""
    from scipy.stats import chi2_contingency

    errors = np.array([1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0], dtype=float)
    groups = np.repeat([0, 1, 2], 4)
    table = [[errors[groups == g].sum(), (1 - errors[groups == g]).sum()] for g in range(3)]
    statistic = chi2_contingency(table, correction=False).statistic
    found = explained_share(errors, np.ones(12), groups, level=0.95, deals=99, seed=1)
    np.testing.assert_allclose(statistic / 12, found.found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "n"), [((0.1, 0.1, 0.1), 60), ((0.05, 0.2, 0.35), 60), ((0.05, 0.2, 0.35), 150)]
)
def test_limits_hold_and_nothing_is_called_worth_it_by_chance(rates, n):
    """300 pilots: coverage of the 95 % limits, and how often p <= .05."""
    rng = np.random.default_rng(1)
    p = np.mean(rates)
    true = np.mean((np.array(rates) - p) ** 2) / (p * (1 - p))
    inside = called = 0
    for each in range(300):
        groups = rng.integers(0, len(rates), n)
        errors = (rng.random(n) < np.array(rates)[groups]).astype(float)
        found = explained_share(errors, np.ones(n), groups, level=0.95, deals=199, seed=each)
        inside += found.low <= true <= found.high
        called += found.p_value <= 0.05
    print(f"\nrates {rates}, n = {n}: limits hold {inside / 300:.3f}, p <= .05 {called / 300:.3f}")  # noqa: T201 -- the evidence
    assert inside / 300 >= 0.92
    if true == 0:
        assert called / 300 <= 0.08
