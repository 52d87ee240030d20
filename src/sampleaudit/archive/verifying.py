"""Checking an archive: every file by its hash, and every number computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampleaudit.archive.layout import changed_files, read_record
from sampleaudit.archive.loading import load_findings
from sampleaudit.archive.numbers import Difference, Entry, computed, differing_numbers
from sampleaudit.archive.saving import FINDINGS, REGISTER
from sampleaudit.errors import AuditError
from sampleaudit.findings import Findings
from sampleaudit.replay import load_sample, verify_draw
from sampleaudit.review.assignments import reveal_double_review
from sampleaudit.review.record import sample_identity
from sampleaudit.review.replacement import REASONS
from sampleaudit.sample import Sample, as_drawn

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class AuditVerification:
    """What checking an archive showed; ``unchecked`` says what it could not tell, and why."""

    folder: str
    numbers: int
    _differences: tuple[Difference, ...]
    unchecked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was saved and every number comes out again."""
        return not self._differences

    @property
    def differences(self) -> pd.DataFrame:
        """A row a difference, the first one first: ``what``, ``expected``, ``found``."""
        import pandas as pd

        return pd.DataFrame(list(self._differences), columns=["what", "expected", "found"])

    def __repr__(self) -> str:
        notes = "".join(f"\nNot checked: {each}." for each in self.unchecked)
        if self.ok:
            return (
                f"Verified: all {self.numbers} numbers of {self.folder} were computed again from "
                f"its files and are the same.{notes}"
            )
        what, expected, found = self._differences[0]
        more = len(self._differences) - 1
        return (
            f"Not verified. The first difference: {what}: expected {expected}, found {found}"
            f"{f'; and {more} more' if more else ''}.{notes}"
        )


def verify_audit(folder: str | Path) -> AuditVerification:
    """Check an archive: compute every number again from its own files, and name each difference.

    Compared are the files with their hashes; the plan with its hash; the draw, replayed from the
    register if the archive has it, else the tickets; what was opened from the reserve with the
    order of the tickets and the closed reasons; the findings with the reviews, judged anew; and
    every cell of every table with the findings. Raises `AuditError` if there is no archive.
    """
    path = Path(folder)
    record = read_record(path)
    inner = path / record["folder"]
    differences: list[Difference] = list(changed_files(path, record))
    unchecked: list[str] = []
    numbers = 0

    def attempt(what: str, check: Callable[[], list[Difference]]) -> None:
        try:
            differences.extend(check())
        except (AuditError, KeyError, TypeError, ValueError) as mistake:
            kind = "" if isinstance(mistake, AuditError) else f"{type(mistake).__name__}: "
            differences.append((what, "what can be read and computed", f"{kind}{mistake}"))

    found: dict[str, Any] = {}

    def load() -> list[Difference]:
        found["sample"] = load_sample(inner)
        found["findings"] = load_findings(inner, found["sample"], record)
        return []

    attempt("the draw and the findings", load)
    if "sample" in found:
        sample: Sample = found["sample"]
        attempt("the record", lambda: _recorded(sample, record))
        if (inner / REGISTER).is_file():
            attempt("the draw", lambda: _replayed(inner))
        else:
            unchecked.append("the draw as a whole, for the register is not in the archive")
            attempt("the tickets", lambda: _tickets(sample))
        attempt("the log of the reserve", lambda: _opened(sample))
    if "findings" in found:
        findings: Findings = found["findings"]
        attempt("the review seed", lambda: _revealed(findings, record, unchecked))
        attempt(FINDINGS, lambda: differing_numbers(inner / FINDINGS, _outcomes(findings)))
        for entry in record["estimates"]:

            def compare(entry: Entry = entry) -> list[Difference]:
                nonlocal numbers
                table = computed(findings, entry)
                numbers += table.size
                return differing_numbers(inner / entry["file"], table)

            attempt(entry["file"], compare)
    for kind in ("workbooks", "documents"):
        differences += _kept_beside(path, record, kind, unchecked)
    return AuditVerification(str(path), numbers, tuple(differences), tuple(unchecked))


def _recorded(sample: Sample, record: Mapping[str, Any]) -> list[Difference]:
    """Compare what archive.json says of the draw with the draw."""
    manifest = sample.manifest
    own: dict[str, Any] = {"identity": sample_identity(sample)}
    own |= {name: manifest.get(name) for name in ("seed", "plan", "public_record")}
    rows = [
        (f"{name} of the draw in archive.json", str(value), str(record["draw"].get(name)))
        for name, value in own.items()
        if record["draw"].get(name) != value
    ]
    if manifest["plan"] not in manifest["public_record"]:
        rows.append(("hash in the public record", manifest["plan"], manifest["public_record"]))
    planned, drawn = manifest.get("planned_at"), manifest.get("drawn_at")
    if planned and drawn and planned > drawn:
        rows.append(("time of the plan", f"not after the draw at {drawn}", planned))
    return rows


def _replayed(inner: Path) -> list[Difference]:
    found = verify_draw(inner, inner / REGISTER)
    return [tuple(row) for row in found.differences.itertuples(index=False, name=None)]


def _tickets(sample: Sample) -> list[Difference]:
    seed = sample.manifest["seed"]
    return [
        (f"ticket of {case}", expected, ticket)
        for table in (sample.cases, sample.reserve)
        for case, ticket in zip(table[sample.case_id], table["ticket"], strict=True)
        if ticket != (expected := sha256(f"{seed}|{case}".encode()).hexdigest())
    ]


def _opened(sample: Sample) -> list[Difference]:
    """Check that each case opened was the next of its stratum, for a reason that is one."""
    rows = []
    columns = list(sample.stratify_by)
    spare = as_drawn(sample).reserve
    labels = spare[columns].astype(str).to_numpy().tolist() if columns else [[]] * len(spare)
    queues: dict[tuple[str, ...], list[str]] = {}
    for label, case in zip(labels, spare[sample.case_id], strict=True):
        queues.setdefault(tuple(label), []).append(str(case))
    drawn = set(as_drawn(sample).cases[sample.case_id])  # by a larger plan, after the opening
    for each in sample.manifest.get("opened", ()):
        if each["reason"] not in REASONS:
            allowed = ", ".join(REASONS)
            rows.append((f"reason for opening {each['case']}", f"one of {allowed}", each["reason"]))
        if each["case"] in drawn:
            continue
        queue = queues.get(tuple(each["stratum"]), [])
        if not queue or queue.pop(0) != each["case"]:
            where = " / ".join(each["stratum"]) or "the caseload"
            rows.append((f"case opened in {where}", "the next ticket", each["case"]))
    return rows


def _revealed(
    findings: Findings, record: Mapping[str, Any], unchecked: list[str]
) -> list[Difference]:
    review = record.get("review", {})
    if review.get("commitment"):
        if "seed" not in review:
            unchecked.append("which cases were to be read twice, for that seed is not revealed")
            return []
        reveal_double_review(findings, review["seed"])
    return []


def _outcomes(findings: Findings) -> pd.DataFrame:
    ids = findings.sample.cases[[findings.sample.case_id]]
    return ids.join(findings.outcome_table())


def _kept_beside(
    folder: Path, record: Mapping[str, Any], kind: str, unchecked: list[str]
) -> list[Difference]:
    """Compare workbooks and documents with their hashes, as far as they lie in the folder."""
    rows = []
    away = []
    for each in record.get(kind, ()):
        file = folder / each["file"]
        if not file.is_file():
            away.append(each["file"])
            continue
        digest = sha256(file.read_bytes()).hexdigest()
        if digest != each["sha256"]:
            rows.append((f"file {each['file']}", each["sha256"], digest))
    if away:
        unchecked.append(f"{len(away)} {kind} that are not in the folder: {', '.join(away)}")
    return rows
