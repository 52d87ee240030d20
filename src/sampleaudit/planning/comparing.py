"""How many cases must be read for a difference to be found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from sampleaudit.analysis import Analysis, MissingRule, as_columns, check_level
from sampleaudit.comparison.questions import QUESTIONS, Question
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.interval import checked_counts
from sampleaudit.formulas.sizes import settled_size, smallest
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.comparison_power import (
    Direction,
    Labels,
    Side,
    power_of_sides,
    rough_power,
    smallest_step,
    text_of,
    two_sides,
)
from sampleaudit.planning.demands import Share, Sharing, exact_share, probability, sharing
from sampleaudit.planning.forecast import Target, targets
from sampleaudit.planning.made import made_plan

_AHEAD: Final = 20  # sizes after the first that has the power
_AHEAD_DRAWN: Final = 3


def plan_for_comparison(
    frame: Frame,
    rates: Mapping[Labels, Share],
    *,
    by: str | Sequence[str],
    power: float = 0.8,
    question: Question = "register",
    allocation: Allocation = "proportional",
    minimum: int = 2,
    level: float = 0.95,
    missing: MissingRule = "error",
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the smallest sample that finds two domains' rates different with probability ``power``.

    ``rates`` maps two domains of the ``by`` columns to the rates (shares of 1) that are to be told
    apart; the test is the two-sided one of `compare_pairs` for one pair, at 1 - level. ``question``
    is about the registers as they are, or the processes behind them. From the planned size on the
    power stays: exact where each domain is one stratum, else over a fixed sample of outcomes, by
    the test for many strata (with few, `compare_pairs` finds a little more in small samples).
    Raises `AuditError` where reading every case would not do, and says what would be found.
    """
    columns = as_columns(by, name="by")
    wanted = probability(power, name="power")
    first, second = two_sides(frame, rates, columns)
    return _planned(
        frame, (first, second), wanted, question, sharing(frame, allocation, minimum),
        Analysis(level, "both", "profile", missing, columns, tolerable, seed_source),
        {"by": list(columns), "rates": {text_of(key): float(exact_share(rate, name="rates"))
                                        for key, rate in rates.items()}},
    )  # fmt: skip


def plan_for_period(
    frame: Frame,
    rates: tuple[Share, Share],
    *,
    before: tuple[Any, Any],
    power: float = 0.8,
    question: Question = "register",
    allocation: Allocation = "proportional",
    minimum: int = 2,
    level: float = 0.95,
    missing: MissingRule = "error",
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the smallest sample that finds a change since an earlier audit.

    ``rates`` are the rate then and the rate now (shares of 1) that are to be told apart; ``before``
    is what was read then: cases reviewed and cases in the register, numbers or one entry per
    stratum in each. Power, question and errors as `plan_for_comparison`; no case need be in both.
    """
    wanted = probability(power, name="power")
    if not isinstance(rates, Sequence) or isinstance(rates, str) or len(rates) != 2:
        raise AuditError(f"rates is {rates!r}; give the rate before and the rate now.")
    if not isinstance(before, Sequence) or isinstance(before, str) or len(before) != 2:
        raise AuditError(f"before is {before!r}; give cases reviewed and cases in the register.")
    then, now = (exact_share(rate, name="rates") for rate in rates)
    zero = np.zeros_like(np.atleast_1d(np.asarray(before[0], dtype=object))).tolist()
    _, read, cases = checked_counts(zero, before[0], before[1])
    (target,) = targets(frame, {None: np.full(len(frame.strata), float(now))}, None, ())
    sizes = np.array(cases, dtype=np.int64)
    whole = sizes.astype(np.float64)
    earlier = Target(
        None, (), np.arange(len(cases)), sizes, whole, whole * float(then), size_known=True
    )
    return _planned(
        frame, (Side(earlier, np.array(read, dtype=np.int64)), Side(target, None)), wanted,
        question, sharing(frame, allocation, minimum),
        Analysis(level, "both", "profile", missing, (), tolerable, seed_source),
        {"rates": {"before": float(then), "now": float(now)},
         "reviewed_before": list(read), "population_before": list(cases)},
    )  # fmt: skip


def _planned(
    frame: Frame,
    sides: tuple[Side, Side],
    power: float,
    question: Question,
    share: Sharing,
    analysis: Analysis,
    about: Mapping[str, Any],
) -> Plan:
    check_level(analysis.level)
    one_of("question", question, tuple(QUESTIONS))
    alpha = 1 - analysis.level
    rates = [side.target.rate for side in sides]
    if rates[0] == rates[1]:
        raise AuditError(
            f"rates are both {rates[0]:g}; give two that differ, by as much as is to be found."
        )
    everything = share.counts(frame.size)
    best = power_of_sides(sides, everything, question, alpha)
    if best < power:
        direction: Direction = "up" if rates[1] > rates[0] else "down"
        difference = smallest_step(
            sides,
            exact_share(rates[0], name="rates"),
            direction,
            everything,
            power,
            question,
            alpha,
        )
        found = "no larger one would be"
        if not math.isnan(difference):
            found = f"one of {difference:.3g} would be"
        raise AuditError(
            f"power is {power:g}, but with every case read the difference of {rates[0]:g} and "
            f"{rates[1]:g} is found with probability {best:.2g} only; {found} found as often. Ask "
            f"for a power of {best:.2g} or less, or for a larger difference."
        )

    known: dict[bytes, float] = {}  # sizes that differ in other strata only are alike

    def value(size: int) -> float:
        counts = share.counts(size)
        key = b"|".join(side.reviewed(counts).tobytes() for side in sides)
        if key not in known:
            known[key] = 1 - power_of_sides(sides, counts, question, alpha)
        return known[key]

    def roughly(size: int) -> bool:
        return rough_power(sides, share.counts(size), question, alpha) >= power

    guess = min(frame.size, 200)
    start = smallest(roughly, least=share.least, most=frame.size, guess=guess)
    exact = all(side.target.is_one_stratum for side in sides)
    size = settled_size(
        value, 1 - power, start=start, least=share.least, most=frame.size,
        ahead=_AHEAD if exact else _AHEAD_DRAWN,
    )  # fmt: skip
    counts = share.counts(size)
    goal = {
        "kind": "comparison",
        **about,
        "question": question,
        "power": power,
        "expected_power": power_of_sides(sides, counts, question, alpha),
    }
    return made_plan(frame, counts, analysis, share.allocation, goal)
