"""The report of a scripted audit: what AUDIT.toml says of it, and what the folder records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from sampleaudit.audit import AuditRun, run_audit
from sampleaudit.comparison.rest import compare_with_rest
from sampleaudit.errors import AuditError
from sampleaudit.files import read_json
from sampleaudit.findings import Findings
from sampleaudit.report.writing import write_report
from sampleaudit.sample import MANIFEST
from sampleaudit.wording import Language

_NAME: Final = "report.html"
_RECORDED: Final[tuple[str, ...]] = ("inputs", "drawn_at")
"""What the folder knows of the draw beyond the sample."""


def report_audit(
    path: str | Path,
    *,
    into: str | Path | None = None,
    output: str | Path | None = None,
    language: Language | None = None,
    title: str | None = None,
    suppress: int | None = None,
) -> Path:
    """Carry out the audit that AUDIT.toml describes and write its report; return the file.

    [report] says by which columns it reports (``by``) and compares each domain with the rest
    (``compare``), its ``language``, ``title``, ``suppress`` and ``names``; what is given here goes
    before. It is written as report.html into the folder of the audit, or as ``output``. Raises
    `AuditError` while there are no findings.
    """
    run = run_audit(path, into=into)
    findings = _findings(run)
    report = run.settings.report
    language = language or cast("Language", run.settings.language)
    compare: tuple[str, ...] = report["compare"]
    comparisons = [compare_with_rest(findings, by=column) for column in compare]
    names: Mapping[str, str] = report["names"].get(language, {})
    target = Path(output) if output is not None else run.folder / _NAME
    write_report(
        findings,
        target,
        language=language,
        title=title or report["title"],
        comparisons=comparisons,
        by=run.settings.report_by,
        suppress=suppress if suppress is not None else report["suppress"],
        names=names,
    )
    return target


def _findings(run: AuditRun) -> Findings:
    """Return the findings, their sample with what the folder has recorded of the draw."""
    if run.sample is None:
        raise AuditError("Nothing has been drawn yet; run `sampleaudit draw` with a seed first.")
    if run.waiting_for is not None:
        raise AuditError(f"There is no file {run.waiting_for}; [findings] names it.")
    if run.findings is None:
        raise AuditError("AUDIT.toml has no [findings]; name the file with the answers there.")
    recorded: dict[str, Any] = read_json(run.folder / MANIFEST)
    known: dict[str, Any] = {key: recorded[key] for key in _RECORDED if key in recorded}
    sample = run.findings.sample
    return replace(run.findings, sample=replace(sample, manifest={**sample.manifest, **known}))
