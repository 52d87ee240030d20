"""What the documentation says is what happens: its examples run and print what it shows.

A fenced block that follows ``<!-- printed by the lines above -->`` shows what the block before it
prints, and one that follows ``<!-- printed by: COMMAND -->`` what that command prints; ``...``
stands for what is left out. If a result changes, these tests name the place to mend.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import io
import json
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from click.testing import CliRunner

import sampleaudit as sa
from sampleaudit.analysis import METHODS
from sampleaudit.audit import OUTPUTS
from sampleaudit.cli import main
from sampleaudit.frame import FINGERPRINT_FORMAT
from sampleaudit.settings import read_settings

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DRAWING = ROOT / "docs" / "drawing.md"
NOTEBOOK = ROOT / "notebooks" / "01-from-register-to-rate.ipynb"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
IN_THE_AUDIT = ("drawing.md", "fingerprint.md")  # their examples run in the folder of an audit

BLOCK = re.compile(
    r"(?:<!-- printed by(?:: (?P<command>[^>]*?)| (?P<above>the lines above)) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and what is said to print it."""

    language: str
    text: str
    printed_by: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["text"], found["command"] or found["above"])
        for found in BLOCK.finditer(text)
    ]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the inputs of both audits, where what a run writes does no harm."""
    folder = tmp_path_factory.mktemp("workplace")
    for audit in ("synthetic", "schools"):
        (folder / "data" / audit).mkdir(parents=True)
        for file in (ROOT / "data" / audit).iterdir():
            if file.name not in OUTPUTS and not file.name.startswith("estimates_by_"):
                shutil.copy(file, folder / "data" / audit)
    return folder


@pytest.fixture(scope="module")
def made(workplace: Path) -> str:
    """Return what ``make audit`` prints, once it has installed the library."""
    printed = []
    with contextlib.chdir(workplace):
        for command in recipe("audit"):
            printed += [f".venv/bin/sampleaudit {command}", run(command)]
        run("run data/synthetic/audit.toml")  # the pages begin in a folder with inputs and results
    return "\n".join(printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_print_what_the_page_shows(page: Path, workplace: Path, made: str):
    """Python, shell and `sampleaudit` examples run in the order of the page."""
    names: dict[str, Any] = {}
    printed = ""
    folder = workplace / "data" / "synthetic" if page.name in IN_THE_AUDIT else workplace
    with contextlib.chdir(folder):
        for block in blocks(page):
            if block.printed_by is None:
                printed = execute(block, names)
            elif block.printed_by == "make audit":
                check_shown(block, made)
            elif block.printed_by == "the lines above":
                check_shown(block, printed)
            else:
                check_shown(block, run(block.printed_by.removeprefix("sampleaudit ")))


def execute(block: Block, names: dict[str, Any]) -> str:
    """Run a block of Python or shell and return what it prints; others print nothing."""
    if block.language == "python":
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(block.text, names)  # noqa: S102 -- the project's own documentation
        return output.getvalue()
    if block.language != "sh" or block.text.startswith("make "):
        return ""
    if block.text.startswith("sampleaudit "):
        return run(block.text.strip().removeprefix("sampleaudit "))
    bash = shutil.which("bash")
    if bash is None or shutil.which("sha256sum") is None:
        pytest.skip("needs bash and sha256sum")
    done = subprocess.run(  # noqa: S603 -- the project's own documentation
        [bash, "-c", block.text], capture_output=True, check=True
    )
    return done.stdout.decode()


def check_shown(block: Block, printed: str) -> None:
    """Find what a page shows in what was printed, part by part; ``...`` divides the parts."""
    rest = single_blanks(printed)
    for part in re.split(r"^\.\.\.\n", block.text, flags=re.MULTILINE):
        _, found, after = rest.partition(single_blanks(part))
        if not found:
            pytest.fail("\n".join(["Not printed like this:", *nearest_lines(part, rest)]))
        rest = after


def nearest_lines(shown: str, printed: str) -> list[str]:
    """Return each line that is shown but not printed, and the nearest one that is."""
    lines = printed.splitlines()
    found = []
    for line in single_blanks(shown).splitlines():
        if line not in lines:
            near = difflib.get_close_matches(line, lines, n=1)
            found += [f"  shown:   {line}", f"  printed: {near[0] if near else 'nothing like it'}"]
    return found or ["  all lines, but not in this order"]


def single_blanks(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def run(command: str) -> str:
    """Run ``sampleaudit COMMAND`` and return what it prints; it must end well."""
    words = re.findall(r'"([^"]*)"|(\S+)', command)
    result = CliRunner().invoke(main, ["".join(pair) for pair in words])
    assert 0 == result.exit_code, result.output
    return result.output


def recipe(target: str) -> list[str]:
    """Return the sampleaudit commands of a make target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert lines is not None
    return re.findall(r"^\t\$\(BIN\)/sampleaudit (.*)$", lines[1], re.MULTILINE)


def test_every_output_shown_says_what_prints_it():
    """A figure in the README has its command beside it; the other text blocks are commands."""
    for block in blocks(README):
        if block.language == "text" and block.printed_by is None:
            for line in block.text.splitlines():
                assert line.startswith(("py -m venv", r".venv\Scripts")), line


def test_one_line_programs_print_the_figure_beside_them():
    """``python -c "..."`` in a sentence prints the number that the sentence rounds."""
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            for program in re.findall(r'`python -c "([^`]*)"`', line):
                printed = execute(Block("python", program, None), {})
                assert f"about {float(printed):.0f} " in line, (page.name, printed)


def test_the_order_of_an_audit_works_as_written(tmp_path: Path):
    """README's audit.toml and its commands, from the plan to the replay, one after another."""
    text = README.read_text(encoding="utf-8")
    steps = text[text.index("Then, in this order:") : text.index("## What the intervals")]
    commands = re.findall(r"`sampleaudit ([^`]*)`", steps)
    typed = [command.split()[0] for command in commands]
    assert ["plan", "draw", "run", "report", "verify"] == typed
    (settings,) = (block.text for block in blocks(README) if block.language == "toml")
    (tmp_path / "audit.toml").write_text(settings, encoding="utf-8")
    shutil.copy(ROOT / "data" / "synthetic" / "caseload.csv", tmp_path)
    assert 240 == read_settings(tmp_path / "audit.toml").plan["size"]
    with contextlib.chdir(tmp_path):
        printed = run(commands[0])
        assert "sampleaudit plan" in printed
        assert not Path("sample.csv").exists()
        run(commands[1])
        shutil.copy(ROOT / "data" / "synthetic" / "findings.csv", tmp_path)
        assert "By age_group" in run(commands[2])
        for name in ("sample.csv", "reserve.csv", "estimates.csv", "estimates.xlsx"):
            assert Path(name).exists()
        run(commands[3])
        assert [Path("report.html")] == list(Path().glob("*.html"))
        assert "Verified" in run(commands[4])


def test_commands_options_names_and_targets_exist():
    """What the pages name can be typed: commands with their options, public names, make targets."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for command, rest in re.findall(r"[`\\/\n]sampleaudit ([a-z]+)\b([^`\n]*)", text):
            if f"sampleaudit {command}{rest}" == FINGERPRINT_FORMAT:
                continue
            shown = run(f"{command} --help")
            for option in re.findall(r"--[a-z]+", rest):
                assert option in shown, (page.name, command, option)
        for name in re.findall(r"\bsa\.(\w+)", text):
            assert name in sa.__all__, (page.name, name)
        for target in re.findall(r"(?:`|\n)make ([a-z]+)\b", text):
            assert f"\n{target}:" in makefile, (page.name, target)


def test_every_method_stands_in_the_readme_with_its_guarantee():
    """README's table of guarantees says of each method what the library says."""
    text = README.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", text, re.MULTILINE))
    for method, guarantee in METHODS.items():
        assert f"`{method}`" in rows[guarantee]
    assert sa.rate_interval(13, 77, 500).guarantee == "proved"


@pytest.mark.usefixtures("made")
def test_the_draw_in_sql(workplace: Path, made: str):  # noqa: ARG001 -- made writes the folder
    """The query of docs/drawing.md gives sample.csv, here in SQLite with SHA-256 added to it."""
    folder = workplace / "data" / "synthetic"
    (query,) = (block.text for block in blocks(DRAWING) if block.language == "sql")
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.create_function("sha256", 1, lambda text: sha256(text.encode()).hexdigest())
        register = pd.read_csv(folder / "caseload.csv", dtype=str, encoding="utf-8")
        register.to_sql("register", database, index=False)
        pd.DataFrame(plan["strata"]).to_sql("plan", database, index=False)
        drawn = database.execute(query).fetchall()
    sample = pd.read_csv(folder / "sample.csv", dtype={"case_id": str}, encoding="utf-8")
    columns = ["case_id", "order", "ticket"]
    assert list(sample[columns].itertuples(index=False, name=None)) == drawn


def test_the_notebook_shows_what_it_says():
    """Its cells run from the root of the project too; the draw is confirmed, the truth inside."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert "python3" == notebook["metadata"]["kernelspec"]["name"]
    names: dict[str, Any] = {}
    with contextlib.chdir(ROOT):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                assert not cell["outputs"], "clear the outputs: nothing would notice old ones"
                exec("".join(cell["source"]), names)  # noqa: S102 -- the project's own notebook
    assert names["first"]["ticket"] == names["by_hand"]
    assert names["verification"].ok
    assert 7 == names["compared"]["inside"].sum() == len(names["compared"])
    row = names["schools_rate"].to_frame().iloc[0]
    assert row["rate_low"] <= names["missed"]["target missed"].mean() <= row["rate_high"]


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """docs/images/make.py as a module."""
    spec = importlib.util.spec_from_file_location("make", ROOT / "docs" / "images" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_made_by_its_script(
    pictures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """``python docs/images/make.py`` writes the picture again, byte for byte."""
    committed = pictures.PICTURE.read_bytes().replace(b"\r\n", b"\n")
    monkeypatch.setattr(pictures, "PICTURE", tmp_path / "example.svg")
    assert 0 == pictures.main()
    assert committed == (tmp_path / "example.svg").read_bytes(), "run python docs/images/make.py"


def test_the_picture_can_be_read(pictures: ModuleType):
    """It has a text alternative; contrast is 4.5 for text and 3 for marks (WCAG 2.1 AA)."""
    # The file is the project's own, so there is nothing to guard the parser against.
    picture = ET.parse(pictures.PICTURE).getroot()  # noqa: S314 -- see above
    parts = {child.tag.rsplit("}", 1)[-1]: child for child in picture}
    assert parts["title"].text
    assert 7 == parts["desc"].text.count("truth")
    for element in picture.iter():
        colour = element.get("fill", "")
        if element.tag.endswith("text"):
            assert contrast_to_white(colour) >= 4.5
    assert min(map(contrast_to_white, (pictures.BAR, pictures.TRUTH))) >= 3


def contrast_to_white(colour: str) -> float:
    """Return the contrast ratio of ``#rrggbb`` to white (WCAG 2.1, relative luminance)."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def texts_of_the_project() -> Iterator[Path]:
    """Yield what a reader may read: pages, notebooks, code."""
    yield from PAGES
    for folder, ending in (("src", "*.py"), ("data", "*.md"), ("docs", "*.py"), ("notebooks", "*")):
        yield from (file for file in (ROOT / folder).rglob(ending) if file.is_file())


def test_relative_links_lead_somewhere():
    """Every link and picture of every page points to a file or folder that is there."""
    for page in (*PAGES, *(ROOT / "data").rglob("*.md"), *(ROOT / "tests").rglob("*.md")):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not re.match(r"https?:|mailto:|#", target):
                assert (page.parent / target.split("#")[0]).exists(), (page.name, target)


def test_no_text_points_to_what_a_reader_does_not_have():
    """No page that is not in the repository, no path of one machine, no early drafts."""
    known = {page.name for page in (*PAGES, *ROOT.glob("*/*/README.md"))}
    for file in texts_of_the_project():
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"[\w-]+\.md\b", text):
            assert name in known, (file.name, name)
        assert not re.search(r"(?<![\w.])/(?:work|home|root|Users)/", text), file.name
        assert "prototyp" not in text.lower(), file.name


def test_the_changelog_has_the_version():
    """The version in the package stands in the changelog."""
    assert sa.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "README.md" == pyproject["project"]["readme"]
