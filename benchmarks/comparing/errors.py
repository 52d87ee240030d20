"""False and true discoveries when 98 municipalities are each compared with the rest.

About 11,000 cases, sizes skewed as real ones are and multiples of 20, so that rates of 5, 10, 20
and 40 % are whole numbers of cases everywhere; 22 read in each, or all where there are 20. A
rejection is false where the truth is no difference, or one to the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.stats import binom, fisher_exact, hypergeom

from sampleaudit.comparison.arms import ENDLESS
from sampleaudit.comparison.limits import limits_and_p, p_values
from sampleaudit.comparison.questions import Question
from sampleaudit.formulas.cell_curves import open_cells
from sampleaudit.formulas.sides import (
    Side,
    count_sides,
    joined,
    rows_of,
    sides_of_cells,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED: Final = 20261122
DOMAINS: Final = 98
READ: Final = 22
LEVEL: Final = 0.95
REVIEWS: Final = (2000, 1000)  # simulated, with one and with two strata in each municipality
QUESTIONS: Final[tuple[Question, ...]] = ("register", "process")
Test = Literal["register", "process", "fisher"]


@dataclass(frozen=True, slots=True)
class Country:
    """Cases, cases read and true rates of each stratum; ``domain`` is the municipality of each."""

    population: NDArray[np.int64]
    read: NDArray[np.int64]
    rate: NDArray[np.float64]
    domain: NDArray[np.int64]

    @property
    def difference(self) -> NDArray[np.float64]:
        """The true difference of each municipality from the rest."""
        errors = np.bincount(self.domain, self.population * self.rate)
        size = np.bincount(self.domain, self.population)
        return np.round(errors / size - (errors.sum() - errors) / (size.sum() - size), 12)


def country(rate: float, *, higher: float | None = None, strata: int = 1) -> Country:
    """Return 98 municipalities of one rate, every tenth of them (from the fifth) ``higher``."""
    rng = np.random.default_rng(SEED)
    size = 20 * np.maximum(1, np.rint(rng.lognormal(4.35, 0.85, DOMAINS) / 20)).astype(np.int64)
    rates = np.full(DOMAINS, rate)
    if higher is not None:
        rates[4::10] = higher
    if strata == 1:
        return Country(size, np.minimum(size, READ), rates, np.arange(DOMAINS))
    size = np.maximum(size, 40)
    parts = np.stack(
        [20 * np.maximum(1, size // 60), size - 20 * np.maximum(1, size // 60)], axis=1
    )
    share = np.rint(READ * parts / parts.sum(axis=1, keepdims=True)).astype(np.int64)
    read = np.minimum(np.maximum(share, 2), parts)
    return Country(
        parts.ravel(), read.ravel(), np.repeat(rates, 2), np.repeat(np.arange(DOMAINS), 2)
    )


def found_in(land: Country, question: Question, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the errors found in one review: cases drawn anew, or made anew by the process."""
    if question == "process":
        return rng.binomial(land.read, land.rate)
    bad = np.rint(land.population * land.rate).astype(np.int64)
    return rng.hypergeometric(bad, land.population - bad, land.read)


def sides(
    land: Country, found: NDArray[np.int64], test: Test
) -> dict[bool, tuple[Side, Side, NDArray[np.intp]]]:
    """Return the municipalities that are one count, and the others, with their rests and places."""
    more = ENDLESS if test == "process" else 1.0
    inside = land.domain == np.arange(DOMAINS)[:, None]
    e, a, size = (
        np.asarray(values, dtype=np.float64)
        for values in (found, land.read, land.population * more)
    )
    none = np.zeros(inside.shape)
    rest = sides_of_cells(e * ~inside, a * ~inside, size * ~inside, none)
    is_count = open_cells(a * inside, size * inside).sum(axis=1) == 1
    result: dict[bool, tuple[Side, Side, NDArray[np.intp]]] = {}
    for kind in {*is_count.tolist()}:
        rows = np.flatnonzero(is_count == kind)
        cells = (e * inside)[rows], (a * inside)[rows], (size * inside)[rows]
        own: Side = count_sides(*cells) if kind else sides_of_cells(*cells, none[rows])
        result[kind] = own, rows_of(rest, rows), rows
    return result


def p_of(land: Country, reviews: list[NDArray[np.int64]], test: Test) -> NDArray[np.float64]:
    """Return the p-values of every municipality in each review."""
    if test == "fisher":
        known: dict[tuple[int, int, int, int], float] = {}
        rows = []
        for found in reviews:
            x, n = np.bincount(land.domain, found), np.bincount(land.domain, land.read)
            for one, of in zip(x.astype(int), n.astype(int), strict=True):
                key = one, of - one, int(x.sum()) - one, int(n.sum() - of - x.sum()) + one
                if key not in known:
                    known[key] = float(fisher_exact([key[:2], key[2:]]).pvalue)
                rows.append(known[key])
        return np.array(rows).reshape(len(reviews), DOMAINS)
    parts = [sides(land, found, test) for found in reviews]
    p = np.empty((len(reviews), DOMAINS))
    for kind, (_, _, rows) in parts[0].items():
        first, second = (joined([part[kind][side] for part in parts]) for side in (0, 1))
        values = p_values(first, second, np.zeros(len(reviews) * len(rows)))
        p[:, rows] = values.reshape(len(reviews), len(rows))
    return p


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of reviews with any false discovery; of false among the found; of true ones found."""

    family: float
    false: float
    power: float


def rejected(p: NDArray[np.float64], adjust: str) -> NDArray[np.bool_]:
    """Return what Holm's method, or Benjamini and Hochberg's, rejects in each row.

    What `adjusted` says of one row after another, which takes long for thousands.
    """
    order = p.argsort(axis=1)
    rank = np.arange(1, p.shape[1] + 1)
    below = np.take_along_axis(p, order, axis=1) < (1 - LEVEL) * (
        1 / (len(rank) + 1 - rank) if adjust == "holm" else rank / len(rank)
    )
    first = np.where(below.all(axis=1), len(rank), (~below).argmax(axis=1))
    last = len(rank) - below[:, ::-1].argmax(axis=1)
    count = first if adjust == "holm" else np.where(below.any(axis=1), last, 0)
    found = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(found, order, rank <= count[:, None], axis=1)
    return found


def errors_of(
    p: NDArray[np.float64], estimate: NDArray[np.float64], truth: NDArray[np.float64], adjust: str
) -> Errors:
    """Return how the adjusted p-values of many reviews fare against the truth."""
    found = rejected(p, adjust)
    wrong = found & (np.sign(estimate) != np.sign(truth))
    any_found = np.maximum(found.sum(axis=1), 1)
    far = np.abs(truth) > 0.1
    power = (found & ~wrong)[:, far].mean() if far.any() else float("nan")
    return Errors(
        float(wrong.any(axis=1).mean()),
        float((wrong.sum(axis=1) / any_found).mean()),
        float(power),
    )


def report() -> str:
    """Return the table of errors, and how often limits hold."""
    noise = " and ".join(
        f"{1.96 * (0.05 * 0.95 / reviews) ** 0.5:.3f} of {reviews}" for reviews in REVIEWS
    )
    lines = [
        "## False discoveries: 98 municipalities, each against the rest, 22 read in each",
        "",
        f"{REVIEWS[0]} reviews each, {REVIEWS[1]} with two strata in each municipality; 1.96",
        f"standard errors of a share of .05: {noise}.",
        "Family: any false discovery after Holm. False: share of false ones after",
        "Benjamini-Hochberg. Power: share of the ten municipalities of 35 % found (Holm / B-H).",
        "",
        "| truth | question | test | rates | strata each | family | false | power |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for strata, reviews in zip((1, 2), REVIEWS, strict=True):
        for rate, higher in ((0.05, None), (0.1, None), (0.2, None), (0.4, None), (0.1, 0.35)):
            for question in QUESTIONS:
                lines += _rows(rate, higher, question, strata, reviews)
    lines += [
        "",
        "## How often an equal municipality is found, over the error granted",
        "",
        f"Its own cases summed over, the others' simulated, {REVIEWS[0]} reviews; 1 is the error",
        "granted.",
        "",
        "| question | rate | .05 | .01 | .05/98 | .05/1960 |",
        "|---|---|---|---|---|---|",
    ]
    for question in QUESTIONS:
        for rate in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5):
            shown = " | ".join(f"{each:.2f}" for each in sizes(rate, question, reviews=REVIEWS[0]))
            lines.append(f"| {question} | {rate:.0%} | {shown} |")
    lines += [
        "",
        "## How often the limits of one row hold (95 %), mean and lowest over municipalities",
        "",
        f"{REVIEWS[0] // 2} reviews each, {REVIEWS[1] // 2} with two strata; of the lowest one",
        "alone 1.96 standard errors are "
        + " and ".join(f"{1.96 * (0.05 * 0.95 / (each // 2)) ** 0.5:.3f}" for each in REVIEWS)
        + ", and the lowest of 98 is below by chance.",
        "",
        "| question | rate | strata each | mean | lowest |",
        "|---|---|---|---|---|",
    ]
    for strata, reviews in zip((1, 2), REVIEWS, strict=True):
        for rate in (0.05, 0.1, 0.4):
            for question in QUESTIONS:
                lines.append(_coverage(rate, question, strata, reviews // 2))
    return "\n".join(lines)


def sizes(rate: float, question: Question, *, reviews: int) -> list[float]:
    """Return how often one equal municipality is found, over the error granted, for each error.

    The first one's cases are summed over exactly, the others' simulated. Errors: .05, .01, and
    Bonferroni's of 98 and of 98 x 20 rows.
    """
    land = country(rate)
    own = int(np.argmin(np.abs(land.population - 100)))  # of a middle size
    n, size = int(land.read[own]), int(land.population[own])
    other = np.arange(DOMAINS) != own
    rng = np.random.default_rng([SEED, 11, int(1000 * rate), question == "process"])
    found = np.stack([found_in(land, question, rng)[other] for _ in range(reviews)])
    more = ENDLESS if question == "process" else 1.0
    e, a, cases = (
        np.broadcast_to(np.asarray(values, dtype=np.float64), found.shape)
        for values in (found, land.read[other], land.population[other] * more)
    )
    rest = sides_of_cells(e, a, cases, np.zeros(found.shape))
    count = np.tile(np.arange(n + 1.0), reviews)[:, None]
    one = np.ones_like(count)
    every = count_sides(count, n * one, size * more * one)
    review = np.repeat(np.arange(reviews), n + 1)
    p = p_values(every, rows_of(rest, review), np.zeros(len(review))).reshape(reviews, n + 1)
    k = np.arange(n + 1)
    chance = (
        binom.pmf(k, n, rate)
        if question == "process"
        else hypergeom.pmf(k, size, round(size * rate), n)
    )
    granted = [0.05, 0.01, 0.05 / DOMAINS, 0.05 / (20 * DOMAINS)]
    return [float((chance * (p < alpha)).sum(axis=1).mean() / alpha) for alpha in granted]


def _rows(
    rate: float, higher: float | None, question: Question, strata: int, reviews: int
) -> list[str]:
    land = country(rate, higher=higher, strata=strata)
    rng = np.random.default_rng(
        [SEED, int(1000 * rate), higher is not None, strata, question == "process"]
    )
    found = [found_in(land, question, rng) for _ in range(reviews)]
    weight = land.population / land.read
    estimates = []
    for each in found:
        total, size = (
            np.bincount(land.domain, weight * each),
            np.bincount(land.domain, land.population),
        )
        estimates.append(total / size - (total.sum() - total) / (size.sum() - size))
    tests: tuple[Test, ...] = (
        ("register",) if question == "register" else ("process", "fisher", "register")
    )
    lines = []
    for test in tests:
        p = np.concatenate([p_of(land, found[i : i + 20], test) for i in range(0, reviews, 20)])
        holm, bh = (
            errors_of(p, np.array(estimates), land.difference, adjust)
            for adjust in ("holm", "benjamini-hochberg")
        )
        rates = f"{rate:.0%}" + (f", ten {higher:.0%}" if higher else "")
        power = "" if np.isnan(holm.power) else f"{holm.power:.2f} / {bh.power:.2f}"
        truth = "some differ" if higher else "none differs"
        lines.append(
            f"| {truth} | {question} | {test} | {rates} | {strata} "
            f"| {holm.family:.3f} | {bh.false:.3f} | {power} |"
        )
    return lines


def _coverage(rate: float, question: Question, strata: int, reviews: int) -> str:
    land = country(rate, strata=strata)
    rng = np.random.default_rng([SEED, 7, int(1000 * rate), strata, question == "process"])
    holds = np.empty((reviews, DOMAINS), dtype=bool)
    for start in range(0, reviews, 20):
        some = range(start, min(start + 20, reviews))
        parts = [sides(land, found_in(land, question, rng), question) for _ in some]
        for kind, (_, _, rows) in parts[0].items():
            pair = tuple(joined([part[kind][side] for part in parts]) for side in (0, 1))
            low, high, _ = limits_and_p(pair, LEVEL, np.zeros(len(some) * len(rows)))
            truth = np.tile(land.difference[rows], len(some))
            inside = (low <= truth + 1e-9) & (truth - 1e-9 <= high)
            holds[np.ix_(list(some), rows)] = inside.reshape(len(some), len(rows))
    each = holds.mean(axis=0)
    return f"| {question} | {rate:.0%} | {strata} | {each.mean():.3f} | {each.min():.3f} |"
