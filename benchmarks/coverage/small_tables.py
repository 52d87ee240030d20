"""The document's tables of small designs, gone through in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.coverage.designs import (
    DIFFERENCE_METHODS,
    FEWER_CASES,
    KNOWN_METHODS,
    LABELS,
    LEVELS,
    LINEARISED,
    RATIO_METHODS,
    Case,
)
from benchmarks.coverage.figures import (
    NONE,
    Figures,
    case_name,
    ratio,
    share,
    table,
    without_zero,
)

BOTH: Case = (0.95, "both")
UPPER: Case = (0.95, "upper")
_EXPLAINED = ("profile", "guaranteed", "wright-sidak", "korn-graubard-capped")


def total_section(figures: Figures) -> list[str]:
    """Return lowest coverage by level, widths, worst caseloads and missing intervals."""
    names = LABELS["totals"]
    lines = [
        "## Small designs: errors in the whole caseload",
        "",
        "Every caseload and every sample. Rows are designs: cases in the register by stratum; "
        "cases read. A stratum with all its cases read is a census. `guaranteed` goes through "
        f"every caseload itself{_not_enumerated(figures, names)}; *point tests* is the procedure "
        "of the larger designs (docs/proved-intervals.md) used on these. *Plain* is `profile` "
        "without its margin for caseloads nearly as likely. An interval that a formula does not "
        "give covers nothing; in brackets the lowest coverage if all such were to hold.",
        "",
    ]
    for level in LEVELS:
        lines += [f"Lowest coverage at {without_zero(f'{level:.2f}')}: two-sided / one-sided.", ""]
        lines += _by_level(figures, names, level)
    lines += [
        "Mean width at .95 over `profile`'s: the two-sided interval / the one-sided limit itself. "
        "The mean is over all caseloads; of a method that sometimes gives no interval, over the "
        "others.",
        "",
        *_relative(figures, names),
        "The caseload with the lowest coverage of the two-sided .95 interval, errors by stratum; "
        "and in how many per cent of samples a formula gives no such interval, all caseloads "
        "weighing the same.",
        "",
    ]
    rows = []
    for name in names:
        found = {each: figures.small("totals", name, each, BOTH) for each in KNOWN_METHODS}
        rows.append(
            [
                name,
                *(_errors(found[each]) for each in _EXPLAINED),
                *(_missing(found[each]) for each in LINEARISED),
            ]
        )
    head = ["design", *_EXPLAINED, *(f"no {method}, %" for method in LINEARISED)]
    return lines + table(head, rows)


def ratio_section(figures: Figures) -> list[str]:
    """Return lowest coverage and widths of rates whose denominator is random."""
    return [
        "## Small designs: rates with a random denominator",
        "",
        "The duty does not apply to every case, which only reading tells; or the rate is that of a "
        "domain whose size in each stratum is known. Every caseload (errors, correct, others) and "
        "every sample.",
        "",
        *_both_tables(figures, "ratios", RATIO_METHODS),
    ]


def difference_section(figures: Figures) -> list[str]:
    """Return lowest coverage and widths of differences."""
    return [
        "## Small designs: differences of two rates",
        "",
        "Every pair of caseloads and every pair of samples. `guaranteed` goes through every pair "
        "of caseloads itself; *point tests* is the procedure of larger designs used on these. The "
        "last three methods are for two endless populations without strata.",
        "",
        *_both_tables(figures, "differences", DIFFERENCE_METHODS),
    ]


def _both_tables(figures: Figures, part: str, methods: Sequence[str]) -> list[str]:
    """Return lowest coverage, with the width in brackets, by design and method."""
    rows = []
    for name in LABELS[part]:
        own = figures.small(part, name, "profile", BOTH)
        row = [name]
        for method in methods:
            found = [figures.small(part, name, method, case) for case in FEWER_CASES]
            cell = " / ".join(share(each["lowest"]) if each else NONE for each in found)
            both = figures.small(part, name, method, BOTH)
            if own and both:
                beside = f"{100 * own['width']:.1f} points"
                if method != "profile":
                    beside = f"{both['width'] / own['width']:.3f}"
                if both["missing"]:
                    beside += f"; {share(both['lenient'], 3)}"
                cell += f" ({beside})"
            row.append(_empty(cell))
        rows.append(row)
    cases = ", ".join(case_name(case) for case in FEWER_CASES)
    return [
        f"Lowest coverage: {cases}. In brackets, for the two-sided .95 interval, the mean width "
        "over `profile`'s (for `profile` itself in percentage points) and, for a formula that "
        "sometimes gives no interval, the lowest coverage if all those not given were to hold.",
        "",
        *table(["design", *methods], rows),
    ]


def _by_level(figures: Figures, names: Sequence[str], level: float) -> list[str]:
    """Return a table of lowest coverage, two-sided and one-sided, by design and method."""
    cases: tuple[Case, ...] = ((level, "both"), (level, "upper"))
    rows = [
        [
            name,
            *(
                _empty(
                    " / ".join(
                        _lowest(figures.small("totals", name, method, case)) for case in cases
                    )
                )
                for method in KNOWN_METHODS
            ),
        ]
        for name in names
    ]
    return table(["design", *KNOWN_METHODS], rows)


def _relative(figures: Figures, names: Sequence[str]) -> list[str]:
    """Return a table of widths over the default's, with the default's own in points."""
    rows = []
    for name in names:
        own, limit = (figures.small("totals", name, "profile", case) for case in (BOTH, UPPER))
        row = [name, f"{100 * own['width']:.1f}" if own else NONE]
        for method in KNOWN_METHODS[1:]:
            pair = [figures.small("totals", name, method, case) for case in (BOTH, UPPER)]
            if own and limit and pair[0] and pair[1]:
                above = pair[0]["width"] / own["width"], pair[1]["high"] / limit["high"]
                row.append(" / ".join(ratio(each, 3) for each in above))
            else:
                row.append(NONE)
        rows.append(row)
    return table(["design", "profile, points", *KNOWN_METHODS[1:]], rows)


def _lowest(found: dict[str, Any] | None) -> str:
    """Return the lowest coverage and, where intervals are missing, what it is if all those hold."""
    if found is None:
        return NONE
    lowest = share(found["lowest"])
    return f"{lowest} ({share(found['lenient'], 3)})" if found["missing"] else lowest


def _errors(found: dict[str, Any] | None) -> str:
    return ",".join(str(part[0]) for part in found["caseload"]) if found else NONE


def _missing(found: dict[str, Any] | None) -> str:
    return f"{100 * found['missing']:.1f}" if found else NONE


def _empty(cell: str) -> str:
    return NONE if set(cell) <= {"-", " ", "/"} else cell


def _not_enumerated(figures: Figures, names: Sequence[str]) -> str:
    """Say in which designs the guarantee is proved and not enumerated."""
    results = figures.parts.get("totals", {})
    proved = [
        name for name in names if results.get(f"{name} guaranteed", {}).get("guarantee") == "proved"
    ]
    return f" (not in {' and '.join(proved)}, where it is proved)" if proved else ""
