"""The case ids that a fixed seed draws, computed with hashlib and sorting alone."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd

import sampleaudit as sa

SEED = "council meeting 2026-11-22, dice 4 1 6 2 5"
# Printed by:  python -c "from hashlib import sha256 as s; print([i for _, i in sorted((s(f'council
# meeting 2026-11-22, dice 4 1 6 2 5|{i}'.encode()).digest(), i) for i in map(str, range(100, 140)))
# [:10]])"
GOLDEN = ["131", "128", "132", "120", "126", "138", "113", "117", "122", "112"]


def register() -> pd.DataFrame:
    return pd.DataFrame({"id": [str(number) for number in range(100, 140)]})


def test_the_draw_is_the_golden_one():
    """The library draws the ids that were computed without it, sample first, then reserve."""
    plan = sa.plan_sample(sa.build_frame(register(), case_id="id"), 8)
    sample = sa.draw(plan, seed=SEED, reserve=0.25)
    assert GOLDEN[:8] == sample.cases["id"].tolist()
    assert GOLDEN[8:] == sample.reserve["id"].tolist()


def test_a_ticket_is_the_hash_of_seed_bar_id():
    """A known SHA-256, as ``printf 'council...|105' | sha256sum`` prints it."""
    plan = sa.plan_sample(sa.build_frame(register(), case_id="id"), 40)
    tickets = sa.draw(plan, seed=SEED).cases.set_index("id")["ticket"]
    assert "984c6624eeda15b9b4f568e3c360ba04e62cafdac47a7df7573de5b113fb7912" == tickets["105"]


def test_strata_are_drawn_each_by_itself():
    """In every stratum the drawn cases are those with the smallest hashes, by a plain sort."""
    table = register().assign(part=lambda cases: cases["id"].str[-1].isin(list("0123")).map(str))
    plan = sa.plan_sample(sa.build_frame(table, case_id="id", stratify_by="part"), 12)
    drawn = sa.draw(plan, seed="x").cases
    for part, cases in table.groupby("part"):
        number = int(plan.table.set_index("part")["sampled"][part])
        ranked = sorted(cases["id"], key=lambda case: sha256(f"x|{case}".encode()).digest())
        assert ranked[:number] == drawn.loc[drawn["part"] == part, "id"].tolist()


def test_danish_letters_are_hashed_as_nfc_utf8():
    """An id typed with a combining ring has the ticket of the single letter."""
    table = pd.DataFrame({"id": ["Sag A\u030a1", "Sag B2"]})
    plan = sa.plan_sample(sa.build_frame(table, case_id="id"), 2)
    cases = sa.draw(plan, seed="x").cases.set_index("id")
    expected = sha256("x|Sag \u00c51".encode()).hexdigest()
    assert expected == cases.loc["Sag \u00c51", "ticket"]
