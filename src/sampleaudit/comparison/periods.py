"""Before and after: two audits of one kind of caseload, with or without cases in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import MissingRule, as_columns
from sampleaudit.comparison.arms import Arm, arms_of, indicator_names, with_errors
from sampleaudit.comparison.dependent import either_way, paired
from sampleaudit.comparison.questions import Adjust, ComparisonMethod, Question
from sampleaudit.comparison.settled import Settled, settle
from sampleaudit.comparison.table import Comparison
from sampleaudit.comparison.tested import Tested
from sampleaudit.errors import AuditError, first_few
from sampleaudit.estimates.counts import Groups, Labels, domains, stratum_of_cases, whole_caseload
from sampleaudit.findings import ANY_ERROR, Findings, any_error
from sampleaudit.sample import Sample, refuse_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

INDEPENDENT: Final = "{shared} cases are in both samples, which were drawn with different seeds"
SHARED: Final = (
    "{shared} cases were read both times: the limits hold however the two readings hang together"
)


def compare_periods(
    before: Findings,
    after: Findings,
    *,
    by: str | Sequence[str] | None = None,
    indicators: str | Sequence[str] | None = None,
    question: Question = "register",
    adjust: Adjust | None = "holm",
    level: float | None = None,
    method: ComparisonMethod = "profile",
    missing: MissingRule | None = None,
    comparable: bool = False,
) -> Comparison:
    """Compare the error rates of two audits: ``after`` less ``before``, for each indicator.

    With ``by``, in each domain. Cases are matched by id. Where both samples have the very same
    cases they are compared pair by pair; where some are in both, the limits hold however the two
    readings hang together, which makes them wide; samples drawn here with different seeds are
    independent, and so compared, when the question is the register. A census is known.

    Raises `AuditError` where the audits have other indicators or strata, unless
    ``comparable=True`` says that questions and caseloads mean the same: then the indicators that
    both have are compared, and ``any error`` is an error in one of those.
    """
    columns = () if by is None else as_columns(by, name="by")
    settled = settle(
        after, columns, "before", question=question, adjust=adjust, level=level, method=method,
        missing=missing, what="compare_periods",
    )  # fmt: skip
    refuse_clusters(before.sample, "compare_periods")
    _refuse_other_rule(before.sample, after.sample, missing)
    if not comparable:
        _refuse_other_questions(before, after)
        _refuse_other_checklist(before, after)
        _refuse_other_strata(before.sample, after.sample)
    audits = _Audits.match(before, after, columns)
    settled = replace(
        settled,
        chosen=settled.chosen or before.sample.selection == "chosen",
        remarks=(*settled.remarks, *audits.remarks(settled)),
    )
    families: dict[str, list[Arm]] = {}
    known: list[Tested | None] = []
    for name in indicator_names(indicators, of=audits.after):
        now, then = audits.arms(name, settled.missing)
        families[name] = [*_beside(now, then), *_beside(then, now, after=False)]
        known += audits.dependent(name, now, then, settled)
    number = len(audits.labels)
    pairs = [(place, number + place) for place in range(number)]
    labels = [(label, label) for label in audits.labels]
    return settled.comparison(families, pairs, labels, known=known)


@dataclass(frozen=True, slots=True)
class _Audits:
    """Two audits with the indicators and domains that both have."""

    before: Findings
    after: Findings
    groups: tuple[Groups, Groups]  # after, before
    shared: int  # cases
    same_cases: bool

    @classmethod
    def match(cls, before: Findings, after: Findings, by: Sequence[str]) -> _Audits:
        common = [name for name in after.indicators if name in before.indicators]
        if not common:
            raise AuditError(
                f"The audits have no indicator in common: {first_few(before.indicators)} before, "
                f"{first_few(after.indicators)} after."
            )
        before, after = (_only(each, common) for each in (before, after))
        groups = [
            domains(each.sample, by) if by else whole_caseload(each.sample)
            for each in (after, before)
        ]
        labels = sorted({label for group in groups for label in group.labels})
        ids = [set(each.sample.cases[each.sample.case_id]) for each in (before, after)]
        same = ids[0] == ids[1] and _strata(before.sample) == _strata(after.sample)
        first, second = (_with_labels(group, labels) for group in groups)
        return cls(before, after, (first, second), len(ids[0] & ids[1]), same)

    @property
    def labels(self) -> tuple[Labels, ...]:
        return self.groups[0].labels

    def remarks(self, settled: Settled) -> list[str]:
        """Return what to say of cases in both samples."""
        if not self.shared or self.same_cases:
            return []
        text = INDEPENDENT if self._independent(settled) else SHARED
        return [text.format(shared=self.shared)]

    def arms(self, indicator: str, missing: MissingRule) -> tuple[list[Arm], list[Arm]]:
        """Return the domains' counts after and before."""
        audits = zip((self.after, self.before), self.groups, strict=True)
        now, then = (
            arms_of(each, indicator, group, missing=missing)[:-1] for each, group in audits
        )
        return now, then

    def dependent(
        self, indicator: str, now: Sequence[Arm], then: Sequence[Arm], settled: Settled
    ) -> list[Tested | None]:
        """Return the domains' results where the two sides hang together, None elsewhere."""
        found: list[Tested | None] = [None] * len(now)
        if settled.chosen or self._independent(settled):
            return found
        level, question, method = settled.level, settled.question, settled.method
        worse, better = self._changes(indicator, settled.missing) if self.same_cases else ([], [])
        pairs = list(zip(now, then, strict=True))
        counted = [
            place for place, pair in enumerate(pairs) if all(x.applicable.sum() for x in pair)
        ]
        same = [
            place
            for place in counted
            if self.same_cases
            and all(arm.whole for arm in pairs[place])
            and not pairs[place][0].unread
        ]
        others = [place for place in counted if place not in same]
        changes = [[with_errors(now[k], each[k]) for k in same] for each in (worse, better)]
        results = [
            *paired(*changes, level=level, question=question, method=method),
            *either_way([pairs[k] for k in others], level=level, question=question, method=method),
        ]
        for place, result in zip([*same, *others], results, strict=True):
            found[place] = result
        return found

    def _independent(self, settled: Settled) -> bool:
        """Whether the two draws are independent, and the draws are all that is chance."""
        samples = self.before.sample, self.after.sample
        drawn = all(sample.selection == "drawn" for sample in samples)
        seeds = {sample.manifest.get("seed") for sample in samples}
        apart = settled.question == "register" and drawn and len(seeds) == len(samples)
        return not self.shared or (apart and not self.same_cases)

    def _changes(
        self, indicator: str, missing: MissingRule
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """Return how many cases got worse, and better, by stratum of each domain."""
        now, then = (_errors(each, indicator, missing) for each in (self.after, self.before))
        ids = self.before.sample.cases[self.before.sample.case_id].tolist()
        earlier = dict(zip(ids, then.tolist(), strict=True))
        sample = self.after.sample
        before = np.array([earlier[case] for case in sample.cases[sample.case_id]], dtype=bool)
        strata, member = stratum_of_cases(sample), self.groups[0].member
        shape = len(sample.strata)

        def counted(chosen: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
            return [
                np.bincount(strata[chosen & (member == place)], minlength=shape).astype(np.int64)
                for place in range(len(self.labels))
            ]

        return counted(now & ~before), counted(before & ~now)


def _refuse_other_rule(before: Sample, after: Sample, missing: MissingRule | None) -> None:
    rules = before.analysis.missing, after.analysis.missing
    if missing is None and rules[0] != rules[1]:
        raise AuditError(
            f"The plans count missing files differently, as {rules[0]!r} before and {rules[1]!r} "
            f"after; give missing= for both."
        )


def _refuse_other_questions(before: Findings, after: Findings) -> None:
    only = [
        (when, [name for name in one.indicators if name not in other.indicators])
        for when, one, other in (("before", before, after), ("after", after, before))
    ]
    if any(names for _, names in only):
        told = "; ".join(f"only {when}: {first_few(names)}" for when, names in only if names)
        raise AuditError(
            f"The audits asked different questions ({told}). A changed question breaks the series; "
            f"if those with the same name mean the same, say comparable=True."
        )


def _refuse_other_checklist(before: Findings, after: Findings) -> None:
    one, other = before.checklist, after.checklist
    if one is not None and other is not None and one.digest != other.digest:
        raise AuditError(
            f"The files were read by different checklists: {one.name!r}, version {one.version}, "
            f"before and {other.name!r}, version {other.version}, after. If the indicators mean "
            f"the same in both, say comparable=True."
        )


def _refuse_other_strata(before: Sample, after: Sample) -> None:
    if before.stratify_by != after.stratify_by:
        raise AuditError(
            f"The audits have different strata: by {', '.join(before.stratify_by) or 'none'} "
            f"before and by {', '.join(after.stratify_by) or 'none'} after. If the caseloads are "
            f"the same kind all the same, say comparable=True."
        )
    only = [
        (when, sorted(set(_strata(one)) - set(_strata(other))))
        for when, one, other in (("before", before, after), ("after", after, before))
    ]
    if any(labels for _, labels in only):
        told = "; ".join(
            f"only {when}: {first_few(' / '.join(label) for label in labels)}"
            for when, labels in only
            if labels
        )
        raise AuditError(
            f"The audits have different strata ({told}). If the caseloads are the same kind all "
            f"the same, say comparable=True."
        )


def _strata(sample: Sample) -> dict[Labels, int]:
    """Return the cases of each stratum."""
    table = sample.strata
    columns = [table[column].astype(str) for column in sample.stratify_by]
    labels = list(zip(*columns, strict=True)) if columns else [()] * len(table)
    return dict(zip(labels, table["population"].tolist(), strict=True))


def _only(findings: Findings, indicators: Sequence[str]) -> Findings:
    """Return the findings of some of the indicators."""
    if tuple(indicators) == findings.indicators:
        return findings
    return Findings(findings.sample, tuple(indicators), findings.outcome_table()[list(indicators)])


def _with_labels(groups: Groups, labels: Sequence[Labels]) -> Groups:
    """Return the groups in the order of the labels, empty ones for those it has not."""
    place = {label: position for position, label in enumerate(labels)}
    own = np.array([place[label] for label in groups.labels], dtype=np.intp)
    member = np.where(groups.member >= 0, own[groups.member], -1)
    population = None
    if groups.population is not None:
        population = np.zeros((len(labels), groups.population.shape[1]), dtype=np.int64)
        population[own] = groups.population
    return Groups(tuple(labels), member, population)


def _errors(findings: Findings, indicator: str, missing: MissingRule) -> NDArray[np.bool_]:
    """Return which cases count as errors."""
    outcomes = np.asarray(
        any_error(findings.outcome_table())
        if indicator == ANY_ERROR
        else findings.outcomes(indicator),
        dtype=object,
    )
    found: NDArray[np.bool_] = outcomes == "error"
    return found | (outcomes == "missing file") if missing == "error" else found


def _beside(arms: Sequence[Arm], others: Sequence[Arm], *, after: bool = True) -> list[Arm]:
    """Return the arms with room for the strata of the other audit, so that all have as many."""
    room = len(others[0].population)
    return [arm.padded(0 if after else room, room if after else 0) for arm in arms]
