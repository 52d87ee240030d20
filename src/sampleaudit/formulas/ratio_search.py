"""The largest rate at which a tail passes its bound: a search with few looks at the tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sampleaudit.formulas.ratio_cells import estimate, possible
from sampleaudit.formulas.ratio_law import Design
from sampleaudit.formulas.ratio_single import single_limit
from sampleaudit.formulas.ratio_worst import WorstTail

Floats = NDArray[np.float64]

_PRECISION: Final = 1e-6  # of a limit, as a share of 1
_RELATIVE: Final = (1e-4, 1e-3)  # of the distance from the estimate, at first and later
_PATIENCE: Final = 6  # looks; where more are needed the tail moves in small jumps
_CLOSE: Final = 3e-4  # of the normal quantile of a probability
_STRAIGHT: Final = 0.005  # the same: between two ends as near as this the limit is on their line
_ACCEPTED: Final = 1e-12  # a probability this much below the tail still counts as above it
_SURELY: Final = 1e-300  # probabilities between these have normal quantiles to compare
_ALMOST_SURE: Final = 1 - 1e-16
_PLACES: Final = np.array([0.4, 0.7, 0.9, 1.1, 1.4, 1.8, 2.3])  # times the first guess's width
_PUSHED: Final = 1.05  # a step outward, to end beyond the limit
_FLATTER: Final = 2.0  # the slope is divided by so much at each further step outward
_LOOKS: Final = 100  # halving alone needs about twenty
_WEAKER: Final = 0.5  # an end that stays counts half (the Illinois rule: Dowell and Jarratt 1971)


def upper_limit(design: Design, counts: Floats, *, tail: float, delta: float) -> float:
    """Return the largest rate at which as few errors as these are more probable than ``tail``.

    The tail is that of `WorstTail`. Where some of the cases read are correct, and counts are
    categories x strata.
    """
    middle = estimate(design, counts)
    least, most = possible(design, counts)
    # where the domain's size is known, the estimate can be a rate that no caseload has
    inner = max(middle, least)
    last = most - min(_PRECISION, (most - inner) / 4)
    if last <= inner:
        return max(most, middle)
    if len(design.reviewed) == 1 and not design.known.any():
        return single_limit(
            float(counts[0, 0]),
            float(counts[1, 0]),
            float(counts[2:].sum()),
            float(design.sizes[0]),
            inner=inner,
            last=last,
            most=most,
            tail=tail - _ACCEPTED,
            size_known=len(counts) == 2,
        )
    wanted = float(special.ndtri(max(tail - _ACCEPTED, _SURELY)))
    # one stratum: all caseloads of the rate have the same share of errors
    worst = WorstTail(design, counts, tail, delta if len(design.reviewed) > 1 else 0.0)

    guess, slope = _guess(worst, design, counts, inner, last, wanted)
    low = _End(inner, max(-wanted, _PRECISION))  # the estimate is taken as possible
    high = _End(last, -np.inf)
    rate = guess
    for look in range(_LOOKS):
        found = float(special.ndtri(min(max(worst(rate), _SURELY), _ALMOST_SURE))) - wanted
        if abs(found) < _CLOSE:  # the rest of the way along the line from the lower end
            fall = (low.margin - found) / (rate - low.rate)
            return min(rate + found / fall, last) if fall > abs(found) else rate
        end, other = (low, high) if found > 0 else (high, low)
        if found > 0 and rate == last:
            return most
        other.weight *= _WEAKER if end.again else 1.0
        end.rate, end.margin, end.weight, end.again, other.again = rate, found, 1.0, True, False
        near = _RELATIVE[look >= _PATIENCE] * (high.rate - inner)
        if high.rate - low.rate <= max(_PRECISION, near):
            return high.rate
        rate = _between(low, high, slope)
        slope /= _FLATTER
        if low.margin - high.margin < _STRAIGHT:
            return rate
    return high.rate


@dataclass(slots=True)
class _End:
    """One end of the bracket: its margin counts less when it stays while the other end moves."""

    rate: float
    margin: float
    weight: float = 1.0
    again: bool = False  # whether it was the last to move


def _between(low: _End, high: _End, slope: float) -> float:
    """Return the rate to look at next: on the line through both ends, or along the slope."""
    if np.isinf(high.margin):  # never beyond the limit yet
        return min(low.rate + _PUSHED * low.margin / slope + _PRECISION, high.rate)
    width = high.rate - low.rate
    inward, outward = low.margin * low.weight, -high.margin * high.weight
    edge = min(_PRECISION / 2, width / 4)
    near = low.rate + width * inward / (inward + outward)
    return min(max(near, low.rate + edge), high.rate - edge)


def _guess(
    worst: WorstTail, design: Design, counts: Floats, inner: float, last: float, wanted: float
) -> tuple[float, float]:
    """Return about where the limit is, and how fast the normal score of the tail falls there.

    Rates around Wilson's limit are looked at together, by an approximation to their tails.
    """
    first = max(_wilson(design, counts, inner, -wanted), inner + (last - inner) / 1000)
    rates = np.minimum(inner + (first - inner) * _PLACES, last)
    over = worst.look_ahead(rates) - wanted
    rates, over = np.append(inner, rates), np.append(-wanted, over)
    beyond = np.flatnonzero(over <= 0)
    place = max(int(beyond[0]) if len(beyond) else len(rates) - 1, 1)
    fall = float(over[place - 1] - over[place]) / max(float(rates[place] - rates[place - 1]), 1e-12)
    slope = max(fall, 1e-3)
    guess = float(rates[place - 1]) + max(float(over[place - 1]), 0.0) / slope
    return float(np.clip(guess, inner + (last - inner) / 1000, last)), slope


def _wilson(design: Design, counts: Floats, rate: float, z: float) -> float:
    """Return Wilson's upper limit from the applicable cases that the weights make of the sample."""
    applicable, w = counts[:2].sum(axis=0), design.weights
    variance = float((w * (w - 1) * applicable).sum())
    total = float((w * applicable).sum() + design.known.sum())
    inverse = z * z * variance / max(total, 1.0) ** 2
    width = np.sqrt(inverse * (rate * (1 - rate) + inverse / 4))
    return float((rate + inverse / 2 + np.copysign(width, z)) / (1 + inverse))
