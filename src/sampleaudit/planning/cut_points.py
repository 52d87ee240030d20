"""Strata from a numeric variable of the register: days in care, amount, number of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.errors import AuditError, first_few, one_of
from sampleaudit.estimates.display import Readable, Shown
from sampleaudit.formulas.cut_points import cumulative_root_cuts, geometric_cuts
from sampleaudit.formulas.hypergeometric import FloatArray
from sampleaudit.ids import as_pandas, near_names

if TYPE_CHECKING:
    import pandas as pd

CutRule = Literal["cumulative root", "geometric"]
CUT_RULES: Final[Mapping[CutRule, str]] = MappingProxyType(
    {
        "cumulative root": "like sums of the square roots of the frequency (Dalenius, Hodges 1959)",
        "geometric": "cut points in geometric progression (Gunning and Horgan 2004)",
    }
)
_PER_STRATUM: Final = 15  # classes, as in R's stratification
_MOST: Final = 12  # strata; the combinations that are compared double with each


@dataclass(frozen=True, slots=True)
class CutStratum:
    """One stratum: label, limits, cases, and the variable's mean and standard deviation there.

    ``low`` is included, ``high`` only in the last stratum.
    """

    label: str
    low: float
    high: float
    population: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True, repr=False)
class CutPoints(Readable):
    """Strata of a numeric variable, made by `cut_points`; shows as a table."""

    column: str
    rule: CutRule
    cuts: tuple[float, ...]
    strata: tuple[CutStratum, ...]

    def labels(self, values: Any) -> list[str]:
        """Return the stratum of each value, as text; a value at a cut point is in the upper one.

        Raises `AuditError` for values that are no finite numbers.
        """
        numbers = _numbers(values, self.column)
        place = np.searchsorted(np.array(self.cuts), numbers, side="right")
        return [self.strata[each].label for each in place]

    def apply(self, register: Any, *, into: str | None = None) -> pd.DataFrame:
        """Return the register with a column of strata, ready for ``stratify_by``.

        The column is called ``into``, by default the variable's name and ``_class``.
        """
        table = as_pandas(register)
        name = into or f"{self.column}_class"
        if self.column not in table.columns:
            raise AuditError(
                f"The register has no column {self.column!r}"
                f"{near_names(self.column, table.columns)}"
            )
        if name in table.columns:
            raise AuditError(f"The register already has a column {name!r}; give another in into.")
        return table.assign(**{name: self.labels(table[self.column])})

    def to_frame(self) -> pd.DataFrame:
        """Return a row per stratum: label, low, high, population, mean, sd; nothing rounded."""
        import pandas as pd

        return pd.DataFrame(
            [
                (each.label, each.low, each.high, each.population, each.mean, each.sd)
                for each in self.strata
            ],
            columns=[self.column, "low", "high", "population", "mean", "sd"],
        )

    def __len__(self) -> int:
        return len(self.strata)

    def _shown(self) -> Shown:
        body = [
            [each.label, f"{each.population:,}", f"{each.mean:,.4g}", f"{each.sd:,.4g}"]
            for each in self.strata
        ]
        return [self.column, "cases", "mean", "sd"], body, []


def cut_points(
    register: Any,
    column: str,
    *,
    strata: int,
    rule: CutRule = "cumulative root",
    classes: int | None = None,
) -> CutPoints:
    """Return where to cut a numeric column of the register into strata.

    ``"cumulative root"`` divides the range into ``classes`` of equal width, by default 15 per
    stratum, but no more than there are different values; ``"geometric"`` needs values above 0.
    Values that many cases share can make fewer strata than asked; none is empty. Raises
    `AuditError` for a column that is not of finite numbers or has too few different values.

    >>> import pandas as pd
    >>> register = pd.DataFrame({"days": [1, 2, 4, 8, 16, 32, 64, 128]})
    >>> cuts = cut_points(register, "days", strata=3, rule="geometric")
    >>> [round(cut, 2) for cut in cuts.cuts]
    [5.04, 25.4]
    """
    one_of("rule", rule, tuple(CUT_RULES))
    table = as_pandas(register)
    if column not in table.columns:
        raise AuditError(
            f"The register has no column {column!r}{near_names(column, table.columns)}"
        )
    values = _numbers(table[column], column)
    different = len(np.unique(values))
    if isinstance(strata, bool) or not isinstance(strata, int) or not 2 <= strata <= _MOST:
        raise AuditError(f"strata is {strata!r}; it must be a whole number from 2 to {_MOST}.")
    if different < strata:
        raise AuditError(
            f"Column {column!r} has {different} different values, too few for {strata} strata; ask "
            f"for fewer, or stratify by the column itself."
        )
    if rule == "geometric":
        if classes is not None:
            raise AuditError("classes is for rule 'cumulative root'; leave it out.")
        if values.min() <= 0:
            raise AuditError(
                f"Column {column!r} has values of 0 or below, the smallest {values.min():g}; the "
                f"geometric rule needs values above 0. Take rule='cumulative root'."
            )
        cuts = geometric_cuts(values, strata)
    else:
        number = min(_PER_STRATUM * strata, different) if classes is None else classes
        if isinstance(number, bool) or not isinstance(number, int) or number < strata:
            raise AuditError(f"classes is {classes!r}; it must be a whole number >= {strata}.")
        cuts = cumulative_root_cuts(values, strata, number)
    return _described(column, rule, values, cuts)


def _described(column: str, rule: CutRule, values: FloatArray, cuts: FloatArray) -> CutPoints:
    """Return the strata that have cases; a cut point with no case above it is dropped."""
    kept: list[float] = []
    for cut in cuts.tolist():
        below = kept[-1] if kept else -np.inf
        if ((values >= below) & (values < cut)).any() and (values >= cut).any():
            kept.append(cut)
    edges = [float(values.min()), *kept, float(values.max())]
    place = np.searchsorted(np.array(kept), values, side="right")
    strata = []
    for number, (low, high) in enumerate(pairwise(edges)):
        inside = values[place == number]
        last = number == len(kept)
        text = f"{low:,.6g} to {high:,.6g}" if last else f"{low:,.6g} to under {high:,.6g}"
        sd = float(inside.std(ddof=1)) if len(inside) > 1 else 0.0
        strata.append(
            CutStratum(f"{number + 1}: {text}", low, high, len(inside), float(inside.mean()), sd)
        )
    return CutPoints(column, rule, tuple(kept), tuple(strata))


def _numbers(values: Any, column: str) -> FloatArray:
    """Return a column as finite numbers; refuse missing ones and text."""
    import pandas as pd

    series = pd.Series(values)
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        texts = [value for value in series if isinstance(value, str)]
        raise AuditError(
            f"Column {column!r} is not numeric{': ' + first_few(texts) if texts else ''}; make "
            f"numbers of it first, for example with pandas.to_numeric."
        )
    numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad) or not len(numbers):
        rows = first_few((bad + 1).tolist())
        raise AuditError(
            f"Column {column!r} has no number in {len(bad)} of {len(numbers)} rows (rows {rows}); "
            f"give those cases a stratum of their own first."
        )
    return numbers
