"""The command ``sampleaudit``: each command is a few calls of the public functions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sampleaudit import __version__
from sampleaudit.cli_extend import extend
from sampleaudit.cli_plan import goal_options, plainly, show_what_if
from sampleaudit.cli_report import report
from sampleaudit.cli_review import REVIEW_COMMANDS, verify_archive
from sampleaudit.errors import AuditError
from sampleaudit.wording import number

if TYPE_CHECKING:
    import pandas as pd

    from sampleaudit.analysis import Side
    from sampleaudit.audit import AuditRun
    from sampleaudit.estimates.survey_table import SurveyEstimates
    from sampleaudit.estimates.table import Estimates
    from sampleaudit.wording import Language

_ROWS_SHOWN: Final = 30  # of a table by domains; the files have all

_AUDIT = click.argument("audit", type=click.Path(path_type=Path), metavar="AUDIT.toml")
_SEED = click.option("--seed", help="The seed, learnt after the plan's line was published.")
_INTO = click.option(
    "--into", type=click.Path(path_type=Path), help="Write here instead of beside AUDIT.toml."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Random samples of case files, and what they say of the whole caseload.

    \b
    Start with an example, and make it your own:
        sampleaudit example my-audit
        sampleaudit run my-audit/audit.toml

    \b
    An audit goes in this order:
        1. sampleaudit plan audit.toml            prints the line to publish
        2. sampleaudit draw audit.toml --seed S   with a seed learnt after that
        3. read the files in sample.csv, fill in the findings
        4. sampleaudit run audit.toml             estimates for the whole caseload
        5. sampleaudit verify FOLDER              anyone can replay the draw

    \b
    In step 3 reviewers may answer a checklist in Excel, and the audit is kept whole:
        sampleaudit workbook, collect, agreement, replace, archive

    A mistake in the input ends with one line that says what to do, and exit code 2.
    """  # noqa: D301 -- click looks for the character \b, which keeps the lines as they are


@main.command()
@_AUDIT
@_SEED
@_INTO
@plainly
def run(audit: Path, seed: str | None, into: Path | None) -> None:
    """Carry out an audit as far as its inputs allow.

    Without a seed it stops after the plan and prints the line to publish; without findings it
    stops after the draw. Writes plan.json, sample.csv, reserve.csv, population.csv, estimates.csv,
    estimates.xlsx and manifest.json beside AUDIT.toml, whole or not at all. A folder that holds a
    draw with another seed is refused.
    """
    from sampleaudit.audit import run_audit

    _show(run_audit(audit, seed=seed, into=into))


@main.command()
@_AUDIT
@_INTO
@goal_options
@plainly
def plan(asked: Mapping[str, str], audit: Path, into: Path | None) -> None:
    """Make the plan only, and print the line to publish before the seed is known.

    With options the size is worked out anew and shown, and nothing is written:
    sampleaudit plan audit.toml --margin 0.05 --anticipated 1/6
    """
    if asked:
        show_what_if(audit, asked)
        return
    from sampleaudit.audit import run_audit

    _show(run_audit(audit, into=into, until="plan"))


@main.command()
@_AUDIT
@_SEED
@_INTO
@plainly
def draw(audit: Path, seed: str | None, into: Path | None) -> None:
    """Draw the planned cases with a seed, without estimating anything.

    A seed is 1 to 200 printable ASCII characters without '|', for example
    "council 2026-11-22, dice 4 1 6 2 5".
    """
    from sampleaudit.audit import run_audit

    result = run_audit(audit, seed=seed, into=into, until="draw")
    if result.sample is None:
        raise AuditError("A draw needs a seed: give --seed, or [draw] seed in AUDIT.toml.")
    _show(result)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--register",
    type=click.Path(path_type=Path),
    help="The register to replay from; by default the one named in the manifest.",
)
@plainly
def verify(folder: Path, register: Path | None) -> None:
    """Replay the draw saved in FOLDER, compute its archive again, and name every difference.

    Exit code 0 if everything is confirmed, 1 if anything differs.
    """
    from sampleaudit.files import read_json
    from sampleaudit.replay import verify_draw

    confirmed = verify_archive(folder)
    if confirmed is not None and not (folder / "manifest.json").exists():
        sys.exit(0 if confirmed else 1)
    if register is None:
        inputs = read_json(folder / "manifest.json").get("inputs", {})
        if "register" not in inputs:
            raise AuditError(f"{folder} does not name its register; give it with --register.")
        register = folder / inputs["register"]["file"]
    result = verify_draw(folder, register)
    click.echo(repr(result))
    if not result.ok or confirmed is False:
        sys.exit(1)


for _command in (extend, *REVIEW_COMMANDS, report):
    main.add_command(_command)


@main.command()
@_AUDIT
@_INTO
@plainly
def estimate(audit: Path, into: Path | None) -> None:
    """Estimate from findings for a draw that was made before."""
    from sampleaudit.audit import run_audit

    result = run_audit(audit, into=into)
    if result.sample is None:
        raise AuditError("Nothing has been drawn yet; run `sampleaudit draw` with a seed first.")
    if result.waiting_for is not None:
        raise AuditError(f"There is no file {result.waiting_for}; [findings] names it.")
    if result.estimates is None:
        raise AuditError("AUDIT.toml has no [findings]; name the file with the answers there.")
    _show(result)


@main.command()
@click.argument("errors", type=int)
@click.argument("reviewed", type=int)
@click.argument("population", type=int)
@click.option("--level", default=0.95, show_default=True, help="Confidence level.")
@click.option("--side", type=click.Choice(["both", "upper", "lower"]), default="both")
@click.option("--language", type=click.Choice(["en", "da"]), default="en")
@plainly
def interval(
    errors: int, reviewed: int, population: int, level: float, side: Side, language: Language
) -> None:
    """Say what ERRORS in REVIEWED of POPULATION cases mean for all of them.

    Assumes that the cases were drawn at random from one caseload: sampleaudit interval 13 77 500
    """
    from sampleaudit.estimates.interval import rate_interval

    found = rate_interval(errors, reviewed, population, level=level, side=side)
    click.echo(found.sentence(language))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@plainly
def example(folder: Path) -> None:
    """Write an example audit into FOLDER: a made-up register, findings and audit.toml."""
    from sampleaudit.files import replace_files

    source = package_files("sampleaudit") / "example"
    contents = {file.name: file.read_bytes() for file in source.iterdir() if file.is_file()}
    there = sorted(name for name in contents if (folder / name).exists())
    if there:
        raise AuditError(f"{folder} already has {there[0]}; choose a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    replace_files(folder, contents)
    click.echo(f"Wrote {', '.join(sorted(contents))} into {folder}.")
    click.echo(f"Now run: sampleaudit run {folder / 'audit.toml'}")


def _show(result: AuditRun) -> None:
    """Print what an audit came to, step by step."""
    _show_register(result)
    _show_plan(result)
    if result.sample is None:
        click.echo("\nPublish the line above. When the seed is known:")
        click.echo(f"  sampleaudit draw {result.settings.path.name} --seed SEED")
    else:
        _show_draw(result)
    if result.waiting_for is not None:
        click.echo(f"\nStopped after the draw: {result.waiting_for.name} is not there yet.")
    if result.estimates is not None:
        _show_estimates(result)
    if result.written:
        click.echo(f"\nWritten into {result.folder}: {', '.join(result.written)}")


def _show_register(result: AuditRun) -> None:
    frame = result.frame
    reconciliation = frame.reconciliation
    _heading(f"Register: {result.settings.register_path.name}")
    click.echo(f"{number(frame.size, 'en')} cases, fingerprint {frame.fingerprint}")
    if reconciliation.expected_size is not None:
        reasons = "".join(
            f", less {number(count, 'en')} {reason}"
            for reason, count in reconciliation.excluded.items()
        )
        click.echo(f"Reconciled: {number(reconciliation.expected_size, 'en')} expected{reasons}")


def _show_plan(result: AuditRun) -> None:
    from sampleaudit.clusters import ClusterPlan
    from sampleaudit.plan import ALLOCATIONS

    plan, analysis = result.plan, result.plan.analysis
    method = f"side {analysis.side}, method {analysis.method}"
    if isinstance(plan, ClusterPlan):
        _heading(f"Plan: {plan.in_words}")
        method = "as survey statistics makes it"
    else:
        size, total = (number(cases, "en") for cases in (plan.size, result.frame.size))
        _heading(f"Plan: read {size} of {total}, {ALLOCATIONS[plan.allocation]}")
    click.echo(_columns_as_text(plan.table, text_columns=len(result.frame.stratify_by)))
    click.echo(f"Analysis: level {analysis.level:g}, {method}, missing files: {analysis.missing}")
    click.echo(f"Public record:\n  {plan.public_record}")


def _show_draw(result: AuditRun) -> None:
    sample = result.sample
    if sample is None:
        return
    _heading(f"Draw: {number(sample.size, 'en')} cases and a reserve of {len(sample.reserve)}")
    click.echo(f"Seed: {sample.manifest['seed']}")
    click.echo(f"Ticket: {sample.manifest['ticket_rule']}")
    click.echo("The first cases in the order of the draw:")
    first = sample.cases.head(5)
    click.echo(_columns_as_text(first.drop(columns=list(sample.domains)), text_columns=99))


def _show_estimates(result: AuditRun) -> None:
    from sampleaudit.estimates.display import text_table
    from sampleaudit.estimates.table import Estimates

    assert result.estimates is not None  # noqa: S101 -- for the type checker
    _heading("Estimates for the whole caseload")
    click.echo(repr(result.estimates))
    click.echo("")
    spoken = result.estimates if isinstance(result.estimates, Estimates) else None
    for sentence in [] if spoken is None else spoken.sentences(language=result.settings.language):  # type: ignore[arg-type] # checked when read
        click.echo(f"- {sentence}")
    for column, found in result.by_domain.items():
        _heading(f"By {column}")
        click.echo(repr(_shortened(found)))
        if len(found) > _ROWS_SHOWN:
            click.echo(f"All indicators by {column}: estimates_by_{column}.csv, estimates.xlsx")
    if result.truth is not None:
        _heading("How near it came: the truth is known")
        rows = [
            [
                row["indicator"],
                f"{row['rate']:.1%}",
                f"{row['rate_low']:.1%} to {row['rate_high']:.1%}",
                f"{row['true_rate']:.1%}",
                f"{number(row['true_total'], 'en')} of {number(result.frame.size, 'en')}",
                "inside" if row["inside"] else "OUTSIDE",
            ]
            for row in result.truth.to_dict(orient="records")
        ]
        head = ["indicator", "estimate", "limits", "truth", "cases", "the limits"]
        click.echo(text_table(head, rows))


def _shortened(found: Estimates | SurveyEstimates) -> Estimates | SurveyEstimates:
    """Return a table that fits a screen: all rows, or those of the last indicator, any error."""
    from sampleaudit.estimates.table import Estimates

    if len(found) <= _ROWS_SHOWN or not isinstance(found, Estimates):
        return found
    return found.select(indicator=found.rows[-1].indicator)


def _heading(text: str) -> None:
    click.echo(f"\n{text}\n{'=' * len(text)}")


def _columns_as_text(table: pd.DataFrame, *, text_columns: int) -> str:
    from sampleaudit.estimates.display import text_table

    shown = table.astype(str)
    if "ticket" in shown:
        shown["ticket"] = shown["ticket"].str.slice(0, 16) + "..."
    return text_table(list(shown.columns), shown.to_numpy().tolist(), left=text_columns)
