"""The report of a check, or of a pipeline: one HTML file that opens anywhere, with no network."""

from collections.abc import Mapping

from headrace.report.page import Extras, render, render_parts
from headrace.report.parts import Part, part_of
from headrace.skew import CheckResult
from headrace.skew.pairs import FeatureSkewResult

__all__ = ["Extras", "Part", "part_of", "render", "render_parts", "to_json"]


def to_json(checks: CheckResult | Mapping[str, CheckResult], *, paired: FeatureSkewResult | None = None) -> str:
    """The part of a check as JSON text, from which a report on several nodes is made."""
    return part_of(checks, paired=paired).to_json()
