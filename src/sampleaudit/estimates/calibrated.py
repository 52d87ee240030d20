"""Calibrated weights as a value: what they were, what they are, and the totals they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from sampleaudit.errors import AuditError
from sampleaudit.estimates.display import html_table, text_table
from sampleaudit.formulas.calibration import (
    UNBOUNDED,
    Bounds,
    Calibration,
    Distance,
    calibrate,
    independent_columns,
    post_stratify,
)
from sampleaudit.formulas.design import Design
from sampleaudit.sample import Sample

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

CalibrationMethod = Literal["post-stratification", "raking", "linear", "logit"]
_DISTANCES: Final[Mapping[CalibrationMethod, Distance]] = MappingProxyType(
    {"raking": "raking", "linear": "linear", "logit": "logit"}
)
CALIBRATION_METHODS: Final[tuple[CalibrationMethod, ...]] = ("post-stratification", *_DISTANCES)


@dataclass(frozen=True, slots=True)
class CalibrationTotal:
    """One register total: of all cases, of a category, or of a measure.

    ``asked`` is the register's total, ``before`` what the design weights say, ``reached`` what the
    calibrated weights say; ``cases`` the reviewed cases that it rests on.
    """

    margin: str
    category: str
    cases: int
    asked: float
    before: float
    reached: float


@dataclass(frozen=True, slots=True, repr=False)
class Calibrated:
    """Weights of every case of a sample that meet register totals, made by `calibrate`.

    Given to `survey_means` and its neighbours as ``weights``, or to `jackknife` and `bootstrap`,
    which calibrate each replicate anew. ``totals`` has one `CalibrationTotal` for each total.
    """

    sample: Sample
    method: CalibrationMethod
    bounds: Bounds
    totals: tuple[CalibrationTotal, ...]
    remarks: tuple[str, ...]
    _before: Floats
    _weights: Floats
    _basis: Floats
    _regression_weights: Floats

    def to_frame(self) -> pd.DataFrame:
        """Return the case ids with ``weight_before``, ``factor`` and ``weight``, in cases."""
        import pandas as pd

        return pd.DataFrame(
            {
                self.sample.case_id: self.sample.cases[self.sample.case_id],
                "weight_before": self._before,
                "factor": self._weights / self._before,
                "weight": self._weights,
            }
        )

    def totals_frame(self) -> pd.DataFrame:
        """Return the totals, unrounded, in cases or in the unit of the measure.

        Columns: ``margin``, ``category``, ``cases``, ``asked``, ``before``, ``reached``.
        """
        import pandas as pd

        names = CalibrationTotal.__dataclass_fields__
        rows = [[getattr(total, name) for name in names] for total in self.totals]
        return pd.DataFrame(rows, columns=list(names))

    def design(self, sample: Sample, design: Design, read: Bools) -> Design:
        """Return the ``design`` of a sample's reviewed cases with the calibrated weights.

        Its variances are those of R's survey: ``postStratify``, ``calibrate``, and ``rake`` where
        margins of categories are raked. Raises `AuditError` for another sample, and where cases of
        it are unread.
        """
        if not sample.cases[sample.case_id].equals(self.sample.cases[self.sample.case_id]):
            raise AuditError("weights were calibrated for another sample; calibrate them for this.")
        if not read.all():
            raise AuditError(
                f"weights were calibrated for all {read.size} cases of the sample, but "
                f"{int((~read).sum())} are not reviewed yet; read them first."
            )
        return replace(
            design,
            weights=self._weights,
            basis=independent_columns(self._basis, weights=self._before),
            basis_weights=self._regression_weights,
        )

    def anew(self, weights: Floats) -> Calibration:
        """Return the calibration of other weights of the same cases to the same totals."""
        asked = np.array([total.asked for total in self.totals])
        return calibrated_weights(weights, self._basis, asked, self.method, self.bounds)

    def __repr__(self) -> str:
        head, body, notes = self._shown()
        return text_table(head, body, notes, left=2)

    def _repr_html_(self) -> str:
        head, body, notes = self._shown()
        return html_table(head, body, notes, left=2)

    def _shown(self) -> tuple[list[str], list[list[str]], list[str]]:
        head = ["margin", "category", "cases", "asked", "before", "reached"]
        body = [
            [
                total.margin, total.category, f"{total.cases}", f"{total.asked:,.0f}",
                f"{total.before:,.1f}", f"{total.reached:,.1f}",
            ]
            for total in self.totals
        ]  # fmt: skip
        factors = self._weights / self._before
        within = (
            "" if self.bounds == UNBOUNDED else f" within {self.bounds[0]} and {self.bounds[1]}"
        )
        note = (
            f"{self.sample.size} weights changed by {self.method}{within}, "
            f"by factors from {factors.min():.3g} to {factors.max():.3g}"
        )
        return head, body, [note, *self.remarks]


def calibrated_weights(
    weights: Floats, basis: Floats, totals: Floats, method: CalibrationMethod, bounds: Bounds
) -> Calibration:
    """Return the calibration of weights by a method; for cells, the basis has a 1 in each row."""
    if method == "post-stratification":
        return post_stratify(weights, basis.argmax(axis=1), totals)
    return calibrate(weights, basis, totals, distance=_DISTANCES[method], bounds=bounds)
