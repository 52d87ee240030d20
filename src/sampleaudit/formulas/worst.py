"""The worst caseload: which of the plausible caseloads makes a low estimate most probable.

All caseloads of one total t give the estimate S the same mean t, so what makes a low S probable
is where the errors lie: spread so that S varies more, or leans to one side. Plausible are the
caseloads whose log-likelihood l is within delta of the best of that total, the profile caseload.
Arrays have a caseload per row and a stratum per column.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sampleaudit.formulas.caseload import (
    best_caseloads,
    fall,
    give,
    log_likelihood,
    real_caseloads,
    rise,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import Lattice, lower_tails, tails_given

_SIZES: Final = 2.0 ** np.arange(-6, 2)  # of the tilts tried, times the size foreseen
_PINNED: Final = 1e-9  # weight of a stratum at the end of what is possible, where none is inside
_PARTS: Final = np.arange(1, 17) / 16  # of the way between two caseloads
_RATES: Final = np.geomspace(0.5, 4, 10)  # between them lies lambda, times sd(S) / z
_BEYOND: Final = 1.25  # times the saddlepoint leads to worse caseloads where errors are rare
_LAST_WAY: Final = np.arange(4, 9) / 8  # of the way from the profile caseload
_WAY: Final = np.arange(1, 9) / 8  # of the way of one step
_STEPS: Final = 12  # at most
_GAIN: Final = 5e-4  # a step that raises the logarithm by less is the last
_SMOOTH: Final = 0.4  # longest step of S over its deviation, below which the stand-in suffices
_EXCHANGES: Final = 12  # at most, of one case each
_BOX: Final = 3_000  # caseloads gone through one by one, at most
_FEW: Final = 48  # of them the plausible ones, at most, that all have their exact tail computed
_TOP: Final = 16  # of more, the most promising ones
_HOPELESS: Final = 0.1  # a tail this share of the one sought is not looked into further
_EDGE: Final = 1e-9  # log-likelihoods are compared with this much room for rounding


@dataclass(frozen=True, slots=True)
class Search:
    """P(S' <= s') above ``tail`` is sought, over caseloads within ``delta`` of the best."""

    lattice: Lattice
    tail: float
    delta: float


@dataclass(frozen=True, slots=True)
class _Near:
    """The plausible caseloads of one outcome and total: l(T) >= floor."""

    search: Search
    x: IntArray
    total: int
    profile: IntArray  # the best, one row
    slope: FloatArray  # of l there
    floor: float
    scale: float  # lambda of E exp(-lambda S)

    @property
    def smooth(self) -> bool:
        """Whether S is far from moving in steps as long as it varies."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        variance = float(self.search.lattice.variance(self.profile)[0])
        return bool((N / n).max() < _SMOOTH * variance**0.5)

    def plausible(self, T: IntArray) -> NDArray[np.bool_]:
        """Tell which caseloads are plausible."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        fits: NDArray[np.bool_] = log_likelihood(T, self.x, n, N) >= self.floor
        return fits

    def tails(self, T: IntArray) -> FloatArray:
        """Return the exact tails at these caseloads."""
        place = self.search.lattice.place(self.x)
        return lower_tails(self.search.lattice, T, np.full(len(T), place))


def profile_tails(search: Search, x: IntArray, total: IntArray) -> FloatArray:
    """Return P_T(S' <= s'(x)) at the profile caseload T of each row's outcome and total."""
    n, N = search.lattice.reviewed, search.lattice.population
    profile, _ = best_caseloads(total, x, n, N, np.zeros(x.shape))
    return lower_tails(search.lattice, profile, search.lattice.place(x))


def worst_tail(search: Search, x: IntArray, total: int, *, rough: bool = False) -> float:
    """Return max P_T(S' <= s'(x)) over {sum T_h = total, l(T) >= max l - delta}.

    Where the plausible caseloads are few they are all gone through. Otherwise log E exp(-lambda S),
    concave in T (log E z^X is, X being a sum of independent indicators: Borcea, Branden and
    Liggett 2009), stands in for the tail and is maximised by steps towards the plausible caseload
    that is best to first order (Frank and Wolfe 1956) and by exchanges of single cases. The
    result is the tail of a plausible caseload, so never above the maximum; how often it reaches
    it is measured in tests/oracle/test_profile_definition.py. ``rough`` takes one step.
    """
    if not search.delta:
        return float(profile_tails(search, x[None], np.array([total]))[0])
    near = _near(search, x, total)
    first = _step(near, near.profile)
    p = float(near.tails(first)[0])
    if rough or not _HOPELESS * search.tail < p <= search.tail:
        return p
    tried = _listed(near)
    if tried is not None:
        return max(p, float(near.tails(tried).max()))
    way = near.profile + (_climbed(near, first) - near.profile) * _LAST_WAY[:, None]
    tried = np.concatenate([first, _rounded(way, near.total)])
    tried = tried[near.plausible(tried)]
    tails = near.tails(tried)
    p, best = float(tails.max()), tried[tails.argmax()][None]
    return p if near.smooth or p > search.tail else _finished(near, best, p)


def _near(search: Search, x: IntArray, total: int) -> _Near:
    """Return what is needed of the profile caseload and of those near it."""
    n, N = search.lattice.reviewed, search.lattice.population
    profile, slope = best_caseloads(np.array([total]), x[None], n, N, np.zeros((1, len(x))))
    floor = float(log_likelihood(profile, x, n, N)[0]) - search.delta - _EDGE
    return _Near(search, x, total, profile, slope, floor, _saddlepoint(search, x, profile))


def _saddlepoint(search: Search, x: IntArray, profile: IntArray) -> float:
    """Return a lambda about where S weighted by exp(-lambda S) has the mean s: near z / sd(S)."""
    n, N = search.lattice.reviewed, search.lattice.population
    first, mass = windows(profile, n, N)
    errors = (N / n)[:, None] * (first[0][:, None] + np.arange(mass.shape[-1]))
    deviation = max(float(search.lattice.variance(profile)[0]), 1e-9) ** 0.5
    rates = _RATES * -ndtri(search.tail) / deviation
    centred = errors - (profile[0] * n // N * (N / n))[:, None]
    power = np.exp(np.clip(-rates[:, None, None] * centred, -600, 600)) * mass[0]
    means = ((errors * power).sum(axis=-1) / power.sum(axis=-1)).sum(axis=-1)
    return _BEYOND * float(np.interp(-(N / n * x).sum(), -means, rates))


def _climbed(near: _Near, T: IntArray) -> IntArray:
    """Return the caseloads that steps and exchanges from T end in."""
    score, best = float(_score(near, T)[0]), T
    for _ in range(_STEPS):
        here = score
        for move in (_step, _exchanged):
            T = move(near, best)
            gain = float(_score(near, T)[0]) - score
            if gain > 0:
                score, best = score + gain, T
            if gain > _GAIN:
                break
        if score - here <= _GAIN:
            break
    return best


def _finished(near: _Near, best: IntArray, p: float) -> float:
    """Return the tail that steps by the exact tail and its exact derivatives lead to."""
    for _ in range(_STEPS):
        far = _furthest(near, best, _exact_worth(near, best))
        T = _rounded(best + (far - best) * _WAY[:, None], near.total)
        T = T[near.plausible(T)]  # rounding may leave none
        tails = near.tails(T) if len(T) else np.zeros(1)
        if tails.max() <= p * (1 + _GAIN):
            break
        p, best = float(tails.max()), T[tails.argmax()][None]
        if p > near.search.tail:
            break
    return p


def _step(near: _Near, at: IntArray) -> IntArray:
    """Return the best caseload on the way to the one that is plausible and best to first order."""
    T = _rounded(at + (_furthest(near, at, _worth(near, at)) - at) * _WAY[:, None], near.total)
    T = T[near.plausible(T)]
    best: IntArray = T[_score(near, T).argmax()][None] if len(T) else at
    return best


def _furthest(near: _Near, at: IntArray, gains: tuple[FloatArray, FloatArray]) -> IntArray:
    """Return the plausible T that maximises sum eta_h T_h, eta_h a case's worth at ``at``.

    It maximises l(T) + theta sum eta_h T_h for the theta that makes l fall by delta: to second
    order theta^2 = 2 delta / sum v (eta - mean eta)^2 with v = dT/dtilt, over the strata that are
    not at the end of what is possible. Those at an end may join, so smaller tilts are tried too,
    and the way from the last plausible caseload to the next one is divided.
    """
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    up, down = gains
    inside = (near.profile[0] > x) & (near.profile[0] < N - n + x)
    v = give(near.profile, x, n, N)[0] * np.where(inside, 1.0, _PINNED)
    worth = (up - down)[0] / (np.minimum(at[0] + 1, N) - np.maximum(at[0] - 1, 0))
    worth -= (v * worth).sum() / v.sum()
    size = (2 * near.search.delta / max(float((v * worth**2).sum()), 1e-300)) ** 0.5
    tilt = size * _SIZES[:, None] * worth
    each = len(tilt)
    rows = np.repeat(x[None], each, axis=0)
    totals = np.full(each, near.total)
    real, _ = real_caseloads(totals, rows, n, N, tilt, np.repeat(near.slope, each))
    tried = np.concatenate([near.profile, _rounded(real, near.total)])
    last = int(np.flatnonzero(near.plausible(tried))[-1])
    inner, step = tried[last], tried[min(last + 1, each)] - tried[last]
    best: IntArray = inner
    start = 0.0
    for parts in (_PARTS, _PARTS / len(_PARTS)):
        T = _rounded(inner + (start + parts)[:, None] * step, near.total)
        fits = np.flatnonzero(near.plausible(T))
        if len(fits):
            start, best = start + parts[fits[-1]], T[fits[-1]]
    return best[None]


def _rounded(real: FloatArray, total: int) -> IntArray:
    """Return whole caseloads of the total near the real ones, whose sums are within half a case."""
    T: IntArray = np.floor(real + _EDGE).astype(np.int64)
    missing = total - T.sum(axis=-1)
    order = (T - real).argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable")
    T += order < np.expand_dims(missing, -1)
    return T


def _listed(near: _Near) -> IntArray | None:
    """Return the plausible caseloads, the most promising if many, or None if too many to list."""
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    v = give(near.profile, x, n, N)[0]
    reach = 1.6 * np.sqrt(2 * near.search.delta * v * (1 - v / v.sum())) + 2
    low = np.maximum(np.floor(near.profile[0] - reach).astype(np.int64), x)
    high = np.minimum(np.ceil(near.profile[0] + reach).astype(np.int64), N - n + x)
    last = int((high - low).argmax())
    others = [h for h in range(len(x)) if h != last]
    sides = [int(high[h] - low[h]) + 1 for h in others]
    if prod(sides) > _BOX:
        return None
    T = np.empty((prod(sides), len(x)), dtype=np.int64)
    T[:, others] = list(product(*(range(int(low[h]), int(high[h]) + 1) for h in others)))
    T[:, last] = near.total - T[:, others].sum(axis=1)
    inside = (T[:, last] >= x[last]) & (T[:, last] <= (N - n + x)[last])
    inside[inside] = near.plausible(T[inside])
    listed: IntArray = T[inside]
    if len(listed) > _FEW:
        listed = listed[_score(near, listed).argsort(kind="stable")[-_TOP:]]
    return listed


def _exchanged(near: _Near, T: IntArray) -> IntArray:
    """Return T after exchanges of one case between two strata, each the best that is plausible."""
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    for _ in range(_EXCHANGES):
        up, down = _worth(near, T)
        gain = up[0][:, None] + down[0]
        change = rise(T, x, n, N)[0][:, None] - fall(T, x, n, N)[0]
        gain = np.where(change >= near.floor - log_likelihood(T, x, n, N), gain, -np.inf)
        np.fill_diagonal(gain, -np.inf)
        to, away = np.unravel_index(gain.argmax(), gain.shape)
        if gain[to, away] <= _EDGE:
            break
        T = T.copy()
        T[0, to] += 1
        T[0, away] -= 1
    return T


def _worth(near: _Near, T: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what one case more, and one less, adds to log E exp(-lambda w_h X_h) of a stratum."""
    N = near.search.lattice.population
    here, more, less = _exponents(near, np.stack([T, np.minimum(T + 1, N), np.maximum(T - 1, 0)]))
    return more - here, less - here


def _exact_worth(near: _Near, T: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what one case more, and one less, adds to the tail itself."""
    n, N = near.search.lattice.reviewed, near.search.lattice.population
    given = tails_given(near.search.lattice, T[0], int(near.search.lattice.place(near.x)))
    first, mass = windows(np.concatenate([T, np.minimum(T + 1, N), np.maximum(T - 1, 0)]), n, N)
    count = np.clip(first[..., None] + np.arange(mass.shape[-1]), 0, given.shape[1] - 1)
    here, more, less = (mass * given[np.arange(len(n))[:, None], count]).sum(axis=-1)[:, None]
    return more - here, less - here


def _score(near: _Near, T: IntArray) -> FloatArray:
    """Return log E exp(-lambda S) of each caseload: high where the lower tail is heavy."""
    total: FloatArray = _exponents(near, T).sum(axis=-1)
    return total


def _exponents(near: _Near, T: IntArray) -> FloatArray:
    """Return log E exp(-lambda w_h (X_h - c_h)) with c_h the expected count of the profile."""
    n, N = near.search.lattice.reviewed, near.search.lattice.population
    first, mass = windows(T, n, N)
    away = first - near.profile[0] * n // N
    rate = near.scale * (N / n)
    power = -rate[:, None] * (away[..., None] + np.arange(mass.shape[-1]))
    weighted: FloatArray = (mass * np.exp(np.clip(power, -600, 600))).sum(axis=-1)
    return np.log(weighted)
