"""The worst caseload of a given difference among those that fit the counts about as well as any.

A trial theta fixes t, the sum of omega_h T_h (see `difference_problem`). Every caseload with that
sum gives the estimate S the same mean; how probable a low S is depends on where the cases lie.
Plausible are the caseloads, in real numbers, whose log-likelihood l is within delta of the best.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sampleaudit.formulas.difference_problem import (
    Problem,
    chances,
    likeliest,
    log_likelihood,
    tail_slope,
    tails,
)
from sampleaudit.formulas.hypergeometric import FloatArray

_TILTS: Final = 2.0 ** np.array([-1, -0.5, 0, 0.5, 1, 2, 3, 4])  # times the size foreseen
_PINNED: Final = 1e-9  # weight of a stratum at the end of what is possible, where none is inside
_ROUNDS: Final = 8  # of looking for where a way leaves what is plausible
_WAY: Final = np.array([0.4, 0.7, 1.0])  # shares of it that are looked at
_SWIFT: Final = 2  # steps by the stand-in
_NEWTON: Final = 4
_FAR: Final = 600.0  # keeps exponentials finite
_STEPS: Final = 4  # at most, each towards the edge in another direction
_GAIN: Final = 1e-3  # a step that raises the tail by less, as a share, is the last
_PAIRS: Final = 4  # strata up to which the first step goes in many directions
_COARSE: Final = 0.5  # longest step of S over its deviation
_SHORT: Final = 20_000  # places times strata up to which the tail's own derivatives are used
_LONG: Final = 80_000  # the same where S moves in coarse steps


def worst_tail(problem: Problem, t: float, *, delta: float) -> float:
    """Return max P_T(S <= s) over {sum omega_h T_h = t, l(T) >= max l - delta}.

    With two strata the plausible caseloads are a line, whose ends are looked at. With more, steps
    towards the plausible caseload that is best to first order (Frank and Wolfe 1956), beginning at
    the likeliest one: by E exp(-lambda S) in place of the tail, and on a short lattice by the tail
    itself, the first step in several directions. The result is the tail of a plausible caseload, so
    never above the maximum; how near it comes is measured in
    tests/formulas/test_difference_worst.py.
    """
    centre = likeliest(problem, t)[0]
    if not delta or not problem.least < t < problem.most:
        return float(tails(problem, centre[None], problem.place)[0])
    floor = float(log_likelihood(problem, centre[None])[0]) - delta
    if len(centre) == 2:
        T = centre + _WAY[:, None, None] * (_ends(problem, centre, floor) - centre)
        T = np.concatenate([centre[None], T.reshape(-1, 2)])
        return float(tails(problem, T, problem.place).max())
    at = centre
    for _ in range(_SWIFT):
        at = _edges(problem, t, centre, _exponent_slope(problem, at)[None], floor)[0]
    T = np.stack([centre, at])
    reached = tails(problem, T, problem.place)
    p, at = float(reached.max()), T[reached.argmax()]
    if not _exact_steps(problem, at):
        return p
    for step in range(_STEPS):
        worth = tail_slope(problem, at)[None]
        if step == 0 and len(at) <= _PAIRS:
            worth = np.concatenate([worth, -worth, _exchanges(len(at))])
        edges = _edges(problem, t, centre, worth, floor)
        T = (at + _WAY[1:, None, None] * (edges - at)).reshape(-1, len(at))
        reached = tails(problem, T, problem.place)
        if reached.max() <= p * (1 + _GAIN):
            return max(p, float(reached.max()))
        p, at = float(reached.max()), T[reached.argmax()]
    return p


def _exact_steps(problem: Problem, T: FloatArray) -> bool:
    """Tell whether the tail itself is climbed: that is cheap, or its steps are coarse."""
    step = float((problem.weight * problem.N / problem.n).max())
    coarse = step > _COARSE * float(problem.moments(T)[0]) ** 0.5
    return problem.lattice.top * len(T) <= (_LONG if coarse else _SHORT)


def _exponent_slope(problem: Problem, T: FloatArray) -> FloatArray:
    """Return the derivative of log E exp(-lambda S) by each T_h.

    lambda is the saddlepoint, at which S weighted by exp(-lambda S) has the mean s: there the
    logarithm of the tail moves with this one, to first order.
    """
    step = (problem.weight * problem.N / problem.n)[:, None]
    up, down = np.minimum(T + 0.25, problem.N), np.maximum(T - 0.25, 0.0)
    beneath, here, above = chances(problem, np.stack([down, T, up]))
    away = step * (np.arange(here.shape[1]) - problem.y[:, None])
    deviation = max(_variance(here, away), 1e-300) ** 0.5
    rate = 0.0
    for _ in range(_NEWTON):
        power = here * np.exp(-np.clip(rate * away, -_FAR, _FAR))
        power /= power.sum(axis=1, keepdims=True)
        mean = float((power * away).sum())
        rate = min(max(rate + mean / max(_variance(power, away), 1e-300), 0.0), 8 / deviation)
    weight = np.exp(-np.clip(rate * away, -_FAR, _FAR))
    gain = np.log((above * weight).sum(axis=1)) - np.log((beneath * weight).sum(axis=1))
    return np.asarray(gain / (up - down))


def _variance(mass: FloatArray, values: FloatArray) -> float:
    mean = (mass * values).sum(axis=1)
    return float((mass * values**2).sum() - (mean**2).sum())


def _exchanges(strata: int) -> FloatArray:
    """Return the directions of all exchanges between two strata, both ways."""
    one = np.eye(strata)
    pairs = (one[:, None] - one).reshape(-1, strata)
    return np.asarray(pairs[np.abs(pairs).sum(axis=1) > 0])


def _ends(problem: Problem, centre: FloatArray, floor: float) -> FloatArray:
    """Return the two ends of what is plausible where that is a line: two strata."""
    away = np.array([[1.0, -1.0], [-1.0, 1.0]]) / problem.weight
    room = np.where(away > 0, problem.N - problem.n + problem.y - centre, centre - problem.y)
    far = centre + (room / np.abs(away)).min(axis=1)[:, None] * away
    return _last_plausible(problem, np.repeat(centre[None], 2, axis=0), far, floor)


def _edges(
    problem: Problem, t: float, centre: FloatArray, worth: FloatArray, floor: float
) -> FloatArray:
    """Return, for each row of ``worth``, the plausible T of sum t with the largest sum worth T.

    It maximises l(T) + tau sum worth_h T_h for the tau with which l falls to the floor: to second
    order tau^2 = 2 delta / sum v (worth - mean worth)^2 with v = -1 / l''. Sizes around that are
    tried, and the way from the last plausible caseload to the next is divided.
    """
    inside = (centre > problem.y) & (centre < problem.N - problem.n + problem.y)
    v = _give(problem, centre) * np.where(inside, 1.0, _PINNED)
    weight = problem.weight
    across = worth - np.outer(worth @ (v * weight), weight) / float(v @ weight**2)
    delta = float(log_likelihood(problem, centre[None])[0]) - floor
    across *= np.sqrt(2 * delta / np.maximum(across**2 @ v, 1e-300))[:, None]
    rows, H = worth.shape
    tilts = (across[:, None] * _TILTS[:, None]).reshape(-1, H)
    tried = likeliest(problem, t, tilts).reshape(rows, len(_TILTS), H)
    tried = np.concatenate([np.repeat(centre[None, None], rows, axis=0), tried], axis=1)
    fits = log_likelihood(problem, tried) >= floor
    fits[:, 0] = True
    last = len(_TILTS) - fits[:, ::-1].argmax(axis=1)
    every = np.arange(rows)
    return _last_plausible(
        problem, tried[every, last], tried[every, np.minimum(last + 1, len(_TILTS))], floor
    )


def _last_plausible(
    problem: Problem, inner: FloatArray, outer: FloatArray, floor: float
) -> FloatArray:
    """Return the last plausible caseload on the ways from the inner to the outer ones.

    By regula falsi on the square root of what l has fallen below its value at the start, nearly
    linear there; each way ends on its plausible side.
    """
    start = log_likelihood(problem, inner)
    depth = np.sqrt(np.maximum(start - floor, 0.0))

    def fallen(share: FloatArray) -> FloatArray:
        T = inner + share[:, None] * (outer - inner)
        return np.asarray(np.sqrt(np.maximum(start - log_likelihood(problem, T), 0.0)) - depth)

    kept, lost = np.zeros(len(inner)), np.ones(len(inner))
    short, over = -depth, fallen(lost)
    all_in = over <= 0
    for _ in range(_ROUNDS):
        share = kept - short * (lost - kept) / np.where(over > short, over - short, 1.0)
        share = np.clip(share, kept + 0.01 * (lost - kept), lost - 0.01 * (lost - kept))
        found = fallen(share)
        inside = found <= 0
        kept, short = np.where(inside, share, kept), np.where(inside, found, short)
        lost, over = np.where(inside, lost, share), np.where(inside, over, found)
        # the end that has not moved counts half (Illinois)
        over, short = np.where(inside, over / 2, over), np.where(inside, short, short / 2)
    kept = np.where(all_in, 1.0, kept)
    return inner + kept[:, None] * (outer - inner)


def _give(problem: Problem, T: FloatArray) -> FloatArray:
    """Return v_h = -1 / l''_h(T_h), taken half a case inside what is possible."""
    y, N = problem.y, problem.N
    most = N - problem.n + y + 1
    u = np.clip(T + 0.5, y + 0.5, most - 0.5)
    bend = 1 / u - 1 / (most - u) - 1 / (u - y) + 1 / (N + 1 - u)
    v: FloatArray = 1 / np.maximum(-bend, 1e-12)
    return v
