"""The commands of the review: from the draw to workbooks, back, and into the archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sampleaudit.cli_plan import plainly

if TYPE_CHECKING:
    from sampleaudit.findings import Findings
    from sampleaudit.frame import Frame
    from sampleaudit.sample import Sample
    from sampleaudit.wording import Language

_PATH: Final = click.Path(path_type=Path)
_FOLDER = click.argument("folder", type=_PATH)
_BOOKS = click.argument("workbooks", type=_PATH, nargs=-1, required=True, metavar="WORKBOOK...")
_CHECKLIST = click.option(
    "--checklist", required=True, help="Its TOML file, or the name of one that comes with it."
)
_RECONCILED = click.option("--reconciled", type=_PATH, help="The reconciliation, filled in.")
_LANGUAGE = click.option(
    "--language", type=click.Choice(["en", "da"]), default="en", help="Of the workbook."
)


@click.command()
@_FOLDER
@_CHECKLIST
@click.option("--reviewer", "reviewers", multiple=True, required=True, help="Once for each.")
@click.option("--double-review", default=0.0, help="Share of cases read by two, as 0.1.")
@click.option("--review-seed", help="Secret seed of the double review; made up if left out.")
@click.option("--show", multiple=True, help="Column of the register to show; once for each.")
@click.option("--only", multiple=True, help="Only this case, opened or added later.")
@click.option("--name", default="review-{reviewer}.xlsx", show_default=True, help="File name.")
@_LANGUAGE
@plainly
def workbook(
    folder: Path,
    checklist: str,
    reviewers: tuple[str, ...],
    double_review: float,
    review_seed: str | None,
    show: tuple[str, ...],
    only: tuple[str, ...],
    name: str,
    language: Language,
) -> None:
    """Write the workbooks in which reviewers answer the checklist for the draw in FOLDER.

    \b
    sampleaudit workbook my-audit --checklist placement --reviewer AB --reviewer CD

    Columns that the checklist or --show need are taken from the register of the audit.
    """  # noqa: D301 -- click looks for the character \b, which keeps the line as it is
    from sampleaudit.checklist.reading import read_checklist
    from sampleaudit.review.writing import write_workbook

    sample, questions = _drawn(folder), read_checklist(checklist)
    assignments = write_workbook(
        sample,
        questions,
        folder / name,
        reviewers=reviewers,
        double_review=double_review,
        review_seed=review_seed,
        language=language,
        register=_register(folder, sample),
        show=show,
        only=only or None,
    )
    for file in assignments.files:
        click.echo(f"Wrote {file}")
    for reviewer in assignments.reviewers:
        click.echo(f"  {reviewer}: {len(assignments.cases_of(reviewer))} cases")
    if assignments.second:
        click.echo(f"{len(assignments.second)} cases are read by two, who are not told which.")
        click.echo(
            f"Keep this seed to yourself until the review is over: {assignments.review_seed}"
        )


@click.command()
@_FOLDER
@_BOOKS
@_CHECKLIST
@_RECONCILED
@plainly
def collect(
    folder: Path, workbooks: tuple[Path, ...], checklist: str, reconciled: Path | None
) -> None:
    """Read the WORKBOOKs of the draw in FOLDER, say what is open, and write outcomes.csv.

    The workbooks are never changed. If anything is wrong, all problems are listed and nothing is
    written. outcomes.csv has an outcome for every case and indicator; [findings] in AUDIT.toml can
    name it.
    """
    from sampleaudit.files import csv_bytes, replace_files

    findings = _findings(folder, workbooks, checklist, reconciled)
    click.echo(repr(findings))
    still_open = findings.open
    for reviewer, number in still_open.groupby("reviewer").size().items():
        click.echo(f"  {reviewer or 'no workbook'}: {number} cases open")
    ids = findings.sample.cases[[findings.sample.case_id]]
    replace_files(folder, {"outcomes.csv": csv_bytes(ids.join(findings.outcome_table()))})
    click.echo(f"Wrote {folder / 'outcomes.csv'}")


@click.command()
@_FOLDER
@_BOOKS
@_CHECKLIST
@_RECONCILED
@click.option("--reconcile", type=_PATH, help="Write here what the two judged differently.")
@_LANGUAGE
@plainly
def agreement(
    folder: Path,
    workbooks: tuple[Path, ...],
    checklist: str,
    reconciled: Path | None,
    reconcile: Path | None,
    language: Language,
) -> None:
    """Measure how far two reviewers agree on the cases that both read.

    With --reconcile it writes a workbook of the cases that they judged differently, in which they
    settle them. With --reconciled, that workbook filled in, it says how far the rates could move if
    single readings err as often.
    """
    from sampleaudit.review.agreement import measure_agreement
    from sampleaudit.review.drift import reviewer_drift
    from sampleaudit.review.reconciliation import write_reconciliation
    from sampleaudit.review.sensitivity import review_sensitivity

    findings = _findings(folder, workbooks, checklist, reconciled)
    click.echo(repr(measure_agreement(findings)))
    click.echo(f"\nEach reviewer and the others, early and late\n{reviewer_drift(findings)!r}")
    if reconcile is not None:
        number = write_reconciliation(findings, reconcile, language=language)
        done = f"Wrote {reconcile}: {number} cases to settle" if number else "Nothing to settle"
        click.echo(f"\n{done}")
    if reconciled is not None:
        click.echo(f"\nThe rates, if readers err as in these\n{review_sensitivity(findings)!r}")


@click.command()
@_FOLDER
@click.option("--stratum", multiple=True, help="Its label; once for each stratum column.")
@click.option(
    "--reason", required=True, help="'out of population', 'duplicate' or 'outside the period'."
)
@click.option("--by", required=True, help="Who opens it, in initials.")
@click.option("--instead-of", help="The case that turned out to be none of the caseload's.")
@plainly
def replace(
    folder: Path, stratum: tuple[str, ...], reason: Any, by: str, instead_of: str | None
) -> None:
    """Open the next case of a stratum's reserve, for a case that is none of the caseload's.

    Nobody chooses the case: it has the next ticket. A missing file is no reason. Who, when and why
    is kept with the draw in FOLDER.
    """
    from sampleaudit.review.replacement import open_reserve, opened_cases

    sample = open_reserve(_drawn(folder), stratum, reason=reason, by=by, instead_of=instead_of)
    sample.save(folder)
    case = opened_cases(sample)[sample.case_id].iloc[-1]
    click.echo(f"Opened {case}; the log is in {folder / 'manifest.json'}.")
    click.echo(
        f"Now run: sampleaudit workbook {folder} --only {case} --name review-{case}.xlsx ..."
    )


@click.command()
@_FOLDER
@_BOOKS
@_CHECKLIST
@_RECONCILED
@click.option("--by", multiple=True, help="Column to report by; once for each.")
@click.option("--review-seed", help="The seed of the double review, now that it is over.")
@click.option("--document", "documents", type=_PATH, multiple=True, help="File to keep a hash of.")
@click.option(
    "--statement", default="", help="Slips in carrying it out, and how they were decided."
)
@plainly
def archive(
    folder: Path,
    workbooks: tuple[Path, ...],
    checklist: str,
    reconciled: Path | None,
    by: tuple[str, ...],
    review_seed: str | None,
    documents: tuple[Path, ...],
    statement: str,
) -> None:
    """Estimate, and save the whole audit in FOLDER in open formats, whole or not at all.

    `sampleaudit verify FOLDER` then computes every number again.
    """
    from sampleaudit.archive.saving import save_audit
    from sampleaudit.estimates.rates import estimate_rates

    findings = _findings(folder, workbooks, checklist, reconciled)
    books = [*workbooks, *([reconciled] if reconciled is not None else [])]
    saved = save_audit(
        findings,
        folder,
        by=by,
        frame=_frame(folder, findings.sample),
        checklist=checklist,
        workbooks=books,
        documents=documents,
        review_seed=review_seed,
        statement=statement,
    )
    if findings.sample.drawing is None:
        click.echo(repr(estimate_rates(findings)))
    click.echo(f"\n{saved!r}")


REVIEW_COMMANDS: Final = (workbook, collect, agreement, replace, archive)


def verify_archive(folder: Path) -> bool | None:
    """Check the archive in a folder and print what was found; None if it has none."""
    from sampleaudit.archive.layout import ARCHIVE
    from sampleaudit.archive.verifying import verify_audit

    if not (folder / ARCHIVE).exists():
        return None
    found = verify_audit(folder)
    click.echo(repr(found))
    return found.ok


def _drawn(folder: Path) -> Sample:
    from sampleaudit.replay import load_sample

    return load_sample(folder)


def _findings(
    folder: Path, workbooks: tuple[Path, ...], checklist: str, reconciled: Path | None
) -> Findings:
    from sampleaudit.checklist.reading import read_checklist
    from sampleaudit.review.merging import merge_findings
    from sampleaudit.review.reading import read_workbook
    from sampleaudit.review.reconciled import read_reconciliation

    sample, questions = _drawn(folder), read_checklist(checklist)
    parts = [read_workbook(book, sample=sample, checklist=questions) for book in workbooks]
    findings = merge_findings(parts)
    if reconciled is None:
        return findings
    return read_reconciliation(reconciled, findings=findings)


def _register(folder: Path, sample: Sample) -> Any:
    """Return the register that the manifest names, None if it names none or it is not there."""
    from sampleaudit.register import read_register

    named = sample.manifest.get("inputs", {}).get("register")
    if named is None:
        return None
    file = folder / str(named["file"])
    return read_register(file, case_id=sample.case_id) if file.exists() else None


def _frame(folder: Path, sample: Sample) -> Frame | None:
    from sampleaudit.frame import build_frame

    register = _register(folder, sample)
    if register is None:
        return None
    return build_frame(
        register,
        case_id=sample.case_id,
        stratify_by=sample.stratify_by,
        domains=sample.domains,
        not_cpr=sample.plan_record.get("not_cpr"),
    )
