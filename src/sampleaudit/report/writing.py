"""The report of an audit, written as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sampleaudit.analysis import as_columns
from sampleaudit.errors import AuditError, one_of
from sampleaudit.files import replace_files
from sampleaudit.findings import Findings
from sampleaudit.report import account, closing, results
from sampleaudit.report.blocks import Document, Download, Section
from sampleaudit.report.clustered import clustered_domain, clustered_rates
from sampleaudit.report.comparisons import comparisons as compared
from sampleaudit.report.material import Material, gather
from sampleaudit.report.naming import Compared
from sampleaudit.report.page import html_bytes
from sampleaudit.report.word import docx_bytes
from sampleaudit.review.agreement import Agreement
from sampleaudit.wording import LANGUAGES, Language

_ENDINGS: Final = (".html", ".htm", ".docx")


def write_report(
    findings: Findings,
    path: str | Path,
    *,
    language: Language = "da",
    title: str | None = None,
    comparisons: Sequence[Compared] = (),
    by: str | Sequence[str] | None = None,
    agreement: Agreement | None = None,
    suppress: int | None = None,
    names: Mapping[str, str] | None = None,
    date: str | dt.date | None = None,
) -> None:
    """Write a report of an audit as one HTML page, or as a Word document by ``path``'s ending.

    ``by`` names columns, each with a section of its own; without it, those of the plan.
    ``comparisons`` are what `compare_with_rest` and its neighbours, `detectable_difference`,
    `funnel`, `pool_rates`, `rank_domains`, `standardise` and `verdict` return, ``agreement`` what
    `measure_agreement` returns. ``suppress=5`` hides counts below 5 by domain, for one column, and
    refuses comparisons that give them away. ``names`` maps indicators, columns and their values to
    what the report calls them. ``date`` stands in the footer; without it, no date does, and the
    same input gives the same bytes. No case ids and no comments are shown.

    Raises `AuditError` for an ending other than .html and .docx, for values that do not fit, and as
    `estimate_rates`. A .docx needs the extra ``sampleaudit[word]``.
    """
    target = Path(path)
    if target.suffix.lower() not in _ENDINGS:
        raise AuditError(
            f"path is {str(path)!r}; a report is written as .html or .docx, so end it with one of "
            f"these."
        )
    if not target.parent.is_dir():
        raise AuditError(f"The folder {str(target.parent)!r} is not there; make it first.")
    report = make_report(
        findings, language=language, title=title, comparisons=comparisons, by=by,
        agreement=agreement, suppress=suppress, names=names, date=date,
    )  # fmt: skip
    word = target.suffix.lower() == ".docx"
    content = docx_bytes(_without_files(report)) if word else html_bytes(report)
    replace_files(target.parent, {target.name: content}, last=target.name)


def make_report(
    findings: Findings,
    *,
    language: Language,
    title: str | None = None,
    comparisons: Sequence[Compared] = (),
    by: str | Sequence[str] | None = None,
    agreement: Agreement | None = None,
    suppress: int | None = None,
    names: Mapping[str, str] | None = None,
    date: str | dt.date | None = None,
) -> Document:
    """Return the report as sections, before it is written: see `write_report`."""
    one_of("language", language, LANGUAGES)
    if not isinstance(findings, Findings):
        raise AuditError(
            f"findings is a {type(findings).__name__}; give what record_findings returns."
        )
    columns = findings.sample.analysis.by if by is None else as_columns(by, name="by")
    material = gather(
        findings, language=language, title=title, comparisons=tuple(comparisons), by=columns,
        agreement=agreement, suppress=suppress, names=names or {},
        date=None if date is None else str(date),
    )  # fmt: skip
    return Document(language, material.title, _subtitle(material), _sections(material),
                    _footer(material))  # fmt: skip


def _sections(material: Material) -> tuple[Section, ...]:
    sections = [results.answer(material)]
    if material.survey is not None:
        sections.append(clustered_rates(material.survey, material))
        sections += [
            clustered_domain(found, material, place)
            for place, found in enumerate(material.survey_domains, start=1)
        ]
    else:
        sections.append(results.rates(material))
        sections += [
            results.domain(found, material, place)
            for place, found in enumerate(material.domains, start=1)
        ]
    if material.comparisons:
        sections.append(compared(material))
    sections += [
        account.drawn(material), closing.methods(material), closing.outcomes(material),
        closing.agreement(material), closing.limits(material), closing.numbers(material),
    ]  # fmt: skip
    return tuple(sections)


def _subtitle(material: Material) -> str:
    sample = material.findings.sample
    population = sample.strata["population"].sum(skipna=False)
    if population != population:
        return material.say("subtitle unknown", read=sample.size)
    return material.say("subtitle", read=sample.size, population=int(population))


def _footer(material: Material) -> str:
    """Return with what, and where it was said when, the report was made."""
    own = version("sampleaudit")
    if material.date:
        return material.say("footer dated", version=own, date=material.date)
    return material.say("footer", version=own)


def _without_files(report: Document) -> Document:
    """Return the report without files of numbers, which a Word document cannot offer."""
    kept = tuple(
        section
        for section in report.sections
        if not any(isinstance(block, Download) for block in section.blocks)
    )
    return Document(report.language, report.title, report.subtitle, kept, report.footer)
