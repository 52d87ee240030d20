"""Partial pooling of many rates: beta-binomial, hyperparameters integrated, populations finite.

Domain d has N_d cases, n_d of them reviewed with x_d errors. Each case is an error with probability
p_d, and the p_d are themselves drawn from a beta distribution with mean m and "prior cases" M. The
hyperparameters are integrated on a grid, uniform in m and in 1/(1 + M) (Christiansen and Morris
1997 argue for the latter). What was read is known; only the N - n others are uncertain:

    T = x + B,   B beta-binomial(N - n, m M + x, (1 - m) M + n - x) given (m, M).

x and n may be effective counts, not whole, of domains that are themselves stratified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betainc, betaincinv, betaln, expit, gammaln, logit

FloatArray = NDArray[np.float64]

_FIRST: Final = 33  # nodes of each parameter where the likelihood is looked for
_NODES: Final = 17  # nodes of each parameter where it has been found: 0.56 deviations apart
_FIRST_COVARIATE: Final = 13  # nodes of each of three parameters
_NODES_COVARIATE: Final = 11
_WIDE: Final = 8.0  # standard errors that the first grid reaches
_REACH: Final = 4.5  # posterior deviations that the second grid reaches
_SPREADS: Final = (-8.0, 5.0)  # logit of 1 / (1 + M): from M = 3,000 to M = 0.007
_KEPT: Final = 1e-4  # of the largest weight, below which a node is left out
_SLOPE: Final = 2.5  # prior deviation of the slope, in logits per deviation of the covariate
_LONG: Final = 4000  # unread cases, above which their number is found by bisection
_POINTS: Final = 2001  # rates that stand for the posterior there


@dataclass(frozen=True, slots=True)
class Prior:
    """The beta distributions that the domains' rates may come from, with posterior weights.

    ``a`` and ``b`` have shape (nodes, domains), or (nodes, 1) without a covariate; ``weights`` add
    up to 1.
    """

    weights: FloatArray
    a: FloatArray
    b: FloatArray

    def of(self, place: int) -> tuple[FloatArray, FloatArray]:
        """Return a and b of one domain."""
        column = place if self.a.shape[1] > 1 else 0
        return self.a[:, column], self.b[:, column]


def fit_prior(errors: FloatArray, reviewed: FloatArray, covariate: FloatArray | None) -> Prior:
    """Return the posterior of the hyperparameters, given all domains that were read.

    With a ``covariate`` (one value a domain) the mean is logit m_d = b0 + b1 z_d, z the
    standardised covariate, with b1 normal(0, 2.5) a priori; m at z = 0 stays uniform.
    """
    z = np.zeros(len(errors)) if covariate is None else _standardised(covariate)
    read = reviewed > 0
    x, n, z_read = errors[read], reviewed[read], z[read]
    distinct, counts = np.unique(np.column_stack([x, n, z_read]), axis=0, return_counts=True)
    axes = _first_axes(x, n, None if covariate is None else z_read)
    nodes = _NODES if covariate is None else _NODES_COVARIATE
    for last in (False, True):
        grid = [each.ravel() for each in np.meshgrid(*axes, indexing="ij")]
        eta, spread, slope = grid[0], grid[1], grid[2] if len(grid) > 2 else None
        logs = _log_likelihood(distinct, counts, eta, spread, slope)
        logs += _log_uniform(eta) + _log_uniform(spread)
        if slope is not None:
            logs -= 0.5 * (slope / _SLOPE) ** 2
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        if not last:
            axes = [_around(each, weights, nodes) for each in grid]
            axes[1] = axes[1].clip(*_SPREADS)
            axes[1] = np.linspace(axes[1][0], axes[1][-1], nodes)
    kept = weights > _KEPT * weights.max()
    linear = eta[kept, None] + (0.0 if slope is None else slope[kept, None] * z)
    mean, cases = expit(linear), np.exp(-spread[kept])[:, None]
    return Prior(weights[kept] / weights[kept].sum(), mean * cases, (1 - mean) * cases)


def log_marginal(
    errors: FloatArray, reviewed: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Return log B(a + x, b + n - x) - log B(a, b): the likelihood of x, but for a constant."""
    gain: FloatArray = betaln(a + errors, b + reviewed - errors) - betaln(a, b)
    return gain


def without(prior: Prior, place: int, errors: float, reviewed: float) -> FloatArray:
    """Return the weights of the nodes given all domains but one."""
    a, b = prior.of(place)
    own = log_marginal(np.array(errors), np.array(reviewed), a, b)
    weights = prior.weights * np.exp(own.min() - own)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def count_law(number: int, weights: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return P(0), ..., P(number) of a beta-binomial count, mixed over the nodes.

    P(k + 1) / P(k) = (N - k)(a + k) / ((k + 1)(b + N - k - 1)).
    """
    if number == 0:
        return np.ones(1)
    k = np.arange(number)
    ratio = np.log(a[:, None] + k) - np.log(b[:, None] + (number - 1 - k))
    logs = np.zeros((len(a), number + 1))
    np.cumsum(ratio + np.log((number - k) / (k + 1)), axis=1, out=logs[:, 1:])
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    law: FloatArray = (weights / mass.sum(axis=1)) @ mass
    return law


def surprise(law: FloatArray, errors: float) -> float:
    """Return the smaller of P(X <= x) and P(X >= x)."""
    below = np.cumsum(law)
    low, high = int(np.floor(errors + 1e-9)), int(np.ceil(errors - 1e-9))
    return float(min(below[low], 1 - below[high - 1] if high else 1.0))


def unread_limits(
    unread: int, weights: FloatArray, a: FloatArray, b: FloatArray, *, tail: float
) -> tuple[int, int]:
    """Return the equal-tailed limits of the errors among ``unread`` cases.

    a and b are those after the domain's own cases: the smallest count with P(B <= low) > tail and
    the largest with P(B >= high) > tail.
    """
    if unread > _LONG:
        return _long_limits(unread, weights, a, b, tail)
    law = count_law(unread, weights, a, b)
    low = int(np.searchsorted(np.cumsum(law), tail, side="right"))
    high = unread - int(np.searchsorted(np.cumsum(law[::-1]), tail, side="right"))
    return low, high


def _long_limits(
    unread: int, weights: FloatArray, a: FloatArray, b: FloatArray, tail: float
) -> tuple[int, int]:
    """Return the limits by bisection, with the rate's posterior at its quantiles."""
    ends = (np.arange(_POINTS) + 0.5) / _POINTS
    low, high = betaincinv(a, b, 1e-9).min(), betaincinv(a, b, 1 - 1e-9).max()
    rates = expit(np.linspace(logit(max(low, 1e-12)), logit(min(high, 1 - 1e-12)), _POINTS))
    below = weights @ betainc(a[:, None], b[:, None], rates)
    points = np.interp(ends, below, rates)

    def smallest(goal: float) -> int:
        first, last = 0, unread
        while first < last:
            middle = (first + last) // 2
            if float(bdtr(middle, unread, points).mean()) > goal:
                last = middle
            else:
                first = middle + 1
        return first

    return smallest(tail), smallest(1 - tail)


def _first_axes(x: FloatArray, n: FloatArray, z: FloatArray | None) -> list[FloatArray]:
    """Return nodes that are sure to reach what the data leave possible."""
    nodes = _FIRST if z is None else _FIRST_COVARIATE
    mean = (x.sum() + 0.5) / (n.sum() + 1)
    between = float(np.var(x / n)) + mean * (1 - mean) / n.mean()
    error = (between / len(x)) ** 0.5 / (mean * (1 - mean))
    axes = [
        logit(mean) + _WIDE * error * np.linspace(-1, 1, nodes),
        np.linspace(*_SPREADS, nodes),
    ]
    if z is not None:
        observed = logit((x + 0.5) / (n + 1))
        slope = float(z @ observed / (z @ z)) if z.any() else 0.0
        axes.append(slope + _WIDE * max(error, 0.1) * np.linspace(-1, 1, nodes))
    return axes


def _around(values: FloatArray, weights: FloatArray, nodes: int) -> FloatArray:
    """Return nodes about the posterior mean of a parameter."""
    mean = float(weights @ values)
    deviation = float(weights @ (values - mean) ** 2) ** 0.5
    step = np.diff(np.unique(values)).max()
    axis: FloatArray = mean + _REACH * max(deviation, step / 2) * np.linspace(-1, 1, nodes)
    return axis


def _log_likelihood(
    distinct: FloatArray,
    counts: NDArray[np.int64],
    eta: FloatArray,
    spread: FloatArray,
    slope: FloatArray | None,
) -> FloatArray:
    x, n, z = distinct.T
    cases = np.exp(-spread)[:, None]
    mean = expit(eta[:, None] + (0.0 if slope is None else slope[:, None] * z))
    a, b = mean * cases, (1 - mean) * cases
    gain = gammaln(a + x) + gammaln(b + (n - x)) - gammaln(cases + n)
    start = gammaln(a) + gammaln(b) - gammaln(cases)
    logs: FloatArray = (gain - start) @ counts
    return logs


def _log_uniform(values: FloatArray) -> FloatArray:
    """Return the log density, on the logit scale, of a share that is uniform."""
    density: FloatArray = -np.logaddexp(0, values) - np.logaddexp(0, -values)
    return density


def _standardised(values: FloatArray) -> FloatArray:
    deviation = float(values.std())
    centred = values - values.mean()
    return np.asarray(centred / deviation if deviation else centred, dtype=np.float64)
