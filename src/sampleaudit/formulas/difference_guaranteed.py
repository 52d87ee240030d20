"""Limits of the difference of two rates that hold with the stated probability at least.

Which procedure is used depends on the sizes of the strata alone, never on what was found: an
interval chosen after the fact, the shorter of two, holds less often than either. Limits, tails and
signs as in `differences`.
"""

from __future__ import annotations

from sampleaudit.formulas.difference_enumerated import (
    enumerated_tail,
    enumerated_upper,
    is_enumerable,
)
from sampleaudit.formulas.difference_problem import (
    Counts,
    Strata,
    build_problem,
    known_part,
    strata_of,
)
from sampleaudit.formulas.difference_proved import proved_tail, proved_upper
from sampleaudit.formulas.guaranteed import Guarantee, guaranteed_limits


def guaranteed_difference_limits(
    a: Counts, b: Counts, *, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float, Guarantee]:
    """Return limits of the rate of ``a`` less the rate of ``b``, and how their guarantee is known.

    "enumerated": designs in which every pair of caseloads can be gone through
    (`difference_enumerated`), with one stratum each up to some 300 cases read. "proved": all others
    (`difference_proved`). Where one side is known in full, the guaranteed interval of the other
    side's rate, moved.
    """
    first, second = strata_of(a), strata_of(b)
    if not first.open.any() or not second.open.any():
        return _moved(first, second, lower_tail, upper_tail)
    small = is_enumerable(first, second)
    low = -_upper(second, first, lower_tail, small=small)
    high = _upper(first, second, upper_tail, small=small)
    return low, high, "enumerated" if small else "proved"


def guaranteed_difference_tail(a: Counts, b: Counts) -> float:
    """Return the p-value of equal rates, or a higher one of ``a``, against a lower one of ``a``.

    The smallest tail whose upper limit of a - b is below 0, or, where limits are proved, a bound on
    it. Both sides need a stratum read in part.
    """
    first, second = strata_of(a), strata_of(b)
    if is_enumerable(first, second):
        return enumerated_tail(first, second, difference=0.0)
    return proved_tail(first, second)


def _upper(a: Strata, b: Strata, tail: float | None, *, small: bool) -> float:
    """Return the upper limit of the rate of a less the rate of b."""
    if not tail:
        return known_part(a, b) + float(build_problem(a, b).most) - 1
    if not small:
        return proved_upper(a, b, tail=tail)
    # an order of outcomes is no estimate: the limit takes in the difference found
    problem = build_problem(a, b)
    return max(enumerated_upper(a, b, tail=tail), known_part(a, b) + float(problem.estimate) - 1)


def _moved(
    a: Strata, b: Strata, lower_tail: float | None, upper_tail: float | None
) -> tuple[float, float, Guarantee]:
    """Return the limits where one side is known, all of it or all that was read."""
    low, high, guarantee = guaranteed_limits(
        a.x, a.n, a.N, lower_tail=lower_tail, upper_tail=upper_tail
    )
    right, wrong, other = guaranteed_limits(
        b.x, b.n, b.N, lower_tail=upper_tail, upper_tail=lower_tail
    )
    known = other if b.open.any() else guarantee
    return low / a.size - wrong / b.size, high / a.size - right / b.size, known
