"""Limits of a rate with a random denominator: known values, plain inputs, and what must hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from sampleaudit.formulas.profile import upper_limit
from sampleaudit.formulas.ratio import domain_limits, ratio_limits

TWO_SIDED = {"lower_tail": 0.025, "upper_tail": 0.025}
ROUNDING = 1e-12
NEAR = 2e-5  # two roots found to 1e-6 in different ways, and what moving to a grid can shift


class Sample(NamedTuple):
    """Counts per stratum: errors, correct, not applicable, and not read."""

    errors: list[int]
    correct: list[int]
    others: list[int]
    unread: list[int]

    @property
    def arguments(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """Errors, applicable, reviewed, population."""
        e, b, c, rest = (np.array(column) for column in self)
        return e.tolist(), (e + b).tolist(), (e + b + c).tolist(), (e + b + c + rest).tolist()

    @property
    def mirrored(self) -> Sample:
        """Errors and correct exchanged."""
        return self._replace(errors=self.correct, correct=self.errors)

    @property
    def rate(self) -> float:
        """The estimate sum w e / sum w a; nan where none is applicable."""
        e, a, n, N = (np.array(column, dtype=float) for column in self.arguments)
        w = N / np.maximum(n, 1)
        return float((w * e).sum() / (w * a).sum()) if a.any() else float("nan")


@st.composite
def samples(draw: st.DrawFn, least: int = 1) -> Sample:
    """Up to three strata with at least so many cases read, some of them census strata."""
    rows = draw(
        st.lists(
            st.tuples(*[st.integers(0, 6)] * 3, st.one_of(st.just(0), st.integers(0, 90))).filter(
                lambda row: sum(row[:3]) >= least and sum(row) > 0
            ),
            min_size=1,
            max_size=3,
        )
    )
    return Sample(*(list(column) for column in zip(*rows, strict=True)))


# Limits to four digits from a separate compiled program (bisection throughout, convolution by
# loops on 4,096 points, which moves a limit outward by up to .0002); the exact ones, all outcomes
# enumerated, are .0904, .2947 for the second and .0292, .1618 for the last. All of them without a
# margin for nearby caseloads.
@pytest.mark.parametrize(
    ("N", "n", "errors", "correct", "low", "high"),
    [
        ([200], [40], [2], [18], 0.0162, 0.2961),
        ([200, 120, 40], [25, 20, 15], [2, 3, 4], [20, 9, 2], 0.0902, 0.2948),
        ([200, 120, 40], [25, 20, 15], [0, 0, 0], [20, 9, 2], 0.0, 0.0912),
        ([1000, 300, 50], [40, 30, 25], [1, 2, 8], [30, 10, 4], 0.0292, 0.1619),
    ],
)
def test_known_limits(
    N: list[int], n: list[int], errors: list[int], correct: list[int], low: float, high: float
) -> None:
    applicable = np.add(errors, correct)
    assert pytest.approx((low, high), abs=2e-4) == ratio_limits(
        errors, applicable, n, N, **TWO_SIDED, delta=0.0
    )


def test_known_limits_of_a_domain_of_known_size() -> None:
    """From the same program; the exact limits, all outcomes enumerated, are .0460, .3587."""
    assert pytest.approx((0.0459, 0.3587), abs=2e-4) == domain_limits(
        [2, 1, 0], [15, 3, 1], [150, 30, 10], [50, 30, 20], [500, 300, 200], **TWO_SIDED, delta=0.0
    )


@pytest.mark.parametrize(("N", "n"), [(12, 5), (40, 13), (500, 77)])
def test_one_stratum_with_all_applicable_has_the_exact_hypergeometric_limits(
    N: int, n: int
) -> None:
    """The whole numbers inside are Konijn's (1973): max {T : P(X <= x) > tail}, and its mirror."""
    T = np.arange(N + 1)
    for x in range(0, n + 1, max(1, n // 9)):
        expected = T[hypergeom.cdf(x, N, T, n) > 0.025].max()
        _, high = ratio_limits(x, n, n, N, **TWO_SIDED)
        # the real-numbered limit lies in the gap after the last whole number that is accepted
        assert expected - 1e-3 <= high * N <= expected + 1 + 1e-3


@pytest.mark.parametrize(("x", "n"), [([3, 2, 0], [60, 40, 22]), ([9, 1, 4], [60, 45, 30])])
def test_where_all_read_are_applicable_the_plain_limits_are_those_of_a_known_size(x, n) -> None:
    """Whole numbers of errors up to the plain profile limit, and none above, lie inside."""
    N = np.array([500, 300, 140])
    expected = upper_limit(np.array(x), np.array(n), N, tail=0.025, delta=0.0)
    _, high = ratio_limits(x, n, n, N, **TWO_SIDED, delta=0.0)
    assert expected - 0.05 <= high * N.sum() <= expected + 1 + 0.05


@settings(max_examples=40, deadline=None)
@given(samples())
def test_nearby_caseloads_only_widen(sample: Sample) -> None:
    """But for the precision of the search, a hundredth of a per cent of the width."""
    plain_low, plain_high = ratio_limits(*sample.arguments, **TWO_SIDED, delta=0.0)
    low, high = ratio_limits(*sample.arguments, **TWO_SIDED)
    near = NEAR + 1e-3 * (plain_high - plain_low)
    assert low <= plain_low + near
    assert high >= plain_high - near


def test_a_domain_read_nearly_whole_still_has_a_width() -> None:
    """All but one of 12 were read, and none was an error: the last one may be."""
    low, high = domain_limits([0, 0], [7, 4], [8, 4], [14, 6], [16, 9], **TWO_SIDED)
    assert low == 0
    assert 1 / 12 <= high + ROUNDING


@pytest.mark.parametrize("limits", [ratio_limits, domain_limits])
def test_without_errors_low_is_zero_and_without_correct_high_is_one(limits) -> None:
    more = ([30, 20],) if limits is domain_limits else ()
    n, N = [12, 6], [60, 40]
    low, high = limits([0, 0], [10, 4], *more, n, N, **TWO_SIDED)
    assert low == 0 < high < 1
    low, high = limits([10, 4], [10, 4], *more, n, N, **TWO_SIDED)
    assert 0 < low < high == 1


@pytest.mark.parametrize("limits", [ratio_limits, domain_limits])
def test_where_none_is_applicable_anything_is_possible(limits) -> None:
    more = ([30, 20],) if limits is domain_limits else ()
    assert (0, 1) == limits([0, 0], [0, 0], *more, [12, 6], [60, 40], **TWO_SIDED)


def test_a_side_without_a_tail_is_unlimited_and_leaves_the_other_as_it_is() -> None:
    counts = ([2, 1], [10, 5], [12, 6], [60, 40])
    low, high = ratio_limits(*counts, **TWO_SIDED)
    assert (low, 1) == ratio_limits(*counts, lower_tail=0.025, upper_tail=None)
    assert (0, high) == ratio_limits(*counts, lower_tail=None, upper_tail=0.025)


def test_a_caseload_that_was_read_whole_has_its_rate_without_width() -> None:
    low, high = ratio_limits([2, 1], [5, 3], [6, 4], [6, 4], **TWO_SIDED)
    assert pytest.approx((3 / 8, 3 / 8), abs=ROUNDING) == (low, high)


def test_a_stratum_of_which_nobody_was_read_counts_as_errors_above_and_correct_below() -> None:
    """As if read whole, with that outcome: nothing seen excludes it."""
    low, high = ratio_limits([2, 0], [10, 0], [12, 0], [60, 7], **TWO_SIDED)
    _, worst = ratio_limits([2, 7], [10, 7], [12, 7], [60, 7], **TWO_SIDED)
    best, _ = ratio_limits([2, 0], [10, 7], [12, 7], [60, 7], **TWO_SIDED)
    assert (best, worst) == (low, high)


def test_a_domain_of_whole_strata_is_a_caseload_where_all_is_applicable() -> None:
    counts, n, N = ([1, 2], [12, 6]), [12, 6], [60, 40]
    ratio = ratio_limits(*counts, n, N, **TWO_SIDED)
    assert pytest.approx(ratio, abs=NEAR) == domain_limits(*counts, N, n, N, **TWO_SIDED)


def test_strata_without_cases_of_the_domain_do_not_matter() -> None:
    some = domain_limits([1], [9], [30], [12], [60], **TWO_SIDED)
    more = domain_limits([1, 0, 0], [9, 0, 0], [30, 0, 0], [12, 5, 0], [60, 90, 8], **TWO_SIDED)
    assert some == more


def test_domain_cases_that_the_sample_missed_do_not_open_the_interval() -> None:
    """8 of 128 lie where no domain case was met; counting them as errors (correct) is wider."""
    known = domain_limits([3], [30], [120], [50], [200], **TWO_SIDED)
    low, high = domain_limits([3, 0], [30, 0], [120, 8], [50, 10], [200, 100], **TWO_SIDED)
    assert low > known[0] * 120 / 128
    assert known[1] < high < (known[1] * 120 + 8) / 128


def test_an_estimate_that_no_caseload_of_the_domain_can_have_is_still_between_the_limits() -> None:
    """All 4 + 2 domain cases were met, one error: the rate is 1/6, the weighted estimate is not."""
    low, high = domain_limits([1, 0], [4, 2], [4, 2], [10, 5], [20, 100], **TWO_SIDED)
    estimate = 2 * 1 / (2 * 4 + 20 * 2)
    assert low <= estimate + ROUNDING
    assert high >= 1 / 6 - ROUNDING


def test_very_large_registers_and_very_small_tails_stay_in_order() -> None:
    last = (0.0, 0.0)
    for tail in (0.3, 0.05, 1e-4, 1e-6):
        low, high = ratio_limits(
            [3, 1], [40, 9], [60, 15], [2_000_000, 900], lower_tail=tail, upper_tail=tail
        )
        assert 0 < low < high < 1
        assert high - low > last[1] - last[0]
        last = (low, high)


@settings(max_examples=60, deadline=None)
@given(samples(least=0))
def test_limits_are_shares_around_the_estimate(sample: Sample) -> None:
    low, high = ratio_limits(*sample.arguments, **TWO_SIDED)
    assert 0 <= low <= high <= 1
    if not np.isnan(sample.rate):
        assert low - ROUNDING <= sample.rate <= high + ROUNDING


@settings(max_examples=40, deadline=None)
@given(samples(least=0))
def test_exchanging_errors_and_correct_mirrors_the_limits(sample: Sample) -> None:
    low, high = ratio_limits(*sample.arguments, **TWO_SIDED)
    mirrored_low, mirrored_high = ratio_limits(*sample.mirrored.arguments, **TWO_SIDED)
    assert pytest.approx((1 - mirrored_high, 1 - mirrored_low), abs=ROUNDING) == (low, high)


@settings(max_examples=30, deadline=None)
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_the_strata_does_not_matter(sample: Sample, random) -> None:
    strata = list(zip(*sample, strict=True))
    random.shuffle(strata)
    shuffled = Sample(*(list(column) for column in zip(*strata, strict=True)))
    assert ratio_limits(*sample.arguments, **TWO_SIDED) == ratio_limits(
        *shuffled.arguments, **TWO_SIDED
    )


@settings(max_examples=40, deadline=None)
@given(samples())
def test_a_higher_level_is_never_narrower(sample: Sample) -> None:
    low, high = ratio_limits(*sample.arguments, **TWO_SIDED)
    wider_low, wider_high = ratio_limits(*sample.arguments, lower_tail=0.005, upper_tail=0.005)
    assert wider_low <= low + NEAR
    assert wider_high >= high - NEAR


@settings(max_examples=40, deadline=None)
@given(samples(), st.data())
def test_limits_of_a_domain_are_shares_around_the_estimate(sample: Sample, data) -> None:
    e, a, n, N = sample.arguments
    # of the cases not read, some are in the domain
    domain = [
        count + data.draw(st.integers(0, rest))
        for count, rest in zip(a, sample.unread, strict=True)
    ]
    low, high = domain_limits(e, a, domain, n, N, **TWO_SIDED)
    assert 0 <= low <= high <= 1
    if not np.isnan(sample.rate):
        assert low - ROUNDING <= sample.rate <= high + ROUNDING
