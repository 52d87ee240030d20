"""The same numbers of R's survey package, met from the outside: declare, record, estimate."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import pandas as pd
import pytest
from test_survey import EXPECTED, SE_ZERO, Entry, not_compared, table, tolerance

import sampleaudit as sa

METHOD_OF_R = {
    "beta": "korn-graubard", "wilson": "wilson", "mean": "wald", "xlogit": "logit",
}  # fmt: skip
COLUMNS = {"estimate": "rate", "se": "se", "df": "df", "deff": "deff", "n": "reviewed",
           "lower": "rate_low", "upper": "rate_high"}  # fmt: skip

# Why a number is not looked for in a table of rates
NOT_ASKED = "confint of svymean and svytotal, logit by iteration: compared in test_survey"
SE_OF_TOTAL = "standard error of a total: the table has the rate's"
DF_OF_DESIGN = "svyby's limits use the design's degrees of freedom, ours the domain's (svyciprop)"
NO_WIDTH = "Wald where no error, or nothing else, was found: R's interval has no width, ours is nan"
CENSUS = "xlogit at a rate of 0 in a census: R has nan, ours is exactly 0"
CUT = "Wald below 0 or above 1: a rate is a share, so ours ends there"

COMPARED = {
    "apistrat": {
        "compared": 524,
        NOT_ASKED: 156,
        SE_OF_TOTAL: 54,
        DF_OF_DESIGN: 30,
        SE_ZERO: 16,
        NO_WIDTH: 8,
        CUT: 2,
    },
    "audit_a": {
        "compared": 973,
        NOT_ASKED: 274,
        SE_OF_TOTAL: 108,
        DF_OF_DESIGN: 64,
        CUT: 22,
        SE_ZERO: 28,
        NO_WIDTH: 6,
        CENSUS: 2,
    },
    "audit_c": {
        "compared": 767,
        NOT_ASKED: 234,
        SE_OF_TOTAL: 84,
        DF_OF_DESIGN: 48,
        SE_ZERO: 40,
        NO_WIDTH: 20,
        CUT: 12,
    },
    "audit_d": {
        "compared": 539,
        NOT_ASKED: 194,
        SE_OF_TOTAL: 60,
        DF_OF_DESIGN: 32,
        SE_ZERO: 52,
        NO_WIDTH: 26,
        CUT: 30,
    },
    "audit_e": {
        "compared": 549,
        NOT_ASKED: 174,
        SE_OF_TOTAL: 48,
        DF_OF_DESIGN: 24,
        CUT: 2,
    },
}


@pytest.mark.parametrize("dataset", EXPECTED)
def test_the_table_of_estimates_has_R_s_numbers(dataset: str) -> None:
    """Estimate, standard error, degrees of freedom, design effect, total, textbook limits."""
    outcomes: Counter[str] = Counter()
    differences = []
    for entry in EXPECTED[dataset]["entries"]:
        for name, value in entry["expected"].items():
            reason = reason_not_compared(entry, name)
            row = None if reason else estimate(dataset, entry)
            if row is not None and name in ("lower", "upper"):
                reason = reason_of_limits(entry, row)
            outcomes[reason or "compared"] += 1
            if reason or row is None:
                continue
            column = "total" if "svytotal" in entry["function"] else COLUMNS[name]
            expected, actual = float(value), float(row[column])
            if math.isnan(expected) and math.isnan(actual):
                continue
            close = tolerance(dataset, entry, name)
            if not math.isclose(expected, actual, rel_tol=close, abs_tol=1e-15):
                differences.append(f"{entry['call']} {name}: R {expected!r}, ours {actual!r}")
    assert not differences
    assert COMPARED[dataset] == outcomes


def reason_not_compared(entry: Entry, name: str) -> str | None:
    function = entry["function"]
    if "confint" in function or entry.get("method") == "logit":
        return NOT_ASKED
    if "svytotal" in function and name != "estimate":
        return SE_OF_TOTAL
    if function.startswith("svyby") and name in ("lower", "upper"):
        return DF_OF_DESIGN
    return not_compared(entry, name)


def reason_of_limits(entry: Entry, row: pd.Series) -> str | None:
    expected = entry["expected"]
    if math.isnan(float(expected["lower"])) and "every case read" in row["remarks"]:
        assert row["rate_low"] == row["rate_high"] == expected["estimate"]
        return CENSUS
    if entry["method"] != "mean":
        return None
    if expected["se"] == 0 and math.isnan(row["rate_low"]):
        return NO_WIDTH
    if not 0 <= expected["lower"] <= expected["upper"] <= 1:
        return CUT
    return None


def estimate(dataset: str, entry: Entry) -> pd.Series:
    method = METHOD_OF_R.get(entry.get("method", "beta"), "korn-graubard")
    rates = estimates(dataset, entry.get("domain"), method, entry.get("level", 0.95))
    chosen = rates["indicator"] == (entry["variable"] or rates["indicator"][0])
    if entry.get("domain"):
        chosen &= rates[entry["domain"]] == entry["group"]
    (row,) = [each for _, each in rates[chosen].iterrows()]
    return row


@cache
def estimates(dataset: str, by: str | None, method: str, level: float) -> pd.DataFrame:
    found = findings(dataset)
    return sa.estimate_rates(
        found, list(found.indicators), by=by, method=method, level=level
    ).to_frame()


@cache
def findings(dataset: str) -> sa.Findings:
    design, cases = EXPECTED[dataset]["design"], table(dataset)
    entries = EXPECTED[dataset]["entries"]
    variables = sorted({each["variable"] for each in entries if each["variable"]})
    domains = {each["domain"] for each in entries if each.get("domain")} - {design["strata"]}
    cases = cases.assign(case=[f"case {row}" for row in cases.index])
    sample = sa.declare_sample(
        cases, case_id="case", stratify_by=design["strata"], population=design["fpc"],
        selection="random", domains=sorted(domains),
    )  # fmt: skip
    return sa.record_findings(sample, cases, indicators=variables, blank="not applicable")
