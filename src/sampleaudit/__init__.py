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
    "clusters": ("ClusterPlan", "plan_clusters"),
    "sample": ("Sample", "draw"),
    "planned": ("save_plan",),
    "replay": ("Verification", "load_sample", "verify_draw"),
    "declared": ("declare_sample",),
    "checklist.indicators": ("Indicator",),
    "checklist.model": ("Checklist",),
    "checklist.reading": ("read_checklist",),
    "findings": ("Findings", "record_findings"),
    "measures": ("Measures", "record_measures"),
    "estimates.calibrated": ("Calibrated",),
    "estimates.calibration": ("calibrate",),
    "estimates.difference": ("Difference", "difference_interval"),
    "estimates.errors_per_case": ("ErrorsPerCase", "count_errors"),
    "estimates.interval": ("Interval", "rate_interval", "rate_intervals"),
    "estimates.interval_table": ("interval_table",),
    "estimates.table": ("Estimates",),
    "estimates.rates": ("estimate_rates",),
    "estimates.replicated": ("ReplicateEstimates", "bootstrap", "jackknife"),
    "estimates.survey": ("survey_means", "survey_ratios", "survey_totals"),
    "estimates.survey_association": ("Association", "survey_association"),
    "estimates.survey_table": ("Contrast", "SurveyEstimates"),
    "comparison.funnel": ("Funnel", "funnel"),
    "comparison.hindsight": ("DetectableDifferences", "detectable_difference"),
    "comparison.pairs": ("compare_pairs",),
    "comparison.periods": ("compare_periods",),
    "comparison.pooling": ("PooledRates", "pool_rates"),
    "comparison.ranks": ("Ranks", "rank_domains"),
    "comparison.rest": ("compare_with", "compare_with_rest"),
    "comparison.standardised": ("Standardised", "standardise"),
    "comparison.suppression": ("PublishedTable", "suppress"),
    "comparison.table": ("Comparison",),
    "comparison.verdict": ("Verdict", "verdict"),
    "plots.saving": ("save_picture",),
    "review.agreement": ("Agreement", "double_readings", "measure_agreement"),
    "review.assignments": ("Assignments", "reveal_double_review"),
    "review.drift": ("Drift", "reviewer_drift"),
    "review.extension": ("extend",),
    "review.merging": ("merge_findings",),
    "review.reading": ("read_workbook",),
    "review.reconciled": ("read_reconciliation",),
    "review.reconciliation": ("write_reconciliation",),
    "review.replacement": ("open_reserve", "opened_cases"),
    "review.sensitivity": ("ReviewSensitivity", "review_sensitivity"),
    "review.writing": ("write_workbook",),
    "archive.loading": ("Audit", "load_audit"),
    "archive.saving": ("SavedAudit", "save_audit"),
    "archive.verifying": ("AuditVerification", "verify_audit"),
    "planning.acceptance": ("acceptance_plan", "lqas_plan", "plan_acceptance"),
    "planning.acceptance_plan": ("AcceptancePlan",),
    "planning.comparing": ("plan_for_comparison", "plan_for_period"),
    "planning.comparison_power": ("power_of_comparison", "smallest_difference"),
    "planning.detection": ("plan_for_detection",),
    "planning.margin": ("plan_for_margin",),
    "planning.pilot": ("plan_from_pilot",),
    "planning.tolerable": ("plan_for_tolerable",),
    "planning.tradeoff": ("TradeOff", "trade_off"),
    "planning.budget": ("BudgetTable", "budget_table", "plan_compromise", "plan_for_budget"),
    "planning.cut_points": ("CutPoints", "cut_points"),
    "planning.looks": ("PlannedLooks", "plan_looks"),
    "planning.multivariate": ("PrecisionTarget", "plan_for_precision"),
    "planning.operating": ("OperatingCharacteristic", "operating_characteristic"),
    "planning.precision": ("Precision", "expected_precision"),
    "planning.sequential": ("SequentialPlan", "plan_sequential"),
    "planning.worth": ("WorthTable", "worth_stratifying"),
    "report.writing": ("write_report",),
    "audit": ("run_audit",),
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}

if TYPE_CHECKING:
    from sampleaudit.archive.loading import Audit as Audit
    from sampleaudit.archive.loading import load_audit as load_audit
    from sampleaudit.archive.saving import SavedAudit as SavedAudit
    from sampleaudit.archive.saving import save_audit as save_audit
    from sampleaudit.archive.verifying import AuditVerification as AuditVerification
    from sampleaudit.archive.verifying import verify_audit as verify_audit
    from sampleaudit.audit import run_audit as run_audit
    from sampleaudit.checklist.indicators import Indicator as Indicator
    from sampleaudit.checklist.model import Checklist as Checklist
    from sampleaudit.checklist.reading import read_checklist as read_checklist
    from sampleaudit.clusters import ClusterPlan as ClusterPlan
    from sampleaudit.clusters import plan_clusters as plan_clusters
    from sampleaudit.comparison.funnel import Funnel as Funnel
    from sampleaudit.comparison.funnel import funnel as funnel
    from sampleaudit.comparison.hindsight import DetectableDifferences as DetectableDifferences
    from sampleaudit.comparison.hindsight import detectable_difference as detectable_difference
    from sampleaudit.comparison.pairs import compare_pairs as compare_pairs
    from sampleaudit.comparison.periods import compare_periods as compare_periods
    from sampleaudit.comparison.pooling import PooledRates as PooledRates
    from sampleaudit.comparison.pooling import pool_rates as pool_rates
    from sampleaudit.comparison.ranks import Ranks as Ranks
    from sampleaudit.comparison.ranks import rank_domains as rank_domains
    from sampleaudit.comparison.rest import compare_with as compare_with
    from sampleaudit.comparison.rest import compare_with_rest as compare_with_rest
    from sampleaudit.comparison.standardised import Standardised as Standardised
    from sampleaudit.comparison.standardised import standardise as standardise
    from sampleaudit.comparison.suppression import PublishedTable as PublishedTable
    from sampleaudit.comparison.suppression import suppress as suppress
    from sampleaudit.comparison.table import Comparison as Comparison
    from sampleaudit.comparison.verdict import Verdict as Verdict
    from sampleaudit.comparison.verdict import verdict as verdict
    from sampleaudit.cpr import looks_like_cpr as looks_like_cpr
    from sampleaudit.declared import declare_sample as declare_sample
    from sampleaudit.errors import AuditError as AuditError
    from sampleaudit.errors import AuditNote as AuditNote
    from sampleaudit.estimates.calibrated import Calibrated as Calibrated
    from sampleaudit.estimates.calibration import calibrate as calibrate
    from sampleaudit.estimates.difference import Difference as Difference
    from sampleaudit.estimates.difference import difference_interval as difference_interval
    from sampleaudit.estimates.errors_per_case import ErrorsPerCase as ErrorsPerCase
    from sampleaudit.estimates.errors_per_case import count_errors as count_errors
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
    from sampleaudit.planned import save_plan as save_plan
    from sampleaudit.planning.acceptance import acceptance_plan as acceptance_plan
    from sampleaudit.planning.acceptance import lqas_plan as lqas_plan
    from sampleaudit.planning.acceptance import plan_acceptance as plan_acceptance
    from sampleaudit.planning.acceptance_plan import AcceptancePlan as AcceptancePlan
    from sampleaudit.planning.budget import BudgetTable as BudgetTable
    from sampleaudit.planning.budget import budget_table as budget_table
    from sampleaudit.planning.budget import plan_compromise as plan_compromise
    from sampleaudit.planning.budget import plan_for_budget as plan_for_budget
    from sampleaudit.planning.comparing import plan_for_comparison as plan_for_comparison
    from sampleaudit.planning.comparing import plan_for_period as plan_for_period
    from sampleaudit.planning.comparison_power import power_of_comparison as power_of_comparison
    from sampleaudit.planning.comparison_power import smallest_difference as smallest_difference
    from sampleaudit.planning.cut_points import CutPoints as CutPoints
    from sampleaudit.planning.cut_points import cut_points as cut_points
    from sampleaudit.planning.detection import plan_for_detection as plan_for_detection
    from sampleaudit.planning.looks import PlannedLooks as PlannedLooks
    from sampleaudit.planning.looks import plan_looks as plan_looks
    from sampleaudit.planning.margin import plan_for_margin as plan_for_margin
    from sampleaudit.planning.multivariate import PrecisionTarget as PrecisionTarget
    from sampleaudit.planning.multivariate import plan_for_precision as plan_for_precision
    from sampleaudit.planning.operating import OperatingCharacteristic as OperatingCharacteristic
    from sampleaudit.planning.operating import operating_characteristic as operating_characteristic
    from sampleaudit.planning.pilot import plan_from_pilot as plan_from_pilot
    from sampleaudit.planning.precision import Precision as Precision
    from sampleaudit.planning.precision import expected_precision as expected_precision
    from sampleaudit.planning.sequential import SequentialPlan as SequentialPlan
    from sampleaudit.planning.sequential import plan_sequential as plan_sequential
    from sampleaudit.planning.tolerable import plan_for_tolerable as plan_for_tolerable
    from sampleaudit.planning.tradeoff import TradeOff as TradeOff
    from sampleaudit.planning.tradeoff import trade_off as trade_off
    from sampleaudit.planning.worth import WorthTable as WorthTable
    from sampleaudit.planning.worth import worth_stratifying as worth_stratifying
    from sampleaudit.plots.saving import save_picture as save_picture
    from sampleaudit.register import read_register as read_register
    from sampleaudit.replay import Verification as Verification
    from sampleaudit.replay import load_sample as load_sample
    from sampleaudit.replay import verify_draw as verify_draw
    from sampleaudit.report.writing import write_report as write_report
    from sampleaudit.review.agreement import Agreement as Agreement
    from sampleaudit.review.agreement import double_readings as double_readings
    from sampleaudit.review.agreement import measure_agreement as measure_agreement
    from sampleaudit.review.assignments import Assignments as Assignments
    from sampleaudit.review.assignments import reveal_double_review as reveal_double_review
    from sampleaudit.review.drift import Drift as Drift
    from sampleaudit.review.drift import reviewer_drift as reviewer_drift
    from sampleaudit.review.extension import extend as extend
    from sampleaudit.review.merging import merge_findings as merge_findings
    from sampleaudit.review.reading import read_workbook as read_workbook
    from sampleaudit.review.reconciled import read_reconciliation as read_reconciliation
    from sampleaudit.review.reconciliation import write_reconciliation as write_reconciliation
    from sampleaudit.review.replacement import open_reserve as open_reserve
    from sampleaudit.review.replacement import opened_cases as opened_cases
    from sampleaudit.review.sensitivity import ReviewSensitivity as ReviewSensitivity
    from sampleaudit.review.sensitivity import review_sensitivity as review_sensitivity
    from sampleaudit.review.writing import write_workbook as write_workbook
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
