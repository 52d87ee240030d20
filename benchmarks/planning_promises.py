"""Whether plans keep two promises: a power between domains in strata, and a pilot's assurance.

Printed by ``python -m benchmarks.planning``, after its table of sizes. The power is simulated: both
domains are drawn stratum by stratum, and `difference_interval` says whether they differ. Of pilots
in one stratum every outcome is gone through; with several they are simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import sampleaudit as sa
from sampleaudit.formulas.expected_width import count_chances

SEED = 20261122
POWER = 0.8
ASSURANCE = 0.8


@dataclass(frozen=True)
class Pair:
    """Two domains, each of strata of these sizes, and the rate in all strata of each."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    rates: tuple[float, float]


PAIRS = (
    Pair((12, 6), (8, 4), (1 / 6, 0.75)),
    Pair((60, 30), (40, 20), (0.1, 0.4)),
    Pair((400, 200), (300, 100), (0.1, 0.25)),
    Pair((8_000, 2_000), (6_000, 4_000), (0.05, 0.12)),
    Pair((400_000, 100_000), (300_000, 200_000), (0.1, 0.2)),
)


@dataclass(frozen=True)
class Found:
    """A plan for a comparison: what it was told to reach, and in how many audits it did."""

    size: int
    expected: float
    found: float


def power_met(pair: Pair, audits: int) -> Found:
    """Return a plan's size and power, and the share of simulated audits with a difference."""
    rows = [
        (f"{name}{h}-{i}", name, f"{name}{h}")
        for name, sizes in (("A", pair.first), ("B", pair.second))
        for h, size in enumerate(sizes)
        for i in range(size)
    ]
    table = pd.DataFrame(rows, columns=["case_id", "town", "kind"])
    frame = sa.build_frame(table, case_id="case_id", stratify_by=["town", "kind"])
    plan = sa.plan_for_comparison(
        frame, dict(zip("AB", pair.rates, strict=True)), by="town", power=POWER
    )
    assert plan.goal is not None  # noqa: S101 -- for the type checker
    read = plan.table.groupby("town")["sampled"].apply(list)
    rng = np.random.default_rng(SEED)
    drawn = []
    for name, sizes, rate in zip("AB", (pair.first, pair.second), pair.rates, strict=True):
        wrong = np.array([round(size * rate) for size in sizes])
        good = np.array(sizes) - wrong
        drawn.append(rng.hypergeometric(wrong, good, read[name], size=(audits, len(sizes))))
    outcomes, times = np.unique(np.concatenate(drawn, axis=1), axis=0, return_counts=True)
    found = 0
    for outcome, count in zip(outcomes.tolist(), times.tolist(), strict=True):
        middle = len(pair.first)
        sides = (
            (outcome[:middle], list(read["A"]), list(pair.first)),
            (outcome[middle:], list(read["B"]), list(pair.second)),
        )
        found += count * (sa.difference_interval(*sides).p_value <= 1 - plan.analysis.level)
    return Found(plan.size, float(plan.goal["expected_power"]), found / audits)


@dataclass(frozen=True)
class Pilot:
    """Strata, the rate in all of them, the cases of the pilot, and the margin wanted."""

    sizes: tuple[int, ...]
    rate: float
    read: int
    margin: float


PILOTS = (
    Pilot((30,), 0.2, 8, 0.15),
    Pilot((150,), 0.2, 20, 0.08),
    Pilot((1_000,), 0.1, 40, 0.05),
    Pilot((20_000,), 0.1, 40, 0.05),
    Pilot((1_000_000,), 0.1, 40, 0.05),
    Pilot((300, 150, 50), 0.1, 40, 0.05),
)


@dataclass(frozen=True)
class Assured:
    """How often a plan from a pilot meets the margin, and its sizes: least, mean and most."""

    met: float
    least: int
    mean: float
    most: int


def assurance_met(pilot: Pilot, simulated: int) -> Assured:
    """Return in which share of pilots the plan made from it meets the margin at the true rate."""
    frame = frame_of(pilot.sizes)
    sample = sa.draw(sa.plan_sample(frame, pilot.read), seed="pilot")
    read = sample.strata["sampled"].tolist()
    wrong = [round(size * pilot.rate) for size in pilot.sizes]
    if len(read) == 1:
        chances = count_chances(read[0], pilot.sizes[0], wrong[0])
        outcomes = {(k,): float(chance) for k, chance in enumerate(chances) if chance > 1e-4}
    else:
        rng = np.random.default_rng(SEED)
        good = np.array(pilot.sizes) - wrong
        drawn = rng.hypergeometric(wrong, good, read, size=(simulated, len(read)))
        rows, times = np.unique(drawn, axis=0, return_counts=True)
        outcomes = {
            tuple(row): count / simulated
            for row, count in zip(rows.tolist(), times.tolist(), strict=True)
        }
    truth = sum(wrong) / sum(pilot.sizes)
    met = total = mean = 0.0
    sizes = []
    for outcome, chance in outcomes.items():
        plan = sa.plan_from_pilot(
            findings_of(sample, outcome), frame, margin=pilot.margin, assurance=ASSURANCE
        )
        width = sa.expected_precision(plan, anticipated=truth).rows[0].half_width
        met += chance * (width <= pilot.margin * (1 + 1e-9))
        mean += chance * plan.size
        total += chance
        sizes.append(plan.size)
    return Assured(met / total, min(sizes), mean / total, max(sizes))


def findings_of(sample: sa.Sample, errors: Sequence[int]) -> sa.Findings:
    """Return findings with so many errors in each stratum, the first ones of it."""
    cases = sample.cases
    strata = list(sample.stratify_by)
    labels = [tuple(row) for row in sample.strata[strata].to_numpy().tolist()]
    limit = dict(zip(labels, errors, strict=True))
    rows = [tuple(row) for row in cases[strata].to_numpy().tolist()]
    late = [
        "error" if order <= limit[row] else "correct"
        for row, order in zip(rows, cases["order"], strict=True)
    ]
    return sa.record_findings(sample, cases[[sample.case_id]].assign(late=late))


def frame_of(sizes: Sequence[int]) -> sa.Frame:
    """Return a frame with strata of these sizes."""
    rows = [(f"S{h}-{i}", f"S{h}") for h, size in enumerate(sizes) for i in range(size)]
    table = pd.DataFrame(rows, columns=["case_id", "stratum"])
    strata = ["stratum"] if len(sizes) > 1 else []
    return sa.build_frame(table, case_id="case_id", stratify_by=strata)


def named(sizes: Sequence[int]) -> str:
    """Return the sizes of strata as the tables have them."""
    return " + ".join(f"{size:,}" for size in sizes)
