"""Twenty indicators for the whole caseload and each of 98 municipalities, from 10,000 cases."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import sampleaudit as sa
from benchmarks.measuring import show_table, yardstick
from sampleaudit.estimates.limits import known_size_limits, random_size_limits

CASES = 10_000
MUNICIPALITIES = 98
INDICATORS = 20
NOT_APPLICABLE = {"all apply": 0, "30 % do not apply, 5 indicators": 5}


def main() -> None:
    """Print the seconds of each step of the public API."""
    rows = []
    for label, conditional in NOT_APPLICABLE.items():
        warm_up()
        cases, answers = made_up_answers(conditional)
        fixed = float(np.median([yardstick_cpu() for _ in range(15)]))
        times, cpu = [time.perf_counter()], time.process_time()
        sample = sa.declare_sample(
            cases, case_id="case_id", stratify_by="mun", population="cases", selection="random"
        )
        times.append(time.perf_counter())
        findings = sa.record_findings(sample, answers)
        times.append(time.perf_counter())
        rates = sa.estimate_rates(findings, by="mun", overall=True)
        times.append(time.perf_counter())
        cpu = time.process_time() - cpu
        rows.append(
            [
                label,
                f"{len(rates):,}",
                *(f"{step:.2f}" for step in np.diff(times)),
                f"{times[-1] - times[0]:.2f}",
                f"{cpu:.2f}",
                f"{cpu / fixed:,.0f}",
            ]
        )
    show_table(
        f"{INDICATORS} indicators x (overall + {MUNICIPALITIES} municipalities), {CASES:,} cases",
        [
            "answers", "rows", "declare s", "record s", "estimate s", "all s", "CPU s",
            "CPU x yardstick",
        ],
        rows,
        "The rows include `any error`. Scipy is loaded before the clock starts, and no interval is "
        "known from an earlier run. CPU s is what the work takes when nothing else runs.",
    )  # fmt: skip


def warm_up() -> None:
    """Load what the first estimate loads, and forget every interval found."""
    sample = sa.declare_sample(
        pd.DataFrame({"id": ["A", "B"]}), case_id="id", population=9, selection="random"
    )
    answers = pd.DataFrame({"id": ["A", "B"], "late": [True, "not applicable"]})
    sa.estimate_rates(sa.record_findings(sample, answers))
    known_size_limits.cache_clear()
    random_size_limits.cache_clear()


def yardstick_cpu() -> float:
    """Return the processor seconds of the yardstick."""
    started = time.process_time()
    yardstick()
    return time.process_time() - started


def made_up_answers(conditional: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sampled cases with their municipality's size, and answers by rule and a fixed seed.

    The error rates go from 2 % to 60 %; the last ``conditional`` indicators do not apply to three
    cases in ten.
    """
    draws = np.random.default_rng(20261122)
    numbers = np.arange(CASES)
    mun = numbers % MUNICIPALITIES
    cases = pd.DataFrame(
        {
            "case_id": [f"SAG-{number:05d}" for number in numbers],
            "mun": [f"M{place:02d}" for place in mun],
            "cases": (150 + 37 * np.arange(MUNICIPALITIES) % 1100)[mun],
        }
    )
    answers = cases[["case_id"]].copy()
    for place, rate in enumerate(np.linspace(0.02, 0.6, INDICATORS)):
        found = np.where(draws.random(CASES) < rate, "error", "correct").astype(object)
        if place >= INDICATORS - conditional:
            found[draws.random(CASES) < 0.3] = "not applicable"
        answers[f"indicator {place + 1}"] = found
    return cases, answers
