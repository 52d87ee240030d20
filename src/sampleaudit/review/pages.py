"""One reviewer's sheet, from cells to reviews, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sampleaudit.checklist.answers import KNOWN_ANSWERS, NOT_APPLICABLE, FileState, spellings
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
from sampleaudit.review.layout import FIRST_ROW, KEY_ROW
from sampleaudit.review.record import RecordedRow

_NOT_APPLICABLE: Final = frozenset(spellings(NOT_APPLICABLE, dict(KNOWN_ANSWERS[NOT_APPLICABLE])))
_ENTRIES: Final = ("file", "date", "answer", "evidence", "comment")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: the sheet, and the cell as ``F7`` or ``row 7``, or ""."""

    sheet: str
    where: str
    text: str

    def __str__(self) -> str:
        cell = f", {self.where}" if self.where else ""
        return f"sheet {self.sheet!r}{cell}: {self.text}"


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet as it was read: its name, its cells, and the cases that were given to it."""

    sheet: str
    grid: Sequence[Sequence[Any]]
    rows: Sequence[RecordedRow]


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a sheet says: reviews of its cases, problems, and the cells with CPR-like numbers."""

    reviews: list[Review] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    masked_cells: list[str] = field(default_factory=list)


def read_page(page: Page, checklist: Checklist, known: set[str]) -> PageContent:
    """Return the reviews on a sheet; ``known`` are the cases of the sample."""
    content = PageContent()
    columns = _columns(page, checklist, content)
    if columns is None:
        return content
    reader = _Reader(page, checklist, columns, content)
    given = {row.case_id: row for row in page.rows}
    seen: dict[str, int] = {}
    for number, cells in enumerate(page.grid[FIRST_ROW:], start=FIRST_ROW):
        case = _as_text(cells[columns["case"]])
        entered = any(not is_blank(cells[place]) for place in reader.entry_places)
        if not case:
            if entered:
                reader.problem(number, "case", "answers stand in a row without a case id.")
        elif case not in given:
            problem = _stranger(case, page.rows, number)
            reader.problem(number, "case", problem)
        elif case in seen:
            first = f"row {seen[case] + 1}"
            reader.problem(number, "case", f"case {masked(case)!r} stands here and in {first} too.")
        else:
            seen[case] = number
            if case not in known:
                reader.problem(number, "case", f"case {masked(case)!r} is not in the sample.")
            content.reviews.append(reader.review(number, cells, given[case]))
    for place, row in enumerate(page.rows):
        if row.case_id not in seen:
            where = f"row {FIRST_ROW + place + 1}"
            text = f"case {masked(row.case_id)!r} is missing; it stood here when it was written."
            content.problems.append(Problem(page.sheet, where, text))
    return content


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(
        self,
        page: Page,
        checklist: Checklist,
        columns: Mapping[str, int],
        content: PageContent,
    ) -> None:
        self._page, self._columns, self._content = page, columns, content
        self._judge: Judge = judge_by(checklist)
        self._spellings = {each.key: answer_spellings(each) for each in checklist.asked}
        self._shown = {
            each.key: tuple(dict.fromkeys(_words(each.options))) for each in checklist.asked
        }
        self._settled: dict[tuple[Any, ...], frozenset[str]] = {}
        self._read: dict[tuple[str, str], tuple[str | None, str]] = {}
        self._answers = [
            (each.key, columns[f"answer:{each.key}"]) for each in checklist.asked if each.options
        ]
        self._dates = [(date.key, columns[f"date:{date.key}"]) for date in checklist.dates]
        evidence = ["", *(each.key for each in checklist.asked if each.evidence)]
        self._evidence = [(name, columns[_key("evidence", name)]) for name in evidence]
        self._nameless = sorted(set(range(len(page.grid[KEY_ROW]))) - set(columns.values()))
        self.entry_places = [
            place for key, place in columns.items() if key.partition(":")[0] in _ENTRIES
        ]

    def problem(self, number: int, key: str, text: str) -> None:
        """Note a problem in the cell of a row (from 0) and a column, by its key."""
        self._content.problems.append(Problem(self._page.sheet, self._cell(number, key), text))

    def review(self, number: int, cells: Sequence[Any], row: RecordedRow) -> Review:
        """Return what was entered in a row."""
        settled = self._settled_of(row)
        review = Review(
            case_id=row.case_id,
            reviewer=row.reviewer,
            state=self._state(number, cells),
            answers=self._given_answers(number, cells, settled),
            dates=self._given_dates(number, cells, row),
            columns=row.columns,
            fixed_dates=row.dates,
            evidence=self._free_texts(number, cells),
            comment=self._free_text(number, "comment", cells[self._columns["comment"]]),
        )
        self._refuse_changed(number, cells, row)
        self._refuse_beside(number, cells)
        self._refuse_misplaced(number, review)
        return review

    def _settled_of(self, row: RecordedRow) -> frozenset[str]:
        """Return what the register alone settles; cases alike are judged once."""
        alike = (*row.columns.items(), *row.dates.items())
        if alike not in self._settled:
            self._settled[alike] = self._judge.not_applicable(row.columns, row.dates)
        return self._settled[alike]

    def _state(self, number: int, cells: Sequence[Any]) -> FileState | None:
        value = cells[self._columns["file"]]
        if is_blank(value):
            return None
        known = state_spellings()
        key, mistake = read_answer(value, known, ("read", "missing file", "out of population"))
        if mistake:
            self.problem(number, "file", mistake)
        return known.get(str(key))

    def _given_answers(
        self, number: int, cells: Sequence[Any], settled: frozenset[str]
    ) -> dict[str, str]:
        answers: dict[str, str] = {}
        for name, place in self._answers:
            value = cells[place]
            if value == "" or value is None:
                continue
            if name in settled and isinstance(value, str) and _says_not_applicable(value):
                continue  # the register had settled it, and the cell was written so
            answer, mistake = self._answer(name, value)
            if answer is not None:
                answers[name] = answer
            if mistake:
                self.problem(number, f"answer:{name}", f"question {name!r}: {mistake}")
        return answers

    def _answer(self, name: str, value: Any) -> tuple[str | None, str]:
        """Return an answer as `read_answer` does; each spelling is looked up once."""
        if not isinstance(value, str):
            return read_answer(value, self._spellings[name], self._shown[name])
        if (name, value) not in self._read:
            known = self._spellings[name]
            self._read[name, value] = read_answer(value, known, self._shown[name])
        return self._read[name, value]

    def _given_dates(
        self, number: int, cells: Sequence[Any], row: RecordedRow
    ) -> dict[str, DateEntry]:
        dates: dict[str, DateEntry] = {}
        for name, place in self._dates:
            day, mistake = read_date(cells[place])
            if name in row.dates:
                if mistake or day != row.dates[name]:
                    self.problem(
                        number,
                        f"date:{name}",
                        f"{name!r} was changed; the register has {row.dates[name]}. Put it back, "
                        f"or correct the register and write the workbook anew.",
                    )
            elif mistake:
                self.problem(number, f"date:{name}", f"{name!r}: {mistake}")
            elif day is not None:
                dates[name] = day
        return dates

    def _free_texts(self, number: int, cells: Sequence[Any]) -> dict[str, str]:
        found = {
            name: self._free_text(number, _key("evidence", name), cells[place])
            for name, place in self._evidence
        }
        return {name: text for name, text in found.items() if text}

    def _free_text(self, number: int, key: str, value: Any) -> str:
        text = _as_text(value)
        hidden = masked(text)
        if hidden != text:
            self._content.masked_cells.append(f"{self._page.sheet}!{self._cell(number, key)}")
        return hidden

    def _refuse_changed(self, number: int, cells: Sequence[Any], row: RecordedRow) -> None:
        """Note what the register said and the sheet no longer shows."""
        for name, text in row.columns.items():
            key = f"shown:{name}"
            if key in self._columns and _as_text(cells[self._columns[key]]) != text:
                self.problem(
                    number, key, f"{name!r} was changed; the register has {masked(text)!r}."
                )

    def _refuse_beside(self, number: int, cells: Sequence[Any]) -> None:
        """Note what stands in columns that are none of the table's."""
        for place in self._nameless:
            if not is_blank(cells[place]):
                text = "something stands outside the table. Move it into the comment."
                where = _cell(number, place)
                self._content.problems.append(Problem(self._page.sheet, where, text))

    def _refuse_misplaced(self, number: int, review: Review) -> None:
        if not review.begun:
            return
        for key in misplaced(review, self._judge.verdicts(review)):
            why = (
                f"the file is marked {review.state!r}"
                if review.state not in (None, "read")
                else "the question does not apply to the case"
            )
            self.problem(
                number,
                f"{'answer' if key in review.answers else 'date'}:{key}",
                f"{key!r} is answered although {why}. Clear the cell, or correct what it depends "
                f"on.",
            )

    def _cell(self, number: int, key: str) -> str:
        return _cell(number, self._columns[key])


def _cell(row: int, column: int) -> str:
    """Return the name of a cell, as F7, from its row and column counted from 0."""
    from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]  # no types

    return str(xl_rowcol_to_cell(row, column))


def _key(kind: str, name: str) -> str:
    return f"{kind}:{name}" if name else kind


def _columns(page: Page, checklist: Checklist, content: PageContent) -> dict[str, int] | None:
    """Return the places of the columns by their keys, or None, with a problem, if some are gone."""
    keys = [_as_text(cell) for cell in page.grid[KEY_ROW]] if page.grid else []
    places = {key: place for place, key in reversed(list(enumerate(keys))) if key}
    needed = ["case", "file", "evidence", "comment"]
    needed += [f"date:{date.key}" for date in checklist.dates]
    needed += [f"answer:{each.key}" for each in checklist.asked if each.options]
    needed += [f"evidence:{each.key}" for each in checklist.asked if each.evidence]
    gone = [key for key in needed if key not in places]
    if gone:
        text = (
            f"columns are gone, or the hidden first row was changed: {', '.join(gone)}. Copy the "
            f"answers into a workbook written anew."
        )
        content.problems.append(Problem(page.sheet, "row 1", text))
        return None
    return places


def _stranger(case: str, rows: Sequence[RecordedRow], number: int) -> str:
    """Return what to say of an id that is not one of the sheet's."""
    place = number - FIRST_ROW
    was = rows[place].case_id if place < len(rows) else None
    if was is not None:
        return f"the case id is {masked(case)!r}; it was {masked(was)!r} when it was written."
    return f"case {masked(case)!r} was not given to this sheet; remove the row."


def _words(options: Sequence[Any]) -> Iterator[str]:
    for option in options:
        yield from (option.words,) if isinstance(option.words, str) else option.words.values()


def _says_not_applicable(value: str) -> bool:
    return " ".join(value.split()).casefold() in _NOT_APPLICABLE


def _as_text(value: Any) -> str:
    """Return a cell as text; a number that was text once shows as people see it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
