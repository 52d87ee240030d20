"""A first limit for every cell of an outcome, by Chernoff's bound, and the lambda that suits it.

Cells whose first limit is far below the others' are done with. All cells start from what was
found for the one nearest to the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from sampleaudit.formulas.chernoff_cells import PLACES, RATES, chernoff_table
from sampleaudit.formulas.chernoff_dual import Certified, lowest_totals
from sampleaudit.formulas.chernoff_outcome import Outcome
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_MIDDLE: Final = 5  # place of the cells' own rate
_STEEP: Final = 2.3  # theta to begin with, in units of the scale
_ROUNDS: Final = 8
_TURNS: Final = 5
_FIRST: Final = (_MIDDLE - 1, _MIDDLE, _MIDDLE + 1)  # lambdas tried in the first cell
_FIRST_OF_FEW: Final = (*_FIRST, _MIDDLE + 3, _MIDDLE + 5, _MIDDLE + 7)
_FEW: Final = 1  # errors found: then the exact test of finding none may be the best
_REACHES: Final = (1, 3, 7, 99)


@dataclass(frozen=True, slots=True)
class Rough:
    """Limits at [cell, place of lambda], inf where not tried, and their multipliers."""

    outcome: Outcome
    total: FloatArray
    theta: FloatArray
    nu: FloatArray

    def limits(self) -> FloatArray:
        """Return the limit of every cell: caseloads of this total or more are rejected."""
        o = self.outcome
        result = np.full(len(o.cells.scale), float(o.least))
        result[o.possible] = np.minimum(self.total[o.possible].min(axis=1), o.most + 1.0)
        return result

    def fine_place(self, cell: int) -> int:
        """Return the place of the best lambda in finer steps: the lowest point of a parabola."""
        best = int(self.total[cell].argmin())
        shift = 0.0
        if 0 < best < len(RATES) - 2:  # the last is no neighbour
            low, middle, high = self.total[cell, best - 1 : best + 2].tolist()
            if max(low, high) < inf and low + high > 2 * middle:
                shift = 0.5 * (low - high) / (low - 2 * middle + high)
        return round(PLACES * (best + min(max(shift, -0.5), 0.5)))


def rough_limits(outcome: Outcome) -> Rough:
    """Return first limits."""
    scale = outcome.cells.scale
    shape = (len(scale), len(RATES))
    rough = Rough(outcome, np.full(shape, inf), np.zeros(shape), np.zeros(shape))
    distance = np.abs(np.log(scale[outcome.possible] ** 2 / outcome.variance))
    places = np.array(_FIRST if outcome.errors > _FEW else _FIRST_OF_FEW)
    count = len(places)
    first = outcome.possible[:1]
    for cell in outcome.possible[distance.argmin() :]:  # the next while one is rejected as a whole
        first = np.array([cell])
        steep = _STEEP / scale[first] * RATES[places]
        start = Certified(np.full(count, outcome.guess), steep, np.zeros(count))
        _try(rough, np.repeat(first, count), places, start, -inf)
        if rough.total[cell].min() > outcome.least:
            break
    _widen(rough, first)
    done = first
    for reach in _REACHES:
        near = outcome.possible[np.abs(outcome.possible - first) <= reach]
        new = np.setdiff1d(near, done)
        if len(new):
            _spread(rough, done, new)
            done = near
    return rough


def _spread(rough: Rough, done: IntArray, new: IntArray) -> None:
    """Find limits of further cells, beginning with what the nearest one needed."""
    outcome, scale = rough.outcome, rough.outcome.cells.scale
    before = done[np.abs(new[:, None] - done).argmin(axis=1)]
    place = rough.total[before].argmin(axis=1)
    ratio = scale[before] / scale[new]
    total = np.clip(rough.total[before, place], outcome.least, outcome.most)
    theta, nu = rough.theta[before, place] * ratio, rough.nu[before, place] * ratio**2
    bar = _bar(outcome, rough.total[done].min(axis=1))
    _try(rough, new, place, Certified(total, theta, nu), bar)
    _widen(rough, new)


def _widen(rough: Rough, cells: IntArray) -> None:
    """Try lambdas beside the best ones until these are between others, where it is of use."""
    outcome = rough.outcome
    for _ in range(_TURNS):
        limits = rough.total.min(axis=1)
        bar = _bar(outcome, limits[np.isfinite(limits)])
        near = cells[limits[cells] > bar]
        best = rough.total[near].argmin(axis=1)
        cell, before = np.tile(near, 2), np.tile(best, 2)
        place = np.concatenate([best - 1, best + 1])
        new = (place >= 0) & (place < len(RATES))
        new[new] = ~np.isfinite(rough.total[cell[new], place[new]])
        if not new.any():
            return
        cell, before, place = cell[new], before[new], place[new]
        total = np.clip(rough.total[cell, before], outcome.least, outcome.most)
        ratio = RATES[place] / RATES[before]
        theta, nu = rough.theta[cell, before] * ratio, rough.nu[cell, before] * ratio**2
        _try(rough, cell, place, Certified(total, theta, nu), bar)


def _bar(outcome: Outcome, limits: FloatArray) -> float:
    """Return a limit low enough: Fourier bounds will hardly bring the highest of these below it."""
    highest = limits.max(initial=outcome.least)
    return float(outcome.least + outcome.shorter * (highest - outcome.least))


def _try(rough: Rough, cell: IntArray, place: IntArray, start: Certified, enough: float) -> None:
    """Find limits of these cells with these lambdas."""
    outcome = rough.outcome
    tables = [chernoff_table(outcome.key, p) for p in place.tolist()]
    rate = np.array([r[c] for (r, _), c in zip(tables, cell, strict=True)])
    bounds = np.stack([table[c] for (_, table), c in zip(tables, cell, strict=True)])
    problems = outcome.problems(cell, bounds, rate, np.zeros(len(cell)), 1)
    met = lowest_totals(
        outcome.points,
        problems,
        start,
        least=outcome.least,
        most=outcome.most,
        enough=enough,
        rounds=_ROUNDS,
    )
    rough.total[cell, place] = met.total
    rough.theta[cell, place], rough.nu[cell, place] = met.theta, met.nu
