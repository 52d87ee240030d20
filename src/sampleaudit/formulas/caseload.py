"""Which caseload: the errors T_h in the register, given their sum, that fit the counts found best.

N_h cases, n_h reviewed, x_h errors found; x_h <= T_h <= N_h - n_h + x_h. The likelihood
l(T) = sum log HG(x_h; N_h, T_h, n_h) is a sum of concave functions, so under a given total the
best caseload takes the steepest next case again and again, whichever stratum it is in. All
functions take a caseload per row and a stratum per column.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import gammaln

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_STEPS: Final = 60  # at most; Newton's steps need about five
_EDGE: Final = 1e-11  # slopes closer than this are taken as equal
_STEEPEST: Final = 300.0  # tilt, beyond which a stratum is at its end anyway
_TABLE: Final = 200_000  # cases up to which log-factorials are looked up


def log_likelihood(T: IntArray, x: IntArray, n: IntArray, N: IntArray) -> FloatArray:
    """Return sum log HG(x_h; N_h, T_h, n_h) of each caseload, up to a constant."""
    most = int(N.max(initial=0))
    logs = _log_factorials(1 << most.bit_length()) if most < _TABLE else None
    parts = _log_factorial(T, logs) - _log_factorial(T - x, logs)
    parts += _log_factorial(N - T, logs) - _log_factorial(N - T - n + x, logs)
    total: FloatArray = parts.sum(axis=-1)
    return total


def _log_factorial(k: IntArray, logs: FloatArray | None) -> FloatArray:
    found: FloatArray = gammaln(k + 1.0) if logs is None else logs[k]
    return found


@lru_cache(maxsize=8)
def _log_factorials(size: int) -> FloatArray:
    logs: FloatArray = gammaln(np.arange(1.0, size + 1))
    logs.flags.writeable = False
    return logs


def rise(T: IntArray, x: IntArray, n: IntArray, N: IntArray) -> FloatArray:
    """Return what one more case adds to the log-likelihood, in each stratum.

    log[(T + 1)(N - T - n + x) / ((T + 1 - x)(N - T))]; -inf where no more can be.
    """
    with np.errstate(divide="ignore"):
        added: FloatArray = np.log(_odds(T, x, N - n + x, N)[0])
    return added


def fall(T: IntArray, x: IntArray, n: IntArray, N: IntArray) -> FloatArray:
    """Return what the last case added to the log-likelihood, in each stratum; inf where T = x."""
    added: FloatArray = np.log(_odds(T, x, N - n + x, N)[1])
    return added


def best_caseloads(
    total: IntArray,
    x: IntArray,
    n: IntArray,
    N: IntArray,
    tilt: FloatArray,
    start: FloatArray | None = None,
) -> tuple[IntArray, FloatArray]:
    """Return the T that maximises l(T) + sum tilt_h T_h under sum T_h = total, and its slope.

    ``x`` and ``tilt`` have a row per total, and so has ``start``, a guess at the common slope.
    Exact: no exchange of a case between two strata raises the sum, which for concave parts means
    that nothing does.
    """
    guess = np.zeros(len(total)) if start is None else start
    real, gain, slope = _at_total(total, x, n, N, tilt, guess)
    # whole cases above one level are the best for what they add up to; so the level is lowered
    # until what is left when all are rounded down adds up to the total, nearly
    below = np.floor(real + _EDGE)
    level = slope + (total - below.sum(axis=1)) / np.minimum(gain.sum(axis=1), -_EDGE)
    real, _ = _filled(level[:, None] - tilt, x, n, N)
    lowered = np.floor(real + _EDGE)
    worse = np.abs(total - lowered.sum(axis=1)) > total - below.sum(axis=1)  # at a sharp bend
    T = np.where(worse[:, None], below, lowered)
    found, most = x.astype(np.float64), (N - n + x).astype(np.float64)
    lift = np.exp(np.clip(tilt, -_STEEPEST, _STEEPEST))
    rows = np.arange(len(T))
    while True:
        up, down = _odds(T, found, most, N)
        up *= lift
        down *= lift
        missing = total - T.sum(axis=1)
        if missing.any():
            T += _ranks(-up) < np.minimum(missing, (up > 0).sum(axis=1))[:, None]
            T -= _ranks(down) < np.minimum(-missing, (down < np.inf).sum(axis=1))[:, None]
            continue
        to, away = up.argmax(axis=1), down.argmin(axis=1)
        better = up[rows, to] > down[rows, away] * (1 + _EDGE)
        if not better.any():
            return T.astype(np.int64), slope
        T[rows[better], to[better]] += 1
        T[rows[better], away[better]] -= 1


def _odds(
    T: FloatArray | IntArray, x: FloatArray | IntArray, most: FloatArray | IntArray, N: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return by how much one case more, and the last one, multiplies the likelihood.

    ``most`` is N - n + x.
    """
    free, seen, rest = most - T, T - x, N - T
    up = (T + 1.0) * free / ((seen + 1) * np.maximum(rest, 1))
    down = np.where(seen > 0, T * (free + 1.0) / (np.maximum(seen, 1) * (rest + 1)), np.inf)
    return up, down


def give(T: IntArray, x: IntArray, n: IntArray, N: IntArray) -> FloatArray:
    """Return how far each stratum's best T_h moves when its cases gain in worth: dT/dtilt.

    With the slope g(T) = log[T (M + 1 - T) / ((T - x)(N + 1 - T))], M = N - n + x, of the
    likelihood it is -1/g', taken half a case inside the ends.
    """
    most = N - n + x + 1
    inner = np.clip(T, x + 0.5, most - 0.5)
    bend = 1 / inner - 1 / (most - inner) - 1 / (inner - x) + 1 / (N + 1 - inner)
    return 1 / np.maximum(-bend, 1e-12)


def _ranks(worth: FloatArray) -> IntArray:
    """Return each entry's rank within its row, 0 for the smallest."""
    return worth.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")


def real_caseloads(
    total: IntArray,
    x: IntArray,
    n: IntArray,
    N: IntArray,
    tilt: FloatArray,
    slope: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return `best_caseloads` in real numbers, their sums within half a case of the totals."""
    T, _, slope = _at_total(total, x, n, N, tilt, slope)
    return T, slope


def _at_total(
    total: IntArray, x: IntArray, n: IntArray, N: IntArray, tilt: FloatArray, slope: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the T of one slope that add up to the totals but for half a case, dT/dslope, slope.

    Newton's steps for the common slope on the logit scale of the total, inside a bracket.
    """
    least, most = x.sum(axis=1), (N - n + x).sum(axis=1)
    goal = np.clip(total, least + 0.25, most - 0.25)
    target = np.log((goal - least) / (most - goal))
    reach = 40.0 + np.abs(tilt).max(axis=1)
    low, high = -reach, reach
    for _ in range(_STEPS):
        T, gain = _filled(slope[:, None] - tilt, x, n, N)
        sums = T.sum(axis=1)
        far = np.abs(sums - total) > 0.5
        if not far.any():
            break
        low, high = np.where(sums > goal, slope, low), np.where(sums > goal, high, slope)
        inside = np.clip(sums, least + 1e-6, most - 1e-6)
        logit = np.log((inside - least) / (most - inside))
        steep = gain.sum(axis=1) * (1 / (inside - least) + 1 / (most - inside))
        ahead = slope - (logit - target) / np.minimum(steep, -1e-12)
        inner = (low < ahead) & (ahead < high)
        slope = np.where(far, np.where(inner, ahead, (low + high) / 2), slope)
    return T, gain, slope


def _filled(
    slope: FloatArray, x: IntArray, n: IntArray, N: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the largest T whose last case adds ``slope`` or more, in reals, and dT/dslope.

    With m = exp(slope) and M = N - n + x it is the root of the quadratic
    (m - 1) T^2 + (M + 1 - m (N + 1 + x)) T + m x (N + 1) = 0 that lies between x and M + 1.
    """
    m = np.exp(np.clip(slope, -700.0, 300.0))
    most = N - n + x
    a, b, c = m - 1, most + 1 - m * (N + 1.0 + x), m * (x * (N + 1.0))
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        T = np.where(b > 0, (b + root) / (-2 * a), 2 * c / (root - b))
    T = np.where(np.isfinite(T), T, x)
    bend = 2 * a * T + b
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where((x < T) & (most > T), m * (T - x) * (N + 1 - T) / bend, 0.0)
    return np.clip(T, x, most), np.where(np.isfinite(gain), gain, 0.0)
