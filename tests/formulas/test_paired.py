"""The change of a rate when the same cases were read twice."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.paired import product_limits


def limits(gain: tuple[float, ...], changed: tuple[float, ...]) -> tuple[float, float]:
    low, high = product_limits(
        tuple(np.array([each]) for each in gain), tuple(np.array([each]) for each in changed)
    )
    return float(low[0]), float(high[0])


@pytest.mark.parametrize("low", [-0.9, -0.2, -0.01, 0.01, 0.2, 0.59])
def test_the_product_is_above_0_exactly_where_the_gain_is(low: float):
    """So that McNemar's test and the limits tell the same."""
    found = limits((0.6, low, 0.95), (0.2, 0.12, 0.31))
    assert (low > 0) == (found[0] > 0)
    assert found[0] <= 0.6 * 0.2 <= found[1]


def test_limits_change_sign_with_better_and_worse():
    """Exchanging them exchanges the limits."""
    found = limits((0.4, -0.1, 0.8), (0.2, 0.12, 0.31))
    other = limits((-0.4, -0.8, 0.1), (0.2, 0.12, 0.31))
    assert pytest.approx((-found[1], -found[0])) == other


def test_where_half_of_many_got_worse_the_change_may_be_large():
    """The limits take in that more may have changed than were seen to."""
    low, high = limits((0.0, -0.9, 0.9), (0.1, 0.02, 0.3))
    assert pytest.approx(-0.9 * (0.1**2 + 0.2**2) ** 0.5) == low == -high
