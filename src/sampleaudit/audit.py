"""A scripted audit: from AUDIT.toml to a folder with plan, draw and estimates.

Each step is a call of the public functions; this room only reads the inputs, decides how far they
reach, and writes the results whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.audit_plan import plan_of
from sampleaudit.clusters import ClusterPlan
from sampleaudit.declared import declare_sample
from sampleaudit.errors import AuditError
from sampleaudit.estimates.excel import workbook_bytes
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.estimates.survey import survey_means
from sampleaudit.estimates.survey_table import SurveyEstimates
from sampleaudit.estimates.table import Estimates
from sampleaudit.files import csv_bytes, sha256_of_file
from sampleaudit.findings import ANY_ERROR, Findings, record_findings
from sampleaudit.frame import Frame, build_frame
from sampleaudit.ids import near_names
from sampleaudit.plan import Plan
from sampleaudit.planned import PLAN_ONLY_FORMAT, read_manifest, save_plan, with_history
from sampleaudit.register import read_register
from sampleaudit.sample import MANIFEST, Sample, draw, refuse_other_draw, save_files
from sampleaudit.settings import AnswerFile, Settings, read_settings

if TYPE_CHECKING:
    import pandas as pd

Step = Literal["plan", "draw", "estimates"]
OUTPUTS: Final = (
    "plan.json", "sample.csv", "reserve.csv", "population.csv", "clusters.csv", "estimates.csv",
    "estimates.xlsx", MANIFEST,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What a scripted audit came to, as far as its inputs reach; later steps are None.

    ``by_domain`` maps each column of [report] by to its estimates; ``truth`` compares estimates
    with a caseload whose every answer is known. ``written`` names the files in ``folder``, and
    ``waiting_for`` the file of findings that is not there yet.
    """

    settings: Settings
    folder: Path
    frame: Frame
    plan: Plan | ClusterPlan
    written: tuple[str, ...]
    sample: Sample | None = None
    findings: Findings | None = None
    estimates: Estimates | SurveyEstimates | None = None
    by_domain: Mapping[str, Estimates | SurveyEstimates] = field(default_factory=dict)
    truth: pd.DataFrame | None = None
    waiting_for: Path | None = None


def run_audit(
    path: str | Path,
    *,
    seed: str | None = None,
    into: str | Path | None = None,
    until: Step = "estimates",
) -> AuditRun:
    """Carry out the audit that AUDIT.toml describes, as far as its inputs allow.

    Without a seed (here, in [draw], or in the folder's own record of the draw) it stops after the
    plan; without [findings] or [truth], or while the file of findings is not there, after the draw;
    ``until`` stops it earlier. Results go into the folder of AUDIT.toml, or ``into``; a folder with
    another draw is refused.
    """
    settings = read_settings(path)
    folder = Path(into) if into is not None else settings.path.parent
    _refuse_own_outputs(settings, folder)
    frame = frame_of(settings)
    plan = plan_of(frame, settings)
    seed = seed or settings.seed or _recorded_seed(folder)
    if seed is None or until == "plan":
        written = save_plan(plan, folder)
        return AuditRun(settings, folder, frame, plan, written)
    _refuse_other_plan(plan, folder)
    drawn = draw(plan, seed=seed, reserve=settings.reserve)
    sample = with_history(drawn, read_manifest(folder))
    refuse_other_draw(sample, folder)
    waiting_for = _missing_findings(settings)
    findings = None if until == "draw" or waiting_for else _findings(sample, settings)
    estimates: Estimates | SurveyEstimates | None = None
    by_domain: dict[str, Estimates | SurveyEstimates] = {}
    truth: pd.DataFrame | None = None
    files: dict[str, bytes] = {}
    if findings is not None:
        names = [*findings.indicators, *([ANY_ERROR] if len(findings.indicators) > 1 else [])]
        estimates = _estimated(findings, names)
        by_domain = {column: _estimated(findings, names, column) for column in settings.report_by}
        if settings.truth is not None and isinstance(estimates, Estimates):
            truth = _compare_with_truth(estimates, names, frame, settings)
        files = _estimate_files(estimates, by_domain)
    manifest = save_files(sample, folder, files, {"inputs": _inputs(settings, folder)})
    return AuditRun(
        settings=settings,
        folder=folder,
        frame=frame,
        plan=plan,
        written=(*manifest["files"], MANIFEST),
        sample=sample,
        findings=findings,
        estimates=estimates,
        by_domain=by_domain,
        truth=truth,
        waiting_for=waiting_for,
    )


def frame_of(settings: Settings) -> Frame:
    """Return the frame of the register that AUDIT.toml names."""
    register = read_register(
        settings.register_path,
        case_id=settings.register["case_id"],
        sheet=settings.register.get("sheet"),
    )
    return build_frame(
        register,
        case_id=settings.register["case_id"],
        stratify_by=settings.stratify_by,
        domains=settings.domains,
        expected_size=settings.register.get("expected_size"),
        excluded=settings.register.get("excluded"),
        not_cpr=settings.register.get("not_cpr"),
    )


def _estimated(
    findings: Findings, names: list[str], by: str | None = None
) -> Estimates | SurveyEstimates:
    """Return error rates by the audit engine, or, of clusters, as survey statistics makes them."""
    if findings.sample.drawing is None:
        return estimate_rates(findings, names, by=by)
    return survey_means(findings, names, by=by, interval="korn-graubard")


def _missing_findings(settings: Settings) -> Path | None:
    """Return the file of findings if AUDIT.toml names one that is not there: files take weeks."""
    answers = settings.findings
    return answers.path if answers is not None and not answers.path.exists() else None


def _findings(sample: Sample, settings: Settings) -> Findings | None:
    """Return the reviewers' findings, or, where the truth is known, look the cases up there."""
    if settings.findings is not None:
        answers = _read_answers(settings.findings, sample.case_id)
        return _record(sample, answers, settings.findings)
    if settings.truth is None:
        return None
    answers = _read_answers(settings.truth, sample.case_id)
    drawn = answers[answers[sample.case_id].isin(sample.cases[sample.case_id])]
    return _record(sample, drawn, settings.truth)


def _read_answers(file: AnswerFile, case_id: str) -> pd.DataFrame:
    """Return a table of answers with its recoded indicators only, if it has any."""
    table = read_register(file.path, case_id=case_id, sheet=file.sheet)
    if not file.recodes:
        return table
    answers = table[[case_id]].copy()
    for recode in file.recodes:
        if recode.column not in table.columns:
            raise AuditError(
                f"{file.path.name} has no column {recode.column!r}"
                f"{near_names(recode.column, table.columns)}"
            )
        column = table[recode.column]
        written = column.where(column.notna(), None).map(
            lambda value: None if value is None else str(value).strip()
        )
        # A value without a meaning stays as it is, and is refused with the case that has it.
        answers[recode.indicator] = [
            recode.outcomes.get(value, f"{value} (not in audit.toml)") if value else None
            for value in written
        ]
    return answers


def _record(sample: Sample, answers: pd.DataFrame, file: AnswerFile) -> Findings:
    blank: Any = file.blank
    return record_findings(sample, answers, indicators=file.names, blank=blank)


def _compare_with_truth(
    estimates: Estimates, names: list[str], frame: Frame, settings: Settings
) -> pd.DataFrame:
    """Return estimate and truth side by side: a census of the whole caseload is the truth."""
    import pandas as pd

    assert settings.truth is not None  # noqa: S101 -- the caller asked; this is for the type checker
    everything = declare_sample(
        frame.to_frame(), case_id=frame.case_id, population=frame.size, selection="random"
    )
    answers = _read_answers(settings.truth, frame.case_id)
    known = _record(everything, answers, settings.truth)
    true = estimate_rates(known, names, missing=settings.plan.get("missing")).to_frame()
    table = estimates.to_frame()
    result = table[
        ["indicator", "rate", "rate_low", "rate_high", "total", "total_low", "total_high"]
    ]
    result = result.assign(true_rate=true["rate"].to_numpy(), true_total=true["total"].to_numpy())
    inside = (result["rate_low"] <= result["true_rate"]) & (
        result["true_rate"] <= result["rate_high"]
    )
    return pd.DataFrame(result.assign(inside=inside))


def _estimate_files(
    estimates: Estimates | SurveyEstimates, by_domain: Mapping[str, Estimates | SurveyEstimates]
) -> dict[str, bytes]:
    tables = {"caseload": estimates.to_frame()}
    files = {"estimates.csv": csv_bytes(tables["caseload"])}
    for column, found in by_domain.items():
        tables[f"by {column}"] = found.to_frame()
        files[f"estimates_by_{column}.csv"] = csv_bytes(found.to_frame())
    return {**files, "estimates.xlsx": workbook_bytes(tables)}


def _refuse_other_plan(plan: Plan | ClusterPlan, folder: Path) -> None:
    """Refuse to draw by a plan that differs from the one made, and perhaps published, before."""
    recorded = read_manifest(folder)
    if recorded.get("format") == PLAN_ONLY_FORMAT and recorded.get("plan") != plan.digest:
        raise AuditError(
            f"The plan is not the one in {folder}: its record is {recorded.get('plan')}, this one "
            f"has {plan.digest}. The register or audit.toml changed since. Run without a seed to "
            f"make the new plan, publish its line, and draw with a seed learnt after that."
        )


def _recorded_seed(folder: Path) -> str | None:
    seed = read_manifest(folder).get("seed")
    return None if seed is None else str(seed)


def _inputs(settings: Settings, folder: Path) -> dict[str, Any]:
    """Return the files that went in, with their hashes, for the manifest."""
    register = settings.register
    files = {"audit": settings.path, "register": settings.register_path}
    for name, answers in (("findings", settings.findings), ("truth", settings.truth)):
        if answers is not None and answers.path.exists():
            files[name] = answers.path
    inputs: dict[str, Any] = {
        name: {"file": _relative(file, folder), "sha256": sha256_of_file(file)}
        for name, file in files.items()
    }
    for key in ("source", "extracted"):
        if key in register:
            inputs["register"][key] = str(register[key])
    return inputs


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder.resolve())).as_posix()


def _refuse_own_outputs(settings: Settings, folder: Path) -> None:
    """Refuse inputs that the run would overwrite."""
    inputs = [settings.path, settings.register_path]
    inputs += [each.path for each in (settings.findings, settings.truth) if each is not None]
    for file in inputs:
        if file.resolve().parent == folder.resolve() and file.name in OUTPUTS:
            raise AuditError(
                f"{file.name} is an input, but a run writes a file of that name into {folder}; "
                f"rename it or choose another folder with --into."
            )
