"""How many cases must be read for a rate, or every rate of several, to be known to a margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import gcd, lcm
from typing import Any, Final

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns
from sampleaudit.errors import AuditError
from sampleaudit.formulas.sizes import settled_size, smallest
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.demands import (
    Rates,
    Share,
    Sharing,
    anticipated_rates,
    exact_share,
    recorded,
    sharing,
)
from sampleaudit.planning.forecast import (
    Target,
    expected_half_width,
    foreseen_half_width,
    is_drawn,
    rough_half_width,
    targets,
)
from sampleaudit.planning.made import made_plan

_AHEAD: Final = 40  # sizes after the first that meets the margin, in a register of no great size
_AHEAD_LARGE: Final = 10
_LARGE: Final = 5_000  # cases
_AHEAD_DRAWN: Final = 12  # the same where outcomes are drawn; one of them is looked at
_CLOSER: Final = 2  # further looks where the half widths are about as foreseen
_USUAL: Final = 1.05  # what half widths with several strata often are, to the rough ones
_CLEARLY: Final = 0.85  # of the margin: a half width foreseen under it need not be looked into
_SURELY: Final = 0.98  # the same of the expected one: it does not rise so much again


def plan_for_margin(
    frame: Frame,
    margin: Share,
    *,
    anticipated: Rates,
    by: str | Sequence[str] | None = None,
    applicable: Rates | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    costs: Mapping[Any, float] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the smallest sample whose intervals reach ``margin`` to either side, on average.

    The mean of (high - low) / 2 over what may be found, at most ``margin`` (a share of 1) from this
    size on, when every stratum has the ``anticipated`` rate: a rate such as ``"1/6"``, or a mapping
    indicator -> rate or stratum -> rate. With one limit, its mean distance from the estimate. With
    ``by`` this holds in every domain. ``applicable`` is the share of cases to which an indicator
    applies. Intervals, level, side and method are the plan's own: `sampleaudit.planning.forecast`
    says how the mean is worked out. Raises `AuditError` for a margin of less than one case.
    """
    columns = () if by is None else as_columns(by, name="by")
    analysis = Analysis(level, side, method, missing, columns, tolerable, seed_source)
    rates = anticipated_rates(frame, anticipated)
    shares = None if applicable is None else anticipated_rates(frame, applicable, name="applicable")
    share = sharing(frame, allocation, minimum, rates=rates, costs=costs)
    wanted = targets(frame, rates, shares, columns)
    size, expected = size_for_margin(share, wanted, exact_share(margin, name="margin"), analysis)
    goal = {
        "kind": "margin",
        "margin": float(exact_share(margin, name="margin")),
        "anticipated": recorded(rates),
        **({} if shares is None else {"applicable": recorded(shares)}),
        "expected_margin": expected,
    }
    return made_plan(frame, share.counts(size), analysis, allocation, goal)


def size_for_margin(
    share: Sharing, wanted: Sequence[Target], margin: Any, analysis: Analysis
) -> tuple[int, float]:
    """Return the size from which every rate meets the margin, and the largest half width there."""
    bound = float(margin)
    _refuse_less_than_a_case(wanted, bound, analysis.by)
    starts = [_foreseen_size(share, target, bound, analysis) for target in wanted]
    size = share.least
    means = [_Means(share, target, analysis, {}) for target in wanted]
    done: list[_Means] = []
    ratio = 1.0
    for start, mean in sorted(zip(starts, means, strict=True), key=lambda pair: -pair[0]):
        foreseen = foreseen_half_width(mean.target, share.counts(size), analysis)
        if done and (ratio * foreseen < _CLEARLY * bound or mean.at(size) < _SURELY * bound):
            continue
        size = _size_for(mean, bound, start=max(start, size), least=size)
        done.append(mean)
        foreseen = foreseen_half_width(mean.target, share.counts(size), analysis)
        if foreseen:
            ratio = max(ratio, mean.at(size) / foreseen)
    return size, max(mean.at(size) for mean in done)


@dataclass(frozen=True, slots=True)
class _Means:
    """The expected half widths of one rate at any size, each worked out once.

    Sizes that differ in other strata only are alike.
    """

    share: Sharing
    target: Target
    analysis: Analysis
    known: dict[bytes, float]

    def at(self, size: int) -> float:
        counts = self.share.counts(size)
        key = counts[self.target.inside].tobytes()
        if key not in self.known:
            self.known[key] = expected_half_width(self.target, counts, self.analysis)
        return self.known[key]

    def rough(self, size: int) -> float:
        return rough_half_width(self.target, self.share.counts(size), self.analysis)


def _size_for(mean: _Means, bound: float, *, start: int, least: int) -> int:
    """Return the size from which one rate meets the margin.

    Where outcomes are drawn, the rough half widths, which are smooth in the size, say about where
    it is; the true ones are looked at there.
    """
    share, target = mean.share, mean.target
    most, large = share.frame.size, int(target.population.sum()) > _LARGE
    if not is_drawn(target, share.counts(start), mean.analysis):
        ahead = _AHEAD_LARGE if large else _AHEAD
        return settled_size(mean.at, bound, start=start, least=least, most=most, ahead=ahead)
    size = _crossing(mean, bound, start=start, least=least)
    while True:
        later = range(size + 1, min(size + max(_AHEAD_DRAWN, size // 8), most) + 1)
        worst = _coarsest(mean, later)
        if worst is None or mean.at(worst) <= bound:
            return size
        size = _crossing(mean, bound, start=worst + 1, least=worst + 1)


def _crossing(mean: _Means, bound: float, *, start: int, least: int) -> int:
    """Return a size that meets the margin, and hardly a smaller one does.

    A first size is foreseen by the rough half widths, which are smooth in the size; then by these
    times what the true one was of the rough one; then the bracket is closed by secants until it is
    a hundredth of the size. What the last one foresees within is looked at too.
    """
    most = mean.share.frame.size

    def foreseen(ratio: float, near: int) -> int:
        def holds(size: int) -> bool:
            return ratio * mean.rough(size) <= bound

        return smallest(holds, least=least, most=most, guess=near)

    low, high = least - 1, most
    near = foreseen(_USUAL, start)
    for tried in count(1):
        true = mean.at(near)
        if true <= bound:
            high = near
        else:
            low = near
        step = max(1, near // 100)
        if high - low <= step:
            break
        rough = mean.rough(near)
        if low < least or high == most:
            near = foreseen(true / rough, near) if rough else most
        elif tried % 4:
            above, below = mean.at(low), mean.at(high)
            near = low + round((high - low) * (above - bound) / (above - below))
        else:
            near = (low + high) // 2
        near = max(min(near, high - step), min(low + step, high - 1), low + 1)
    for _ in range(_CLOSER):
        rough = mean.rough(high)
        near = foreseen(mean.at(high) / rough, high) if rough else high
        if not low < near < high or mean.at(near) > bound:
            break
        high = near
    return high


def _coarsest(mean: _Means, sizes: range) -> int | None:
    """Return the size at which most findings weigh the same: the intervals are widest there.

    With like shares of all strata read the estimate takes few values, and each is more probable.
    """
    inside = mean.target.inside
    cases = mean.target.population.tolist()
    found: dict[int, int] = {}
    for size in sizes:
        read = mean.share.counts(size)[inside].tolist()
        steps = [Fraction(N, n) for N, n in zip(cases, read, strict=True) if 0 < n < N]
        if steps:
            unit = lcm(*(step.denominator for step in steps))
            weights = [int(step * unit) for step in steps]
            found[size] = sum(w * n for w, n in zip(weights, read, strict=False)) // gcd(*weights)
    return min(found, key=lambda size: found[size]) if found else None


def _foreseen_size(share: Sharing, target: Target, bound: float, analysis: Analysis) -> int:
    def holds(n: int) -> bool:
        return foreseen_half_width(target, share.counts(n), analysis) <= bound

    most = share.frame.size
    return smallest(holds, least=share.least, most=most, guess=min(most, 400))


def _refuse_less_than_a_case(wanted: Sequence[Target], bound: float, by: Sequence[str]) -> None:
    for target in wanted:
        if bound * target.size < 1:
            cases = round(target.size)
            raise AuditError(
                f"margin is {bound:g}, less than one case: {target.describe(by)} is of {cases} "
                f"cases, and one of them is {1 / cases:.4g}. Ask for a margin of {1 / cases:.4g} "
                f"or more, or read all {cases}."
            )
