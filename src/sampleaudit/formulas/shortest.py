"""One stratum, both limits: the shortest interval that holds with the stated probability.

N cases in the register, T of them with an error (unknown), n reviewed at random without
replacement, X errors among them, hypergeometric(N, T, n). At each T the counts a_T, ..., b_T are
accepted, whose probability is the level at least; the limits are the smallest and the largest T
that accept the count found. Whatever T is, it is within the limits when X is accepted: that is
how they hold with probability ``level``, and it is enumerated, T by T.

The lengths of all intervals add up to the numbers of accepted counts. So the fewest counts give
the shortest intervals, if neither a_T nor b_T falls as T rises and no T is passed over (Wang 2015;
Bartroff, Lorden and Wang 2022). The fewest are the most probable ones. Where one more is needed
at T + 1 than at T, a_T may fall; then as many counts, one further up, are taken. They suffice:
X at T + 1 exceeds X at T by 1 at most, so a_T, ..., b_T + 1 hold as much at T + 1.

An interval of a higher level should contain that of a lower one, but what is moved up at one level
need not be at the next. So the intervals are made the shortest at the usual levels, ``LEVELS``,
each keeping to those before it; at other levels counts are taken within what the next of them
above accepts, after those that the next below does, and a T passed over is filled in. That costs
well under one per cent. Errors and correct cases exchanged give the same limits from the other end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows

LEVELS: Final = (0.95, 0.9, 0.99, 0.8, 0.999)  # in the order in which they come first
_MOST: Final = 3_000_000  # probabilities looked at for one design, at most: about a second
_SURE: Final = 1e-12  # a probability must exceed the level by this, so that rounding only widens
_LEAN: Final = 1e-11  # of two counts that are as probable (relatively) the larger comes first
_ENTRIES: Final = 500_000  # numbers sorted at once


def is_tabulable(reviewed: int, population: int) -> bool:
    """Tell whether the design is small enough: a count from N and n, the same on every machine."""
    spread = 28 + 10 * (reviewed * (1 - reviewed / population)) ** 0.5
    return bool((population // 2 + 1) * min(2 * reviewed + 1, spread) <= _MOST)


def shortest_limits(
    errors: int, reviewed: int, population: int, *, level: float
) -> tuple[int, int]:
    """Return both limits for T, in cases: together they hold with probability ``level`` or more.

    The sample is neither empty nor a census. A design's table is kept, so further counts of it
    cost nothing.
    """
    low, high = shortest_table(reviewed, population, level=level)
    return int(low[errors]), int(high[errors])


@lru_cache(maxsize=256)
def shortest_table(reviewed: int, population: int, *, level: float) -> tuple[IntArray, IntArray]:
    """Return the limits of `shortest_limits` for every possible count 0, ..., ``reviewed``.

    One error more never lowers a limit, and the estimate N x / n lies within.
    """
    n, N = reviewed, population
    half = _accepted(_Design.of(n, N), level)
    mirrored = n - half.first[(N - 1) // 2 :: -1]  # of T above N / 2
    last = np.concatenate([half.last, mirrored])
    x = np.arange(n + 1, dtype=np.int64)
    low = np.searchsorted(np.maximum.accumulate(last), x).astype(np.int64)
    low = np.minimum(low, N * x // n)
    return low, N - low[::-1]


@dataclass(frozen=True, slots=True)
class _Design:
    """What is possible at T = 0, ..., N // 2; the other T mirror it."""

    reviewed: int
    population: int
    start: IntArray  # P(X = start_T + k) is mass[T, k]
    mass: FloatArray
    least: IntArray  # possible counts
    most: IntArray

    @classmethod
    def of(cls, n: int, N: int) -> _Design:
        """Return the design with n of N cases reviewed."""
        T = np.arange(N // 2 + 1, dtype=np.int64)
        start, mass = windows(T, np.array(n), np.array(N))
        return cls(n, N, start, mass, np.maximum(n - N + T, 0), np.minimum(T, n))


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts first_T, ..., last_T accepted at T = 0, ..., N // 2."""

    level: float
    first: IntArray
    last: IntArray

    def within(self, other: _Counts) -> NDArray[np.bool_]:
        """Tell where these counts are among the other ones."""
        return (other.first <= self.first) & (self.last <= other.last)


def _accepted(design: _Design, level: float) -> _Counts:
    """Return the counts accepted at a level: one of ``LEVELS``, or one that keeps to them."""
    usual: list[_Counts] = []
    for before in LEVELS:
        counts = _unfalling(design, _likeliest(design, before, usual), usual)
        if abs(before - level) < _SURE / 2:
            return counts
        usual.append(counts)
    return _likeliest(design, level, usual)


def _likeliest(design: _Design, level: float, usual: Sequence[_Counts]) -> _Counts:
    """Return the fewest counts that reach the level, those of lower usual levels first.

    The counts of usual levels lie within each other, so counts come first that are in more of
    them, and among those the most probable ones.
    """
    first, last = np.empty_like(design.start), np.empty_like(design.start)
    width = design.mass.shape[1]
    column = np.arange(width)
    rows = max(1, _ENTRIES // width)
    for begin in range(0, len(first), rows):
        part = slice(begin, begin + rows)
        mass, start = design.mass[part], design.start[part]
        worth = mass * (1 + _LEAN * column)
        for counts in usual:
            from_, to = counts.first[part] - start, counts.last[part] - start
            worth += 2.0 * ((column >= from_[:, None]) & (column <= to[:, None]))
        order = (-worth).argsort(axis=1, kind="stable")
        reached = np.take_along_axis(mass, order, axis=1).cumsum(axis=1) >= level + _SURE
        reached[:, -1] = True  # of a level next to 1 rounding may fall short
        needed = column <= reached.argmax(axis=1)[:, None]
        first[part] = start + np.where(needed, order, width).min(axis=1)
        last[part] = start + np.where(needed, order, -1).max(axis=1)
    return _symmetric(design, level, first, last)


def _unfalling(design: _Design, counts: _Counts, usual: Sequence[_Counts]) -> _Counts:
    """Return as many counts, moved up where a first or last one would fall as T rises.

    Only where they still reach the level and keep to the usual levels before.
    """
    fewer = np.maximum(-np.diff(counts.last - counts.first, prepend=0), 0).cumsum()
    moved = np.maximum.accumulate(counts.first - fewer) + fewer
    tried = _Counts(counts.level, moved, counts.last + moved - counts.first)
    keeps = np.ones(len(moved), dtype=np.bool_)
    for other in usual:
        inner, outer = (other, tried) if other.level < counts.level else (tried, other)
        keeps &= inner.within(outer)
    keeps &= moved > counts.first
    for T in np.flatnonzero(keeps):
        from_, to = (int(end[T] - design.start[T]) for end in (tried.first, tried.last))
        keeps[T] = design.mass[T, max(from_, 0) : to + 1].sum() >= counts.level + _SURE
    first = np.where(keeps, tried.first, counts.first)
    last = np.where(keeps, tried.last, counts.last)
    return _symmetric(design, counts.level, first, last)


def _symmetric(design: _Design, level: float, first: IntArray, last: IntArray) -> _Counts:
    """Return the counts that are possible; where T is N / 2 they mirror themselves."""
    n, N = design.reviewed, design.population
    first, last = np.maximum(first, design.least), np.minimum(last, design.most)
    if N % 2 == 0:
        first[-1] = min(first[-1], n - last[-1])
        last[-1] = n - first[-1]
    return _Counts(level, first, last)
