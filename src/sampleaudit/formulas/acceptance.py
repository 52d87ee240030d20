"""Accept or reject a caseload by the number of errors found: probabilities and smallest samples.

Of N cases T have an error; n of them are read, k errors found. A single plan accepts if k <= c. A
double plan reads n1, accepts if k1 <= c1, rejects if k1 >= r1, and otherwise reads n2 more and
accepts if k1 + k2 <= c2. In a register counts are hypergeometric; for a process without end
(population None) they are binomial. The operating characteristic is the probability to accept as a
function of the rate of errors (Dodge and Romig 1929, Bell System Technical Journal 8:613).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, inf
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, hypergeom

from sampleaudit.formulas.hypergeometric import pmf

FloatArray = NDArray[np.float64]
_MOST: Final = 10**6  # cases read at a first stage
Stratum = tuple[int, ...]  # cases read at each stage


@dataclass(frozen=True, slots=True)
class Rule:
    """One plan: cases read, accepted up to and rejected from these numbers, stage by stage.

    The numbers are of errors found in all stages so far; at the last stage reject is accept + 1.
    """

    reviewed: tuple[int, ...]
    accept: tuple[int, ...]
    reject: tuple[int, ...]


def single(reviewed: int, accept: int) -> Rule:
    """Return the plan that reads once."""
    return Rule((reviewed,), (accept,), (accept + 1,))


def double(first: int, accept_first: int, second: int, accept: int, *, reject: int) -> Rule:
    """Return the plan that reads ``second`` more cases if accept_first < errors < reject."""
    return Rule((first, second), (accept_first, accept), (reject, accept + 1))


def decisions(
    rule: Rule,
    rate: Fraction | float,
    errors: tuple[int, ...],
    strata: tuple[tuple[int, Stratum], ...],
) -> tuple[float, float]:
    """Return P(accept) and the expected number of cases read.

    ``strata`` has for each stratum its cases and the cases read at each stage, and ``errors`` its
    T_h: the counts of the stages are added over strata before they are compared. With no strata the
    counts are binomial with this ``rate``.
    """
    most = (rule.reject[0] - 1, rule.accept[-1])  # nothing beyond these can still be accepted
    if strata:
        first, both = _register(strata, errors, most)
    else:
        first, both = _process(rule, float(rate), most)
    k = np.arange(len(first))
    accepted = float(first[k <= rule.accept[0]].sum())
    read = float(rule.reviewed[0])
    if len(rule.reviewed) == 1:
        return min(accepted, 1.0), read
    goes_on = k > rule.accept[0]
    total = k[:, None] + np.arange(both.shape[1])
    accepted += float(both[goes_on[:, None] & (total <= rule.accept[1])].sum())
    return min(accepted, 1.0), read + rule.reviewed[1] * float(first[goes_on].sum())


def _process(rule: Rule, rate: float, most: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return P(k1) and P(k1, k2) of a process, up to the counts ``most``."""
    one, two = (
        np.asarray(binom.pmf(np.arange(min(n, top) + 1), n, rate))
        for n, top in zip((*rule.reviewed, 0)[:2], most, strict=True)
    )
    return one, one[:, None] * two


def _register(
    strata: tuple[tuple[int, Stratum], ...], errors: tuple[int, ...], most: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Return P(k1) and P(k1, k2), the errors of each stage added over strata."""
    first, both = np.ones((1, 1)), np.ones((1, 1))
    for (cases, stages), wrong in zip(strata, errors, strict=True):
        own = pmf(wrong, stages[0], cases)[: most[0] + 1]
        first = _convolved(first, own[:, None], most)
        if len(stages) > 1:
            both = _convolved(both, _second(own, cases, stages, wrong)[:, : most[1] + 1], most)
    return first[:, 0], both


def _second(first: FloatArray, cases: int, stages: Stratum, errors: int) -> FloatArray:
    """Return P(k1, k2) of one stratum: the second stage is drawn from what the first one left."""
    left = cases - stages[0]
    return np.array(
        [
            pmf(errors - k, stages[1], left) * mass
            if mass > 0 and 0 <= errors - k <= left
            else np.zeros(stages[1] + 1)
            for k, mass in enumerate(first.tolist())
        ]
    )


def _convolved(one: FloatArray, other: FloatArray, most: tuple[int, int]) -> FloatArray:
    """Return the distribution of the sum of two pairs of counts, up to ``most``."""
    shape = [
        min(each, top + 1)
        for each, top in zip(np.add(one.shape, other.shape) - 1, most, strict=True)
    ]
    result = np.zeros(shape)
    for i, j in zip(*np.nonzero(one[: shape[0], : shape[1]]), strict=True):
        part = other[: shape[0] - i, : shape[1] - j]
        result[i : i + part.shape[0], j : j + part.shape[1]] += one[i, j] * part
    return result


def errors_at(rate: Fraction, population: int, *, up: bool) -> int:
    """Return the whole number of errors next to rate x N, above or below, by exact fractions."""
    return ceil(rate * population) if up else floor(rate * population)


@lru_cache(maxsize=65_536)
def at_most(found: int, reviewed: int, errors: int | Fraction, population: int | None) -> float:
    """Return P(k <= found); ``errors`` is T in a register and the rate in a process."""
    if found < 0:
        return 0.0
    if population is None:
        return float(binom.cdf(found, reviewed, float(errors)))
    return float(hypergeom.cdf(found, population, int(errors), reviewed))


def smallest_single(
    acceptable: Fraction,
    tolerable: Fraction,
    producer_risk: float,
    consumer_risk: float,
    population: int | None,
) -> Rule | None:
    """Return the smallest n, and its c, that keeps both risks; None if only a census would.

    P(k <= c) is at least 1 - producer_risk at the acceptable rate and at most consumer_risk at the
    tolerable one. For each c the smallest n of the second is sought; it rises with c, so the first
    c that satisfies both has the smallest n (Guenther 1969, Journal of Quality Technology 1:105).
    """
    good, bad = _pair(acceptable, tolerable, population)
    most = inf if population is None else population
    reviewed, accept = 1, 0
    while True:
        found = _smallest_rejecting(accept, reviewed, bad, consumer_risk, population)
        if found is None or found >= most:
            return None
        if at_most(accept, found, good, population) >= 1 - producer_risk:
            return single(found, accept)
        reviewed, accept = found + 1, accept + 1


def smallest_double(
    numbers: tuple[int, int, int],
    ratio: Fraction,
    tolerable: Fraction,
    consumer_risk: float,
    population: int | None,
) -> Rule | None:
    """Return the plan with the smallest n1 that accepts the tolerable rate at most this often.

    ``numbers`` are c1, r1 and c2, and n2 = ratio x n1, rounded up. None where even reading nearly
    everything does not do.
    """
    accept_first, reject, accept = numbers

    def plan(first: int) -> Rule:
        return double(first, accept_first, ceil(ratio * first), accept, reject=reject)

    most = _MOST if population is None else floor(population / (1 + ratio))
    low, high = 0, 1
    while high <= most and _accepted(plan(high), tolerable, population) > consumer_risk:
        low, high = high, 2 * high
    if high > most:
        high = most
        if most < 1 or _accepted(plan(most), tolerable, population) > consumer_risk:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _accepted(plan(middle), tolerable, population) > consumer_risk:
            low = middle
        else:
            high = middle
    return plan(high)


def cheapest_double(
    acceptable: Fraction,
    tolerable: Fraction,
    producer_risk: float,
    consumer_risk: float,
    population: int | None,
) -> Rule | None:
    """Return the double plan that reads fewest cases on average at the acceptable rate.

    Tried are n2 = n1 and n2 = 2 n1, c2 up to one above the single plan's c and every c1 < c2, with
    rejection after the first stage from c2 + 1 on; n1 is the smallest that keeps the consumer's
    risk. None if none of them keeps both risks.
    """
    tried = double_plans(acceptable, tolerable, producer_risk, consumer_risk, population)
    kept = [(read, place) for place, (_, accepted, read) in enumerate(tried)
            if accepted >= 1 - producer_risk]  # fmt: skip
    return tried[min(kept)[1]][0] if kept else None


def double_plans(
    acceptable: Fraction,
    tolerable: Fraction,
    producer_risk: float,
    consumer_risk: float,
    population: int | None,
) -> list[tuple[Rule, float, float]]:
    """Return the plans that `cheapest_double` tries, whether or not the producer's risk is kept.

    With each, P(accept) and the mean number of cases read at the acceptable rate.
    """
    alone = smallest_single(acceptable, tolerable, producer_risk, consumer_risk, population)
    if alone is None:
        return []
    found = []
    for ratio in (Fraction(1), Fraction(2)):
        for accept in range(1, alone.accept[0] + 2):
            for accept_first in range(accept):
                numbers = (accept_first, accept + 1, accept)
                rule = smallest_double(numbers, ratio, tolerable, consumer_risk, population)
                if rule is not None:
                    found.append((rule, *_decided(rule, acceptable, population, up=False)))
    return found


def best_accept_number(
    reviewed: int, acceptable: Fraction, tolerable: Fraction, population: int | None
) -> tuple[int, float, float]:
    """Return the c with the smallest sum of both risks, and the producer's and consumer's risk.

    The rule of lot quality assurance in health surveys; of equal sums the smaller c is taken.
    """
    good, bad = _pair(acceptable, tolerable, population)
    risks = [
        (1 - at_most(c, reviewed, good, population), at_most(c, reviewed, bad, population))
        for c in range(reviewed + 1)
    ]
    accept = min(range(reviewed + 1), key=lambda c: (round(sum(risks[c]), 12), c))
    return accept, *risks[accept]


def _pair(
    acceptable: Fraction, tolerable: Fraction, population: int | None
) -> tuple[int | Fraction, int | Fraction]:
    if population is None:
        return acceptable, tolerable
    return (
        errors_at(acceptable, population, up=False),
        errors_at(tolerable, population, up=True),
    )


def _smallest_rejecting(
    accept: int, start: int, bad: int | Fraction, risk: float, population: int | None
) -> int | None:
    """Return the smallest n >= start with P(k <= accept) <= risk: it falls as n rises."""
    most = 10**9 if population is None else population
    low, high = start - 1, max(start, accept + 1)
    while at_most(accept, min(high, most), bad, population) > risk:
        if high >= most:
            return None
        low, high = high, 2 * high
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if at_most(accept, middle, bad, population) > risk:
            low = middle
        else:
            high = middle
    return high


def _accepted(rule: Rule, rate: Fraction, population: int | None) -> float:
    return _decided(rule, rate, population, up=True)[0]


def _decided(
    rule: Rule, rate: Fraction, population: int | None, *, up: bool
) -> tuple[float, float]:
    if population is None:
        return decisions(rule, rate, (), ())
    errors = errors_at(rate, population, up=up)
    return decisions(rule, rate, (errors,), ((population, rule.reviewed),))
