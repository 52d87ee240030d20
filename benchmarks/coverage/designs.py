"""The designs, methods, levels and caseloads that the evidence is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sampleaudit.analysis import METHODS, Side

Counts = tuple[int, ...]
Spread = Literal["even", "packed"]
Case = tuple[float, Side]
"""A confidence level and a side."""

PLAIN: Final = "plain"  # profile with delta = 0: the likeliest caseload of each total alone
PROVED: Final = "point tests"  # the proved procedure, also where the library would enumerate
KNOWN_METHODS: Final = ("profile", PLAIN, "guaranteed", PROVED, *tuple(METHODS)[2:])
SEARCHED: Final = ("berger-boos", "wendell-schmee")
LINEARISED: Final = ("wald", "wilson", "logit", "korn-graubard", "korn-graubard-capped")
RATIO_METHODS: Final = ("profile", "guaranteed", *LINEARISED)
DIFFERENCE_METHODS: Final = (
    "profile",
    "guaranteed",
    PROVED,
    "newcombe",
    "mee",
    "miettinen-nurminen",
)
LEVELS: Final = (0.90, 0.95, 0.99)
KNOWN_CASES: Final[tuple[Case, ...]] = tuple(
    (level, side) for level in LEVELS for side in ("both", "upper")
)
FEWER_CASES: Final[tuple[Case, ...]] = ((0.90, "both"), (0.95, "both"), (0.95, "upper"))


@dataclass(frozen=True, slots=True)
class Design:
    """Cases in the register and cases reviewed, a number for each stratum.

    ``domain`` counts the register's cases of a domain; None where every case counts, or where only
    reading tells which cases do.
    """

    population: Counts
    reviewed: Counts
    domain: Counts | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """Return the sizes as text, or the name of a design with too many."""
        text = f"{_list(self.population)}; {_list(self.reviewed)}"
        if self.domain is not None:
            text += f"; domain {_list(self.domain)}"
        return self.name or text

    @property
    def open(self) -> int:
        """Return the number of strata that are read in part."""
        return sum(0 < n < N for n, N in zip(self.reviewed, self.population, strict=True))


EXHAUSTIVE: Final = (
    Design((100,), (10,)),
    Design((60,), (30,)),
    Design((500,), (100,)),
    Design((60, 40), (20, 10)),
    Design((70, 15), (14, 10)),
    Design((90, 10), (10, 5)),
    Design((50, 5), (4, 4)),
    Design((25, 25), (6, 6)),
    Design((40, 12), (10, 12)),
    Design((24, 20, 12), (7, 6, 5)),
    Design((40, 30, 20), (8, 6, 4)),
    Design((30, 12, 6), (5, 4, 6)),
    Design((200, 80, 20), (8, 6, 5)),
    Design((12, 10, 8, 6), (4, 3, 3, 2)),
    Design((10, 10, 10, 10), (3, 3, 3, 3)),
)
"""Small enough to go through every caseload and every sample; two have a census stratum."""

RATIOS: Final = (
    Design((12,), (5,)),
    Design((20,), (8,)),
    Design((8, 6), (4, 3)),
    Design((14, 6), (5, 3)),
    Design((20, 10), (7, 4)),
    Design((30, 15), (8, 5)),
    Design((10, 5), (4, 5)),
    Design((7, 5, 4), (3, 2, 2)),
    Design((8, 6), (4, 3), (5, 3)),
    Design((14, 6), (5, 3), (8, 3)),
    Design((10, 8, 6), (3, 3, 2), (6, 4, 2)),
    Design((26, 6), (18, 3), (24, 5)),
)

DIFFERENCES: Final = (
    (Design((24,), (8,)), Design((15,), (6,))),
    (Design((60,), (15,)), Design((40,), (12,))),
    (Design((100,), (22,)), Design((70,), (22,))),
    (Design((30,), (12,)), Design((30,), (12,))),
    (Design((12, 8), (4, 3)), Design((15,), (5,))),
    (Design((12, 8), (4, 3)), Design((10, 6), (3, 3))),
)

TWELVE: Final = (5000, 4000, 3000, 2000, 1500, 1200, 1000, 800, 600, 400, 300, 200)


def _many(strata: int) -> Design:
    """Return strata of 200 to 1,500 cases at equal distances, 22 read in each."""
    sizes = tuple(200 + 1300 * place // (strata - 1) for place in range(strata))
    return Design(sizes, (22,) * strata, name=f"{strata} strata of 200 to 1500; 22 each")


SIMULATED: Final = {
    "i": Design((60, 40), (20, 10)),
    "ii": Design((500, 300, 200), (50, 30, 20)),
    "iii": Design((1000, 300, 50), (40, 30, 25)),
    "iv": Design((4000, 2500, 1500, 800, 200), (80, 60, 60, 50, 40)),
    "v": Design(TWELVE, (30,) * 12, name="12 strata, 20,000 cases; 30 each"),
    "50": _many(50),
    "98": _many(98),
}
RATES: Final = (0.01, 0.03, 0.10, 0.30)
SPREADS: Final[tuple[Spread, ...]] = ("even", "packed")

SAMPLES: Final[dict[str, dict[str, int]]] = {
    "i": {"profile": 1000, PLAIN: 1000, "guaranteed": 1000, "searched": 100},
    "ii": {"profile": 1000, PLAIN: 500, "guaranteed": 100, "searched": 60},
    "iii": {"profile": 1000, PLAIN: 500, "guaranteed": 100, "searched": 40},
    "iv": {"profile": 600, PLAIN: 300, "guaranteed": 100, "searched": 10},
    "v": {"profile": 300, PLAIN: 150, "guaranteed": 50, "searched": 5},
    "50": {"profile": 200, PLAIN: 60, "guaranteed": 40, "searched": 0},
    "98": {"profile": 200, PLAIN: 100, "guaranteed": 30, "searched": 0},
}
"""Samples of each caseload, by design and method; the cheap ones have `MANY`, or `FEWER`."""
MANY: Final = 2000
FEWER: Final = 500
_NUMEROUS: Final = 12  # strata, above which Wright-Sidak limits have their price


def samples_of(name: str, method: str) -> int:
    """Return how many samples of each caseload of a simulated design a method has."""
    if method in LINEARISED:
        return MANY
    if method == "wright-sidak":
        return MANY if SIMULATED[name].open <= _NUMEROUS else FEWER
    return SAMPLES[name]["searched" if method in SEARCHED else method]


def _list(numbers: Counts) -> str:
    return ",".join(str(number) for number in numbers)


LABELS: Final[dict[str, tuple[str, ...]]] = {
    "totals": tuple(design.label for design in EXHAUSTIVE),
    "ratios": tuple(design.label for design in RATIOS),
    "differences": tuple(" against ".join(design.label for design in pair) for pair in DIFFERENCES),
}
"""The designs of the parts that go through everything, as text."""
