"""The nearby caseloads of a rate with a random denominator, against their definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas.ratio import DELTA, ratio_limits
from sampleaudit.formulas.ratio_law import Design, hypergeometric_rows, tails
from sampleaudit.formulas.ratio_profile import likeliest_caseloads, log_likelihood
from sampleaudit.formulas.ratio_worst import WorstTail

Floats = NDArray[np.float64]

# errors, correct, others per stratum; stratum sizes
SAMPLES = [
    pytest.param([(1, 4, 2), (1, 2, 1)], [20, 9], id="two strata"),
    pytest.param([(0, 4, 1), (2, 2, 1)], [30, 12], id="no errors in one"),
    pytest.param([(0, 5, 1), (0, 3, 2), (1, 2, 0)], [40, 15, 6], id="three strata"),
]


@pytest.mark.parametrize(("found", "sizes"), SAMPLES)
@pytest.mark.parametrize("place", [0.3, 0.6])
def test_a_tilt_moves_the_caseload_to_where_likelihood_and_tilt_are_greatest(
    found: list[tuple[int, ...]], sizes: list[int], place: float
) -> None:
    """Mixtures with other caseloads of the rate, made by other tilts, are never better."""
    counts, N = np.array(found, dtype=float).T, np.array(sizes, dtype=float)
    draws = np.random.default_rng(20261122)
    tilts = 0.1 * draws.normal(size=(20, *counts.shape))
    totals = at_rate(counts, N, place, tilts)
    for own, tilt in zip(totals, tilts, strict=True):
        best = worth(own[None], counts, tilt)[0]
        between = own + 0.2 * (totals - own)
        assert pytest.approx(N, rel=1e-9) == own.sum(axis=0)
        assert (worth(between, counts, tilt) <= best + 1e-6).all()


@pytest.mark.parametrize(("found", "sizes"), SAMPLES)
def test_the_worst_tail_is_near_that_of_the_worst_plausible_caseload(
    found: list[tuple[int, ...]], sizes: list[int]
) -> None:
    """Of caseloads of the rate on the border, in 400 seeded directions, none gives 1.4 times it.

    In these tiny designs the tail jumps from caseload to caseload; without the margin it is .029.
    """
    counts, N = np.array(found, dtype=float).T, np.array(sizes, dtype=float)
    design = Design(counts.sum(axis=0), N, N, np.zeros(2))
    _, high = ratio_limits(
        counts[0], counts[:2].sum(axis=0), counts.sum(axis=0), N, lower_tail=None, upper_tail=0.05
    )
    worst = WorstTail(design, counts, 0.05, DELTA)
    worst.look_ahead(np.array([high * 0.98, high]))
    reached = worst(high)
    assert pytest.approx(0.05, rel=0.02) == reached
    least = counts[0].sum() / (counts[:2].sum() + N.sum() - counts.sum())
    most = 1 - counts[1].sum() / (counts[:2].sum() + N.sum() - counts.sum())
    place = (high - least) / (most - least)
    draws = np.random.default_rng(20261122)
    borders = plausible(counts, N, place, draws.normal(size=(400, *counts.shape)))
    rows = np.repeat(counts[None], len(borders), axis=0)
    rates = np.full(len(borders), high)
    assert (log_likelihood(borders, rows) >= best_fit(counts, N, place) - DELTA - 1e-6).all()
    assert tails(design, rows, borders, rates, "given").max() <= 1.4 * reached


def test_without_a_margin_only_the_likeliest_caseload_counts() -> None:
    counts, N = np.array([[1.0, 1], [4, 2], [2, 1]]), np.array([20.0, 9])
    design = Design(counts.sum(axis=0), N, N, np.zeros(2))
    rate = np.array([0.5])
    totals, _ = likeliest_caseloads(counts[None], N, rates=rate, known=np.zeros(1))
    expected = tails(design, counts[None], totals, rate, "given")[0]
    assert pytest.approx(expected) == WorstTail(design, counts, 0.05, 0.0)(0.5)


def test_the_law_of_a_sample_drawn_anew_is_that_of_all_samples() -> None:
    """Errors, correct and others multivariate hypergeometric; real totals by the same ratios."""
    E, A, N, n = np.array([5.0, 2]), np.array([9.0, 6]), np.array([14.0, 8]), np.array([5.0, 3])
    counts = np.array([[1.0, 1], [3, 1]])
    rate = float(E.sum() / A.sum())
    design = Design(n, N, A, np.zeros(2))
    actual = tails(design, counts[None], np.stack([E, A - E])[None], np.array([rate]), "anew")[0]
    w, d = N / n, float((N / n * (counts[0] - rate * counts.sum(axis=0))).sum())
    expected = 0.0
    each = [[(e, a) for a in range(int(read) + 1) for e in range(a + 1)] for read in n]
    for outcome in product(*each):
        chance = 1.0
        for h, (e, a) in enumerate(outcome):
            among = hypergeometric_rows(A[h], N[h] - A[h], n[h])
            errors = hypergeometric_rows(E[h], A[h] - E[h], np.array(float(a)))
            chance *= among[a] * errors[e]
        e, a = np.array(outcome, dtype=float).T
        expected += chance * ((w * (e - rate * a)).sum() <= d + 1e-9)
    assert pytest.approx(expected, abs=1e-7) == actual


def at_rate(counts: Floats, N: Floats, place: float, tilts: Floats) -> Floats:
    """Return the caseloads that tilts lead to, all with one rate between the possible ones."""
    applicable = counts[:2].sum() + N.sum() - counts.sum()
    least, most = counts[0].sum() / applicable, 1 - counts[1].sum() / applicable
    rates = np.full(len(tilts), least + place * (most - least))
    rows = np.repeat(counts[None], len(tilts), axis=0)
    totals, _ = likeliest_caseloads(rows, N, rates=rates, known=np.zeros(len(tilts)), tilts=tilts)
    return totals


def best_fit(counts: Floats, N: Floats, place: float) -> float:
    """Return the largest log-likelihood of a caseload with this rate."""
    none = np.zeros((1, *counts.shape))
    return float(log_likelihood(at_rate(counts, N, place, none), counts[None])[0])


def plausible(counts: Floats, N: Floats, place: float, directions: Floats) -> Floats:
    """Return, for each direction, the caseload furthest that way that is plausible."""
    floor = best_fit(counts, N, place) - DELTA
    rows = np.repeat(counts[None], len(directions), axis=0)
    inner = at_rate(counts, N, place, np.zeros_like(directions))
    outer = at_rate(counts, N, place, directions)
    low, high = np.zeros(len(directions)), np.ones(len(directions))
    for _ in range(30):
        middle = (low + high) / 2
        fits = log_likelihood(inner + middle[:, None, None] * (outer - inner), rows) >= floor
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return inner + low[:, None, None] * (outer - inner)


def worth(totals: Floats, counts: Floats, tilt: Floats) -> Floats:
    """Return the log-likelihood plus the tilt."""
    rows = np.repeat(counts[None], len(totals), axis=0)
    return log_likelihood(totals, rows) + (tilt * totals).sum(axis=(1, 2))
