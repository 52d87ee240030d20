"""Intervals that hold together: `estimate_rates(adjust="bonferroni")`."""

from __future__ import annotations

from math import prod

import pytest

import sampleaudit as sa
from sampleaudit.formulas.hypergeometric import pmf


@pytest.fixture
def found(sample: sa.Sample) -> sa.Findings:
    answers = sample.cases[["case_id"]].copy()
    answers["late"] = ["error" if row in (0, 1, 13) else "correct" for row in range(len(answers))]
    answers["plan"] = ["error" if row == 5 else "correct" for row in range(len(answers))]
    return sa.record_findings(sample, answers)


def limits(estimates: sa.Estimates) -> list[list[float]]:
    columns = ["rate_low", "rate_high", "total_low", "total_high", "missing_low", "missing_high"]
    return estimates.to_frame()[columns].to_numpy().tolist()


def test_each_interval_is_made_at_its_share_of_alpha(found: sa.Findings):
    """Three indicators (any error too) in four rows each: alpha / 12."""
    together = sa.estimate_rates(found, by="district", overall=True, adjust="bonferroni")
    assert 12 == len(together)
    alone = sa.estimate_rates(found, by="district", overall=True, level=1 - 0.05 / 12)
    assert limits(alone) == limits(together)
    assert {0.95} == set(together.to_frame()["level"])


def test_the_table_says_so(found: sa.Findings):
    """In the remarks of every row, and so beneath the table."""
    together = sa.estimate_rates(found, adjust="bonferroni")
    note = "all 3 intervals hold together with 95% (Bonferroni: each is made at 98.333%)"
    assert all(note in remarks for remarks in together.to_frame()["remarks"])
    assert note in repr(together)
    assert "Bonferroni" not in repr(sa.estimate_rates(found))


def test_one_interval_alone_needs_no_adjustment(found: sa.Findings):
    """Nothing changes, nothing is remarked."""
    alone = sa.estimate_rates(found, "late")
    assert repr(alone) == repr(sa.estimate_rates(found, "late", adjust="bonferroni"))


def test_every_level_has_its_own_family(found: sa.Findings):
    """Two levels do not make the family larger: a table of each alone has the same rows."""
    both = sa.estimate_rates(found, level=[0.9, 0.95], adjust="bonferroni")
    lower = sa.estimate_rates(found, level=0.9, adjust="bonferroni")
    assert limits(lower) == limits(both.select(level=0.9))


def test_an_unknown_adjustment_is_refused(found: sa.Findings):
    """By name."""
    with pytest.raises(sa.AuditError, match="adjust is 'holm'; it must be one of"):
        sa.estimate_rates(found, adjust="holm")


@pytest.mark.parametrize("errors", [(3, 2, 1), (0, 0, 0), (10, 1, 5), (29, 10, 0)])
def test_three_districts_hold_together(errors: tuple[int, int, int]):
    """Every outcome of three strata of 30, 20 and 10 cases: the probability that all hold."""
    strata = list(zip(errors, (12, 8, 4), (30, 20, 10), strict=True))
    hold = []
    for T, n, N in strata:
        chance = pmf(T, n, N)
        intervals = [sa.rate_interval(x, n, N, level=1 - 0.05 / 3) for x in range(n + 1)]
        hold.append(
            sum(
                p
                for p, each in zip(chance, intervals, strict=True)
                if each.total_low <= T <= each.total_high
            )
        )
    assert prod(hold) >= 0.95
