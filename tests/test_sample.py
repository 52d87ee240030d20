"""The draw: what a sample holds, what it writes, what it refuses."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit import drawing


def test_cases_and_reserve(sample: sa.Sample):
    """Columns, order from 1 in each stratum, and a reserve of a fifth, rounded up."""
    assert ["case_id", "district", "age", "order", "ticket"] == sample.cases.columns.tolist()
    assert {"North": 12, "South": 8, "West": 4} == sample.cases["district"].value_counts().to_dict()
    assert {"North": 3, "South": 2, "West": 1} == (
        sample.reserve["district"].value_counts().to_dict()
    )
    north = sample.cases[sample.cases["district"] == "North"]
    assert list(range(1, 13)) == north["order"].tolist()
    assert [13, 14, 15] == sample.reserve["order"].tolist()[:3]
    assert north["ticket"].is_monotonic_increasing


def test_the_reserve_is_bounded_by_the_stratum(frame: sa.Frame):
    """A census stratum has no reserve, and reserve=0 asks for none."""
    plan = sa.plan_from_counts(frame, {"North": 1, "South": 19, "West": 10})
    reserve = sa.draw(plan, seed="x", reserve=0.5).reserve
    assert {"North": 1, "South": 1} == reserve["district"].value_counts().to_dict()
    assert sa.draw(plan, seed="x", reserve=0).reserve.empty


def test_a_stratum_of_none_is_not_drawn_from(frame: sa.Frame):
    """Counts of 0 stay unread, and have no reserve."""
    drawn = sa.draw(sa.plan_from_counts(frame, {"North": 3, "South": 0, "West": 0}), seed="x")
    assert {"North"} == set(drawn.cases["district"]) | set(drawn.reserve["district"])


def test_the_manifest_records_the_draw(sample: sa.Sample, frame: sa.Frame):
    """Seed, rule, plan, fingerprint, and the line that was published."""
    manifest = sample.manifest
    assert "fixture" == manifest["seed"]
    assert frame.fingerprint == manifest["fingerprint"]
    assert manifest["plan"] in manifest["public_record"]


SEEDS = ["", "a" * 201, "dice 4|1", "Ærø", "line\nbreak", 42, None]


@pytest.mark.parametrize("seed", SEEDS, ids=repr)
def test_seeds_that_not_everyone_can_type_are_refused(frame: sa.Frame, seed: object):
    """1 to 200 printable ASCII characters without a bar."""
    with pytest.raises(sa.AuditError, match="seed is"):
        sa.draw(sa.plan_sample(frame, 12), seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("reserve", [-0.1, float("nan"), "0.2", True])
def test_a_reserve_that_is_not_a_share_is_refused(frame: sa.Frame, reserve: object):
    """A share of the sample, 0 or more."""
    with pytest.raises(sa.AuditError, match="reserve is"):
        sa.draw(sa.plan_sample(frame, 12), seed="x", reserve=reserve)  # type: ignore[arg-type]


def test_save_writes_five_files_and_their_hashes(sample: sa.Sample, tmp_path: Path):
    """The manifest holds the hash of every other file."""
    sample.save(tmp_path / "audit")
    names = {path.name for path in (tmp_path / "audit").iterdir()}
    assert {"plan.json", "sample.csv", "reserve.csv", "population.csv", "manifest.json"} == names
    manifest = json.loads((tmp_path / "audit" / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["files"].items():
        assert sha256((tmp_path / "audit" / name).read_bytes()).hexdigest() == digest


def test_save_and_load_are_inverse(sample: sa.Sample, tmp_path: Path):
    """Everything that the estimates need comes back equal."""
    sample.save(tmp_path)
    loaded = sa.load_sample(tmp_path)
    for name in ("cases", "reserve", "strata", "population"):
        pd.testing.assert_frame_equal(
            getattr(sample, name).astype(str), getattr(loaded, name).astype(str)
        )
    assert sample.analysis == loaded.analysis
    assert sample.plan_record == loaded.plan_record


def test_a_draw_is_never_overwritten_by_another(frame: sa.Frame, sample: sa.Sample, tmp_path: Path):
    """Another seed, another size: refused, and nothing is changed."""
    sample.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for other in (
        sa.draw(sa.plan_sample(frame, 24), seed="another"),
        sa.draw(sa.plan_sample(frame, 25), seed="fixture"),
    ):
        with pytest.raises(sa.AuditError, match="already holds a draw with another"):
            other.save(tmp_path)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_saving_the_same_draw_again_keeps_its_time(sample: sa.Sample, tmp_path: Path):
    """The time of the draw is that of the first save."""
    sample.save(tmp_path)
    manifest = tmp_path / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    old = json.loads(text)["drawn_at"]
    manifest.write_text(text.replace(old, "2026-01-01T00:00:00+00:00"), encoding="utf-8")
    sample.save(tmp_path)
    assert "2026-01-01T00:00:00+00:00" in manifest.read_text(encoding="utf-8")


def test_saving_into_a_file_is_refused(sample: sa.Sample, tmp_path: Path):
    """A folder is meant."""
    (tmp_path / "audit").write_text("", encoding="utf-8")
    with pytest.raises(sa.AuditError, match="is a file; give the folder"):
        sample.save(tmp_path / "audit")


def test_a_folder_without_a_draw_cannot_be_loaded(tmp_path: Path):
    """No manifest, and a manifest of something else."""
    with pytest.raises(sa.AuditError, match=r"manifest\.json"):
        sa.load_sample(tmp_path)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(sa.AuditError, match="is not the record of a draw"):
        sa.load_sample(tmp_path)


def test_a_progress_bar_shows_for_large_registers(
    frame: sa.Frame, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """On standard error, and the draw is the same."""
    plain = sa.draw(sa.plan_sample(frame, 12), seed="x").cases
    monkeypatch.setattr(drawing, "PROGRESS_FROM", 50)
    pd.testing.assert_frame_equal(plain, sa.draw(sa.plan_sample(frame, 12), seed="x").cases)
    assert "tickets" in capsys.readouterr().err
