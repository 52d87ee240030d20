"""How long each comparison of domains takes: 98 municipalities, 20 indicators and "any error"."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

import sampleaudit as sa
from sampleaudit.synthetic_country import MUNICIPALITIES, country_register

SEED: Final = 20261122
READ: Final = 22
INDICATORS: Final = 20


def report() -> str:
    """Return the table: processor seconds of each function."""
    findings = made_up()
    rates = sa.estimate_rates(findings, by="municipality", overall=True)
    covariate = {name: float(place) for place, name in enumerate(MUNICIPALITIES)}
    steps: dict[str, Callable[[], object]] = {
        "funnel, register": lambda: sa.funnel(findings, "municipality"),
        "funnel, process": lambda: sa.funnel(findings, "municipality", question="process"),
        "pool_rates, average": lambda: sa.pool_rates(findings, "municipality"),
        "pool_rates, each": lambda: sa.pool_rates(findings, "municipality", method="each"),
        "pool_rates, covariate": lambda: sa.pool_rates(
            findings, "municipality", covariate=covariate
        ),
        "rank_domains, register": lambda: sa.rank_domains(findings, "municipality"),
        "rank_domains, process": lambda: sa.rank_domains(
            findings, "municipality", question="process"
        ),
        "standardise over placement": lambda: sa.standardise(findings, "municipality", "placement"),
        "suppress": lambda: sa.suppress(rates),
    }
    lines = [f"{len(MUNICIPALITIES)} municipalities x {INDICATORS} indicators, processor seconds"]
    for name, step in steps.items():
        started = time.process_time()
        step()
        lines.append(f"{name:28} {time.process_time() - started:6.2f}")
    return "\n".join(lines)


def made_up() -> sa.Findings:
    """Return findings of the made-up country, with rates from 5 to 43 % that vary a little."""
    frame = sa.build_frame(
        country_register(), case_id="case_id", stratify_by="municipality", domains="placement"
    )
    plan = sa.plan_from_counts(frame, dict.fromkeys(MUNICIPALITIES, READ))
    sample = sa.draw(plan, seed="seconds")
    cases = sample.cases
    draws = np.random.default_rng(SEED)
    answers = pd.DataFrame({"case_id": cases["case_id"]})
    place = cases["municipality"].map({name: k for k, name in enumerate(MUNICIPALITIES)})
    for k in range(INDICATORS):
        mean = 0.05 + 0.02 * k
        rate = draws.beta(20 * mean, 20 * (1 - mean), len(MUNICIPALITIES))
        answers[f"indicator {k + 1}"] = (draws.random(len(cases)) < rate[place]).astype(int)
    return sa.record_findings(sample, answers)
