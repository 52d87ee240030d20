"""Registers, samples and findings that several tests share; all are small and made by rule."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import settings

import sampleaudit as sa

# A shared machine may stop for a moment: a slow example is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def register() -> pd.DataFrame:
    """Return sixty cases in three districts (30, 20, 10) with two age groups that cross them."""
    return pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(60)],
            "district": ["North"] * 30 + ["South"] * 20 + ["West"] * 10,
            "age": ["0-9" if number % 3 else "10-17" for number in range(60)],
        }
    )


@pytest.fixture
def frame(register: pd.DataFrame) -> sa.Frame:
    """Return the frame of `register`, stratified by district, with age as a domain."""
    return sa.build_frame(register, case_id="case_id", stratify_by="district", domains="age")


@pytest.fixture
def sample(frame: sa.Frame) -> sa.Sample:
    """Return twenty-four cases drawn from `frame`: 12, 8 and 4."""
    return sa.draw(sa.plan_sample(frame, 24), seed="fixture")


def answer(sample: sa.Sample, *, errors: int, indicator: str = "late") -> pd.DataFrame:
    """Return answers in which the first ``errors`` cases of every stratum are errors."""
    cases = sample.cases
    return pd.DataFrame(
        {"case_id": cases["case_id"], indicator: (cases["order"] <= errors).astype(int)}
    )
