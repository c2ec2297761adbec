"""Applies declarations to a TFMD schema, in place. Imports nothing of TensorFlow.

labels: [accepted]   ->   feature { name: "accepted" not_in_environment: "SERVING" drift_comparator {...} }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.errors import UsageError
from headrace.schema.declarations import SERVING, TRAINING, Declarations
from headrace.schema.feature import MEASURES, NUMERIC, SEMANTICS, Comparator, Feature
from headrace.schema.feature_protos import (
    COMPARISONS,
    clear_comparator,
    clear_domain,
    has_default_comparator,
    is_identifier,
    retag,
    set_default_comparator,
    set_identifier,
    set_unit,
    type_name,
)
from headrace.schema.rules import to_tag
from headrace.values.time_formats import DIRECTIVES, can_read

__all__ = ["SERVING", "TRAINING", "declare"]

_OURS = ("rule: ", "check: ")
_FIELDS = {
    "linf": "infinity_norm",
    "jensen_shannon": "jensen_shannon_divergence",
    "normalized_absolute_difference": "normalized_abs_difference",
}


def declare(schema: Any, declarations: Declarations) -> None:
    """Applies declarations to a `schema_pb2.Schema`, in place. Applying them again changes nothing.

    Units, rules and checks, which TFMD has no fields for, go into tags of its annotations.

    Raises:
        UsageError: features that the schema lacks, constraints that a type can't have, broken rules; all of them.
    """
    _protos(schema, declarations)
    _planned(schema, declarations)
    features = {feature.name: feature for feature in schema.feature}
    faults = _unknown(features, declarations) + _unfit(features, declarations)
    if faults:
        raise UsageError("; ".join(faults))
    for environment in declarations.environments:
        if environment not in schema.default_environment:
            schema.default_environment.append(environment)
    for name, feature in features.items():
        _feature(schema, feature, declarations.of(name), declarations)
    if declarations.rules:
        from headrace.schema.rule_checks import rule_faults, types_of_columns  # DuckDB: only where rules are declared

        kinds = types_of_columns(schema, {name: type_name(feature) for name, feature in features.items()})
        if faults := rule_faults(declarations.rules, kinds):
            raise UsageError("; ".join(faults))
    _rows(schema, declarations)
    tags = [tag for tag in schema.annotation.tag if not tag.startswith(_OURS)]
    tags += [to_tag(one) for one in declarations.rules] + [to_tag(one) for one in declarations.checks]
    retag(schema, tags)


def _feature(schema: Any, feature: Any, own: Feature, declarations: Declarations) -> None:
    missing_at = declarations.not_in(feature.name)
    if own.environments is not None:
        feature.ClearField("in_environment")
        feature.ClearField("not_in_environment")
    for environment in missing_at or ():
        if environment not in feature.not_in_environment:
            feature.not_in_environment.append(environment)
    if own.type:
        if feature.type != _type(feature, own.type):
            clear_domain(schema, feature)
        feature.type = _type(feature, own.type)
    _valency(feature, own)
    _presence(feature, own)
    if feature.name in declarations.identifiers:
        set_identifier(schema, feature)
    _domain(schema, feature, own, declarations)
    if own.unique is not None:
        feature.unique_constraints.Clear()
        for bound, value in zip(("min", "max"), own.unique, strict=True):
            if value is not None:
                setattr(feature.unique_constraints, bound, value)
        if own.unique[1] is None:
            feature.unique_constraints.max = 2**63 - 1
    if own.unit:
        set_unit(feature, own.unit)
    _comparators(feature, own, declarations)


def _type(feature: Any, name: str) -> int:
    number: int = feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_name[name].number
    return number


def _protos(schema: Any, declarations: Declarations) -> None:
    # Merged into an empty proto first: merging repeated fields twice would double them.
    if declarations.proto:
        _replace(schema, _parsed(type(schema)(), declarations.proto, "proto"))
    features = {feature.name: feature for feature in schema.feature}
    for name, own in declarations.features.items():
        if own.proto and name in features:
            _replace(features[name], _parsed(type(features[name])(), own.proto, f"proto of {name!r}"))


def _parsed(empty: Any, text: str, what: str) -> Any:
    from google.protobuf import text_format  # comes with TFMD, not with the core

    try:
        return text_format.Parse(text, empty)
    except text_format.ParseError as error:
        raise UsageError(f"{what} is not a {type(empty).__name__} in text format: {error}") from error


def _replace(target: Any, given: Any) -> None:
    for field, value in given.ListFields():
        if field.message_type is None and not _repeated(field):
            setattr(target, field.name, value)
        elif _repeated(field) and field.message_type is not None:
            names = {one.name for one in value}
            kept = [one for one in getattr(target, field.name) if one.name not in names]
            target.ClearField(field.name)
            getattr(target, field.name).extend([*kept, *value])
        elif _repeated(field):
            getattr(target, field.name).extend(one for one in value if one not in getattr(target, field.name))
        elif field.name == "annotation":
            tags = [*target.annotation.tag, *value.tag]  # those of types, units and defaults stay
            target.annotation.CopyFrom(value)
            retag(target, list(dict.fromkeys(tags)))
        else:
            getattr(target, field.name).CopyFrom(value)


def _repeated(field: Any) -> bool:
    return bool(field.label == field.LABEL_REPEATED)


def _planned(schema: Any, declarations: Declarations) -> None:
    known = {feature.name for feature in schema.feature}
    for name, own in declarations.features.items():
        if name not in known and own.type:
            feature = schema.feature.add(name=name)
            feature.type = _type(feature, own.type)
            if own.proto:
                _replace(feature, _parsed(type(feature)(), own.proto, f"proto of {name!r}"))
            feature.presence.min_count = 1


def _unknown(features: Mapping[str, Any], declarations: Declarations) -> list[str]:
    # Features that only serving has are not in the statistics of training, so the schema may lack them.
    missing = {
        feature: fields
        for feature, fields in declarations.named().items()
        if feature not in features and feature not in declarations.serving_only
    }
    if not missing:
        return []
    words = ", ".join(f"{feature!r} ({', '.join(fields)})" for feature, fields in sorted(missing.items()))
    return [
        f"declared features that the data do not have: {words}; they have: {', '.join(sorted(features))}; "
        "declare the type of a feature that the data will have later"
    ]


def _unfit(features: Mapping[str, Any], declarations: Declarations) -> list[str]:
    faults = []
    for name, own in declarations.features.items():
        if name not in features:
            continue
        kind = own.type or type_name(features[name])
        wants: dict[str, tuple[str, ...]] = {}
        if own.range is not None or own.finite:
            wants[f"a range {own.range!r}" if own.range is not None else "finite"] = NUMERIC
        if own.vocabulary:
            wants["a vocabulary"] = ("BYTES",)
        if own.semantic:
            wants[f"semantic {own.semantic}"] = SEMANTICS[own.semantic]
        for comparator in (own.drift, own.skew):
            wants |= {m: MEASURES[m] for m in (comparator if isinstance(comparator, Mapping) else {})}
        faults += [
            f"{name!r} is of type {kind} and can't have {what}: expected {' or '.join(kinds)}"
            for what, kinds in wants.items()
            if kind not in kinds
        ]
        if kind == "INT" and any(bound is not None and bound != int(bound) for bound in own.range or ()):
            faults.append(f"{name!r} is of type INT: its range must be of whole numbers, got {own.range!r}")
        if own.format and kind == "BYTES" and not can_read(own.format):
            faults.append(
                f"{name!r} has format {own.format!r}: expected one of strptime with {', '.join(DIRECTIVES)}, each once"
            )
        if own.format and kind == "INT" and own.format not in (known := _integer_formats(features[name], own)):
            faults.append(f"{name!r} has format {own.format!r}: expected one of {', '.join(sorted(known))}")
        if own.new_values is not None and not own.vocabulary and features[name].WhichOneof("domain_info") is None:
            faults.append(f"{name!r} has no vocabulary, which new_values needs: declare one")
    return faults


def _valency(feature: Any, own: Feature) -> None:
    if own.shape is not None:
        feature.ClearField(feature.WhichOneof("shape_type") or "shape")
        feature.shape.SetInParent()
        for size in own.shape:
            feature.shape.dim.add(size=size)
    if (valency := own.valency()) is not None:
        feature.ClearField(feature.WhichOneof("shape_type") or "shape")
        feature.value_count.SetInParent()
        for bound, value in zip(("min", "max"), valency, strict=True):
            if value is not None:
                setattr(feature.value_count, bound, value)


def _presence(feature: Any, own: Feature) -> None:
    share = {"required": 1.0, "optional": 0.0}.get(own.presence, own.presence)  # type: ignore[arg-type]
    if share is not None:
        if share < 1 and feature.HasField("shape") and own.shape is None:
            # A shape requires a value in every row.
            size = 1
            for dimension in feature.shape.dim:
                size *= dimension.size
            feature.value_count.min = feature.value_count.max = size
        feature.presence.min_count = max(1, feature.presence.min_count)
        if share:
            feature.presence.min_fraction = share
        else:
            feature.presence.ClearField("min_fraction")
    if own.min_rows is not None:
        feature.presence.min_count = own.min_rows


def _domain(schema: Any, feature: Any, own: Feature, declarations: Declarations) -> None:
    if own.range is not None or own.finite:
        _range(schema, feature, own)
    elif own.vocabulary:
        clear_domain(schema, feature)
        feature.domain = feature.name
        schema.string_domain.add(name=feature.name, value=sorted(own.vocabulary))
    elif own.semantic and own.semantic not in ("categorical", "embedding"):
        _semantic(schema, feature, own)
    if own.semantic in ("categorical", "embedding"):
        domain = feature.int_domain if type_name(feature) == "INT" else feature.float_domain
        setattr(domain, f"is_{own.semantic}", True)
    if feature.WhichOneof("domain_info") in ("domain", "string_domain"):
        declared = bool(own.vocabulary)
        new_values = own.new_values if own.new_values is not None else 0.0 if declared else declarations.new_values
        if new_values:
            feature.distribution_constraints.min_domain_mass = 1 - new_values


def _range(schema: Any, feature: Any, own: Feature) -> None:
    whole = type_name(feature) == "INT"
    if feature.WhichOneof("domain_info") not in ("int_domain", "float_domain"):
        clear_domain(schema, feature)
    domain = feature.int_domain if whole else feature.float_domain
    domain.Clear()
    domain.SetInParent()
    for bound, value in zip(("min", "max"), own.range or (None, None), strict=True):
        if value is not None:
            setattr(domain, bound, int(value) if whole else float(value))
    if own.finite and not whole:
        domain.disallow_nan = domain.disallow_inf = True


def _semantic(schema: Any, feature: Any, own: Feature) -> None:
    kind = f"{own.semantic}_domain"
    if feature.WhichOneof("domain_info") != kind:
        clear_domain(schema, feature)
    domain = getattr(feature, kind)
    domain.SetInParent()
    if own.format and type_name(feature) == "BYTES":
        domain.string_format = own.format
    elif own.format:
        domain.integer_format = _integer_formats(feature, own)[own.format].number


def _integer_formats(feature: Any, own: Feature) -> Mapping[str, Any]:
    domain = feature.DESCRIPTOR.fields_by_name[f"{own.semantic}_domain"].message_type
    found: Mapping[str, Any] = domain.fields_by_name["integer_format"].enum_type.values_by_name
    return {name: value for name, value in found.items() if value.number}


def _comparators(feature: Any, own: Feature, declarations: Declarations) -> None:
    kind = type_name(feature)
    measure = next((name for name, kinds in MEASURES.items() if kind in kinds), "")
    has_comparators = feature.HasField("drift_comparator") or feature.HasField("skew_comparator")
    # Times go on from span to span, and identifiers differ: only a declaration for the feature compares them.
    differs_anyway = feature.WhichOneof("domain_info") == "time_domain" or is_identifier(feature)
    for name in COMPARISONS:
        given, default = getattr(own, name), getattr(declarations, name)
        if given is not None:
            clear_comparator(feature, name)
            comparator = getattr(feature, f"{name}_comparator")
            # An empty comparator means none, and keeps the default from filling it.
            comparator.SetInParent()
            by_measure: Comparator = given if isinstance(given, Mapping) else {measure: given}
            for one, threshold in by_measure.items() if measure else ():
                getattr(comparator, _FIELDS[one]).threshold = threshold
        elif differs_anyway and has_default_comparator(feature, name):
            clear_comparator(feature, name)
        elif not (has_comparators or differs_anyway) and measure in (default or ()):
            # The comparators of the schema were set on purpose, maybe by hand: no default must change them.
            set_default_comparator(feature, name, _FIELDS[measure], default[measure])
    if TRAINING in feature.not_in_environment or SERVING in feature.not_in_environment:
        # Training and serving can be compared only in features that both have.
        clear_comparator(feature, "skew")


def _rows(schema: Any, declarations: Declarations) -> None:
    rows = declarations.rows
    if rows is None:
        return
    # TFDV checks the maximum only where there is a minimum.
    schema.dataset_constraints.min_examples_count = rows.at_least or 1
    if rows.at_most is not None:
        schema.dataset_constraints.max_examples_count = rows.at_most
    for bound, value in zip(("min", "max"), rows.drift or (None, None), strict=True):
        if value is not None:
            setattr(schema.dataset_constraints.num_examples_drift_comparator, f"{bound}_fraction_threshold", value)
