"""What partial pooling says of one domain: its effective counts, the others, and the limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.comparison.domain_counts import DomainCounts, cells_of
from sampleaudit.estimates.limits import known_size_limits, random_size_limits
from sampleaudit.formulas import shortest_on_average
from sampleaudit.formulas.beta_binomial import (
    Prior,
    count_law,
    fit_prior,
    surprise,
    unread_limits,
    without,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

SURPRISING: Final = 0.1
"""Where the other domains give counts as far out a smaller probability than this, the limits also
take in those that hold for the domain on its own (docs/comparing-domains.md has the table)."""
_EFFECTIVE: Final = 0.98  # of the cases read, below which unequal weights are remarked
_FOLDS: Final = 10  # groups of domains, each of which gets its prior from the other groups
_FOLDS_COVARIATE: Final = 2  # the same with a covariate, whose fit takes longer


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain as the model sees it, in cases that count.

    ``found`` errors; ``size`` cases, ``unread`` of them not read; ``rate`` of the unread as the
    domain's own cases estimate it; ``effective`` cases read, less what unequal weights cost.
    """

    cells: DomainCounts
    found: int
    size: float
    unread: int
    rate: float
    effective: float

    @property
    def errors(self) -> float:
        """The effective number of errors."""
        return self.rate * self.effective

    @property
    def known_size(self) -> bool:
        """Whether all cases count, so that the register tells how many there are."""
        return bool((self.cells.applicable == self.cells.reviewed).all())

    @property
    def counts(self) -> bool:
        """Whether there is anything to estimate: not where nothing applied that was read."""
        return bool(self.cells.applicable.any() or not self.cells.reviewed.any())


@dataclass(frozen=True, slots=True)
class Model:
    """All domains of one indicator, and the beta distributions that their rates may come from.

    ``prior`` is fitted to all domains, None where there is no case that counts. ``apart`` has for
    each domain a prior that its own cases have no part in; None where it is not asked for.
    """

    domains: tuple[Domain, ...]
    prior: Prior | None
    apart: tuple[Prior, ...] | None


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """The pooled rate (share of 1), limits in cases that count, and how they came about."""

    rate: float
    low: int
    high: int
    pooling: float
    guarantee: str
    method: str
    remarks: tuple[str, ...]


def fit_model(counts: DomainCounts, covariate: FloatArray | None, *, apart: bool) -> Model:
    """Return the domains' effective counts and the priors fitted to them.

    ``apart`` asks for priors from other domains alone: the domains are dealt out to groups by their
    place, and each group gets its prior from the other groups.
    """
    domains = tuple(_domain(counts, place) for place in range(len(counts.labels)))
    x = np.array([domain.errors for domain in domains])
    n = np.array([domain.effective for domain in domains])
    prior = fit_prior(x, n, covariate) if n.any() else None
    if not apart or prior is None:
        return Model(domains, prior, None)
    folds = min(_FOLDS if covariate is None else _FOLDS_COVARIATE, len(domains))
    group = np.arange(len(domains)) % folds
    priors = []
    for fold in range(folds):
        others = np.where(group == fold, 0.0, n)
        priors.append(fit_prior(x, others, covariate) if others.any() else _flat(len(domains)))
    return Model(domains, prior, tuple(priors[fold] for fold in group))


def limits_of(model: Model, place: int, *, level: float, each: bool) -> DomainLimits:
    """Return the limits of one domain that is not read in full.

    On average over the domains, or, with ``each``, for every domain.
    """
    domain = model.domains[place]
    prior = model.prior or _flat(len(model.domains))

    a, b = prior.of(place)
    after_a, after_b = a + domain.errors, b + domain.effective - domain.errors
    pooling = float(prior.weights @ ((a + b) / (a + b + domain.effective)))
    expected = float(prior.weights @ (after_a / (after_a + after_b)))
    remarks: list[str] = []
    read = max(round(domain.effective), math.ceil(domain.errors - 1e-9))
    if each:
        other = prior if model.apart is None else model.apart[place]
        law = count_law(read, other.weights, *other.of(place))
        low, high, guarantee, method = _alone(domain, level, law)
        if method != "shortest-on-average":
            remarks.append("not one stratum in which all cases count: limits of its own cases")
    else:
        law = count_law(read, without(prior, place, domain.errors, domain.effective), a, b)
        low, high = unread_limits(
            domain.unread, prior.weights, after_a, after_b, tail=(1 - level) / 2
        )
        low, high = domain.found + low, domain.found + high
        guarantee, method = "average", "beta-binomial"
        if domain.effective and surprise(law, min(domain.errors, read)) < SURPRISING:
            least, most, *_ = _alone(domain, level, law)
            if least < low or most > high:
                low, high = min(low, least), max(high, most)
                remarks.append("far from the other domains: limits widened to hold for it alone")
    low, high = _with_width(domain, low, high)
    if not domain.cells.reviewed.any():
        remarks.append("no case read: the limits rest on the other domains alone")
    elif domain.effective < _EFFECTIVE * domain.cells.applicable.sum():
        remarks.append("strata read in unequal shares: pooled with effective counts (Kish)")
    rate = (domain.found + domain.unread * expected) / domain.size
    return DomainLimits(rate, low, high, pooling, guarantee, method, tuple(remarks))


def _domain(counts: DomainCounts, place: int) -> Domain:
    """Return the effective counts: n* = (sum v a)^2 / sum v^2 a (Kish 1965), v = unread / read.

    The rate is that of the unread cases, sum v e / sum v a: a stratum read in full is known and
    says nothing of them. Where all strata were sampled alike, n* and x* are the counts. A stratum
    of the domain that nobody read is taken to be like the rest of the domain.
    """
    own = cells_of(counts, place)
    applicable, errors = own.applicable[0].astype(float), own.errors[0].astype(float)
    population, dark = own.population[0].astype(float), own.reviewed[0] == 0
    seen = population[~dark].sum()
    share = np.nan_to_num(own.applicable_population[0])[~dark].sum() / seen if seen else 1.0
    size = np.where(dark, population * share, np.nan_to_num(own.applicable_population[0]))
    some = applicable > 0
    v = np.where(some, np.maximum(size - applicable, 0.0) / np.where(some, applicable, 1.0), 0.0)
    weight, read = float(v @ applicable), float(applicable.sum())
    effective = weight**2 / float(v**2 @ applicable) if weight else read
    rate = float(v @ errors) / weight if weight else float(errors.sum() / max(read, 1.0))
    whole = float(size.sum())
    return Domain(own, int(errors.sum()), whole, round(whole - read), rate, effective)


def _alone(domain: Domain, level: float, law: FloatArray) -> tuple[int, int, str, str]:
    """Return limits that hold for the domain whatever the others are, their guarantee and method.

    ``law`` is what the other domains make of the domain's count.
    """
    own = domain.cells
    read, size, errors = own.reviewed[0], own.population[0], own.errors[0]
    (open_,) = np.nonzero(read < size)
    part = int(open_[0])
    small = int(read[part]) * int(size[part]) <= shortest_on_average.LARGEST
    if domain.known_size and len(open_) == 1 and read[part] and small:
        low, high = shortest_on_average.total_limits(
            int(errors[part]), int(read[part]), int(size[part]), alpha=1 - level, predictive=law
        )
        known = domain.found - int(errors[part])  # in the strata read in full
        return low + known, high + known, "proved", "shortest-on-average"
    counts = tuple(errors.tolist()), tuple(read.tolist()), tuple(size.tolist())
    if domain.known_size:
        whole = known_size_limits(*counts, level, "both", "profile")
        return int(whole.total_low), int(whole.total_high), whole.guarantee, whole.method
    share = random_size_limits(
        counts[0], tuple(own.applicable[0].tolist()), counts[1], counts[1], counts[2], None,
        level, "both", "profile",
    )  # fmt: skip
    low = max(math.floor(share.rate_low * domain.size), domain.found)
    high = min(math.ceil(share.rate_high * domain.size), domain.found + domain.unread)
    return low, high, share.guarantee, share.method


def _with_width(domain: Domain, low: int, high: int) -> tuple[int, int]:
    """Widen limits that are one number: what is not read in full has a width."""
    if low < high:
        return low, high
    return (low, high + 1) if high < domain.found + domain.unread else (low - 1, high)


def _flat(domains: int) -> Prior:
    """Return the prior of rates of which nothing is known: uniform."""
    one = np.ones((1, domains))
    return Prior(np.ones(1), one, one)
