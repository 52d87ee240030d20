"""The document's tables of larger designs: simulated coverage, widths, times."""

from __future__ import annotations

import math

from benchmarks.coverage.designs import KNOWN_METHODS, PROVED, RATES, SIMULATED, SPREADS, Spread
from benchmarks.coverage.figures import (
    NONE,
    RATE_NAMES,
    Figures,
    ratio,
    share,
    simulated_name,
    standard_error,
    table,
)
from benchmarks.coverage.simulation import ONE_SIDED
from benchmarks.coverage.timing import OUTCOMES, RATE, TIMED
from sampleaudit.analysis import METHODS

_METHODS = [method for method in KNOWN_METHODS if method != PROVED]
_PLACES = [(name, spread) for name in SIMULATED for spread in SPREADS]


def simulation_section(figures: Figures) -> list[str]:
    """Return simulated coverage by method, and by rate for the two that the library stands for."""
    lines = [
        "## Larger designs: simulated",
        "",
        f"Fixed caseloads with {', '.join(RATE_NAMES[:-1])} and {RATE_NAMES[-1]} errors. *Even*: "
        "the same rate in all strata. *Packed*: a tenth of the errors spread so, the rest in the "
        "smallest strata, up to six tenths of their cases. All methods see the same samples; slow "
        "ones fewer of them, the first ones.",
        "",
        *_sizes(figures),
        "Coverage of the two-sided .95 interval, the lowest of the four rates, and its Monte Carlo "
        "standard error at .95. An interval that a formula does not give covers nothing.",
        "",
    ]
    rows = [[_name(*place), *(_lowest(figures, *place, each) for each in _METHODS)]
            for place in _PLACES]  # fmt: skip
    lines += table(["design", *_METHODS], rows)
    lines += [
        "Coverage by rate of errors: two-sided .95 interval / one-sided .95 limit.",
        "",
    ]
    rows = [
        [_name(*place), *(cell for each in ONE_SIDED for cell in _by_rate(figures, *place, each))]
        for place in _PLACES
    ]
    head = [f"{method} {rate}" for method in ONE_SIDED for rate in RATE_NAMES]
    return lines + table(["design", *head], rows)


def width_section(figures: Figures) -> list[str]:
    """Return mean widths over Wright-Sidak's and over the default's."""
    rows = [[_name(*place), *(_widths(figures, *place, each) for each in _METHODS)]
            for place in _PLACES]  # fmt: skip
    return [
        "## Larger designs: widths",
        "",
        "Mean width of the two-sided .95 interval, over Wright-Sidak's / over `profile`'s, in the "
        "same samples; the mean of the ratios at the four rates.",
        "",
        *table(["design", *_METHODS], rows),
    ]


def time_section(figures: Figures) -> list[str]:
    """Return the time of an interval by number of strata."""
    unit = figures.time("profile", 1)
    rows = []
    for method in METHODS:
        row: list[str] = [method]
        for strata in TIMED:
            found = figures.time(method, strata)
            if found is None or unit is None:
                row.append(NONE)
                continue
            first, later = (1000 * each for each in found)
            times = later / (1000 * unit[1])
            row.append(f"{_three(times)} x ({_three(later)} ms; first {_three(first)})")
        rows.append(row)
    head = [f"{strata} strat{'um' if strata == 1 else 'a'}" for strata in TIMED]
    sizes = "; ".join(f"{strata}: {design.label}" for strata, design in TIMED.items())
    return [
        "## Time",
        "",
        "One two-sided .95 interval, as a multiple of `profile`'s with one stratum in the same "
        "run; in brackets the milliseconds of processor time, and those of the first interval of "
        "a design, which includes what is then kept for the others. Median of up to "
        f"{OUTCOMES - 1} samples with {100 * RATE:.0f} % errors. The machine is shared: read the "
        f"ratios. Designs: {sizes}.",
        "",
        *table(["method", *head], rows),
    ]


def _sizes(figures: Figures) -> list[str]:
    """Return a table of the samples of each caseload, by design and method."""
    rows = []
    for name in SIMULATED:
        found = [figures.simulated(name, SPREADS[0], method) for method in _METHODS]
        counts = [f"{each['samples']:,}" if each else NONE for each in found]
        rows.append([simulated_name(name), *counts])
    return ["Samples of each caseload:", "", *table(["design", *_METHODS], rows)]


def _name(name: str, spread: Spread) -> str:
    return f"{name if name.isdigit() else f'({name})'} {spread}"


def _lowest(figures: Figures, name: str, spread: Spread, method: str) -> str:
    found = figures.simulated(name, spread, method)
    if found is None:
        return NONE
    samples = found["samples"]
    return f"{share(min(found['held']) / samples, 3)} +- {ratio(standard_error(0.95, samples), 3)}"


def _by_rate(figures: Figures, name: str, spread: Spread, method: str) -> list[str]:
    both, upper = (figures.simulated(name, spread, method, side) for side in ("both", "upper"))
    return [
        " / ".join(
            share(found["held"][place] / found["samples"], 3) if found else NONE
            for found in (both, upper)
        )
        for place in range(len(RATES))
    ]


def _widths(figures: Figures, name: str, spread: Spread, method: str) -> str:
    pair = [
        figures.width_ratio(name, spread, method, beside) for beside in ("wright-sidak", "profile")
    ]
    return NONE if all(map(math.isnan, pair)) else " / ".join(ratio(each) for each in pair)


def _three(value: float) -> str:
    """Return a number with about three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
