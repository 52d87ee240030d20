"""Raking: the standard error from residuals that weigh cases alike, and from weighted ones.

Both estimate the same variance (Deville and Sarndal 1992, section 3: any regression will do to the
first order). How far they are apart, and how near the truth, is simulated here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas.calibration import calibrate, independent_columns
from sampleaudit.formulas.design import Design
from sampleaudit.formulas.domains import divide
from sampleaudit.formulas.survey import estimate_mean

SAMPLES = 3000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Caseload:
    """Strata and what is drawn from each, two margins, and errors, for every case."""

    population: tuple[int, ...]
    drawn: tuple[int, ...]
    stratum: NDArray[np.intp]
    basis: Floats
    errors: Floats


def caseload(population: tuple[int, ...], drawn: tuple[int, ...]) -> Caseload:
    """Make a caseload whose errors depend on both margins, and one of these on the stratum."""
    draws = np.random.default_rng(20261122)
    stratum = np.repeat(np.arange(len(population)), population)
    kind = (stratum + draws.choice(3, stratum.size, p=[0.6, 0.3, 0.1])) % 3
    age = draws.choice(4, stratum.size, p=[0.4, 0.3, 0.2, 0.1])
    errors = draws.random(stratum.size) < 0.05 + 0.1 * kind + 0.05 * age
    basis = np.hstack([np.eye(3)[kind], np.eye(4)[age]])
    return Caseload(population, drawn, stratum, basis, errors.astype(float))


def simulated(known: Caseload) -> tuple[float, dict[str, float]]:
    """Return the standard deviation of the raked rate, and the mean of each standard error."""
    draws = np.random.default_rng(4)
    sizes, drawn = np.array(known.population), np.array(known.drawn)
    first = np.cumsum(sizes) - sizes
    strata = np.repeat(np.arange(sizes.size), drawn)
    weights = (sizes / drawn)[strata]
    totals = known.basis.sum(axis=0)
    rates, variances = [], {"alike": [], "design": [], "calibrated": [], "none": []}
    for _ in range(SAMPLES):
        rows = np.concatenate(
            [start + draws.choice(size, number, replace=False)
             for start, size, number in zip(first, sizes, drawn, strict=True)]
        )  # fmt: skip
        basis = known.basis[rows]
        fit = calibrate(weights, basis, totals, distance="raking")
        design = Design(fit.weights, strata, np.arange(rows.size), sizes.astype(float))
        design = replace(design, basis=independent_columns(basis, weights=weights))
        by = {"alike": np.ones(rows.size), "design": weights, "calibrated": fit.weights}
        for name, base in by.items():
            found = estimate_mean(
                divide(replace(design, basis_weights=base)), known.errors[rows], lonely="fail"
            )
            variances[name].append(float(found.se[0]) ** 2)
        rates.append(float(found.value[0]))
        plain = estimate_mean(
            divide(replace(design, basis=None)), known.errors[rows], lonely="fail"
        )
        variances["none"].append(float(plain.se[0]) ** 2)
    return float(np.std(rates)), {
        name: float(np.sqrt(np.mean(each))) for name, each in variances.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "drawn"),
    [
        pytest.param((2000, 1000, 300), (100, 100, 60), id="unlike fractions"),
        pytest.param((5000, 400, 100), (100, 100, 80), id="very unlike fractions"),
        pytest.param((2000, 1000, 300), (160, 80, 24), id="like fractions"),
    ],
)
def test_both_residuals_give_the_same_standard_error(
    population: tuple[int, ...], drawn: tuple[int, ...]
):
    """To a few percent of each other and of the truth, which is known to 1.3 percent."""
    truth, found = simulated(caseload(population, drawn))
    line = ", ".join(f"{name} {se / truth:.4f}" for name, se in found.items())
    print(f"\n{population}, {drawn}: standard error over the true one: {line}")  # noqa: T201 (evidence)
    assert abs(found["alike"] / found["design"] - 1) < 0.03
    assert abs(found["design"] / truth - 1) < 0.06
    assert found["none"] > found["design"]
