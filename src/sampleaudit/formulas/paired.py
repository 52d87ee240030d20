"""The change of a rate when the same cases were read twice.

Of the cases read, u had no error before and have one now, v the other way round; the others did
not change. The change of the rate is theta = D (2 R - 1): D the share of cases that changed, R the
share of the changed ones that got worse. Given that m = u + v changed, u says all about R, and
theta = 0 is R = 1/2: McNemar's test (1947, Psychometrika 12:153), exact.
"""

from __future__ import annotations

import numpy as np

from sampleaudit.formulas.hypergeometric import FloatArray

Interval = tuple[FloatArray, FloatArray, FloatArray]
"""Estimate, lower limit and upper limit."""


def product_limits(gain: Interval, changed: Interval) -> tuple[FloatArray, FloatArray]:
    """Return limits of g d from those of g = 2 R - 1 (-1 to 1) and of d = D (0 to 1), independent.

    The distances to the limits are added as deviations are (the method of variance estimates
    recovery: Zou and Donner 2008, Statistics in Medicine 27:1693). The variance of a product is
    d^2 V(g) + g^2 V(d), less V(g) V(d) as estimated from the sample; with the limits in place of
    the deviations the lower limit of a positive product is then above 0 exactly where that of g is.
    Where it is not, the last term is added instead, for g may be small and d large.
    """
    g, low, high = gain
    return _lower(g, low, changed), -_lower(-g, -high, changed)


def _lower(g: FloatArray, g_low: FloatArray, changed: Interval) -> FloatArray:
    d, d_low, d_high = changed
    away = g - g_low
    # a positive product is least where few changed, a negative one where many did
    less = np.where(g_low > 0, d - d_low, d_high - d)
    cross = np.where(g_low > 0, -1.0, 1.0) * (away * less) ** 2
    side = np.sqrt(np.maximum((d * away) ** 2 + (g * less) ** 2 + cross, 0.0))
    return np.asarray(np.maximum(g * d - side, -1.0))
