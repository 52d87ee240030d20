"""The worst caseload: which of the plausible caseloads makes a low estimate most probable.

All caseloads of one total t give the estimate S the same mean t, so what makes a low S probable
is where the errors lie: spread so that S varies more, or leans to one side. Plausible are the
caseloads whose log-likelihood l is within delta of the best of that total, the profile caseload.
Arrays have a stratum per column, and a caseload per row where there are several.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sampleaudit.formulas.caseload import best_caseloads, fall, give, log_likelihood, rise
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.lattice import lower_tails
from sampleaudit.formulas.plausible import (
    EDGE,
    Near,
    Search,
    furthest,
    list_plausible,
    rounded,
)
from sampleaudit.formulas.spectrum import Spectrum, build_spectrum
from sampleaudit.formulas.stand_in import StandIn, build_stand_in

_STEPS: Final = 12  # at most
_GAIN: Final = 5e-4  # a step that raises the tail by a smaller share is the last
_DOUBT: Final = 6.0  # a step may gain this much more than it promises
_WAY: Final = np.arange(1, 9) / 8  # of the way of one step
_CLIMB: Final = 6  # steps by the stand-in, at most
_EXCHANGES: Final = 12  # at most, of one case each
_FEW: Final = 400  # of them the plausible ones, at most, that all have their exact tail computed
_TOP: Final = 100  # of more, the most promising ones
_HOPELESS: Final = 0.1  # of the tail sought
_TINY: Final = 1e-300
_NOISE: Final = 1e-12  # more than the rounding of a tail


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
        self._doubt = 0.0  # the largest of the spectra made
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
            return self._sure(near.profile, self._ready(near.profile).tail(near.profile))
        stand_in = self._leaning(near.profile)
        T = furthest(near, _slope(stand_in, near.profile) if self.worth is None else self.worth)
        p, worth = self._ready(T).tail_and_worth(T)
        first = max(p, _TINY)
        # where S moves in long steps a case elsewhere can raise the tail many times over
        lost = p <= self.search.tail
        close = self._undecided(p)
        listed = lost and not rough and (close or not near.smooth)
        tried = list_plausible(near) if listed else None
        if tried is not None:
            if len(tried) > _FEW:
                tried = tried[stand_in.score(tried).argsort(kind="stable")[-_TOP:]]
            place = np.full(len(tried), self._place)
            p = max(p, float(lower_tails(self.search.lattice, tried, place).max()))
        else:
            if close and not rough:
                q, worth_there = self._ready(near.profile).tail_and_worth(near.profile)
                if q > p:
                    T, p, worth = near.profile, q, worth_there
                p, T, worth = self._climbed(near, T, p, worth)
            p = self._sure(T, p)
        v = give(T, self.x, self.search.lattice.reviewed, self.search.lattice.population)
        self.worth, self.rise, self.gained = worth, float((worth * v).sum() / v.sum()), p / first
        return p

    def _climbed(
        self, near: Near, T: IntArray, p: float, worth: FloatArray
    ) -> tuple[float, IntArray, FloatArray]:
        """Return the tail that climbing from T leads to, where, and a case's worth there."""
        if not near.smooth:
            top = _top(near, self._leaning(near.profile), T)
            q, worth_there = self._ready(top).tail_and_worth(top)
            if q > p:
                T, p, worth = top, q, worth_there
        for _ in range(_STEPS):
            far = furthest(near, worth)
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
        self, near: Near, T: IntArray, far: IntArray, p: float, worth: FloatArray
    ) -> tuple[float, IntArray, FloatArray]:
        """Return the same of ``far``, or of a caseload on the way there, or of T."""
        q, worth_there = self._ready(far).tail_and_worth(far)
        if q > p:
            return q, far, worth_there
        # the parabola through both tails and the slope at T has its top on the first half
        promised = float((worth * (far - T)).sum())
        way = T + (far - T) * np.array([[promised / (promised + p - q) / 2]])
        between = rounded(way, near.total)
        if near.plausible(between)[0]:
            q, worth_there = self._ready(between[0]).tail_and_worth(between[0])
            if q > p:
                return q, between[0], worth_there
        return p, T, worth

    def _sure(self, T: IntArray, p: float) -> float:
        """Return the tail at T exactly, where what the spectra left out may decide."""
        if abs(p - self.search.tail) > self._doubt + _NOISE:
            return p
        return float(lower_tails(self.search.lattice, T[None], np.array([self._place]))[0])

    def _undecided(self, p: float) -> bool:
        return self._hopeless * self.search.tail < p <= self.search.tail

    def _leaning(self, T: IntArray) -> StandIn:
        """Return the stand-in, made for the first total tried."""
        if self._stand_in is None:
            lattice, tail = self.search.lattice, self.search.tail
            self._stand_in = build_stand_in(lattice, self.x, T, tail)
        return self._stand_in

    def _near(self, total: int) -> Near:
        """Return what is needed of the profile caseload and of those near it."""
        n, N = self.search.lattice.reviewed, self.search.lattice.population
        zero = np.zeros((1, len(n)))
        profile, self._slope = best_caseloads(
            np.array([total]), self.x[None], n, N, zero, self._slope
        )
        floor = float(log_likelihood(profile, self.x, n, N)[0]) - self.search.delta - EDGE
        return Near(self.search, self.x, total, profile[0], self._slope, floor)

    def _ready(self, T: IntArray) -> Spectrum:
        """Return the spectrum for a caseload, made anew where the last one does not serve."""
        if self._spectrum is None or not self._spectrum.serves(T):
            self._spectrum = build_spectrum(self.search.lattice, T, self._place, roughly=True)
            self._doubt = max(self._doubt, self._spectrum.doubt)
        return self._spectrum


def worst_tail(search: Search, x: IntArray, total: int, *, rough: bool = False) -> float:
    """Return `Finding.worst_tail` of an outcome for one total alone."""
    return Finding(search, x).worst_tail(total, rough=rough)


def profile_tails(search: Search, x: IntArray, total: IntArray) -> FloatArray:
    """Return P_T(S' <= s'(x)) at the profile caseload T of each row's outcome and total.

    With many strata roughly, as far as `Spectrum.doubt` of those near the first row's.
    """
    n, N = search.lattice.reviewed, search.lattice.population
    profile, _ = best_caseloads(total, x, n, N, np.zeros(x.shape))
    place = search.lattice.place(x)
    spectrum = build_spectrum(search.lattice, profile[0], int(place[0]), roughly=True)
    found = spectrum.tails(profile, place)
    return lower_tails(search.lattice, profile, place) if found is None else found


def _slope(stand_in: StandIn, T: IntArray) -> FloatArray:
    """Return the stand-in's rise per error more in each stratum."""
    N = stand_in.lattice.population
    more, less = stand_in.worth(T)
    slope: FloatArray = (more - less) / (np.minimum(T + 1, N) - np.maximum(T - 1, 0))
    return slope


def _top(near: Near, stand_in: StandIn, T: IntArray) -> IntArray:
    """Return the caseload that steps and exchanges of single cases lead to, by the stand-in."""
    score = float(stand_in.score(T))
    for _ in range(_CLIMB):
        here = score
        far = furthest(near, _slope(stand_in, T))
        way = rounded(T + (far - T) * _WAY[:, None], near.total)
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


def _exchanged(near: Near, stand_in: StandIn, T: IntArray) -> IntArray:
    """Return T after exchanges of one case between two strata, each the best that is plausible."""
    n, N, x = near.search.lattice.reviewed, near.search.lattice.population, near.x
    for _ in range(_EXCHANGES):
        up, down = stand_in.worth(T)
        gain = up[:, None] + down
        change = rise(T, x, n, N)[:, None] - fall(T, x, n, N)
        gain[change < near.floor - log_likelihood(T, x, n, N)] = -np.inf
        np.fill_diagonal(gain, -np.inf)
        to, away = np.unravel_index(gain.argmax(), gain.shape)
        if gain[to, away] <= EDGE:
            break
        T = T.copy()
        T[to] += 1
        T[away] -= 1
    return T
