"""The variance engine: small designs by hand, lonely strata, census strata, calibration."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sampleaudit.formulas.design import (
    Design,
    covariance,
    degrees_of_freedom,
    lonely_strata,
    residuals,
    single_clusters,
    variance,
)
from sampleaudit.formulas.domains import divide, variances


def cases(*strata: int, population: list[float]) -> Design:
    """Return a sample of cases within strata."""
    code = np.array(strata)
    sizes = np.array(population)
    weights = sizes[code] / np.bincount(code)[code]
    return Design(weights, code, np.arange(code.size), sizes)


THREE = cases(0, 0, 0, 1, 2, 2, population=[9.0, 4.0, 2.0])
INFLUENCE = np.array([1.0, 2.0, 6.0, 5.0, 3.0, 4.0])


def test_a_stratum_adds_its_spread_times_n_and_the_unread_share():
    """(1 - 3/9) 3/2 (4 + 1 + 9) = 14 for the values 1, 2, 6 with mean 3."""
    design = cases(0, 0, 0, population=[9.0])
    assert [14.0] == variance(design, INFLUENCE[:3], lonely="fail").tolist()


def test_a_census_stratum_adds_nothing_and_is_never_lonely():
    """Two cases of two, and one of one."""
    design = cases(0, 0, 1, population=[2.0, 1.0])
    assert 0 == lonely_strata(design).size
    assert [0.0] == variance(design, INFLUENCE[:3], lonely="fail").tolist()


@pytest.mark.parametrize(
    ("lonely", "expected"),
    [
        # the lonely stratum: one case of four with 5, the mean of all six is 21 / 6 = 3.5
        ("certainty", 14.0),
        ("adjust", 14.0 + 0.75 * (5 - 3.5) ** 2),
        ("average", 14.0 * 3 / 2),
        ("fail", math.nan),
    ],
)
def test_a_lonely_stratum_counts_as_told(lonely: str, expected: float):
    """Stratum 2 of the three is a census, so that it counts for the average."""
    assert [1] == lonely_strata(THREE).tolist()
    found = variance(THREE, INFLUENCE, lonely=lonely)  # type: ignore[arg-type]
    assert [pytest.approx(expected, nan_ok=True)] == found.tolist()
    together = covariance(THREE, INFLUENCE[:, np.newaxis], lonely=lonely)  # type: ignore[arg-type]
    assert [[pytest.approx(expected, nan_ok=True)]] == together.tolist()


def test_a_lonely_stratum_does_not_matter_where_none_of_its_cases_does():
    """A domain, or an answer that does not apply to its one case."""
    inside = np.array([True, True, True, False, True, True])
    own = np.where(inside, INFLUENCE, 0.0)
    assert [14.0] == variance(THREE, own, lonely="fail", inside=inside).tolist()
    found = variances(divide(THREE), own, lonely="fail", used=inside)
    assert [14.0] == found.tolist()


def test_where_all_strata_are_lonely_there_is_nothing_to_average():
    """nan, and no warning of a division."""
    design = cases(0, 1, population=[4.0, 5.0])
    assert np.isnan(variance(design, INFLUENCE[:2], lonely="average")).all()


def test_with_replacement_nothing_is_taken_off_and_only_clusters_count():
    """An infinite register: n / (n - 1) times the spread of the clusters' sums."""
    code = np.zeros(4, dtype=np.intp)
    clusters = np.array([0, 0, 1, 1])
    design = Design(np.ones(4), code, clusters, np.array([np.inf]), np.array([9.0, 9.0]))
    # sums 3 and 11, mean 7: 2 (16 + 16)
    found = variance(design, np.array([1.0, 2.0, 6.0, 5.0]), lonely="fail")
    assert pytest.approx(64.0, rel=1e-14) == found[0]


def test_a_cluster_with_one_case_of_several_is_named():
    """It has no spread within; a cluster read whole is no question."""
    code = np.zeros(3, dtype=np.intp)
    design = Design(
        np.ones(3), code, np.array([0, 1, 2]), np.array([9.0]), np.array([1.0, 4.0, 1.0])
    )
    assert [1] == single_clusters(design).tolist()
    assert np.isnan(variance(design, np.arange(3.0), lonely="fail")).all()


def test_degrees_of_freedom_are_clusters_less_strata_of_the_domain():
    """As R's degf of a subset."""
    assert 3 == degrees_of_freedom(THREE)
    assert 1 == degrees_of_freedom(THREE, np.array([True, True, False, True, False, False]))
    domains = divide(THREE, np.array([0, 0, 1, 1, -1, 1]), 2)
    assert [1, 0] == domains.df.tolist()
    assert [2.0, 3.0] == domains.cases.tolist()


def test_calibrated_influences_are_residuals():
    """What the calibration variables explain has no variance; the rest keeps its own."""
    rng = np.random.default_rng(4)
    basis = np.column_stack([np.ones(6), np.arange(6.0)])
    weights = rng.uniform(1, 3, 6)
    design = Design(weights, THREE.strata, THREE.clusters, THREE.population, basis=basis)
    explained = weights * (2 - 3 * np.arange(6.0))
    noise = weights * rng.normal(size=6)
    left = residuals(design, np.column_stack([explained, noise, noise + explained]))
    assert np.allclose(0, left[:, 0], atol=1e-12)
    assert np.allclose(left[:, 1], left[:, 2])
    # normal equations: the residuals, in the units of the measure, are orthogonal to the basis
    assert np.allclose(0, basis.T @ left[:, 1], atol=1e-12)


def test_calibrated_domains_have_residuals_outside_themselves():
    """Each domain alone, as one column of the whole sample."""
    basis = np.column_stack([np.ones(6), np.arange(6.0)])
    design = Design(THREE.weights, THREE.strata, THREE.clusters, THREE.population, basis=basis)
    domain = np.array([0, 1, 0, 1, 0, 1])
    found = variances(divide(design, domain, 2), INFLUENCE, lonely="certainty")
    for place in range(2):
        own = np.where(domain == place, INFLUENCE, 0.0)
        assert pytest.approx(variance(design, own, lonely="certainty")[0]) == found[place]


def test_the_order_of_the_cases_changes_nothing():
    """Nor how many domains there are that have no case."""
    order = np.array([4, 0, 5, 3, 2, 1])
    moved = Design(
        THREE.weights[order], THREE.strata[order], THREE.clusters[order], THREE.population
    )
    domain = np.array([0, 5, 0, 5, 0, 5])
    first = variances(divide(THREE, domain, 9), INFLUENCE, lonely="adjust")
    second = variances(divide(moved, domain[order], 9), INFLUENCE[order], lonely="adjust")
    assert np.allclose(first, second, rtol=1e-13, atol=0)
    assert [0.0] * 7 == np.delete(first, [0, 5]).tolist()
