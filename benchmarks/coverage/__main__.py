"""Compute the evidence and write docs/coverage.md; see the package."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Final

from benchmarks.coverage import simulation, small, timing
from benchmarks.coverage.figures import Figures, table
from benchmarks.coverage.large_tables import simulation_section, time_section, width_section
from benchmarks.coverage.small_tables import difference_section, ratio_section, total_section
from benchmarks.coverage.tasks import KEPT, ROOT, WORKERS, Task, results_of
from benchmarks.coverage.verdict import bars

PAGE: Final = ROOT / "docs" / "coverage.md"
PARTS: Final[dict[str, Callable[[], list[Task]]]] = {
    "totals": small.total_tasks,
    "ratios": small.ratio_tasks,
    "differences": small.difference_tasks,
    "simulation": simulation.tasks,
    "time": timing.tasks,
}
ALONE: Final = ("time",)  # parts that nothing else may run beside
INTRODUCTION: Final = f"""\
# How often the intervals hold, how wide they are, how long they take

Written by `make coverage` (`python -m benchmarks.coverage`); do not edit by hand.

An interval of level .95 should hold the true rate in at least 95 of 100 samples, *whatever the
caseload looks like*. Averages do not show that: a method can hold in 95 % of all cases and in 30 %
of those with few errors in one small stratum. So the figure that counts here is the **lowest
coverage over caseloads**, for every method that the library offers, the default and the habits of
the field alike.

- **Small designs are gone through in full**: the limits of every possible sample, then, for every
  possible caseload, the exact probability that they hold the truth. No chance is involved. The
  probabilities come from whole-number binomial coefficients, not from the library. Coverages are
  rounded down: .9499 is short of .95.
- **Larger designs are simulated** from fixed caseloads with fixed seeds (numpy's default generator,
  seed {simulation.SEED} and the numbers of the design, the spread and the rate), so the same numpy
  gives the same figures. They have a Monte Carlo error, which stands beside them.
- `profile` is the default and `guaranteed` the interval that never falls short. For comparison:
  the least favourable caseload, searched for (`berger-boos`, `wendell-schmee`), the limits of the
  strata added up (`wright-sidak`), and formulas that take a standard error for normal or binomial
  (`wald`, `wilson`, `logit`, `korn-graubard`).
- One-sided means an upper limit; a lower limit is its mirror image, errors and correct exchanged.
- The mean width of a small design is over all caseloads, each weighing the same.
- Some formulas give no interval in some samples (no errors found, say). What is not given covers
  nothing; the tables say how often that is.

To repeat: `make coverage` does all of it with two processes; `python -m benchmarks.coverage --only
totals` one part ({", ".join(f"`{part}`" for part in PARTS)}). What was computed is kept in
`build/coverage` and used again until the code behind it changes, so only the column of times
differs from run to run.
"""


def main() -> None:
    """Run the parts asked for, and write the page from all that is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    parser.add_argument("--write", action="store_true", help="compute nothing, write what is kept")
    parser.add_argument("--processes", type=int, default=WORKERS, help="at the same time")
    parser.add_argument("--fewer", type=int, default=1, help="divide simulated samples: a trial")
    chosen = parser.parse_args()
    parts = PARTS | {"simulation": partial(simulation.tasks, chosen.fewer)}
    wanted = () if chosen.write else tuple(chosen.only or PARTS)
    results = {}
    for part, tasks in parts.items():
        if part in wanted:
            results[part] = results_of(tasks(), workers=1 if part in ALONE else chosen.processes)
        else:
            kept = {task.label: task.kept() for task in tasks()}
            results[part] = {label: each for label, each in kept.items() if each is not None}
    PAGE.write_text(page(Figures(results)), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written; results in {KEPT.relative_to(ROOT)}")


def page(figures: Figures) -> str:
    """Return the document."""
    rows = [[each.what, each.demanded, each.measured, each.verdict] for each in bars(figures)]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy"))
    lines = [
        INTRODUCTION,
        "## Verdict",
        "",
        "Each bar, what was measured, and where the lowest (or widest) is.",
        "",
        *table(["what", "demanded", "measured", "verdict"], rows),
        *total_section(figures),
        *ratio_section(figures),
        *difference_section(figures),
        *simulation_section(figures),
        *width_section(figures),
        *time_section(figures),
        f"Computed with Python {platform.python_version()}, {packages}, {platform.system()}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
