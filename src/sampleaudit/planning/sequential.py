"""Read case by case, in the order of the draw, until the errors found decide."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.errors import AuditError
from sampleaudit.formulas.acceptance import errors_at, smallest_single
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.formulas.sequential import (
    Lines,
    boundaries,
    path,
    register_boundaries,
    wald_lines,
)
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan
from sampleaudit.planning.acceptance import Caseload, caseload_sizes, two_rates
from sampleaudit.planning.acceptance_plan import Decision
from sampleaudit.planning.demands import Share, probability, whole_number
from sampleaudit.planning.made import made_plan

if TYPE_CHECKING:
    import pandas as pd

_TIMES: Final = 3  # the single plan's size, at which reading ends in any case
_TIGHTENINGS: Final = 40
_LESS: Final = 0.98  # of what is in proportion
_MOST: Final = 20_000  # cases read at most; each is a step of the computation


@dataclass(frozen=True, slots=True, repr=False)
class SequentialPlan:
    """The numbers of errors at which reading stops, made by `plan_sequential`.

    ``accept[n]`` is the number of errors up to which the caseload is accepted after n cases, -1
    where none accepts; ``reject[n]`` that from which it is rejected, n + 1 where none rejects.
    ``lines`` are Wald's for a process without end; a register's own boundaries bend.
    ``producer_risk`` and ``consumer_risk`` are what the plan really has, computed case by case.
    ``plan`` is the draw of all cases that may be read; None without a frame.
    """

    acceptable: Fraction
    tolerable: Fraction
    population: int | None
    lines: Lines
    accept: tuple[int, ...]
    reject: tuple[int, ...]
    producer_risk: float
    consumer_risk: float
    plan: Plan | None = None

    @property
    def size(self) -> int:
        """Cases read at most."""
        return len(self.accept) - 1

    def decide(self, errors: int, reviewed: int) -> Decision:
        """Return what to do after ``reviewed`` cases, the first in the order of the draw."""
        wrong = whole_number(errors, name="errors", least=0)
        read = whole_number(reviewed, name="reviewed", least=1)
        if read > self.size or wrong > read:
            raise AuditError(
                f"errors is {wrong} and reviewed {read}; at most {self.size} cases are read, and "
                f"errors are counted among them."
            )
        if wrong <= self.accept[read]:
            return "accept"
        return "reject" if wrong >= self.reject[read] else "read on"

    def to_frame(self) -> pd.DataFrame:
        """Return a row per case read: ``reviewed``, ``accept`` (up to), ``reject`` (from)."""
        import pandas as pd

        table = pd.DataFrame(
            {"reviewed": range(self.size + 1), "accept": self.accept, "reject": self.reject}
        )
        return table.iloc[1:].reset_index(drop=True)

    def __repr__(self) -> str:
        of = "" if self.population is None else f" of {self.population:,}"
        lines = self.lines
        return (
            f"SequentialPlan: read one by one, at most {self.size}{of}; accept up to "
            f"{lines.slope:.4g} n - {lines.h_accept:.4g}, reject from {lines.slope:.4g} n + "
            f"{lines.h_reject:.4g} errors\nrejected at {float(self.acceptable):.4g} with "
            f"probability {self.producer_risk:.4f}, accepted at {float(self.tolerable):.4g} with "
            f"{self.consumer_risk:.4f}"
        )


def plan_sequential(
    caseload: Caseload,
    *,
    acceptable: Share,
    tolerable: Share,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.05,
    most: int | None = None,
    seed_source: str | None = None,
) -> SequentialPlan:
    """Plan to read in the order of the draw until the errors found accept or reject.

    Wald's sequential probability ratio test, ended after ``most`` cases, three times a single
    plan's size unless given; what is then undecided is accepted up to the number of errors that is
    halfway. In a register the likelihoods are hypergeometric. The plan's real risks are computed;
    where they are above those asked for, Wald's own are lowered until they are not. Raises
    `AuditError` for a frame with strata: their order of reading is not one order.
    """
    good, bad = two_rates(acceptable, tolerable)
    alpha = probability(producer_risk, name="producer_risk")
    beta = probability(consumer_risk, name="consumer_risk")
    if alpha + beta >= 1:
        raise AuditError(
            f"producer_risk and consumer_risk are {alpha:g} and {beta:g}; together under 1."
        )
    if not good or bad == 1:
        raise AuditError(
            f"acceptable is {float(good):g} and tolerable {float(bad):g}; for a sequential plan "
            f"both lie strictly between 0 and 1."
        )
    sizes = caseload_sizes(caseload)
    if sizes is not None and len(sizes) > 1:
        raise AuditError(
            "The frame has strata, so its cases have no one order of reading, and the risks would "
            "depend on which stratum is read when. Build it without stratify_by: its cases are "
            "then read in the order of the draw, with these risks wherever the errors are. Or "
            "take plan_acceptance, kind='double' among them, or plan_looks."
        )
    population = None if sizes is None else int(sizes[0])
    last = _last(good, bad, (alpha, beta), population, most)
    few: float = float(good)
    many: float = float(bad)
    if population is not None:
        few = errors_at(good, population, up=False)
        many = errors_at(bad, population, up=True)
    nominal = alpha, beta
    for _ in range(_TIGHTENINGS):
        lines = wald_lines(float(good), float(bad), *nominal)
        accept, reject = _boundaries(lines, good, bad, nominal, population, last)
        real = path(accept, reject, few, population), path(accept, reject, many, population)
        over = max(real[0].reject / alpha, 1.0), max(real[1].accept / beta, 1.0)
        if over == (1.0, 1.0):
            break
        nominal = nominal[0] / over[0] * _LESS, nominal[1] / over[1] * _LESS
    plan = None
    if isinstance(caseload, Frame):
        analysis = Analysis(
            level=1 - beta, side="upper", method="guaranteed", tolerable=float(bad),
            seed_source=seed_source,
        )  # fmt: skip
        goal = {
            "kind": "sequential", "acceptable": float(good), "tolerable": float(bad),
            "accept": accept.tolist(), "reject": reject.tolist(),
        }  # fmt: skip
        plan = made_plan(caseload, np.array([last]), analysis, "proportional", goal)
    return SequentialPlan(
        good, bad, population, lines, tuple(accept.tolist()), tuple(reject.tolist()),
        real[0].reject, real[1].accept, plan,
    )  # fmt: skip


def _last(
    good: Fraction,
    bad: Fraction,
    risks: tuple[float, float],
    population: int | None,
    most: int | None,
) -> int:
    limit = _MOST if population is None else min(population, _MOST)
    if most is not None:
        number = whole_number(most, name="most", least=1)
        if number > limit:
            raise AuditError(f"most is {number}; at most {limit} cases can be read here.")
        return number
    alone = smallest_single(good, bad, *risks, population)
    return limit if alone is None else min(limit, _TIMES * alone.reviewed[0])


def _boundaries(
    lines: Lines,
    good: Fraction,
    bad: Fraction,
    risks: tuple[float, float],
    population: int | None,
    last: int,
) -> tuple[IntArray, IntArray]:
    """Return the numbers of errors; at the end those are accepted that are nearer to accepting."""
    alpha, beta = risks
    middle = lines.slope * last + (lines.h_reject - lines.h_accept) / 2
    if population is None:
        return boundaries(lines, last, ceil(middle) - 1)
    few = errors_at(good, population, up=False)
    many = errors_at(bad, population, up=True)
    bounds = log(beta / (1 - alpha)), log((1 - beta) / alpha)
    accept, reject = register_boundaries(few, many, population, bounds, last, 0)
    if last == population:
        end = many - 1 if many - few == 1 else (few + many) // 2
    else:
        end = (int(accept[-2]) + int(reject[-2])) // 2 if last > 1 else 0
    accept[-1], reject[-1] = end, end + 1
    return accept, reject
