"""Confidence limits of a rate from its standard error: the methods of R's ``svyciprop``.

All are two-sided and take arrays. They rest on the standard error of the design, and share its
fault: where errors are rare it is too small, or 0. They are what the field is used to, not what
holds its level (see ``textbook``, which has most of them).

Symbols: R the rate (a share of 1), se its standard error by linearisation, df the design's degrees
of freedom, n the cases that the rate rests on, t the quantile of Student's t with df.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sampleaudit.formulas import textbook

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
ProportionMethod = Literal[
    "logit", "likelihood", "asin", "korn-graubard", "mean", "xlogit", "wilson"
]
_STEPS: Final = 100  # Newton steps; convex from outside, so about ten do


@dataclass(frozen=True, slots=True)
class Proportion:
    """A rate as the methods see it; arrays of one shape.

    ``cases`` are all reviewed cases of the domain, ``used`` those that the indicator applies to.
    """

    rate: Floats
    se: Floats
    df: Floats
    cases: Floats
    used: Floats


def proportion_limits(method: ProportionMethod, rate: Proportion, *, level: float) -> Limits:
    """Return the lower and upper limit of each rate, shares of 1; nan where there is none.

    ``"logit"`` and ``"xlogit"``: t limits of log(R / (1 - R)); R fits the former by iteration, here
    both are the closed form. ``"likelihood"``: see `likelihood_limits`. ``"asin"``: see
    `asin_limits`. ``"korn-graubard"``: Clopper-Pearson from an effective number of cases (R's
    ``"beta"``). ``"mean"``: R -+ t se. ``"wilson"``: the score limits with R (1 - R) / se^2 cases.
    At a rate of 0 or 1 Korn-Graubard and Wilson count the cases themselves; the others have none.
    """
    return _METHODS[method](rate, (1 - level) / 2)


def likelihood_limits(rate: Proportion, tail: float) -> Limits:
    """Return the rates at which the weighted binomial log-likelihood has fallen as far as t allows.

    2 n [R log(R / R') + (1 - R) log((1 - R) / (1 - R'))] = n / (n - 1) t^2 d, where d = n se^2 /
    (R (1 - R)) is the design effect (Rao and Scott 1984, Annals of Statistics 12:46; Lumley and
    Scott 2014, Australian and New Zealand Journal of Statistics 56:1). R's survey 4.5,
    ``svyciprop(method = "likelihood")``, finds them by interpolation in a table of ten steps. nan
    at a rate of 0 or 1.
    """
    inside = (rate.rate > 0) & (rate.rate < 1) & (rate.used > 1) & (rate.df > 0)
    p = np.where(inside, rate.rate, 0.5)
    n = np.where(inside, rate.used, 2.0)
    t = -special.stdtrit(np.where(inside, rate.df, 1.0), tail)
    fall = n / (n - 1) * t**2 * rate.se**2 / (p * (1 - p)) / 2
    low = special.expit(_logit_where_fallen(p, fall))
    high = special.expit(-_logit_where_fallen(1 - p, fall))
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def asin_limits(rate: Proportion, tail: float) -> Limits:
    """Return the t limits of asin(sqrt(R)), turned back into rates.

    sin^2(asin(sqrt R) -+ t se / (2 sqrt(R (1 - R)))), the standard error by the delta method; an
    angle below 0 or beyond a right one is cut there. R's survey 4.5, ``svyciprop(method =
    "asin")``, does not cut, and its lower limit rises again beyond 0. nan at a rate of 0 or 1.
    """
    inside = (rate.rate > 0) & (rate.rate < 1)
    p = np.where(inside, rate.rate, np.nan)
    low, high = textbook.wald_limits(
        np.arcsin(np.sqrt(p)),
        rate.se / (2 * np.sqrt(p * (1 - p))),
        rate.df,
        lower_tail=tail,
        upper_tail=tail,
    )
    return np.sin(np.maximum(low, 0.0)) ** 2, np.sin(np.minimum(high, np.pi / 2)) ** 2


def _logit_where_fallen(p: Floats, fall: Floats) -> Floats:
    """Return the logit below that of p at which p log(p/q) + (1-p) log((1-p)/(1-q)) is ``fall``.

    The left side is convex in the logit of q and at least -p logit - H, H the entropy of p: Newton
    from where that is ``fall`` comes up to the root from below.
    """
    entropy = special.entr(p) + special.entr(1 - p)
    x = -(fall + entropy) / p
    for _ in range(_STEPS):
        value = p * np.logaddexp(0, -x) + (1 - p) * np.logaddexp(0, x) - entropy - fall
        slope = special.expit(x) - p
        step = np.where((value > 0) & (slope < 0), value / np.where(slope < 0, slope, -1.0), 0.0)
        x = x - step
        if not np.any(np.abs(step) > np.spacing(np.abs(x))):
            break
    return np.minimum(x, special.logit(p))


def _logit(rate: Proportion, tail: float) -> Limits:
    return textbook.logit_limits(rate.rate, rate.se, rate.df, lower_tail=tail, upper_tail=tail)


def _mean(rate: Proportion, tail: float) -> Limits:
    return textbook.wald_limits(rate.rate, rate.se, rate.df, lower_tail=tail, upper_tail=tail)


def _korn_graubard(rate: Proportion, tail: float) -> Limits:
    extreme = (rate.rate == 0) | (rate.rate == 1)
    return textbook.korn_graubard_limits(
        rate.rate, rate.se, rate.df, np.where(extreme, rate.used, rate.cases),
        lower_tail=tail, upper_tail=tail,
    )  # fmt: skip


def _wilson(rate: Proportion, tail: float) -> Limits:
    extreme = (rate.rate == 0) | (rate.rate == 1)
    effective = textbook.effective_size(rate.rate, rate.se)
    return textbook.wilson_limits(
        rate.rate, np.where(extreme, rate.used, effective), df=rate.df,
        lower_tail=tail, upper_tail=tail,
    )  # fmt: skip


_METHODS: Final[Mapping[ProportionMethod, Callable[[Proportion, float], Limits]]] = (
    MappingProxyType(
        {
            "logit": _logit,
            "likelihood": likelihood_limits,
            "asin": asin_limits,
            "korn-graubard": _korn_graubard,
            "mean": _mean,
            "xlogit": _logit,
            "wilson": _wilson,
        }
    )
)
