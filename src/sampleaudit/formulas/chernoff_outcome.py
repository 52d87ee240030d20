"""One outcome of a design: which caseloads are left to test, and how extreme it is in each.

A caseload is rejected outright when some x_h is too extreme for its T_h: P(X_h <= x_h) or
P(X_h >= x_h) at most beta / (2 H), which happens with a probability of at most beta (Berger and
Boos 1994). What is left of the tail is for the statistic's test of all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np

from sampleaudit.formulas.chernoff_cells import Cells, Key, build_cells, normal_distance
from sampleaudit.formulas.chernoff_dual import Points, Problems
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray

_BETA: Final = 0.004  # of the tail
_REACH: Final = 1.2  # of the limit from the estimate, over that of the normal approximation
_SLACK: Final = 1e-9  # added to the log bound for each stratum: more than rounding can take away


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in a design, and what follows for its cells and points."""

    key: Key
    cells: Cells
    tail: float
    errors: int  # found in all
    left: IntArray  # points not rejected outright
    points: Points
    found: FloatArray  # g_h(x_h; T) at [cell, point left]
    possible: IntArray  # cells with a caseload left
    log_tail: float  # what a log bound must not exceed
    shorter: float  # what a Fourier limit is of Chernoff's, from the estimate, in a normal sum
    least: int  # the limit is not below the estimate
    most: int
    guess: float  # of the limit: normal approximation
    variance: float  # of the estimate in a caseload such as that

    def problems(
        self, cell: IntArray, bounds: FloatArray, rate: FloatArray, terms: FloatArray, each: int
    ) -> Problems:
        """Return dual problems: rows of the tables for some cells."""
        c = self.cells
        m = bounds[:, self.left]
        m += rate[:, None] * self.found[cell]
        offset = terms - self.log_tail
        return Problems(m, offset, c.lowest[cell], c.highest[cell], c.scale[cell], each)


def read_outcome(key: Key, x: IntArray, *, tail: float) -> Outcome:
    """Return the outcome x, one number for each stratum of the key."""
    cells = build_cells(key)
    n, N = np.array(key.reviewed), np.array(key.population)
    left, points, found = _left(cells, x, tail * _BETA / (2 * len(x)))
    lowest = np.minimum.reduceat(points.variance, points.starts).sum()
    below = 1 - 1e-9  # so that rounding leaves out no cell
    highest = np.maximum.reduceat(points.variance + points.bulge, points.starts).sum()
    weighted = zip(x.tolist(), key.strata(), strict=True)
    s = sum((Fraction(size * k, read) for k, (read, size) in weighted), Fraction(0))
    reach = _REACH * normal_distance(tail)
    guess, variance = _guess(float(s), reach, x, n, N)
    variance = max(variance, float(cells.scale[-1] ** 2))  # none if every case may have an error
    return Outcome(
        key,
        cells,
        tail,
        int(x.sum()),
        left,
        points,
        found,
        np.flatnonzero((cells.highest >= lowest * below) & (cells.lowest * below <= highest)),
        float(np.log(tail * (1 - _BETA))) - _SLACK * len(x),
        float((normal_distance(tail) + 0.1) / np.sqrt(-2 * np.log(tail))),
        ceil(s),
        int((N - n + x).sum()),
        guess,
        variance,
    )


def _guess(s: float, reach: float, x: IntArray, n: IntArray, N: IntArray) -> tuple[float, float]:
    """Return about where the limit is, and the variance of the estimate there."""
    one = np.minimum(N / n, N / 2)
    near = np.clip(N / n * x, one, N - one)
    spread = (N - n) / (n * (N - 1))
    variance = spread * near * (N - near)
    far = reach * float(variance.sum()) ** 0.5
    moved = np.clip(near + far * variance / variance.sum(), x, N - n + x)
    most = float((N - n + x).sum())
    room = (most - s) / 50
    guess = float(np.clip(s + far, s + room, most - room))
    return guess, float((spread * moved * (N - moved)).sum())


def _left(cells: Cells, x: IntArray, least: float) -> tuple[IntArray, Points, FloatArray]:
    """Return the points not rejected outright, and g of what was found at [cell, point]."""
    counts, left, linear, scatter, deviance = [], [], [], [], []
    starts = cells.points.starts.tolist()
    for stratum, k, start in zip(cells.strata, x.tolist(), starts, strict=True):
        # a shade lower, so that rounding rejects nothing
        fine = np.minimum(stratum.few[:, k], stratum.many[:, k]) > least * (1 - 1e-9)
        at = np.flatnonzero(fine[stratum.point_bin])
        counts.append(len(at))
        left.append(start + at)
        linear.append(stratum.weight * k)
        scatter.append(stratum.scatter[k])
        deviance.append(stratum.deviance[stratum.point_bin[at], k])
    which, count = np.concatenate(left), np.array(counts)
    all_ = cells.points
    points = Points(
        all_.errors[which],
        all_.variance[which],
        all_.bulge[which],
        np.cumsum(count) - count,
        count,
    )
    w, v = np.repeat(linear, count), np.repeat(scatter, count)
    found = w + cells.kappa[:, None] * v - cells.gamma[:, None] * np.concatenate(deviance)
    return which, points, found
