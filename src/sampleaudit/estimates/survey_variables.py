"""The value of every case in a design-based estimate: an indicator as 0 and 1, or a measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import MISSING_RULES, MissingRule
from sampleaudit.estimates.counts import refuse_chosen_reading_order, stratum_of_cases
from sampleaudit.findings import ANY_ERROR, Findings, any_error

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_TELLS: Final = {"error": 1.0, "correct": 0.0}
_MISSING: Final[dict[MissingRule, float]] = {"error": 1.0, "correct": 0.0, "exclude": np.nan}


@dataclass(frozen=True, slots=True)
class Variable:
    """One indicator or measure.

    ``values`` has one for every case of the sample, nan where it does not apply; ``read`` tells the
    cases that were read; ``remarks`` what was decided about the others.
    """

    name: str
    values: Floats
    read: Bools
    remarks: tuple[str, ...] = ()

    def of(self, cases: NDArray[np.intp]) -> Floats:
        """Return the values of some cases, by their place in the sample."""
        return self.values[cases]

    @property
    def is_indicator(self) -> bool:
        """Whether all values are 0 or 1."""
        known = self.values[~np.isnan(self.values)]
        return bool(np.isin(known, (0.0, 1.0)).all())


def indicator_variable(
    findings: Findings, outcomes: pd.DataFrame | None, name: str, missing: MissingRule
) -> Variable:
    """Return an indicator as 1 for an error and 0 for none; ``outcomes`` is the findings' table."""
    import pandas as pd

    table = findings.outcome_table() if outcomes is None else outcomes
    given = pd.Series(any_error(table)) if name == ANY_ERROR else table[name]
    words, codes = _coded(given)
    read = np.array([word != "not reviewed" for word in words])[codes]
    remarks: list[str] = []
    if not read.all():
        refuse_chosen_reading_order(findings, name, list(given), stratum_of_cases(findings.sample))
        remarks.append(f"{int((~read).sum())} cases not read yet; the first in ticket order were")
    numbers = {**_TELLS, "missing file": _MISSING[missing]}
    if "missing file" in words:
        remarks.append(MISSING_RULES[missing])
    values = np.array([numbers.get(word, np.nan) for word in words])[codes]
    return Variable(name, values, read, tuple(remarks))


def _coded(outcomes: pd.Series[Any]) -> tuple[list[str], NDArray[np.intp]]:
    """Return the different outcomes, and for every case the place of its own among them."""
    import pandas as pd

    codes, words = pd.factorize(outcomes)
    return [str(word) for word in words], np.asarray(codes, dtype=np.intp)
