"""Cut points of a numeric variable: the rules against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from sampleaudit.formulas.cut_points import cumulative_root_cuts, geometric_cuts


def test_geometric_cuts_multiply_by_the_same_number():
    """Gunning and Horgan (2004), their example: 5 to 50,000 in four strata, ratio 10."""
    np.testing.assert_allclose([50, 500, 5000], geometric_cuts([5, 123, 50_000], 4), rtol=1e-12)


def test_evenly_spread_values_are_cut_evenly():
    """Classes of like frequency: strata of as many classes each."""
    cuts = cumulative_root_cuts(np.arange(1200) / 1200, 4, 60)
    np.testing.assert_allclose([0.25, 0.5, 0.75], cuts, atol=0.02)


@pytest.mark.parametrize("seed", range(10))
def test_sums_of_roots_are_as_alike_as_their_rule_allows(seed):
    """The definition written as a loop over all combinations of ends."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(0, 1, 300)
    strata, classes = 4, 40
    edges = x.min() + np.ptp(x) * np.arange(classes + 1) / classes
    counts = np.histogram(x, edges)[0]
    roots = np.sqrt(counts)
    share = roots.sum() / strata
    best = (np.inf, ())
    for choice in np.ndindex(*(2,) * (strata - 1)):
        ends, start = [], 0
        for later in choice:
            sums = np.cumsum(roots[start:])
            ends.append(start + int(((sums > 0) & (sums < share)).sum()) + later)
            start = ends[-1]
            if start >= classes:
                break
        if len(ends) == strata - 1 and len({0, *ends, classes}) == strata + 1:
            parts = [part.sum() for part in np.split(roots, ends)]
            best = min(best, (sum((part - share) ** 2 for part in parts), tuple(ends)))
    np.testing.assert_allclose(
        edges[list(best[1])], cumulative_root_cuts(x, strata, classes), rtol=1e-12
    )


def test_values_that_nearly_all_cases_share_make_fewer_strata():
    """99 of 100 cases in the first class: it cannot be cut, so two strata are what there is."""
    x = np.concatenate([np.zeros(9_900), np.full(1, 10.0)])
    assert 1 == len(cumulative_root_cuts(x, 4, 2))
