"""Pairs of many domains: at once as each by itself, and what many of them cost."""

from __future__ import annotations

import numpy as np
import pytest
from domain_samples import findings_of, stratified_findings

import sampleaudit as sa
from sampleaudit.comparison import dependent, one_by_one

TOWNS = {f"T{k:02d}": (k % 7, 8 + k, 12 + k * k) for k in range(9)}
MORE = {"register": 1, "process": 10_000}


@pytest.mark.parametrize("question", ["register", "process"])
def test_a_table_of_pairs_has_the_difference_of_each_two(question: str):
    """As `difference_interval`: limits to .000005, p-values to .0000001.

    The process is a register 10,000 times as large.
    """
    found = findings_of({"late": TOWNS})
    table = sa.compare_pairs(found, "municipality", indicators="late", question=question).to_frame()
    assert 36 == len(table)
    for row in table.itertuples():
        sides = [
            (x, n, N * MORE[question])
            for x, n, N in (TOWNS[row.municipality], TOWNS[row.municipality_other])
        ]
        alone = sa.difference_interval(*sides)
        limits = row.difference_low, row.difference_high
        assert pytest.approx((alone.low, alone.high), abs=5e-6) == limits
        assert pytest.approx(alone.p_value, abs=1e-7) == row.p_value


def test_a_town_read_in_full_is_known():
    """Limits take in those of `difference_interval`, which knows that errors are whole cases."""
    found = findings_of({"late": TOWNS | {"full": (3, 14, 14)}})
    table = sa.compare_pairs(found, "municipality", indicators="late").to_frame()
    rows = table[table["municipality_other"] == "full"]
    assert {"proved"} == {*rows["guarantee"]}
    for row in rows.itertuples():
        alone = sa.difference_interval(TOWNS[row.municipality], (3, 14, 14))
        assert row.difference_low <= alone.low + 1e-9
        assert alone.high - 1e-9 <= row.difference_high
        assert alone.p_value - 1e-9 <= row.p_value


def test_pairs_with_the_same_counts_are_told_the_same():
    """In another indicator, and between other towns of the same size."""
    twins = {"A": (2, 10, 50), "B": (5, 12, 70), "C": (2, 10, 50)}
    found = findings_of({"one": twins, "two": twins})
    table = sa.compare_pairs(found, "municipality", indicators=["one", "two"]).to_frame()
    keys = ["difference_low", "difference_high", "p_value"]
    rows = table.set_index(["indicator", "municipality", "municipality_other"])[keys]
    assert rows.loc["one", "A", "B"].tolist() == rows.loc["two", "A", "B"].tolist()
    assert (
        pytest.approx(-rows.loc["one", "A", "B"]["difference_low"], abs=3e-6)
        == (rows.loc["one", "B", "C"]["difference_high"])
    )


CELLS = [
    (town, kind, x, n, N)
    for town, counts in {
        "A": ((1, 6, 30), (4, 8, 25)), "B": ((0, 5, 40), (2, 9, 20)), "C": ((3, 7, 21), (0, 4, 60)),
    }.items()
    for kind, (x, n, N) in zip(("easy", "hard"), counts, strict=True)
]  # fmt: skip


def test_very_many_comparisons_of_few_strata_are_worked_out_at_once(
    monkeypatch: pytest.MonkeyPatch,
):
    """By three moments, which is near what each would have had, and said in ``method``."""
    found = stratified_findings(CELLS)
    few = sa.compare_pairs(found, "municipality", indicators="late").to_frame()
    monkeypatch.setattr(one_by_one, "MOST_ALONE", 2)
    many = sa.compare_pairs(found, "municipality", indicators="late").to_frame()
    assert ({"profile"}, {"profile-moments"}) == ({*few["method"]}, {*many["method"]})
    for column in ("difference_low", "difference_high"):
        assert pytest.approx(few[column].tolist(), abs=0.06) == many[column].tolist()


def test_p_values_of_dependent_samples_are_exact_with_one_stratum(monkeypatch: pytest.MonkeyPatch):
    """Where they are searched for by halving instead they are the same to what that can tell."""
    audits = [
        findings_of({"late": {town: (x, n, N) for town, (x, n, N) in counts.items()}})
        for counts in (
            {"A": (1, 10, 40), "B": (5, 12, 70), "C": (0, 9, 30)},
            {"A": (8, 10, 40), "B": (6, 12, 70), "C": (7, 8, 30)},
        )
    ]
    options = {"by": "municipality", "indicators": "late", "question": "process"}
    exact = sa.compare_periods(*audits, **options).to_frame()
    monkeypatch.setattr(dependent, "_is_one_count", lambda *_: False)
    halved = sa.compare_periods(*audits, **options).to_frame()
    assert {"profile-bonferroni"} == {*exact["method"]}
    assert (
        pytest.approx(halved["p_value"].tolist(), rel=2e-3, abs=1e-6) == exact["p_value"].tolist()
    )
    assert halved["difference_low"].tolist() == exact["difference_low"].tolist()
    assert (np.asarray(exact["p_value"]) < 0.05).any()
