"""Plans to accept or reject a caseload in strata, whose risks hold wherever the errors lie.

Cases are shared out in proportion at every stage. The risks are those of the worst places of the
errors that are found (`sampleaudit.formulas.acceptance_spread`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from sampleaudit.formulas.acceptance import (
    Rule,
    decisions,
    double_plans,
    errors_at,
    single,
    smallest_single,
)
from sampleaudit.formulas.acceptance_spread import (
    Extreme,
    even_spread,
    extreme_acceptance,
    extreme_double,
)
from sampleaudit.formulas.allocation import whole_allocation
from sampleaudit.formulas.hypergeometric import IntArray

_NEARLY: Final = 0.02  # by how much strata may better the producer's risk of a plan without them


def shared_cases(size: int, sizes: IntArray) -> IntArray:
    """Return the cases by stratum, in proportion, at least one of each where there are enough."""
    least = 1 if size >= len(sizes) else 0
    return whole_allocation(size, sizes, rule="nearest", minimum=least, population=sizes)


def worst_acceptance(
    rule: Rule, sizes: IntArray, errors: int, extreme: Extreme, *, enough: float | None = None
) -> float:
    """Return the largest or smallest P(accept) found over the places of so many errors.

    Where it is beyond ``enough`` it need not be the largest or smallest.
    """
    stages = np.array([shared_cases(int(n), sizes) for n in np.cumsum(rule.reviewed)])
    if len(stages) == 1:
        return extreme_acceptance(
            rule.accept[0], stages[0], sizes, errors, extreme=extreme, enough=enough
        )[0]
    steps = np.array([stages[0], stages[1] - stages[0]])
    return extreme_double(rule, steps, sizes, errors, extreme=extreme, enough=enough)[0]


def single_in_strata(
    sizes: IntArray, good: Fraction, bad: Fraction, risks: tuple[float, float]
) -> Rule | None:
    """Return the smallest plan found, from the one without strata on, that keeps both risks."""
    total = int(sizes.sum())
    few, many = errors_at(good, total, up=False), errors_at(bad, total, up=True)
    start = smallest_single(good, bad, *risks, total)
    if start is None:
        return None

    def accepts_bad(n: int, accept: int) -> bool:
        return worst_acceptance(single(n, accept), sizes, many, "most", enough=risks[1]) > risks[1]

    def rejects_good(n: int, accept: int) -> bool:
        least = 1 - risks[0]
        return worst_acceptance(single(n, accept), sizes, few, "least", enough=least) < least

    n, accept = max(start.reviewed[0], len(sizes)), start.accept[0]
    while n < total:
        if accepts_bad(n, accept):
            n += 1
        elif rejects_good(n, accept):
            accept += 1
        else:
            while n > len(sizes) and not accepts_bad(n - 1, accept):
                if rejects_good(n - 1, accept):
                    break
                n -= 1
            return single(n, accept)
    return None


def double_in_strata(
    sizes: IntArray, good: Fraction, bad: Fraction, risks: tuple[float, float]
) -> Rule | None:
    """Return the double plan found that keeps both risks and reads fewest cases on average.

    Tried are the plans that are tried without strata; each is given more cases until the consumer's
    risk is kept wherever the errors are. The mean number read is that of the acceptable rate, with
    the errors spread evenly.
    """
    total = int(sizes.sum())
    few, many = errors_at(good, total, up=False), errors_at(bad, total, up=True)
    best: tuple[float, Rule] | None = None
    tried = double_plans(good, bad, *risks, total)
    for rule, accepted, read in sorted(tried, key=lambda each: each[2]):
        if best is not None and read >= best[0]:
            break
        if accepted < 1 - risks[0] - _NEARLY or rule.reviewed[0] < len(sizes):
            continue
        larger = _until_kept(rule, sizes, many, risks[1])
        least = 1 - risks[0]
        if larger is None or (worst_acceptance(larger, sizes, few, "least", enough=least) < least):
            continue
        mean = _mean_read(larger, sizes, few)
        if best is None or mean < best[0]:
            best = mean, larger
    return None if best is None else best[1]


def _until_kept(rule: Rule, sizes: IntArray, many: int, risk: float) -> Rule | None:
    """Return the plan with so many more cases that the consumer's risk is kept."""
    ratio = Fraction(rule.reviewed[1], rule.reviewed[0])
    first, total = rule.reviewed[0], int(sizes.sum())
    while True:
        second = round(ratio * first)
        if first + second >= total:
            return None
        larger = replace(rule, reviewed=(first, second))
        if worst_acceptance(larger, sizes, many, "most", enough=risk) <= risk:
            return larger
        first += 1


def _mean_read(rule: Rule, sizes: IntArray, errors: int) -> float:
    stages = [shared_cases(int(n), sizes) for n in np.cumsum(rule.reviewed)]
    strata = tuple((int(N), (int(a), int(b - a))) for N, a, b in zip(sizes, *stages, strict=True))
    spread = tuple(even_spread(errors, sizes).tolist())
    return decisions(rule, 0.0, spread, strata)[1]
