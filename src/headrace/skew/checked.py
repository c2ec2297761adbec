"""A verdict together with what it was made of, so that a report can draw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headrace.skew.profiles.profile import Profile
from headrace.skew.verdict.findings import Comparison, Verdict

Slices = Mapping[str, Profile]
"""Profiles by slice; the whole data is under `""`."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A verdict, and by comparison the slices of the baseline and of the current data."""

    verdict: Verdict
    sides: Mapping[Comparison, tuple[Slices, Slices]]
