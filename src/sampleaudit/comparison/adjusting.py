"""p-values that allow for the number of comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sampleaudit.comparison.questions import ADJUSTED, Adjust


def adjusted(p_values: Sequence[float], adjust: Adjust | None) -> list[float]:
    """Return the p-values adjusted for their number, by statsmodels' ``multipletests``.

    Unknown ones (nan) are left out of the number and stay unknown. None leaves all as they are.
    """
    known = [place for place, p in enumerate(p_values) if not math.isnan(p)]
    if adjust is None or not known:
        return list(p_values)
    from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]

    found = multipletests([p_values[place] for place in known], method=ADJUSTED[adjust])[1]
    result = [math.nan] * len(p_values)
    for place, p in zip(known, found, strict=True):
        result[place] = float(p)
    return result
