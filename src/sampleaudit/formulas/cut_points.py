"""Where to cut a numeric variable of the register into strata.

Two rules that need the variable alone. Neither knows the errors: they make strata within which the
variable varies little, which helps as far as errors go with it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def cumulative_root_cuts(values: ArrayLike, strata: int, classes: int) -> FloatArray:
    """Return the strata - 1 cut points by the cumulative square root of the frequency.

    The range is divided into ``classes`` of equal width with f_i cases each, and the classes are
    joined into strata whose sums of sqrt(f_i) are nearly alike (Dalenius and Hodges 1959, Journal
    of the American Statistical Association 54:88). Each stratum ends with the last class before its
    sum reaches its share, or one class later; of these combinations the one is taken whose sums
    differ least from their share, in sum of squares (Baillargeon and Rivest 2011, Survey
    Methodology 37:53). A value at a cut point belongs to the stratum above. Fewer cut points come
    back where there are too few classes with cases for so many strata.
    """
    x = np.asarray(values, dtype=np.float64)
    low, width = float(x.min()), float(np.ptp(x))
    edges = low + width * (np.arange(classes + 1) / classes)
    inside = np.minimum(np.searchsorted(edges, x, side="right") - 1, classes - 1)
    roots = np.sqrt(np.bincount(inside, minlength=classes))
    cumulated = np.concatenate([[0.0], np.cumsum(roots)])
    share = float(cumulated[-1]) / strata
    found: list[tuple[float, tuple[int, ...]]] = [(0.0, (0,))]
    for _ in range(strata - 1):
        found = [
            (off + (float(cumulated[end] - cumulated[ends[-1]]) - share) ** 2, (*ends, end))
            for off, ends in found
            for end in _two_ends(cumulated, ends[-1], share)
        ]
    complete = [
        (off + (float(cumulated[-1] - cumulated[ends[-1]]) - share) ** 2, ends)
        for off, ends in found
        if all(before < after for before, after in pairwise((*ends, classes)))
    ]
    if not complete:
        return cumulative_root_cuts(x, strata - 1, classes)
    _, ends = min(complete)
    return edges[list(ends[1:])]


def geometric_cuts(values: ArrayLike, strata: int) -> FloatArray:
    """Return the cut points a r, a r^2, ..., a = min, r = (max / min)^(1 / strata).

    The coefficients of variation within strata are then alike if the values are spread evenly on
    the scale of logarithms (Gunning and Horgan 2004, Survey Methodology 30:159). Values must be
    above 0. A value at a cut point belongs to the stratum above.
    """
    x = np.asarray(values, dtype=np.float64)
    low = float(x.min())
    cuts: FloatArray = low * (float(x.max()) / low) ** (np.arange(1, strata) / strata)
    return cuts


def _two_ends(cumulated: FloatArray, start: int, share: float) -> tuple[int, ...]:
    """Return the class after which a stratum from ``start`` ends: just before its share, or after.

    Empty classes count from the first one with cases.
    """
    last = len(cumulated) - 1
    sums = cumulated - cumulated[start]
    before = start + int(((sums > 0) & (sums < share)).sum())
    return tuple(sorted({min(before, last), min(before + 1, last)}))
