"""Comparisons worked out by themselves: what `difference_interval` says, or nan and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.comparison.arms import ENDLESS, Arm, Facts
from sampleaudit.comparison.questions import ComparisonMethod, Question
from sampleaudit.comparison.tested import UNKNOWN, Tested
from sampleaudit.estimates.difference import difference_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW_STRATA: Final = 6
"""Strata read in part, of both sides together, up to which `difference_interval` takes the
arrangement of the errors over the strata into account; beyond, it hardly matters."""
MOST_ALONE: Final = 500
"""Comparisons of few strata, in one table, up to which each has its `difference_interval`, a tenth
of a second or two; of more than that all are worked out at once (``profile-moments``)."""
_ROUNDING: Final = 1e-12  # differences nearer than this are the same

NOTHING_READ: Final = "no case that counts was read on this side"
NOTHING_READ_OTHER: Final = "no case that counts was read on the other side"
UNREAD: Final = "strata unread: no interval where cases do not apply or domains cross strata"
NO_PROCESS: Final = (
    "about the process no interval is at hand with several strata where it must be guaranteed or "
    "strata are unread; question='register', or method='profile' with all strata read, gives one"
)
NO_GUARANTEE: Final = "no guaranteed interval where cases do not apply; 'profile' gives one"


def stand_alone(
    facts: Sequence[Facts],
    pairs: NDArray[np.intp],
    *,
    question: Question,
    method: ComparisonMethod,
) -> NDArray[np.bool_]:
    """Tell which pairs of arms are worked out by themselves, not all at once.

    Those of which a side has nothing that counts or strata unread, guaranteed ones, and about the
    register unions of strata of which few were read in part, unless there are very many.
    """
    if method == "guaranteed":
        return np.ones(len(pairs), dtype=np.bool_)
    none = np.array([not each.applicable or each.unread > 0 for each in facts])
    whole = np.array([each.whole for each in facts])
    opened = np.array([each.open for each in facts])[pairs].sum(axis=1)
    few = (opened > 2) & (opened <= FEW_STRATA)  # two are not several on either side
    exact = few & whole[pairs].all(axis=1) & (question == "register")
    return np.asarray(none[pairs].any(axis=1) | (exact & (exact.sum() <= MOST_ALONE)))


def result_of(
    arms: tuple[Arm, Arm],
    facts: tuple[Facts, Facts],
    *,
    level: float,
    question: Question,
    method: ComparisonMethod,
) -> Tested:
    """Return what is found of one pair that stands alone."""
    for each, remark in zip(facts, (NOTHING_READ, NOTHING_READ_OTHER), strict=True):
        if not each.applicable:
            return replace(UNKNOWN, method=method, remarks=(remark,))
    whole = all(each.whole for each in facts)
    unread = any(each.unread for each in facts)
    several = question == "process" and any(each.open > 1 for each in facts)
    if several and (method == "guaranteed" or (unread and whole)):
        return replace(UNKNOWN, method=method, remarks=(NO_PROCESS,))
    if method == "guaranteed" and not all(each.as_strata for each in facts):
        return _refused(NO_GUARANTEE)
    if method != "guaranteed" and unread and not whole:
        return _refused(UNREAD)
    return _interval(arms, (facts[0].rate, facts[1].rate), level, question, method)


def _refused(remark: str) -> Tested:
    return replace(UNKNOWN, method="profile", remarks=(remark,))


def _interval(
    arms: tuple[Arm, Arm],
    rates: tuple[float, float],
    level: float,
    question: Question,
    method: ComparisonMethod,
) -> Tested:
    """Return what `difference_interval` says of two arms whose cells are strata of known size."""
    more = int(ENDLESS) if question == "process" else 1
    first, second = (_counts_of(arm, more) for arm in arms)
    found = difference_interval(first, second, level=level, method=method)
    low, high, p = found.low, found.high, found.p_value
    difference = rates[0] - rates[1]
    if abs(difference - found.difference) > _ROUNDING:  # domains: the ratio's estimate is shown
        low, high = min(low, difference), max(high, difference)
    return Tested(low, high, p, method, found.guarantee)


def _counts_of(arm: Arm, more: int) -> tuple[list[int], list[int], list[int]]:
    """Return errors, reviewed and population of each cell that has cases."""
    own = np.zeros(0, dtype=np.int64) if arm.own is None else arm.own
    has = own > 0
    return (
        arm.errors[has].tolist(),
        arm.reviewed[has].tolist(),
        (own[has] * more).tolist(),
    )
