"""Case mix: what the rates would be if every domain had the caseload's mix of cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from sampleaudit.analysis import MissingRule, as_columns
from sampleaudit.comparison.domain_counts import (
    DomainCounts,
    collect,
)
from sampleaudit.comparison.domain_table import DomainTable, span_of_shares
from sampleaudit.comparison.questions import QUESTIONS, Question
from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.findings import Findings
from sampleaudit.formulas.standardised import direct_rate, effective_limits
from sampleaudit.wording import Language
from sampleaudit.wording.cells import interval_head, share_cell
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sampleaudit.analysis import Guarantee
    from sampleaudit.plots.rates import Order

    FloatArray = NDArray[np.float64]

_METHOD: Final = "direct, Korn-Graubard"


@dataclass(frozen=True, slots=True)
class StandardisedRow:
    """One domain: its crude rate, its standardised rate with limits, and what a model expects.

    Rates are shares of 1. ``expected_rate`` is what a logistic model, fitted to the whole caseload,
    expects of the domain's own mix; ``model_rate`` is the caseload's rate times crude over
    expected (indirect standardisation).
    """

    indicator: str
    labels: tuple[str, ...]
    population: int
    reviewed: int
    applicable: int
    errors: int
    crude_rate: float
    rate: float
    rate_low: float
    rate_high: float
    se: float
    expected_rate: float
    model_rate: float
    level: float
    method: str
    guarantee: Guarantee
    question: Question
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Standardised(DomainTable[StandardisedRow]):
    """Rates standardised for case mix, made by `standardise`; shows as a table.

    ``by`` names the columns of the domains, ``over`` those of the mix; ``rows`` has a
    `StandardisedRow` per indicator and domain.
    """

    by: tuple[str, ...]
    over: tuple[str, ...]
    rows: tuple[StandardisedRow, ...]

    columns: ClassVar[tuple[str, ...]] = (
        "population", "reviewed", "applicable", "errors", "crude_rate", "rate", "rate_low",
        "rate_high", "se", "expected_rate", "model_rate", "level", "method", "guarantee",
        "question", "remarks",
    )  # fmt: skip

    def plot(
        self, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
    ) -> Axes:
        """Draw for each domain its rate as it is and standardised: one indicator.

        See `sampleaudit.plots.pooled.plot_standardised`.
        """
        from sampleaudit.plots.pooled import plot_standardised

        return plot_standardised(self, ax=ax, order=order, language=language)

    def _heads(self, language: Language) -> list[str]:
        text = picture_texts(language)
        name = interval_head({row.level for row in self.rows}, language)
        own = text["table crude"], text["table standardised"]
        return [*own, name, text["table by the model"]]

    def _cells(self, row: StandardisedRow, language: Language) -> list[str]:
        return [
            share_cell(row.crude_rate, language),
            share_cell(row.rate, language),
            span_of_shares(row.rate_low, row.rate_high, language),
            share_cell(row.model_rate, language),
        ]


def standardise(
    findings: Findings,
    by: str | Sequence[str],
    over: str | Sequence[str],
    *,
    indicators: str | Sequence[str] | None = None,
    question: Question = "process",
    level: float | None = None,
    missing: MissingRule | None = None,
) -> Standardised:
    """Give each domain's rate as it would be with the whole caseload's mix of cases.

    ``over`` names stratum or domain columns of the register. Direct standardisation: the domain's
    own rate of each kind of case, weighted by the caseload's mix; nan with a remark where a kind
    has no case read in the domain. Beside it a logistic model with the design's weights and the
    main effects of ``over`` (statsmodels) says what the domain's mix alone would make of its rate.
    Limits are two-sided, Korn and Graubard's with an effective size, their coverage measured.
    ``question`` tells whether the finite population counts ("register") or not. Raises `AuditError`
    for a single domain, a chosen sample, unknown columns, and a column in both.
    """
    one_of("question", question, tuple(QUESTIONS))
    level = findings.sample.analysis.level_of(level)
    columns, kinds = as_columns(by, name="by"), as_columns(over, name="over")
    both = [column for column in kinds if column in columns]
    if both:
        raise AuditError(
            f"over names {both[0]!r}, which by names too; a domain has one value of it."
        )
    if not kinds:
        raise AuditError("over is empty; name the columns whose mix is to be the same.")
    asked = {"indicators": indicators, "missing": missing}
    domains = collect(findings, columns, what="standardise", **asked)  # type: ignore[arg-type]
    cells = collect(findings, (*columns, *kinds), what="standardise", **asked)  # type: ignore[arg-type]
    rows: list[StandardisedRow] = []
    for whole, parts in zip(domains.indicators, cells.indicators, strict=True):
        rows += _rows(whole, parts, len(columns), kinds, question, level)
    return Standardised(columns, kinds, tuple(rows))


def _rows(
    whole: DomainCounts,
    parts: DomainCounts,
    split: int,
    kinds: tuple[str, ...],
    question: Question,
    level: float,
) -> list[StandardisedRow]:
    """Return the rows of one indicator; ``parts`` are its counts by domain and kind."""
    labels = sorted({label[split:] for label in parts.labels})
    place = {label: k for k, label in enumerate(labels)}
    kind = np.array([place[label[split:]] for label in parts.labels])
    cases = np.bincount(kind, parts.population.sum(axis=1), minlength=len(labels))
    mix = np.asarray(cases / cases.sum(), dtype=np.float64)
    expected_of, remark = _expected(parts, [label[split:] for label in parts.labels])
    overall, rates = whole.overall, whole.rates
    rows = []
    for d, label in enumerate(whole.labels):
        own = np.array([part[:split] == label for part in parts.labels])
        shape = len(labels), whole.population.shape[1]
        errors, applicable, reviewed, population = (
            _by_kind(counts[own], kind[own], shape)
            for counts in (parts.errors, parts.applicable, parts.reviewed, parts.population)
        )
        found = direct_rate(
            errors, applicable, reviewed, population, mix, finite=question == "register"
        )
        remarks = [*whole.remarks_on(d)]
        low = high = found.rate
        if math.isnan(found.rate):
            unread = [
                " / ".join(label)
                for k, label in enumerate(labels)
                if mix[k] > 0 and not reviewed[k].any()
            ]
            if unread:
                remarks.append(
                    f"no case read of {len(unread)} kinds of {' and '.join(kinds)} "
                    f"({first_few(unread)}): not standardised"
                )
        elif math.isfinite(found.effective):
            low, high = effective_limits(found.rate, found.effective, tail=(1 - level) / 2)
        sizes = parts.population[own].sum(axis=1)
        expected = float(sizes @ expected_of[own] / sizes.sum())
        crude = float(rates[d])
        rows.append(
            StandardisedRow(
                indicator=whole.indicator,
                labels=label,
                population=int(whole.population[d].sum()),
                reviewed=int(whole.reviewed[d].sum()),
                applicable=int(whole.applicable[d].sum()),
                errors=int(whole.errors[d].sum()),
                crude_rate=crude,
                rate=found.rate,
                rate_low=low,
                rate_high=high,
                se=found.se,
                expected_rate=expected,
                model_rate=min(overall * crude / expected, 1.0) if expected else math.nan,
                level=level,
                method=_METHOD,
                guarantee="measured",
                question=question,
                remarks=(*remarks, *remark, *whole.remarks),
            )
        )
    return rows


def _expected(
    parts: DomainCounts, kinds: list[tuple[str, ...]]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the model's rate for each domain and kind, and what must be said of it.

    A binomial regression (logit) on the main effects of the kinds, each cell of domain, kind and
    stratum weighted by the cases that its cases stand for (pseudo-likelihood, Binder 1983).
    """
    import statsmodels.api as sm  # type: ignore[import-untyped]

    counted = (parts.applicable > 0) & ~np.isnan(parts.weights)
    cell, stratum = np.nonzero(counted)
    errors, applicable = parts.errors[counted], parts.applicable[counted]
    weights = parts.weights[stratum]
    dummies = [np.ones(len(kinds))]
    for k in range(len(kinds[0])):
        values = [kind[k] for kind in kinds]
        dummies += [
            np.array([value == level for value in values], dtype=float)
            for level in sorted(set(values))[1:]
        ]
    design = np.column_stack(dummies)
    total = float(errors.sum())
    if not len(cell) or total in (0.0, float(applicable.sum())):
        share = total / max(float(applicable.sum()), 1.0)
        return np.full(len(kinds), share), ()
    seen = design[cell]
    used = np.linalg.matrix_rank(seen) == seen.shape[1]
    if not used:
        return np.full(len(kinds), np.nan), (
            "the model cannot be fitted: a kind has no case that counts",
        )
    outcome = np.column_stack([errors, applicable - errors]) * (weights / weights.mean())[:, None]
    fitted = sm.GLM(outcome, seen, family=sm.families.Binomial()).fit()
    remark = () if fitted.converged else ("the model did not converge",)
    return np.asarray(fitted.predict(design), dtype=np.float64), remark


def _by_kind(
    counts: NDArray[np.int64], kind: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.int64]:
    table = np.zeros(shape, dtype=np.int64)
    table[kind] = counts
    return table
