"""Limits and tests of the difference of two rates, for many comparisons at once.

What `differences` does for one pair of caseloads, with each side reduced to one number: a trial
difference theta fixes a line of rates (r + theta, r), and the tail of the estimate is taken at the
worst point of the line among those about as likely as the likeliest. Where each side has one open
cell this is the profile interval itself. Where a side has several, their T are those that fit best
at the side's rate, and the estimate's distribution is the Pearson type III (shifted gamma) curve
with its first three moments; that is exact enough where many counts add up, and what remains is
measured in tests/coverage/test_comparison_coverage.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr, ndtri

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.sides import CountSide, CurveSide, Side, rows_of

DELTA: Final = 0.5  # how much less likely than the best (in log) a pair of rates may be
_WAY: Final = np.array([0.0, 0.4, 0.7, 1.0])  # shares of the way to the edges that are looked at
_HALVINGS: Final = 26
_ROUNDS: Final = 8  # of looking for the edges
_STEPS: Final = 40  # at most, of looking for a limit
_NEAR: Final = 1e-5  # of a tail's normal quantile to the one sought
_PRECISION: Final = 1e-9  # of a limit
_TIE: Final = 1e-11  # estimates nearer than this are the same
_CERTAIN: Final = 9.0  # deviations from where a probability is 0 or 1
_SYMMETRIC: Final = 1e-4  # skewness below which the normal curve serves
_SURELY: Final = 1e-300
_ALMOST_SURE: Final = 1 - 1e-16


def limits_of_differences(
    a: Side,
    b: Side,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
    together: FloatArray,
    delta: float = DELTA,
) -> tuple[FloatArray, FloatArray]:
    """Return limits of the rates of ``a`` less those of ``b``, shares of 1.

    Tails as in `differences.difference_limits`. ``together`` is the covariance of the two estimates
    that is not in their own distributions; 0 for independent sides.
    """
    high = _upper(a, b, upper_tail, together, delta)
    low = -_upper(b, a, lower_tail, together, delta)
    return low, high


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
    low = np.maximum(b.low, a.low - theta)
    high = np.minimum(b.high, a.high - theta)
    possible = high >= low - _PRECISION
    high = np.maximum(high, low)
    centre = _likeliest(a, b, theta, low, high)
    ends = np.stack(
        [_edge(a, b, theta, centre, end, delta) for end in (low, high)], axis=1
    )  # [row, end]
    trial = centre[:, None, None] + _WAY[:, None] * (ends - centre[:, None])[:, None, :]
    trial = trial.reshape(len(theta), -1)[:, 1:]  # the centre once
    tail = _probability(a, b, theta, trial, together).max(axis=1)
    return np.where(possible, tail, 0.0)


def _upper(a: Side, b: Side, tail: float | None, together: FloatArray, delta: float) -> FloatArray:
    """Return the theta from which on the tail is at most ``tail``, by secants inside a bracket."""
    most = a.high - b.low
    if not tail:
        return np.asarray(most)
    goal = float(ndtri(tail))

    def excess(rows: IntArray, theta: FloatArray) -> FloatArray:
        p = tails_of_differences(
            rows_of(a, rows), rows_of(b, rows), theta, together=together[rows], delta=delta
        )
        return np.asarray(ndtri(np.clip(p, _SURELY, _ALMOST_SURE)) - goal)

    everything = np.arange(len(most))
    kept, lost = a.low - b.high, most.copy()
    above = excess(everything, lost)
    live = everything[above <= 0]
    spread = np.sqrt(np.maximum(variance_of(a) + variance_of(b) - 2 * together, 1e-12))
    room = (lost - kept) / 1000
    theta = np.clip(a.estimate - b.estimate - goal * spread, kept + room, lost - room)
    before, last = np.full(len(most), np.nan), np.full(len(most), np.nan)
    slope = -1 / spread
    for step in range(_STEPS):
        if not len(live):
            break
        at = theta[live]
        found = excess(live, at)
        kept[live] = np.where(found > 0, at, kept[live])
        lost[live] = np.where(found > 0, lost[live], at)
        secant = (found - last[live]) / np.where(at != before[live], at - before[live], np.nan)
        slope[live] = np.where(secant < 0, secant, slope[live])
        before[live], last[live] = at, found
        aim = np.where(np.abs(found) < 1e-2, _NEAR / 2, 0.0)  # then a little beyond the root
        ahead = at - (found + aim) / slope[live]
        wild = ~((kept[live] < ahead) & (ahead < lost[live])) | (step % 6 == 5)
        theta[live] = np.where(wild, (kept[live] + lost[live]) / 2, ahead)
        done = (lost[live] - kept[live] <= _PRECISION) | ((found >= -_NEAR) & (found <= 0))
        live = live[~done]
    return lost


def variance_of(side: Side) -> FloatArray:
    """Return about the variance of the estimate, at the rate found."""
    if isinstance(side, CurveSide):
        inside = np.clip(side.estimate, side.low, side.high)
        return side.moments(inside)[0]
    share = (side.x + 0.5) / (side.n + 1)
    return np.asarray(
        (side.N / side.size) ** 2 * share * (1 - share) / side.n * (1 - side.n / side.N)
    )


def _likeliest(
    a: Side, b: Side, theta: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return b's rate at the likeliest pair with this difference, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = a.slope(middle + theta) + b.slope(middle) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray((low + high) / 2)


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


def _probability(
    a: Side, b: Side, theta: FloatArray, rate: FloatArray, together: FloatArray
) -> FloatArray:
    """Return P(S_a - S_b <= s_a - s_b) at b's rates [row, trial] and a's, theta more."""
    s = a.estimate - b.estimate
    if isinstance(a, CountSide):
        if isinstance(b, CountSide):
            return _counts(a, b, s, theta, rate)
        chance = a.chances(rate + theta[:, None])
        y = a.values()[:, None, :] - s[:, None, None]
        return np.asarray((chance * (1 - _below(y, *_law(b, rate), forward=-1))).sum(axis=-1))
    law = _law(a, rate + theta[:, None])
    if isinstance(b, CountSide):
        y = b.values()[:, None, :] + s[:, None, None]
        return np.asarray((b.chances(rate) * _below(y, *law, forward=1)).sum(axis=-1))
    other = _law(b, rate)
    variance = np.maximum(law[1] + other[1] - 2 * together[:, None, None], 0.0)
    mean = np.broadcast_to(theta[:, None, None], variance.shape)
    third, step = law[2] - other[2], np.minimum(law[3], other[3])
    below = _below(s[:, None, None], mean, variance, third, step, forward=1)
    return np.asarray(below[..., 0])


def _counts(
    a: CountSide, b: CountSide, s: FloatArray, theta: FloatArray, rate: FloatArray
) -> FloatArray:
    """Return the probability where both sides are counts: a sum over one, the other's by rank."""
    chance, other = a.chances(rate + theta[:, None]), b.chances(rate)
    above = np.cumsum(other[..., ::-1], axis=-1)[..., ::-1]  # P(X_b >= k)
    above = np.concatenate([above, np.zeros((*above.shape[:-1], 1))], axis=-1)
    need = a.values() - s[:, None] - _TIE  # the least estimate of b that counts
    k = np.ceil((need * b.size[:, None] - b.known[:, None]) * (b.n / b.N)[:, None])
    k = np.clip(k, 0, above.shape[-1] - 1).astype(np.int64)
    k = np.broadcast_to(k[:, None, :], chance.shape)
    return np.asarray((chance * np.take_along_axis(above, k, axis=-1)).sum(axis=-1))


def _law(side: CurveSide, rate: FloatArray) -> tuple[FloatArray, ...]:
    """Return mean, variance, third moment and step at [row, trial, 1]."""
    columns = [side.moments(column) for column in rate.T]
    parts = [np.stack([column[i] for column in columns], axis=1) for i in range(3)]
    return tuple(part[..., None] for part in (rate, *parts))


def _below(
    y: FloatArray,
    mean: FloatArray,
    variance: FloatArray,
    third: FloatArray,
    step: FloatArray,
    *,
    forward: int,
) -> FloatArray:
    """Return P(S <= y) where ``forward`` is 1, P(S < y) where it is -1.

    The curve of Pearson's type III with these moments, half a step further: counts have steps.
    """
    deviation = np.sqrt(variance)
    shift = forward * (step / 2 + _TIE)  # a rate that is known is met as it is
    z = (y - mean + shift) / np.maximum(deviation, _TIE / _CERTAIN)
    skew = third / np.maximum(deviation, _TIE) ** 3
    z, skew = np.broadcast_arrays(np.clip(z, -1e6, 1e6), skew)
    result = ndtr(z)
    look = (np.abs(z) < _CERTAIN + 3 * np.abs(skew)) & (np.abs(skew) > _SYMMETRIC)
    shape = 4 / np.square(skew[look])
    at = np.maximum(shape + np.sign(skew[look]) * z[look] * np.sqrt(shape), 0.0)
    result[look] = np.where(skew[look] > 0, gammainc(shape, at), gammaincc(shape, at))
    return np.asarray(result)
