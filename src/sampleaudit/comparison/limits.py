"""Limits and p-values of many differences at once, by the method that fits each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Guarantee
from sampleaudit.comparison.arms import Arm, Facts
from sampleaudit.comparison.one_by_one import result_of, stand_alone
from sampleaudit.comparison.questions import ComparisonMethod, Question
from sampleaudit.comparison.tested import Tested
from sampleaudit.formulas.cell_curves import open_cells
from sampleaudit.formulas.sides import (
    CountSide,
    CurveSide,
    Side,
    count_sides,
    joined,
    rows_of,
    sides_of_cells,
)
from sampleaudit.formulas.sides_difference import tails_at_zero
from sampleaudit.formulas.sides_limits import limits_of_differences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_ROUNDING: Final = 1e-12  # a limit this near to 0 is 0
_ROWS: Final = 4_000  # covariances worked out at once, to spare memory
_NAMES: Final[Sequence[tuple[str, Guarantee]]] = (
    ("profile-ratio", "measured"),
    ("profile", "proved"),
    ("profile", "measured"),
    ("profile-moments", "measured"),
)


def results_of(
    families: Sequence[Sequence[Arm]],
    facts: Sequence[Sequence[Facts]],
    pairs: Sequence[tuple[int, int]],
    *,
    level: float,
    question: Question,
    method: ComparisonMethod,
    known: Sequence[Tested | None] = (),
) -> list[Tested]:
    """Return what each pair of arms says, family by family; p < 1 - level exactly if 0 is outside.

    A family has the arms of one indicator, ``facts`` are theirs, and ``pairs`` are the same in
    each. The two arms of a pair hold different cases. Where the sizes of both are known and few
    strata were read in part, or the method is ``guaranteed``, it is what `difference_interval`
    gives. ``known`` results are taken as they are.
    """
    arms = [arm for family in families for arm in family]
    told = [each for family in facts for each in family]
    first = np.cumsum([0, *(len(family) for family in families)])[:-1]
    every = (first[:, None, None] + np.array(pairs, dtype=np.intp)).reshape(-1, 2)
    found: list[Tested | None] = list(known) or [None] * len(every)
    open_ = np.array([one is None for one in found], dtype=np.bool_)
    alone = stand_alone(told, every, question=question, method=method)
    for row in np.flatnonzero(open_ & alone).tolist():
        i, j = every[row].tolist()
        found[row] = result_of(
            (arms[i], arms[j]), (told[i], told[j]), level=level, question=question, method=method
        )
    rest = np.flatnonzero(open_ & ~alone)
    if len(rest):
        some = _Sides.build(families, told, question).results(every[rest], level)
        for row, each in zip(rest.tolist(), some, strict=True):
            found[row] = each
    return [each for each in found if each is not None]


def limits_and_p(
    sides: tuple[Side, Side], level: float, together: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return lower and upper limits and p-values of rows of sides."""
    a, b = (rows_of(side, np.arange(len(together))) for side in sides)
    alpha = 1 - level
    at_zero = tails_at_zero(a, b, together=together)
    low, high = limits_of_differences(
        a, b, lower_tail=alpha / 2, upper_tail=alpha / 2, together=together, at_zero=at_zero
    )
    p = _twice_the_smaller(at_zero)
    difference = a.estimate - b.estimate
    low, high = np.minimum(low, difference), np.maximum(high, difference)
    low, high = (np.where(np.abs(each) <= _ROUNDING, 0.0, each) for each in (low, high))
    outside = (low > 0) | (high < 0)
    # the two are found apart; the last digits must not tell a story of their own
    p = np.where(outside, np.minimum(p, math.nextafter(alpha, 0)), np.maximum(p, alpha))
    return low, high, p


def p_values(a: Side, b: Side, together: Floats) -> Floats:
    """Return the two-sided p-values of equal rates: twice the smaller tail."""
    every = np.arange(len(together))
    at_zero = tails_at_zero(rows_of(a, every), rows_of(b, every), together=together)
    return _twice_the_smaller(at_zero)


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


def _twice_the_smaller(tails: tuple[Floats, Floats]) -> Floats:
    return np.asarray(np.minimum(2 * np.fmin(*tails), 1.0))


@dataclass(frozen=True, slots=True)
class _Sides:
    """All arms as sides of one kind or the other, an entry or a row for each arm."""

    question: Question
    facts: Sequence[Facts]
    counts: CountSide
    curves: CurveSide
    place: Places  # among those of its kind
    is_count: NDArray[np.bool_]
    same: Places  # equal for counts that are alike
    pull: Floats  # how the rate hangs on the number of cases that count, by stratum

    @classmethod
    def build(
        cls, families: Sequence[Sequence[Arm]], facts: Sequence[Facts], question: Question
    ) -> _Sides:
        parts = [sides_of(family, question) for family in families]
        is_count = np.concatenate([part[2] for part in parts])
        place = np.where(is_count, np.cumsum(is_count), np.cumsum(~is_count)) - 1
        counts = joined([part[0] for part in parts])
        fields = np.stack([counts.x, counts.n, counts.N, counts.known, counts.size])
        alike = np.unique(fields, axis=1, return_inverse=True)[1].ravel()
        same = place.copy()
        same[is_count] = alike[place[is_count]]
        arms = [arm for family in families for arm in family]
        return cls(
            question=question,
            facts=facts,
            counts=counts,
            curves=joined([part[1] for part in parts]),
            place=place,
            is_count=is_count,
            same=same,
            pull=np.stack([_pull(*both, question) for both in zip(arms, facts, strict=True)]),
        )

    def results(self, pairs: Places, level: float) -> list[Tested]:
        """Return what pairs say, those with sides of the same kinds together."""
        kinds, together = self.is_count[pairs], self._together(pairs)
        values = np.full((3, len(pairs)), np.nan)
        for first in (True, False):
            for second in (True, False):
                rows = np.flatnonzero((kinds[:, 0] == first) & (kinds[:, 1] == second))
                if not len(rows):
                    continue
                again = np.arange(len(rows))
                if first and second and not together[rows].any():  # pairs of like counts are one
                    key = self.same[pairs[rows]] @ np.array([len(self.same), 1])
                    once, again = np.unique(key, return_index=True, return_inverse=True)[1:]
                    distinct = rows[once]
                else:
                    distinct = rows
                values[:, rows] = self._values(pairs, distinct, together, level)[:, again.ravel()]
        names = self._names(pairs)
        return [
            Tested(low, high, p, *name)
            for low, high, p, name in zip(*values.tolist(), names, strict=True)
        ]

    def _values(self, pairs: Places, rows: Places, together: Floats, level: float) -> Floats:
        """Return low, high and p of some pairs, all of the same kinds."""
        found = np.empty((3, len(rows)))
        read = np.maximum(*(self._read(pairs[rows, side]) for side in (0, 1)))
        order = read.argsort(kind="stable")  # those that take as much memory together
        some = rows[order]
        sides = self._side(pairs[some, 0]), self._side(pairs[some, 1])
        found[:, order] = limits_and_p(sides, level, together[some])
        return found

    def _read(self, arms: Places) -> Floats:
        """Return the cases read of the arms' counts."""
        return self.counts.n[self.place[arms]] if self.is_count[arms[0]] else np.zeros(len(arms))

    def _side(self, arms: Places) -> Side:
        places = self.place[arms]
        if self.is_count[arms[0]]:
            return rows_of(self.counts, places)
        return rows_of(self.curves, places)

    def _names(self, pairs: Places) -> list[tuple[str, Guarantee]]:
        whole = np.array([each.whole for each in self.facts])[pairs].all(axis=1)
        few = np.array([each.open for each in self.facts])[pairs].sum(axis=1) <= 1
        known = few & (self.question == "register")
        counts = np.asarray(self.is_count[pairs]).all(axis=1)
        which = np.select([~whole, known, counts], [0, 1, 2], 3)
        return [_NAMES[each] for each in which.tolist()]

    def _together(self, pairs: Places) -> Floats:
        """Return the covariance of the two rates where both arms have cases in one stratum.

        How many of the stratum's n cases are of either arm is chance, with covariance
        -(a_a a_b / n)(N - n) / (N - 1); it moves the rates by w (rho - r) / A each.
        """
        fixed = np.array([each.whole for each in self.facts])[pairs].all(axis=1)
        known = np.array([each.census for each in self.facts])[pairs].any(axis=1)
        left = np.flatnonzero(~fixed & ~known)
        result = np.zeros(len(pairs))
        for start in range(0, len(left), _ROWS):
            part = left[start : start + _ROWS]
            result[part] = -(self.pull[pairs[part, 0]] * self.pull[pairs[part, 1]]).sum(axis=1)
        return result


def _pull(arm: Arm, facts: Facts, question: Question) -> Floats:
    """Return w (e - a r) / sum (w a) of each stratum, times the root of (N - n) / (n (N - 1))."""
    n, size = np.maximum(arm.read, 1).astype(np.float64), arm.population
    left = 1.0 if question == "process" else np.maximum(size - n, 0) / np.maximum(size - 1, 1)
    weight = size / n
    if not facts.applicable or math.isnan(facts.rate):
        return np.zeros(len(n))
    beside = weight * (arm.errors - arm.applicable * facts.rate)
    return np.asarray(beside / (weight * arm.applicable).sum() * np.sqrt(left / n))
