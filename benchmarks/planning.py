"""How many cases ten typical audits need, and whether what was planned then holds.

``python -m benchmarks.planning`` prints the tables of docs/planning.md; a number after it is how
many audits of each stratified design are simulated (300 unless given). One stratum is enumerated.
Beside margin and level stand the power of comparisons in strata and the assurance of pilots
(`benchmarks.planning_promises`).

The textbook's n is that for the normal interval with the finite population correction, for a rate
of a half (which is always enough, by that formula) and for the anticipated one, as RAT-STATS and
R's PracTools work it out; strata share it in proportion.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import sampleaudit as sa
from benchmarks.measuring import show_table
from benchmarks.planning_promises import (
    ASSURANCE,
    PAIRS,
    PILOTS,
    POWER,
    assurance_met,
    frame_of,
    named,
    power_met,
)
from sampleaudit.formulas.expected_width import count_chances
from sampleaudit.formulas.sizes import textbook_margin_size

SEED = 20261122
AUDITS = 300


@dataclass(frozen=True)
class Audit:
    """Strata, the error rate in each, and the margin wanted."""

    sizes: tuple[int, ...]
    rate: float
    margin: float


TEN = (
    Audit((60,), 0.10, 0.06),
    Audit((150,), 0.30, 0.07),
    Audit((500,), 1 / 6, 0.05),
    Audit((500,), 0.02, 0.03),
    Audit((2_000,), 0.05, 0.03),
    Audit((20_000,), 0.01, 0.01),
    Audit((20_000,), 0.30, 0.04),
    Audit((300, 150, 50), 0.10, 0.05),
    Audit((1_000, 300, 50), 0.03, 0.025),
    Audit((8_000, 5_000, 4_000, 2_000, 1_000), 1 / 6, 0.04),
)


@dataclass(frozen=True)
class Delivered:
    """What a size brings: the mean half width, and how often the interval held the truth."""

    size: int
    half_width: float
    coverage: float


def main(audits: int = AUDITS) -> None:
    """Print the tables."""
    show_sizes(audits)
    show_power(audits)
    show_assurance(audits // 3)


def show_power(audits: int) -> None:
    """Print how often comparisons of domains in strata find what they were planned to find."""
    head = ["first domain", "second domain", "rates", "n", "power", "found"]
    rows = []
    for pair in PAIRS:
        got = power_met(pair, audits)
        rows.append([
            named(pair.first), named(pair.second),
            f"{pair.rates[0]:.1%} and {pair.rates[1]:.1%}", str(got.size), f"{got.expected:.3f}",
            f"{got.found:.3f}",
        ])  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    show_table(
        f"Comparisons of domains in strata, planned for a power of {POWER:g} at 95 %", head, rows,
        f"Found: the share of {audits} simulated audits (seed {SEED}) whose difference was found.",
    )  # fmt: skip


def show_assurance(audits: int) -> None:
    """Print how often a plan made from a pilot meets its margin."""
    head = ["strata", "rate", "pilot", "margin", "n from", "mean n", "to", "margin met"]
    rows = []
    for pilot in PILOTS:
        got = assurance_met(pilot, audits)
        rows.append([
            named(pilot.sizes), f"{pilot.rate:.1%}", str(pilot.read), f"{pilot.margin:.1%}",
            str(got.least), f"{got.mean:.0f}", str(got.most), f"{got.met:.3f}",
        ])  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    show_table(
        f"Plans from a pilot with an assurance of {ASSURANCE:g}", head, rows,
        f"Margin met: in which share of pilots the expected half width of the plan, at the true "
        f"rate, is the margin at most; every pilot with one stratum, {audits} simulated ones "
        f"(seed {SEED}) with several.",
    )  # fmt: skip


def show_sizes(audits: int) -> None:
    """Print sizes, half widths and coverages of ten audits."""
    head = [
        "strata", "rate", "margin", "n at a half", "n textbook", "its half width", "holds",
        "n here", "half width", "holds",
    ]  # fmt: skip
    rows = []
    for audit in TEN:
        frame = frame_of(audit.sizes)
        total = sum(audit.sizes)
        worst, normal = (
            min(total, math.ceil(textbook_margin_size(rate, audit.margin, population=total)))
            for rate in (0.5, audit.rate)
        )
        normal = max(normal, 2 * len(audit.sizes))
        ours = sa.plan_for_margin(frame, audit.margin, anticipated=audit.rate)
        habit = delivered(audit, sa.plan_sample(frame, normal), "wald", audits)
        here = delivered(audit, ours, "profile", audits)
        rows.append([
            named(audit.sizes),
            f"{audit.rate:.1%}",
            f"{audit.margin:.1%}",
            str(worst),
            str(habit.size),
            f"{habit.half_width:.2%}",
            f"{habit.coverage:.3f}",
            str(here.size),
            f"{here.half_width:.2%}",
            f"{here.coverage:.3f}",
        ])  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    show_table(
        "Cases to read for a margin at 95 %: the textbook's and here", head, rows,
        f"Half widths are means, coverages shares: over all outcomes with one stratum, over "
        f"{audits} simulated audits (seed {SEED}) with several.",
    )  # fmt: skip


def delivered(audit: Audit, plan: sa.Plan, method: str, audits: int) -> Delivered:
    """Return what reading the planned cases brings, by one method."""
    n = plan.table["sampled"].tolist()
    truth = sum(errors_in(audit)) / sum(audit.sizes)
    found: list[tuple[Sequence[int], float]]
    if len(n) == 1:
        chances = count_chances(n[0], audit.sizes[0], float(errors_in(audit)[0]))
        found = [([x], float(p)) for x, p in enumerate(chances) if p > 1e-9]
    else:
        rng = np.random.default_rng(SEED)
        pairs = list(zip(errors_in(audit), audit.sizes, n, strict=True))
        found = [
            ([int(rng.hypergeometric(T, N - T, k)) for T, N, k in pairs], 1 / audits)
            for _ in range(audits)
        ]
    width = held = 0.0
    for x, chance in found:
        interval = sa.rate_interval(list(x), n, list(audit.sizes), method=method)  # type: ignore[arg-type] # a method
        if not math.isnan(interval.low):  # the normal interval has none where nothing is found
            width += chance * (interval.high - interval.low) / 2
            held += chance * (interval.low <= truth <= interval.high)
    return Delivered(plan.size, width, held)


def errors_in(audit: Audit) -> list[int]:
    """Return the errors in each stratum, in whole cases."""
    return [round(size * audit.rate) for size in audit.sizes]


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:2]))
