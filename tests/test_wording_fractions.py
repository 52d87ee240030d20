"""Every fraction word in its sentence, written by hand; and the remarks beneath tables."""

from __future__ import annotations

import pytest

import sampleaudit as sa
from conftest import answer
from sampleaudit.analysis import MISSING_RULES
from sampleaudit.estimates.rates import CHOSEN
from sampleaudit.wording import RateStatement, rate_sentence, remark_text, short_fraction
from sampleaudit.wording.texts import fractions

SAID = {
    9 / 10: ("about nine out of ten cases", "cirka ni ud af ti sager", "9 in 10", "9 af 10"),
    4 / 5: ("about four out of five cases", "cirka fire ud af fem sager", "4 in 5", "4 af 5"),
    3 / 4: ("about three out of four cases", "cirka tre ud af fire sager", "3 in 4", "3 af 4"),
    2 / 3: ("about two out of three cases", "cirka to ud af tre sager", "2 in 3", "2 af 3"),
    1 / 2: ("about half of the cases", "cirka halvdelen af sagerne", "half", "halvdelen"),
    1 / 3: ("about a third of the cases", "cirka en tredjedel af sagerne", "1 in 3", "hver 3."),
    1 / 4: ("about a quarter of the cases", "cirka en fjerdedel af sagerne", "1 in 4", "hver 4."),
    1 / 5: ("about one in five cases", "cirka hver femte sag", "1 in 5", "hver 5."),
    1 / 6: ("about one in six cases", "cirka hver sjette sag", "1 in 6", "hver 6."),
    1 / 7: ("about one in seven cases", "cirka hver syvende sag", "1 in 7", "hver 7."),
    1 / 8: ("about one in eight cases", "cirka hver ottende sag", "1 in 8", "hver 8."),
    1 / 9: ("about one in nine cases", "cirka hver niende sag", "1 in 9", "hver 9."),
    1 / 10: ("about one in ten cases", "cirka hver tiende sag", "1 in 10", "hver 10."),
    1 / 11: ("about one in 11 cases", "cirka hver 11. sag", "1 in 11", "hver 11."),
    1 / 12: ("about one in 12 cases", "cirka hver 12. sag", "1 in 12", "hver 12."),
    1 / 15: ("about one in 15 cases", "cirka hver 15. sag", "1 in 15", "hver 15."),
    1 / 20: ("about one in 20 cases", "cirka hver 20. sag", "1 in 20", "hver 20."),
    1 / 25: ("about one in 25 cases", "cirka hver 25. sag", "1 in 25", "hver 25."),
    1 / 30: ("about one in 30 cases", "cirka hver 30. sag", "1 in 30", "hver 30."),
    1 / 40: ("about one in 40 cases", "cirka hver 40. sag", "1 in 40", "hver 40."),
    1 / 50: ("about one in 50 cases", "cirka hver 50. sag", "1 in 50", "hver 50."),
    1 / 75: ("about one in 75 cases", "cirka hver 75. sag", "1 in 75", "hver 75."),
    1 / 100: ("about one in 100 cases", "cirka hver 100. sag", "1 in 100", "hver 100."),
}


def statement(rate: float, *, low: float = 0.0, high: float = 1.0) -> RateStatement:
    """Return what is known of 12,000 cases, 600 of them read; the limits are made up."""
    return RateStatement(
        indicator="plan", where=None, errors=round(600 * rate), reviewed=600, applicable=600,
        missing=0, missing_rule="error", population=12_000, rate=rate, low=low, high=high,
        total=12_000 * rate, total_low=12_000 * low, total_high=12_000 * high, level=0.95,
        side="both", census=False, extrapolates=True,
    )  # fmt: skip


def test_every_fraction_of_both_languages_is_here():
    """A new word gets its sentence."""
    assert sorted(SAID) == sorted(fractions("en")) == sorted(fractions("da"))


@pytest.mark.parametrize("rate", SAID)
def test_the_sentence_of_each_fraction(rate):
    """The whole headline, in both languages."""
    english, danish, _, _ = SAID[rate]
    assert rate_sentence(statement(rate), "en").startswith(f"Plan in {english}. Found in ")
    start = f"Plan i {danish}. Det er konstateret i "
    assert rate_sentence(statement(rate), "da").startswith(start)


@pytest.mark.parametrize("rate", SAID)
def test_a_fraction_stands_in_a_table_where_it_stands_in_the_sentence(rate):
    """Close to the rate and between the limits, else nothing."""
    _, _, english, danish = SAID[rate]
    assert english == short_fraction(rate, 0.0, 1.0, "en")
    assert danish == short_fraction(1.01 * rate, 0.0, 1.0, "da")
    assert short_fraction(rate, 1.001 * rate, 1.0, "en") is None
    assert short_fraction(rate, 0.0, 0.999 * rate, "da") is None


def test_remarks_are_said_in_danish(sample):
    """Those of every estimate of rates; numbers get their Danish marks."""
    for remark in (*MISSING_RULES.values(), CHOSEN):
        assert remark != remark_text(remark, "da")
        assert remark == remark_text(remark, "en")
    found = sa.record_findings(sample, answer(sample, errors=2).assign(plan=0))
    rates = sa.estimate_rates(found, adjust="bonferroni", level=0.9)
    for row in rates.rows:
        for remark in row.remarks:
            if not remark.startswith("not as planned"):
                assert "holder samtidig med 90\u00a0%" in remark_text(remark, "da")
                assert "96,667\u00a0%" in remark_text(remark, "da")


def test_an_unknown_remark_stays_as_it_is():
    """Better in English than not at all; and only a whole remark is translated."""
    assert "drawn by hand" == remark_text("drawn by hand", "da")
    with pytest.raises(sa.AuditError, match="language is 'sv'"):
        remark_text("x", "sv")  # type: ignore[arg-type]
