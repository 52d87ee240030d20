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

from sampleaudit.analysis import Analysis, Method, MissingRule, Side, as_columns, as_looks
from sampleaudit.errors import AuditError, one_of
from sampleaudit.files import canonical_json
from sampleaudit.formulas import allocation as formulas
from sampleaudit.frame import Frame
from sampleaudit.plan_strata import (
    as_number,
    by_stratum,
    check_size,
    refuse_constant,
    stratum_bounds,
    stratum_labels,
)

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
        looks = ", ".join(map(str, self.analysis.looks))
        return (
            f"sampleaudit plan {self.digest}: {self.size} of {self.frame.size} cases from "
            f"{strata} {'stratum' if strata == 1 else 'strata'}; "
            + f"looked at after {looks}; " * bool(looks)
            + f"seed from {source}"
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
    looks: Sequence[int] = (),
) -> Plan:
    """Plan a sample of ``size`` cases, shared out over the strata in whole numbers that add up.

    Every stratum gets at least ``minimum`` cases (all of them where it has fewer) and at most
    ``maximum``, each one number or a mapping stratum -> number; `sampleaudit.formulas.allocation`
    states the rule. ``"neyman"`` and ``"optimal"`` need ``anticipated``, a rate (share of 1) or a
    mapping stratum -> rate; ``"optimal"`` also ``costs``, a mapping stratum -> cost of reading one
    case. A stratum is named by its value, a tuple where there are several stratum columns.
    ``looks`` are the numbers of cases read at which findings will be looked at, the last one
    ``size``: each is then analysed so that all hold together at ``level``.
    """
    one_of("allocation", allocation, get_args(Allocation))
    strata = frame.strata
    least, most = stratum_bounds(frame, minimum, maximum)
    check_size(size, minimum, least, most)
    strata["sampled"] = formulas.whole_allocation(
        size,
        _weights(frame, allocation, anticipated, costs),
        rule="variance" if allocation in ("neyman", "optimal") else "nearest",
        minimum=least,
        maximum=most,
        population=strata["population"],
    )
    analysis = Analysis(
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source,
        as_looks(looks),
    )  # fmt: skip
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
    looks: Sequence[int] = (),
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
        level, side, method, missing, as_columns(by, name="by"), tolerable, seed_source,
        as_looks(looks),
    )  # fmt: skip
    return _bind(frame, analysis, "counts", strata)


def refuse_other_columns(frame: Frame, columns: Sequence[str]) -> None:
    """Refuse columns to report by that are not the frame's."""
    known = (*frame.stratify_by, *frame.domains)
    for column in columns:
        if column not in known:
            raise AuditError(
                f"by names {column!r}, which is not a stratum or domain column of the frame "
                f"({', '.join(known) or 'it has none'}); add it to domains in build_frame."
            )


def refuse_other_looks(looks: Sequence[int], size: int) -> None:
    """Refuse looks of which the last is not the whole sample."""
    if looks and looks[-1] != size:
        raise AuditError(
            f"looks is {list(looks)}, but {size} cases are to be drawn; the last look is at all of "
            f"them: end with {size}."
        )


def _bind(frame: Frame, analysis: Analysis, allocation: str, table: pd.DataFrame) -> Plan:
    refuse_other_columns(frame, analysis.by)
    refuse_other_looks(analysis.looks, int(table["sampled"].sum()))
    return Plan(frame, analysis, allocation, table)


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
    refuse_constant(weights)
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
        rates = np.full(len(frame.strata), as_number(anticipated, name="anticipated"))
    if not ((rates >= 0) & (rates <= 1)).all():
        raise AuditError("anticipated holds a rate outside 0 to 1; write one in six as 1/6.")
    return rates
