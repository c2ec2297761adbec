"""Skew and drift: profiles of two data sets, distances between them, and a verdict that states its noise floor."""

from headrace.skew.checked import Checked, Slices
from headrace.skew.compare import compare
from headrace.skew.findings import WHOLE, Finding, Verdict, from_schema_faults
from headrace.skew.policy import Rule, SkewPolicy
from headrace.skew.profile import FeatureProfile, Profile
from headrace.skew.table import profile_slices, profile_table

__all__ = [
    "WHOLE",
    "Checked",
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
