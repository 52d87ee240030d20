"""The section of comparisons: what was compared, each by its own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sampleaudit.comparison.funnel import Funnel
from sampleaudit.comparison.hindsight import DetectableDifferences
from sampleaudit.comparison.pooling import PooledRates
from sampleaudit.comparison.ranks import Ranks
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.comparison.table import Comparison
from sampleaudit.comparison.verdict import Verdict
from sampleaudit.report.blocks import Block, Section
from sampleaudit.report.differences import comparison_blocks, detectable_blocks, verdict_blocks
from sampleaudit.report.domains import (
    funnel_blocks,
    pooled_blocks,
    ranks_blocks,
    standardised_blocks,
)
from sampleaudit.report.material import Material

_BLOCKS: Final[Mapping[type, Callable[[Any, Material], list[Block]]]] = MappingProxyType(
    {
        Comparison: comparison_blocks,
        DetectableDifferences: detectable_blocks,
        Funnel: funnel_blocks,
        PooledRates: pooled_blocks,
        Ranks: ranks_blocks,
        Standardised: standardised_blocks,
        Verdict: verdict_blocks,
    }
)


def comparisons(material: Material) -> Section:
    """Return each comparison with its question, its picture, what it shows, and its table."""
    blocks: list[Block] = []
    for each in material.comparisons:
        blocks += _BLOCKS[type(each)](each, material)
    return Section("comparisons", material.say("heading comparisons"), tuple(blocks))
