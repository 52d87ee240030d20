"""How often limits with a random denominator hold: every caseload, every sample.

For a small design the coverage of every possible caseload (errors, correct, not applicable in each
stratum) is computed exactly from the limits of every possible sample. ``pytest -s`` prints the
lowest, and the mean width over all caseloads: of the default, of the default without its margin for
nearby caseloads, of the guaranteed limits, of those that larger designs get, and of textbooks'.
"""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from sampleaudit.formulas import ratio_guaranteed
from sampleaudit.formulas.linearisation import linear_rate
from sampleaudit.formulas.ratio import domain_limits, ratio_limits
from sampleaudit.formulas.ratio_guaranteed import (
    guaranteed_domain_limits,
    guaranteed_ratio_limits,
)
from sampleaudit.formulas.textbook import korn_graubard_capped_limits, wald_limits

# errors, correct, not applicable (or outside the domain), of a sample's stratum or a register's
Stratum = tuple[int, int, int]
Table = dict[str, "Row"]
METHODS = (
    "profile", "plain", "guaranteed", "from limits of cases", "linearised", "korn-graubard-capped",
)  # fmt: skip
SLOW = pytest.mark.slow

# population, sampled, domain (None: not applicable cases are unknown); then floors of the default,
# a thousandth under what this file measured: level .95 and .90 two-sided, the lesser side at .95.
# (In the first design a limit is within a rounding of the rate 1/2: .9722 or .9848.)
DESIGNS = [
    pytest.param((12,), (5,), None, (0.971, 0.927, 0.953), id="12;5"),
    pytest.param((8, 6), (4, 3), None, (0.961, 0.913, 0.949), id="8,6;4,3"),
    pytest.param((8, 6), (4, 3), (5, 3), (0.967, 0.928, 0.956), id="8,6;4,3;domain 5,3"),
    pytest.param((20,), (8,), None, (0.957, 0.934, 0.949), id="20;8", marks=SLOW),
    pytest.param((40,), (8,), None, (0.955, 0.920, 0.952), id="40;8", marks=SLOW),
    pytest.param((14, 6), (5, 3), None, (0.959, 0.918, 0.947), id="14,6;5,3", marks=SLOW),
    pytest.param((20, 10), (7, 4), None, (0.954, 0.913, 0.949), id="20,10;7,4", marks=SLOW),
    pytest.param((7, 5, 4), (3, 2, 2), None, (0.961, 0.924, 0.949), id="7,5,4;3,2,2", marks=SLOW),
    pytest.param(
        (14, 6), (5, 3), (8, 3), (0.967, 0.934, 0.963), id="14,6;5,3;domain 8,3", marks=SLOW
    ),
    pytest.param(
        (20, 12), (8, 5), (14, 6), (0.959, 0.914, 0.951), id="20,12;8,5;domain 14,6", marks=SLOW
    ),
    pytest.param(
        (10, 8, 6),
        (3, 3, 2),
        (6, 4, 2),
        (0.957, 0.911, 0.951),
        id="10,8,6;3,3,2;domain 6,4,2",
        marks=SLOW,
    ),
]


class Row:
    """One method's lowest coverage, two-sided and of its lesser side, and its mean width."""

    def __init__(self) -> None:
        self.both, self.side, self.widths = 1.0, 1.0, []

    def __str__(self) -> str:
        return f"{self.both:.4f}, side {self.side:.4f}, width {np.mean(self.widths):.4f}"


@pytest.mark.parametrize(("population", "sampled", "domain", "floors"), DESIGNS)
def test_the_lowest_coverage_over_all_caseloads(
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    floors: tuple[float, float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Guaranteed limits never hold less often than they say; the default no less than measured."""
    two = lowest(population, sampled, domain, tail=0.025, monkeypatch=monkeypatch)
    ninety = lowest(population, sampled, domain, tail=0.05, monkeypatch=monkeypatch)
    for level, found in ((".95", two), (".90", ninety)):
        for method, row in found.items():
            print(f"\n{population} {sampled} {domain or ''} {level} {method}: {row}", end="")  # noqa: T201 - evidence
    assert floors[0] <= two["profile"].both
    assert floors[1] <= ninety["profile"].both
    assert floors[2] <= ninety["profile"].side
    assert floors[0] - 0.3 > two["linearised"].both
    for method in ("guaranteed", "from limits of cases"):
        assert 0.95 <= two[method].both + 1e-11
        assert 0.90 <= ninety[method].both + 1e-11


@pytest.mark.parametrize("side", [0, 1], ids=["lower", "upper"])
@pytest.mark.parametrize("domain", [None, (5, 3)], ids=["unknown sizes", "domain"])
def test_one_sided_guaranteed_limits_hold_too(side: int, domain: tuple[int, ...] | None) -> None:
    """The lesser coverage over all caseloads of a limit at level .9 alone."""
    population, sampled = (8, 6), (4, 3)
    samples = [thirds(n) for n in sampled]
    tails = {"lower_tail": None, "upper_tail": None, ("lower_tail", "upper_tail")[side]: 0.1}
    shape = tuple(len(each) for each in samples)
    limit = np.zeros(shape)
    for place in product(*map(range, shape)):
        found = [samples[h][index] for h, index in enumerate(place)]
        if domain is not None and not occurs(found, population, domain):
            continue
        limit[place] = guaranteed(found, population, sampled, domain, **tails)[side]
    for caseload in caseloads(population, domain):
        errors, correct, _ = np.sum(caseload, axis=0)
        if errors + correct:
            rate = errors / (errors + correct)
            holds = limit >= rate - 1e-9 if side else limit <= rate + 1e-9
            assert 0.9 <= probabilities(caseload, samples)[holds].sum() + 1e-11


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
    monkeypatch: pytest.MonkeyPatch,
) -> Table:
    """Return each method's lowest coverage over all caseloads, and its mean width."""
    samples = [thirds(n) for n in sampled]
    shape = tuple(len(each) for each in samples)
    limits = {name: (np.zeros(shape), np.ones(shape)) for name in METHODS}
    for place in product(*map(range, shape)):
        found = [samples[h][index] for h, index in enumerate(place)]
        if domain is not None and not occurs(found, population, domain):
            continue
        pairs = all_limits(found, population, sampled, domain, tail, monkeypatch)
        for name, pair in pairs.items():
            limits[name][0][place], limits[name][1][place] = pair
    result = {name: Row() for name in METHODS}
    for caseload in caseloads(population, domain):
        errors, correct, _ = np.sum(caseload, axis=0)
        if errors + correct == 0:
            continue
        rate = errors / (errors + correct)
        chance = probabilities(caseload, samples)
        for name, (low, high) in limits.items():
            above, below, row = low <= rate + 1e-9, high >= rate - 1e-9, result[name]
            row.both = min(row.both, float(chance[above & below].sum()))
            row.side = min(row.side, float(chance[above].sum()), float(chance[below].sum()))
            row.widths.append(float((chance * (high - low)).sum()))
    return result


def all_limits(
    found: list[Stratum],
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    tail: float,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, tuple[float, float]]:
    """Return every method's limits for one sample; (0, 1) where no applicable case was read."""
    e, a = counted(found)
    tails = {"lower_tail": tail, "upper_tail": tail}
    if domain is None:
        profile, plain = (
            ratio_limits(e, a, sampled, population, **tails, **margin)
            for margin in ({}, {"delta": 0.0})
        )
    else:
        profile, plain = (
            domain_limits(e, a, domain, sampled, population, **tails, **margin)
            for margin in ({}, {"delta": 0.0})
        )
    result = {
        "profile": profile,
        "plain": plain,
        "guaranteed": guaranteed(found, population, sampled, domain, **tails),
    }
    with monkeypatch.context() as patch:  # as if the design were too large to go through
        patch.setattr(ratio_guaranteed, "is_enumerable", lambda *_: False)
        result["from limits of cases"] = guaranteed(found, population, sampled, domain, **tails)
    if not a.any():
        return dict.fromkeys(METHODS, (0.0, 1.0)) | result
    linear = linear_rate(e, a, sampled, population, domain=a)
    rate, se, df = float(linear.rate), float(linear.se), float(linear.df)
    pairs = (
        wald_limits(rate, se, df, **tails),
        korn_graubard_capped_limits(rate, se, df, int(a.sum()), **tails),
    )
    # a limit that the formula does not give leaves the rate itself
    rest = ((*(float(np.nan_to_num(limit, nan=rate)) for limit in pair),) for pair in pairs)
    return result | dict(zip(METHODS[4:], rest, strict=True))


def guaranteed(
    found: list[Stratum],
    population: tuple[int, ...],
    sampled: tuple[int, ...],
    domain: tuple[int, ...] | None,
    **tails: float | None,
) -> tuple[float, float]:
    """Return guaranteed limits."""
    e, a = counted(found)
    if domain is None:
        low, high, _ = guaranteed_ratio_limits(e, a, sampled, population, **tails)
    else:
        low, high, _ = guaranteed_domain_limits(e, a, domain, sampled, population, **tails)
    return low, high


def counted(found: list[Stratum]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the errors and the applicable cases of every stratum."""
    e = np.array([stratum[0] for stratum in found])
    return e, e + np.array([stratum[1] for stratum in found])


def occurs(found: list[Stratum], population: tuple[int, ...], domain: tuple[int, ...]) -> bool:
    """Whether a sample can come from a register with these domain sizes."""
    return all(
        errors + correct <= A and others <= N - A
        for (errors, correct, others), N, A in zip(found, population, domain, strict=True)
    )


def caseloads(
    population: tuple[int, ...], domain: tuple[int, ...] | None
) -> product[tuple[Stratum, ...]]:
    """Return every caseload."""
    return product(
        *(
            thirds(N)
            if domain is None
            else [(E, domain[h] - E, N - domain[h]) for E in range(domain[h] + 1)]
            for h, N in enumerate(population)
        )
    )


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
