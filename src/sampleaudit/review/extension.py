"""Reading on: a larger sample from the same draw, planned beforehand or not."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sampleaudit.cpr import masked
from sampleaudit.drawing import labels_of
from sampleaudit.errors import AuditError, AuditNote, first_few
from sampleaudit.plan import Plan
from sampleaudit.sample import Sample, as_drawn, draw, refuse_clusters, with_opened


def extend(sample: Sample, plan: Plan, *, at: dt.datetime | None = None) -> Sample:
    """Return a larger sample by ``plan``, with every case that was drawn or opened before.

    Tickets do not depend on the size of a sample, so the cases of a larger one from the same seed
    and register contain the smaller one's. ``plan`` must be of the same frame, with the same
    analysis and no fewer cases in any stratum. The next look of `plan_looks` was planned
    beforehand, and its level allows for the earlier looks; any other extension is remarked in the
    estimates as not planned, and an `AuditNote` says so: who reads on until the result pleases has
    intervals that miss more often than they say. The earlier plans are kept with the draw. ``at``
    is the time, by the clock unless given.
    """
    refuse_clusters(sample, "extend")
    if sample.selection != "drawn":
        raise AuditError("Only a sample drawn here can be extended; this one was declared.")
    if not isinstance(plan, Plan):
        raise AuditError("plan must be a plan of cases within strata, as plan_sample makes it.")
    before, after = sample.plan_record, plan.as_dict()
    _refuse_other(before, after)
    larger = draw(plan, seed=sample.manifest["seed"], reserve=float(sample.manifest["reserve"]))
    larger = with_opened(larger, sample.manifest.get("opened", ()))
    lost = set(sample.cases[sample.case_id]) - set(larger.cases[sample.case_id])
    if lost or larger.size <= sample.size:
        raise AuditError(
            f"The larger plan has {larger.size} cases, the sample {sample.size}, and would drop "
            f"{len(lost)}{': ' * bool(lost)}{first_few(sorted(map(masked, lost)))}. Plan at least "
            f"as many in every stratum, and more in one."
        )
    time = at or dt.datetime.now(dt.UTC)
    if time.tzinfo is None:
        raise AuditError("at has no time zone; give one, as datetime.now(timezone.utc) has.")
    planned = _is_next_look(before.get("goal"), after.get("goal"))
    step = {
        "plan": sample.manifest["plan"],
        "public_record": sample.manifest["public_record"],
        "planned": planned,
        "at": time.isoformat(timespec="seconds"),
        "record": before,
    }
    if not planned:
        warnings.warn(
            f"The sample goes from {sample.size} to {larger.size} cases by a plan that was not "
            f"made before the draw. If the findings were looked at before, say so, and take the "
            f"intervals with care; plan_looks plans several looks that hold together.",
            AuditNote,
            stacklevel=2,
        )
    steps = [*sample.manifest.get("extends", ()), step]
    return replace(larger, manifest={**larger.manifest, "extends": steps})


def stages(sample: Sample) -> list[Sample]:
    """Return the sample as it was first drawn, after each extension, and with what was opened."""
    found = []
    columns = list(sample.stratify_by)
    whole = as_drawn(sample)
    for step in sample.manifest.get("extends", ()):
        planned = {
            tuple(str(row[name]) for name in columns): row["sampled"]
            for row in step["record"]["strata"]
        }
        cases = whole.cases
        early = cases["order"] <= [planned[row] for row in labels_of(cases, columns)]
        found.append(replace(whole, _cases=cases[early].reset_index(drop=True)))
    return [*found, whole, sample]


def _is_next_look(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Return whether both plans are looks of one `plan_looks`, the later one second."""
    if not before or not after or before.get("kind") != "looks" or after.get("kind") != "looks":
        return False
    same = all(before[name] == after[name] for name in ("sizes", "level_of_all"))
    return same and bool(before["look"] < after["look"])


def _refuse_other(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for name, what in (
        ("fingerprint", "of another register, or other strata or domains"),
        ("analysis", "with another analysis (level, side, method, rules)"),
    ):
        if before[name] != after[name]:
            changed = ""
            if name == "analysis":
                pairs = ((k, a, after[name].get(k)) for k, a in before[name].items())
                changed = "".join(f"; {k} was {a!r}, now {b!r}" for k, a, b in pairs if a != b)
            raise AuditError(
                f"The plan is {what} than the draw's{changed}. A sample is extended by a larger "
                f"plan of the same frame, analysed as planned before."
            )
