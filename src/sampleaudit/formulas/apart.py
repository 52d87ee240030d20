"""At which error the exact limits of two rates are apart, for many pairs of counts at once.

Two rates of which it is not known how they hang together: the limits of each at half the error
alpha, so each limit at alpha / 4, hold together by Bonferroni's inequality. With one stratum on
either side, x errors of n read of N cases, the limits are L = min{T : P(X >= x; T) > alpha / 4} and
U = max{T : P(X <= x; T) > alpha / 4} (Konijn 1973). So L_a > t just where P_a(X >= x; t) is at most
alpha / 4, and U_b < s just where P_b(X <= x; s) is. The least alpha with L_a / N_a > U_b / N_b is

    4 min over t of max(P_a(X >= x; t), P_b(X <= x; s)),  s the least with s / N_b >= (t + 1) / N_a,

of which the one rises with t and the other falls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.real_counts import weights_of

_TIE: Final = 1e-12  # rates this near (relatively) are the same
_ENTRIES: Final = 1_000_000  # probabilities held at once


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors found, cases reviewed (fewer than all) and cases in the register, in rows."""

    errors: IntArray
    reviewed: IntArray
    population: IntArray


def least_error_apart(a: Counts, b: Counts) -> FloatArray:
    """Return the least alpha at which the limits of a's rate lie above those of b's; 1 at most."""
    low, high = a.errors - 1, a.population - a.reviewed + a.errors  # P_a is 0, and 1
    while (high - low > 1).any():
        middle = (low + high) // 2
        reached = _at_least(a, middle) >= _at_most(b, _beyond(middle, a, b))
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    each = [np.maximum(_at_least(a, t), _at_most(b, _beyond(t, a, b))) for t in (low, high)]
    return np.asarray(np.minimum(4 * np.minimum(*each), 1.0))


def _beyond(t: IntArray, a: Counts, b: Counts) -> IntArray:
    """Return the least s with s / N_b at or above (t + 1) / N_a."""
    share = (t + 1) / a.population * b.population
    return np.asarray(np.ceil(share * (1 - _TIE)), dtype=np.int64)


def _at_least(counts: Counts, T: IntArray) -> FloatArray:
    """Return P(X >= x; T): 0 where there are fewer errors in the register, 1 where it is sure."""
    correct = counts.reviewed - counts.errors
    flipped = Counts(correct, counts.reviewed, counts.population)
    return _at_most(flipped, counts.population - T)


def _at_most(counts: Counts, T: IntArray) -> FloatArray:
    """Return P(X <= x; T), 1 for T at most x and 0 for T above N - n + x."""
    x, n, N = counts.errors, counts.reviewed, counts.population
    result = np.where(x >= T, 1.0, 0.0)
    open_ = np.flatnonzero((x < T) & (N - n + x >= T))
    step = max(1, _ENTRIES // (1 + int(n.max(initial=0))))
    for start in range(0, len(open_), step):
        part = open_[start : start + step]
        weights = weights_of(*(each[part].astype(np.float64) for each in (T, n, N)))
        upto = np.arange(len(weights))[:, None] <= x[part]
        result[part] = (weights * upto).sum(axis=0) / weights.sum(axis=0)
    return np.asarray(result)
