"""Tails of the estimate S' on its lattice, and what one error more in a stratum does to them.

S' is a sum of independent counts X_h times whole numbers W_h, so its characteristic function is
the product of theirs, and P(S' <= s') is a sum over frequencies u = 2 pi k / L. With many strata
nearly all of them carry nothing, which can be known beforehand: X_h is a sum of independent
indicators (Vatutin and Mikhailov 1982), and |E exp(iuB)|^2 = 1 - 2p(1-p)(1 - cos u) for each, so

    |E exp(iuS')| <= exp(-sum V_h (1 - cos(u W_h))),    V_h the variance of X_h.

Where few frequencies are left they are summed as they are, else all by the fast Fourier transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray, windows
from sampleaudit.formulas.lattice import Lattice

ComplexArray = NDArray[np.complex128]

_LOST: Final = 39.0  # -log of what a frequency left out may carry, 1e-17
_ROUGHLY: Final = 26.0  # the same where the tail may be wrong by a known bit, 5e-12
_COSINES: Final = 400_000  # angles, up to which the bound is worked out as it is
_FEW: Final = 400  # frequencies, above which fewer strata are looked at to leave some out
_WORTH: Final = 4.0  # phases over places, below which sums are quicker than transforms
_WINDOW: Final = 41.5  # -log of the probability outside a window, `windows`
_AT_ONCE: Final = 6  # strata whose bounds are added up before frequencies are left out
_ROOM: Final = 1.25  # times the variances, for other caseloads
_SPARE: Final = 0.15  # share of the variance that other caseloads may lack


@dataclass(frozen=True, slots=True)
class Spectrum:
    """P(S' <= s') as a sum over frequencies, for caseloads near the one it was made for."""

    lattice: Lattice
    low: int  # S' lies in low, ..., low + length - 1
    length: int  # L
    waves: IntArray  # k
    weights: ComplexArray  # the factor of each wave's term
    phases: tuple[FloatArray, FloatArray] | None  # cosines and sines of 2 pi k W_h j / L at
    # [h, j, k], j counts from the mode; None: transform
    variances: FloatArray  # V_h that the waves were chosen for
    largest: float  # of the V_h that the phases are wide enough for
    doubt: float  # what the frequencies left out may carry in all

    def serves(self, errors: IntArray) -> bool:
        """Tell whether it is good for this caseload T_h."""
        if self.length <= self.lattice.top:
            mean, reach = float(self.lattice.mean(errors)), self.lattice.reach(errors)
            above = min(mean + reach, self.lattice.top) < self.low + self.length
            if not (above and self.low <= max(mean - reach, 0)):
                return False
        if self.phases is None:
            return True
        spread = self.lattice.spread(errors)
        lost = np.maximum(self.variances - spread, 0).sum()
        return bool(lost <= _SPARE * self.variances.sum() and spread.max() <= self.largest)

    def tail(self, errors: IntArray) -> float:
        """Return P(S' <= s') for a caseload T_h."""
        first, mass = windows(errors, self.lattice.reviewed, self.lattice.population)
        if self.phases is None:
            term, weights = self._transformed(first[None], mass[None])[0], self.weights
        else:
            term, weights = _summed(self.phases, mass[None])[:, 0], self._turned(first, mass)
        return float((term.prod(axis=0) * weights).sum().real)

    def tails(self, errors: IntArray, thresholds: IntArray) -> FloatArray | None:
        """Return P(S' <= threshold) for several caseloads, a row each; None if it does not serve.

        Only where sums are quicker than transforms.
        """
        if self.phases is None or not all(self.serves(each) for each in errors):
            return None
        first, mass = windows(errors, self.lattice.reviewed, self.lattice.population)
        terms = _summed(self.phases, mass).prod(axis=0)
        for row, threshold in enumerate(thresholds.tolist()):
            terms[row] *= _step_at(threshold, self.low, self.length, self.waves)
        terms *= self._turn(first, mass)
        tails: FloatArray = terms.sum(axis=1).real
        return tails

    def tail_and_worth(self, errors: IntArray) -> tuple[float, FloatArray]:
        """Return P(S' <= s') for a caseload T_h, and how it rises with each T_h.

        The rise is that from one error less to one more, per error, where both are possible.
        """
        N = self.lattice.population
        more, less = np.minimum(errors + 1, N), np.maximum(errors - 1, 0)
        first, mass = windows(np.stack([errors, more, less]), self.lattice.reviewed, N)
        if self.phases is None:
            (here, change), weights = self._transformed(first, mass), self.weights
        else:
            own, *others = _aligned(first, mass)
            both = _summed(self.phases, np.stack([own, others[0] - others[1]]))
            here, change, weights = both[:, 0], both[:, 1], self._turned(first[0], own)
        before = np.empty_like(here)
        before[0] = weights
        np.cumprod(here[:-1], axis=0, out=before[1:])
        before[1:] *= weights
        tail = float((before[-1] * here[-1]).sum().real)
        after = np.ones_like(here)
        np.cumprod(here[:0:-1], axis=0, out=after[-2::-1])
        before *= after
        before *= change
        rise: FloatArray = before.sum(axis=1).real / np.maximum(more - less, 1)
        return tail, rise

    def _turned(self, first: IntArray, mass: FloatArray) -> ComplexArray:
        """Return the weights, turned by where all windows of a caseload have their modes."""
        return self.weights * self._turn(first, mass)

    def _turn(self, first: IntArray, mass: FloatArray) -> ComplexArray:
        modes = (self.lattice.weights * (first + mass.shape[-1] // 2)).sum(axis=-1) % self.length
        turn = modes[..., None] * self.waves % self.length
        turned: ComplexArray = np.exp(-2j * np.pi / self.length * turn)
        return turned

    def _transformed(self, first: IntArray, mass: FloatArray) -> ComplexArray:
        """Return E exp(-iu W_h X_h) at [h, k] for the first row, and of the second less the third.

        Arrays of one row have the first only.
        """
        count = np.maximum(first[..., None] + np.arange(mass.shape[-1]), 0)
        at = count * self.lattice.weights[:, None] % self.length
        at += (np.arange(first.shape[1]) * self.length)[:, None]
        size = first.shape[1] * self.length
        placed = np.bincount(at[0].ravel(), mass[0].ravel(), size)
        if len(mass) > 1:
            change = np.concatenate([mass[1], -mass[2]]).ravel()
            placed = np.concatenate([placed, np.bincount(at[1:].ravel(), change, size)])
        terms: ComplexArray = rfft(placed.reshape(-1, first.shape[1], self.length), axis=-1)
        return terms


def build_spectrum(
    lattice: Lattice, errors: IntArray, threshold: int, *, roughly: bool = False
) -> Spectrum:
    """Return the spectrum of P(S' <= threshold) for caseloads near ``errors``, T_h per stratum.

    ``roughly``: frequencies of little weight are left out too; `Spectrum.doubt` says what they may
    carry.
    """
    reach = lattice.reach(errors, room=_ROOM)
    length = next_fast_len(min(lattice.top, 2 * reach) + 1, real=True)
    low = 0 if length > lattice.top else max(int(lattice.mean(errors)) - length // 2, 0)
    spread = lattice.spread(errors)
    largest = _ROOM * float(spread.max()) + 1
    lost = _ROUGHLY if roughly else _LOST
    waves, phases = _heard(lattice, spread, length, lost), None
    half = min(int(lattice.reviewed.max()), int(_widest(largest)))
    doubt = (length // 2 + 1 - len(waves)) * float(np.exp(-lost))
    if len(waves) * (2 * half + 1) < _WORTH * length:
        phases = _phases(lattice.weights, waves, length, half)
    else:
        waves, doubt = np.arange(length // 2 + 1), 0.0
    weights = _step_at(threshold, low, length, waves)
    return Spectrum(lattice, low, length, waves, weights, phases, spread, largest, doubt)


def _phases(
    weights: IntArray, waves: IntArray, length: int, half: int
) -> tuple[FloatArray, FloatArray]:
    """Return the cosines and sines of 2 pi k W_h j / L at [h, j, k], j = 0, ..., half.

    By powers of exp(2 pi i k W_h / L), each of the first half of them times the last.
    """
    turn = np.exp(2j * np.pi / length * (weights[:, None] * waves % length))
    powers = np.empty((len(turn), half + 1, len(waves)), np.complex128)
    powers[:, 0] = 1
    powers[:, 1:2] = turn[:, None]
    done = 1
    while done < half:
        more = min(done, half - done)
        np.multiply(
            powers[:, 1 : more + 1], powers[:, done : done + 1], out=powers[:, done + 1 :][:, :more]
        )
        done += more
    return powers.real.copy(), powers.imag.copy()


def _summed(phases: tuple[FloatArray, FloatArray], mass: FloatArray) -> ComplexArray:
    """Return sum over j of exp(-iu W_h j) mass at [h, row, k], j counted from the mode.

    A window has its mode in the middle, so the counts at -j and j share their cosine and sine.
    """
    cosines, sines = phases
    half = mass.shape[-1] // 2
    up, down = mass[..., half:], mass[..., half::-1]
    even, odd = (up + down).swapaxes(0, 1), (down - up).swapaxes(0, 1)
    even[..., 0] /= 2
    terms = np.empty((*even.shape[:2], cosines.shape[-1]), np.complex128)
    terms.real = np.matmul(even, cosines[:, : half + 1])
    terms.imag = np.matmul(odd[..., 1:], sines[:, 1 : half + 1])
    return terms


def _aligned(first: IntArray, mass: FloatArray) -> FloatArray:
    """Return the windows of several caseloads with the modes of the first one's in the middle.

    A case more or less moves a mode by one count at most; what then falls off the end is what
    `windows` leaves out.
    """
    aligned = mass.copy()
    for row in range(1, len(mass)):
        moved = first[row] - first[0]
        up, down = moved > 0, moved < 0
        aligned[row, up, 1:], aligned[row, up, 0] = mass[row, up, :-1], 0.0
        aligned[row, down, :-1], aligned[row, down, -1] = mass[row, down, 1:], 0.0
    return aligned


def _widest(variance: float) -> float:
    """Return how far from its mode a window of this variance reaches, at most (`windows`)."""
    return float(_WINDOW / 3 + ((_WINDOW / 3) ** 2 + 2 * _WINDOW * variance) ** 0.5 + 2)


def _heard(lattice: Lattice, variances: FloatArray, length: int, lost: float) -> IntArray:
    """Return the waves whose term is not known to be less than exp(-lost); perhaps all of many.

    The weight of a wave is 1/k at most, and a V_h smaller by v takes v (1 - cos) from the bound.
    The bound is first worked out with 1 - cos(2 pi t) >= 8 t^2 for |t| <= 1/2, stratum by stratum,
    and then as it is for the waves left.
    """
    waves = np.arange(1, length // 2 + 1)
    spare = _SPARE * float(variances.sum())
    left = lost + 2 * spare - np.log(waves)
    order = (-variances).argsort(kind="stable")
    rest = 2 * float(variances.sum())
    for start in range(0, len(order), _AT_ONCE):
        if len(waves) > _FEW and rest < left.min():  # what is to come cannot silence any
            break
        for h in order[start : start + _AT_ONCE]:
            turn = waves * (float(lattice.weights[h]) / length)
            turn -= np.rint(turn)
            left -= 8 * float(variances[h]) * turn * turn
            rest -= 2 * float(variances[h])
        heard = left > 0
        waves, left = waves[heard], left[heard]
    if len(waves) * len(order) <= _COSINES:
        turns = 2 * np.pi / length * (waves[:, None] * lattice.weights % length)
        fall = 1 - np.cos(turns)
        bound = fall @ variances - spare * fall.max(axis=1, initial=0.0)
        waves = waves[bound < lost - np.log(waves)]
    return np.concatenate([[0], waves])


def _step_at(threshold: int, low: int, length: int, waves: IntArray) -> ComplexArray:
    """Return the factors that make a sum over the waves P(low <= S' <= threshold).

    They are the transform of the indicator of low, ..., threshold, a geometric series; the waves
    past the middle are the conjugates of those before it.
    """
    inside = min(max(threshold - low + 1, 0), length)
    half = np.pi / length
    size = np.full(len(waves), float(inside))
    moving = waves > 0
    size[moving] = np.sin(half * (waves * inside % (2 * length))[moving])
    size[moving] /= np.sin(half * waves[moving])
    twice = np.where(moving & (2 * waves < length), 2.0, 1.0)
    turn = waves * (2 * low + inside - 1) % (2 * length)
    factors: ComplexArray = size * twice / length * np.exp(1j * half * turn)
    return factors
