"""Limits that hold for every number of errors, whatever prior they are short for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom, hypergeom

from sampleaudit.formulas import hypergeometric
from sampleaudit.formulas.shortest_on_average import total_limits

PRIORS = {"near 10 %": (3.0, 27.0), "near 60 %": (12.0, 8.0), "anywhere": (1.0, 1.0)}


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(("n", "N"), [(22, 60), (22, 110), (10, 24), (5, 300), (30, 31)])
@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_they_hold_for_every_number_of_errors(n: int, N: int, alpha: float, prior: str):
    """Coverage by enumeration of every sample count, also where the prior is far off."""
    law = betabinom.pmf(range(n + 1), n, *PRIORS[prior])
    limits = [total_limits(x, n, N, alpha=alpha, predictive=law) for x in range(n + 1)]
    for T in range(N + 1):
        held = [low <= T <= high for low, high in limits]
        assert hypergeom.pmf(range(n + 1), N, T, n)[held].sum() >= 1 - alpha - 1e-9


def test_they_are_shorter_where_the_prior_is_right():
    """22 of 110 read, rates near 10 %: a mean width, over the prior, below the usual by 10 %."""
    n, N, prior = 22, 110, (3.0, 27.0)
    law = betabinom.pmf(range(n + 1), n, *prior)
    own = [np.ptp(total_limits(x, n, N, alpha=0.05, predictive=law)) for x in range(n + 1)]
    usual = [
        np.ptp(hypergeometric.total_limits(x, n, N, lower_tail=0.025, upper_tail=0.025))
        for x in range(n + 1)
    ]
    assert law @ own < 0.9 * (law @ usual)
