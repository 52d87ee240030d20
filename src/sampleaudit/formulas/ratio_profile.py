"""The likeliest caseload with a given rate, where the denominator is random.

Each stratum's cases fall into categories (in error, correct, not applicable). The likelihood of a
caseload X is the product over strata and categories of C(X_kh, x_kh), x_kh the cases found among
those reviewed. Among the caseloads whose strata have their known sizes and whose rate is r, that is

    sum_k X_kh = size_h   and   (1 - r) sum_h X_0h - r sum_h X_1h = 0,

the likeliest is sought in real numbers, with log((X + 1/2) / (X + 1/2 - x)) for the slope of
log C(X, x): the step of the logarithm over a whole case, taken at the middle of the case.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXACT: Final = 1e-12  # relative error of a stratum's size
_BALANCED: Final = 1e-13  # error of the rate condition, relative to the cases of the caseload
_NARROW: Final = 1e-15  # a bracket that floats cannot narrow further
_TINY: Final = 1e-300  # instead of dividing by zero
_STEPS: Final = 200  # far beyond what halving alone needs


def likeliest_caseload(
    counts: Floats, sizes: Floats, *, rate: float, known: float, start: float = 0.0
) -> tuple[Floats, float]:
    """Return the likeliest X (categories x strata) at this rate, and its multiplier.

    ``counts`` holds x_kh: errors, correct and, where the number of applicable cases is unknown,
    the others; ``sizes`` what each stratum's categories add up to. ``known`` is the part of
    (1 - r) errors - r correct that comes from cases known otherwise (census strata). ``start`` is
    a guess of the multiplier. The caller sees to it that a caseload with this rate exists.

    With the multiplier lambda the slopes of all categories equal a level mu_h less the category's
    tilt, lambda (1 - r), -lambda r or 0 (Lagrange's conditions), and the errors' surplus grows
    with lambda: Newton's steps, halving where they leave what is known to contain the root.
    """
    gains = np.array([1 - rate, -rate, 0.0])[: len(counts)]
    enough = _BALANCED * max(1.0, float(sizes.sum()))
    free = ~counts.any(axis=0)
    # cells of which nobody was read change at once where the multiplier passes 0: begin there
    multiplier = 0.0 if free.any() else start
    low, high, reach = -np.inf, np.inf, 1.0
    for _ in range(_STEPS):
        totals, response = _allocate(counts, sizes, gains, multiplier)
        surplus = known + float(gains @ totals.sum(axis=1))
        if abs(surplus) <= enough:
            break
        if multiplier == 0 and 0 < surplus <= sizes[free].sum():
            # the free cells alone can meet the rate: one rate for all of them
            totals[1, free] = sizes[free] * (surplus / sizes[free].sum())
            totals[0, free] = sizes[free] - totals[1, free]
            break
        low, high = (multiplier, high) if surplus < 0 else (low, multiplier)
        step = -surplus / response if response > 0 else np.copysign(np.inf, -surplus)
        if np.isinf(high - low):
            step = float(np.clip(step, -reach, reach))
            reach *= 4
            multiplier += step
        else:
            newton = multiplier + step
            multiplier = newton if low < newton < high else (low + high) / 2
        if high - low <= _NARROW * abs(multiplier):
            break
    return totals, multiplier


def _allocate(
    counts: Floats, sizes: Floats, gains: Floats, multiplier: float
) -> tuple[Floats, float]:
    """Return the likeliest X for one multiplier, and how fast the errors' surplus grows with it.

    A category with x > 0 has X = max(x, x / (1 - e^-m) - 1/2) at the slope m = mu - tilt. One with
    x = 0 has slope 0: nothing while mu is above its tilt; where mu comes down to it, all that the
    others leave. mu solves sum X = size. With 1/2 added to every X of x > 0, the reciprocal of the
    sum increases with mu and is concave (a harmonic sum of concave functions), so that Newton's
    steps on it, begun below the root, never pass the root.
    """
    seen = counts > 0
    half = 0.5 * seen
    tilts = (multiplier * gains)[:, None]
    target = sizes + half.sum(axis=0)
    # start below the root: at the level where one category alone takes the whole stratum
    level = (tilts - np.log1p(-counts / (sizes + 0.5))).max(axis=0)
    for _ in range(_STEPS):
        slope = np.where(seen, level - tilts, 1.0)
        share = -np.expm1(-slope)
        curve = counts / share
        bent = curve > counts + half
        filled = np.where(bent, curve, counts + half)
        fall = np.where(bent, curve * (1 / share - 1), 0.0)
        total, falling = filled.sum(axis=0), fall.sum(axis=0)
        move = (total - target > _EXACT * target) & (falling > 0)
        if not move.any():
            break
        level[move] += (total * (total - target))[move] / (target * falling)[move]
    totals = filled - half
    # what is left falls to the category without cases found, the one with the largest tilt
    idle = np.where(seen, -np.inf, tilts)
    taker = idle.argmax(axis=0)
    rests = (level <= idle.max(axis=0)) & (total < target)
    columns = np.flatnonzero(rests)
    totals[taker[columns], columns] += (target - total)[columns]
    centre = np.where(rests, gains[taker], gains @ fall / np.maximum(falling, _TINY))
    response = float((fall * (gains[:, None] - centre) ** 2).sum())
    return totals, response
