"""Tests of the difference of two rates, for many comparisons at once.

What `differences` does for one pair of caseloads, with each side reduced to one number: a trial
difference theta fixes a line of rates (r + theta, r), and the tail of the estimate is taken at the
worst point of the line among those about as likely as the likeliest. Where each side has one open
cell this is the profile interval itself. Where a side has several, their T are those that fit best
at the side's rate, and the estimate has the distribution of `sides_law`; what remains is measured
in tests/coverage/test_comparison_coverage.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.sides import CountSide, CurveSide, Side, rows_of
from sampleaudit.formulas.sides_law import probability_below

DELTA: Final = 0.5  # how much less likely than the best (in log) a pair of rates may be
_WAY: Final = np.array([0.0, 0.4, 0.7, 1.0])  # shares of the way to the edges that are looked at
LAST_TRIAL: Final = 6  # of the trial rates: the centre, and shares of the way down and up in turn
_NEWTON: Final = (4, 60)  # steps to the likeliest rate: for all rows, and for those left
_SAME: Final = 1e-7  # a step of Newton's as short as this is the last
_ROUNDS: Final = 8  # of looking for the edges
_HALF: Final = 0.5 - 1e-6  # a tail below it is the smaller of the two
_ROWS: Final = 8_000  # worked on at once, at most
_FEW: Final = 50  # and at least
_ENTRIES: Final = 200_000  # possible counts of them
_CURVE: Final = 20  # as much memory as so many counts
PRECISION: Final = 1e-9  # of a limit


def tails_of_differences(
    a: Side,
    b: Side,
    theta: FloatArray,
    *,
    together: FloatArray,
    delta: float = DELTA,
) -> FloatArray:
    """Return P(S <= s) of each row in the worst plausible pair of rates with this difference.

    The p-value of a difference of ``theta`` or more against a smaller one; 0 where the cases found
    rule it out.
    """
    return tails_near(a, b, theta, balance(a, b, theta), None, together, delta)[0]


def tails_at_zero(
    a: Side, b: Side, *, together: FloatArray, delta: float = DELTA
) -> tuple[FloatArray, FloatArray]:
    """Return `tails_of_differences` of a less b and of b less a at a difference of 0.

    The two of a row add up to 1 at least, for both have the likeliest pair among theirs. Where one
    is below a half the other, which is above it, is not worked out and nan.
    """
    lower, upper = np.full((2, len(together)), np.nan)
    lies_below = a.estimate <= b.estimate
    for first in (True, False):
        for is_lower in (True, False):
            found, other = (lower, upper) if is_lower else (upper, lower)
            sought = lies_below == is_lower if first else np.isnan(found) & ~(other < _HALF)
            rows = np.flatnonzero(sought)
            one, another = (rows_of(side, rows) for side in ((a, b) if is_lower else (b, a)))
            found[rows] = tails_of_differences(
                one, another, np.zeros(len(rows)), together=together[rows], delta=delta
            )
    return lower, upper


def variance_of(side: Side) -> FloatArray:
    """Return about the variance of the estimate, at the rate found."""
    if isinstance(side, CurveSide):
        inside = np.clip(side.estimate, side.low, side.high)
        return side.moments(inside)[0]
    share = (side.x + 0.5) / (side.n + 1)
    return np.asarray(
        (side.N / side.size) ** 2 * share * (1 - share) / side.n * (1 - side.n / side.N)
    )


def tails_near(
    a: Side,
    b: Side,
    theta: FloatArray,
    near: FloatArray,
    which: IntArray | None,
    together: FloatArray,
    delta: float,
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return each row's tail at one of its trial rates, or the largest of all of them.

    Besides, which trial rate it is, and the rate about which they lie; ``near`` is about there.
    Rows are worked on in parts, by the memory that their counts take.
    """
    tail, centre, found = np.empty(len(theta)), np.empty(len(theta)), np.empty(len(theta), np.intp)
    need = np.maximum(
        *(side.n if isinstance(side, CountSide) else np.full(len(theta), _CURVE) for side in (a, b))
    )
    start = 0
    while start < len(theta):
        step = int(max(_ENTRIES / (1 + need[start : start + _ROWS].max()), _FEW))
        part = np.arange(start, min(start + min(step, _ROWS), len(theta)))
        some = rows_of(a, part), rows_of(b, part), theta[part], near[part]
        if which is None:
            tail[part], found[part], centre[part] = _worst(*some, together[part], delta)
        else:
            found[part] = which[part]
            tail[part], centre[part] = _one(*some, which[part], together[part], delta)
        start += len(part)
    return tail, found, centre


def _worst(
    a: Side, b: Side, theta: FloatArray, near: FloatArray, together: FloatArray, delta: float
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return the largest tail over the trial rates, at which of them it is, and their centre."""
    low, high, possible = room_of(a, b, theta)
    centre = _likeliest(a, b, theta, near, low, high)
    ends = np.stack(
        [_edge(a, b, theta, centre, end, delta) for end in (low, high)], axis=1
    )  # [row, end]
    trial = centre[:, None, None] + _WAY[:, None] * (ends - centre[:, None])[:, None, :]
    trial = trial.reshape(len(theta), -1)[:, 1:]  # the centre once
    tails = probability_below(a, b, theta, trial, together)
    return np.where(possible, tails.max(axis=1), 0.0), tails.argmax(axis=1), centre


def _one(
    a: Side,
    b: Side,
    theta: FloatArray,
    near: FloatArray,
    which: IntArray,
    together: FloatArray,
    delta: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the tail at one of the trial rates of `_worst`, and their centre."""
    low, high, possible = room_of(a, b, theta)
    centre = _likeliest(a, b, theta, near, low, high)
    share, end = np.divmod(which + 1, 2)
    edge = _edge(a, b, theta, centre, np.where(end, high, low), delta)
    trial = centre + _WAY[share] * (edge - centre)
    tail = probability_below(a, b, theta, trial[:, None], together)[:, 0]
    return np.where(possible, tail, 0.0), centre


def room_of(
    a: Side, b: Side, theta: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return the least and the largest rate of b with this difference, and if there is any."""
    low = np.maximum(b.low, a.low - theta)
    high = np.minimum(b.high, a.high - theta)
    return low, np.maximum(high, low), high >= low - PRECISION


def balance(a: Side, b: Side, theta: FloatArray) -> FloatArray:
    """Return about b's rate at the likeliest pair with this difference: by the variances."""
    weight = [np.maximum(variance_of(side), 1e-12) for side in (b, a)]
    total = (a.estimate - theta) * weight[0] + b.estimate * weight[1]
    return np.asarray(total / (weight[0] + weight[1]))


def _likeliest(
    a: Side, b: Side, theta: FloatArray, near: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return b's rate at the likeliest pair with this difference, from ``low`` to ``high``."""
    start = np.minimum(np.maximum(near, low), high)
    rate, left = _newton(a, b, theta, start, low, high, rounds=_NEWTON[0])
    if len(left):  # perhaps at an end
        a, b = rows_of(a, left), rows_of(b, left)
        theta, low, high = theta[left], low[left], high[left]
        falls = a.slopes(low + theta)[0] + b.slopes(low)[0] <= 0
        rises = a.slopes(high + theta)[0] + b.slopes(high)[0] >= 0
        low, high = np.where(rises & ~falls, high, low), np.where(falls, low, high)
        rate[left] = _newton(a, b, theta, (low + high) / 2, low, high, rounds=_NEWTON[1])[0]
    return rate


def _newton(
    a: Side,
    b: Side,
    theta: FloatArray,
    rate: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    rounds: int,
) -> tuple[FloatArray, IntArray]:
    """Return where the likelihood is flat, and the rows that need more rounds."""
    done = np.zeros(len(rate), dtype=np.bool_)
    for _ in range(rounds):
        both = zip(a.slopes(rate + theta), b.slopes(rate), strict=True)
        slope, bend = (one + other for one, other in both)
        rising = slope > 0
        low, high = np.where(rising, rate, low), np.where(rising, high, rate)
        ahead = rate + slope / np.where(bend > 0, bend, np.inf)
        ahead = np.where((low < ahead) & (ahead < high), ahead, (low + high) / 2)
        near = np.abs(ahead - rate) <= _SAME
        rate = np.where(done, rate, ahead)
        done = done | near
        if done.all():
            break
    return rate, np.flatnonzero(~done)


def _edge(
    a: Side, b: Side, theta: FloatArray, centre: FloatArray, end: FloatArray, delta: float
) -> FloatArray:
    """Return where, on the way to ``end``, the log-likelihood has fallen by ``delta``.

    By regula falsi on the square root of the fall, nearly linear there; it ends on the likelier
    side. The end itself where the likelihood never falls that far.
    """
    if not delta:
        return centre
    top = a.likelihood(centre + theta) + b.likelihood(centre)
    depth = delta**0.5

    def fallen(share: FloatArray) -> FloatArray:
        r = centre + share * (end - centre)
        fall = top - a.likelihood(r + theta) - b.likelihood(r)
        return np.asarray(np.sqrt(np.maximum(fall, 0.0)) - depth)

    kept, lost = np.zeros(len(theta)), np.ones(len(theta))
    short, over = np.full(len(theta), -depth), fallen(lost)
    whole = over <= 0
    for _ in range(_ROUNDS):
        share = kept - short * (lost - kept) / np.where(over > short, over - short, 1.0)
        least = 0.01 * (lost - kept)
        share = np.minimum(np.maximum(share, kept + least), lost - least)
        found = fallen(share)
        inside = found <= 0
        kept, short = np.where(inside, share, kept), np.where(inside, found, short)
        lost, over = np.where(inside, lost, share), np.where(inside, over, found)
        over, short = np.where(inside, over / 2, over), np.where(inside, short, short / 2)
    return np.asarray(centre + np.where(whole, 1.0, kept) * (end - centre))
