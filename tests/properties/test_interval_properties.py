"""What must hold of every interval from counts, whatever the counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sampleaudit as sa
from sampleaudit.analysis import METHODS, Method, Side

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)
ROUNDING = 1e-12  # a rate and its limits come by different sums
EXACT: tuple[Method, ...] = ("profile", "wright-sidak")
SIDES: tuple[Side, ...] = ("both", "upper", "lower")


@dataclass(frozen=True)
class Counts:
    """Errors, cases read and cases in the register, an entry for each stratum."""

    errors: tuple[int, ...]
    reviewed: tuple[int, ...]
    population: tuple[int, ...]

    @property
    def mirrored(self) -> Counts:
        """The same sample with errors and correct exchanged."""
        correct = (n - x for x, n in zip(self.errors, self.reviewed, strict=True))
        return Counts(tuple(correct), self.reviewed, self.population)

    @property
    def size(self) -> int:
        """Cases in the register."""
        return sum(self.population)

    def ordered(self, order: list[int]) -> Counts:
        """Return the same strata in another order."""
        columns = (self.errors, self.reviewed, self.population)
        return Counts(*(tuple(column[h] for h in order) for column in columns))

    def interval(
        self, *, level: float = 0.95, side: Side = "both", method: Method = "profile"
    ) -> sa.Interval:
        """Return what the library says of these counts."""
        return sa.rate_interval(
            self.errors, self.reviewed, self.population, level=level, side=side, method=method
        )


@st.composite
def counts(draw: st.DrawFn, *, least_read: int = 0, strata: int = 3) -> Counts:
    population = draw(st.lists(st.integers(1, 40), min_size=1, max_size=strata))
    reviewed = [draw(st.integers(min(least_read, N), N)) for N in population]
    assume(any(reviewed))
    errors = [draw(st.integers(0, n)) for n in reviewed]
    return Counts(tuple(errors), tuple(reviewed), tuple(population))


@PROPERTY
@given(counts(), st.sampled_from(EXACT), st.sampled_from(SIDES))
def test_the_rate_lies_between_its_limits(counts: Counts, method: Method, side: Side):
    """Low <= rate <= high, for the total too; the rate alone is nan where a stratum is unread."""
    found = counts.interval(method=method, side=side)
    assert (0 in counts.reviewed) == math.isnan(found.rate)
    if not math.isnan(found.rate):
        assert found.low - ROUNDING <= found.rate <= found.high + ROUNDING
        assert found.total_low - 1e-9 <= found.total <= found.total_high + 1e-9
    assert found.low <= found.high
    assert (found.low * counts.size, found.high * counts.size) == pytest.approx(
        (found.total_low, found.total_high)
    )


@PROPERTY
@given(counts(least_read=2), st.sampled_from([name for name in METHODS if name not in EXACT]))
def test_textbook_limits_lie_around_the_rate(counts: Counts, method: Method):
    """Where the textbook formula gives limits at all, the rate lies between them."""
    found = counts.interval(method=method)
    assert math.isnan(found.low) == math.isnan(found.high)
    if not math.isnan(found.low):
        assert 0 <= found.low <= found.rate + ROUNDING
        assert found.rate - ROUNDING <= found.high <= 1


@PROPERTY
@given(counts(), st.sampled_from(EXACT), st.sampled_from(SIDES))
def test_limits_of_the_total_are_possible_whole_numbers(counts: Counts, method: Method, side: Side):
    """Never below the errors found, never above the cases minus the correct found."""
    found = counts.interval(method=method, side=side)
    assert sum(counts.errors) <= found.total_low <= found.total_high
    assert found.total_high <= counts.size - sum(counts.mirrored.errors)
    assert found.total_low == int(found.total_low)
    assert found.total_high == int(found.total_high)


@PROPERTY
@given(counts(), st.sampled_from(EXACT))
def test_exchanging_errors_and_correct_mirrors_the_interval(counts: Counts, method: Method):
    """The correct cases are between N - high and N - low; an upper limit becomes a lower one."""
    for side, other in (("both", "both"), ("upper", "lower")):
        found = counts.interval(method=method, side=side)
        mirrored = counts.mirrored.interval(method=method, side=other)
        assert counts.size - found.total_high == mirrored.total_low
        assert counts.size - found.total_low == mirrored.total_high


@PROPERTY
@given(counts(), st.randoms(use_true_random=False))
def test_the_order_of_the_strata_is_irrelevant(counts: Counts, random):
    """Permuted strata give the very same limits."""
    order = list(range(len(counts.population)))
    random.shuffle(order)
    found, permuted = counts.interval(), counts.ordered(order).interval()
    assert (found.total_low, found.total_high) == (permuted.total_low, permuted.total_high)


@PROPERTY
@given(counts(strata=2), st.integers(1, 30), st.data())
def test_a_census_stratum_adds_exactly_its_errors(counts: Counts, size: int, data: st.DataObject):
    """A stratum read in full has no uncertainty: both limits move by its errors."""
    errors = data.draw(st.integers(0, size))
    more = Counts(
        (*counts.errors, errors), (*counts.reviewed, size), (*counts.population, size)
    ).interval()
    found = counts.interval()
    assert (found.total_low + errors, found.total_high + errors) == (
        more.total_low,
        more.total_high,
    )


@PROPERTY
@given(counts(), st.sampled_from(list(METHODS)), st.sampled_from(SIDES))
def test_a_census_has_no_sampling_width(counts: Counts, method: Method, side: Side):
    """Every case read: both limits are the errors found, by any method, on any side."""
    found = sa.rate_interval(
        counts.errors, counts.reviewed, counts.reviewed, side=side, method=method
    )
    assert (sum(counts.errors),) * 3 == (found.total_low, found.total, found.total_high)
    assert found.low == found.rate == found.high


@PROPERTY
@given(counts(), st.sampled_from(EXACT))
def test_a_higher_level_never_gives_a_shorter_interval(counts: Counts, method: Method):
    """The limits at 80, 95 and 99 % contain each other."""
    lower, middle, higher = (
        counts.interval(level=level, method=method) for level in (0.8, 0.95, 0.99)
    )
    assert higher.total_low <= middle.total_low <= lower.total_low
    assert lower.total_high <= middle.total_high <= higher.total_high


@PROPERTY
@given(counts(), st.data())
def test_one_more_error_never_lowers_a_limit(counts: Counts, data: st.DataObject):
    """An error found in place of a correct case raises both limits, or leaves them."""
    correct = counts.mirrored.errors
    assume(any(correct))
    where = data.draw(st.sampled_from([h for h, number in enumerate(correct) if number]))
    errors = tuple(x + (h == where) for h, x in enumerate(counts.errors))
    before, after = counts.interval(), Counts(errors, counts.reviewed, counts.population).interval()
    assert before.total_low <= after.total_low
    assert before.total_high <= after.total_high


@PROPERTY
@given(
    counts(strata=1, least_read=1),
    st.sampled_from(("profile", "guaranteed")),
    st.lists(st.floats(0.5, 0.9999), min_size=2, max_size=2),
)
def test_one_stratum_is_in_order_at_any_level(counts: Counts, method: Method, levels: list[float]):
    """A higher level contains a lower one, a limit never falls, and exchanging mirrors."""
    (lower, wider) = (counts.interval(level=level, method=method) for level in sorted(levels))
    assert wider.total_low <= lower.total_low <= lower.total_high <= wider.total_high
    assert lower.low - ROUNDING <= lower.rate <= lower.high + ROUNDING
    mirrored = counts.mirrored.interval(level=min(levels), method=method)
    assert counts.size - lower.total_high == mirrored.total_low
    table = sa.interval_table(counts.reviewed[0], counts.size, level=min(levels), method=method)
    assert table["total_low"].is_monotonic_increasing
    assert table["total_high"].is_monotonic_increasing


@PROPERTY
@given(counts())
def test_one_side_is_shorter_than_two(counts: Counts):
    """A one-sided limit at the same level is no further out than that of the interval."""
    both = counts.interval()
    assert counts.interval(side="upper").total_high <= both.total_high
    assert counts.interval(side="lower").total_low >= both.total_low


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize(("errors", "reviewed", "population"), [(5, 998, 1000), (0, 999, 1000)])
def test_only_a_census_has_no_width(errors: int, reviewed: int, population: int, method: Method):
    """With a case unread the limits differ, and the rate lies between them."""
    found = sa.rate_interval(errors, reviewed, population, method=method)
    assert found.total_low < found.total_high
    assert found.low <= found.rate <= found.high
