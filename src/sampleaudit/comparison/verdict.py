"""Above, below or cannot tell: rates against a tolerable rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Shown, Translated, with_marks
from sampleaudit.estimates.table import Estimate, Estimates
from sampleaudit.wording import Language, percent, remark_text
from sampleaudit.wording.cells import found_cell, name_cell, share_cell
from sampleaudit.wording.comparisons import VerdictStatement, verdict_sentence
from sampleaudit.wording.texts import picture_texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.plots.rates import Order

Judgement = Literal["above", "below", "cannot tell"]
VERDICTS: Final[Mapping[Judgement, str]] = MappingProxyType(
    {
        "above": "the lower limit is above the tolerable rate",
        "below": "the upper limit is at or below the tolerable rate",
        "cannot tell": "the tolerable rate lies between the limits, or there are none",
    }
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: a rate with its limits (shares of 1), and what they say of the tolerable rate.

    ``confidence`` is that of the one limit that decides: with a two-sided interval of 95 %, 97.5 %.
    """

    estimate: Estimate
    judgement: Judgement
    confidence: float


@dataclass(frozen=True, slots=True, repr=False)
class Verdict(Translated):
    """Rates against a tolerable rate (a share of 1), made by `verdict`."""

    by: tuple[str, ...]
    tolerable: float
    rows: tuple[Judged, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing, nothing rounded.

        Columns: ``indicator``, the ``by`` columns, ``errors``, ``applicable``, ``rate``,
        ``rate_low``, ``rate_high``, ``tolerable``, ``verdict``, ``confidence`` (of the limit that
        decides), ``level``, ``side``, ``method``, ``guarantee``, ``remarks``.
        """
        import pandas as pd

        columns = [
            "indicator", *self.by, "errors", "applicable", "rate", "rate_low", "rate_high",
            "tolerable", "verdict", "confidence", "level", "side", "method", "guarantee", "remarks",
        ]  # fmt: skip
        return pd.DataFrame([self._record(row) for row in self.rows], columns=columns)

    def sentences(self, *, language: Language = "en") -> list[str]:
        """Return what may be said of each row, in English (``"en"``) or Danish (``"da"``)."""
        return [
            verdict_sentence(
                VerdictStatement(
                    indicator=row.estimate.indicator,
                    where=", ".join(
                        f"{column.replace('_', ' ')} {label}"
                        for column, label in zip(self.by, row.estimate.labels, strict=True)
                    ),
                    rate=row.estimate.rate,
                    low=row.estimate.limits.rate_low,
                    high=row.estimate.limits.rate_high,
                    tolerable=self.tolerable,
                    judgement=row.judgement,
                    confidence=row.confidence,
                ),
                language,
            )
            for row in self.rows
        ]

    def plot(
        self, *, ax: Axes | None = None, order: Order = "register", language: Language = "en"
    ) -> Axes:
        """Draw every rate with its interval, and the tolerable rate as a line.

        See `sampleaudit.plots.rates.plot_verdict`.
        """
        from sampleaudit.plots.rates import plot_verdict

        return plot_verdict(self, ax=ax, order=order, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    def _record(self, row: Judged) -> tuple[Any, ...]:
        estimate, limits = row.estimate, row.estimate.limits
        return (
            estimate.indicator, *estimate.labels, estimate.errors, estimate.applicable,
            estimate.rate, limits.rate_low, limits.rate_high, self.tolerable, row.judgement,
            row.confidence, estimate.level, estimate.side, limits.method, limits.guarantee,
            "; ".join(estimate.remarks),
        )  # fmt: skip

    def _shown(self, language: Language = "en") -> Shown:
        text = picture_texts(language)
        tolerable = percent(self.tolerable, language)
        head = [
            text["table indicator"], *self.by, text["found"], text["rate"], text["table from"],
            text["table to"], text["table tolerable"].format(rate=tolerable),
            text["table confidence"],
        ]  # fmt: skip
        notes: list[str] = []
        body = []
        for row in self.rows:
            one = row.estimate
            shares = (one.rate, one.limits.rate_low, one.limits.rate_high)
            body.append([
                with_marks(name_cell(one.indicator, language), one.remarks, notes), *one.labels,
                found_cell(one.errors, one.applicable, language),
                *(share_cell(each, language) for each in shares),
                text[f"table verdict {row.judgement}"], share_cell(row.confidence, language),
            ])  # fmt: skip
        return head, body, [remark_text(note, language) for note in notes]


def verdict(
    rates: Estimates, *, tolerable: float, adjust: Literal["bonferroni"] | None = None
) -> Verdict:
    """Return for each rate whether it is above or below ``tolerable``, a share of 1.

    "above" where the lower limit is above it, "below" where the upper limit is at most so high,
    else "cannot tell". Each limit is one-sided: those of a two-sided interval of 95 % hold with
    97.5 % each. That no row is wrong, with the level's probability, needs limits that hold
    together: ``adjust="bonferroni"`` asks for rates made so, by ``estimate_rates(...,
    adjust="bonferroni")``, and refuses others. Raises `AuditError` for a rate outside (0, 1).
    """
    if not isinstance(rates, Estimates):
        raise AuditError(
            f"rates is a {type(rates).__name__}; give what estimate_rates returns, as "
            f"verdict(estimate_rates(findings), tolerable=0.05)."
        )
    if isinstance(tolerable, bool) or not isinstance(tolerable, int | float) or (
        not 0 < tolerable < 1
    ):  # fmt: skip
        raise AuditError(f"tolerable is {tolerable!r}; it must be a rate between 0 and 1, as 0.05.")
    if adjust not in (None, "bonferroni"):
        raise AuditError(f"adjust is {adjust!r}; it must be 'bonferroni', or None.")
    if adjust == "bonferroni" and len(rates) > 1:
        _refuse_one_by_one(rates)
    rows = tuple(_judged(row, tolerable) for row in rates.rows)
    return Verdict(rates.by, float(tolerable), rows)


def _refuse_one_by_one(rates: Estimates) -> None:
    if any(row.together < len(rates) and not row.census for row in rates.rows):
        raise AuditError(
            f"The limits of these {len(rates)} rates hold one by one, not together. Make them with "
            f"estimate_rates(findings, ..., adjust='bonferroni') for verdicts of which none is "
            f"wrong."
        )


def _judged(row: Estimate, tolerable: float) -> Judged:
    low, high = row.limits.rate_low, row.limits.rate_high
    if row.side != "upper" and low > tolerable:
        judgement: Judgement = "above"
    elif row.side != "lower" and high <= tolerable:
        judgement = "below"
    else:
        judgement = "cannot tell"
    error = (1 - row.level) / (2 if row.side == "both" else 1) / row.together
    unknown = math.isnan(low) or math.isnan(high)
    confidence = math.nan if unknown else 1.0 if row.census else 1 - error
    return Judged(row, judgement, confidence)
