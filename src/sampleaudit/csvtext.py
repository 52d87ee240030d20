"""CSV as it is found: which separator, which encoding, and a table of text."""

from __future__ import annotations

import csv
import io
import warnings
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.errors import AuditError, AuditNote, first_few

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS: Final = (",", ";", "\t")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")  # what Excel's "Unicode text" begins with
_NOT_TEXT: Final = {
    b"PK\x03\x04": "a zip file, such as an Excel workbook; give it the ending .xlsx or .ods",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; open it and save it as .xlsx or .csv",
    b"PAR1": "a parquet file; give it the ending .parquet",
    b"%PDF": "a PDF; the register must be a table",
}


def parse_csv(raw: bytes, *, source: str) -> pd.DataFrame:
    """Return the table in the bytes of a CSV file, every cell as text, blank cells missing.

    The separator (comma, semicolon or tab) is the one that divides the header into most columns;
    where two do, the one that divides the next rows alike; in a .tsv the tab. The text is UTF-8,
    UTF-16 with its mark, or else Windows-1252. ``source`` names the file in messages. Rows shorter
    than the header are filled with missing cells, with an `AuditNote`: some programs leave out the
    empty cells at the end.
    Raises `AuditError` for rows with more cells than the header, an unclosed quotation mark, an
    empty file and what is not text.
    """
    import pandas as pd

    text = _decoded(raw, source)
    if not text.strip():
        raise AuditError(f"{source} is empty.")
    separator = "\t" if source.lower().endswith(".tsv") else _separator(text, source)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = next(reader)
        if not any(name.strip() for name in header):
            raise AuditError(f"{source} has no header: its first line is empty.")
        rows = _rows(reader, width=len(header), source=source)
    except csv.Error as error:
        raise AuditError(
            f"{source} cannot be read as CSV: line {reader.line_num}: {error}. Look for a "
            f"quotation mark that is opened and not closed, or open the file in a spreadsheet and "
            f"save it again as .xlsx."
        ) from error
    cells = zip(*rows, strict=True) if rows else [()] * len(header)
    columns = [[cell if cell.strip() else None for cell in column] for column in cells]
    table = pd.DataFrame(dict(enumerate(columns)))
    table.columns = pd.Index(header)
    return table


def _decoded(raw: bytes, source: str) -> str:
    for mark, what in _NOT_TEXT.items():
        if raw.startswith(mark):
            raise AuditError(f"{source} is not a text file but {what}.")
    encodings = ["utf-16"] if raw.startswith(_UTF16) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return text
    raise AuditError(
        f"{source} is not text that can be read: it is neither UTF-8 nor Windows-1252. Open it in "
        f"the program it comes from and save it as CSV UTF-8 or as .xlsx."
    )


def _separator(text: str, source: str) -> str:
    """Return the separator that divides the header into most columns, and the first rows alike."""
    fits = {separator: _fit(text, separator) for separator in _SEPARATORS}
    best = max(fits.values())
    if best[0] <= 1:
        return ","  # one column; a row that a comma divides is refused, not guessed at
    winners = [separator for separator, fit in fits.items() if fit == best]
    if len(winners) > 1:
        raise AuditError(
            f"It cannot be told whether {' or '.join(map(repr, winners))} separates the columns "
            f"of {source}; put quotation marks around names and texts that hold one of them."
        )
    return winners[0]


def _fit(text: str, separator: str) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    widths: list[int] = []
    with suppress(csv.Error):  # said with its line when the file is read
        widths.extend(len(row) for row in islice(reader, 20))
    return (widths[0], widths.count(widths[0])) if widths else (1, 0)


def _rows(reader: Any, *, width: int, source: str) -> list[list[str]]:
    """Return the rows filled up to ``width`` cells, without empty lines at the end of the file."""
    rows: list[list[str]] = []
    short: list[int] = []
    long: list[int] = []
    written = 0
    for row in reader:
        if row:
            written = len(rows) + 1
        if len(row) < width:
            short.append(reader.line_num)
            row.extend([""] * (width - len(row)))
        elif len(row) > width:
            if any(map(str.strip, row[width:])):
                long.append(reader.line_num)
            del row[width:]  # empty cells beyond the header
        rows.append(row)
    if long:
        raise AuditError(
            f"{source} has {len(long)} rows with more cells than the header's {width} (lines "
            f"{first_few(long)}). Put quotation marks around texts that hold the separator, or "
            f"save the table as .xlsx."
        )
    del short[len(short) - (len(rows) - written) :]  # the empty lines at the end
    if short:
        warnings.warn(
            f"{source} has {len(short)} rows with fewer cells than the header (lines "
            f"{first_few(short)}); the cells at their end are taken as empty. If a text was broken "
            f"over two lines there, put quotation marks around it.",
            AuditNote,
            stacklevel=4,
        )
    return rows[:written]
