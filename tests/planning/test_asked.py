"""What AUDIT.toml and the command may ask a size for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import sampleaudit as sa
from sampleaudit.cli import main
from sampleaudit.planning.asked import plan_as_asked


@pytest.fixture
def audit(tmp_path: Path, register) -> Path:
    """Return audit.toml for the sixty cases; its [plan] is still empty."""
    register.to_csv(tmp_path / "register.csv", index=False)
    text = (
        '[register]\nfile = "register.csv"\ncase_id = "case_id"\n\n[frame]\n'
        'stratify_by = "district"\ndomains = "age"\n\n[plan]\n'
    )
    path = tmp_path / "audit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run_with(audit: Path, plan: str, *options: str) -> str:
    path = audit.with_name("asked.toml")
    path.write_text(audit.read_text(encoding="utf-8") + plan, encoding="utf-8")
    result = CliRunner().invoke(main, ["plan", str(path), *options])
    return f"{result.exit_code} {result.output}"


@pytest.mark.parametrize(
    ("plan", "same"),
    [
        ('margin = 0.2\nanticipated = "1/6"\n', ("plan_for_margin", 0.2, {"anticipated": "1/6"})),
        ("detect = 0.1\n", ("plan_for_detection", 0.1, {})),
        ("tolerable = 0.2\nallowed = 1\n", ("plan_for_tolerable", 0.2, {"allowed": 1})),
    ],
)
def test_the_file_asks_as_the_functions_do(audit: Path, frame: sa.Frame, plan: str, same: tuple):
    """The same size as from Python; the plan is written."""
    name, first, options = same
    size = getattr(sa, name)(frame, first, **options).size
    assert f"read {size} of 60" in run_with(audit, plan)
    assert audit.with_name("plan.json").exists()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--margin", "0.2", "--anticipated", "1/6"), 'anticipated = "1/6"'),
        (("--detect", "0.1"), "detect = 0.1"),
        (("--tolerable", "0.2"), "expected = 0"),
        (("--tolerable", "0.2", "--allowed", "1"), "allowed = 1"),
        (
            ("--compare", "North=0.05,South=0.9", "--by", "district"),
            'compare = { by = "district", rates = { North = 0.05, South = 0.9 } }',
        ),
    ],
)
def test_options_show_a_size_and_write_nothing(audit: Path, options: tuple, line: str):
    """What is shown can be written into the file, and gives the same plan."""
    shown = run_with(audit, "size = 20\n", *options)
    assert line in shown
    assert not audit.with_name("plan.json").exists()
    lines = "\n".join(row.strip() for row in shown.split("in place of size:\n")[1].splitlines())
    planned = run_with(audit, lines + "\n")
    assert shown.split("Plan: ")[1].split(" of")[0] == planned.split("read ")[1].split(" of")[0]


@pytest.mark.parametrize(
    ("plan", "options", "message"),
    [
        ("size = 20\n", ("--margin", "0.2"), "no anticipated rate"),
        ("size = 20\n", ("--power", "0.9"), "Say what the size is for"),
        ("size = 20\n", ("--tolerable", "0.2", "--allowed", "one"), "must be a number"),
        ("size = 20\n", ("--compare", "North"), "with their rates and the column"),
        ("size = 20\n", ("--budget", "30", "--anticipated", "0.1"), "no costs"),
        ("detect = 0.1\nmargin = 0.1\n", (), "must have one of size"),
        ("allowed = 1\n", (), "no tolerable rate"),
        ("detect = 0.1\ncosts = { North = 1 }\n", (), "nothing to decide"),
        ("compare = { by = 'district', rate = 1 }\n", (), "compare has a key 'rate'"),
    ],
)
def test_mistakes_end_in_one_line(audit: Path, plan: str, options: tuple, message: str):
    result = run_with(audit, plan, *options)
    assert result.startswith("2 ")
    assert message in result


@pytest.mark.parametrize(
    ("objective", "power"), [('"whole"', 1), ('"parts"', 0), ('"1/2"', "1/2"), ("0.25", 0.25)]
)
def test_an_objective_shares_out_a_size(audit: Path, frame: sa.Frame, objective: str, power):
    """As `plan_compromise`, from the file and, with the size there, from the command line."""
    plan = sa.plan_compromise(frame, 24, anticipated="1/6", power=power)
    asked = run_with(audit, f'size = 24\nanticipated = "1/6"\nobjective = {objective}\n')
    assert "between the best overall rate and like precision" in asked
    for number in plan.table["sampled"]:
        assert str(number) in asked
    words = objective.strip('"')
    shown = run_with(audit, 'size = 24\nanticipated = "1/6"\n', "--objective", words)
    assert repr(plan) in shown
    assert f"objective = {objective}" in shown


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("size = 24\nobjective = 'whole'\n", "objective, but no anticipated"),
        ("size = 24\nanticipated = 0.1\nobjective = 'all'\n", "'whole', for the best overall rate"),
        ("detect = 0.1\nanticipated = 0.1\nobjective = 'whole'\n", "both detect and objective"),
        ("size = 24\nlooks = [12, 24]\nanticipated = 0.1\nobjective = 2\n", "share of 1"),
    ],
)
def test_objectives_that_say_nothing_are_refused(audit: Path, plan: str, message: str):
    result = run_with(audit, plan)
    assert result.startswith("2 ")
    assert message in result


@pytest.mark.parametrize(
    ("plan", "options", "title"),
    [
        ("size = 9\nmethod = 'wilson'\n", ("--margin", "0.3", "--anticipated", "0.2"), "How wide"),
        (
            "size = 9\ncosts = { North = 1, South = 1, West = 2 }\n",
            ("--budget", "30", "--anticipated", "0.1"),
            "What a budget buys",
        ),
        ("size = 9\n", ("--tolerable", "0.2"), "How often the plan accepts"),
    ],
)
def test_a_picture_shows_what_other_sizes_bring(audit: Path, plan: str, options: tuple, title: str):
    picture = audit.with_name("plan.svg")
    result = run_with(audit, plan, *options, "--picture", str(picture))
    assert result.startswith("0 "), result
    assert "Nothing but" in result
    assert title in picture.read_text("utf-8")


def test_a_picture_of_nothing_is_refused(audit: Path):
    picture = audit.with_name("plan.svg")
    result = run_with(audit, "size = 9\n", "--detect", "0.1", "--picture", str(picture))
    assert "--picture draws what" in result
    assert not picture.exists()


def test_what_a_budget_buys(frame: sa.Frame):
    """Costs of 1, 1 and 2 a case: no more than 30 is spent."""
    costs = {"North": 1, "South": 1, "West": 2}
    plan = plan_as_asked(frame, {"budget": 30, "costs": costs, "anticipated": 0.1})
    assert plan.table["sampled"].to_numpy() @ [1, 1, 2] <= 30


def test_strata_in_a_file_are_told_from_indicators(frame: sa.Frame):
    """Keys of anticipated are strata where all are, as the reader of the file has them."""
    rates = {("North",): 0.1, ("South",): 0.2, ("West",): 0.1}
    found = [
        plan_as_asked(frame, {"margin": 0.45, "anticipated": given, "method": "wilson"}).goal
        for given in (rates, {("late",): 0.1})
    ]
    assert [[0.1, 0.2, 0.1], {"late": 0.1}] == [goal["anticipated"] for goal in found if goal]
