"""Calibration: weights that meet what the register knows, and messages when they cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.estimates.calibrated import (
    CALIBRATION_METHODS,
    Calibrated,
    CalibrationMethod,
    CalibrationTotal,
    calibrated_weights,
)
from sampleaudit.estimates.survey_data import design_of
from sampleaudit.findings import Findings
from sampleaudit.formulas.calibration import UNBOUNDED, Bounds, Calibration
from sampleaudit.ids import near_names
from sampleaudit.measures import Measures
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Column = str | tuple[str, ...]
Margins = Column | Sequence[Column] | Mapping[Column, Mapping[Any, float] | float]
ALL_CASES: Final = "all cases"
_SHARE: Final = 1e-9  # of the caseload: sums of margins that differ by less are rounding
_SHOWN: Final = 3  # totals in a message


@dataclass(frozen=True, slots=True)
class _Margin:
    """Totals to be met: a column of the basis, a category's name and a total for each."""

    name: str
    categories: tuple[str, ...]
    asked: tuple[float, ...]
    basis: Floats
    counts: bool  # categories that add up to the caseload, not a measure's total


def calibrate(
    sample: Sample | Findings | Measures,
    margins: Margins,
    *,
    method: CalibrationMethod = "linear",
    bounds: tuple[float, float] | None = None,
    auxiliary: Measures | None = None,
) -> Calibrated:
    """Change the weights of the reviewed cases as little as possible so that they meet margins.

    ``margins`` names stratum or domain columns, whose counts the register tells, or maps them to
    counts: ``["type", "age"]``, ``{"type": {"new": 2428, "stop": 734}}``; a tuple of columns is
    their cross-classification, its categories are tuples. A measure of ``auxiliary`` (or of
    ``sample``, if that is `Measures`) maps to its total in the register. ``()`` maps to the size of
    the caseload, where the sample does not tell it.

    ``method``: ``"linear"`` (regression estimator; ``bounds`` of the factors optional),
    ``"raking"``, ``"logit"`` (needs ``bounds``, as (0.2, 5)), or ``"post-stratification"`` (one
    margin, crossed or not). Raises `AuditError` where no weights meet the margins, and says which.
    """
    one_of("method", method, CALIBRATION_METHODS)
    limits = _bounds(method, bounds)
    if auxiliary is None and isinstance(sample, Measures):
        auxiliary = sample
    drawn = sample if isinstance(sample, Sample) else sample.sample
    if drawn.selection == "chosen":
        raise AuditError(
            "The cases were chosen, not drawn: weights do not make them speak for the others."
        )
    wanted = _margins(drawn, margins, auxiliary)
    if method == "post-stratification" and (len(wanted) != 1 or not wanted[0].counts):
        raise AuditError(
            "method is 'post-stratification', which takes one margin of categories; cross the "
            "columns, as margins=[('type', 'age')], or use 'raking' for several margins."
        )
    design, _ = design_of(drawn, np.ones(drawn.size, dtype=np.bool_))
    basis = np.hstack([each.basis for each in wanted])
    asked = np.array([total for each in wanted for total in each.asked])
    found = calibrated_weights(design.weights, basis, asked, method, limits)
    names = [(each.name, category) for each in wanted for category in each.categories]
    totals = tuple(
        CalibrationTotal(*name, int(cases), float(total), float(before), float(reached))
        for name, cases, total, before, reached in zip(
            names, (basis != 0).sum(axis=0), asked, design.weights @ basis, found.reached,
            strict=True,
        )
    )  # fmt: skip
    if not found.converged:
        _refuse(totals, method, limits)
    # R's rake takes its residuals from a regression in which all cases weigh the same, its
    # calibrate from one with the design weights; both estimate the same variance
    categories_raked = method == "raking" and all(each.counts for each in wanted)
    equal = np.ones_like(design.weights)
    return Calibrated(
        drawn, method, limits, totals, _remarks(found), design.weights, found.weights, basis,
        equal if categories_raked else design.weights,
    )  # fmt: skip


def _bounds(method: CalibrationMethod, bounds: tuple[float, float] | None) -> Bounds:
    if bounds is None:
        if method == "logit":
            raise AuditError(
                "method is 'logit', which needs bounds for the factors of the weights, as "
                "bounds=(0.2, 5)."
            )
        return UNBOUNDED
    if method not in ("linear", "logit"):
        raise AuditError(
            f"bounds are given, but method {method!r} keeps none; use 'logit' or 'linear'."
        )
    try:
        low, high = (float(each) for each in bounds)
    except (TypeError, ValueError):
        low = high = math.nan
    if not 0 <= low < 1 < high < math.inf:
        raise AuditError(
            f"bounds is {bounds!r}; it must be two numbers around 1, the lowest and the highest "
            f"factor of a weight, as (0.2, 5)."
        )
    return low, high


def _margins(sample: Sample, margins: Margins, auxiliary: Measures | None) -> list[_Margin]:
    """Return the margins to be met, among them the size of the caseload."""
    told: Mapping[Column, Mapping[Any, float] | float]
    if isinstance(margins, Mapping):
        told = margins
    else:
        named: list[Column] = [margins] if isinstance(margins, str) else list(margins)
        told = {column: _register_counts(sample, _columns(column)) for column in named}
    if not told:
        raise AuditError("margins is empty; name columns, or map them to counts of the register.")
    wanted, size = [], _caseload(sample)
    for key, counts in told.items():
        columns = _columns(key)
        if not columns:
            size = _number(counts, ALL_CASES, least=0)
        elif isinstance(counts, Mapping):
            wanted.append(_categories(sample, columns, counts))
        else:
            wanted.append(_measure(columns, _number(counts, columns[0]), auxiliary, sample))
    counted = [each for each in wanted if each.counts]
    if math.isnan(size) and counted:
        size = sum(counted[0].asked)
    for each in counted:
        if abs(sum(each.asked) - size) > _SHARE * size:
            raise AuditError(
                f"Margin {each.name!r} adds up to {sum(each.asked):.12g} cases, but the caseload "
                f"has {size:.12g}; every margin must count the same cases."
            )
    if not counted and not math.isnan(size):
        wanted.insert(0, _Margin(ALL_CASES, ("",), (size,), np.ones((sample.size, 1)), counts=True))
    return wanted


def _columns(column: Column) -> tuple[str, ...]:
    return (column,) if isinstance(column, str) else tuple(column)


def _caseload(sample: Sample) -> float:
    return float(sample.strata["population"].to_numpy(dtype=float).sum())


def _register_counts(sample: Sample, columns: tuple[str, ...]) -> Mapping[Any, float]:
    """Return the register's cases of every category of the columns."""
    _refuse_unknown(sample, columns)
    table = sample.population
    if set(columns) <= set(sample.stratify_by):
        table = sample.strata
    if table is None or table["population"].isna().any():
        raise AuditError(
            f"The sample does not tell how many cases of the register are in each category of "
            f"{', '.join(columns)}; give the counts, as margins={{{columns[0]!r}: {{...}}}}."
        )
    counts = table.groupby(list(columns), sort=True)["population"].sum()
    return {key: float(count) for key, count in counts.items()}


def _categories(sample: Sample, columns: tuple[str, ...], told: Mapping[Any, float]) -> _Margin:
    """Return a margin of categories; those of the sample and of the counts must be the same."""
    _refuse_unknown(sample, columns)
    name = " x ".join(columns)
    asked = {}
    for key, value in told.items():
        label = key if isinstance(key, tuple) else (key,)
        text = tuple(str(each).strip() for each in label)
        if len(text) != len(columns):
            raise AuditError(
                f"Margin {name!r} has the category {key!r}; name {len(columns)} values for it, one "
                f"for each column."
            )
        asked[text] = _number(value, f"{name} {' / '.join(text)}", least=0)
    cases = list(sample.cases[list(columns)].astype(str).itertuples(index=False, name=None))
    present = set(cases)
    unknown = sorted(" / ".join(each) for each in present if not asked.get(each))
    if unknown:
        raise AuditError(
            f"Margin {name!r} counts no case of {first_few(unknown)}, but the sample has some; "
            f"give the register's counts of all categories."
        )
    empty = sorted(
        " / ".join(each) for each, count in asked.items() if count and each not in present
    )
    if empty:
        raise AuditError(
            f"Margin {name!r} counts cases of {first_few(empty)}, but the sample has none, so that "
            f"no weights can meet it; join the category with one like it."
        )
    met = {label: count for label, count in asked.items() if count}
    place = {label: position for position, label in enumerate(met)}
    basis = np.eye(len(met))[[place[each] for each in cases]]
    categories = tuple(" / ".join(label) for label in met)
    return _Margin(name, categories, tuple(met.values()), basis, counts=True)


def _measure(
    columns: tuple[str, ...], total: float, auxiliary: Measures | None, sample: Sample
) -> _Margin:
    """Return the total of a measure that is known for every case."""
    name = columns[0]
    if len(columns) > 1 or auxiliary is None or name in (*sample.stratify_by, *sample.domains):
        raise AuditError(
            f"margins maps {' x '.join(columns)!r} to one number, {total:.12g}; map categories to "
            f"their counts, or give the measure as auxiliary=record_measures(sample, table)."
        )
    if not auxiliary.sample.cases[sample.case_id].equals(sample.cases[sample.case_id]):
        raise AuditError("auxiliary holds measures of another sample; record them for this one.")
    values = auxiliary.values(name)
    absent = int(np.isnan(values).sum())
    if absent:
        raise AuditError(
            f"Measure {name!r} is not known for {absent} cases; a total can be met only with a "
            f"value for every case, 0 where it does not apply."
        )
    return _Margin(name, ("total",), (total,), values[:, np.newaxis], counts=False)


def _refuse_unknown(sample: Sample, columns: tuple[str, ...]) -> None:
    known = (*sample.stratify_by, *sample.domains)
    for column in columns:
        if column not in known:
            raise AuditError(
                f"margins names {column!r}, which is not a stratum or domain column of the sample"
                f"{near_names(column, known)}"
            )


def _number(value: object, label: str, *, least: float = -math.inf) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < least or isinstance(value, bool):
        rule = "a number" if least < 0 else "a number of cases, 0 or more"
        raise AuditError(f"margins has {value!r} for {label}; it must be {rule}.")
    return number


def _refuse(totals: tuple[CalibrationTotal, ...], method: str, bounds: Bounds) -> None:
    """Say that no weights meet the totals: which, asked, reached, what to do."""
    off = sorted(totals, key=lambda each: -abs(each.reached - each.asked) / max(abs(each.asked), 1))
    shown = "; ".join(
        f"{' '.join(filter(None, (each.margin, each.category)))}: {each.asked:.10g} asked, "
        f"{each.reached:.6g} reached from {each.cases} cases"
        for each in off[:_SHOWN]
    )
    wider = "widen the bounds, " if bounds != UNBOUNDED else ""
    raise AuditError(
        f"No weights meet all totals by method {method!r}; the furthest off are {shown}. Check the "
        f"counts, {wider}join small categories, or leave a margin out."
    )


def _remarks(found: Calibration) -> tuple[str, ...]:
    below = int((found.weights < 0).sum())
    if not below:
        return ()
    return (
        f"{below} weights are negative: method 'linear' without bounds allows it; bounds=(0.2, 5) "
        f"does not",
    )
