"""Who reads which case: balanced, reproducible, and blind as to what is read twice.

The cases of each stratum are dealt out in the order of their tickets, SHA-256 of ``seed|case id``,
so that every reviewer gets a like share of every stratum. Cases to be read twice are those with the
smallest tickets of ``seed|double|case id`` among each reviewer's own, a like number from each.
Their seed is not the draw's, which is public: reviewers who could compute which cases are read
twice would read them with more care. A hash of it is recorded beforehand, and the seed itself told
when the review is over.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sampleaudit.cpr import masked
from sampleaudit.errors import AuditError, first_few
from sampleaudit.findings import Findings
from sampleaudit.review.extension import stages
from sampleaudit.review.record import sample_identity
from sampleaudit.sample import Sample, check_seed

if TYPE_CHECKING:
    import pandas as pd

COMMITMENT: Final = "sampleaudit review seed"
_SEED_BYTES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Assignments:
    """Which reviewer reads which cases, made by `assign` or `write_workbook`.

    ``review_seed`` decides it; with double review it stays secret until the review is over, while
    ``commitment``, its hash, is recorded ("" without double review). ``files`` names the workbooks
    written.
    """

    case_id: str
    reviewers: tuple[str, ...]
    double_review: float
    review_seed: str
    commitment: str
    first: tuple[tuple[str, str], ...]
    second: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a row per case and reviewer, with ``reading`` 1 or 2; secret while they read."""
        import pandas as pd

        rows = [(*pair, 1) for pair in self.first] + [(*pair, 2) for pair in self.second]
        return pd.DataFrame(rows, columns=[self.case_id, "reviewer", "reading"])

    def cases_of(self, reviewer: str) -> set[str]:
        """Return the cases that a reviewer reads, without telling which are read twice."""
        return {case for case, name in (*self.first, *self.second) if name == reviewer}

    def __repr__(self) -> str:
        shares = ", ".join(f"{name} {len(self.cases_of(name))}" for name in self.reviewers)
        twice = (
            f"; {len(self.second)} are read twice, by a draw whose seed has the SHA-256 "
            f"{self.commitment}. Keep .review_seed to yourself until the review is over"
            if self.second
            else ""
        )
        return f"Assignments: {len(self.first)} cases ({shares}){twice}"


def assign(
    sample: Sample,
    *,
    reviewers: Sequence[str],
    double_review: float = 0.0,
    review_seed: str | None = None,
) -> Assignments:
    """Deal the cases of a sample out to the reviewers, a share ``double_review`` of them twice.

    Without ``review_seed`` the public seed decides if no case is read twice; else 128 random bits
    from the operating system, which the result holds. Raises `AuditError` for reviewers without a
    name of their own, double review by one, and a seed that is the public one.
    """
    names = _checked_names(reviewers)
    if len(names) > sample.size:
        raise AuditError(f"There are {len(names)} reviewers for {sample.size} cases; name fewer.")
    _check_share(double_review, names)
    identity = sample_identity(sample)
    if review_seed is not None:
        check_seed(review_seed)
        if review_seed == sample.manifest.get("seed"):
            raise AuditError(
                "review_seed is the seed of the draw, which is public; with it every reviewer "
                "could compute which cases are read twice. Give another, or leave it out."
            )
    blind = double_review > 0
    seed = review_seed or (secrets.token_hex(_SEED_BYTES) if blind else identity)
    order = sorted(names, key=lambda name: _ticket(seed, "reviewer", name))
    cases = _by_stratum(sample, seed)
    first = [(case, order[place % len(order)]) for place, case in enumerate(cases)]
    wanted = math.ceil(double_review * len(cases) - 1e-9)
    return Assignments(
        case_id=sample.case_id,
        reviewers=names,
        double_review=float(double_review),
        review_seed=seed,
        commitment=commitment_to(seed) if blind else "",
        first=tuple(first),
        second=tuple(_second_readings(first, order, seed, wanted)),
    )


def reveal_double_review(findings: Findings, review_seed: str) -> Assignments:
    """Return who was to read which case, now that the review is over and the seed may be known.

    It is computed from the seed alone and compared with what was recorded and read. Raises
    `AuditError` if the seed is not the one whose hash the workbooks hold, or the cases were not
    given to reviewers as it says.
    """
    reviews = findings.reviews
    if reviews is None or not reviews.commitment:
        raise AuditError("These findings are of no double review; there is nothing to reveal.")
    if commitment_to(review_seed) != reviews.commitment:
        raise AuditError(
            f"This is not the seed of the double review: its SHA-256 is "
            f"{commitment_to(review_seed)}, and the workbooks recorded {reviews.commitment}."
        )
    strays: list[str] = []
    for sample in stages(findings.sample):  # the workbooks were dealt out at one of them
        ids = set(sample.cases[sample.case_id])
        found = {(each.case_id, each.reviewer) for each in reviews.reviews if each.case_id in ids}
        assignments = assign(
            sample,
            reviewers=[name for name in reviews.reviewers if name in {who for _, who in found}],
            double_review=len(ids.intersection(reviews.doubly_read)) / sample.size,
            review_seed=review_seed,
        )
        strays = sorted({case for case, _ in found ^ {*assignments.first, *assignments.second}})
        if not strays:
            return assignments
    raise AuditError(
        f"{len(strays)} cases were not given to reviewers as the seed says: "
        f"{first_few(map(masked, strays))}. Merge the findings of all the workbooks that were "
        f"written together."
    )


def commitment_to(seed: str) -> str:
    """Return what is recorded of a seed while it is secret: its SHA-256, with a label before it."""
    return sha256(f"{COMMITMENT}|{seed}".encode()).hexdigest()


def _checked_names(reviewers: Sequence[str]) -> tuple[str, ...]:
    if isinstance(reviewers, str):
        raise AuditError(f"reviewers is the text {reviewers!r}; give a list, as [{reviewers!r}].")
    names = tuple(reviewers)
    for name in names:
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise AuditError(f"A reviewer is called {name!r}; give each a short name or initials.")
        if masked(name) != name:
            raise AuditError("A reviewer's name holds what looks like a CPR number; use initials.")
    if not names:
        raise AuditError("reviewers is empty; name at least one, as ['AB'].")
    folded = [name.strip().casefold() for name in names]
    twice = [name for place, name in enumerate(names) if folded[place] in folded[:place]]
    if twice:
        raise AuditError(f"The reviewer {twice[0]!r} is named twice; give each an own name.")
    return tuple(name.strip() for name in names)


def _check_share(share: object, names: tuple[str, ...]) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise AuditError(
            f"double_review is {share!r}; it must be a share of the cases, as 0.1 for 10%."
        )
    if share > 0 and len(names) < 2:
        raise AuditError("Double review needs two reviewers or more; name them, as ['AB', 'CD'].")


def _by_stratum(sample: Sample, seed: str) -> list[str]:
    """Return the case ids, stratum by stratum, in the order of their review tickets."""
    cases = sample.cases
    strata = [cases[column].astype(str).tolist() for column in sample.stratify_by]
    rows = zip(cases[sample.case_id], *strata, strict=True)
    ordered = sorted((*labels, _ticket(seed, case), case) for case, *labels in rows)
    return [str(row[-1]) for row in ordered]


def _second_readings(
    first: Sequence[tuple[str, str]], order: Sequence[str], seed: str, wanted: int
) -> list[tuple[str, str]]:
    """Return the second readings: a like number of each reviewer's cases, to the others in turn."""
    queues = {
        name: sorted(
            (case for case, reader in first if reader == name),
            key=lambda case: _ticket(seed, "double", case),
        )
        for name in order
    }
    second: list[tuple[str, str]] = []
    depth = 0
    while len(second) < wanted:
        for place, name in enumerate(order):
            if depth < len(queues[name]) and len(second) < wanted:
                step = 1 + depth % (len(order) - 1)
                second.append((queues[name][depth], order[(place + step) % len(order)]))
        depth += 1
    return second


def _ticket(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()
