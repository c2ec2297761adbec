"""The policy of a check: how far apart two distributions may be, and what alarms become.

    SkewPolicy(thresholds={"linf": 0.05}, ignore=("*_id",), per_feature={"age": {"jensen_shannon": 0.1}})

The defaults were chosen on real data. Between two ordinary years of a marathon (22,719 and 23,945 finishers) the
largest L-infinity of a categorical feature is 0.020 and the largest Jensen-Shannon divergence of a numeric one 0.0006
bits, with a Kolmogorov-Smirnov distance of 0.012; against a year of extreme heat the finish times move by 0.10 bits
and 0.32. A value that turns to zero in a tenth of the rows moves by 0.05 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Annotated, TypeAlias

from headrace.config.checks import Check, Count, at_least, expect, one_of
from headrace.config.settings import Spec
from headrace.skew.distances.measure import measures
from headrace.skew.verdict.findings import Finding

REQUIRABLE = ("drift", "skew", "feature_skew", "shift")
ACTIONS = ("ignore", "warn", "block")


Threshold: TypeAlias = Annotated[float, at_least(0)]
Thresholds: TypeAlias = Mapping[Annotated[str, one_of(measures())], Threshold | None]


def _too_large(thresholds: Thresholds) -> str:
    return "; ".join(
        f"{name} must be at most {measures()[name].largest:g}, got {value}"
        for name, value in thresholds.items()
        if value is not None and value > measures()[name].largest
    )


MeasureThresholds: TypeAlias = Annotated[Thresholds, Check(_too_large)]


@dataclass(frozen=True, kw_only=True)
class Rule(Spec):
    """What an alarm becomes: `block` (not blessed), `warn` (a warning, blessed) or `ignore`.

    `code`, `feature`, `slice` and `comparison` are globs; the whole data is the slice "".

        Rule(action="warn", code="MISSING_SHARE", feature="heart_rate", slice="source_watch")

    Raises:
        UsageError: the action is not one of these.
    """

    action: Annotated[str, one_of(ACTIONS)]
    code: str = "*"
    feature: str = "*"
    slice: str = "*"
    comparison: str = "*"

    def fits(self, finding: Finding) -> bool:
        """Whether the rule is about such a finding."""
        names = ("code", "feature", "slice", "comparison")
        return all(fnmatchcase(getattr(finding, name), getattr(self, name)) for name in names)


@dataclass(frozen=True, kw_only=True)
class SkewPolicy(Spec):
    """When a distance is an alarm: above its threshold, and above what sampling noise shows at `level`.

    `thresholds`: by measure; None for no alarm; a measure that is not named has its default. Each distance states unit,
    range and default in its file in `headrace.skew.distances`, `mismatches`, `unpaired`, `covariate_shift`,
    `label_shift` and `concept_shift` in `row_measures` there.

    `per_feature`: thresholds for some features, by name or glob: `{"age": {"jensen_shannon": 0.1}}`. The first that
    fits counts. They override the comparators of a schema, and these override `thresholds`. The threshold of
    `jensen_shannon` for all features is meant for numbers; for categories only one for the feature itself counts.

    `level`: accepted share of false alarms, over all features and measures of one check together. `min_rows`: with
    fewer rows on a side, slices and data sets are not compared. `ignore`: features to leave out, names or globs.
    `rows_ratio`: range that rows now / rows before must be in, for the whole data and for each slice, or None.
    `require`: which of "drift", "skew", "feature_skew" and "shift" must be checked; if the data for it are not given,
    that is an alarm. `rules`: what alarms become; the first rule that fits counts, and an alarm that fits none
    blocks.

    Raises:
        UsageError: a value is out of its range; all of them are named.
    """

    thresholds: MeasureThresholds = field(default_factory=dict)
    level: Annotated[float, expect(lambda level: 0 < level < 1, "a share above 0 and below 1")] = 0.01
    min_rows: Count = 100
    ignore: tuple[str, ...] = ()
    rows_ratio: (
        Annotated[
            tuple[float, float],
            expect(lambda ratio: 0 <= ratio[0] < 1 < ratio[1], "a low ratio in [0, 1) and a high one above 1"),
        ]
        | None
    ) = (0.6, 1.6)
    per_feature: Mapping[str, MeasureThresholds] = field(default_factory=dict)
    require: tuple[Annotated[str, one_of(REQUIRABLE)], ...] = ()
    rules: tuple[Rule, ...] = ()

    def ignores(self, feature: str) -> bool:
        """Whether a feature is left out of the check."""
        return any(fnmatchcase(feature, glob) for glob in self.ignore)

    def threshold(self, feature: str, measure: str) -> float | None:
        """The threshold of a measure for a feature."""
        own = self._own(feature, measure)
        return own[measure] if own else self.thresholds.get(measure, measures()[measure].threshold)

    def sets(self, feature: str, measure: str) -> bool:
        """Whether `per_feature` has a threshold of a measure for a feature, which may be None."""
        return self._own(feature, measure) is not None

    def apply_rules(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, after the rules."""
        return [self._apply_rules(finding) for finding in findings]

    def _apply_rules(self, finding: Finding) -> Finding:
        if not finding.alarm and not finding.warning:
            return finding
        action = next((rule.action for rule in self.rules if rule.fits(finding)), "")
        if action == "ignore":
            reason = f"{finding.reason}; ignored, as the policy says"
            return replace(finding, alarm=False, warning=False, reason=reason)
        return replace(finding, alarm=action == "block", warning=action == "warn") if action else finding

    def _own(self, feature: str, measure: str) -> Mapping[str, float | None] | None:
        own = (t for glob, t in self.per_feature.items() if measure in t and fnmatchcase(feature, glob))
        return next(own, None)

    @classmethod
    def from_json(cls, text: str) -> SkewPolicy:
        """Inverse of `to_json`; an empty text is the default policy.

        Raises:
            UsageError: as `Spec.from_json`.
        """
        return super().from_json(text or "{}")
