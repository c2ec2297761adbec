"""The comparison of one feature in one slice: both sides, and the thresholds that they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.skew.distances.measure import Distance, distance, distances
from headrace.skew.distances.noise import Noise
from headrace.skew.distances.pair import OVER_TIME, SERVED, FeaturePair
from headrace.skew.verdict.findings import Comparison, Finding
from headrace.skew.verdict.judge import Unjudged
from headrace.skew.verdict.policy import SkewPolicy


def labels(comparison: Comparison) -> tuple[str, str]:
    """What the two sides of a comparison are called in a sentence."""
    return SERVED if comparison in ("skew", "feature_skew") else OVER_TIME


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureComparison:
    """One feature in one slice, on two sides. `declared`: thresholds of the schema, by measure."""

    name: str
    slice: str
    comparison: Comparison
    pair: FeaturePair
    policy: SkewPolicy
    declared: Mapping[str, float] = field(default_factory=dict)

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
        """A finding about this feature."""
        return Finding(
            feature=self.name,
            slice=self.slice,
            comparison=self.comparison,
            code=code,
            measure=measure,
            rows_baseline=self.pair.before.rows,
            rows_current=self.pair.now.rows,
            alarm=alarm,
            reason=reason,
            hint=hint,
            distance=distance,
            threshold=threshold,
        )

    @property
    def judges_distribution(self) -> bool:
        """Whether its distribution is judged; that of times and identifiers only if a threshold is declared for it."""
        return (
            self.pair.judged_by_default
            or bool(self.declared)
            or any(
                self.policy.sets(self.name, measure.name) and self.policy.threshold(self.name, measure.name) is not None
                for measure in distances("distribution", self.pair.kind)
            )
        )

    def measured_as(self, declared: str) -> str:
        """The measure that a declared one is for, on this kind of feature; empty if it can't be measured on it."""
        found = distance(declared)
        return found.declared_for(self.pair.kind) if found else ""

    def threshold(self, measure: Distance) -> float | None:
        """The threshold of a distance: the policy's for the feature, else the schema's, else the policy's for all."""
        if not self.policy.sets(self.name, measure.name):
            for declared, threshold in self.declared.items():
                if self.measured_as(declared) == measure.name:
                    return threshold
            if self.pair.kind not in measure.judged_kinds:
                return None
            if measure.needs == "distribution" and not self.pair.judged_by_default:
                return None
        return self.policy.threshold(self.name, measure.name)

    def final(self, code: str, measure: str, *, reason: str, alarm: bool = False, hint: str = "") -> Unjudged:
        """A finding without a distance: it stands as it is."""
        return Unjudged(finding=self.finding(code, measure, reason=reason, alarm=alarm, hint=hint))

    def measured(self, measures: list[Distance]) -> list[Unjudged]:
        """A finding for each distance that can be measured, with its noise."""
        return [found for measure in measures if (found := self._measured(measure))]

    def _measured(self, measure: Distance) -> Unjudged | None:
        found = measure.measure(self.pair)
        if found is None:
            return None
        threshold = self.threshold(measure)
        noise: Noise | None = measure.noise(self.pair, tested=threshold is not None)
        finding = self.finding(
            measure.code,
            measure.name,
            reason=found.reason,
            hint=found.hint,
            distance=found.distance,
            threshold=threshold,
        )
        return Unjudged(finding=finding, noise=noise)
