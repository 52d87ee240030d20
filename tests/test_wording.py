"""Numbers and sentences: what is printed for people is true, and reads well."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.errors import AuditError
from sampleaudit.wording import (
    LANGUAGES,
    RateStatement,
    fraction_words,
    number,
    percent,
    rate_sentence,
)

NAN = math.nan

# 13 of 77 files without an assessment, in a caseload of 500: the limits 50 and 131 are those of the
# exact hypergeometric interval (Konijn 1973); all other figures below are made up for the wording.
ORDINARY = RateStatement(
    indicator="assessment missing",
    where=None,
    errors=13,
    reviewed=77,
    applicable=77,
    missing=0,
    missing_rule="error",
    population=500,
    rate=13 / 77,
    low=0.1,
    high=0.262,
    total=84.4,
    total_low=50,
    total_high=131,
    level=0.95,
    side="both",
    census=False,
    extrapolates=True,
)
UNKNOWN_POPULATION: dict[str, Any] = dict.fromkeys(
    ("population", "total", "total_low", "total_high"), NAN
)
NONE_OF_60 = replace(
    ORDINARY,
    errors=0,
    reviewed=60,
    applicable=60,
    rate=0,
    low=0,
    high=0.046,
    total=0,
    total_low=0,
    total_high=23,
)
ALL_OF_77 = replace(
    ORDINARY,
    indicator="any error",
    errors=77,
    rate=1,
    low=0.958,
    high=1,
    total=500,
    total_low=479,
    total_high=500,
)
CENSUS = replace(
    ORDINARY,
    errors=20,
    reviewed=120,
    applicable=120,
    population=120,
    rate=1 / 6,
    low=1 / 6,
    high=1 / 6,
    total=20,
    total_low=20,
    total_high=20,
    census=True,
)
CHOSEN = replace(
    ORDINARY,
    reviewed=20,
    applicable=20,
    extrapolates=False,
    **UNKNOWN_POPULATION | {"population": 500, "low": NAN, "high": NAN},
)

GOLDEN = {
    "ordinary": (
        ORDINARY,
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 500 that is about 84 cases, between 50 and 131 (95%).",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mellem 50 "
        "og 131 (95 %).",
    ),
    "no fraction is true, thousands": (
        replace(
            ORDINARY,
            errors=180,
            reviewed=1100,
            applicable=1100,
            population=5000,
            rate=0.231,
            low=0.15,
            high=0.341,
            total=1155,
            total_low=750,
            total_high=1705,
        ),
        "Assessment missing in about 23% of cases. Found in 180 of the 1,100 cases read; in the "
        "whole caseload of 5,000 that is about 1,155 cases, between 750 and 1,705 (95%).",
        "Undersøgelse mangler i cirka 23 % af sagerne. Det er konstateret i 180 af de 1.100 "
        "gennemgåede sager. Omregnet til alle 5.000 sager svarer det til cirka 1.155 sager, mellem "
        "750 og 1.705 (95 %).",
    ),
    "a quarter": (
        replace(
            ORDINARY,
            errors=20,
            rate=0.252,
            low=0.17,
            high=0.35,
            total=126,
            total_low=85,
            total_high=175,
        ),
        "Assessment missing in about a quarter of the cases. Found in 20 of the 77 cases read; in "
        "the whole caseload of 500 that is about 126 cases, between 85 and 175 (95%).",
        "Undersøgelse mangler i cirka en fjerdedel af sagerne. Det er konstateret i 20 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 126 sager, mellem 85 "
        "og 175 (95 %).",
    ),
    "most": (
        replace(
            ORDINARY,
            errors=72,
            rate=0.935,
            low=0.862,
            high=0.974,
            total=467.5,
            total_low=431,
            total_high=487,
        ),
        "Assessment missing in most cases, about 93.5%. Found in 72 of the 77 cases read; in the "
        "whole caseload of 500 that is about 468 cases, between 431 and 487 (95%).",
        "Undersøgelse mangler i langt de fleste sager, cirka 93,5 %. Det er konstateret i 72 af de "
        "77 gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 468 sager, mellem "
        "431 og 487 (95 %).",
    ),
    "a majority where it applies": (
        replace(
            ORDINARY,
            errors=37,
            applicable=61,
            rate=0.607,
            low=0.51,
            high=0.7,
            total=240.4,
            total_low=200,
            total_high=281,
        ),
        "Assessment missing in most cases where it applies, about 61%. Found in 37 of the 61 cases "
        "where it applied (77 read); in the whole caseload of 500 that is about 240 cases, between "
        "200 and 281 (95%).",
        "Undersøgelse mangler i de fleste sager, hvor kravet gælder, cirka 61 %. Det er "
        "konstateret i 37 af de 61 sager, hvor kravet gjaldt (77 gennemgået). Omregnet til alle "
        "500 sager svarer det til cirka 240 sager, mellem 200 og 281 (95 %).",
    ),
    "one case found": (
        replace(
            ORDINARY,
            errors=1,
            rate=1 / 77,
            low=0.002,
            high=0.066,
            total=6.5,
            total_low=1,
            total_high=33,
        ),
        "Assessment missing in about one in 75 cases. Found in 1 of the 77 cases read; in the "
        "whole caseload of 500 that is about 7 cases, between 1 and 33 (95%).",
        "Undersøgelse mangler i cirka hver 75. sag. Det er konstateret i 1 af de 77 gennemgåede "
        "sager. Omregnet til alle 500 sager svarer det til cirka 7 sager, mellem 1 og 33 (95 %).",
    ),
    "one case in the whole": (
        replace(
            ORDINARY,
            errors=1,
            reviewed=70,
            applicable=70,
            population=77,
            rate=1 / 70,
            low=0.012,
            high=0.04,
            total=1.1,
            total_low=1,
            total_high=3,
        ),
        "Assessment missing in about 1.4% of cases. Found in 1 of the 70 cases read; in the whole "
        "caseload of 77 that is about 1 case, between 1 and 3 (95%).",
        "Undersøgelse mangler i cirka 1,4 % af sagerne. Det er konstateret i 1 af de 70 "
        "gennemgåede sager. Omregnet til alle 77 sager svarer det til cirka 1 sag, mellem 1 og 3 "
        "(95 %).",
    ),
    "limits that meet": (
        replace(ORDINARY, population=78, total=13.2, total_low=13, total_high=13),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 78 that is 13 cases (95%).",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 78 sager svarer det til 13 sager (95 %).",
    ),
    "none found, two-sided": (
        NONE_OF_60,
        "Assessment missing: found in none of the 60 cases read. In the whole caseload of 500 that "
        "means at most 4.6%, at most 23 cases (95%, two-sided).",
        "Undersøgelse mangler: ikke konstateret i nogen af de 60 gennemgåede sager. Omregnet til "
        "alle 500 sager svarer det til højst 4,6 %, højst 23 sager (95 %, tosidigt).",
    ),
    "none found, upper limit": (
        replace(NONE_OF_60, side="upper", high=0.036, total_high=18, low=NAN, total_low=NAN),
        "Assessment missing: found in none of the 60 cases read. In the whole caseload of 500 that "
        "means at most 3.6%, at most 18 cases (95%, one-sided).",
        "Undersøgelse mangler: ikke konstateret i nogen af de 60 gennemgåede sager. Omregnet til "
        "alle 500 sager svarer det til højst 3,6 %, højst 18 sager (95 %, ensidigt).",
    ),
    "none found, lower limit": (
        replace(NONE_OF_60, side="lower", high=NAN, total_high=NAN),
        "Assessment missing: found in none of the 60 cases read. A lower limit alone does not say "
        "how many there may be in the whole caseload of 500.",
        "Undersøgelse mangler: ikke konstateret i nogen af de 60 gennemgåede sager. En nedre "
        "grænse alene siger ikke, hvor mange der kan være blandt alle 500 sager.",
    ),
    "none found, at most one": (
        replace(NONE_OF_60, population=61, high=1 / 61, total_high=1),
        "Assessment missing: found in none of the 60 cases read. In the whole caseload of 61 that "
        "means at most 1.7%, at most 1 case (95%, two-sided).",
        "Undersøgelse mangler: ikke konstateret i nogen af de 60 gennemgåede sager. Omregnet til "
        "alle 61 sager svarer det til højst 1,7 %, højst 1 sag (95 %, tosidigt).",
    ),
    "all found": (
        ALL_OF_77,
        "At least one error: found in all 77 cases read. In the whole caseload of 500 that means "
        "at least 95.8%, at least 479 cases (95%, two-sided).",
        "Mindst én fejl: konstateret i alle 77 gennemgåede sager. Omregnet til alle 500 sager "
        "svarer det til mindst 95,8 %, mindst 479 sager (95 %, tosidigt).",
    ),
    "all found, upper limit": (
        replace(ALL_OF_77, side="upper", low=NAN, total_low=NAN),
        "At least one error: found in all 77 cases read. An upper limit alone does not say how few "
        "there may be in the whole caseload of 500.",
        "Mindst én fejl: konstateret i alle 77 gennemgåede sager. En øvre grænse alene siger ikke, "
        "hvor få der kan være blandt alle 500 sager.",
    ),
    "upper limit": (
        replace(ORDINARY, side="upper", low=NAN, total_low=NAN, high=0.25, total_high=125),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 500 that is about 84 cases, at most 125 (95%, one-sided).",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, højst 125 "
        "(95 %, ensidigt).",
    ),
    "lower limit, level 99.9%": (
        replace(
            ORDINARY, side="lower", high=NAN, total_high=NAN, low=0.08, total_low=39, level=0.999
        ),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 500 that is about 84 cases, at least 39 (99.9%, one-sided).",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mindst 39 "
        "(99,9 %, ensidigt).",
    ),
    "census": (
        CENSUS,
        "Assessment missing in 20 of the 120 cases (17%). All 120 cases were read, so there is no "
        "sampling uncertainty.",
        "Undersøgelse mangler i 20 af de 120 sager (17 %). Alle 120 sager er gennemgået, så der er "
        "ingen stikprøveusikkerhed.",
    ),
    "census without a finding": (
        replace(CENSUS, errors=0, rate=0, low=0, high=0, total=0, total_low=0, total_high=0),
        "Assessment missing: found in none of the 120 cases. All 120 cases were read, so there is "
        "no sampling uncertainty.",
        "Undersøgelse mangler: ikke konstateret i nogen af de 120 sager. Alle 120 sager er "
        "gennemgået, så der er ingen stikprøveusikkerhed.",
    ),
    "census, all found": (
        replace(
            CENSUS, errors=120, rate=1, low=1, high=1, total=120, total_low=120, total_high=120
        ),
        "Assessment missing: found in all 120 cases. All 120 cases were read, so there is no "
        "sampling uncertainty.",
        "Undersøgelse mangler: konstateret i alle 120 sager. Alle 120 sager er gennemgået, så der "
        "er ingen stikprøveusikkerhed.",
    ),
    "census of a group, not always applicable, files missing": (
        replace(CENSUS, where="district North", applicable=90, missing=2, rate=20 / 90),
        "District North: assessment missing in 20 of the 90 cases where it applied "
        "(22%). All 120 cases were taken, so there is no sampling uncertainty. The errors include "
        "2 files that could not be produced.",
        "District North: undersøgelse mangler i 20 af de 90 sager, hvor kravet gjaldt "
        "(22 %). Alle 120 sager er taget med, så der er ingen stikprøveusikkerhed. Fejlene "
        "omfatter 2 sager, der ikke kunne fremlægges.",
    ),
    "census of one": (
        replace(
            CENSUS,
            errors=1,
            reviewed=1,
            applicable=1,
            population=1,
            rate=1,
            low=1,
            high=1,
            total=1,
            total_low=1,
            total_high=1,
        ),
        "Assessment missing: found in the only case. The only case was read, so there is no "
        "sampling uncertainty.",
        "Undersøgelse mangler: konstateret i den eneste sag. Den eneste sag er gennemgået, så der "
        "er ingen stikprøveusikkerhed.",
    ),
    "chosen sample": (
        CHOSEN,
        "Assessment missing in 13 of the 20 cases read. The cases were chosen, not drawn at "
        "random, so this says nothing of the other cases.",
        "Undersøgelse mangler i 13 af de 20 gennemgåede sager. Sagerne er udvalgt, ikke trukket "
        "tilfældigt, så det siger intet om de øvrige sager.",
    ),
    "chosen sample, none found": (
        replace(CHOSEN, errors=0, rate=0),
        "Assessment missing: found in none of the 20 cases read. The cases were chosen, not drawn "
        "at random, so this says nothing of the other cases.",
        "Undersøgelse mangler: ikke konstateret i nogen af de 20 gennemgåede sager. Sagerne er "
        "udvalgt, ikke trukket tilfældigt, så det siger intet om de øvrige sager.",
    ),
    "chosen sample, all found, one file missing": (
        replace(CHOSEN, errors=20, rate=1, missing=1),
        "Assessment missing: found in all 20 cases selected. The cases were chosen, not drawn at "
        "random, so this says nothing of the other cases. The errors include 1 file that could not "
        "be produced.",
        "Undersøgelse mangler: konstateret i alle 20 udvalgte sager. Sagerne er udvalgt, ikke "
        "trukket tilfældigt, så det siger intet om de øvrige sager. Fejlene omfatter 1 sag, der "
        "ikke kunne fremlægges.",
    ),
    "not always applicable": (
        replace(
            ORDINARY,
            applicable=61,
            rate=0.207,
            low=0.12,
            high=0.33,
            total=79,
            total_low=45,
            total_high=126,
        ),
        "Assessment missing in about one in five cases where it applies. Found in 13 of the 61 "
        "cases where it applied (77 read); in the whole caseload of 500 that is about 79 cases, "
        "between 45 and 126 (95%).",
        "Undersøgelse mangler i cirka hver femte sag, hvor kravet gælder. Det er konstateret i 13 "
        "af de 61 sager, hvor kravet gjaldt (77 gennemgået). Omregnet til alle 500 sager svarer "
        "det til cirka 79 sager, mellem 45 og 126 (95 %).",
    ),
    "not always applicable, none found": (
        replace(NONE_OF_60, applicable=41, high=0.071, total_high=24),
        "Assessment missing: found in none of the 41 cases where it applied (60 read). In the "
        "whole caseload of 500 that means at most 7.1% of cases where it applies, at most 24 cases "
        "(95%, two-sided).",
        "Undersøgelse mangler: ikke konstateret i nogen af de 41 sager, hvor kravet gjaldt (60 "
        "gennemgået). Omregnet til alle 500 sager svarer det til højst 7,1 % af sagerne, hvor "
        "kravet gælder, højst 24 sager (95 %, tosidigt).",
    ),
    "not always applicable, totals unknown": (
        replace(
            ORDINARY,
            applicable=61,
            rate=0.231,
            low=0.123,
            high=0.335,
            total_low=NAN,
            total_high=NAN,
        ),
        "Assessment missing in about 23% of cases where it applies. Found in 13 of the 61 cases "
        "where it applied (77 read); in the whole caseload of 500 that is between 12% and 34% of "
        "cases where it applies (95%).",
        "Undersøgelse mangler i cirka 23 % af sagerne, hvor kravet gælder. Det er konstateret i 13 "
        "af de 61 sager, hvor kravet gjaldt (77 gennemgået). Omregnet til alle 500 sager svarer "
        "det til mellem 12 % og 34 % af sagerne, hvor kravet gælder (95 %).",
    ),
    "never applicable": (
        replace(ORDINARY, errors=0, applicable=0, rate=NAN, low=NAN, high=NAN, total=NAN),
        "Assessment missing: no rate, as it did not apply to the 77 cases read.",
        "Undersøgelse mangler: ingen andel, for kravet gjaldt ikke i de 77 gennemgåede sager.",
    ),
    "files missing, counted as errors": (
        replace(ORDINARY, missing=3),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases drawn; in the "
        "whole caseload of 500 that is about 84 cases, between 50 and 131 (95%). The errors "
        "include 3 files that could not be produced.",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 udtrukne "
        "sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mellem 50 og 131 "
        "(95 %). Fejlene omfatter 3 sager, der ikke kunne fremlægges.",
    ),
    "a file missing, counted as correct": (
        replace(ORDINARY, missing=1, missing_rule="correct"),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases drawn; in the "
        "whole caseload of 500 that is about 84 cases, between 50 and 131 (95%). 1 file that could "
        "not be produced counts as correct.",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 udtrukne "
        "sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mellem 50 og 131 "
        "(95 %). 1 sag, der ikke kunne fremlægges, tæller som korrekt.",
    ),
    "files missing, left out": (
        replace(ORDINARY, reviewed=80, missing=3, missing_rule="exclude"),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 500 that is about 84 cases, between 50 and 131 (95%). 3 files that "
        "could not be produced are left out, as if they were like the others.",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mellem 50 "
        "og 131 (95 %). 3 sager, der ikke kunne fremlægges, er holdt ude, som om de lignede de "
        "øvrige.",
    ),
    "files missing, counted as correct, not always applicable": (
        replace(
            ORDINARY,
            applicable=61,
            rate=0.207,
            low=0.12,
            high=0.33,
            missing=2,
            missing_rule="correct",
        ),
        "Assessment missing in about one in five cases where it applies. Found in 13 of the 61 "
        "cases where it applied (77 drawn); in the whole caseload of 500 that is about 84 cases, "
        "between 50 and 131 (95%). 2 files that could not be produced count as correct.",
        "Undersøgelse mangler i cirka hver femte sag, hvor kravet gælder. Det er konstateret i 13 "
        "af de 61 sager, hvor kravet gjaldt (77 udtrukket). Omregnet til alle 500 sager svarer det "
        "til cirka 84 sager, mellem 50 og 131 (95 %). 2 sager, der ikke kunne fremlægges, tæller "
        "som korrekte.",
    ),
    "chosen, not always applicable, a file missing": (
        replace(CHOSEN, applicable=15, missing=1),
        "Assessment missing in 13 of the 15 cases where it applied (20 selected). The cases were "
        "chosen, not drawn at random, so this says nothing of the other cases. The errors include "
        "1 file that could not be produced.",
        "Undersøgelse mangler i 13 af de 15 sager, hvor kravet gjaldt (20 udvalgt). Sagerne er "
        "udvalgt, ikke trukket tilfældigt, så det siger intet om de øvrige sager. Fejlene omfatter "
        "1 sag, der ikke kunne fremlægges.",
    ),
    "a file missing, left out": (
        replace(ORDINARY, reviewed=78, missing=1, missing_rule="exclude"),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload of 500 that is about 84 cases, between 50 and 131 (95%). 1 file that could "
        "not be produced is left out, as if it were like the others.",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 84 sager, mellem 50 "
        "og 131 (95 %). 1 sag, der ikke kunne fremlægges, er holdt ude, som om den lignede de "
        "øvrige.",
    ),
    "census of one missing file": (
        replace(
            CENSUS,
            errors=1,
            reviewed=1,
            applicable=1,
            missing=1,
            population=1,
            rate=1,
            low=1,
            high=1,
            total=1,
            total_low=1,
            total_high=1,
        ),
        "Assessment missing: found in the only case. The only case was taken, so there is no "
        "sampling uncertainty. The errors include 1 file that could not be produced.",
        "Undersøgelse mangler: konstateret i den eneste sag. Den eneste sag er taget med, så der "
        "er ingen stikprøveusikkerhed. Fejlene omfatter 1 sag, der ikke kunne fremlægges.",
    ),
    "every file missing and left out": (
        replace(ORDINARY, errors=0, reviewed=2, applicable=0, missing=2, missing_rule="exclude"),
        "Assessment missing: no cases were read. 2 files that could not be produced are left out, "
        "as if they were like the others.",
        "Undersøgelse mangler: ingen sager er gennemgået. 2 sager, der ikke kunne fremlægges, er "
        "holdt ude, som om de lignede de øvrige.",
    ),
    "population unknown": (
        replace(ORDINARY, **UNKNOWN_POPULATION),
        "Assessment missing in about one in six cases. Found in 13 of the 77 cases read; in the "
        "whole caseload that is about 17%, between 10% and 27% (95%).",
        "Undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle sager svarer det til cirka 17 %, mellem 10 % og 27 % "
        "(95 %).",
    ),
    "population unknown, all found": (
        replace(ALL_OF_77, low=0.9532, **UNKNOWN_POPULATION),
        "At least one error: found in all 77 cases read. In the whole caseload that means at least "
        "95.3% (95%, two-sided).",
        "Mindst én fejl: konstateret i alle 77 gennemgåede sager. Omregnet til alle sager svarer "
        "det til mindst 95,3 % (95 %, tosidigt).",
    ),
    "domain": (
        replace(
            ORDINARY,
            where="district North",
            population=210,
            total=35.4,
            total_low=20,
            total_high=57,
        ),
        "District North: assessment missing in about one in six cases. Found in 13 of the 77 cases "
        "read; in the whole group of 210 that is about 35 cases, between 20 and 57 (95%).",
        "District North: undersøgelse mangler i cirka hver sjette sag. Det er konstateret i 13 af "
        "de 77 gennemgåede sager. Omregnet til alle 210 sager i gruppen svarer det til cirka 35 "
        "sager, mellem 20 og 57 (95 %).",
    ),
    "domain of unknown size, only case read": (
        replace(
            NONE_OF_60,
            where="district North",
            reviewed=1,
            applicable=1,
            high=0.975,
            **UNKNOWN_POPULATION,
        ),
        "District North, assessment missing: not found in the only case read. In the whole group "
        "that means at most 97.5% (95%, two-sided).",
        "District North, undersøgelse mangler: ikke konstateret i den eneste gennemgåede sag. "
        "Omregnet til alle sager i gruppen svarer det til højst 97,5 % (95 %, tosidigt).",
    ),
    "no interval": (
        replace(ORDINARY, low=NAN, high=NAN, total_low=NAN, total_high=NAN),
        "Assessment missing in about 17% of cases. Found in 13 of the 77 cases read; in the whole "
        "caseload of 500 that is about 17%; its interval cannot be given.",
        "Undersøgelse mangler i cirka 17 % af sagerne. Det er konstateret i 13 af de 77 "
        "gennemgåede sager. Omregnet til alle 500 sager svarer det til cirka 17 %; et interval kan "
        "ikke angives.",
    ),
    "none found and no interval": (
        replace(NONE_OF_60, low=NAN, high=NAN, total_low=NAN, total_high=NAN),
        "Assessment missing: found in none of the 60 cases read. No limit can be given for the "
        "whole caseload of 500.",
        "Undersøgelse mangler: ikke konstateret i nogen af de 60 gennemgåede sager. Der kan ikke "
        "angives en grænse for alle 500 sager.",
    ),
}


@pytest.mark.parametrize("situation", GOLDEN)
def test_english_sentence(situation: str) -> None:
    """Each situation of an audit has one sentence, written by hand."""
    statement, english, _ = GOLDEN[situation]
    assert english == rate_sentence(statement, "en")


@pytest.mark.parametrize("situation", GOLDEN)
def test_danish_sentence(situation: str) -> None:
    """The Danish sentence says the same; the indicator has the name its user gave it."""
    statement, _, danish = GOLDEN[situation]
    if statement.indicator == "assessment missing":
        statement = replace(statement, indicator="undersøgelse mangler")
    assert danish.replace(" %", "\u00a0%") == rate_sentence(statement, "da")


@pytest.mark.parametrize(
    ("name", "english", "danish"),
    [
        ("child not heard", "Child not heard in about", "Child not heard i cirka"),
        ("Is the plan complete?", "Is the plan complete? Error in", "Is the plan complete? Fejl i"),
        ("Plan missing: ", "Plan missing in about", "Plan missing i cirka"),
        ("§ 50 {overskredet}", "§ 50 {overskredet} in", "§ 50 {overskredet} i"),
        ("any error", "At least one error in about", "Mindst én fejl i cirka"),
    ],
)
def test_any_name_starts_a_sentence(name: str, english: str, danish: str) -> None:
    """Faults, questions, colons and braces all make a readable start."""
    statement = replace(ORDINARY, indicator=name)
    assert rate_sentence(statement, "en").startswith(english)
    assert rate_sentence(statement, "da").startswith(danish)


def test_both_languages_have_the_same_parts() -> None:
    """A key or a fraction that one language lacks would fail only in that language's reports."""
    tables = [
        tomllib.loads(
            resources.files("sampleaudit.wording")
            .joinpath(f"{language}.toml")
            .read_text(encoding="utf-8")
        )
        for language in LANGUAGES
    ]
    english, danish = ({part: list(words) for part, words in table.items()} for table in tables)
    assert english == danish


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_every_statement_becomes_clean_sentences(language: Any, data: st.DataObject) -> None:
    """Whatever the counts and whatever is unknown: no nan, no brace, no "no errors"."""
    whole = st.integers(0, 40)
    applicable = data.draw(whole)
    errors = data.draw(st.integers(0, applicable))
    unknown_or = st.sampled_from([NAN, 0.0, 0.001, 1 / 6, 0.5, 0.95, 1.0])
    missing = data.draw(st.integers(0, errors))
    statement = RateStatement(
        indicator="plan missing",
        where=data.draw(st.sampled_from([None, "North"])),
        errors=errors,
        reviewed=applicable + data.draw(whole),
        applicable=applicable,
        missing=missing,
        missing_rule=data.draw(st.sampled_from(["error", "correct", "exclude"])),
        population=data.draw(st.sampled_from([NAN, 80.0, 10_000.0])),
        rate=data.draw(unknown_or),
        low=data.draw(unknown_or),
        high=data.draw(unknown_or),
        total=data.draw(st.sampled_from([NAN, 0.0, 7.6])),
        total_low=data.draw(st.sampled_from([NAN, 0.0, 3.0])),
        total_high=data.draw(st.sampled_from([NAN, 8.0, 900.0])),
        level=0.95,
        side=data.draw(st.sampled_from(["both", "lower", "upper"])),
        census=data.draw(st.booleans()),
        extrapolates=data.draw(st.booleans()),
    )
    sentence = rate_sentence(statement, language)
    assert sentence.endswith(".")
    for blemish in ("nan", "{", "}", "  ", "..", "no errors", "ingen fejl", "\u2013,"):
        assert blemish not in sentence


@pytest.mark.parametrize(
    ("value", "digits", "english", "danish"),
    [
        (1234, 0, "1,234", "1.234"),
        (1234567.891, 2, "1,234,567.89", "1.234.567,89"),
        (0.17, 2, "0.17", "0,17"),
        (0.285, 2, "0.29", "0,29"),  # halves away from zero, though the float is below 0.285
        (2.5, 0, "3", "3"),
        (-0.4, 0, "0", "0"),
        (-1234.5, 1, "-1,234.5", "-1.234,5"),
        (1e20, 0, "100,000,000,000,000,000,000", "100.000.000.000.000.000.000"),
        (NAN, 0, "\u2013", "\u2013"),
        (math.inf, 0, "\u221e", "\u221e"),
    ],
)
def test_number(value: float, digits: int, english: str, danish: str) -> None:
    """Each language has its marks; nan is a dash."""
    assert english == number(value, "en", digits=digits)
    assert danish == number(value, "da", digits=digits)


@pytest.mark.parametrize(
    ("share", "digits", "english", "danish"),
    [
        (13 / 77, None, "17%", "17 %"),
        (13 / 77, 1, "16.9%", "16,9 %"),
        (0.05, None, "5%", "5 %"),
        (0.0532, None, "5.3%", "5,3 %"),
        (0.004, None, "0.4%", "0,4 %"),
        (0.0004, None, "0.04%", "0,04 %"),
        (0.000001, None, "<0.001%", "<0,001 %"),
        (0.004, 0, "<1%", "<1 %"),
        (0.9532, None, "95.3%", "95,3 %"),
        (0.9996, None, "99.96%", "99,96 %"),
        (0.9999999, None, ">99.999%", ">99,999 %"),
        (0.997, 0, ">99%", ">99 %"),
        (0, None, "0%", "0 %"),
        (1, None, "100%", "100 %"),
        (-0.153, None, "-15%", "-15 %"),
        (-0.002, 0, ">-1%", ">-1 %"),
        (0.1 + 0.2, None, "30%", "30 %"),
        (NAN, None, "\u2013", "\u2013"),
    ],
)
def test_percent(share: float, digits: int | None, english: str, danish: str) -> None:
    """Digits suit the size, and Danish has a no-break space before the sign."""
    assert english == percent(share, "en", digits=digits)
    assert danish.replace(" ", "\u00a0") == percent(share, "da", digits=digits)


@pytest.mark.parametrize("digits", [None, 0, 1])
@given(share=st.floats(1e-9, 1 - 1e-9))
def test_percent_never_hides_a_case(digits: int | None, share: float) -> None:
    """A share above nothing is not 0%, and one below everything is not 100%."""
    shown = percent(share, "en", digits=digits)
    assert shown.rstrip("%") not in ("0", "0.0", "100", "100.0")


@given(share=st.floats(0.001, 0.999))
def test_limits_are_rounded_outwards(share: float) -> None:
    """Rounded down it is not above the share, and rounded up not below it."""
    down = float(percent(share, "en", rounding="down").rstrip("%")) / 100
    up = float(percent(share, "en", rounding="up").rstrip("%")) / 100
    assert down <= share + 1e-9
    assert up >= share - 1e-9


@pytest.mark.parametrize(
    ("rate", "low", "high", "english", "danish"),
    [
        (0.01, 0.001, 0.05, "about one in 100", "cirka hver 100."),
        (0.051, 0.03, 0.08, "about one in 20", "cirka hver 20."),
        (0.102, 0.06, 0.16, "about one in ten", "cirka hver tiende"),
        (0.17, 0.10, 0.26, "about one in six", "cirka hver sjette"),
        (0.24, 0.15, 0.35, "about a quarter", "cirka en fjerdedel"),
        (0.33, 0.25, 0.42, "about a third", "cirka en tredjedel"),
        (0.49, 0.4, 0.58, "about half", "cirka halvdelen"),
        (0.66, 0.6, 0.72, "about two out of three", "cirka to ud af tre"),
        (0.74, 0.7, 0.78, "about three out of four", "cirka tre ud af fire"),
        (0.81, 0.7, 0.88, "about four out of five", "cirka fire ud af fem"),
        (0.89, 0.7, 0.95, "about nine out of ten", "cirka ni ud af ti"),
        (0.7, 0.6, 0.8, "most", "de fleste"),
        (1, 0.953, 1, "most", "langt de fleste"),
        (0.17, NAN, 0.26, "about one in six", "cirka hver sjette"),
        (0.17, 0.10, NAN, "about one in six", "cirka hver sjette"),
        (0.17, 0.168, 0.172, None, None),  # 1/6 = 0.1667 lies outside the limits
        (0.23, 0.15, 0.34, None, None),
        (0.6, 0.4, 0.8, None, None),
        (0.0123, 0.001, 0.05, None, None),
        (0, 0, 0.05, None, None),
        (0.17, NAN, NAN, None, None),
        (NAN, 0.1, 0.2, None, None),
    ],
)
def test_fraction_words(
    rate: float, low: float, high: float, english: str | None, danish: str | None
) -> None:
    """Everyday words are used where they are true, and only there."""
    assert english == fraction_words(rate, low, high, "en")
    assert danish == fraction_words(rate, low, high, "da")


def test_unknown_language_is_refused() -> None:
    """The message names the languages there are."""
    with pytest.raises(AuditError, match="language is 'sv'; it must be one of 'en', 'da'"):
        number(1, "sv")  # type: ignore[arg-type]
    with pytest.raises(AuditError, match="rounding is 'off'"):
        percent(1, "en", rounding="off")  # type: ignore[arg-type]
