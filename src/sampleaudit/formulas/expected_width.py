"""What a sample not yet read is likely to find, and about how wide its intervals will be.

N_h cases in stratum h, n_h to be read at random without replacement. The group whose rate is sought
has A_h of the stratum's cases, all of them, a domain's or those to which an indicator applies, and
T_h of these have an error. Read in the group are a_h cases with e_h errors: a_h is n_h where the
group is the whole stratum, else hypergeometric(N_h, A_h, n_h); e_h is hypergeometric with A_h, T_h
and a_h. A number that is not whole stands for the two next to it, mixed so that it is their mean.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.formulas.cell_curves import cell_curves, steps_of
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, pmf
from sampleaudit.formulas.sides import CurveSide

SEED: Final = 20_261_122  # of the outcomes; any would do, one must be fixed
_LEAST: Final = 1e-10  # chances below this are left out
_WHOLE: Final = 1e-9  # a number this near to a whole one is that
_TINY: Final = 1e-12
_STEEP: Final = 50.0  # deviations; keeps the way to a node without variance finite


def count_chances(n: int, N: int, T: float) -> FloatArray:
    """Return P(X = 0), ..., P(X = n) for T errors among N cases; T need not be whole."""
    below = math.floor(T + _WHOLE)
    share = T - below
    chances = pmf(below, n, N)
    if share > _WHOLE:
        chances = (1 - share) * chances + share * pmf(below + 1, n, N)
    return chances


def all_outcomes(
    n: IntArray, N: IntArray, A: FloatArray, T: FloatArray, *, most: int
) -> tuple[IntArray, IntArray, FloatArray] | None:
    """Return every outcome that may occur, a and e at [outcome, stratum], and their chances.

    None where there are more than ``most`` or the number of cases in the group is itself chance.
    Left out are counts less likely than 1e-10.
    """
    if not (A == N).all():
        return None
    counts, chances = [], []
    for h in range(len(n)):
        each = count_chances(int(n[h]), int(N[h]), float(T[h]))
        likely = np.flatnonzero(each > _LEAST)
        counts.append(likely)
        chances.append(each[likely] / each[likely].sum())
    if math.prod(len(each) for each in counts) > most:
        return None
    e = np.stack([v.ravel() for v in np.meshgrid(*counts, indexing="ij")], axis=1)
    weight = np.ones(1)
    for each in chances:
        weight = np.multiply.outer(weight, each).ravel()
    return np.broadcast_to(n, e.shape).astype(np.int64), e.astype(np.int64), weight


def drawn_outcomes(
    n: IntArray, N: IntArray, A: FloatArray, T: FloatArray, *, points: int
) -> tuple[IntArray, IntArray]:
    """Return ``points`` outcomes as a and e at [outcome, stratum], all equally likely.

    A Latin hypercube (McKay, Beckman and Conover 1979) with a fixed seed: in each stratum the
    outcomes stand at the (k - 1/2) / points quantiles of its distribution, in random order. The
    order is the same whatever the sizes, so that one size differs from the next as little as can
    be.
    """
    rng = np.random.default_rng(SEED)
    shape = (points, len(n))
    middles = (np.arange(points) + 0.5) / points
    place = np.stack([middles[rng.permutation(points)] for _ in range(2 * len(n))], axis=1)
    a, e = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
    for h in range(len(n)):
        read, size = int(n[h]), int(N[h])
        own = float(A[h])
        if own == size:
            a[:, h] = read
        else:
            a[:, h] = _at_quantiles(count_chances(read, size, own), place[:, 2 * h + 1])
        cases = math.ceil(own - _WHOLE)
        for count in np.unique(a[:, h]).tolist():
            rows = a[:, h] == count
            chances = count_chances(min(count, cases), cases, float(T[h]))
            e[rows, h] = _at_quantiles(chances, place[rows, 2 * h])
    return a, e


def drawn_further(
    e: IntArray, n: IntArray, more: IntArray, N: IntArray, T: IntArray, *, stage: int
) -> IntArray:
    """Return the errors among n + more cases, where e at [outcome, stratum] are among the first n.

    The errors among the further cases are hypergeometric with N - n cases, T - e of them errors;
    outcomes stand at even quantiles as in `drawn_outcomes`, in an order of the ``stage``.
    """
    rng = np.random.default_rng((SEED, stage))
    points = len(e)
    middles = (np.arange(points) + 0.5) / points
    found = e.copy()
    for h in range(len(n)):
        place = middles[rng.permutation(points)]
        for before in np.unique(e[:, h]).tolist():
            rows = e[:, h] == before
            chances = count_chances(int(more[h]), int(N[h] - n[h]), float(T[h] - before))
            found[rows, h] += _at_quantiles(chances, place[rows])
    return found


def rough_limits(
    e: IntArray,
    a: IntArray,
    n: IntArray,
    N: IntArray,
    *,
    lower_tail: float | None,
    upper_tail: float | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the estimated rate and about where its limits are, for outcomes [outcome, stratum].

    A trial rate is accepted while the estimate lies less than the normal quantile of the tail from
    it, corrected for skewness (Cornish and Fisher 1937), with the variance of the T_h that fit
    best at that rate (`sampleaudit.formulas.sides`). A tail of None leaves that side at what the
    counts allow. Every row must have a case in the group.
    """
    side = side_of_outcomes(e, a, n, N)
    spread = np.sqrt(np.maximum(side.variance, _TINY**2))
    skew = side.third / spread**3
    z = (side.estimate[:, None] - side.rate) / spread
    high, low = side.high, side.low
    if upper_tail is not None:
        high = _last_crossing(z, skew, side.rate, float(ndtri(upper_tail)))
    if lower_tail is not None:
        low = -_last_crossing(
            -z[:, ::-1], -skew[:, ::-1], -side.rate[:, ::-1], float(ndtri(lower_tail))
        )
    return side.estimate, low, high


def side_of_outcomes(e: IntArray, a: IntArray, n: IntArray, N: IntArray) -> CurveSide:
    """Return outcomes [outcome, stratum] as sides of comparisons, a row each.

    How many of the n_h cases are in the group is chance too where a_h is less (see
    `sampleaudit.formulas.sides`). Every row must have a case in the group.
    """
    weight = N / np.maximum(n, 1)
    place, h, a_, e_ = _findings(e, a)
    own = np.where(a_ == n[h], np.where(n[h] > 0, N[h], 0), weight[h] * a_)
    q = weight[h] ** 2 * a_ * (1 - a_ / np.maximum(n[h], 1)) * (N - n)[h]
    q = q / np.maximum(N - 1, 1)[h]
    cells = cell_curves(e_, a_, np.where(a_ > 0, own, 0.0), q)

    def added(values: FloatArray) -> FloatArray:
        total = values[place[:, 0]]
        for column in place.T[1:]:
            total += values[column]
        return total

    size = added(cells.A)[:, None]
    rho = cells.T / np.maximum(cells.A, _TINY)[:, None]
    rate = np.maximum.accumulate(added(cells.T) / size, axis=1)
    variance = added(cells.variance)
    step = steps_of(added(cells.stepped), variance)
    if q.any():
        each = q[:, None] * rho
        beside = added(each * rho) - 2 * rate * added(each) + rate**2 * added(q)[:, None]
        variance = variance + np.maximum(beside, 0.0)
    return CurveSide(
        estimate=added(weight[h] * e_ * (a_ > 0)) / size[:, 0],
        rate=rate,
        rise=cells.slope * size,
        fit=added(cells.fit),
        variance=variance / size**2,
        third=added(cells.third) / size**3,
        step=step / size,
    )


def _findings(e: IntArray, a: IntArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Return every finding of a stratum once: place [outcome, stratum], then stratum, a and e.

    Many outcomes have the same finding in a stratum, and its curve is worked out once.
    """
    base = int(e.max(initial=0)) + 1
    places, strata, cases, wrong = [], [], [], []
    begun = 0
    for h in range(e.shape[1]):
        found, place = np.unique(a[:, h] * base + e[:, h], return_inverse=True)
        places.append(begun + place.reshape(-1))
        begun += len(found)
        strata.append(np.full(len(found), h))
        cases.append((found // base).astype(np.float64))
        wrong.append((found % base).astype(np.float64))
    return (
        np.stack(places, axis=1), np.concatenate(strata), np.concatenate(cases),
        np.concatenate(wrong),
    )  # fmt: skip


def _last_crossing(z: FloatArray, skew: FloatArray, rate: FloatArray, tail: float) -> FloatArray:
    """Return where z falls below the corrected quantile, along the nodes of rising rates."""
    ahead = np.clip(z - tail - np.clip(skew, -1, 1) * (tail * tail - 1) / 6, -_STEEP, _STEEP)
    kept = ahead > 0
    width = kept.shape[1]
    last = np.where(kept.any(axis=1), width - 1 - kept[:, ::-1].argmax(axis=1), 0)
    after = np.minimum(last + 1, width - 1)
    rows = np.arange(len(z))
    before, behind = ahead[rows, last], ahead[rows, after]
    share = np.where(before > behind, before / np.where(before > behind, before - behind, 1), 0.0)
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(rate[rows, last] + share * (rate[rows, after] - rate[rows, last]))


def _at_quantiles(chances: FloatArray, place: FloatArray) -> IntArray:
    """Return the counts at these quantiles of a distribution."""
    upto = np.cumsum(chances)
    found = np.searchsorted(upto / upto[-1], place)
    return np.minimum(found, len(chances) - 1).astype(np.int64)
