"""Reading AUDIT.toml: what it says, and every way of getting it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sampleaudit.errors import AuditError
from sampleaudit.settings import read_settings

LEAST = '[register]\nfile = "cases.csv"\ncase_id = "id"\n[plan]\nsize = 10\n'


def settings(tmp_path: Path, text: str):
    file = tmp_path / "audit.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file)


def test_the_least_that_is_needed(tmp_path: Path):
    """A register and a size; the rest has defaults."""
    found = settings(tmp_path, LEAST)
    assert tmp_path / "cases.csv" == found.register_path
    assert {"size": 10, "by": ()} == dict(found.plan)
    assert (None, None, None, "en") == (found.seed, found.findings, found.truth, found.language)


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Wherever the command is run."""
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    (tmp_path / "audit.toml").write_text(LEAST, encoding="utf-8")
    assert tmp_path / "cases.csv" == read_settings("../audit.toml").register_path


def test_a_file_saved_by_windows_notepad_is_read(tmp_path: Path):
    """With a byte order mark."""
    (tmp_path / "audit.toml").write_text(LEAST, encoding="utf-8-sig")
    assert 10 == read_settings(tmp_path / "audit.toml").plan["size"]


def test_rates_may_be_fractions_and_strata_are_joined_by_slashes(tmp_path: Path):
    """A rate may be a fraction in quotes; strata of two columns are joined by slashes."""
    text = LEAST.replace("size = 10", 'size = 10\nallocation = "neyman"\ntolerable = "1/20"')
    text += '[plan.anticipated]\n"North / family" = "1/6"\nSouth = 0.1\n'
    plan = settings(tmp_path, text).plan
    assert {("North", "family"): 1 / 6, ("South",): 0.1} == plan["anticipated"]
    assert 0.05 == plan["tolerable"]


def test_the_subgroups_of_the_report_are_planned(tmp_path: Path):
    """[report] by is bound by the plan unless [plan] by says otherwise."""
    assert ("district",) == settings(tmp_path, LEAST + '[report]\nby = "district"\n').plan["by"]


def test_indicators_may_be_recoded(tmp_path: Path):
    """A column, and the values that mean each outcome."""
    text = LEAST + '[findings]\nfile = "f.csv"\n[findings.indicators."no target"]\n'
    text += 'column = "sch.wide"\nerror = ["No", "no"]\ncorrect = "Yes"\n'
    (recode,) = settings(tmp_path, text).findings.recodes
    assert ("no target", "sch.wide") == (recode.indicator, recode.column)
    assert {"No": "error", "no": "error", "Yes": "correct"} == dict(recode.outcomes)


WRONG = {
    "is not valid TOML": "[register\n",
    "has a part [regster] that means nothing; did you mean 'register'": "[regster]\n",
    "register in audit.toml must be a part of its own": 'register = "cases.csv"\n',
    "has a key 'sizes' that means nothing; did you mean 'size'": LEAST.replace("size", "sizes"),
    "[register] in audit.toml lacks 'case_id'": LEAST.replace('case_id = "id"\n', ""),
    "[register] in audit.toml lacks 'file'": "[plan]\nsize = 10\n",
    "[plan] size in audit.toml is '10'; it must be a whole number": LEAST.replace("10", '"10"'),
    "[plan] size in audit.toml is True": LEAST.replace("10", "true"),
    "must have one of size, the number of cases to draw, counts": LEAST.replace(
        "size = 10", 'method = "profile"'
    ),
    "one of size": LEAST + "[plan.counts]\nNorth = 3\n",
    "[plan] tolerable is 'few'; write a rate as 0.17 or '1/6'": LEAST.replace(
        "size = 10", 'size = 10\ntolerable = "few"'
    ),
    "[report] language is 'se'; it must be 'en' or 'da'": LEAST + '[report]\nlanguage = "se"\n',
    "[findings] in audit.toml lacks 'file'": LEAST + "[findings]\n",
    "must name its column": LEAST + '[findings]\nfile = "f"\n[findings.indicators]\nlate = 1\n',
    "must say which value is an error": LEAST
    + '[findings]\nfile = "f"\n[findings.indicators.late]\ncolumn = "late"\n',
    "has an outcome 'eror'; did you mean 'error'": LEAST
    + '[findings]\nfile = "f"\n[findings.indicators.late]\ncolumn = "late"\neror = 1\n',
}


@pytest.mark.parametrize("message", WRONG)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, message: str):
    """Each with the part, the key, the value and what is allowed."""
    with pytest.raises(AuditError) as caught:
        settings(tmp_path, WRONG[message])
    assert message in str(caught.value)


def test_no_file_and_a_folder_are_refused(tmp_path: Path):
    """With what to do instead."""
    with pytest.raises(AuditError, match="sampleaudit example"):
        read_settings(tmp_path / "audit.toml")
    with pytest.raises(AuditError, match="is a folder"):
        read_settings(tmp_path)
