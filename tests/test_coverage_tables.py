"""The evidence in docs/coverage.md: the code that computes it, and the bars it is held to."""

from __future__ import annotations

import importlib
import re
from fractions import Fraction
from itertools import pairwise, product
from math import comb
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import sampleaudit as sa

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "coverage.md"


class Modules:
    """The modules of benchmarks.coverage, loaded when first asked for."""

    def __getattr__(self, name: str) -> ModuleType:
        return importlib.import_module(f"benchmarks.coverage.{name}")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """Put the benchmarks, which stand beside the package, where Python finds them."""
    monkeypatch.syspath_prepend(str(ROOT))
    return Modules()


@pytest.mark.parametrize("method", ["profile", "guaranteed", "logit"])
def test_the_lowest_coverage_is_that_of_a_plain_loop(parts: Modules, method: str):
    """Two strata, 6 and 4 cases with 3 and 2 read: exact fractions over every caseload."""
    population, reviewed, level = (6, 4), (3, 2), 0.9
    outcomes = list(product(range(4), range(3)))
    limits = {
        x: sa.rate_interval(list(x), list(reviewed), list(population), level=level, method=method)
        for x in outcomes
    }
    covered = {}
    for T in product(range(7), range(5)):
        truth = sum(T) / 10
        held = [x for x in outcomes if limits[x].low <= truth <= limits[x].high]
        covered[T] = sum(chance(T, x, population, reviewed) for x in held)
    widths = [limits[x].high - limits[x].low for x in outcomes]

    design = parts.designs.Design(population, reviewed)
    found = parts.small.of_totals(design, method, [(level, "both")])["0.9 both"]
    lowest = min(covered.values())
    assert float(lowest) == pytest.approx(found["lowest"], abs=1e-13)
    assert lowest == covered[tuple(errors for errors, _ in found["caseload"])]
    # all caseloads alike make all outcomes of a design alike
    assert np.nanmean(widths) == pytest.approx(found["width"], rel=1e-12)
    assert float(np.isnan(widths).mean()) == pytest.approx(found["missing"], abs=1e-12)


def chance(
    T: tuple[int, ...], x: tuple[int, ...], N: tuple[int, ...], n: tuple[int, ...]
) -> Fraction:
    """Return the probability of finding x in samples of n from N cases with T errors."""
    product_ = Fraction(1)
    for errors, found, cases, read in zip(T, x, N, n, strict=True):
        ways = comb(errors, found) * comb(cases - errors, read - found)
        product_ *= Fraction(ways, comb(cases, read))
    return product_


def test_rates_with_a_random_denominator_are_enumerated(parts: Modules):
    """Every caseload of 5 cases, 3 read: each sample's probability and each rate, in a loop."""
    enumeration = parts.exhaustive.ratios(parts.designs.Design((5,), (3,)))
    rng = np.random.default_rng(1)
    limits = np.sort(rng.random((len(enumeration.outcomes), 2)), axis=1)
    (covered,) = parts.exhaustive.coverage(enumeration, [limits])
    for place, (errors, correct, others) in enumerate(enumeration.registers[0]):
        if errors + correct == 0:
            assert np.isnan(covered[place])
            continue
        truth = Fraction(errors, errors + correct)
        expected = sum(
            comb(errors, e) * comb(correct, b) * comb(others, c)
            for ((e, b, c),), (low, high) in zip(enumeration.outcomes, limits, strict=True)
            if low <= truth <= high
        )
        assert expected / comb(5, 3) == pytest.approx(covered[place], abs=1e-13)


def test_differences_are_enumerated_with_exact_ties(parts: Modules):
    """A limit that equals a difference holds it: 1/3 - 1/6 and 2/3 - 1/2 are one difference."""
    designs = parts.designs.Design((3,), (1,)), parts.designs.Design((6,), (2,))
    enumeration = parts.exhaustive.differences(*designs)
    at_a_sixth = np.full((len(enumeration.outcomes), 2), 1 / 3 - 1 / 6)
    (covered,) = parts.exhaustive.coverage(enumeration, [at_a_sixth])
    same = {(1, 1), (2, 3), (3, 5)}  # T_a / 3 - T_b / 6 = 1 / 6
    assert same == {(int(a), int(b)) for a, b in np.argwhere(covered > 0.5)}
    assert 1.0 == pytest.approx(covered[1, 1], abs=1e-13)


@pytest.mark.parametrize("spread", ["even", "packed"])
def test_simulated_caseloads_have_the_rate_they_are_named_after(parts: Modules, spread: str):
    """Errors add up to the rate, rounded, and fit in their strata."""
    for design in parts.designs.SIMULATED.values():
        for rate in parts.designs.RATES:
            errors = parts.simulation.caseload(design.population, rate, spread)
            assert round(rate * sum(design.population)) == errors.sum()
            assert (errors <= np.array(design.population)).all()


def test_slow_methods_see_the_first_samples_of_the_fast_ones(parts: Modules):
    """So ratios of widths are over the same samples."""
    design = parts.designs.SIMULATED["i"]
    errors = parts.simulation.caseload(design.population, 0.1, "even")
    seed = parts.simulation.seed_of(0, "even", 0.1)
    few, many = (parts.simulation.drawn(design, errors, seed, count) for count in (5, 40))
    assert few == many[:5]


def verdicts() -> list[list[str]]:
    """Return the rows of the page's first table: what, demanded, measured, verdict."""
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index("## Verdict") : text.index("\n## Small designs")]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_page_holds_every_bar(parts: Modules):
    """docs/coverage.md lists the bars of the code, in order, with a verdict on each."""
    bars = parts.verdict.bars(parts.figures.Figures({"totals": {}}))
    rows = verdicts()
    assert [[bar.what, bar.demanded] for bar in bars] == [row[:2] for row in rows]
    assert {"met"} == {row[3] for row in rows}


def test_the_page_is_short_enough_to_read():
    """About 300 lines at most, and every table has as many cells in each row as in its head."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 320
    for above, line in pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            assert len(re.findall(r"\|", above)) == len(re.findall(r"\|", line)), line
