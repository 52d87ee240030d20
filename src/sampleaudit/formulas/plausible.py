"""Which caseloads are plausible: nearly as likely as the likeliest of their total.

T_h errors in stratum h, of which x_h were found; l(T) is the log-likelihood. Plausible are the T
of one total whose l is within delta of the largest, that of the profile caseload. Arrays have a
stratum per column, and a caseload per row where there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.caseload import best_caseloads, give, log_likelihood
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.lattice import Lattice

EDGE: Final = 1e-9  # log-likelihoods are compared with this much room for rounding
_NEAR: Final = np.array([0.55, 0.75, 0.87, 0.95, 1.03, 1.15, 1.4, 2.0])  # tilts tried first, and
_SIZES: Final = 2.0 ** np.arange(-6, 2)  # where the border is not among them, times one foreseen
_PINNED: Final = 1e-9  # weight of a stratum at the end of what is possible, where none is inside
_BETWEEN: Final = np.arange(1, 9) / 9  # of the way from the last plausible one to the next
_SMOOTH: Final = 0.4  # longest step of S over its deviation, below which S is all but continuous
_REACH: Final = 1.6  # times the distance at which a parabola for l has fallen by delta
_BOX: Final = 3_000  # caseloads gone through one by one, at most


@dataclass(frozen=True, slots=True)
class Search:
    """P(S' <= s') above ``tail`` is sought, over caseloads within ``delta`` of the best."""

    lattice: Lattice
    tail: float
    delta: float


@dataclass(frozen=True, slots=True)
class Near:
    """The plausible caseloads of one outcome and total: l(T) >= floor."""

    search: Search
    x: IntArray
    total: int
    profile: IntArray  # the best
    slope: FloatArray  # of l there, one number
    floor: float

    @property
    def smooth(self) -> bool:
        """Whether S is far from moving in steps as long as it varies."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        variance = float(self.search.lattice.variance(self.profile))
        return bool((N / n).max() < _SMOOTH * variance**0.5)

    def plausible(self, T: IntArray) -> NDArray[np.bool_]:
        """Tell which caseloads are plausible."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        fits: NDArray[np.bool_] = log_likelihood(T, self.x, n, N) >= self.floor
        return fits


def furthest(near: Near, worth: FloatArray) -> IntArray:
    """Return the plausible T that maximises sum eta_h T_h, eta_h the worth of a case in stratum h.

    It maximises l(T) + theta sum eta_h T_h for the largest theta that keeps l within delta: to
    second order theta^2 = 2 delta / sum v (eta - mean eta)^2 with v = dT/dtilt, over the strata
    that are not at the end of what is possible. Those at an end may join, so smaller ones are
    tried too, and then those between the last that is plausible and the next.
    """
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    inside = (near.profile > x) & (near.profile < N - n + x)
    v = give(near.profile, x, n, N) * np.where(inside, 1.0, _PINNED)
    worth = worth - (v * worth).sum() / v.sum()
    size = (2 * near.search.delta / max(float((v * worth**2).sum()), 1e-300)) ** 0.5
    grid = _NEAR
    tried, last = _tilted(near, size * grid, worth)
    if last in (0, len(grid)):
        grid = _SIZES
        tried, last = _tilted(near, size * grid, worth)
    best = tried[last - 1] if last else near.profile
    if last == len(grid):
        return best
    if near.smooth:  # a case here or there hardly matters
        between = rounded(best + _BETWEEN[:, None] * (tried[last] - best), near.total)
        between = between[near.plausible(between)]
    else:
        low = float(grid[last - 1]) if last else 0.0
        sizes = size * (low + _BETWEEN * (float(grid[last]) - low))
        between, last = _tilted(near, sizes, worth)
        between = between[:last]
    chosen: IntArray = np.concatenate([best[None], between])[-1]
    return chosen


def _tilted(near: Near, sizes: FloatArray, worth: FloatArray) -> tuple[IntArray, int]:
    """Return the best caseloads under tilts of rising size, and how many are plausible.

    Those before the first that is not.
    """
    n, N = near.search.lattice.reviewed, near.search.lattice.population
    rows, totals = np.repeat(near.x[None], len(sizes), axis=0), np.full(len(sizes), near.total)
    starts = np.broadcast_to(near.slope, sizes.shape)
    tried, _ = best_caseloads(totals, rows, n, N, sizes[:, None] * worth, starts)
    return tried, int(np.argmin(np.append(near.plausible(tried), False)))


def rounded(real: FloatArray, total: int) -> IntArray:
    """Return whole caseloads of the total near the real ones, whose sums are within half a case."""
    T: IntArray = np.floor(real + EDGE).astype(np.int64)
    missing = total - T.sum(axis=-1)
    order = (T - real).argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable")
    T += order < np.expand_dims(missing, -1)
    return T


def list_plausible(near: Near) -> IntArray | None:
    """Return all plausible caseloads, a row each; None if too many would have to be looked at.

    Those in a box around the profile caseload, as wide as the likelihood's curvature there lets
    expect; where one lies at a side of it, the box is made wider. l is concave, so the plausible
    caseloads are all in one piece.
    """
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    v = give(near.profile, x, n, N)
    reach = _REACH * np.sqrt(2 * near.search.delta * v * (1 - v / v.sum())) + 2
    most = N - n + x
    last = int(reach.argmax())
    others = np.delete(np.arange(len(x)), last)
    while True:
        low = np.maximum(np.floor(near.profile - reach).astype(np.int64), x)
        high = np.minimum(np.ceil(near.profile + reach).astype(np.int64), most)
        sides = (high - low + 1)[others].tolist()
        if prod(sides) > _BOX:
            return None
        T = np.empty((prod(sides), len(x)), dtype=np.int64)
        T[:, others] = list(product(*(range(int(low[h]), int(high[h]) + 1) for h in others)))
        T[:, last] = near.total - T[:, others].sum(axis=1)
        inside = (T[:, last] >= x[last]) & (T[:, last] <= most[last])
        inside[inside] = near.plausible(T[inside])
        listed: IntArray = T[inside]
        at_side = ((listed == low) & (low > x)) | ((listed == high) & (high < most))
        wider = at_side.any(axis=0)
        wider[last] = False
        if not wider.any():
            return listed
        reach = np.where(wider, 2 * reach, reach)
