"""Saving an audit: everything that its numbers come from, in open formats, whole or not at all."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from sampleaudit.analysis import as_columns
from sampleaudit.archive.layout import ARCHIVE, replace_archive
from sampleaudit.archive.numbers import computed, planned_tables
from sampleaudit.archive.reviews import reviews_bytes
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.reading import parse_checklist, shipped_checklist, shipped_checklists
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError
from sampleaudit.files import csv_bytes, pretty_json, read_bytes, sha256_of_file
from sampleaudit.findings import Findings
from sampleaudit.frame import Frame
from sampleaudit.review.assignments import reveal_double_review
from sampleaudit.review.record import sample_identity
from sampleaudit.sample import MANIFEST, Sample, as_drawn

_PACKAGES: Final = ("sampleaudit", "numpy", "pandas", "scipy", "statsmodels", "xlsxwriter",
                    "python-calamine")  # fmt: skip
REGISTER: Final = "register.csv"
CHECKLIST: Final = "checklist.toml"
REVIEWS: Final = "reviews.csv"
FINDINGS: Final = "findings.csv"


@dataclass(frozen=True, slots=True)
class SavedAudit:
    """Made by `save_audit`: ``digest`` is the SHA-256 of archive.json, which binds all files."""

    folder: str
    digest: str
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"Saved {len(self.files)} files into {self.folder}. SHA-256 of {ARCHIVE}, which holds "
            f"the hashes of all others: {self.digest}"
        )


def save_audit(
    findings: Findings,
    folder: str | Path,
    *,
    by: str | Sequence[str] = (),
    frame: Frame | None = None,
    checklist: str | Path | None = None,
    workbooks: Sequence[str | Path] = (),
    documents: Sequence[str | Path] = (),
    review_seed: str | None = None,
    statement: str = "",
    at: dt.datetime | None = None,
) -> SavedAudit:
    """Save an audit as an archive: ``archive.json`` and the files that it names, whole or not.

    It holds the plan, the draw with its reserve and the log of the reserve, the reviews (without
    evidence and comments), the findings, the estimates for the caseload and ``by`` each column,
    agreement and sensitivity, and the software's versions. ``frame`` adds the register's ids,
    strata and domains, from which the draw can be replayed. ``checklist`` is the TOML file, needed
    unless it came with the library. Of ``workbooks`` and ``documents`` it keeps name and hash.
    ``review_seed`` reveals the double review, ``statement`` tells of slips and how they were
    decided. ``at`` is the time, by the clock unless given. Raises `AuditError` for a declared
    sample and for what does not fit together; then, and if it is cut short, what was saved before
    stays as it was.
    """
    sample = findings.sample
    if sample.selection != "drawn":
        raise AuditError(
            "An archive is of a sample drawn here; this one was declared. Keep the record of its "
            "draw with its findings and estimates."
        )
    if masked(statement) != statement:
        raise AuditError("statement holds what looks like a CPR number; take it out.")
    time = at or dt.datetime.now(dt.UTC)
    if time.tzinfo is None:
        raise AuditError("at has no time zone; give one, as datetime.now(timezone.utc) has.")
    target = Path(folder)
    contents = _draw_files(sample)
    if frame is not None:
        contents[REGISTER] = _register(frame, sample)
    record: dict[str, Any] = {
        "saved_at": time.isoformat(timespec="seconds"),
        "draw": _draw_record(sample),
        "software": software(),
        "workbooks": [_named(file, target) for file in workbooks],
        "documents": [_named(file, target) for file in documents],
        "statement": statement,
    }
    reviews = findings.reviews
    if reviews is not None:
        contents[CHECKLIST] = _toml_of(reviews.checklist, checklist)
        contents[REVIEWS] = reviews_bytes(reviews)
        record["checklist"] = {
            "name": reviews.checklist.name,
            "version": reviews.checklist.version,
            "digest": reviews.checklist.digest,
        }
        record["review"] = {"identity": reviews.identity, "commitment": reviews.commitment}
        if review_seed is not None:
            reveal_double_review(findings, review_seed)
            record["review"]["seed"] = review_seed
    ids = sample.cases[[sample.case_id]]
    contents[FINDINGS] = csv_bytes(ids.join(findings.outcome_table()))
    record["estimates"] = planned_tables(findings, as_columns(by, name="by"))
    for entry in record["estimates"]:
        contents[entry["file"]] = csv_bytes(computed(findings, entry))
    replace_archive(target, contents, record)
    digest = sha256_of_file(target / ARCHIVE)
    return SavedAudit(str(target), digest, (ARCHIVE, *contents))


def software() -> dict[str, str]:
    """Return the versions of Python, the system and the packages that numbers depend on."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _draw_files(sample: Sample) -> dict[str, bytes]:
    """Return the files of the draw as `Sample.save` writes them, manifest and all."""
    drawn = as_drawn(sample)
    contents = {
        "plan.json": pretty_json(sample.plan_record),
        "sample.csv": csv_bytes(drawn.cases),
        "reserve.csv": csv_bytes(drawn.reserve),
    }
    if sample.population is not None:
        contents["population.csv"] = csv_bytes(sample.population)
    if sample.clusters is not None:
        contents["clusters.csv"] = csv_bytes(sample.clusters)
    own = {name: sha256(content).hexdigest() for name, content in contents.items()}
    contents[MANIFEST] = pretty_json({**sample.manifest, "files": own})
    return contents


def _draw_record(sample: Sample) -> dict[str, Any]:
    manifest = sample.manifest
    return {
        "identity": sample_identity(sample),
        "seed": manifest["seed"],
        "plan": manifest["plan"],
        "public_record": manifest["public_record"],
        "planned_at": manifest.get("planned_at"),
        "drawn_at": manifest.get("drawn_at"),
        "opened": len(manifest.get("opened", ())),
        "extended": len(manifest.get("extends", ())),
    }


def _register(frame: Frame, sample: Sample) -> bytes:
    if frame.fingerprint != sample.manifest["fingerprint"]:
        raise AuditError(
            f"frame is not the one that the sample was drawn from: its fingerprint is "
            f"{frame.fingerprint}, the draw's {sample.manifest['fingerprint']}."
        )
    return csv_bytes(frame.to_frame())


def _toml_of(checklist: Checklist, given: str | Path | None) -> bytes:
    """Return the TOML of a checklist: the file given, or the one that came with the library."""
    if given is None or str(given) in shipped_checklists():
        for name in shipped_checklists():
            raw = shipped_checklist(name)
            if parse_checklist(raw, source=name).digest == checklist.digest:
                return raw
        raise AuditError(
            f"Checklist {checklist.name!r}, version {checklist.version}, did not come with the "
            f"library; name its TOML file, as checklist='checklist.toml'."
        )
    raw = read_bytes(given)
    found = parse_checklist(raw, source=str(given))
    if found.digest != checklist.digest:
        raise AuditError(
            f"{given} is not the checklist of the findings: it is {found.name!r}, version "
            f"{found.version} (SHA-256 {found.digest[:16]}...), and they follow "
            f"{checklist.name!r}, version {checklist.version} ({checklist.digest[:16]}...)."
        )
    return raw


def _named(file: str | Path, folder: Path) -> dict[str, str]:
    """Return a file's name, from the archive's folder if it is below it, and its hash."""
    path = Path(file)
    digest = sha256_of_file(path)
    try:
        name = path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        name = path.name
    return {"file": name, "sha256": digest}
