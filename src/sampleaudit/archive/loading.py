"""An archive back as an audit: the sample, the findings, and the numbers that were saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampleaudit.archive.layout import changed_files, read_record
from sampleaudit.archive.reviews import read_reviews
from sampleaudit.archive.saving import CHECKLIST, FINDINGS, REVIEWS
from sampleaudit.checklist.reading import parse_checklist
from sampleaudit.errors import AuditError, first_few
from sampleaudit.files import read_bytes, read_csv_text
from sampleaudit.findings import Findings, findings_from, record_findings
from sampleaudit.replay import load_sample
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Audit:
    """An audit loaded by `load_audit`.

    ``tables`` has the numbers that were saved, by the names of their files without the ending;
    ``record`` is what archive.json says: times, versions, hashes of workbooks, the statement.
    """

    folder: str
    sample: Sample
    findings: Findings
    tables: Mapping[str, pd.DataFrame]
    record: Mapping[str, Any]

    def __repr__(self) -> str:
        return (
            f"Audit in {self.folder}, saved {self.record['saved_at']}: {self.findings!r}; tables "
            f"{', '.join(self.tables)}"
        )


def load_audit(folder: str | Path) -> Audit:
    """Load an audit that `save_audit` saved. Raises `AuditError` if a file of it was changed."""
    import pandas as pd

    path = Path(folder)
    record = read_record(path)
    changed = changed_files(path, record)
    if changed:
        raise AuditError(
            f"{path} is not as it was saved: {first_few(what for what, _, _ in changed)}. "
            f"verify_audit names every difference; put back the copy that was saved."
        )
    inner = path / record["folder"]
    sample = load_sample(inner)
    tables = {
        Path(entry["file"]).stem: pd.read_csv(inner / entry["file"])
        for entry in record["estimates"]
    }
    return Audit(str(path), sample, load_findings(inner, sample, record), tables, record)


def load_findings(inner: Path, sample: Sample, record: Mapping[str, Any]) -> Findings:
    """Return the findings: judged anew from the reviews, or, without reviews, as recorded."""
    if REVIEWS not in record["files"]:
        table = read_csv_text(inner / FINDINGS)
        names = [name for name in table.columns if name != sample.case_id]
        return record_findings(sample, table, indicators=names)
    checklist = parse_checklist(read_bytes(inner / CHECKLIST), source=CHECKLIST)
    review = record["review"]
    reviews = read_reviews(
        inner / REVIEWS,
        checklist,
        identity=review["identity"],
        commitment=review["commitment"],
    )
    return findings_from(sample, checklist, reviews.counting(), reviews)
