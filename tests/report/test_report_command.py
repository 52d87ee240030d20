"""`sampleaudit report`, and what AUDIT.toml says of the report."""

from __future__ import annotations

from importlib.resources import files as package_files
from pathlib import Path

import pytest
from click.testing import CliRunner

import sampleaudit as sa
from sampleaudit.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the example audit."""
    for file in (package_files("sampleaudit") / "example").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


def test_the_report_of_the_example_in_danish(folder: Path):
    """Names, comparisons and what the folder records of the register stand in the page."""
    assert 0 == run("report", str(folder / "audit.toml"), "--language", "da")[0]
    page = (folder / "report.html").read_text("utf-8")
    assert "Manglende undersøgelse" in page
    assert "assessment missing" not in page
    assert "opdigtet fagsystem" in page
    assert "Distrikt: hver gruppe mod alle de øvrige" in page
    assert len(page.encode()) < 1_000_000


def test_small_counts_need_the_comparisons_left_out(folder: Path):
    code, said = run("report", str(folder / "audit.toml"), "--suppress", "5")
    assert 2 == code
    assert "do not go together" in said
    text = (folder / "audit.toml").read_text("utf-8").replace("compare =", "# compare =")
    (folder / "audit.toml").write_text(text, encoding="utf-8")
    output = folder / "hidden.html"
    code, said = run(
        "report", str(folder / "audit.toml"), "--suppress", "5", "--output", str(output)
    )
    assert (0, f"Wrote {output}") == (code, said.strip())
    assert "hidden: a count below 5" in output.read_text("utf-8")


def test_a_report_waits_for_findings(folder: Path):
    (folder / "findings.csv").unlink()
    code, said = run("report", str(folder / "audit.toml"))
    assert 2 == code
    assert "There is no file" in said
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('[report.names.sv]\n"a" = "b"', "names stand by language"),
        ('[report.names.en]\n"a" = 1', "give a name"),
        ('[report]\nsuppress = "5"', "must be a whole number"),
        ("[report]\ncompare = 3", "it must be"),
    ],
)
def test_mistakes_in_the_settings_are_named(folder: Path, line: str, message: str):
    text = (folder / "audit.toml").read_text("utf-8")
    (folder / "audit.toml").write_text(text.split("[report]")[0] + line, encoding="utf-8")
    with pytest.raises(sa.AuditError, match=message):
        sa.run_audit(folder / "audit.toml")
