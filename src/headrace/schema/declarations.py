"""What people know about the data and statistics can't tell, in a file that can be reviewed.

labels: [accepted]                          # in TRAINING, not in SERVING
identifiers: [suggestion_id]                # no domain, no comparators
features:
  heart_rate: {range: [30, 230], unit: bpm}
  outcome: {vocabulary: [accepted, rejected], new_values: 0.01}
drift: {linf: 0.05, jensen_shannon: 0.05}   # for features that have none of their own
rules:
- {name: no car, expression: distance_km / (time_s / 3600.0) < 45}
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headrace.errors import UsageError
from headrace.schema.feature import Comparator, Feature, is_number, is_share, name_faults, threshold_faults
from headrace.schema.rules import Check, Rule, listed

TRAINING = "TRAINING"
SERVING = "SERVING"
POLICIES = ("freeze", "widen", "propose")

_DEFAULT_MEASURES = ("linf", "jensen_shannon")
_GROUPS = ("labels", "training_only", "serving_only", "identifiers")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """How many rows there must be: at least, at most, and between which ratios to the span before (`drift`)."""

    at_least: int | None = None
    at_most: int | None = None
    drift: tuple[float | None, float | None] | None = None

    def __post_init__(self) -> None:
        faults = [
            f"{name} must be a whole number of at least 1, got {value!r}"
            for name, value in (("at_least", self.at_least), ("at_most", self.at_most))
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1)
        ]
        if not faults and self.at_least and self.at_most and self.at_least > self.at_most:
            faults.append(f"at_least {self.at_least:,} must not exceed at_most {self.at_most:,}")
        if self.drift is not None:
            if isinstance(self.drift, list):
                object.__setattr__(self, "drift", tuple(self.drift))
            ratios = self.drift if isinstance(self.drift, tuple) else ()
            known = [one for one in ratios if one is not None and is_number(one)]
            ordered = known == sorted(known) and all(one >= 0 for one in known)
            if len(ratios) != 2 or len(known) + ratios.count(None) != 2 or not ordered:
                faults.append(f"drift must be (lowest, highest) ratio of rows now to rows before, got {self.drift!r}")
        if faults:
            raise UsageError(f"rows: {'; '.join(faults)}")


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """Constraints that people set on a schema, and what is to be thought of data that break them.

    Attributes:
        labels: features that are there at training and not at serving, and are what is learned.
        training_only: other features that are there at training and not at serving.
        serving_only: features that are there at serving and not at training.
        identifiers: features that name a row or an entity: they get no domain and no comparators.
        features: what is known of a feature, by name.
        new_values: share of values, 0..1, that may be outside a domain that was inferred, not declared.
        drift: thresholds, in (0, 1], for features that have no comparator yet, by measure: `linf` for text,
            `jensen_shannon` for numbers; None or `{}`: no comparator. One that stands in the schema of before stays.
        skew: likewise, of training against serving.
        rows: how many rows there must be.
        environments: all that there are; data is of one.
        checks: severity and allowed share by anomaly type and feature; the first that fits counts.
        rules: expressions that must be true of every row, or of the statistics.
        policy: what statistics may add to a schema of before: nothing (`freeze`), new features and values (`widen`), or
            nothing but a proposal of all that would make the data conform (`propose`).
        proto: further fields of TFMD's `Schema`, in text format: sparse and weighted features, say.

    Raises:
        UsageError: a value that can't be meant, or a feature declared in two ways that exclude each other; all of them.
    """

    labels: tuple[str, ...] = ()
    training_only: tuple[str, ...] = ()
    serving_only: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    new_values: float = 0.0
    drift: Comparator | None = field(default_factory=lambda: {"linf": 0.05, "jensen_shannon": 0.05})
    skew: Comparator | None = field(default_factory=lambda: {"linf": 0.05, "jensen_shannon": 0.05})
    rows: Rows | None = None
    environments: tuple[str, ...] = (TRAINING, SERVING)
    checks: tuple[Check, ...] = ()
    rules: tuple[Rule, ...] = ()
    policy: str = "freeze"
    proto: str = ""

    def __post_init__(self) -> None:
        faults = [fault for name in (*_GROUPS, "environments") for fault in name_faults(name, getattr(self, name))]
        faults += [*self._made("checks", Check), *self._made("rules", Rule), *self._features_made(), *self._rows_made()]
        if self.policy not in POLICIES:
            faults.append(f"policy must be one of {', '.join(POLICIES)}, got {self.policy!r}")
        if not is_share(self.new_values):
            faults.append(f"new_values must be in [0, 1], got {self.new_values!r}")
        for name in ("drift", "skew"):
            thresholds = getattr(self, name)
            if is_number(thresholds):
                thresholds = dict.fromkeys(_DEFAULT_MEASURES, thresholds)
                object.__setattr__(self, name, thresholds)
            faults += threshold_faults(name, thresholds)
            if thresholds is not None and not isinstance(thresholds, Mapping):
                faults.append(f"{name} must be thresholds by measure, got {thresholds!r}")
        if not isinstance(self.proto, str):
            faults.append(f"proto must be text, got {self.proto!r}")
        if not faults:
            faults += self._conflicts()
        if faults:
            raise UsageError("; ".join(faults))
        for name in (*_GROUPS, "environments"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def named(self) -> dict[str, list[str]]:
        """Every feature that is named, with the fields that name it."""
        found: dict[str, list[str]] = {}
        for name in (*_GROUPS, "features"):
            for feature in getattr(self, name):
                found.setdefault(feature, []).append(name)
        return found

    def of(self, feature: str) -> Feature:
        """What is declared of a feature; nothing, if nothing is."""
        return self.features.get(feature) or Feature()

    def not_in(self, feature: str) -> tuple[str, ...] | None:
        """Environments in which a feature is not expected; None if nothing is said of it."""
        own = self.of(feature).environments
        if own is not None:
            return tuple(one for one in self.environments if one not in own)
        if feature in (*self.labels, *self.training_only):
            return (SERVING,)
        return (TRAINING,) if feature in self.serving_only else None

    def to_data(self) -> dict[str, Any]:
        """Plain data: what was said, as `from_data` takes it and YAML and JSON can hold it."""
        data: dict[str, Any] = {}
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            default = one.default if one.default_factory is dataclasses.MISSING else one.default_factory()
            if value != default:
                data[one.name] = value
        if "features" in data:
            data["features"] = {name: feature.to_data() for name, feature in self.features.items()}
        for name in ("checks", "rules"):
            if name in data:
                data[name] = [_said(one) for one in data[name]]
        if self.rows:
            data["rows"] = _said(self.rows)
        plain: dict[str, Any] = json.loads(json.dumps(data))
        return plain

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Declarations:
        """From plain data; fields that are not there take their defaults. A bare threshold is of every measure.

        Raises:
            UsageError: fields that are not known, or have values that can't be meant.
        """
        if not isinstance(data, Mapping):
            raise UsageError(f"declarations are a mapping, got {data!r}")
        known = [field.name for field in dataclasses.fields(cls)]
        if unknown := sorted(set(map(str, data)) - set(known)):
            raise UsageError(f"declarations have no {', '.join(unknown)}; they have: {', '.join(known)}")
        return cls(**data)

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

    def _made(self, name: str, kind: Any) -> list[str]:
        try:
            object.__setattr__(self, name, listed(kind, getattr(self, name), name))
        except UsageError as error:
            return [str(error)]
        return []

    def _features_made(self) -> list[str]:
        if not isinstance(self.features, Mapping):
            return [f"features must map names to what is known of them, got {self.features!r}"]
        made, faults = {}, []
        for name, given in self.features.items():
            try:
                made[str(name)] = given if isinstance(given, Feature) else Feature.from_data(given)
            except UsageError as error:
                faults.append(f"feature {name!r}: {error}")
        object.__setattr__(self, "features", made)
        return faults

    def _rows_made(self) -> list[str]:
        if self.rows is None or isinstance(self.rows, Rows):
            return []
        known = [one.name for one in dataclasses.fields(Rows)]
        if not isinstance(self.rows, Mapping) or set(self.rows) - set(known):
            return [f"rows have {', '.join(known)}, got {self.rows!r}"]
        try:
            object.__setattr__(self, "rows", Rows(**self.rows))
        except UsageError as error:
            return [str(error)]
        return []

    def _conflicts(self) -> list[str]:
        only = {name: getattr(self, name) for name in ("labels", "training_only", "serving_only")}
        faults = _overlaps(only)
        if any(only.values()) and not {TRAINING, SERVING} <= set(self.environments):
            faults.append(f"{', '.join(only)} speak of the environments {TRAINING} and {SERVING}: declare both")
        for name, feature in self.features.items():
            if name in self.identifiers and feature.vocabulary:
                faults.append(f"{name!r} is an identifier and can't have a vocabulary")
            if unknown := sorted(set(feature.environments or ()) - set(self.environments)):
                faults.append(f"{name!r} is in {', '.join(unknown)}: there are {', '.join(self.environments)}")
            if feature.environments is not None and any(name in group for group in only.values()):
                faults.append(f"{name!r} has environments of its own and can't be in {', '.join(only)}")
        return faults


def _said(one: Any) -> dict[str, Any]:
    return {f.name: getattr(one, f.name) for f in dataclasses.fields(one) if getattr(one, f.name) != f.default}


def _overlaps(fields: Mapping[str, Sequence[str]]) -> list[str]:
    seen: dict[str, str] = {}
    faults = []
    for name, features in fields.items():
        for feature in features:
            if feature in seen:
                faults.append(f"{feature!r} can't be in both {seen[feature]} and {name}")
            seen[feature] = name
    return faults
