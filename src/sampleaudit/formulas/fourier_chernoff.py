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
from fractions import Fraction
from math import ceil, inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.chernoff_cells import (
    SHAPES,
    Cells,
    Key,
    build_cells,
    chernoff_table,
    fourier_table,
)
from sampleaudit.formulas.chernoff_dual import Multipliers, Problems, best_multipliers
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_SLACK: Final = 1e-9  # added to the log bound for each stratum: more than rounding can take away
_ROUNDS: Final = 8  # of looking for the total at which a bound is the tail
_WIDE: Final = 2  # rounds with every lambda; then those beside the best
_FOURIER: Final = 0.6  # a Fourier limit is at least this share of Chernoff's from the estimate
_STEPS: Final = 8  # for the multipliers
_CLOSE: Final = 0.2  # cases
_FAR: Final = 1e12  # cases


def proved_upper(errors: IntArray, reviewed: IntArray, population: IntArray, *, tail: float) -> int:
    """Return the upper limit for T that holds with probability 1 - tail or more, in cases.

    No stratum may be a census or unread. Tables of a design are kept, so further outcomes of it
    take less time.
    """
    order = np.lexsort((errors, reviewed, population))  # the order of the strata cannot matter
    x, n, N = errors[order], reviewed[order], population[order]
    search = _begin(x, n, N, tail)
    cells = search.chernoff()
    while (cell := cells.highest()) is not None:
        others = np.delete(cells.limit, cell).max()
        search.fourier(cells, cell, enough=max(others, search.least))
    limit = ceil(float(cells.limit.max())) - 1
    return min(max(limit, search.least), search.most)


@dataclass(slots=True)
class _Limits:
    """What is known of each cell: caseloads of this total or more are rejected, and why."""

    limit: FloatArray
    rate: IntArray  # place of the lambda that suits Chernoff's bound best
    theta: FloatArray  # the multipliers last used
    nu: FloatArray
    tried: IntArray  # shapes of the Fourier bound used up
    least: int

    def highest(self) -> int | None:
        """Return the cell with the highest limit, or None if it cannot be lowered any more."""
        cell = int(self.limit.argmax())
        done = self.tried[cell] == len(SHAPES) or self.limit[cell] <= self.least + 1
        return None if done else cell


@dataclass(frozen=True, slots=True)
class _Search:
    """One outcome of a design."""

    key: Key
    cells: Cells
    found: FloatArray  # g_h(x_h; T) at [cell, point]
    log_tail: float  # what a log bound must not exceed, the slack for rounding taken off
    least: int  # the limit is not below the estimate
    most: int
    guess: float  # of the limit: normal approximation

    def chernoff(self) -> _Limits:
        """Return limits by Chernoff's bound, for all cells side by side."""
        rate, table = chernoff_table(self.key)
        count, rates = rate.shape
        m = table + rate[:, :, None] * self.found[:, None]
        theta = np.repeat(self.cells.z / self.cells.scale, rates).reshape(count, rates)
        nu = np.zeros((count, rates))
        best = np.zeros(count, dtype=np.int64)
        t = np.full(count, self.guess)
        failed, limit = np.full(count, float(self.least)), np.full(count, self.most + 1.0)
        live = np.arange(count)
        for turn in range(_ROUNDS):
            near = np.arange(rates) if turn < _WIDE else best[live, None] + np.arange(-1, 2)
            tried = np.clip(np.broadcast_to(near, (len(live), near.shape[-1])), 0, rates - 1)
            at = (np.repeat(live, tried.shape[1]), tried.ravel())
            problems = self._problems(m[at], t[at[0]], at[0])
            start = Multipliers(theta[at], nu[at], t[at[0]])
            met = best_multipliers(self.cells.points, problems, start, steps=_STEPS)
            theta[at], nu[at] = met.theta, met.nu
            bounds = met.bound.reshape(tried.shape)
            best[live] = tried[np.arange(len(live)), bounds.argmin(axis=1)]
            new = t[live] + _shifts(bounds.min(axis=1) - self.log_tail, theta[live, best[live]])
            limit[live] = np.minimum(limit[live], new)
            failed[live] = np.where(new > t[live], np.maximum(failed[live], t[live]), failed[live])
            ahead = self._ahead(t[live], new, failed[live], limit[live])
            open_ = limit[live] - failed[live] > 1 + 0.002 * (t[live] - self.least)
            open_ &= (np.abs(ahead - t[live]) > _CLOSE) & (limit[live] > self.least + 1)
            short = self.least + _FOURIER * (failed.max() - self.least)
            open_ &= limit[live] > short
            t[live] = ahead
            live = live[open_]
            if not len(live):
                break
        rows = np.arange(count)
        tried_none = np.zeros(count, dtype=np.int64)
        return _Limits(limit, best, theta[rows, best], nu[rows, best], tried_none, self.least)

    def fourier(self, cells: _Limits, cell: int, *, enough: float) -> None:
        """Lower a cell's limit by the next shape of the Fourier bound, as far as is of use."""
        shape = int(cells.tried[cell])
        cells.tried[cell] += 1
        rate, terms, table = fourier_table(self.key, cell, int(cells.rate[cell]), shape)
        m = table + rate * self.found[cell]
        each = np.ones(len(terms))
        at = Multipliers(cells.theta[cell] * each, cells.nu[cell] * each, each)
        t = float(np.clip(cells.limit[cell], self.least, self.most))
        failed, limit = float(self.least), inf
        for _ in range(_ROUNDS):
            problems = self._problems(m, t * each, np.full(len(terms), cell))
            at = best_multipliers(self.cells.points, problems, at, steps=_STEPS)
            new = t + _shift(terms + at.bound - self.log_tail, at.theta)
            if new < min(limit, cells.limit[cell]):
                cells.theta[cell], cells.nu[cell] = at.theta[0], at.nu[0]
            limit = min(limit, new)
            failed = max(failed, t) if new > t else failed
            ahead = float(self._ahead(np.array(t), np.array(new), failed, limit))
            if abs(ahead - t) < _CLOSE or limit <= enough or limit - failed < _CLOSE:
                break
            t = ahead
        cells.limit[cell] = min(cells.limit[cell], limit)

    def _problems(self, m: FloatArray, t: FloatArray, cell: IntArray) -> Problems:
        """Return the dual problems of these cells at these totals."""
        c = self.cells
        return Problems(m, t, c.lowest[cell], c.highest[cell], c.scale[cell])

    def _ahead(
        self, t: FloatArray, new: FloatArray, failed: FloatArray | float, limit: FloatArray | float
    ) -> FloatArray:
        """Return the total to look at next.

        The bound's logarithm is concave in t, so its tangent leads from a rejected total to
        another one nearer the border. From a total not rejected it may lead too far away.
        """
        back = np.maximum(new, failed + (limit - np.asarray(failed)) / 4)
        on = np.minimum(new, t + 0.35 * (t - self.least) + 20)
        return np.clip(np.where(new > t, on, back), self.least, self.most)


def _begin(x: IntArray, n: IntArray, N: IntArray, tail: float) -> _Search:
    """Return the search for one outcome."""
    key = Key(tuple(n.tolist()), tuple(N.tolist()), tail)
    cells = build_cells(key)
    s = sum(
        (Fraction(size * k, read) for k, read, size in zip(x.tolist(), *key.sizes(), strict=True)),
        Fraction(0),
    )
    least, most = ceil(s), int((N - n + x).sum())
    near = np.clip(N / n * x, N / n, N - N / n)
    spread = np.array([stratum.spread for stratum in cells.strata])
    reach = 1.1 * cells.z * float((spread * near * (N - near)).sum()) ** 0.5
    room = (most - least) / 50
    return _Search(
        key,
        cells,
        np.stack([cells.found(cell, x) for cell in range(len(cells.scale))]),
        float(np.log(tail)) - _SLACK * len(x),
        least,
        most,
        float(np.clip(float(s) + reach, least + room, most - room)),
    )


def _shifts(over: FloatArray, theta: FloatArray) -> FloatArray:
    """Return by how many cases t must grow for a log bound that exceeds the tail by ``over``."""
    steep: NDArray[np.bool_] = theta * _FAR > 1
    flat = np.where(over > 0, inf, -_FAR)
    return np.where(steep, over / np.where(steep, theta, 1.0), flat)


def _shift(over: FloatArray, theta: FloatArray) -> float:
    """Return the d from which sum exp(over - theta d) is at most 1, a little more for rounding."""

    def rejects(d: float) -> bool:
        return float(np.logaddexp.reduce(over - theta * d)) <= 0

    ahead = not rejects(0.0)
    lost, kept = (0.0, 1.0) if ahead else (-1.0, 0.0)
    while rejects(kept if ahead else lost) != ahead:
        lost, kept = (kept, 2 * kept) if ahead else (2 * lost, lost)
        if kept > _FAR:
            return inf
        if lost < -_FAR:
            return -_FAR
    while kept - lost > _CLOSE / 20:
        middle = (lost + kept) / 2
        lost, kept = (lost, middle) if rejects(middle) else (middle, kept)
    return kept
