"""How a sample will be analysed: fixed in the plan, before anyone reads a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from sampleaudit.errors import AuditError, one_of

Side = Literal["both", "upper", "lower"]
Method = Literal[
    "profile",
    "guaranteed",
    "berger-boos",
    "wendell-schmee",
    "wright-sidak",
    "wald",
    "wilson",
    "logit",
    "korn-graubard",
    "korn-graubard-capped",
]
MissingRule = Literal["error", "correct", "exclude"]
Guarantee = Literal["proved", "enumerated", "searched", "measured", "none"]

SIDES: Final[Mapping[Side, str]] = MappingProxyType(
    {
        "both": "an interval with a lower and an upper limit",
        "upper": "an upper limit only: at most",
        "lower": "a lower limit only: at least",
    }
)
METHODS: Final[Mapping[Method, Guarantee]] = MappingProxyType(
    {
        "profile": "measured",
        "guaranteed": "proved",
        "berger-boos": "searched",
        "wendell-schmee": "searched",
        "wright-sidak": "proved",
        "wald": "none",
        "wilson": "none",
        "logit": "none",
        "korn-graubard": "none",
        "korn-graubard-capped": "none",
    }
)
"""What is known of each method's coverage in general. With one stratum read in part "measured" and
"searched" become "proved", and where few caseloads are possible ``guaranteed`` and the searched
ones are "enumerated"."""
MISSING_RULES: Final[Mapping[MissingRule, str]] = MappingProxyType(
    {
        "error": "files that could not be produced count as errors (ISA 530)",
        "correct": "files that could not be produced count as correct",
        "exclude": "files that could not be produced are left out, as if they were like the others",
    }
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The analysis that a plan binds: confidence level, side, method and rules.

    ``level`` is a share of 1. ``missing`` is what a file that cannot be produced counts as.
    ``by`` names the columns of the subgroups that will be reported, ``tolerable`` the rate (a share
    of 1) above which the caseload is not acceptable, ``seed_source`` where the seed will come from.
    """

    level: float = 0.95
    side: Side = "both"
    method: Method = "profile"
    missing: MissingRule = "error"
    by: tuple[str, ...] = ()
    tolerable: float | None = None
    seed_source: str | None = None

    def __post_init__(self) -> None:
        check_level(self.level)
        one_of("side", self.side, tuple(SIDES))
        one_of("method", self.method, tuple(METHODS))
        one_of("missing", self.missing, tuple(MISSING_RULES))
        if self.tolerable is not None and not 0 < self.tolerable < 1:
            raise AuditError(
                f"tolerable is {self.tolerable}; it must be a rate between 0 and 1, as 0.05."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the analysis as plain values, for plan.json."""
        values = asdict(self)
        values["by"] = list(self.by)
        return values


def check_level(level: float) -> None:
    """Refuse a confidence level that is not a share strictly between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        percent = (
            f" Write {level}% as {level / 100:g}."
            if isinstance(level, int | float) and 1 <= level < 100 and not math.isnan(level)
            else ""
        )
        raise AuditError(f"level is {level!r}; it must lie between 0 and 1, as 0.95.{percent}")


def tails(level: float, side: Side) -> tuple[float | None, float | None]:
    """Return the probability left beyond the lower and the upper limit; None where there is none.

    alpha = 1 - level is halved between the limits of a two-sided interval.
    """
    alpha = 1 - level
    if side == "both":
        return alpha / 2, alpha / 2
    return (None, alpha) if side == "upper" else (alpha, None)


def as_columns(columns: str | Sequence[str], *, name: str) -> tuple[str, ...]:
    """Return one column name or several as a tuple; refuse anything that is not a name."""
    if not isinstance(columns, str | Iterable):
        raise AuditError(f"{name} is {columns!r}; it must be a column name or a list of them.")
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    for column in names:
        if not isinstance(column, str) or not column:
            raise AuditError(f"{name} holds {column!r}; it must be column names, as text.")
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise AuditError(f"{name} names {twice[0]!r} twice; name each column once.")
    return names
