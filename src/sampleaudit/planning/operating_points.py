"""One point of an operating characteristic; those of a plan with strata, by drawn outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.analysis import Analysis, tails
from sampleaudit.errors import AuditError
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.formulas.acceptance_spread import even_spread
from sampleaudit.formulas.expected_width import drawn_further, drawn_outcomes, rough_limits
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import exact_share

_DRAWN: Final = 1024  # outcomes of a plan with several strata
_TRUE: Final = 16  # of them, near the decision, whose true limits correct the rough ones
_NEAR: Final = ((1.0, 1.5, 2.0, 3.0), (0.5, 1.0))
"""Rates, of the tolerable one, at which the lower and the upper limit come near to it."""
_WHOLE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a plan does at one rate.

    ``accept``, ``reject`` and ``undecided`` are probabilities with the errors spread evenly over
    the strata; ``accept_most`` and ``accept_least`` are the largest and smallest P(accept) found
    over all places of the errors, nan where they were not sought. ``reviewed`` is the mean number
    of cases read. ``errors`` is nan for a process without end.
    """

    rate: float
    errors: float
    accept: float
    reject: float
    undecided: float
    accept_most: float
    accept_least: float
    reviewed: float


Point = Callable[[Fraction], OperatingPoint]
"""What happens at a rate, in a register a whole number of errors over its cases."""


def operating_point(
    rate: Fraction,
    population: int | None,
    accept: float,
    reject: float,
    reviewed: float,
    extremes: tuple[float, float] = (math.nan, math.nan),
) -> OperatingPoint:
    """Return the point of a rate; what is neither accepted nor rejected is undecided."""
    left = 1 - accept - reject
    return OperatingPoint(
        rate=float(rate),
        errors=math.nan if population is None else float(rate * population),
        accept=accept,
        reject=reject,
        undecided=left if left > _WHOLE else 0.0,
        accept_most=extremes[0],
        accept_least=extremes[1],
        reviewed=reviewed,
    )


def tolerable_rate(plan: Plan) -> Fraction:
    """Return the rate up to which a plan accepts; refuse a plan without one."""
    if plan.analysis.tolerable is None:
        raise AuditError("The plan has no tolerable rate; give tolerable when it is made.")
    return exact_share(plan.analysis.tolerable, name="tolerable")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the findings: the cases read by stratum, and how they are analysed then."""

    counts: IntArray
    analysis: Analysis

    @property
    def sides(self) -> tuple[int, ...]:
        """The limits that there are: 0 the lower one, 1 the upper one."""
        return {"both": (0, 1), "upper": (1,), "lower": (0,)}[self.analysis.side]

    def rough(self, e: IntArray, sizes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return rough limits of outcomes [outcome, stratum]."""
        lower, upper = tails(self.analysis.level_each, self.analysis.side)
        a = np.broadcast_to(self.counts, e.shape).astype(np.int64)
        _, low, high = rough_limits(e, a, self.counts, sizes, lower_tail=lower, upper_tail=upper)
        return low, high


def point_of_strata(looks: Sequence[Look], sizes: IntArray, bound: float) -> Point:
    """Return the point of looks at a sample with strata, one look or several.

    The rough limits are corrected near the decision; the first look that decides ends the reading.
    """
    if any(bool((look.counts == 0).any()) for look in looks):
        raise AuditError("A stratum is not read at all, so no limit can be within tolerable.")
    population = int(sizes.sum())
    rules = [{side: _rule(look, side, bound, sizes) for side in look.sides} for look in looks]

    def point(rate: Fraction) -> OperatingPoint:
        wrong = even_spread(int(rate * population), sizes)
        e = _drawn(looks[0], wrong, sizes)
        undecided = np.ones(len(e), dtype=np.bool_)
        accept = reject = reviewed = 0.0
        for stage, look in enumerate(looks):
            if stage:
                before = looks[stage - 1].counts
                e = drawn_further(e, before, look.counts - before, sizes, wrong, stage=stage)
            limits = look.rough(e, sizes)
            within = {side: rule(e, limits[side]) for side, rule in rules[stage].items()}
            accepts = undecided & within.get(1, np.zeros_like(undecided))
            rejects = undecided & ~within.get(0, np.ones_like(undecided))
            accept, reject = accept + float(accepts.mean()), reject + float(rejects.mean())
            ends = accepts | rejects if look is not looks[-1] else undecided
            reviewed += float(ends.mean()) * int(look.counts.sum())
            undecided = undecided & ~ends
        return operating_point(rate, population, accept, reject, reviewed)

    return point


def _drawn(look: Look, wrong: IntArray, sizes: IntArray) -> IntArray:
    own = sizes.astype(np.float64)
    return drawn_outcomes(look.counts, sizes, own, wrong.astype(np.float64), points=_DRAWN)[1]


def _rule(
    look: Look, side: int, bound: float, sizes: IntArray
) -> Callable[[IntArray, FloatArray], NDArray[np.bool_]]:
    """Return what tells of outcomes and their rough limits whether the limit is within the bound.

    Of the outcomes whose limit is nearest to the bound the true one is worked out; it decides
    there, and its mean distance from the rough one corrects the rough ones elsewhere.
    """
    population = int(sizes.sum())
    totals = [min(round(bound * population * factor), population) for factor in _NEAR[side]]
    drawn = np.concatenate([_drawn(look, even_spread(total, sizes), sizes) for total in totals])
    e = np.unique(drawn, axis=0)
    limits = look.rough(e, sizes)[side]
    n, cases = tuple(look.counts.tolist()), tuple(sizes.tolist())
    options = look.analysis.level_each, look.analysis.side, look.analysis.method
    true: dict[tuple[int, ...], float] = {}
    shift = 0.0
    for _ in range(2):  # the second time where the corrected ones are nearest
        off = []
        for row in np.argsort(np.abs(limits + shift - bound), kind="stable")[:_TRUE].tolist():
            errors = tuple(e[row].tolist())
            found = known_size_limits(errors, n, cases, *options)
            true[errors] = found.rate_high if side else found.rate_low
            off.append(true[errors] - float(limits[row]))
        shift = float(np.mean(off))

    def within(outcomes: IntArray, rough: FloatArray) -> NDArray[np.bool_]:
        keys = (tuple(row) for row in outcomes.tolist())
        pairs = zip(keys, (rough + shift).tolist(), strict=True)
        return np.array([true.get(key, limit) <= bound for key, limit in pairs], dtype=np.bool_)

    return within
