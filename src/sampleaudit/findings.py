"""Findings: one outcome per case and indicator, complete against the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.checklist.answers import Outcome
from sampleaudit.checklist.judging import Review
from sampleaudit.checklist.model import Checklist
from sampleaudit.checklist.reviews import Reviews, verdicts_of
from sampleaudit.checklist.tables import refuse_gaps, reviews_from_table
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.ids import as_pandas, clean_ids, near_names, refuse_bad_ids
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        "error": "the indicator shows an error",
        "correct": "the indicator shows none, or a lawful exception",
        "not applicable": "the duty did not apply to the case",
        "missing file": "the file could not be produced",
        "not reviewed": "nobody has read the case yet",
        "out of population": "reading showed that the case does not belong in the caseload",
    }
)
ANY_ERROR: Final = "any error"
_SPELLINGS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        **{word: word for word in OUTCOMES},
        "1": "error",
        "true": "error",
        "0": "correct",
        "false": "correct",
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Findings:
    """What the reviewers found, made by `record_findings`: an outcome per case and indicator.

    ``checklist`` is the one that the outcomes follow, if any; ``reviews`` are the entries in
    workbooks that they come from, if they do.
    """

    sample: Sample
    indicators: tuple[str, ...]
    _outcomes: pd.DataFrame
    checklist: Checklist | None = None
    reviews: Reviews | None = None
    _days_late: pd.DataFrame | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the sample's cases (id, strata, domains, order, ticket) with their outcomes."""
        return self.sample.cases.join(self._outcomes)

    def outcomes(self, indicator: str) -> list[str]:
        """Return the outcomes of one indicator, in the order of the sample's cases."""
        if indicator not in self.indicators:
            raise AuditError(
                f"There is no indicator {indicator!r}{near_names(indicator, self.indicators)}"
            )
        return self._outcomes[indicator].tolist()  # quicker than going through it

    def outcome_table(self) -> pd.DataFrame:
        """Return the outcomes alone, a column per indicator, in the order of the sample's cases."""
        return self._outcomes.copy()

    def days_late(self) -> pd.DataFrame:
        """Return the case ids and, for every indicator with a deadline, the days late.

        In calendar days, 0 for in time, nan where the deadline does not apply or nothing was done.
        For `record_measures`, with ``blank="not applicable"``. Raises `AuditError` without any.
        """
        if self._days_late is None or self._days_late.columns.empty:
            raise AuditError(
                "The findings have no deadlines; they come from a checklist with some."
            )
        return self.sample.cases[[self.sample.case_id]].join(self._days_late)

    @property
    def open(self) -> pd.DataFrame:
        """What is not reviewed yet: the case, ``reviewer`` and the open ``indicators``.

        A row per case and reviewer who has not finished it, second readings too; ``reviewer`` is
        "" where no workbook tells who reads the case.
        """
        import pandas as pd

        ids = self.sample.cases[self.sample.case_id].tolist()
        rows = [("", case, flags) for case, flags in zip(ids, self._unread(), strict=True)]
        if self.reviews is not None:
            given = {each.case_id for each in self.reviews.reviews}
            rows = [row for row in rows if row[1] not in given]
            rows += [(who, case, flags) for case, who, flags in self.reviews.open()]
        place = {case: number for number, case in enumerate(ids)}
        rows = sorted((row for row in rows if row[2]), key=lambda row: (place[row[1]], row[0]))
        table = [(case, reviewer, ", ".join(flags)) for reviewer, case, flags in rows]
        return pd.DataFrame(table, columns=[self.sample.case_id, "reviewer", "indicators"])

    def _unread(self) -> list[list[str]]:
        """Return the indicators that are not reviewed, case by case."""
        unread = (self._outcomes == "not reviewed").to_numpy()
        return [list(self._outcomes.columns[flags]) for flags in unread]

    @property
    def completeness(self) -> pd.DataFrame:
        """How often each outcome occurs: a row per indicator, a column per outcome."""
        import pandas as pd

        counts = {
            name: self._outcomes[name].value_counts().reindex(list(OUTCOMES), fill_value=0)
            for name in self.indicators
        }
        return pd.DataFrame(counts).T.rename_axis("indicator").reset_index()

    def __repr__(self) -> str:
        unread = int((self._outcomes == "not reviewed").any(axis=1).sum())
        state = "all read" if not unread else f"{unread} not read or not read in full"
        return f"Findings: {self.sample.size} cases x {len(self.indicators)} indicators, {state}"


def record_findings(
    sample: Sample,
    answers: Any,
    *,
    indicators: Sequence[str] | None = None,
    checklist: Checklist | None = None,
    blank: Outcome | None = None,
) -> Findings:
    """Record what was found: a table with the case id column and a column per indicator.

    An answer is ``True``, 1 or "error"; ``False``, 0 or "correct"; "not applicable", "missing
    file", "not reviewed" or "out of population". ``indicators`` names the columns to take; without
    it, all columns that are not the sample's own. Raises `AuditError` for a blank (unless ``blank``
    names the outcome that it stands for), an unknown answer, a case that is not in the sample, is
    answered twice, or has no answers. With a ``checklist`` the columns hold its answers and dates
    (`sampleaudit.checklist.tables`), and the outcomes follow its conditions and deadlines.
    """
    if blank is not None:
        one_of("blank", blank, tuple(OUTCOMES))
    table = as_pandas(answers)
    if sample.case_id not in table.columns:
        raise AuditError(
            f"The answers have no column {sample.case_id!r}"
            f"{near_names(sample.case_id, table.columns)} It must hold the case ids."
        )
    columns = [] if checklist else _indicator_columns(sample, table, indicators)
    ids = clean_ids(table[sample.case_id], column=sample.case_id, source="table")
    refuse_bad_ids(ids, column=sample.case_id)
    wanted = sample.cases[sample.case_id]
    _refuse_other_cases(wanted.tolist(), ids.tolist())
    if checklist is not None:
        if indicators is not None or blank not in (None, "not reviewed"):
            raise AuditError(
                "A checklist names the indicators and tells what does not apply: leave indicators "
                "out, and let a blank be 'not reviewed' or nothing."
            )
        rows = table.set_axis(ids.tolist(), axis=0).loc[wanted.tolist()].reset_index(drop=True)
        reviews = reviews_from_table(rows, sample.cases, wanted.tolist(), checklist)
        refuse_gaps(reviews, checklist, may_be_open=blank is not None)
        counting = {review.case_id: review for review in reviews.reviews}
        return findings_from(sample, checklist, counting, None)
    aligned = table[columns].set_axis(ids.tolist(), axis=0).loc[wanted.tolist()]
    outcomes = aligned.reset_index(drop=True)
    for column in columns:
        outcomes[column] = _outcomes(outcomes[column], wanted, blank)
    _refuse_half_out_of_population(outcomes, wanted)
    return Findings(sample, tuple(columns), outcomes)


def findings_from(
    sample: Sample, checklist: Checklist, counting: Mapping[str, Review], reviews: Reviews | None
) -> Findings:
    """Return the findings that come of one review per case; a case without one is not reviewed."""
    import pandas as pd

    keys = list(checklist.keys)
    verdicts = verdicts_of(checklist, counting, sample.cases[sample.case_id].tolist())
    outcomes = pd.DataFrame(
        {key: [each[key].outcome for each in verdicts] for key in keys}, dtype=object
    )
    late = {
        indicator.key: [each[indicator.key].days_late for each in verdicts]
        for indicator in checklist.indicators
        if indicator.is_computed
    }
    return Findings(sample, tuple(keys), outcomes, checklist, reviews, pd.DataFrame(late))


def any_error(outcomes: pd.DataFrame) -> list[str]:
    """Return per case whether it has an error in at least one applicable indicator.

    A case that is out of the population or not read in full is that; else an error anywhere is an
    error; else a missing file is missing; else one correct answer makes the case correct; a case
    to which no indicator applies is not applicable.
    """
    ranked: tuple[Outcome, ...] = (
        "out of population", "not reviewed", "error", "missing file", "correct",
    )  # fmt: skip
    values = outcomes.to_numpy(dtype=object)
    conditions = [(values == outcome).any(axis=1) for outcome in ranked]
    return list(np.select(conditions, list(ranked), default="not applicable"))


def _indicator_columns(
    sample: Sample, table: pd.DataFrame, indicators: Sequence[str] | None
) -> list[str]:
    if isinstance(indicators, str):
        raise AuditError(f"indicators is the text {indicators!r}; give a list of column names.")
    if indicators is None:
        columns = [name for name in table.columns if name not in set(sample.cases.columns)]
    else:
        columns = list(indicators)
    for name in columns:
        if name not in table.columns:
            raise AuditError(
                f"The answers have no column {name!r}{near_names(name, table.columns)}"
            )
        if not isinstance(name, str) or not name.strip() or name == ANY_ERROR:
            raise AuditError(f"An indicator cannot be called {name!r}; rename the column.")
    if not columns:
        raise AuditError("The answers have no indicator column beside the case ids.")
    if len(set(columns)) < len(columns):
        raise AuditError("An indicator is named twice; name each column once.")
    return columns


def _refuse_other_cases(wanted: list[str], given: list[str]) -> None:
    known, answered = set(wanted), set(given)
    strangers = [masked(case) for case in given if case not in known]
    if strangers:
        raise AuditError(
            f"The answers hold {len(strangers)} cases that are not in the sample: "
            f"{first_few(strangers)}. Only drawn cases speak for the caseload; remove them."
        )
    silent = [masked(case) for case in wanted if case not in answered]
    if silent:
        raise AuditError(
            f"{len(silent)} cases of the sample have no answers: {first_few(silent)}. Add them, "
            f"with 'not reviewed' or 'missing file' where that is so."
        )


def _outcomes(
    values: pd.Series[Any], case_ids: pd.Series[Any], blank: Outcome | None
) -> list[Outcome | None]:
    """Return one column of answers as outcomes; refuse blanks and unknown answers."""
    import pandas as pd

    numbers, distinct = pd.factorize(values.astype(object))
    meanings = [*(_outcome(value, blank) for value in distinct), blank]  # -1, the last: missing
    result: list[Outcome | None] = [meanings[number] for number in numbers]
    empty = [masked(case) for case, value in zip(case_ids, result, strict=True) if value is None]
    if empty:
        raise AuditError(
            f"Indicator {values.name!r} is blank for {len(empty)} cases: {first_few(empty)}. Fill "
            f"them in, or say what a blank means, as blank='not reviewed'."
        )
    unknown = [
        f"{value!r} for case {masked(case)!r}"
        for case, value, outcome in zip(case_ids, values, result, strict=True)
        if outcome not in OUTCOMES
    ]
    if unknown:
        raise AuditError(
            f"Indicator {values.name!r} has {len(unknown)} answers that are not known: "
            f"{', '.join(unknown[:3])}. Allowed are 1 or 'error', 0 or 'correct', "
            f"'not applicable', 'missing file', 'not reviewed' and 'out of population'."
        )
    return result


def _outcome(value: Any, blank: Outcome | None) -> Any:
    """Return the outcome, None for a blank, or "" for an answer that is not known."""
    if isinstance(value, str):
        return (
            blank if not value.strip() else _SPELLINGS.get(" ".join(value.split()).casefold(), "")
        )
    if isinstance(value, bool | np.bool_ | int | float | np.integer | np.floating):
        return {1.0: "error", 0.0: "correct"}.get(float(value), "")
    return ""


def _refuse_half_out_of_population(outcomes: pd.DataFrame, case_ids: pd.Series[Any]) -> None:
    out = outcomes == "out of population"
    half = out.any(axis=1) & ~out.all(axis=1)
    if half.any():
        cases = first_few([masked(case) for case in case_ids[half.to_numpy()]])
        raise AuditError(
            f"{int(half.sum())} cases are out of the population in some indicators only: {cases}. "
            f"A case belongs to the caseload or it does not; answer all its indicators alike."
        )
