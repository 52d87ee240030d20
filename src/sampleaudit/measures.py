"""Measures: a number per reviewed case, as days late or an amount in error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.ids import as_pandas, clean_ids, near_names, refuse_bad_ids
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, repr=False)
class Measures:
    """What was measured in every case of a sample, made by `record_measures`.

    A measure that does not apply to a case is nan there.
    """

    sample: Sample
    names: tuple[str, ...]
    _values: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the sample's cases (id, strata, domains) with their measures."""
        return self.sample.cases.join(self._values)

    def values(self, name: str) -> NDArray[np.float64]:
        """Return one measure, in the order of the sample's cases; nan where it does not apply."""
        if name not in self.names:
            raise AuditError(f"There is no measure {name!r}{near_names(name, self.names)}")
        return np.asarray(self._values[name].to_numpy(dtype=float))

    def __repr__(self) -> str:
        return f"Measures: {self.sample.size} cases x {len(self.names)} measures"


def record_measures(
    sample: Sample,
    table: Any,
    *,
    measures: str | Sequence[str] | None = None,
    blank: Literal["not applicable"] | None = None,
) -> Measures:
    """Record what was measured: a table with the case id column and a column of numbers for each.

    ``measures`` names the columns to take; without it, all columns that are not the sample's own.
    Units are the table's own: days, kroner. Raises `AuditError` for what is not a finite number,
    for a blank (unless ``blank="not applicable"``), and for a case that is not in the sample, is
    given twice, or not at all.
    """
    if blank is not None:
        one_of("blank", blank, ("not applicable",))
    data = as_pandas(table)
    if sample.case_id not in data.columns:
        raise AuditError(
            f"The measures have no column {sample.case_id!r}"
            f"{near_names(sample.case_id, data.columns)} It must hold the case ids."
        )
    names = _names(sample, data, measures)
    ids = clean_ids(data[sample.case_id], column=sample.case_id, source="table")
    wanted = sample.cases[sample.case_id]
    if ids.tolist() == wanted.tolist():  # the same table again, say: all known to be good
        aligned = data[names].reset_index(drop=True)
    else:
        refuse_bad_ids(ids, column=sample.case_id)
        _refuse_other_cases(wanted.tolist(), ids.tolist())
        aligned = data[names].set_axis(ids.tolist(), axis=0).loc[wanted.tolist()]
        aligned = aligned.reset_index(drop=True)
    for name in names:
        aligned[name] = _numbers(aligned[name], wanted, may_be_blank=blank is not None)
    return Measures(sample, tuple(names), aligned)


def _names(sample: Sample, data: pd.DataFrame, measures: str | Sequence[str] | None) -> list[str]:
    if measures is None:
        names = [name for name in data.columns if name not in set(sample.cases.columns)]
    else:
        names = [measures] if isinstance(measures, str) else list(measures)
    for name in names:
        if name not in data.columns:
            raise AuditError(
                f"The measures have no column {name!r}{near_names(name, data.columns)}"
            )
        if not isinstance(name, str) or not name.strip():
            raise AuditError(f"A measure cannot be called {name!r}; rename the column.")
    if not names:
        raise AuditError("The measures have no column beside the case ids and the sample's own.")
    if len(set(names)) < len(names):
        raise AuditError("A measure is named twice; name each column once.")
    return names


def _refuse_other_cases(wanted: list[str], given: list[str]) -> None:
    known, measured = set(wanted), set(given)
    strangers = [masked(case) for case in given if case not in known]
    if strangers:
        raise AuditError(
            f"The measures hold {len(strangers)} cases that are not in the sample: "
            f"{first_few(strangers)}. Only drawn cases speak for the caseload; remove them."
        )
    silent = [masked(case) for case in wanted if case not in measured]
    if silent:
        raise AuditError(
            f"{len(silent)} cases of the sample have no measures: {first_few(silent)}. Add them, "
            f"blank where a measure does not apply."
        )


def _numbers(
    values: pd.Series[Any], case_ids: pd.Series[Any], *, may_be_blank: bool
) -> NDArray[np.float64]:
    import pandas as pd

    empty = values.isna().to_numpy(dtype=bool)
    if not pd.api.types.is_numeric_dtype(values):
        empty = empty | (values.astype(str).str.strip() == "").to_numpy(dtype=bool)
    if empty.any() and not may_be_blank:
        cases = first_few([masked(case) for case in case_ids[empty]])
        raise AuditError(
            f"Measure {values.name!r} is blank for {int(empty.sum())} cases: {cases}. Fill them "
            f"in, or say that it does not apply there, with blank='not applicable'."
        )
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~empty & ~np.isfinite(numbers)
    if wrong.any():
        shown = [
            f"{value!r} for case {masked(case)!r}"
            for case, value in zip(case_ids[wrong], values[wrong], strict=True)
        ]
        raise AuditError(
            f"Measure {values.name!r} has {len(shown)} values that are not numbers: "
            f"{', '.join(shown[:3])}. Write numbers with a decimal point and without a unit."
        )
    return np.where(empty, np.nan, numbers)
