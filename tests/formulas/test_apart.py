"""The least error at which the limits of two rates are apart."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.apart import Counts, least_error_apart
from sampleaudit.formulas.hypergeometric import total_limits

PAIRS = [
    ((9, 12, 60), (1, 15, 40)),
    ((6, 22, 24), (0, 22, 300)),
    ((5, 5, 30), (2, 8, 9)),
    ((30, 120, 500), (10, 130, 900)),
    ((1, 10, 50), (1, 10, 50)),
]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_it_is_where_the_limits_part(a: tuple[int, ...], b: tuple[int, ...]):
    """Just below it the lower limit of a is not above the upper one of b; just above it is."""
    first, second = (Counts(*(np.array([each]) for each in side)) for side in (a, b))
    alpha = float(least_error_apart(first, second)[0])

    def apart(error: float) -> bool:
        low = total_limits(*a, lower_tail=error / 4, upper_tail=error / 4)[0]
        high = total_limits(*b, lower_tail=error / 4, upper_tail=error / 4)[1]
        return low / a[2] > high / b[2]

    if alpha < 1:
        assert apart(alpha * (1 + 1e-6))
    assert not apart(alpha * (1 - 1e-6))


def test_rows_are_worked_out_by_themselves():
    """All pairs at once give what each gives."""
    sides = [Counts(*np.array([pair[side] for pair in PAIRS]).T) for side in (0, 1)]
    together = least_error_apart(*sides)
    for row, pair in enumerate(PAIRS):
        alone = least_error_apart(*(Counts(*np.array([side]).T) for side in pair))
        assert pytest.approx(alone[0]) == together[row]
