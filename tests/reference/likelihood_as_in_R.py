"""The likelihood interval as R's survey 4.5 arrives at it, to compare its numbers digit by digit.

The library solves for the rates at which the likelihood has fallen far enough. R tabulates the
likelihood in up to ten steps on each side, lays a spline through the table, and interpolates the
spline linearly; it takes the variance of a simple random sample from the last step of its
iteration, which stops when the deviance changes by less than 1e-8 of itself, and from weights that
are 1 on average over all cases, also those that the indicator does not apply to. All that is done
here too, from the library's rate and standard error, and nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

_STEPS = 10
_CONVERGED = 1e-8
_FURTHEST = 30  # beyond this logit R takes the rate for the smallest it can tell from 0


def likelihood_as_in_R(
    y: Floats, weights: Floats, rate: float, se: float, df: float, level: float
) -> tuple[float, float]:
    """Return R's limits; ``y`` is nan where it does not apply."""
    weights = (weights / weights.mean())[~np.isnan(y)]
    y = y[~np.isnan(y)]
    n = len(y)
    start, naive = _iterated(y, weights)
    slope = se / (rate * (1 - rate))
    ratio = np.sqrt(slope**2 / naive)
    alpha = stats.norm.cdf(stats.t.ppf((1 - level) / 2, df) * ratio) / 2
    furthest = np.sqrt(stats.f.isf(alpha, 1, n - 1))
    table = [(start, 0.0)]
    for sign in (-1, 1):
        fallen, step = 0.0, 1
        while step < _STEPS and abs(fallen) < furthest:
            logit = start + sign * step * furthest / 5 * slope
            fallen = sign * _fall(rate, logit, n)
            table.append((logit, fallen))
            step += 1
    table.sort(key=lambda row: row[1])
    x, z = (np.array(column) for column in zip(*table, strict=True))
    fine = np.linspace(x.min(), x.max(), 3 * len(x))
    spline = _through(x, z, fine)
    order = np.argsort(spline)
    cutoff = stats.norm.ppf(2 * alpha)
    low, high = np.interp([cutoff, -cutoff], spline[order], fine[order], left=np.nan, right=np.nan)
    return float(special.expit(low)), float(special.expit(high))


def _iterated(y: Floats, weights: Floats) -> tuple[float, float]:
    """Return the logit and its naive variance from R's iteratively weighted least squares."""
    mu = (weights * y + 0.5) / (weights + 1)
    eta, old = special.logit(mu), _deviance(y, weights, mu)
    for _ in range(25):
        spread = mu * (1 - mu)
        information = np.sum(weights * spread)
        logit = float(np.sum(weights * spread * (eta + (y - mu) / spread)) / information)
        eta = np.full(len(y), logit)
        mu = special.expit(eta)
        new = _deviance(y, weights, mu)
        if abs(new - old) / (abs(new) + 0.1) < _CONVERGED:
            break
        old = new
    return logit, float(1 / information)


def _deviance(y: Floats, weights: Floats, mu: Floats) -> float:
    return float(-2 * np.sum(weights * (y * np.log(mu) + (1 - y) * np.log(1 - mu))))


def _fall(rate: float, logit: float, n: int) -> float:
    """Return the root of the deviance's rise over the dispersion n / (n - 1)."""
    if abs(logit) > _FURTHEST:
        logit = float(np.copysign(-np.log(np.finfo(float).eps), logit))
    log_q, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    rise = rate * (np.log(rate) - log_q) + (1 - rate) * (np.log(1 - rate) - log_rest)
    return float(np.sqrt(max(2 * (n - 1) * rise, 0.0)))


def _through(x: Floats, y: Floats, at: Floats) -> Floats:
    """Return the cubic spline of Forsythe, Malcolm and Moler (1977), R's ``spline`` by default.

    At either end its third derivative is that of the cubic through the four points there.
    """
    n, h = len(x), np.diff(x)
    s = np.diff(y) / h
    matrix, right = np.zeros((n, n)), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = s[i] - s[i - 1]
    matrix[0, :2] = -h[0], h[0]
    matrix[-1, -2:] = h[-1], -h[-1]
    if n > 3:
        second = np.diff(s) / (x[2:] - x[:-2])
        third = np.diff(second) / (x[3:] - x[:-3])
        right[0], right[-1] = h[0] ** 2 * third[0], -(h[-1] ** 2) * third[-1]
    c = np.linalg.solve(matrix, right)
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    along = at - x[i]
    slope = s[i] - h[i] * (c[i + 1] + 2 * c[i])
    return y[i] + along * (slope + along * (3 * c[i] + along * (c[i + 1] - c[i]) / h[i]))
