"""The closed formulas of linearisation, against loops over cases and over all samples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import nan, sqrt

import pytest

from sampleaudit.formulas.linearisation import LinearEstimate, linear_rate

# a case: (in error, applicable and in the domain, in the domain); outside: (0, 0, 0)
Case = tuple[int, int, int]
ERROR, CORRECT, INAPPLICABLE, OUTSIDE = (1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 0, 0)

SAMPLES: dict[str, tuple[list[list[Case]], list[int]]] = {
    "all applicable": (
        [[ERROR] * 2 + [CORRECT] * 5, [ERROR] + [CORRECT] * 3, [CORRECT] * 4],
        [30, 11, 90],
    ),
    "some inapplicable": (
        [[ERROR] * 3 + [CORRECT] * 4 + [INAPPLICABLE] * 2, [CORRECT] * 2 + [INAPPLICABLE]],
        [40, 25],
    ),
    "a domain that crosses strata": (
        [
            [ERROR, CORRECT, INAPPLICABLE, OUTSIDE, OUTSIDE],
            [ERROR, ERROR, OUTSIDE],
            [OUTSIDE] * 4,
        ],
        [50, 20, 8],
    ),
    "a census stratum": ([[ERROR] * 2 + [CORRECT] * 3, [ERROR] + [CORRECT] * 5], [5, 60]),
    "one case read in a stratum, none of the domain": (
        [[ERROR, CORRECT, CORRECT], [OUTSIDE]],
        [9, 4],
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_estimates_are_the_sums_over_weighted_cases(name: str) -> None:
    strata, population = SAMPLES[name]
    actual = estimate(strata, population)
    expected = by_cases(strata, population)
    for column, value in expected.items():
        assert pytest.approx(value, rel=1e-13) == getattr(actual, column), column


@pytest.mark.parametrize(
    "population",
    [
        [[ERROR] * 2 + [CORRECT] * 3, [ERROR] + [CORRECT] * 3],
        [[ERROR, CORRECT, INAPPLICABLE, OUTSIDE], [ERROR, ERROR, CORRECT, INAPPLICABLE, OUTSIDE]],
    ],
    ids=["all applicable", "inapplicable and outside"],
)
def test_over_all_samples_the_total_and_its_variance_are_unbiased(
    population: list[list[Case]],
) -> None:
    """All samples of 2 and 3 cases from two small strata, in exact fractions."""
    estimates = [estimate(*drawn) for drawn in all_samples(population, [2, 3])]
    truth = sum(case[0] for stratum in population for case in stratum)
    totals = [Fraction(float(each.total)).limit_denominator(10**6) for each in estimates]
    variances = [float(each.se_total) ** 2 for each in estimates]
    true_variance = sum((total - truth) ** 2 for total in totals) / len(totals)
    assert truth == sum(totals) / len(totals)
    assert pytest.approx(float(true_variance), rel=1e-12) == sum(variances) / len(variances)


def test_over_all_samples_the_rate_and_its_variance_are_unbiased_where_all_apply() -> None:
    population = [[ERROR] * 2 + [CORRECT] * 3, [ERROR] + [CORRECT] * 3]
    estimates = [estimate(*drawn) for drawn in all_samples(population, [2, 3])]
    rates = [Fraction(float(each.rate)).limit_denominator(10**6) for each in estimates]
    variances = [float(each.se) ** 2 for each in estimates]
    true_variance = sum((rate - Fraction(3, 9)) ** 2 for rate in rates) / len(rates)
    assert Fraction(3, 9) == sum(rates) / len(rates)
    assert pytest.approx(float(true_variance), rel=1e-12) == sum(variances) / len(variances)


def by_cases(strata: list[list[Case]], population: list[int]) -> dict[str, float]:
    """Return the estimates as defined, a loop over cases (Cochran 1977, chapters 5 and 6)."""
    weighted = [
        (case, Fraction(N, len(cases)))
        for cases, N in zip(strata, population, strict=True)
        for case in cases
    ]
    total = sum(case[0] * w for case, w in weighted)
    applicable = sum(case[1] * w for case, w in weighted)
    rate = total / applicable
    number = sum(case[1] for case, _ in weighted)
    variance = variance_of_total = Fraction(0)
    for cases, N in zip(strata, population, strict=True):
        if len(cases) in (1, N):
            continue
        scale = N**2 * (1 - Fraction(len(cases), N)) / len(cases)
        variance += scale * sample_variance([case[0] - rate * case[1] for case in cases])
        variance_of_total += scale * sample_variance([Fraction(case[0]) for case in cases])
    variance /= applicable**2
    # a simple random sample of as many applicable cases: s^2 / a (1 - a / A), with the weighted
    # variance between cases for s^2
    spread = sum(w * (case[0] - rate) ** 2 for case, w in weighted if case[1]) / applicable
    simple = spread * Fraction(number, number - 1) / number * (1 - number / applicable)
    in_domain = [sum(case[2] for case in cases) for cases in strata]
    return {
        "rate": float(rate),
        "se": sqrt(variance),
        "total": float(total),
        "se_total": sqrt(variance_of_total),
        "applicable_total": float(applicable),
        "deff": float(variance / simple) if simple else nan,
        "df": sum(in_domain) - sum(d > 0 for d in in_domain),
        "cases": sum(in_domain),
    }


def sample_variance(values: list[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((value - mean) ** 2 for value in values), Fraction(0)) / (len(values) - 1)


def all_samples(
    population: list[list[Case]], sizes: list[int]
) -> Iterator[tuple[list[list[Case]], list[int]]]:
    draws = [combinations(cases, n) for cases, n in zip(population, sizes, strict=True)]
    for drawn in product(*draws):
        yield [list(cases) for cases in drawn], [len(cases) for cases in population]


def estimate(strata: list[list[Case]], population: list[int]) -> LinearEstimate:
    errors, applicable, domain = (
        [sum(case[part] for case in cases) for cases in strata] for part in range(3)
    )
    return linear_rate(errors, applicable, [len(c) for c in strata], population, domain=domain)
