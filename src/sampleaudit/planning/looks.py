"""Look at the findings a few times while reading, at an error probability spent beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.analysis import Analysis, MissingRule, Side, as_columns, check_level
from sampleaudit.errors import AuditError
from sampleaudit.files import canonical_json
from sampleaudit.formulas.hypergeometric import IntArray
from sampleaudit.frame import Frame
from sampleaudit.plan import Allocation, Plan
from sampleaudit.planning.demands import sharing, whole_number
from sampleaudit.planning.made import made_plan

if TYPE_CHECKING:
    import pandas as pd

_FORMAT: Final = "sampleaudit looks 1"


@dataclass(frozen=True, slots=True, repr=False)
class PlannedLooks:
    """Several plans, each containing the one before, with one error probability for all.

    Made by `plan_looks`. ``plans`` are drawn with one seed; each is analysed at ``level_each``, so
    that all their intervals hold together with probability ``level`` at least, whichever look
    turns out to be the last.
    """

    plans: tuple[Plan, ...]
    level: float
    level_each: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """Cases read by each look."""
        return tuple(plan.size for plan in self.plans)

    @property
    def plan(self) -> Plan:
        """The plan to draw where all cases are drawn at once: it binds every look.

        `estimate_rates` then makes each interval at `level_each`, of the cases that are read by
        then, the first in the order of the draw.
        """
        last = self.plans[-1]
        analysis = replace(last.analysis, level=self.level, looks=self.sizes)
        return replace(last, analysis=analysis, goal=None)

    @property
    def public_record(self) -> str:
        """The line to publish before the seed is known: it binds every look."""
        digests = [plan.digest for plan in self.plans]
        digest = sha256(canonical_json({"format": _FORMAT, "plans": digests})).hexdigest()
        sizes = ", ".join(str(size) for size in self.sizes)
        source = self.plans[0].analysis.seed_source or "a source to be named before it is known"
        return (
            f"sampleaudit looks {digest}: {len(self.plans)} looks, at {sizes} of "
            f"{self.plans[0].frame.size} cases, each at level {self.level_each:.6g}; seed from "
            f"{source}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row per look and stratum: ``look``, stratum columns, population, sampled."""
        import pandas as pd

        parts = []
        for place, plan in enumerate(self.plans, start=1):
            part = plan.table
            part.insert(0, "look", place)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def __len__(self) -> int:
        return len(self.plans)

    def __repr__(self) -> str:
        sizes = ", ".join(str(size) for size in self.sizes)
        return (
            f"PlannedLooks: {len(self.plans)} looks, at {sizes} of {self.plans[0].frame.size} "
            f"cases, each at level {self.level_each:.6g}, together {self.level:g}"
        )


def plan_looks(
    frame: Frame,
    sizes: Sequence[int],
    *,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    level: float = 0.95,
    side: Side = "both",
    missing: MissingRule = "error",
    by: str | Sequence[str] = (),
    tolerable: float | None = None,
    seed_source: str | None = None,
) -> PlannedLooks:
    """Plan to look at the findings at these sizes, and to stop at any of them.

    Each of the K looks is analysed by the guaranteed interval at level 1 - (1 - level) / K, so that
    the probability that any of them misses is at most 1 - level (Bonferroni). Without a plan, each
    look more at the ordinary level makes a wrong conclusion more likely. Draw the last plan with
    the seed, or ``plan``, which names the looks: its first cases are the samples of the earlier
    ones. Raises `AuditError` for sizes that do not rise.
    """
    check_level(level)
    wanted = [whole_number(size, name="sizes", least=1) for size in sizes]
    if not wanted or any(b <= a for a, b in pairwise(wanted)):
        raise AuditError(f"sizes is {list(sizes)!r}; give sizes that rise from look to look.")
    share = sharing(frame, allocation, minimum)
    if wanted[0] < share.least or wanted[-1] > frame.size:
        raise AuditError(
            f"sizes go from {wanted[0]} to {wanted[-1]}, but can go from {share.least} (the "
            f"minimum of every stratum) to {frame.size} (all cases)."
        )
    each = 1 - (1 - level) / len(wanted)
    analysis = Analysis(
        each, side, "guaranteed", missing, as_columns(by, name="by"), tolerable, seed_source
    )
    plans = []
    counts: IntArray = np.zeros(len(frame.strata), dtype=np.int64)
    for place, size in enumerate(wanted, start=1):
        counts = np.maximum(counts, share.counts(size))
        goal = {"kind": "looks", "look": place, "sizes": wanted, "level_of_all": level}
        plans.append(made_plan(frame, counts, analysis, allocation, goal))
    return PlannedLooks(tuple(plans), level, each)
