"""Everything the reviewers entered, kept beside the findings that came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sampleaudit.checklist.judging import Review, Verdict, judge_by
from sampleaudit.checklist.model import Checklist

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Reviews:
    """The reviews of a sample: one for each case and reviewer, as read from workbooks.

    ``identity`` is the hash that tells the draw, ``commitment`` that of the seed by which cases
    were given to reviewers ("" where it was the public one). ``reconciled`` has what two reviewers
    of a case agreed on in the end, if they differed; both originals stay in ``reviews``. Comments
    are in `comments` only, and in no export.
    """

    checklist: Checklist
    identity: str
    commitment: str
    reviews: tuple[Review, ...]
    reconciled: tuple[Review, ...] = ()

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The reviewers, in the order in which they first occur."""
        return tuple(dict.fromkeys(review.reviewer for review in self.reviews))

    @property
    def doubly_read(self) -> tuple[str, ...]:
        """The cases that more than one reviewer has been given, in order."""
        counts = Counter(review.case_id for review in self.reviews)
        return tuple(case for case, count in counts.items() if count > 1)

    def counting(self) -> dict[str, Review]:
        """Return the review of each case that its findings come from: `as_read`, or reconciled."""
        agreed = {review.case_id: review for review in self.reconciled}
        return {**self.as_read(), **agreed}

    def as_read(self) -> dict[str, Review]:
        """Return the review of each case that counted before anything was reconciled.

        Of a case read twice it is the one whose SHA-256 of ``identity|case id|reviewer`` is the
        smaller: fixed before anyone reads, open to all, and no sign that a case is read twice.
        """
        return _counting(self.reviews, self.identity)

    def open(self) -> list[tuple[str, str, list[str]]]:
        """Return case, reviewer and open indicators of every review that is not finished."""
        judge = judge_by(self.checklist)
        found = []
        for review in self.reviews:
            verdicts = judge.verdicts(review)
            keys = [key for key in self.checklist.keys if verdicts[key].outcome == "not reviewed"]
            if keys:
                found.append((review.case_id, review.reviewer, keys))
        return found

    def to_frame(self, *, case_id: str) -> pd.DataFrame:
        """Return a row per case and reviewer: answers, dates and outcomes, without any free text.

        Columns: ``case_id``'s name, ``reviewer``, ``file``, a column per indicator with the answer
        given, one per date, and per indicator ``KEY: outcome`` and ``KEY: days late``.
        """
        import pandas as pd

        judge = judge_by(self.checklist)
        rows = []
        for review in self.reviews:
            row: dict[str, object] = {case_id: review.case_id, "reviewer": review.reviewer}
            row["file"] = review.state
            row |= {each.key: review.answers.get(each.key) for each in self.checklist.asked}
            row |= {date.key: review.all_dates.get(date.key) for date in self.checklist.dates}
            verdicts = judge.verdicts(review)
            for indicator in self.checklist.indicators:
                row[f"{indicator.key}: outcome"] = verdicts[indicator.key].outcome
                if indicator.is_computed:
                    row[f"{indicator.key}: days late"] = verdicts[indicator.key].days_late
            rows.append(row)
        return pd.DataFrame(rows)

    def comments(self) -> dict[tuple[str, str], str]:
        """Return the comments by case and reviewer; they may name people, so keep them inside."""
        return {
            (each.case_id, each.reviewer): each.comment for each in self.reviews if each.comment
        }

    def __repr__(self) -> str:
        return (
            f"Reviews: {len(self.reviews)} by {', '.join(self.reviewers)}, "
            f"{len(self.doubly_read)} cases read twice"
        )


def verdicts_of(
    checklist: Checklist, reviews: Mapping[str, Review], cases: Iterable[str]
) -> list[dict[str, Verdict]]:
    """Return the verdicts on every case, in the order of ``cases``; without a review it is open."""
    judge = judge_by(checklist)
    nothing = dict.fromkeys(judge.outcomes, Verdict("not reviewed"))
    return [judge.verdicts(reviews[case]) if case in reviews else nothing for case in cases]


def _counting(reviews: Iterable[Review], identity: str) -> dict[str, Review]:
    chosen: dict[str, tuple[bytes, Review]] = {}
    for review in reviews:
        text = f"{identity}|{review.case_id}|{review.reviewer}"
        ticket = sha256(text.encode()).digest()
        if review.case_id not in chosen or ticket < chosen[review.case_id][0]:
            chosen[review.case_id] = ticket, review
    return {case: review for case, (_, review) in chosen.items()}
