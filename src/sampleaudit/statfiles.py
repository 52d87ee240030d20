"""Tables in the files of Stata (.dta) and SPSS (.sav, .zsav), read through pyreadstat.

A value with a label becomes its label, as people see it there; one without stays as it is. What the
file calls missing is a missing cell: Stata's ``.`` and ``.a`` to ``.z``, SPSS's system-missing and
the values declared missing, and text with nothing in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.errors import AuditError
from sampleaudit.files import refuse_unreadable

if TYPE_CHECKING:
    import pandas as pd

ENDINGS: Final = (".dta", ".sav", ".zsav")


def read_statistics_file(path: Path) -> pd.DataFrame:
    """Return the table in a Stata or SPSS file; whole numbers are whole, as ids and classes are.

    Raises `AuditError` without the package pyreadstat, and for a file that cannot be read.
    """
    refuse_unreadable(path)
    try:
        import pyreadstat  # type: ignore[import-untyped, unused-ignore]  # it has no types
    except ModuleNotFoundError as error:
        raise AuditError(
            f"To read {path}, pyreadstat must be installed: pip install "
            f'"sampleaudit[stata]". Or save the table as .csv or .xlsx.'
        ) from error
    program = "Stata" if path.suffix.lower() == ".dta" else "SPSS"
    read = pyreadstat.read_dta if program == "Stata" else pyreadstat.read_sav
    try:
        table, about = read(str(path))
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        raise AuditError(
            f"{path} cannot be read as a file of {program} ({error}). It is damaged, or something "
            f"else under this name: save it again there, or as .csv."
        ) from error
    return _cleaned(table, about.variable_value_labels)


def _cleaned(table: pd.DataFrame, labels: Mapping[str, Mapping[Any, str]]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[int, Any] = {}
    for place, name in enumerate(table.columns):
        column = table.iloc[:, place]
        if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
            column = column.astype("Int64")
        elif pd.api.types.is_string_dtype(column):
            column = column.where(column.str.strip() != "", None)
        columns[place] = _labelled(column, labels.get(name, {}))
    result = pd.DataFrame(columns, index=table.index)
    result.columns = table.columns
    return result


def _labelled(column: pd.Series[Any], labels: Mapping[Any, str]) -> pd.Series[Any]:
    """Return a column with labels for values; a label that two values share is told apart."""
    import pandas as pd

    if not labels:
        return column
    counts = Counter(labels.values())
    words = {
        value: label if counts[label] == 1 else f"{label} ({_short(value)})"
        for value, label in labels.items()
        if label.strip()
    }
    found = [None if pd.isna(value) else words.get(value, value) for value in column]
    return pd.Series(found, index=column.index, dtype=object)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
