"""A workbook comes back: every answer read, and every problem named with its sheet, row and cell.

Reading never changes the file. What the register says of a case is taken from the workbook's hidden
record, not from the cells that show it.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sampleaudit.checklist.judging import Review
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.reviews import Reviews
from sampleaudit.errors import AuditError, AuditNote, first_few
from sampleaudit.files import read_bytes
from sampleaudit.findings import Findings, findings_from
from sampleaudit.review.pages import Page, Problem, read_page
from sampleaudit.review.record import RECORD_SHEET, Record, parse_record, sample_identity
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_ENDINGS: Final = (".xlsx", ".ods")
_SHOWN: Final = 200  # problems in a message; more have one cause


def read_workbook(path: str | Path, *, sample: Sample, checklist: Checklist) -> Findings:
    """Read the answers in a workbook that `write_workbook` wrote, saved as .xlsx or .ods.

    It may be filled in part: what is blank is not reviewed, and `Findings.open` lists it, as it
    does the cases of other workbooks; `merge_findings` puts several together. Deadlines are
    computed from the dates. Answers count in either language, in capitals or not.
    Raises one `AuditError` with all problems: cases that are missing, repeated, unknown or changed,
    answers and dates that cannot be read or stand where the question does not apply, another
    sample's workbook, and another version of the checklist. An `AuditNote` tells of evidence and
    comments with what looks like a CPR number, which is masked.
    """
    file = Path(path)
    workbook = load_spreadsheet(file)
    record = _record(workbook, file, sample, checklist)
    known = set(sample.cases[sample.case_id].tolist())
    problems: list[Problem] = []
    reviews: list[Review] = []
    masked_cells: list[str] = []
    for sheet in dict.fromkeys(row.sheet for row in record.rows):
        rows = [row for row in record.rows if row.sheet == sheet]
        if sheet not in workbook.sheet_names:
            names = [name for name in workbook.sheet_names if name != RECORD_SHEET]
            problems.append(
                Problem(
                    sheet, "", f"the sheet is gone or was renamed; there are {first_few(names)}."
                )
            )
            continue
        grid = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        page = read_page(Page(sheet, grid, rows), checklist, known)
        problems += page.problems
        reviews += page.reviews
        masked_cells += page.masked_cells
    problems += _copied_sheets(workbook, {row.sheet for row in record.rows})
    refuse_problems(problems, file)
    if masked_cells:
        warnings.warn(
            f"{file.name} has what looks like a CPR number in {len(masked_cells)} cells: "
            f"{first_few(masked_cells)}. It is masked here; remove it from the workbook too.",
            AuditNote,
            stacklevel=2,
        )
    found = Reviews(checklist, record.identity, record.commitment, tuple(reviews))
    return findings_from(sample, checklist, found.counting(), found)


def load_spreadsheet(file: Path) -> CalamineWorkbook:
    """Open an .xlsx or .ods file without changing it. Raises `AuditError` if it is none."""
    from python_calamine import CalamineError, load_workbook

    if file.suffix.lower() not in _ENDINGS:
        raise AuditError(
            f"{file} is not a workbook that ends in {' or '.join(_ENDINGS)}; save it as one."
        )
    raw = read_bytes(file)
    try:
        return load_workbook(io.BytesIO(raw))
    except CalamineError as error:
        raise AuditError(
            f"{file} cannot be read as a spreadsheet ({error}). If it has a password, save it "
            f"without one; if it is damaged, open it in Excel or LibreOffice and save it again."
        ) from error


def _record(workbook: CalamineWorkbook, file: Path, sample: Sample, checklist: Checklist) -> Record:
    """Return the workbook's record of itself; refuse another sample's, or another checklist's."""
    if RECORD_SHEET not in workbook.sheet_names:
        raise AuditError(
            f"{file} has no record of the sample and the checklist (a hidden sheet called "
            f"{RECORD_SHEET!r}): it was not written by write_workbook, or its sheets were copied "
            f"into another workbook. Copy the answers into a workbook written anew."
        )
    grid = workbook.get_sheet_by_name(RECORD_SHEET).to_python(skip_empty_area=False)
    record = parse_record(grid, source=file.name)
    mistakes = []
    if record.identity != sample_identity(sample):
        mistakes.append(
            f"it is for another sample ({record.drawn}), and its answers do not belong to this one"
        )
    if record.checklist_digest != checklist.digest:
        mistakes.append(
            f"it was written with checklist {record.checklist!r}, version "
            f"{record.checklist_version} (SHA-256 {record.checklist_digest[:16]}...), not with "
            f"{checklist.name!r}, version {checklist.version} ({checklist.digest[:16]}...); give "
            f"the checklist that it was written with"
        )
    if mistakes:
        raise AuditError(f"{file} cannot be read: {'; '.join(mistakes)}.")
    return record


def _copied_sheets(workbook: CalamineWorkbook, known: set[str]) -> list[Problem]:
    """Return a problem for every sheet that looks like a reviewer's and is not in the record."""
    problems = []
    for name in workbook.sheet_names:
        if name not in {*known, RECORD_SHEET}:
            first = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=1)
            if first and first[0] and first[0][0] == "case":
                text = "the sheet is a copy, or was renamed. Keep the answers on the one sheet."
                problems.append(Problem(name, "", text))
    return problems


def refuse_problems(problems: list[Problem], file: Path) -> None:
    """Raise one `AuditError` with all problems of a file, if there are any."""
    if not problems:
        return
    lines = "\n".join(f"  {problem}" for problem in problems[:_SHOWN])
    more = len(problems) - _SHOWN
    lines += f"\n  and {more} more" if more > 0 else ""
    count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
    raise AuditError(
        f"{file} has {count}:\n{lines}\nNothing was taken from it. Correct the workbook, save it "
        f"and read it again."
    )
