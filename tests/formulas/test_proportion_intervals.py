"""R's intervals for rates: what defines them, and the edges. R's numbers: tests/reference."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy import special

from sampleaudit.formulas.proportions import (
    Proportion,
    ProportionMethod,
    asin_limits,
    likelihood_limits,
    proportion_limits,
)

METHODS = get_args(ProportionMethod)


def rates(*values: float, se: float = 0.03, n: int = 120, df: float = 110) -> Proportion:
    rate = np.array(values)
    return Proportion(rate, np.where((rate > 0) & (rate < 1), se, 0.0), *(
        np.full(rate.shape, float(each)) for each in (df, n, n)
    ))  # fmt: skip


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_at_its_limits_the_likelihood_has_fallen_by_what_defines_them(level: float):
    """2 n KL(R, R') = n / (n - 1) t^2 n se^2 / (R (1 - R)), from rare to common."""
    rate = rates(0.02, 0.1, 0.3, 0.9, 0.98, se=0.015)
    limits = proportion_limits("likelihood", rate, level=level)
    p, n = rate.rate, rate.used
    t = special.stdtrit(rate.df, (1 + level) / 2)
    expected = n / (n - 1) * t**2 * n * rate.se**2 / (p * (1 - p))
    for q in limits:
        fallen = 2 * n * (special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q))
        assert np.allclose(expected, fallen, rtol=1e-8)
    assert np.all(limits[0] < p)
    assert np.all(limits[1] > p)


def test_the_likelihood_interval_is_mirrored_with_the_rate():
    low, high = likelihood_limits(rates(0.07), 0.025)
    mirrored = likelihood_limits(rates(0.93), 0.025)
    assert np.allclose((low, high), (1 - mirrored[1], 1 - mirrored[0]), rtol=1e-12)


def test_asin_limits_are_cut_where_the_angle_leaves_the_quadrant():
    """sin^2 would rise again: at a rate of .001 the angle below is negative."""
    low, high = asin_limits(rates(0.001, 0.5, 0.999), 0.025)
    assert 0 == low[0]
    assert 1 == high[2]
    assert 0 < low[1] < 0.5 < high[1] < 1


@pytest.mark.parametrize("method", METHODS)
def test_the_limits_hold_the_rate_between_them(method: ProportionMethod):
    rate = rates(0.05, 0.4, 0.7)
    low, high = proportion_limits(method, rate, level=0.9)
    assert np.all(low < rate.rate)
    assert np.all(rate.rate < high)


@pytest.mark.parametrize("method", METHODS)
def test_at_a_rate_of_0_or_1_only_those_that_count_cases_have_limits(method: ProportionMethod):
    """Korn-Graubard and Wilson; the mean has a width of 0, for its caller to refuse."""
    low, high = proportion_limits(method, rates(0.0, 1.0), level=0.95)
    if method in ("korn-graubard", "wilson"):
        assert [0.0, 1.0] == [low[0], high[1]]
        assert 0 < high[0] < 0.05
        assert 0.95 < low[1] < 1
    elif method == "mean":
        assert [0.0, 0.0] == (high - low).tolist()
    else:
        assert np.isnan([low, high]).all()


def test_no_errors_among_n_cases_is_clopper_pearson():
    """1 - .025^(1/120): the rate at which 120 cases without an error have a chance of .025."""
    _, high = proportion_limits("korn-graubard", rates(0.0), level=0.95)
    assert pytest.approx(1 - 0.025 ** (1 / 120), rel=1e-12) == high[0]


@pytest.mark.parametrize("method", METHODS)
def test_without_degrees_of_freedom_there_are_no_limits(method: ProportionMethod):
    low, high = proportion_limits(method, rates(0.2, df=0), level=0.95)
    assert np.isnan([low[0], high[0]]).all()
