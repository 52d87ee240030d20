"""What a sample of each size would tell: expected half widths, size by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sampleaudit.analysis import Analysis, Method, Side, as_columns
from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation
from sampleaudit.planning.demands import Rates, anticipated_rates, sharing, whole_number
from sampleaudit.planning.forecast import Labels, expected_half_width, targets

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sampleaudit.wording import Language


@dataclass(frozen=True, slots=True)
class Expected:
    """One row: what a sample of ``size`` cases is expected to tell of one rate.

    ``population`` counts the domain's cases in the register to which the indicator is expected to
    apply, ``reviewed`` those of them among the cases read, on average. ``rate`` is the anticipated
    one, ``half_width`` the expected half width, both shares of 1.
    """

    size: int
    indicator: str | None
    labels: Labels
    population: float
    reviewed: float
    rate: float
    half_width: float


@dataclass(frozen=True, slots=True, repr=False)
class TradeOff(Readable):
    """Sample sizes against expected half widths: `trade_off`. ``chosen`` is the size marked."""

    by: tuple[str, ...]
    analysis: Analysis
    chosen: int | None
    rows: tuple[Expected, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table for computing: nothing rounded, rates as shares of 1.

        Columns: ``size``, ``chosen``, ``indicator`` (None where none was named), the ``by``
        columns, ``population``, ``reviewed``, ``rate``, ``half_width``, ``level``, ``side``,
        ``method``.
        """
        import pandas as pd

        columns = [
            "size", "chosen", "indicator", *self.by, "population", "reviewed", "rate",
            "half_width", "level", "side", "method",
        ]  # fmt: skip
        return pd.DataFrame([self._record(row) for row in self.rows], columns=columns)

    def plot(self, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw the expected half width over the size: see `sampleaudit.plots.plans`."""
        from sampleaudit.plots.plans import plot_trade_off

        return plot_trade_off(self, ax=ax, language=language)

    def __len__(self) -> int:
        return len(self.rows)

    def _record(self, row: Expected) -> tuple[Any, ...]:
        return (
            row.size, row.size == self.chosen, row.indicator, *row.labels, row.population,
            row.reviewed, row.rate, row.half_width, self.analysis.level, self.analysis.side,
            self.analysis.method,
        )  # fmt: skip

    def _shown(self) -> Shown:
        sizes = list(dict.fromkeys(row.size for row in self.rows))
        head = ["indicator", *self.by, "anticipated"]
        head += [f"{size} read" + " *" * (size == self.chosen) for size in sizes]
        lines: dict[tuple[str | None, Labels], list[str]] = {}
        for row in self.rows:
            begun = [row.indicator or "rate", *row.labels, f"{100 * row.rate:.1f}%"]
            line = lines.setdefault((row.indicator, row.labels), begun)
            line.append(f"+-{100 * row.half_width:.1f}")
        side = "half width" if self.analysis.side == "both" else f"{self.analysis.side} distance"
        note = (
            f"expected {side} in percentage points, level {self.analysis.level:g}, method "
            f"{self.analysis.method}"
        )
        chosen = ["* the size chosen"] if self.chosen in sizes else []
        return head, list(lines.values()), [note, *chosen]


def trade_off(
    frame: Frame,
    sizes: Sequence[int],
    *,
    anticipated: Rates,
    by: str | Sequence[str] | None = None,
    applicable: Rates | None = None,
    chosen: int | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    costs: Mapping[Any, float] | None = None,
    level: float = 0.95,
    side: Side = "both",
    method: Method = "profile",
) -> TradeOff:
    """Return what samples of several sizes are expected to tell, for every indicator and domain.

    ``sizes`` are numbers of cases to read; ``chosen`` is marked among them, and added if it is not
    one of them. The other options, and what an expected half width is, as in `plan_for_margin`.
    Raises `AuditError` for sizes under the minimum or above the register's.

    >>> import pandas as pd
    >>> from sampleaudit import build_frame
    >>> cases = pd.DataFrame({"case_id": [f"A{number}" for number in range(500)]})
    >>> trade_off(build_frame(cases, case_id="case_id"), [77, 150, 300], anticipated="1/6")
    indicator  anticipated  77 read  150 read  300 read
    ---------------------------------------------------
    rate             16.7%    +-8.0     +-5.2     +-2.7
    [1] expected half width in percentage points, level 0.95, method profile
    """
    columns = () if by is None else as_columns(by, name="by")
    analysis = Analysis(level, side, method, by=columns)
    rates = anticipated_rates(frame, anticipated)
    shares = None if applicable is None else anticipated_rates(frame, applicable, name="applicable")
    share = sharing(frame, allocation, minimum, rates=rates, costs=costs)
    wanted = targets(frame, rates, shares, columns)
    if not isinstance(sizes, Sequence) or not len(sizes):
        raise AuditError(
            f"sizes is {sizes!r}; give a list of numbers of cases, as [100, 200, 300]."
        )
    every = {whole_number(size, name="sizes", least=1) for size in sizes}
    if chosen is not None:
        every.add(whole_number(chosen, name="chosen", least=1))
    rows = []
    for size in sorted(every):
        if not share.least <= size <= frame.size:
            raise AuditError(
                f"sizes holds {size}; with at least {minimum} cases from each stratum it can be "
                f"from {share.least} to {frame.size}."
            )
        counts = share.counts(size)
        for target in wanted:
            read = counts[target.inside] * target.own / target.population
            rows.append(
                Expected(
                    size=size,
                    indicator=target.indicator,
                    labels=target.labels,
                    population=target.size,
                    reviewed=float(read.sum()),
                    rate=target.rate,
                    half_width=expected_half_width(target, counts, analysis),
                )
            )
    return TradeOff(columns, analysis, chosen, tuple(rows))
