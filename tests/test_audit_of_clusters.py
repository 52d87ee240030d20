"""A scripted audit in two stages: from audit.toml with a cluster to the estimates."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import sampleaudit as sa
from sampleaudit.cli import main

AUDIT = """
[register]
file = "register.csv"
case_id = "case_id"

[frame]
stratify_by = ["region"]
domains = ["mun", "age"]

[plan]
cluster = "mun"
clusters = 6
cases = 5

[draw]
seed = "dice 4 1 6"

[findings]
file = "findings.csv"

[report]
by = ["age"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with 120 cases of twelve municipalities, all answered."""
    rows = [
        (f"C{place:03d}", "east" if place < 60 else "west", f"M{place // 10:02d}",
         "0-9" if place % 3 else "10-17", "error" if place % 7 == 0 else "correct")
        for place in range(120)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["case_id", "region", "mun", "age", "late"])
    table.drop(columns="late").to_csv(tmp_path / "register.csv", index=False)
    table[["case_id", "late"]].to_csv(tmp_path / "all.csv", index=False)
    (tmp_path / "audit.toml").write_text(AUDIT, encoding="utf-8")
    return tmp_path


def answered(folder: Path) -> sa.Sample:
    """Draw, and write the findings of the cases drawn."""
    sample = sa.run_audit(folder / "audit.toml", until="draw").sample
    assert sample is not None
    answers = pd.read_csv(folder / "all.csv", dtype=str)
    drawn = answers[answers["case_id"].isin(sample.cases["case_id"])]
    drawn.to_csv(folder / "findings.csv", index=False)
    return sample


def test_a_run_goes_from_the_plan_to_the_estimates(folder: Path):
    """By survey_means, with limits for rates; the clusters are among the files."""
    sample = answered(folder)
    assert 30 == sample.size
    result = sa.run_audit(folder / "audit.toml")
    assert result.findings is not None
    assert {"clusters.csv", "estimates.csv", "estimates_by_age.csv"} <= set(result.written)
    expected = sa.survey_means(result.findings, "late", interval="korn-graubard").to_frame()
    written = pd.read_csv(folder / "estimates.csv")
    assert expected["high"][0] == pytest.approx(written["high"][0])


def test_the_command_prints_and_verifies(folder: Path):
    """The plan in words, the draw, the table; then the replay."""
    answered(folder)
    run = CliRunner().invoke(main, ["run", str(folder / "audit.toml")])
    assert 0 == run.exit_code, run.output
    for part in (
        "Plan: 6 of 12 clusters (mun) from 2 strata, 5 cases of each",
        "as survey statistics makes it", "seed|column<TAB>cluster", "korn-graubard interval",
        "clusters.csv",
    ):  # fmt: skip
        assert part in run.output
    verified = CliRunner().invoke(main, ["verify", str(folder)])
    assert "Verified: the 30 cases" in verified.output


def test_clusters_by_stratum_and_all_their_cases(folder: Path):
    """A table of clusters, and a word for the cases."""
    text = AUDIT.replace(
        "clusters = 6\ncases = 5", 'clusters = { east = 2, west = 3 }\ncases = "all"'
    )
    (folder / "audit.toml").write_text(text, encoding="utf-8")
    assert 50 == answered(folder).size


WRONG = {
    "must have one of size": ("clusters = 6", "clusters = 6\nsize = 30"),
    "has cluster, but no cases": ("cases = 5", ""),
    "has cases, but no cluster": ('cluster = "mun"\nclusters = 6', "size = 30"),
    "has cluster, and method is for cases drawn alone": ("cases = 5", 'cases = 5\nmethod = "wald"'),
    "is for cases drawn alone; remove it, or cluster": (
        "[report]", '[truth]\nfile = "all.csv"\n[report]',
    ),
    "cases is 'many'": ("cases = 5", 'cases = "many"'),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_keys_that_do_not_fit_are_refused(folder: Path, message: str):
    """With what to remove or to add."""
    old, new = WRONG[message]
    assert old in AUDIT
    (folder / "audit.toml").write_text(AUDIT.replace(old, new), encoding="utf-8")
    with pytest.raises(sa.AuditError) as caught:
        sa.run_audit(folder / "audit.toml")
    assert message in str(caught.value)
