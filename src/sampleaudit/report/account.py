"""How the cases came in, and how anyone can check that: the draw, or what was declared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sampleaudit.report.blocks import Block, Command, Fact, Facts, Section, Table, Text, one_group
from sampleaudit.report.material import Material

_OPEN: Final = 40  # strata of a table that stands open


def drawn(material: Material) -> Section:
    """Return how the sample was drawn and how to repeat the draw, or what was declared of it."""
    sample = material.findings.sample
    blocks: list[Block] = [Facts(tuple(_facts(material)))]
    if sample.selection == "drawn":
        key = "drawn how" if sample.clusters is None else "drawn how, clusters"
        blocks += [
            Text(material.say(key)),
            Text(material.say("drawn check")),
            Command(f"sampleaudit verify {_folder(material)}"),
            Text(material.say("drawn check after")),
        ]
    else:
        census = material.is_census and sample.selection == "random"
        blocks.insert(0, Text(material.say(f"declared {'census' if census else sample.selection}")))
    blocks += _strata(material)
    heading = "heading drawn" if sample.selection == "drawn" else "heading taken"
    return Section("drawn", material.say(heading), tuple(blocks))


def _folder(material: Material) -> str:
    return {"da": "MAPPE --register REGISTER", "en": "FOLDER --register REGISTER"}[
        material.language
    ]


def _facts(material: Material) -> list[Fact]:
    sample, words = material.findings.sample, material.words
    manifest, record = sample.manifest, sample.plan_record
    facts: list[Fact] = []

    def add(term: str, text: str, *, exact: bool = False) -> None:
        facts.append(Fact(material.say(term), text, exact))

    size = sample.strata["population"].sum(skipna=False)
    if not math.isnan(size):
        add("fact caseload", material.say("caseload of", population=material.cases(size)))
    if record.get("expected_size") is not None:
        add("fact reconciled", _reconciled(record, material))
    add("fact strata", _from(material))
    reserve = len(sample.reserve)
    key = "size of" if reserve else "size alone"
    read = material.cases(sample.size)
    add("fact size", material.say(key, read=read, reserve=reserve))
    clusters = sample.clusters
    if clusters is not None:
        taken = int((clusters["sampled"] > 0).sum())
        add("fact clusters", material.say("clusters of", drawn=taken, count=len(clusters)))
    opened = manifest.get("opened") or ()
    if opened:
        reasons = Counter(material.naming.text(each.get("reason", "")) for each in opened)
        told = ", ".join(f"{reason}: {words.count(n)}" for reason, n in sorted(reasons.items()))
        add("fact opened", material.say("opened", count=len(opened), reasons=told))
    facts += _exact_facts(material, manifest)
    return facts


def _exact_facts(material: Material, manifest: Mapping[str, Any]) -> list[Fact]:
    """Return what the draw can be checked by."""
    sample, text = material.findings.sample, material.naming.text
    inputs = manifest.get("inputs", {})
    register = inputs.get("register", {})
    told = [register.get("source"), register.get("extracted")]
    rows = [
        ("fact source", ", ".join(text(each) for each in told if each), False),
        ("fact seed source", text(sample.analysis.seed_source or ""), False),
        ("fact record", text(manifest.get("public_record") or ""), True),
        ("fact seed", text(manifest.get("seed") or ""), True),
        ("fact drawn at", text(manifest.get("drawn_at") or ""), True),
        ("fact fingerprint", text(manifest.get("fingerprint") or ""), True),
    ]
    return [Fact(material.say(term), shown, exact) for term, shown, exact in rows if shown]


def _reconciled(record: Mapping[str, Any], material: Material) -> str:
    expected = material.cases(record["expected_size"])
    parts = [material.say("reconciled", expected=expected)]
    parts += [
        material.say("reconciled less", count=int(count), reason=material.naming.text(reason))
        for reason, count in record.get("excluded", {}).items()
    ]
    return "; ".join(parts)


def _from(material: Material) -> str:
    sample = material.findings.sample
    if not sample.stratify_by:
        return material.say("strata one")
    by = ", ".join(map(material.naming.column, sample.stratify_by))
    return material.say("strata many", count=len(sample.strata), by=by)


def _strata(material: Material) -> list[Block]:
    sample, words = material.findings.sample, material.words
    if not sample.stratify_by:
        return []
    columns = list(sample.stratify_by)
    rows = []
    for row in sample.strata.to_dict(orient="records"):
        labels = [material.naming.text(row[column]) for column in columns]
        rows.append((*labels, words.count(row["population"]), words.count(row["sampled"])))
    head = (
        *map(material.naming.column, columns), material.say("head population"),
        material.say("head sampled"),
    )  # fmt: skip
    table = Table(
        material.say("table strata"), head, one_group(rows), len(columns), (), len(rows) > _OPEN
    )
    return [table]
