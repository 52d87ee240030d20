"""The likeliest caseloads with given rates, where the denominator is random.

Each stratum's cases fall into categories (in error, correct, not applicable). The likelihood of a
caseload X is the product over strata and categories of C(X_kh, x_kh), x_kh the cases found among
those reviewed. Among the caseloads whose strata have their known sizes and whose rate is r, that is

    sum_k X_kh = size_h   and   (1 - r) sum_h X_0h - r sum_h X_1h = 0,

the likeliest is sought in real numbers, with log((X + 1/2) / (X + 1/2 - x)) for the slope of
log C(X, x): the step of the logarithm over a whole case, taken at the middle of the case.

All arrays have a problem per row: counts and caseloads are rows x categories x strata.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]

_EXACT: Final = 1e-12  # relative error of a stratum's size
BALANCED: Final = 1e-12  # error of the rate condition, relative to the cases of the caseload
_TINY: Final = 1e-300  # instead of dividing by zero
_FAR: Final = 1e3  # no step of a level is longer
_LEVELS: Final = 200  # steps for the level of a stratum, far beyond what is needed
_STEPS: Final = 90  # for the multiplier: by then halving alone has used up the digits of a float
_NARROW: Final = 1e-3  # share of the multiplier between two sides that are mixed, under a tilt
_SLOW: Final = 0.5  # a step that leaves this share of the surplus is followed by halving


def likeliest_caseloads(
    counts: Floats,
    sizes: Floats,
    *,
    rates: Floats,
    known: Floats,
    tilts: Floats | None = None,
    start: Floats | float = 0.0,
    precision: float = BALANCED,
) -> tuple[Floats, Floats]:
    """Return the likeliest X at each rate, and the multiplier of the rate's condition.

    ``counts`` holds x_kh: errors, correct and, where the number of applicable cases is unknown,
    the others; ``sizes`` what each stratum's categories add up to. ``known`` is the part of
    (1 - r) errors - r correct that comes from cases known otherwise (census strata). ``tilts`` are
    added to the slopes: X then maximises the log-likelihood plus sum tilt X. ``start`` is a guess
    of the multiplier, ``precision`` the error of the condition that is left, as a share of the
    cases. The caller sees to it that caseloads with these rates exist.

    With the multiplier lambda the slopes of all categories equal a level mu_h less the category's
    tilt, lambda (1 - r), -lambda r or 0 (Lagrange's conditions), and the errors' surplus grows
    with lambda: Newton's steps, halving where they leave what is known to contain the root. Where
    the caseload jumps as lambda passes the root, both sides of the jump are the likeliest there,
    and so is the mixture of them that has the rate.
    """
    rows, categories, _ = counts.shape
    gains = np.stack([1 - rates, -rates, np.zeros(rows)], axis=1)[:, :categories, None]
    enough = precision * max(1.0, float(sizes.sum()))
    free = counts.max(axis=1) == 0
    # cells of which nobody was read change at once where the multiplier passes 0: begin there
    multiplier = np.where(free.any(axis=1), 0.0, start)
    search = _Bracket(counts, narrow=0.0 if tilts is None else _NARROW)
    level = np.full((rows, counts.shape[2]), -np.inf)
    for _ in range(_STEPS):
        tilt = multiplier[:, None, None] * gains
        tilt = tilt if tilts is None else tilt + tilts
        totals, response = _allocate(counts, sizes, gains, tilt, level)
        surplus = known + (gains * totals).sum(axis=(1, 2))
        _spread_free(totals, sizes, free, surplus, multiplier)
        search.note(totals, surplus, multiplier, enough)
        if search.done.all():
            return search.found, search.multiplier
        multiplier = search.next(multiplier, surplus, response)
    return search.mixed(), search.multiplier


def log_likelihood(totals: Floats, counts: Floats) -> Floats:
    """Return the logarithm of each caseload's likelihood, up to a constant of the counts.

    The integral of the slopes: sum (X + 1/2) log(X + 1/2) - (X + 1/2 - x) log(X + 1/2 - x).
    """
    u = totals + 0.5
    v = np.maximum(u - counts, _TINY)
    result: Floats = (xlogy(u, u) - xlogy(v, v)).sum(axis=(1, 2))
    return result


class _Bracket:
    """What is known of each row's multiplier: the root lies between ``low`` and ``high``."""

    def __init__(self, counts: Floats, *, narrow: float) -> None:
        rows = len(counts)
        self._narrow = narrow
        self.found, self.multiplier = np.zeros_like(counts), np.zeros(rows)
        self.done = np.zeros(rows, dtype=np.bool_)
        self._low, self._high = np.full(rows, -np.inf), np.full(rows, np.inf)
        self._below, self._above = np.zeros_like(counts), np.zeros_like(counts)
        self._missing, self._over = np.zeros(rows), np.zeros(rows)
        self._last = np.full(rows, np.inf)  # the surplus of the round before
        self._reach = 1.0

    def note(self, totals: Floats, surplus: Floats, multiplier: Floats, enough: float) -> None:
        """Take in one round's caseloads."""
        self.multiplier = np.where(self.done, self.multiplier, multiplier)
        met = (np.abs(surplus) <= enough) & ~self.done
        self.found[met] = totals[met]
        self.done |= met
        below, above = (surplus < 0) & ~self.done, (surplus >= 0) & ~self.done
        self._low[below], self._missing[below] = multiplier[below], -surplus[below]
        self._high[above], self._over[above] = multiplier[above], surplus[above]
        self._below[below], self._above[above] = totals[below], totals[above]
        near = self._narrow * np.abs(multiplier)
        narrow = ~self.done & (self._high - self._low <= near)
        if narrow.any():
            self.found[narrow] = self.mixed()[narrow]
            self.done |= narrow

    def next(self, multiplier: Floats, surplus: Floats, response: Floats) -> Floats:
        """Return the multipliers to try next."""
        step = np.where(
            response > 0,
            -surplus / np.maximum(response, _TINY),
            np.copysign(np.inf, -surplus),
        )
        width = self._high - self._low
        closed = np.isfinite(width)
        newton = multiplier + np.where(closed, step, np.clip(step, -self._reach, self._reach))
        self._reach *= 4.0
        outside = closed & ~((self._low < newton) & (newton < self._high))
        middle = newton.copy()
        middle[closed] = (self._low[closed] + self._high[closed]) / 2
        halved = outside | (closed & (np.abs(surplus) > _SLOW * self._last))
        self._last = np.abs(surplus)
        return np.where(self.done, multiplier, np.where(halved, middle, newton))

    def mixed(self) -> Floats:
        """Return the caseloads found; else the mixture of both sides that has the rate."""
        both = np.isfinite(self._high - self._low)
        share = self._missing / np.maximum(self._missing + self._over, _TINY)
        share = np.where(both, share, np.where(np.isfinite(self._low), 0.0, 1.0))[:, None, None]
        mixture = (1 - share) * self._below + share * self._above
        return np.where(self.done[:, None, None], self.found, mixture)


def _spread_free(
    totals: Floats, sizes: Floats, free: NDArray[np.bool_], surplus: Floats, multiplier: Floats
) -> None:
    """Give cells of which nobody was read one common rate where they alone can meet the rate."""
    room = np.where(free, sizes, 0.0).sum(axis=1)
    for row in np.flatnonzero((multiplier == 0) & (surplus > 0) & (surplus <= room)):
        cells = free[row]
        totals[row, 1, cells] = sizes[cells] * (surplus[row] / room[row])
        totals[row, 0, cells] = sizes[cells] - totals[row, 1, cells]
        surplus[row] = 0.0


def _allocate(
    counts: Floats, sizes: Floats, gains: Floats, tilts: Floats, level: Floats
) -> tuple[Floats, Floats]:
    """Return the likeliest X for given tilts, and how fast the errors' surplus grows with lambda.

    A category with x > 0 has X = max(x, x / (1 - e^-m) - 1/2) at the slope m = mu - tilt. One with
    x = 0 has slope 0: nothing while mu is above its tilt; where mu comes down to it, all that the
    others leave. mu solves sum X = size. With 1/2 added to every X of x > 0, the reciprocal of the
    sum increases with mu and is concave (a harmonic sum of concave functions), so that Newton's
    steps on it, begun below the root or come there by the first step, never pass the root.
    ``level`` is a guess of mu, and becomes mu.
    """
    seen = counts > 0
    half = 0.5 * seen
    least = counts + half
    target = sizes + half.sum(axis=1)
    # below the root: at this level one category alone takes the whole stratum
    lowest = (tilts - np.log1p(-counts / (sizes + 0.5))).max(axis=1)
    np.maximum(level, lowest, out=level)
    for _ in range(_LEVELS):
        share = -np.expm1(np.where(seen, tilts - level[:, None], -1.0))
        curve = counts / share
        bent = curve > least
        filled = np.where(bent, curve, least)
        fall = np.where(bent, curve / share - curve, 0.0)
        total, falling = filled.sum(axis=1), fall.sum(axis=1)
        over = total - target
        move = (np.abs(over) > _EXACT * target) & ((level > lowest) | (over > 0))
        move &= (falling > 0) | (over < 0)
        if not move.any():
            break
        slope = np.where(falling > 0, target * falling, 1.0)
        step = np.where(
            falling > 0, np.clip(total * over / slope, lowest - level, _FAR), lowest - level
        )
        level += np.where(move, step, 0.0)
    totals = filled - half
    # what is left falls to the category without cases found, the one with the largest tilt
    idle = np.where(seen, -np.inf, tilts)
    taker = idle.argmax(axis=1)[:, None]
    rests = (level <= idle.max(axis=1)) & (over < 0)
    takes = rests[:, None] & (np.arange(counts.shape[1])[:, None] == taker)
    totals += np.where(takes, -over[:, None], 0.0)
    centre = (gains * fall).sum(axis=1) / np.maximum(falling, _TINY)
    centre = np.where(rests, np.take_along_axis(gains[:, :, 0], taker[:, 0], axis=1), centre)
    response: Floats = (fall * (gains - centre[:, None]) ** 2).sum(axis=(1, 2))
    return totals, response
