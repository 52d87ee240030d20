"""Which cells of a published table must be hidden so that no small count can be worked out.

A reader knows how many cases of each domain were read, every figure that is shown, the totals over
all domains (whether they are in the table or not), and that a count under the bound is hidden. A
small count is safe when each value that a small count may have fits all of that: the difference is
then made up by other hidden domains. Hiding goes on until every small count is safe.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ERRORS: Final = 0
CORRECT: Final = 1
NOT_APPLICABLE: Final = 2
MISSING: Final = 3
GRIDS: Final = (0.01, 0.02, 0.05, 0.1)  # roundings of a total's rate, the finest that is safe
_SWAPPED: Final[Mapping[int, tuple[tuple[int | None, ...], ...]]] = MappingProxyType(
    {
        ERRORS: ((CORRECT, NOT_APPLICABLE), (NOT_APPLICABLE, CORRECT)),
        CORRECT: ((ERRORS, NOT_APPLICABLE), (NOT_APPLICABLE, ERRORS)),
        NOT_APPLICABLE: ((CORRECT, ERRORS), (ERRORS, CORRECT)),
        MISSING: ((None,),),
    }
)
"""With what a kind of count changes places, in either order, so that the number read stays."""
_SPARE: Final = 2.0  # times as far as expected may a limit move when a few errors change domains


@dataclass(slots=True)
class Column:
    """One indicator: ``counts`` of shape (4, domains) in the order of the constants above.

    ``kinds`` are the rows of these counts that are to be kept safe.
    ``reviewed`` and ``weights`` (cases that one case read stands for) are by domain. ``figures``
    are the total row's rate and limits, shares of 1; empty if they are not published. ``hidden`` is
    the set of domains hidden so far, ``grid`` the rounding of the figures, and ``total_hidden``
    whether the total row cannot be published either. ``nearest`` keeps the order of `neighbours`.
    """

    counts: IntArray
    reviewed: IntArray
    weights: FloatArray
    figures: tuple[float, ...]
    kinds: tuple[int, ...] = (ERRORS, CORRECT, NOT_APPLICABLE)
    hidden: set[int] = field(default_factory=set)
    grid: float = GRIDS[0]
    total_hidden: bool = False
    nearest: dict[int, list[int]] = field(default_factory=dict)

    def neighbours(self, domain: int) -> list[int]:
        """Return the other hidden domains, those first whose cases count for about as much."""
        if domain not in self.nearest:
            distance = np.abs(self.weights - self.weights[domain])
            self.nearest[domain] = np.argsort(distance, kind="stable").tolist()
        return [other for other in self.nearest[domain] if other in self.hidden and other != domain]


def hide(columns: Sequence[Column], union: int | None, *, under: int) -> None:
    """Hide cells of the columns until every count from 1 to ``under`` - 1 is safe.

    ``union`` is the place of the column that counts cases with an error in any of the others.
    """
    for column in columns:
        counts = column.counts[list(column.kinds)]
        small = (counts >= 1) & (counts < under)
        column.hidden |= {int(place) for place in np.flatnonzero(small.any(axis=0))}
    changed = True
    while changed:
        changed = False
        for place in range(len(columns)):
            for domain, kind, value in list(_claims(columns[place], under)):
                while not _fits_somehow(columns, union, place, domain, kind, value):
                    _hide_more(columns, union, place, domain, kind, value)
                    changed = True


def safe_values(
    columns: Sequence[Column], union: int | None, place: int, domain: int, kind: int, *, under: int
) -> list[int]:
    """Return which of 1, ..., ``under`` - 1 fit everything published in the place of a count."""
    top = min(under - 1, int(columns[place].reviewed[domain]))
    return [
        value
        for value in range(1, top + 1)
        if _fits_somehow(columns, union, place, domain, kind, value)
    ]


def _claims(column: Column, under: int) -> Iterator[tuple[int, int, int]]:
    """Yield every value that every small hidden count of the column must be able to have."""
    for domain in sorted(column.hidden):
        for kind in column.kinds:
            count = int(column.counts[kind, domain])
            if 1 <= count < under:
                for value in range(1, min(under - 1, _most(column, kind, domain)) + 1):
                    if value != count:
                        yield domain, kind, value


def _most(column: Column, kind: int, domain: int) -> int:
    """Return the largest count that the cases read allow."""
    if kind == MISSING:  # a missing file is an error, correct or not applicable by the rule
        return int(column.counts[ERRORS:MISSING, domain].max())
    return int(column.reviewed[domain])


def _fits_somehow(
    columns: Sequence[Column], union: int | None, place: int, domain: int, kind: int, value: int
) -> bool:
    """Tell whether the count could be ``value``, with other hidden domains making up for it."""
    column = columns[place]
    return any(
        change is not None
        and _figures_stay(column, change)
        and _union_holds(columns, union, place, change)
        for swapped in _SWAPPED[kind]
        for change in [_moved(column, domain, kind, swapped, value)]
    )


def _moved(
    column: Column, domain: int, kind: int, swapped: tuple[int | None, ...], value: int
) -> IntArray | None:
    """Return changed counts with this one at ``value`` and all totals as they were; or None."""
    changed = column.counts.copy()
    left = value - int(changed[kind, domain])
    for other in swapped:
        amount = left if left < 0 or other is None else min(left, int(changed[other, domain]))
        if amount and not _exchange(column, changed, domain, kind, other, amount):
            return None
        left -= amount
    return None if left else changed


def _exchange(
    column: Column, changed: IntArray, domain: int, kind: int, swapped: int | None, amount: int
) -> bool:
    """Add ``amount`` to a count, taken from ``swapped`` beside it and from other hidden domains.

    Tell whether they had enough.
    """
    _shift(changed, domain, kind, swapped, amount)
    if column.total_hidden:
        return True
    left = amount
    for other in column.neighbours(domain):
        if left > 0:
            step = min(left, int(changed[kind, other]))
        elif swapped is None:
            step = -min(-left, _most(column, kind, other) - int(changed[kind, other]))
        else:
            step = -min(-left, int(changed[swapped, other]))
        _shift(changed, other, kind, swapped, -step)
        left -= step
        if not left:
            return True
    return False


def _shift(counts: IntArray, domain: int, kind: int, swapped: int | None, amount: int) -> None:
    counts[kind, domain] += amount
    if swapped is not None:
        counts[swapped, domain] -= amount


def _figures_stay(column: Column, changed: IntArray) -> bool:
    """Tell whether the total row's rounded rate and limits could be what they are.

    A limit moves with the rate, in proportion to the deviation, and by a case; with room to spare,
    since how it was computed is not known here.
    """
    if column.total_hidden or not column.figures:
        return True
    (before, spread), (after, spread_after) = (
        _rate_and_deviation(column, counts) for counts in (column.counts, changed)
    )
    rate, low, high = column.figures
    wider = _SPARE * abs(spread_after / spread - 1) if spread else _SPARE
    case = 1 / float(column.weights @ column.reviewed)
    move = _SPARE * abs(after - before) + case
    return (
        rounded(rate + after - before, column.grid) == rounded(rate, column.grid)
        and _same(low, move + wider * abs(rate - low), column.grid, up=False)
        and _same(high, move + wider * abs(high - rate), column.grid, up=True)
    )


def _rate_and_deviation(column: Column, counts: IntArray) -> tuple[float, float]:
    """Return the weighted rate, and its deviation but for a factor that all tables share."""
    errors, correct = counts[ERRORS].astype(float), counts[CORRECT].astype(float)
    applicable = np.maximum(errors + correct, 1.0)
    size = max(float(column.weights @ (errors + correct)), 1e-12)
    variance = float(column.weights**2 @ (errors * correct / applicable))
    return float(column.weights @ errors) / size, variance**0.5 / size


def rounded(rate: float, grid: float) -> float:
    """Return a rate rounded to the nearest multiple of the grid; nan stays."""
    return rate if math.isnan(rate) else round(math.floor(rate / grid + 0.5) * grid, 10)


def outward(rate: float, grid: float, *, up: bool) -> float:
    """Return a limit rounded away from the estimate, within 0 and 1; nan stays."""
    if math.isnan(rate):
        return rate
    steps = math.ceil(rate / grid - 1e-9) if up else math.floor(rate / grid + 1e-9)
    return min(max(round(steps * grid, 10), 0.0), 1.0)


def _same(limit: float, shift: float, grid: float, *, up: bool) -> bool:
    """Tell whether a limit rounds to the same when it moves by so much either way."""
    if math.isnan(limit):
        return True
    ends = [outward(limit + sign * shift, grid, up=up) for sign in (-1, 1)]
    return ends[0] == ends[1]


def _union_holds(
    columns: Sequence[Column], union: int | None, place: int, changed: IntArray
) -> bool:
    """Tell whether cases with any error can still be the union of those with each."""
    if union is None:
        return True
    moved = np.flatnonzero((changed != columns[place].counts).any(axis=0))
    return all(
        _row_holds(columns, union, place, int(domain), int(changed[ERRORS, domain]))
        for domain in moved
    )


def _row_holds(columns: Sequence[Column], union: int, place: int, domain: int, errors: int) -> bool:
    """Tell whether max e_i <= any <= sum e_i can hold in a domain with these errors at ``place``.

    What is hidden may be anything from none to all cases read.
    """
    ranges = []
    for k, column in enumerate(columns):
        shown = int(column.counts[ERRORS, domain])
        most = int(column.reviewed[domain])
        ranges.append((0, most) if domain in column.hidden else (shown, shown))
        if k == place:
            ranges[k] = (errors, errors)
    least, most = ranges[union]
    parts = [each for k, each in enumerate(ranges) if k != union]
    return max(low for low, _ in parts) <= most and sum(high for _, high in parts) >= least


def _hide_more(
    columns: Sequence[Column], union: int | None, place: int, domain: int, kind: int, value: int
) -> None:
    """Hide one more cell, or round the total more, or hide it, so that the value may fit."""
    column = columns[place]
    if union is not None and not _row_holds(
        columns, union, place, domain, _errors_then(column, domain, kind, value)
    ):
        shown = [k for k in range(len(columns)) if domain not in columns[k].hidden]
        first = (
            union
            if union in shown
            else min(shown, key=lambda k: int(columns[k].counts[ERRORS, domain]))
        )
        columns[first].hidden.add(domain)
        return
    rest = sorted(
        set(range(len(column.reviewed))) - column.hidden,
        key=lambda o: (abs(column.weights[o] - column.weights[domain]), column.reviewed[o], o),
    )
    for other in rest:
        column.hidden.add(other)
        if _fits_somehow(columns, union, place, domain, kind, value):
            return
        column.hidden.remove(other)
    coarser = [grid for grid in GRIDS if grid > column.grid]
    if rest:
        most = max(rest, key=lambda o: (int(column.counts[:MISSING, o].min()), -o))
        column.hidden.add(most)
    elif coarser and column.figures and not column.total_hidden:
        column.grid = coarser[0]
    else:
        column.total_hidden = True


def _errors_then(column: Column, domain: int, kind: int, value: int) -> int:
    """Return the domain's errors with this count at ``value``."""
    errors = int(column.counts[ERRORS, domain])
    if kind == ERRORS:
        return value
    if kind == CORRECT:
        return errors - min(value - int(column.counts[CORRECT, domain]), errors)
    return errors
