"""A plan to accept or reject a caseload by the number of errors found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sampleaudit.errors import AuditError
from sampleaudit.formulas.acceptance import Rule
from sampleaudit.plan import Plan
from sampleaudit.planning.demands import whole_number

Decision = Literal["accept", "reject", "read on"]


@dataclass(frozen=True, slots=True, repr=False)
class AcceptancePlan:
    """How many cases to read, and up to how many errors the caseload is accepted.

    ``rule`` has for each stage the cases read, the errors up to which it is accepted and those from
    which it is rejected. ``strata`` has for each stratum its cases and those read at each stage,
    empty for a process. ``producer_risk`` is the probability to reject at the acceptable rate,
    ``consumer_risk`` to accept at the tolerable one: at most these, wherever the errors are.
    ``plans`` are to be drawn with one seed, a stage each; none without a frame.
    """

    rule: Rule
    strata: tuple[tuple[int, tuple[int, ...]], ...]
    acceptable: Fraction
    tolerable: Fraction
    producer_risk: float
    consumer_risk: float
    plans: tuple[Plan, ...] = ()

    @property
    def population(self) -> int | None:
        """Cases in the register; None for a process."""
        return sum(cases for cases, _ in self.strata) if self.strata else None

    @property
    def size(self) -> int:
        """Cases read at most."""
        return sum(self.rule.reviewed)

    def decide(self, errors: int, *, stage: int = 1) -> Decision:
        """Return what ``errors`` found in all stages so far mean after this stage."""
        number = whole_number(errors, name="errors", least=0)
        if not 1 <= stage <= len(self.rule.reviewed):
            raise AuditError(f"stage is {stage}; this plan has {len(self.rule.reviewed)}.")
        read = sum(self.rule.reviewed[:stage])
        if number > read:
            raise AuditError(f"errors is {number}, but only {read} cases are read by then.")
        if number <= self.rule.accept[stage - 1]:
            return "accept"
        return "reject" if number >= self.rule.reject[stage - 1] else "read on"

    def __repr__(self) -> str:
        rule = self.rule
        of = f" of {self.population:,}" if self.strata else ""
        text = (
            f"AcceptancePlan: read {rule.reviewed[0]}{of}; accept at {_at_most(rule.accept[0])}, "
            f"reject at {rule.reject[0]} or more"
        )
        if len(rule.reviewed) > 1:
            text += (
                f", otherwise read {rule.reviewed[1]} more; accept at "
                f"{_at_most(rule.accept[1])} in all"
            )
        return (
            f"{text}\nrejected at {float(self.acceptable):.4g} with probability "
            f"{self.producer_risk:.4f}, accepted at {float(self.tolerable):.4g} with "
            f"{self.consumer_risk:.4f} at most"
        )


def _at_most(errors: int) -> str:
    return "no error" if errors <= 0 else f"{errors} or fewer errors"
