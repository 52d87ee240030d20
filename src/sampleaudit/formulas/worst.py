"""The worst caseload: which of the plausible caseloads makes a low estimate most probable.

All caseloads of one total t give the estimate S the same mean t, so what makes a low S probable
is where the errors lie: spread so that S varies more, or leans to one side. Plausible are the
caseloads whose log-likelihood l is within delta of the best of that total, the profile caseload.
Arrays have a stratum per column, and a caseload per row where there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.caseload import (
    best_caseloads,
    fall,
    give,
    log_likelihood,
    rise,
)
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.lattice import Lattice, lower_tails
from sampleaudit.formulas.spectrum import Spectrum, build_spectrum
from sampleaudit.formulas.stand_in import StandIn, build_stand_in

_SIZES: Final = 2.0 ** np.arange(-6, 2)  # of the tilts tried, times the size foreseen
_PINNED: Final = 1e-9  # weight of a stratum at the end of what is possible, where none is inside
_BETWEEN: Final = np.arange(1, 8) / 8  # of the way from one tilt to the next
_STEPS: Final = 12  # at most
_GAIN: Final = 5e-4  # a step that raises the tail by a smaller share is the last
_DOUBT: Final = 6.0  # a step may gain this much more than it promises
_WAY: Final = np.arange(1, 9) / 8  # of the way of one step
_SMOOTH: Final = 0.4  # longest step of S over its deviation, below which S is all but continuous
_CLIMB: Final = 6  # steps by the stand-in, at most
_EXCHANGES: Final = 12  # at most, of one case each
_BOX: Final = 3_000  # caseloads gone through one by one, at most
_FEW: Final = 400  # of them the plausible ones, at most, that all have their exact tail computed
_TOP: Final = 100  # of more, the most promising ones
_HOPELESS: Final = 0.1  # of the tail sought
_TINY: Final = 1e-300
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


class Finding:
    """One outcome x, and what trying one total has taught for the next."""

    def __init__(
        self,
        search: Search,
        x: IntArray,
        *,
        worth: FloatArray | None = None,
        hopeless: float = _HOPELESS,
    ) -> None:
        self.search, self.x = search, x
        self.worth = worth  # of one error more in a stratum, to the tail at the last total
        self.rise = 0.0  # of the tail per error more in all, there
        self.gained = 1.0  # that tail over the first one tried
        self._hopeless = hopeless  # below this share of the tail sought none is looked into
        self._place = int(search.lattice.place(x))
        self._slope = np.zeros(1)
        self._spectrum: Spectrum | None = None
        self._stand_in: StandIn | None = None

    def worst_tail(self, total: int, *, rough: bool = False) -> float:
        """Return max P_T(S' <= s'(x)) over {sum T_h = total, l(T) >= max l - delta}.

        Where the plausible caseloads are few they are all gone through. Otherwise steps lead
        towards the plausible caseload that is best to first order (Frank and Wolfe 1956), first by
        a stand-in for the tail and then by the tail itself. The result is the tail of a plausible
        caseload, so never above the maximum; how often it reaches it is measured in
        tests/oracle/test_profile_definition.py. ``rough`` takes one step. A tail above the one
        sought, or far below it, is not followed further.
        """
        near = self._near(total)
        if not self.search.delta:
            return self._ready(near.profile).tail(near.profile)
        stand_in = self._leaning(near.profile)
        T = _furthest(near, _slope(stand_in, near.profile) if self.worth is None else self.worth)
        p, worth = self._ready(T).tail_and_worth(T)
        first = max(p, _TINY)
        if not rough and self._undecided(p):
            tried = _listed(near, stand_in)
            if tried is None:
                q, worth_there = self._ready(near.profile).tail_and_worth(near.profile)
                if q > p:
                    T, p, worth = near.profile, q, worth_there
                p, T, worth = self._climbed(near, T, p, worth)
            else:
                place = np.full(len(tried), self._place)
                p = max(p, float(lower_tails(self.search.lattice, tried, place).max()))
        v = give(T, self.x, self.search.lattice.reviewed, self.search.lattice.population)
        self.worth, self.rise, self.gained = worth, float((worth * v).sum() / v.sum()), p / first
        return p

    def _climbed(
        self, near: _Near, T: IntArray, p: float, worth: FloatArray
    ) -> tuple[float, IntArray, FloatArray]:
        """Return the tail that climbing from T leads to, where, and a case's worth there."""
        if not near.smooth:
            top = _top(near, self._leaning(near.profile), T)
            q, worth_there = self._ready(top).tail_and_worth(top)
            if q > p:
                T, p, worth = top, q, worth_there
        for _ in range(_STEPS):
            far = _furthest(near, worth)
            promised = float((worth * (far - T)).sum())
            lost = p + _DOUBT * promised <= self.search.tail
            if lost or promised <= _GAIN * p or not self._undecided(p):
                break
            before = p
            p, T, worth = self._stepped(near, T, far, p, worth)
            if p - before <= _GAIN * p:
                break
        return p, T, worth

    def _stepped(
        self, near: _Near, T: IntArray, far: IntArray, p: float, worth: FloatArray
    ) -> tuple[float, IntArray, FloatArray]:
        """Return the same of ``far``, or of a caseload on the way there, or of T."""
        q, worth_there = self._ready(far).tail_and_worth(far)
        if q > p:
            return q, far, worth_there
        # the parabola through both tails and the slope at T has its top on the first half
        promised = float((worth * (far - T)).sum())
        way = T + (far - T) * np.array([[promised / (promised + p - q) / 2]])
        between = _rounded(way, near.total)
        if near.plausible(between)[0]:
            q, worth_there = self._ready(between[0]).tail_and_worth(between[0])
            if q > p:
                return q, between[0], worth_there
        return p, T, worth

    def _undecided(self, p: float) -> bool:
        return self._hopeless * self.search.tail < p <= self.search.tail

    def _leaning(self, T: IntArray) -> StandIn:
        """Return the stand-in, made for the first total tried."""
        if self._stand_in is None:
            lattice, tail = self.search.lattice, self.search.tail
            self._stand_in = build_stand_in(lattice, self.x, T, tail)
        return self._stand_in

    def _near(self, total: int) -> _Near:
        """Return what is needed of the profile caseload and of those near it."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        zero = np.zeros((1, len(n)))
        profile, self._slope = best_caseloads(
            np.array([total]), self.x[None], n, N, zero, self._slope
        )
        floor = float(log_likelihood(profile, self.x, n, N)[0]) - self.search.delta - _EDGE
        return _Near(self.search, self.x, total, profile[0], self._slope, floor)

    def _ready(self, T: IntArray) -> Spectrum:
        """Return the spectrum for a caseload, made anew where the last one does not serve."""
        if self._spectrum is None or not self._spectrum.serves(T):
            self._spectrum = build_spectrum(self.search.lattice, T, self._place)
        return self._spectrum


def worst_tail(search: Search, x: IntArray, total: int, *, rough: bool = False) -> float:
    """Return `Finding.worst_tail` of an outcome for one total alone."""
    return Finding(search, x).worst_tail(total, rough=rough)


def profile_tails(search: Search, x: IntArray, total: IntArray) -> FloatArray:
    """Return P_T(S' <= s'(x)) at the profile caseload T of each row's outcome and total."""
    n, N = search.lattice.reviewed, search.lattice.population
    profile, _ = best_caseloads(total, x, n, N, np.zeros(x.shape))
    return lower_tails(search.lattice, profile, search.lattice.place(x))


def _furthest(near: _Near, worth: FloatArray) -> IntArray:
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
    best, low, start = near.profile, 0.0, near.slope
    sizes, slopes = size * _SIZES, np.repeat(start, len(_SIZES))
    for _ in range(2):
        rows, totals = np.repeat(x[None], len(sizes), axis=0), np.full(len(sizes), near.total)
        tried, found = best_caseloads(totals, rows, n, N, sizes[:, None] * worth, slopes)
        last = int(np.argmin(np.append(near.plausible(tried), False)))  # the first that is not
        if last:
            best, low, start = tried[last - 1], float(sizes[last - 1]), found[last - 1 : last]
        if last == len(sizes):
            break
        sizes = low + (float(sizes[last]) - low) * _BETWEEN
        slopes = start + (found[last] - start) * _BETWEEN
    return best


def _rounded(real: FloatArray, total: int) -> IntArray:
    """Return whole caseloads of the total near the real ones, whose sums are within half a case."""
    T: IntArray = np.floor(real + _EDGE).astype(np.int64)
    missing = total - T.sum(axis=-1)
    order = (T - real).argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable")
    T += order < np.expand_dims(missing, -1)
    return T


def _slope(stand_in: StandIn, T: IntArray) -> FloatArray:
    """Return the stand-in's rise per error more in each stratum."""
    N = stand_in.lattice.population
    more, less = stand_in.worth(T)
    slope: FloatArray = (more - less) / (np.minimum(T + 1, N) - np.maximum(T - 1, 0))
    return slope


def _top(near: _Near, stand_in: StandIn, T: IntArray) -> IntArray:
    """Return the caseload that steps and exchanges of single cases lead to, by the stand-in."""
    score = float(stand_in.score(T))
    for _ in range(_CLIMB):
        here = score
        far = _furthest(near, _slope(stand_in, T))
        way = _rounded(T + (far - T) * _WAY[:, None], near.total)
        way = way[near.plausible(way)]
        if len(way):
            scores = stand_in.score(way)
            if scores.max() > score:
                T, score = way[scores.argmax()], float(scores.max())
        if score - here > _GAIN:
            continue
        T = _exchanged(near, stand_in, T)
        score = float(stand_in.score(T))
        if score - here <= _GAIN:
            break
    return T


def _exchanged(near: _Near, stand_in: StandIn, T: IntArray) -> IntArray:
    """Return T after exchanges of one case between two strata, each the best that is plausible."""
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    for _ in range(_EXCHANGES):
        up, down = stand_in.worth(T)
        gain = up[:, None] + down
        change = rise(T, x, n, N)[:, None] - fall(T, x, n, N)
        gain[change < near.floor - log_likelihood(T, x, n, N)] = -np.inf
        np.fill_diagonal(gain, -np.inf)
        to, away = np.unravel_index(gain.argmax(), gain.shape)
        if gain[to, away] <= _EDGE:
            break
        T = T.copy()
        T[to] += 1
        T[away] -= 1
    return T


def _listed(near: _Near, stand_in: StandIn) -> IntArray | None:
    """Return the plausible caseloads, the most promising if many, or None if too many to list."""
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    v = give(near.profile, x, n, N)
    reach = 1.6 * np.sqrt(2 * near.search.delta * v * (1 - v / v.sum())) + 2
    low = np.maximum(np.floor(near.profile - reach).astype(np.int64), x)
    high = np.minimum(np.ceil(near.profile + reach).astype(np.int64), N - n + x)
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
        listed = listed[stand_in.score(listed).argsort(kind="stable")[-_TOP:]]
    return listed
