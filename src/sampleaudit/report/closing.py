"""The last sections: methods, missing files, agreement, what cannot be said, and all numbers."""

from __future__ import annotations

import math
from typing import Final

from sampleaudit.findings import OUTCOMES
from sampleaudit.report.blocks import (
    Block,
    Download,
    Fact,
    Facts,
    Points,
    Section,
    Table,
    Text,
    one_group,
)
from sampleaudit.report.material import Material
from sampleaudit.report.numbers import files_of_numbers
from sampleaudit.report.phrases import phrases
from sampleaudit.wording import number, remark_text

_PLAN: Final = "not as planned: "  # how remarks begin, in English
_COUNTED: Final = ("error", "correct")  # outcomes with a column even where they do not occur


def methods(material: Material) -> Section:
    """Return in plain words how the figures came about, and what is known of each interval."""
    blocks: list[Block] = []
    sample = material.findings.sample
    census = material.is_census and sample.selection != "chosen"
    plain = [_how(material, census=census)]
    if len(material.findings.indicators) > 1:
        plain.append(material.say("method any error"))
    blocks.append(Text(" ".join(plain)))
    used = _used(material)
    if used:
        level = material.words.level(max(row.level for row in material.caseload.estimates.rows))
        side = material.caseload.estimates.rows[0].side
        key = "method level" if side == "both" else f"method level, {side}"
        blocks += [Text(material.say(key, level=level)), Facts(tuple(used))]
        blocks.append(Text(material.say("method one")))
    rules = [material.say(f"method missing {sample.analysis.missing}")]
    if material.under is not None:
        rules.append(material.say("method suppressed", under=material.under))
    changed = list(
        dict.fromkeys(
            remark_text(remark, material.language).partition(": ")[2]
            for row in material.caseload.estimates.rows
            for remark in row.remarks
            if remark.startswith(_PLAN)
        )
    )
    if changed:
        rules.append(material.say("method unplanned", changes=", ".join(changed)))
    blocks.append(Text(" ".join(rules)))
    return Section("methods", material.say("heading methods"), tuple(blocks))


def outcomes(material: Material) -> Section:
    """Return how often each outcome occurs, and what the missing files could change."""
    heading = material.say("heading outcomes")
    if any(rates.hidden for rates in material.domains):
        note = material.say("method suppressed", under=material.under or 0)
        return Section("outcomes", heading, (Text(note),))
    table = material.findings.completeness
    present = [name for name in OUTCOMES if name in _COUNTED or table[name].any()]
    blocks: list[Block] = []
    everywhere = len(present) == len(_COUNTED)
    blocks.append(Text(material.say("outcomes none" if everywhere else "outcomes text")))
    name, count = material.naming.text, material.words.count
    rows = [
        (material.words.capital(name(row["indicator"])), *(count(row[each]) for each in present))
        for row in table.to_dict(orient="records")
    ]
    head = (
        material.words.text["table indicator"],
        *(material.say(f"outcome {each}") for each in present),
    )
    blocks.append(Table(material.say("table outcomes"), head, one_group(rows)))
    return Section("outcomes", heading, (*blocks, *_bounds(material)))


def agreement(material: Material) -> Section:
    """Return how far two reviewers agreed, if that was measured."""
    heading = material.say("heading agreement")
    found = material.agreement
    if found is None:
        return Section("agreement", heading, (Text(material.say("agreement none")),))
    words, language = material.words, material.language
    level = words.level(found.level)
    notes: list[str] = []
    rows = []
    for row in found.rows:
        for remark in row.remarks:
            if remark not in notes:
                notes.append(remark)
        marks = ",".join(str(notes.index(remark) + 1) for remark in row.remarks)
        name = words.capital(words.name(row.indicator)) + (f" [{marks}]" if marks else "")
        share = words.span(
            words.share(row.share), words.share(row.share_low), words.share(row.share_high)
        )
        rows.append(
            (name, words.count(row.cases), share,
             number(row.kappa.value, language, digits=2), number(row.ac1.value, language, digits=2))
        )  # fmt: skip
    heads = (material.say(f"head {key}") for key in ("twice", "agreed", "kappa", "ac1"))
    head = (words.text["table indicator"], *heads)
    text = Text(material.say("agreement text", level=level))
    said = tuple(remark_text(note, language) for note in notes)
    table = Table(material.say("table agreement"), head, one_group(rows), 1, said)
    return Section("agreement", heading, (text, table))


def limits(material: Material) -> Section:
    """Return what must not be read into the figures."""
    sample = material.findings.sample
    census = material.is_census and sample.selection != "chosen"
    keys = ["register", "reviewers", "files", "causes"]
    if sample.selection == "chosen":
        keys.insert(0, "chosen")
    elif not census:
        keys += ["groups"] if material.domains or material.survey_domains else []
        keys.append("ones")
    if (material.findings.completeness["missing file"] > 0).any():
        keys.append("missing")
    if sample.selection == "random" and not census:
        keys.append("declared")
    points = Points(tuple(material.say(f"limit {key}") for key in keys))
    heading = material.say("heading limits, census" if census else "heading limits")
    return Section("limits", heading, (points,))


def numbers(material: Material) -> Section:
    """Return the files of all numbers, with their hashes."""
    files: list[Download] = files_of_numbers(material)
    return Section(
        "numbers", material.say("heading numbers"), (Text(material.say("numbers text")), *files)
    )


def _how(material: Material, *, census: bool) -> str:
    if census:
        return material.say("method census")
    if material.findings.sample.selection == "chosen":
        return material.say("method chosen")
    return material.say("method survey" if material.survey is not None else "method rate")


def _used(material: Material) -> list[Fact]:
    """Return each method that made an interval of the report, with its guarantee."""
    found: dict[tuple[str, str], None] = {}
    for rates in (material.caseload, *material.domains):
        for row in rates.estimates.rows:
            if row.extrapolates and not row.census and not math.isnan(row.limits.rate_low):
                found[row.limits.method, row.limits.guarantee] = None
    known = phrases(material.language)
    facts = []
    for method, guarantee in found:
        name = method.removesuffix("-bonferroni")
        key = f"method {name}" if f"method {name}" in known else "method other"
        text = f"{material.say(key)} {material.say(f'guarantee {guarantee}')}"
        facts.append(Fact(method, text))
    return facts


def _bounds(material: Material) -> list[Block]:
    """Return what the missing files could change, if files were missing."""
    words = material.words
    rows = []
    for row in material.caseload.estimates.rows:
        if not row.missing or math.isnan(row.missing_low + row.missing_high):
            continue
        shown = words.capital(words.name(row.indicator))
        span = words.text["table both"].format(
            low=words.share(row.missing_low), high=words.share(row.missing_high)
        )
        own = words.text["table both"].format(
            low=words.share(row.limits.rate_low), high=words.share(row.limits.rate_high)
        )
        rows.append((shown, words.count(row.missing), words.share(row.rate), own, span))
    if not rows:
        return []
    level = words.level(max(row.level for row in material.caseload.estimates.rows))
    head = (words.text["table indicator"], material.say("head missing"), words.text["rate"],
            words.text["table interval both"].format(level=level),
            material.say("head bounds"))  # fmt: skip
    table = Table(material.say("table bounds"), head, one_group(rows))
    return [Text(material.say("bounds text")), table]
