"""Sample sizes and upper limits in print and in other software, all at the precision printed."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from sampleaudit.formulas.sizes import (
    acceptance_chance,
    acceptance_size,
    cv_size,
    log_odds_margin_size,
    textbook_margin_size,
    tolerable_size,
    upper_rate,
    wilson_margin_size,
)

DATA = json.loads(Path(__file__).with_name("sample_sizes.json").read_text("utf-8"))
"""AICPA, Audit Sampling (2017), appendix A, as quoted in the tests of R's jfa; PracTools 1.7.5."""
EXPECTED = [*(Fraction(i, 400) for i in range(17)), *(Fraction(i, 100) for i in range(5, 11))]
EXPECTED += [Fraction(i, 1000) for i in (125, 150, 175)]
MISPRINTS = {("A-2", 7, Fraction(13, 400)): 112, ("A-2", 7, Fraction(14, 400)): 112}
"""Print has 112, where P(at most 4 errors | 7 %) = .1007 is above .10; 113 is the first n."""
ROUNDED = {("A-2", 5, Fraction(14, 400)): (423, 400), ("A-2", 8, Fraction(7, 100)): (1313, 1300)}
"""What jfa computes, and n by exact fractions. Print has 1300 too. For the other cell print is said
to have 200, which would leave a risk of .21."""


@pytest.mark.parametrize("table", ["A-1", "A-2"])
def test_sizes_for_a_tolerable_rate(table: str):
    """AICPA tables A-1 (risk 5 %) and A-2 (10 %), every cell but misprints, by exact fractions."""
    risk = {"A-1": Fraction(1, 20), "A-2": Fraction(1, 10)}[table]
    compared = 0
    for tolerable, column in DATA[table].items():
        for expected, printed in zip(EXPECTED, column, strict=False):
            n, allowed = tolerable_size(
                tolerable=Fraction(int(tolerable), 100),
                expected=expected,
                risk=risk,
                population=None,
            )
            key = (table, int(tolerable), expected)
            if key in ROUNDED:
                assert ROUNDED[key] == (printed, n)
            else:
                assert printed == n, key
                compared += 1
            assert math.ceil(n * expected) == allowed
            assert key not in MISPRINTS or n == MISPRINTS[key] + 1
    assert {"A-1": 194, "A-2": 196}[table] == compared


def test_the_misprint_in_table_a2():
    """112 files with 4 errors allowed leave a risk above a tenth; 113 do not."""
    rate = Fraction(7, 100)
    assert "0.1007" == f"{acceptance_chance(4, 112, None, rate):.4f}"
    assert "0.0966" == f"{acceptance_chance(4, 113, None, rate):.4f}"


def test_floating_point_would_allow_one_error_more():
    """400 x .035 is 14; in floating point 14.000000000000002, and its next whole number 15."""
    assert "0.21" == f"{acceptance_chance(7, 200, None, Fraction(5, 100)):.2f}"
    assert 15 == math.ceil(400 * 0.035)
    sizes = tolerable_size(
        tolerable=Fraction(5, 100), expected=Fraction(35, 1000), risk=Fraction(1, 10),
        population=None,
    )  # fmt: skip
    assert (400, 14) == sizes


@pytest.mark.parametrize("table", ["A-3", "A-4"])
def test_upper_limits_of_a_rate(table: str):
    """AICPA tables A-3 and A-4: per cent, rounded up to a tenth; 231 cells each."""
    risk = {"A-3": 0.05, "A-4": 0.1}[table]
    cells = 0
    for n, row in DATA[table].items():
        for errors, printed in enumerate(row):
            limit = 100 * upper_rate(errors, int(n), risk=risk)
            assert printed == math.ceil(round(limit * 10, 9)) / 10
            cells += 1
    assert 231 == cells


def test_finite_registers_of_auditsampler():
    """AuditSampler (quoted in jfa): N, expected, tolerable, confidence -> n, finite and not."""
    for N, expected, tolerable, confidence, finite, endless in DATA["AuditSampler"]:
        for population, printed in ((N, finite), (None, endless)):
            n, _ = tolerable_size(
                tolerable=Fraction(tolerable, 100),
                expected=Fraction(expected, 100),
                risk=1 - Fraction(confidence, 100),
                population=population,
            )
            assert printed == n


def test_discovery_sizes_of_ezquant():
    """EZ-Quant (DCAA, quoted in jfa): 95 %, no error; N = 500, 1,000, 5,000 x 8, 6, 4, 2 %."""
    printed = [35, 47, 69, 129, 36, 48, 71, 138, 36, 49, 73, 147]
    found = [
        acceptance_size(0, tolerable=Fraction(rate, 100), risk=Fraction(1, 20), population=N)
        for N in (500, 1000, 5000)
        for rate in (8, 6, 4, 2)
    ]
    assert printed == found


def test_touw_and_hoogduin():
    """Statistiek voor audit en controlling (2011), pp. 123 and 126 (quoted in jfa)."""
    tenth, twentieth = Fraction(1, 10), Fraction(1, 20)
    assert [45, 102] == [
        acceptance_size(c, tolerable=twentieth, risk=tenth, population=1200) for c in (0, 2)
    ]
    for percent, printed in DATA["Touw and Hoogduin p. 126"].items():
        rate = Fraction(int(percent), 100)
        found = [
            acceptance_size(c, tolerable=rate, risk=twentieth, population=None) for c in range(4)
        ]
        assert printed == found


@pytest.mark.parametrize("row", DATA["nAuditAttr"])
def test_practools_nauditattr(row: list[float]):
    """PracTools 1.7.5: rate, errors allowed, confidence, N -> hypergeometric and binomial n."""
    rate, allowed, confidence, N, finite, endless = row
    tolerable, risk = Fraction(str(rate)), 1 - Fraction(str(confidence))
    for population, printed in ((int(N), finite), (None, endless)):
        found = acceptance_size(int(allowed), tolerable=tolerable, risk=risk, population=population)
        assert printed == found


@pytest.mark.parametrize("row", DATA["nProp"])
def test_practools_sizes_for_a_margin(row: list[float]):
    """PracTools 1.7.5, 15 digits: by the normal, Wilson's and the log-odds interval, and by cv.

    nLogOdds divides the variance by N / (N - 1) where S^2 = p q N / (N - 1) is larger than p q;
    with that undone it agrees.
    """
    rate, margin, N, normal, relative, cv, wilson, log_odds = row
    N = math.inf if N == 0 else N
    close = {"rel": 1e-12, "abs": 0}
    assert pytest.approx(normal, **close) == textbook_margin_size(rate, margin, population=N)
    # their relative margin is 5 e times the rate, their cv 2 e
    found = textbook_margin_size(rate, 5 * margin * rate, population=N)
    assert pytest.approx(relative, **close) == found
    assert pytest.approx(cv, **close) == cv_size(rate, 2 * margin, population=N)
    assert pytest.approx(wilson, **close) == wilson_margin_size(rate, margin)
    found = log_odds_margin_size(rate, margin, population=N)
    if not math.isinf(N):
        unit = N / (N - 1)
        found = 1 / ((1 / found - 1 / N) * unit**2 + 1 / N)
    assert pytest.approx(log_odds, **close) == found


def test_sizes_for_a_margin_of_other_books():
    """Kauermann and Kuechenhoff (2010): 169; Children's Bureau (OMB 0970-0426): 370 and 383."""
    assert 169 == math.ceil(textbook_margin_size(0.5, 0.05, population=300))
    assert [370, 383] == [
        math.ceil(textbook_margin_size(0.5, 0.05, population=N)) for N in (10_000, 100_000)
    ]
    assert pytest.approx(1475.1201871465441) == textbook_margin_size(0.04, 0.01)  # PracTools' help
