"""The intervals of every possible finding: what a sample of this size can say at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Guarantee, Method, Side, tails
from sampleaudit.errors import AuditError
from sampleaudit.estimates.interval import (
    check_options,
    checked_counts,
    rate_intervals,
)
from sampleaudit.formulas import hypergeometric
from sampleaudit.formulas.guaranteed import guaranteed_table

if TYPE_CHECKING:
    import pandas as pd

    from sampleaudit.formulas.hypergeometric import IntArray

_AT_ONCE: Final = ("profile", "guaranteed")  # methods whose limits of all counts are one formula


def interval_table(
    reviewed: int,
    population: int,
    *,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
) -> pd.DataFrame:
    """Return the interval of every number of errors that may be found among ``reviewed`` cases.

    One row per count 0, ..., ``reviewed`` of one caseload of ``population`` cases, in the columns
    of `rate_intervals`: ``errors``, ``reviewed``, ``population``, ``rate``, ``rate_low``,
    ``rate_high`` (shares of 1), ``total``, ``total_low``, ``total_high`` (cases), ``level``,
    ``side``, ``method`` and ``guarantee``. Each row is what `rate_interval` gives. Raises
    `AuditError` for more cases reviewed than there are, and for several strata.

    >>> table = interval_table(77, 500)
    >>> table.loc[13, ["total_low", "total_high"]].tolist()
    [50, 131]
    """
    import pandas as pd

    check_options(level, side, method)
    for name, value in (("reviewed", reviewed), ("population", population)):
        if np.asarray(value, dtype=object).ndim:
            raise AuditError(
                f"{name} is {value!r}; the table is of one stratum, so give one number. For the "
                f"findings of several strata ask rate_interval."
            )
    _, (read,), (size,) = checked_counts(0, reviewed, population)
    counts = pd.DataFrame({"errors": np.arange(read + 1), "reviewed": read, "population": size})
    if method not in _AT_ONCE or read in (0, size):
        return rate_intervals(
            counts, errors="errors", reviewed="reviewed", population="population",
            level=level, side=side, method=method,
        )  # fmt: skip
    lower, upper = tails(level, side)
    guarantee: Guarantee = "proved"
    if method == "guaranteed":
        low, high, guarantee = guaranteed_table(read, size, lower_tail=lower, upper_tail=upper)
    else:
        low, high = hypergeometric.interval_table(read, size, lower_tail=lower, upper_tail=upper)
    errors = counts["errors"].to_numpy()
    low, high = _with_width(low, high, errors, read, size)
    total = errors * size / read
    return counts.assign(
        rate=total / size,
        rate_low=low / size,
        rate_high=high / size,
        total=total,
        total_low=low,
        total_high=high,
        level=level,
        side=side,
        method=method,
        guarantee=guarantee,
    )


def _with_width(
    low: IntArray, high: IntArray, errors: IntArray, reviewed: int, population: int
) -> tuple[IntArray, IntArray]:
    """Return the limits, widened where hardly a case is unread: what is not a census has a width.

    Row by row what `limits.known_size_limits` does: the estimate lies within, and where both limits
    are the same whole number the one beside it does that is possible.
    """
    cases = errors * population
    low, high = np.minimum(low, cases // reviewed), np.maximum(high, -(-cases // reviewed))
    point = low == high
    up = point & (high < population - reviewed + errors)
    return low - (point & ~up), high + up
