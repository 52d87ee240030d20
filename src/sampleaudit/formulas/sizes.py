"""How many cases must be read: exact sizes for finding errors and for accepting, and searches.

N cases in the register, T of them with an error, n reviewed at random without replacement, X errors
among them, hypergeometric(N, T, n); a register without end has the binomial distribution. Rates and
shares that decide about whole numbers are fractions: in binary arithmetic 0.07 x 200 is more than
14, and its next whole number 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, ndtri

from sampleaudit.formulas.hypergeometric import ROUNDING, FloatArray, IntArray, windows

_STEPS: Final = 60  # of looking for a size by proportion, before halving
_MOST: Final = 10**7  # cases that could ever be read


def least_errors(population: int, rate: Fraction) -> int:
    """Return the least number of errors that makes a rate of at least ``rate``: ceil(N x rate)."""
    return math.ceil(population * rate)


def miss_chance(reviewed: ArrayLike, population: ArrayLike, errors: int) -> tuple[float, IntArray]:
    """Return max P(no error is found) over all ways T errors can lie in the strata, and the worst.

    Numbers by stratum. The chance is the product over strata of C(N_h - T_h, n_h) / C(N_h, n_h). An
    error more in stratum h multiplies it by 1 - n_h / (N_h - T_h), less and less, so putting one
    error after the other where it lowers the chance least gives the greatest (the sum of concave
    functions; Fox 1966). Returned with it are the T_h.
    """
    n, N = (np.atleast_1d(np.asarray(a, dtype=np.int64)) for a in (reviewed, population))
    steps, stratum = [], []
    for h, (read, size) in enumerate(zip(n.tolist(), N.tolist(), strict=True)):
        j = np.arange(min(errors, size - read))
        steps.append(np.log1p(-read / (size - j)))
        stratum.append(np.full(len(j), h))
    logs, where = np.concatenate(steps), np.concatenate(stratum)
    if len(logs) < errors:  # more errors than cases that are not read
        return 0.0, np.minimum(N, errors)
    chosen = np.argsort(-logs, kind="stable")[:errors]
    worst = np.bincount(where[chosen], minlength=len(n)).astype(np.int64)
    return float(np.exp(logs[chosen].sum())), worst


def acceptance_chance(allowed: int, reviewed: int, population: int | None, rate: Fraction) -> float:
    """Return P(X <= allowed) when the error rate is the least that is at least ``rate``.

    With a register of ``population`` cases there are ceil(N x rate) errors; None: binomial.
    """
    if allowed >= reviewed:
        return 1.0
    if population is None:
        return float(bdtr(allowed, reviewed, float(rate)))
    errors = least_errors(population, rate)
    first, mass = windows(np.array([errors]), np.array([reviewed]), np.array([population]))
    return float(mass[0, : max(0, allowed - int(first[0]) + 1)].sum())


def acceptance_size(
    allowed: int, *, tolerable: Fraction, risk: Fraction, population: int | None
) -> int:
    """Return the smallest n with P(X <= allowed) <= risk when the error rate is ``tolerable``.

    Whoever accepts the caseload where at most ``allowed`` errors are found accepts a rate of
    ``tolerable`` or more with a probability of ``risk`` at most; the upper limit of the rate, of
    level 1 - risk, is then under it. AICPA Audit Sampling (2017), tables A-1 and A-2 are these n
    without a register's end. Expects allowed < ceil(N x tolerable).
    """
    bound = float(risk) * (1 + ROUNDING)
    most = _MOST if population is None else population

    def holds(n: int) -> bool:
        return acceptance_chance(allowed, n, population, tolerable) <= bound

    guess = min(most, math.ceil((allowed + 1) / float(tolerable)))
    return smallest(holds, least=allowed + 1, most=most, guess=guess)


def tolerable_size(
    *, tolerable: Fraction, expected: Fraction, risk: Fraction, population: int | None
) -> tuple[int, int]:
    """Return the smallest n, and the errors allowed in it, c = ceil(n x expected).

    That is `acceptance_size` where c grows with n so that the errors that are expected do not lead
    to rejection; the tables of the AICPA (2017) and of DCAA's EZ-Quant have it so. Raises no error
    of its own: expects expected < tolerable, and with a register ceil(N x expected) <
    ceil(N x tolerable).
    """
    allowed = 0 if expected == 0 else 1
    n = 1
    while True:
        n = acceptance_size(allowed, tolerable=tolerable, risk=risk, population=population)
        wanted = math.ceil(n * expected)
        if wanted <= allowed:
            return n, allowed
        allowed = wanted  # fewer cannot do: n only grows with what is allowed


def upper_rate(errors: int, reviewed: int, *, risk: float) -> float:
    """Return the upper limit of the rate in a register without end (Clopper and Pearson 1934).

    The rate at which P(X <= errors) = risk; AICPA (2017), tables A-3 and A-4, in per cent and
    rounded up to the next tenth.
    """
    if errors >= reviewed:
        return 1.0
    return float(betaincinv(errors + 1, reviewed - errors, 1 - risk))


def textbook_margin_size(
    rate: float, margin: float, *, population: float = math.inf, level: float = 0.95
) -> float:
    """Return n, not rounded, for which z sqrt(p (1 - p) / n (N - n) / (N - 1)) is the margin.

    n = [N / (N - 1)] p q / (e^2 / z^2 + p q / (N - 1)); Cochran (1977), section 4.4; what RAT-STATS
    and R's PracTools (nPropMoe) do.
    """
    z = float(ndtri((1 + level) / 2))
    variance = rate * (1 - rate)
    if math.isinf(population):
        return variance * z * z / margin**2
    last = population - 1
    return population / last * variance / (margin**2 / z**2 + variance / last)


def wilson_margin_size(rate: float, margin: float, *, level: float = 0.95) -> float:
    """Return n, not rounded, for which half of Wilson's (1927) interval is the margin.

    No end of the register. With z the normal quantile: the larger root n of
    (e / z)^2 (n + z^2)^2 = n p q + z^2 / 4; R's PracTools (nWilson).
    """
    z = float(ndtri((1 + level) / 2))
    a = (margin / z) ** 2
    b = 2 * margin**2 - rate * (1 - rate)
    c = (margin * z) ** 2 - z * z / 4
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)


def log_odds_margin_size(
    rate: float, margin: float, *, population: float = math.inf, level: float = 0.95
) -> float:
    """Return n, not rounded, for which half of the interval made on the log-odds is the margin.

    The interval p / (p + q exp(-+d)) is 2 e long for one d, and n = S^2 / ((p q d / z)^2 + S^2 / N)
    with S^2 = p q N / (N - 1). Valliant, Dever and Kreuter (2018), chapter 3. R's PracTools
    (nLogOdds) agrees without a register's end; with one it divides by N / (N - 1) instead.
    """
    z = float(ndtri((1 + level) / 2))
    k = (1 - rate) / rate
    # 1 / (1 + k / x) - 1 / (1 + k x) = 2 e is quadratic in x = exp(d)
    a, b = k * (1 - 2 * margin), -2 * margin * (1 + k * k)
    c = -k * (1 + 2 * margin)
    x = (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
    unit = 1 if math.isinf(population) else population / (population - 1)
    error = rate * (1 - rate) * math.log(x) / z
    variance = rate * (1 - rate) * unit
    return variance / (error**2 + variance / population)


def cv_size(rate: float, cv: float, *, population: float = math.inf) -> float:
    """Return n, not rounded, for which the estimated rate's standard error is cv times the rate.

    n = V / (cv^2 + V / N), V = S^2 / p^2; R's PracTools (nProp).
    """
    endless = math.isinf(population)
    unit = (1 - rate) / rate * (1 if endless else population / (population - 1))
    return unit / (cv**2 + (0 if endless else unit / population))


def smallest(holds: Callable[[int], bool], *, least: int, most: int, guess: int) -> int:
    """Return the smallest n in least, ..., most that holds; all after it hold too, and ``most``.

    From a guess outward by doubling steps, then by halving.
    """
    n = min(max(guess, least), most)
    low, high, step = least - 1, most, 1
    if holds(n):
        high = n
        while high - step > low:
            if not holds(high - step):
                low = high - step
                break
            high, step = high - step, 2 * step
    else:
        low = n
        while low + step < high:
            if holds(low + step):
                high = low + step
                break
            low, step = low + step, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def settled_size(
    value: Callable[[int], float], bound: float, *, start: int, least: int, most: int, ahead: int
) -> int:
    """Return the smallest n from which ``value`` is at most ``bound`` and stays so.

    The value falls with n about as 1 / sqrt(n) (up to the share N - n), but now and then rises a
    little. Expects value(most) <= bound. After the first crossing the next ``ahead`` sizes are
    looked at; where one of them is above the bound, the search goes on from there.
    """
    known: dict[int, float] = {}

    def at(n: int) -> float:
        if n not in known:
            known[n] = value(n)
        return known[n]

    low, high = least - 1, most
    n = min(max(start, least), most)
    for step in range(_STEPS):
        if at(n) <= bound:
            high = n
        else:
            low = n
        if high - low <= 1:
            break
        n = _next(n, at(n) / bound, most) if step % 3 != 2 else (low + high) // 2
        n = min(max(n, low + 1), high - 1)
    while high - low > 1:
        n = (low + high) // 2
        low, high = (low, n) if at(n) <= bound else (n, high)
    last, n = low, low + 1
    while n <= min(last + ahead + 1, most):
        if at(n) > bound:
            last = n
        n += 1
    return last + 1


def _next(n: int, ratio: float, most: int) -> int:
    """Return the size at which a value ratio times too large would fit."""
    share = (1 / n - 1 / (most + 1)) / max(ratio, 1e-6) ** 2 + 1 / (most + 1)
    return math.ceil(1 / share)


def normal_half_width(
    reviewed: ArrayLike, population: ArrayLike, rates: ArrayLike, *, z: float
) -> float:
    """Return z times the standard error of the stratified rate (Cochran 1977, eq. 5.57)."""
    n, N, p = (np.asarray(a, dtype=np.float64) for a in (reviewed, population, rates))
    left = (N - n) / np.maximum(N - 1, 1)
    each: FloatArray = N**2 * p * (1 - p) / np.maximum(n, 0.5) * np.maximum(left, 0.0)
    return z * math.sqrt(float(each.sum())) / float(N.sum())
