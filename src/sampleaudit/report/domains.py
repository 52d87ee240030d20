"""Domains beside each other in the section of comparisons: funnels, pooled rates, ranks, mixes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sampleaudit.comparison.domain_table import DomainTable
from sampleaudit.comparison.funnel import Funnel
from sampleaudit.comparison.pooling import PooledRates
from sampleaudit.comparison.ranks import Ranks
from sampleaudit.comparison.standardised import Standardised
from sampleaudit.estimates.display import rows_of
from sampleaudit.plots.funnels import plot_funnel
from sampleaudit.report.blocks import Block, Heading, Picture, Points, Table, Text
from sampleaudit.report.material import Material
from sampleaudit.report.pictures import MOST, pictures_of_two_rates
from sampleaudit.report.tables import OPEN, captioned, reading_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_T = TypeVar("_T", bound=DomainTable[Any])
_NAMED: Final = 12  # domains outside a funnel that are named in a sentence


def funnel_blocks(found: Funnel, material: Material) -> list[Block]:
    """Return the question of a funnel, who lies outside, pictures and tables."""
    blocks = [_heading("funnel", found, material)]
    if found.rows:
        blocks.append(Text(material.say(f"question {found.rows[0].question}")))
    blocks.append(Points(tuple(_outside(part, material) for part in _each_indicator(found))))

    def drawn(part: Funnel) -> list[Axes]:
        if all(math.isnan(row.rate) for row in part.rows):
            return []
        return [plot_funnel(part, language=material.language)]

    telling = [row.indicator for row in found.rows if row.outside]
    return [
        *blocks, *_pictures(found, telling, drawn, material), *_tables(found, "funnel", material)
    ]  # fmt: skip


def pooled_blocks(found: PooledRates, material: Material) -> list[Block]:
    """Return what pooling does to the rates, pictures and tables."""
    blocks = [_heading("pooled", found, material), Text(material.say("pooled text"))]
    said = [
        _moved(part, [row.raw_rate for row in part.rows], [row.rate for row in part.rows],
               "pooled", material)
        for part in _each_indicator(found)
    ]  # fmt: skip
    blocks.append(Points(tuple(filter(None, said))))
    return [*blocks, *_two_rates(found, "pooled", material)]


def standardised_blocks(found: Standardised, material: Material) -> list[Block]:
    """Return what the mix of cases does to the rates, pictures and tables."""
    over = ", ".join(found.over)
    blocks = [_heading("standardised", found, material)]
    blocks.append(Text(material.say("standardised text", over=over)))
    said = [
        _moved(part, [row.crude_rate for row in part.rows], [row.rate for row in part.rows],
               "standardised", material)
        for part in _each_indicator(found)
    ]  # fmt: skip
    blocks.append(Points(tuple(filter(None, said))))
    return [*blocks, *_two_rates(found, "standardised", material)]


def ranks_blocks(found: Ranks, material: Material) -> list[Block]:
    """Return whether the domains can be ranked, in sentences, and the places possible."""
    blocks = [_heading("ranks", found, material)]
    if found.rows:
        blocks.append(Text(material.say(f"question {found.rows[0].question}")))
    blocks += [Points(tuple(found.sentences(language=material.language)))]
    blocks.append(Text(material.say("ranks text")))
    return [*blocks, *_tables(found, "ranks", material)]


def _heading(key: str, found: DomainTable[Any], material: Material) -> Block:
    by = material.words.capital(", ".join(found.by))
    return Heading(material.say(f"comparison {key}", by=by))


def _two_rates(found: PooledRates | Standardised, key: str, material: Material) -> list[Block]:
    def drawn(part: PooledRates | Standardised) -> list[Axes]:
        return pictures_of_two_rates(part, material.words)

    return [*_pictures(found, [], drawn, material), *_tables(found, key, material)]


def _each_indicator(found: _T) -> list[_T]:
    names = dict.fromkeys(row.indicator for row in found.rows)
    return [found.select(indicator=name) for name in names]


def _pictures(
    found: _T, telling: Sequence[str], draw: Callable[[_T], list[Axes]], material: Material
) -> list[Block]:
    """Return a few pictures: all, or those of the last indicator and of those ``telling`` most."""
    names = list(dict.fromkeys(row.indicator for row in found.rows))
    others = names if len(names) <= MOST else telling
    pages: dict[str, list[Axes]] = {}
    for name in dict.fromkeys([*names[-1:], *others]):
        if sum(map(len, pages.values())) < MOST:
            pages[name] = draw(found.select(indicator=name))
    drawn = [name for name in names if pages.get(name)]
    blocks: list[Block] = [Picture(ax) for name in drawn for ax in pages[name]]
    if blocks and len(drawn) < len(names):
        words = material.words
        told = ", ".join(words.capital(words.name(name)) for name in drawn)
        blocks.append(Text(material.say("pictured some", indicators=told)))
    return blocks


def _tables(found: DomainTable[Any], key: str, material: Material) -> list[Table]:
    """Return one table, or of many rows one for each indicator, the last one open."""
    parts = [found] if len(found) <= OPEN else _each_indicator(found)
    tables = []
    for place, part in enumerate(parts):
        indicators = [row.indicator for row in part.rows]
        caption = captioned(material.say(f"table {key}"), indicators, material)
        tables.append(
            reading_table(
                rows_of(part, material.language), indicators, material, labels=len(part.by),
                caption=caption, folded=place < len(parts) - 1,
            )
        )  # fmt: skip
    return [*tables[-1:], *tables[:-1]]


def _outside(found: Funnel, material: Material) -> str:
    """Return how many domains of one indicator lie outside the limits of chance, and which."""
    words, rows = material.words, found.outside.rows
    name = words.capital(words.name(found.rows[0].indicator))
    level, count = words.level(0.95), len(found.rows)
    if not rows:
        return material.say("funnel none", indicator=name, count=count, level=level)
    names = [
        f"{' / '.join(row.labels)} ({words.share(row.rate)})"
        for row in sorted(rows, key=lambda row: -abs(row.score))[:_NAMED]
    ]
    if len(rows) > _NAMED:
        names.append(words.text["and more"].format(count=words.count(len(rows) - _NAMED)))
    return material.say(
        "funnel some", indicator=name, count=count, outside=len(rows), level=level,
        names=", ".join(names),
    )  # fmt: skip


def _moved(
    found: PooledRates | Standardised,
    own: Sequence[float],
    changed: Sequence[float],
    key: str,
    material: Material,
) -> str:
    """Return between what the rates of one indicator lie, own and changed; "" if unknown."""
    known = [
        (before, after)
        for before, after in zip(own, changed, strict=True)
        if not math.isnan(before + after)
    ]
    if not known:
        return ""
    words = material.words
    name = words.capital(words.name(found.rows[0].indicator))
    before, after = ([pair[side] for pair in known] for side in (0, 1))
    return material.say(
        f"{key} says", indicator=name, low=words.share(min(before)), high=words.share(max(before)),
        low_then=words.share(min(after)), high_then=words.share(max(after)),
    )  # fmt: skip
