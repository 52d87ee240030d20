"""Accept or reject a caseload by how many errors are found: how many to read, and the limit."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NoReturn

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.errors import AuditError, one_of
from sampleaudit.formulas.acceptance import (
    Rule,
    best_accept_number,
    cheapest_double,
    decisions,
    double,
    errors_at,
    single,
    smallest_single,
)
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan
from sampleaudit.planning.acceptance_plan import AcceptancePlan
from sampleaudit.planning.acceptance_strata import (
    double_in_strata,
    shared_cases,
    single_in_strata,
    worst_acceptance,
)
from sampleaudit.planning.demands import Share, exact_share, probability, whole_number
from sampleaudit.planning.made import made_plan

Caseload = Frame | int | None
"""A frame; a number of cases; or None for a process without end, whose counts are binomial."""
Kind = Literal["single", "double"]


def plan_acceptance(
    caseload: Caseload,
    *,
    acceptable: Share,
    tolerable: Share,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.05,
    kind: Kind = "single",
    seed_source: str | None = None,
) -> AcceptancePlan:
    """Plan the smallest sample by which a caseload is accepted or rejected with both risks kept.

    At the ``acceptable`` rate or less it is rejected with probability ``producer_risk`` at most, at
    the ``tolerable`` rate or more accepted with ``consumer_risk`` at most. In a register counts are
    hypergeometric, and the numbers of errors whole; with strata cases are shared out in proportion,
    and the risks hold for the worst places of the errors that are found. ``"double"`` reads on only
    where a first part does not decide, and reads fewest cases on average at the acceptable rate,
    of the numbers of errors and ratios of the stages that are tried.
    Raises `AuditError` where only reading every case would do.
    """
    one_of("kind", kind, ("single", "double"))
    good, bad = two_rates(acceptable, tolerable)
    alpha = probability(producer_risk, name="producer_risk")
    beta = probability(consumer_risk, name="consumer_risk")
    sizes = caseload_sizes(caseload)
    population = None if sizes is None else int(sizes.sum())
    if sizes is not None and len(sizes) > 1:
        search = single_in_strata if kind == "single" else double_in_strata
        rule = search(sizes, good, bad, (alpha, beta))
    else:
        find = smallest_single if kind == "single" else cheapest_double
        rule = find(good, bad, alpha, beta, population)
    if rule is None:
        _refuse(good, bad, population)
    return _made(caseload, rule, sizes, good, bad, seed_source)


def acceptance_plan(
    caseload: Caseload,
    reviewed: int | tuple[int, int],
    accept: int | tuple[int, int],
    *,
    acceptable: Share,
    tolerable: Share,
    reject: int | None = None,
    seed_source: str | None = None,
) -> AcceptancePlan:
    """Return the plan with these numbers, and its risks: a published one, or one's own.

    Two numbers each make a double plan: cases read at the first and second stage, errors up to
    which it is accepted after the first, and after both. ``reject`` is the number of errors from
    which it is rejected after the first stage, by default one more than accepted in the end.
    """
    good, bad = two_rates(acceptable, tolerable)
    sizes = caseload_sizes(caseload)
    if isinstance(reviewed, tuple) != isinstance(accept, tuple):
        raise AuditError("reviewed and accept must both be one number, or both two.")
    if isinstance(reviewed, tuple) and isinstance(accept, tuple):
        first, second = (whole_number(n, name="reviewed", least=1) for n in reviewed)
        low, high = (whole_number(c, name="accept", least=0) for c in accept)
        ends = high + 1 if reject is None else whole_number(reject, name="reject", least=1)
        if ends <= low + 1:
            raise AuditError(
                f"reject is {ends}; it must be above {low + 1}, or nothing is read on."
            )
        rule = double(first, low, second, high, reject=ends)
    elif isinstance(reviewed, int) and isinstance(accept, int):
        rule = single(
            whole_number(reviewed, name="reviewed", least=1),
            whole_number(accept, name="accept", least=0),
        )
    else:
        raise AuditError("reviewed and accept must both be whole numbers, or both two of them.")
    if sizes is not None and sum(rule.reviewed) > sizes.sum():
        raise AuditError(f"reviewed is {sum(rule.reviewed)}, but there are {sizes.sum()} cases.")
    return _made(caseload, rule, sizes, good, bad, seed_source)


def lqas_plan(
    caseload: Caseload,
    reviewed: int,
    *,
    acceptable: Share,
    tolerable: Share,
    seed_source: str | None = None,
) -> AcceptancePlan:
    """Return the accept number with the smallest sum of both risks, for this many cases read.

    The rule of lot quality assurance sampling in health surveys (Valadez 1991): 19 read, 20 % and
    50 % give 6. With strata the sum is that without them.
    """
    good, bad = two_rates(acceptable, tolerable)
    sizes = caseload_sizes(caseload)
    number = whole_number(reviewed, name="reviewed", least=1)
    population = None if sizes is None else int(sizes.sum())
    if population is not None and number > population:
        raise AuditError(f"reviewed is {number}, but there are {population} cases.")
    accept, _, _ = best_accept_number(number, good, bad, population)
    return _made(caseload, single(number, accept), sizes, good, bad, seed_source)


def _made(
    caseload: Caseload,
    rule: Rule,
    sizes: IntArray | None,
    good: Fraction,
    bad: Fraction,
    seed_source: str | None,
) -> AcceptancePlan:
    """Return the plan with its risks, and the draws of its stages."""
    if sizes is None:
        producer = 1 - decisions(rule, good, (), ())[0]
        return AcceptancePlan(rule, (), good, bad, producer, decisions(rule, bad, (), ())[0])
    total = int(sizes.sum())
    few, many = errors_at(good, total, up=False), errors_at(bad, total, up=True)
    stages = [shared_cases(int(n), sizes) for n in np.cumsum(rule.reviewed)]
    steps = np.diff(np.array([np.zeros_like(sizes), *stages]), axis=0)
    strata = tuple(
        (cases, tuple(step)) for cases, step in zip(sizes.tolist(), steps.T.tolist(), strict=True)
    )
    if len(sizes) == 1:
        producer = 1 - decisions(rule, good, (few,), strata)[0]
        consumer = decisions(rule, bad, (many,), strata)[0]
    else:
        producer = 1 - worst_acceptance(rule, sizes, few, "least")
        consumer = worst_acceptance(rule, sizes, many, "most")
    return AcceptancePlan(
        rule, strata, good, bad, producer, consumer,
        _plans(caseload, stages, rule, bad, consumer, seed_source),
    )  # fmt: skip


def _plans(
    caseload: Caseload,
    stages: list[IntArray],
    rule: Rule,
    bad: Fraction,
    consumer: float,
    seed_source: str | None,
) -> tuple[Plan, ...]:
    """Return a plan for each stage: the later ones contain the cases of the earlier ones."""
    if not isinstance(caseload, Frame):
        return ()
    analysis = Analysis(
        level=1 - max(consumer, 1e-6),
        side="upper",
        method="guaranteed",
        tolerable=float(bad),
        seed_source=seed_source,
    )
    return tuple(
        made_plan(
            caseload,
            counts,
            analysis,
            "proportional",
            {
                "kind": "acceptance",
                "stage": place + 1,
                "reviewed": list(rule.reviewed),
                "accept": list(rule.accept),
                "reject": list(rule.reject),
            },
        )
        for place, counts in enumerate(stages)
    )


def caseload_sizes(caseload: Caseload) -> IntArray | None:
    """Return the cases by stratum, None for a process."""
    if caseload is None:
        return None
    if isinstance(caseload, Frame):
        return np.asarray(caseload.strata["population"].to_numpy(), dtype=np.int64)
    return np.array([whole_number(caseload, name="caseload", least=1)], dtype=np.int64)


def two_rates(acceptable: Share, tolerable: Share) -> tuple[Fraction, Fraction]:
    """Return both rates as exact fractions; refuse a tolerable one that is not the larger."""
    good = exact_share(acceptable, name="acceptable")
    bad = exact_share(tolerable, name="tolerable")
    if not good < bad:
        raise AuditError(
            f"acceptable is {float(good):g} and tolerable {float(bad):g}; the tolerable rate must "
            f"be the larger one, or nothing can tell them apart."
        )
    return good, bad


def _refuse(good: Fraction, bad: Fraction, population: int | None) -> NoReturn:
    """Refuse rates that only reading every case would tell apart."""
    if population is None:
        raise AuditError("No plan was found; give rates further apart, or larger risks.")
    few, many = errors_at(good, population, up=False), errors_at(bad, population, up=True)
    raise AuditError(
        f"acceptable comes to {few} of {population} cases and tolerable to {many}: with these "
        f"risks only reading every case tells them apart. Give rates further apart, or larger "
        f"risks."
    )
