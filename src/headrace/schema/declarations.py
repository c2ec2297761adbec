"""What people know about the data and statistics can't show, for a file that can be reviewed.

labels: [accepted]                          # in TRAINING, not in SERVING
identifiers: [suggestion_id]                # no domain, no comparators
features:
  heart_rate: {range: [30, 230], unit: bpm}
  outcome: {vocabulary: [accepted, rejected], new_values: 0.01}
drift: {linf: 0.05, jensen_shannon: 0.05}   # for features without their own thresholds
rules:
- {name: no car, expression: distance_km / (time_s / 3600.0) < 45}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from headrace.config.checks import Count, Share, at_least, expect, one_of
from headrace.config.settings import Spec
from headrace.schema.feature import Comparator, Feature, Texts, Threshold
from headrace.schema.rules import Check, Rule, same_names

TRAINING = "TRAINING"
SERVING = "SERVING"
POLICIES = ("freeze", "widen", "propose")

_DEFAULT_MEASURES = ("linf", "jensen_shannon")
_GROUPS = ("labels", "training_only", "serving_only", "identifiers")


Ratio: TypeAlias = Annotated[float, at_least(0)]


def _ascends(ratios: tuple[float | None, float | None]) -> bool:
    low, high = ratios
    return low is None or high is None or low <= high


@dataclass(frozen=True, kw_only=True)
class RowLimits(Spec):
    """Limits of the number of rows.

    Attributes:
        at_least, at_most: numbers of rows.
        drift: lowest and highest ratio of the number of rows to that of the previous span; None for no bound.
    """

    at_least: Count | None = None
    at_most: Count | None = None
    drift: (
        Annotated[
            tuple[Ratio | None, Ratio | None],
            expect(_ascends, "the lowest and the highest ratio of rows now to rows before"),
        ]
        | None
    ) = None

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the bounds together."""
        if self.at_least and self.at_most and self.at_least > self.at_most:
            return [f"at_least {self.at_least:,} must not exceed at_most {self.at_most:,}"]
        return []


@dataclass(frozen=True, kw_only=True)
class Declarations(Spec):
    """Constraints that people declare for a schema, and how severe faults are.

    Attributes:
        labels: features that are predicted: present at training, not at serving.
        training_only: other features that are present at training, not at serving.
        serving_only: features that are present at serving, not at training.
        identifiers: features that identify a row or an entity: they get no domain and no comparators.
        features: declarations for single features, by name.
        new_values: share of values, 0..1, that may be outside an inferred domain.
        drift: thresholds, in (0, 1], for features that have no comparator yet, by measure: `linf` for text,
            `jensen_shannon` for numbers; None or `{}` for none. Comparators of the previous schema stay.
        skew: likewise, of training against serving.
        rows: limits of the number of rows.
        environments: all environments; data belong to one.
        checks: severity and allowed share by anomaly type and feature; the first check that fits is used.
        rules: expressions that must be true for every row, or for the statistics.
        policy: what statistics may add to the previous schema: nothing (`freeze`), new features and values (`widen`),
            or nothing, with a proposal of all changes that would make the data conform (`propose`).
        proto: further fields of TFMD's `Schema`, in text format, such as sparse and weighted features.

    Raises:
        UsageError: settings are invalid, or exclude each other; all of them are named.
    """

    labels: Texts = ()
    training_only: Texts = ()
    serving_only: Texts = ()
    identifiers: Texts = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    new_values: Share = 0.0
    drift: Threshold | Comparator | None = field(default_factory=lambda: {"linf": 0.05, "jensen_shannon": 0.05})
    skew: Threshold | Comparator | None = field(default_factory=lambda: {"linf": 0.05, "jensen_shannon": 0.05})
    rows: RowLimits | None = None
    environments: Texts = (TRAINING, SERVING)
    checks: tuple[Check, ...] = ()
    rules: tuple[Rule, ...] = ()
    policy: Annotated[str, one_of(POLICIES)] = "freeze"
    proto: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("drift", "skew"):
            thresholds = getattr(self, name)
            if isinstance(thresholds, (int, float)):
                object.__setattr__(self, name, dict.fromkeys(_DEFAULT_MEASURES, thresholds))

    def named(self) -> dict[str, list[str]]:
        """Feature -> the settings that name it, for all features that are named."""
        found: dict[str, list[str]] = {}
        for name in (*_GROUPS, "features"):
            for feature in getattr(self, name):
                found.setdefault(feature, []).append(name)
        return found

    def of(self, feature: str) -> Feature:
        """The declarations for a feature; without constraints if there are none."""
        return self.features.get(feature) or Feature()

    def not_in(self, feature: str) -> tuple[str, ...] | None:
        """Environments in which a feature is not expected; None if not declared."""
        own = self.of(feature).environments
        if own is not None:
            return tuple(one for one in self.environments if one not in own)
        if feature in (*self.labels, *self.training_only):
            return (SERVING,)
        return (TRAINING,) if feature in self.serving_only else None

    def to_json(self) -> str:
        """One line of JSON, without defaults."""
        return json.dumps(self.to_settings(defaults=False))

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        only = {name: getattr(self, name) for name in ("labels", "training_only", "serving_only")}
        faults = [*_overlaps(only), *same_names(self.rules)]
        if any(only.values()) and not {TRAINING, SERVING} <= set(self.environments):
            faults.append(f"{', '.join(only)} need the environments {TRAINING} and {SERVING}: declare both")
        for name, feature in self.features.items():
            if name in self.identifiers and feature.vocabulary:
                faults.append(f"{name!r} is an identifier and can't have a vocabulary")
            if unknown := sorted(set(feature.environments or ()) - set(self.environments)):
                faults.append(f"{name!r} is in {', '.join(unknown)}: there are {', '.join(self.environments)}")
            if feature.environments is not None and any(name in group for group in only.values()):
                faults.append(f"{name!r} has environments of its own and can't be in {', '.join(only)}")
        return faults


def _overlaps(fields: Mapping[str, Sequence[str]]) -> list[str]:
    seen: dict[str, str] = {}
    faults = []
    for name, features in fields.items():
        for feature in features:
            if feature in seen:
                faults.append(f"{feature!r} can't be in both {seen[feature]} and {name}")
            seen[feature] = name
    return faults
