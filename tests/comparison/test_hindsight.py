"""The smallest difference that a sample could have shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.comparison.limits import p_values
from sampleaudit.formulas.sides import CountSide, count_sides, rows_of, sides_of_cells


def towns(strata: int = 1) -> sa.Findings:
    """Return 20 of 100 cases read in each of 15 towns, one in five an error."""
    register = pd.DataFrame(
        {
            "case_id": [f"C{n:05d}" for n in range(1500)],
            "town": [f"T{n % 15:02d}" for n in range(1500)],
            "kind": ["ab"[(n // 15) % 2] for n in range(1500)],
        }
    )
    stratify = ["town"] if strata == 1 else ["town", "kind"]
    frame = sa.build_frame(register, case_id="case_id", stratify_by=stratify)
    sample = sa.draw(sa.plan_sample(frame, 300), seed="towns")
    late = sample.cases["order"] <= 4 // strata
    return sa.record_findings(sample, sample.cases[["case_id"]].assign(late=late.astype(int)))


def simulated_power(difference: float, *, reviews: int) -> float:
    """Return how often a town so much above the others' 20 % is found at .05 about the process.

    Only its own cases are drawn; the rest is as it was found.
    """
    found = np.random.default_rng(8).binomial(20, 0.2 + difference, reviews)
    cells = np.ones((1, 14))
    rest = sides_of_cells(4 * cells, 20 * cells, 1_000_000.0 * cells, 0 * cells)
    one = count_sides(np.array([[4.0]]), np.array([[20.0]]), np.array([[1_000_000.0]]))
    every = rows_of(one, np.zeros(21, dtype=np.int64))
    every = CountSide(np.arange(21.0), every.n, every.N, every.known, every.size)
    p = p_values(every, rows_of(rest, np.zeros(21, dtype=np.int64)), np.zeros(21))
    higher = np.arange(21) > 4
    return float(((p < 0.05) & higher)[found].mean())


def test_the_power_is_reached_at_the_difference_and_not_before():
    """Simulated by drawing the town's cases and testing them; 20,000 reviews, about .006."""
    row = sa.detectable_difference(
        towns(), by="town", indicators="late", question="process", adjust=None
    ).to_frame().iloc[0]  # fmt: skip
    assert "exact" == row["computed"]
    assert pytest.approx(0.8, abs=0.01) == simulated_power(row["detectable_more"], reviews=20_000)
    assert simulated_power(row["detectable_more"] - 0.05, reviews=20_000) < 0.75


def test_more_comparisons_need_larger_differences():
    """Bonferroni's error is what Holm grants the first of all rows."""
    found = towns()
    alone, many = (
        sa.detectable_difference(found, by="town", adjust=adjust).to_frame()
        for adjust in (None, "bonferroni")
    )
    assert pytest.approx(0.05 / 30) == many["alpha"].iloc[0]
    assert (alone["detectable_more"] < many["detectable_more"]).all()
    assert (alone["detectable_more"] > 0).all()


def test_what_cannot_be_found_is_never_found():
    """With 20 read and 20 % elsewhere, no town is low enough for a test of thirty."""
    found = sa.detectable_difference(towns(), by="town")
    assert found.to_frame()["detectable_less"].isna().all()
    assert "never" in repr(found)


def test_several_strata_are_near_one():
    """The normal approximation of two strata of ten is near the exact sum over twenty."""
    one, two = (
        sa.detectable_difference(towns(strata), by="town", indicators="late", adjust=None)
        .to_frame()
        .iloc[0]
        for strata in (1, 2)
    )
    assert "normal" == two["computed"]
    assert pytest.approx(one["detectable_more"], abs=0.06) == two["detectable_more"]


def test_tables_for_reading():
    """The table says power, error and question."""
    found = sa.detectable_difference(towns(), by="town", indicators="late", power=0.9)
    assert 15 == len(found)
    assert "with a probability of 90%" in repr(found)
    assert "<table>" in found._repr_html_()


@pytest.mark.parametrize("power", [0, 1, 80, "0.8"])
def test_power_is_a_probability(power: object):
    """Strictly between 0 and 1."""
    with pytest.raises(sa.AuditError, match="power is"):
        sa.detectable_difference(towns(), by="town", power=power)
