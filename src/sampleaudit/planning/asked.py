"""The plan that words and numbers from a file or a command line ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from sampleaudit.errors import AuditError
from sampleaudit.frame import Frame
from sampleaudit.ids import near_names
from sampleaudit.plan import Plan
from sampleaudit.plan_strata import stratum_labels
from sampleaudit.planning.budget import (
    BudgetTable,
    budget_table,
    plan_compromise,
    plan_for_budget,
)
from sampleaudit.planning.comparing import plan_for_comparison
from sampleaudit.planning.detection import plan_for_detection
from sampleaudit.planning.margin import plan_for_margin
from sampleaudit.planning.prices import prices, reading_bounds
from sampleaudit.planning.tolerable import plan_for_tolerable
from sampleaudit.planning.tradeoff import TradeOff, trade_off

GOALS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "margin": frozenset(("anticipated", "applicable", "margin_by", "allocation", "costs")),
        "detect": frozenset(("power", "allocation", "tolerable")),
        "expected": frozenset(("tolerable", "allocation")),
        "allowed": frozenset(("tolerable", "allocation")),
        "compare": frozenset(("power", "allocation", "tolerable")),
        "budget": frozenset(("anticipated", "costs", "tolerable")),
        "objective": frozenset(("size", "anticipated", "tolerable", "looks")),
    }
)
"""The keys of [plan] that say what a size is worked out for, and the keys that each looks at; with
minimum, level, side, method, missing, by and seed_source, which all plans have."""
OBJECTIVES: Final[Mapping[Any, int]] = MappingProxyType({"whole": 1, "parts": 0})
"""What is to be known best: the power of `plan_compromise`; numbers between them are powers."""
_COMMON: Final = frozenset(
    ("minimum", "level", "side", "method", "missing", "by", "seed_source", "margin_by")
)
_AROUND: Final = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of the size or budget asked for, in pictures
_COMPARE: Final = ("by", "rates", "question")


def goal_of(given: Mapping[str, Any]) -> str | None:
    """Return the key of [plan] that says what the size is worked out for; None if none does."""
    goals = [key for key in GOALS if key in given]
    if len(goals) > 1:
        raise AuditError(
            f"[plan] has both {goals[0]} and {goals[1]}; a size is worked out for one of them."
        )
    return goals[0] if goals else None


def plan_as_asked(frame: Frame, given: Mapping[str, Any]) -> Plan:
    """Return the plan whose size is worked out for the goal among the keys of [plan].

    ``margin``, ``detect`` (a rate), ``expected`` or ``allowed`` (with ``tolerable``), ``compare``
    (a table of ``by``, ``rates`` and ``question``) or ``budget``; or ``objective``, which shares
    out a given ``size``: "whole", "parts" or a share between (`plan_compromise`). Raises
    `AuditError` for keys that have nothing to decide.
    """
    goal = goal_of(given)
    assert goal is not None  # noqa: S101 -- the caller has looked
    if "looks" in given and goal != "objective":
        raise AuditError(
            f"[plan] has looks, of which the last is the size, and {goal}, by which the size is "
            f"worked out. Work it out first (sampleaudit plan --{goal} ...), then give size."
        )
    for key in given:
        if key not in GOALS[goal] | _COMMON | {goal}:
            raise AuditError(f"[plan] has {goal}, so {key} has nothing to decide; remove it.")
    rest = {key: _keyed(frame, value) for key, value in given.items() if key != goal}
    margin_by = rest.pop("margin_by", ())
    if goal == "margin":
        if "anticipated" not in rest:
            raise AuditError(
                "[plan] has margin, but no anticipated rate: how many cases a margin needs depends "
                "on it. If nothing is known of it, anticipated = 0.5 is safe."
            )
        by = rest.pop("by", ())
        plan = plan_for_margin(frame, given[goal], by=margin_by, **rest)
        return replace(plan, analysis=replace(plan.analysis, by=tuple(by)))
    if goal == "detect":
        return plan_for_detection(frame, given[goal], **rest)
    if goal in ("expected", "allowed"):
        if "tolerable" not in rest:
            raise AuditError(f"[plan] has {goal}, but no tolerable rate to stay under; give it.")
        return plan_for_tolerable(frame, rest.pop("tolerable"), **{goal: given[goal]}, **rest)
    if goal == "objective":
        return _compromise(frame, given[goal], rest)
    if goal == "budget":
        for key in ("costs", "anticipated"):
            if key not in rest:
                raise AuditError(f"[plan] has budget, but no {key}; what it buys depends on it.")
        return plan_for_budget(frame, given[goal], **rest)
    return _comparison(frame, given[goal], rest)


def shown_of(plan: Plan, given: Mapping[str, Any]) -> TradeOff | BudgetTable | None:
    """Return what to draw of a plan that `plan_as_asked` made: sizes or budgets around its own.

    None where neither a margin nor a budget was asked for.
    """
    goal = goal_of(given)
    rest = {key: _keyed(plan.frame, value) for key, value in given.items()}
    analysis = plan.analysis
    if goal == "margin":
        options = {key: rest[key] for key in ("applicable", "allocation", "costs") if key in rest}
        least = int(np.minimum(rest.get("minimum", 2), plan.table["population"]).sum())
        sizes = {min(max(round(plan.size * share), least), plan.frame.size) for share in _AROUND}
        return trade_off(
            plan.frame, sorted(sizes), anticipated=rest["anticipated"], by=rest.get("margin_by"),
            chosen=plan.size, minimum=rest.get("minimum", 2), level=analysis.level,
            side=analysis.side, method=analysis.method, **options,
        )  # fmt: skip
    if goal == "budget":
        low, _ = reading_bounds(plan.frame, rest.get("minimum", 2), None)
        least_cost = float(prices(plan.frame, rest["costs"]).cost(low))
        budgets = {max(round(float(given[goal]) * share, 2), least_cost) for share in _AROUND}
        return budget_table(
            plan.frame, sorted(budgets), costs=rest["costs"], anticipated=rest["anticipated"],
            minimum=rest.get("minimum", 2), level=analysis.level, side=analysis.side,
            method=analysis.method,
        )  # fmt: skip
    return None


def _compromise(frame: Frame, asked: Any, rest: dict[str, Any]) -> Plan:
    for key in ("size", "anticipated"):
        if key not in rest:
            raise AuditError(
                f"[plan] has objective, but no {key}; it says how a size is shared out over strata "
                f"with the anticipated rates."
            )
    if isinstance(asked, str) and not asked[:1].isdigit() and asked not in OBJECTIVES:
        raise AuditError(
            f"[plan] objective is {asked!r}; it must be 'whole', for the best overall rate, "
            f"'parts', for like precision in every stratum, or a share between, as 0.5."
        )
    return plan_compromise(frame, rest.pop("size"), power=OBJECTIVES.get(asked, asked), **rest)


def _comparison(frame: Frame, asked: Mapping[str, Any], rest: dict[str, Any]) -> Plan:
    for key in asked:
        if key not in _COMPARE:
            raise AuditError(f"[plan] compare has a key {key!r}{near_names(key, _COMPARE)}")
    for key in ("by", "rates"):
        if key not in asked:
            raise AuditError(f"[plan] compare lacks {key!r}: the column, and two domains' rates.")
    for key, only in (("side", "both"), ("method", "profile")):
        if rest.pop(key, only) != only:
            raise AuditError(f"[plan] has compare, which is by {key} {only!r}; remove {key}.")
    by = rest.pop("by", ())
    rates = asked["rates"]
    if isinstance(rates, Mapping):
        rates = {_domain(label): rate for label, rate in rates.items()}
    question = {key: asked[key] for key in asked if key == "question"}
    plan = plan_for_comparison(frame, rates, by=asked["by"], **question, **rest)
    return replace(plan, analysis=replace(plan.analysis, by=tuple(by) or plan.analysis.by))


def _keyed(frame: Frame, value: Any) -> Any:
    """Return a table with its keys as strata where they are, else as the names of indicators."""
    if not isinstance(value, Mapping):
        return value
    strata = set(stratum_labels(frame))
    named = {_text(key): _keyed(frame, each) for key, each in value.items()}
    return {_domain(key) if key in strata else key: each for key, each in named.items()}


def _text(key: Any) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _domain(label: Any) -> Any:
    parts = tuple(part.strip() for part in _text(label).split(" / "))
    return parts if len(parts) > 1 else parts[0]
