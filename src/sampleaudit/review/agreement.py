"""Double review: how far two people who read the same files say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sampleaudit.analysis import check_level
from sampleaudit.checklist.answers import Outcome
from sampleaudit.checklist.judging import Review, judge_by
from sampleaudit.checklist.reviews import Reviews
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable, Shown, html_table, text_table
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.formulas.agreement import Coefficient, binomial_limits, cohen_kappa, gwet_ac1

if TYPE_CHECKING:
    import pandas as pd

_ALWAYS: Final[tuple[Outcome, ...]] = ("error", "correct")
"""Outcomes that are possible whether they occurred or not; others count where they occur."""
_UNREAD: Final = "not reviewed"


@dataclass(frozen=True, slots=True)
class DoubleReading:
    """A case that two people read: the review that counted, the other, what they agreed on."""

    case_id: str
    first: Review
    second: Review
    reconciled: Review | None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """One indicator: ``cases`` read by two, ``agreed`` of them alike; ``share`` is of 1."""

    indicator: str
    cases: int
    agreed: int
    share_low: float
    share_high: float
    kappa: Coefficient
    ac1: Coefficient
    remarks: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of cases (of 1) in which both readings have the same outcome."""
        return self.agreed / self.cases if self.cases else float("nan")


@dataclass(frozen=True, slots=True, repr=False)
class Agreement(Readable):
    """Agreement of two readings by indicator, made by `measure_agreement`."""

    level: float
    rows: tuple[AgreementRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing; nothing is rounded, shares are of 1.

        Columns: ``indicator``, ``cases``, ``agreed``, ``share``, ``share_low``, ``share_high``, and
        the same three for ``kappa`` and ``ac1``, ``level``, ``remarks``.
        """
        import pandas as pd

        columns = ["indicator", "cases", "agreed"]
        columns += [f"{n}{end}" for n in ("share", "kappa", "ac1") for end in ("", "_low", "_high")]
        rows = [
            (
                row.indicator, row.cases, row.agreed, row.share, row.share_low, row.share_high,
                *_three(row.kappa), *_three(row.ac1), self.level, "; ".join(row.remarks),
            )
            for row in self.rows
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=[*columns, "level", "remarks"])

    def _shown(self) -> Shown:
        head = ["indicator", "read twice", "agreed", f"{100 * self.level:g}%", "kappa", "limits",
                "AC1", "limits"]  # fmt: skip
        notes: list[str] = []
        body = []
        for row in self.rows:
            for remark in row.remarks:
                if remark not in notes:
                    notes.append(remark)
            marks = "".join(f" [{notes.index(remark) + 1}]" for remark in row.remarks)
            share = [f"{100 * value:.0f}%" for value in (row.share, row.share_low, row.share_high)]
            body.append(
                [
                    row.indicator + marks, str(row.cases), share[0] if row.cases else "-",
                    f"{share[1]} to {share[2]}", *_said(row.kappa), *_said(row.ac1),
                ]
            )  # fmt: skip
        return head, body, notes

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return text_table(*self._shown())

    def _repr_html_(self) -> str:
        return html_table(*self._shown())


def measure_agreement(findings: Findings, *, level: float = 0.95) -> Agreement:
    """Measure how far two reviewers agree, for every indicator and for any error.

    Compared are outcomes (error, correct, not applicable, missing file, out of population) of the
    cases that both have finished, as they were read, whatever was reconciled later. ``share`` has
    Clopper-Pearson limits, Cohen's kappa and Gwet's AC1 those of `sampleaudit.formulas.agreement`.
    Raises `AuditError` where no case was read by two.
    """
    check_level(level)
    table = double_readings(findings)
    rows = []
    for name in table["indicator"].unique().tolist():
        pairs = table.loc[table["indicator"] == name, ["first", "second"]].to_numpy().tolist()
        rows.append(_row(name, [(a, b) for a, b in pairs if _UNREAD not in (a, b)], level))
    return Agreement(level, tuple(rows))


def double_readings(findings: Findings) -> pd.DataFrame:
    """Return what each reader of a case read twice found: a row per case and indicator.

    Columns: the case id, ``indicator`` (``any error`` last), ``first_reviewer`` and ``first``, the
    outcome that counted; ``second_reviewer`` and ``second``; ``reconciled``, what they agreed on in
    the end, None where they did not differ or have not agreed yet.
    """
    import pandas as pd

    reviews = reviews_of(findings)
    judge = judge_by(reviews.checklist)
    keys = list(reviews.checklist.keys)
    case_id = findings.sample.case_id
    columns = [case_id, "indicator", "first_reviewer", "first", "second_reviewer", "second",
               "reconciled"]  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for pair in doubly_read(findings):
        first, second = (
            _outcomes(judge.verdicts(each), keys) for each in (pair.first, pair.second)
        )
        agreed: dict[str, Any] = {}
        if pair.reconciled is not None:
            agreed = _outcomes(judge.verdicts(pair.reconciled), keys)
        rows += [
            (
                pair.case_id, key, pair.first.reviewer, first[key], pair.second.reviewer,
                second[key], agreed.get(key),
            )
            for key in (*keys, ANY_ERROR)
        ]  # fmt: skip
    place = {name: number for number, name in enumerate((*keys, ANY_ERROR))}
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    order = table["indicator"].map(place).to_numpy().argsort(kind="stable")
    return table.iloc[order].reset_index(drop=True)


def doubly_read(findings: Findings) -> tuple[DoubleReading, ...]:
    """Return the cases that two people were given. Raises `AuditError` if there are none."""
    reviews = reviews_of(findings)
    twice = set(reviews.doubly_read)
    if not twice:
        raise AuditError(
            "No case was given to two reviewers, so there is no agreement to measure. Merge the "
            "findings of all workbooks; double_review in write_workbook says how many are."
        )
    first = reviews.as_read()
    agreed = {review.case_id: review for review in reviews.reconciled}
    found = []
    for case in reviews.doubly_read:
        others = [
            review
            for review in reviews.reviews
            if review.case_id == case and review.reviewer != first[case].reviewer
        ]
        found.append(DoubleReading(case, first[case], others[0], agreed.get(case)))
    return tuple(found)


def reviews_of(findings: Findings) -> Reviews:
    """Return what the reviewers entered. Raises `AuditError` for findings without."""
    if findings.reviews is None:
        raise AuditError(
            "These findings do not tell who reviewed what; give what read_workbook or "
            "merge_findings returns."
        )
    return findings.reviews


def _outcomes(verdicts: Any, keys: Sequence[str]) -> dict[str, str]:
    import pandas as pd

    found = {key: str(verdicts[key].outcome) for key in keys}
    return {**found, ANY_ERROR: any_error(pd.DataFrame([found], dtype=object))[0]}


def _row(name: str, pairs: Sequence[tuple[str, str]], level: float) -> AgreementRow:
    seen = {outcome for pair in pairs for outcome in pair}
    categories = [*_ALWAYS, *sorted(seen - {*_ALWAYS})]
    counts = [[pairs.count((one, other)) for other in categories] for one in categories]
    agreed = sum(one == other for one, other in pairs)
    kappa, ac1 = cohen_kappa(counts, level=level), gwet_ac1(counts, level=level)
    remarks = []
    if not pairs:
        remarks.append("nobody has finished a case that two people read")
    elif agreed == len(pairs):
        remarks.append("all agree: kappa and AC1 have no limits; the share agreed has")
    if pairs and kappa.value != kappa.value:
        remarks.append("one outcome only: kappa needs two")
    low, high = binomial_limits(agreed, len(pairs), level=level)
    return AgreementRow(name, len(pairs), agreed, low, high, kappa, ac1, tuple(remarks))


def _three(found: Coefficient) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _said(found: Coefficient) -> tuple[str, str]:
    value = "-" if found.value != found.value else f"{found.value:.2f}"
    limits = "-" if found.low != found.low else f"{found.low:.2f} to {found.high:.2f}"
    return value, limits
