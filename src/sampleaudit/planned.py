"""The plan on disk before the draw: hashed, and with the time when it was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sampleaudit.clusters import ClusterPlan
from sampleaudit.errors import AuditError
from sampleaudit.files import pretty_json, read_json, replace_files
from sampleaudit.plan import Plan
from sampleaudit.sample import MANIFEST, Sample, with_opened

PLAN_ONLY_FORMAT: Final = "sampleaudit planned 1"
PLAN_FILE: Final = "plan.json"


def save_plan(
    plan: Plan | ClusterPlan, folder: str | Path, *, at: dt.datetime | None = None
) -> tuple[str, ...]:
    """Write plan.json and a manifest with its hash, its public record and the time, or nothing.

    Do it before the seed is known; `Sample.save` into the same folder keeps the time as
    ``planned_at``. ``at`` is the time, by the clock unless given; the same plan written again keeps
    its first one. Returns the names of the files written, none if the plan was drawn by already.
    Raises `AuditError` if the folder holds a draw by another plan.
    """
    path = Path(folder)
    recorded = read_manifest(path)
    if "seed" in recorded:
        if recorded.get("plan") != plan.digest:
            raise AuditError(
                f"{path} holds a draw by another plan ({recorded.get('plan')}); a plan is not "
                f"changed after its draw. Use another folder."
            )
        return ()
    time = at or dt.datetime.now(dt.UTC)
    if time.tzinfo is None:
        raise AuditError("at has no time zone; give one, as datetime.now(timezone.utc) has.")
    same = recorded.get("plan") == plan.digest
    content = pretty_json(plan.as_dict())
    manifest = {
        "format": PLAN_ONLY_FORMAT,
        "plan": plan.digest,
        "public_record": plan.public_record,
        "planned_at": (same and recorded.get("planned_at")) or time.isoformat(timespec="seconds"),
        "files": {PLAN_FILE: sha256(content).hexdigest()},
    }
    path.mkdir(parents=True, exist_ok=True)
    replace_files(path, {PLAN_FILE: content, MANIFEST: pretty_json(manifest)}, last=MANIFEST)
    return (PLAN_FILE, MANIFEST)


def with_history(sample: Sample, recorded: Mapping[str, Any]) -> Sample:
    """Return a sample drawn anew with what its folder's manifest says has happened since.

    That is how it was extended, and what was opened from its reserve. A manifest of another seed
    says nothing of it.
    """
    if recorded.get("seed") != sample.manifest["seed"]:
        return sample
    if recorded.get("extends"):
        manifest = {**sample.manifest, "extends": recorded["extends"]}
        sample = replace(sample, manifest=manifest)
    return with_opened(sample, recorded.get("opened", ()))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder, {} if it has none."""
    return read_json(folder / MANIFEST) if (folder / MANIFEST).exists() else {}
