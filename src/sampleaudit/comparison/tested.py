"""What is found of one difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sampleaudit.analysis import Guarantee


@dataclass(frozen=True, slots=True)
class Tested:
    """The limits of one difference (shares of 1) and the p-value of equal rates."""

    low: float
    high: float
    p_value: float
    method: str
    guarantee: Guarantee
    remarks: tuple[str, ...] = ()


UNKNOWN: Final = Tested(math.nan, math.nan, math.nan, "", "none")
