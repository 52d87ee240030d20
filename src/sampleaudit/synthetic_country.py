"""A made-up country of 98 municipalities, for showing how far rates vary by chance alone.

Nothing here is real: not the country, not its municipalities, not a case. Their sizes are skewed as
those of real ones are. What is true of the data: assessments are missing more often in some
municipalities than in others; action plans equally often in all of them, so that every difference
found there is chance; children are not heard in a few municipalities far more often than in the
others; follow-up is late in most cases, and not due in some.

Chance comes from SHA-256 of the seed and the case, so the data stay the same with every version of
every package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from math import exp
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sampleaudit.errors import AuditError

if TYPE_CHECKING:
    import pandas as pd

COUNTRY_SEED: Final = "sampleaudit country"
FIRST_PARTS: Final = (
    "Askel", "Birken", "Dalmar", "Egestub", "Fjelde", "Grøften", "Hassel", "Isager", "Klinter",
    "Lyngbo", "Mosend", "Nørkil", "Pilemo", "Ravnske",
)  # fmt: skip
LAST_PARTS: Final = ("bæk", "hede", "holt", "lund", "næs", "rød", "vang")
MUNICIPALITIES: Final = tuple(first + last for first in FIRST_PARTS for last in LAST_PARTS)
"""The 98 fictional municipalities."""
COLUMNS: Final = ("case_id", "municipality", "placement", "age_group")
"""The columns of the register, all text."""
MEDIAN_CASES: Final = 80
SPREAD: Final = 0.82  # standard deviation of the log of a municipality's number of cases
FEWEST_CASES: Final = 24
PLACEMENTS: Final[Mapping[str, float]] = MappingProxyType({"family": 0.58, "outside family": 0.42})
AGE_GROUPS: Final[Mapping[str, float]] = MappingProxyType(
    {"0 to 5": 0.2, "6 to 11": 0.3, "12 to 17": 0.5}
)
INDICATORS: Final = (
    "assessment missing",
    "action plan missing",
    "child not heard",
    "follow-up late",
)
"""The errors that reviewers look for."""
PLAN_RATE: Final = 0.12  # of missing action plans, the same everywhere
HEARD_SELDOM: Final = 5  # municipalities where children are not heard in HEARD_SELDOM_RATE of cases
HEARD_SELDOM_RATE: Final = 0.55
HEARD_RATE: Final = 0.2


def country_register(*, seed: str = COUNTRY_SEED) -> pd.DataFrame:
    """Make the register of all municipalities: one row a case, all columns text.

    A municipality's number of cases is a quantile of a lognormal distribution (median 80, at least
    24), dealt out by the seed; about 11,000 cases in all. ``placement`` is "family" or "outside
    family".
    """
    import pandas as pd

    order = sorted(MUNICIPALITIES, key=lambda name: _chance(seed, "size", name))
    rows = []
    for place, name in enumerate(order):
        quantile = NormalDist().inv_cdf((place + 0.5) / len(order))
        size = max(FEWEST_CASES, round(MEDIAN_CASES * exp(SPREAD * quantile)))
        for number in range(1, size + 1):
            case = f"{name[:3].upper()}{MUNICIPALITIES.index(name):02d}-{number:04d}"
            kind = _choice(PLACEMENTS, _chance(seed, "placement", case))
            age = _choice(AGE_GROUPS, _chance(seed, "age", case))
            rows.append((case, name, kind, age))
    rows.sort(key=lambda row: _chance(seed, "order", row[0]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def country_findings(register: pd.DataFrame, *, seed: str = COUNTRY_SEED) -> pd.DataFrame:
    """Make the truth: what a reviewer without error would find in every case of the register.

    Returns ``case_id`` and a column per indicator with "error", "correct" or "not applicable". A
    case's findings depend on the seed and its own row. Raises `AuditError` if a column is missing.
    """
    import pandas as pd

    for column in ("case_id", "municipality", "placement"):
        if column not in register.columns:
            raise AuditError(
                f"The register has no column {column!r}; take one that country_register made."
            )
    cases = zip(register["case_id"], register["municipality"], register["placement"], strict=True)
    return pd.DataFrame(
        [{"case_id": case} | _outcomes(seed, case, place, kind) for case, place, kind in cases],
        columns=["case_id", *INDICATORS],
    )


def country_rates(*, seed: str = COUNTRY_SEED) -> pd.DataFrame:
    """Return the practice behind the findings: each municipality's rate of each error.

    Columns ``municipality`` and the indicators, shares of 1 of a case with a family (outside one,
    assessments are missing 1.2 times as often).
    """
    import pandas as pd

    rows = [{"municipality": name} | _practice(seed, name) for name in MUNICIPALITIES]
    return pd.DataFrame(rows, columns=["municipality", *INDICATORS])


@cache
def _practice(seed: str, municipality: str) -> dict[str, float]:
    own = NormalDist().inv_cdf(0.001 + 0.998 * _chance(seed, "practice", municipality))
    seldom = sorted(MUNICIPALITIES, key=lambda name: _chance(seed, "heard", name))[:HEARD_SELDOM]
    return {
        "assessment missing": 0.15 * exp(0.45 * own),
        "action plan missing": PLAN_RATE,
        "child not heard": HEARD_SELDOM_RATE if municipality in seldom else HEARD_RATE,
        "follow-up late": 0.62 + 0.06 * own,
    }


def _outcomes(seed: str, case: str, municipality: str, placement: str) -> dict[str, str]:
    outcomes = {}
    for indicator, practice in _practice(seed, municipality).items():
        harder = indicator == "assessment missing" and placement == "outside family"
        wrong = _chance(seed, indicator, case) < practice * (1.2 if harder else 1.0)
        outcomes[indicator] = "error" if wrong else "correct"
    if _chance(seed, "due", case) < 0.15:
        outcomes["follow-up late"] = "not applicable"
    return outcomes


def _chance(seed: str, *what: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the seed and what it is for."""
    digest = sha256("|".join((seed, *what)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _choice(shares: Mapping[str, float], chance: float) -> str:
    """Return the label in whose share of [0, 1) the chance falls."""
    reached = 0.0
    for label, share in shares.items():
        reached += share
        if chance < reached:
            return label
    return label  # shares that add up to a hair less than 1
