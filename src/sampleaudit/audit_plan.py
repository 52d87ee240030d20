"""The plan that AUDIT.toml asks for: of a size, of counts by stratum, or of clusters."""

from __future__ import annotations

from typing import Any

from sampleaudit.clusters import ClusterPlan, plan_clusters
from sampleaudit.errors import AuditError
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan, plan_from_counts, plan_sample
from sampleaudit.planning.asked import goal_of, plan_as_asked
from sampleaudit.settings import Settings


def plan_of(frame: Frame, settings: Settings) -> Plan | ClusterPlan:
    """Return the plan; keys of [plan] that have nothing to decide are refused."""
    given = dict(settings.plan)
    if "cluster" in given:
        return _plan_of_clusters(frame, given, settings)
    for key in ("clusters", "cases"):
        if key in given:
            raise AuditError(f"[plan] has {key}, but no cluster; name the column of the clusters.")
    if goal_of(given) is not None:
        return plan_as_asked(frame, given)
    for key in ("applicable", "power"):
        if key in given:
            raise AuditError(f"[plan] has {key}, but nothing that looks at it; remove it.")
    counts = given.pop("counts", None)
    if counts is None:
        return plan_sample(frame, given.pop("size"), **given)
    for key in ("allocation", "minimum", "anticipated", "costs"):
        if key in given:
            raise AuditError(f"[plan] has counts, so {key} has nothing to decide; remove it.")
    return plan_from_counts(frame, counts, **given)


def _plan_of_clusters(frame: Frame, given: dict[str, Any], settings: Settings) -> ClusterPlan:
    for key in ("clusters", "cases"):
        if key not in given:
            raise AuditError(f"[plan] has cluster, but no {key}; say how many to draw.")
    for key in ("allocation", "anticipated", "costs", "side", "method", "looks", "objective"):
        if key in given:
            raise AuditError(f"[plan] has cluster, and {key} is for cases drawn alone; remove it.")
    if settings.truth is not None:
        raise AuditError("[truth] is for cases drawn alone; remove it, or cluster from [plan].")
    return plan_clusters(frame, **given)
