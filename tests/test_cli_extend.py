"""The command that reads on: the larger sample contains the smaller, and can be verified."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from sampleaudit.cli import main


@pytest.fixture
def audit(tmp_path: Path, register) -> Path:
    """Return audit.toml for the sixty cases, with 12 to read."""
    register.to_csv(tmp_path / "register.csv", index=False)
    path = tmp_path / "audit.toml"
    write(path, "size = 12")
    return path


def write(path: Path, plan: str) -> None:
    path.write_text(
        '[register]\nfile = "register.csv"\ncase_id = "case_id"\n\n[frame]\n'
        f'stratify_by = "district"\n\n[plan]\n{plan}\n',
        encoding="utf-8",
    )


def call(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def drawn(audit: Path) -> set[str]:
    return set(pd.read_csv(audit.with_name("sample.csv"), dtype=str)["case_id"])


def test_more_cases_are_drawn_and_none_is_lost(audit: Path):
    """12 become 18; the replay confirms them, and the note says that it was not planned."""
    assert 0 == call("draw", audit, "--seed", "dice 3")[0]
    before = drawn(audit)
    write(audit, "size = 18")
    code, output = call("extend", audit)
    assert 0 == code
    assert "6 more cases to read" in output
    assert "not made before the draw" in output
    assert before < drawn(audit)
    assert (0, True) == ((done := call("verify", audit.parent))[0], "Verified" in done[1])
    assert 0 == call("draw", audit)[0]  # the folder goes on as any other


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("size = 12", "more in one"),
        ("size = 18\nlevel = 0.9", "another analysis"),
    ],
)
def test_what_is_no_larger_plan_is_refused(audit: Path, plan: str, message: str):
    call("draw", audit, "--seed", "dice 3")
    before = drawn(audit)
    write(audit, plan)
    code, output = call("extend", audit)
    assert 2 == code
    assert message in output
    assert before == drawn(audit)


def test_without_a_draw_there_is_nothing_to_extend(audit: Path):
    code, output = call("extend", audit)
    assert (2, True) == (code, "no draw to extend" in output)
