"""One feature on two sides, what its sides are called, and by what it is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from headrace.skew.findings import Comparison, Finding
from headrace.skew.measured import Measured
from headrace.skew.noise import Noise
from headrace.skew.policy import SkewPolicy
from headrace.skew.profile import FeatureProfile

DECLARED = {
    "linf": ("linf", "kolmogorov_smirnov"),
    "jensen_shannon": ("jensen_shannon", "jensen_shannon"),
    "kolmogorov_smirnov": ("", "kolmogorov_smirnov"),
}
"""What a declared measure means for a categorical and for a numeric feature; empty: can't be done."""


def labels(comparison: Comparison) -> tuple[str, str]:
    """What the two sides of a comparison are called in a sentence."""
    return ("in training", "in serving") if comparison == "skew" else ("before", "now")


def meant(measure: str, kind: str) -> str:
    """The measure that a declared one comes to for a kind of feature; empty if there is none."""
    return DECLARED.get(measure, ("", ""))[kind == "numeric"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sides:
    """One feature on two sides, and by what it is to be judged. `declared`: a (measure, threshold) of the schema."""

    name: str
    slice: str
    comparison: Comparison
    before: FeatureProfile
    now: FeatureProfile
    policy: SkewPolicy
    declared: tuple[str, float] | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """What the two sides are called."""
        return labels(self.comparison)

    def change(self, was: str, is_now: str) -> str:
        """Words for a value on either side."""
        if self.comparison == "skew":
            return f"is {was} in training, {is_now} in serving"
        return f"went from {was} to {is_now}"

    def finding(self, code: str, measure: str = "", *, reason: str, alarm: bool = False, hint: str = "") -> Finding:
        """A finding of this feature that needs no distance."""
        return Finding(
            feature=self.name,
            slice=self.slice,
            comparison=self.comparison,
            code=code,
            measure=measure,
            rows_baseline=self.before.rows,
            rows_current=self.now.rows,
            alarm=alarm,
            reason=reason,
            hint=hint,
        )

    def measured(
        self, code: str, measure: str, distance: float, noise: Noise | None, *, reason: str, hint: str = ""
    ) -> Measured:
        """A finding with a distance; the threshold is the policy's for the feature, the schema's, the policy's for
        all, in this order."""
        threshold = self.policy.threshold(self.name, measure)
        declared = self.declared and meant(self.declared[0], self.before.kind) == measure
        if self.declared and declared and not self.policy.sets(self.name, measure):
            threshold = self.declared[1]
        finding = self.finding(code, measure, reason=reason, hint=hint)
        finding = replace(finding, distance=distance, threshold=threshold)
        return Measured(finding=finding, noise=noise)
