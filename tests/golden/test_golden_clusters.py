"""The clusters and cases that a fixed seed draws, computed with hashlib and sorting alone."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd

import sampleaudit as sa

SEED = "council meeting 2026-11-22, dice 4 1 6 2 5"
# Printed by:  printf '%s\t%s' 'council meeting 2026-11-22, dice 4 1 6 2 5|school' '104' | sha256sum
TICKET_OF_SCHOOL_104 = "ae4eed17b6bb0384696880b9940869bed869c799fe475e88d36911be7eeb83dd"
# Printed by:  python -c "from hashlib import sha256 as s; t = lambda x: s(f'council meeting
# 2026-11-22, dice 4 1 6 2 5|{x}'.encode()).digest(); print([(c, sorted((i for i in map(str,
# range(100, 140)) if i[-1] == c[-1]), key=t)[:3]) for c in sorted((str(c) for c in range(100,
# 110)), key=lambda c: t('school\t' + c))[:4]])"
GOLDEN = [
    ("108", ["128", "138", "118"]),
    ("106", ["126", "136", "116"]),
    ("102", ["132", "122", "112"]),
    ("100", ["120", "130", "110"]),
]


def register() -> pd.DataFrame:
    """Return forty cases of ten schools, some of which have the name of a case."""
    ids = [str(number) for number in range(100, 140)]
    return pd.DataFrame({"id": ids, "school": [f"10{case[-1]}" for case in ids]})


def drawn(clusters: int = 3, cases: int = 2, reserve: float = 0.3) -> sa.Sample:
    frame = sa.build_frame(register(), case_id="id", domains="school")
    plan = sa.plan_clusters(frame, cluster="school", clusters=clusters, cases=cases)
    return sa.draw(plan, seed=SEED, reserve=reserve)


def test_the_draw_in_two_stages_is_the_golden_one():
    """Three schools and two cases of each; the reserve has a third case, and a fourth school."""
    sample = drawn()
    assert [case for _, cases in GOLDEN[:3] for case in cases[:2]] == sample.cases["id"].tolist()
    expected = [cases[2] for _, cases in GOLDEN[:3]] + GOLDEN[3][1][:2]
    assert expected == sample.reserve["id"].tolist()
    clusters = sample.clusters
    assert clusters is not None
    assert [name for name, _ in GOLDEN] == clusters["school"].tolist()[:4]
    assert [2, 2, 2, 0] == clusters["sampled"].tolist()[:4]


def test_a_cluster_has_another_ticket_than_the_case_of_its_name():
    """A known SHA-256 of seed, bar, column, tab and name; case 104 has that of seed, bar, id."""
    clusters = drawn().clusters
    assert clusters is not None
    tickets = clusters.set_index("school")["ticket"]
    assert TICKET_OF_SCHOOL_104 == tickets["104"]
    cases = drawn(10, 4).cases.set_index("id")["ticket"]
    assert sha256(f"{SEED}|104".encode()).hexdigest() == cases["104"]


def test_each_stratum_draws_its_own_clusters():
    """By a plain sort of the schools of each stratum, then of the cases of each school."""
    table = register().assign(part=lambda rows: (rows["school"].astype(int) % 2).astype(str))
    frame = sa.build_frame(table, case_id="id", stratify_by="part", domains="school")
    plan = sa.plan_clusters(frame, cluster="school", clusters={"0": 2, "1": 3}, cases=3)
    sample = sa.draw(plan, seed="x").cases

    def ticket(text: str) -> bytes:
        return sha256(f"x|{text}".encode()).digest()

    expected = []
    for part, number in (("0", 2), ("1", 3)):
        inside = table[table["part"] == part]
        schools = sorted(inside["school"].unique(), key=lambda name: ticket(f"school\t{name}"))
        for school in schools[:number]:
            expected += sorted(inside["id"][inside["school"] == school], key=ticket)[:3]
    assert expected == sample["id"].tolist()
