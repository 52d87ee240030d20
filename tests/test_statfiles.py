"""Registers in the files of Stata and SPSS, written here by pyreadstat."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import sampleaudit as sa

WRITERS: dict[str, Callable[..., None]] = {
    "dta": pyreadstat.write_dta, "sav": pyreadstat.write_sav, "zsav": pyreadstat.write_sav,
}  # fmt: skip


@pytest.fixture
def table() -> pd.DataFrame:
    """Return four cases: ids with leading zeros, a coded district, days, a word, a date."""
    return pd.DataFrame(
        {
            "case_id": ["007", "7", "Å1", "b"],
            "district": [1.0, 2.0, 1.0, 3.0],
            "days": [1.5, 2.0, np.nan, 4.0],
            "late": [1.0, 0.0, np.nan, 0.0],
            "word": ["yes", "", "no", " "],
            "opened": pd.to_datetime(["2026-01-02", None, "2026-03-04", "2026-05-06"]),
        }
    )


@pytest.fixture(params=list(WRITERS))
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a table in one of the formats."""

    def written(table: pd.DataFrame, **labels: Any) -> Path:
        path = tmp_path / f"register.{request.param}"
        WRITERS[request.param](table, str(path), **labels)
        return path

    return written


def read(path: Path) -> pd.DataFrame:
    return sa.read_register(path, case_id="case_id")


def test_ids_are_the_text_that_was_written(table: pd.DataFrame, write: Callable[..., Path]):
    """With their leading zeros, and other letters than English ones."""
    assert ["007", "7", "Å1", "b"] == read(write(table))["case_id"].tolist()


def test_labelled_values_are_their_labels(table: pd.DataFrame, write: Callable[..., Path]):
    """A value without a label stays: 3 is 3."""
    path = write(table, variable_value_labels={"district": {1: "North", 2: "South"}})
    found = read(path)
    assert ["North", "South", "North", 3] == found["district"].tolist()
    strata = sa.build_frame(found, case_id="case_id", stratify_by="district").strata
    assert ["3", "North", "South"] == strata["district"].tolist()


def test_a_label_of_two_values_does_not_join_them(table: pd.DataFrame, write: Callable[..., Path]):
    """The value stands beside it."""
    labels = {"district": {1: "North", 2: "Other", 3: "Other"}}
    found = read(write(table, variable_value_labels=labels))["district"]
    assert ["North", "Other (2)", "North", "Other (3)"] == found.tolist()


def test_cells_keep_their_kinds(table: pd.DataFrame, write: Callable[..., Path]):
    """Fractions, whole numbers, dates; blank text and missing numbers are missing."""
    found = read(write(table))
    assert [1.5, 2.0, 4.0] == found["days"].dropna().tolist()
    assert [1, 0, 0] == found["late"].dropna().tolist()
    assert "1" == str(found["late"][0])  # a whole number, as a spreadsheet's
    assert [False, True, False, True] == found["word"].isna().tolist()
    assert pd.Timestamp("2026-03-04") == found["opened"][2]
    assert found["opened"].isna()[1]


def test_what_is_declared_missing_is_missing(table: pd.DataFrame, tmp_path: Path):
    """In SPSS a value such as 9 can be declared to mean nothing."""
    path = tmp_path / "register.sav"
    table["late"] = [1.0, 0.0, 9.0, 0.0]
    pyreadstat.write_sav(table, str(path), missing_ranges={"late": [9]})
    assert [False, False, True, False] == read(path)["late"].isna().tolist()


def test_numbers_become_ids_with_a_note(table: pd.DataFrame, write: Callable[..., Path]):
    """As in a spreadsheet: leading zeros may have been lost before."""
    with pytest.warns(sa.AuditNote, match="4 ids are numbers in the file"):
        found = read(write(table.assign(case_id=[7.0, 8.0, 10.0, 11.0])))
    assert ["7", "8", "10", "11"] == found["case_id"].tolist()


def test_ids_that_are_fractions_or_missing_are_refused(
    table: pd.DataFrame, write: Callable[..., Path]
):
    """The rules of every register."""
    with pytest.raises(sa.AuditError, match="1 numbers that are not whole"):
        read(write(table.assign(case_id=[7.5, 8.0, 10.0, 11.0])))
    with pytest.raises(sa.AuditError, match="has no id for 1 cases"):
        read(write(table.assign(case_id=["007", "", "A", "B"])))


def test_a_declared_sample_from_such_a_file(table: pd.DataFrame, write: Callable[..., Path]):
    """From the file to the rate, with the district's size in a column."""
    table = table.fillna({"late": 1.0}).assign(
        district=[1.0, 1.0, 2.0, 2.0], N=[30.0, 30.0, 20.0, 20.0]
    )
    cases = read(write(table, variable_value_labels={"district": {1: "North", 2: "South"}}))
    sample = sa.declare_sample(
        cases, case_id="case_id", stratify_by="district", population="N", selection="random"
    )
    findings = sa.record_findings(sample, cases, indicators=["late"])
    assert 30 / 2 + 20 / 2 == sa.estimate_rates(findings, "late").to_frame()["total"][0]


def test_a_damaged_file_is_refused(table: pd.DataFrame, write: Callable[..., Path]):
    """With the program that can write it again; a shortened file, and another under this name."""
    path = write(table)
    program = "Stata" if path.suffix == ".dta" else "SPSS"
    for content in (path.read_bytes()[:-200], b"id,late\n1,0\n"):
        path.write_bytes(content)
        with pytest.raises(sa.AuditError, match=f"cannot be read as a file of {program}"):
            read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    """By the words of every reader, before the package is asked for."""
    with pytest.raises(sa.AuditError, match=r"There is no file 'register\.sav'"):
        read(tmp_path / "register.sav")


def test_without_the_package_it_is_named(
    table: pd.DataFrame, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    """With the command that installs it."""
    path = write(table)
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(sa.AuditError, match=r'pip install "sampleaudit\[stata\]"'):
        read(path)


def test_there_are_no_sheets(tmp_path: Path):
    """A sheet belongs to a spreadsheet."""
    with pytest.raises(sa.AuditError, match="has no sheets"):
        sa.read_register(tmp_path / "register.dta", case_id="case_id", sheet="cases")
