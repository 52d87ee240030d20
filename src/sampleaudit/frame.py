"""The frame: the cases that can be drawn, their strata and domains, and proof of what they were.

The fingerprint is SHA-256 over the UTF-8 bytes of these lines, each ended by a line feed, fields
separated by a tab:

    sampleaudit frame 1
    strata<TAB>name of each stratum column
    domains<TAB>name of each domain column
    case id<TAB>its strata<TAB>its domains        one line a case, sorted by id (by code point)

All text is NFC-normalised and stripped, and holds no control character, so no escaping is needed.
``docs/fingerprint.md`` shows how to compute it without this library.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import as_columns
from sampleaudit.cpr import share_like_cpr
from sampleaudit.errors import AuditError, first_few
from sampleaudit.ids import as_pandas, clean_ids, near_names, refuse_bad_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FINGERPRINT_FORMAT: Final = "sampleaudit frame 1"
CPR_SHARE: Final = 0.1  # 3.6 % of random ten-digit numbers look like a CPR number by chance
RESERVED: Final = frozenset(
    (
        "population", "sampled", "order", "ticket", "indicator", "reviewed", "applicable",
        "errors", "missing", "rate", "rate_low", "rate_high", "total", "total_low", "total_high",
        "missing_low", "missing_high", "se", "deff", "df", "level", "side", "method", "guarantee",
        "remarks",
    )
)  # fmt: skip
"""Columns of the tables that come later; a stratum or domain column cannot have these names."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How the register adds up: the outside total, what was left out and why, what is left."""

    expected_size: int | None
    excluded: Mapping[str, int]
    size: int


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """The cases that can be drawn, made by `build_frame`.

    ``case_id``, ``stratify_by`` and ``domains`` name the columns; ``fingerprint`` is 64 hexadecimal
    digits; ``not_cpr`` is the reason given why ids that look like CPR numbers are not.
    """

    case_id: str
    stratify_by: tuple[str, ...]
    domains: tuple[str, ...]
    fingerprint: str
    reconciliation: Reconciliation
    not_cpr: str | None
    _cases: pd.DataFrame
    _strata: pd.DataFrame
    _codes: NDArray[np.intp]

    @property
    def size(self) -> int:
        """Cases in the frame."""
        return len(self._cases)

    @property
    def strata(self) -> pd.DataFrame:
        """The stratum columns and ``population``, the cases in each stratum."""
        return self._strata.copy()

    @property
    def stratum_codes(self) -> NDArray[np.intp]:
        """The row of `strata` to which each case of `to_frame` belongs."""
        return self._codes.copy()

    @property
    def population(self) -> pd.DataFrame:
        """Cases by stratum and all domain columns at once; only combinations that occur."""
        columns = [*self.stratify_by, *self.domains]
        return count_cases(self._cases, columns)

    def to_frame(self) -> pd.DataFrame:
        """Return the cases, sorted by id: id, stratum columns, domain columns, all as text."""
        return self._cases.copy()

    def __repr__(self) -> str:
        by = f", {len(self._strata)} strata by {', '.join(self.stratify_by)}" * bool(
            self.stratify_by
        )
        domains = f", domains {', '.join(self.domains)}" * bool(self.domains)
        return f"Frame: {self.size} cases{by}{domains}, fingerprint {self.fingerprint[:16]}..."


def build_frame(
    register: Any,
    *,
    case_id: str,
    stratify_by: str | Sequence[str] = (),
    domains: str | Sequence[str] = (),
    expected_size: int | None = None,
    excluded: Mapping[str, int] | None = None,
    not_cpr: str | None = None,
) -> Frame:
    """Make the frame from a register: one row a case, any data frame.

    ``stratify_by`` columns divide the draw, ``domains`` columns are for subgroups in the results.
    ``excluded`` maps each reason for leaving cases out to their number, and ``expected_size`` is
    the outside total with which register and exclusions together must agree. Raises `AuditError`
    for an id column that is not text, missing, repeated or confusable ids, ids that look like CPR
    numbers (unless ``not_cpr`` gives the reason why they are not), and a missing stratum or domain.
    """
    table = as_pandas(register)
    strata_columns = as_columns(stratify_by, name="stratify_by")
    domain_columns = as_columns(domains, name="domains")
    refuse_bad_columns(table, case_id, strata_columns, domain_columns, what="register")
    if table.empty:
        raise AuditError("The register has no cases; there is nothing to draw from.")
    ids = clean_ids(table[case_id], column=case_id, source="table")
    _refuse_cpr(ids, column=case_id, not_cpr=not_cpr)  # first: the next one shows ids
    refuse_bad_ids(ids, column=case_id)
    reconciliation = _reconcile(len(table), expected_size, excluded)
    cases = ids.to_frame(case_id)
    for column in (*strata_columns, *domain_columns):
        cases[column] = clean_labels(table[column], column=column)
        _refuse_cpr(cases[column], column=column, not_cpr=not_cpr)
    # Python compares text by code point, which is also the order of its UTF-8 bytes.
    order = np.array(sorted(range(len(cases)), key=ids.tolist().__getitem__))
    cases = cases.iloc[order].reset_index(drop=True)
    strata, codes = number_strata(cases, strata_columns)
    return Frame(
        case_id=case_id,
        stratify_by=strata_columns,
        domains=domain_columns,
        fingerprint=_fingerprint(cases, strata_columns, domain_columns),
        reconciliation=reconciliation,
        not_cpr=not_cpr,
        _cases=cases,
        _strata=strata,
        _codes=codes,
    )


def refuse_bad_columns(
    table: pd.DataFrame,
    case_id: str,
    strata: tuple[str, ...],
    domains: tuple[str, ...],
    *,
    what: str,
) -> None:
    """Refuse columns that ``what``, the table, does not have, that clash, or are named twice."""
    for column in (case_id, *strata, *domains):
        if column not in table.columns:
            raise AuditError(
                f"The {what} has no column {column!r}{near_names(column, table.columns)}"
            )
        if column in RESERVED:
            raise AuditError(
                f"Column {column!r} has the name of a column of the results; rename it."
            )
        if _has_control_character(column):
            raise AuditError(
                f"Column {column!r} has a tab, a line break or another control character in its "
                f"name; rename it."
            )
    named = (case_id, *strata, *domains)
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise AuditError(
            f"Column {twice[0]!r} is used twice; case_id, stratify_by and domains must differ. "
            f"A stratum column can be reported by without being a domain."
        )


def clean_labels(values: pd.Series[Any], *, column: str) -> pd.Series[Any]:
    """Return stratum or domain values as text, NFC-normalised and stripped.

    Whole numbers and dates become text; missing values, fractions and control characters are
    refused. Works on the distinct values, so that a large register costs little.
    """
    import pandas as pd

    missing = values.isna() | (values.astype(str).str.strip() == "")
    if missing.any():
        rows = first_few((np.flatnonzero(missing.to_numpy()) + 1).tolist())
        raise AuditError(
            f"Column {column!r} is empty for {int(missing.sum())} cases (case rows {rows}). Every "
            f"case needs a value: correct the register, or write a word such as 'unknown'."
        )
    numbers, distinct = pd.factorize(values)
    labels = np.array([_label(value, column=column) for value in distinct], dtype=object)
    return pd.Series(labels[numbers], index=values.index, name=column, dtype=object)


def number_strata(
    cases: pd.DataFrame, stratify_by: Sequence[str]
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return the strata (columns and ``population``, sorted) and the stratum of each case."""
    import pandas as pd

    if not stratify_by:
        return pd.DataFrame({"population": [len(cases)]}), np.zeros(len(cases), dtype=np.intp)
    codes = cases.groupby(list(stratify_by), sort=True).ngroup().to_numpy().astype(np.intp)
    return count_cases(cases, stratify_by), codes


def count_cases(cases: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return how many cases have each combination of ``columns``, as ``population``, sorted."""
    import pandas as pd

    if not columns:
        return pd.DataFrame({"population": [len(cases)]})
    counts = cases.groupby(list(columns), sort=True).size()
    return counts.rename("population").reset_index()


def _label(value: object, *, column: str) -> str:
    if isinstance(value, float | np.floating) and not float(value).is_integer():
        raise AuditError(
            f"Column {column!r} holds the fraction {value}; strata and domains are labels. Make "
            f"classes of it first, for example with pandas.cut."
        )
    if isinstance(value, float | np.floating):
        value = int(value)
    text = unicodedata.normalize("NFC", str(value)).strip()
    if _has_control_character(text):
        raise AuditError(
            f"Column {column!r} holds {text!r}, which has a tab, a line break or another control "
            f"character in it; remove it from the register."
        )
    return text


def _has_control_character(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)


def _refuse_cpr(values: pd.Series[Any], *, column: str, not_cpr: str | None) -> None:
    share = share_like_cpr(values)
    if share <= CPR_SHARE:
        return
    if not_cpr is None:
        raise AuditError(
            f"{share:.0%} of the values in column {column!r} look like CPR numbers, which must not "
            f"stand in samples, workbooks and reports. Replace them with "
            f"sampleaudit.pseudonymise(register, {column!r}, key=...), or, if they are something "
            f"else, give the reason in not_cpr; it is kept with the draw."
        )
    if not not_cpr.strip():
        raise AuditError("not_cpr is empty; say why the ids are not CPR numbers.")


def _reconcile(
    size: int, expected_size: int | None, excluded: Mapping[str, int] | None
) -> Reconciliation:
    reasons = dict(excluded or {})
    for reason, count in reasons.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise AuditError(
                f"excluded says {count!r} for {reason!r}; it must be a whole number of cases."
            )
    left_out = sum(reasons.values())
    if expected_size is not None and expected_size - left_out != size:
        raise AuditError(
            f"The register does not reconcile: {expected_size} cases expected, {left_out} excluded "
            f"with a reason, so {expected_size - left_out} should be there, but the register has "
            f"{size}. Find the {abs(expected_size - left_out - size)} cases before drawing."
        )
    return Reconciliation(expected_size, MappingProxyType(reasons), size)


def _fingerprint(cases: pd.DataFrame, strata: tuple[str, ...], domains: tuple[str, ...]) -> str:
    head = (FINGERPRINT_FORMAT, "\t".join(("strata", *strata)), "\t".join(("domains", *domains)))
    columns = [cases[column].tolist() for column in cases.columns]
    digest = sha256(("\n".join(head) + "\n").encode())
    digest.update("".join(map("\t".join, _with_line_feed(columns))).encode())
    return digest.hexdigest()


def _with_line_feed(columns: list[list[str]]) -> Any:
    ended = [*columns[:-1], [value + "\n" for value in columns[-1]]]
    return zip(*ended, strict=True)
