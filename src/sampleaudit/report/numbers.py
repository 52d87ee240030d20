"""All numbers of a report as files that spreadsheets open: marks and separator of the language.

Rates are shares of 1 with six decimals, counts whole numbers. Text that a spreadsheet would take
for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.estimates.estimate import ALL
from sampleaudit.estimates.survey_table import SurveyEstimates
from sampleaudit.report.blocks import Download
from sampleaudit.report.hiding import Rates
from sampleaudit.report.material import Material
from sampleaudit.wording import Language
from sampleaudit.wording.remarks import remarks_text

if TYPE_CHECKING:
    import pandas as pd

_SEPARATOR: Final[Mapping[Language, str]] = MappingProxyType({"en": ",", "da": ";"})
_DECIMAL: Final[Mapping[Language, str]] = MappingProxyType({"en": ".", "da": ","})
_MARK: Final = "\ufeff"  # without it, Excel does not take the file for UTF-8
_FORMULA: Final = ("=", "+", "-", "@")
_DIGITS: Final = 6


def files_of_numbers(material: Material) -> list[Download]:
    """Return the file of all rates, and one for each comparison."""
    rates: list[pd.DataFrame] = []
    if material.survey is not None:
        rates = [_survey(each, material) for each in (material.survey, *material.survey_domains)]
    else:
        rates = [_rates(each, material) for each in (material.caseload, *material.domains)]
    files = [_file("rates.csv", material.say("numbers rates"), rates, material)]
    for place, each in enumerate(material.comparisons, start=1):
        name = f"comparison-{place}.csv"
        title = material.say("numbers comparison", number=place)
        files.append(_file(name, title, [each.to_frame()], material))
    return files


def _rates(found: Rates, material: Material) -> pd.DataFrame:
    """Return a table of rates with the columns that all tables of a report have."""
    frame = found.table.copy()
    frame["indicator"] = [material.words.name(str(name)) for name in frame["indicator"]]
    return _with_group(frame, found.estimates.by, material)


def _survey(found: SurveyEstimates, material: Material) -> pd.DataFrame:
    frame = found.to_frame()
    frame["variable"] = [
        material.words.name(material.naming.text(name)) for name in frame["variable"]
    ]
    for column in found.by:
        frame[column] = [material.naming.text(value) for value in frame[column]]
    return _with_group(frame, found.by, material)


def _with_group(frame: pd.DataFrame, by: tuple[str, ...], material: Material) -> pd.DataFrame:
    everything = material.words.text["all"]
    groups = [everything] * len(frame)
    if by:
        labels = frame[list(by)].astype(str).itertuples(index=False, name=None)
        groups = [everything if set(row) == {ALL} else " / ".join(row) for row in labels]
        frame = frame.drop(columns=list(by))
    tables = [", ".join(by) if by else everything] * len(frame)
    frame.insert(0, material.say("column table"), tables)
    frame.insert(1, material.say("column group"), groups)
    return frame


def _file(name: str, text: str, frames: list[pd.DataFrame], material: Material) -> Download:
    import pandas as pd

    table = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    if "remarks" in table:
        table = table.assign(
            remarks=[
                remarks_text(value, material.language) if isinstance(value, str) else ""
                for value in table["remarks"]
            ]
        )
    told = material.say("numbers file", text=text, rows=len(table))
    return Download(name, told, csv_text(table, material.language))


def csv_text(table: pd.DataFrame, language: Language) -> str:
    """Return a table as CSV for spreadsheets in the language, with the mark of UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=_SEPARATOR[language], lineterminator="\r\n")
    writer.writerow([_cell(str(name), language) for name in table.columns])
    for row in table.itertuples(index=False, name=None):
        writer.writerow([_cell(value, language) for value in row])
    return _MARK + buffer.getvalue()


def _cell(value: Any, language: Language) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if type(value) is int:
        return str(value)
    if value is None or value != value:
        return ""
    written = f"{float(value):.{_DIGITS}f}".rstrip("0").removesuffix(".")
    return written.replace(".", _DECIMAL[language])
