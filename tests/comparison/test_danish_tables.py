"""Tables of comparisons in both languages, cell by cell; the numbers are made up."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.comparison.funnel import Funnel, FunnelRow
from sampleaudit.comparison.hindsight import Detectable, DetectableDifferences
from sampleaudit.comparison.pooling import PooledRate, PooledRates
from sampleaudit.comparison.ranks import Rank, Ranks
from sampleaudit.comparison.standardised import Standardised, StandardisedRow
from sampleaudit.comparison.suppression import PublishedTable
from sampleaudit.comparison.table import Compared, Comparison
from sampleaudit.comparison.verdict import Judged, Verdict
from sampleaudit.estimates.display import Translated, rows_of
from sampleaudit.estimates.estimate import Estimate
from sampleaudit.estimates.limits import Limits

FILES = "files that could not be produced count as errors (ISA 530)"
FILER = "sager, der ikke kunne fremlægges, tæller som fejl (ISA 530)"
REGISTER_EN = "question: the register as it is (only which cases were read is chance)"
REGISTER_DA = (
    "spørgsmål: registeret, som det er (tilfældigt er kun, hvilke sager der er gennemgået)"
)
HIDDEN_DA = (
    "skjult: et antal under 5 af fejl, korrekte, ikke relevante eller manglende sager, eller en "
    "række, der ville afsløre et sådant antal; summerne ved siden af skjulte rækker er afrundet"
)
AARHUS = ("Aarhus",)
BY = ("kommune",)

COMPARED = Compared(
    indicator="any error", labels=AARHUS, labels_other=("Viborg",), errors=1003, applicable=1200,
    population=5000.0, errors_other=9, applicable_other=12, population_other=40.0, rate=0.836,
    rate_other=0.75, difference=-0.086, difference_low=-0.2, difference_high=0.031, p_value=0.0312,
    p_adjusted=0.00004, level=0.95, method="profile", guarantee="measured", remarks=(FILES,),
)  # fmt: skip
FUNNEL = FunnelRow(
    indicator="late", labels=AARHUS, population=40, reviewed=12, applicable=12, errors=3, rate=0.25,
    target=0.5, low_95=0.3, high_95=0.7, low_998=0.2, high_998=0.8, score=-2.1, outside="below 95%",
    phi=1.0, heterogeneity_p=0.5, question="register",
    remarks=("rates vary more than chance makes them (phi 2.41): limits are widened by 1.55",),
)  # fmt: skip
POOLED = PooledRate(
    indicator="late", labels=AARHUS, population=40, reviewed=12, applicable=12, errors=3, missing=0,
    raw_rate=0.25, rate=0.288, rate_low=0.1, rate_high=0.525, total=11.5, total_low=4.0,
    total_high=21.0, pooling=0.224, level=0.95, method="beta-binomial",
    guarantee="on average over municipalities", remarks=(),
)  # fmt: skip
RANK = Rank(
    indicator="late", labels=AARHUS, population=40, reviewed=12, applicable=12, errors=3, rate=0.25,
    rank=1.0, rank_low=1.0, rank_high=7.0, domains=12, lower=0.0, higher=5.0, level=0.95,
    question="register", guarantee="proved", remarks=(),
)  # fmt: skip
STANDARDISED = StandardisedRow(
    indicator="late", labels=AARHUS, population=40, reviewed=12, applicable=12, errors=3,
    crude_rate=0.25, rate=0.3, rate_low=0.1, rate_high=0.6, se=0.1, expected_rate=0.2,
    model_rate=0.28, level=0.9, method="direct, Korn-Graubard", guarantee="measured",
    question="process", remarks=("no case read of 1 kinds of kind (b): not standardised",),
)  # fmt: skip
ESTIMATE = Estimate(
    indicator="late", labels=AARHUS, population=40.0, reviewed=12, applicable=12, errors=3,
    missing=0, rate=0.25, total=10.0, limits=Limits(0.1, 0.525, 4.0, 21.0, "profile", "proved"),
    missing_low=0.1, missing_high=0.525, se=0.1, deff=1.0, df=11, level=0.95, side="both",
    missing_rule="error", census=False, extrapolates=True, remarks=(),
)  # fmt: skip
PUBLISHED = pd.DataFrame({
    "indicator": ["late", "late"], "kommune": ["Aarhus", "Viborg"], "reviewed": [12, 1012],
    "applicable": [math.nan, 1012.0], "errors": [math.nan, 9.0], "rate": [math.nan, 0.009],
    "rate_low": [math.nan, 0.004], "rate_high": [math.nan, 0.016], "suppressed": ["hidden", ""],
})  # fmt: skip
FOUND_IT = Detectable("late", AARHUS, 12, 12, 0.25, 0.54, math.nan, "exact", ())

TABLES: dict[str, tuple[Translated, dict[str, tuple[list[str], list[str], list[str]]]]] = {
    "the rest": (
        Comparison(BY, "the rest", "register", "holm", (COMPARED,)),
        {
            "en": (
                ["indicator", "kommune", "found", "rate", "rest: found", "rest: rate",
                 "difference", "95% interval", "p", "p (holm)"],
                ["any error [1]", "Aarhus", "1,003 of 1,200", "83.6%", "9 of 12", "75.0%",
                 "\u22128.6", "\u221220.0 to +3.1", "0.0312", "<0.0001"],
                [FILES, REGISTER_EN],
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "andel", "de øvrige: konstateret",
                 "de øvrige: andel", "forskel", "95 %-interval", "p", "p (Holm)"],
                ["mindst én fejl [1]", "Aarhus", "1.003 af 1.200", "83,6 %", "9 af 12", "75,0 %",
                 "\u22128,6", "\u221220,0 til +3,1", "0,0312", "<0,0001"],
                [FILER, REGISTER_DA],
            ),
        },
    ),
    "pairs of a process, not adjusted": (
        Comparison(BY, "each other", "process", None, (
            replace(COMPARED, p_adjusted=0.0312, difference_low=math.nan, remarks=()),
        )),
        {
            "en": (
                ["indicator", "kommune", "kommune (other)", "found", "rate", "other: found",
                 "other: rate", "difference", "95% interval", "p (not adjusted)"],
                ["any error", "Aarhus", "Viborg", "1,003 of 1,200", "83.6%", "9 of 12", "75.0%",
                 "\u22128.6", "\u2013", "0.0312"],
                ["question: the process behind the cases (the cases themselves are chance)"],
            ),
            "da": (
                ["indikator", "kommune", "kommune (den anden)", "konstateret", "andel",
                 "den anden: konstateret", "den anden: andel", "forskel", "95 %-interval",
                 "p (ikke korrigeret)"],
                ["mindst én fejl", "Aarhus", "Viborg", "1.003 af 1.200", "83,6 %", "9 af 12",
                 "75,0 %", "\u22128,6", "\u2013", "0,0312"],
                ["spørgsmål: praksis bag sagerne (også sagerne selv er tilfældige)"],
            ),
        },
    ),
    "funnel": (
        Funnel(BY, (FUNNEL,)),
        {
            "en": (
                ["indicator", "kommune", "found", "rate", "overall", "95% limits", "99.8% limits",
                 "outside"],
                ["late [1]", "Aarhus", "3 of 12", "25.0%", "50.0%", "30.0% to 70.0%",
                 "20.0% to 80.0%", "below 95%"],
                list(FUNNEL.remarks),
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "andel", "alle sager", "95 %-grænser",
                 "99,8 %-grænser", "udenfor"],
                ["late [1]", "Aarhus", "3 af 12", "25,0 %", "50,0 %", "30,0 % til 70,0 %",
                 "20,0 % til 80,0 %", "under 95 %"],
                ["andelene varierer mere, end tilfældet gør (phi 2,41): grænserne er udvidet med "
                 "faktoren 1,55"],
            ),
        },
    ),
    "pooled": (
        PooledRates(BY, (POOLED,)),
        {
            "en": (
                ["indicator", "kommune", "found", "own rate", "pooled", "95% interval", "pooling"],
                ["late", "Aarhus", "3 of 12", "25.0%", "28.8%", "10.0% to 52.5%", "22%"],
                ["what is known of the intervals: on average over municipalities"],
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "egen andel", "vejet sammen",
                 "95 %-interval", "vægt fra de øvrige"],
                ["late", "Aarhus", "3 af 12", "25,0 %", "28,8 %", "10,0 % til 52,5 %", "22 %"],
                ["hvad der vides om intervallerne: de holder i gennemsnit over kommuner"],
            ),
        },
    ),
    "ranks": (
        Ranks(BY, "municipalities", (RANK,)),
        {
            "en": (
                ["indicator", "kommune", "found", "rate", "places possible (95%, all together)"],
                ["late", "Aarhus", "3 of 12", "25.0%", "1 to 7 of 12"],
                [],
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "andel",
                 "mulige pladser (95 %, alle samtidig)"],
                ["late", "Aarhus", "3 af 12", "25,0 %", "1 til 7 af 12"],
                [],
            ),
        },
    ),
    "standardised": (
        Standardised(BY, ("kind",), (STANDARDISED,)),
        {
            "en": (
                ["indicator", "kommune", "found", "crude", "standardised", "90% interval",
                 "by the model"],
                ["late [1]", "Aarhus", "3 of 12", "25.0%", "30.0%", "10.0% to 60.0%", "28.0%"],
                list(STANDARDISED.remarks),
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "som den er", "standardiseret",
                 "90 %-interval", "efter modellen"],
                ["late [1]", "Aarhus", "3 af 12", "25,0 %", "30,0 %", "10,0 % til 60,0 %",
                 "28,0 %"],
                ["ingen sag er gennemgået af 1 slags efter kind (b): ikke standardiseret"],
            ),
        },
    ),
    "verdict": (
        Verdict(BY, 0.125, (Judged(ESTIMATE, "below", 0.975),)),
        {
            "en": (
                ["indicator", "kommune", "found", "rate", "from", "to", "tolerable 13%",
                 "each limit holds"],
                ["late", "Aarhus", "3 of 12", "25.0%", "10.0%", "52.5%", "not above", "97.5%"],
                [],
            ),
            "da": (
                ["indikator", "kommune", "konstateret", "andel", "fra", "til", "acceptabelt 13 %",
                 "hver grænse holder"],
                ["late", "Aarhus", "3 af 12", "25,0 %", "10,0 %", "52,5 %", "ikke over", "97,5 %"],
                [],
            ),
        },
    ),
    "what could have been found": (
        DetectableDifferences(BY, 0.8, 0.005, "register", (FOUND_IT,)),
        {
            "en": (
                ["indicator", "kommune", "read", "rate of the rest", "found if higher than",
                 "found if lower than"],
                ["late", "Aarhus", "12", "25.0%", "79.0%", "never"],
                ["with a probability of 80%, by a test at 0.005", REGISTER_EN],
            ),
            "da": (
                ["indikator", "kommune", "gennemgået", "andel hos de øvrige",
                 "ses, hvis højere end", "ses, hvis lavere end"],
                ["late", "Aarhus", "12", "25,0 %", "79,0 %", "aldrig"],
                ["med en sandsynlighed på 80 %, ved en test på niveauet 0,005", REGISTER_DA],
            ),
        },
    ),
    "published": (
        PublishedTable(BY, 5, PUBLISHED),
        {
            "en": (
                ["indicator", "kommune", "read", "found", "rate", "interval"],
                ["late", "Aarhus", "12", "hidden", "hidden", "hidden"],
                ["hidden: a count below 5 of errors, correct, not applicable or missing cases, or "
                 "a row that would give one away; totals beside hidden rows are rounded"],
            ),
            "da": (
                ["indikator", "kommune", "gennemgået", "konstateret", "andel", "interval"],
                ["late", "Aarhus", "12", "skjult", "skjult", "skjult"],
                [HIDDEN_DA],
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_the_same_in_both_languages(name: str, language: str):
    """Head, first row and footnotes; a Danish percent sign stands after a no-break space."""
    table, expected = TABLES[name]
    head, body, notes = rows_of(table, language)  # type: ignore[arg-type]
    shown = [[cell.replace("\u00a0", " ") for cell in part] for part in (head, body[0], notes)]
    assert list(expected[language]) == shown


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_copied_in_danish(name: str):
    """As HTML that a notebook shows, as Markdown and as LaTeX; English without a wish."""
    table, expected = TABLES[name]
    html = table.to_html(language="da", caption="Tabel")
    assert html == html._repr_html_()  # type: ignore[attr-defined]
    assert "<caption>Tabel</caption>" in html
    assert f">{expected['da'][0][1]}</th>" in html
    assert table.to_markdown(language="da").startswith("| indikator | kommune |")
    assert "indikator & kommune" in table.to_latex(language="da")
    assert table._repr_html_() == table.to_html()
    with pytest.raises(sa.AuditError, match="language is 'sv'"):
        table.to_html(language="sv")  # type: ignore[arg-type]


def test_one_possible_place_is_no_span():
    """It is "1 of 3", not "1 to 1 of 3"; a domain without a rank has a dash."""
    alone = replace(RANK, rank_high=1.0, domains=3)
    none = replace(RANK, rank_low=math.nan, rank_high=math.nan, applicable=0, errors=0)
    _, body, _ = rows_of(Ranks(BY, "", (alone, none)), "en")
    assert ["1 of 3", "\u2013"] == [row[-1] for row in body]


def test_the_other_guarantees_of_pooled_rates_are_named():
    """Each kind once, before the remarks of rows."""
    rows = tuple(replace(POOLED, guarantee=kind) for kind in ("proved", "measured", "proved"))
    _, _, notes = rows_of(PooledRates(BY, rows), "da")
    assert [
        "hvad der vides om intervallerne: bevist",
        "hvad der vides om intervallerne: målt",
    ] == notes
