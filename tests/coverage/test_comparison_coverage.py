"""How often the limits and tests of many comparisons err: by enumeration, and simulated."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import multinomial

from sampleaudit.comparison.adjusting import adjusted
from sampleaudit.comparison.arms import Arm
from sampleaudit.comparison.dependent import paired


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the benchmarks, which stand beside the package, where Python finds them."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def errors(beside: None) -> Any:  # noqa: ARG001 -- the path must be set first
    return importlib.import_module("benchmarks.comparing.errors")


@pytest.fixture
def few_strata(beside: None) -> Any:  # noqa: ARG001 -- the path must be set first
    return importlib.import_module("benchmarks.comparing.few_strata")


@pytest.fixture
def standardising(beside: None) -> Any:  # noqa: ARG001 -- the path must be set first
    return importlib.import_module("benchmarks.comparing.standardising")


def counts(errors: int, read: int, cases: int) -> Arm:
    one = np.array([read])
    return Arm(np.array([errors]), one, one, 0, one, np.array([cases]), np.array([cases]))


@pytest.mark.slow
@pytest.mark.parametrize(("read", "lowest"), [(8, 0.95), (12, 0.95)])
def test_paired_limits_hold_about_as_often_as_they_say(read: int, lowest: float):
    """The process behind one caseload: every outcome, over a grid of shares that got worse, better.

    ``pytest -s`` prints the lowest coverage and where it is.
    """
    outcomes = np.array([(u, v) for u in range(read + 1) for v in range(read + 1 - u)])
    found = paired(
        [counts(u, read, 1000) for u, _ in outcomes],
        [counts(v, read, 1000) for _, v in outcomes],
        level=0.95, question="process", method="profile",
    )  # fmt: skip
    low, high = np.array([(each.low, each.high) for each in found]).T
    grid = [0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5]
    worst = (2.0, 0.0, 0.0)
    for worse in grid:
        for better in grid:
            if worse + better > 1 - 1e-9:
                continue
            shares = [worse, better, 1 - worse - better]
            chance = multinomial.pmf(
                np.column_stack([outcomes, read - outcomes.sum(axis=1)]), read, shares
            )
            change = worse - better
            holds = (low <= change + 1e-9) & (change - 1e-9 <= high)
            worst = min(worst, (float(chance[holds].sum()), worse, better))
    print(f"\n{read} read twice: lowest {worst[0]:.4f} at {worst[1:]}")  # noqa: T201 -- asked for by -s
    assert worst[0] >= lowest


@pytest.mark.slow
@pytest.mark.parametrize("strata", [1, 2])
@pytest.mark.parametrize("question", ["register", "process"])
def test_the_family_of_98_tests_holds_its_error(errors: Any, question: str, strata: int):
    """No municipality differs from the rest: Holm finds any in at most 5 % of reviews.

    100 reviews, one binomial bound above (.05 + 2.33 sqrt(.05 .95 / 100) = .10); more by
    ``python -m benchmarks.comparing --only errors``.
    """
    land = errors.country(0.1, strata=strata)
    rng = np.random.default_rng([20261122, strata, question == "process"])
    found = [errors.found_in(land, question, rng) for _ in range(100)]
    estimates = np.array([
        np.bincount(land.domain, each * land.population / land.read)
        / np.bincount(land.domain, land.population) - 0.1
        for each in found
    ])  # fmt: skip
    p = errors.p_of(land, found, question)
    family = errors.errors_of(p, estimates, land.difference, "holm").family
    print(f"\n{question}, {strata} strata each: {family:.3f}")  # noqa: T201 -- asked for by -s
    assert family <= 0.10


@pytest.mark.parametrize("adjust", ["holm", "benjamini-hochberg"])
def test_the_simulation_rejects_what_adjusted_p_values_reject(errors: Any, adjust: str):
    """Its own quick adjustment of thousands of rows is that of statsmodels."""
    p = np.random.default_rng(1).beta(0.3, 1, (5, 30)) ** 2
    expected = [np.array(adjusted(row.tolist(), adjust)) < 0.05 for row in p]
    assert (np.array(expected) == errors.rejected(p, adjust)).all()


@pytest.mark.slow
@pytest.mark.parametrize("place", range(7))
def test_limits_about_the_process_hold_with_few_strata(few_strata: Any, place: int):
    """Every outcome, over a grid of rates: at 95 % never below .945, at 90 % never below .87.

    With one rate on each side never below .95. ``python -m benchmarks.comparing --only few_strata``
    prints the table, the register's with it.
    """
    design = few_strata.DESIGNS[place]
    lowest, even, _, size = few_strata.measured(design, "process", 0.95)
    assert lowest >= 0.945
    assert even >= 0.95
    assert size <= 1
    assert few_strata.measured(design, "process", 0.9)[0] >= 0.87


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("finite", [True, False], ids=["register", "process"])
def test_standardised_limits_hold(standardising: Any, place: int, finite: bool):  # noqa: FBT001 -- a parameter
    """Every outcome, over a grid of rates: never below .93, and 6 % wider than Kish's at most."""
    domain = standardising.DOMAINS[place]
    lowest, mean, width = standardising.measured(domain, finite=finite, level=0.95)
    before = standardising.measured(domain, finite=finite, level=0.95, kish=True)
    assert before[0] - 1e-9 <= lowest
    assert lowest >= 0.93
    assert mean >= 0.98
    assert before[2] - 1e-9 <= width <= 1.06 * before[2]
