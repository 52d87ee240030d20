"""Whether reviewers judge alike, and alike from the first file to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.checklist.judging import judge_by
from sampleaudit.errors import AuditError
from sampleaudit.estimates.counts import stratum_of_cases
from sampleaudit.estimates.display import Readable, Shown, html_table, text_table
from sampleaudit.findings import Findings
from sampleaudit.formulas.agreement import exact_p
from sampleaudit.review.agreement import reviews_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Counted = tuple[int, bool]
"""The stratum of a case that an indicator applies to, and whether it was found to be an error."""
_JUDGED: Final = ("error", "correct")


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One reviewer and indicator; every pair counts errors and the cases that they are of."""

    indicator: str
    reviewer: str
    own: tuple[int, int]
    others: tuple[int, int]
    p_others: float
    first_half: tuple[int, int]
    second_half: tuple[int, int]
    p_halves: float


@dataclass(frozen=True, slots=True, repr=False)
class Drift(Readable):
    """Errors found by each reviewer, made by `reviewer_drift`."""

    rows: tuple[DriftRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a row per indicator and reviewer.

        Columns: ``indicator``, ``reviewer``; ``errors`` and ``read``, their own; ``errors_others``
        and ``read_others``, of the cases they did not read; ``p_others``; ``errors_first``,
        ``read_first``, ``errors_second``, ``read_second``, of their halves; ``p_halves``.
        """
        import pandas as pd

        columns = ["indicator", "reviewer", "errors", "read", "errors_others", "read_others",
                   "p_others", "errors_first", "read_first", "errors_second", "read_second",
                   "p_halves"]  # fmt: skip
        rows = [
            (
                row.indicator, row.reviewer, *row.own, *row.others, row.p_others, *row.first_half,
                *row.second_half, row.p_halves,
            )
            for row in self.rows
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _shown(self) -> Shown:
        head = ["indicator", "reviewer", "errors", "others", "p", "first half", "second half", "p"]
        body = [
            [
                row.indicator, row.reviewer, _of(row.own), _of(row.others), f"{row.p_others:.3f}",
                _of(row.first_half), _of(row.second_half), f"{row.p_halves:.3f}",
            ]
            for row in self.rows
        ]  # fmt: skip
        note = (
            f"{2 * len(self.rows)} p-values: about one in twenty is below 0.05 by chance alone; "
            f"below {0.05 / (2 * len(self.rows)):.2g} is not (Bonferroni)"
        )
        return head, body, [note]

    @property
    def _left(self) -> int:
        return 2

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return text_table(*self._shown(), left=2)

    def _repr_html_(self) -> str:
        return html_table(*self._shown(), left=2)


def reviewer_drift(findings: Findings, indicators: str | Sequence[str] | None = None) -> Drift:
    """Compare what each reviewer found with what the others found, and early with late.

    Cases are dealt out at random within strata, so that reviewers who judge alike find errors at
    like rates, within chance; and a reviewer's sheet stands in the order of the draw, so that its
    first and second half are alike. Both p-values are exact and by stratum
    (`sampleaudit.formulas.agreement.exact_p`), not adjusted for their number. Counted are cases
    that the indicator applies to, as they were read, whatever was reconciled later.
    """
    reviews = reviews_of(findings)
    if len(reviews.reviewers) < 2:
        raise AuditError("One reviewer read all; there are no others to compare with.")
    names = _names(findings, indicators)
    ids = findings.sample.cases[findings.sample.case_id].tolist()
    stratum = dict(zip(ids, stratum_of_cases(findings.sample).tolist(), strict=True))
    strata = len(findings.sample.strata)
    judge = judge_by(reviews.checklist)
    judged = [(each, judge.verdicts(each)) for each in reviews.reviews]
    by_reviewer = {
        name: {each.case_id for each in reviews.reviews if each.reviewer == name}
        for name in reviews.reviewers
    }
    rows = []
    for name in names:
        for reviewer in reviews.reviewers:
            own: list[Counted] = []
            others: list[Counted] = []
            for review, verdicts in judged:
                outcome = verdicts[name].outcome
                if outcome not in _JUDGED:
                    continue
                counted = stratum[review.case_id], outcome == "error"
                if review.reviewer == reviewer:
                    own.append(counted)
                elif review.case_id not in by_reviewer[reviewer]:
                    others.append(counted)
            middle = (len(own) + 1) // 2
            first, second = own[:middle], own[middle:]
            rows.append(
                DriftRow(
                    name, reviewer, _count(own), _count(others), _p(own, others, strata),
                    _count(first), _count(second), _p(first, second, strata),
                )
            )  # fmt: skip
    return Drift(tuple(rows))


def _names(findings: Findings, indicators: str | Sequence[str] | None) -> list[str]:
    if indicators is None:
        return list(findings.indicators)
    names = [indicators] if isinstance(indicators, str) else list(indicators)
    for name in names:
        findings.outcomes(name)  # refuses an unknown indicator
    return names


def _p(one: Sequence[Counted], other: Sequence[Counted], strata: int) -> float:
    errors, size = _by_stratum(one, strata)
    more_errors, more = _by_stratum(other, strata)
    return exact_p(errors, size, errors + more_errors, size + more)


def _by_stratum(
    counted: Sequence[Counted], strata: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    errors, size = np.zeros(strata, dtype=np.int64), np.zeros(strata, dtype=np.int64)
    for stratum, error in counted:
        size[stratum] += 1
        errors[stratum] += error
    return errors, size


def _count(counted: Sequence[Counted]) -> tuple[int, int]:
    return sum(error for _, error in counted), len(counted)


def _of(pair: tuple[int, int]) -> str:
    return f"{pair[0]} of {pair[1]}"
