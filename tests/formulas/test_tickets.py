"""Choosing the smallest tickets, against a plain sort."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

from sampleaudit.formulas.tickets import rank_within, smallest_tickets, tickets


def test_digests_are_those_of_hashlib():
    """Every row is the digest of seed, bar, id."""
    ids = [f"case {number}" for number in range(70_000)]  # more than one batch
    digests = tickets("s", ids)
    for row in (0, 1_023, 1_024, 69_999):
        assert sha256(f"s|{ids[row]}".encode()).digest() == digests[row].tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_are_those_of_a_plain_sort(seed: int):
    """For random strata and numbers, including none and all, the rows are those of sorted()."""
    generator = np.random.default_rng(seed)
    strata = generator.integers(0, 6, size=3_000)
    digests = tickets(f"seed {seed}", [str(number) for number in range(3_000)])
    sizes = np.bincount(strata, minlength=6)
    take = np.array([0, 1, sizes[2], sizes[3] - 1, 40, 5])
    expected: list[int] = []
    for stratum in range(6):
        rows = sorted(np.flatnonzero(strata == stratum), key=lambda row: digests[row].tobytes())
        expected += rows[: take[stratum]]
    assert expected == smallest_tickets(digests, strata, take).tolist()


def test_a_bar_that_proves_too_low_keeps_the_whole_stratum():
    """Tickets that are all large, as no hash is, are still drawn right."""
    digests = np.full((5_000, 32), 255, dtype=np.uint8)
    digests[:, 31] = np.arange(5_000) % 256
    rows = smallest_tickets(digests, np.zeros(5_000, dtype=np.intp), np.array([3]))
    assert [0, 256, 512] == rows.tolist()


def test_equal_tickets_keep_the_order_of_the_rows():
    """Rows sorted by id break ties by id."""
    rows = smallest_tickets(
        np.zeros((4, 32), dtype=np.uint8), np.array([1, 0, 1, 0]), np.array([1, 2])
    )
    assert [1, 0, 2] == rows.tolist()


def test_rank_within_counts_from_zero_in_each_stratum():
    """Places within runs of equal strata."""
    assert [0, 1, 0, 0, 1, 2] == rank_within(np.array([2, 2, 5, 7, 7, 7])).tolist()
    assert [] == rank_within(np.array([], dtype=np.intp)).tolist()
