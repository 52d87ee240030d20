"""The command ``sampleaudit report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampleaudit.cli_plan import plainly

if TYPE_CHECKING:
    from sampleaudit.wording import Language


@click.command()
@click.argument("audit", type=click.Path(path_type=Path), metavar="AUDIT.toml")
@click.option(
    "--into", type=click.Path(path_type=Path), help="The audit's folder, if not AUDIT.toml's own."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file to write, .html or .docx."
)
@click.option("--language", type=click.Choice(["en", "da"]), help="Instead of that in AUDIT.toml.")
@click.option("--title", help="Instead of that in AUDIT.toml.")
@click.option("--suppress", type=int, metavar="N", help="Hide counts below N by domain, as 5.")
@plainly
def report(
    audit: Path,
    into: Path | None,
    output: Path | None,
    language: Language | None,
    title: str | None,
    suppress: int | None,
) -> None:
    """Write the report of an audit: one page that can be read, printed and checked.

    Writes report.html into the folder of the audit, with pictures, tables, how to check the draw,
    the methods, and all numbers as files inside.
    """
    from sampleaudit.audit_report import report_audit

    written = report_audit(
        audit, into=into, output=output, language=language, title=title, suppress=suppress
    )
    click.echo(f"Wrote {written}")
