"""Rates of a sample of clusters, as survey statistics makes them: sentences, pictures, tables."""

from __future__ import annotations

import math
from dataclasses import replace

from sampleaudit.estimates.survey_table import SurveyEstimates, SurveyRow
from sampleaudit.plots.surveys import plot_survey
from sampleaudit.report.blocks import Picture, Points, Section, Table, Text, one_group
from sampleaudit.report.material import Material

_PICTURED = 40  # rows of a picture that fits a page


def clustered_rates(found: SurveyEstimates, material: Material) -> Section:
    """Return sentences, picture and table of every indicator."""
    named = _named(found, material)
    said = Points(tuple(_sentence(row, named, material) for row in named.rows))
    picture = Picture(plot_survey(named, language=material.language))
    table = _table(named, material, caption=material.say("table rates"))
    return Section("rates", material.say("heading rates"), (said, picture, table))


def clustered_domain(found: SurveyEstimates, material: Material, place: int) -> Section:
    """Return picture and table of the rates by one column."""
    named = _named(found, material)
    by = ", ".join(named.by)
    text = Text(f"{material.say('domain wide')} {material.say('domain order')}")
    table = _table(named, material, caption=material.say("table rates by", by=by))
    pictures = []
    if len(named.rows) <= _PICTURED:
        pictures.append(Picture(plot_survey(named, language=material.language)))
    heading = material.say("heading domain", by=by)
    return Section(f"domain-{place}", heading, (text, *pictures, table))


def _named(found: SurveyEstimates, material: Material) -> SurveyEstimates:
    naming, words = material.naming, material.words
    rows = tuple(
        replace(
            row,
            variable=words.capital(words.name(naming.text(row.variable))),
            labels=naming.labels(row.labels),
        )
        for row in found.rows
    )
    return replace(found, by=tuple(map(naming.column, found.by)), rows=rows)


def _sentence(row: SurveyRow, found: SurveyEstimates, material: Material) -> str:
    words = material.words
    key = "survey sentence" + (", alone" if math.isnan(row.low) else "")
    return material.say(
        key, indicator=row.variable, value=words.share(row.estimate), low=words.share(row.low),
        high=words.share(row.high), level=words.level(found.level), found=row.applicable,
    )  # fmt: skip


def _table(found: SurveyEstimates, material: Material, *, caption: str) -> Table:
    words = material.words
    rows = []
    for row in found.rows:
        span = words.span(words.share(row.estimate), words.share(row.low), words.share(row.high))
        rows.append((row.variable, *row.labels, words.count(row.applicable), span))
    level = words.level(found.level)
    rate = words.text["rate and level"].format(level=level)
    head = (
        words.text["table indicator"],
        *found.by,
        material.say("head population"),
        rate,
    )
    return Table(caption, head, one_group(rows), 1 + len(found.by))
