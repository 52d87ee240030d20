"""The scripted audit: how far it goes, what it writes, what it refuses."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files as package_files
from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.estimates import rates as rates_module
from sampleaudit.estimates.excel import workbook_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the example audit, as `sampleaudit example` writes it."""
    for file in (package_files("sampleaudit") / "example").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def without_seed(folder: Path) -> None:
    edit(folder / "audit.toml", "[draw]\nseed = ", "# seed = ")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


OUTPUTS = {
    "plan.json", "sample.csv", "reserve.csv", "population.csv", "estimates.csv",
    "estimates_by_district.csv", "estimates.xlsx", "manifest.json",
}  # fmt: skip


def test_a_run_writes_every_file_and_its_hash(folder: Path):
    """And the manifest names the inputs."""
    inputs = set(contents(folder))
    result = sa.run_audit(folder / "audit.toml")
    assert OUTPUTS == set(contents(folder)) - inputs
    assert OUTPUTS == set(result.written)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert OUTPUTS - {"manifest.json"} == set(manifest["files"])
    for name, digest in manifest["files"].items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
    assert {"audit", "register", "findings", "truth"} == set(manifest["inputs"])
    assert "caseload.csv" == manifest["inputs"]["register"]["file"]


def test_the_steps_are_calls_of_the_public_functions(folder: Path):
    """The same numbers come from Python."""
    result = sa.run_audit(folder / "audit.toml")
    sample = sa.load_sample(folder)
    answers = pd.read_csv(folder / "findings.csv", dtype=str)
    again = sa.estimate_rates(sa.record_findings(sample, answers)).to_frame()
    pd.testing.assert_frame_equal(again, result.estimates.to_frame())
    written = pd.read_csv(folder / "estimates.csv", dtype=str)
    assert again["rate"].tolist() == [float(rate) for rate in written["rate"]]
    assert again.columns.tolist() == written.columns.tolist()


def test_the_truth_of_the_example_is_compared(folder: Path):
    """A row per indicator, true values from every case of the register."""
    truth = sa.run_audit(folder / "audit.toml").truth.set_index("indicator")
    known = pd.read_csv(folder / "truth.csv", dtype=str)
    late = known["action plan missing"].isin(["error", "missing file"])
    assert late.sum() == truth.loc["action plan missing", "true_total"]
    assert pytest.approx(late.mean()) == truth.loc["action plan missing", "true_rate"]


def test_the_workbook_has_the_same_numbers(folder: Path):
    """For offices with a decimal comma: a sheet for the caseload and one by district."""
    result = sa.run_audit(folder / "audit.toml")
    sheets = pd.read_excel(folder / "estimates.xlsx", sheet_name=None, engine="calamine")
    assert ["caseload", "by district"] == list(sheets)
    pd.testing.assert_series_equal(
        result.estimates.to_frame()["rate"], sheets["caseload"]["rate"], rtol=1e-15
    )


def test_text_in_the_workbook_is_never_a_formula():
    """A district called =1+1 stays text."""
    raw = workbook_bytes({"by x": pd.DataFrame({"x": ["=1+1", "@sum", "https://a.b"]})})
    import io

    table = pd.read_excel(io.BytesIO(raw), engine="openpyxl")
    assert ["=1+1", "@sum", "https://a.b"] == table["x"].tolist()


def test_without_a_seed_a_run_stops_after_the_plan(folder: Path):
    """plan.json and its manifest, no sample."""
    without_seed(folder)
    result = sa.run_audit(folder / "audit.toml")
    assert result.sample is None
    assert ("plan.json", "manifest.json") == result.written
    assert not (folder / "sample.csv").exists()


def test_plan_then_draw_then_run(folder: Path):
    """The seed is given once; the record of the draw keeps it."""
    without_seed(folder)
    (folder / "findings.csv").rename(folder / "later.csv")
    planned = sa.run_audit(folder / "audit.toml", until="plan")
    seed = "council meeting 2026-02-07, dice 3 4 2 1 2"
    drawn = sa.run_audit(folder / "audit.toml", seed=seed, until="draw")
    assert planned.plan.digest == drawn.sample.manifest["plan"]
    waiting = sa.run_audit(folder / "audit.toml")
    assert folder / "findings.csv" == waiting.waiting_for
    assert waiting.estimates is None
    (folder / "later.csv").rename(folder / "findings.csv")
    assert sa.run_audit(folder / "audit.toml").estimates is not None


def test_a_second_run_with_another_seed_is_refused(folder: Path):
    """And changes nothing."""
    sa.run_audit(folder / "audit.toml")
    before = contents(folder)
    with pytest.raises(sa.AuditError, match="already holds a draw with another seed"):
        sa.run_audit(folder / "audit.toml", seed="a better one")
    assert before == contents(folder)


def test_a_second_run_with_the_same_seed_changes_no_result(folder: Path):
    """All tables are the same byte for byte."""
    sa.run_audit(folder / "audit.toml")
    before = contents(folder)
    sa.run_audit(folder / "audit.toml")
    after = contents(folder)
    csv = [name for name in after if name.endswith(".csv") or name == "plan.json"]
    assert {name: before[name] for name in csv} == {name: after[name] for name in csv}


def test_a_draw_by_another_plan_than_the_published_one_is_refused(folder: Path):
    """A size changed after the plan was made."""
    without_seed(folder)
    sa.run_audit(folder / "audit.toml")
    edit(folder / "audit.toml", "size = 240", "size = 200")
    with pytest.raises(sa.AuditError, match="The plan is not the one in"):
        sa.run_audit(folder / "audit.toml", seed="x")
    sa.run_audit(folder / "audit.toml")  # planned anew, to be published anew
    assert 200 == sa.run_audit(folder / "audit.toml", seed="x", until="draw").sample.size


def test_a_plan_is_not_changed_after_its_draw(folder: Path):
    """`plan` in a folder with a draw keeps it, or refuses."""
    sa.run_audit(folder / "audit.toml")
    before = contents(folder)
    assert () == sa.run_audit(folder / "audit.toml", until="plan").written
    edit(folder / "audit.toml", "size = 240", "size = 200")
    with pytest.raises(sa.AuditError, match="holds a draw by another plan"):
        sa.run_audit(folder / "audit.toml", until="plan")
    assert {**before, "audit.toml": b""} == {**contents(folder), "audit.toml": b""}


def test_drawing_again_keeps_the_estimates(folder: Path):
    """They stay in the folder and in the manifest; a run without a table removes it."""
    sa.run_audit(folder / "audit.toml")
    sa.run_audit(folder / "audit.toml", until="draw")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "estimates.csv" in manifest["files"]
    assert sa.verify_draw(folder, folder / "caseload.csv").ok
    edit(folder / "audit.toml", 'by = ["district"]', 'by = ["age_group"]')
    with pytest.raises(sa.AuditError, match="another plan"):
        sa.run_audit(folder / "audit.toml")  # the plan bound the subgroups
    edit(folder / "audit.toml", "[plan]", '[plan]\nby = ["district"]')
    sa.run_audit(folder / "audit.toml")
    assert not (folder / "estimates_by_district.csv").exists()
    assert (folder / "estimates_by_age_group.csv").exists()


def test_into_another_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """Nothing is written beside audit.toml, and the draw is verified from there."""
    other = tmp_path_factory.mktemp("other") / "deep"
    before = set(contents(folder))
    sa.run_audit(folder / "audit.toml", into=other)
    assert before == set(contents(folder))
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    assert (other / manifest["inputs"]["register"]["file"]).resolve() == (
        folder / "caseload.csv"
    ).resolve()


def test_an_input_is_never_overwritten(folder: Path):
    """A register called sample.csv."""
    (folder / "caseload.csv").rename(folder / "sample.csv")
    edit(folder / "audit.toml", 'file = "caseload.csv"', 'file = "sample.csv"')
    with pytest.raises(sa.AuditError, match=r"sample\.csv is an input"):
        sa.run_audit(folder / "audit.toml")


def test_nothing_is_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A failure in the estimates leaves the folder as it was."""
    before = contents(folder)

    def fail(*_: object, **__: object) -> None:
        raise sa.AuditError("no.")

    monkeypatch.setattr(rates_module, "count_outcomes", fail)
    with pytest.raises(sa.AuditError):
        sa.run_audit(folder / "audit.toml")
    assert before == contents(folder)


def test_counts_in_the_file(folder: Path):
    """Numbers by stratum, and no allocation beside them."""
    edit(folder / "audit.toml", 'stratify_by = ["district", "placement"]', "stratify_by = []")
    edit(folder / "audit.toml", "size = 240", "counts = { North = 2 }")
    with pytest.raises(sa.AuditError, match="the frame has no strata"):
        sa.run_audit(folder / "audit.toml", until="plan")
    edit(folder / "audit.toml", "stratify_by = []", 'stratify_by = ["placement"]')
    edit(folder / "audit.toml", "domains = [", 'domains = ["district", ')
    edit(folder / "audit.toml", "{ North = 2 }", '{ family = 30, "outside family" = 20 }')
    assert [30, 20] == (
        sa.run_audit(folder / "audit.toml", until="plan").plan.table["sampled"].tolist()
    )
    edit(folder / "audit.toml", "[draw]", "minimum = 2\n[draw]")
    with pytest.raises(sa.AuditError, match="minimum has nothing to decide"):
        sa.run_audit(folder / "audit.toml", until="plan")


def test_a_value_that_no_recoding_covers_is_refused(folder: Path):
    """With the case and the value."""
    edit(
        folder / "audit.toml",
        '[findings]\nfile = "findings.csv"\n',
        '[findings]\nfile = "findings.csv"\n[findings.indicators.late]\n'
        'column = "follow-up late"\nerror = "error"\ncorrect = "correct"\n',
    )
    with pytest.raises(sa.AuditError, match=r"not in audit\.toml"):
        sa.run_audit(folder / "audit.toml")


def test_findings_from_another_draw_are_refused(folder: Path):
    """Another seed draws other cases."""
    with pytest.raises(sa.AuditError, match="cases that are not in the sample"):
        sa.run_audit(folder / "audit.toml", seed="another")


def test_the_schools_audit_runs_from_its_truth(tmp_path: Path):
    """The drawn cases' answers are looked up; 1,072 of 6,194 missed the target."""
    schools = Path(__file__).parents[1] / "data" / "schools" / "audit.toml"
    result = sa.run_audit(schools, into=tmp_path)
    assert 240 == result.sample.size
    assert [1072.0] == result.truth["true_total"].tolist()
    assert ["missed the school-wide target"] == [row.indicator for row in result.estimates.rows]
