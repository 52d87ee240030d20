"""Opening the reserve: the next case of a stratum, for a reason from a closed list, on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.checklist.answers import folded
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.sample import Sample, refuse_clusters, with_opened

if TYPE_CHECKING:
    import pandas as pd

Reason = Literal["out of population", "duplicate", "outside the period"]

REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        "out of population": "reading showed that the case does not belong in the caseload",
        "duplicate": "the register has the case twice, and this entry is none of its own",
        "outside the period": "the case lies outside the period of the audit",
    }
)
"""The only reasons to open the reserve. All say that a case drawn is none of the caseload's."""
_NO_REASON: Final = ("missing", "lost", "gone", "not found", "cannot be found", "unavailable",
                     "mangler", "bortkommet", "forsvundet")  # fmt: skip
_LONGEST_NAME: Final = 60


def open_reserve(
    sample: Sample,
    stratum: str | Sequence[str] = (),
    *,
    reason: Reason,
    by: str,
    instead_of: str | None = None,
    at: dt.datetime | None = None,
) -> Sample:
    """Return the sample with the next case of a stratum's reserve among those to read.

    Nobody chooses the case: it has the next ticket. ``stratum`` is its label, several in the order
    of the stratum columns. ``reason`` is one of `REASONS`; ``by`` says who opened it, in initials;
    ``instead_of`` names the case that turned out to be none of the caseload's; ``at`` is the time,
    by the clock unless given. All of it goes into the log (`opened_cases`) and is saved with the
    draw. The case that was replaced stays in the sample with the outcome "out of population", and
    rates are over the eligible. Raises `AuditError` for another reason, a file that is missing
    above all: that is an outcome, and to replace it would hide it.
    """
    refuse_clusters(sample, "open_reserve")
    if sample.selection != "drawn":
        raise AuditError("Only a sample drawn here has a reserve; this one was declared.")
    _check_reason(reason)
    who = _checked_name(by)
    labels = (stratum,) if isinstance(stratum, str) else tuple(stratum)
    _check_stratum(sample, labels)
    columns = list(sample.stratify_by)
    if instead_of is not None:
        _check_replaced(sample, instead_of, labels)
    reserve = sample.reserve
    if columns:
        reserve = reserve[(reserve[columns].astype(str) == list(labels)).all(axis=1)]
    where = " / ".join(labels) or "the caseload"
    if reserve.empty:
        raise AuditError(
            f"The reserve of {where} is used up. Extend the sample by a larger plan with the same "
            f"seed (extend); the tickets go on where they ended."
        )
    row = reserve.sort_values("order").iloc[0]
    time = at or dt.datetime.now(dt.UTC)
    if time.tzinfo is None:
        raise AuditError("at has no time zone; give one, as datetime.now(timezone.utc) has.")
    entry = {
        "case": str(row[sample.case_id]),
        "stratum": list(labels),
        "order": int(row["order"]),
        "reason": reason,
        "instead_of": instead_of,
        "by": who,
        "at": time.isoformat(timespec="seconds"),
    }
    return with_opened(sample, [*sample.manifest.get("opened", ()), entry])


def opened_cases(sample: Sample) -> pd.DataFrame:
    """Return the log of the reserve: a row per case opened, in the order of opening.

    Columns: the case id, the stratum columns, ``order``, ``reason``, ``instead_of``, ``by`` and
    ``at``.
    """
    import pandas as pd

    columns = [sample.case_id, *sample.stratify_by, "order", "reason", "instead_of", "by", "at"]
    rows = [
        (
            each["case"], *each["stratum"], each["order"], each["reason"], each["instead_of"],
            each["by"], each["at"],
        )
        for each in sample.manifest.get("opened", ())
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _check_reason(reason: Any) -> None:
    if reason in REASONS:
        return
    text = folded(str(reason))
    if any(word in text for word in _NO_REASON):
        raise AuditError(
            f"{masked(str(reason))!r} is no reason to open the reserve: a file that cannot be "
            f"produced is an outcome, 'missing file', and counts as the plan says. To read another "
            f"in its place would hide it. Enter 'missing file' for the case."
        )
    words = "; ".join(f"{name!r} ({why})" for name, why in REASONS.items())
    raise AuditError(
        f"{masked(str(reason))!r} is no reason to open the reserve. The only ones are: {words}."
    )


def _checked_name(by: Any) -> str:
    name = " ".join(by.split()) if isinstance(by, str) else ""
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise AuditError(f"by is {by!r}; say who opened the reserve, by name or initials.")
    if masked(name) != name:
        raise AuditError("by holds what looks like a CPR number; use initials.")
    return name


def _check_stratum(sample: Sample, labels: tuple[str, ...]) -> None:
    columns = list(sample.stratify_by)
    known = list(sample.strata[columns].astype(str).itertuples(index=False, name=None))
    if not columns:
        known = [()]
    if labels not in known:
        names = [" / ".join(each) for each in known]
        given = " / ".join(map(str, labels)) or "nothing"
        wanted = f"in the order {', '.join(columns)}" if columns else "the sample has no strata"
        raise AuditError(
            f"stratum is {given!r}, which is none of the sample's ({wanted}): {first_few(names)}."
        )


def _check_replaced(sample: Sample, case: str, labels: tuple[str, ...]) -> None:
    cases = sample.cases.set_index(sample.case_id)
    if case not in cases.index:
        raise AuditError(
            f"instead_of names {masked(case)!r}, which is not in the sample; only a case that was "
            f"drawn can be replaced."
        )
    own = tuple(str(cases.loc[case, column]) for column in sample.stratify_by)
    if own != labels:
        raise AuditError(
            f"instead_of names {masked(case)!r}, which is in stratum {' / '.join(own)!r}; open the "
            f"reserve of that one."
        )
    for each in sample.manifest.get("opened", ()):
        if each["instead_of"] == case:
            raise AuditError(
                f"Case {masked(case)!r} was replaced before, by {masked(each['case'])!r} on "
                f"{each['at']}; a case is replaced once."
            )
