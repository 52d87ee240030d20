"""Remarks of results in Danish: all of them, each with its numbers, and several joined."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import sampleaudit as sa
from sampleaudit.analysis import MISSING_RULES
from sampleaudit.wording import remark_text
from sampleaudit.wording.remarks import remarks_text
from sampleaudit.wording.texts import danish_remarks, danish_words

SOURCE = Path(sa.__file__).parent
FILES = (
    "estimates/rates.py", "estimates/limits.py", "estimates/looks.py", "review/agreement.py",
    *sorted(f"comparison/{path.name}" for path in (SOURCE / "comparison").glob("*.py")),
)  # fmt: skip
"""Where rows get their remarks."""
NO_REMARKS = {
    "not reviewed",  # an outcome
    "on average",  # how a guarantee begins
    "direct, Korn-Graubard",  # a method
    "the formula gives an interval without width, which only a census has",  # half of one
}


def remarks_in(file: str) -> list[str]:
    """Return the remarks that a file makes: its constants, and what it appends to remarks."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse((SOURCE / file).read_text("utf-8"))):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            found.append(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("remarks.append", "own.append")
        ):
            found.append(node.args[0])
    texts = [written(node) for node in found]
    return [text for text in texts if " " in text and text not in NO_REMARKS]


def written(node: ast.expr) -> str:
    """Return a text with something in its braces: a number, or what was asked and planned."""
    if isinstance(node, ast.Constant):
        return re.sub(r"\{\w+\}", "3", str(node.value))
    if not isinstance(node, ast.JoinedStr):
        return ""
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            assert isinstance(part, ast.FormattedValue)
            missing = text.startswith("not as planned: missing ")
            text += "'error'" if missing else "3.1%" if part.format_spec else "3"
    return text


@pytest.mark.parametrize("file", FILES)
def test_every_remark_has_its_danish(file: str):
    """What is added to a row in English can be said in Danish."""
    left = [text for text in remarks_in(file) if text == remark_text(text, "da")]
    assert [] == left


def test_remarks_are_found_in_the_source():
    """The test above looks at something, and at the rules for missing files beside it."""
    assert 25 < sum(len(remarks_in(file)) for file in FILES)
    assert all(text != remark_text(text, "da") for text in MISSING_RULES.values())


GOLDEN = {
    "not as planned: by district, kind": "anderledes end i planen: fordelt på district, kind",
    "not as planned: level 0.9 (plan: 0.95)":
        "anderledes end i planen: niveauet er 0,9 (planen: 0,95)",
    "not as planned: method 'wilson' (plan: 'profile')":
        "anderledes end i planen: metoden er wilson (planen: profile)",
    "not as planned: side 'upper' (plan: 'both')":
        "anderledes end i planen: der er beregnet en øvre grænse (planen: begge grænser)",
    "not as planned: missing 'error' (plan: 'exclude')":
        "anderledes end i planen: sager, der ikke kunne fremlægges, tæller som fejl (planen: er "
        "holdt ude)",
    "not as planned: extended after the draw":
        "anderledes end i planen: udvidet efter lodtrækningen",
    "not as planned: looked at after 30 cases (plan: 50, 100)":
        "anderledes end i planen: der er gjort status efter 30 sager (planen: 50, 100)",
    "12.5% of the domain is in strata where none of its cases was read":
        "12,5\u00a0% af gruppen er i strata, hvor ingen af dens sager er gennemgået",
    "1,234 cases are in both samples, which were drawn with different seeds":
        "1.234 sager er i begge stikprøver, der er trukket med hver sit frø",
}  # fmt: skip


@pytest.mark.parametrize("english", GOLDEN)
def test_remarks_read_well_in_danish(english: str):
    """Numbers get their marks, words their translation, and what a user named stays."""
    assert GOLDEN[english] == remark_text(english, "da")
    assert english == remark_text(english, "en")


def test_both_languages_have_the_same_braces():
    """What stands in for a number in English does in Danish, in the same order."""
    for english, danish in danish_remarks().items():
        braces = [re.findall(r"\{\w\}", text) for text in (english, danish)]
        assert braces[0] == braces[1], english
    assert {"'both'", "'upper'", "'lower'", "'error'", "'correct'", "'exclude'"} == {
        *danish_words()
    }


def test_joined_remarks_are_taken_apart():
    """A remark with a semicolon of its own stays whole; what is unknown stays English."""
    one = (
        "about the process no interval is at hand with several strata where it must be guaranteed "
        "or strata are unread; question='register', or method='profile' with all strata read, "
        "gives one"
    )
    joined = f"by hand; {one}; no case that counts was read"
    parts = ["by hand", remark_text(one, "da"), "ingen sag, der tæller med, er gennemgået"]
    assert "; ".join(parts) == remarks_text(joined, "da")
    assert joined == remarks_text(joined, "en")
    assert "" == remarks_text("", "da")
