"""A sample goes out as an Excel workbook: instructions, a sheet per reviewer, a hidden record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sampleaudit.checklist.answers import Words, say
from sampleaudit.checklist.model import Checklist
from sampleaudit.cpr import looks_like_cpr, masked
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.files import replace_files
from sampleaudit.review.assignments import Assignments, assign
from sampleaudit.review.layout import CaseRow, case_rows, columns_of, shown_columns
from sampleaudit.review.record import RECORD_SHEET, Record, RecordedRow, sample_identity
from sampleaudit.review.sheets import Sheet, workbook_bytes
from sampleaudit.review.texts import texts
from sampleaudit.sample import Sample
from sampleaudit.wording import LANGUAGES, Language

_EACH: Final = "{reviewer}"
_FORBIDDEN: Final = "[]:*?/\\"  # Excel's rules for the names of sheets
_LONGEST_NAME: Final = 31


def write_workbook(
    sample: Sample,
    checklist: Checklist,
    path: str | Path,
    *,
    reviewers: Sequence[str],
    double_review: float = 0.0,
    review_seed: str | None = None,
    language: Language = "en",
    register: Any = None,
    show: Sequence[str] = (),
    not_cpr: str | None = None,
    only: Sequence[str] | None = None,
) -> Assignments:
    """Write the workbook in which reviewers answer the checklist, a sheet for each of them.

    With ``{reviewer}`` in ``path`` each reviewer gets a workbook of their own, as double review
    needs. ``double_review`` is the share of cases (of 1) read twice; see `assign` for it and for
    ``review_seed``. ``register`` (any data frame) has columns that the checklist depends on or that
    ``show`` names, beside strata and domains, which are always shown. ``only`` names the cases to
    write, where some were opened or added after the first workbooks. Same arguments, same bytes.
    Raises `AuditError`, before anything is written, for what looks like a CPR number (in ids unless
    ``not_cpr`` says why they are none), a file that is there already, and what does not fit.
    """
    one_of("language", language, LANGUAGES)
    file = Path(path)
    if file.suffix.lower() != ".xlsx":
        raise AuditError(f"{file} must end in .xlsx; reviewers may save it as .ods later.")
    if isinstance(show, str):
        raise AuditError(f"show is the text {show!r}; give a list of columns, as [{show!r}].")
    shown = shown_columns(sample, checklist, show)
    part = sample if only is None else _part(sample, only, double_review)
    assignments = assign(
        part, reviewers=reviewers, double_review=double_review, review_seed=review_seed
    )
    rows = case_rows(part, checklist, register, shown)
    reason = not_cpr or sample.plan_record.get("not_cpr") or ""
    _refuse_cpr(rows.values(), checklist, ids_are_none=bool(reason))
    names = _sheet_names(assignments.reviewers, language)
    targets = _targets(file, assignments.reviewers)
    columns = columns_of(checklist, shown, sample.case_id, language)
    contents: dict[str, bytes] = {}
    for target, readers in targets.items():
        sheets = tuple(
            Sheet(names[reader], reader, tuple(_rows_of(assignments, reader, rows)))
            for reader in readers
        )
        record = Record(
            identity=sample_identity(sample),
            drawn=_drawn(sample),
            checklist=checklist.name,
            checklist_version=checklist.version,
            checklist_digest=checklist.digest,
            commitment=assignments.commitment,
            not_cpr=reason,
            rows=tuple(_recorded(sheet, row, checklist) for sheet in sheets for row in sheet.rows),
        )
        contents[target] = workbook_bytes(sheets, columns, checklist, record, language)
    replace_files(file.parent, contents)
    return replace(assignments, files=tuple(str(file.parent / name) for name in contents))


def _part(sample: Sample, only: Sequence[str], double_review: float) -> Sample:
    """Return the sample with some of its cases: those opened or added after the first workbooks."""
    if isinstance(only, str):
        raise AuditError(f"only is the text {only!r}; give a list of case ids, as [{only!r}].")
    if double_review:
        raise AuditError(
            "Cases added later are read once: the secret draw of the double review was made for "
            "the first workbooks. Leave double_review out, or only."
        )
    wanted = set(only)
    strange = sorted(map(masked, wanted - set(sample.cases[sample.case_id])))
    if strange or not wanted:
        raise AuditError(
            f"only names {first_few(strange) or 'no case'}, and must name cases of the sample; one "
            f"of the reserve is opened first (open_reserve)."
        )
    cases = sample.cases
    chosen = cases[cases[sample.case_id].isin(wanted)].reset_index(drop=True)
    return replace(sample, _cases=chosen)


def _targets(file: Path, reviewers: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of the files and whose sheets each has; refuse one that is there."""
    if _EACH in str(file.parent):
        raise AuditError(f"{_EACH} stands in the folder's name in {file}; put it into the file's.")
    targets = {file.name: list(reviewers)}
    if _EACH in file.name:
        targets = {file.name.replace(_EACH, _file_name(name)): [name] for name in reviewers}
        if len(targets) < len(reviewers):
            raise AuditError("Two reviewers' names make the same file name; rename one of them.")
    for name in targets:
        if (file.parent / name).exists():
            raise AuditError(
                f"{file.parent / name} is there already and may hold answers. Read it in with "
                f"read_workbook, or move it away, and write again."
            )
    if not file.parent.is_dir():
        raise AuditError(f"There is no folder {file.parent}; make it first.")
    return targets


def _file_name(reviewer: str) -> str:
    return "".join("-" if character in '<>"|[]:*?/\\' else character for character in reviewer)


def _sheet_names(reviewers: Sequence[str], language: Language) -> dict[str, str]:
    """Return a name that Excel takes for every reviewer's sheet."""
    names: dict[str, str] = {}
    taken = {RECORD_SHEET, texts(language)["instructions"].casefold(), "history"}
    for reviewer in reviewers:
        plain = "".join("-" if each in _FORBIDDEN else each for each in reviewer)
        name = plain[:_LONGEST_NAME].strip("' ")
        if not name or name.casefold() in taken:
            raise AuditError(
                f"The reviewer {reviewer!r} cannot have a sheet called {name!r}, which is taken or "
                f"empty; use initials that differ in the first {_LONGEST_NAME} characters."
            )
        taken.add(name.casefold())
        names[reviewer] = name
    return names


def _rows_of(
    assignments: Assignments, reviewer: str, rows: Mapping[str, CaseRow]
) -> Iterable[CaseRow]:
    """Return a reviewer's rows in reading order; those read twice stand where all others do."""
    own = assignments.cases_of(reviewer)
    return (row for case, row in rows.items() if case in own)


def _recorded(sheet: Sheet, row: CaseRow, checklist: Checklist) -> RecordedRow:
    columns = {name: row.columns[name] for name in checklist.columns if name in row.columns}
    return RecordedRow(sheet.name, sheet.reviewer, row.case_id, columns, row.dates)


def _drawn(sample: Sample) -> str:
    if sample.selection == "drawn":
        return f"drawn with seed {sample.manifest['seed']}"
    return "declared"


def _refuse_cpr(rows: Iterable[CaseRow], checklist: Checklist, *, ids_are_none: bool) -> None:
    """Refuse to send out anything that looks like a CPR number."""
    found: list[str] = []
    for row in rows:
        case = masked(row.case_id)
        if not ids_are_none and (looks_like_cpr(row.case_id) or case != row.case_id):
            found.append(f"the id {case!r}")
        found += [
            f"{name} of case {case!r}" for name, text in row.columns.items() if masked(text) != text
        ]
    found += [
        f"the checklist: {masked(text)!r}" for text in _texts(checklist) if masked(text) != text
    ]
    if found:
        raise AuditError(
            f"{len(found)} texts that would go out look like CPR numbers: {first_few(found)}. "
            f"Replace ids with sampleaudit.pseudonymise, take the numbers out of the texts, or, if "
            f"the ids are no CPR numbers, say why with not_cpr='...'."
        )


def _texts(checklist: Checklist) -> Iterable[str]:
    """Return every text of a checklist that reviewers see."""
    words: list[Words] = [checklist.name, checklist.version, checklist.title, checklist.note]
    words += [date.question for date in checklist.dates]
    for indicator in checklist.asked:
        words += [indicator.key, indicator.question, indicator.guidance]
        words += [option.words for option in indicator.options]
        words += [law.text for law in indicator.laws]
    return [say(each, language) for each in words for language in LANGUAGES]
