"""Where to look for the caseload of a given total under which a low estimate is most probable.

N_h cases, n_h reviewed, x_h errors found, T_h errors in the register, S = sum N_h X_h / n_h. Where
all caseloads cannot be gone through, the search begins at those that maximise E exp(-lambda S), a
product over strata that is log-concave in T_h, for a few lambda, and at the one that fits the
counts best; exchanges of errors between strata do the rest.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.caseload import best_caseloads
from sampleaudit.formulas.exchanges import (
    ALL_PAIRS,
    Question,
    best_of_all,
    can_list,
    misfits,
    polished,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import lower_tails

_NODES: Final = 129  # numbers of errors at which a stratum's generating function is computed
_SIZES: Final = (0.35, 0.6, 1.0, 1.6)  # of lambda, in standard deviations over sd(S)
_HOPELESS: Final = 0.3  # of the tail sought: below it no exchange is tried
_STEEPEST: Final = 1e6  # weight of the fit at which it is given up
_HALVINGS: Final = 12
_POLISHED: Final = 4  # caseloads from which exchanges start, with few strata


class Search:
    """The worst caseload of one total after another, for one outcome."""

    def __init__(self, question: Question, tail: float) -> None:
        """Tabulate log E exp(-lambda S_h), S_h = N_h X_h / n_h, for a few lambda."""
        self.question = q = question
        self.listed = can_list(q.n, q.N)
        self.known = q.low  # the worst caseload of another total
        self.s = float((q.N / q.n * q.x).sum())
        self.least, self.most = int(q.low.sum()), int(q.high.sum())
        self.goal = float(ndtri(tail))
        self.guess = self._normal_guess()
        if not self.listed:
            self.nodes = _nodes(q.low, q.high)
            deviation = max(float(q.lattice.variance(self._profile(self.guess))[0]), 1e-9) ** 0.5
            self.logs = _log_generating(q, self.nodes, -self.goal / deviation)
            self.fit = np.zeros(self.nodes.shape)
            if q.misfit < np.inf:
                rows = (each[:, None] for each in (q.x, q.n, q.N))
                self.fit = -misfits(self.nodes, *rows)

    def worst(self, total: int, *, enough: float) -> tuple[float, IntArray]:
        """Return the largest tail found, or one above ``enough``, and its caseload."""
        q = self.question
        if self.listed:
            return best_of_all(q, total)
        starts = self._starts(total)
        if not len(starts):
            return -1.0, q.low
        tails = lower_tails(q.lattice, starts, np.full(len(starts), q.threshold))
        best = int(tails.argmax())
        tail, T = float(tails[best]), starts[best]
        if _HOPELESS * enough < tail <= enough or enough >= 1:
            few = _POLISHED if len(q.x) <= ALL_PAIRS else 1
            for k in np.argsort(-tails, kind="stable")[:few]:
                higher, found = polished(q, starts[k], float(tails[k]), enough=enough)
                if higher > tail:
                    tail, T = higher, found
                if tail > enough:
                    break
        self.known = T
        return tail, T

    def _starts(self, total: int) -> IntArray:
        """Return allowed caseloads from which to begin, a row each, none twice."""
        q = self.question
        rows = [self._profile(total)]
        rows += [self._steepest(total, logs)[None] for logs in self.logs]
        if len(q.x) <= ALL_PAIRS:
            apart = total - int(self.known.sum())
            rows.append(self.known + apart * np.eye(len(q.x), dtype=np.int64))
        T = np.unique(np.concatenate(rows), axis=0)
        return T[q.allows(T)]

    def _profile(self, total: int) -> IntArray:
        """Return the caseload of this total that fits the counts best, within the box."""
        q = self.question
        T, _ = best_caseloads(np.array([total]), q.x[None], q.n, q.N, np.zeros((1, len(q.x))))
        return T

    def _steepest(self, total: int, logs: FloatArray) -> IntArray:
        """Return the caseload with the largest E exp(-lambda S), bent into the confidence set.

        Where it does not fit the counts well enough, log p_h is added with the smallest multiplier
        that makes it fit.
        """
        q = self.question
        T = _filled(logs, self.nodes, total)
        if q.misfit == np.inf or q.allows(T[None])[0]:
            return T
        below, above = 0.0, 1.0
        while not q.allows((T := _filled(logs + above * self.fit, self.nodes, total))[None])[0]:
            below, above = above, 4 * above
            if above > _STEEPEST:
                return T
        for _ in range(_HALVINGS):
            middle = (below + above) / 2
            nearer = _filled(logs + middle * self.fit, self.nodes, total)
            if q.allows(nearer[None])[0]:
                above, T = middle, nearer
            else:
                below = middle
        return T

    def _normal_guess(self) -> int:
        """Return where the normal approximation has the limit."""
        t = self.s
        for _ in range(3):
            near = round(min(max(t, self.least), self.most))
            variance = float(self.question.lattice.variance(self._profile(near))[0])
            t = self.s - self.goal * variance**0.5
        return round(min(max(t, self.least), self.most))


def _nodes(low: IntArray, high: IntArray) -> IntArray:
    """Return numbers of errors from low_h to high_h, all of them or more of them near the ends."""
    way = np.sin(np.linspace(0, np.pi / 2, _NODES)) ** 2
    all_ = low[:, None] + np.minimum(np.arange(_NODES), (high - low)[:, None])
    some = low[:, None] + np.rint((high - low)[:, None] * way).astype(np.int64)
    nodes: IntArray = np.where((high - low < _NODES)[:, None], all_, some)
    return nodes


def _log_generating(q: Question, nodes: IntArray, scale: float) -> list[FloatArray]:
    """Return log E exp(-lambda N_h X_h / n_h) at the nodes, for lambdas around ``scale``.

    Concave in T_h: the number of marked cases in a random sample of fixed size is a sum of
    independent indicators whose generating function has this property (strongly Rayleigh).
    """
    first, mass = windows(nodes, q.n[:, None], q.N[:, None])
    count = np.maximum(first[..., None] + np.arange(mass.shape[-1]), 0)
    weight = (q.N / q.n)[:, None, None]
    result = []
    for size in _SIZES:
        power = -size * scale * weight * count
        most = power.max(axis=-1, where=mass > 0, initial=-np.inf)
        terms = mass * np.exp(np.minimum(power - most[..., None], 0.0))
        result.append(most + np.log(terms.sum(axis=-1)))
    return result


def _filled(values: FloatArray, nodes: IntArray, total: int) -> IntArray:
    """Return the T with sum ``total`` that maximises a sum of concave functions of T_h.

    The functions are linear between the nodes, so the pieces are taken steepest first.
    """
    lengths = np.diff(nodes, axis=1)
    slopes = np.diff(values, axis=1) / np.maximum(lengths, 1)
    slopes = np.minimum.accumulate(slopes, axis=1)  # concave but for rounding
    order = np.argsort(-slopes, axis=None, kind="stable")
    length = lengths.ravel()[order]
    wanted = total - int(nodes[:, 0].sum())
    taken = np.clip(wanted - (np.cumsum(length) - length), 0, length)
    T: IntArray = nodes[:, 0] + np.bincount(
        order // lengths.shape[1], taken, minlength=len(nodes)
    ).astype(np.int64)
    return T
