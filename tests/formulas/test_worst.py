"""The search for the worst plausible caseload where there are too many to go through."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.lattice import build_lattice
from sampleaudit.formulas.plausible import Search
from sampleaudit.formulas.worst import profile_tails, worst_tail

SEVENTEEN = (
    (
        550,
        609,
        637,
        704,
        766,
        882,
        1066,
        1159,
        1347,
        1453,
        1602,
        1708,
        1840,
        2139,
        2619,
        2648,
        2665,
    ),
    (23, 8, 11, 32, 23, 34, 21, 14, 24, 2, 9, 24, 9, 3, 18, 39, 4),
    (0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
)
TWELVE = (
    (200, 300, 400, 600, 800, 1000, 1200, 1500, 2000, 3000, 4000, 5000),
    (30,) * 12,
    (1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0),
)


def search_of(
    design: tuple[tuple[int, ...], ...], delta: float, *, tail: float = 0.025
) -> tuple[Search, np.ndarray]:
    N, n, x = (np.array(part) for part in design)
    return Search(build_lattice(n, N), tail, delta), x


def test_many_strata_of_very_unequal_weight():
    """The profile caseload has .0227; hundreds of exchanges from six starts led to .0327."""
    search, x = search_of(SEVENTEEN, 0.5)
    profile = profile_tails(search, x[None], np.array([1995]))[0]
    assert 0.0227 == pytest.approx(profile, abs=1e-4)
    assert worst_tail(search, x, 1995) >= 0.0325


@pytest.mark.parametrize(("total", "tail"), [(700, 0.025), (900, 0.008)])
def test_more_plausible_caseloads_have_a_worse_worst(total: int, tail: float):
    """Nested sets: the tail rises with delta, and the rough search never passes the full one."""
    tails = []
    for delta in (0.0, 0.25, 0.5, 1.0):
        search, x = search_of(TWELVE, delta, tail=tail)
        tails.append(worst_tail(search, x, total))
        assert worst_tail(search, x, total, rough=True) <= tails[-1] * (1 + 1e-9)
    assert sorted(tails) == tails


def test_equal_fractions_leave_little_to_choose():
    """With N_h / n_h the same, S counts errors: the worst is hardly worse than the profile."""
    search, x = search_of(((500, 300, 200), (50, 30, 20), (8, 5, 3)), 0.5)
    profile = profile_tails(search, x[None], np.array([243]))[0]
    assert profile <= worst_tail(search, x, 243) <= profile * 1.01
