"""What two reviewers agreed on comes back, beside what each of them had entered."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sampleaudit.checklist.conditions import DateEntry
from sampleaudit.checklist.entries import (
    answer_spellings,
    is_blank,
    read_answer,
    read_date,
    state_spellings,
)
from sampleaudit.checklist.judging import Judge, Review, judge_by, misplaced
from sampleaudit.checklist.model import Checklist
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, AuditNote, first_few
from sampleaudit.findings import Findings, findings_from
from sampleaudit.review.agreement import reviews_of
from sampleaudit.review.differing import Disagreement, Item, Value, disagreements, state_of
from sampleaudit.review.pages import Problem
from sampleaudit.review.reading import load_spreadsheet, refuse_problems
from sampleaudit.review.reconciliation import (
    AGREED,
    AGREED_BY,
    HEAD_ROWS,
    REASON,
    RECONCILIATION_FORMAT,
    RECORD_ROWS,
    recorded_items,
)
from sampleaudit.review.record import RECORD_SHEET

_RECORDED_CELLS: Final = 7


def read_reconciliation(path: str | Path, *, findings: Findings) -> Findings:
    """Return the findings with what two reviewers agreed on, both originals kept.

    ``findings`` are those that the workbook was written from, all workbooks merged. A case counts
    as agreed once somebody stands as having agreed; the others keep the review that counted
    before, and an `AuditNote` names them. Raises one `AuditError` with all problems: an answer that
    is not on the list, one where the question does not apply, nobody named, a changed row; and for
    a workbook of other findings.
    """
    file = Path(path)
    workbook = load_spreadsheet(file)
    cases = disagreements(findings)
    record = [each for each in workbook.sheet_names if each == RECORD_SHEET]
    if not record:
        raise AuditError(f"{file} was not written by write_reconciliation; read the one that was.")
    _refuse_other_record(
        workbook.get_sheet_by_name(RECORD_SHEET).to_python(skip_empty_area=False), findings, file
    )
    sheet = next(name for name in workbook.sheet_names if name != RECORD_SHEET)
    grid = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    reviews = reviews_of(findings)
    reader = _Reader(sheet, grid, reviews.checklist, judge_by(reviews.checklist))
    row = HEAD_ROWS
    agreed: list[Review] = []
    unsettled: list[str] = []
    for case in cases:
        settled = reader.case(case, row)
        row += len(case.items)
        if settled is None:
            unsettled.append(masked(case.pair.case_id))
        else:
            agreed.append(settled)
    refuse_problems(reader.problems, file)
    if unsettled:
        warnings.warn(
            f"{len(unsettled)} cases are not agreed on yet: {first_few(unsettled)}. The review "
            f"that counted before stands for them.",
            AuditNote,
            stacklevel=2,
        )
    together = replace(reviews, reconciled=tuple(agreed))
    return findings_from(findings.sample, reviews.checklist, together.counting(), together)


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one case after the other, and notes what is wrong."""

    sheet: str
    grid: Sequence[Sequence[Any]]
    checklist: Checklist
    judge: Judge
    problems: list[Problem] = field(default_factory=list)

    def case(self, case: Disagreement, row: int) -> Review | None:
        """Return the agreed review of a case whose first row is ``row``, None while it is open."""
        cells = [self._cells(row + place) for place in range(len(case.items))]
        for place, item in enumerate(case.items):
            if str(cells[place][0]).strip() != item.case_id:
                self._problem(
                    row + place, 0, f"the row was of case {masked(item.case_id)!r}; put it back."
                )
        said = {
            item: self._value(item, line[AGREED], row + place)
            for place, (item, line) in enumerate(zip(case.items, cells, strict=True))
        }
        names = [str(line[AGREED_BY]).strip() for line in cells if not is_blank(line[AGREED_BY])]
        given = any(value is not None for value in said.values())
        if not names:
            if given:
                self._problem(row, AGREED_BY, "say who agreed on this, by initials.")
            return None
        reasons = [str(line[REASON]).strip() for line in cells if not is_blank(line[REASON])]
        open_items = [i for i in case.items if said[i] is None and i.one_sided is None]
        review, wrong = self._settled(case, said)
        for item in wrong:
            text = "this is agreed on although the question does not apply. Clear the cell."
            self._problem(row + case.items.index(item), AGREED, text)
        verdicts = self.judge.verdicts(review)
        closed = review.state in ("missing file", "out of population")
        for item in () if closed else open_items:
            if item.kind != "answer" or verdicts[item.key].outcome != "not applicable":
                return None
        if any(each.outcome == "not reviewed" for each in verdicts.values()):
            return None
        return replace(review, reviewer=masked(names[0]), comment=masked(" / ".join(reasons)))

    def _settled(self, case: Disagreement, said: Mapping[Item, Value]) -> tuple[Review, list[Item]]:
        """Return the review that comes of what was agreed, and the items that have no place in it.

        What both entered alike, or one alone, stands as far as its question applies.
        """
        one, other = case.pair.first, case.pair.second
        answers = {key: each for key, each in one.answers.items() if other.answers.get(key) == each}
        dates: dict[str, DateEntry] = {
            key: each for key, each in one.dates.items() if other.dates.get(key) == each
        }
        state = state_of(one)
        for item in case.items:
            value: Any = said[item] if said[item] is not None else item.one_sided
            if item.kind == "file":
                state = value or state
            elif value is not None:
                (answers if item.kind == "answer" else dates)[item.key] = value
        explicit = {(item.kind, item.key): item for item in case.items if said[item] is not None}
        wrong: list[Item] = []
        review = replace(
            one,
            state=state,
            answers=answers,
            dates=dates,
            evidence={**other.evidence, **one.evidence},
        )
        while stray := misplaced(review, self.judge.verdicts(review)):
            wrong += [each for (_, key), each in explicit.items() if key in stray]
            review = replace(
                review,
                answers={key: each for key, each in review.answers.items() if key not in stray},
                dates={key: each for key, each in review.dates.items() if key not in stray},
            )
        return review, wrong

    def _value(self, item: Item, cell: Any, row: int) -> Value:
        if is_blank(cell):
            return None
        value: Value
        if item.kind == "date":
            value, mistake = read_date(cell)
        elif item.kind == "file":
            known = state_spellings()
            key, mistake = read_answer(cell, known, ("read", "missing file", "out of population"))
            value = known.get(str(key))
        else:
            asked = next(each for each in self.checklist.asked if each.key == item.key)
            shown = tuple(option.key for option in asked.options)
            value, mistake = read_answer(cell, answer_spellings(asked), shown)
        if mistake:
            self._problem(row, AGREED, mistake)
        return value

    def _cells(self, row: int) -> list[Any]:
        found = list(self.grid[row]) if row < len(self.grid) else []
        return found + [""] * (REASON + 1 - len(found))

    def _problem(self, row: int, column: int, text: str) -> None:
        from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

        self.problems.append(Problem(self.sheet, str(xl_rowcol_to_cell(row, column)), text))


def _refuse_other_record(grid: Sequence[Sequence[Any]], findings: Findings, file: Path) -> None:
    reviews = reviews_of(findings)
    rows = [[str(cell) for cell in row] for row in grid]
    head = {row[0]: row[1] for row in rows[:RECORD_ROWS] if len(row) > 1}
    if head.get("format") != RECONCILIATION_FORMAT:
        raise AuditError(f"{file} was not written by write_reconciliation; read the one that was.")
    if (
        head.get("identity") != reviews.identity
        or head.get("checklist") != reviews.checklist.digest
    ):
        raise AuditError(
            f"{file} is for another sample, or another version of the checklist; read the one "
            f"that was written from these findings."
        )
    wanted = recorded_items(disagreements(findings))
    held = [row[:_RECORDED_CELLS] for row in rows[RECORD_ROWS:] if row[0]]
    if held != wanted:
        cases = [one[0] for one in (*held, *wanted) if one not in held or one not in wanted]
        raise AuditError(
            f"{file} does not fit these findings: what the reviewers entered is not what it was "
            f"when it was written, in cases {first_few(dict.fromkeys(map(masked, cases)))}. Merge "
            f"the same workbooks as then, or write the reconciliation anew."
        )
