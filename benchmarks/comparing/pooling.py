"""How often pooled limits hold, over 98 municipalities and for those furthest from the others.

Rates come from realistic and from ugly mixtures, the register from the rates, the 22 read from the
register. "Furthest" are the five municipalities whose rates are furthest from the mean: what holds
on average over all need not hold for them. Widths are in percentage points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sampleaudit.comparison.domain_counts import DomainCounts
from sampleaudit.comparison.pooled_domain import Model, fit_model, limits_of
from sampleaudit.formulas import hypergeometric
from sampleaudit.formulas.beta_binomial import unread_limits

SEED: Final = 20261122
DOMAINS: Final = 98
READ: Final = 22
DRAWS: Final = 60
FURTHEST: Final = 5

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rates = Callable[[np.random.Generator], Floats]


def _some(chosen: Callable[[np.random.Generator], NDArray[np.bool_]], a: float, b: float) -> Rates:
    return lambda draws: np.where(chosen(draws), a, b)


def _first(number: int) -> Callable[[np.random.Generator], NDArray[np.bool_]]:
    return lambda draws: draws.permutation(DOMAINS) < number


MIXTURES: Final[dict[str, Rates]] = {
    "beta, mean 10 %, M = 15": lambda draws: draws.beta(1.5, 13.5, DOMAINS),
    "beta, mean 12 %, M = 100": lambda draws: draws.beta(12, 88, DOMAINS),
    "all 12 %": lambda draws: np.full(DOMAINS, 0.12) + 0 * draws.random(),
    "a fifth at 35 %, the others at 5 %": _some(_first(20), 0.35, 0.05),
    "one at 60 %, the others at 8 %": _some(_first(1), 0.6, 0.08),
    "one at 2 %, the others at 50 %": _some(_first(1), 0.02, 0.5),
    "five at 50 %, the others at 10 %": _some(_first(5), 0.5, 0.1),
    "a tenth at 12 %, the others at 1 %": _some(_first(10), 0.12, 0.01),
    "U-shaped, beta(0.3, 0.3)": lambda draws: draws.beta(0.3, 0.3, DOMAINS),
}
METHODS: Final = ("not pooled", "pooled, never widened", "average", "each")


def report(draws: int = DRAWS) -> str:
    """Return the table: a line per mixture and method."""
    every, furthest = (
        1.96 * (0.05 * 0.95 / (draws * number)) ** 0.5 for number in (DOMAINS, FURTHEST)
    )
    lines = [
        f"## Partial pooling: {DOMAINS} municipalities, {READ} read in each, 95 %, {draws} "
        "countries per mixture",
        "",
        f"1.96 standard errors of .95: {every:.3f} of all, {furthest:.3f} of the furthest. Width",
        "and root mean squared error of the estimate in percentage points.",
        "",
        "| rates | limits | all | furthest | width | error |",
        "|---|---|---|---|---|---|",
    ]
    for name in MIXTURES:
        for method, (every, furthest, width, error) in measured(name, draws).items():
            lines.append(
                f"| {name} | {method} | {every:.3f} | {furthest:.3f} | {100 * width:.1f} "
                f"| {100 * error:.1f} |"
            )
    return "\n".join(lines)


def measured(mixture: str, draws: int) -> dict[str, tuple[float, float, float, float]]:
    """Return for each method: coverage of all, of the furthest, mean width, error of the estimate.

    Municipalities read in full are left out. Widths and errors are shares of 1.
    """
    generator = np.random.default_rng([SEED, list(MIXTURES).index(mixture)])
    size = np.maximum(
        np.random.default_rng(SEED).lognormal(np.log(80), 0.82, DOMAINS).astype(np.int64), 18
    )
    read = np.minimum(READ, size)
    held: dict[str, list[bool]] = {method: [] for method in METHODS}
    far: dict[str, list[bool]] = {method: [] for method in METHODS}
    widths: dict[str, list[float]] = {method: [] for method in METHODS}
    errors: dict[str, list[float]] = {method: [] for method in METHODS}
    for _ in range(draws):
        rates = MIXTURES[mixture](generator)
        wrong = generator.binomial(size, rates)
        found = generator.hypergeometric(wrong, size - wrong, read)
        distance = np.abs(rates - rates.mean()) + 1e-9 * generator.random(DOMAINS)
        furthest = set(np.argsort(-distance)[:FURTHEST].tolist())
        model = fit_model(counts_of(found, read, size), None, apart=True)
        for place in range(DOMAINS):
            if read[place] == size[place]:
                continue
            for method in METHODS:
                estimate, low, high = _limits(method, model, place, found, read, size)
                held[method].append(low <= wrong[place] <= high)
                widths[method].append((high - low) / int(size[place]))
                errors[method].append(estimate - wrong[place] / size[place])
                if place in furthest:
                    far[method].append(low <= wrong[place] <= high)
    return {
        method: (
            float(np.mean(held[method])),
            float(np.mean(far[method])),
            float(np.mean(widths[method])),
            float(np.mean(np.square(errors[method])) ** 0.5),
        )
        for method in METHODS
    }


def counts_of(found: Ints, read: Ints, size: Ints) -> DomainCounts:
    """Return counts of domains that are one stratum each."""
    return DomainCounts(
        indicator="error",
        labels=tuple((str(place),) for place in range(len(size))),
        population=np.diag(size),
        reviewed=np.diag(read),
        applicable=np.diag(read),
        errors=np.diag(found),
        missing=np.zeros((len(size), len(size)), dtype=np.int64),
        weights=size / read,
        remarks=(),
    )


def _limits(
    method: str, model: Model, place: int, found: Ints, read: Ints, size: Ints
) -> tuple[float, int, int]:
    """Return the estimated rate and the limits of the total."""
    x, n, N = int(found[place]), int(read[place]), int(size[place])  # noqa: N806 -- as in formulas
    if method == "not pooled":
        low, high = hypergeometric.total_limits(x, n, N, lower_tail=0.025, upper_tail=0.025)
        return x / n, low, high
    pooled = limits_of(model, place, level=0.95, each=method == "each")
    if method == "pooled, never widened":
        prior = model.prior
        if prior is not None:
            a, b = prior.of(place)
            low, high = unread_limits(N - n, prior.weights, a + x, b + n - x, tail=0.025)
            return pooled.rate, x + low, x + high
    return pooled.rate, pooled.low, pooled.high
