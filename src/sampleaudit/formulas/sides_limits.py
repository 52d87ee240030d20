"""Limits of the difference of two rates, for many comparisons at once: see `sides_difference`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.sides import Side, rows_of
from sampleaudit.formulas.sides_difference import (
    DELTA,
    LAST_TRIAL,
    PRECISION,
    balance,
    room_of,
    tails_near,
    variance_of,
)
from sampleaudit.formulas.sides_law import probability_below

_SECANTS: Final = 9  # steps of looking for a limit after which every other one halves the bracket
_STEPS: Final = 80  # at most
_NEAR: Final = 1e-5  # of a tail's normal quantile to the one sought
_NEARLY: Final = 1e-3  # so that the next step is likely to end as near as that
_SURELY: Final = 1e-300
_ALMOST_SURE: Final = 1 - 1e-16
_GUESSES: Final = 2  # rounds of guessing a limit
_STEP: Final = 0.3  # of the finer side's steps, between a limit by a normal curve and the exact one


def limits_of_differences(
    a: Side,
    b: Side,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
    together: FloatArray,
    delta: float = DELTA,
    at_zero: tuple[FloatArray, FloatArray] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return limits of the rates of ``a`` less those of ``b``, shares of 1.

    Tails as in `differences.difference_limits`. ``together`` is the covariance of the two estimates
    that is not in their own distributions; 0 for independent sides. ``at_zero`` is what
    `tails_at_zero` gives, where it is known already.
    """
    below, above = at_zero or (None, None)
    high = _upper(a, b, upper_tail, together, delta, below)
    low = -_upper(b, a, lower_tail, together, delta, above)
    return low, high


def _upper(
    a: Side,
    b: Side,
    tail: float | None,
    together: FloatArray,
    delta: float,
    at_zero: FloatArray | None,
) -> FloatArray:
    """Return the theta from which on the tail is at most ``tail``, by secants inside a bracket.

    Between two looks at all trial rates the tail is taken at the rate that was the worst of them;
    what is returned has been looked at in full.
    """
    most = a.high - b.low
    if not tail:
        return np.asarray(most)
    goal = float(ndtri(tail))

    def beyond(p: FloatArray) -> FloatArray:
        return np.asarray(ndtri(np.clip(p, _SURELY, _ALMOST_SURE)) - goal)

    # at the largest difference there is one pair of rates
    above = beyond(probability_below(a, b, most, b.low[:, None], together)[:, 0])
    reached = above <= 0  # by some difference that is possible
    known = np.full(len(most), np.nan) if at_zero is None else beyond(at_zero)
    known = np.where(reached & (a.low < b.high) & (a.high > b.low), known, np.nan)
    search = _Search.begin(a, b, goal, together, known)
    live = np.flatnonzero(reached)
    for step in range(_STEPS):
        if not len(live):
            break
        found, whole = np.empty(len(live)), search.full[live]
        for every in (True, False):
            rows = live[whole == every]
            some = rows_of(a, rows), rows_of(b, rows), search.theta[rows], search.centre[rows]
            one = None if every else search.which[rows]
            p, search.which[rows], search.centre[rows] = tails_near(
                *some, one, together[rows], delta
            )
            found[whole == every] = beyond(p)
        live = live[~search.go_on(live, found, step)]
    return search.certain


@dataclass(slots=True)
class _Search:
    """Where each row's search for its limit is; ``found`` are excesses of the tail's quantile."""

    theta: FloatArray  # to be looked at next
    kept: FloatArray  # the largest that the limit is above
    lost: FloatArray  # the smallest that it seems to be below
    certain: FloatArray  # the same, looked at in full
    before: FloatArray  # the two looked at before this one, and what was found: [2, row]
    found: FloatArray
    slope: FloatArray
    which: IntArray  # the trial rate
    full: NDArray[np.bool_]  # whether all of them are looked at next
    centre: FloatArray  # about which they lie
    weight: FloatArray  # how much it falls as theta rises

    @classmethod
    def begin(
        cls, a: Side, b: Side, goal: float, together: FloatArray, at_zero: FloatArray
    ) -> _Search:
        """Return the state at a first guess; ``at_zero`` is what is found at 0, nan if unknown."""
        known, blank = ~np.isnan(at_zero), np.full(len(at_zero), np.nan)
        kept = np.where(known & (at_zero > 0), 0.0, a.low - b.high)
        lost = np.where(known & (at_zero <= 0), 0.0, a.high - b.low)
        variance = variance_of(a), variance_of(b)
        total = np.maximum(variance[0] + variance[1], 1e-12)
        slope = -1 / np.sqrt(np.maximum(total - 2 * together, 1e-12))
        room = (lost - kept) / 1000
        theta = np.clip(_guess(a, b, goal, slope), kept + room, lost - room)
        return cls(
            theta=theta,
            kept=kept,
            lost=lost,
            certain=lost.copy(),
            before=np.stack([np.where(known, 0.0, np.nan), blank]),
            found=np.stack([at_zero, blank]),
            slope=slope,
            which=LAST_TRIAL - (2 * b.estimate + theta > 1),  # towards a half it varies most
            full=np.zeros(len(theta), dtype=np.bool_),
            centre=balance(a, b, theta),
            weight=variance[1] / total,
        )

    def go_on(self, rows: IntArray, found: FloatArray, step: int) -> NDArray[np.bool_]:
        """Take in what was found in some rows, go to the next theta, and tell which are done."""
        at, whole, above = self.theta[rows], self.full[rows], found > 0
        certain = np.where(whole & ~above, at, self.certain[rows])
        kept = np.where(above, at, self.kept[rows])
        lost = np.where(above, np.where(whole, certain, self.lost[rows]), at)
        near = (lost - kept <= PRECISION) | ((found >= -_NEAR) & ~above)
        again = at == self.before[0, rows]
        aim = np.where(np.abs(found) < 1e-2, -_NEAR / 2, 0.0)  # then a little beyond the root
        past, past_found = self.before[:, rows], self.found[:, rows]
        secant = (found - past_found[0]) / np.where(again, np.nan, at - past[0])
        slope = np.where(secant < 0, secant, self.slope[rows])
        straight = at - (found - aim) / slope
        curved = _curved((at, *past), (found, *past_found), aim)
        ahead = np.where((kept < curved) & (curved < lost), curved, straight)
        halved = (step > _SECANTS) & (step % 2 == 0)
        ahead = np.where((kept < ahead) & (ahead < lost) & ~halved, ahead, (kept + lost) / 2)
        self.certain[rows], self.kept[rows], self.lost[rows] = certain, kept, lost
        self.before[:, rows] = np.where(again, past, [at, past[0]])
        self.found[:, rows] = np.where(again, [found, past_found[1]], [found, past_found[0]])
        self.slope[rows] = slope
        self.theta[rows] = np.where(near, lost, ahead)
        self.centre[rows] -= self.weight[rows] * (self.theta[rows] - at)
        self.full[rows] = near | (np.abs(found) < _NEARLY) | (step >= _SECANTS)
        return np.asarray(near & whole)


def _guess(a: Side, b: Side, goal: float, slope: FloatArray) -> FloatArray:
    """Return about where the upper limits are: by normal curves at the edges of what is likely."""
    difference = a.estimate - b.estimate
    theta = difference + goal / slope
    for _ in range(_GUESSES):
        low, high, _ = room_of(a, b, theta)
        rate = np.minimum(np.maximum(balance(a, b, theta), low), high)
        bend = np.maximum(a.slopes(rate + theta)[1] + b.slopes(rate)[1], 1e-9)
        rate += np.where(2 * b.estimate + theta > 1, -1, 1) / np.sqrt(bend)
        rate = np.minimum(np.maximum(rate, low), high)
        (one, wide), (other, narrow) = a.spread(rate + theta), b.spread(rate)
        theta = difference - goal * np.sqrt(one + other) + _STEP * np.minimum(wide, narrow)
    return theta


def _curved(
    theta: tuple[FloatArray, ...], found: tuple[FloatArray, ...], goal: FloatArray
) -> FloatArray:
    """Return where three points have the goal, by inverse quadratic interpolation; or nan."""
    away = np.array([[one - other for other in found] for one in found])
    apart = np.where(away == 0, np.nan, away)
    left = [goal - each for each in found]
    return np.asarray(
        theta[0] * left[1] * left[2] / (apart[0, 1] * apart[0, 2])
        + theta[1] * left[0] * left[2] / (apart[1, 0] * apart[1, 2])
        + theta[2] * left[0] * left[1] / (apart[2, 0] * apart[2, 1])
    )
