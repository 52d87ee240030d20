"""How often the worst-case limits for readers who err hold the true rate, simulated with a seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import sampleaudit as sa
from sampleaudit.formulas.agreement import binomial_limits, worst_rates

EACH = 1 - 0.05 / 3
"""The level of each of the three limits, as `review_sensitivity` has it at 95 %."""


@cache
def limits(found: int, size: int, population: int) -> tuple[float, float]:
    interval = sa.rate_interval(found, size, population, level=EACH)
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("errors", "sensitivity", "specificity", "read", "twice"),
    [(60, 0.8, 0.95, 80, 30), (20, 0.6, 0.99, 60, 60), (150, 0.9, 0.7, 100, 40)],
)
def test_the_worst_case_limits_hold_the_true_rate(
    errors: int, sensitivity: float, specificity: float, read: int, twice: int
):
    """At least 95 % of 2,000 audits of 300 cases; agreed outcomes are taken to be true."""
    population, runs = 300, 2_000
    chance = np.random.default_rng(20_261_122)
    truth = np.arange(population) < errors
    held = 0
    for _ in range(runs):
        right = chance.random(population) < np.where(truth, sensitivity, specificity)
        found = np.where(right, truth, ~truth)
        drawn = chance.permutation(population)[:read]
        double = drawn[:twice]
        low, high = limits(int(found[drawn].sum()), read, population)
        bad, good = double[truth[double]], double[~truth[double]]
        least, most = worst_rates(
            low,
            high,
            binomial_limits(int(found[bad].sum()), len(bad), level=EACH),
            binomial_limits(int((~found[good]).sum()), len(good), level=EACH),
        )
        held += least <= errors / population <= most
    assert held / runs >= 0.95
