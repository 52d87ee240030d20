"""Several strata of any size: limits whose coverage is proved, by Fourier-Chernoff point tests.

N_h cases in stratum h, T_h of them with an error (unknown), n_h reviewed at random without
replacement, x_h errors found. Every caseload T is tested with a statistic of its own,
G_T(x) = sum g_h(x_h; T_h), and rejected when an upper bound on P_T(G_T(X) <= G_T(x)) is at most the
tail. The upper limit is the largest total of a caseload that is not rejected: the true caseload is
rejected with a probability of at most the tail, so the limit holds with at least 1 - tail,
whatever the statistic, as long as it is fixed by T and the design.

Caseloads are looked at by cells of their variance V(T), all caseloads of a cell and of total t or
more at once: a bound on the sum's tail from its characteristic function (`chernoff_terms`), a
product over the strata whose largest value weak duality bounds (`chernoff_dual`). The parameters
of a bound (lambda, Delta, the number of terms, the multipliers) may depend on x: they bound one
and the same probability, so the smallest bound may be taken. The theorems and their proofs are in
docs/proved-intervals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite
from typing import Final

import numpy as np

from sampleaudit.formulas.chernoff_cells import RATES, Key, fourier_table
from sampleaudit.formulas.chernoff_dual import Certified, lowest_totals
from sampleaudit.formulas.chernoff_outcome import read_outcome
from sampleaudit.formulas.chernoff_rough import Rough, rough_limits
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_COARSE: Final = 0.2  # Delta of a Fourier bound, in units of the statistic's spread
_CLOSE: Final = 0.07  # of the last one, which costs twice as much and is 2 % of z shorter
_LONGER: Final = 1.12  # a Fourier limit to begin with, in units of that in a normal sum
_STRIDE: Final = 2  # places between two lambdas tried
_CURVE: Final = 0.0055  # by which a limit rises when lambda is a place off, off squared, about
_NEAR: Final = 1.5  # places from a lambda tried to the best one
_AWAY: Final = 4.0  # places: then the next one tried may be further off
_TRIES: Final = 5
_OFF: Final = 4  # places: two lambdas further apart are different ones
_ROUNDS: Final = 16
_BENDING: Final = 3  # frequencies for which nu is guessed


def proved_upper(errors: IntArray, reviewed: IntArray, population: IntArray, *, tail: float) -> int:
    """Return the upper limit for T that holds with probability 1 - tail or more, in cases.

    No stratum may be a census or unread. Tables of a design are kept, so further outcomes of it
    take less time.
    """
    order = np.lexsort((errors, reviewed, population))  # the order of the strata cannot matter
    x, n, N = errors[order], reviewed[order], population[order]
    outcome = read_outcome(Key(tuple(n.tolist()), tuple(N.tolist())), x, tail=tail)
    rough = rough_limits(outcome)
    search = _Search(rough, rough.limits(), {})
    while (cell := search.highest()) is not None:
        search.lower(cell)
    limit = ceil(float(search.limit.max())) - 1
    return min(max(limit, outcome.least), outcome.most)


@dataclass(slots=True)
class _Tried:
    """Coarse Fourier bounds of a cell by the place of lambda, and whether the close one is done."""

    found: dict[int, Certified]
    done: bool = False

    def best(self) -> int:
        """Return the place with the lowest limit."""
        return min(self.found, key=lambda place: float(self.found[place].total[0]))


@dataclass(slots=True)
class _Search:
    """What is known of each cell: caseloads of this total or more are rejected."""

    rough: Rough
    limit: FloatArray
    tried: dict[int, _Tried]
    shift: int | None = None  # places from the lambda expected to the best one, once known

    def highest(self) -> int | None:
        """Return the cell with the highest limit, or None if it cannot be lowered any more."""
        cell = int(self.limit.argmax())
        done = cell in self.tried and self.tried[cell].done
        return None if done or self.limit[cell] <= self.rough.outcome.least + 1 else cell

    def lower(self, cell: int) -> None:
        """Lower a cell's limit by another Fourier bound: lambdas coarsely, the best one closely."""
        tried = self.tried.setdefault(cell, _Tried({}))
        if not tried.found:
            place = self.rough.fine_place(cell) + (self.shift or 0)
            tried.found[place] = self._bound(cell, place, _COARSE, None)
            return
        warm = tried.found[tried.best()]
        ahead = self._ahead(cell, tried)
        if ahead is not None:
            tried.found[ahead] = self._bound(cell, ahead, _COARSE, warm)
            return
        tried.done = True
        place = tried.best() if self.shift is None else self._expected(tried)
        self._bound(cell, place, _CLOSE, warm)

    def _ahead(self, cell: int, tried: _Tried) -> int | None:
        """Return the lambda to try next, or None when it is known well enough."""
        best = tried.best()
        elsewhere = self._elsewhere(cell, best)
        if elsewhere not in tried.found and tried.found[best].total[0] > self.limit[cell]:
            return elsewhere  # Chernoff's bound can be lowest at two lambdas
        if len(tried.found) == 1:
            if self.shift is None:
                return best + _STRIDE
            expected = self.rough.fine_place(cell) + self.shift
            return expected if abs(expected - best) >= _STRIDE else None
        middle = self._middle(tried)
        stride = _STRIDE if abs(middle - best) < _AWAY else 2 * _STRIDE
        step = best + (stride if middle > best else -stride)
        if abs(middle - best) > _NEAR and len(tried.found) < _TRIES and step not in tried.found:
            return step
        self.shift = self._expected(tried) - self.rough.fine_place(cell)
        return None

    def _elsewhere(self, cell: int, place: int) -> int:
        """Return the lambda that suits a neighbouring cell, if it is far off, else this one."""
        beside = [c for c in (cell - 1, cell + 1) if 0 <= c < len(self.limit)]
        other = max(self.rough.fine_place(c) for c in beside)
        return other if abs(other - place) > _OFF else place

    def _expected(self, tried: _Tried) -> int:
        """Return the place where the lowest limit is expected."""
        best = tried.best()
        if len(tried.found) == 1:
            return best
        return round(min(max(self._middle(tried), best - 1), best + 1))

    def _middle(self, tried: _Tried) -> float:
        """Return the lowest point of a parabola through the two best neighbours."""
        best = tried.best()
        other = min((p for p in tried.found if p != best), key=lambda place: abs(place - best))
        least = self.rough.outcome.least
        low, high = (float(tried.found[p].total[0]) - least for p in (best, other))
        if not isfinite(high) or low <= 0:
            return float(best)
        return (best + other) / 2 + (high / low - 1) / (2 * _CURVE * (best - other))

    def _bound(self, cell: int, place: int, step: float, warm: Certified | None) -> Certified:
        """Lower a cell's limit by one Fourier bound, and return what it certifies."""
        outcome = self.rough.outcome
        rate, terms, table = fourier_table(outcome.key, cell, place, step, outcome.tail)
        count = len(terms)
        at = np.full(count, cell)
        problems = outcome.problems(at, table, np.full(count, rate), terms, count)
        done = [self.limit[c] for c, tried in self.tried.items() if tried.done and c != cell]
        found = lowest_totals(
            outcome.points,
            problems,
            self._again(cell, warm, count) if warm else self._begin(cell, rate, count),
            least=outcome.least,
            most=min(self.limit[cell], outcome.most),
            enough=max([*done, outcome.least]),
            rounds=_ROUNDS,
        )
        self.limit[cell] = min(self.limit[cell], found.total[0])
        return found

    def _begin(self, cell: int, rate: float, count: int) -> Certified:
        """Return multipliers to begin with: Chernoff's, and such as suit a normal sum."""
        rough, outcome = self.rough, self.rough.outcome
        place = int(rough.total[cell].argmin())
        before = outcome.cells.rate[cell] * RATES[place]
        ratio = rate / before
        theta, nu = rough.theta[cell, place] * ratio, rough.nu[cell, place] * ratio**2
        u = np.minimum(np.arange(count), _BENDING) * 0.64 * before
        highest = min(self.limit[cell], outcome.most)
        total = outcome.least + _LONGER * outcome.shorter * (highest - outcome.least)
        return Certified(np.array([total]), np.full(count, theta), nu + u * u / 2)

    def _again(self, cell: int, before: Certified, count: int) -> Certified:
        """Return the multipliers of a bound before, those of its last term for further ones."""
        term = np.minimum(np.arange(count), len(before.theta) - 1)
        total = np.minimum(self.limit[[cell]], self.rough.outcome.most)
        return Certified(total, before.theta[term], before.nu[term])
