"""Limits of the difference of two rates that the field is used to, for comparison.

They take two simple random samples from endless populations: x1 of n1 and x2 of n2 cases have an
error, p1 = x1 / n1, p2 = x2 / n2. They know neither strata nor how many cases there are; for two
registers of known size use ``differences.difference_limits``.

Limits are shares of 1. ``lower_tail`` and ``upper_tail`` are the error probabilities allowed beyond
each limit: (1 - level) / 2 each for a two-sided interval, 1 - level on one side and None on the
other for a one-sided one. None leaves its side unlimited, at -1 or 1.
"""

from __future__ import annotations

from math import acos, cos, hypot, pi, sqrt
from typing import Final

from scipy.optimize import brentq
from scipy.special import ndtri

from sampleaudit.formulas.textbook import wilson_limits

_BEYOND: Final = 1e-9  # of the difference found, where its upper limit is looked for


def newcombe_limits(
    x1: int, n1: int, x2: int, n2: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float]:
    """Return limits of p1 - p2 from the Wilson limits (l, u) of each rate.

    p1 - p2 - sqrt((p1 - l1)^2 + (u2 - p2)^2) and p1 - p2 + sqrt((u1 - p1)^2 + (p2 - l2)^2)
    (Newcombe 1998, Statistics in Medicine 17:873, method 10).
    """
    p1, p2 = x1 / n1, x2 / n2

    def away(tail: float, one: tuple[float, int], other: tuple[float, int]) -> float:
        """Return how far the difference one - other may lie above."""
        _, above = wilson_limits(*one, lower_tail=tail, upper_tail=tail)
        below, _ = wilson_limits(*other, lower_tail=tail, upper_tail=tail)
        return hypot(float(above) - one[0], other[0] - float(below))

    low = -1.0 if lower_tail is None else p1 - p2 - away(lower_tail, (p2, n2), (p1, n1))
    high = 1.0 if upper_tail is None else p1 - p2 + away(upper_tail, (p1, n1), (p2, n2))
    return low, high


def mee_limits(
    x1: int, n1: int, x2: int, n2: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float]:
    """Return the score limits of p1 - p2.

    All theta with |p1 - p2 - theta| <= z sqrt(q1 (1 - q1) / n1 + q2 (1 - q2) / n2), q1 and q2 the
    likeliest rates with q1 - q2 = theta (Mee 1984, Biometrics 40:1175).
    """
    return _score_limits((x1, n1), (x2, n2), 1.0, lower_tail, upper_tail)


def miettinen_nurminen_limits(
    x1: int, n1: int, x2: int, n2: int, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float]:
    """Return the score limits of p1 - p2 with the variance of `mee_limits` times m / (m - 1).

    m = n1 + n2 (Miettinen and Nurminen 1985, Statistics in Medicine 4:213).
    """
    factor = (n1 + n2) / (n1 + n2 - 1)
    return _score_limits((x1, n1), (x2, n2), factor, lower_tail, upper_tail)


def _score_limits(
    one: tuple[int, int],
    two: tuple[int, int],
    factor: float,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[float, float]:
    """Return the limits of p1 - p2 where the standardised distance is the normal quantile."""
    low = -1.0 if lower_tail is None else -_score_upper(two, one, factor, lower_tail)
    high = 1.0 if upper_tail is None else _score_upper(one, two, factor, upper_tail)
    return low, high


def _score_upper(one: tuple[int, int], two: tuple[int, int], factor: float, tail: float) -> float:
    found = one[0] / one[1] - two[0] / two[1]
    z = -float(ndtri(tail))

    def excess(theta: float) -> float:
        q1, q2 = _restricted_rates(one, two, theta)
        variance = q1 * (1 - q1) / one[1] + q2 * (1 - q2) / two[1]
        return theta - found - z * sqrt(factor * variance)

    # at the difference found the variance can be 0 (no errors in either): start just beyond
    start = found + _BEYOND
    if start >= 1 or excess(start) >= 0:
        return found
    return float(brentq(excess, start, 1.0, xtol=1e-12))


def _restricted_rates(
    one: tuple[int, int], two: tuple[int, int], theta: float
) -> tuple[float, float]:
    """Return the likeliest rates q1 and q2 with q1 - q2 = theta.

    q2 is a root of the cubic l3 q^3 + l2 q^2 + l1 q + l0, in its trigonometric form (Miettinen and
    Nurminen 1985, appendix I).
    """
    (x1, n1), (x2, n2) = one, two
    l3 = n1 + n2
    l2 = (n1 + 2 * n2) * theta - l3 - x1 - x2
    l1 = (n2 * theta - l3 - 2 * x2) * theta + x1 + x2
    l0 = x2 * theta * (1 - theta)
    shift = l2 / (3 * l3)
    q = shift**3 - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
    p = sqrt(max(shift**2 - l1 / (3 * l3), 0.0))
    p = p if q >= 0 else -p
    angle = acos(min(max(q / p**3, -1.0), 1.0)) if p else 0.0
    q2 = 2 * p * cos((pi + angle) / 3) - shift
    q2 = min(max(q2, 0.0, -theta), 1.0, 1.0 - theta)
    return q2 + theta, q2
