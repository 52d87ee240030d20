"""Every number of R's survey on calibrated and replicate weights, met from the csv files.

calibration/expected.json has them (R 4.2.2, survey 4.5; calibration/compact.py made it). The test
walks it, compares, counts, and names what it does not compare and why.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from sampleaudit.formulas.calibration import (
    UNBOUNDED,
    Calibration,
    calibrate,
    independent_columns,
    post_stratify,
)
from sampleaudit.formulas.design import Design, degrees_of_freedom, lonely_strata, variance
from sampleaudit.formulas.replicates import jackknife, replicate_covariance
from sampleaudit.formulas.textbook import logit_limits

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "calibration/expected.json").read_text(encoding="utf-8"))
Entry = dict[str, Any]

TOLERANCE = 1e-9
# svyciprop(method = "logit") fits the rate by iteration and stops when the deviance changes by
# less than 1e-8 of itself: 6e-8 in the limits, as in test_survey.
ITERATION = 6e-8
# rake stops when no cell moves by more than 1e-10 of the caseload, and takes ten rounds of means
# for the residuals.
RAKING = 3e-9
# Below this share of the estimate a standard error is R's rounding: raking stops a little short
# of its margins, and what the margins fix has no sampling error.
NOTHING = 2e-10

# Why a number of R's is not compared
R_FAILS = "R stops with an error"
R_REFUSES = "R refuses a lonely stratum, and so does the library"
R_DROPS = "R drops the replicates in which a domain is empty; the library gives nan"
DOMAIN_LONELY = "survey.adjust.domain.lonely = TRUE: a rule that the library does not have"
R_JACKKNIFE_LONELY = "R's jackknife has rules of its own for a lonely stratum, not its formula's"
NO_SE_THERE = "logit limits where the standard error is 0: R's iteration, ours do not exist"
R_CENTRE = "mse = TRUE of a total: R's replicates lack the census strata, its centre has them"

COMPARED = {
    "apiclus1": {"compared": 1827, NO_SE_THERE: 2},
    "apiclus2": {"compared": 1128},
    "apisrs": {"compared": 1882, NO_SE_THERE: 2},
    "apistrat": {"compared": 1880, NO_SE_THERE: 4},
    "apistrat_nofpc": {"compared": 80},
    "audit_a": {"compared": 2813, R_FAILS: 3, R_CENTRE: 5},
    "audit_b_adjust": {"compared": 2687, R_FAILS: 6, R_JACKKNIFE_LONELY: 144},
    "audit_b_adjust_domain": {
        "compared": 660,
        DOMAIN_LONELY: 642,
        R_FAILS: 6,
        R_JACKKNIFE_LONELY: 144,
    },
    "audit_b_average": {"compared": 1302, R_FAILS: 6, R_JACKKNIFE_LONELY: 144},
    "audit_b_certainty": {"compared": 1439, R_FAILS: 6, R_DROPS: 2, R_CENTRE: 5},
    "audit_b_fail": {R_REFUSES: 112},
    "audit_b_remove": {"compared": 1439, R_FAILS: 6, R_DROPS: 2, R_CENTRE: 5},
    "audit_c": {"compared": 1479, NO_SE_THERE: 10, R_FAILS: 3},
    "audit_d": {R_FAILS: 1, "compared": 599, NO_SE_THERE: 6, R_DROPS: 8},
    "audit_e": {"compared": 10554, R_FAILS: 3},
    "audit_f_1stage": {"compared": 138},
}


@dataclass(frozen=True)
class Number:
    """One number of R's: what it is, its value, and the library's, or why it is not compared."""

    what: str
    expected: float
    actual: float = math.nan
    tolerance: float = TOLERANCE
    reason: str | None = None
    size: float = 0.0  # of the estimate, where the number is a standard error

    @property
    def met(self) -> bool:
        """Whether the two agree, or both are nothing beside the estimate."""
        if math.isnan(self.expected) or math.isnan(self.actual):
            return math.isnan(self.expected) and math.isnan(self.actual)
        if max(abs(self.expected), abs(self.actual)) <= NOTHING * self.size:
            return True
        return math.isclose(self.expected, self.actual, rel_tol=self.tolerance, abs_tol=1e-15)


@pytest.mark.parametrize("case", EXPECTED)
def test_every_number_of_R_on_changed_weights_is_met(case: str) -> None:
    numbers = [number for entry in EXPECTED[case]["entries"] for number in compare(case, entry)]
    wrong = [each for each in numbers if each.reason is None and not each.met]
    assert [] == wrong[:5], f"{len(wrong)} of {len(numbers)}"
    assert COMPARED[case] == Counter(each.reason or "compared" for each in numbers)


def compare(case: str, entry: Entry) -> Iterator[Number]:
    if "error" in entry:
        yield refused(case, entry)
    elif entry["kind"] == "replicate":
        yield from compare_replicates(case, entry)
    else:
        yield from compare_calibrated(case, entry)


def refused(case: str, entry: Entry) -> Number:
    """R stops: on a category without cases, or a lonely stratum; the library sees both."""
    if entry["kind"] == "replicate":
        assert 1 == lonely_strata(design_of(case)).size
        return Number(entry["error"], math.nan, reason=R_REFUSES)
    cases = sample(case)
    assert not {"new", "review", "stop"} <= set(cases["ctype"])
    return Number(entry["error"], math.nan, reason=R_FAILS)


def compare_calibrated(case: str, entry: Entry) -> Iterator[Number]:
    design, fit = calibrated(case, entry)
    assert fit.converged
    weights = zip(entry.get("weights", []), fit.weights.tolist(), strict="weights" in entry)
    for place, (expected, actual) in enumerate(weights):
        yield Number(f"{entry['call']} weight {place}", expected, actual)
    for name, numbers in entry["est"].items():
        what = f"{entry['call']} {name}"
        if "error" in numbers:
            lonely = "only one PSU" in numbers["error"]
            yield Number(what, math.nan, reason=R_REFUSES if lonely else R_FAILS)
        else:
            yield from compare_estimate(case, design, name, numbers, what)


def compare_estimate(
    case: str, design: Design, name: str, numbers: Entry, what: str
) -> Iterator[Number]:
    """Compare a mean, a total, a proportion's limits, or the means of domains."""
    options = EXPECTED[case]["options"]
    lonely = {"remove": "certainty"}.get(options["survey.lonely.psu"], options["survey.lonely.psu"])
    statistic, column, variable = parsed(name, sample(case))
    for place, inside in domains(case, column, numbers.get("levels")):
        estimate, influence = linearised(case, design, statistic, variable, inside)
        se = math.sqrt(variance(design, influence, lonely=lonely)[0])
        domain_rule = options["survey.adjust.domain.lonely"] and (
            column is not None or sample(case)[variable].isna().any()
        )
        reason = DOMAIN_LONELY if domain_rule else None
        df = degrees_of_freedom(design)
        if statistic == "ciprop":
            tails = {"lower_tail": 0.025, "upper_tail": 0.025}
            limits = logit_limits(estimate, se, df, **tails)
            if se <= NOTHING * estimate or not 0 < estimate < 1:
                reason = NO_SE_THERE
            for side, limit in zip(("lower", "upper"), limits, strict=True):
                yield Number(
                    f"{what} {side}", number(numbers[side]), float(limit), ITERATION, reason
                )
            continue
        answers = {"estimate": estimate, "se": se}
        for key, actual in answers.items():
            value = numbers[key][place] if column else numbers[key]
            size = abs(estimate) if key == "se" else 0.0
            yield Number(
                f"{what} {place} {key}", number(value), actual,
                RAKING if what.startswith("rake") else TOLERANCE, reason, size,
            )  # fmt: skip
        if column:
            continue
        yield Number(f"{what} df", number(numbers["df"]), df)
        cv = se / estimate if estimate else math.nan
        yield Number(f"{what} cv", number(numbers["cv"]), cv, reason=reason, size=1.0)
        for kind, freedom in (("ci_t", float(df)), ("ci_z", math.inf)):
            for level, limits in numbers[kind].items():
                half = quantile(freedom, (1 - float(level)) / 2) * se
                for side, limit in (("lower", estimate - half), ("upper", estimate + half)):
                    expected = number(limits[side])
                    yield Number(f"{what} {kind} {level} {side}", expected, limit, reason=reason)


def compare_replicates(case: str, entry: Entry) -> Iterator[Number]:
    """Compare the jackknife's numbers; with mse = FALSE R centres at the replicates' mean."""
    design = design_of(case)
    own_rule = lonely_strata(design).size > 0 and (
        EXPECTED[case]["options"]["survey.lonely.psu"] not in ("certainty", "remove")
    )
    reason = R_JACKKNIFE_LONELY if own_rule else None
    replicates = jackknife(design, lonely="certainty")
    what = entry["call"]
    yield Number(f"{what} n", entry["n_replicates"], len(replicates), reason=reason)
    census = np.bincount(design.strata) == design.population
    inside = ~census[design.strata]
    df = degrees_of_freedom(design, inside)
    yield Number(f"{what} df", entry["df"], df, reason=reason)
    for place, scale in enumerate(entry.get("rscales", [])):
        yield Number(f"{what} scale {place}", scale * entry["scale"], replicates.scales[place])
    for name, numbers in entry["est"].items():
        statistic, column, variable = parsed(name, sample(case))
        for place, member in domains(case, column, numbers.get("levels")):
            values = replicated(case, statistic, variable, member)
            estimate = under(case, design.weights, statistic, variable, member)
            centre = estimate if "mse=TRUE" in what else values.mean()
            found = replicate_covariance(values[:, None], replicates.scales, centre=centre)
            se = math.sqrt(found[0, 0])
            why = reason or (R_DROPS if np.isnan(values).any() else None)
            if "mse=TRUE" in what and statistic == "total" and census.any() and why is None:
                why = R_CENTRE
                lost = under(case, design.weights, "total", variable, census[design.strata])
                off = math.hypot(se, lost * math.sqrt(replicates.scales.sum()))
                assert pytest.approx(number(numbers["se"]), rel=TOLERANCE) == off
            for key, actual in (("estimate", estimate), ("se", se)):
                value = number(numbers[key][place] if column else numbers[key])
                se_of = abs(estimate) if key == "se" else 0.0
                yield Number(
                    f"{what} {name} {place} {key}", value, actual,
                    reason=why if key == "se" else None, size=se_of,
                )  # fmt: skip


def calibrated(case: str, entry: Entry) -> tuple[Design, Calibration]:
    """Calibrate as R was asked to, and return the design that its standard errors are from."""
    design, cases = design_of(case), sample(case)
    base = design.weights
    if entry["kind"] == "calibrate":
        population = entry["population"]
        columns = [cases[name] for name in population if name != "(Intercept)"]
        basis = np.column_stack([np.ones(len(cases)), *columns])
        bounds = tuple(entry["bounds"] or UNBOUNDED)
        fit = calibrate(
            base, basis, [*population.values()], distance=entry["calfun"], bounds=bounds
        )
        return replace(design, weights=fit.weights, basis=basis, basis_weights=base), fit
    codes, counts = zip(*(margin(cases, each) for each in entry["margins"]), strict=True)
    indicators = [np.eye(len(count))[code] for code, count in zip(codes, counts, strict=True)]
    basis = independent_columns(np.hstack(indicators), weights=base)
    if entry["kind"] == "postStratify":
        fit = post_stratify(base, codes[0], counts[0])
        return replace(design, weights=fit.weights, basis=basis, basis_weights=base), fit
    fit = calibrate(base, np.hstack(indicators), np.concatenate(counts), distance="raking")
    # R's rake takes residuals from means in which all cases weigh the same
    same = np.ones(len(cases))
    return replace(design, weights=fit.weights, basis=basis, basis_weights=same), fit


def margin(cases: pd.DataFrame, known: Entry) -> tuple[np.ndarray, np.ndarray]:
    """Return the cell of each case and the register's count of each cell."""
    cells = [tuple(row[:-1]) for row in known["cells"]]
    labels = cases[known["columns"]].astype(str).itertuples(index=False, name=None)
    return np.array([cells.index(each) for each in labels]), np.array(
        [row[-1] for row in known["cells"]], float
    )


def linearised(
    case: str, design: Design, statistic: str, variable: str, inside: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return a total or mean of a domain and every case's influence, 0 where it does not count."""
    y = sample(case)[variable].to_numpy(float)
    counts = inside & ~np.isnan(y)
    y = np.where(counts, y, 0.0)
    w = design.weights
    if statistic == "total":
        return float(w @ y), w * y
    mean = under(case, w, "mean", variable, inside)
    return mean, w * np.where(counts, y - mean, 0.0) / np.where(counts.any(), w @ counts, np.nan)


def under(case: str, w: np.ndarray, statistic: str, variable: str, inside: np.ndarray) -> float:
    """Return a total or mean of a domain under some weights; nan for the mean of nobody."""
    y = sample(case)[variable].to_numpy(float)
    counts = inside & ~np.isnan(y)
    total = w[counts] @ y[counts]
    size = w[counts].sum()
    if statistic == "total":
        return float(total)
    return float(total / size) if size > 0 else math.nan


def replicated(case: str, statistic: str, variable: str, inside: np.ndarray) -> np.ndarray:
    """Return a total or mean of a domain under every replicate's weights."""
    y = sample(case)[variable].to_numpy(float)
    counts = inside & ~np.isnan(y)
    weights = replicate_weights(case)[:, counts]
    total, size = weights @ y[counts], weights.sum(axis=1)
    if statistic == "total":
        return total
    return np.divide(total, size, out=np.full(len(size), np.nan), where=size > 0)


@cache
def replicate_weights(case: str) -> np.ndarray:
    return np.array(list(jackknife(design_of(case), lonely="certainty")))


def parsed(name: str, cases: pd.DataFrame) -> tuple[str, str | None, str]:
    """Split "mean_e1", "ciprop_logit_e1" or "by_ctype_e1" into statistic, domain and variable."""
    kind, rest = name.split("_", 1)
    if kind == "ciprop":
        return kind, None, rest.removeprefix("logit_")
    if kind != "by":
        return kind, None, rest
    for column in cases.columns:
        if rest.startswith(f"{column}_") and rest.removeprefix(f"{column}_") in cases.columns:
            return "mean", column, rest.removeprefix(f"{column}_")
    pytest.fail(f"no column for {name}")


def domains(
    case: str, column: str | None, levels: list[str] | None
) -> Iterator[tuple[int, np.ndarray]]:
    cases = sample(case)
    if column is None:
        yield 0, np.ones(len(cases), bool)
    else:
        labels = cases[column].astype(str)
        for place, level in enumerate(levels or []):
            yield place, (labels == str(level)).to_numpy()


@cache
def design_of(case: str) -> Design:
    """Return the design that R's svydesign was told, with the weights it had."""
    told, cases = EXPECTED[case]["design"], sample(case)
    one = pd.Series("all", cases.index)
    strata = pd.factorize(cases[told["strata"]] if told["strata"] else one)[0]
    ids = [told["ids"]] if isinstance(told["ids"], str) else told["ids"]
    clusters = pd.factorize(cases[ids[0]] if ids else pd.Series(cases.index))[0]
    fpc = [told["fpc"]] if isinstance(told["fpc"], str) else told["fpc"]
    population = np.full(strata.max() + 1, np.inf)
    within = None
    if fpc:
        population[strata] = cases[fpc[0]]
    if fpc and len(fpc) > 1:
        within = np.zeros(clusters.max() + 1)
        within[clusters] = cases[fpc[1]]
    if told["weights"] in cases.columns:
        weights = cases[told["weights"]].to_numpy(float)
    else:
        drawn = np.array([np.unique(clusters[strata == h]).size for h in range(len(population))])
        weights = (population / drawn)[strata]
        if within is not None:
            weights = weights * (within / np.bincount(clusters))[clusters]
    return Design(weights, strata, clusters, population, within)


@cache
def sample(case: str) -> pd.DataFrame:
    return pd.read_csv(HERE / EXPECTED[case]["design"]["csv"])


def quantile(df: float, tail: float) -> float:
    return float(-special.ndtri(tail) if math.isinf(df) else -special.stdtrit(df, tail))


def number(value: Any) -> float:
    return float({"NA": "nan", "NaN": "nan"}.get(value, value) if isinstance(value, str) else value)
