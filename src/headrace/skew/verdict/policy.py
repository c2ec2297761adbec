"""Thresholds: how far two distributions may lie apart before anybody needs to know.

    SkewPolicy(linf=0.05, ignore=("*_id",), per_feature={"age": {"jensen_shannon": 0.1}})

The defaults were chosen on real data. Between two ordinary years of a marathon (22,719 and 23,945 finishers) the
largest L-infinity of a categorical feature is 0.020 and the largest Jensen-Shannon divergence of a numeric one 0.0006
bits, with a Kolmogorov-Smirnov distance of 0.012; against a year of extreme heat the finish times move by 0.10 bits
and 0.32. A value that turns to zero in a tenth of the rows moves by 0.05 bits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from headrace.errors import UsageError
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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What an alarm comes to: `block` (not blessed), `warn` (said, but blessed) or `ignore`.

    `code`, `feature`, `slice` and `comparison` are globs; the whole data is the slice "".

        Rule(action="warn", code="MISSING_SHARE", feature="heart_rate", slice="source_watch")

    Raises:
        UsageError: the action is none.
    """

    action: str
    code: str = "*"
    feature: str = "*"
    slice: str = "*"
    comparison: str = "*"

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise UsageError(f"action must be one of {', '.join(ACTIONS)}, got {self.action!r}")
        wrong = [f"{f.name}={value!r}" for f in fields(self) if not isinstance(value := getattr(self, f.name), str)]
        if wrong:
            raise UsageError(f"a rule is made of globs, which are text, got {', '.join(wrong)}")

    def fits(self, finding: Finding) -> bool:
        """Whether the rule is about such a finding."""
        names = ("code", "feature", "slice", "comparison")
        return all(fnmatchcase(getattr(finding, name), getattr(self, name)) for name in names)


@dataclass(frozen=True, kw_only=True)
class SkewPolicy:
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

    linf: float | None = 0.05
    jensen_shannon: float | None = 0.02
    kolmogorov_smirnov: float | None = 0.1
    missing_share: float | None = 0.05
    new_values: float | None = 0.2
    unparsable_share: float | None = 0.0
    repeats: float | None = 0.05
    list_length: float | None = 0.1
    chi_square: float | None = None
    psi: float | None = None
    normalized_absolute_difference: float | None = None
    wasserstein: float | None = None
    mismatches: float | None = 0.01
    unpaired: float | None = None
    covariate_shift: float | None = 0.2
    label_shift: float | None = 0.05
    concept_shift: float | None = 0.1
    level: float = 0.01
    min_rows: int = 100
    ignore: tuple[str, ...] = ()
    rows_ratio: tuple[float, float] | None = (0.6, 1.6)
    per_feature: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    require: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", tuple(self.ignore))
        object.__setattr__(self, "per_feature", {k: dict(v) for k, v in self.per_feature.items()})
        faults = [f"{m} {fault}" for m in MEASURES if (fault := _range_fault(m, getattr(self, m)))]
        if not _is_number(self.level) or not 0 < self.level < 1:
            faults.append(f"level must be in (0, 1), got {self.level!r}")
        if not isinstance(self.min_rows, int) or self.min_rows < 1:
            faults.append(f"min_rows must be a whole number of at least 1, got {self.min_rows!r}")
        if self.rows_ratio is not None:
            object.__setattr__(self, "rows_ratio", tuple(self.rows_ratio))
            faults += _ratio_faults(self.rows_ratio)
        for feature, thresholds in self.per_feature.items():
            for measure, value in thresholds.items():
                if measure not in MEASURES:
                    faults.append(
                        f"per_feature[{feature!r}] has no measure {measure!r}: expected {', '.join(MEASURES)}"
                    )
                elif fault := _range_fault(measure, value):
                    faults.append(f"per_feature[{feature!r}][{measure!r}] {fault}")
        if isinstance(self.require, str) or set(self.require) - set(REQUIRABLE):
            faults.append(f"require must be a tuple of {', '.join(map(repr, REQUIRABLE))}, got {self.require!r}")
        else:
            object.__setattr__(self, "require", tuple(self.require))
        rules = [Rule(**rule) if isinstance(rule, Mapping) else rule for rule in self.rules]
        faults += [f"rules must be of Rule, got {rule!r}" for rule in rules if not isinstance(rule, Rule)]
        object.__setattr__(self, "rules", tuple(rules))
        if faults:
            raise UsageError("; ".join(faults))

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

    def to_json(self) -> str:
        """The policy as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> SkewPolicy:
        """Inverse of `to_json`; what is left out has its default.

        Raises:
            UsageError: it is not an object, names what a policy does not have, or a value is out of its range.
        """
        try:
            data: Any = json.loads(text or "{}")
        except ValueError as error:
            raise UsageError(f"a skew policy must be JSON, got {text!r}: {error}") from error
        names = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - names:
            raise UsageError(f"a skew policy must be an object of {', '.join(sorted(names))}, got {text!r}")
        return cls(**data)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range_fault(measure: str, value: Any) -> str:
    most = float("inf") if measure in UNBOUNDED else 1
    if value is None or (_is_number(value) and 0 <= value <= most):
        return ""
    return f"must be {'at least 0' if measure in UNBOUNDED else 'in [0, 1]'} or None, got {value!r}"


def _ratio_faults(ratio: tuple[float, ...]) -> list[str]:
    if len(ratio) == 2 and all(_is_number(r) for r in ratio) and 0 <= ratio[0] < 1 < ratio[1]:
        return []
    return [f"rows_ratio must be (low, high) with 0 <= low < 1 < high, or None, got {ratio!r}"]
