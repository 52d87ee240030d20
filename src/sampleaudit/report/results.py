"""The first sections: the answer, the rates, and the rates by domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from sampleaudit.checklist.answers import say
from sampleaudit.comparison.verdict import verdict
from sampleaudit.estimates.estimate import ALL, Estimate
from sampleaudit.estimates.shown import shown_rates
from sampleaudit.estimates.table import Estimates
from sampleaudit.report.blocks import (
    Block,
    Heading,
    Picture,
    Points,
    Section,
    Table,
    Text,
    one_group,
)
from sampleaudit.report.hiding import Rates, key_of
from sampleaudit.report.material import Material
from sampleaudit.report.pictures import pictures_of_rates
from sampleaudit.report.tables import OPEN, reading_table

_NO_NUMBER: Final = "\u2013"


def answer(material: Material) -> Section:
    """Return what it all comes to: what was found, what most often, and what that rests on."""
    blocks: list[Block] = []
    rates = material.caseload.shown
    if rates.rows:
        headline = rates.rows[-1]
        blocks.append(Text(_sentence(headline, material), lead=True))
        others = [row for row in rates.rows[:-1] if row.errors and not math.isnan(row.rate)]
        if others and headline.errors:
            most = max(others, key=lambda row: row.rate)
            blocks.append(Text(material.say("most often", sentence=_sentence(most, material))))
    blocks.append(Text(basis(material)))
    return Section("answer", material.say("heading answer"), tuple(blocks))


def basis(material: Material) -> str:
    """Return what the figures rest on, in a sentence."""
    sample = material.findings.sample
    population = sample.strata["population"].sum(skipna=False)
    kind: str = (
        "census" if material.is_census and sample.selection != "chosen" else sample.selection
    )
    if sample.drawing is not None:
        kind = "clusters"
    known = "" if math.isnan(population) else material.words.count(population)
    return material.say(f"basis {kind}", read=sample.size, population=known)


def rates(material: Material) -> Section:
    """Return picture and table of every indicator in the whole caseload."""
    found = material.caseload
    blocks: list[Block] = []
    blocks += [Picture(ax) for ax in pictures_of_rates(found.shown, material.words)]
    blocks.append(_table(found, material, caption=material.say("table rates")))
    tolerable = material.findings.sample.analysis.tolerable
    if tolerable is not None and found.shown.rows:
        judged = verdict(found.shown, tolerable=tolerable)
        blocks += [
            Heading(material.say("verdict heading")),
            Points(tuple(judged.sentences(language=material.language))),
        ]
    blocks += _questions(material)
    return Section("rates", material.say("heading rates"), tuple(blocks))


def domain(found: Rates, material: Material, place: int) -> Section:
    """Return pictures and tables of the rates by one column."""
    by = ", ".join(found.estimates.by)
    last = found.estimates.rows[-1].indicator
    indicators = list(dict.fromkeys(row.indicator for row in found.estimates.rows))
    many = len(found.estimates) > OPEN and len(indicators) > 1
    drawn = found.shown.select(indicator=last) if many and found.shown.rows else found.shown
    sentences = [material.say("domain wide")]
    if material.comparisons:
        sentences.append(material.say("domain see"))
    sentences.append(material.say("domain order"))
    if many:
        name = material.words.name(last)
        sentences.append(material.say("domain many", indicator=name))
    hidden = {labels for name, labels in found.hidden if name == last and set(labels) != {ALL}}
    if hidden:
        count = len({row.labels for row in found.estimates.rows if set(row.labels) != {ALL}})
        sentences.append(material.say("domain hidden", count=count, hidden=len(hidden)))
    blocks: list[Block] = [Text(" ".join(sentences))]
    blocks += [Picture(ax) for ax in pictures_of_rates(drawn, material.words)]
    caption = material.say("table rates by", by=by)
    if many:
        for name in [last, *indicators[:-1]]:
            own = tuple(row for row in found.estimates.rows if row.indicator == name)
            part = Rates(Estimates(found.estimates.by, own), found.hidden, found.table)
            words = material.words
            title = material.say("table one by", indicator=words.capital(words.name(name)), by=by)
            blocks.append(_table(part, material, caption=title, folded=name != last))
    else:
        blocks.append(_table(found, material, caption=caption))
    heading = material.say("heading domain", by=by)
    return Section(f"domain-{place}", heading, tuple(blocks))


def _sentence(row: Estimate, material: Material) -> str:
    return Estimates((), (row,)).sentences(language=material.language)[0]


def _table(found: Rates, material: Material, *, caption: str, folded: bool = False) -> Table:
    """Return the table for reading; with domains, each indicator heads its own rows."""
    shown = found.estimates
    head, body, notes = shown_rates(shown.by, shown.rows, material.language)
    if found.hidden:
        body = [
            _hidden(row, cells, found, material)
            for row, cells in zip(shown.rows, body, strict=True)
        ]
        if any(key_of(row) in found.hidden for row in shown.rows):
            text = material.words.text["table note hidden"]
            notes = [*notes, text.format(under=material.under or 0)]
    return reading_table(
        (head, body, notes), [row.indicator for row in shown.rows], material,
        labels=len(shown.by), caption=caption, folded=folded,
    )  # fmt: skip


def _hidden(row: Estimate, cells: Sequence[str], found: Rates, material: Material) -> list[str]:
    """Return the cells of a row, without those that are hidden."""
    if key_of(row) not in found.hidden:
        return list(cells)
    labels = 1 + len(row.labels)
    blank = [_NO_NUMBER] * (len(cells) - labels - 1)
    return [*cells[:labels], material.words.text["table hidden"], *blank]


def _questions(material: Material) -> list[Block]:
    """Return what was asked, where a checklist tells."""
    checklist = material.findings.checklist
    if checklist is None:
        return []
    name = material.naming.text
    rows = [
        (name(each.key), name(say(each.question, material.language)))
        for each in checklist.indicators
    ]
    head = (material.words.text["table indicator"], material.say("head question"))
    return [Table(material.say("table questions"), head, one_group(rows), left=2)]
