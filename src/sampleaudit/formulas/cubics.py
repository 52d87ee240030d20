"""Curves over rates, known at nodes and joined by cubics without overshoot: [curve, node].

A cubic has the values and the steepness at the two nodes beside a rate (Hermite).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Cubics:
    """How steep curves are at their nodes [curve, node], so that cubics join them smoothly."""

    rate: FloatArray
    ladder: FloatArray  # all rates as one rising sequence: they lie in [0, 1], so two apart
    rise: FloatArray
    variance: FloatArray
    third: FloatArray
    step: FloatArray

    @classmethod
    def of(
        cls,
        rate: FloatArray,
        *,
        rise: FloatArray,
        variance: FloatArray,
        third: FloatArray,
        step: FloatArray,
    ) -> Cubics:
        """Work out the steepness of curves over rates, which rise along the nodes."""
        ladder = (rate + 2.0 * np.arange(len(rate))[:, None]).ravel()
        steep = (_steepness(each, rate) for each in (rise, variance, third, step))
        return cls(rate, ladder, *steep)

    def place(self, curve: IntArray, rate: FloatArray) -> Place:
        """Return where rates lie on their curves."""
        last = self.rate.shape[1] - 1
        ahead = self.ladder.searchsorted(rate + 2.0 * curve, "right")
        at = np.minimum(np.maximum(ahead - 1 - curve * (last + 1), 0), last - 1)
        before = curve * (last + 1) + at
        left = self.rate.ravel()[before]
        gap = self.rate.ravel()[before + 1] - left
        share = (rate - left) / np.where(gap > 0, gap, 1.0)
        return Place(before, gap, np.minimum(np.maximum(share, 0.0), 1.0))


@dataclass(frozen=True, slots=True)
class Place:
    """Rates between two nodes: the first one's index, their distance, the share of the way."""

    before: IntArray
    gap: FloatArray
    share: FloatArray

    def value(self, curve: FloatArray, steepness: FloatArray) -> FloatArray:
        """Return the cubic's value."""
        t = self.share
        left, right, first, second = self._ends(curve, steepness)
        turn, bend = t * t * (3 - 2 * t), t * (1 - t)
        return np.asarray(left + (right - left) * turn + bend * ((1 - t) * first - t * second))

    def steepness(self, curve: FloatArray, steepness: FloatArray) -> FloatArray:
        """Return the cubic's steepness."""
        t = self.share
        left, right, first, second = self._ends(curve, steepness)
        slope = 6 * t * (1 - t) * (right - left) + (1 - t) * (1 - 3 * t) * first
        gap = np.where(self.gap > 0, self.gap, 1.0)
        return np.asarray((slope + t * (3 * t - 2) * second) / gap)

    def _ends(self, curve: FloatArray, steepness: FloatArray) -> tuple[FloatArray, ...]:
        values, steep = curve.ravel(), steepness.ravel()
        after = self.before + 1
        return (
            values[self.before], values[after],
            steep[self.before] * self.gap, steep[after] * self.gap,
        )  # fmt: skip


def _steepness(values: FloatArray, rate: FloatArray) -> FloatArray:
    """Return slopes at the nodes with which a cubic rises or falls where its ends say so.

    The weighted harmonic mean of the slopes on both sides, 0 where they differ in sign (Fritsch and
    Butland 1984, SIAM Journal on Scientific and Statistical Computing 5:300). At the ends, and
    beside nodes that coincide, the slope of the one side.
    """
    gap = np.diff(rate, axis=1)
    slope = np.where(gap > 0, np.diff(values, axis=1) / np.where(gap > 0, gap, 1.0), 0.0)
    before, after, first, second = slope[:, :-1], slope[:, 1:], gap[:, :-1], gap[:, 1:]
    alike = before * after > 0
    weights = first + 2 * second, 2 * first + second
    mean = weights[0] / np.where(alike, before, 1.0) + weights[1] / np.where(alike, after, 1.0)
    inner = np.where(alike, (weights[0] + weights[1]) / np.where(alike, mean, 1.0), 0.0)
    inner = np.where(first > 0, np.where(second > 0, inner, before), after)
    return np.concatenate([slope[:, :1], inner, slope[:, -1:]], axis=1)
