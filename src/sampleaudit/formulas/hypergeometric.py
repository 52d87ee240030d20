"""One stratum: hypergeometric probabilities and the exact interval for the errors in the register.

N cases in the register, T of them with an error, n reviewed (drawn at random without replacement),
x of the reviewed with an error. X is hypergeometric(N, T, n).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ROUNDING: Final = 1e-12  # a tail this close (relatively) to its bound is accepted: rounding widens
_LOST: Final = 41.5  # -log of the mass left outside a window, about 1e-18
_NEWTON: Final = 10  # steps by slope before the bracket is halved instead; three to five are usual
_TINY: Final = 1e-300  # keeps the normal quantile finite
_ENTRIES: Final = 2_000_000  # numbers held at once by `interval_table`


def pmf(errors: int, reviewed: int, population: int) -> FloatArray:
    """Return P(X = 0), ..., P(X = reviewed) when ``errors`` of ``population`` cases have an error.

    P(X = k) = C(T, k) C(N - T, n - k) / C(N, n), by its ratios P(k + 1) / P(k) outward from the
    mode and normalised: a relative error near 1e-14, where log-gamma functions lose 1e-7 at
    N = 10 million. Values under about 1e-18 may be given as 0.
    """
    first, mass = windows(np.array([errors]), np.array([reviewed]), np.array([population]))
    result = np.zeros(reviewed + 1)
    low, high = max(0, int(first[0])), min(reviewed + 1, int(first[0]) + mass.shape[1])
    result[low:high] = mass[0, low - int(first[0]) : high - int(first[0])]
    return result


def windows(
    errors: IntArray, reviewed: IntArray, population: IntArray
) -> tuple[IntArray, FloatArray]:
    """Return where each distribution's mass is: the first count, and P(X = first + 0, 1, ...).

    The three arrays broadcast; the windows have one common width, added as a last axis, and leave
    less than about 1e-18 outside (Bernstein's inequality: X is a sum of independent indicators,
    Vatutin and Mikhailov 1982). Counts that cannot be, negative ones too, have probability 0.
    """
    T, n, N = np.broadcast_arrays(errors, reviewed, population)
    share = n * (T / N)
    variance = share * (1 - T / N) * ((N - n) / np.maximum(N - 1, 1))
    spread = _LOST / 3 + np.sqrt((_LOST / 3) ** 2 + 2 * _LOST * variance.max(initial=0.0))
    half = int(min(np.ceil(spread) + 1, n.max(initial=0)))
    mode = ((T + 1) * (n + 1)) // (N + 2)
    step = np.arange(half, dtype=np.float64)
    mode_, T_, n_, rest = (a.astype(np.float64)[..., None] for a in (mode, T, n, N - T - n))
    k = mode_ + step
    up = np.cumprod((T_ - k) * (n_ - k) / ((k + 1) * (rest + k + 1)), axis=-1)
    k = mode_ - step
    down = np.cumprod(k * (rest + k) / ((T_ - k + 1) * (n_ - k + 1)), axis=-1)
    mass = np.concatenate([down[..., ::-1], np.ones((*mode.shape, 1)), up], axis=-1)
    mass /= mass.sum(axis=-1, keepdims=True)
    return mode - half, mass


def total_limits(
    errors: int,
    reviewed: int,
    population: int,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[int, int]:
    """Return the exact limits for the errors in the register, in cases.

    Upper limit max{T : P(X <= x; T) > upper_tail}, lower limit min{T : P(X >= x; T) > lower_tail}
    (Konijn 1973, the hypergeometric Clopper-Pearson): each holds with probability 1 - tail at
    least, whatever T. A tail of None or 0 leaves that side at what the count alone allows: at
    least x, at most N - n + x.
    """
    x = np.array([errors], dtype=np.int64)
    low = population - _upper(reviewed - x, reviewed, population, lower_tail)
    high = _upper(x, reviewed, population, upper_tail)
    return int(low[0]), int(high[0])


def interval_table(
    reviewed: int, population: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[IntArray, IntArray]:
    """Return the limits of `total_limits` for every possible count 0, ..., ``reviewed`` at once."""
    x = np.arange(reviewed + 1, dtype=np.int64)
    high = _upper(x, reviewed, population, upper_tail)
    low = high if lower_tail == upper_tail else _upper(x, reviewed, population, lower_tail)
    return population - low[::-1], high


def _upper(x: IntArray, n: int, N: int, tail: float | None) -> IntArray:
    """Return the upper limits for the counts x, a block of them at a time to spare memory."""
    limit = N - n + x
    if not tail or n in (0, N):
        return limit
    open_ = np.flatnonzero(x < n)
    width = 2 * min(n, int(2 * _LOST / 3 + np.sqrt(_LOST * n / 2)) + 2) + 1
    rows = max(1, _ENTRIES // width)
    for start in range(0, len(open_), rows):
        part = open_[start : start + rows]
        limit[part] = _invert(x[part], n, N, tail)
    return limit


def _invert(x: IntArray, n: int, N: int, tail: float) -> IntArray:
    """Return max{T : P(X <= x; T) > tail} for each x < n, by Newton's steps inside a bracket.

    The tail falls in T by D(T) = P(X <= x; T) - P(X <= x; T + 1)
    = C(T, x) C(N - 1 - T, n - 1 - x) / C(N, n), which gives the slope on the normal scale.
    """
    bound = tail * (1 - ROUNDING)
    kept, last = x.copy(), N - n + x  # the limit is one of kept, ..., last
    share = x / n
    guess = share + (betaincinv(x + 1.0, n - x, 1 - tail) - share) * np.sqrt((N - n) / (N - 1))
    T = np.floor(N * guess).astype(np.int64)
    newton = _NEWTON
    while (kept < last).any():
        T = np.minimum(np.maximum(T, kept + 1), np.maximum(last, kept))
        below, drop = _tail_and_drop(x, n, N, T)
        holds = below > bound
        last = np.where(holds, last, np.minimum(last, T - 1))
        kept = np.where(holds, np.maximum(kept, T), kept)
        newton -= 1
        z = ndtri(np.clip(below, _TINY, 1 - 1e-16))
        slope = drop * np.sqrt(2 * np.pi) * np.exp(np.minimum(z * z / 2, 700.0))
        steep = (slope > 0) & (newton > 0)
        step = np.floor((z - ndtri(bound)) / np.where(steep, slope, 1.0))
        T = np.where(steep, T + np.clip(step, -N, N), (kept + last + 1) // 2).astype(np.int64)
    return kept


def _tail_and_drop(x: IntArray, n: int, N: int, T: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return P(X <= x; T) and its fall D(T) from T to T + 1."""
    first, mass = windows(T, np.array(n), np.array(N))
    count = first[:, None] + np.arange(mass.shape[1])
    below = np.where(count <= x[:, None], mass, 0.0).sum(axis=1)
    at = np.where(count == x[:, None], mass, 0.0).sum(axis=1)
    return below, at * ((n - x) / np.maximum(N - T, 1))
