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
_NEWTON: Final = 10  # steps by slope before the bracket is halved instead; two are usual
_CLEAR: Final = 1e-9  # a tail this far (relatively) from its bound needs no second look
_EVERY: Final = 64  # of a long table, one limit in so many is found first
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
    T, n, N = errors, reviewed, population
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
    x, n, N = errors, reviewed, population
    counts, most = [x, n - x], [N - n + x, N - x]  # the lower limit is N minus the most correct
    sought = [
        side
        for side, tail in enumerate((upper_tail, lower_tail))
        if tail and 0 < n < N and counts[side] < n
    ]
    if sought:
        x_ = np.array([counts[side] for side in sought])
        tails = np.array([(upper_tail, lower_tail)[side] for side in sought], dtype=np.float64)
        found = _invert(x_, n, N, tails, _guess(x_, n, N, tails)).tolist()
        for side, limit in zip(sought, found, strict=True):
            most[side] = limit
    return N - most[1], most[0]


def interval_table(
    reviewed: int, population: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[IntArray, IntArray]:
    """Return the limits of `total_limits` for every possible count 0, ..., ``reviewed`` at once."""
    high = _upper_table(reviewed, population, upper_tail)
    same = lower_tail == upper_tail
    low = high if same else _upper_table(reviewed, population, lower_tail)
    return population - low[::-1], high


def _upper_table(n: int, N: int, tail: float | None) -> IntArray:
    """Return the upper limits of all counts, a block of them at a time to spare memory."""
    limit = N - n + np.arange(n + 1, dtype=np.int64)
    if not tail or n in (0, N):
        return limit
    x = np.arange(n, dtype=np.int64)
    tails = np.full(n, tail)
    guess = _guess(x, n, N, tails)
    width = 2 * min(n, int(2 * _LOST / 3 + np.sqrt(_LOST * n / 2)) + 2) + 1
    rows = max(1, _ENTRIES // width)
    if n > rows:  # how far the guesses are off changes slowly from count to count
        some = x[::_EVERY]
        off = _invert(some, n, N, tails[some], guess[some]) - guess[some]
        guess += np.rint(np.interp(x, some, off)).astype(np.int64)
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        limit[:-1][part] = _invert(x[part], n, N, tails[part], guess[part])
    return limit


def _guess(x: IntArray, n: int, N: int, tail: FloatArray) -> IntArray:
    """Return about where the upper limits are: the binomial ones, drawn towards x / n."""
    share = x / n
    rate = share + (betaincinv(x + 1.0, n - x, 1 - tail) - share) * ((N - n) / (N - 1)) ** 0.5
    guess: IntArray = (N * rate).astype(np.int64)
    return guess


def _invert(x: IntArray, n: int, N: int, tail: FloatArray, guess: IntArray) -> IntArray:
    """Return max{T : P(X <= x; T) > tail} for each x < n, by Newton's steps inside a bracket."""
    limit = N - n + x
    bound = tail * (1 - ROUNDING)
    goal = ndtri(bound)
    kept, last, T = x, limit, guess  # the limit is one of kept, ..., last
    open_, step = np.arange(len(x)), 0
    while True:
        T = np.minimum(np.maximum(T, kept + 1), last)
        below, drop, rise = _tail_and_changes(x, n, N, T)
        holds = below > bound
        next_lost = below - drop < bound * (1 - _CLEAR)
        last_kept = below + rise > bound * (1 + _CLEAR)
        last = np.where(holds, np.where(next_lost, T, last), T - 1)
        kept = np.where(holds, T, np.where(last_kept, T - 1, kept))
        limit[open_] = kept
        more = kept < last
        if not more.any():
            return limit
        z = ndtri(np.minimum(np.maximum(below, _TINY), 1 - 1e-16))
        slope = drop * np.sqrt(2 * np.pi) * np.exp(np.minimum(z * z / 2, 700.0))
        steep = (slope > 0) & (step < _NEWTON)
        ahead = np.floor((z - goal) / np.where(steep, slope, 1.0)).clip(-N, N).astype(np.int64)
        T = np.where(steep, T + ahead, (kept + last + 1) // 2)
        if not more.all():
            x, kept, last, T, open_ = (each[more] for each in (x, kept, last, T, open_))
            bound, goal = bound[more], goal[more]
        step += 1


def _tail_and_changes(
    x: IntArray, n: int, N: int, T: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return P(X <= x; T), how much less it is at T + 1, and how much more at T - 1.

    P(X <= x; T) - P(X <= x; T + 1) = C(T, x) C(N - 1 - T, n - 1 - x) / C(N, n), which is
    P(X = x; T) (n - x) / (N - T).
    """
    first, mass = windows(T, np.array(n), np.array(N))
    place = x - first
    upto = np.arange(mass.shape[1]) <= place[:, None]
    below = np.einsum("ij,ij->i", mass, upto)
    inside = (place >= 0) & (place < mass.shape[1])
    at = mass[np.arange(len(x)), np.where(inside, place, 0)] * inside * (n - x)
    free = N - T
    return below, at / np.maximum(free, 1), at * ((T - x) / (T * (free - n + x + 1.0)))
