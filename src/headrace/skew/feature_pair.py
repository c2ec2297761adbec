"""One feature on two sides, what its sides are called, and by what it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.skew.distances.judge import Measured
from headrace.skew.distances.noise import Noise
from headrace.skew.profiles.profile import FeatureProfile
from headrace.skew.verdict.findings import Comparison, Finding
from headrace.skew.verdict.policy import SkewPolicy

DECLARED = {
    "linf": ("linf", "kolmogorov_smirnov"),
    "jensen_shannon": ("jensen_shannon", "jensen_shannon"),
    "kolmogorov_smirnov": ("", "kolmogorov_smirnov"),
    "normalized_absolute_difference": ("normalized_absolute_difference", ""),
}
"""What a declared measure means for a categorical and for a numeric feature; empty: can't be done."""


def labels(comparison: Comparison) -> tuple[str, str]:
    """What the two sides of a comparison are called in a sentence."""
    served = comparison in ("skew", "feature_skew")
    return ("in training", "in serving") if served else ("before", "now")


def meant(measure: str, kind: str) -> str:
    """The measure that a declared one comes to for a kind of feature; empty if there is none."""
    return DECLARED.get(measure, ("", ""))[kind == "numeric"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sides:
    """One feature on two sides, and by what it is to be judged. `declared`: thresholds of the schema, by measure."""

    name: str
    slice: str
    comparison: Comparison
    before: FeatureProfile
    now: FeatureProfile
    policy: SkewPolicy
    declared: Mapping[str, float] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, str]:
        """What the two sides are called."""
        return labels(self.comparison)

    def change(self, was: str, is_now: str) -> str:
        """Words for a value on either side."""
        if self.comparison == "skew":
            return f"is {was} in training, {is_now} in serving"
        return f"went from {was} to {is_now}"

    def finding(
        self,
        code: str,
        measure: str = "",
        *,
        reason: str,
        alarm: bool = False,
        hint: str = "",
        distance: float | None = None,
        threshold: float | None = None,
    ) -> Finding:
        """A finding of this feature."""
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
            distance=distance,
            threshold=threshold,
        )

    def threshold(self, measure: str) -> float | None:
        """The threshold of a measure: the policy's for the feature, else the schema's, else the policy's for all."""
        if not self.policy.sets(self.name, measure):
            for declared, threshold in self.declared.items():
                if meant(declared, self.before.kind) == measure:
                    return threshold
            if measure == "jensen_shannon" and self.before.kind == "categorical":
                # The policy's is of numbers: of categories L-infinity is the headline, and rare ones diverge by chance.
                return None
        return self.policy.threshold(self.name, measure)

    def measured(
        self, code: str, measure: str, distance: float, noise: Noise | None, *, reason: str, hint: str = ""
    ) -> Measured:
        """A finding with a distance."""
        finding = self.finding(
            code, measure, reason=reason, hint=hint, distance=distance, threshold=self.threshold(measure)
        )
        return Measured(finding=finding, noise=noise)
