"""The plan: how many cases from each stratum and why, and how the answers will be analysed.

A plan is made before the seed is known. Its public record, one line, fixes the register (by its
fingerprint), the numbers and the analysis; once it is published nobody can choose the seed, the
strata or the method to suit the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.files import canonical_json
from sampleaudit.formulas import allocation as formulas
from sampleaudit.frame import Frame

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Allocation = Literal["proportional", "equal", "neyman", "optimal"]
StratumValues = Mapping[Any, float]

PLAN_FORMAT: Final = "sampleaudit plan 1"
ALLOCATIONS: Final[Mapping[str, str]] = {
    "proportional": "in proportion to the cases in each stratum",
    "equal": "the same number from each stratum",
    "neyman": "smallest variance of the overall rate for the anticipated rates",
    "optimal": "smallest variance of the overall rate for the anticipated rates and costs",
    "counts": "numbers given by stratum",
    "power": "between the best overall rate and like precision in every stratum",
    "budget": "smallest variance of the overall rate that the budget buys",
    "precision": "fewest or cheapest cases that meet every demand on precision",
}


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """How many cases will be drawn from each stratum, and the analysis bound to them.

    Made by `plan_sample` or `plan_from_counts`, or by the functions of `sampleaudit.planning`.
    ``allocation`` is the rule by which the numbers came about; ``goal`` is what the size was worked
    out for (plain values, with what was anticipated), None where the size was given.
    """

    frame: Frame
    analysis: Analysis
    allocation: str
    _table: pd.DataFrame
    goal: Mapping[str, Any] | None = None

    @property
    def table(self) -> pd.DataFrame:
        """The stratum columns, ``population`` and ``sampled``, one row a stratum."""
        return self._table.copy()

    @property
    def size(self) -> int:
        """Cases to be drawn, without the reserve."""
        return int(self._table["sampled"].sum())

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON (`as_dict`), 64 hexadecimal digits."""
        return sha256(canonical_json(self.as_dict())).hexdigest()

    @property
    def public_record(self) -> str:
        """The line to publish before the seed is known."""
        source = self.analysis.seed_source or "a source to be named before it is known"
        strata = len(self._table)
        return (
            f"sampleaudit plan {self.digest}: {self.size} of {self.frame.size} cases from "
            f"{strata} {'stratum' if strata == 1 else 'strata'}; seed from {source}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all that the plan binds, as plain values; what plan.json holds."""
        frame = self.frame
        return {
            "format": PLAN_FORMAT,
            "fingerprint": frame.fingerprint,
            "case_id": frame.case_id,
            "stratify_by": list(frame.stratify_by),
            "domains": list(frame.domains),
            "population": frame.size,
            "expected_size": frame.reconciliation.expected_size,
            "excluded": dict(frame.reconciliation.excluded),
            "not_cpr": frame.not_cpr,
            "size": self.size,
            "allocation": self.allocation,
            "strata": [
                {**row, "population": int(row["population"]), "sampled": int(row["sampled"])}
                for row in self._table.to_dict(orient="records")
            ],
            "analysis": self.analysis.as_dict(),
            **({} if self.goal is None else {"goal": dict(self.goal)}),
        }

    def __repr__(self) -> str:
        goal = ", ".join(f"{key} {value}" for key, value in (self.goal or {}).items())
        return (
            f"Plan: {self.size} of {self.frame.size} cases, {ALLOCATIONS[self.allocation]}\n"
            f"{self._table.to_string(index=False)}" + f"\nWorked out for: {goal}" * bool(goal)
        )


def plan_sample(
    frame: Frame,
    size: int,
    *,
    allocation: Allocation = "proportional",
    minimum: int | Mapping[Any, int] = 2,
    maximum: int | Mapping[Any, int] | None = None,
    anticipated: float | StratumValues | None = None,
    costs: StratumValues | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan a sample of ``size`` cases, shared out over the strata in whole numbers that add up.

    Every stratum gets at least ``minimum`` cases (all of them where it has fewer) and at most
    ``maximum``, each one number or a mapping stratum -> number; `sampleaudit.formulas.allocation`
    states the rule. ``"neyman"`` and ``"optimal"`` need ``anticipated``, a rate (share of 1) or a
    mapping stratum -> rate; ``"optimal"`` also ``costs``, a mapping stratum -> cost of reading one
    case. A stratum is named by its value, a tuple where there are several stratum columns.
    """
    one_of("allocation", allocation, get_args(Allocation))
    strata = frame.strata
    least, most = stratum_bounds(frame, minimum, maximum)
    _check_size(size, minimum, least, most)
    strata["sampled"] = formulas.whole_allocation(
        size,
        _weights(frame, allocation, anticipated, costs),
        rule="variance" if allocation in ("neyman", "optimal") else "nearest",
        minimum=least,
        maximum=most,
        population=strata["population"],
    )
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source
    )
    return _bind(frame, analysis, allocation, strata)


def plan_from_counts(
    frame: Frame,
    counts: Mapping[Any, int],
    *,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> Plan:
    """Plan a sample from the number of cases wanted in each stratum.

    ``counts`` maps every stratum (its value, or a tuple of values where there are several stratum
    columns) to a number; 0 is written out, and a number equal to the stratum's size makes it a
    census stratum. Raises `AuditError` for unknown or forgotten strata and impossible numbers.
    """
    strata = frame.strata
    wanted = by_stratum(frame, counts, name="counts")
    for label, number, population in zip(
        stratum_labels(frame), wanted, strata["population"], strict=True
    ):
        if not float(number).is_integer() or number < 0:
            raise AuditError(f"counts asks for {number:g} cases from {label}; give a whole number.")
        if number > population:
            raise AuditError(
                f"counts asks for {number:g} cases from {label}, which has {population}; ask for "
                f"at most {population} (all of them make it a census stratum)."
            )
    if not wanted.sum():
        raise AuditError("counts asks for no case at all; ask for at least one.")
    strata["sampled"] = wanted.astype(np.int64)
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source
    )
    return _bind(frame, analysis, "counts", strata)


def stratum_labels(frame: Frame) -> list[str]:
    """Return each stratum's name for messages, as ``North / foster family``."""
    if not frame.stratify_by:
        return ["the caseload"]
    rows = frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None)
    return [" / ".join(values) for values in rows]


def refuse_other_columns(frame: Frame, columns: Sequence[str]) -> None:
    """Refuse columns to report by that are not the frame's."""
    known = (*frame.stratify_by, *frame.domains)
    for column in columns:
        if column not in known:
            raise AuditError(
                f"by names {column!r}, which is not a stratum or domain column of the frame "
                f"({', '.join(known) or 'it has none'}); add it to domains in build_frame."
            )


def by_stratum(frame: Frame, values: Mapping[Any, Any], *, name: str) -> NDArray[np.float64]:
    """Return the values in the order of the frame's strata; refuse unknown and forgotten ones."""
    if not isinstance(values, Mapping):
        raise AuditError(f"{name} is {values!r}; it must be a mapping stratum -> number.")
    if not frame.stratify_by:
        raise AuditError(f"{name} is given by stratum, but the frame has no strata.")
    known = list(frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None))
    given = {_as_key(key): value for key, value in values.items()}
    unknown = [" / ".join(key) for key in given if key not in set(known)]
    if unknown:
        raise AuditError(
            f"{name} names strata that the frame does not have: {first_few(unknown)}. The strata "
            f"are {first_few([' / '.join(key) for key in known])}."
        )
    forgotten = [" / ".join(key) for key in known if key not in given]
    if forgotten:
        raise AuditError(
            f"{name} leaves out {len(forgotten)} strata: {first_few(forgotten)}. Name every "
            f"stratum; write 0 where nothing is meant."
        )
    return np.array([_number(given[key], name=name) for key in known])


def _bind(frame: Frame, analysis: Analysis, allocation: str, table: pd.DataFrame) -> Plan:
    refuse_other_columns(frame, analysis.by)
    return Plan(frame, analysis, allocation, table)


def stratum_bounds(
    frame: Frame, minimum: int | Mapping[Any, int], maximum: int | Mapping[Any, int] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the fewest and most cases that each stratum may give; refuse what cannot be."""
    population = frame.strata["population"].to_numpy().astype(np.int64)
    bounds = []
    for name, given in (("minimum", minimum), ("maximum", maximum)):
        for value in given.values() if isinstance(given, Mapping) else [given]:
            if value is not None and not _is_whole(value, least=0):
                raise AuditError(f"{name} is {value!r}; it must be a whole number, 0 or more.")
        each = by_stratum(frame, given, name=name) if isinstance(given, Mapping) else given
        bounds.append(population if each is None else np.minimum(each, population).astype(np.int64))
    if (bounds[0] > bounds[1]).any():
        raise AuditError("minimum is above maximum in a stratum; lower it there, or raise maximum.")
    return bounds[0], bounds[1]


def _is_whole(value: Any, *, least: int) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and bool(value >= least)


def _check_size(size: int, minimum: Any, least: NDArray[Any], most: NDArray[Any]) -> None:
    if not _is_whole(size, least=1):
        raise AuditError(f"size is {size!r}; it must be a whole number, 1 or more.")
    if size > (top := most.sum()):
        raise AuditError(f"size is {size}, but the frame has only {top} cases; ask for {top}.")
    if size < least.sum():
        kept = "their minimum" if isinstance(minimum, Mapping) else f"at least {minimum} cases each"
        need = f"{len(least)} strata with {kept} need {least.sum()}"
        raise AuditError(
            f"size is {size}, but {need}; ask for more, lower minimum or merge strata."
        )


def _weights(
    frame: Frame,
    allocation: Allocation,
    anticipated: float | StratumValues | None,
    costs: StratumValues | None,
) -> NDArray[np.float64]:
    population = frame.strata["population"].to_numpy()
    needed = {
        "anticipated": (anticipated, allocation in ("neyman", "optimal")),
        "costs": (costs, allocation == "optimal"),
    }
    for name, (value, used) in needed.items():
        if used and value is None:
            raise AuditError(f"allocation {allocation!r} needs {name}; give it or choose another.")
        if value is not None and not used:
            raise AuditError(
                f"{name} is given, but allocation {allocation!r} does not use it; leave it out or "
                f"choose an allocation that does."
            )
    if allocation == "proportional":
        return population.astype(np.float64)
    if allocation == "equal":
        return np.ones(len(population))
    weights = formulas.variance_weights(population, _rates(frame, anticipated))
    if costs is None:
        return weights
    prices = by_stratum(frame, costs, name="costs")
    if not (prices > 0).all():
        raise AuditError("costs holds a cost that is not above 0; every case costs something.")
    return weights / np.sqrt(prices)


def _rates(frame: Frame, anticipated: float | StratumValues | None) -> NDArray[np.float64]:
    if isinstance(anticipated, Mapping):
        rates = by_stratum(frame, anticipated, name="anticipated")
    else:
        rates = np.full(len(frame.strata), _number(anticipated, name="anticipated"))
    if not ((rates >= 0) & (rates <= 1)).all():
        raise AuditError("anticipated holds a rate outside 0 to 1; write one in six as 1/6.")
    if not rates.any() or (rates == 1).all():
        raise AuditError("anticipated says that no stratum varies; give rates between 0 and 1.")
    return rates


def _number(value: object, *, name: str) -> float:
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return float(value)
    raise AuditError(f"{name} holds {value!r}; give numbers, one in six as 1/6.")


def _as_key(key: object) -> tuple[str, ...]:
    values = key if isinstance(key, tuple) else (key,)
    return tuple(str(value).strip() for value in values)
