"""The section of comparisons: differences, funnels and verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from sampleaudit.comparison.funnel import Funnel
from sampleaudit.comparison.table import Compared, Comparison
from sampleaudit.comparison.verdict import Verdict
from sampleaudit.plots.funnels import plot_funnel
from sampleaudit.plots.rates import plot_verdict
from sampleaudit.report.blocks import (
    Block,
    Group,
    Heading,
    Picture,
    Points,
    Section,
    Table,
    Text,
    one_group,
)
from sampleaudit.report.material import Material
from sampleaudit.report.pictures import pictures_of_differences
from sampleaudit.wording import number, remark_text

_IN_WORDS: Final = 8  # differences said in sentences; of more, the table tells
_OPEN: Final = 120  # rows of a table that stands open
_NO_NUMBER: Final = "\u2013"
_LEAST: Final = 0.001  # a smaller p-value is written as below it


def comparisons(material: Material) -> Section:
    """Return each comparison with its question, its picture, what it shows, and its table."""
    blocks: list[Block] = []
    for each in material.comparisons:
        if isinstance(each, Comparison):
            blocks += _comparison(each, material)
        elif isinstance(each, Funnel):
            blocks += _funnel(each, material)
        else:
            blocks += _verdict(each, material)
    return Section("comparisons", material.say("heading comparisons"), tuple(blocks))


def _comparison(found: Comparison, material: Material) -> list[Block]:
    by = ", ".join(found.by)
    key = f"comparison {found.against}" + (" by" if found.against == "before" and by else "")
    other = " / ".join(found.rows[0].labels_other) if found.rows else ""
    heading = material.words.capital(material.say(key, by=by, other=other))
    blocks: list[Block] = [Heading(heading), Text(_question(found, material))]
    blocks += [Picture(ax) for ax in pictures_of_differences(found, material.words)]
    blocks += _what_shows(found, material)
    blocks.append(_table(found, material))
    return blocks


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
    words, against = material.words, found.against
    both = against in ("each other", "reference")
    level = words.level(max((row.level for row in found.rows), default=0.95))
    head = [*found.by, *([material.say("head other", by=each) for each in found.by] * both)]
    head = head or [material.say("head indicator")]
    head += [material.say("head found"), material.say("head rate")]
    head += [material.say(f"head found {against}"), material.say(f"head rate {against}")]
    head += [material.say("head difference"), material.say("head interval", level=level)]
    head.append(material.say("head p adjusted" if found.adjust else "head p"))
    notes: list[str] = []
    groups: dict[str, list[tuple[str, ...]]] = {}
    for row in found.rows:
        name = words.capital(words.name(row.indicator))
        labels = [*row.labels, *(row.labels_other if both else ())] or [name]
        labels[0] += _marks(row.remarks, notes)
        groups.setdefault(name, []).append((*labels, *_numbers(row, material)))
    headed = bool(found.by)
    if not headed:
        groups = {"": [row for rows in groups.values() for row in rows]}
    return Table(
        material.say("table comparison"),
        tuple(head),
        tuple(Group(name if headed else "", tuple(rows)) for name, rows in groups.items()),
        max(1, len(found.by) * (1 + both)),
        tuple(remark_text(note, material.language) for note in notes),
        folded=len(found.rows) > _OPEN,
    )


def _numbers(row: Compared, material: Material) -> tuple[str, ...]:
    words = material.words
    low, high = words.points(row.difference_low), words.points(row.difference_high)
    known = not math.isnan(row.difference_low + row.difference_high)
    return (
        words.found(row.errors, row.applicable),
        words.share(row.rate),
        words.found(row.errors_other, row.applicable_other),
        words.share(row.rate_other),
        words.points(row.difference),
        words.text["table both"].format(low=low, high=high) if known else _NO_NUMBER,
        _p(row.p_adjusted, material),
    )


def _p(value: float, material: Material) -> str:
    if math.isnan(value):
        return _NO_NUMBER
    shown = number(max(value, _LEAST), material.language, digits=3)
    return f"< {shown}".replace(" ", "\u00a0") if value < _LEAST else shown


def _funnel(found: Funnel, material: Material) -> list[Block]:
    words = material.words
    by = words.capital(", ".join(found.by))
    blocks: list[Block] = [Heading(material.say("comparison funnel", by=by))]
    notes: list[str] = []
    for name in dict.fromkeys(row.indicator for row in found.rows):
        own = Funnel(found.by, tuple(row for row in found.rows if row.indicator == name))
        blocks.append(Text(material.say(f"question {own.rows[0].question}")))
        if any(not math.isnan(row.rate) for row in own.rows):
            blocks.append(Picture(plot_funnel(own, language=material.language)))
        rows = [
            (
                *row.labels[:-1],
                row.labels[-1] + _marks(row.remarks, notes),
                words.found(row.errors, row.applicable),
                words.share(row.rate),
                words.share(row.target),
                _outside(row.outside, material),
            )
            for row in own.rows
        ]
        head = (*found.by, material.say("head found"), material.say("head rate"),
                material.say("head overall"), material.say("head funnel"))  # fmt: skip
        caption = f"{words.capital(words.name(name))}: {material.say('table funnel')}"
        said = tuple(remark_text(note, material.language) for note in notes)
        blocks.append(Table(caption, head, one_group(rows), len(found.by), said, len(rows) > _OPEN))
    return blocks


def _outside(where: str, material: Material) -> str:
    """Return "above 95% limits" for what a funnel calls outside."""
    side, _, level = where.partition(" ")
    if not side:
        return material.say("outside ")
    shown = level.removesuffix("%")
    return material.say(f"outside {side} 95", level=material.words.level(float(shown) / 100))


def _verdict(found: Verdict, material: Material) -> list[Block]:
    words = material.words
    tolerable = words.share(found.tolerable)
    blocks: list[Block] = [Heading(material.say("comparison verdict", tolerable=tolerable))]
    if found.rows:
        blocks.append(Picture(plot_verdict(found, language=material.language)))
    notes: list[str] = []
    rows = []
    for row in found.rows:
        one = row.estimate
        rate = words.span(
            words.share(one.rate), words.share(one.limits.rate_low),
            words.share(one.limits.rate_high), one.side,
        )  # fmt: skip
        name = words.capital(words.name(one.indicator)) + _marks(one.remarks, notes)
        rows.append(
            (name, *one.labels, words.found(one.errors, one.applicable), rate,
             material.say(f"verdict {row.judgement}"))
        )  # fmt: skip
    head = (material.say("head indicator"), *found.by, material.say("head found"),
            material.say("head rate"), material.say("head verdict"))  # fmt: skip
    caption = material.say("table verdict", tolerable=tolerable)
    said = tuple(remark_text(note, material.language) for note in notes)
    blocks.append(Table(caption, head, one_group(rows), 1 + len(found.by), said, len(rows) > _OPEN))
    return blocks


def _marks(remarks: Sequence[str], notes: list[str]) -> str:
    """Return the marks of a row's footnotes, which are added to ``notes`` if they are new."""
    notes += [remark for remark in remarks if remark not in notes]
    numbers = ",".join(str(notes.index(remark) + 1) for remark in remarks)
    return f" [{numbers}]" if numbers else ""
