"""Small counts in a table to be published: hidden, with as many others as keep them hidden."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import as_columns
from sampleaudit.comparison.hidden_cells import MISSING, Column, hide, outward, rounded
from sampleaudit.errors import AuditError, first_few
from sampleaudit.estimates.display import Shown, Translated
from sampleaudit.estimates.table import ALL, Estimates
from sampleaudit.findings import ANY_ERROR
from sampleaudit.wording import Language, number
from sampleaudit.wording.cells import found_cell, name_cell, share_cell, span_cell
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ALWAYS: Final = frozenset({"indicator", "population", "reviewed", "level", "side"})
"""Known before anyone reads a file, so never hidden; the ``by`` columns neither. The method is not:
it tells whether all cases counted."""
_NEEDED: Final = ("indicator", "reviewed", "applicable", "errors")
_ROUNDED: Final = ("rate", "rate_low", "rate_high", "total", "total_low", "total_high")
_KEPT_IN_TOTALS: Final = (
    SHOWN_ALWAYS | {"applicable", "errors", "missing", "method", "guarantee"} | {*_ROUNDED}
)
_HIDDEN: Final = "hidden"
_OF_MISSING: Final = frozenset({"missing", "missing_low", "missing_high"})


@dataclass(frozen=True, slots=True, repr=False)
class PublishedTable(Translated):
    """A table in which small counts are hidden, made by `suppress`; shows as a table.

    ``by`` names the columns of the domains, ``under`` is the bound.
    """

    by: tuple[str, ...]
    under: int
    _table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the columns of the table that was given, and ``suppressed``.

        What is hidden is nan, or empty text. ``suppressed`` is "hidden" for a row whose figures
        are, "missing hidden" for one whose missing files alone are, "rounded" for a total whose
        figures are rounded, else empty.
        """
        return self._table.copy()

    def __len__(self) -> int:
        return len(self._table)

    def _shown(self, language: Language = "en") -> Shown:
        text, hidden = picture_texts(language), picture_texts(language)["table hidden"]
        limits = {"rate_low", "rate_high"} <= set(self._table.columns)
        head = [text["table indicator"], *self.by, text["table read"], text["found"], text["rate"]]
        head += [text["table limits both"]] * limits
        body = []
        for row in self._table.to_dict(orient="records"):
            cells = [name_cell(str(row["indicator"]), language)]
            cells += [*(str(row[column]) for column in self.by), number(row["reviewed"], language)]
            if row["suppressed"] == _HIDDEN:
                body.append([*cells, *[hidden] * (2 + limits)])
                continue
            rate = row.get("rate", row["errors"] / max(row["applicable"], 1))
            cells += [found_cell(row["errors"], row["applicable"], language)]
            cells += [share_cell(rate, language)]
            if limits:
                low, high = (share_cell(row[f"rate_{end}"], language) for end in ("low", "high"))
                cells.append(span_cell(low, high, language))
            body.append(cells)
        note = text["table note hidden"].format(under=self.under)
        return head, body, [note] if (self._table["suppressed"] != "").any() else []


def suppress(
    table: Estimates | pd.DataFrame, *, under: int = 5, by: str | Sequence[str] | None = None
) -> PublishedTable:
    """Hide the counts under ``under`` in a table of rates by domains, so that they stay hidden.

    A row is hidden if 1 to ``under`` - 1 of its cases were errors, correct or not applicable (none
    is not a small count; of a small count of missing files only its own figures are hidden). So are
    further rows of the same indicator, or the row of "any error", until each hidden small count
    could be any number from 1 to ``under`` - 1 as far as the other rows, the total over all domains
    and the number of cases read tell. The total row (``overall=True``) is rounded to whole
    percents, or more where that would not do, and loses its standard error. ``table`` is what
    `estimate_rates` gave, or a DataFrame with its columns ``indicator``, ``reviewed``,
    ``applicable``, ``errors`` (perhaps ``missing``, ``population``, ``rate`` and its limits) and
    those of ``by``; the total row says "all" there. One table is protected; two tables of the same
    cases by different columns may give away together what neither does alone. Raises `AuditError`
    for missing columns, counts that are none, and a bound below 2.
    """
    if isinstance(under, bool) or not isinstance(under, int) or under < 2:
        raise AuditError(f"under is {under!r}; it must be a whole number from 2, as 5.")
    data, columns = _data(table, by)
    _check(data, columns)
    names = list(dict.fromkeys(data["indicator"]))
    labels = list(data[list(columns)].astype(str).itertuples(index=False, name=None))
    total = (ALL,) * len(columns)
    domains = sorted({label for label in labels if label != total})
    if len(domains) < 2:
        raise AuditError(
            "suppress needs the rows of at least two domains: of one, the total gives all away."
        )
    rows = {
        (name, label): place
        for place, (name, label) in enumerate(zip(data["indicator"], labels, strict=True))
    }
    absent = [f"{n} in {' / '.join(d)}" for n in names for d in domains if (n, d) not in rows]
    if absent:
        raise AuditError(
            f"The table has no row for {first_few(absent)}. Give every domain of every indicator: "
            f"a total less the rows that are shown is the row that is missing."
        )
    protected = {
        name: _column(data.iloc[[rows[name, d] for d in domains]], data, rows.get((name, total)))
        for name in names
    }
    union = names.index(ANY_ERROR) if ANY_ERROR in names and len(names) > 1 else None
    hide(list(protected.values()), union, under=under)
    missing = {
        name: replace(
            column, kinds=(MISSING,), figures=(), hidden=set(column.hidden), total_hidden=False
        )
        for name, column in protected.items()
    }
    hide(list(missing.values()), None, under=under)
    return PublishedTable(
        columns, under, _published(data, columns, labels, domains, protected, missing)
    )


def _data(
    table: Estimates | pd.DataFrame, by: str | Sequence[str] | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if isinstance(table, Estimates):
        data, columns = table.to_frame(), table.by
        if not columns:
            raise AuditError(
                "These estimates are of the whole caseload; suppress is for a table by domains."
            )
        return data, columns
    if by is None:
        raise AuditError("Name the columns of the domains, as by='district'.")
    return table.reset_index(drop=True).copy(), as_columns(by, name="by")


def _check(data: pd.DataFrame, columns: tuple[str, ...]) -> None:
    for column in (*_NEEDED, *columns):
        if column not in data.columns:
            raise AuditError(
                f"The table has no column {column!r}; it needs {', '.join((*_NEEDED, *columns))}."
            )
    reviewed, applicable, errors = (data[name].astype(float) for name in _NEEDED[1:])
    wrong = ~((errors >= 0) & (errors <= applicable) & (applicable <= reviewed))
    for values in (reviewed, applicable, errors):
        wrong |= values != values.round()
    if wrong.any():
        raise AuditError(
            f"{int(wrong.sum())} rows are not counts with errors <= applicable <= reviewed: rows "
            f"{first_few(data.index[wrong].tolist())}. Suppress before anything else is hidden."
        )


def _column(part: pd.DataFrame, data: pd.DataFrame, total: int | None) -> Column:
    """Return one indicator's counts for the algorithm."""
    reviewed, applicable, errors = (part[name].to_numpy(dtype=np.int64) for name in _NEEDED[1:])
    missing = (
        part["missing"].to_numpy(dtype=np.int64)
        if "missing" in part.columns
        else np.zeros_like(errors)
    )
    weights = np.ones(len(part))
    if "population" in part.columns:
        size = part["population"].to_numpy(dtype=np.float64)
        weights = np.where(np.isnan(size) | (reviewed == 0), 1.0, size / np.maximum(reviewed, 1))
    figures: tuple[float, ...] = ()
    if total is not None and "rate" in data.columns:
        row = data.iloc[total]
        figures = tuple(
            float(row[name]) if name in data.columns else math.nan for name in _ROUNDED[:3]
        )
    counts = np.array([errors, applicable - errors, reviewed - applicable, missing])
    return Column(counts, reviewed, weights, figures)


def _published(
    data: pd.DataFrame,
    columns: tuple[str, ...],
    labels: list[tuple[str, ...]],
    domains: list[tuple[str, ...]],
    protected: dict[str, Column],
    missing: dict[str, Column],
) -> pd.DataFrame:
    """Return the table with the cells hidden and the totals beside them rounded."""
    place = {label: k for k, label in enumerate(domains)}
    records: list[dict[str, Any]] = []
    for row, label in zip(data.to_dict(orient="records"), labels, strict=True):
        column = protected[str(row["indicator"])]
        values = {str(name): value for name, value in row.items()}
        files = missing[str(row["indicator"])]
        if label in place:
            hidden = place[label] in column.hidden
            values["suppressed"] = _HIDDEN if hidden else ""
            if hidden:
                values = _blanked(values, SHOWN_ALWAYS | {*columns})
            elif place[label] in files.hidden:
                values = _blanked(values, {*values} - _OF_MISSING)
                values["suppressed"] = "missing hidden"
        elif column.total_hidden:
            values = _blanked(values | {"suppressed": _HIDDEN}, SHOWN_ALWAYS | {*columns})
        elif column.hidden:
            values = _blanked(values | {"suppressed": "rounded"}, _KEPT_IN_TOTALS | {*columns})
            values = _rounded_total(values, column.grid)
        else:
            values["suppressed"] = ""
        if label not in place and files.total_hidden:
            values = _blanked(values, {*values} - _OF_MISSING)
            values["suppressed"] = values["suppressed"] or "missing hidden"
        records.append(values)
    import pandas as pd

    return pd.DataFrame(records, columns=[*map(str, data.columns), "suppressed"])


def _blanked(values: dict[str, Any], kept: frozenset[str] | set[str]) -> dict[str, Any]:
    return {
        name: value
        if name in kept or name == "suppressed"
        else ""
        if isinstance(value, str)
        else math.nan
        for name, value in values.items()
    }


def _rounded_total(values: dict[str, Any], grid: float) -> dict[str, Any]:
    """Round the rate to the grid and its limits outward; the totals say no more than these."""
    size = float(values.get("population", math.nan))
    result = dict(values)
    for name in _ROUNDED[:3]:
        if name not in values:
            continue
        share = float(values[name])
        result[name] = (
            rounded(share, grid) if name == "rate" else outward(share, grid, up=name == "rate_high")
        )
        total = name.replace("rate", "total")
        if total in values:
            cases = result[name] * size
            result[total] = math.nan if math.isnan(cases) else round(cases)
    return result
