"""Which of many domains' rates can be told apart, and so which ranks are possible for each.

Of every ordered pair (j, k) the hypothesis "rate j <= rate k" is tested exactly, and Holm's
step-down (1979) keeps the probability of any wrong claim, over all pairs at once, below alpha. Then
all true ranks lie in their sets together with probability 1 - alpha at least (Mogstad, Romano,
Shaikh and Wilhelm 2024, who resample; here the tests are exact, since counts are small).

The test. Y_j and Y_k are hypergeometric (or binomial, for the process behind the register), D the
pooled score statistic, which grows with y_j and falls with y_k. Some rate r lies between rate j and
rate k when the hypothesis is true; it is in one of the blocks [r_g, r_(g+1)] of a grid, and the
probability of D >= d is then largest for the most errors that j can have below r_(g+1) and the
fewest that k can have above r_g. The largest of these over the blocks is a p-value that holds
whatever the rates are (the unconditional exact test, Barnard 1947, bounded block by block).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from sampleaudit.formulas.hypergeometric import windows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BLOCKS: Final = 400  # of rates, equally wide in arcsin(sqrt(r))
_TIE: Final = 1e-9
_WHOLE: Final = 1e-9  # a product of a rate and a size that is whole but for rounding


@dataclass(frozen=True, slots=True)
class Tables:
    """One domain's probabilities in each block, arrays of shape (blocks, n + 2) and (.., n + 1).

    ``at_least``: P(Y >= y) for y = 0, ..., n + 1 with the most errors; ``exactly``: P(Y = y) with
    the fewest.
    """

    reviewed: int
    at_least: FloatArray
    exactly: FloatArray


def tables(reviewed: int, population: int | None) -> Tables:
    """Return the tables of a domain; a ``population`` of None is the process behind it."""
    r = np.sin(np.linspace(0, np.pi / 2, BLOCKS + 1)) ** 2
    if population is None:
        below = bdtr(np.arange(reviewed + 1), reviewed, r[:, None])
        below[:, -1] = 1.0
        most, fewest = below[1:], below[:-1]
    else:
        most = _below(np.floor(r[1:] * population + _WHOLE), reviewed, population)
        fewest = _below(np.ceil(r[:-1] * population - _WHOLE), reviewed, population)
    zero = np.zeros((BLOCKS, 1))
    at_least = 1 - np.hstack([zero, most])
    exactly = np.diff(np.hstack([zero, fewest]), axis=1)
    return Tables(reviewed, np.maximum(at_least, 0.0), np.maximum(exactly, 0.0))


def apart(above: IntArray, below: IntArray, laws: list[Tables], *, alpha: float) -> BoolArray:
    """Return at [j, k] whether the rate of j is shown to be higher than that of k.

    ``above`` and ``below`` are the counts with which a domain is shown to be the higher and the
    lower one of a pair: the same, where they are whole.
    """
    size = len(laws)
    lower = _corners(above, below, laws)
    p = np.ones((size, size))
    known = np.zeros((size, size), dtype=bool)
    found: dict[tuple[int, int, int, int], float] = {}  # equal counts of equal domains recur
    hypotheses = size * (size - 1)
    rejected = 0
    while True:
        bound = alpha / (hypotheses - rejected)
        for j, k in np.argwhere((lower <= bound) & ~known):
            same = int(above[j]), int(below[k]), id(laws[j]), id(laws[k])
            if same not in found:
                found[same] = p_value(int(above[j]), int(below[k]), laws[j], laws[k])
            p[j, k] = found[same]
            known[j, k] = True
        ordered = np.sort(p[known])
        holds = ordered <= alpha / (hypotheses - np.arange(len(ordered)))
        count = len(ordered) if holds.all() else int(holds.argmin())
        if count <= rejected:
            break
        rejected = count
    cut = ordered[rejected - 1] if rejected else -1.0
    return np.asarray(known & (p <= cut), dtype=bool)


def p_value(errors_j: int, errors_k: int, law_j: Tables, law_k: Tables) -> float:
    """Return the p-value of "rate j <= rate k" against "rate j > rate k"."""
    least = _fewest_as_far(errors_j, errors_k, law_j.reviewed, law_k.reviewed)
    tails = np.einsum("gy,gy->g", law_k.exactly, law_j.at_least[:, least])
    return min(float(tails.max()), 1.0)


def rank_limits(higher: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest possible ranks, 1 for the lowest rate.

    ``higher`` at [j, k]: the rate of j is higher than that of k.
    """
    low: IntArray = 1 + higher.sum(axis=1)
    high: IntArray = len(higher) - higher.sum(axis=0)
    return low, high


def _below(errors: FloatArray, reviewed: int, population: int) -> FloatArray:
    """Return P(Y <= y), y = 0, ..., n, for each number of errors."""
    T = np.clip(errors, 0, population).astype(np.int64)
    distinct, place = np.unique(T, return_inverse=True)
    first, mass = windows(distinct, np.array(reviewed), np.array(population))
    count = first[:, None] + np.arange(mass.shape[1])
    inside = (count >= 0) & (count <= reviewed)
    law = np.zeros((len(distinct), reviewed + 1))
    rows = np.broadcast_to(np.arange(len(distinct))[:, None], count.shape)
    law[rows[inside], count[inside]] = mass[inside]
    below: FloatArray = np.minimum(np.cumsum(law, axis=1), 1.0)[place]
    return below


def _corners(above: IntArray, below: IntArray, laws: list[Tables]) -> FloatArray:
    """Return at [j, k] a bound from below on the p-value, 1 on the diagonal.

    Every outcome with as many errors in j and as few in k is as far out.
    """
    high = np.array([law.at_least[:, x] for law, x in zip(laws, above, strict=True)])
    low = np.array(
        [law.exactly[:, : x + 1].sum(axis=1) for law, x in zip(laws, below, strict=True)]
    )
    bounds: FloatArray = np.array([(row * low).max(axis=1) for row in high])
    np.fill_diagonal(bounds, 1.0)
    return bounds


def _fewest_as_far(x_j: int, x_k: int, n_j: int, n_k: int) -> IntArray:
    """Return for each y_k = 0, ..., n_k the fewest y_j with D as large as found; n_j + 1 if none.

    By bisection: D grows with y_j.
    """
    found = _score(np.array([x_j]), np.array([x_k]), n_j, n_k)[0]
    y_k = np.arange(n_k + 1)
    low, high = np.zeros(n_k + 1, dtype=np.int64), np.full(n_k + 1, n_j + 1)
    while (low < high).any():
        middle = (low + high) // 2
        as_far = _score(np.minimum(middle, n_j), y_k, n_j, n_k) >= found - _TIE
        as_far &= middle <= n_j
        high = np.where((low < high) & as_far, middle, high)
        low = np.where((low < high) & ~as_far, middle + 1, low)
    return high


def _score(y_j: IntArray, y_k: IntArray, n_j: int, n_k: int) -> FloatArray:
    """Return the difference of the rates over its deviation at the pooled rate; 0 without any."""
    pooled = (y_j + y_k) / (n_j + n_k)
    deviation = np.sqrt(pooled * (1 - pooled) * (1 / n_j + 1 / n_k))
    difference = y_j / n_j - y_k / n_k
    score: FloatArray = np.where(
        deviation > 0, difference / np.where(deviation > 0, deviation, 1), 0
    )
    return score
