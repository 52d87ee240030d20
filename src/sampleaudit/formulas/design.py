"""The variance of any linearised estimate from a stratified sample in one or two stages.

An estimate that is linearised is, to the first order, a sum over the reviewed cases of their
*influence* values: w_i (y_i - R) / W for a mean R, w_i y_i for a total. Its variance is that of
the sum, from the spread between the clusters of a stratum and between the cases of a cluster.

Symbols: in stratum h, n_h of N_h clusters were drawn, f_h = n_h / N_h; in cluster i, m_i of M_i
cases were read, g_i = m_i / M_i; u_ij the influence of a case, z_i that of a cluster, its sum.

    V = sum_h (1 - f_h) n_h / (n_h - 1) sum_i (z_i - mean_h z)^2
      + sum_h f_h sum_i (1 - g_i) m_i / (m_i - 1) sum_j (u_ij - mean_i u)^2

(Cochran 1977, section 10.7 and equation 11.24; Sarndal, Swensson and Wretman 1992, result 4.3.1.
R's survey 4.5: ``svyrecvar``.) A sample of cases is one in which every case is its own cluster. A
domain is a set of cases: the influence of all others is 0, and their clusters still count (see
``domains`` for many of them at once).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Lonely = Literal["fail", "adjust", "average", "certainty"]

_CENSUS: Final = 1e-7  # the unread share below which R's survey takes a stratum for a census


@dataclass(frozen=True, slots=True)
class Design:
    """How the reviewed cases were drawn; numbers only, one entry for every case.

    ``weights``: cases of the register that a case stands for. ``strata`` 0..H-1, every one of
    them with a case; ``clusters`` 0..C-1, numbered over all strata, each within one stratum.
    ``population``: N_h, clusters in the register by stratum (inf: drawn with replacement).
    ``cluster_population``: M_i, cases in each cluster, where cases were drawn within clusters; None
    where clusters were read whole, or only the first stage is to count.
    ``basis``: the columns that the weights are calibrated on; influences are then replaced by their
    residuals from a regression on them, weighted by ``basis_weights`` (None: by ``weights``).
    """

    weights: Floats
    strata: Ints
    clusters: Ints
    population: Floats
    cluster_population: Floats | None = None
    basis: Floats | None = None
    basis_weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """What the formula needs to know of every stratum and every cluster.

    ``drawn`` n_h; ``between`` (1 - f) n / (n - 1), by stratum; ``lonely`` the strata of which one
    cluster of several was drawn: ``between`` is 1 - f there. ``read`` m_i; ``within``
    f (1 - g) m / (m - 1), by cluster; ``single`` the clusters of which one case of several was
    read: ``within`` is f (1 - g) there.
    """

    stratum: Ints
    drawn: Floats
    between: Floats
    lonely: Bools
    read: Floats
    within: Floats | None
    single: Bools


def variance(
    design: Design, influence: Floats, *, lonely: Lonely, inside: Bools | None = None
) -> Floats:
    """Return the variance of each column's sum; ``influence`` has a row for every reviewed case.

    ``inside`` tells the cases that the estimates are about (all, if not given); the influence of
    the others is 0. A stratum of which one cluster was drawn has no spread of its own. ``lonely``
    says what it adds: nothing (``"certainty"``); the square of its distance from the mean over all
    clusters (``"adjust"``); the mean of the other strata (``"average"``). With ``"fail"``, and
    where no other stratum is left to average, the variance is nan. A cluster of which one case was
    read is taken in the same way.
    """
    columns = influence.reshape(design.weights.size, -1)
    parts = _deviations(design, columns, lonely, inside)
    return np.asarray(sum(np.sum(part * part, axis=0) for part in parts))


def covariance(design: Design, influence: Floats, *, lonely: Lonely) -> Floats:
    """Return the covariances of the columns' sums, of shape (columns, columns).

    ``influence`` has a row for every reviewed case and a column for every estimate, 0 outside the
    estimate's domain. With ``"average"`` all strata of the design are averaged, whatever the domain
    (R's ``svyby(covmat = TRUE)``).
    """
    parts = _deviations(design, influence, lonely, None)
    return np.asarray(sum(part.T @ part for part in parts))


def degrees_of_freedom(design: Design, inside: Bools | None = None) -> int:
    """Return the clusters less the strata that have a case ``inside`` (all, if not given)."""
    clusters = design.clusters if inside is None else design.clusters[inside]
    strata = design.strata if inside is None else design.strata[inside]
    return int(np.unique(clusters).size - np.unique(strata).size)


def lonely_strata(design: Design) -> Ints:
    """Return the strata of which one cluster of several was drawn; a census is never lonely."""
    return np.flatnonzero(stages_of(design).lonely)


def single_clusters(design: Design) -> Ints:
    """Return the clusters of which one case of several was read, where the second stage counts."""
    stages = stages_of(design)
    return np.flatnonzero(stages.single & (stages.within != 0))


def residuals(design: Design, influence: Floats) -> Floats:
    """Return the influences less what the calibration variables explain of them.

    w (u - b B) with u = influence / w and b the regression of u on the basis B (Deville and
    Sarndal 1992, equation 3.4). The influences themselves where nothing was calibrated.
    """
    if design.basis is None:
        return influence
    base = design.weights if design.basis_weights is None else design.basis_weights
    root = np.sqrt(base)[:, np.newaxis]
    q, _ = np.linalg.qr(design.basis * root)
    scale = design.weights[:, np.newaxis] / root
    columns = influence.reshape(design.weights.size, -1)
    u = columns / scale
    return np.asarray((u - q @ (q.T @ u)) * scale).reshape(influence.shape)


def stages_of(design: Design) -> Stages:
    """Return the factors of the variance formula for every stratum and cluster."""
    clusters = int(design.clusters.max()) + 1
    stratum = np.zeros(clusters, dtype=np.intp)
    stratum[design.clusters] = design.strata
    drawn = np.bincount(stratum, minlength=design.population.size).astype(float)
    fraction = drawn / design.population
    unread = np.where(1 - fraction < _CENSUS, 0.0, 1 - fraction)
    read = np.bincount(design.clusters, minlength=clusters).astype(float)
    within, single = None, np.zeros(clusters, dtype=np.bool_)
    if design.cluster_population is not None:
        rest = 1 - read / design.cluster_population
        rest = np.where(rest < _CENSUS, 0.0, rest)
        within = fraction[stratum] * rest * _bessel(read)
        single = (read == 1) & (rest > 0)
    return Stages(
        stratum=stratum,
        drawn=drawn,
        between=unread * _bessel(drawn),
        lonely=(drawn == 1) & (unread > 0),
        read=read,
        within=within,
        single=single,
    )


def sums_by(code: Ints, values: NDArray[Any], number: int) -> Floats:
    """Return the sums of the values that have each code 0..number - 1."""
    return np.asarray(np.bincount(code, values, number), dtype=np.float64)


def scaled_up(all_of_them: Floats, lonely_ones: Floats, lonely: Lonely) -> Floats:
    """Return what the variance is to be multiplied with, nan where it cannot be known."""
    known = all_of_them - lonely_ones
    if lonely == "fail":
        return np.where(lonely_ones > 0, np.nan, 1.0)
    factor = all_of_them / np.where(known > 0, known, np.nan)
    return np.where(lonely_ones > 0, factor, 1.0)


def _deviations(
    design: Design, influence: Floats, lonely: Lonely, inside: Bools | None
) -> list[Floats]:
    """Return arrays whose squares add up to the variances, and whose products to covariances."""
    stages = stages_of(design)
    u = residuals(design, influence)
    z = _totals(design.clusters, u, stages.stratum.size)
    mean = _totals(stages.stratum, z, stages.drawn.size)
    mean /= stages.drawn[:, np.newaxis]
    present = _present(design.strata, inside, stages.drawn.size)
    alone = stages.lonely & present
    if lonely == "adjust":
        mean[alone] = u.sum(axis=0) / stages.drawn.sum()
    z -= mean[stages.stratum]
    z *= np.sqrt(_factor(stages.between, alone, present, lonely))[stages.stratum, np.newaxis]
    if stages.within is None:
        return [z]
    centre = _totals(design.clusters, u, stages.read.size) / stages.read[:, np.newaxis]
    present = _present(design.clusters, inside, stages.read.size) & (stages.within > 0)
    alone = stages.single & present
    if lonely == "adjust":
        centre[alone] = u.mean(axis=0)
    u = u - centre[design.clusters]
    u *= np.sqrt(_factor(stages.within, alone, present, lonely))[design.clusters, np.newaxis]
    return [z, u]


def _present(code: Ints, inside: Bools | None, number: int) -> Bools:
    """Return the strata (or clusters) that have a case inside."""
    if inside is None:
        return np.ones(number, dtype=np.bool_)
    return sums_by(code, inside, number) > 0


def _factor(scale: Floats, alone: Bools, present: Bools, lonely: Lonely) -> Floats:
    """Return the scale of each stratum (or cluster) as ``lonely`` changes it."""
    if lonely == "adjust" or not alone.any():
        return scale
    rest = np.where(alone, 0.0, scale)
    if lonely == "certainty":
        return rest
    up = scaled_up(np.array([present.sum()]), np.array([alone.sum()]), lonely)
    return np.asarray(rest * up)


def _bessel(number: Floats) -> Floats:
    """Return n / (n - 1), or 1 where n is 1."""
    return np.where(number > 1, number / np.where(number > 1, number - 1, 1.0), 1.0)


def _totals(code: Ints, values: Floats, number: int) -> Floats:
    columns = [sums_by(code, column, number) for column in values.T]
    return np.array(columns).reshape(-1, number).T.copy()
