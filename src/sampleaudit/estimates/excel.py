"""Tables of estimates as an Excel workbook: offices with a decimal comma cannot open the csv."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def workbook_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return an Excel workbook with a sheet per table; text stays text, rates show as percent."""
    import pandas as pd

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        for name, table in tables.items():
            sheet = _sheet_name(name)
            table.to_excel(writer, sheet_name=sheet, index=False, freeze_panes=(1, 1))
            percent = writer.book.add_format({"num_format": "0.0%"})
            cases = writer.book.add_format({"num_format": "#,##0"})
            for place, column in enumerate(table.columns):
                is_share = column.startswith(("rate", "missing_")) or column in ("se", "level")
                kind = percent if is_share else cases if column.startswith("total") else None
                longest = max([len(column), *table[column].astype(str).str.len()])
                width = min(longest, 60) if kind is None else len(column)
                writer.sheets[sheet].set_column(place, place, width + 2, kind)
    return buffer.getvalue()


def _sheet_name(name: str) -> str:
    r"""Return a name that Excel takes: 31 characters at most, none of ``[]:*?/\\``."""
    return "".join("-" if character in "[]:*?/\\" else character for character in name)[:31]
