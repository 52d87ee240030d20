"""How long each comparison of domains takes: 98 municipalities, 20 indicators and "any error".

Each call is the first of a new process, so that it loads what it needs (statsmodels, for one) and
finds nothing kept from another. The findings are made before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

import sampleaudit as sa
from benchmarks.comparing.kept import apart
from sampleaudit.synthetic_country import MUNICIPALITIES, country_register

if TYPE_CHECKING:
    from sampleaudit.comparison.questions import Question

SEED: Final = 20261122
READ: Final = 22
INDICATORS: Final = 20
BY: Final = "municipality"

Step = Callable[[], object]


def report() -> str:
    """Return the table: processor seconds of each function, and its rows."""
    lines = [
        f"## Seconds: {len(MUNICIPALITIES)} municipalities x {INDICATORS} indicators and any error",
        "",
        "Processor time of one call in a new process, its table for computing included.",
        "",
        "| call | rows | seconds |",
        "|---|---|---|",
    ]
    for name in NAMES:
        rows, seconds = apart(__name__, "measured", name)
        lines.append(f"| {name} | {rows:,} | {seconds:.2f} |")
    return "\n".join(lines)


def measured(name: str) -> tuple[int, float]:
    """Return how many rows a call makes, and its processor seconds."""
    step = _steps(name)
    started = time.process_time()
    result = step()
    table = result if isinstance(result, pd.DataFrame) else result.to_frame()  # type: ignore[attr-defined]
    return len(table), time.process_time() - started


def _about(question: Question) -> Mapping[str, Step]:
    """Return the calls that ask about the register or the process."""
    return {
        "compare_with_rest": lambda: sa.compare_with_rest(made_up(), BY, question=question),
        "compare_with, one municipality": lambda: sa.compare_with(
            made_up(), BY, MUNICIPALITIES[0], question=question
        ),
        "compare_pairs": lambda: sa.compare_pairs(made_up(), BY, question=question),
        "compare_periods, two samples": lambda: sa.compare_periods(
            made_up(), made_up("later"), by=BY, question=question
        ),
        "compare_periods, the same cases": lambda: sa.compare_periods(
            made_up(), made_up(again=True), by=BY, question=question
        ),
        "detectable_difference": lambda: sa.detectable_difference(made_up(), BY, question=question),
        "funnel": lambda: sa.funnel(made_up(), BY, question=question),
        "rank_domains": lambda: sa.rank_domains(made_up(), BY, question=question),
        "standardise over placement": lambda: sa.standardise(
            made_up(), BY, "placement", question=question
        ),
    }


def _others() -> Mapping[str, Step]:
    """Return the calls that ask no such question."""
    covariate = {name: float(place) for place, name in enumerate(MUNICIPALITIES)}
    return {
        "pool_rates, average": lambda: sa.pool_rates(made_up(), BY),
        "pool_rates, each": lambda: sa.pool_rates(made_up(), BY, method="each"),
        "pool_rates, covariate": lambda: sa.pool_rates(made_up(), BY, covariate=covariate),
        "verdict": lambda: sa.verdict(_rates(), tolerable=0.2),
        "suppress": lambda: sa.suppress(_rates()),
    }


NAMES: Final = (
    *(f"{name}, {question}" for name in _about("register") for question in ("register", "process")),
    *_others(),
)


def _steps(name: str) -> Step:
    """Return the call, with all that is not its own work done."""
    made_up()
    if "two samples" in name:
        made_up("later")
    if "same cases" in name:
        made_up(again=True)
    if name in _others():
        if name in ("verdict", "suppress"):
            _rates()
        return _others()[name]
    call, _, question = name.rpartition(", ")
    return _about("process" if question == "process" else "register")[call]


@cache
def _rates() -> sa.Estimates:
    return sa.estimate_rates(made_up(), by=BY, overall=True)


@cache
def made_up(seed: str = "seconds", *, again: bool = False) -> sa.Findings:
    """Return findings of the made-up country, with rates from 5 to 43 % that vary a little.

    ``again`` are other findings of the same cases.
    """
    frame = sa.build_frame(
        country_register(), case_id="case_id", stratify_by="municipality", domains="placement"
    )
    plan = sa.plan_from_counts(frame, dict.fromkeys(MUNICIPALITIES, READ))
    sample = sa.draw(plan, seed=seed)
    cases = sample.cases
    draws = np.random.default_rng(SEED + again)
    answers = pd.DataFrame({"case_id": cases["case_id"]})
    place = cases["municipality"].map({name: k for k, name in enumerate(MUNICIPALITIES)})
    for k in range(INDICATORS):
        mean = 0.05 + 0.02 * k
        rate = draws.beta(20 * mean, 20 * (1 - mean), len(MUNICIPALITIES))
        answers[f"indicator {k + 1}"] = (draws.random(len(cases)) < rate[place]).astype(int)
    return sa.record_findings(sample, answers)
