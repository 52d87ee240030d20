"""Who reads which case: balanced, reproducible, and blind."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from review_filling import Book, fill, filled, small_checklist, write_book

import sampleaudit as sa
from sampleaudit.review.assignments import assign, commitment_to


@pytest.mark.parametrize("reviewers", [["AB"], ["AB", "CD"], ["A", "B", "C", "D", "E"]])
def test_every_reviewer_gets_a_like_share_of_every_stratum(sample: sa.Sample, reviewers: list[str]):
    """Shares differ by one case at most, in all and in each stratum; every case is read once."""
    table = assign(sample, reviewers=reviewers).to_frame()
    assert sorted(sample.cases["case_id"]) == sorted(table["case_id"])
    merged = table.merge(sample.cases, on="case_id")
    for part in [merged, *(group for _, group in merged.groupby("district"))]:
        shares = [int((part["reviewer"] == name).sum()) for name in reviewers]
        assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(("share", "count"), [(0.1, 3), (0.25, 6), (0.5, 12), (1.0, 24)])
@pytest.mark.parametrize("reviewers", [["AB", "CD"], ["A", "B", "C", "D", "E"]])
def test_second_readings_are_balanced_and_by_another(
    sample: sa.Sample, reviewers: list[str], share: float, count: int
):
    """The share is rounded up; a case is read twice at most, and never by one person."""
    found = assign(sample, reviewers=reviewers, double_review=share, review_seed="x")
    first, second = dict(found.first), dict(found.second)
    assert count == len(second)
    assert all(first[case] != reader for case, reader in second.items())
    for pairs in (first, second):
        shares = Counter({**dict.fromkeys(reviewers, 0), **Counter(pairs.values())})
        assert max(shares.values()) - min(shares.values()) <= 2
    given = Counter(first[case] for case in second)
    assert max(given.values()) - min(given.get(name, 0) for name in reviewers) <= 1


def test_the_seed_decides(sample: sa.Sample):
    """The same seed gives the same assignments, whatever the order of the names; another others."""
    options = {"double_review": 0.25}
    one = assign(sample, reviewers=["AB", "CD"], review_seed="x", **options)
    same = assign(sample, reviewers=["CD", "AB"], review_seed="x", **options)
    other = assign(sample, reviewers=["AB", "CD"], review_seed="y", **options)
    assert (one.first, one.second) == (same.first, same.second)
    assert one.second != other.second


def test_what_is_read_twice_does_not_follow_from_the_public_seed(sample: sa.Sample):
    """Without a seed of its own it comes from the operating system, new each time."""
    one, other = (assign(sample, reviewers=["AB", "CD"], double_review=0.25) for _ in range(2))
    assert one.review_seed != other.review_seed
    assert 32 == len(one.review_seed)
    assert one.review_seed not in repr(one)
    assert one.commitment in repr(one)


def test_without_double_review_the_assignments_are_public(sample: sa.Sample):
    """They follow from the draw, so nothing need be kept, and nothing is recorded."""
    one, other = (assign(sample, reviewers=["AB", "CD"]) for _ in range(2))
    assert one == other
    assert "" == one.commitment


def test_the_commitment_is_a_hash_that_anyone_can_compute():
    """SHA-256 of a label, a bar and the seed."""
    expected = sha256(b"sampleaudit review seed|dice 4 1 6").hexdigest()
    assert expected == commitment_to("dice 4 1 6")


@pytest.fixture
def read(sample: sa.Sample, register: pd.DataFrame, tmp_path: Path) -> sa.Findings:
    """Return what two reviewers found, a quarter of the cases read by both."""
    options = {"double_review": 0.25, "review_seed": "dice 4 1 6", "name": "{reviewer}.xlsx"}
    write_book(sample, register, tmp_path, **options)
    parts = []
    for name in ("AB", "CD"):
        path = Book(tmp_path / f"{name}.xlsx").change(lambda made, name=name: fill(made[name]))
        parts.append(sa.read_workbook(path, sample=sample, checklist=small_checklist()))
    return sa.merge_findings(parts)


def test_the_seed_is_revealed_when_the_review_is_over(read: sa.Findings, sample: sa.Sample):
    """It gives the readings that the workbooks had, first and second."""
    found = sa.reveal_double_review(read, "dice 4 1 6")
    expected = assign(sample, reviewers=["AB", "CD"], double_review=0.25, review_seed="dice 4 1 6")
    assert (expected.first, expected.second) == (found.first, found.second)
    assert {case for case, _ in found.second} == set(read.reviews.doubly_read)


def test_a_seed_that_was_not_committed_to_is_refused(read: sa.Findings):
    """Nobody can choose afterwards which cases were to be read twice."""
    with pytest.raises(sa.AuditError, match="not the seed of the double review"):
        sa.reveal_double_review(read, "dice 1 1 1")


def test_findings_that_lack_a_workbook_do_not_reveal(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """One reviewer's workbook alone does not show who read what."""
    book, _ = write_book(
        sample, register, tmp_path, double_review=0.25, review_seed="s", name="{reviewer}.xlsx"
    )
    part = sa.read_workbook(tmp_path / "AB.xlsx", sample=sample, checklist=small_checklist())
    with pytest.raises(sa.AuditError, match="cases were not given to reviewers as the seed says"):
        sa.reveal_double_review(part, "s")
    assert not book.path.exists()


def test_findings_without_double_review_have_nothing_to_reveal(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """Said plainly."""
    book, _ = write_book(sample, register, tmp_path)
    found = sa.read_workbook(book.path, sample=sample, checklist=small_checklist())
    with pytest.raises(sa.AuditError, match="nothing to reveal"):
        sa.reveal_double_review(found, "s")


def test_which_reading_counts_is_fixed_beforehand(read: sa.Findings, sample: sa.Sample):
    """By a hash of draw, case and reviewer; each of the two counts in some of the cases."""
    identity = read.reviews.identity
    counting = read.reviews.counting()
    chosen = set()
    for case in read.reviews.doubly_read:
        tickets = {
            name: sha256(f"{identity}|{case}|{name}".encode()).digest() for name in ("AB", "CD")
        }
        assert min(tickets, key=tickets.__getitem__) == counting[case].reviewer
        chosen.add(counting[case].reviewer)
    assert {"AB", "CD"} == chosen
    assert sample.size == len(counting)


def test_both_readings_of_a_case_are_kept(
    sample: sa.Sample, register: pd.DataFrame, tmp_path: Path
):
    """Where reviewers disagree, the findings take one and the reviews hold both."""
    book, assignments = write_book(sample, register, tmp_path, double_review=0.25, review_seed="s")

    def disagree(made: Workbook) -> None:
        filled(made)
        column = book.columns("AB")
        for row in made["AB"].iter_rows(min_row=4):
            for key in ("answer:plan missing", "answer:plan incomplete", "date:planned"):
                value = "exempt" if key == "answer:plan missing" else None
                row[column[key] - 1].value = value

    found = sa.read_workbook(book.change(disagree), sample=sample, checklist=small_checklist())
    case = assignments.second[0][0]
    table = found.reviews.to_frame(case_id="case_id").set_index(["case_id", "reviewer"])
    assert "exempt" == table.loc[(case, "AB"), "plan missing"]
    assert "exempt" != table.loc[(case, "CD"), "plan missing"]
