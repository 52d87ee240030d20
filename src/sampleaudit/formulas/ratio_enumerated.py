"""Small designs: limits of a rate with a random denominator, made sure by going through everything.

Symbols as in `ratio`. An outcome is the errors, correct cases and others found in every stratum, a
caseload T their numbers in the register, R(T) its rate. Outcomes are ordered by the upper limit U'
that the likeliest caseloads alone give (`ratio` with delta = 0), and the tail of that order is
taken in every caseload:

    U(x) = max{R(T) : P_T(U'(X) <= U'(x)) > tail}.

The rate of a caseload T is above U(x) only for outcomes x that, with all outcomes before them, have
a probability of at most the tail: so U holds with 1 - tail or more in every caseload (Buehler 1957;
with an estimated order, Lloyd 2008). Equal U' are taken together. The lower limit is the upper one
of the correct cases. Where a domain's sizes are known, only caseloads that have them count; the
number of its cases that is read is random all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb, prod
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import binom

from sampleaudit.formulas.ratio_cells import Cells, Counts, Floats, estimate, possible
from sampleaudit.formulas.ratio_law import Design, tails
from sampleaudit.formulas.ratio_profile import likeliest_caseloads

Whole = tuple[int, ...]

_MOST: Final = 100_000_000  # probabilities looked at for one design, at most: a few seconds
_LOOKS: Final = 21  # halvings on the way to a limit of the order
_SAME: Final = 1e-6  # limits of the order closer than this are equal
_EDGE: Final = 1e-6  # share of the way to the largest possible rate that is left
_SLACK: Final = 1e-12  # a probability this little under the tail is accepted: rounding widens
_ENTRIES: Final = 2_000_000  # probabilities held at once


def is_enumerable(reviewed: Counts, population: Counts, domain_population: Counts | None) -> bool:
    """Tell whether the design is small enough: a count from sizes, the same on every machine."""
    strata = [(int(n), int(N)) for n, N in zip(reviewed, population, strict=True) if 0 < n < N]
    outcomes = prod(comb(n + 2, 2) for n, _ in strata)
    summed = prod((n + 1) ** 2 for n, _ in strata)
    if domain_population is None:
        caseloads = prod(comb(N + 2, 2) for _, N in strata)
    else:
        open_ = (reviewed > 0) & (reviewed < population)
        caseloads = prod(int(A) + 1 for A in domain_population[open_])
    return outcomes * (caseloads + _LOOKS * summed) <= _MOST


def enumerated_upper(cells: Cells, *, tail: float) -> float:
    """Return the upper limit for the rate that holds with probability 1 - tail or more.

    Census strata are as they are; those of which no case was read count as errors. The work is
    done for a design as a whole and kept, so further outcomes of it cost nothing.
    """
    design, counts = cells.ordered().problem()
    if not cells.counts[1].any():  # nothing speaks against a rate of 1
        return 1.0
    least, most = possible(design, counts)
    if not len(design.reviewed):
        return most
    key = _Key(
        _plain(design.reviewed),
        _plain(design.population),
        _plain(design.sizes),
        _plain(design.known),
        size_known=len(counts) == 2,
        tail=tail,
    )
    found = _upper(key)
    limit = float(found[_place(design, counts)])
    return min(max(limit, estimate(design, counts), least), most)


@dataclass(frozen=True, slots=True)
class _Key:
    """What the limits of all outcomes depend on: a design as plain numbers, and the tail."""

    reviewed: Whole
    population: Whole
    sizes: Whole
    known: Whole
    size_known: bool
    tail: float

    def design(self) -> Design:
        """Return the design for the formulas."""
        parts = (self.reviewed, self.population, self.sizes, self.known)
        return Design(*(np.array(part, dtype=np.float64) for part in parts))


@lru_cache(maxsize=64)
def _upper(key: _Key) -> Floats:
    """Return the upper limit of every outcome, in the order of `_all_outcomes`."""
    order = _order(key, _all_outcomes(key.reviewed))
    rank = order.argsort(kind="stable")
    group = np.cumsum(np.append(False, np.diff(order[rank]) > _SAME))
    ends = np.flatnonzero(np.append(np.diff(group) > 0, True))
    best = np.zeros(len(ends))
    for mass, rates in _caseloads(key):
        below = np.cumsum(mass[:, rank], axis=1)[:, ends]
        first = (below <= key.tail - _SLACK).sum(
            axis=1
        )  # the first outcomes that do not rule it out
        np.maximum.at(best, np.minimum(first, len(ends) - 1), rates)
    limits = np.empty(len(rank))
    limits[rank] = np.maximum.accumulate(best)[group]
    return limits


def _order(key: _Key, outcomes: Floats) -> Floats:
    """Return U' of every outcome: where the tail of the likeliest caseload passes its bound."""
    design = key.design()
    counts = outcomes[:, :2] if key.size_known else outcomes
    room = design.population - design.sizes
    occurs = (outcomes[:, :2].sum(axis=1) <= design.sizes).all(axis=1)
    occurs &= not key.size_known or (outcomes[:, 2] <= room).all(axis=1)
    limits = np.ones(len(outcomes))
    open_ = np.flatnonzero(occurs & outcomes[:, 1].any(axis=1))
    ends = np.array([possible(design, counts[row]) for row in open_]).reshape(-1, 2)
    middle = np.array([estimate(design, counts[row]) for row in open_])
    low = np.maximum(middle, ends[:, 0])
    high = np.maximum(ends[:, 1], low)
    limits[open_] = high
    start = np.zeros(len(open_))
    for look in range(_LOOKS):
        rates = high - _EDGE * (high - low) if look == 0 else (low + high) / 2
        rows = counts[open_]
        known = design.surplus(rates)
        totals, start = likeliest_caseloads(
            rows, design.sizes, rates=rates, known=known, start=start
        )
        keeps = tails(design, rows, totals, rates, "given") > key.tail - _SLACK
        if look == 0:  # where even the largest rate is kept, that is the limit
            open_ = open_[~keeps]
            low, high, start = low[~keeps], high[~keeps], start[~keeps]
        else:
            low, high = np.where(keeps, rates, low), np.where(keeps, high, rates)
        if not len(open_):
            return limits
    limits[open_] = high
    return limits


def _caseloads(key: _Key) -> Iterator[tuple[Floats, Floats]]:
    """Yield the probabilities of all outcomes, caseloads x outcomes, and the caseloads' rates."""
    states = [
        _domain_states(size, N) if key.size_known else _divided(N)
        for size, N in zip(key.sizes, key.population, strict=True)
    ]
    outcomes = [_divided(read) for read in key.reviewed]
    shape = tuple(len(each) for each in states)
    together = max(1, _ENTRIES // prod(len(each) for each in outcomes))
    for start in range(0, prod(shape), together):
        places = np.unravel_index(np.arange(start, min(start + together, prod(shape))), shape)
        caseloads = [each[place] for each, place in zip(states, places, strict=True)]
        found = np.array(key.known) + sum(each[:, :2] for each in caseloads)
        some = found.sum(axis=1) > 0  # without any case that counts there is no rate
        mass = np.ones((int(some.sum()), 1))
        for each, own in zip(caseloads, outcomes, strict=True):
            mass = (mass[:, :, None] * _masses(each[some], own)[:, None]).reshape(len(mass), -1)
        yield mass, found[some, 0] / found[some].sum(axis=1)


def _masses(caseloads: Counts, outcomes: Counts) -> Floats:
    """Return C(E, e) C(B, b) C(C, c) / C(N, n) for every caseload and outcome of a stratum."""
    N, n = int(caseloads[:1].sum()), int(outcomes[0].sum())
    ways = binom(np.arange(N + 1.0)[:, None], np.arange(n + 1.0))
    mass: Floats = np.ones((len(caseloads), len(outcomes)))
    for category in range(3):
        mass *= ways[caseloads[:, category]][:, outcomes[:, category]]
    mass /= ways[N, n]
    return mass


def _divided(cases: int) -> Counts:
    """Return every way to divide the cases into errors, correct and others."""
    errors, correct = np.indices((cases + 1, cases + 1)).reshape(2, -1)
    fits = errors + correct <= cases
    errors, correct = errors[fits], correct[fits]
    return np.stack([errors, correct, cases - errors - correct], axis=1)


def _domain_states(size: int, cases: int) -> Counts:
    """Return every caseload of a stratum of which ``size`` cases are in the domain."""
    errors = np.arange(size + 1)
    return np.stack([errors, size - errors, np.full(size + 1, cases - size)], axis=1)


def _all_outcomes(n: Whole) -> Floats:
    """Return all outcomes, outcomes x categories x strata, the last stratum varying fastest."""
    each = [_divided(read) for read in n]
    places = np.unravel_index(np.arange(prod(len(e) for e in each)), [len(e) for e in each])
    found = [e[place] for e, place in zip(each, places, strict=True)]
    return np.stack(found, axis=2).astype(np.float64)


def _place(design: Design, counts: Floats) -> int:
    """Return where an outcome stands among `_all_outcomes`."""
    place = 0
    for n, (errors, correct) in zip(design.reviewed, counts[:2].T, strict=True):
        # the rows of `_divided` with fewer errors come first, n + 1 - errors of each
        fewer = errors * (n + 1) - errors * (errors - 1) / 2
        place = place * comb(int(n) + 2, 2) + int(fewer + correct)
    return place


def _plain(values: NDArray[np.float64]) -> Whole:
    return tuple(int(value) for value in values)
