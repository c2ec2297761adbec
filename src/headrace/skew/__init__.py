"""Skew and drift: profiles of two data sets, distances between them, and a verdict that states its noise floor."""

from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.examples import Shards, check_examples
from headrace.skew.files import FilesCheckResult, check_files, check_pairs_of_files
from headrace.skew.pairs import FeatureSkewResult, FeatureSkewSpec, Tolerance, detect_feature_skew
from headrace.skew.profiles.from_table import profile_slices, profile_table
from headrace.skew.profiles.profile import WHOLE, FeatureProfile, Profile, Slices
from headrace.skew.run import check
from headrace.skew.shift import ShiftSpec, detect_shift
from headrace.skew.verdict.findings import Finding, Verdict, from_schema_faults
from headrace.skew.verdict.policy import Rule, SkewPolicy

__all__ = [
    "WHOLE",
    "CheckResult",
    "FeatureProfile",
    "FeatureSkewResult",
    "FeatureSkewSpec",
    "FilesCheckResult",
    "Finding",
    "Profile",
    "Rule",
    "Shards",
    "ShiftSpec",
    "SkewPolicy",
    "Slices",
    "Tolerance",
    "Verdict",
    "check",
    "check_examples",
    "check_files",
    "check_pairs_of_files",
    "compare",
    "detect_feature_skew",
    "detect_shift",
    "from_schema_faults",
    "profile_slices",
    "profile_table",
]
