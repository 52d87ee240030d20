"""The probability that one side's estimate exceeds another's by no more than was found.

A side with one open cell is a count with its exact distribution. One with several cells has a
Pearson type III (shifted gamma) curve with the first three moments of its estimate: exact enough
where many counts add up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr

from sampleaudit.formulas.hypergeometric import FloatArray
from sampleaudit.formulas.real_counts import joint_tail, weights_of
from sampleaudit.formulas.sides import CountSide, CurveSide, Side

_TIE: Final = 1e-11  # estimates nearer than this are the same
_CERTAIN: Final = 9.0  # deviations from where a probability is 0 or 1
_SYMMETRIC: Final = 1e-4  # skewness below which the normal curve serves


def probability_below(
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
    trial = np.ascontiguousarray(rate.T)
    first = weights_of(a.errors_at(trial + theta), a.n, a.N)
    second = weights_of(b.errors_at(trial), b.n, b.N)
    # of each count of a the least count of b with which it is no further than was found
    each = b.n / b.N
    least = ((a.known / a.size - s - _TIE) * b.size - b.known) * each
    more = a.N / a.n / a.size * b.size * each
    need = np.ceil(least + more * np.arange(len(first))[:, None])
    need = np.minimum(np.maximum(need, 0.0), len(second)).astype(np.int64)
    return joint_tail(first, second, need).T


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
