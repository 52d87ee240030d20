"""What must hold of every table of estimates, whatever was drawn and found."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sampleaudit as sa

PROPERTY = settings(max_examples=20, deadline=None, derandomize=True)
SLOW = settings(PROPERTY, max_examples=12)  # many intervals with a random denominator in each
ROUNDING = 1e-9
FAST = "wald"  # for what is counted, whatever the limits
OUTCOMES = ("error", "correct", "not applicable", "missing file")
MIRROR = {"error": "correct", "correct": "error"}
DISTRICTS = (("North", 14), ("South", 9), ("West", 5))
FRAME = sa.build_frame(
    pd.DataFrame(
        {
            "id": [f"{name} {number}" for name, size in DISTRICTS for number in range(size)],
            "district": [name for name, size in DISTRICTS for _ in range(size)],
            "age": [
                ("young", "old")[number % 2] for _, size in DISTRICTS for number in range(size)
            ],
        }
    ),
    case_id="id",
    stratify_by="district",
    domains="age",
)
COUNTS = st.tuples(*(st.integers(2, size) for _, size in DISTRICTS))


def drawn(counts: tuple[int, ...], seed: str = "properties") -> sa.Sample:
    names = [name for name, _ in DISTRICTS]
    plan = sa.plan_from_counts(FRAME, dict(zip(names, counts, strict=True)))
    return sa.draw(plan, seed=seed)


@st.composite
def findings(
    draw: st.DrawFn, outcomes: tuple[str, ...] = OUTCOMES
) -> tuple[sa.Sample, pd.DataFrame]:
    """Draw a sample and make up an answer to two indicators for each of its cases."""
    sample = drawn(draw(COUNTS))
    size = sample.size
    answers = st.lists(st.sampled_from(outcomes), min_size=size, max_size=size)
    table = sample.cases[["id"]].assign(late=draw(answers), unheard=draw(answers))
    return sample, table


@SLOW
@given(findings(), st.sampled_from((None, "district", "age")))
def test_rates_lie_between_possible_limits(made: tuple[sa.Sample, pd.DataFrame], by):
    """Low <= rate <= high; totals are whole and possible; the missing files' limits contain."""
    table = sa.estimate_rates(sa.record_findings(*made), by=by).to_frame()
    known = table[table["rate"].notna()]
    assert (known["rate_low"] <= known["rate"] + ROUNDING).all()
    assert (known["rate"] <= known["rate_high"] + ROUNDING).all()
    assert table["rate_low"].ge(0).all()
    assert table["rate_high"].le(1).all()
    assert (table["missing_low"] <= table["rate_low"] + ROUNDING).all()
    assert (table["rate_high"] <= table["missing_high"] + ROUNDING).all()
    whole = table[["total_low", "total_high"]].to_numpy()
    assert np.array_equal(np.round(whole), whole, equal_nan=True)
    assert (table["errors"] <= table["total_low"]).all()
    assert (table["total_high"] <= table["population"]).all()


@SLOW
@given(findings(), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_is_irrelevant(made: tuple[sa.Sample, pd.DataFrame], random):
    """Shuffled rows and columns of the answers give the same table."""
    sample, answers = made
    places = list(range(len(answers)))
    random.shuffle(places)
    names = ["late", "unheard"]
    first, second = (
        sa.estimate_rates(sa.record_findings(sample, table, indicators=names)).to_frame()
        for table in (answers, answers.iloc[places, ::-1])
    )
    pd.testing.assert_frame_equal(first, second)


@PROPERTY
@given(findings(("error", "correct", "not applicable")))
def test_exchanging_errors_and_correct_mirrors_the_rates(made: tuple[sa.Sample, pd.DataFrame]):
    """Rates become 1 - rate and their limits change places; standard errors stay."""
    sample, answers = made
    swapped = answers.assign(
        **{name: answers[name].replace(MIRROR) for name in ("late", "unheard")}
    )
    for by in (None, "district"):
        table, mirrored = (
            sa.estimate_rates(
                sa.record_findings(sample, each), ["late", "unheard"], by=by
            ).to_frame()
            for each in (answers, swapped)
        )
        for column, other in (
            ("rate", "rate"),
            ("rate_low", "rate_high"),
            ("rate_high", "rate_low"),
        ):
            np.testing.assert_allclose(1 - table[column], mirrored[other], atol=1e-6)
        np.testing.assert_allclose(table["se"], mirrored["se"], atol=1e-9)
        assert table["applicable"].tolist() == mirrored["applicable"].tolist()


@PROPERTY
@given(findings())
def test_sizes_add_up(made: tuple[sa.Sample, pd.DataFrame]):
    """Cases, files read and errors of the domains add up to those of the caseload."""
    found = sa.record_findings(*made)
    overall = sa.estimate_rates(found, method=FAST).to_frame().set_index("indicator")
    for by in ("age", ["district", "age"]):
        parts = sa.estimate_rates(found, by=by, method=FAST).to_frame().groupby("indicator")
        for column in ("population", "reviewed", "applicable", "errors", "missing"):
            assert overall[column].to_dict() == parts[column].sum().to_dict()


@PROPERTY
@given(findings(("error", "correct")))
def test_totals_of_the_strata_add_up(made: tuple[sa.Sample, pd.DataFrame]):
    """Where every case counts, the districts' erroneous cases add up to the caseload's."""
    found = sa.record_findings(*made)
    overall = sa.estimate_rates(found).to_frame().set_index("indicator")["total"]
    parts = sa.estimate_rates(found, by="district").to_frame().groupby("indicator")["total"].sum()
    assert overall.to_dict() == pytest.approx(parts.to_dict())


@PROPERTY
@given(findings())
def test_any_error_is_at_least_as_frequent_as_each_indicator(
    made: tuple[sa.Sample, pd.DataFrame],
):
    """A case with an error in one indicator has an error."""
    sample, answers = made
    found = sa.record_findings(sample, answers)
    table = sa.estimate_rates(found, missing="correct", method=FAST).to_frame()
    errors = table.set_index("indicator")["errors"]
    assert errors["any error"] >= max(errors["late"], errors["unheard"])
    assert errors["any error"] <= errors["late"] + errors["unheard"]


@PROPERTY
@given(st.data(), st.sampled_from(("both", "upper", "lower")))
def test_a_census_has_no_sampling_width(data: st.DataObject, side):
    """Every file read: the limits are the rate itself, for the caseload and every domain."""
    sample = drawn(tuple(size for _, size in DISTRICTS))
    answers = data.draw(st.lists(st.booleans(), min_size=sample.size, max_size=sample.size))
    found = sa.record_findings(sample, sample.cases[["id"]].assign(late=answers))
    for by in (None, "district", "age"):
        table = sa.estimate_rates(found, "late", by=by, side=side).to_frame()
        assert table["errors"].tolist() == table["total"].tolist()
        for column in ("total_low", "total_high"):
            assert table["total"].tolist() == table[column].tolist()
        for column in ("rate_low", "rate_high"):
            assert table["rate"].tolist() == table[column].tolist()


@PROPERTY
@given(COUNTS, st.data())
def test_reading_in_order_and_stopping_is_the_smaller_sample(
    counts: tuple[int, ...], data: st.DataObject
):
    """The first tickets of each stratum, the rest unread, say what a draw of that size says."""
    sample = drawn(counts)
    read = tuple(data.draw(st.integers(1, number)) for number in counts)
    assume(read != counts)
    answers = data.draw(st.lists(st.booleans(), min_size=sample.size, max_size=sample.size))
    cases = sample.cases.assign(late=[("correct", "error")[wrong] for wrong in answers])
    stop = cases["district"].map(dict(zip((name for name, _ in DISTRICTS), read, strict=True)))
    seen = cases["order"] <= stop
    partly = cases[["id", "late"]].assign(late=cases["late"].where(seen, "not reviewed"))
    stopped = sa.estimate_rates(sa.record_findings(sample, partly), "late").to_frame()
    smaller = sa.record_findings(drawn(read), cases.loc[seen, ["id", "late"]])
    planned = sa.estimate_rates(smaller, "late").to_frame()
    pd.testing.assert_frame_equal(planned.drop(columns="remarks"), stopped.drop(columns="remarks"))
    assert f"{int((~seen).sum())} cases not read yet" in stopped["remarks"][0]


@PROPERTY
@given(COUNTS, st.data())
def test_reading_out_of_order_is_refused(counts: tuple[int, ...], data: st.DataObject):
    """An unread case before one that was read is refused: it may have been left out on purpose."""
    sample = drawn(counts)
    district, number = data.draw(
        st.sampled_from([(n, c) for (n, _), c in zip(DISTRICTS, counts, strict=True)])
    )
    skipped = data.draw(st.integers(1, number - 1))
    cases = sample.cases
    unread = (cases["district"] == district) & (cases["order"] == skipped)
    answers = cases[["id"]].assign(late=np.where(unread, "not reviewed", "correct"))
    with pytest.raises(sa.AuditError, match="in the order of the draw"):
        sa.estimate_rates(sa.record_findings(sample, answers), "late")


@PROPERTY
@given(findings(("error", "correct")))
def test_the_table_agrees_with_the_interval_from_counts(made: tuple[sa.Sample, pd.DataFrame]):
    """With every case counting, the caseload's row is what `rate_interval` says of the counts."""
    sample, answers = made
    row = sa.estimate_rates(sa.record_findings(sample, answers), "late").to_frame().iloc[0]
    wrong = sample.cases.assign(late=answers["late"] == "error").groupby("district")["late"].sum()
    strata = sample.strata
    interval = sa.rate_interval(
        wrong.tolist(), strata["sampled"].tolist(), strata["population"].tolist()
    )
    assert (interval.total_low, interval.total_high) == (row["total_low"], row["total_high"])
    assert (interval.low, interval.high) == (row["rate_low"], row["rate_high"])
    assert math.isclose(interval.rate, row["rate"], abs_tol=ROUNDING)
