"""The cheapest sample that meets several demands at once: indicators, domains, the whole caseload.

Demands on the coefficient of variation are met by the linearised variance, as Bethel (1989) and
Chromy (1987) have it. Demands on a margin are met by the library's own intervals: the variance that
stands for a margin is adjusted until the expected half width is within it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.special import ndtri

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns
from sampleaudit.errors import AuditError
from sampleaudit.formulas.bethel import demands, fractional_allocation
from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.whole_demands import whole_demands
from sampleaudit.frame import Frame
from sampleaudit.ids import near_names
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import Rates, anticipated_rates, exact_share, recorded
from sampleaudit.planning.forecast import Target, expected_half_width, targets
from sampleaudit.planning.made import made_plan
from sampleaudit.planning.precision import deviations
from sampleaudit.planning.prices import Prices, prices, reading_bounds

_ROUNDS: Final = 5  # of adjusting standard errors to the intervals; three are usual
_MORE: Final = 40  # further ones, until every margin is met
_MORE_EACH: Final = 0.002  # what is asked beyond proportion where a margin was missed, each round
_TIGHT: Final = 0.985  # of a margin: nearer than the expected half width is known
_NEAR: Final = 0.85  # of a margin: half widths below it are not worked out again
_FULL: Final = 1 - 1e-9  # of a demand's bound, at most, when every stratum gives its most


@dataclass(frozen=True, slots=True)
class PrecisionTarget:
    """One demand: a margin or a coefficient of variation, for an indicator, in every domain.

    ``margin`` is the expected half width (share of 1) of the plan's interval, ``cv`` the standard
    error over the rate: give one. Without ``indicator`` it is asked of every anticipated one,
    without ``by`` for the whole caseload.

    >>> PrecisionTarget(0.05, by="district").by
    ('district',)
    """

    margin: float | None = None
    _: KW_ONLY
    cv: float | None = None
    indicator: str | None = None
    by: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        if (self.margin is None) == (self.cv is None):
            raise AuditError("A PrecisionTarget needs a margin or a cv, one of the two.")
        name, value = ("margin", self.margin) if self.cv is None else ("cv", self.cv)
        exact_share(value, name=name, most=1 if self.cv is None else None)
        if not float(value or 0):
            raise AuditError(f"{name} is 0; only reading every case gives that.")
        object.__setattr__(self, "by", as_columns(self.by, name="by"))


@dataclass(frozen=True, slots=True)
class _Demand:
    """A rate and what is asked of it."""

    target: Target
    by: tuple[str, ...]
    margin: float | None
    cv: float | None


def plan_for_precision(
    frame: Frame,
    wanted: Sequence[PrecisionTarget] | PrecisionTarget,
    *,
    anticipated: Rates,
    applicable: Rates | None = None,
    costs: float | Mapping[Any, float] | None = None,
    minimum: int | Mapping[Any, int] = 2,
    maximum: int | Mapping[Any, int] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan the cheapest sample that meets every one of these demands.

    ``anticipated`` is a rate, or a mapping indicator -> rate or stratum -> rate; ``costs`` what it
    costs to read a case, by stratum, 1 if left out. The fractional optimum (Bethel 1989) is made
    whole with every demand met; the plan's ``goal`` has the cost and ``least_cost``, under which no
    whole numbers have standard errors as small. Raises `AuditError` for demands that ``maximum``
    does not allow, and a margin of less than one case.
    """
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source
    )
    rates = anticipated_rates(frame, anticipated)
    shares = None if applicable is None else anticipated_rates(frame, applicable, name="applicable")
    each = [wanted] if isinstance(wanted, PrecisionTarget) else list(wanted)
    asked = _demands(frame, each, rates, shares)
    bounds = reading_bounds(frame, minimum, maximum)
    price = prices(frame, costs)
    counts, least = _solved(frame, asked, bounds, price, analysis)
    goal = {
        "kind": "precision",
        "targets": [
            {"margin": t.margin, "cv": t.cv, "indicator": t.indicator, "by": list(t.by)}
            for t in each
        ],
        "anticipated": recorded(rates),
        **({} if shares is None else {"applicable": recorded(shares)}),
        "cost": float(price.cost(counts)),
        "least_cost": float(least * price.unit),
    }
    return made_plan(frame, counts, analysis, "precision", goal)


def _demands(
    frame: Frame,
    wanted: Sequence[PrecisionTarget],
    rates: Mapping[str | None, FloatArray],
    shares: dict[str | None, FloatArray] | None,
) -> list[_Demand]:
    if not wanted:
        raise AuditError("There is no target; give at least one PrecisionTarget.")
    found = []
    for each in wanted:
        known = [name for name in rates if name is not None]
        if each.indicator is not None and each.indicator not in rates:
            raise AuditError(
                f"A target names the indicator {each.indicator!r}, for which no rate is "
                f"anticipated{near_names(each.indicator, known)}"
            )
        some = {name: rate for name, rate in rates.items() if each.indicator in (None, name)}
        by = as_columns(each.by, name="by")
        found += [
            _Demand(target, by, each.margin, each.cv) for target in targets(frame, some, shares, by)
        ]
    for demand in found:
        _refuse_impossible(demand)
    return found


def _refuse_impossible(demand: _Demand) -> None:
    target = demand.target
    if demand.margin is not None and demand.margin * target.size < 1:
        cases = round(target.size)
        raise AuditError(
            f"margin is {demand.margin:g}, less than one case: {target.describe(demand.by)} is of "
            f"{cases} cases. Ask for {1 / cases:.4g} or more, or read all {cases}."
        )
    if demand.cv is not None and not 0 < target.rate < 1:
        raise AuditError(
            f"{target.describe(demand.by)} is anticipated to be {target.rate:g}, where no sample "
            f"has a coefficient of variation; ask for a margin instead."
        )


def _solved(
    frame: Frame,
    asked: list[_Demand],
    bounds: tuple[IntArray, IntArray],
    price: Prices,
    analysis: Analysis,
) -> tuple[IntArray, int]:
    """Return whole numbers that meet every demand, and their least cost in units of the price.

    The standard error that stands for a margin is the margin over (half width / standard error),
    as they are at the numbers found so far. The least cost is that for these standard errors.
    """
    cases = frame.strata["population"].to_numpy().astype(np.int64)
    spread = np.stack([_spread(each, len(cases)) for each in asked])
    size = np.array([each.target.size for each in asked])
    _refuse_beyond_maximum(asked, spread, cases, bounds[1], analysis)
    normal = -float(ndtri((1 - analysis.level) / (2 if analysis.side == "both" else 1)))
    ratio = np.array([normal] * len(asked))
    best: tuple[int, IntArray, int] | None = None
    for step in range(_ROUNDS + _MORE):
        error = np.array([
            each.margin / k if each.margin is not None else (each.cv or 0) * each.target.rate
            for each, k in zip(asked, ratio, strict=True)
        ])  # fmt: skip
        counts, least = _by_variance(spread, (error * size) ** 2, cases, bounds, price)
        se = np.sqrt((cases**2.0 * spread**2 * (1 / counts - 1 / cases)).sum(axis=1)) / size
        widths = _half_widths(asked, counts, se, ratio, analysis, first=step == 0)
        asks = np.array([np.inf if each.margin is None else float(each.margin) for each in asked])
        cost = int(price.units @ counts)
        if (widths <= asks).all():
            if best is not None and cost >= best[0]:
                break
            best = cost, counts, least
            margins = np.isfinite(asks)
            if not margins.any() or (widths[margins] / asks[margins]).max() >= _TIGHT:
                break
        if best is not None and step >= _ROUNDS:
            break
        found = np.where(np.isnan(widths) | (se <= 0), ratio, widths / np.where(se > 0, se, 1))
        found = np.where(widths > asks, found * (1 + _MORE_EACH * step), found)
        ratio = found
    if best is None:
        raise AuditError(
            "No sample was found that meets every margin; ask for a little more, or raise maximum."
        )
    return best[1], best[2]


def _spread(demand: _Demand, strata: int) -> FloatArray:
    """Return S_h of a demand in every stratum of the frame.

    Where a margin is asked a rate near 0 or 1 counts as half a margin from it: no error found says
    less than that there is none.
    """
    target = demand.target
    if demand.margin is not None:
        near = min(demand.margin / 2, 0.5)
        errors = np.clip(target.errors, near * target.own, (1 - near) * target.own)
        target = replace(target, errors=errors)
    spread = np.zeros(strata)
    spread[target.inside] = deviations(target)[1]
    return spread


def _by_variance(
    spread: FloatArray,
    variance: FloatArray,
    cases: IntArray,
    bounds: tuple[IntArray, IntArray],
    price: Prices,
) -> tuple[IntArray, int]:
    """Return the cheapest whole numbers found whose variances are within bounds, and the bound."""
    low, high = bounds
    a = demands(cases, spread, variance)
    most = (a / high).sum(axis=1)
    a *= np.where(most >= _FULL, _FULL / np.where(most > 0, most, 1), 1.0)[:, None]
    fractional, multipliers = fractional_allocation(
        a, price.units.astype(np.float64), low.astype(np.float64), high.astype(np.float64)
    )
    return whole_demands(a, price.units, low, high, fractional, multipliers)


def _half_widths(
    asked: list[_Demand],
    counts: IntArray,
    se: FloatArray,
    ratio: FloatArray,
    analysis: Analysis,
    *,
    first: bool,
) -> FloatArray:
    """Return the expected half widths; -inf where none is asked, or it is clearly within."""
    widths = np.full(len(asked), -np.inf)
    for place, each in enumerate(asked):
        if each.margin is None:
            continue
        if first or se[place] * ratio[place] > _NEAR * each.margin:
            widths[place] = expected_half_width(each.target, counts, analysis)
    return widths


def _refuse_beyond_maximum(
    asked: list[_Demand], spread: FloatArray, cases: IntArray, high: IntArray, analysis: Analysis
) -> None:
    """Refuse what is not met though every stratum gives its most; say what would be."""
    for each, deviation in zip(asked, spread, strict=True):
        inside = each.target.inside
        if (high[inside] == cases[inside]).all():
            continue
        if each.margin is not None:
            name, asks = "margin", each.margin
            found = expected_half_width(each.target, high, analysis)
        else:
            name, asks = "cv", each.cv or 0.0
            variance = (cases**2.0 * deviation**2 * (1 / high - 1 / cases)).sum()
            found = float(np.sqrt(variance)) / each.target.size / each.target.rate
        if found >= asks:
            raise AuditError(
                f"{name} is {asks:g} for {each.target.describe(each.by)}, but with maximum read "
                f"everywhere it is {found:.4g}; ask for more than that, or raise maximum."
            )
