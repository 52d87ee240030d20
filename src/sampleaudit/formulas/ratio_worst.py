"""The tail of a rate's estimate at the worst of the caseloads that fit what was found.

The likeliest caseload of a rate may not be the true one. Plausible are the caseloads of that rate
whose log-likelihood is within delta of the largest (`ratio_profile`). Those that make a low
estimate most probable lie on the border, in the direction in which log E exp(-scale D), which
stands in for the tail, grows fastest: the best of them to first order maximises the log-likelihood
plus a tilt in that direction (a step of Frank and Wolfe 1956).

Arrays have a caseload per row: rows x categories x strata.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc, ndtri

from sampleaudit.formulas.ratio_law import Design, Law, cumulants, exponents, tails
from sampleaudit.formulas.ratio_profile import likeliest_caseloads, log_likelihood

Floats = NDArray[np.float64]

_STEP: Final = 0.5  # cases, for the derivatives
_FIXED: Final = 1e-6  # cases: what can move by less does not move
_SIZES: Final = np.append(0.0, 2.0 ** np.arange(-2, 4))  # of the tilts, times the size foreseen
_WAY: Final = np.arange(9) / 8  # of the way between two caseloads
_COARSE: Final = 0.35  # longest step of D over its deviation, beyond which more caseloads are tried
_BETWEEN: Final = 0.5  # of the way to the border: another caseload tried then, with
_FEW: Final = 3  # strata at most
_EDGE: Final = 1e-9  # log-likelihoods are compared with this much room for rounding
_STEEPEST: Final = 0.3  # tilt of the size foreseen, at most
_STRAIGHT: Final = 1e-6  # square of a skewness that is as good as none
_ROUGH: Final = 1e-5  # error of the rate, where caseloads are only looked at
_FINE: Final = 1e-10  # where they are tested
_TINY: Final = 1e-300  # instead of dividing by zero


@dataclass(slots=True)
class WorstTail:
    """The tail as a function of the rate, for one outcome: counts are categories x strata.

    ``tail`` is the probability that will be compared with it. What was found at one rate is the
    start at the next.
    """

    design: Design
    counts: Floats
    tail: float
    delta: float
    _solved: tuple[Floats, Floats] = field(init=False)  # rates looked at, and their multipliers
    _shift: Floats | float = 0.0  # of the tilted caseloads' multipliers from these
    _slopes: Floats = field(init=False)  # of the stand-in for the tail, per case
    _sizes: Floats = field(init=False)  # of the tilts in their direction
    _row: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._row = self.counts[None]
        self._slopes, self._sizes = np.zeros_like(self.counts), np.zeros(1)
        self._solved = np.zeros(1), np.zeros(1)

    def look_ahead(self, rates: Floats) -> Floats:
        """Return about the normal quantiles of the tail at several rates, and learn from them.

        A gamma distribution with the cumulants of D takes its place (Pearson's type III).
        """
        totals, multipliers = self._profile(rates, precision=_ROUGH)
        counts = np.repeat(self._row, len(rates), axis=0)
        d, variance, third = cumulants(self.design, counts, totals, rates)
        score, skew = d / np.sqrt(variance), third / variance**1.5
        shape = 4 / np.maximum(skew**2, _STRAIGHT)
        place = np.maximum(shape + np.sign(skew) * score * np.sqrt(shape), 0)
        tail = np.where(skew > 0, gammainc(shape, place), gammaincc(shape, place))
        scores: Floats = ndtri(np.clip(tail, _TINY, 1 - 1e-16))
        self._solved = rates, multipliers
        if self.delta:
            near = int(np.abs(scores - ndtri(self.tail)).argmin())
            self._learn(totals[near : near + 1], float(rates[near]))
        return scores

    def __call__(self, rate: float) -> float:
        """Return the largest P(D <= d) among the plausible caseloads tried."""
        if not self.delta:
            start = float(np.interp(rate, *self._solved))
            totals, multipliers = self._profile(np.array([rate]), start=start, precision=_FINE)
            self._remember(rate, float(multipliers[0]))
            return self._largest(totals, rate, "given")
        best, border = self._plausible(rate)
        tried = [border]
        coarse = self._is_coarse(best, rate)
        if coarse:
            tried = [best, border]
            if len(self.design.reviewed) <= _FEW:
                tried.append(best + _BETWEEN * (border - best))
        found = self._largest(np.concatenate(tried), rate, "given")
        if coarse or self.design.size_known:
            found = max(found, self._largest(best, rate, "anew"))
        return found

    def _largest(self, totals: Floats, rate: float, law: Law) -> float:
        counts = np.repeat(self._row, len(totals), axis=0)
        rates = np.full(len(totals), rate)
        return float(tails(self.design, counts, totals, rates, law).max())

    def _is_coarse(self, totals: Floats, rate: float) -> bool:
        """Tell whether D moves in steps nearly as long as it varies."""
        _, variance, _ = cumulants(self.design, self._row, totals, np.array([rate]))
        return bool(self.design.weights.max() > _COARSE * float(variance[0]) ** 0.5)

    def _profile(
        self, rates: Floats, *, start: float = 0.0, precision: float
    ) -> tuple[Floats, Floats]:
        """Return the likeliest caseloads of several rates, and their multipliers."""
        return likeliest_caseloads(
            np.repeat(self._row, len(rates), axis=0),
            self.design.sizes,
            rates=rates,
            known=self.design.surplus(rates),
            start=start,
            precision=precision,
        )

    def _plausible(self, rate: float) -> tuple[Floats, Floats]:
        """Return the likeliest caseload of a rate and the one on the border, a row each."""
        tilts = self._sizes[:, None, None] * self._slopes
        rows = len(tilts)
        counts, rates = np.repeat(self._row, rows, axis=0), np.full(rows, rate)
        middle = float(np.interp(rate, *self._solved))
        tried, multipliers = likeliest_caseloads(
            counts,
            self.design.sizes,
            rates=rates,
            known=self.design.surplus(rates),
            tilts=tilts,
            start=middle + self._shift,
            precision=_FINE,
        )
        self._remember(rate, float(multipliers[0]))
        fits = log_likelihood(tried, counts)
        floor = float(fits[0]) - self.delta
        last = int(np.flatnonzero(fits >= floor - _EDGE)[-1])
        border = tried[last]
        if rows == len(_SIZES):  # from now on only the tilts beside the border
            beside = np.unique([0, last, min(last + 1, rows - 1)])
            self._sizes, multipliers = self._sizes[beside], multipliers[beside]
        self._shift = multipliers - multipliers[0]
        if last < rows - 1:
            border = border + self._way(border, tried[last + 1], floor) * (tried[last + 1] - border)
        return tried[:1], border[None]

    def _remember(self, rate: float, multiplier: float) -> None:
        rates, multipliers = self._solved
        place = int(np.searchsorted(rates, rate))
        self._solved = np.insert(rates, place, rate), np.insert(multipliers, place, multiplier)

    def _way(self, inside: Floats, outside: Floats, floor: float) -> float:
        """Return how far from one caseload to the other the log-likelihood reaches the floor."""
        start, length = 0.0, 1.0
        for _ in range(2):
            way = start + length * _WAY
            totals = inside + way[:, None, None] * (outside - inside)
            fits = log_likelihood(totals, np.repeat(self._row, len(way), axis=0))
            last = min(int(np.flatnonzero(fits >= floor - _EDGE)[-1:].sum()), len(way) - 2)
            start, length = float(way[last]), length * float(_WAY[1])
        over, under = float(fits[last]) - floor, floor - float(fits[last + 1])
        return start + length * max(over, 0.0) / max(over + under, _TINY)

    def _learn(self, totals: Floats, rate: float) -> None:
        """Set the tilts: a direction, and the size that makes the log-likelihood fall by delta.

        What all categories of a stratum share, and what the multiplier of the rate would take up,
        is taken off the direction; it changes nothing. To second order the fall is half of
        size^2 sum v slope^2, v = dX/dslope; categories at the end of what is possible do not count.
        """
        x, X = self.counts, totals[0]
        curve = np.where(x > 0, (X + 0.5) * (X + 0.5 - x) / np.maximum(x, 1), 0.0)
        v = np.where(x + _FIXED < X, curve, 0.0)
        inside = np.maximum(v.sum(axis=0), _TINY)
        slopes = self._directions(totals, rate)
        centred = slopes - (v * slopes).sum(axis=0) / inside
        gains = np.array([[1 - rate], [-rate], [0.0]])[: len(x)] * np.ones(x.shape[1])
        lean = gains - (v * gains).sum(axis=0) / inside
        share = float((v * centred * lean).sum()) / max(float((v * lean**2).sum()), _TINY)
        free = ~x.any(axis=0)
        if free.any():  # they change at once where the multiplier passes 0: it must not be moved
            share = 0.0
        self._slopes = np.where(free, 0.0, centred - share * gains)
        spread = float((v * (centred - share * lean) ** 2).sum())
        largest = float(np.abs(self._slopes).max())
        bound = _STEEPEST / max(largest, _TINY)
        foreseen = (2 * self.delta / max(spread, _TINY)) ** 0.5
        self._sizes = (min(foreseen, bound) if largest > _TINY else 0.0) * _SIZES

    def _directions(self, totals: Floats, rate: float) -> Floats:
        """Return how the stand-in for the tail grows with each category's cases.

        A case more in error or correct is one less in the last category.
        """
        _, variance, _ = cumulants(self.design, self._row, totals, np.array([rate]))
        scale = -float(ndtri(min(self.tail, 0.4))) / float(variance[0]) ** 0.5
        last = len(self.counts) - 1
        found: Floats = np.zeros_like(self.counts)
        for category in range(min(2, last)):
            up = np.minimum(_STEP, totals[0, last] - self.counts[last])
            down = np.minimum(_STEP, totals[0, category] - self.counts[category])
            moved = np.repeat(totals, 2, axis=0)
            moved[0, category] += up
            moved[0, last] -= up
            moved[1, category] -= down
            moved[1, last] += down
            scales, rates = np.full(2, scale), np.full(2, rate)
            counts = np.repeat(self._row, 2, axis=0)
            high, low = exponents(self.design, counts, moved, rates, scales)
            reach = up + down
            found[category] = np.where(
                reach > _FIXED, (high - low) / np.maximum(reach, _FIXED), 0.0
            )
        return found
