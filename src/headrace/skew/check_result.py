"""A verdict together with the profiles that were compared, so that a report can draw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headrace.skew.profiles.profile import Slices
from headrace.skew.verdict.findings import Comparison, Verdict


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """A verdict; and by comparison the profiles of the baseline and of the current data, by slice."""

    verdict: Verdict
    profiles: Mapping[Comparison, tuple[Slices, Slices]]
