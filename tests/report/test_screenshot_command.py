"""The command that makes pictures of a report says what it lacks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import browser
import pytest


def run(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run the command where only the programs of one folder are to be found."""
    report = folder / "report.html"
    report.write_text(
        '<!DOCTYPE html><html lang="da"><head><title>t</title></head><body><p>Hej</p></body></html>'
    )
    command = [sys.executable, browser.__file__, str(report), str(folder / "shots")]
    return subprocess.run(  # noqa: S603 -- our own words
        command,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": path, "HOME": str(folder)},
    )


def test_without_a_browser_nothing_is_made_and_both_are_named(tmp_path: Path):
    """In sentences, with what to install; not as a traceback."""
    done = run(tmp_path, str(tmp_path))
    assert 1 == done.returncode
    assert "apt-get install chromium" in done.stderr
    assert "apt-get install poppler-utils" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    browser.chromium() is None, reason="there is no chromium; on Debian: apt-get install chromium"
)
def test_without_poppler_the_pages_are_said_to_be_missing(tmp_path: Path):
    """The other pictures are there, and the command fails."""
    programs = tmp_path / "programs"
    programs.mkdir()
    script = programs / "chromium"
    script.write_text(f'#!/bin/sh\nPATH="/usr/bin:/bin" exec {browser.chromium()} "$@"\n')
    script.chmod(0o755)
    done = run(tmp_path, str(programs))
    assert 1 == done.returncode
    assert "there is no pdftoppm" in done.stderr
    assert {"desktop.png", "phone.png", "report.pdf"} == {
        each.name for each in (tmp_path / "shots").iterdir()
    }
    assert shutil.which("pdftoppm", path=str(programs)) is None
