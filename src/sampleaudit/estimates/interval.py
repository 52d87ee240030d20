"""Intervals from counts alone, without any case data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import METHODS, SIDES, Guarantee, Method, Side, check_level
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.ids import as_pandas, near_names
from sampleaudit.wording import LANGUAGES, Language, RateStatement, rate_sentence

if TYPE_CHECKING:
    import pandas as pd

Counts = tuple[int, ...]
_NAMES: Final = ("errors", "reviewed", "population")
_MOST: Final = 10**9  # cases in a stratum; products of two counts must fit 64 bits
RESULT_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rate": "rate",
        "rate_low": "low",
        "rate_high": "high",
        "total": "total",
        "total_low": "total_low",
        "total_high": "total_high",
        "level": "level",
        "side": "side",
        "method": "method",
        "guarantee": "guarantee",
    }
)
"""The columns that `rate_intervals` adds, and the attribute of `Interval` that each holds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An error rate (shares of 1) and total (cases) of a whole caseload, with limits.

    A one-sided interval has what is possible as its other limit. ``rate`` and ``total`` are nan
    where a stratum was not read at all; the limits hold all the same.
    """

    rate: float
    low: float
    high: float
    total: float
    total_low: float
    total_high: float
    level: float
    side: Side
    method: str
    guarantee: Guarantee
    errors: int
    reviewed: int
    population: int

    def sentence(self, language: Language = "en") -> str:
        """Return what may be said of the caseload, in English (``"en"``) or Danish (``"da"``).

        >>> print(rate_interval(0, 60, 500, side="upper").sentence())
        Error: found in none of the 60 cases read. In the whole caseload of 500 that means at most
        4.4%, at most 22 cases (95%, one-sided).
        """
        one_of("language", language, LANGUAGES)
        statement = RateStatement(
            indicator={"en": "error", "da": "fejl"}[language],
            where=None,
            errors=self.errors,
            reviewed=self.reviewed,
            applicable=self.reviewed,
            missing=0,
            missing_rule="error",
            population=self.population,
            rate=self.rate,
            low=self.low,
            high=self.high,
            total=self.total,
            total_low=self.total_low,
            total_high=self.total_high,
            level=self.level,
            side=self.side,
            census=self.reviewed == self.population,
            extrapolates=True,
        )
        return rate_sentence(statement, language)


def rate_interval(
    errors: int | Sequence[int],
    reviewed: int | Sequence[int],
    population: int | Sequence[int],
    *,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
) -> Interval:
    """Return the interval of one caseload: numbers, or one entry per stratum.

    Assumes a simple random sample without replacement in each stratum. Raises `AuditError` for
    counts that do not fit each other. The default method is described in
    `sampleaudit.formulas.profile`; with one stratum it is exact.

    >>> interval = rate_interval(errors=13, reviewed=77, population=500)
    >>> interval.total_low, interval.total_high
    (50, 131)
    """
    check_options(level, side, method)
    counts = checked_counts(errors, reviewed, population)
    return _interval(*counts, level, side, method)


def rate_intervals(
    table: Any,
    *,
    errors: str,
    reviewed: str,
    population: str,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
) -> pd.DataFrame:
    """Return the table with an interval for each row: a caseload per row, from three columns.

    ``errors``, ``reviewed`` and ``population`` name columns of any data frame. Added are the
    columns ``rate``, ``rate_low``, ``rate_high`` (shares of 1), ``total``, ``total_low``,
    ``total_high`` (cases), ``level``, ``side``, ``method`` and ``guarantee``. Raises `AuditError`
    naming the row for counts that do not fit each other.
    """
    import pandas as pd

    check_options(level, side, method)
    data = as_pandas(table)
    for column in (errors, reviewed, population):
        if column not in data.columns:
            raise AuditError(
                f"The table has no column {column!r}{near_names(column, data.columns)}"
            )
    taken = [column for column in RESULT_COLUMNS if column in data.columns]
    if taken:
        raise AuditError(f"The table already has a column {taken[0]!r}; rename or drop it first.")
    if not len(data):
        raise AuditError("The table has no rows; give one caseload per row.")
    intervals = []
    columns = (data[errors], data[reviewed], data[population])
    for place, values in enumerate(zip(*columns, strict=True), start=1):
        try:
            counts = checked_counts(*values)
        except AuditError as mistake:
            raise AuditError(f"Row {place}: {mistake}") from None
        intervals.append(_interval(*counts, level, side, method))
    result = data.set_axis(table.index, axis=0) if isinstance(table, pd.DataFrame) else data.copy()
    for column, attribute in RESULT_COLUMNS.items():
        result[column] = [getattr(interval, attribute) for interval in intervals]
    return result


def check_options(level: float, side: str, method: str) -> None:
    """Refuse a level, side or method that does not exist."""
    check_level(level)
    one_of("side", side, tuple(SIDES))
    one_of("method", method, tuple(METHODS))


def checked_counts(
    errors: object, reviewed: object, population: object
) -> tuple[Counts, Counts, Counts]:
    """Return the three as whole numbers, one per stratum; refuse what cannot be counts.

    Each is a number or a sequence of numbers. Raises `AuditError` naming the first stratum that is
    wrong, counted from 1, with its numbers and the rule.
    """
    entries = [
        _entries(values, name)
        for values, name in zip((errors, reviewed, population), _NAMES, strict=True)
    ]
    if len({len(each) for each in entries}) > 1:
        numbers = ", ".join(str(len(each)) for each in entries[:2])
        raise AuditError(
            f"errors, reviewed and population have {numbers} and {len(entries[2])} "
            f"entries; give one entry per stratum in each."
        )
    strata = list(zip(*entries, strict=True))
    for place, stratum in enumerate(strata, start=1):
        _check_stratum(stratum, place, several=len(strata) > 1)
    found, read, cases = (tuple(int(value) for value in each) for each in entries)
    if sum(cases) == 0:
        raise AuditError("population is 0; there is no caseload to say anything of.")
    return found, read, cases


def _interval(
    errors: Counts,
    reviewed: Counts,
    population: Counts,
    level: float,
    side: Side,
    method: Method,
) -> Interval:
    limits = known_size_limits(errors, reviewed, population, level, side, method)
    size = sum(population)
    unread = any(n == 0 < N for n, N in zip(reviewed, population, strict=True))
    # Multiplied before divided, so that a stratum read in full adds exactly its errors.
    totals = [x * N / n for x, n, N in zip(errors, reviewed, population, strict=True) if n]
    total = float("nan") if unread else float(sum(totals))
    return Interval(
        rate=total / size,
        low=limits.rate_low,
        high=limits.rate_high,
        total=total,
        total_low=limits.total_low,
        total_high=limits.total_high,
        level=level,
        side=side,
        method=limits.method,
        guarantee=limits.guarantee,
        errors=sum(errors),
        reviewed=sum(reviewed),
        population=size,
    )


def _entries(values: object, name: str) -> list[Any]:
    """Return a number, or numbers by stratum, as a list of plain values."""
    entries = np.asarray(values, dtype=object)
    if entries.ndim > 1:
        raise AuditError(
            f"{name} has {entries.ndim} dimensions; give one number, or a list with one entry "
            f"per stratum."
        )
    if not entries.size:
        raise AuditError(f"{name} is empty; give one entry per stratum.")
    return [
        value.item() if isinstance(value, np.generic) else value
        for value in np.atleast_1d(entries).tolist()
    ]


def _check_stratum(stratum: tuple[Any, ...], place: int, *, several: bool) -> None:
    """Refuse a stratum whose numbers are not counts, or do not fit each other."""
    where = f" in stratum {place}" if several else ""
    listed = ", ".join(f"{name} {value!r}" for name, value in zip(_NAMES, stratum, strict=True))
    for name, value in zip(_NAMES, stratum, strict=True):
        if not _is_count(value):
            raise AuditError(
                f"{name} is {value!r}{where}; it must be a whole number of cases, from 0 to "
                f"{_MOST:,} (stratum {place}: {listed})."
            )
    errors, reviewed, population = stratum
    if reviewed > population:
        raise AuditError(
            f"reviewed is {reviewed}{where}, but population is only {population}; the population "
            f"is all cases of the caseload, read or not (stratum {place}: {listed})."
        )
    if errors > reviewed:
        raise AuditError(
            f"errors is {errors}{where}, but reviewed is only {reviewed}; errors are counted "
            f"among the cases reviewed (stratum {place}: {listed})."
        )


def _is_count(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _MOST and float(value).is_integer()
