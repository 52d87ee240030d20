"""What must hold of every frame, plan and draw, whatever the register and the seed."""

from __future__ import annotations

from hashlib import sha256
from math import ceil

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sampleaudit as sa

PROPERTY = settings(max_examples=30, deadline=None, derandomize=True)
SEEDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="|"),
    min_size=1,
    max_size=20,
)
EVERYONE = 1e6  # a reserve of this share holds all cases that were not drawn


@st.composite
def registers(draw: st.DrawFn) -> pd.DataFrame:
    """Make up to three districts of up to twelve cases in two age groups, with ids at random."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    total = sum(sizes)
    numbers = draw(st.lists(st.integers(0, 99_999), min_size=total, max_size=total, unique=True))
    ages = draw(st.lists(st.sampled_from(("young", "old")), min_size=total, max_size=total))
    districts = [f"D{place}" for place, size in enumerate(sizes) for _ in range(size)]
    return pd.DataFrame(
        {"id": [f"Sag {number}" for number in numbers], "district": districts, "age": ages}
    )


def build(register: pd.DataFrame) -> sa.Frame:
    return sa.build_frame(register, case_id="id", stratify_by="district", domains="age")


def drawn_ids(sample: sa.Sample) -> dict[str, list[str]]:
    """Return the ids of sample and reserve in each district, in the order of the draw."""
    rows = pd.concat([sample.cases, sample.reserve]).sort_values(["district", "order"])
    return {district: part["id"].tolist() for district, part in rows.groupby("district")}


@st.composite
def registers_with_a_size(draw: st.DrawFn) -> tuple[pd.DataFrame, int, int]:
    """Make a register, a minimum of 0 or 2 and a size that it allows."""
    register = draw(registers())
    minimum = draw(st.sampled_from((0, 2)))
    least = int(register["district"].value_counts().clip(upper=minimum).sum())
    return register, minimum, draw(st.integers(max(1, least), len(register)))


@PROPERTY
@given(registers_with_a_size(), SEEDS, st.randoms(use_true_random=False))
def test_row_order_is_irrelevant(made: tuple[pd.DataFrame, int, int], seed: str, random):
    """Shuffled rows give the same fingerprint, plan, sample and reserve."""
    register, minimum, size = made
    places = list(range(len(register)))
    random.shuffle(places)
    plans = [
        sa.plan_sample(build(table), size, minimum=minimum)
        for table in (register, register.iloc[places])
    ]
    assert plans[0].frame.fingerprint == plans[1].frame.fingerprint
    assert plans[0].public_record == plans[1].public_record
    first, second = (sa.draw(plan, seed=seed) for plan in plans)
    pd.testing.assert_frame_equal(first.cases, second.cases)
    pd.testing.assert_frame_equal(first.reserve, second.reserve)


@PROPERTY
@given(registers_with_a_size(), SEEDS)
def test_the_draw_is_the_smallest_hashes(made: tuple[pd.DataFrame, int, int], seed: str):
    """In each district the cases are those with the smallest SHA-256 of seed, bar and id."""
    register, minimum, size = made
    plan = sa.plan_sample(build(register), size, minimum=minimum)
    sample = sa.draw(plan, seed=seed, reserve=EVERYONE)
    drawn = {
        district: sorted(part["id"], key=lambda case: sha256(f"{seed}|{case}".encode()).hexdigest())
        for district, part in register.groupby("district")
    }
    for district, number in plan.table.set_index("district")["sampled"].items():
        cases = sample.cases.loc[sample.cases["district"] == district, "id"].tolist()
        assert drawn[district][:number] == cases
        if number:  # no reserve for a stratum that is not sampled
            assert drawn[district] == drawn_ids(sample)[district]


@PROPERTY
@given(registers_with_a_size(), SEEDS, st.data())
def test_a_larger_sample_contains_the_smaller(
    made: tuple[pd.DataFrame, int, int], seed: str, data: st.DataObject
):
    """In every district whose number does not fall, the smaller draw begins the larger one."""
    register, minimum, size = made
    larger = data.draw(st.integers(size, len(register)))
    frame = build(register)
    plans = [sa.plan_sample(frame, number, minimum=minimum) for number in (size, larger)]
    few, many = (sa.draw(plan, seed=seed, reserve=0) for plan in plans)
    numbers = [plan.table.set_index("district")["sampled"] for plan in plans]
    smaller_ids, larger_ids = drawn_ids(few), drawn_ids(many)
    for district, cases in smaller_ids.items():
        if numbers[0][district] <= numbers[1][district]:
            assert cases == larger_ids[district][: len(cases)]


@PROPERTY
@given(registers(), SEEDS, st.data())
def test_a_removed_case_moves_nobody_else(register: pd.DataFrame, seed: str, data: st.DataObject):
    """Without one case all tickets and the order of all others are as they were."""
    assume(len(register) > 1)
    gone = data.draw(st.sampled_from(register["id"].tolist()))
    before = whole_order(register, seed)
    after = whole_order(register[register["id"] != gone], seed)
    assert [row for row in before if row[1] != gone] == after


def whole_order(register: pd.DataFrame, seed: str) -> list[tuple[str, str, str]]:
    """Return district, id and ticket of all cases, one sampled and the others in reserve."""
    frame = build(register)
    counts = dict.fromkeys(frame.strata["district"], 1)
    sample = sa.draw(sa.plan_from_counts(frame, counts), seed=seed, reserve=EVERYONE)
    rows = pd.concat([sample.cases, sample.reserve]).sort_values(["district", "order"])
    return list(rows[["district", "id", "ticket"]].itertuples(index=False, name=None))


@PROPERTY
@given(
    registers_with_a_size(),
    st.sampled_from(("proportional", "equal", "neyman")),
    st.sampled_from((0.0, 0.2, 1.5)),
)
def test_sizes_add_up(made: tuple[pd.DataFrame, int, int], allocation, reserve: float):
    """Plan, sample and register agree on every number, and nobody is drawn twice."""
    register, minimum, size = made
    frame = build(register)
    anticipated = 0.2 if allocation == "neyman" else None
    plan = sa.plan_sample(
        frame, size, minimum=minimum, allocation=allocation, anticipated=anticipated
    )
    table = plan.table
    assert len(register) == frame.size == table["population"].sum()
    assert len(register) == frame.population["population"].sum()
    assert size == plan.size == table["sampled"].sum()
    assert (table["sampled"] <= table["population"]).all()
    assert (table["sampled"] >= table["population"].clip(upper=minimum)).all()
    sample = sa.draw(plan, seed="sizes", reserve=reserve)
    assert size == sample.size
    spare = (table["sampled"] * reserve).map(lambda share: ceil(round(share, 9)))
    assert spare.clip(upper=table["population"] - table["sampled"]).sum() == len(sample.reserve)
    ids = [*sample.cases["id"], *sample.reserve["id"]]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(register["id"])
    for part in drawn_orders(sample):
        assert list(range(1, len(part) + 1)) == part


def drawn_orders(sample: sa.Sample) -> list[list[int]]:
    rows = pd.concat([sample.cases, sample.reserve])
    return [part["order"].tolist() for _, part in rows.groupby("district")]
