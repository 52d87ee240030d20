"""Small designs gone through in full: totals, rates with a random denominator, differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.coverage import exhaustive, methods
from benchmarks.coverage.designs import (
    DIFFERENCE_METHODS,
    DIFFERENCES,
    EXHAUSTIVE,
    FEWER_CASES,
    KNOWN_CASES,
    KNOWN_METHODS,
    PROVED,
    RATIO_METHODS,
    RATIOS,
    SEARCHED,
    Case,
    Counts,
    Design,
)
from benchmarks.coverage.exhaustive import Enumeration
from benchmarks.coverage.tasks import Result, Task

Asked = Callable[[Any, Case], methods.Limits | None]


def total_tasks() -> list[Task]:
    """Return a task for each design and method."""
    return [
        Task("totals", f"{design.label} {method}", of_totals, (design, method, _cases(method)))
        for design in EXHAUSTIVE
        for method in KNOWN_METHODS
    ]


def ratio_tasks() -> list[Task]:
    """Return a task for each design and method."""
    return [
        Task("ratios", f"{design.label} {method}", of_ratios, (design, method, FEWER_CASES))
        for design in RATIOS
        for method in RATIO_METHODS
    ]


def difference_tasks() -> list[Task]:
    """Return a task for each pair of designs and method."""
    return [
        Task("differences", f"{difference_label(pair)} {method}", of_differences, arguments)
        for pair in DIFFERENCES
        for method in DIFFERENCE_METHODS
        for arguments in [(*pair, method, FEWER_CASES)]
    ]


def difference_label(pair: tuple[Design, Design]) -> str:
    """Return both designs as text."""
    return " against ".join(design.label for design in pair)


def of_totals(design: Design, method: str, cases: Sequence[Case]) -> Result:
    """Return what a method's limits of the whole caseload's rate do in every caseload."""
    enumeration = exhaustive.totals(design)

    def limits(outcome: Sequence[Counts], case: Case) -> methods.Limits | None:
        return methods.total_limits(method, design, tuple(part[0] for part in outcome), case)

    return _evaluated(enumeration, limits, cases)


def of_ratios(design: Design, method: str, cases: Sequence[Case]) -> Result:
    """Return what a method's limits of a rate with a random denominator do in every caseload."""
    enumeration = exhaustive.ratios(design)
    return _evaluated(
        enumeration,
        lambda outcome, case: methods.ratio_limits(method, design, outcome, case),
        cases,
    )


def of_differences(first: Design, second: Design, method: str, cases: Sequence[Case]) -> Result:
    """Return what a method's limits of a difference do in every pair of caseloads."""
    enumeration = exhaustive.differences(first, second)

    def limits(outcome: Sequence[Counts], case: Case) -> methods.Limits | None:
        errors = tuple(part[0] for part in outcome)
        return methods.difference_limits(method, first, second, errors, case)

    return _evaluated(enumeration, limits, cases)


def _evaluated(enumeration: Enumeration, limits: Asked, cases: Sequence[Case]) -> Result:
    """Return the figures of each level and side; nothing where the method has no limits."""
    outcomes = enumeration.outcomes
    first = limits(outcomes[0], cases[0])
    if first is None:
        return {}
    tables = []
    for case in cases:
        given = [limits(outcome, case) for outcome in outcomes]
        tables.append(np.array([pair[:2] for pair in given if pair is not None]))
    found = exhaustive.evaluate(enumeration, tables)
    result: Result = {
        f"{level:g} {side}": {
            "lowest": each.lowest,
            "lenient": each.lenient,
            "caseload": each.caseload,
            "width": each.width,
            "high": float(np.nansum(enumeration.weights() * table[:, 1])),
            "missing": each.missing,
        }
        for (level, side), table, each in zip(cases, tables, found, strict=True)
    }
    return result | {"guarantee": first.guarantee}


def _cases(method: str) -> tuple[Case, ...]:
    """Return the levels and sides; fewer of the methods whose limits are slow."""
    return FEWER_CASES if method in (PROVED, *SEARCHED) else KNOWN_CASES
