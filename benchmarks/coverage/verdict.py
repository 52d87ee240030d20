"""The bars that the intervals are held to, and whether they reach them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.coverage.designs import (
    FEWER_CASES,
    KNOWN_CASES,
    LABELS,
    PLAIN,
    PROVED,
    RATES,
    SIMULATED,
    SPREADS,
    Case,
)
from benchmarks.coverage.figures import (
    Figures,
    case_name,
    percent,
    ratio,
    share,
    standard_error,
    without_zero,
)

TOLERANCE: Final = 1e-12  # rounding of a sum of probabilities
SHORTFALL: Final = {"both": 0.002, "upper": 0.010}
"""How far below its level the default interval may fall, two-sided and one-sided."""
NOISE: Final = 3.0  # Monte Carlo standard errors by which a simulated coverage may miss a bar
PROFILE_WIDTHS: Final = {
    "i": (0.60, 0.64),
    "ii": (0.47, 0.47),
    "iii": (0.61, 0.54),
    "iv": (0.40, 0.34),
    "v": (0.25, 0.19),
}
"""The most that profile widths may be over Wright-Sidak's: errors spread evenly, packed."""
PROVED_WIDTHS: Final = {
    "ii": (1.08, 1.13),
    "iii": (1.15, 1.21),
    "iv": (1.15, 1.20),
    "v": (1.19, 1.29),
}
"""The most that proved widths may be over those of the likeliest caseload alone."""
ENUMERATED_WIDTH: Final = 1.02
PARTS: Final = (
    ("totals", "errors in the whole caseload", KNOWN_CASES),
    ("ratios", "rates with a random denominator", FEWER_CASES),
    ("differences", "differences of two rates", FEWER_CASES),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is demanded, what was measured, and whether it is met; None where not measured."""

    what: str
    demanded: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Return the verdict in words."""
        return {True: "met", False: "**not met**", None: "not measured"}[self.met]


def bars(figures: Figures) -> list[Bar]:
    """Return every bar, in the order of the document's sections."""
    return [
        *_guaranteed(figures),
        *_profile(figures),
        *_simulated(figures),
        *_widths(figures),
    ]


def _guaranteed(figures: Figures) -> Iterable[Bar]:
    for part, what, cases in PARTS:
        names = ("guaranteed",) if part == "ratios" else ("guaranteed", PROVED)
        for method in names:
            short, text = _least(figures, part, method, cases)
            met = None if math.isnan(short) else short >= -TOLERANCE
            yield Bar(f"`{method}`, {what}: every caseload", "the level", text, met)


def _profile(figures: Figures) -> Iterable[Bar]:
    for part, what, cases in PARTS:
        for side, allowed in SHORTFALL.items():
            some = [case for case in cases if case[1] == side]
            short, text = _least(figures, part, "profile", some)
            met = None if math.isnan(short) else short >= -allowed - TOLERANCE
            sided = "two-sided" if side == "both" else "one-sided"
            demanded = f"the level less {without_zero(f'{allowed:.3f}')}"
            yield Bar(f"`profile`, {what}, {sided}: every caseload", demanded, text, met)


def _least(figures: Figures, part: str, method: str, cases: Iterable[Case]) -> tuple[float, str]:
    """Return the lowest coverage less its level, and where it is."""
    least, text = math.nan, "-"
    for label in LABELS[part]:
        for case in cases:
            found = figures.small(part, label, method, case)
            if found is not None and not found["lowest"] - case[0] >= least:
                least = found["lowest"] - case[0]
                text = f"{share(found['lowest'])} at {case_name(case)} ({label})"
    return least, text


def _simulated(figures: Figures) -> Iterable[Bar]:
    for method in ("profile", "guaranteed"):
        for side, allowed in SHORTFALL.items():
            bar = 0.95 - (allowed if method == "profile" else 0.0)
            lowest, text = math.nan, "-"
            for name in SIMULATED:
                for spread in SPREADS:
                    found = figures.simulated(name, spread, method, side)
                    if found is None:
                        continue
                    for rate, held in zip(RATES, found["held"], strict=True):
                        covered = held / found["samples"]
                        error = standard_error(bar, found["samples"])
                        if not (covered - bar) / error >= lowest:
                            lowest = (covered - bar) / error
                            text = (
                                f"{share(covered, 3)} +- {ratio(error, 3)} (design {name}, "
                                f"{percent(rate)} {spread})"
                            )
            met = None if math.isnan(lowest) else lowest >= -NOISE
            sided = "two-sided" if side == "both" else "one-sided"
            yield Bar(
                f"`{method}`, {sided} .95, simulated: every caseload",
                f"{without_zero(f'{bar:.3f}')} less 3 standard errors",
                text,
                met,
            )


def _widths(figures: Figures) -> Iterable[Bar]:
    widest, where = math.nan, "-"
    for label in LABELS["totals"]:
        sure = figures.small("totals", label, "guaranteed", (0.95, "both"))
        plain = figures.small("totals", label, PLAIN, (0.95, "both"))
        if sure and plain and is_enumerated(label, figures):
            wider = sure["width"] / plain["width"]
            if not wider <= widest:
                widest, where = wider, f"{ratio(wider, 3)} ({label})"
    met = None if math.isnan(widest) else widest <= ENUMERATED_WIDTH
    demanded = f"at most {ENUMERATED_WIDTH:.2f}"
    yield Bar("width, enumerated `guaranteed` over plain, two-sided .95", demanded, where, met)
    for method, beside, wanted in (
        ("profile", "wright-sidak", PROFILE_WIDTHS),
        ("guaranteed", PLAIN, PROVED_WIDTHS),
    ):
        for name, most in wanted.items():
            found = [figures.width_ratio(name, spread, method, beside) for spread in SPREADS]
            met = None
            if not any(math.isnan(each) for each in found):
                met = all(round(each, 2) <= limit for each, limit in zip(found, most, strict=True))
            yield Bar(
                f"width, `{method}` over {beside}, design {name}, even / packed",
                "at most " + " / ".join(ratio(each) for each in most),
                " / ".join(ratio(each) for each in found),
                met,
            )


def is_enumerated(label: str, figures: Figures) -> bool:
    """Tell whether the guaranteed interval of an exhaustive design goes through every caseload."""
    found = figures.parts["totals"].get(f"{label} guaranteed", {})
    return found.get("guarantee") == "enumerated"
