"""How often limits hold where sides are a few strata and are known by three moments.

By enumeration: the limits of every outcome, then the probability of the outcomes whose limits hold
the true difference, for every combination of rates of a grid. About the process counts are
binomial, about the register hypergeometric, with every share of the cases (in eighths) and 0, 1 and
2 cases in error. Where few tables are made the library goes through the arrangements of the
register's errors instead (``profile``); for the register this is what many at once are told.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binom, hypergeom

from sampleaudit.comparison.arms import ENDLESS
from sampleaudit.comparison.limits import limits_and_p
from sampleaudit.formulas.sides import Side, count_sides, sides_of_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sampleaudit.comparison.questions import Question

RATES: Final = (0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.8)
LEVELS: Final = (0.95, 0.9)


@dataclass(frozen=True, slots=True)
class Design:
    """Cases read and cases in the register of each stratum of the two sides."""

    read: tuple[tuple[int, ...], tuple[int, ...]]
    cases: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def name(self) -> str:
        """As the table has it."""
        sides = (
            ", ".join(f"{n} of {N}" for n, N in zip(read, cases, strict=True))
            for read, cases in zip(self.read, self.cases, strict=True)
        )
        return " / ".join(sides)


DESIGNS: Final = (
    Design(((8,), (8,)), ((60,), (60,))),
    Design(((6, 5), (8,)), ((60, 40), (50,))),
    Design(((6, 5), (6, 5)), ((60, 40), (50, 50))),
    Design(((8, 4), (6, 3)), ((60, 40), (20, 80))),
    Design(((6, 6), (6, 6)), ((90, 10), (10, 90))),
    Design(((4, 4, 4), (10,)), ((50, 30, 20), (50,))),
    Design(((10, 6), (8, 6)), ((30, 20), (25, 25))),
)


def report() -> str:
    """Return the table: a line per design, question and level."""
    lines = [
        "## Limits of differences where the sides are few strata, known by three moments",
        "",
        "Read of each stratum, side / side. Lowest and mean coverage over all combinations of",
        "rates; and where each side has one rate in all its strata. Size: the largest probability",
        "of p below the error granted where the two rates are equal, over that error.",
        "",
        "| design | question | level | lowest | one rate a side | mean | size |",
        "|---|---|---|---|---|---|---|",
    ]
    questions: tuple[Question, ...] = ("process", "register")
    for question in questions:
        for design in DESIGNS:
            for level in LEVELS:
                lowest, even, mean, size = measured(design, question, level)
                lines.append(
                    f"| {design.name} | {question} | {level:.0%} | {_down(lowest)} "
                    f"| {_down(even)} | {mean:.3f} | {size:.2f} |"
                )
    return "\n".join(lines)


def measured(design: Design, question: Question, level: float) -> tuple[float, float, float, float]:
    """Return the lowest coverage, the lowest with one rate a side, the mean, and the size."""
    low, high, p = _limits(design, question, level)
    lowest, even, total, number, size = 2.0, 2.0, 0.0, 0, 0.0
    for chance, difference, alike in _truths(design, question):
        holds = (low <= difference + 1e-9) & (difference - 1e-9 <= high)
        coverage = float(chance @ holds)
        lowest, total, number = min(lowest, coverage), total + coverage, number + 1
        if alike:
            even = min(even, coverage)
        if abs(difference) < 1e-9:
            size = max(size, float(chance @ (p < 1 - level)) / (1 - level))
    return lowest, even, total / number, size


def _limits(design: Design, question: Question, level: float) -> tuple[NDArray[np.float64], ...]:
    """Return the limits and the p-value of every outcome."""
    read, cases = (np.array([*first, *second], dtype=np.float64) for first, second in (
        design.read, design.cases))  # fmt: skip
    outcomes = np.stack(
        [each.ravel() for each in np.meshgrid(*(np.arange(n + 1.0) for n in read), indexing="ij")],
        axis=1,
    )
    split, more = len(design.read[0]), ENDLESS if question == "process" else 1.0
    sides = (
        _side(outcomes[:, part], read[part], cases[part] * more)
        for part in (slice(split), slice(split, None))
    )
    low, high, p = limits_and_p((next(sides), next(sides)), level, np.zeros(len(outcomes)))
    return low, high, p


def _side(
    found: NDArray[np.float64], read: NDArray[np.float64], cases: NDArray[np.float64]
) -> Side:
    one = np.ones_like(found)
    if len(read) == 1:
        return count_sides(found, one * read, one * cases)
    return sides_of_cells(found, one * read, one * cases, 0 * one)


def _truths(
    design: Design, question: Question
) -> Iterator[tuple[NDArray[np.float64], float, bool]]:
    """Yield outcomes' probabilities, the difference, and whether each side has one rate."""
    read, cases = ([*first, *second] for first, second in (design.read, design.cases))
    weights = np.concatenate([
        sign * np.array(each) / sum(each)
        for sign, each in zip((1, -1), design.cases, strict=True)
    ])  # fmt: skip
    rates, laws = [], []
    for n, size in zip(read, cases, strict=True):
        k = np.arange(n + 1)
        if question == "process":
            rates.append(np.array(RATES))
            laws.append([binom.pmf(k, n, rate) for rate in RATES])
        else:
            errors = np.unique(np.rint([0, 1, 2, *(size * part / 8 for part in range(9))]))
            rates.append(errors / size)
            laws.append([hypergeom.pmf(k, size, int(each), n) for each in errors])
    split = len(design.read[0])
    for each in itertools.product(*(range(len(some)) for some in rates)):
        chance = np.ones(1)
        for place, which in enumerate(each):
            chance = np.multiply.outer(chance, laws[place][which]).ravel()
        own = np.array([some[which] for some, which in zip(rates, each, strict=True)])
        alike = all(np.ptp(part) < 1e-9 for part in (own[:split], own[split:]))
        yield chance, float(weights @ own), alike


def _down(coverage: float) -> str:
    """Return a coverage rounded down."""
    return f"{np.floor(1000 * coverage) / 1000:.3f}"
