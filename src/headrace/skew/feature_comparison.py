"""The comparison of one feature in one slice: both sides, and the thresholds that they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.skew.distances.measure import Distance, distance, distances
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import OVER_TIME, SERVED, FeaturePair
from headrace.skew.verdict.findings import Comparison, Finding
from headrace.skew.verdict.judge import Unjudged
from headrace.skew.verdict.policy import SkewPolicy


def labels(comparison: Comparison) -> tuple[str, str]:
    """What the two sides of a comparison are called in a sentence."""
    return SERVED if comparison in ("skew", "feature_skew") else OVER_TIME


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureComparison:
    """One feature in one slice, on two sides.

    `declared`: thresholds of the schema for this feature, by measure; `defaults`: those that it has like all others.
    """

    name: str
    slice: str
    comparison: Comparison
    pair: FeaturePair
    policy: SkewPolicy
    declared: Mapping[str, float] = field(default_factory=dict)
    defaults: Mapping[str, float] = field(default_factory=dict)

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
        if self.policy.sets(self.name, measure.name):
            return self.policy.threshold(self.name, measure.name)
        own, default = self._of(self.declared, measure), self._of(self.defaults, measure)
        if own is not None:
            return own
        if measure.needs == "distribution" and not self.pair.judged_by_default:
            return None
        if default is not None:
            return default
        return self.policy.threshold(self.name, measure.name) if self.pair.kind in measure.judged_kinds else None

    def _of(self, thresholds: Mapping[str, float], measure: Distance) -> float | None:
        return next((one for name, one in thresholds.items() if self.measured_as(name) == measure.name), None)

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
