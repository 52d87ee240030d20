"""Which columns of the register are worth stratifying by: what a pilot says, and its noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import MISSING_RULES, MissingRule, as_columns, check_level
from sampleaudit.comparison.adjusting import adjusted
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.counts import refuse_chosen_reading_order, stratum_of_cases
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.formulas.explained import explained_share
from sampleaudit.planning.demands import whole_number
from sampleaudit.planning.precision import share

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_LITTLE: Final = 0.05  # a share of the variance that is not worth a stratification
_FEW_DEALS: Final = 99


@dataclass(frozen=True, slots=True)
class Worth:
    """One column and indicator: the share of the variance that stratifying by it takes away.

    ``explained`` is what is left of ``found`` when the average by ``chance`` is taken off, never
    below 0; ``low`` and ``high`` are its limits. ``p_adjusted`` is Holm's, over all rows.
    """

    indicator: str
    column: str
    groups: int
    read: int
    found: float
    chance: float
    explained: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    verdict: str


@dataclass(frozen=True, slots=True, repr=False)
class WorthTable(Readable):
    """What stratifying by each column is worth, made by `worth_stratifying`; shows as a table."""

    level: float
    rows: tuple[Worth, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: the fields of `Worth`, shares of 1, nothing rounded."""
        import pandas as pd

        names = [
            "indicator", "column", "groups", "read", "found", "chance", "explained", "low",
            "high", "p_value", "p_adjusted", "verdict",
        ]  # fmt: skip
        records = [[getattr(row, name) for name in names] for row in self.rows]
        return pd.DataFrame(records, columns=names)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def _left(self) -> int:
        return 2

    def _shown(self) -> Shown:
        body = [
            [
                row.indicator,
                row.column,
                str(row.groups),
                share(row.explained),
                f"{share(row.low)} to {share(row.high)}",
                "-" if math.isnan(row.p_adjusted) else f"{row.p_adjusted:.3f}",
                row.verdict,
            ]
            for row in self.rows
        ]
        return ["indicator", "column", "groups", "saves", "limits", "p (Holm)", ""], body, []


def worth_stratifying(
    findings: Findings,
    over: str | Sequence[str | Sequence[str]],
    *,
    indicators: str | Sequence[str] | None = None,
    missing: MissingRule = "error",
    level: float = 0.95,
    deals: int = 1_999,
    seed: int = 1,
) -> WorthTable:
    """Return how many cases stratifying by each column would save, from what a pilot found.

    ``over`` names stratum or domain columns of the sample; several together, as a tuple, count as
    one that divides by all of them. The share saved is that of the variance between the groups
    (`sampleaudit.formulas.explained`), less what chance alone gives; a small pilot rarely shows
    more than that, and the verdict says so. ``seed`` starts the ``deals`` of the permutation test.
    Raises `AuditError` for columns that are not in the sample, or divide nothing.
    """
    check_level(level)
    one_of("missing", missing, tuple(MISSING_RULES))
    number = whole_number(deals, name="deals", least=_FEW_DEALS)
    columns = _columns(findings, over)
    names = [indicators] if isinstance(indicators, str) else indicators
    rows = []
    for indicator in [*findings.indicators, ANY_ERROR] if names is None else names:
        errors, weights, read = _cases(findings, indicator, missing)
        for by in columns:
            groups = _groups(findings, by, read)
            rows.append(_row(indicator, by, errors, weights, groups, level, (number, seed)))
    return WorthTable(level, tuple(_judged(rows, level)))


def _columns(
    findings: Findings, over: str | Sequence[str | Sequence[str]]
) -> list[tuple[str, ...]]:
    sample = findings.sample
    known = (*sample.stratify_by, *sample.domains)
    given = [over] if isinstance(over, str) else list(over)
    found = [as_columns(each, name="over") for each in given]
    if not found:
        raise AuditError("over is empty; name at least one column.")
    for column in (name for by in found for name in by):
        if column not in known:
            raise AuditError(
                f"over names {column!r}, which is not a stratum or domain column of the sample "
                f"({', '.join(known) or 'it has none'}); domains are named when the frame is built."
            )
    return found


def _cases(
    findings: Findings, indicator: str, missing: MissingRule
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return errors and weights of the cases that count, and which of the sample they are."""
    sample = findings.sample
    outcomes = np.asarray(
        any_error(findings.outcome_table())
        if indicator == ANY_ERROR
        else findings.outcomes(indicator),
        dtype=object,
    )
    strata = stratum_of_cases(sample)
    refuse_chosen_reading_order(findings, indicator, outcomes.tolist(), strata)
    wrong, right = outcomes == "error", outcomes == "correct"
    if missing == "error":
        wrong |= outcomes == "missing file"
    elif missing == "correct":
        right |= outcomes == "missing file"
    population = sample.strata["population"].to_numpy().astype(np.float64)
    taken = np.bincount(strata[outcomes != "not reviewed"], minlength=len(population))
    weights = (population / np.maximum(taken, 1))[strata]
    counts = np.asarray(wrong | right)
    return wrong[counts].astype(np.float64), weights[counts], counts


def _groups(findings: Findings, by: tuple[str, ...], read: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of each read case's group."""
    cases = findings.sample.cases.loc[read, list(by)].astype(str)
    labels = list(cases.itertuples(index=False, name=None))
    place = {label: number for number, label in enumerate(sorted(set(labels)))}
    return np.array([place[label] for label in labels], dtype=np.int64)


def _row(
    indicator: str,
    by: tuple[str, ...],
    errors: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
    level: float,
    dealing: tuple[int, int],
) -> Worth:
    number = len(np.unique(groups))
    nan = math.nan
    row = Worth(
        indicator, " x ".join(by), number, len(errors), nan, nan, nan, nan, nan, nan, nan, ""
    )
    if number < 2 or number >= len(errors):
        return replace(row, verdict="one group only" if number < 2 else "a group for every case")
    if errors.all() or not errors.any():
        return replace(row, verdict="no case differs from another")
    found = explained_share(errors, weights, groups, level=level, deals=dealing[0], seed=dealing[1])
    return replace(
        row,
        found=found.found,
        chance=found.chance,
        explained=max(found.net, 0.0),
        low=found.low,
        high=found.high,
        p_value=found.p_value,
    )


def _judged(rows: list[Worth], level: float) -> list[Worth]:
    """Return the rows with Holm's adjusted p-values (Holm 1979) and what they allow to say."""
    result = []
    for row, p in zip(rows, adjusted([row.p_value for row in rows], "holm"), strict=True):
        if math.isnan(p):
            verdict = row.verdict
        elif p <= 1 - level:
            verdict = "worth it" if row.explained >= _LITTLE else "differs, but saves little"
        elif row.high < _LITTLE:
            verdict = "not worth it"
        else:
            verdict = "cannot be told from chance"
        result.append(replace(row, p_adjusted=p, verdict=verdict))
    return result
