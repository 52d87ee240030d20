"""Reading case by case until the errors found decide: Wald's sequential probability ratio test.

p0 is the acceptable and p1 the tolerable rate, alpha the risk of rejecting at p0, beta that of
accepting at p1. After n cases with k errors

    accept if k <= s n - h1,    reject if k >= s n + h2,    else read on,
    g = log[p1 (1 - p0) / (p0 (1 - p1))],  s = log[(1 - p0) / (1 - p1)] / g,
    h1 = log[(1 - alpha) / beta] / g,      h2 = log[(1 - beta) / alpha] / g

(Wald 1947, Sequential Analysis, section 5.3). In a register of N cases the likelihoods are
hypergeometric, with T0 and T1 errors; Wald's inequalities hold for them as for any likelihoods.
Reading stops at a largest n in any case, and what the plan then does is computed, not approximated:
a path has probability 0 once it has ended, and the rest is carried on case by case.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ON_THE_LINE: Final = 1e-9  # a boundary whole but for rounding counts as reached


@dataclass(frozen=True, slots=True)
class Lines:
    """Wald's two parallel lines: accept at slope n - h_accept, reject at slope n + h_reject."""

    slope: float
    h_accept: float
    h_reject: float


@dataclass(frozen=True, slots=True)
class Path:
    """What a sequential plan does at one rate: P(accept), P(reject), mean number of cases read."""

    accept: float
    reject: float
    expected: float


def wald_lines(p0: float, p1: float, alpha: float, beta: float) -> Lines:
    """Return slope and intercepts; 0 < p0 < p1 < 1."""
    g = log(p1 * (1 - p0) / (p0 * (1 - p1)))
    slope = log((1 - p0) / (1 - p1)) / g
    return Lines(slope, log((1 - alpha) / beta) / g, log((1 - beta) / alpha) / g)


def open_characteristic(
    p0: float, p1: float, alpha: float, beta: float, h: float
) -> tuple[float, float, float]:
    """Return rate, P(accept) and mean number read of the test without an end, for a parameter h.

    Wald's approximations, which neglect the overshoot: p = (1 - u^h) / (v^h - u^h) with
    u = (1 - p1) / (1 - p0), v = p1 / p0; L = (A^h - 1) / (A^h - B^h), A = (1 - beta) / alpha,
    B = beta / (1 - alpha) (equations 3:43 and 5:7). h = 1 is p0, h = -1 is p1; h = 0 the slope.
    """
    u, v = (1 - p1) / (1 - p0), p1 / p0
    A, B = (1 - beta) / alpha, beta / (1 - alpha)
    lines = wald_lines(p0, p1, alpha, beta)
    if abs(h) < 1e-9:
        accept = log(A) / (log(A) - log(B))
        mean = -log(A) * log(B) / (log(v) * -log(u))
        return lines.slope, accept, mean
    rate = (1 - u**h) / (v**h - u**h)
    accept = (A**h - 1) / (A**h - B**h)
    drift = rate * log(v) + (1 - rate) * log(u)
    return rate, accept, (accept * log(B) + (1 - accept) * log(A)) / drift


def boundaries(lines: Lines, most: int, accept_last: int) -> tuple[IntArray, IntArray]:
    """Return for n = 0, ..., ``most`` the numbers to accept up to and to reject from.

    -1 and n + 1 where none is: no case accepts and none rejects. At the last n everything up to
    ``accept_last`` is accepted and everything above it rejected.
    """
    n = np.arange(most + 1)
    accept = np.floor(lines.slope * n - lines.h_accept + _ON_THE_LINE).astype(np.int64)
    reject = np.ceil(lines.slope * n + lines.h_reject - _ON_THE_LINE).astype(np.int64)
    return _closed(np.maximum(accept, -1), np.minimum(reject, n + 1), accept_last)


def register_boundaries(
    good: int, bad: int, population: int, bounds: tuple[float, float], most: int, accept_last: int
) -> tuple[IntArray, IntArray]:
    """Return the numbers of `boundaries` for a register with T0 = good, T1 = bad errors.

    ``bounds`` are log B and log A: accepted if the log likelihood ratio
    log C(T1,k) C(N-T1,n-k) / [C(T0,k) C(N-T0,n-k)] is log B at most, rejected if log A at least.
    """
    accept = np.full(most + 1, -1, dtype=np.int64)
    reject = np.arange(1, most + 2)
    lower, upper = bounds
    for n in range(1, most + 1):
        k = np.arange(n + 1)
        worse, better = _log_ways(bad, population, n, k), _log_ways(good, population, n, k)
        never = np.isinf(worse) & np.isinf(better)  # more errors than T1, or fewer than T0 leave
        ratio = np.where(k > bad, np.inf, -np.inf)
        ratio[~never] = worse[~never] - better[~never]
        accept[n] = int((ratio <= lower + _ON_THE_LINE).sum()) - 1
        reject[n] = n + 1 - int((ratio >= upper - _ON_THE_LINE).sum())
    return _closed(accept, reject, accept_last)


def path(accept: IntArray, reject: IntArray, errors: float, population: int | None) -> Path:
    """Return what happens with ``errors`` T in a register, or at the rate ``errors`` of a process.

    P(k errors after n cases, not ended), one case more at a time: the next one is an error with
    probability (T - k) / (N - n).
    """
    most = len(accept) - 1
    alive = np.zeros(most + 2)
    alive[0] = 1.0
    accepted = rejected = expected = 0.0
    k = np.arange(most + 2, dtype=np.float64)
    for n in range(1, most + 1):
        expected += float(alive.sum())
        if population is None:
            wrong = np.full(most + 2, float(errors))
        else:
            wrong = np.clip((errors - k) / (population - n + 1), 0.0, 1.0)
        step = alive * wrong
        alive -= step
        alive[1:] += step[:-1]
        up_to, since = int(accept[n]) + 1, int(reject[n])
        accepted += float(alive[:up_to].sum())
        rejected += float(alive[since:].sum())
        alive[:up_to] = 0.0
        alive[since:] = 0.0
        if not alive.any():
            break
    return Path(accepted, rejected, expected)


def _closed(accept: IntArray, reject: IntArray, accept_last: int) -> tuple[IntArray, IntArray]:
    accept, reject = accept.copy(), reject.copy()
    accept[-1], reject[-1] = accept_last, accept_last + 1
    return accept, reject


def _log_ways(errors: int, population: int, n: int, k: IntArray) -> FloatArray:
    """Return log C(T, k) C(N - T, n - k), -inf where it is 0."""
    rest, correct = population - errors, n - k
    can = (k <= errors) & (correct <= rest)
    result = np.full(len(k), -np.inf)
    result[can] = _log_binomial(errors, k[can]) + _log_binomial(rest, correct[can])
    return result


def _log_binomial(total: int, chosen: IntArray) -> FloatArray:
    value: FloatArray = gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1)
    return value
