"""What people declared, applied to a TFMD schema. Changes the proto that it is given; imports nothing of TensorFlow.

labels: [accepted]   ->   feature { name: "accepted" not_in_environment: "SERVING" drift_comparator {...} }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.errors import UsageError
from headrace.schema.declarations import DEFAULT, Declarations

TRAINING = "TRAINING"
SERVING = "SERVING"

_NUMERIC = ("INT", "FLOAT")


def declare(schema: Any, declarations: Declarations) -> None:
    """Applies the declarations to a `schema_pb2.Schema`, in place. Applied twice it changes nothing more.

    Raises:
        UsageError: features that the schema has not, or constraints that their type can't have; all of them.
    """
    features = {feature.name: feature for feature in schema.feature}
    faults = _unknown(features, declarations) + _unfit(features, declarations)
    if faults:
        raise UsageError("; ".join(faults))
    for environment in (TRAINING, SERVING):
        if environment not in schema.default_environment:
            schema.default_environment.append(environment)
    for name, feature in features.items():
        _environments(feature, declarations)
        _presence(feature, declarations)
        if name in declarations.ranges:
            _range(feature, *declarations.ranges[name])
        if name in declarations.vocabularies:
            _vocabulary(schema, feature, declarations.vocabularies[name])
        elif name in declarations.identifiers:
            clear_domain(schema, feature)
        elif feature.WhichOneof("domain_info") == "domain" and declarations.new_values:
            feature.distribution_constraints.min_domain_mass = 1 - declarations.new_values
        _comparators(feature, declarations)


def type_name(feature: Any) -> str:
    """`BYTES`, `INT`, `FLOAT`, ..."""
    return str(feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number[feature.type].name)


def clear_domain(schema: Any, feature: Any) -> None:
    """Takes the domain of a feature away, and out of the schema if no other feature has it."""
    kind = feature.WhichOneof("domain_info")
    if kind is None:
        return
    name = feature.domain
    feature.ClearField(kind)
    feature.ClearField("distribution_constraints")
    if kind == "domain" and not any(other.domain == name for other in schema.feature):
        kept = [domain for domain in schema.string_domain if domain.name != name]
        del schema.string_domain[:]
        schema.string_domain.extend(kept)


def _unknown(features: Mapping[str, Any], declarations: Declarations) -> list[str]:
    # Statistics of training can't tell the type of what only serving has, so it may be missing from the schema.
    missing = {
        feature: fields
        for feature, fields in declarations.features().items()
        if feature not in features and feature not in declarations.serving_only
    }
    if not missing:
        return []
    words = ", ".join(f"{feature!r} ({', '.join(fields)})" for feature, fields in sorted(missing.items()))
    return [f"declared features that the data has not: {words}; it has: {', '.join(sorted(features))}"]


def _unfit(features: Mapping[str, Any], declarations: Declarations) -> list[str]:
    faults = []
    for name, bounds in declarations.ranges.items():
        kind = type_name(features[name]) if name in features else None
        if kind is not None and kind not in _NUMERIC:
            faults.append(f"{name!r} is of type {kind} and can't have a range {bounds!r}: expected a numeric feature")
        if kind == "INT" and any(bound is not None and bound != int(bound) for bound in bounds):
            faults.append(f"{name!r} is of type INT: its range must be of whole numbers, got {bounds!r}")
    for fields, wanted in (("vocabularies", ("BYTES",)), ("linf", ("BYTES",)), ("jensen_shannon", _NUMERIC)):
        for name in getattr(declarations, fields):
            kind = type_name(features[name]) if name in features else None
            if kind is not None and kind not in wanted:
                faults.append(f"{name!r} is of type {kind} and can't be in {fields}: expected {' or '.join(wanted)}")
    return faults


def _environments(feature: Any, declarations: Declarations) -> None:
    missing_at = None
    if feature.name in (*declarations.labels, *declarations.training_only):
        missing_at = SERVING
    elif feature.name in declarations.serving_only:
        missing_at = TRAINING
    if missing_at and missing_at not in feature.not_in_environment:
        feature.not_in_environment.append(missing_at)


def _presence(feature: Any, declarations: Declarations) -> None:
    if feature.name in declarations.required:
        feature.presence.min_fraction = 1.0
        feature.presence.min_count = max(1, feature.presence.min_count)
    elif feature.name in declarations.optional:
        feature.presence.ClearField("min_fraction")
        if feature.HasField("shape"):
            # A shape demands a value of every row.
            feature.ClearField("shape")
            feature.value_count.min = feature.value_count.max = 1


def _range(feature: Any, low: float | None, high: float | None) -> None:
    whole = type_name(feature) == "INT"
    domain = feature.int_domain if whole else feature.float_domain
    domain.Clear()
    domain.SetInParent()
    if low is not None:
        domain.min = int(low) if whole else float(low)
    if high is not None:
        domain.max = int(high) if whole else float(high)


def _vocabulary(schema: Any, feature: Any, values: tuple[str, ...]) -> None:
    clear_domain(schema, feature)
    feature.domain = feature.name
    schema.string_domain.add(name=feature.name, value=sorted(values))


def _comparators(feature: Any, declarations: Declarations) -> None:
    measure, thresholds = _measure(feature, declarations)
    if feature.name in declarations.identifiers:
        threshold = None
        _clear_comparators(feature)
    elif feature.name in thresholds:
        threshold = thresholds[feature.name]
        _clear_comparators(feature)
    elif feature.HasField("drift_comparator") or feature.HasField("skew_comparator"):
        # What stands in the schema was set on purpose, maybe by hand: a default for all must not undo it.
        threshold = None
    else:
        threshold = thresholds.get(DEFAULT)
    if threshold is not None:
        for comparator in (feature.drift_comparator, feature.skew_comparator):
            getattr(comparator, measure).threshold = threshold
    if feature.not_in_environment:
        # Training and serving can be compared only in what both have.
        feature.ClearField("skew_comparator")


def _clear_comparators(feature: Any) -> None:
    feature.ClearField("drift_comparator")
    feature.ClearField("skew_comparator")


def _measure(feature: Any, declarations: Declarations) -> tuple[str, Mapping[str, float]]:
    kind = type_name(feature)
    if kind == "BYTES":
        return "infinity_norm", declarations.linf
    if kind in _NUMERIC:
        return "jensen_shannon_divergence", declarations.jensen_shannon
    return "", {}
