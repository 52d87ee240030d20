"""Which interval a method gives for which kind of rate, and what is known of its coverage.

Two kinds. Where every case that was read counts, the denominator is the known number of cases in
the register and the limits are whole numbers of cases. Where some cases did not apply, or a domain
crosses the strata, the denominator is itself an estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np

from sampleaudit.analysis import METHODS, Guarantee, Method, Side, tails
from sampleaudit.errors import AuditError
from sampleaudit.formulas import searched, textbook
from sampleaudit.formulas.guaranteed import guaranteed_limits
from sampleaudit.formulas.hypergeometric import interval_table
from sampleaudit.formulas.linearisation import LinearEstimate, linear_rate
from sampleaudit.formulas.profile import profile_limits
from sampleaudit.formulas.ratio import domain_limits, ratio_limits
from sampleaudit.formulas.ratio_guaranteed import (
    guaranteed_domain_limits,
    guaranteed_ratio_limits,
)

Counts = tuple[int, ...]
_ROUNDING: Final = 1e-9  # cases: a product of a share and a count that is whole but for rounding
_CACHE: Final = 65_536  # domains of a handful of cases repeat the same few counts
_TABLES: Final = 4_096
IN_TABLES: Final = 200  # reviewed cases up to which the limits of all counts cost hardly more
FEW_IN_DOMAIN: Final = 15  # reviewed domain cases below which known domain sizes mislead
UNREAD_SHARE: Final = 0.1  # share of the domain in strata where none of its cases was read
NO_WIDTH: Final = "the formula gives an interval without width, which only a census has"


_WHOLE_CASES: Final = MappingProxyType(
    {
        "profile": profile_limits,
        "berger-boos": searched.berger_boos_limits,
        "wendell-schmee": searched.wendell_schmee_limits,
        "wright-sidak": textbook.wright_sidak_limits,
    }
)
"""Methods whose limits are whole numbers of cases of a caseload of known size; with
``guaranteed``, which says itself what is known of its coverage."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a rate (shares of 1) and of its total (whole cases), and how they came about."""

    rate_low: float
    rate_high: float
    total_low: float
    total_high: float
    method: str
    guarantee: Guarantee
    remarks: tuple[str, ...] = ()


@lru_cache(maxsize=_CACHE)
def known_size_limits(
    errors: Counts, reviewed: Counts, population: Counts, level: float, side: Side, method: Method
) -> Limits:
    """Return the limits where all ``population`` cases count: one entry per stratum."""
    size = sum(population)
    least, most = sum(errors), size - sum(reviewed) + sum(errors)
    if least == most:
        return census_limits(least, size, method)
    lower, upper = tails(level, side)
    if method in _WHOLE_CASES or method == "guaranteed":
        counts = np.array(errors), np.array(reviewed), np.array(population)
        guarantee: Guarantee
        if method == "guaranteed":
            low, high, guarantee = guaranteed_limits(*counts, lower_tail=lower, upper_tail=upper)
        elif method == "profile" and len(errors) == 1 and 0 < reviewed[0] <= IN_TABLES:
            lows, highs = _one_stratum(reviewed[0], population[0], lower, upper)
            low, high, guarantee = lows[errors[0]], highs[errors[0]], "proved"
        else:
            low, high = _WHOLE_CASES[method](*counts, lower_tail=lower, upper_tail=upper)
            guarantee = _guarantee(method, reviewed, population)
        low, high = _with_width(low, high, errors, reviewed, population)
        return Limits(low / size, high / size, low, high, method, guarantee)
    estimate = linear_rate(errors, reviewed, reviewed, population)
    limits = _textbook(estimate, method, lower, upper)
    return with_totals(limits, size=size, least=least, most=most)


@lru_cache(maxsize=_TABLES)
def _one_stratum(n: int, N: int, lower: float | None, upper: float | None) -> tuple[Counts, Counts]:  # noqa: N803 -- as in the formulas
    """Return the limits of every count: with many indicators that costs less than one by one."""
    low, high = interval_table(n, N, lower_tail=lower, upper_tail=upper)
    return tuple(low.tolist()), tuple(high.tolist())


def census_limits(errors: int, applicable: int, method: Method) -> Limits:
    """Return what is known exactly when every case was read; nan if the indicator never applied."""
    rate = errors / applicable if applicable else math.nan
    read = ("every case read: no sampling uncertainty",)
    return Limits(rate, rate, errors, errors, method, "proved", read)


@lru_cache(maxsize=_CACHE)
def random_size_limits(
    errors: Counts,
    applicable: Counts,
    domain: Counts,
    reviewed: Counts,
    population: Counts,
    domain_population: Counts | None,
    level: float,
    side: Side,
    method: Method,
) -> Limits:
    """Return the limits of a rate whose denominator is estimated; total limits are nan.

    ``domain`` counts the reviewed cases of the domain, ``applicable`` those of them that count. If
    ``domain_population`` is given, the register tells how many cases of each stratum the domain has
    and all that were read count; it sharpens the interval where enough of the domain was read.
    """
    lower, upper = tails(level, side)
    if method == "profile":
        if domain_population is not None and _domain_size_helps(domain, domain_population):
            low, high = domain_limits(
                np.array(errors), np.array(domain), np.array(domain_population),
                np.array(reviewed), np.array(population), lower_tail=lower, upper_tail=upper,
            )  # fmt: skip
            return _rates_only(low, high, "profile-domain", "measured")
        low, high = ratio_limits(
            np.array(errors), np.array(applicable), np.array(reviewed), np.array(population),
            lower_tail=lower, upper_tail=upper,
        )  # fmt: skip
        limits = _rates_only(low, high, "profile-ratio", "measured")
        if domain_population is None:
            return limits
        return replace(limits, remarks=_why_size_is_ignored(domain, domain_population, limits))
    if method == "guaranteed":
        return _guaranteed_rate(
            errors, applicable, domain, reviewed, population, domain_population, lower, upper
        )
    if method in _WHOLE_CASES:
        whole = {*_WHOLE_CASES} - {"profile"}
        others = [repr(name) for name in METHODS if name not in whole]
        raise AuditError(
            f"method {method!r} does not fit a rate whose denominator is estimated (cases that do "
            f"not apply, or a domain that crosses the strata). Methods that do: "
            f"{', '.join(others)}."
        )
    estimate = linear_rate(errors, applicable, reviewed, population, domain=domain)
    return _textbook(estimate, method, lower, upper)


def _guaranteed_rate(
    errors: Counts,
    applicable: Counts,
    domain: Counts,
    reviewed: Counts,
    population: Counts,
    domain_population: Counts | None,
    lower: float | None,
    upper: float | None,
) -> Limits:
    """Return limits that hold in every caseload; a domain's known size is always used."""
    if domain_population is None:
        low, high, guarantee = guaranteed_ratio_limits(
            np.array(errors), np.array(applicable), np.array(reviewed), np.array(population),
            lower_tail=lower, upper_tail=upper,
        )  # fmt: skip
        return _rates_only(low, high, "guaranteed-ratio", guarantee)
    low, high, guarantee = guaranteed_domain_limits(
        np.array(errors), np.array(domain), np.array(domain_population),
        np.array(reviewed), np.array(population), lower_tail=lower, upper_tail=upper,
    )  # fmt: skip
    return _rates_only(low, high, "guaranteed-domain", guarantee)


def with_totals(limits: Limits, *, size: float, least: int, most: float) -> Limits:
    """Add the whole numbers of cases, from ``least`` to ``most``, that lie within rate limits.

    ``least`` is the number of errors found, ``most`` what is left when all found correct are taken
    off. Where no whole number lies within, the nearest outside are taken.
    """
    if math.isnan(limits.rate_low) or math.isnan(limits.rate_high):
        return limits
    low = math.ceil(limits.rate_low * size - _ROUNDING)
    high = math.floor(limits.rate_high * size + _ROUNDING)
    if low > high:
        low, high = high, low
    low, high = (min(max(total, least), int(most)) for total in (low, high))
    return replace(limits, total_low=low, total_high=high)


def _guarantee(method: Method, reviewed: Counts, population: Counts) -> Guarantee:
    """Return what is known of the coverage of a method in a design; one stratum is exact."""
    if sum(0 < n < N for n, N in zip(reviewed, population, strict=True)) <= 1:
        return "proved"
    known = METHODS[method]
    if known == "searched" and searched.is_enumerated(reviewed, population):
        return "enumerated"
    return known


def _with_width(
    low: int, high: int, errors: Counts, reviewed: Counts, population: Counts
) -> tuple[int, int]:
    """Return the limits, widened where hardly a case is unread: what is not a census has a width.

    With 999 of 1,000 read and no error, [0, 0] holds often enough, yet the last case may be one.
    The limits then take in the estimate, and the nearest total beside it that is possible.
    """
    strata = list(zip(errors, reviewed, population, strict=True))
    if all(n for _, n, N in strata if N):
        total = sum(Fraction(x * N, n) for x, n, N in strata if n)
        low, high = min(low, math.floor(total)), max(high, math.ceil(total))
    if low < high:
        return low, high
    most = sum(population) - sum(reviewed) + sum(errors)
    return (low, high + 1) if high < most else (low - 1, high)


def _rates_only(low: float, high: float, method: str, guarantee: Guarantee) -> Limits:
    return Limits(float(low), float(high), math.nan, math.nan, method, guarantee)


def _textbook(
    estimate: LinearEstimate, method: Method, lower: float | None, upper: float | None
) -> Limits:
    """Return a textbook interval, within [0, 1]; nan with the reason where it has no width."""
    rate, se, df, cases = estimate.rate, estimate.se, estimate.df, estimate.cases
    if method == "wald":
        low, high = textbook.wald_limits(rate, se, df, lower_tail=lower, upper_tail=upper)
    elif method == "logit":
        low, high = textbook.logit_limits(rate, se, df, lower_tail=lower, upper_tail=upper)
    elif method == "wilson":
        extreme = (rate == 0) | (rate == 1)
        size = np.where(extreme, cases, textbook.effective_size(rate, se))
        low, high = textbook.wilson_limits(rate, size, df=df, lower_tail=lower, upper_tail=upper)
    else:
        formula = (
            textbook.korn_graubard_limits
            if method == "korn-graubard"
            else textbook.korn_graubard_capped_limits
        )
        low, high = formula(rate, se, df, cases, lower_tail=lower, upper_tail=upper)
    at_least, at_most = float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))
    limits = _rates_only(at_least, at_most, method, METHODS[method])
    if math.isnan(at_least) or math.isnan(at_most) or (float(se) == 0 and at_least == at_most):
        reason = (
            NO_WIDTH if float(se) == 0 else "the formula gives no interval here"
        ) + "; method 'profile' gives one"
        return replace(limits, rate_low=math.nan, rate_high=math.nan, remarks=(reason,))
    return limits


def _domain_size_helps(domain: Counts, domain_population: Counts) -> bool:
    return sum(domain) >= FEW_IN_DOMAIN and unread_share(domain, domain_population) <= UNREAD_SHARE


def unread_share(domain: Counts, domain_population: Counts) -> float:
    """Return the share of a domain that lies in strata where none of its cases was read."""
    unread = sum(size for read, size in zip(domain, domain_population, strict=True) if not read)
    return unread / sum(domain_population)


def _why_size_is_ignored(
    domain: Counts, domain_population: Counts, limits: Limits
) -> tuple[str, ...]:
    share = unread_share(domain, domain_population)
    few = f"{sum(domain)} cases of the domain read: its size in the register is not used"
    if share == 0:
        return (few,)
    low, high = (1 - share) * limits.rate_low, (1 - share) * limits.rate_high + share
    unread = (
        f"{share:.1%} of the domain is in strata where none of its cases was read; whatever these "
        f"are like, the limits are {low:.4f} and {high:.4f}"
    )
    return (few, unread) if sum(domain) < FEW_IN_DOMAIN else (unread,)
