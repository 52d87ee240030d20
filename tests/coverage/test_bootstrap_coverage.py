"""How often intervals from replicate weights hold the truth, in a simulated register.

Three strata at unequal fractions and skewed amounts, half of them 0: what amounts in error look
like. Every coverage must be within four binomial standard errors of what a long run gave.
"""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.design import Design, degrees_of_freedom
from sampleaudit.formulas.replicate_bootstrap import bootstrap
from sampleaudit.formulas.replicates import (
    jackknife,
    percentile_limits,
    replicate_covariance,
    t_limits,
)

POPULATION, DRAWN = (400, 150, 60), (40, 30, 20)
SAMPLES, REPLICATES = 400, 200
TAILS = {"lower_tail": 0.025, "upper_tail": 0.025}


def register() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return stratum, amount paid and amount in error of every case of the register."""
    chance = np.random.default_rng(1)
    strata = np.repeat(np.arange(3), POPULATION)
    paid = chance.lognormal(8 + 0.4 * strata, 0.6)
    wrong = paid * chance.uniform(0, 1, len(paid)) * (chance.random(len(paid)) < 0.5)
    return strata, paid, wrong


def medians(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the smallest value that half of the weight lies at or below, for rows of weights."""
    order = np.argsort(values)
    share = np.cumsum(weights[:, order], axis=1)
    place = (share < share[:, -1:] / 2).sum(axis=1)
    return values[order][place]


@pytest.mark.slow
def test_intervals_from_replicates_hold_about_as_often_as_they_say() -> None:
    strata, paid, wrong = register()
    truth = {"median paid": medians(paid, np.ones((1, len(paid))))[0],
             "share in error": wrong.sum() / paid.sum()}  # fmt: skip
    held = dict.fromkeys(EXPECTED, 0)
    chance = np.random.default_rng(2)
    members = [np.flatnonzero(strata == h) for h in range(3)]
    for number in range(SAMPLES):
        rows = np.concatenate(
            [chance.choice(each, n, replace=False) for each, n in zip(members, DRAWN, strict=True)]
        )
        h = strata[rows]
        design = Design(
            (np.array(POPULATION) / DRAWN)[h], h, np.arange(len(rows)), np.array(POPULATION, float)
        )
        y, x = wrong[rows], paid[rows]
        sets = {"jackknife": jackknife(design, lonely="fail"),
                "bootstrap": bootstrap(design, replicates=REPLICATES, seed=number)}  # fmt: skip
        own = design.weights[np.newaxis]
        for method, replicates in sets.items():
            weights = np.array(list(replicates))
            values = {"median paid": medians(x, weights),
                      "share in error": weights @ y / (weights @ x)}  # fmt: skip
            estimates = {"median paid": medians(x, own)[0],
                         "share in error": (own @ y / (own @ x))[0]}  # fmt: skip
            for name, each in values.items():
                centre = estimates[name]
                se = np.sqrt(replicate_covariance(each[:, None], replicates.scales, centre=centre))
                limits = {"t": t_limits(centre, se[0, 0], degrees_of_freedom(design), **TAILS)}
                if method == "bootstrap":
                    limits["percentile"] = percentile_limits(each, **TAILS)
                for interval, (low, high) in limits.items():
                    held[name, method, interval] += bool(low <= truth[name] <= high)
    lines = [f"  {', '.join(key):40} {count / SAMPLES:.3f}" for key, count in held.items()]
    print(f"\nnominal .95, {SAMPLES} samples", *lines, sep="\n")  # noqa: T201 - evidence, with -s
    for key, expected in EXPECTED.items():
        slack = 4 * np.sqrt(expected * (1 - expected) / SAMPLES)
        assert abs(held[key] / SAMPLES - expected) <= slack, key


EXPECTED: dict[tuple[str, str, str], float] = {
    ("median paid", "jackknife", "t"): 0.788,  # why it is for smooth statistics only
    ("median paid", "bootstrap", "t"): 0.941,
    ("median paid", "bootstrap", "percentile"): 0.950,
    ("share in error", "jackknife", "t"): 0.946,
    ("share in error", "bootstrap", "t"): 0.941,
    ("share in error", "bootstrap", "percentile"): 0.946,
}
"""Of 3,000 samples of this program (``SAMPLES = 3000``)."""
