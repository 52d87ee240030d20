"""Which differences a planned sample finds: the power of its comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np

from sampleaudit.analysis import as_columns
from sampleaudit.comparison.questions import QUESTIONS, Question
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.formulas.expected_width import drawn_outcomes, side_of_outcomes
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.power import ENDLESS, normal_power, power_of_counts, share_rejected
from sampleaudit.formulas.sizes import smallest
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import Share, exact_share, probability
from sampleaudit.planning.forecast import Target, targets

Labels = Any
"""A domain: the value of the ``by`` column, or a tuple of values where there are several."""
Direction = Literal["up", "down"]

POINTS: Final = 1024
"""Outcomes drawn where a side adds up the counts of several strata."""


def power_of_comparison(
    plan: Plan, rates: Mapping[Labels, Share], *, by: str | Sequence[str], question: Question
) -> float:
    """Return the probability that a planned sample finds two domains different.

    Rates, question and test as in `plan_for_comparison`, the level as in the plan.
    """
    one_of("question", question, tuple(QUESTIONS))
    sides = two_sides(plan.frame, rates, as_columns(by, name="by"))
    counts = _counts(plan)
    return power_of_sides(sides, counts, question, 1 - plan.analysis.level)


def smallest_difference(
    plan: Plan,
    rate: Share,
    *,
    by: str | Sequence[str],
    between: tuple[Labels, Labels],
    power: float = 0.8,
    question: Question = "register",
    direction: Direction = "up",
) -> float:
    """Return how far a second domain's rate must be from the first's to be found by a plan.

    The smallest difference (a share of 1, in whole cases of the second domain), upwards or
    downwards, that is found with probability ``power`` when the first domain has this ``rate``; nan
    where even a rate of 1, or 0, would not be. Test as in `plan_for_comparison`.
    """
    one_of("question", question, tuple(QUESTIONS))
    one_of("direction", direction, ("up", "down"))
    wanted = probability(power, name="power")
    columns = as_columns(by, name="by")
    base = exact_share(rate, name="rate")
    if len(between) != 2:
        raise AuditError(f"between is {between!r}; name two domains.")
    sides = two_sides(plan.frame, dict.fromkeys(between, base), columns)
    return smallest_step(
        sides, base, direction, _counts(plan), wanted, question, 1 - plan.analysis.level
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its rate and cells; ``read`` is given where it does not follow from the plan."""

    target: Target
    read: IntArray | None

    def with_rate(self, rate: float) -> Side:
        """Return the side with another rate, the same everywhere."""
        target = self.target
        changed = Target(
            target.indicator, target.labels, target.inside, target.population, target.own,
            target.own * rate, target.size_known,
        )  # fmt: skip
        return Side(changed, self.read)

    def reviewed(self, counts: IntArray) -> IntArray:
        """Return the cases read in its strata when ``counts`` are read in all strata."""
        return counts[self.target.inside] if self.read is None else self.read


def power_of_sides(
    sides: tuple[Side, Side], counts: IntArray, question: Question, alpha: float
) -> float:
    """Return the probability that the sides are found different."""
    more = ENDLESS if question == "process" else 1
    read = [side.reviewed(counts) for side in sides]
    sizes = [side.target.population * more for side in sides]
    if all(bool((n == size).all()) for n, size in zip(read, sizes, strict=True)):
        return float(sides[0].target.rate != sides[1].target.rate)
    if all(side.target.is_one_stratum for side in sides):
        return power_of_counts(
            (int(read[0][0]), int(read[1][0])),
            (int(sizes[0][0]), int(sizes[1][0])),
            (float(sides[0].target.errors[0] * more), float(sides[1].target.errors[0] * more)),
            alpha=alpha,
        )
    outcomes = []
    for place, (side, n, size) in enumerate(zip(sides, read, sizes, strict=True)):
        own, errors = side.target.own * more, side.target.errors * more
        a, e = drawn_outcomes(n, size, own, errors, points=POINTS)
        order = np.random.default_rng(place).permutation(POINTS)  # sides are independent
        outcomes.append((a[order], e[order], n, size))
    some = np.asarray(outcomes[0][0].any(axis=1) & outcomes[1][0].any(axis=1))
    if not some.any():
        return 0.0
    first, second = (side_of_outcomes(e[some], a[some], n, size) for a, e, n, size in outcomes)
    together = np.zeros(int(some.sum()))
    return share_rejected(first, second, together, alpha=alpha) * float(some.mean())


def rough_power(
    sides: tuple[Side, Side], counts: IntArray, question: Question, alpha: float
) -> float:
    """Return the power by the normal distribution."""
    variance = 0.0
    for side in sides:
        target, n = side.target, side.reviewed(counts) * side.target.own / side.target.population
        rho = target.errors / target.own
        left = 1.0 if question == "process" else np.maximum(1 - n / target.own, 0.0)
        each: FloatArray = target.own**2 * rho * (1 - rho) / np.maximum(n, 0.5) * left
        variance += float(each.sum()) / target.size**2
    difference = sides[0].target.rate - sides[1].target.rate
    return normal_power(difference, math.sqrt(variance), alpha=alpha)


def smallest_step(
    sides: tuple[Side, Side],
    base: Fraction,
    direction: Direction,
    counts: IntArray,
    power: float,
    question: Question,
    alpha: float,
) -> float:
    """Return the smallest step of the second rate that is found; nan where none is."""
    first, second = sides[0].with_rate(float(base)), sides[1]
    size = round(second.target.size)
    up = direction == "up"
    nearest = math.floor(base * size) + 1 if up else math.ceil(base * size) - 1
    most = size - nearest if up else nearest

    def rate(step: int) -> float:
        return (nearest + (step if up else -step)) / size

    def holds(step: int) -> bool:
        return (
            power_of_sides((first, second.with_rate(rate(step))), counts, question, alpha) >= power
        )

    if most < 0 or not holds(most):
        return math.nan
    step = smallest(holds, least=0, most=most, guess=math.ceil(size / 10))
    return abs(rate(step) - float(base))


def two_sides(
    frame: Frame, rates: Mapping[Labels, Share], columns: tuple[str, ...]
) -> tuple[Side, Side]:
    """Return the two domains that rates are given for; refuse anything else."""
    if not isinstance(rates, Mapping) or len(rates) != 2:
        raise AuditError(f"rates is {rates!r}; it must map two domains to their rates.")
    found = []
    for label, rate in rates.items():
        share = float(exact_share(rate, name="rates"))
        every = targets(frame, {None: np.full(len(frame.strata), share)}, None, columns)
        key = label if isinstance(label, tuple) else (label,)
        wanted = tuple(str(value) for value in key)
        chosen = [target for target in every if target.labels == wanted]
        if not chosen:
            known = first_few([" / ".join(target.labels) for target in every])
            raise AuditError(
                f"rates names {text_of(label)!r}, which is not a domain of {', '.join(columns)}; "
                f"there are {known}."
            )
        found.append(Side(chosen[0], None))
    return found[0], found[1]


def _counts(plan: Plan) -> IntArray:
    return np.asarray(plan.table["sampled"].to_numpy(), dtype=np.int64)


def text_of(label: Labels) -> str:
    """Return a domain's name for messages."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
