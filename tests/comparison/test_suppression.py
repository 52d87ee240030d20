"""Suppression, attacked: what a reader can work out of a published table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pytest
from domain_samples import findings_of

import sampleaudit as sa
from sampleaudit.comparison.hidden_cells import GRIDS, Column, hide, safe_values

UNDER = 5


def drawn_counts(seed: int, domains: int = 6) -> dict[str, tuple[int, int, int]]:
    """Return errors, reviewed and population of a few domains, most of them not small."""
    draws = np.random.default_rng(seed)
    read = draws.integers(18, 34, domains)
    errors = draws.binomial(read, draws.uniform(0.1, 0.5, domains))
    size = read * draws.integers(2, 7, domains)
    return {f"M{k}": (int(errors[k]), int(read[k]), int(size[k])) for k in range(domains)}


class Attacker:
    """Knows the published table, how many were read everywhere, and every formula."""

    def __init__(self, published: pd.DataFrame, counts: Mapping[str, tuple[int, int, int]]) -> None:
        rows = published[published["indicator"] == "late"].set_index("municipality")
        self.total = rows.loc["all"]
        self.labels = [label for label in rows.index if label != "all"]
        self.shown = {
            label: int(rows.loc[label, "errors"])
            for label in self.labels
            if not math.isnan(rows.loc[label, "errors"])
        }
        self.hidden = [label for label in self.labels if label not in self.shown]
        self.read = {label: counts[label][1] for label in self.labels}
        self.size = {label: counts[label][2] for label in self.labels}

    def fits(self, guess: Mapping[str, int]) -> bool:
        """Tell whether the total row would read as it does with these errors."""
        errors = [(self.shown | dict(guess))[label] for label in self.labels]
        read, size = list(self.read.values()), list(self.size.values())
        rate = sum(x * N / n for x, n, N in zip(errors, read, size, strict=True)) / sum(size)
        grids = [grid for grid in GRIDS if self._on(self.total["rate"], grid)]
        if not any(abs(rate - self.total["rate"]) <= grid / 2 + 1e-9 for grid in grids):
            return False
        interval = sa.rate_interval(errors, read, size)
        return any(
            abs(math.floor(interval.low / grid + 1e-9) * grid - self.total["rate_low"]) < 1e-9
            and abs(math.ceil(interval.high / grid - 1e-9) * grid - self.total["rate_high"]) < 1e-9
            for grid in grids
        )

    @staticmethod
    def _on(rate: float, grid: float) -> bool:
        return abs(rate / grid - round(rate / grid)) < 1e-9

    def guesses(self, label: str, value: int, truth: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """Yield errors of the hidden domains that add up, this one's being ``value``.

        Three domains or fewer: all there are. More: those where two others make up for it.
        """
        left = int(self.total["errors"]) - sum(self.shown.values()) - value
        others = [each for each in self.hidden if each != label]
        for pair in itertools.combinations(others, min(2, len(others))):
            fixed = {each: truth[each] for each in others if each not in pair}
            rest = left - sum(fixed.values())
            first, last = pair if len(pair) == 2 else (None, pair[0])
            for some in range(self.read[first] + 1) if first else (0,):
                if 0 <= rest - some <= self.read[last]:
                    moved = {last: rest - some} | ({first: some} if first else {})
                    yield fixed | moved | {label: value}

    def possible(self, label: str, value: int, truth: Mapping[str, int]) -> bool:
        """Tell whether any guess with this value fits everything published."""
        return any(self.fits(guess) for guess in self.guesses(label, value, truth))


@pytest.mark.parametrize("seed", range(12))
def test_no_small_count_can_be_narrowed(seed: int):
    """Sums, the weighted rate and the recomputed limits leave every value from 1 to 4 possible."""
    counts = drawn_counts(seed)
    findings = findings_of({"late": counts})
    table = sa.estimate_rates(findings, "late", by="municipality", overall=True)
    published = sa.suppress(table, under=UNDER).to_frame()
    attacker = Attacker(published, counts)
    small = [m for m, (x, n, _) in counts.items() if 0 < x < UNDER or 0 < n - x < UNDER]
    assert set(small) <= set(attacker.hidden)
    if not small or published["suppressed"].iloc[0] == "hidden":
        return
    assert len(attacker.hidden) >= 2
    truth = {label: x for label, (x, _, _) in counts.items()}
    for label in small:
        kind = 0 if truth[label] < UNDER else counts[label][1]  # errors, or correct cases, are few
        for value in range(1, UNDER):
            assert attacker.possible(label, abs(kind - value), truth), (label, value)


def test_the_attacker_succeeds_where_only_small_counts_are_hidden():
    """The control: without secondary suppression the total gives the count away."""
    counts = {"A": (3, 30, 90), "B": (9, 30, 60), "C": (8, 30, 120)}
    table = sa.estimate_rates(findings_of({"late": counts}), "late", by="municipality",
                              overall=True).to_frame()  # fmt: skip
    naive = table.copy()
    naive.loc[naive["municipality"] == "A", "errors"] = np.nan
    left = naive["errors"].iloc[0] - naive["errors"].iloc[1:].sum()
    assert 3 == left
    published = sa.suppress(table.assign(), by="municipality").to_frame()
    assert published["errors"].isna().sum() >= 2


def test_hidden_rows_show_only_what_was_known_before():
    """Population and numbers read stay; counts, rates, limits, methods and remarks go."""
    counts = {"A": (3, 30, 90), "B": (9, 30, 60), "C": (8, 30, 120), "D": (0, 30, 70)}
    table = sa.estimate_rates(findings_of({"late": counts}), "late", by="municipality",
                              overall=True)  # fmt: skip
    published = sa.suppress(table).to_frame().set_index("municipality")
    row = published.loc["A"]
    assert "hidden" == row["suppressed"]
    assert [90, 30] == [row["population"], row["reviewed"]]
    told = [name for name in published.columns
            if name not in ("indicator", "population", "reviewed", "level", "side", "suppressed")
            and not (row[name] == "" or row[name] != row[name])]  # fmt: skip
    assert [] == told
    total = published.loc["all"]
    assert "rounded" == total["suppressed"]
    assert np.isnan(total["se"])
    assert total["rate"] == pytest.approx(round(total["rate"], 2))
    assert 20 == total["errors"]


def test_a_total_without_hidden_rows_stays_as_it_is():
    """Nothing small, nothing touched."""
    counts = {"A": (10, 30, 90), "B": (9, 30, 60), "C": (8, 30, 120)}
    table = sa.estimate_rates(findings_of({"late": counts}), "late", by="municipality",
                              overall=True)  # fmt: skip
    published = sa.suppress(table)
    assert {""} == set(published.to_frame()["suppressed"])
    pd.testing.assert_frame_equal(
        table.to_frame(), published.to_frame().drop(columns="suppressed"), check_dtype=False
    )
    assert "hidden" not in repr(published)


def test_any_error_does_not_give_a_hidden_count_away():
    """A has 10 cases with any error, 7 of them late by the table: so at least 3 others are lost."""
    late = {"A": (7, 30, 90), "B": (9, 30, 90), "C": (12, 30, 90), "D": (11, 30, 90)}
    lost = {"A": (3, 30, 90), "B": (9, 30, 90), "C": (10, 30, 90), "D": (9, 30, 90)}
    table = pd.DataFrame(
        [
            {"indicator": name, "m": label, "reviewed": n, "applicable": n, "errors": x}
            for name, counts in {
                "late": late, "lost": lost,
                "any error": {"A": (10, 30, 90), "B": (15, 30, 90), "C": (18, 30, 90),
                              "D": (17, 30, 90)},
            }.items()
            for label, (x, n, _) in counts.items()
        ]
    )  # fmt: skip
    published = sa.suppress(table, by="m").to_frame().set_index(["indicator", "m"])
    assert "hidden" == published.loc[("lost", "A"), "suppressed"]
    hidden = {published.loc[(name, "A"), "suppressed"] for name in ("late", "any error")}
    assert "hidden" in hidden


def test_safe_values_are_what_the_definition_says():
    """Three hidden domains, every exchange of counts that keeps both totals, enumerated."""
    counts = np.array([[2, 3, 9, 12], [18, 17, 11, 8], [0, 0, 0, 0], [0, 0, 0, 0]])
    column = Column(counts, counts[:3].sum(axis=0), np.ones(4), ())
    hide([column], None, under=5)
    total = sum(int(counts[0, d]) for d in column.hidden)
    others = sorted(column.hidden - {0})
    expected = {
        value
        for value in range(1, 5)
        for some in itertools.product(*(range(21) for _ in others))
        if value + sum(some) == total
    }
    assert expected == set(safe_values([column], None, 0, 0, 0, under=5)) == {1, 2, 3, 4}


def test_missing_files_are_hidden_by_themselves():
    """Two missing files in A: the rate may stay, the number of missing files and its limits go."""
    rows = [
        {"indicator": "late", "m": m, "reviewed": 30, "applicable": 30, "errors": 10 + k,
         "missing": 2 * (m == "A") + 6 * (m == "B")}
        for k, m in enumerate("ABC")
    ]  # fmt: skip
    published = sa.suppress(pd.DataFrame(rows), by="m").to_frame()
    assert np.isnan(published["missing"]).sum() >= 2
    assert published["errors"].notna().all()
    assert "missing hidden" == published["suppressed"].iloc[0]


def test_a_total_that_is_small_itself_is_hidden():
    """Three errors in all: the total row tells too much."""
    counts = {"A": (1, 30, 90), "B": (2, 30, 60), "C": (0, 30, 120)}
    table = sa.estimate_rates(findings_of({"late": counts}), "late", by="municipality",
                              overall=True)  # fmt: skip
    assert {"hidden"} == set(sa.suppress(table).to_frame()["suppressed"])


def test_bad_requests_are_refused():
    """A bound of 1, no columns of domains, rows that are absent, no counts, one domain."""
    counts = {"A": (3, 30, 90), "B": (9, 30, 60)}
    findings = findings_of({"late": counts})
    table = sa.estimate_rates(findings, "late", by="municipality")
    frame = table.to_frame()
    with pytest.raises(sa.AuditError, match="under is 1"):
        sa.suppress(table, under=1)
    with pytest.raises(sa.AuditError, match="for a table by domains"):
        sa.suppress(sa.estimate_rates(findings, "late"))
    with pytest.raises(sa.AuditError, match="Name the columns of the domains"):
        sa.suppress(frame)
    with pytest.raises(sa.AuditError, match="no column 'errors'"):
        sa.suppress(frame.drop(columns="errors"), by="municipality")
    with pytest.raises(sa.AuditError, match="at least two domains"):
        sa.suppress(frame.iloc[:1], by="municipality")
    with pytest.raises(sa.AuditError, match="not counts with errors <= applicable"):
        sa.suppress(frame.assign(errors=[3, 31]), by="municipality")
    two = pd.concat([frame, frame.iloc[:1].assign(indicator="lost")])
    with pytest.raises(sa.AuditError, match="no row for 'lost in B'"):
        sa.suppress(two, by="municipality")
