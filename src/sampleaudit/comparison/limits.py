"""Limits and p-values of many differences at once, by the method that fits each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Guarantee
from sampleaudit.comparison.arms import ENDLESS, Arm
from sampleaudit.comparison.questions import ComparisonMethod, Question
from sampleaudit.estimates.difference import difference_interval
from sampleaudit.formulas.sides import (
    CountSide,
    CurveSide,
    Side,
    count_sides,
    joined,
    open_cells,
    rows_of,
    sides_of_cells,
)
from sampleaudit.formulas.sides_difference import (
    limits_of_differences,
    tails_of_differences,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW_STRATA: Final = 6
"""Strata read in part, of both sides together, up to which `difference_interval` takes the
arrangement of the errors over the strata into account; beyond, it hardly matters."""
_ROUNDING: Final = 1e-12  # a limit or difference this near to 0 is 0
_ROWS: Final = 4_000  # comparisons worked on at once, to spare memory

NOTHING_READ: Final = "no case that counts was read on this side"
NOTHING_READ_OTHER: Final = "no case that counts was read on the other side"
UNREAD: Final = "strata unread: no interval where cases do not apply or domains cross strata"
NO_PROCESS: Final = (
    "about the process no interval is at hand with several strata where it must be guaranteed or "
    "strata are unread; question='register', or method='profile' with all strata read, gives one"
)
NO_GUARANTEE: Final = "no guaranteed interval where cases do not apply; 'profile' gives one"


@dataclass(frozen=True, slots=True)
class Tested:
    """The limits of one difference (shares of 1) and the p-value of equal rates."""

    low: float
    high: float
    p_value: float
    method: str
    guarantee: Guarantee
    remarks: tuple[str, ...] = ()


UNKNOWN: Final = Tested(math.nan, math.nan, math.nan, "", "none")


def results_of(
    families: Sequence[Sequence[Arm]],
    pairs: Sequence[tuple[int, int]],
    *,
    level: float,
    question: Question,
    method: ComparisonMethod,
    known: Sequence[Tested | None] = (),
) -> list[Tested]:
    """Return what each pair of arms says, family by family; p < 1 - level exactly if 0 is outside.

    A family has the arms of one indicator, and ``pairs`` are the same in each. The two arms of a
    pair hold different cases. Where the sizes of both are known and few strata were read in part,
    or the method is ``guaranteed``, it is what `difference_interval` gives. ``known`` results are
    taken as they are.
    """
    arms = [arm for family in families for arm in family]
    first = np.cumsum([0, *(len(family) for family in families)])
    every = [(start + i, start + j) for start in first[:-1].tolist() for i, j in pairs]
    found = [
        one or _one_by_one(arms[i], arms[j], level, question, method)
        for one, (i, j) in zip(known or [None] * len(every), every, strict=True)
    ]
    rest = [place for place, known in enumerate(found) if known is None]
    sides = _Sides.build(families, question) if rest else None
    for start in range(0, len(rest), _ROWS):
        places = rest[start : start + _ROWS]
        some = sides.results([every[place] for place in places], level) if sides else []
        for place, each in zip(places, some, strict=True):
            found[place] = each
    return [each for each in found if each is not None]


def limits_and_p(
    sides: tuple[Side, Side], level: float, together: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lower and upper limits and p-values of rows of sides."""
    a, b = sides
    alpha = 1 - level
    low, high = limits_of_differences(
        a, b, lower_tail=alpha / 2, upper_tail=alpha / 2, together=together
    )
    p = p_values(a, b, together)
    difference = a.estimate - b.estimate
    low, high = np.minimum(low, difference), np.maximum(high, difference)
    low, high = (np.where(np.abs(each) <= _ROUNDING, 0.0, each) for each in (low, high))
    outside = (low > 0) | (high < 0)
    # the two are found apart; the last digits must not tell a story of their own
    p = np.where(outside, np.minimum(p, math.nextafter(alpha, 0)), np.maximum(p, alpha))
    return low, high, p


def p_values(a: Side, b: Side, together: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two-sided p-values of equal rates: twice the smaller tail."""
    zero = np.zeros(len(together))
    lower = tails_of_differences(a, b, zero, together=together)
    upper = tails_of_differences(b, a, zero, together=together)
    return np.asarray(np.minimum(2 * np.minimum(lower, upper), 1.0))


@dataclass(frozen=True, slots=True)
class _Sides:
    """All arms as sides of one kind or the other."""

    arms: Sequence[Arm]
    question: Question
    counts: CountSide
    curves: CurveSide
    place: NDArray[np.intp]  # of each arm among those of its kind
    is_count: NDArray[np.bool_]

    @classmethod
    def build(cls, families: Sequence[Sequence[Arm]], question: Question) -> _Sides:
        parts = [sides_of(family, question) for family in families]
        is_count = np.concatenate([part[2] for part in parts])
        return cls(
            arms=[arm for family in families for arm in family],
            question=question,
            counts=joined([part[0] for part in parts]),
            curves=joined([part[1] for part in parts]),
            place=np.where(is_count, np.cumsum(is_count), np.cumsum(~is_count)) - 1,
            is_count=is_count,
        )

    def results(self, pairs: Sequence[tuple[int, int]], level: float) -> list[Tested]:
        """Return what pairs say, those with sides of the same kinds together."""
        found: list[Tested | None] = [None] * len(pairs)
        index = np.array(pairs)
        kinds = self.is_count[index]
        for first in (True, False):
            for second in (True, False):
                rows = np.flatnonzero((kinds[:, 0] == first) & (kinds[:, 1] == second))
                if not len(rows):
                    continue
                sides = (
                    self._side(index[rows, 0], is_count=first),
                    self._side(index[rows, 1], is_count=second),
                )
                together = np.array([
                    _together(self.arms[i], self.arms[j], self.question) for i, j in index[rows]
                ])  # fmt: skip
                low, high, p = limits_and_p(sides, level, together)
                for row, *values in zip(rows, low.tolist(), high.tolist(), p.tolist(), strict=True):
                    i, j = index[row]
                    method, guarantee = self._name(
                        self.arms[i], self.arms[j], both_counts=first and second
                    )
                    found[row] = Tested(values[0], values[1], values[2], method, guarantee)
        return [each for each in found if each is not None]

    def _side(self, which: NDArray[np.intp], *, is_count: bool) -> Side:
        if is_count:
            return rows_of(self.counts, self.place[which])
        return rows_of(self.curves, self.place[which])

    def _name(self, a: Arm, b: Arm, *, both_counts: bool) -> tuple[str, Guarantee]:
        if self.question == "register" and _open(a) + _open(b) <= 1 and a.whole and b.whole:
            return "profile", "proved"
        if not (a.whole and b.whole):
            return "profile-ratio", "measured"
        return ("profile" if both_counts else "profile-moments"), "measured"


def sides_of(
    arms: Sequence[Arm], question: Question
) -> tuple[CountSide, CurveSide, NDArray[np.bool_]]:
    """Return the arms of one indicator that are one count, the others, and which are which."""
    rows = zip(*(arm.cells(process=question == "process") for arm in arms), strict=True)
    e, a, size, q = (np.stack(each) for each in rows)
    is_count = open_cells(a, size).sum(axis=1) == 1
    counts = count_sides(e[is_count], a[is_count], size[is_count])
    other = ~is_count
    return counts, sides_of_cells(e[other], a[other], size[other], q[other]), is_count


def _one_by_one(
    a: Arm, b: Arm, level: float, question: Question, method: ComparisonMethod
) -> Tested | None:
    """Return what is not worked out with all the others: None where it is."""
    for arm, remark in ((a, NOTHING_READ), (b, NOTHING_READ_OTHER)):
        if not arm.applicable.sum():
            return replace(UNKNOWN, method=method, remarks=(remark,))
    as_strata = all(arm.own is not None and arm.counts_all for arm in (a, b))
    several = question == "process" and max(_open(a), _open(b)) > 1
    if several and (method == "guaranteed" or ((a.unread or b.unread) and a.whole and b.whole)):
        return replace(UNKNOWN, method=method, remarks=(NO_PROCESS,))
    if method == "guaranteed":
        return _interval(a, b, level, question, method) if as_strata else _refused(NO_GUARANTEE)
    whole = a.whole and b.whole
    if a.unread or b.unread:
        return _interval(a, b, level, question, method) if whole else _refused(UNREAD)
    few = 2 < _open(a) + _open(b) <= FEW_STRATA  # two are not several on either side
    return _interval(a, b, level, question, method) if whole and few and (
        question == "register"
    ) else None  # fmt: skip


def _refused(remark: str) -> Tested:
    return replace(UNKNOWN, method="profile", remarks=(remark,))


def _interval(a: Arm, b: Arm, level: float, question: Question, method: ComparisonMethod) -> Tested:
    """Return what `difference_interval` says of two arms whose cells are strata of known size."""
    more = int(ENDLESS) if question == "process" else 1
    first, second = (_counts_of(arm, more) for arm in (a, b))
    found = difference_interval(first, second, level=level, method=method)
    low, high, p = found.low, found.high, found.p_value
    difference = a.rate - b.rate
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


def _open(arm: Arm) -> int:
    """Return how many strata of the arm were read in part."""
    return int(((arm.reviewed > 0) & (arm.read < arm.population)).sum())


def _together(a: Arm, b: Arm, question: Question) -> float:
    """Return the covariance of the two rates where both arms have cases in one stratum.

    How many of the stratum's n cases are of either arm is chance, with covariance
    -(a_a a_b / n)(N - n) / (N - 1); it moves the rates by w (rho - r) / A each.
    """
    if a.whole and b.whole:
        return 0.0
    both = (a.applicable > 0) & (b.applicable > 0) & (a.read == b.read)
    if not both.any() or a.census or b.census:
        return 0.0
    n, size = a.read[both].astype(np.float64), a.population[both]
    left = 1.0 if question == "process" else (size - n) / np.maximum(size - 1, 1)
    result = -a.applicable[both] * b.applicable[both] / n * left
    for arm in (a, b):
        weight = arm.population / np.maximum(arm.read, 1)
        beside = arm.errors[both] / arm.applicable[both] - arm.rate
        result = result * weight[both] * beside / (weight * arm.applicable).sum()
    return float(result.sum())
