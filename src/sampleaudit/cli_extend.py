"""The command ``sampleaudit extend``: reading on by a larger plan."""

from __future__ import annotations

from pathlib import Path

import click

from sampleaudit.cli_plan import plainly
from sampleaudit.errors import AuditError


@click.command()
@click.argument("audit", type=click.Path(path_type=Path), metavar="AUDIT.toml")
@click.option(
    "--into", type=click.Path(path_type=Path), help="The draw's folder, if not AUDIT.toml's."
)
@plainly
def extend(audit: Path, into: Path | None) -> None:
    """Read on: draw the further cases of a larger [plan], with the seed of the draw.

    Raise size in AUDIT.toml first. Every case drawn before stays in the sample. Unless the larger
    sample was planned beforehand, estimates remark that it was not.
    """
    from sampleaudit.audit import frame_of, run_audit
    from sampleaudit.audit_plan import plan_of
    from sampleaudit.plan import Plan
    from sampleaudit.planned import read_manifest
    from sampleaudit.replay import load_sample
    from sampleaudit.review.extension import extend as extended
    from sampleaudit.settings import read_settings

    settings = read_settings(audit)
    folder = into or settings.path.parent
    if "seed" not in read_manifest(folder):
        raise AuditError(f"{folder} has no draw to extend; run `sampleaudit draw` with a seed.")
    before = load_sample(folder)
    plan = plan_of(frame_of(settings), settings)
    if not isinstance(plan, Plan):
        raise AuditError("A draw of clusters cannot be extended; plan a new one.")
    larger = extended(before, plan)
    larger.save(folder)
    seed = str(larger.manifest["seed"])
    run_audit(audit, seed=seed, into=into, until="draw")  # names the inputs in the manifest again
    click.echo(f"{len(larger.cases) - len(before.cases)} more cases to read in {folder}: now "
               f"{larger.size}, drawn with seed {seed!r}.")  # fmt: skip
    click.echo(f"Public record of the larger plan:\n  {plan.public_record}")
