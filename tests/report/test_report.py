"""What a report says, for every kind of sample, and that it says no more than it may."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.formulas.agreement import Coefficient
from sampleaudit.report.blocks import Document, Points, Table, Text
from sampleaudit.report.phrases import phrases
from sampleaudit.report.writing import make_report
from sampleaudit.review.agreement import Agreement, AgreementRow
from sampleaudit.wording.texts import picture_texts

VOID = {"meta", "br", "link", "img", "hr", "input"}
EVIL = "<script>alert('1')</script> & \"co\" <b>"


class Page(HTMLParser):
    """The tags of a page, its text, and whether every tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag that has no end."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not self.open or self.open[-1] != "style":
            self.text += data


def findings_of(
    errors: tuple[int, ...] = (3, 2, 1), *, selection: str = "drawn", indicators: int = 2,
    district: str = "North",
) -> sa.Findings:  # fmt: skip
    """Return findings in three districts of 30, 20 and 10 cases, of which 12, 8 and 4 are read."""
    register = pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(60)],
            "district": [district] * 30 + ["South"] * 20 + ["West"] * 10,
        }
    )
    if selection == "drawn":
        frame = sa.build_frame(register, case_id="case_id", stratify_by="district")
        sample = sa.draw(sa.plan_sample(frame, 24, by="district"), seed="report")
    else:
        read = register if selection == "census" else register.groupby("district").head(4)
        sample = sa.declare_sample(
            read, case_id="case_id", stratify_by="district",
            population={district: 30, "South": 20, "West": 10},
            selection="chosen" if selection == "chosen" else "random",
        )  # fmt: skip
    cases = sample.cases
    place = cases.groupby("district").cumcount()
    limit = cases["district"].map(dict(zip([district, "South", "West"], errors, strict=True)))
    answers = {"case_id": cases["case_id"]}
    for number in range(indicators):
        answers[f"fault {number + 1}"] = (place < limit - number).astype(int)
    return sa.record_findings(sample, pd.DataFrame(answers))


def written(folder: Path, findings: sa.Findings, **options: object) -> str:
    sa.write_report(findings, folder / "report.html", **options)  # type: ignore[arg-type]
    return (folder / "report.html").read_text("utf-8")


def said(report: Document, key: str) -> str:
    """Return the text of one section: its paragraphs, points and table cells."""
    section = next(each for each in report.sections if each.key == key)
    texts: list[str] = [section.heading]
    for block in section.blocks:
        if isinstance(block, Text):
            texts.append(block.text)
        elif isinstance(block, Points):
            texts += block.items
        elif isinstance(block, Table):
            texts += [cell for row in block.rows for cell in row]
    return " ".join(texts)


def test_the_report_has_the_same_texts_in_both_languages():
    assert phrases("en").keys() == phrases("da").keys()
    for key, text in phrases("en").items():
        braces = [sorted(re.findall(r"\{(\w+)\}", each)) for each in (text, phrases("da")[key])]
        assert braces[0] == braces[1], key


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_page_is_whole_and_fetches_nothing(tmp_path: Path, language: str):
    """Tags close in order, headings do not skip, and no address leads out of the page."""
    findings = findings_of()
    page = written(
        tmp_path, findings, language=language,
        comparisons=[sa.compare_with_rest(findings, by="district")],
    )  # fmt: skip
    found = Page(page)
    assert [] == found.wrong
    assert [] == found.open
    assert ("html", {"lang": language}) == found.tags[0]
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert 1 == levels[0]
    assert 1 == levels.count(1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in found.tags}
    for _, attributes in found.tags:
        for name in ("src", "href", "xlink:href"):
            address = attributes.get(name) or "#"
            assert address.startswith(("#", "data:text/csv")), address
        assert not [name for name in attributes if name.startswith("on")]
    headers = [attributes for tag, attributes in found.tags if tag == "th"]
    assert all(each.get("scope") in ("col", "row", "rowgroup") for each in headers)
    assert page.count("<svg") == page.count('role="img"') == page.count("<desc ")


def test_the_answer_stands_first_in_danish():
    """The rate of any error, the most frequent error, and what that rests on."""
    report = make_report(findings_of(), language="da")
    assert "answer" == report.sections[0].key
    answer = said(report, "answer")
    # 6 of the 24 cases have an error, and each case stands for two and a half: 15 of 60
    assert "Det er konstateret i 6 af de 24 gennemgåede sager. Omregnet til alle 60" in answer
    assert "svarer det til cirka 15 sager" in answer
    assert "Tallene bygger på 24 sager, der er udtrukket ved lodtrækning blandt 60." in answer


def test_how_to_check_the_draw_is_said(tmp_path: Path):
    findings = findings_of()
    text = Page(written(tmp_path, findings, language="en")).text
    manifest = findings.sample.manifest
    for key in ("seed", "fingerprint", "public_record"):
        assert manifest[key] in text, key
    assert "sampleaudit verify FOLDER --register REGISTER" in text


def test_a_chosen_sample_says_nothing_of_other_cases():
    report = make_report(findings_of(selection="chosen"), language="en", by="district")
    assert "hold for the 12 cases that were read, and for no others" in said(report, "answer")
    assert "Nothing of cases that were not read" in said(report, "limits")
    assert "How the cases came in" in said(report, "drawn")
    assert "level" not in said(report, "methods")


def test_a_census_has_no_intervals():
    report = make_report(findings_of(selection="census"), language="da")
    assert "Tallene bygger på alle 60 sager" in said(report, "answer")
    assert "Der er ingen stikprøveusikkerhed tilbage" in said(report, "answer")
    assert "registerets egne" in said(report, "methods")
    assert "Hvad gennemgangen ikke kan sige" in said(report, "limits")


def test_a_declared_sample_rests_on_the_declaration():
    report = make_report(findings_of(selection="random"), language="en")
    assert "said to be drawn at random" in said(report, "answer")
    assert "declared to be random" in said(report, "drawn")


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("errors", [(0, 0, 0), (12, 8, 4)], ids=["none", "all"])
@pytest.mark.parametrize("indicators", [1, 2])
def test_none_and_all_read_right(
    tmp_path: Path, language: str, errors: tuple[int, ...], indicators: int
):
    """No error found is "at most", all of them "at least"; never none, and never nan."""
    found = findings_of(errors, indicators=indicators)
    text = Page(written(tmp_path, found, language=language)).text
    limit = {"en": ("at most", "at least"), "da": ("højst", "mindst")}[language]
    assert limit[errors != (0, 0, 0)] in text
    assert "nan" not in text.replace("nani", "")


def test_what_looks_like_markup_is_text(tmp_path: Path):
    """Labels, indicators, titles and names cannot add a tag to the page."""
    findings = findings_of(district=EVIL)
    table = findings.outcome_table().rename(columns={"fault 1": EVIL + "1"})
    ids = findings.sample.cases["case_id"]
    findings = sa.record_findings(findings.sample, table.assign(case_id=ids))
    tags = {tag for tag, _ in Page(written(tmp_path, findings_of(), title="T")).tags}
    page = written(
        tmp_path, findings, title=EVIL, names={"fault 2": EVIL + "2", "South": EVIL + "S"},
        comparisons=[sa.compare_with_rest(findings, by="district"),
                     sa.funnel(findings, by="district")], date=EVIL,
    )  # fmt: skip
    found = Page(page)
    assert [] == found.wrong
    assert {tag for tag, _ in found.tags} <= tags | {"h3", "ul", "li", "path"}
    assert "script" not in {tag for tag, _ in found.tags}
    assert EVIL in found.text


def test_no_cpr_number_leaves(tmp_path: Path):
    """Neither in a label nor in a title, a name or a file of numbers."""
    findings = findings_of(district="family 010190-1234")
    page = written(
        tmp_path, findings, title="on 0201901234", date="030190 1234",
        names={"South": "040190-1234"},
        comparisons=[sa.compare_with_rest(findings, by="district")],
    )  # fmt: skip
    assert [] == re.findall(r"0[1-4]0190[- ]?1234", unquote(page))
    assert "family 010190-****" in page


def test_case_ids_are_not_shown(tmp_path: Path):
    findings = findings_of()
    page = unquote(written(tmp_path, findings))
    assert [] == [case for case in findings.sample.cases["case_id"] if case in page]


@pytest.mark.parametrize("name", ["report.html", "report.docx"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, name: str):
    pytest.importorskip("docx")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        sa.write_report(findings_of(), tmp_path / folder / name)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("da", ";")])
def test_the_numbers_inside_are_those_of_the_estimates(
    tmp_path: Path, language: str, separator: str
):
    """The file opens in a spreadsheet of the language; rates have six decimals."""
    findings = findings_of()
    found = Page(written(tmp_path, findings, language=language, by=()))
    links = [values["href"] for tag, values in found.tags if tag == "a" and "download" in values]
    text = unquote(str(links[0]).partition(",")[2])
    assert text.startswith("\ufeff")
    header, *rows = text.removeprefix("\ufeff").split("\r\n")
    column = header.split(separator).index("rate_high")
    expected = sa.estimate_rates(findings).to_frame()["rate_high"].round(6).tolist()
    cells = [row.split(separator)[column].replace(",", ".") for row in rows if row]
    assert expected == [float(cell) for cell in cells]


def test_small_counts_are_hidden_everywhere(tmp_path: Path):
    """A hidden count is in no table, picture, sentence or file."""
    findings = findings_of((3, 6, 2), indicators=1)
    page = written(tmp_path, findings, language="en", suppress=5)
    report = make_report(findings, language="en", suppress=5)
    domain = said(report, "domain-1")
    assert "hidden" in domain
    assert "3 of 12" not in page
    assert "2 of 4" not in page


def test_suppression_refuses_what_would_undo_it(tmp_path: Path):
    findings = findings_of()
    comparison = sa.compare_with_rest(findings, by="district")
    with pytest.raises(sa.AuditError, match="do not go together"):
        sa.write_report(findings, tmp_path / "r.html", suppress=5, comparisons=[comparison])
    with pytest.raises(sa.AuditError, match="Name one"):
        sa.write_report(findings, tmp_path / "r.html", suppress=5, by=())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "sv"}, "language is 'sv'"),
        ({"by": "distrikt"}, "did you mean"),
        ({"comparisons": ["rest"]}, "comparisons holds a str"),
        ({"agreement": 0.9}, "agreement is a float"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(
    tmp_path: Path, options: dict[str, object], message: str
):
    with pytest.raises(sa.AuditError, match=message):
        sa.write_report(findings_of(), tmp_path / "r.html", **options)  # type: ignore[arg-type]
    assert [] == list(tmp_path.iterdir())


def test_other_endings_and_missing_folders_are_refused(tmp_path: Path):
    with pytest.raises(sa.AuditError, match=r"\.html or \.docx"):
        sa.write_report(findings_of(), tmp_path / "report.pdf")
    with pytest.raises(sa.AuditError, match="is not there"):
        sa.write_report(findings_of(), tmp_path / "no" / "report.html")


def test_the_word_document_has_headings_tables_and_alternatives(tmp_path: Path):
    docx = pytest.importorskip("docx")
    findings = findings_of()
    sa.write_report(
        findings, tmp_path / "r.docx", comparisons=[sa.compare_with_rest(findings, by="district")]
    )
    document = docx.Document(str(tmp_path / "r.docx"))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert "Hovedresultat" == headings[0]
    assert "da-DK" == document.core_properties.language
    pictures = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(pictures) >= 3
    assert all(pictures)
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"Fault 1", "Mindst én fejl"} <= cells


def test_a_sample_of_clusters_is_reported():
    """Rates are those of survey statistics, and the report says so."""
    register = pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(60)],
            "office": [f"office {number % 12:02d}" for number in range(60)],
        }
    )
    frame = sa.build_frame(register, case_id="case_id", domains="office")
    plan = sa.plan_clusters(frame, cluster="office", clusters=5, cases="all")
    sample = sa.draw(plan, seed="report")
    answers = pd.DataFrame(
        {"case_id": sample.cases["case_id"], "late": [k % 3 == 0 for k in range(sample.size)]}
    )
    report = make_report(sa.record_findings(sample, answers), language="en")
    assert "drawn in clusters" in said(report, "answer")
    assert "survey statistics" in said(report, "methods")
    assert "Late:" in said(report, "rates")


def test_many_domains_fold_their_tables():
    """Of many domains the last indicator's table stands open, and pictures fit a page."""
    register = pd.DataFrame({"case_id": [f"C{k:04d}" for k in range(490)]})
    register["municipality"] = [f"M{k % 98:02d}" for k in range(490)]
    frame = sa.build_frame(register, case_id="case_id", stratify_by="municipality")
    sample = sa.draw(sa.plan_sample(frame, 196), seed="report")
    cases = sample.cases
    answers = pd.DataFrame({"case_id": cases["case_id"], "a": cases["order"] == 1, "b": False})
    report = make_report(sa.record_findings(sample, answers), language="da", by="municipality")
    section = next(each for each in report.sections if each.key == "domain-1")
    tables = [block for block in section.blocks if isinstance(block, Table)]
    assert [False, True, True] == [table.folded for table in tables]
    assert [99, 99, 99] == [len(table.rows) for table in tables]


@pytest.mark.parametrize(("language", "kappa"), [("en", "0.62"), ("da", "0,62")])
def test_agreement_is_shown_where_it_was_measured(language: str, kappa: str):
    """The share with its limits, kappa and AC1; without double review the report says so."""
    row = AgreementRow(
        "fault 1", 20, 18, 0.683, 0.988, Coefficient(0.62, 0.2, 0.2, 1.0),
        Coefficient(0.85, 0.1, 0.6, 1.0), (),
    )  # fmt: skip
    findings = findings_of()
    report = make_report(findings, language=language, agreement=Agreement(0.95, (row,)))  # type: ignore[arg-type]
    shown = said(report, "agreement")
    assert kappa in shown
    assert "Fault 1" in shown
    without = said(make_report(findings, language=language), "agreement")  # type: ignore[arg-type]
    assert phrases(language)["agreement none"] in without  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "da"])
def test_no_head_of_a_table_is_written_twice(language: str):
    """What tables say in a notebook and in a report comes from one file."""
    shared = {text for key, text in picture_texts(language).items() if key.startswith("table")}  # type: ignore[arg-type]
    own = {text for key, text in phrases(language).items() if key.startswith("head")}  # type: ignore[arg-type]
    assert set() == shared & own
