"""Differences and verdicts in the section of comparisons."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Final

from sampleaudit.comparison.hindsight import DetectableDifferences
from sampleaudit.comparison.table import Comparison, differences_for_reading
from sampleaudit.comparison.verdict import Verdict
from sampleaudit.estimates.display import Shown, rows_of
from sampleaudit.plots.rates import plot_verdict
from sampleaudit.report.blocks import Block, Heading, Picture, Points, Table, Text
from sampleaudit.report.material import Material
from sampleaudit.report.pictures import pictures_of_differences
from sampleaudit.report.tables import OPEN, captioned, reading_table

_IN_WORDS: Final = 8  # rows said in sentences; of more, the table tells


def comparison_blocks(found: Comparison, material: Material) -> list[Block]:
    """Return the question of a comparison, its pictures, what it shows, and its table."""
    by = ", ".join(found.by)
    key = f"comparison {found.against}" + (" by" if found.against == "before" and by else "")
    other = " / ".join(found.rows[0].labels_other) if found.rows else ""
    heading = material.words.capital(material.say(key, by=by, other=other))
    blocks: list[Block] = [Heading(heading), Text(_question(found, material))]
    blocks += [Picture(ax) for ax in pictures_of_differences(found, material.words)]
    blocks += _what_shows(found, material)
    blocks.append(_table(found, material))
    return blocks


def verdict_blocks(found: Verdict, material: Material) -> list[Block]:
    """Return the picture of a verdict, what it says, and its table."""
    tolerable = material.words.share(found.tolerable)
    blocks: list[Block] = [Heading(material.say("comparison verdict", tolerable=tolerable))]
    if found.rows:
        blocks.append(Picture(plot_verdict(found, language=material.language)))
    if len(found.rows) <= _IN_WORDS:
        blocks.append(Points(tuple(found.sentences(language=material.language))))
    table = reading_table(
        rows_of(found, material.language), [row.estimate.indicator for row in found.rows], material,
        labels=len(found.by), caption=material.say("table verdict", tolerable=tolerable),
        folded=len(found.rows) > OPEN,
    )  # fmt: skip
    return [*blocks, table]


def detectable_blocks(found: DetectableDifferences, material: Material) -> list[Block]:
    """Return what the sample could have shown: there is nothing to draw."""
    by = material.words.capital(", ".join(found.by))
    power = material.words.level(found.power)
    indicators = [row.indicator for row in found.rows]
    table = reading_table(
        rows_of(found, material.language), indicators, material, labels=len(found.by),
        caption=captioned(material.say("table detectable"), indicators, material),
        folded=len(found.rows) > OPEN,
    )  # fmt: skip
    return [
        Heading(material.say("comparison detectable", by=by)),
        Text(material.say("detectable text", power=power)),
        table,
    ]


def _question(found: Comparison, material: Material) -> str:
    asked = material.say(f"question {found.question}")
    count = len(found.rows)
    if count < 2:
        return f"{asked} {material.say('adjust one')}"
    level = max(row.level for row in found.rows)
    alpha = material.words.level(round(1 - level, 10))
    key = f"adjust {found.adjust or 'none'}"
    return f"{asked} {material.say(key, count=count, alpha=alpha)}"


def _what_shows(found: Comparison, material: Material) -> list[Block]:
    """Return in sentences the differences that the tests show, or that there are none."""
    count = len(found.rows)
    outstanding = tuple(
        row
        for row in found.rows
        if not math.isnan(row.p_adjusted) and row.p_adjusted < 1 - row.level
    )
    if all(math.isnan(row.difference) for row in found.rows):
        return []
    if not outstanding:
        return [Text(material.say("shown none" if count > 1 else "shown none, one", count=count))]
    said = Comparison(
        found.by, found.against, found.question, found.adjust, outstanding[:_IN_WORDS]
    ).sentences(language=material.language)
    if len(outstanding) > _IN_WORDS:
        said.append(material.say("shown more", count=len(outstanding) - _IN_WORDS))
    if count == 1:
        return [Text(said[0])]
    shown = material.say("shown some", shown=len(outstanding), count=count)
    return [Text(shown), Points(tuple(said))]


def _table(found: Comparison, material: Material) -> Table:
    shown = differences_for_reading(found, material.language)
    if found.adjust:  # the p-value of a row alone would be read as what it shows
        shown = _without(shown, [len(shown[0]) - 2])
    if found.against == "reference":  # the heading names it
        shown = _without(shown, range(1 + len(found.by), 1 + 2 * len(found.by)))
    indicators = [row.indicator for row in found.rows]
    labels = len(shown[0]) - _NUMBERS
    caption = material.say("table comparison")
    return reading_table(
        shown, indicators, material, labels=labels, folded=len(found.rows) > OPEN,
        caption=captioned(caption, indicators, material) if labels else caption,
    )  # fmt: skip


_NUMBERS: Final = 8  # columns of the table that do not name the domain, with the indicator's


def _without(shown: Shown, columns: Container[int]) -> Shown:
    head, body, notes = shown

    def less(row: list[str]) -> list[str]:
        return [cell for column, cell in enumerate(row) if column not in columns]

    return less(head), [less(row) for row in body], notes
