"""The upper limit of a rate with a random denominator in one stratum, where nothing else is known.

All caseloads of a rate r share the errors' share r of the applicable cases, so given the a
applicable cases seen the errors among them are hypergeometric(A, rA; a), whatever was inapplicable;
only how many cases A are applicable is open, and the likeliest A of each rate is taken. The same
limit as `ratio_search`, which is for any number of strata, by two equations in one unknown.
"""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np
from scipy import optimize
from scipy.special import ndtri

from sampleaudit.formulas.ratio_law import hypergeometric_rows

_PRECISION: Final = 1e-9  # of a limit, as a share of 1
_EXACT: Final = 1e-12  # relative error of the likeliest A
_STEPS: Final = 200  # halving alone needs about fifty
_SURELY: Final = 1e-300  # probabilities between these have normal quantiles to compare
_ALMOST_SURE: Final = 1 - 1e-16


def single_limit(
    errors: float,
    correct: float,
    others: float,
    size: float,
    *,
    inner: float,
    last: float,
    most: float,
    tail: float,
    size_known: bool,
) -> float:
    """Return the largest rate between ``inner`` and ``most`` at which the tail passes ``tail``.

    The tail is P(X <= errors), X hypergeometric(A, rA; errors + correct). Of ``size`` cases in the
    register ``errors``, ``correct`` and ``others`` were read; with ``size_known`` all of them are
    applicable. ``inner`` is the estimate, taken as possible; where ``last`` is kept the limit is
    ``most``.
    """
    wanted = float(ndtri(max(tail, _SURELY)))
    drawn = np.array([errors + correct])
    found = int(errors) + 1

    def over(rate: float) -> float:
        """Return by how much the tail's normal quantile passes that of ``tail``."""
        A = size if size_known else likeliest_size(errors, correct, others, size, rate)
        row = hypergeometric_rows(np.array([rate * A]), np.array([(1 - rate) * A]), drawn)[0]
        return float(ndtri(min(max(row[:found].sum(), _SURELY), _ALMOST_SURE))) - wanted

    if over(last) > 0:
        return most
    if over(inner) <= 0:
        return inner
    return float(optimize.brentq(over, inner, last, xtol=_PRECISION, rtol=_PRECISION))


def likeliest_size(errors: float, correct: float, others: float, size: float, rate: float) -> float:
    """Return how many cases are applicable in the likeliest caseload of this rate, A in reals.

    r s(rA, e) + (1 - r) s((1 - r)A, b) = s(size - A, others), s(X, x) = log((X + 1/2) /
    (X + 1/2 - x)) the slope of log C(X, x) at the middle of a case, falls from its left to its
    right side as A grows: halving, with steps by the slope where they stay inside.
    """
    low = max(errors / rate if rate else 0.0, correct / (1 - rate) if rate < 1 else 0.0)
    high = size - others
    if low >= high or not others:
        return high
    counts = ((rate, errors), (1 - rate, correct))
    A = min(max(size * (errors + correct) / (errors + correct + others), low), high)
    for _ in range(_STEPS):
        rest = size - A + 0.5
        balance, bend = -log(rest / (rest - others)), 1 / rest - 1 / (rest - others)
        for share, count in counts:
            if count:
                X = max(share * A, count) + 0.5
                balance += share * log(X / (X - count))
                bend += share * share * (1 / X - 1 / (X - count))
        if balance > 0:
            low = A
        else:
            high = A
        ahead = A - balance / bend
        step = (ahead if low < ahead < high else (low + high) / 2) - A
        A += step
        if abs(step) <= _EXACT * size:
            break
    return A
