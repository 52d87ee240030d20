"""An audit by the command and a spreadsheet alone, from the draw to the archive."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from sampleaudit.cli import main

AUDIT = """
[register]
file = "caseload.csv"
case_id = "case_id"

[frame]
stratify_by = ["district"]

[plan]
size = 12

[draw]
seed = "dice 1 2 3"

[report]
by = ["district"]
"""
CHECKLIST = """
[checklist]
name = "one"
version = "1"

[[indicator]]
key = "late"
question = "Was it late?"
error = "yes"
severity = "serious"

[[indicator]]
key = "unheard"
question = "Was the child heard?"
error = "no"
severity = "minor"
"""
SEED = "envelope 9"


def sampleaudit(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def done(*arguments: object) -> str:
    result = sampleaudit(*arguments)
    assert 0 == result.exit_code, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"C{n:02d},{'North' if n % 2 else 'South'}" for n in range(40)]
    (tmp_path / "caseload.csv").write_text("\n".join(["case_id,district", *rows]), "utf-8")
    (tmp_path / "audit.toml").write_text(AUDIT, "utf-8")
    (tmp_path / "checklist.toml").write_text(CHECKLIST, "utf-8")
    done("plan", tmp_path / "audit.toml")
    done("draw", tmp_path / "audit.toml")
    return tmp_path


def fill(path: Path, sheet: str, answers: dict[str, str], *, out: str | None = None) -> None:
    """Enter the same answers for every case; one may be out of the population."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    column = {cell.value: cell.column for cell in page[1]}
    for row in range(4, page.max_row + 1):
        if page.cell(row, 1).value == out:
            page.cell(row, column["file"]).value = "out of population"
        elif page.cell(row, 1).value:
            for key, answer in answers.items():
                page.cell(row, column[f"answer:{key}"]).value = answer
    book.save(path)


def test_from_the_draw_to_the_archive(folder: Path):
    """Workbooks, a case replaced, double review, reconciliation, archive, verification."""
    check = ("--checklist", folder / "checklist.toml")
    written = done(
        "workbook", folder, *check, "--reviewer", "AB", "--reviewer", "CD", "--double-review", 0.3,
        "--review-seed", SEED,
    )  # fmt: skip
    assert "4 cases are read by two" in written
    books = [folder / "review-AB.xlsx", folder / "review-CD.xlsx"]
    first = openpyxl.load_workbook(books[0])["AB"]["A4"].value
    first_page = {r[0].value for r in openpyxl.load_workbook(books[1])["CD"].iter_rows(min_row=4)}
    fill(books[0], "AB", {"late": "no", "unheard": "yes"}, out=first)
    fill(books[1], "CD", {"late": "yes", "unheard": "yes"}, out=first)
    district = "North" if int(first[1:]) % 2 else "South"
    opened = done(
        "replace", folder, "--stratum", district, "--reason", "out of population", "--by", "AB",
        "--instead-of", first,
    )  # fmt: skip
    case = opened.split()[1].rstrip(";")
    more = folder / f"review-{case}.xlsx"
    done("workbook", folder, *check, "--reviewer", "AB", "--only", case, "--name", more.name)
    collected = done("collect", folder, *books, more, *check)
    assert "AB: 1 cases open" in collected
    fill(more, "AB", {"late": "no", "unheard": "yes"})
    books.append(more)
    assert "13 cases x 2 indicators, all read" in done("collect", folder, *books, *check)
    assert 14 == len((folder / "outcomes.csv").read_text("utf-8").splitlines())
    settle = folder / "settle.xlsx"
    measured = done("agreement", folder, *books, *check, "--reconcile", settle)
    assert "late" in measured
    twice = 4 - (first in first_page)
    assert f"{settle}: {twice} cases to settle" in measured.replace("\n", "")
    book = openpyxl.load_workbook(settle)
    page = book["Reconciliation"]
    for row in range(4, page.max_row + 1):
        page.cell(row, 9).value, page.cell(row, 10).value = "no", "AB+CD"
    book.save(settle)
    assert "The rates, if readers err" in done(
        "agreement", folder, *books, *check, "--reconciled", settle
    )
    archived = done(
        "archive", folder, *books, *check, "--reconciled", settle, "--by", "district",
        "--review-seed", SEED, "--document", folder / "audit.toml",
    )  # fmt: skip
    assert "Saved" in archived
    verified = done("verify", folder)
    assert "Verified: all" in verified
    assert "Verified: the 12 cases are those that seed" in verified
    (folder / "archive-0001" / "findings.csv").unlink()
    result = sampleaudit("verify", folder)
    assert 1 == result.exit_code
    assert "The first difference: file findings.csv" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("workbook", "--checklist", "none", "--reviewer", "AB"), "no file 'none'"),
        (("replace", "--reason", "missing file", "--by", "AB"), "is an outcome"),
        (("collect", "gone.xlsx", "--checklist", "generic"), "no file 'gone.xlsx'"),
        (("archive", "audit.toml", "--checklist", "generic"), "not a workbook"),
    ],
)
def test_a_mistake_is_one_line(folder: Path, arguments, message):
    """Exit code 2 and no traceback."""
    result = sampleaudit(arguments[0], folder, *arguments[1:])
    assert 2 == result.exit_code, result.output
    assert 1 == len(result.output.strip().splitlines())
    assert message in result.output


@pytest.mark.parametrize("command", ["workbook", "collect", "agreement", "replace", "archive"])
def test_help_teaches(command):
    """Every command says what it does."""
    assert len(done(command, "--help").splitlines()) > 5
