"""Calibration: weights changed as little as possible so that known register totals are met.

Symbols: d_i the design weight of reviewed case i (N_h / n_h where cases were drawn at random within
strata), x_i the auxiliary variables of the case, t their totals in the register, g_i the factor
that makes d_i into the calibrated weight w_i = d_i g_i, so that sum w x = t.

Source: Deville and Sarndal (1992), Journal of the American Statistical Association 87:376, here
"DS"; numbers: R's survey 4.5, ``postStratify``, ``rake`` and ``calibrate``. With many auxiliary
variables and few cases the weights grow wild and the standard error too small: the formulas hold
for large samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, special

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Distance = Literal["linear", "raking", "logit"]
Bounds = tuple[float, float]

UNBOUNDED: Final[Bounds] = (-np.inf, np.inf)
# a total is met when it is off by this share of sum w |x|; rounding leaves about 1e-14
_MET: Final = 1e-10
_EXACT: Final = 1e-14
_STEPS: Final = 100  # Newton takes 3 to 10 where the totals can be met at all
_HALVINGS: Final = 60
_LONGEST: Final = 20.0  # of a step in x' lambda: exp of more overflows before the search corrects
_DESCENT: Final = 1e-4  # of the slope: Armijo's constant, any small one serves
_SINGULAR: Final = (
    1e-12  # relative size below which a column or direction of the basis is nothing new
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated weights and how well they meet their totals.

    ``weights`` w_i in cases, ``factors`` g_i = w_i / d_i, ``reached`` the totals sum w x under the
    weights, ``converged`` whether all are the ones asked for (to 1e-10 of sum w |x|),
    ``iterations`` the steps it took.
    """

    weights: Floats
    factors: Floats
    reached: Floats
    converged: bool
    iterations: int


def post_stratify(weights: ArrayLike, cells: ArrayLike, population: ArrayLike) -> Calibration:
    """Return weights that add up to the register's count in every cell: g = N_c / sum_c d.

    ``cells`` numbers the cell of each case from 0, ``population`` has N_c. A cell without cases
    cannot be met: its count is reached as 0, and ``converged`` is False unless it is 0.
    (Cochran 1977, section 5A.9.)
    """
    d, asked = np.asarray(weights, float), np.asarray(population, float)
    cell = np.asarray(cells, np.intp)
    estimated = np.bincount(cell, d, minlength=len(asked))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(estimated > 0, asked / estimated, 1.0)
    factors = factor[cell]
    reached = np.where(estimated > 0, asked, 0.0)
    return Calibration(d * factors, factors, reached, bool(np.all(reached == asked)), 1)


def calibrate(
    weights: ArrayLike,
    basis: ArrayLike,
    totals: ArrayLike,
    *,
    distance: Distance,
    bounds: Bounds = UNBOUNDED,
) -> Calibration:
    """Return the weights nearest the design weights for which sum w x = t, by ``distance``.

    g_i = F(x_i' lambda) with lambda solving sum d_i F(x_i' lambda) x_i = t (DS, equations 2.2 to
    2.4). "linear": F(u) = 1 + u, the generalised regression estimator, cut at the ``bounds`` of g
    if there are any (DS, case 7); "raking": F(u) = exp(u) (case 2), where iterative proportional
    fitting ends when x are the categories of some margins; "logit": DS equation 2.8 (case 6),
    with finite ``bounds`` low < 1 < high that g never leaves.

    ``basis`` has a row x_i per case, ``totals`` t; dependent columns do no harm. Solved as the
    minimum of the convex sum d_i G(x_i' lambda) - t' lambda with G' = F by Newton's method with
    step halving, so that it finds the weights whenever there are any; if there are none, the
    result is not ``converged`` and ``reached`` tells which totals are off.
    """
    d, t = np.asarray(weights, float), np.asarray(totals, float)
    x = np.asarray(basis, float)
    metric = _METRICS[distance]
    # each column in units of its own size: the totals may be cases and amounts side by side
    size = np.sqrt(d @ x**2 / d.sum())
    unit = np.where(size > 0, size, 1.0)
    scaled, aim = x / unit, t / unit

    dual = np.zeros(x.shape[1])
    u = np.zeros(len(x))
    steps = 0
    while steps < _STEPS:
        factors = metric.factor(u, bounds)
        gap = aim - (d * factors) @ scaled
        if np.all(np.abs(gap) <= _EXACT * (np.abs(d * factors) @ np.abs(scaled))):
            break
        moved = _newton_step(metric, d, scaled, aim, dual, gap, bounds)
        if moved is None:
            break
        dual, u, steps = moved, scaled @ moved, steps + 1
    factors = metric.factor(u, bounds)
    calibrated = d * factors
    reached = calibrated @ x
    met = np.abs(reached - t) <= _MET * (np.abs(calibrated) @ np.abs(x))
    return Calibration(calibrated, factors, reached, bool(np.all(met)), steps)


def independent_columns(basis: ArrayLike, *, weights: ArrayLike) -> Floats:
    """Return a basis without the columns that follow from others, as one margin's from another's.

    The residuals that the variance of a calibrated estimate is made of (DS, section 3) are those
    of a regression on the basis with the design weights d_i, whatever the distance; a regression
    needs independent columns. R's survey 4.5: ``calibrate`` and ``postStratify`` regress with d_i;
    ``rake`` gives every case the same weight, which is the same only where d_i is constant.
    """
    x = np.asarray(basis, float)
    standard = np.sqrt(np.asarray(weights, float))[:, np.newaxis] * x
    size = np.linalg.norm(standard, axis=0)
    standard = standard / np.where(size > 0, size, 1.0)
    _, triangle, order = linalg.qr(standard, mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(triangle)) > _SINGULAR * len(x)))
    return np.asarray(x[:, np.sort(order[:rank])])


@dataclass(frozen=True, slots=True)
class _Metric:
    """A distance by its F: ``factor`` is F, ``slope`` its derivative, ``integral`` G, G' = F."""

    factor: Callable[[Floats, Bounds], Floats]
    slope: Callable[[Floats, Bounds], Floats]
    integral: Callable[[Floats, Bounds], Floats]


def _newton_step(
    metric: _Metric,
    d: Floats,
    x: Floats,
    aim: Floats,
    dual: Floats,
    gap: Floats,
    bounds: Bounds,
) -> Floats | None:
    """Return the next multipliers, or None where no step lowers the convex function."""
    u = x @ dual
    curvature = (x * (d * metric.slope(u, bounds))[:, np.newaxis]).T @ x
    step = np.linalg.lstsq(curvature, gap, rcond=_SINGULAR)[0]
    along = x @ step
    longest = np.abs(along).max(initial=0.0)
    share = min(1.0, _LONGEST / longest) if longest > 0 else 1.0
    # differences of G case by case: the sums are large and nearly equal near the end
    here = metric.integral(u, bounds)
    downhill = gap @ step
    if not downhill > 0:
        return None
    for _ in range(_HALVINGS):
        there = metric.integral(u + share * along, bounds)
        change = d @ (there - here) - share * (aim @ step)
        rounding = np.finfo(float).eps * (d @ np.abs(here) + abs(aim @ step))
        if change <= -_DESCENT * share * downhill + rounding:
            return np.asarray(dual + share * step)
        share /= 2
    return None


def _linear_factor(u: Floats, bounds: Bounds) -> Floats:
    return np.clip(1 + u, *bounds)


def _linear_slope(u: Floats, bounds: Bounds) -> Floats:
    low, high = bounds
    return ((low < 1 + u) & (1 + u < high)).astype(float)


def _linear_integral(u: Floats, bounds: Bounds) -> Floats:
    inside = _linear_factor(u, bounds) - 1
    area: Floats = inside + inside**2 / 2 + (1 + inside) * (u - inside)
    return area


def _raking_factor(u: Floats, _: Bounds) -> Floats:
    return np.exp(u)


def _raking_integral(u: Floats, _: Bounds) -> Floats:
    return np.expm1(u)


def _logit_steepness(bounds: Bounds) -> float:
    low, high = bounds
    return (high - low) / ((1 - low) * (high - 1))


def _logit_share(u: Floats, bounds: Bounds) -> Floats:
    """Return where g stands between its bounds: 0 at the low one, 1 at the high one."""
    low, high = bounds
    start = np.log((1 - low) / (high - 1))
    share: Floats = special.expit(start + _logit_steepness(bounds) * u)
    return share


def _logit_factor(u: Floats, bounds: Bounds) -> Floats:
    low, high = bounds
    return low + (high - low) * _logit_share(u, bounds)


def _logit_slope(u: Floats, bounds: Bounds) -> Floats:
    low, high = bounds
    share = _logit_share(u, bounds)
    return (high - low) * _logit_steepness(bounds) * share * (1 - share)


def _logit_integral(u: Floats, bounds: Bounds) -> Floats:
    low, high = bounds
    start = np.log((1 - low) / (high - 1))
    steepness = _logit_steepness(bounds)
    area = np.logaddexp(0, start + steepness * u) - np.logaddexp(0, start)
    integral: Floats = low * u + (high - low) / steepness * area
    return integral


_METRICS: Final[Mapping[Distance, _Metric]] = MappingProxyType(
    {
        "linear": _Metric(_linear_factor, _linear_slope, _linear_integral),
        "raking": _Metric(_raking_factor, _raking_factor, _raking_integral),
        "logit": _Metric(_logit_factor, _logit_slope, _logit_integral),
    }
)
