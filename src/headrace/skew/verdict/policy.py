"""Thresholds: how far two distributions may lie apart before anybody needs to know.

    SkewPolicy(linf=0.05, ignore=("*_id",), per_feature={"age": {"jensen_shannon": 0.1}})

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

from headrace.config.checks import Check, Count, Share, at_least, expect, one_of
from headrace.config.settings import Spec
from headrace.skew.verdict.findings import Finding

MEASURES = (
    "linf",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "missing_share",
    "new_values",
    "unparsable_share",
    "repeats",
    "list_length",
    "chi_square",
    "psi",
    "normalized_absolute_difference",
    "wasserstein",
    "mismatches",
    "unpaired",
    "covariate_shift",
    "label_shift",
    "concept_shift",
)
"""What a threshold can be set for."""
UNBOUNDED = ("chi_square", "psi", "wasserstein")
"""Measures that may be more than 1."""
REQUIRABLE = ("drift", "skew", "feature_skew", "shift")
ACTIONS = ("ignore", "warn", "block")


Unbounded: TypeAlias = Annotated[float, at_least(0)]
Thresholds: TypeAlias = Mapping[str, Mapping[Annotated[str, one_of(MEASURES)], Unbounded | None]]


def _own_faults(per_feature: Thresholds) -> str:
    return "; ".join(
        f"{measure} of {feature!r} must be a share from 0 to 1, got {value}"
        for feature, thresholds in per_feature.items()
        for measure, value in thresholds.items()
        if value is not None and value > 1 and measure not in UNBOUNDED
    )


@dataclass(frozen=True, kw_only=True)
class Rule(Spec):
    """What an alarm comes to: `block` (not blessed), `warn` (said, but blessed) or `ignore`.

    `code`, `feature`, `slice` and `comparison` are globs; the whole data is the slice "".

        Rule(action="warn", code="MISSING_SHARE", feature="heart_rate", slice="source_watch")

    Raises:
        UsageError: the action is none.
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

    Thresholds; one of None raises no alarm:
        Shares of rows, 0..1: `linf`, `kolmogorov_smirnov`, `missing_share`, `new_values`, `unparsable_share`,
        `repeats`, `list_length` (between the distribution functions of the lengths), `normalized_absolute_difference`.
        `jensen_shannon`: bits, 0..1, of numbers (of categories where `per_feature` or a schema sets it).
        `chi_square`: Pearson's statistic. `psi`: nats. `wasserstein`: in the unit of the feature.
        `mismatches`: share of pairs that differ (feature skew); `unpaired`: of training rows without a partner.
        `covariate_shift`: how much better than chance a classifier tells the rows apart, 0..1; `label_shift`,
        `concept_shift`: change of a label's share, 0..1 (see `headrace.skew.shift`).

    `level`: the share of false alarms that is accepted, over all features and measures of one check together. Slices
    and data sets of fewer than `min_rows` rows on a side are not compared. `ignore`: names of features, or globs.
    `rows_ratio`: the range that rows now / rows before must keep to, for the whole and for each slice, or None.
    `per_feature` overrides thresholds: `{"age": {"jensen_shannon": 0.1}}`; globs are taken too, and the first that fits
    counts. It goes before the comparators of a schema, and these before the thresholds for all features. `require`:
    which of "drift", "skew", "feature_skew" and "shift" must be looked for; where there is nothing to look at, that is
    an alarm. `rules`: what alarms come to; the first that fits counts, and where none does, an alarm blocks.

    Raises:
        UsageError: a value is out of its range; it names the value.
    """

    linf: Share | None = 0.05
    jensen_shannon: Share | None = 0.02
    kolmogorov_smirnov: Share | None = 0.1
    missing_share: Share | None = 0.05
    new_values: Share | None = 0.2
    unparsable_share: Share | None = 0.0
    repeats: Share | None = 0.05
    list_length: Share | None = 0.1
    chi_square: Unbounded | None = None
    psi: Unbounded | None = None
    normalized_absolute_difference: Share | None = None
    wasserstein: Unbounded | None = None
    mismatches: Share | None = 0.01
    unpaired: Share | None = None
    covariate_shift: Share | None = 0.2
    label_shift: Share | None = 0.05
    concept_shift: Share | None = 0.1
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
    per_feature: Annotated[Thresholds, Check(_own_faults)] = field(default_factory=dict)
    require: tuple[Annotated[str, one_of(REQUIRABLE)], ...] = ()
    rules: tuple[Rule, ...] = ()

    def ignores(self, feature: str) -> bool:
        """Whether a feature is left out of the check."""
        return any(fnmatchcase(feature, glob) for glob in self.ignore)

    def threshold(self, feature: str, measure: str) -> float | None:
        """The threshold of a measure for a feature."""
        own = self._own(feature, measure)
        value: float | None = own[measure] if own else getattr(self, measure)
        return value

    def sets(self, feature: str, measure: str) -> bool:
        """Whether `per_feature` has a threshold of a measure for a feature, be it None."""
        return self._own(feature, measure) is not None

    def ruled(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, with each alarm what its rule makes of it."""
        return [self._ruled(finding) for finding in findings]

    def _ruled(self, finding: Finding) -> Finding:
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
        """Inverse of `to_json`; no text is the policy of the defaults.

        Raises:
            UsageError: as `Spec.from_json`.
        """
        return super().from_json(text or "{}")
