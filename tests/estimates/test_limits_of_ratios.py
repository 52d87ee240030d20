"""Which limits a rate with an estimated denominator gets, by method, and what is said of them."""

from __future__ import annotations

import math

import pytest

import sampleaudit as sa
from sampleaudit.analysis import METHODS
from sampleaudit.errors import AuditError
from sampleaudit.estimates.limits import random_size_limits
from sampleaudit.formulas.ratio_guaranteed import (
    guaranteed_domain_limits,
    guaranteed_ratio_limits,
)

SMALL = {
    "errors": (1, 0), "applicable": (4, 2), "domain": (4, 2), "reviewed": (6, 4),
    "population": (16, 9),
}  # fmt: skip
LARGE = {
    "errors": (5, 2), "applicable": (35, 30), "domain": (35, 30), "reviewed": (60, 50),
    "population": (900, 600),
}  # fmt: skip


def limits(counts, *, domain_population=None, level=0.95, side="both", method="guaranteed"):
    return random_size_limits(**counts, domain_population=domain_population, level=level,
                              side=side, method=method)  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "known"), [(SMALL, "enumerated"), (LARGE, "proved")], ids=["small", "large"]
)
def test_guaranteed_limits_where_some_cases_do_not_apply(counts, known):
    """Those of the formula; the table says which, and how the guarantee is known."""
    found = limits(counts)
    expected = guaranteed_ratio_limits(
        counts["errors"], counts["applicable"], counts["reviewed"], counts["population"],
        lower_tail=(1 - 0.95) / 2, upper_tail=(1 - 0.95) / 2,
    )  # fmt: skip
    assert expected == (found.rate_low, found.rate_high, found.guarantee)
    assert ("guaranteed-ratio", known) == (found.method, found.guarantee)
    assert math.isnan(found.total_high)


@pytest.mark.parametrize(
    ("counts", "sizes", "known"),
    [(SMALL, (9, 5), "enumerated"), (LARGE, (520, 380), "proved")],
    ids=["small", "large"],
)
def test_guaranteed_limits_of_a_domain_use_its_size(counts, sizes, known):
    """Whether few of its cases were read or many: the choice must not depend on what was found."""
    found = limits(counts, domain_population=sizes)
    expected = guaranteed_domain_limits(
        counts["errors"], counts["domain"], sizes, counts["reviewed"], counts["population"],
        lower_tail=(1 - 0.95) / 2, upper_tail=(1 - 0.95) / 2,
    )  # fmt: skip
    assert expected == (found.rate_low, found.rate_high, found.guarantee)
    assert ("guaranteed-domain", known) == (found.method, found.guarantee)
    assert () == found.remarks


@pytest.mark.parametrize("sizes", [None, (9, 5)], ids=["unknown sizes", "domain"])
def test_one_sided_limits_leave_the_other_side_open(sizes):
    """And at 97.5 % equal those of the two-sided interval at 95 %."""
    both = limits(SMALL, domain_population=sizes)
    upper = limits(SMALL, domain_population=sizes, level=0.975, side="upper")
    lower = limits(SMALL, domain_population=sizes, level=0.975, side="lower")
    assert (0, both.rate_high) == (upper.rate_low, pytest.approx(upper.rate_high))
    assert (pytest.approx(both.rate_low), 1) == (lower.rate_low, lower.rate_high)


@pytest.mark.parametrize(
    "method", [name for name in METHODS if "-" in name and not name.startswith("korn")]
)
def test_methods_for_whole_numbers_of_cases_are_refused_by_name(method):
    """With the methods that fit."""
    with pytest.raises(AuditError, match=f"'{method}' does not fit.*'profile', 'guaranteed'"):
        limits(SMALL, method=method)


def test_default_limits_say_which_form_they_are():
    """The size of a domain is used where enough of it was read."""
    assert ("profile-ratio", "measured") == (
        limits(LARGE, method="profile").method, limits(LARGE, method="profile").guarantee,
    )  # fmt: skip
    known = limits(LARGE, method="profile", domain_population=(520, 380))
    assert ("profile-domain", "measured") == (known.method, known.guarantee)
    few = limits(SMALL, method="profile", domain_population=(9, 5))
    assert "profile-ratio" == few.method
    assert "its size in the register is not used" in few.remarks[0]


def test_estimates_take_guaranteed_limits_of_ratios_and_domains(sample):
    """From the table of the library's users: rate limits hold the estimate, totals are whole."""
    answers = sample.cases[["case_id"]].assign(
        late=["error" if place in (0, 13) else "correct" for place in range(24)],
        plan=["not applicable" if place % 3 else "correct" for place in range(24)],
    )
    found = sa.record_findings(sample, answers)
    for table in (
        sa.estimate_rates(found, "plan", method="guaranteed").to_frame(),
        sa.estimate_rates(found, "late", by="age", method="guaranteed").to_frame(),
    ):
        assert {"enumerated", "proved"} >= set(table["guarantee"])
        assert (table["rate_low"] <= table["rate"]).all()
        assert (table["rate"] <= table["rate_high"]).all()
        assert (table["total_high"] % 1 == 0).all()
