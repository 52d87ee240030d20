"""The stratified interval: frozen values, special strata, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from sampleaudit.formulas.hypergeometric import total_limits
from sampleaudit.formulas.profile import profile_limits, upper_limit

TWO = ((60, 40), (20, 10))
EVEN = ((500, 300, 200), (50, 30, 20))
UNEVEN = ((1000, 300, 50), (40, 30, 25))
TWELVE = ((5000, 4000, 3000, 2000, 1500, 1200, 1000, 800, 600, 400, 300, 200), (30,) * 12)
Design = tuple[tuple[int, ...], tuple[int, ...]]
Strata = list[tuple[int, int, int]]


def limits(
    errors: tuple[int, ...], design: Design, tail: float, delta: float = 0.5
) -> tuple[int, int]:
    N, n = (np.array(part) for part in design)
    x = np.array(errors)
    low = int(N.sum()) - upper_limit(n - x, n, N, tail=tail, delta=delta)
    return low, upper_limit(x, n, N, tail=tail, delta=delta)


@pytest.mark.parametrize(
    ("design", "errors", "expected"),
    [
        pytest.param(TWO, (3, 1), ((5, 27), (6, 24)), id="two"),
        pytest.param(TWO, (0, 2), ((2, 20), (2, 18)), id="two-one-without"),
        pytest.param(TWO, (20, 4), ((65, 88), (67, 86)), id="two-one-all"),
        pytest.param(EVEN, (8, 5, 3), ((98, 242), (106, 229)), id="even"),
        pytest.param(EVEN, (0, 1, 0), ((1, 49), (1, 42)), id="even-rare"),
        pytest.param(UNEVEN, (6, 5, 4), ((115, 345), (127, 321)), id="uneven"),
        pytest.param(UNEVEN, (0, 0, 9), ((12, 93), (13, 77)), id="uneven-packed"),
        pytest.param(UNEVEN, (1, 12, 25), ((136, 295), (144, 276)), id="uneven-one-all"),
        pytest.param(
            TWELVE,
            (5, 4, 6, 3, 5, 4, 4, 5, 6, 3, 5, 4),
            ((2201, 4206), (2330, 4014)),
            id="twelve",
        ),
        pytest.param(
            TWELVE,
            (1, 0, 2, 0, 0, 3, 0, 1, 0, 4, 2, 0),
            ((274, 1237), (314, 1111)),
            id="twelve-rare",
        ),
    ],
)
def test_plain_profile_limits_of_an_independent_program(
    design: Design, errors: tuple[int, ...], expected: tuple[tuple[int, int], tuple[int, int]]
):
    """Plain profile, tails .025 and .05, by a program of its own with tables of log-factorials.

    It has the profile caseload from bisected tables, the exact lattice, convolution in loops
    (numba), and no transforms.
    """
    assert expected == tuple(limits(errors, design, tail, delta=0.0) for tail in (0.025, 0.05))


def test_an_error_less_never_raises_the_limit():
    """Twelve strata: at 637 the same findings but one keep a total that they themselves reject.

    The program above, which does not compare neighbouring findings, ends at 633.
    """
    x = (0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 1)
    fewer = (0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1)
    assert limits(fewer, TWELVE, 0.025, delta=0.0)[1] <= limits(x, TWELVE, 0.025, delta=0.0)[1]


@pytest.mark.parametrize("tail", [0.01, 0.025, 0.05])
def test_testing_more_caseloads_never_shortens(tail: float):
    """The plausible caseloads contain the profile caseload."""
    for design, errors in ((TWO, (3, 1)), (UNEVEN, (6, 5, 4)), (UNEVEN, (0, 0, 9))):
        plain, default = limits(errors, design, tail, 0.0), limits(errors, design, tail)
        assert default[0] <= plain[0] <= plain[1] <= default[1]


def test_one_stratum_is_the_exact_interval():
    """13 of 77, N = 500: between 50 and 131."""
    found = profile_limits([13], [77], [500], lower_tail=0.025, upper_tail=0.025)
    assert (50, 131) == found
    assert total_limits(13, 77, 500, lower_tail=0.025, upper_tail=0.025) == found


def test_scalars_are_one_stratum():
    """Numbers in place of lists of one."""
    assert (50, 131) == profile_limits(13, 77, 500, lower_tail=0.025, upper_tail=0.025)


def test_a_census_stratum_adds_what_was_found():
    """A stratum read whole shifts both limits by its errors."""
    low, high = profile_limits([3, 1], [20, 10], [60, 40], lower_tail=0.025, upper_tail=0.025)
    found = profile_limits([3, 4, 1], [20, 7, 10], [60, 7, 40], lower_tail=0.025, upper_tail=0.025)
    assert (low + 4, high + 4) == found


def test_a_stratum_not_read_may_hold_anything():
    """Nobody read the 12 cases of the second stratum: 0 to 12 more."""
    low, high = profile_limits([3, 1], [20, 10], [60, 40], lower_tail=0.025, upper_tail=0.025)
    found = profile_limits([3, 0, 1], [20, 0, 10], [60, 12, 40], lower_tail=0.025, upper_tail=0.025)
    assert (low, high + 12) == found


def test_everything_read_leaves_no_width():
    """All strata are censuses."""
    assert (5, 5) == profile_limits([3, 2], [9, 4], [9, 4], lower_tail=0.025, upper_tail=0.025)


def test_nothing_read_leaves_everything_possible():
    """No stratum was read."""
    assert (0, 13) == profile_limits([0, 0], [0, 0], [9, 4], lower_tail=0.025, upper_tail=0.025)


def test_a_side_without_tail_is_what_the_counts_allow():
    """At least the errors found, at most all but the cases found correct."""
    free = profile_limits([3, 1], [20, 10], [60, 40], lower_tail=None, upper_tail=0)
    assert (4, 74) == free
    both = profile_limits([3, 1], [20, 10], [60, 40], lower_tail=0.05, upper_tail=0.05)
    upper = profile_limits([3, 1], [20, 10], [60, 40], lower_tail=None, upper_tail=0.05)
    assert (4, both[1]) == upper


def test_no_errors_at_all_is_the_best_chance_of_finding_none():
    """With x = 0, S' <= 0 means X = 0, whose best chance is prod HG(0; N_h, T_h, n_h).

    All T_1 + T_2 = t are tried with scipy's hypergeom.
    """

    def chance(t: int) -> float:
        return max(
            hypergeom.pmf(0, 60, a, 20) * hypergeom.pmf(0, 40, t - a, 10)
            for a in range(max(0, t - 40), min(60, t) + 1)
        )

    expected = max(t for t in range(71) if chance(t) > 0.025)
    assert (0, expected) == limits((0, 0), TWO, 0.025)


def test_one_case_read_in_each_stratum():
    """n_h = 1 is an ordinary input: nothing found leaves much possible, but not everything."""
    low, high = profile_limits([0] * 6, [1] * 6, [9] * 6, lower_tail=0.025, upper_tail=0.025)
    assert 0 == low
    assert 9 < high < 48


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.2])
def test_ninety_eight_strata(rate: float):
    """The sizes of Danish municipalities' samples: limits around the estimate, mirrored exactly."""
    rng = np.random.default_rng(98)
    N, n = rng.integers(300, 900, 98), rng.integers(15, 26, 98)
    x = rng.binomial(n, rate)
    low, high = profile_limits(x, n, N, lower_tail=0.025, upper_tail=0.025)
    assert x.sum() <= low <= (N * x / n).sum() < high <= (N - n + x).sum()
    mirrored = profile_limits(n - x, n, N, lower_tail=0.025, upper_tail=0.025)
    assert (N.sum() - high, N.sum() - low) == mirrored


@st.composite
def findings(draw: st.DrawFn) -> Strata:
    """Draw a few strata, each (errors, reviewed, population), some read whole or not at all."""
    strata = []
    for _ in range(draw(st.integers(1, 4))):
        population = draw(st.integers(1, 60))
        reviewed = draw(st.integers(0, min(population, 12)))
        strata.append((draw(st.integers(0, reviewed)), reviewed, population))
    return strata


def limits_of(strata: Strata, tail: float = 0.025) -> tuple[int, int]:
    x, n, N = zip(*strata, strict=True)
    return profile_limits(x, n, N, lower_tail=tail, upper_tail=tail)


@settings(max_examples=40, deadline=None)
@given(findings())
def test_limits_hold_the_estimate_and_what_is_possible(strata: Strata):
    """Limits are ordered: sum x <= low <= estimate <= high <= sum (N - n + x), nearly."""
    low, high = limits_of(strata)
    read = [(x, n, N) for x, n, N in strata if n > 0]
    estimate = sum(N * x / n for x, n, N in read)
    free = sum(N for _, n, N in strata if n == 0)
    assert sum(x for x, _, _ in strata) <= low <= np.ceil(estimate)
    assert np.floor(estimate) <= high <= sum(N - n + x for x, n, N in strata)
    assert high >= free


@settings(max_examples=40, deadline=None)
@given(findings())
def test_errors_and_correct_exchange(strata: Strata):
    """The limits for the correct cases are N minus those for the errors, exactly."""
    low, high = limits_of(strata)
    total = sum(N for _, _, N in strata)
    assert (total - high, total - low) == limits_of([(n - x, n, N) for x, n, N in strata])


@settings(max_examples=40, deadline=None)
@given(findings(), st.randoms(use_true_random=False))
def test_the_order_of_the_strata_does_not_matter(strata: Strata, random: object):
    """The same limits for the strata in any order."""
    shuffled = list(strata)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert limits_of(strata) == limits_of(shuffled)


@settings(max_examples=40, deadline=None)
@given(findings(), st.integers(0, 3))
def test_one_error_more_never_lowers_a_limit(strata: Strata, place: int):
    """Monotone in one-case steps, both limits."""
    h = place % len(strata)
    x, n, N = strata[h]
    if x == n:
        return
    more = [*strata[:h], (x + 1, n, N), *strata[h + 1 :]]
    before, after = limits_of(strata), limits_of(more)
    assert before[0] <= after[0]
    assert before[1] <= after[1]


@settings(max_examples=40, deadline=None)
@given(findings(), st.floats(0.002, 0.2))
def test_a_smaller_tail_never_gives_a_shorter_interval(strata: Strata, tail: float):
    """Wider at a higher level."""
    low, high = limits_of(strata, tail)
    lower, higher = limits_of(strata, tail / 2)
    assert lower <= low <= high <= higher
