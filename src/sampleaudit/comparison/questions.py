"""What a comparison asks about, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Question = Literal["register", "process"]
ComparisonMethod = Literal["profile", "guaranteed"]
Adjust = Literal["holm", "benjamini-hochberg", "bonferroni"]

QUESTIONS: Final[Mapping[Question, str]] = MappingProxyType(
    {
        "register": "do the two registers differ as they are? Chance is only in which cases were "
        "read: with all of them read, every difference is certain",
        "process": "do the processes that made the cases differ? Chance is in the cases "
        "themselves, so that a register read in full is still a sample of what might have happened",
    }
)
ADJUSTED: Final[Mapping[Adjust, str]] = MappingProxyType(
    {
        "holm": "holm",
        "benjamini-hochberg": "fdr_bh",
        "bonferroni": "bonferroni",
    }
)
"""The name of each adjustment in statsmodels."""
COMPARISON_METHODS: Final[Mapping[ComparisonMethod, str]] = MappingProxyType(
    {
        "profile": "limits and p-values near the best fit, measured",
        "guaranteed": "limits and p-values that hold whatever the caseloads are like",
    }
)
