"""How a sample will be analysed: fixed in the plan, before anyone reads a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from numbers import Integral
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
    ``looks`` are the numbers of cases read at which the findings will be looked at, if more than
    once; the level is that of all looks together.
    """

    level: float = 0.95
    side: Side = "both"
    method: Method = "profile"
    missing: MissingRule = "error"
    by: tuple[str, ...] = ()
    tolerable: float | None = None
    seed_source: str | None = None
    looks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_level(self.level)
        one_of("side", self.side, tuple(SIDES))
        one_of("method", self.method, tuple(METHODS))
        one_of("missing", self.missing, tuple(MISSING_RULES))
        if self.tolerable is not None and not 0 < self.tolerable < 1:
            raise AuditError(
                f"tolerable is {self.tolerable}; it must be a rate between 0 and 1, as 0.05."
            )

        if any(b <= a for a, b in pairwise((0, *self.looks))):
            raise AuditError(
                f"looks is {list(self.looks)}; give numbers of cases read that rise from look to "
                f"look, as [100, 200, 300]."
            )

    @property
    def level_each(self) -> float:
        """The level of the intervals at each look, so that all hold together (Bonferroni)."""
        return self.level_of(None)

    def level_of(self, level: float | None) -> float:
        """Return the level of each look's intervals where all together hold with ``level``.

        The plan's level unless given. Raises `AuditError` unless it lies between 0 and 1.
        """
        together = self.level if level is None else level
        check_level(together)
        return 1 - (1 - together) / len(self.looks) if self.looks else together

    def as_dict(self) -> dict[str, Any]:
        """Return the analysis as plain values, for plan.json; without looks where there is one."""
        values = asdict(self)
        values["by"] = list(self.by)
        looks = list(values.pop("looks"))
        return {**values, "looks": looks} if looks else values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Analysis:
        """Return the analysis that `as_dict` wrote."""
        lists = {name: tuple(values.get(name, ())) for name in ("by", "looks")}
        return cls(**{**values, **lists})


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


def as_looks(looks: object) -> tuple[int, ...]:
    """Return the numbers of cases at which findings are looked at; refuse anything else."""
    if isinstance(looks, str) or not isinstance(looks, Iterable):
        raise AuditError(f"looks is {looks!r}; it must be a list of numbers, as [100, 200, 300].")
    numbers = []
    for number in looks:
        if isinstance(number, bool) or not isinstance(number, Integral) or int(number) < 1:
            raise AuditError(f"looks holds {number!r}; it must be a whole number, 1 or more.")
        numbers.append(int(number))
    return tuple(numbers)


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
