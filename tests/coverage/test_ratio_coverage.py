"""How often limits with a random denominator hold: every caseload, every sample.

For a small design the coverage of every possible caseload (errors, correct, not applicable in each
stratum) is computed exactly from the limits of every possible sample. ``pytest -s`` prints the
lowest, with that of linearised and Korn-Graubard limits on the same design beside it.
"""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.formulas.ratio import domain_limits, ratio_limits
from sampleaudit.formulas.textbook import korn_graubard_capped_limits, wald_limits

# errors, correct, not applicable (or outside the domain), of a sample's stratum or a register's
Stratum = tuple[int, int, int]
METHODS = ("profile", "linearised", "korn-graubard-capped")
SLOW = pytest.mark.slow

# population, sampled, domain (None: not applicable cases are unknown); then floors, a thousandth
# under what this file measured: level .95 and .90 two-sided, the lesser side at .95 one-sided
DESIGNS = [
    pytest.param((12,), (5,), None, (0.983, 0.927, 0.953), id="12;5"),
    pytest.param((8, 6), (4, 3), None, (0.961, 0.913, 0.950), id="8,6;4,3"),
    pytest.param((8, 6), (4, 3), (5, 3), (0.953, 0.883, 0.932), id="8,6;4,3;domain 5,3"),
    pytest.param((20,), (8,), None, (0.957, 0.934, 0.949), id="20;8", marks=SLOW),
    pytest.param((14, 6), (5, 3), None, (0.957, 0.909, 0.947), id="14,6;5,3", marks=SLOW),
    pytest.param((20, 10), (7, 4), None, (0.951, 0.899, 0.940), id="20,10;7,4", marks=SLOW),
    pytest.param((7, 5, 4), (3, 2, 2), None, (0.953, 0.899, 0.944), id="7,5,4;3,2,2", marks=SLOW),
    pytest.param(
        (14, 6), (5, 3), (8, 3), (0.943, 0.864, 0.919), id="14,6;5,3;domain 8,3", marks=SLOW
    ),
    pytest.param(
        (10, 8, 6),
        (3, 3, 2),
        (6, 4, 2),
        (0.924, 0.854, 0.894),
        id="10,8,6;3,3,2;domain 6,4,2",
        marks=SLOW,
    ),
]


@pytest.mark.parametrize(("population", "sampled", "domain", "floors"), DESIGNS)
def test_the_lowest_coverage_over_all_caseloads(
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    floors: tuple[float, float, float],
) -> None:
    """The profile limits keep the measured floor, and linearised limits are nowhere near it."""
    two, ninety = (lowest(population, sampled, domain, tail=tail) for tail in (0.025, 0.05))
    for level, found in (("95 %", two), ("90 %", ninety)):
        row = ", ".join(f"{key} {value:.4f}" for key, value in found.items())
        print(f"\n{population} {sampled} {domain or ''} {level}: {row}")  # noqa: T201 - evidence
    assert floors[0] <= two["profile"]
    assert floors[1] <= ninety["profile"]
    assert floors[2] <= ninety["profile, one side"]
    assert floors[0] - 0.3 > two["linearised"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "sampled", "rates", "applicable"),
    [
        pytest.param((500, 300, 200), (50, 30, 20), (0.1, 0.1, 0.1), 0.7, id="same rates"),
        pytest.param((1000, 300, 50), (40, 30, 25), (0.01, 0.02, 0.6), 0.6, id="errors packed"),
    ],
)
def test_coverage_of_larger_designs_in_seeded_draws(
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    rates: tuple[float, ...],
    applicable: float,
) -> None:
    """The 95 % limits hold in as many of 1,000 draws as a coverage of .94 would let expect."""
    size, n = np.array(population), np.array(sampled)
    A = np.rint(applicable * size).astype(int)
    E = np.rint(np.array(rates) * A).astype(int)
    draws = np.random.default_rng(20261122)
    held = 0
    for _ in range(1000):
        counts = np.array(
            [
                draws.multivariate_hypergeometric([errors, all_ - errors, N - all_], k)
                for errors, all_, N, k in zip(E, A, size, n, strict=True)
            ]
        )
        low, high = ratio_limits(
            counts[:, 0], counts[:, :2].sum(axis=1), n, size, lower_tail=0.025, upper_tail=0.025
        )
        held += low <= E.sum() / A.sum() <= high
    print(f"\n{population} {sampled}: {held / 1000:.3f}")  # noqa: T201 - evidence
    # 917: the .001 point of a binomial(1000, .94)
    assert held >= 917


def lowest(
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    *,
    tail: float,
) -> dict[str, float]:
    """Return each method's lowest coverage over all caseloads, and profile's of its lesser side."""
    samples = [thirds(n) for n in sampled]
    shape = tuple(len(each) for each in samples)
    limits = {name: (np.zeros(shape), np.ones(shape)) for name in METHODS}
    for place in product(*map(range, shape)):
        found = [samples[h][index] for h, index in enumerate(place)]
        for name, pair in all_limits(found, population, sampled, domain, tail).items():
            limits[name][0][place], limits[name][1][place] = pair
    caseloads = [
        thirds(N)
        if domain is None
        else [(E, domain[h] - E, N - domain[h]) for E in range(domain[h] + 1)]
        for h, N in enumerate(population)
    ]
    result = dict.fromkeys([*METHODS, "profile, one side"], 1.0)
    for caseload in product(*caseloads):
        errors, correct, _ = np.sum(caseload, axis=0)
        if errors + correct == 0:
            continue
        rate = errors / (errors + correct)
        chance = probabilities(caseload, samples)
        for name, (low, high) in limits.items():
            above, below = low <= rate + 1e-9, high >= rate - 1e-9
            result[name] = min(result[name], float(chance[above & below].sum()))
            if name == "profile":
                sides = min(float(chance[above].sum()), float(chance[below].sum()))
                result["profile, one side"] = min(result["profile, one side"], sides)
    return result


def all_limits(
    found: list[Stratum],
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    tail: float,
) -> dict[str, tuple[float, float]]:
    """Return every method's limits for one sample; (0, 1) where no applicable case was read."""
    e = np.array([stratum[0] for stratum in found])
    a = e + np.array([stratum[1] for stratum in found])
    tails = {"lower_tail": tail, "upper_tail": tail}
    if domain is None:
        profile = ratio_limits(e, a, sampled, population, **tails)
    else:
        profile = domain_limits(e, a, domain, sampled, population, **tails)
    if not a.any():
        return dict.fromkeys(METHODS, (0.0, 1.0)) | {"profile": profile}
    linear = linear_rate(e, a, sampled, population, domain=a)
    rate, se, df = float(linear.rate), float(linear.se), float(linear.df)
    pairs = (
        wald_limits(rate, se, df, **tails),
        korn_graubard_capped_limits(rate, se, df, int(a.sum()), **tails),
    )
    # a limit that the formula does not give leaves the rate itself
    rest = ((*(float(np.nan_to_num(limit, nan=rate)) for limit in pair),) for pair in pairs)
    return dict(zip(METHODS, (profile, *rest), strict=True))


def thirds(cases: int) -> list[Stratum]:
    """Return every way to divide the cases into errors, correct and not applicable."""
    return [
        (errors, correct, cases - errors - correct)
        for errors in range(cases + 1)
        for correct in range(cases - errors + 1)
    ]


def probabilities(
    caseload: tuple[Stratum, ...], samples: list[list[Stratum]]
) -> NDArray[np.float64]:
    """Return the probability of every sample of the caseload, an axis for each stratum."""
    joint = np.ones(())
    for register, found in zip(caseload, samples, strict=True):
        ways = comb(sum(register), sum(found[0]))
        chance = [
            np.prod([comb(T, x) for T, x in zip(register, sample, strict=True)]) / ways
            for sample in found
        ]
        joint = np.multiply.outer(joint, np.array(chance))
    return joint
