"""The command: what it prints, its exit codes, and a mistake in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sampleaudit.cli import main


def sampleaudit(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert 0 == sampleaudit("example", tmp_path / "audit").exit_code
    return tmp_path / "audit"


def test_example_then_run_then_verify(folder: Path):
    """The main job as a stranger sees it."""
    run = sampleaudit("run", folder / "audit.toml")
    assert 0 == run.exit_code, run.output
    for part in (
        "1,112 cases, fingerprint",
        "Reconciled: 1,131 expected",
        "Public record:",
        "Seed: council meeting",
        "Estimates for the whole caseload",
        "Assessment missing in about one in six cases.",
        "By district",
        "How near it came",
        "manifest.json",
    ):
        assert part in run.output
    verify = sampleaudit("verify", folder)
    assert 0 == verify.exit_code
    assert verify.output.startswith("Verified: the 240 cases")


def test_verify_names_an_edited_id(folder: Path):
    """Exit code 1, and the place."""
    sampleaudit("run", folder / "audit.toml")
    lines = (folder / "sample.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    edited = lines[1].split(",")[0]
    (folder / "sample.csv").write_text(
        lines[0] + lines[1].replace(edited, "ANB-99-99999") + "".join(lines[2:]), encoding="utf-8"
    )
    result = sampleaudit("verify", folder)
    assert 1 == result.exit_code
    assert f"expected {edited}, found ANB-99-99999" in result.output


def test_plan_prints_the_line_to_publish(folder: Path):
    """And nothing is drawn."""
    result = sampleaudit("plan", folder / "audit.toml")
    assert 0 == result.exit_code
    assert "sampleaudit plan " in result.output
    assert "Publish the line above" in result.output
    assert not (folder / "sample.csv").exists()


def test_draw_then_estimate(folder: Path):
    """The two halves of a run."""
    draw = sampleaudit("draw", folder / "audit.toml")
    assert 0 == draw.exit_code
    assert (folder / "sample.csv").exists()
    assert "Estimates" not in draw.output
    estimate = sampleaudit("estimate", folder / "audit.toml")
    assert 0 == estimate.exit_code
    assert "Estimates for the whole caseload" in estimate.output


def test_draw_and_estimate_need_a_seed(folder: Path):
    """Exit code 2, one line."""
    text = (folder / "audit.toml").read_text(encoding="utf-8")
    (folder / "audit.toml").write_text(text.replace("[draw]\nseed", "# seed"), encoding="utf-8")
    for command, message in (
        ("draw", "A draw needs a seed"),
        ("estimate", "Nothing has been drawn"),
    ):
        result = sampleaudit(command, folder / "audit.toml")
        assert 2 == result.exit_code
        assert message in result.output


def test_estimate_needs_findings(folder: Path):
    """A file that is not there, and none named."""
    (folder / "findings.csv").unlink()
    missing = sampleaudit("estimate", folder / "audit.toml")
    assert (2, True) == (missing.exit_code, "There is no file" in missing.output)
    run = sampleaudit("run", folder / "audit.toml")
    assert (0, True) == (run.exit_code, "findings.csv is not there yet" in run.output)


def test_interval_from_counts():
    """The field's question on one line, in two languages."""
    assert "between 50 and 131 (95%)" in sampleaudit("interval", 13, 77, 500).output
    danish = sampleaudit("interval", 13, 77, 500, "--language", "da")
    assert "mellem 50 og 131" in danish.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere/audit.toml"),
        ("verify", "nowhere"),
        ("interval", 78, 77, 500),
        ("interval", 1, 2, 3, "--level", 95),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments):
    """No traceback."""
    result = sampleaudit(*arguments)
    assert 2 == result.exit_code
    assert 1 == len(result.output.strip().splitlines())
    assert result.output.startswith("sampleaudit: ")


def test_example_never_overwrites(folder: Path):
    """A folder that already has an audit."""
    result = sampleaudit("example", folder)
    assert 2 == result.exit_code
    assert "already has" in result.output


def test_notes_are_shown(folder: Path):
    """Ids that a spreadsheet holds as numbers become text, and the command says so."""
    import pandas as pd

    cases = pd.read_csv(folder / "caseload.csv").assign(case_id=range(1, 1113))
    cases.to_excel(folder / "caseload.xlsx", index=False)
    text = (folder / "audit.toml").read_text(encoding="utf-8")
    (folder / "audit.toml").write_text(
        text.replace("caseload.csv", "caseload.xlsx"), encoding="utf-8"
    )
    result = sampleaudit("plan", folder / "audit.toml")
    assert 0 == result.exit_code
    assert "note: " in result.output
    assert "eading zeros" in result.output


@pytest.mark.parametrize(
    "command", ["", "run", "plan", "draw", "verify", "estimate", "interval", "example"]
)
def test_help_teaches(command):
    """Every command says what it does."""
    result = sampleaudit(*([command] if command else []), "--help")
    assert 0 == result.exit_code
    assert len(result.output.splitlines()) > 5


def test_python_m_sampleaudit_works():
    """As on Windows, where scripts may not be on the path."""
    result = subprocess.run(
        [sys.executable, "-m", "sampleaudit", "interval", "0", "60", "500", "--side", "upper"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "at most 22 cases" in result.stdout
