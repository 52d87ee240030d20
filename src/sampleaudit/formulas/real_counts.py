"""Counts when the number of errors is real: hypergeometric chances, for many counts at once.

N cases, T of them with an error (a real number between 0 and N), n reviewed, X of these with an
error:

    P(X = k) in proportion to C(T, k) C(N - T, n - k),

of which C(T, k) = T (T - 1) ... (T - k + 1) / k! is 0 from where a factor is not positive. With a
whole T it is the hypergeometric distribution. The count stands first in every array, so that sums
and products over it run along whole arrays.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_PLAIN: Final = 100  # cases reviewed up to which the products of shares of N stay above 1e-44
_EDGE: Final = 1e-9  # cases: nearer than this a real number counts as whole


def chances(errors: FloatArray, reviewed: FloatArray, population: FloatArray) -> FloatArray:
    """Return P(X = 0), P(X = 1), ... at [count, ...] for T at [...]; n and N broadcast to it."""
    weights = weights_of(errors, reviewed, population)
    weights /= weights.sum(axis=0)
    return weights


def joint_tail(first: FloatArray, second: FloatArray, need: IntArray) -> FloatArray:
    """Return sum over k of P(X = k) P(Y >= need_k) from the two laws' weights at [count, ..., row].

    ``need`` is at [count, row], from 0 to the counts of Y, which is "never".
    """
    above = np.zeros((len(second) + 1, *second.shape[1:]))
    for k in range(len(second) - 1, -1, -1):
        np.add(above[k + 1], second[k], out=above[k])
    flat, place = above.ravel(), np.arange(above[0].size).reshape(above.shape[1:])
    total, size = np.zeros_like(above[0]), np.zeros_like(above[0])
    for weight, least in zip(first, need * place.size, strict=True):
        size += weight
        total += weight * flat.take(place + least)
    return np.asarray(total / (size * above[0]))


def weights_of(errors: FloatArray, reviewed: FloatArray, population: FloatArray) -> FloatArray:
    """Return what P(X = k) is in proportion to, at [count, ...]."""
    if reviewed.max(initial=0.0) > _PLAIN:
        return _by_logs(errors, reviewed, population)
    return _by_products(errors, reviewed, population)


def _by_products(T: FloatArray, n: FloatArray, N: FloatArray) -> FloatArray:
    """Return C(n, k) prod over j < k of (T - j) / N prod over j < n - k of (N - T - j) / N."""
    most = int(n.max(initial=0))
    share, step = T / N, 1 / N
    weights = np.empty((most + 1, *share.shape))
    weights[0] = product = np.ones_like(share)
    factor = np.empty_like(share)
    for k in range(most):
        np.maximum(np.subtract(share, k * step, out=factor), 0.0, out=factor)
        factor *= np.maximum(n - k, 0.0) / (k + 1)
        np.multiply(product, factor, out=weights[k + 1])
        product = weights[k + 1]
    other, product = 1 - share, np.ones_like(share)
    alike = bool((n == most).all())
    for k in range(most - 1, -1, -1):
        left = n - (k + 1)
        np.maximum(np.subtract(other, left * step, out=factor), 0.0, out=factor)
        product *= factor if alike else np.where(left >= 0, factor, 1.0)
        weights[k] *= product
    return weights


def _by_logs(T: FloatArray, n: FloatArray, N: FloatArray) -> FloatArray:
    """Return the same by ratios of neighbours, (T - k)(n - k) to (k + 1)(N - T - n + k + 1)."""
    T, n, N = np.broadcast_arrays(T, n, N)
    k = np.arange(int(n.max(initial=0)) + 1.0).reshape(-1, *(1,) * T.ndim)
    other = N - T
    first = np.maximum(0, np.floor(n - 1 - other + _EDGE) + 1)
    last = np.maximum(first, np.minimum(n, np.ceil(T + 1 - _EDGE) - 1))
    inside = (k > first) & (k <= last)
    ratio = np.where(inside, (T - k + 1) * (n - k + 1), 1.0)
    ratio /= np.where(inside, k * (other - n + k), 1.0)
    logs = np.where((k >= first) & (k <= last), np.cumsum(np.log(ratio), axis=0), -np.inf)
    return np.asarray(np.exp(logs - logs.max(axis=0)))
