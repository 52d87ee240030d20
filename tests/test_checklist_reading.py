"""Checklists in TOML: what ships, what is understood, and errors that teach."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import sampleaudit as sa
from sampleaudit.checklist.answers import say
from sampleaudit.checklist.conditions import AnswerIs, ColumnIs, ColumnIsNot, DateFrom, DateGiven
from sampleaudit.checklist.deadlines import Deadline, Period
from sampleaudit.checklist.reading import parse_checklist, shipped_checklist, shipped_checklists

MINIMAL = """
[checklist]
name = "mine"
version = "1"

[[date]]
key = "begun"
question = "Begun on"

[[date]]
key = "done"
question = "Done on"

[[indicator]]
key = "late"
question = "Was it in time?"
error = "no"
severity = "minor"
"""


def parse(text: str) -> sa.Checklist:
    return parse_checklist(text.encode(), source="mine.toml")


def test_the_checklists_that_ship():
    """Two of them, read by name, each with texts in English and Danish throughout."""
    assert ("generic", "placement") == shipped_checklists()
    for name in shipped_checklists():
        checklist = sa.read_checklist(name)
        words = [checklist.title, checklist.note, *(date.question for date in checklist.dates)]
        for indicator in checklist.asked:
            words += [indicator.question, *(option.words for option in indicator.options)]
            words += [indicator.guidance] * bool(indicator.guidance)
        for text in words:
            assert say(text, "en") != say(text, "da") or text == "", text


def test_the_placement_checklist_has_both_laws():
    """Every indicator with a law has one for decisions to the end of 2023 and one from 2024."""
    checklist = sa.read_checklist("placement")
    with_law = [each for each in checklist.indicators if each.laws]
    assert 9 == len(with_law)
    for indicator in with_law:
        assert {dt.date(2023, 12, 31), None} == {law.last for law in indicator.laws}
        assert {dt.date(2024, 1, 1), None} == {law.first for law in indicator.laws}
        names = {say(law.text, "da").split(" §")[0] for law in indicator.laws}
        assert {"Serviceloven", "Barnets lov"} == names


def test_a_shipped_checklist_is_copied_and_edited(tmp_path: Path):
    """The copy is read from its path; a change of one word changes the hash."""
    copy = tmp_path / "mine.toml"
    copy.write_bytes(shipped_checklist("generic"))
    assert sa.read_checklist("generic").digest == sa.read_checklist(copy).digest
    text = copy.read_text("utf-8").replace("8 weeks", "6 weeks")
    copy.write_text(text, encoding="utf-8")
    assert sa.read_checklist("generic").digest != sa.read_checklist(copy).digest
    with pytest.raises(sa.AuditError, match="no checklist 'generisk'"):
        shipped_checklist("generisk")


def test_the_hash_is_of_the_content_not_of_the_file():
    """Comments, blanks and the order of keys do not count."""
    reordered = MINIMAL.replace('name = "mine"\nversion = "1"', 'version = "1"\nname = "mine"')
    assert parse(MINIMAL).digest == parse("# a comment\n\n" + reordered).digest
    assert parse(MINIMAL).digest != parse(MINIMAL.replace("minor", "serious")).digest


def test_everything_that_can_be_said_is_understood():
    """Each kind of condition, a deadline of each kind, exceptions and answers of one's own."""
    checklist = parse(
        MINIMAL
        + """
        exceptions = { ill = { en = "ill", da = "syg" } }
        [[indicator]]
        key = "poor"
        question = { en = "How?", da = "Hvordan?" }
        answers = { good = { en = "good", da = "godt" }, bad = "bad" }
        error = ["bad"]
        severity = "serious"
        cannot_tell = "error"
        may_not_apply = false
        evidence = true
        applies_when = [
            { indicator = "late", answer = ["yes", "ill"] },
            { column = "kind", is = "foster" },
            { column = "kind", is_not = ["own room"] },
            { date = "begun", from = 2024-01-01, until = 2024-12-31 },
            { date = "done", given = true },
        ]
        [[indicator]]
        key = "slow"
        question = "In time?"
        severity = "minor"
        deadline = { date = "done", within = "3 months", after = "begun" }
        """
    )
    poor, slow = checklist.indicators[1:]
    expected = (
        AnswerIs("late", ("yes", "ill")),
        ColumnIs("kind", ("foster",)),
        ColumnIsNot("kind", ("own room",)),
        DateFrom("begun", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        DateGiven("done", given=True),
    )
    assert expected == poor.applies_when
    outcomes = {option.key: option.outcome for option in poor.options}
    assert {"good": "correct", "bad": "error", "cannot tell": "error"} == outcomes
    assert Deadline("done", Period(3, "months"), "begun") == slow.deadline
    assert ("kind",) == checklist.columns


IN_LATE = 'severity = "minor"'
"""Where the mistakes below are put into the indicator of `MINIMAL`, on line 18."""

MISTAKES = [
    ("[checklist]", "[cheklist]", "a part 'cheklist' that means nothing; did you mean 'checklist'"),
    ("[[date]]", "[date]", "not valid TOML"),
    ("[[indicator]]", "[indicator]", "indicator must be a part of its own, headed [[indicator]]"),
    ("[[indicator]]", "[[date]]", "must have a part [checklist] and a part [[indicator]]"),
    ('version = "1"', "version = 1", "line 4, [checklist]: version is 1; it must be text"),
    ('version = "1"', "", "line 2, [checklist] lacks 'version', which every"),
    ('version = "1"', 'version = " "', "The checklist's version is ' '"),
    (
        IN_LATE,
        'severty = "minor"',
        "line 18, indicator 'late': the key 'severty' means nothing here; did",
    ),
    (IN_LATE, "", "line 14, indicator 'late' lacks 'severity', which every"),
    (IN_LATE, 'severity = "grave"', "severity of 'late' is 'grave'; it must be one of 'serious'"),
    ('error = "no"', "", "lacks 'error'; say which answer is the error, as error = 'no'"),
    ('error = "no"', 'error = "nope"', "error of indicator 'late' is 'nope', which is none of its"),
    ('error = "no"', 'error = ["yes", "no"]', "Every answer of indicator 'late' is an error"),
    (
        'error = "no"',
        "error = 1",
        "line 17, indicator 'late': error is 1; it must be text",
    ),
    ('key = "late"', 'key = "done"', "The key 'done' is used twice"),
    ('key = "late"', 'key = "any error"', "cannot have the key 'any error', which is taken"),
    ('key = "late"', 'key = " late"', "has the key ' late'; it must be a short text"),
    (
        '"Was it in time?"',
        '{ en = "In time?", sv = "I tid?" }',
        "line 16, indicator 'late': question is {'en': 'In time?', 'sv': 'I tid?'}; write a text",
    ),
    (IN_LATE, IN_LATE + '\nanswers = ["yes", "perhaps"]', "the answer 'perhaps' needs its words"),
    (
        IN_LATE,
        IN_LATE + '\nexceptions = { exempt = { en = "no", da = "fri" } }',
        "has two answers that are written 'no': 'no' and 'exempt'",
    ),
    (
        IN_LATE,
        IN_LATE + '\ncannot_tell = "ignore"',
        "cannot_tell of 'late' is 'ignore'; it",
    ),
    (
        IN_LATE,
        IN_LATE + '\ndeadline = { date = "done", within = "1 month", after = "begun" }',
        "line 17, indicator 'late': error has nothing to decide, since the outcome is computed",
    ),
    (
        f'error = "no"\n{IN_LATE}',
        f'{IN_LATE}\ndeadline = {{ date = "done", within = "a month", after = "begun" }}',
        "line 18, indicator 'late': A period is 'a month'; write a whole number and days, weeks",
    ),
    (
        f'error = "no"\n{IN_LATE}',
        f'{IN_LATE}\ndeadline = {{ date = "done", within = "1 month" }}',
        "A deadline must say when: before = a date's key, or after",
    ),
    (
        f'error = "no"\n{IN_LATE}',
        f'{IN_LATE}\ndeadline = {{ date = "done", before = "begun", after = "begun" }}',
        "A deadline has both before and within or after",
    ),
    (
        f'error = "no"\n{IN_LATE}',
        f'{IN_LATE}\ndeadline = {{ date = "done", before = "done" }}',
        "measures 'done' against itself",
    ),
    (
        f'error = "no"\n{IN_LATE}',
        f'{IN_LATE}\ndeadline = {{ date = "dne", before = "begun" }}',
        "Indicator 'late' names a date 'dne' that is not there; did you mean 'done'",
    ),
    (
        IN_LATE,
        IN_LATE + '\napplies_when = { indicator = "plan", answer = "yes" }',
        "depends on 'plan', which is not an indicator above it",
    ),
    (
        IN_LATE,
        IN_LATE + '\napplies_when = { indikator = "plan", answer = "yes" }',
        "the key 'indikator' means nothing here; did you mean 'indicator'",
    ),
    (
        IN_LATE,
        IN_LATE + '\napplies_when = { column = "kind", answer = "yes" }',
        "a condition cannot consist of answer, column; write one of { indicator = KEY",
    ),
    (
        IN_LATE,
        IN_LATE + '\n[[indicator.law]]\ntext = "Act"\nfrom = 2024-01-01',
        "a law with from or until, but the checklist does not say which date decides; add law_date",
    ),
    (
        'version = "1"',
        'version = "1"\nlaw_date = "decided"',
        "law_date names a date 'decided' that is not there",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES, ids=[row[2][:40] for row in MISTAKES])
def test_a_mistake_is_named_with_its_place(old: str, new: str, said: str):
    """With the file, the line and the indicator where they are known, and what is allowed."""
    assert old in MINIMAL
    with pytest.raises(sa.AuditError) as caught:
        parse(MINIMAL.replace(old, new, 1))
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.toml")


def test_a_condition_on_an_answer_that_is_not_there():
    """The answers of the other indicator are listed."""
    text = MINIMAL + MINIMAL[MINIMAL.index("[[indicator]]") :].replace('"late"', '"second"')
    text += 'applies_when = { indicator = "late", answer = "ja" }'
    with pytest.raises(sa.AuditError, match="depends on the answer 'ja' to 'late', which is not"):
        parse(text)


def test_files_that_are_not_there_or_no_toml(tmp_path: Path):
    """As every file of the library."""
    with pytest.raises(sa.AuditError, match=r"There is no file 'my\.toml'"):
        sa.read_checklist(tmp_path / "my.toml")
    (tmp_path / "my.toml").write_bytes(b"[checklist")
    with pytest.raises(sa.AuditError, match=r"my\.toml is not valid TOML"):
        sa.read_checklist(tmp_path / "my.toml")


def test_a_checklist_made_in_python():
    """One indicator in one line; what contradicts itself is refused there too."""
    checklist = sa.Checklist("quick", "1", (sa.Indicator("late", "Was it late?", error="yes"),))
    assert ("late",) == checklist.keys
    assert "Checklist 'quick', version 1: 1 indicators" in repr(checklist)
    with pytest.raises(sa.AuditError, match="no indicator 'laet'; did you mean 'late'"):
        checklist.indicator("laet")
    with pytest.raises(sa.AuditError, match="has no indicators"):
        sa.Checklist("empty", "1", ())
