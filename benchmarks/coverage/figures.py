"""What was found, looked up by design and method, and numbers as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.coverage.designs import RATES, SIMULATED, Case, Spread
from benchmarks.coverage.tasks import Result

NONE: Final = "-"
_SURE: Final = 1e-12  # rounding of a sum of probabilities


@dataclass(frozen=True, slots=True)
class Figures:
    """The results of all parts that were computed, by part and label."""

    parts: dict[str, dict[str, Result]]

    def small(self, part: str, design: str, method: str, case: Case) -> Result | None:
        """Return the figures of a method in a small design; None where it has no limits."""
        level, side = case
        found = self.parts.get(part, {}).get(f"{design} {method}", {})
        return found.get(f"{level:g} {side}")

    def simulated(
        self, name: str, spread: Spread, method: str, side: str = "both"
    ) -> Result | None:
        """Return how often limits held and how wide they were; None where not simulated."""
        return self.parts.get("simulation", {}).get(f"{name} {spread} {method} {side}")

    def time(self, method: str, strata: int) -> tuple[float, float] | None:
        """Return the seconds of the first interval and of the later ones."""
        found = self.parts.get("time", {}).get("all methods", {}).get(f"{method} {strata}")
        return (found[0], found[1]) if found else None

    def width_ratio(self, name: str, spread: Spread, method: str, beside: str) -> float:
        """Return one mean width over another, the mean over the rates; nan where one is missing.

        Both are of the same samples, those for which both methods give limits.
        """
        one, other = (self.simulated(name, spread, each) for each in (method, beside))
        if one is None or other is None:
            return math.nan
        ratios = []
        for mine, theirs in zip(one["widths"], other["widths"], strict=True):
            few = min(len(mine), len(theirs))
            pair = np.array([mine[:few], theirs[:few]], dtype=np.float64)
            above, below = pair[:, ~np.isnan(pair).any(axis=0)].sum(axis=1)
            if below:
                ratios.append(above / below)
        return float(np.mean(ratios)) if ratios else math.nan


def standard_error(share: float, samples: int) -> float:
    """Return the Monte Carlo standard error of a share of the samples."""
    return math.sqrt(share * (1 - share) / samples)


def share(value: float, digits: int = 4) -> str:
    """Return a coverage rounded down, so that what is short of a level looks so: .9499."""
    scale = 10**digits
    down = math.floor((value + _SURE) * scale) / scale
    return without_zero(f"{down:.{digits}f}")


def ratio(value: float, digits: int = 2) -> str:
    """Return a ratio, or a dash where there is none."""
    return NONE if math.isnan(value) else without_zero(f"{value:.{digits}f}")


def without_zero(text: str) -> str:
    """Return a share as .95."""
    return text[1:] if text.startswith("0.") else text


def case_name(case: Case) -> str:
    """Return a level and side in words."""
    return f"{without_zero(f'{case[0]:.2f}')} {'two-sided' if case[1] == 'both' else 'one-sided'}"


def simulated_name(name: str) -> str:
    """Return a simulated design's number, where it has one, and its sizes."""
    label = SIMULATED[name].label
    return label if name.isdigit() else f"({name}) {label}"


def percent(rate: float) -> str:
    """Return a rate as 3 %."""
    return f"{100 * rate:g} %"


RATE_NAMES: Final = tuple(percent(rate) for rate in RATES)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return a Markdown table and an empty line."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]
