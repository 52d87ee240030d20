"""The made-up country: its size and shape, what is true of it, and that it never changes."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.synthetic_country import (
    COLUMNS,
    FEWEST_CASES,
    INDICATORS,
    MUNICIPALITIES,
    PLAN_RATE,
    country_findings,
    country_rates,
    country_register,
)
from test_synthetic import REAL_PLACES


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    return country_register()


@pytest.fixture(scope="module")
def truth(register: pd.DataFrame) -> pd.DataFrame:
    return country_findings(register)


def test_there_are_98_invented_municipalities() -> None:
    """No name is that of a real municipality."""
    real = {place.strip().casefold() for place in REAL_PLACES.split(",")}
    assert 98 == len(set(MUNICIPALITIES))
    assert not {name.casefold() for name in MUNICIPALITIES} & real


def test_sizes_are_skewed_and_22_can_be_read_everywhere(register: pd.DataFrame) -> None:
    """About 11,000 cases; the mean is well above the median."""
    sizes = register["municipality"].value_counts()
    assert 98 == len(sizes)
    assert sizes.min() == FEWEST_CASES
    assert 10_500 <= len(register) <= 11_500
    assert sizes.mean() > 1.3 * sizes.median()
    assert list(COLUMNS) == list(register.columns)
    assert register["case_id"].is_unique


def test_the_rates_are_what_the_module_says(register: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Action plans: the same rate everywhere; the others differ between municipalities."""
    practice = country_rates().set_index("municipality")
    assert {PLAN_RATE} == set(practice["action plan missing"])
    assert 5 == (practice["child not heard"] > 0.5).sum()
    error = truth[list(INDICATORS)] == "error"
    sizes = register["municipality"].value_counts()
    found = error.groupby(register["municipality"]).sum()
    for name in ("action plan missing", "child not heard"):
        expected = practice[name].reindex(sizes.index) * sizes
        deviation = (expected * (1 - practice[name].reindex(sizes.index))) ** 0.5
        score = (found[name].reindex(sizes.index) - expected) / deviation
        assert np.abs(score).max() < 4.5
        assert 0.7 < (score**2).mean() < 1.4


def test_follow_up_is_not_always_due(truth: pd.DataFrame) -> None:
    """Only there some cases are not applicable, about 15 %."""
    apart = (truth[list(INDICATORS)] == "not applicable").mean()
    assert ["follow-up late"] == list(apart[apart > 0].index)
    assert 0.15 == pytest.approx(apart["follow-up late"], abs=0.02)


def test_the_same_seed_gives_the_same_data(register: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Frozen from the first run: nothing but a decision may change the country."""
    digest = sha256(
        (register.to_csv(index=False, lineterminator="\n")
         + truth.to_csv(index=False, lineterminator="\n")).encode()
    ).hexdigest()  # fmt: skip
    assert "ab058356ff754aaf54af430df8d85eff04c4fa424409952e2342e759257ed0aa" == digest
    assert not register.equals(country_register(seed="another"))


def test_other_registers_are_refused(register: pd.DataFrame) -> None:
    """A column that the truth depends on is named."""
    with pytest.raises(sa.AuditError, match="no column 'placement'"):
        country_findings(register.drop(columns="placement"))
