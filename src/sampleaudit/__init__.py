"""Stratified random samples of case files, and what they say of the whole caseload.

The public names are here; each is loaded when it is first used, so that importing the library
costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

_ROOMS: Final = {
    "errors": ("AuditError", "AuditNote"),
    "cpr": ("looks_like_cpr",),
    "ids": ("pseudonymise",),
    "register": ("read_register",),
    "frame": ("Frame", "build_frame"),
    "plan": ("Plan", "plan_from_counts", "plan_sample"),
    "sample": ("Sample", "draw"),
    "replay": ("Verification", "load_sample", "verify_draw"),
    "declared": ("declare_sample",),
    "findings": ("Findings", "record_findings"),
    "measures": ("Measures", "record_measures"),
    "estimates.calibrated": ("Calibrated",),
    "estimates.calibration": ("calibrate",),
    "estimates.difference": ("Difference", "difference_interval"),
    "estimates.interval": ("Interval", "rate_interval", "rate_intervals"),
    "estimates.interval_table": ("interval_table",),
    "estimates.table": ("Estimates",),
    "estimates.rates": ("estimate_rates",),
    "estimates.replicated": ("ReplicateEstimates", "bootstrap", "jackknife"),
    "estimates.survey": ("survey_means", "survey_ratios", "survey_totals"),
    "estimates.survey_association": ("Association", "survey_association"),
    "estimates.survey_table": ("Contrast", "SurveyEstimates"),
    "audit": ("run_audit",),
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}

if TYPE_CHECKING:
    from sampleaudit.audit import run_audit as run_audit
    from sampleaudit.cpr import looks_like_cpr as looks_like_cpr
    from sampleaudit.declared import declare_sample as declare_sample
    from sampleaudit.errors import AuditError as AuditError
    from sampleaudit.errors import AuditNote as AuditNote
    from sampleaudit.estimates.calibrated import Calibrated as Calibrated
    from sampleaudit.estimates.calibration import calibrate as calibrate
    from sampleaudit.estimates.difference import Difference as Difference
    from sampleaudit.estimates.difference import difference_interval as difference_interval
    from sampleaudit.estimates.interval import Interval as Interval
    from sampleaudit.estimates.interval import rate_interval as rate_interval
    from sampleaudit.estimates.interval import rate_intervals as rate_intervals
    from sampleaudit.estimates.interval_table import interval_table as interval_table
    from sampleaudit.estimates.rates import estimate_rates as estimate_rates
    from sampleaudit.estimates.replicated import ReplicateEstimates as ReplicateEstimates
    from sampleaudit.estimates.replicated import bootstrap as bootstrap
    from sampleaudit.estimates.replicated import jackknife as jackknife
    from sampleaudit.estimates.survey import survey_means as survey_means
    from sampleaudit.estimates.survey import survey_ratios as survey_ratios
    from sampleaudit.estimates.survey import survey_totals as survey_totals
    from sampleaudit.estimates.survey_association import Association as Association
    from sampleaudit.estimates.survey_association import survey_association as survey_association
    from sampleaudit.estimates.survey_table import Contrast as Contrast
    from sampleaudit.estimates.survey_table import SurveyEstimates as SurveyEstimates
    from sampleaudit.estimates.table import Estimates as Estimates
    from sampleaudit.findings import Findings as Findings
    from sampleaudit.findings import record_findings as record_findings
    from sampleaudit.frame import Frame as Frame
    from sampleaudit.frame import build_frame as build_frame
    from sampleaudit.ids import pseudonymise as pseudonymise
    from sampleaudit.measures import Measures as Measures
    from sampleaudit.measures import record_measures as record_measures
    from sampleaudit.plan import Plan as Plan
    from sampleaudit.plan import plan_from_counts as plan_from_counts
    from sampleaudit.plan import plan_sample as plan_sample
    from sampleaudit.register import read_register as read_register
    from sampleaudit.replay import Verification as Verification
    from sampleaudit.replay import load_sample as load_sample
    from sampleaudit.replay import verify_draw as verify_draw
    from sampleaudit.sample import Sample as Sample
    from sampleaudit.sample import draw as draw

__all__ = [
    "__version__",
    *sorted(_ROOM_OF),
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first asked for (PEP 562)."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'sampleaudit' has no attribute {name!r}")
    value = getattr(import_module(f"sampleaudit.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
