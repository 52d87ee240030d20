"""Recording measures: numbers for every case of a sample."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import sampleaudit as sa


def days(sample: sa.Sample, **more: object) -> pd.DataFrame:
    cases = sample.cases["case_id"]
    return pd.DataFrame({"case_id": cases, "days": range(len(cases)), **more})


def test_measures_follow_the_sample_whatever_their_order(sample: sa.Sample):
    """By case id."""
    table = days(sample)
    measures = sa.record_measures(sample, table.iloc[::-1])
    assert list(range(24)) == measures.values("days").tolist()
    assert ("days",) == measures.names
    assert "Measures: 24 cases x 1 measures" == repr(measures)
    assert list(range(24)) == measures.to_frame()["days"].tolist()


def test_a_blank_may_mean_that_it_does_not_apply(sample: sa.Sample):
    """Only when it is said to."""
    table = days(sample).astype({"days": object})
    table.loc[3, "days"] = None
    with pytest.raises(sa.AuditError, match="'days' is blank for 1 cases"):
        sa.record_measures(sample, table)
    measures = sa.record_measures(sample, table, blank="not applicable")
    assert math.isnan(measures.values("days")[3])


@pytest.mark.parametrize("value", ["many", float("inf"), "1,5"])
def test_what_is_not_a_number_is_refused(sample: sa.Sample, value: object):
    """With the value and the case."""
    table = days(sample).astype({"days": object})
    table.loc[3, "days"] = value
    with pytest.raises(sa.AuditError, match="'days' has 1 values that are not numbers"):
        sa.record_measures(sample, table)


REFUSED = {
    "have no column 'day'": lambda s: (days(s), {"measures": "day"}),
    "A measure is named twice": lambda s: (days(s), {"measures": ["days", "days"]}),
    "have no column beside the case ids": lambda s: (days(s)[["case_id"]], {}),
    "have no column 'case_id'": lambda s: (days(s)[["days"]], {}),
    "1 cases of the sample have no measures": lambda s: (days(s).iloc[1:], {}),
    "1 cases that are not in the sample: 'X'": lambda s: (
        pd.concat([days(s), pd.DataFrame({"case_id": ["X"], "days": [1]})]), {},
    ),
    "blank is 'zero'": lambda s: (days(s), {"blank": "zero"}),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_tables_that_do_not_fit_are_refused(sample: sa.Sample, message: str):
    """Each with the name and the rule."""
    table, options = REFUSED[message](sample)
    with pytest.raises(sa.AuditError) as caught:
        sa.record_measures(sample, table, **options)
    assert message in str(caught.value)


def test_an_unknown_measure_is_refused(sample: sa.Sample):
    """With a guess."""
    with pytest.raises(sa.AuditError, match="no measure 'day'; did you mean 'days'"):
        sa.record_measures(sample, days(sample)).values("day")
