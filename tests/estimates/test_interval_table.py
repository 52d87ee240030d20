"""The table of every possible finding."""

from __future__ import annotations

import math
import timeit

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.analysis import METHODS
from sampleaudit.estimates.interval import RESULT_COLUMNS

DESIGNS = [(77, 500), (10, 12), (11, 12), (1, 2), (12, 12), (0, 12), (20, 60_000)]


@pytest.mark.parametrize("side", ["both", "upper", "lower"])
@pytest.mark.parametrize("method", ["profile", "guaranteed"])
@pytest.mark.parametrize(("reviewed", "population"), DESIGNS)
def test_every_row_is_the_interval_of_its_count(
    reviewed: int, population: int, method: str, side: str
):
    """Also where hardly a case is unread, all or none were, and the register is large."""
    table = sa.interval_table(reviewed, population, level=0.9, side=side, method=method)
    assert list(range(reviewed + 1)) == table["errors"].tolist()
    for row in table.itertuples():
        one = sa.rate_interval(
            row.errors, reviewed, population, level=0.9, side=side, method=method
        )
        for column, attribute in RESULT_COLUMNS.items():
            expected, found = getattr(one, attribute), getattr(row, column)
            assert expected == found or (math.isnan(expected) and math.isnan(found))


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_table_that_rate_intervals_makes(method: str):
    """The same columns in the same order and of the same kinds, by every method."""
    counts = pd.DataFrame({"errors": range(9), "reviewed": 8, "population": 40})
    expected = sa.rate_intervals(
        counts, errors="errors", reviewed="reviewed", population="population", method=method
    )
    pd.testing.assert_frame_equal(expected, sa.interval_table(8, 40, method=method))


def test_rows_of_the_published_check_values():
    """N = 10,000, n = 400, x = 40: Konijn's limits, every T tried with scipy's hypergeom."""
    table = sa.interval_table(400, 10_000)
    assert [730, 1330] == table.loc[40, ["total_low", "total_high"]].tolist()
    assert [0.1, 0.073, 0.133] == table.loc[40, ["rate", "rate_low", "rate_high"]].tolist()
    assert ["proved"] == table["guarantee"].unique().tolist()


def test_limits_rise_with_the_errors():
    """One error more never lowers a limit."""
    table = sa.interval_table(60, 800, method="guaranteed")
    assert table["total_low"].is_monotonic_increasing
    assert table["total_high"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((11, 10), "reviewed is 11, but population is only 10"),
        ((-1, 10), "reviewed is -1; it must be a whole number of cases"),
        ((2.5, 10), "reviewed is 2.5"),
        ((5, "10"), "population is '10'"),
        ((True, 10), "reviewed is True"),
        ((5, math.nan), "population is nan"),
        ((0, 0), "population is 0"),
        (([3, 4], [10, 10]), "reviewed is [3, 4]; the table is of one stratum"),
        ((5, [10]), "population is [10]; the table is of one stratum"),
        (([], 10), "reviewed is []"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError) as caught:
        sa.interval_table(*sizes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1.0}, "level is 1.0; it must lie between 0 and 1"),
        ({"method": "exact"}, "method is 'exact'"),
        ({"side": "left"}, "side is 'left'"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, message):
    """Level, method, side."""
    with pytest.raises(sa.AuditError) as caught:
        sa.interval_table(5, 10, **options)
    assert message in str(caught.value)


def test_whole_numbers_of_any_kind_will_do():
    """numpy's, and floats that are whole."""
    pd.testing.assert_frame_equal(
        sa.interval_table(5, 20), sa.interval_table(np.int32(5), np.float64(20))
    )


@pytest.mark.slow
def test_how_long_it_takes(capsys: pytest.CaptureFixture[str]):
    """401 rows within 50 ms, one interval within 1 ms, on a quiet machine."""
    sa.interval_table(400, 10_000)
    table = min(timeit.repeat(lambda: sa.interval_table(400, 10_000), number=1, repeat=20))
    found = iter(range(1, 400))
    one = min(
        timeit.repeat(lambda: sa.rate_interval(next(found), 400, 10_001), number=1, repeat=300)
    )
    with capsys.disabled():
        print(f"\n401 rows {1e3 * table:.1f} ms, one interval {1e3 * one:.2f} ms")  # noqa: T201 (evidence)
    assert table < 0.05
    assert one < 0.001
