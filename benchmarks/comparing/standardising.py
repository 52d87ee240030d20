"""How often the limits of directly standardised rates hold, by enumeration.

One domain, each kind of case a stratum: the limits of every outcome, then the probability of the
outcomes whose limits hold the true standardised rate, for every combination of the kinds' rates.
"Kish" are the limits with the effective size of weights alone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binom, hypergeom

from sampleaudit.formulas.standardised import direct_rate, effective_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATES: Final = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8)
FEWER_RATES: Final = (0.0, 0.1, 0.3, 0.6)  # with four kinds
LEVELS: Final = (0.95, 0.9)


@dataclass(frozen=True, slots=True)
class Domain:
    """Cases read and in the register of each kind, and the shares of the caseload's mix."""

    name: str
    read: tuple[int, ...]
    cases: tuple[int, ...]
    mix: tuple[float, ...]


DOMAINS: Final = (
    Domain("two kinds, about the caseload's mix", (14, 8), (60, 40), (0.55, 0.45)),
    Domain("two kinds, unequal weights", (18, 4), (80, 20), (0.3, 0.7)),
    Domain("two kinds, two cases of one", (20, 2), (90, 10), (0.7, 0.3)),
    Domain("two kinds, two cases against half", (20, 2), (90, 10), (0.5, 0.5)),
    Domain("three kinds", (10, 7, 5), (50, 30, 20), (0.4, 0.3, 0.3)),
    Domain("three kinds, two of them rare", (16, 4, 2), (80, 12, 8), (0.5, 0.3, 0.2)),
    Domain("four kinds, five or six of each", (6, 5, 5, 6), (40, 20, 20, 20), (0.25,) * 4),
    Domain("small: nine read of 21", (5, 4), (12, 9), (0.5, 0.5)),
)


def report() -> str:
    """Return the table: a line per domain and question."""
    lines = [
        "## Standardised rates: how often the limits hold",
        "",
        "Lowest and mean over all combinations of the kinds' rates; width in percentage points.",
        "",
        "| domain | question | lowest 95 % | lowest with Kish | mean | width | with Kish "
        "| lowest 90 % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for domain in DOMAINS:
        for finite in (True, False):
            lowest, mean, width = measured(domain, finite=finite, level=LEVELS[0])
            before = measured(domain, finite=finite, level=LEVELS[0], kish=True)
            less = measured(domain, finite=finite, level=LEVELS[1])
            lines.append(
                f"| {domain.name} | {'register' if finite else 'process'} | {_down(lowest)} "
                f"| {_down(before[0])} | {mean:.3f} | {100 * width:.1f} | {100 * before[2]:.1f} "
                f"| {_down(less[0])} |"
            )
    return "\n".join(lines)


def measured(
    domain: Domain, *, finite: bool, level: float, kish: bool = False
) -> tuple[float, float, float]:
    """Return the lowest and the mean coverage, and the mean width."""
    read, cases, mix = (np.array(each) for each in (domain.read, domain.cases, domain.mix))
    outcomes = list(itertools.product(*(range(n + 1) for n in domain.read)))
    limits = [
        _limits(np.array(each), read, cases, mix, finite=finite, level=level, kish=kish)
        for each in outcomes
    ]
    low, high = np.array(limits).T
    rates = RATES if len(read) < 4 else FEWER_RATES
    held, widths = [], []
    for each in itertools.product(rates, repeat=len(read)):
        chance, truth = np.ones(1), 0.0
        for n, size, share, rate in zip(read, cases, mix, each, strict=True):
            errors = int(np.rint(rate * size))
            law = (
                hypergeom.pmf(np.arange(n + 1), size, errors, n)
                if finite
                else binom.pmf(np.arange(n + 1), n, rate)
            )
            chance = np.multiply.outer(chance, law).ravel()
            truth += share * (errors / size if finite else rate)
        held.append(float(chance @ ((low <= truth + 1e-9) & (truth - 1e-9 <= high))))
        widths.append(float(chance @ (high - low)))
    return min(held), float(np.mean(held)), float(np.mean(widths))


def _limits(
    errors: NDArray[np.int64],
    read: NDArray[np.int64],
    cases: NDArray[np.int64],
    mix: Floats,
    *,
    finite: bool,
    level: float,
    kish: bool,
) -> tuple[float, float]:
    tables = (np.diag(each) for each in (errors, read, read, cases))
    found = direct_rate(*tables, mix, finite=finite)
    left = 1 - read / cases if finite else 1.0
    effective = 1 / float((left * mix**2 / read).sum()) if kish else found.effective
    return effective_limits(found.rate, effective, tail=(1 - level) / 2)


def _down(coverage: float) -> str:
    """Return a coverage rounded down."""
    return f"{np.floor(1000 * coverage) / 1000:.3f}"
