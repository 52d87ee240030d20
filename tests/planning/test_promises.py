"""Plans keep what they promise, simulated on registers from 30 cases to a million."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

AUDITS = 120


@pytest.fixture
def promises(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the benchmark, which stands beside the package."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    return importlib.import_module("benchmarks.planning_promises")


def test_a_small_comparison_finds_what_it_was_planned_to_find(promises: ModuleType):
    """30 cases in four strata, 40 seeded audits: within three binomial deviations."""
    got = promises.power_met(promises.PAIRS[0], 40)
    assert got.expected >= promises.POWER
    assert abs(got.found - got.expected) <= 3 * (got.expected * (1 - got.expected) / 40) ** 0.5


def test_a_small_pilot_assures_the_margin(promises: ModuleType):
    """Every outcome of a pilot of 8 in 30 cases."""
    assert promises.assurance_met(promises.PILOTS[0], 1).met >= promises.ASSURANCE


@pytest.mark.slow
@pytest.mark.parametrize("place", range(5))
def test_comparisons_in_strata_have_their_power(promises: ModuleType, place: int):
    """Within three binomial deviations; ``python -m benchmarks.planning`` prints more."""
    pair = promises.PAIRS[place]
    got = promises.power_met(pair, AUDITS)
    print(pair, got)  # noqa: T201 -- evidence
    assert got.expected >= promises.POWER
    assert abs(got.found - got.expected) <= 3 * (got.expected * (1 - got.expected) / AUDITS) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("place", range(6))
def test_pilots_assure_the_margin(promises: ModuleType, place: int):
    """Exact with one stratum; 120 seeded pilots with three."""
    pilot = promises.PILOTS[place]
    got = promises.assurance_met(pilot, AUDITS)
    print(pilot, got)  # noqa: T201 -- evidence
    uncertain = 3 * (0.16 / AUDITS) ** 0.5 if len(pilot.sizes) > 1 else 0.0
    assert got.met >= promises.ASSURANCE - uncertain
