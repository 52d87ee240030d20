"""A sample that was drawn elsewhere."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "mun": ["M1", "M1", "M1", "M2", "M2"],
            "kind": ["new", "old", "new", "new", "old"],
            "N": [30, 30, 30, 20, 20],
            "late": [1, 0, 0, 1, 0],
        }
    )


def declare(table: pd.DataFrame, **changes: object) -> sa.Sample:
    given = {"case_id": "id", "stratify_by": "mun", "population": "N", "selection": "random"}
    return sa.declare_sample(table, **{**given, **changes})  # type: ignore[arg-type]


def test_population_from_a_column(table: pd.DataFrame):
    """Sizes of the strata stand beside the cases."""
    strata = declare(table).strata
    assert [("M1", 30, 3), ("M2", 20, 2)] == list(strata.itertuples(index=False, name=None))


def test_population_from_a_mapping_may_have_unread_strata(table: pd.DataFrame):
    """A stratum without a case in the sample is part of the caseload all the same."""
    strata = declare(table, population={"M1": 30, "M2": 20, "M3": 10}).strata
    assert [3, 2, 0] == strata["sampled"].tolist()


def test_population_as_one_number(table: pd.DataFrame):
    """Without strata."""
    sample = declare(table, stratify_by=(), population=50)
    assert [50] == sample.strata["population"].tolist()


def test_a_random_sample_speaks_for_the_caseload(table: pd.DataFrame):
    """And every row says that it was declared."""
    sample = declare(table)
    rates = sa.estimate_rates(sa.record_findings(sample, table[["id", "late"]])).to_frame()
    assert 30 * 1 / 3 + 20 * 1 / 2 == pytest.approx(rates["total"][0])
    assert "drawn elsewhere" in rates["remarks"][0]


def test_a_chosen_sample_gives_counts_only(table: pd.DataFrame):
    """Totals and limits are nan, with the reason."""
    sample = declare(table, selection="chosen")
    row = sa.estimate_rates(sa.record_findings(sample, table[["id", "late"]])).to_frame().loc[0]
    assert (2, 5, 0.4) == (row["errors"], row["applicable"], row["rate"])
    nothing = ["rate_low", "rate_high", "total", "total_low", "total_high", "se", "deff"]
    assert all(math.isnan(row[name]) for name in nothing)
    assert "chosen, not drawn" in row["remarks"]


def test_domain_population_makes_domain_totals(table: pd.DataFrame):
    """The register's cases by stratum and domain."""
    counts = pd.DataFrame(
        {
            "mun": ["M1", "M1", "M2", "M2"],
            "kind": ["new", "old", "new", "old"],
            "population": [20, 10, 15, 5],
        }
    )
    sample = declare(table, domains="kind", domain_population=counts)
    rates = sa.estimate_rates(sa.record_findings(sample, table[["id", "late"]]), by="kind")
    assert [35, 15] == rates.select(indicator="late").to_frame()["population"].tolist()


def test_without_domain_population_the_size_is_unknown(table: pd.DataFrame):
    """nan, and an interval all the same."""
    sample = declare(table, domains="kind")
    rates = sa.estimate_rates(sa.record_findings(sample, table[["id", "late"]]), by="kind")
    row = rates.to_frame().loc[0]
    assert math.isnan(row["population"])
    assert row["rate_low"] < row["rate"] < row["rate_high"]


REFUSED = {
    "selection is 'judgement'; it must be one of 'random', 'chosen'": {"selection": "judgement"},
    "The table has no column 'muni'; did you mean 'mun'": {"stratify_by": "muni"},
    "The table has no column 'size' for population": {"population": "size"},
    "population is one number, but the sample is stratified": {"population": 50},
    "population has no number for 1 strata of the sample: 'M2'": {"population": {"M1": 30}},
    "population is 2 for M1, but the sample has 3 cases": {"population": {"M1": 2, "M2": 20}},
    "population is 2.5 for M1": {"population": {"M1": 2.5, "M2": 20}},
    "population is 'many' for M1": {"population": {"M1": "many", "M2": 20}},
    "domain_population is given, but no domains": {"domain_population": pd.DataFrame()},
    "domain_population has no column 'mun'": {
        "domains": "kind", "domain_population": pd.DataFrame({"kind": [], "population": []}),
    },
    "domain_population adds up to 0 cases in M2, but population says 20": {
        "domains": "kind",
        "domain_population": pd.DataFrame(
            {"mun": ["M1", "M1"], "kind": ["new", "old"], "population": [20, 10]}
        ),
    },
    "domain_population has two rows for the same": {
        "domains": "kind",
        "domain_population": pd.DataFrame(
            {"mun": ["M1", "M1"], "kind": ["new", "new"], "population": [20, 10]}
        ),
    },
    "domain_population says 1 cases in M1 / new, but the sample has 2": {
        "domains": "kind",
        "domain_population": pd.DataFrame(
            {
                "mun": ["M1", "M1", "M2", "M2"],
                "kind": ["new", "old", "new", "old"],
                "population": [1, 29, 10, 10],
            }
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_declarations_that_cannot_be_are_refused(table: pd.DataFrame, message: str):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        declare(table, **REFUSED[message])
    assert message in str(caught.value)


def test_a_stratum_has_one_size(table: pd.DataFrame):
    """Two numbers for one stratum are refused."""
    table.loc[1, "N"] = 31
    with pytest.raises(sa.AuditError, match="says both 30 and 31 for M1"):
        declare(table)


def test_an_empty_table_is_refused(table: pd.DataFrame):
    """There is no sample."""
    with pytest.raises(sa.AuditError, match="has no cases"):
        declare(table.iloc[:0])


def test_a_declared_sample_is_not_saved_as_a_draw(table: pd.DataFrame, tmp_path):
    """Nobody could replay it."""
    with pytest.raises(sa.AuditError, match="was declared"):
        declare(table).save(tmp_path)
