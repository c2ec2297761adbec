"""What people know about the features and statistics can't tell, as data that can be written in YAML.

labels: [accepted]                # in TRAINING, not in SERVING
identifiers: [suggestion_id]      # no domain, no comparators
ranges: {heart_rate: [30, 230]}
vocabularies: {outcome: [accepted, rejected]}
linf: {default: 0.05, route: 0.1}
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headrace.errors import UsageError

DEFAULT = "default"
"""The key of a threshold that holds for every feature that has none of its own."""

POLICIES = ("freeze", "widen")

_NAMES = ("labels", "training_only", "serving_only", "identifiers", "required", "optional")
_THRESHOLDS = ("linf", "jensen_shannon")


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """Constraints that people set on a schema.

    Attributes:
        labels: features that are there at training and not at serving, and are what is learned.
        training_only: other features that are there at training and not at serving.
        serving_only: features that are there at serving and not at training.
        identifiers: features that name a row or an entity: they get no domain and no comparators.
        required: features of which every row has a value.
        optional: features that rows may lack, even if none of those seen did.
        ranges: smallest and largest value of a numeric feature, both inclusive; None for no bound.
        vocabularies: all values that a text feature may have.
        new_values: share of values, 0..1, that may be outside a domain that was inferred, not declared.
        linf: thresholds of L-infinity for text features, by feature and `default`, in (0, 1]; none: no comparator. The
            default is for features that have no comparator yet: one that stands in the schema of before stays.
        jensen_shannon: thresholds of the Jensen-Shannon divergence for numeric features, likewise.
        policy: what statistics may add to a schema of before: nothing (`freeze`), or new features and values (`widen`).

    Raises:
        UsageError: a value that can't be meant, or a feature declared in two ways that exclude each other.
    """

    labels: tuple[str, ...] = ()
    training_only: tuple[str, ...] = ()
    serving_only: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    new_values: float = 0.0
    linf: Mapping[str, float] = field(default_factory=lambda: {DEFAULT: 0.05})
    jensen_shannon: Mapping[str, float] = field(default_factory=lambda: {DEFAULT: 0.05})
    policy: str = "freeze"

    def __post_init__(self) -> None:
        faults = [fault for name in _NAMES for fault in _name_faults(name, getattr(self, name))]
        faults = faults or self._conflicts()
        faults += self._range_faults() + self._vocabulary_faults() + self._threshold_faults()
        if self.policy not in POLICIES:
            faults.append(f"policy must be one of {', '.join(POLICIES)}, got {self.policy!r}")
        if not _is_number(self.new_values) or not 0 <= self.new_values <= 1:
            faults.append(f"new_values must be in [0, 1], got {self.new_values!r}")
        if faults:
            raise UsageError("; ".join(faults))
        for name in _NAMES:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("ranges", "vocabularies"):
            tuples = {feature: tuple(values) for feature, values in getattr(self, name).items()}
            object.__setattr__(self, name, tuples)
        for name in _THRESHOLDS:
            object.__setattr__(self, name, dict(getattr(self, name)))

    def features(self) -> dict[str, list[str]]:
        """Every feature that is named, with the fields that name it."""
        named: dict[str, list[str]] = {}
        for name in (*_NAMES, "ranges", "vocabularies", *_THRESHOLDS):
            for feature in getattr(self, name):
                if not (name in _THRESHOLDS and feature == DEFAULT):
                    named.setdefault(feature, []).append(name)
        return named

    def to_data(self) -> dict[str, Any]:
        """Plain data: what `from_data` takes, what YAML and JSON can hold."""
        data: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Declarations:
        """From plain data; fields that are not there take their defaults. A bare threshold is the default for all.

        Raises:
            UsageError: fields that are not known, or have values that can't be meant.
        """
        if not isinstance(data, Mapping):
            raise UsageError(f"declarations are a mapping, got {data!r}")
        known = [field.name for field in dataclasses.fields(cls)]
        if unknown := sorted(set(map(str, data)) - set(known)):
            raise UsageError(f"declarations have no {', '.join(unknown)}; they have: {', '.join(known)}")
        given = dict(data)
        for name in _THRESHOLDS:
            if _is_number(given.get(name)):
                given[name] = {DEFAULT: given[name]}
        return cls(**given)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_data())

    @classmethod
    def from_json(cls, text: str) -> Declarations:
        """Inverse of `to_json`."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"declarations are a JSON object, got {text!r}: {error}") from error
        return cls.from_data(data)

    def _conflicts(self) -> list[str]:
        only = {"labels": self.labels, "training_only": self.training_only, "serving_only": self.serving_only}
        return _overlaps(only) + _overlaps({"required": self.required, "optional": self.optional})

    def _range_faults(self) -> list[str]:
        if not isinstance(self.ranges, Mapping):
            return [f"ranges must map features to (smallest, largest), got {self.ranges!r}"]
        return [
            f"ranges of {feature!r} must be (smallest, largest) with smallest <= largest, got {bounds!r}"
            for feature, bounds in self.ranges.items()
            if not _is_range(bounds)
        ]

    def _vocabulary_faults(self) -> list[str]:
        if not isinstance(self.vocabularies, Mapping):
            return [f"vocabularies must map features to values, got {self.vocabularies!r}"]
        faults = [
            f for name, values in self.vocabularies.items() for f in _name_faults(f"vocabularies of {name!r}", values)
        ]
        faults += [f"vocabularies of {name!r} is empty" for name, values in self.vocabularies.items() if not values]
        both = sorted(set(self.vocabularies) & set(self.identifiers))
        return faults + [f"{name!r} is an identifier and can't have a vocabulary" for name in both]

    def _threshold_faults(self) -> list[str]:
        faults = []
        for name in _THRESHOLDS:
            thresholds = getattr(self, name)
            if not isinstance(thresholds, Mapping):
                faults.append(f"{name} must map features, or 'default', to thresholds, got {thresholds!r}")
                continue
            for feature, threshold in thresholds.items():
                if not _is_number(threshold) or not 0 < threshold <= 1:
                    faults.append(f"{name} of {feature!r} must be in (0, 1], got {threshold!r}")
        return faults


def _name_faults(field_name: str, names: object) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Sequence):
        return [f"{field_name} must be a list of text, got {names!r}"]
    if not all(isinstance(name, str) for name in names):
        return [f"{field_name} must be a list of text, got {names!r}"]
    if len(set(names)) < len(names):
        return [f"{field_name} names something twice: {names!r}"]
    return []


def _overlaps(fields: Mapping[str, Sequence[str]]) -> list[str]:
    seen: dict[str, str] = {}
    faults = []
    for name, features in fields.items():
        for feature in features:
            if feature in seen:
                faults.append(f"{feature!r} can't be in both {seen[feature]} and {name}")
            seen[feature] = name
    return faults


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _is_range(bounds: object) -> bool:
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        return False
    low, high = bounds
    if not all(bound is None or _is_number(bound) for bound in bounds):
        return False
    return low is None or high is None or low <= high
