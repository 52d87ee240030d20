"""Several workbooks, or several copies of one, become one set of findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sampleaudit.checklist.judging import Review
from sampleaudit.checklist.reviews import Reviews
from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.findings import Findings, findings_from
from sampleaudit.review.record import sample_identity


def merge_findings(parts: Iterable[Findings]) -> Findings:
    """Return the findings of several workbooks together; `Findings.open` says what is still open.

    They must be of the same draw and the same checklist. A cell that is blank in one workbook is
    taken from the other; where a reviewer's two copies differ, both are named and nothing is
    merged. The sample is the largest one, so the first cases of a draw that was extended later
    count too. Raises `AuditError` for findings that do not fit together.
    """
    found = [parts] if isinstance(parts, Findings) else list(parts)
    if not found:
        raise AuditError(
            "There are no findings to merge; give a list of what read_workbook returns."
        )
    for each in found:
        if not isinstance(each, Findings) or each.reviews is None:
            raise AuditError(
                "Only findings read from workbooks can be merged: they know who reviewed what. "
                "Give what read_workbook returns."
            )
    reviews = [each.reviews for each in found if each.reviews is not None]
    _refuse_others(found, reviews)
    merged: dict[tuple[str, str], Review] = {}
    clashes: list[str] = []
    for review in (review for each in reviews for review in each.reviews):
        key = (review.case_id, review.reviewer)
        merged[key] = _together(merged[key], review, clashes) if key in merged else review
    if clashes:
        raise AuditError(
            f"Two copies of a reviewer's answers differ in {len(clashes)} places: "
            f"{'; '.join(clashes[:10])}. Clear the answer that is wrong and read both again."
        )
    sample = max((each.sample for each in found), key=lambda each: each.size)
    known = set(sample.cases[sample.case_id].tolist())
    strangers = {case for case, _ in merged} - known
    if strangers:
        raise AuditError(
            f"{len(strangers)} reviewed cases are not in the larger sample: "
            f"{first_few(sorted(map(masked, strangers)))}. Give findings of one draw."
        )
    together = Reviews(
        reviews[0].checklist,
        reviews[0].identity,
        _commitment(reviews),
        tuple(merged.values()),
        tuple({review.case_id: review for r in reviews for review in r.reconciled}.values()),
    )
    return findings_from(sample, together.checklist, together.counting(), together)


def _refuse_others(found: Sequence[Findings], reviews: Sequence[Reviews]) -> None:
    if len({sample_identity(each.sample) for each in found} | {r.identity for r in reviews}) > 1:
        raise AuditError("The findings are of different samples; merge those of one draw.")
    versions = {each.checklist.digest: each.checklist for each in reviews}
    if len(versions) > 1:
        names = " and ".join(f"{each.name!r} version {each.version}" for each in versions.values())
        raise AuditError(
            f"The findings follow different checklists: {names}. Merge those of one version."
        )


def _commitment(reviews: Sequence[Reviews]) -> str:
    found = list(dict.fromkeys(each.commitment for each in reviews if each.commitment))
    if len(found) > 1:
        raise AuditError(
            "The workbooks come from different assignments of cases to reviewers: the hashes of "
            "their review seeds differ. Merge those that were written together."
        )
    return found[0] if found else ""


def _together(one: Review, other: Review, clashes: list[str]) -> Review:
    """Return two copies of a review as one; note where both say something and differ."""
    where = f"case {masked(one.case_id)!r}, reviewer {one.reviewer!r}"
    state = one.state or other.state
    if one.state and other.state and one.state != other.state:
        clashes.append(f"{where}: the file is {one.state!r} and {other.state!r}")
    comments = dict.fromkeys(filter(None, (one.comment, other.comment)))
    return replace(
        one,
        state=state,
        answers=_joined(one.answers, other.answers, where, clashes),
        dates=_joined(one.dates, other.dates, where, clashes),
        evidence={**other.evidence, **one.evidence},
        comment=" / ".join(comments),
    )


def _joined(
    one: Mapping[str, Any], other: Mapping[str, Any], where: str, clashes: list[str]
) -> dict[str, Any]:
    clashes += [
        f"{where}, {key!r}: {_said(one[key])} and {_said(other[key])}"
        for key in one
        if key in other and one[key] != other[key]
    ]
    return {**other, **one}


def _said(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else repr(value)
