"""Strata from a numeric column of a register."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sampleaudit as sa


def test_cut_points_make_a_column_to_stratify_by():
    """Days in care, cut in three, and a frame of it."""
    days = np.random.default_rng(3).lognormal(4, 1, 400).round()
    register = pd.DataFrame({"id": [f"c{i:03d}" for i in range(400)], "days": days})
    cuts = sa.cut_points(register, "days", strata=3)
    frame = sa.build_frame(cuts.apply(register), case_id="id", stratify_by="days_class")
    assert [each.label for each in cuts.strata] == frame.strata["days_class"].tolist()
    assert [each.population for each in cuts.strata] == frame.strata["population"].tolist()
    assert 400 == cuts.to_frame()["population"].sum()


def test_strata_of_the_rule_vary_less_than_quarters_of_the_range():
    """What they are for: N_h S_h, the error of the mean under Neyman, adds up to less."""
    values = np.random.default_rng(4).lognormal(4, 1, 2000)
    cuts = sa.cut_points(pd.DataFrame({"x": values}), "x", strata=4)
    ours = sum(each.population * each.sd for each in cuts.strata)
    place = np.digitize(values, np.quantile(values, [0.25, 0.5, 0.75]))
    quarters = sum((place == h).sum() * values[place == h].std(ddof=1) for h in range(4))
    assert ours < quarters


@given(
    values=st.lists(st.integers(1, 1000), min_size=8, max_size=80),
    rule=st.sampled_from(["cumulative root", "geometric"]),
    strata=st.integers(2, 5),
)
def test_strata_are_never_empty_and_hold_every_case(values, rule, strata):
    """Whatever the values; there may be fewer strata than asked, never more."""
    if len(set(values)) < strata:
        return
    cuts = sa.cut_points(pd.DataFrame({"x": values}), "x", strata=strata, rule=rule)
    assert 1 <= len(cuts) <= strata
    assert all(each.population > 0 for each in cuts.strata)
    assert len(values) == sum(each.population for each in cuts.strata)
    labels = cuts.labels(values)
    for each in cuts.strata:
        assert each.population == labels.count(each.label)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        pytest.param(["1", "b"], {}, "is not numeric: '1', 'b'", id="text"),
        pytest.param([1.0, np.nan, 3.0], {}, "no number in 1 of 3 rows", id="missing"),
        pytest.param([1, 1, 1], {}, "has 1 different values, too few for 2", id="all alike"),
        pytest.param([0, 1, 2], {"rule": "geometric"}, "values above 0", id="zero"),
        pytest.param([1, 2, 3], {"rule": "equal"}, "rule is 'equal'", id="rule"),
        pytest.param([1, 2, 3], {"strata": 1}, "from 2 to 12", id="one"),
        pytest.param([1, 2, 3], {"classes": 1}, "classes is 1", id="classes"),
    ],
)
def test_columns_that_cannot_be_cut_are_refused(values, options, message):
    with pytest.raises(sa.AuditError, match=message):
        sa.cut_points(pd.DataFrame({"x": values}), "x", **{"strata": 2, **options})


def test_an_unknown_column_is_named_with_what_is_there():
    """In making and in applying."""
    with pytest.raises(sa.AuditError, match="no column 'y'"):
        sa.cut_points(pd.DataFrame({"x": [1, 2]}), "y", strata=2)
    cuts = sa.cut_points(pd.DataFrame({"x": [1, 2, 3]}), "x", strata=2)
    with pytest.raises(sa.AuditError, match="no column 'x'"):
        cuts.apply(pd.DataFrame({"z": [1]}))
    with pytest.raises(sa.AuditError, match="already has a column 'z'"):
        cuts.apply(pd.DataFrame({"x": [1], "z": [1]}), into="z")
