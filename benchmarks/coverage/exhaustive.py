"""Every caseload and every sample of a small design: the lowest coverage and the mean width.

The probabilities are quotients of binomial coefficients in whole numbers, rounded once, and have
nothing in common with the library's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage.designs import Counts, Design

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Parts = list[Counts]
"""Ways to divide a stratum into categories, as errors and correct cases."""

_ENTRIES: Final = 4_000_000  # probabilities held at once
_ROOM: Final = 1e-12  # of a rate, for rounding: what a limit is meant to include, it does
_EQUAL: Final = 1e-12  # coverages this near are the same, and the first caseload is named


@dataclass(frozen=True, slots=True)
class Enumeration:
    """All caseloads and outcomes of a design: chances by stratum, and what is to be covered.

    ``chances`` has a table for each stratum, a row for each division of its register and a column
    for each division of its sample; ``truth`` the rate (or difference) of each caseload, an axis
    for each stratum, nan where it has none.
    """

    registers: list[Parts]
    samples: list[Parts]
    chances: list[Floats]
    truth: Floats

    @property
    def outcomes(self) -> list[tuple[Counts, ...]]:
        """Return every outcome, its strata's divisions, in the order of all tables here."""
        return list(product(*self.samples))

    def weights(self) -> Floats:
        """Return each outcome's chance, averaged over all caseloads."""
        weights = np.ones(1)
        for table in self.chances:
            weights = np.kron(weights, table.mean(axis=0))
        return weights


@dataclass(frozen=True, slots=True)
class Found:
    """The lowest coverage of an interval, a caseload that has it, mean width, share missing.

    ``lenient`` is the lowest coverage if every missing interval is counted as one that holds.
    """

    lowest: float
    lenient: float
    caseload: tuple[Counts, ...]
    width: float
    missing: float


def totals(design: Design) -> Enumeration:
    """Return the enumeration of a rate whose denominator is the whole register."""
    registers = [pairs(cases) for cases in design.population]
    samples = [pairs(cases) for cases in design.reviewed]
    errors = _sums([[part[0] for part in parts] for parts in registers])
    return Enumeration(
        registers, samples, _tables(registers, samples), errors / sum(design.population)
    )


def ratios(design: Design) -> Enumeration:
    """Return the enumeration of a rate among applicable cases, or in a domain of known size."""
    if design.domain is None:
        registers = [thirds(cases) for cases in design.population]
    else:
        registers = [
            [(errors, inside - errors, cases - inside) for errors in range(inside + 1)]
            for cases, inside in zip(design.population, design.domain, strict=True)
        ]
    samples = [thirds(cases) for cases in design.reviewed]
    errors = _sums([[part[0] for part in parts] for parts in registers])
    applicable = _sums([[part[0] + part[1] for part in parts] for parts in registers])
    truth = np.where(applicable > 0, errors / np.where(applicable > 0, applicable, 1), np.nan)
    return Enumeration(registers, samples, _tables(registers, samples), truth)


def differences(first: Design, second: Design) -> Enumeration:
    """Return the enumeration of the rate of the first caseload less that of the second."""
    registers = [pairs(cases) for cases in first.population + second.population]
    samples = [pairs(cases) for cases in first.reviewed + second.reviewed]
    one, other = sum(first.population), sum(second.population)
    mine = len(first.population)
    scaled = [
        [part[0] * (other if place < mine else -one) for part in parts]
        for place, parts in enumerate(registers)
    ]
    truth = _sums(scaled) / (one * other)  # divided once, so that equal differences are equal
    return Enumeration(registers, samples, _tables(registers, samples), truth)


def evaluate(enumeration: Enumeration, limits: Sequence[Floats]) -> list[Found]:
    """Return what each set of limits (an outcome per row: low, high) does in every caseload.

    A limit that is nan covers nothing; the mean width is of the others.
    """
    endless = np.array([-np.inf, np.inf])
    filled = [np.where(np.isnan(pair).any(axis=1, keepdims=True), endless, pair) for pair in limits]
    covered = coverage(enumeration, [*limits, *filled])
    weights = enumeration.weights()
    results = []
    for pair, chances, lenient in zip(
        limits, covered[: len(limits)], covered[len(limits) :], strict=True
    ):
        lowest = float(np.nanmin(chances))
        place = int(np.flatnonzero(chances.ravel() <= lowest + _EQUAL)[0])
        at = np.unravel_index(place, chances.shape)
        where = tuple(parts[int(row)] for parts, row in zip(enumeration.registers, at, strict=True))
        given = ~np.isnan(pair).any(axis=1)
        widths = pair[given, 1] - pair[given, 0]
        width = float(weights[given] @ widths / weights[given].sum()) if given.any() else np.nan
        missing = float(weights[~given].sum())
        results.append(Found(lowest, float(np.nanmin(lenient)), where, width, missing))
    return results


def coverage(enumeration: Enumeration, limits: Sequence[Floats]) -> list[Floats]:
    """Return the probability that each set of limits holds the truth, for each caseload."""
    truth = enumeration.truth.ravel()
    covered = np.full((len(truth), len(limits)), np.nan)
    order = np.argsort(truth, kind="stable")[: int(np.isfinite(truth).sum())]
    starts = np.flatnonzero(np.diff(truth[order], prepend=np.nan) != 0)
    most = max(1, _ENTRIES // len(enumeration.outcomes))
    for group in np.split(order, starts[1:]):
        value = truth[group[0]]
        held = [(pair[:, 0] <= value + _ROOM) & (pair[:, 1] >= value - _ROOM) for pair in limits]
        columns = np.array(held, dtype=np.float64).T
        for start in range(0, len(group), most):
            some = group[start : start + most]
            covered[some] = _chances(enumeration, some) @ columns
    return [column.reshape(enumeration.truth.shape) for column in covered.T]


def _chances(enumeration: Enumeration, caseloads: Integers) -> Floats:
    """Return the probability of every outcome in some of the caseloads, a row for each."""
    rows = np.unravel_index(caseloads, enumeration.truth.shape)
    chances = np.ones((len(caseloads), 1))
    for table, at in zip(enumeration.chances, rows, strict=True):
        chances = (chances[:, :, None] * table[at][:, None, :]).reshape(len(caseloads), -1)
    return chances


def pairs(cases: int) -> Parts:
    """Return every division into errors and correct."""
    return [(errors, cases - errors) for errors in range(cases + 1)]


def thirds(cases: int) -> Parts:
    """Return every division into errors, correct and not applicable."""
    return [
        (errors, correct, cases - errors - correct)
        for errors in range(cases + 1)
        for correct in range(cases - errors + 1)
    ]


def _tables(registers: list[Parts], samples: list[Parts]) -> list[Floats]:
    return [
        np.array([[_chance(register, sample) for sample in found] for register in parts])
        for parts, found in zip(registers, samples, strict=True)
    ]


def _chance(register: Counts, sample: Counts) -> float:
    """Return the probability of a sample: (multivariate) hypergeometric."""
    ways = 1
    for cases, drawn in zip(register, sample, strict=True):
        ways *= comb(cases, drawn)
    return ways / comb(sum(register), sum(sample))


def _sums(values: list[list[int]]) -> Integers:
    """Return the sum of one value of each list, for every choice, an axis for each list."""
    sums: Integers = np.zeros((), dtype=np.int64)
    for each in values:
        sums = np.add.outer(sums, np.array(each, dtype=np.int64))
    return sums
