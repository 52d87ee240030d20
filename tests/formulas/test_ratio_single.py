"""One stratum's rate with a random denominator: the two equations against the general solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampleaudit.formulas.ratio import domain_limits, ratio_limits
from sampleaudit.formulas.ratio_law import hypergeometric_rows
from sampleaudit.formulas.ratio_profile import likeliest_caseloads
from sampleaudit.formulas.ratio_single import likeliest_size

COUNTS = st.tuples(st.integers(0, 25), st.integers(1, 25), st.integers(0, 25), st.integers(1, 400))


def likeliest_by_the_general_solver(
    e: int, b: int, others: int, size: int, rate: float
) -> np.ndarray:
    """Errors, correct and others of the likeliest caseload, which may have several strata."""
    found, _ = likeliest_caseloads(
        np.array([[[e], [b], [others]]], dtype=np.float64),
        np.array([size], dtype=np.float64),
        rates=np.array([rate]),
        known=np.zeros(1),
    )
    return found[0, :, 0]


@settings(max_examples=150, deadline=None)
@given(COUNTS, st.floats(0.02, 0.98))
def test_the_likeliest_number_of_applicable_cases(counts: tuple[int, int, int, int], place: float):
    """The general solver's, at a rate anywhere between the smallest and the largest possible."""
    e, b, others, rest = counts
    size = e + b + others + rest
    least, most = e / (e + b + rest), (e + rest) / (e + b + rest)
    rate = least + place * (most - least)
    errors, correct, _ = likeliest_by_the_general_solver(e, b, others, size, rate)
    found = likeliest_size(e, b, others, size, rate)
    assert errors + correct == pytest.approx(found, rel=1e-7)


@settings(max_examples=150, deadline=None)
@given(counts=COUNTS, tail=st.sampled_from([0.05, 0.025, 0.001]), size_known=st.booleans())
def test_the_tail_at_the_limit_is_the_one_allowed(
    *, counts: tuple[int, int, int, int], tail: float, size_known: bool
):
    """Less than it just above, and not less just below: as few errors among the cases read."""
    e, b, others, rest = counts
    n, N = e + b + others, e + b + others + rest
    if size_known:
        size = e + b + (rest + 1) // 2
        _, high = domain_limits([e], [e + b], [size], [n], [N], lower_tail=None, upper_tail=tail)
    else:
        _, high = ratio_limits([e], [e + b], [n], [N], lower_tail=None, upper_tail=tail)

    def as_few(rate: float) -> float:
        if size_known:
            A = float(size)
        else:
            A = float(likeliest_by_the_general_solver(e, b, others, N, rate)[:2].sum())
        drawn = np.array([e + b], dtype=np.float64)
        row = hypergeometric_rows(np.array([rate * A]), np.array([(1 - rate) * A]), drawn)[0]
        return float(row[: e + 1].sum())

    largest = (e + size - e - b) / size if size_known else (e + rest) / (e + b + rest)
    if high < largest - 1e-6:
        assert as_few(high + 1e-7) <= tail * (1 + 1e-9)
    if high > e / (e + b) + 1e-6 and not size_known:
        assert as_few(high - 1e-7) >= tail * (1 - 1e-9)
