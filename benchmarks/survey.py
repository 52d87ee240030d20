"""Linearised estimates of twenty indicators, overall and by 98 municipalities, against plain numpy.

The yardstick is what one writes by hand for a stratified sample of cases: for each indicator the
means and standard errors of all municipalities and of the whole, from sums by stratum and domain.
It knows neither clusters nor lonely strata, design effects or cases to which nothing applies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sampleaudit as sa
from benchmarks.measuring import (
    forget_peak,
    in_turns,
    median_ratio,
    peak_memory,
    seconds,
    show_table,
)
from sampleaudit.formulas.design import Design
from sampleaudit.formulas.domains import divide
from sampleaudit.formulas.survey import estimate_mean

INDICATORS: Final = 20
MUNICIPALITIES: Final = 98
KINDS: Final = 5  # a domain that crosses the strata
ROUNDS: Final = {10_000: 101, 1_000_000: 5}
PUBLIC: Final = 10_000  # cases for the whole way through the public functions

Floats = NDArray[np.float64]


def main() -> None:
    """Print time and memory, and their ratios, with municipalities as strata and as domains."""
    rows = []
    for cases, rounds in ROUNDS.items():
        for label, kind in (("strata are the domains", "same"), ("domains cross", "crossing")):
            rows.append(measured(cases, label, kind, rounds))
    show_table(
        f"{INDICATORS} indicators x (overall + {MUNICIPALITIES} municipalities)",
        ["cases", "domains", "ours s", "numpy s", "ratio", "data MiB", "memory above data MiB",
         "data + it, over data"],
        rows,
        "The ratio is the median over rounds of both in turns.",
    )  # fmt: skip
    growth()
    through_the_public_functions()


def measured(cases: int, label: str, kind: str, rounds: int) -> list[str]:
    """Return the row of one size and one kind of domain."""
    data, strata, domain, population = made_up(cases, crossing=kind == "crossing")
    design = Design(
        (population / np.bincount(strata))[strata], strata, np.arange(cases), population
    )
    agree(design, data, domain)
    ours, plain = in_turns(
        lambda: by_library(design, data, domain),
        lambda: by_hand(design.weights, strata, population, data, domain),
        rounds=rounds,
    )
    forget_peak()
    before = peak_memory(now=True)
    by_library(design, data, domain)
    size, above = data.nbytes / 2**20, peak_memory() - before
    return [
        f"{cases:,}", label, f"{np.median(ours):.3f}", f"{np.median(plain):.3f}",
        f"{median_ratio(ours, plain):.2f}", f"{size:.1f}", f"{above:.1f}",
        f"{(size + above) / size:.2f}",
    ]  # fmt: skip


def growth() -> None:
    """Print how the time grows with cases, indicators and domains."""
    rows = []
    for cases, indicators, domains in (
        (100_000, 5, 10), (400_000, 5, 10), (100_000, 20, 10), (100_000, 5, 40), (100_000, 5, 1000),
    ):  # fmt: skip
        data, strata, _, population = made_up(cases, crossing=True)
        domain = np.random.default_rng(7).integers(0, domains, cases)
        design = Design(
            (population / np.bincount(strata))[strata], strata, np.arange(cases), population
        )
        chosen = data[:, :indicators]
        taken = [seconds(lambda: by_library(design, chosen, domain, domains)) for _ in range(5)]  # noqa: B023 -- called at once
        rows.append(
            [f"{cases:,}", f"{indicators}", f"{domains:,}", f"{1000 * np.median(taken):.0f}"]
        )
    show_table(
        "How the time grows", ["cases", "indicators", "domains", "ms"], rows,
        "In proportion to cases and indicators; hardly with domains.",
    )  # fmt: skip


def through_the_public_functions() -> None:
    """Print the seconds from findings to the table, covariances and a contrast."""
    data, strata, _, population = made_up(PUBLIC, crossing=False)
    frame = pd.DataFrame({f"i{k}": column.astype(int) for k, column in enumerate(data.T)})
    frame = frame.assign(id=[f"case {i}" for i in range(PUBLIC)])
    frame = frame.assign(mun=[f"M{place:02d}" for place in strata], N=population[strata])
    sample = sa.declare_sample(
        frame, case_id="id", stratify_by="mun", population="N", selection="random"
    )
    names = [f"i{k}" for k in range(INDICATORS)]
    findings = sa.record_findings(sample, frame, indicators=names)
    steps: dict[str, Callable[[], object]] = {
        "survey_means by municipality and overall": lambda: sa.survey_means(
            findings, names, by="mun", overall=True
        ),
        "and its table": lambda: sa.survey_means(
            findings, names, by="mun", overall=True
        ).to_frame(),
        "covariances of one indicator's municipalities": lambda: sa.survey_means(
            findings, "i3", by="mun"
        ).covariance(),
        "one contrast": lambda: sa.survey_means(findings, "i3", by="mun").contrast(
            {"M01": 1, "M02": -1}
        ),
    }
    rows = [
        [name, f"{np.median([seconds(step) for _ in range(3)]):.3f}"]
        for name, step in steps.items()
    ]
    show_table(f"From findings of {PUBLIC:,} cases", ["step", "s"], rows, "Each from the start.")


def by_library(
    design: Design, data: Floats, domain: NDArray[np.intp], number: int = MUNICIPALITIES
) -> list[tuple[Floats, Floats]]:
    """Return mean and standard error of every column, overall and by domain."""
    groupings = divide(design), divide(design, domain, number)
    return [
        (found.value, found.se)
        for column in data.T
        for found in (estimate_mean(group, column, lonely="fail") for group in groupings)
    ]


def by_hand(
    weights: Floats,
    strata: NDArray[np.intp],
    population: Floats,
    data: Floats,
    domain: NDArray[np.intp],
) -> list[tuple[Floats, Floats]]:
    """Return the same numbers, written for cases drawn within strata and nothing else."""
    drawn = np.bincount(strata)
    scale = (1 - drawn / population) * drawn / (drawn - 1)
    cell = strata * MUNICIPALITIES + domain
    shape = (drawn.size, MUNICIPALITIES)
    size = np.bincount(domain, weights, MUNICIPALITIES)
    found = []
    for y in data.T:
        weighted = weights * y
        mean = weighted.sum() / weights.sum()
        u = weighted - weights * mean
        first, second = np.bincount(strata, u), np.bincount(strata, u * u)
        variance = np.sum(scale * (second - first**2 / drawn)) / weights.sum() ** 2
        found.append((np.array([mean]), np.array([np.sqrt(variance)])))
        means = np.bincount(domain, weighted, MUNICIPALITIES) / size
        u = weighted - weights * means[domain]
        flat = shape[0] * shape[1]
        one = np.bincount(cell, u, flat).reshape(shape)
        two = np.bincount(cell, u * u, flat).reshape(shape)
        spread = scale @ (two - one**2 / drawn[:, np.newaxis])
        found.append((means, np.sqrt(spread) / size))
    return found


def agree(design: Design, data: Floats, domain: NDArray[np.intp]) -> None:
    """Stop if the two do not give the same numbers."""
    few = data[:, :2]
    both = zip(
        by_library(design, few, domain),
        by_hand(design.weights, design.strata, design.population, few, domain),
        strict=True,
    )
    for (value, se), (value_too, se_too) in both:
        np.testing.assert_allclose(value, value_too, rtol=1e-9)
        np.testing.assert_allclose(se, se_too, rtol=1e-9)


def made_up(
    cases: int, *, crossing: bool
) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return indicators (a column each), strata, domains and the sizes of strata; a fixed seed."""
    draws = np.random.default_rng(20261122)
    data = np.empty((cases, INDICATORS), order="F")
    for place, rate in enumerate(np.linspace(0.02, 0.6, INDICATORS)):
        data[:, place] = draws.random(cases) < rate
    mun = np.arange(cases) % MUNICIPALITIES
    strata = draws.integers(0, KINDS, cases) if crossing else mun
    population = np.bincount(strata) * (2.0 + np.arange(strata.max() + 1) % 7)
    return data, strata.astype(np.intp), mun.astype(np.intp), population


if __name__ == "__main__":
    main()
