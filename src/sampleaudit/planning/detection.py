"""How many cases must be read for an error to be found, if errors are no rarer than a rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns, check_level
from sampleaudit.errors import AuditError
from sampleaudit.estimates.limits import known_size_limits
from sampleaudit.formulas.hypergeometric import ROUNDING, IntArray
from sampleaudit.formulas.sizes import least_errors, miss_chance, smallest
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.demands import Share, Sharing, exact_share, probability, sharing
from sampleaudit.planning.made import made_plan


def plan_for_detection(
    frame: Frame,
    rate: Share,
    *,
    power: float | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    level: float = 0.95,
    side: Side = "upper",
    method: Method = "guaranteed",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the smallest sample that finds an error with probability ``power``.

    That is P(at least one error is found) >= power, ``level`` unless given, when the error rate is
    ``rate`` or more, wherever in the strata the errors are: exact, over the worst way they can lie.
    So where none is found the rate is under ``rate``, with that confidence, and the plan carries
    the one-sided guaranteed interval, which shall say the same: where with several strata it would
    say a little more, the sample is made so much larger. That is left out with another ``side`` or
    a ``power`` of its own; the limit if none is found stands in the plan's ``goal``. Raises
    `AuditError` for a rate of 0.
    """
    check_level(level)
    chance = level if power is None else probability(power, name="power")
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source
    )
    wanted = exact_share(rate, name="rate")
    if wanted == 0:
        raise AuditError(
            f"rate is 0: what no case has cannot be found. The smallest rate that this register "
            f"can have is one case in {frame.size}."
        )
    errors = least_errors(frame.size, wanted)
    share = sharing(frame, allocation, minimum)
    sizes = share.population

    def holds(size: int) -> bool:
        missed, _ = miss_chance(share.counts(size), sizes, errors)
        return missed <= (1 - chance) * (1 + ROUNDING)

    guess = int(np.ceil(np.log1p(-chance) / np.log1p(-min(float(wanted), 0.999))))
    size = smallest(holds, least=share.least, most=frame.size, guess=guess)
    if side == "upper" and power is None:
        size = _size_by_limit(share, size, errors, analysis)
    counts = share.counts(size)
    missed, worst = miss_chance(counts, sizes, errors)
    goal = {
        "kind": "detection",
        "rate": float(wanted),
        "errors": errors,
        "power": chance,
        "chance_of_finding": 1 - missed,
        "worst_place": [int(number) for number in worst],
        "upper_limit_if_none": _limit_if_none(counts, sizes, analysis),
    }
    return made_plan(frame, counts, analysis, allocation, goal)


def _size_by_limit(share: Sharing, start: int, errors: int, analysis: Analysis) -> int:
    """Return the size from ``start`` on with an upper limit under so many errors if none is found.

    With one stratum that is ``start``. A method that gives no interval then decides nothing, nor
    does a single error: the limit of what is not a census is one case at least.
    """
    sizes = share.population
    if len(sizes) == 1 or errors == 1:
        return start
    bound = errors / int(sizes.sum()) * (1 - ROUNDING)

    def holds(size: int) -> bool:
        return _limit_if_none(share.counts(size), sizes, analysis) < bound

    if math.isnan(_limit_if_none(share.counts(start), sizes, analysis)):
        return start
    return smallest(holds, least=start, most=int(sizes.sum()), guess=start)


def _limit_if_none(counts: IntArray, sizes: IntArray, analysis: Analysis) -> float:
    none = tuple(0 for _ in counts)
    read, cases = tuple(counts.tolist()), tuple(sizes.tolist())
    limits = known_size_limits(none, read, cases, analysis.level, analysis.side, analysis.method)
    return float(limits.rate_high)
