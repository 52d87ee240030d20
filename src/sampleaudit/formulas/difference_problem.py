"""Two caseloads as one stratified problem with weights, in real numbers of cases.

For caseloads A and B, per stratum h: N_h cases in the register, n_h reviewed (drawn at random
without replacement), x_h errors found, T_h errors in the register (unknown). N_A and N_B are the
cases of all strata of A and of B. The difference theta = T_A / N_A - T_B / N_B is, but for a
constant, one stratified total with positive weights:

    theta + 1 = sum_A T_h / N_A + sum_B (N_h - T_h) / N_B.

In a `Problem` the cases that count are errors in A and correct cases in B: y_h of them were found,
T_h are in the register, and one of them weighs omega_h = 1 / N_A or 1 / N_B. Totals of two
registers of different size have no common whole-number step, so a caseload is sought in real
numbers; outcomes are ordered on whole numbers all the same, so that ties are ties. Arrays have a
caseload per row and a stratum per column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import gammaln

from sampleaudit.formulas.hypergeometric import FloatArray, IntArray
from sampleaudit.formulas.lattice import Lattice, build_lattice

Counts: TypeAlias = tuple[ArrayLike, ArrayLike, ArrayLike]
"""Errors found, cases reviewed and cases in the register: x, n, N, an entry per stratum."""

_STEPS: Final = 150  # at most; Newton's steps need about six
_NEWTON: Final = 20  # of them, after which every other one halves the bracket
_CLOSE: Final = 1e-12  # of the range of the weighted total
_EDGE: Final = 1e-9  # cases: closer than this a real number counts as whole
_LOST: Final = 36.0  # -log of the probability that may wrap around, about 2e-16


@dataclass(frozen=True, slots=True)
class Strata:
    """Strata of one caseload: errors found, reviewed, cases."""

    x: IntArray
    n: IntArray
    N: IntArray

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which strata were read in part."""
        return (self.n > 0) & (self.n < self.N)

    @property
    def size(self) -> int:
        """The cases of the whole caseload."""
        return int(self.N.sum())

    def flipped(self) -> Strata:
        """Let errors and correct change places."""
        return Strata(self.n - self.x, self.n, self.N)

    def most_known(self) -> int:
        """Return the errors of strata read in full, and all cases of those not read at all."""
        return int(self.x[self.n == self.N].sum() + self.N[self.n == 0].sum())


def strata_of(counts: Counts) -> Strata:
    """Return one caseload's counts as arrays."""
    x, n, N = (np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in counts)
    return Strata(x, n, N)


@dataclass(frozen=True, slots=True)
class Problem:
    """The open strata of both caseloads as one, for one outcome or for several, a row each."""

    y: IntArray  # errors found in A, correct cases found in B
    n: IntArray
    N: IntArray
    weight: FloatArray  # omega_h
    lattice: Lattice  # of the estimate; only its places are used, its population is scaled

    @property
    def least(self) -> FloatArray:
        """The least sum of omega T that the cases found allow."""
        return np.asarray(self.y @ self.weight)

    @property
    def most(self) -> FloatArray:
        """The largest sum of omega T that the cases found allow."""
        return np.asarray((self.N - self.n + self.y) @ self.weight)

    @property
    def estimate(self) -> FloatArray:
        """The estimate of the sum of omega T."""
        return np.asarray(self.y @ (self.weight * self.N / self.n))

    @property
    def place(self) -> int:
        """Where the one outcome found lies on the lattice of the estimate."""
        return int(self.lattice.place(self.y))

    def moments(self, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the variance and the skewness of the estimate in each caseload.

        A stratum adds omega^2 (N - n) T (N - T) / (n (N - 1)) to the variance (Cochran 1977,
        section 3.2); its third moment is the variance times omega (1 - 2 T / N)(N - 2 n) N /
        (n (N - 2)) (Johnson, Kotz and Kemp 1992, equation 6.23).
        """
        N, n = self.N, self.n
        each = self.weight**2 * (N - n) / (n * np.maximum(N - 1, 1)) * T * (N - T)
        third = each * self.weight * (N - 2 * T) * (N - 2 * n) / (n * np.maximum(N - 2, 1.0))
        variance = each.sum(axis=-1)
        return variance, third.sum(axis=-1) / np.maximum(variance, 1e-100) ** 1.5


def build_problem(a: Strata, b: Strata) -> Problem:
    """Return theta + 1 as one stratified total, the strata in an order of their own."""
    correct = b.flipped()
    sides = ((a, b.size), (correct, a.size))
    y, n, N = (
        np.concatenate([getattr(each, name)[each.open] for each, _ in sides])
        for name in ("x", "n", "N")
    )
    # places in proportion to N_h / (n_h N_A) in A and N_h / (n_h N_B) in B: times N_A N_B
    scaled = np.concatenate([each.N[each.open] * other for each, other in sides])
    order = np.lexsort((y, n, N, scaled))  # so that the order of the strata cannot matter
    y, n, N, scaled = y[order], n[order], N[order], scaled[order]
    weight = (scaled // N) / (a.size * b.size)
    return Problem(y, n, N, weight, build_lattice(n, scaled))


def known_part(a: Strata, b: Strata) -> float:
    """Return the part of theta + 1 that is not open, as large as it can be."""
    return a.most_known() / a.size + b.flipped().most_known() / b.size


def log_likelihood(problem: Problem, T: FloatArray) -> FloatArray:
    """Return sum log [C(T, y) C(N - T, n - y)] of each caseload, up to a constant."""
    y, n, N = problem.y, problem.n, problem.N
    parts = gammaln(T + 1) - gammaln(T - y + 1) + gammaln(N - T + 1) - gammaln(N - T - n + y + 1)
    total: FloatArray = parts.sum(axis=-1)
    return total


def likeliest(
    problem: Problem, t: float | FloatArray, tilt: FloatArray | float = 0.0
) -> FloatArray:
    """Return the real T that maximises l(T) + sum tilt_h T_h under sum omega_h T_h = t, in rows.

    There is a row for each of the outcomes, of the totals t or of the tilts. At the maximum the
    slopes of l are mu omega_h - tilt_h (Lagrange), but at the ends of what is possible; mu by
    Newton's steps on the logit scale of the total, inside a bracket.
    """
    least, most, goal, _ = np.broadcast_arrays(
        problem.least, problem.most, t, np.atleast_2d(tilt)[:, 0]
    )
    shape = (len(goal), len(problem.n))
    y, tilts = np.broadcast_to(problem.y, shape), np.broadcast_to(tilt, shape)
    room = most - least
    goal = np.clip(goal, least, most)
    inner = np.clip(goal, least + _CLOSE * room, most - _CLOSE * room)
    target = np.log((inner - least) / (most - inner))
    relative = problem.weight / problem.weight.max()
    # no stratum's slope is beyond this one
    steepest = 2 * float(np.log(2 * problem.N.max() + 2))
    reach = (steepest + np.abs(tilts).max(axis=1)) / float(relative.min())
    mu, low, high = np.zeros(len(goal)), -reach, reach
    T = y.astype(np.float64)
    live = np.arange(len(goal))
    for step in range(_STEPS):
        slope = np.clip(mu[live, None] * relative - tilts[live], -steepest, steepest)
        T[live], gain = _at_slope(problem, y[live], slope)
        sums = T[live] @ problem.weight
        above = sums > goal[live]
        low[live] = np.where(above, mu[live], low[live])
        high[live] = np.where(above, high[live], mu[live])
        inside = np.clip(sums - least[live], _CLOSE * room[live], (1 - _CLOSE) * room[live])
        beyond = room[live] - inside
        steep = gain @ (problem.weight * relative) * (1 / inside + 1 / beyond)
        ahead = mu[live] - (np.log(inside / beyond) - target[live]) / np.minimum(steep, -1e-300)
        between = (low[live] < ahead) & (ahead < high[live])
        # where a stratum's T leaves its end the steps may go to and fro for ever
        between &= step < _NEWTON or step % 2 == 0
        mu[live] = np.where(between, ahead, (low[live] + high[live]) / 2)
        apart = np.abs(sums - goal[live]) > _CLOSE * room[live]
        live = live[apart & (high[live] - low[live] > _CLOSE * reach[live])]
        if not len(live):
            break
    T = np.where((goal <= least)[:, None], y, T)
    ends: FloatArray = np.where((goal >= most)[:, None], problem.N - problem.n + y, T)
    return ends


def _at_slope(problem: Problem, y: IntArray, slope: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return where the log-likelihood of each stratum has this slope, and dT / dslope.

    The slope at T is taken as the step over a whole case with T in its middle:
    log[(T + 1/2) (M - T + 1/2) / ((T + 1/2 - y) (N - T + 1/2))], M = N - n + y the most that is
    possible. With q = exp(slope) and u = T + 1/2 it is met by the root of
    (q - 1) u^2 + (M + 1 - q (N + 1 + y)) u + q y (N + 1) = 0 between y and M + 1.
    """
    N = problem.N
    most = N - problem.n + y
    q = np.exp(slope)
    a, b, c = q - 1, most + 1 - q * (N + 1.0 + y), q * (y * (N + 1.0))
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))
    positive = b >= 0  # then q < 1, and neither form loses digits
    u = np.where(positive, b + root, 2 * c) / np.where(positive, -2 * a, root - b)
    inside = (u - 0.5 > y) & (u - 0.5 < most)
    safe = np.where(inside, u, y + (most + 1 - y) / 2)
    bend = 1 / safe - 1 / (most + 1 - safe) - 1 / (safe - y) + 1 / (N + 1 - safe)
    gain = np.where(inside, 1 / np.minimum(bend, -1e-300), 0.0)
    return np.clip(u - 0.5, y, most), gain


def tails(problem: Problem, T: FloatArray, place: int) -> FloatArray:
    """Return P_T(S' <= place) of each caseload, S' the place of the estimate on the lattice."""
    mass = chances(problem, T)
    low, length = _span(problem, mass)
    transform = np.ones((len(T), length // 2 + 1), dtype=np.complex128)
    for h in range(len(problem.y)):
        transform *= _transform(problem, mass, h, length)
    density = irfft(transform, length, axis=1)
    at = low + (np.arange(length) - low) % length
    total: FloatArray = density @ (at <= place).astype(np.float64)
    return total


def tail_slope(problem: Problem, T: FloatArray) -> FloatArray:
    """Return the derivative of P_T(S' <= s') by each T_h, for one caseload T.

    With P(S' <= s' | X_h = k) at hand it is the sum of these times dP(X_h = k) / dT_h, taken over
    half a case.
    """
    mass = chances(problem, T[None])
    low, length = _span(problem, mass)
    parts = [_transform(problem, mass, h, length) for h in range(len(T))]
    transform = np.concatenate(parts)
    ones = np.ones_like(transform[:1])
    before = np.cumprod(np.vstack([ones, transform[:-1]]), axis=0)
    after = np.cumprod(np.vstack([ones, transform[:0:-1]]), axis=0)[::-1]
    density = irfft(before * after, length, axis=1)  # of S' without the stratum
    places = problem.lattice.places
    own = (mass[0] * places).sum(axis=1).astype(np.int64)  # the stratum's own expected place
    start = (np.zeros_like(own) if length > problem.lattice.top else low - own)[:, None]
    order = (start + np.arange(length)) % length
    below = np.cumsum(np.take_along_axis(density, order, axis=1), axis=1)
    room = problem.place - places - start
    given = np.take_along_axis(below, np.clip(room, 0, length - 1), axis=1)
    up, down = np.minimum(T + 0.25, problem.N), np.maximum(T - 0.25, 0.0)
    above, beneath = chances(problem, np.stack([up, down]))
    gain = (above - beneath) * np.where(room < 0, 0.0, given)
    slope: FloatArray = gain.sum(axis=1) / (up - down)
    return slope


def chances(problem: Problem, T: FloatArray) -> FloatArray:
    """Return P(Y_h = k) at [caseload, stratum, k], for real T_h.

    In proportion to C(T, k) C(N - T, n - k), the binomial coefficients by the gamma function and
    positive terms only, by the ratio of neighbours (T - k)(n - k) / ((k + 1)(N - T - n + k + 1)).
    With whole T the hypergeometric distribution.
    """
    marked = T[..., None]
    n, other = problem.n[:, None], (problem.N - T)[..., None]
    k = np.arange(int(problem.n.max()) + 1)
    first = np.maximum(0, np.floor(n - 1 - other + _EDGE) + 1)
    last = np.maximum(first, np.minimum(n, np.ceil(marked + 1 - _EDGE) - 1))
    inside = (k > first) & (k <= last)
    ratio = np.where(inside, (marked - k + 1) * (n - k + 1), 1.0)
    ratio /= np.where(inside, k * (other - n + k), 1.0)
    logs = np.where((k >= first) & (k <= last), np.cumsum(np.log(ratio), axis=-1), -np.inf)
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    rows: FloatArray = weights / weights.sum(axis=-1, keepdims=True)
    return rows


def _span(problem: Problem, mass: FloatArray) -> tuple[int, int]:
    """Return where S' can be, as its lowest value and a length good for the transform.

    Outside there is next to nothing (Bernstein's inequality); what is there wraps around.
    """
    places, top = problem.lattice.places, problem.lattice.top
    mean = (mass * places).sum(axis=2)
    variance = np.maximum((mass * places**2.0).sum(axis=2) - mean**2, 0.0).sum(axis=1)
    centre = mean.sum(axis=1)
    largest = _LOST / 3 * float(np.diff(places[:, :2]).max() + 1)
    reach = largest + np.sqrt(largest**2 + 2 * _LOST * variance)
    low, high = int((centre - reach).min()) - 1, min(int((centre + reach).max()) + 1, top)
    low = 0 if low <= 0 or high - low >= top else low
    return low, next_fast_len(high - low + 1, real=True)


def _transform(problem: Problem, mass: FloatArray, h: int, length: int) -> NDArray[np.complex128]:
    """Return a stratum's characteristic functions on the lattice, places modulo ``length``."""
    rows = len(mass)
    place = np.arange(rows)[:, None] * length + problem.lattice.places[h] % length
    placed = np.bincount(place.ravel(), mass[:, h].ravel(), minlength=rows * length)
    transform: NDArray[np.complex128] = rfft(placed.reshape(rows, length), axis=1)
    return transform
