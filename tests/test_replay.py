"""Verifying a draw: confirmed when untouched, and every alteration named."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa


@pytest.fixture
def folder(sample: sa.Sample, tmp_path: Path) -> Path:
    sample.save(tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def what(verification: sa.Verification) -> list[str]:
    assert not verification.ok
    return verification.differences["what"].tolist()


def test_an_untouched_draw_is_confirmed(folder: Path, register: pd.DataFrame):
    """In any row order."""
    found = sa.verify_draw(folder, register.sample(frac=1, random_state=1))
    assert found.ok
    assert found.differences.empty
    assert "Verified: the 24 cases are those that seed 'fixture' draws." == repr(found)


def test_the_register_may_be_given_as_a_file(folder: Path, register: pd.DataFrame):
    """A path is read as read_register would."""
    register.to_csv(folder / "register.csv", index=False)
    assert sa.verify_draw(folder, folder / "register.csv").ok


def test_a_swapped_case_is_named(folder: Path, register: pd.DataFrame, sample: sa.Sample):
    """The place, the case that belongs there, and the one that was put there."""
    drawn, spare = sample.cases["case_id"][5], sample.reserve["case_id"][0]
    edit(folder / "sample.csv", drawn, spare)
    found = sa.verify_draw(folder, register)
    assert ["file sample.csv", "case at sample.csv, North, place 6"] == what(found)
    assert (drawn, spare) == tuple(found.differences.loc[1, ["expected", "found"]])


def test_a_swap_with_mended_hashes_is_named_all_the_same(
    folder: Path, register: pd.DataFrame, sample: sa.Sample
):
    """Who also edits the manifest is found by the replay."""
    from sampleaudit.files import sha256_of_file

    before = sha256_of_file(folder / "sample.csv")
    edit(folder / "sample.csv", sample.cases["case_id"][5], sample.reserve["case_id"][0])
    edit(folder / "manifest.json", before, sha256_of_file(folder / "sample.csv"))
    assert ["case at sample.csv, North, place 6"] == what(sa.verify_draw(folder, register))


def test_a_removed_case_is_named(folder: Path, register: pd.DataFrame):
    """Its place holds nothing."""
    lines = (folder / "sample.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "sample.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    found = sa.verify_draw(folder, register)
    assert "case at sample.csv, West, place 4" in what(found)
    assert "nothing" in found.differences["found"].tolist()


def test_an_added_case_is_named(folder: Path, register: pd.DataFrame):
    """A row that stands twice in a place, too."""
    lines = (folder / "sample.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "sample.csv").write_text("".join([*lines, lines[-1]]), encoding="utf-8")
    assert "places in sample.csv" in what(sa.verify_draw(folder, register))


def test_an_altered_label_is_named(folder: Path, register: pd.DataFrame, sample: sa.Sample):
    """A domain changed after the draw."""
    first = sample.cases.iloc[0]
    other = "0-9" if first["age"] == "10-17" else "10-17"
    edit(folder / "sample.csv", f"{first['case_id']},North,{first['age']}",
         f"{first['case_id']},North,{other}")  # fmt: skip
    assert f"age of {first['case_id']} in sample.csv" in what(sa.verify_draw(folder, register))


def test_another_seed_in_the_manifest_is_named(folder: Path, register: pd.DataFrame):
    """None of the tickets is that seed's."""
    edit(folder / "manifest.json", '"seed": "fixture"', '"seed": "pleasing"')
    assert "seed" in what(sa.verify_draw(folder, register))


def test_a_changed_register_is_named(folder: Path, register: pd.DataFrame):
    """A case that moved, or was left out, changes fingerprint and stratum sizes."""
    found = sa.verify_draw(folder, register.iloc[1:])
    assert "fingerprint of the register" in what(found)
    row = found.differences.set_index("what").loc["cases in North by the register"]
    assert ("30", "29") == (row["expected"], row["found"])


def test_a_changed_plan_is_named(folder: Path, register: pd.DataFrame):
    """The analysis cannot be changed after the draw."""
    edit(folder / "plan.json", '"level": 0.95', '"level": 0.8')
    assert {"file plan.json", "hash of plan.json"} <= set(what(sa.verify_draw(folder, register)))


def test_changed_population_counts_are_named(folder: Path, register: pd.DataFrame):
    """They are what the estimates are extrapolated to."""
    edit(folder / "population.csv", "North,0-9,20", "North,0-9,99")
    found = what(sa.verify_draw(folder, register))
    assert "cases in North / 0-9 by population.csv" in found


def test_a_missing_file_is_named(folder: Path, register: pd.DataFrame):
    """A manifest entry without its file."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["estimates.csv"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert ["file estimates.csv"] == what(sa.verify_draw(folder, register))


def test_order_that_is_no_number_is_refused(folder: Path, register: pd.DataFrame):
    """A sample.csv that is not what was saved."""
    edit(folder / "sample.csv", ",1,", ",first,")
    with pytest.raises(sa.AuditError, match="not a whole number"):
        sa.verify_draw(folder, register)


@pytest.mark.parametrize(
    ("file", "old", "lacks"),
    [("manifest.json", '"seed"', "seed"), ("plan.json", '"strata"', "strata"),
     ("sample.csv", "ticket", "ticket"), ("population.csv", "population", "population")],
)  # fmt: skip
def test_a_file_that_lacks_a_part_is_refused(folder: Path, register, file, old, lacks):
    """With the file and the part."""
    edit(folder / file, old, old.replace(lacks, "lost"))
    with pytest.raises(sa.AuditError, match=f"{file} lacks '{lacks}'"):
        sa.verify_draw(folder, register)


def test_a_draw_without_strata_is_verified(register: pd.DataFrame, tmp_path: Path):
    """One stratum, no columns."""
    frame = sa.build_frame(register, case_id="case_id")
    sa.draw(sa.plan_sample(frame, 10), seed="x").save(tmp_path)
    assert sa.verify_draw(tmp_path, register).ok
    edit(tmp_path / "sample.csv", sa.load_sample(tmp_path).cases["case_id"][2], "C999")
    assert "case at sample.csv, the caseload, place 3" in what(sa.verify_draw(tmp_path, register))
