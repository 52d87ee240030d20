"""Does an indicator depend on a group? The chi-square test for samples of clusters and strata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import MissingRule
from sampleaudit.errors import AuditError, one_of
from sampleaudit.estimates.survey_data import design_of, survey_data, variable_names
from sampleaudit.findings import Findings
from sampleaudit.formulas.association import Order, rao_scott
from sampleaudit.formulas.design import Lonely
from sampleaudit.measures import Measures

if TYPE_CHECKING:
    import pandas as pd

_ORDERS: Final = ("second", "first")


@dataclass(frozen=True, slots=True)
class Association:
    """The test of one indicator against the groups of ``by``, made by `survey_association`.

    ``statistic`` is F with ``df`` and ``df_denominator`` degrees of freedom for the second order,
    Pearson's chi-square with ``df`` (and an infinite denominator) for the first. ``p_value`` is
    small where the rates of the groups differ by more than chance. ``reviewed`` are the cases it
    rests on. nan where there is nothing to compare.
    """

    indicator: str
    by: tuple[str, ...]
    reviewed: int
    statistic: float
    df: float
    df_denominator: float
    p_value: float
    order: Order
    remarks: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the test as a table of one row, a column for each field."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "indicator": self.indicator,
                    "by": ", ".join(self.by),
                    "reviewed": self.reviewed,
                    "statistic": self.statistic,
                    "df": self.df,
                    "df_denominator": self.df_denominator,
                    "p_value": self.p_value,
                    "order": self.order,
                    "remarks": "; ".join(self.remarks),
                }
            ]
        )


def survey_association(
    findings: Findings | Measures,
    indicator: str,
    *,
    by: str | Sequence[str],
    order: Order = "second",
    lonely: Lonely = "fail",
    missing: MissingRule | None = None,
) -> Association:
    """Test whether an indicator's rate is the same in all groups of ``by``, as the design allows.

    Pearson's chi-square with Rao and Scott's correction: ``order="second"`` refers it to F (R's
    ``svychisq(statistic = "F")``), ``"first"`` to chi-square (``"Chisq"``). A measure is tested by
    its distinct values. Cases to which the indicator does not apply are left out. The finite
    population counts: the question is about the register as it is. Raises `AuditError` for an
    unknown indicator or column and for lonely strata (see `survey_means`).
    """
    one_of("order", order, _ORDERS)
    data = survey_data(findings, by=by, overall=False, lonely=lonely, missing=missing)
    if not data.by:
        raise AuditError("by is empty; name the column whose groups shall be compared.")
    variable_names(findings, [indicator])
    variable = data.variable(indicator)
    data.divided(0, variable.read)  # refuses lonely strata
    design, _ = design_of(findings.sample, variable.read)
    values = variable.of(np.flatnonzero(variable.read))
    known = ~np.isnan(values)
    answers = np.full(values.size, -1, dtype=np.intp)
    answers[known] = np.unique(values[known], return_inverse=True)[1]
    groups = data.groupings[0].member[variable.read]
    test = rao_scott(design, groups, answers, order=order, lonely=lonely)
    remarks = list(variable.remarks)
    if math.isnan(test.statistic):
        remarks.append("one group or one answer only: nothing to compare")
    return Association(
        indicator=indicator,
        by=data.by,
        reviewed=int(known.sum()),
        statistic=test.statistic,
        df=test.df,
        df_denominator=test.df_denominator,
        p_value=test.p_value,
        order=order,
        remarks=tuple(remarks),
    )
