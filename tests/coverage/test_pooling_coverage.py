"""Pooled limits over 98 municipalities, and rank sets: how often they hold."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

DRAWS = 12
SAMPLES = 60


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the benchmarks, which stand beside the package, where Python finds them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


@pytest.fixture
def pooling(beside: None) -> ModuleType:  # noqa: ARG001 -- the path must be set first
    return importlib.import_module("benchmarks.comparing.pooling")


@pytest.fixture
def ranks(beside: None) -> ModuleType:  # noqa: ARG001 -- the path must be set first
    return importlib.import_module("benchmarks.comparing.ranks")


@pytest.mark.slow
@pytest.mark.parametrize("place", range(9))
def test_pooled_limits_hold_on_average_and_the_others_for_each(pooling: ModuleType, place: int):
    """Seeded: 12 countries per mixture, about 1,150 municipalities, 60 of them the furthest.

    On average over all, .95 within two binomial deviations; for the furthest with ``each``, the
    same. Pooled limits are shorter than the others, and never widened they hold no more often.
    """
    found = pooling.measured(list(pooling.MIXTURES)[place], DRAWS)
    every, furthest = pooling.DOMAINS * DRAWS, pooling.FURTHEST * DRAWS
    for method in ("average", "each", "not pooled"):
        assert found[method][0] >= 0.95 - 2 * (0.05 * 0.95 / every) ** 0.5
    assert found["each"][1] >= 0.95 - 2 * (0.05 * 0.95 / furthest) ** 0.5
    assert found["average"][1] >= found["pooled, never widened"][1]
    assert found["average"][2] < found["each"][2] < found["not pooled"][2]
    assert found["average"][3] <= 1.02 * found["not pooled"][3]


@pytest.mark.slow
@pytest.mark.parametrize("question", ["register", "process"])
@pytest.mark.parametrize("place", range(5))
def test_all_rank_sets_hold_together(ranks: ModuleType, place: int, question: str):
    """Seeded: in 60 samples, a false claim in 5 % of them at most, with two deviations of room."""
    held, places, _ = ranks.measured(ranks.COUNTRIES[place], question, SAMPLES)
    assert held >= 0.95 - 2 * (0.05 * 0.95 / SAMPLES) ** 0.5
    assert 1 <= places <= ranks.DOMAINS
