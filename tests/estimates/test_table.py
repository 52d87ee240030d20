"""Estimates as a value: selecting, showing, saying."""

from __future__ import annotations

import pytest

import sampleaudit as sa
from conftest import answer
from sampleaudit.estimates.display import html_table, text_table


@pytest.fixture
def estimates(sample: sa.Sample) -> sa.Estimates:
    found = sa.record_findings(sample, answer(sample, errors=2).assign(plan=0))
    return sa.estimate_rates(found, by="district", overall=True, level=[0.9, 0.95])


def test_select_by_indicator_domain_and_level(estimates):
    """Rows that fit all that is asked."""
    row = estimates.select(indicator="late", where={"district": "South"}, level=0.9)
    assert 1 == len(row)
    assert 16 == len(estimates.select(indicator=["late", "plan"]))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"indicator": "lat"}, "The indicators are 'late', 'plan', 'any error'"),
        ({"where": {"age": "0-9"}}, "where names 'age'; these estimates are by district"),
        ({"where": {"district": "East"}}, "No row fits"),
        ({"level": 0.99}, "No row fits"),
    ],
)
def test_selecting_nothing_is_refused(estimates, wanted, message):
    """An empty result is a mistake."""
    with pytest.raises(sa.AuditError) as caught:
        estimates.select(**wanted)
    assert message in str(caught.value)


def test_the_table_for_reading_is_rounded_and_aligned(sample):
    """Counts beside rates, interval beside rate, remarks below."""
    found = sa.record_findings(sample, answer(sample, errors=2))
    text = repr(sa.estimate_rates(found, "late", method="wald"))
    head, rule, row, note = text.splitlines()
    assert [
        "indicator", "found", "rate", "95% interval", "about", "in the caseload", "95% interval",
    ] == [part.strip() for part in head.split("  ") if part.strip()]  # fmt: skip
    assert set(rule) == {"-"}
    assert "late [1]" in row
    assert "6 of 24" in row
    assert "25.0%" in row
    assert "1 in 4" in row
    assert note.startswith("[1] not as planned: method 'wald'")


def test_html_shows_the_same_rows_escaped(sample):
    """Text from a register is data, never markup."""
    found = sa.record_findings(sample, answer(sample, errors=2, indicator="<b>late</b> & 'worse'"))
    html = sa.estimate_rates(found)._repr_html_()
    assert "<b>late" not in html
    assert "&lt;b&gt;late&lt;/b&gt; &amp;" in html
    assert 3 == html.count("<tr>")


def test_sentences_in_both_languages(estimates):
    """One for each row; the domain is named, the whole caseload is not."""
    for language in ("en", "da"):
        sentences = estimates.select(indicator="late", level=0.95).sentences(language=language)
        assert 4 == len(sentences)
        assert "district" not in sentences[0]
        assert "North" in sentences[1]
    with pytest.raises(sa.AuditError, match="language is 'se'"):
        estimates.sentences(language="se")


def test_text_tables_align_whatever_the_letters():
    """Combining marks take no place, wide letters two."""
    text = text_table(["a", "n"], [["e\u0301", "1"], ["\u4e2d", "22"]])
    lines = text.splitlines()
    assert "e\u0301    1" == lines[2]
    assert "\u4e2d  22" == lines[3]


def test_html_tables_name_their_headers():
    """scope=col on every header cell."""
    assert 2 == html_table(["a", "b"], [["1", "2"]]).count('scope="col"')
