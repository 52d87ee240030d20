"""What a report is made from: findings, estimates and comparisons, named and made safe to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sampleaudit.errors import AuditError
from sampleaudit.estimates.rates import estimate_rates
from sampleaudit.estimates.survey import survey_means
from sampleaudit.estimates.survey_table import SurveyEstimates
from sampleaudit.estimates.table import Estimates
from sampleaudit.findings import ANY_ERROR, Findings
from sampleaudit.ids import near_names
from sampleaudit.plots.words import Words
from sampleaudit.report.hiding import Rates, in_full, protected, refuse_what_gives_away
from sampleaudit.report.naming import Compared, Naming
from sampleaudit.report.phrases import phrases
from sampleaudit.review.agreement import Agreement
from sampleaudit.wording import Language, number


@dataclass(frozen=True, slots=True)
class Material:
    """All that the sections are written from.

    ``caseload`` and ``domains`` are rates; of a sample of clusters, ``survey`` and
    ``survey_domains`` stand in their place. ``under`` is the bound of hidden counts, if any.
    """

    language: Language
    findings: Findings
    naming: Naming
    title: str
    date: str
    caseload: Rates
    domains: tuple[Rates, ...]
    survey: SurveyEstimates | None
    survey_domains: tuple[SurveyEstimates, ...]
    comparisons: tuple[Compared, ...]
    agreement: Agreement | None
    under: int | None

    @property
    def words(self) -> Words:
        """Numbers and names as pictures and tables write them."""
        return Words(self.language)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the report, filled in; whole numbers get the marks of the language."""
        filled = {
            name: number(value, self.language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return phrases(self.language)[key].format(**filled)

    def cases(self, count: float) -> str:
        """Return "1 case" or "240 cases"."""
        return self.say("case_one" if count == 1 else "case_many", count=int(count))

    @property
    def is_census(self) -> bool:
        """Whether every case of the register was read."""
        strata = self.findings.sample.strata
        return bool((strata["population"] == strata["sampled"]).all())


def gather(
    findings: Findings,
    *,
    language: Language,
    title: str | None,
    comparisons: Sequence[Compared],
    by: Sequence[str],
    agreement: Agreement | None,
    suppress: int | None,
    names: Mapping[str, str],
    date: str | None,
) -> Material:
    """Make the estimates and refuse what a report cannot be made of."""
    naming = Naming(names)
    _refuse_unknown_columns(findings, by)
    _refuse_other_values(comparisons, agreement)
    if suppress is not None:
        _refuse_more_than_one_table(by)
    indicators = [*findings.indicators, *([ANY_ERROR] if len(findings.indicators) > 1 else [])]
    nothing = in_full(Estimates((), ()))
    caseload, domains = nothing, tuple[Rates, ...]()
    survey: SurveyEstimates | None = None
    survey_domains: tuple[SurveyEstimates, ...] = ()
    if findings.sample.drawing is not None:
        if suppress is not None:
            raise AuditError(
                "suppress hides counts of cases drawn one by one, and these were drawn in clusters "
                "or with weights; leave suppress and by out."
            )
        survey = survey_means(findings, indicators, interval="korn-graubard")
        survey_domains = tuple(
            survey_means(findings, indicators, by=column, interval="korn-graubard") for column in by
        )
    elif suppress is not None:
        found = estimate_rates(findings, indicators, by=by[0], overall=True)
        caseload, by_domain = protected(naming.estimates(found), under=suppress)
        domains = (by_domain,)
        refuse_what_gives_away(comparisons, by_domain, by=by[0], under=suppress)
    else:
        caseload = in_full(naming.estimates(estimate_rates(findings, indicators)))
        domains = tuple(
            in_full(naming.estimates(estimate_rates(findings, indicators, by=each, overall=True)))
            for each in by
        )
    return Material(
        language=language,
        findings=findings,
        naming=naming,
        title=naming.text(title) if title else phrases(language)["title"],
        date=naming.text(date) if date else "",
        caseload=caseload,
        domains=domains,
        survey=survey,
        survey_domains=survey_domains,
        comparisons=tuple(naming.compared(each) for each in comparisons),
        agreement=None if agreement is None else naming.agreement(agreement),
        under=suppress,
    )


def _refuse_unknown_columns(findings: Findings, by: Sequence[str]) -> None:
    sample = findings.sample
    known = [*sample.stratify_by, *sample.domains]
    for column in by:
        if column not in known:
            raise AuditError(
                f"by names {column!r}, which is no column of the sample{near_names(column, known)}"
            )


def _refuse_other_values(comparisons: Sequence[object], agreement: object) -> None:
    for each in comparisons:
        if not isinstance(each, Compared):
            raise AuditError(
                f"comparisons holds a {type(each).__name__}; it may hold what compare_with_rest "
                f"and its neighbours, detectable_difference, funnel, pool_rates, rank_domains, "
                f"standardise and verdict return."
            )
    if agreement is not None and not isinstance(agreement, Agreement):
        raise AuditError(
            f"agreement is a {type(agreement).__name__}; give what measure_agreement returns."
        )


def _refuse_more_than_one_table(by: Sequence[str]) -> None:
    if len(by) != 1:
        raise AuditError(
            f"suppress hides the counts of domains by one column, and by names {len(by)}: two "
            f"tables of the same cases may give away together what neither does alone. Name one."
        )
