"""How many cases must be read for a rate, or every rate of several, to be known to a margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_AHEAD_DRAWN: Final = 3  # the same where outcomes are drawn: the mean is smoother then
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
    done: list[Target] = []
    ratio = 1.0
    for start, target in sorted(zip(starts, wanted, strict=True), key=lambda pair: -pair[0]):
        counts = share.counts(size)
        if done and (
            ratio * foreseen_half_width(target, counts, analysis) < _CLEARLY * bound
            or expected_half_width(target, counts, analysis) < _SURELY * bound
        ):
            continue
        size = _size_for(share, target, bound, analysis, start=max(start, size), least=size)
        done.append(target)
        counts = share.counts(size)
        foreseen = foreseen_half_width(target, counts, analysis)
        if foreseen:
            ratio = max(ratio, expected_half_width(target, counts, analysis) / foreseen)
    counts = share.counts(size)
    return size, max(expected_half_width(target, counts, analysis) for target in done)


def _size_for(
    share: Sharing, target: Target, bound: float, analysis: Analysis, *, start: int, least: int
) -> int:
    """Return the size from which one rate meets the margin."""
    most, large = share.frame.size, int(target.population.sum()) > _LARGE

    def value(n: int) -> float:
        return expected_half_width(target, share.counts(n), analysis)

    def rough(n: int) -> float:
        return rough_half_width(target, share.counts(n), analysis)

    if not is_drawn(target, share.counts(start), analysis):
        ahead = _AHEAD_LARGE if large else _AHEAD
        return settled_size(value, bound, start=start, least=least, most=most, ahead=ahead)
    ratios: dict[int, float] = {}
    size = start
    while size not in ratios:  # two or three rounds: the ratio hardly changes
        below = rough(size)
        ratios[size] = value(size) / below if below else 1.0
        ratio = max(list(ratios.values())[-2:]) if len(ratios) > 2 else ratios[size]
        size = settled_size(
            rough, bound / ratio, start=size, least=least, most=most, ahead=_AHEAD_DRAWN
        )
    return size


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
