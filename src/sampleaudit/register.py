"""A register in a file becomes a table: ids as text, everything else as it stands.

What is read is data: a formula in a text cell is text, and nothing of it is ever run. A formula's
value in a spreadsheet is the one the spreadsheet last showed; an error such as #N/A is an empty
cell.
"""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.files import read_bytes, read_csv_text
from sampleaudit.ids import clean_ids, near_names
from sampleaudit.statfiles import ENDINGS, read_statistics_file

if TYPE_CHECKING:
    import pandas as pd
    from python_calamine import CalamineSheet, CalamineWorkbook

_TEXTS: Final = (".csv", ".tsv")
_SPREADSHEETS: Final = (".xlsx", ".ods")
_PARQUET: Final = ".parquet"
_ALL: Final = (*_TEXTS, *_SPREADSHEETS, _PARQUET, *ENDINGS)


def read_register(
    path: str | Path, *, case_id: str, sheet: str | int | None = None
) -> pd.DataFrame:
    """Return the register in a csv, tsv, xlsx, ods, parquet, dta or sav file, one row a case.

    The column ``case_id`` holds the ids; they become text, NFC-normalised and stripped, and whole
    numbers among them are announced with an `AuditNote`. In csv and tsv every column is text as
    written; elsewhere the other columns keep their types, and labelled values of Stata and SPSS
    are their labels (`sampleaudit.statfiles`). ``sheet`` is the name of a sheet or its
    place, counted from 0; it may be left out where only one sheet has anything in it. Column names
    are stripped; a nameless column with nothing in it and empty rows at the end are left out.
    Raises `AuditError` for a file that cannot be read and for ids that are missing or not ids; a
    repeated id is refused by `build_frame`.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in _ALL:
        raise AuditError(_unknown_ending(path))
    if sheet is not None and ending not in _SPREADSHEETS:
        raise AuditError(f"{path} has no sheets; leave sheet={sheet!r} out.")
    if ending in _TEXTS:
        table = read_csv_text(path)
    elif ending in _SPREADSHEETS:
        table = _read_spreadsheet(path, sheet)
    elif ending in ENDINGS:
        table = read_statistics_file(path)
    else:
        table = _read_parquet(path)
    table = _without_empty_rows_at_end(_with_clean_names(table, path))
    column = _clean_name(case_id)
    if column not in table.columns:
        raise AuditError(
            f"{path} has no column {case_id!r}{near_names(column, table.columns)} The names are "
            f"taken from the first row."
        )
    if table.empty:
        raise AuditError(f"{path} has a header but no cases.")
    table[column] = clean_ids(table[column], column=column, source="spreadsheet")
    return table


def _unknown_ending(path: Path) -> str:
    allowed = ", ".join(_ALL)
    old = path.suffix.lower() in (".xls", ".xlsm", ".xlsb")
    do = "Open it in Excel and save it as .xlsx." if old else "Save the register as one of them."
    ending = f"the ending {path.suffix!r}" if path.suffix else "no ending"
    return f"{path} has {ending}; a register is a file that ends in {allowed}. {do}"


def _read_spreadsheet(path: Path, sheet: str | int | None) -> pd.DataFrame:
    import pandas as pd
    from python_calamine import CalamineError, load_workbook

    raw = read_bytes(path)
    try:
        workbook = load_workbook(io.BytesIO(raw))
        rows = _chosen_sheet(workbook, path, sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        why = (
            "It is protected by a password, or an old .xls under a new name: open it in Excel and "
            "save it as .xlsx without a password."
            if raw.startswith(b"\xd0\xcf\x11\xe0")
            else "It is damaged or not a spreadsheet: open it in Excel or LibreOffice and save it "
            "again as .xlsx."
        )
        raise AuditError(f"{path} cannot be read as a spreadsheet ({error}). {why}") from error
    if not rows or not any(str(name).strip() for name in rows[0]):
        raise AuditError(
            f"{path} has nothing in the first row of the sheet; the column names must stand there."
        )
    columns = [[_cell(value) for value in column] for column in zip(*rows[1:], strict=True)]
    table = pd.DataFrame(dict(enumerate(columns or [[]] * len(rows[0]))))
    table.columns = pd.Index([str(_cell(name) or "") for name in rows[0]])
    return table


def _chosen_sheet(workbook: CalamineWorkbook, path: Path, sheet: str | int | None) -> CalamineSheet:
    names = workbook.sheet_names
    if sheet is None:
        sheets = map(workbook.get_sheet_by_name, names)
        filled = [found for found in sheets if found.height]
        if len(filled) == 1:
            return filled[0]
        if not filled:
            raise AuditError(f"{path} is empty: there is nothing on its sheets.")
        raise AuditError(
            f"{path} has several sheets with something on them: "
            f"{_listed([found.name for found in filled])}. Say which one with sheet=..."
        )
    if isinstance(sheet, int) and not 0 <= sheet < len(names):
        raise AuditError(
            f"{path} has no sheet {sheet}: places count from 0 to {len(names) - 1}. Its sheets "
            f"are {_listed(names)}."
        )
    name = names[sheet] if isinstance(sheet, int) else sheet
    if name not in names:
        raise AuditError(f"{path} has no sheet {sheet!r}{near_names(name, names)}")
    found = workbook.get_sheet_by_name(name)
    if not found.height:
        raise AuditError(f"The sheet {name!r} of {path} is empty; its sheets are {_listed(names)}.")
    return found


def _cell(value: Any) -> Any:
    """Return a cell as people see it: blank is missing, and 7.0, as files store it, is 7."""
    if isinstance(value, str):
        return value if value.strip() else None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read_parquet(path: Path) -> pd.DataFrame:
    raw = read_bytes(path)
    try:
        from pyarrow import ArrowException  # type: ignore[import-untyped]  # it has no types
        from pyarrow.parquet import read_table  # type: ignore[import-untyped]  # the same
    except ModuleNotFoundError as error:
        raise AuditError(
            f"To read {path}, pyarrow must be installed: pip install "
            f'"sampleaudit[parquet]". Or save the register as .csv or .xlsx.'
        ) from error
    try:
        table: pd.DataFrame = read_table(io.BytesIO(raw)).to_pandas(ignore_metadata=True)
    except (ArrowException, OSError) as error:
        raise AuditError(
            f"{path} cannot be read as parquet; it is damaged or something else under this name."
        ) from error
    return table


def _with_clean_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = [_clean_name(name) for name in table.columns]
    missing = table.isna().all(axis=0).tolist()
    nameless = [place for place, name in enumerate(names) if not name]
    filled = [place + 1 for place in nameless if not missing[place]]
    if filled:
        raise AuditError(
            f"{path} has columns without a name in the first row, but with something below: "
            f"column {first_few(filled)}. Name or empty them; if the names stand further down, "
            f"delete the rows above them."
        )
    named = [place for place, name in enumerate(names) if name]
    kept = [names[place] for place in named]
    twice = [name for place, name in enumerate(kept) if name in kept[:place]]
    if twice:
        raise AuditError(
            f"{path} has several columns named {first_few(map(masked, dict.fromkeys(twice)))}; "
            f"rename them so that each name stands for one column."
        )
    table = table.iloc[:, named].copy()
    table.columns = type(table.columns)(kept)
    return table


def _clean_name(name: object) -> str:
    return unicodedata.normalize("NFC", str(name)).strip()


def _without_empty_rows_at_end(table: pd.DataFrame) -> pd.DataFrame:
    filled = table.notna().any(axis=1).to_numpy().nonzero()[0]
    return table.iloc[: filled[-1] + 1 if len(filled) else 0].reset_index(drop=True)


def _listed(names: list[str]) -> str:
    return ", ".join(repr(masked(name)) for name in names)
