"""What stands where on a reviewer's sheet: the columns, and the rows of cases.

Row 1 is hidden and holds the keys of the columns, by which a workbook is read again; row 2 has the
title and the progress, row 3 the headings; the cases follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.checklist.answers import FILE_STATES, FileState, say
from sampleaudit.checklist.conditions import ColumnIs, ColumnIsNot, DateEntry
from sampleaudit.checklist.entries import is_blank, read_date
from sampleaudit.checklist.indicators import Indicator, conditions_of
from sampleaudit.checklist.judging import judge_by
from sampleaudit.checklist.model import Checklist
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.ids import as_pandas, clean_ids, near_names, refuse_bad_ids
from sampleaudit.review.texts import texts
from sampleaudit.sample import Sample
from sampleaudit.wording import Language

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["case", "shown", "open", "file", "date", "answer", "evidence", "comment", "skip"]

KEY_ROW: Final = 0
TITLE_ROW: Final = 1
HEAD_ROW: Final = 2
FIRST_ROW: Final = 3
_LONGEST_TEXT: Final = 32_767  # characters; Excel's own limit for a cell
OFFERED_STATES: Final[tuple[FileState, ...]] = ("read", "missing file", "out of population")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: what it is for, whose, its heading, and the words of its list."""

    kind: Kind
    name: str
    heading: str
    words: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What stands in the hidden first row."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as it goes out: what is shown of it, and what the register settles beforehand."""

    case_id: str
    columns: Mapping[str, str]
    dates: Mapping[str, DateEntry]
    not_applicable: frozenset[str]


def columns_of(
    checklist: Checklist, shown: Sequence[str], case_id: str, language: Language
) -> tuple[Column, ...]:
    """Return the columns of every reviewer's sheet, from left to right."""
    said = texts(language)
    columns = [Column("case", "", f"{said['case']} ({case_id})")]
    columns += [Column("shown", name, name.replace("_", " ")) for name in shown]
    columns.append(Column("open", "", said["open"]))
    states = tuple(say(dict(FILE_STATES[state]), language) for state in OFFERED_STATES)
    columns.append(Column("file", "", said["file"], states))
    columns += [Column("date", each.key, say(each.question, language)) for each in checklist.dates]
    for indicator in checklist.asked:
        if indicator.options:
            columns.append(_answer_column(indicator, language))
        if indicator.evidence:
            question = say(indicator.question, language)
            heading = said["evidence of"].format(question=question)
            columns.append(Column("evidence", indicator.key, heading))
    columns.append(Column("evidence", "", said["evidence"]))
    columns.append(Column("comment", "", said["comment"]))
    conditional = [each for each in checklist.asked if is_conditional(each)]
    return (*columns, *(Column("skip", each.key, "") for each in conditional))


def is_conditional(indicator: Indicator) -> bool:
    """Return whether an indicator may turn out not to apply while a case is read."""
    return bool(indicator.applies_when or indicator.laws)


def shown_columns(sample: Sample, checklist: Checklist, show: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the register that reviewers see: strata, domains, and those asked for.

    What conditions depend on is among them, so that a grey cell can be understood.
    """
    needed = [
        each.column
        for indicator in checklist.asked
        for each in conditions_of(indicator)
        if isinstance(each, ColumnIs | ColumnIsNot)
    ]
    return tuple(dict.fromkeys([*sample.stratify_by, *sample.domains, *needed, *show]))


def case_rows(
    sample: Sample, checklist: Checklist, register: Any | None, shown: Sequence[str]
) -> dict[str, CaseRow]:
    """Return every case of the sample, in the order to read them, with what the register says.

    The order is that of the draw: the first of every stratum, then the second ones. Raises
    `AuditError` for columns that are not there, dates that are none, and texts too long for a cell.
    """
    cases = sample.cases
    known = _with_register(sample, cases, register)
    _refuse_missing(shown, known)
    judge = judge_by(checklist)
    from_register = [date for date in checklist.dates if date.column in known.columns]
    cells = {name: known[name].astype(object).tolist() for name in known.columns}
    depends_on = [name for name in shown if name in checklist.columns]
    settled: dict[tuple[object, ...], frozenset[str]] = {}  # cases alike are judged once
    rows: dict[str, CaseRow] = {}
    mistakes: list[str] = []
    for place in _reading_order(cases):
        case = cases[sample.case_id].iloc[place]
        dates: dict[str, DateEntry] = {}
        for date in from_register:
            day, mistake = read_date(_none_if_blank(cells[str(date.column)][place]))
            if day is not None:
                dates[date.key] = day
            if mistake:
                mistakes.append(f"{date.column} of case {masked(case)!r}: {mistake}")
        columns = {name: _as_text(cells[name][place]) for name in shown}
        mistakes += [
            f"{name} of case {masked(case)!r}: {len(text):,} characters, more than a cell holds"
            for name, text in columns.items()
            if len(text) > _LONGEST_TEXT
        ]
        alike = (*(columns[name] for name in depends_on), *dates.items())
        if alike not in settled:
            settled[alike] = judge.not_applicable(columns, dates)
        rows[case] = CaseRow(case, columns, dates, settled[alike])
    if mistakes:
        raise AuditError(
            f"The register has {len(mistakes)} values that cannot go out: "
            f"{'; '.join(each.rstrip('.') for each in mistakes[:3])}. Correct them there."
        )
    return rows


def _answer_column(indicator: Indicator, language: Language) -> Column:
    question = say(indicator.question, language)
    if indicator.is_computed:
        question = texts(language)["exception"].format(question=question)
    words = tuple(say(option.words, language) for option in indicator.options)
    return Column("answer", indicator.key, question, words)


def _with_register(sample: Sample, cases: pd.DataFrame, register: Any | None) -> pd.DataFrame:
    """Return the sample's cases with the register's other columns beside them."""
    known = cases.drop(columns=["order", "ticket"], errors="ignore")
    if register is None:
        return known
    table = as_pandas(register)
    if sample.case_id not in table.columns:
        raise AuditError(
            f"The register has no column {sample.case_id!r}"
            f"{near_names(sample.case_id, table.columns)}"
        )
    ids = clean_ids(table[sample.case_id], column=sample.case_id, source="table")
    refuse_bad_ids(ids, column=sample.case_id)
    table = table.set_axis(ids.tolist(), axis=0)
    wanted = cases[sample.case_id].tolist()
    lacking = [masked(case) for case in wanted if case not in table.index]
    if lacking:
        raise AuditError(
            f"The register lacks {len(lacking)} cases of the sample: {first_few(lacking)}. Give "
            f"the register that the sample was drawn from."
        )
    table = table.loc[wanted].reset_index(drop=True)
    other = [name for name in table.columns if name not in set(cases.columns)]
    return known.join(table[other])


def _refuse_missing(shown: Sequence[str], known: pd.DataFrame) -> None:
    for name in shown:
        if name not in known.columns:
            raise AuditError(
                f"There is no column {name!r}{near_names(name, known.columns)} Give the register "
                f"that has it, as register=..."
            )


def _reading_order(cases: pd.DataFrame) -> list[int]:
    """Return the places of the cases in the order of the draw, across strata."""
    places = list(range(len(cases)))
    if "order" not in cases.columns:
        return places
    order = cases["order"].tolist()
    return sorted(places, key=lambda place: (order[place], place))


def _none_if_blank(value: Any) -> Any:
    return None if str(value) in ("NaT", "<NA>") or is_blank(value) else value


def _as_text(value: Any) -> str:
    """Return a cell of the register as people see it."""
    if _none_if_blank(value) is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
