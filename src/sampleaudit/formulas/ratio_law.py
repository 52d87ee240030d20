"""How the estimate of a rate varies in a given caseload, where the denominator is random.

Symbols as in `ratio`: per stratum h, N_h cases in the register, n_h reviewed, w_h = N_h / n_h, a_h
of those reviewed applicable and e_h in error; E_h, A_h the caseload's numbers, rho_h = E_h / A_h.
The statistic is D = sum w_h (e'_h - r a'_h), whose mean is 0 in a caseload of rate r. Two laws:

*Given the applicable cases seen*, D = W + Z with

    W = sum w_h (e'_h - rho_h a_h),                 e'_h hypergeometric(A_h, E_h; a_h),
    Z = sum w_h (rho_h - r) (a'_h - n_h A_h / N_h), a'_h hypergeometric(N_h, A_h; n_h):

errors vary among the a_h cases that were seen, and the number of applicable cases varies on its
own. With nothing inapplicable, and with one stratum, only W is left.

*Drawn anew*, e'_h is hypergeometric(A_h, E_h; a'_h) with a'_h hypergeometric(N_h, A_h; n_h).

All arrays have a problem per row: counts and caseloads are rows x categories x strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sampleaudit.formulas.ratio_tail import lower_tails

Floats = NDArray[np.float64]
Law = Literal["given", "anew"]

_IGNORED: Final = 1e-8  # probability left out of a row of outcomes, and then added to the tail
_PAIRED: Final = 4096  # outcomes of a stratum up to which its two parts are combined one by one
_TIE: Final = 1e-9  # cases: where the end of what is possible is a matter of rounding
_STILL: Final = 1e-5  # cases: a value that moves by less does not vary, but for rounding
_LARGEST: Final = 500.0  # of an exponent
_TINY: Final = 1e-12  # variance of what does not vary


@dataclass(frozen=True, slots=True)
class Design:
    """The strata that were read in part, and the ``known`` errors and correct cases of all others.

    ``sizes`` are what the categories add up to in the register: N, or the domain's size.
    """

    reviewed: Floats
    population: Floats
    sizes: Floats
    known: Floats

    @property
    def weights(self) -> Floats:
        """Cases of the register for each one reviewed."""
        weights: Floats = self.population / self.reviewed
        return weights

    @property
    def size_known(self) -> bool:
        """Whether the numbers of applicable cases are known, not estimated."""
        return bool((self.sizes != self.population).any())

    def surplus(self, rates: Floats) -> Floats:
        """Return (1 - r) errors - r correct of the strata known otherwise, for each rate."""
        surplus: Floats = (1 - rates) * self.known[0] - rates * self.known[1]
        return surplus


def tails(design: Design, counts: Floats, totals: Floats, rates: Floats, law: Law) -> Floats:
    """Return P(D <= d) in each caseload, d being what the counts give."""
    rows = _given if law == "given" else _anew
    return lower_tails(*rows(design, counts, totals, rates), spare=_IGNORED)


def cumulants(
    design: Design, counts: Floats, totals: Floats, rates: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return d, and the variance and the third cumulant of W + Z.

    A hypergeometric count has variance n p (1 - p) (N - n) / (N - 1) and third cumulant
    variance (1 - 2 p) (N - 2 n) / (N - 2) (Johnson, Kotz and Kemp 1992, equation 6.23).
    """
    w, n, N = design.weights, design.reviewed, design.population
    e, a = counts[:, 0], counts[:, :2].sum(axis=1)
    A, rho = _shares(totals, rates)
    rate = rates[:, None]
    lean = w * (rho - rate)
    within, within3 = _moments(A, rho, a)
    between, between3 = _moments(N, A / N, n)
    d = (w * (e - rate * a)).sum(axis=1) + design.surplus(rates)
    variance = (w**2 * within + lean**2 * between).sum(axis=1)
    third = (w**3 * within3 + lean**3 * between3).sum(axis=1)
    return d, np.maximum(variance, _TINY), third


def exponents(
    design: Design, counts: Floats, totals: Floats, rates: Floats, scale: Floats
) -> Floats:
    """Return log E exp(-scale (W_h + Z_h)) of each stratum: high where the lower tail is heavy."""
    (u, v), (p, q) = _parts(design, counts, totals, rates, centred=True)
    factor = -scale[:, None, None]
    within = (p * np.exp(np.clip(factor * u, -_LARGEST, _LARGEST))).sum(axis=2)
    between = (q * np.exp(np.clip(factor * v, -_LARGEST, _LARGEST))).sum(axis=2)
    logs: Floats = np.log(within) + np.log(between)
    return logs


def _given(design: Design, counts: Floats, totals: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Return values and probabilities of terms that add up to D - d: applicable cases as seen.

    Rows x terms x outcomes. Measured from what was found, each term is a multiple of one number,
    and an outcome like that found is exactly 0.
    """
    (u, v), (p, q) = _parts(design, counts, totals, rates, centred=False)
    u, p = _trimmed(u, p)
    if np.abs(v).max(initial=0.0) < _STILL:
        return u, p
    v, q = _trimmed(v, q)
    if u.shape[2] * v.shape[2] > _PAIRED:
        return _stacked(u, v, 0.0), _stacked(p, q, 0.0)
    shape = (*u.shape[:2], -1)
    return (
        (u[..., :, None] + v[..., None, :]).reshape(shape),
        (p[..., :, None] * q[..., None, :]).reshape(shape),
    )


def _anew(design: Design, counts: Floats, totals: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Return values and probabilities of terms that add up to D - d: everything drawn anew."""
    w, n, N = design.weights, design.reviewed, design.population
    A, _ = _shares(totals, rates)
    j = np.broadcast_to(np.arange(int(n.max()) + 1.0), (*A.shape, int(n.max()) + 1))
    j, q = _trimmed(j, hypergeometric_rows(A, N - A, np.broadcast_to(n, A.shape)))
    E, B = (np.broadcast_to(part[..., None], j.shape) for part in (totals[:, 0], totals[:, 1]))
    p = hypergeometric_rows(E, B, j) * q[..., None]
    e, a = counts[:, 0, :, None, None], counts[:, :2].sum(axis=1)[..., None, None]
    k = np.arange(p.shape[-1])
    values = w[:, None, None] * ((k - e) - rates[:, None, None, None] * (j[..., None] - a))
    shape = (*A.shape, -1)
    return values.reshape(shape), p.reshape(shape)


def _parts(
    design: Design, counts: Floats, totals: Floats, rates: Floats, *, centred: bool
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return values and probabilities of each stratum's part of W and of Z.

    Values are measured from the mean, or from what was found.
    """
    w, n, N = design.weights, design.reviewed, design.population
    e, a = counts[:, 0], counts[:, :2].sum(axis=1)
    A, rho = _shares(totals, rates)
    p = hypergeometric_rows(totals[:, 0], totals[:, 1], a)
    q = hypergeometric_rows(A, N - A, np.broadcast_to(n, A.shape))
    zero_w, zero_z = (rho * a, n * A / N) if centred else (e, a)
    u = w[:, None] * (np.arange(p.shape[2]) - zero_w[..., None])
    lean = w * (rho - rates[:, None])
    v = lean[..., None] * (np.arange(q.shape[2]) - zero_z[..., None])
    return (u, v), (p, q)


def hypergeometric_rows(marked: Floats, other: Floats, drawn: Floats) -> Floats:
    """Return the probabilities of 0, 1, ... marked cases among those drawn, along a last axis.

    p(k) proportional to C(marked, k) C(other, drawn - k) with real ``marked`` and ``other`` (the
    binomial coefficient by the gamma function, positive terms only), by the ratio of neighbours
    (T - k)(n - k) / ((k + 1)(B - n + k + 1)). With whole numbers the hypergeometric distribution.
    """
    T, B, n = marked[..., None], other[..., None], drawn[..., None]
    k = np.arange(int(drawn.max(initial=0)) + 1)
    first = np.maximum(0, np.floor(n - 1 - B + _TIE) + 1)
    last = np.maximum(first, np.minimum(n, np.ceil(T + 1 - _TIE) - 1))
    inside = (k > first) & (k <= last)
    ratio = np.where(inside, (T - k + 1) * (n - k + 1), 1.0)
    ratio /= np.where(inside, k * (B - n + k), 1.0)
    logs = np.where((k >= first) & (k <= last), np.cumsum(np.log(ratio), axis=-1), -np.inf)
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    rows: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return rows


def _shares(totals: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Return A_h and rho_h; r where nobody is applicable."""
    A = totals[:, :2].sum(axis=1)
    some = A > 0
    return A, np.where(some, totals[:, 0] / np.where(some, A, 1.0), rates[:, None])


def _moments(size: Floats, share: Floats, drawn: Floats) -> tuple[Floats, Floats]:
    """Return the variance and the third cumulant of hypergeometric counts."""
    rest = np.maximum(size - drawn, 0)
    variance = drawn * share * (1 - share) * rest / np.maximum(size - 1, 1)
    return variance, variance * (1 - 2 * share) * (rest - drawn) / np.maximum(size - 2, 1)


def _trimmed(values: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Cut the outcomes at both ends that hold next to nothing; all terms stay equally long."""
    kept = probabilities > _IGNORED / probabilities[0].size
    length = kept.shape[-1]
    first = kept.argmax(axis=-1)
    width = int((length - kept[..., ::-1].argmax(axis=-1) - first).max())
    if width == length:
        return values, probabilities
    columns = np.minimum(first, length - width)[..., None] + np.arange(width)
    return (
        np.take_along_axis(values, columns, axis=-1),
        np.take_along_axis(probabilities, columns, axis=-1),
    )


def _stacked(first: Floats, second: Floats, fill: float) -> Floats:
    """Return the terms of both, the shorter ones filled up."""
    rows, terms, _ = first.shape
    wide = np.full((rows, 2 * terms, max(first.shape[2], second.shape[2])), fill)
    wide[:, :terms, : first.shape[2]] = first
    wide[:, terms:, : second.shape[2]] = second
    return wide
