"""Every number of R's survey package that belongs to design-based estimates, met from outside.

Each case is declared as a user would declare it, and asked of `survey_means` and its neighbours.
The test walks every number of survey_all.json and asserts how many were compared, and how many not
and why. Only what has no place in a table (limits of a domain with the degrees of freedom of the
whole design, design effects against drawing with replacement) is computed here from the library's
own estimate and formulas. R's "likelihood" limits are compared after R's own steps are taken from
our rate and standard error (likelihood_as_in_R.py): the limits themselves differ by what R's table
and interpolation add.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from likelihood_as_in_R import likelihood_as_in_R
from scipy import stats

import sampleaudit as sa
from sampleaudit.estimates.survey_data import design_of
from sampleaudit.estimates.survey_table import limits_by_t
from sampleaudit.formulas.design import Lonely, degrees_of_freedom
from sampleaudit.formulas.domains import divide
from sampleaudit.formulas.survey import estimate_mean

HERE = Path(__file__).parent
CASES = json.loads((HERE / "survey_all.json").read_text("utf-8"))
Entry = dict[str, Any]
Numbers = Iterator[tuple[str, object, float]]

TOLERANCE = 1e-9
# R fits the rate by iteration for "logit" and "likelihood" until the deviance changes by less than
# 1e-8 of itself; the closed form is its "xlogit", met at TOLERANCE.
ITERATION = 1e-7
# A number that is 0 but for rounding, as a share of the estimate (or of the standard errors of a
# covariance): R's own covariances between strata are 1e-38 and not 0.
RESIDUE = 1e-12

# Why a number of R's is not compared
EDGE = "logit at a rate of 0 or 1: R's iteration stops about 1e-11 away, ours has no limits"
SE_ZERO = "beta and wilson where the standard error is 0: R has NaN, or .5; ours count the cases"
WRAPPED = "asin: R's angle goes below 0 or beyond a right one and comes back, ours is cut there"
NO_WIDTH = "an interval without width that is not a census: ours is nan and says so"
LEVEL_LOST = "logit at 1 df: R's normal level 1 - 2 pnorm(-12.7) is 1, its limits 0 and NaN"
FEW = "likelihood from 5 cases or fewer: R's table of ten steps is too coarse, 1e-6 to 1e+5 off"
REFUSED = "R refuses, as ours does"
R_FAILS = "R fails on its own iteration or table, ours gives limits"
OTHER_TEST = "chi-square by Wald, sums of chi-squares or a score: not offered"
OTHER_LONELY = "survey.adjust.domain.lonely: not offered"
ROUNDING = "t and p of a difference that is 1 exactly: its standard error is a rounding residue"
CENSUS = "R has nan or .5 for a census: ours is the rate itself"
NOT_LEFT_OUT = "R was not told to leave out cases to which the variable does not apply: nan"
NOTHING_KNOWN = "R has 0 for the mean of no cases: ours is nan, and its limits and covariances"
NO_SPREAD = "p where the standard error is 0 and not a census: R's t is infinite, ours is nan"
NO_CASES = "R counts NA cases where an indicator applies to none: ours counts 0"


def ours(case: str, kind: str, entry: Entry) -> Numbers:
    """Yield the name of each number of an entry, R's and the library's."""
    if kind == "summary":
        yield from summary(case, entry)
    elif kind in ("svymean", "svytotal", "svyratio"):
        yield from caseload(case, kind, entry)
    elif kind == "svymean_deff_replace":
        yield "deff", entry["deff"], with_replacement(case, entry["variable"])
    elif kind == "svymean_joint":
        yield from joint(case, entry)
    elif kind.startswith("svyby"):
        yield from by_domain(case, kind, entry)
    elif kind == "svycontrast_domain_diff":
        yield from differences(case, entry)
    elif kind in ("svyciprop", "svyciprop_domain"):
        yield from proportion(case, entry)
    elif kind == "domain_subset_df":
        row = table(case, "mean", "one", entry["domain"]).loc[str(entry["level"])]
        yield "df", entry["df"], row["df"]
        yield "n", entry["n"], row["reviewed"]
        number = table(case, "total", "one", entry["domain"]).loc[str(entry["level"])]
        yield "N_hat", entry["N_hat"], number["estimate"]
    elif kind == "svyttest":
        yield from t_test(case, entry)
    elif kind == "svychisq":
        yield from association(case, entry)
    elif kind == "svytable":
        yield from counts(case, entry)


@pytest.mark.parametrize("case", CASES)
def test_every_number_of_R_is_met(case: str) -> None:
    """At a relative 1e-9, but where R iterates; what is not compared is counted with its reason."""
    outcomes: Counter[str] = Counter()
    differences = []
    for kind, entry in entries(case):
        reason = not_asked(case, kind, entry)
        if reason:
            outcomes[reason] += len(list(leaves(entry)))
            continue
        for name, expected, actual in ours(case, kind, entry):
            wanted = number(expected)
            reason = not_compared(kind, entry, name, wanted, actual)
            outcomes[reason or "compared"] += 1
            if not reason and not close(kind, entry, name, wanted, actual):
                differences.append(f"{kind} {entry_name(entry)} {name}: R {wanted!r}, {actual!r}")
    assert not differences, "\n".join(differences)
    assert COMPARED[case] == dict(outcomes)


COMPARED: dict[str, dict[str, int]] = {
    "apiclus1": {
        "compared": 1744,
        NO_WIDTH: 10,
        NO_SPREAD: 1,
        EDGE: 12,
        SE_ZERO: 16,
        ROUNDING: 2,
        OTHER_TEST: 32,
    },
    "apiclus2": {
        "compared": 1719,
        NOT_LEFT_OUT: 43,
        EDGE: 9,
        SE_ZERO: 12,
        NO_WIDTH: 6,
        OTHER_TEST: 32,
    },
    "apisrs": {
        "compared": 1762,
        EDGE: 9,
        SE_ZERO: 12,
        NO_WIDTH: 6,
        OTHER_TEST: 32,
    },
    "apistrat": {
        "compared": 1744,
        NO_WIDTH: 10,
        NO_SPREAD: 1,
        EDGE: 12,
        SE_ZERO: 16,
        ROUNDING: 2,
        OTHER_TEST: 32,
    },
    "apistrat_nofpc": {
        "compared": 1308,
        OTHER_TEST: 16,
    },
    "audit_a": {
        "compared": 3145,
        NO_WIDTH: 14,
        NO_SPREAD: 4,
        CENSUS: 16,
        EDGE: 12,
        SE_ZERO: 16,
        OTHER_TEST: 32,
    },
    "audit_b_adjust": {
        "compared": 4726,
        NOTHING_KNOWN: 27,
        NO_CASES: 2,
        NO_WIDTH: 52,
        NO_SPREAD: 15,
        CENSUS: 16,
        EDGE: 33,
        SE_ZERO: 44,
        WRAPPED: 3,
        OTHER_TEST: 32,
    },
    "audit_b_adjust_domain": {
        OTHER_LONELY: 539,
    },
    "audit_b_average": {
        "compared": 4542,
        NOTHING_KNOWN: 211,
        NO_CASES: 2,
        NO_WIDTH: 52,
        NO_SPREAD: 15,
        CENSUS: 16,
        EDGE: 33,
        SE_ZERO: 44,
        WRAPPED: 3,
        OTHER_TEST: 32,
    },
    "audit_b_certainty": {
        "compared": 4725,
        NOTHING_KNOWN: 28,
        NO_CASES: 2,
        NO_WIDTH: 52,
        NO_SPREAD: 15,
        CENSUS: 16,
        EDGE: 33,
        SE_ZERO: 44,
        WRAPPED: 3,
        OTHER_TEST: 32,
    },
    "audit_b_fail": {
        "compared": 1413,
        REFUSED: 230,
        CENSUS: 16,
        EDGE: 33,
        SE_ZERO: 44,
        NO_WIDTH: 20,
        WRAPPED: 3,
    },
    "audit_c": {
        "compared": 2278,
        NO_WIDTH: 56,
        EDGE: 30,
        SE_ZERO: 40,
        NO_SPREAD: 6,
        OTHER_TEST: 32,
    },
    "audit_d": {
        "compared": 1613,
        NO_WIDTH: 48,
        EDGE: 27,
        SE_ZERO: 44,
        FEW: 26,
        WRAPPED: 24,
        NO_SPREAD: 3,
        LEVEL_LOST: 4,
        R_FAILS: 11,
        ROUNDING: 6,
        OTHER_TEST: 16,
    },
    "audit_e": {
        "compared": 1595,
        OTHER_TEST: 32,
    },
    "audit_f_1stage": {
        "compared": 1865,
        NO_WIDTH: 8,
        SE_ZERO: 2,
        WRAPPED: 1,
        OTHER_TEST: 16,
    },
    "audit_f_2stage": {
        "compared": 1878,
        WRAPPED: 2,
        OTHER_TEST: 16,
    },
}


def test_the_likelihood_limits_of_R_are_ours_but_for_its_interpolation() -> None:
    """Half of them agree to 1e-4 and nine in ten to 1e-3, where the indicator applies to all."""
    apart = []
    for case, kind in product(CASES, ("svyciprop", "svyciprop_domain")):
        for entry in (each for of, each in entries(case) if of == kind):
            if entry.get("method") != "likelihood" or entry.get("variable") == "e4":
                continue
            if "lower" not in entry or entry["lower"] == "NA" or entry["nrow"] <= 5:
                continue
            column, group = entry.get("domain", "==").split("==")
            found = table(
                case, "mean", entry["variable"], column or None, entry["level"], "likelihood"
            )
            row = found.loc[group] if column else found.iloc[0]
            if row["se"] > RESIDUE and 0 < row["estimate"] < 1:
                apart += [abs(row["low"] / entry["lower"] - 1)]
                apart += [abs(row["high"] / entry["upper"] - 1)]
    assert 500 < len(apart)
    assert 1e-4 > np.quantile(apart, 0.5)
    assert 1e-3 > np.quantile(apart, 0.9)


def test_a_lonely_stratum_is_refused_as_R_does() -> None:
    """With ``lonely="fail"``, the default; R then has an error in the place of every number."""
    with pytest.raises(sa.AuditError, match="1 strata have one case of several in the sample"):
        sa.survey_means(measures("audit_b_fail"), "e1")


@pytest.mark.parametrize("case", ["audit_a", "audit_b_adjust", "audit_f_2stage"])
def test_findings_and_measures_of_0_and_1_give_the_same(case: str) -> None:
    """What was answered error, correct or not applicable is 1, 0 or left out."""
    frame = data(case)
    sample = measures(case).sample
    names = ["e1", "e2", "e4"]
    findings = sa.record_findings(sample, frame, indicators=names, blank="not applicable")
    arguments: dict[str, Any] = {"by": "ctype", "lonely": lonely(case)}
    expected = sa.survey_means(measures(case), names, **arguments).to_frame()
    pd.testing.assert_frame_equal(
        expected, sa.survey_means(findings, names, **arguments).to_frame()
    )


def summary(case: str, entry: Entry) -> Numbers:
    design, _ = design_of(measures(case).sample, np.ones(len(data(case)), dtype=np.bool_))
    yield "n", entry["n"], design.weights.size
    yield "sum_weights", entry["sum_weights"], design.weights.sum()
    yield "df", entry["df"], degrees_of_freedom(design)
    yield "nstrata", entry["nstrata"], design.population.size


def caseload(case: str, kind: str, entry: Entry) -> Numbers:
    def row(level: float = 0.95, interval: str = "t") -> Any:
        if kind == "svyratio":
            name = entry["numerator"], entry["denominator"]
            return table(case, "ratio", name, None, level, interval).iloc[0]
        return table(case, kind[3:], entry["variable"], None, level, interval).iloc[0]

    for name in ("estimate", "se", "df", "cv", "deff"):
        if name in entry:
            yield name, entry[name], row()[name]
    for interval in ("t", "z"):
        for level, limits in entry[f"ci_{interval}"].items():
            found = row(float(level), interval)
            yield f"ci_{interval}.{level}.lower", limits["lower"], found["low"]
            yield f"ci_{interval}.{level}.upper", limits["upper"], found["high"]


def with_replacement(case: str, variable: str) -> float:
    design, _ = design_of(measures(case).sample, np.ones(len(data(case)), dtype=np.bool_))
    values = measures(case).values(variable)
    found = estimate_mean(divide(design), values, lonely=lonely(case))
    return float(found.deff_replace[0])


def joint(case: str, entry: Entry) -> Numbers:
    names = entry["names"]
    for place, name in enumerate(names):
        separate = {
            key: value[place] if isinstance(value, list) else value
            for key, value in entry.items()
            if key in ("estimate", "se", "cv", "df")
        }
        for interval in ("ci_t", "ci_z"):
            separate[interval] = {
                level: {side: limit[place] for side, limit in limits.items()}
                for level, limits in entry[interval].items()
            }
        yield from caseload(case, "svymean", {**separate, "variable": name})
    found = sa.survey_means(measures(case), names, lonely=lonely(case)).covariance().to_numpy()
    yield from matrix(entry["vcov"], found)


def by_domain(case: str, kind: str, entry: Entry) -> Numbers:
    statistic = kind.removeprefix("svyby_svy")
    variable = (
        (entry["numerator"], entry["denominator"]) if statistic == "ratio" else entry["variable"]
    )
    levels = [str(level) for level in entry["levels"]]
    found = table(case, statistic, variable, entry["domain"]).loc[levels]
    for place, level in enumerate(levels):
        row = found.loc[level]
        yield f"{level}.estimate", entry["estimate"][place], row["estimate"]
        yield f"{level}.se", entry["se"][place], row["se"]
        if statistic == "ratio":
            continue
        yield f"{level}.n", entry["n_unweighted"][place], row["applicable"]
        # R is asked for the limits with the degrees of freedom of the whole design
        low, high = limits_by_t(row["estimate"], row["se"], np.array(entry["df"]), 0.95)
        yield f"{level}.lower", entry["ci_t_0.95"]["lower"][place], float(low)
        yield f"{level}.upper", entry["ci_t_0.95"]["upper"][place], float(high)
    if statistic != "ratio":
        yield "df", entry["df"], table(case, "mean", "one", None).iloc[0]["df"]
        covariance = estimates(case, statistic, variable, entry["domain"]).covariance()
        covariance.index = covariance.columns = pd.Index([key[1] for key in covariance.index])
        yield from matrix(entry["vcov"], covariance.loc[levels, levels].to_numpy())


def differences(case: str, entry: Entry) -> Numbers:
    found = estimates(case, "mean", entry["variable"], entry["domain"])
    for place, text in enumerate(as_list(entry["contrast"])):
        one, other = text.split(" - ")
        contrast = found.contrast({one: 1, other: -1})
        yield f"{text}.estimate", at(entry["estimate"], place), contrast.estimate
        yield f"{text}.se", at(entry["se"], place), contrast.se
        yield f"{text}.lower", at(entry["ci_t_0.95"]["lower"], place), contrast.low
        yield f"{text}.upper", at(entry["ci_t_0.95"]["upper"], place), contrast.high
        yield f"{text}.p_t", at(entry["p_t"], place), contrast.p_value
    yield "df", entry["df"], contrast.df


def proportion(case: str, entry: Entry) -> Numbers:
    column, group = entry.get("domain", "==").split("==")
    interval = {"beta": "korn-graubard"}.get(entry["method"], entry["method"])
    found = table(case, "mean", entry["variable"], column or None, entry["level"], interval)
    row = found.loc[group] if column else found.iloc[0]
    yield "df", entry["df"], row["df"]
    yield "nrow", entry["nrow"], row["reviewed"]
    for name in ("estimate", "se"):
        if name in entry:
            yield name, entry[name], row[name]
    if "lower" not in entry:
        return
    low, high = row["low"], row["high"]
    inside = 0 < row["estimate"] < 1 and row["se"] > RESIDUE
    if entry["method"] == "likelihood" and inside and entry["lower"] != "NA":
        low, high = as_in_R(case, entry, row)
    yield "lower", entry["lower"], low
    yield "upper", entry["upper"], high


def as_in_R(case: str, entry: Entry, row: pd.Series[Any]) -> tuple[float, float]:
    """Return the limits as R's table and interpolation give them from our rate and its error."""
    frame = data(case)
    column, group = entry.get("domain", "==").split("==")
    inside = frame[column].astype(str) == group if column else frame.index >= 0
    design, _ = design_of(measures(case).sample, np.ones(len(frame), dtype=np.bool_))
    return likelihood_as_in_R(
        frame.loc[inside, entry["variable"]].to_numpy(float),
        design.weights[np.asarray(inside)],
        row["estimate"],
        row["se"],
        row["df"],
        entry["level"],
    )


def t_test(case: str, entry: Entry) -> Numbers:
    """Yield a regression on a group of two: the groups' difference, with one df less."""
    variable, group = re.findall(r"\((\w+)\s*~\s*(\w+)", entry["call"])[0]
    found = estimates(case, "mean", variable, group)
    first, second = (row.labels[0] for row in found.rows)
    contrast = found.contrast({second: 1, first: -1})
    df = contrast.df - 1
    t = contrast.estimate / contrast.se if contrast.se else math.inf
    low, high = limits_by_t(contrast.estimate, contrast.se, np.array(df), 0.95)
    yield "t", entry["t"], t
    yield "df", entry["df"], df
    yield "p", entry["p"], 2 * float(stats.t.sf(abs(t), df))
    yield "estimate", entry["estimate"], contrast.estimate
    yield "lower", entry["ci"][0], float(low)
    yield "upper", entry["ci"][1], float(high)


def association(case: str, entry: Entry) -> Numbers:
    rows, columns = entry["vars"]
    order = {"F": "second", "Chisq": "first"}[entry["statistic_type"]]
    found = sa.survey_association(
        measures(case), f"{columns} code", by=rows, order=order, lonely=lonely(case)
    )
    yield "statistic", entry["statistic"], found.statistic
    yield "p_value", entry["p_value"], found.p_value
    freedom = entry["parameter"]
    for place, value in enumerate(freedom if isinstance(freedom, list) else [freedom]):
        yield f"parameter.{place}", value, (found.df, found.df_denominator)[place]


def counts(case: str, entry: Entry) -> Numbers:
    rows, columns = re.findall(r"~(\w+)\+(\w+)", entry["call"])[0]
    for i, level in enumerate(entry["rows"]):
        for j, answer in enumerate(entry["cols"]):
            name = f"{columns} is {answer}"
            row = table(case, "total", name, rows).loc[str(level)]
            yield f"{level}.{answer}", entry["counts"][i][j], row["estimate"]


def matrix(expected: Any, found: Any) -> Numbers:
    largest = max(number(row[i]) for i, row in enumerate(expected)) or 1.0
    for i, j in np.ndindex(*np.shape(expected)):
        # beside the standard errors, so that rounding is seen for what it is
        scale = math.sqrt(abs(number(expected[i][i]) * number(expected[j][j]))) or largest
        yield f"vcov.{i}.{j}", number(expected[i][j]) / scale, found[i][j] / scale


def not_asked(case: str, kind: str, entry: Entry) -> str | None:
    if case == "audit_b_adjust_domain":
        return OTHER_LONELY
    if entry.get("error", "").startswith("At least one stratum contains only one PSU"):
        return REFUSED
    if kind == "svychisq" and "error" in entry:
        return R_FAILS
    if kind == "svychisq" and entry.get("statistic_type") not in ("F", "Chisq"):
        return OTHER_TEST
    return None


def not_compared(kind: str, entry: Entry, name: str, expected: float, actual: float) -> str | None:
    limit = name.endswith(("lower", "upper"))
    if math.isnan(expected) and kind in WITHOUT_NA_RM and not math.isnan(actual):
        return NOT_LEFT_OUT
    if limit and kind in ("svyciprop", "svyciprop_domain"):
        return limits_not_compared(entry, expected, actual)
    if kind.startswith("svyciprop") and name == "estimate" and entry["method"] in ITERATED:
        return EDGE if min(expected, 1 - expected) < 1e-9 else None
    if limit and math.isnan(actual) and not math.isnan(expected):
        return NO_WIDTH
    if name.split(".")[-1] in ("estimate", "se", "lower", "upper") and math.isnan(actual):
        return NOTHING_KNOWN if expected == 0 else None
    if name.startswith("vcov") and math.isnan(actual):
        return NOTHING_KNOWN if expected == 0 else None
    if name.endswith("p_t") and math.isnan(actual):
        return NO_SPREAD
    if kind == "svyttest" and name in ("t", "p") and not 0 < abs(expected) < math.inf:
        return ROUNDING
    if name.endswith(".n") and math.isnan(expected) and actual == 0:
        return NO_CASES
    return None


RATES = ("sch_wide", "comp_imp", "awards", "e1", "e2", "e3", "e4")
ITERATED = ("logit", "likelihood")
WITHOUT_NA_RM = ("svymean", "svytotal", "svyratio", "svyby_svyratio")


def limits_not_compared(entry: Entry, expected: float, actual: float) -> str | None:
    method, rate, se = entry["method"], number(entry["estimate"]), number(entry["se"])
    edge = min(rate, 1 - rate) < 1e-9
    if math.isnan(expected) and math.isnan(actual):
        return None
    if se < RESIDUE and actual == pytest.approx(rate, abs=1e-9) and not edge:
        return None if math.isclose(expected, actual, rel_tol=ITERATION) else CENSUS
    if method in ITERATED and edge:
        return EDGE
    if method in ("beta", "wilson", "asin", "xlogit") and se < RESIDUE:
        return SE_ZERO if method in ("beta", "wilson") else (CENSUS if edge else NO_WIDTH)
    if math.isnan(actual) and not math.isnan(expected) and se < RESIDUE:
        return NO_WIDTH
    if method == "asin" and actual in (0.0, 1.0):
        return WRAPPED
    if method == "logit" and entry["df"] == 1 and not math.isnan(actual):
        return LEVEL_LOST
    if method == "likelihood" and not edge:
        if math.isnan(expected):
            return R_FAILS
        if entry["nrow"] <= 5:
            return FEW
    return None


def close(kind: str, entry: Entry, name: str, expected: float, actual: float) -> bool:
    if math.isnan(expected) or math.isnan(actual):
        return math.isnan(expected) and math.isnan(actual)
    limits = name in ("lower", "upper", "estimate")
    iterated = kind.startswith("svyciprop") and entry["method"] in ITERATED and limits
    scale = entry.get("estimate", 0.0) if kind.startswith("svyby") else expected
    size = max((abs(number(each)) for each in np.ravel(np.array(scale, dtype=object))), default=0)
    residue = RESIDUE if name.startswith("vcov") else RESIDUE * min(size, 1e6)
    return math.isclose(
        expected, actual, rel_tol=ITERATION if iterated else TOLERANCE, abs_tol=residue or 1e-15
    )


def entries(case: str) -> Iterator[tuple[str, Entry]]:
    for kind, rows in CASES[case]["results"].items():
        for values in rows["rows"]:
            entry = dict(zip(rows["fields"], values, strict=True))
            yield kind, {name: value for name, value in entry.items() if value is not None}


def leaves(value: Any) -> Iterator[float]:
    """Yield the numbers of an entry; an entry that R refused counts as one."""
    if isinstance(value, dict):
        found = [leaf for name, part in value.items() if name != "level" for leaf in leaves(part)]
        yield from found or [math.nan]
    elif isinstance(value, list):
        yield from (leaf for part in value for leaf in leaves(part))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def number(value: object) -> float:
    return math.nan if value == "NA" else float(value)  # type: ignore[arg-type]


def entry_name(entry: Entry) -> str:
    words = (entry.get(name) for name in ("variable", "numerator", "domain", "method", "level"))
    return " ".join(str(word) for word in words if word is not None)


def lonely(case: str) -> Lonely:
    # with "fail" R answers where the lonely stratum plays no part, and then any rule would do
    given = CASES[case]["lonely"]
    return "certainty" if case == "audit_b_fail" else given


def table(
    case: str,
    statistic: str,
    variable: Any,
    by: str | None,
    level: float = 0.95,
    interval: str = "t",
) -> pd.DataFrame:
    """Return the table of one variable (or ratio), by domain indexed by its labels."""
    name = " / ".join(variable) if statistic == "ratio" else variable
    return tables(case, statistic, variable if statistic == "ratio" else None, by, level, interval)[
        name
    ]


@cache
def tables(
    case: str, statistic: str, ratio: Any, by: str | None, level: float, interval: str
) -> dict[str, pd.DataFrame]:
    """Return the tables of all variables, which cost hardly more than that of one."""
    names = [name for name in measures(case).names if not name.endswith(" code")]
    if interval not in ("t", "z"):
        names = [name for name in RATES if name in names]
    found = estimates(case, statistic, ratio or tuple(names), by, level, interval).to_frame()
    return {
        str(name): part.set_index(by) if by else part
        for name, part in found.groupby("variable", sort=False)
    }


@cache
def estimates(
    case: str,
    statistic: str,
    variables: Any,
    by: str | None,
    level: float = 0.95,
    interval: str = "t",
) -> sa.SurveyEstimates:
    options: dict[str, Any] = {
        "by": by, "level": level, "interval": interval, "lonely": lonely(case),
    }  # fmt: skip
    if statistic == "ratio":
        return sa.survey_ratios(measures(case), *variables, **options)
    function = sa.survey_totals if statistic == "total" else sa.survey_means
    return function(measures(case), variables, **options)


@cache
def measures(case: str) -> sa.Measures:
    """Declare the sample of a case, and record all its columns of numbers."""
    frame, design = data(case), CASES[case]["design"]
    fpc, ids = as_list(design["fpc"]), as_list(design["ids"])
    weights = design["weights"] if design["weights"] in frame.columns else None
    domains = [
        name
        for name in ("stype", "both", "awards", "mun", "region", "ctype", "agegrp")
        if name in frame.columns and name != design["strata"]
    ]
    sample = sa.declare_sample(
        frame,
        case_id="case",
        stratify_by=design["strata"] or (),
        selection="random",
        domains=domains,
        population=fpc[0] if fpc and not ids else None,
        clusters=ids[0] if ids else None,
        cluster_population=fpc[0] if fpc and ids else None,
        cluster_sizes=fpc[1] if len(fpc) > 1 else None,
        weights=weights,
    )
    columns = {"case": frame["case"], "one": 1}
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]):
            columns[name] = frame[name]
        if frame[name].nunique() < 10:
            columns[f"{name} code"] = pd.Series(pd.factorize(frame[name], sort=True)[0]).replace(
                -1, None
            )
            for value in frame[name].dropna().unique():
                text = str(int(value)) if isinstance(value, float) else str(value)
                columns[f"{name} is {text}"] = (frame[name] == value).astype(int)
    return sa.record_measures(
        sample, pd.DataFrame(columns), measures=list(columns)[1:], blank="not applicable"
    )


@cache
def data(case: str) -> pd.DataFrame:
    frame = pd.read_csv(HERE / CASES[case]["design"]["csv"])
    return frame.assign(case=[f"case {row}" for row in frame.index])


def as_list(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value


def at(value: Any, place: int) -> object:
    """Return one of several values; R's files have a number where a list has one entry."""
    return value[place] if isinstance(value, list) else value
