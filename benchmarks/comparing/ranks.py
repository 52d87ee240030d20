"""How often all rank sets hold together, and how many places are possible.

A set of ranks errs when any pair of municipalities is told apart the wrong way, or although their
rates are the same. 98 municipalities with 22 read in each.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.comparison.domain_counts import DomainCounts
from sampleaudit.comparison.ranks import contestants_of
from sampleaudit.formulas.rank_sets import apart, rank_limits, tables

SEED: Final = 20261122
DOMAINS: Final = 98
READ: Final = 22
DRAWS: Final = 200
LEVEL: Final = 0.95
COUNTRIES: Final = (
    "all 10 %",
    "beta, mean 15 %, sd 5 points",
    "beta, mean 30 %, sd 20 points",
    "half at 5 %, half at 40 %",
    "strata at 5 % and 35 %, read alike",
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def report(draws: int = DRAWS) -> str:
    """Return the table: a line per country and question."""
    lines = [
        f"## Ranks: {DOMAINS} municipalities, {READ} read in each, 95 %, {draws} samples each",
        "",
        f"1.96 standard errors of .95: {1.96 * (0.05 * 0.95 / draws) ** 0.5:.3f}.",
        "",
        "| rates | question | all sets hold | places possible | pairs told apart |",
        "|---|---|---|---|---|",
    ]
    for country in COUNTRIES:
        for question in ("register", "process"):
            held, places, pairs = measured(country, question, draws)
            lines.append(f"| {country} | {question} | {held:.3f} | {places:.1f} | {pairs:.1f} |")
    return "\n".join(lines)


def measured(country: str, question: str, draws: int) -> tuple[float, float, float]:
    """Return how often all sets held, the mean number of places, the mean of pairs told apart."""
    generator = np.random.default_rng([SEED, COUNTRIES.index(country), question == "process"])
    size, read, rates = _country(country)
    wrong = np.rint(size * rates).astype(np.int64)
    truth = (wrong if question == "register" else size * rates).sum(axis=1) / size.sum(axis=1)
    known = {}
    held, places, pairs = [], [], []
    for _ in range(draws):
        found = (
            generator.hypergeometric(wrong, size - wrong, read)
            if question == "register"
            else generator.binomial(read, rates)
        )
        taking_part = contestants_of(_counts(found, read, size))
        laws = []
        for each in taking_part:
            key = each.reviewed, each.population if question == "register" else None
            if key not in known:
                known[key] = tables(*key)
            laws.append(known[key])
        higher = apart(
            np.array([each.above for each in taking_part]),
            np.array([each.below for each in taking_part]),
            laws,
            alpha=1 - LEVEL,
        )
        low, high = rank_limits(higher)
        held.append(not (higher & (truth[:, None] <= truth + 1e-12)).any())
        places.append(float((high - low + 1).mean()))
        pairs.append(float(higher.sum()))
    return float(np.mean(held)), float(np.mean(places)), float(np.mean(pairs))


def _country(country: str) -> tuple[Ints, Ints, Floats]:
    """Return cases, cases read and rates, each of shape (municipalities, strata)."""
    fixed = np.random.default_rng(SEED)
    size = 20 * np.maximum(2, np.rint(fixed.lognormal(4.35, 0.85, DOMAINS) / 20)).astype(np.int64)
    if country.startswith("strata"):
        halves = np.column_stack([size // 2, size // 2])
        rates = np.tile([0.05, 0.35], (DOMAINS, 1))
        return halves, np.full_like(halves, READ // 2), rates
    one = {
        "all 10 %": np.full(DOMAINS, 0.1),
        "beta, mean 15 %, sd 5 points": fixed.beta(7.5, 42.5, DOMAINS),
        "beta, mean 30 %, sd 20 points": fixed.beta(1.275, 2.975, DOMAINS),
        "half at 5 %, half at 40 %": np.where(np.arange(DOMAINS) % 2, 0.05, 0.4),
    }[country]
    return size[:, None], np.full((DOMAINS, 1), READ), one[:, None]


def _counts(found: Ints, read: Ints, size: Ints) -> DomainCounts:
    """Return the counts with a block of strata for each municipality."""
    width = size.shape[1]

    def spread(values: Ints) -> Ints:
        table = np.zeros((DOMAINS, DOMAINS * width), dtype=np.int64)
        for place in range(DOMAINS):
            table[place, place * width : (place + 1) * width] = values[place]
        return table

    return DomainCounts(
        indicator="error",
        labels=tuple((str(place),) for place in range(DOMAINS)),
        population=spread(size),
        reviewed=spread(read),
        applicable=spread(read),
        errors=spread(found),
        missing=spread(0 * read),
        weights=(size / read).ravel(),
        remarks=(),
    )
