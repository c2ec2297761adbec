"""Skew and drift: profiles of two data sets, distances between them, and a verdict that states its noise floor."""

from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.profiles.from_table import profile_slices, profile_table
from headrace.skew.profiles.profile import WHOLE, FeatureProfile, Profile, Slices
from headrace.skew.verdict.findings import Finding, Verdict, from_schema_faults
from headrace.skew.verdict.policy import Rule, SkewPolicy

__all__ = [
    "WHOLE",
    "CheckResult",
    "FeatureProfile",
    "Finding",
    "Profile",
    "Rule",
    "SkewPolicy",
    "Slices",
    "Verdict",
    "compare",
    "from_schema_faults",
    "profile_slices",
    "profile_table",
]
