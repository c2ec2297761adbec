"""A schema as plain data that can be compared, by feature and aspect. Imports nothing of TensorFlow.

feature { name: "pace" type: FLOAT presence { min_count: 1 } not_in_environment: "SERVING" }
->  {"pace": {"type": "FLOAT", "presence": {"share": 0.0, "rows": 1}, "environments": ["TRAINING"], ...}}
"""

from __future__ import annotations

from typing import Any, TypeAlias

from headrace.schema.feature_protos import type_name, unit_of

Aspects: TypeAlias = dict[str, Any]
"""Aspect -> its constraints as JSON has them; None for an aspect without constraints."""

Description: TypeAlias = dict[str, Aspects]
"""Feature -> its aspects (`ASPECTS`). The data set as a whole (`WHOLE_ASPECTS`), if constrained, has the name ""."""

ASPECTS = ("type", "presence", "valency", "domain", "unique", "unit", "environments", "drift", "skew", "further")
WHOLE_ASPECTS = ("environments", "rows", "rules", "checks", "further")
FIELDS = {
    "presence": ("presence",),
    "valency": ("shape", "value_count"),
    "domain": (
        *("domain", "string_domain", "int_domain", "float_domain", "bool_domain", "distribution_constraints"),
        *("image_domain", "mid_domain", "natural_language_domain", "time_domain", "time_of_day_domain", "url_domain"),
    ),
    "unique": ("unique_constraints",),
    "environments": ("in_environment", "not_in_environment"),
    "drift": ("drift_comparator",),
    "skew": ("skew_comparator",),
    "": ("name", "type", "deprecated", "lifecycle_stage", "annotation"),
}
"""Fields of TFMD's `Feature` by aspect; all other fields are `further`."""


def describe(schema: Any) -> Description:
    """A `schema_pb2.Schema` as plain data, without deprecated features."""
    environments = list(schema.default_environment)
    domains = {domain.name: domain for domain in schema.string_domain}
    described: Description = {
        feature.name: {
            "type": type_name(feature),
            "presence": _presence(feature),
            "valency": _valency(feature),
            "domain": _domain(feature, domains),
            "unique": _unique(feature),
            "unit": unit_of(feature) or None,
            "environments": _environments(feature, environments),
            "drift": _comparator(feature.drift_comparator),
            "skew": _comparator(feature.skew_comparator),
            "further": _further(feature, _KNOWN),
        }
        for feature in schema.feature
        if not _is_deprecated(feature)
    }
    whole = _whole(schema)
    return described | {"": whole} if any(whole.values()) else described


def _whole(schema: Any) -> Aspects:
    tags = list(schema.annotation.tag)
    limits = schema.dataset_constraints
    rows = {
        "min": limits.min_examples_count or None,
        "max": limits.max_examples_count or None,
        "drift": str(limits.num_examples_drift_comparator).strip().replace("\n", ", ") or None,
    }
    return {
        "environments": sorted(schema.default_environment) or None,
        "rows": rows if any(rows.values()) else None,
        "rules": sorted(tag[len("rule: ") :] for tag in tags if tag.startswith("rule: ")) or None,
        "checks": [tag[len("check: ") :] for tag in tags if tag.startswith("check: ")] or None,
        "further": _further(schema, ("feature", "string_domain", "default_environment", "annotation")),
    }


def _further(message: Any, known: tuple[str, ...]) -> str | None:
    rest = type(message)()
    rest.CopyFrom(message)
    for field in known:
        rest.ClearField(field)
    if "string_domain" in known and "dataset_constraints" in message.DESCRIPTOR.fields_by_name:
        rest.dataset_constraints.ClearField("min_examples_count")
        rest.dataset_constraints.ClearField("max_examples_count")
        rest.dataset_constraints.ClearField("num_examples_drift_comparator")
        if not rest.dataset_constraints.ListFields():
            rest.ClearField("dataset_constraints")
    return " ".join(str(rest).split()) or None


def _unique(feature: Any) -> dict[str, int] | None:
    if not feature.HasField("unique_constraints"):
        return None
    return {"min": feature.unique_constraints.min, "max": feature.unique_constraints.max}


def _is_deprecated(feature: Any) -> bool:
    stages = feature.DESCRIPTOR.fields_by_name["lifecycle_stage"].enum_type.values_by_name
    return bool(feature.deprecated) or feature.lifecycle_stage == stages["DEPRECATED"].number


def _presence(feature: Any) -> dict[str, float] | None:
    if not feature.HasField("presence"):
        return None
    return {"share": feature.presence.min_fraction, "rows": feature.presence.min_count}


def _valency(feature: Any) -> dict[str, float | None] | None:
    if feature.HasField("shape"):
        size = 1
        for dimension in feature.shape.dim:
            size *= dimension.size
        return {"min": size, "max": size}
    if feature.HasField("value_count"):
        # In the proto a count of 0 means that there is no bound.
        return {"min": feature.value_count.min or None, "max": feature.value_count.max or None}
    return None


def _domain(feature: Any, domains: dict[str, Any]) -> dict[str, Any] | None:
    kind = feature.WhichOneof("domain_info")
    if kind is None:
        return None
    if kind in ("domain", "string_domain"):
        domain = domains.get(feature.domain) if kind == "domain" else feature.string_domain
        mass = feature.distribution_constraints.min_domain_mass if feature.HasField("distribution_constraints") else 1.0
        return {"values": sorted(domain.value) if domain else [], "new_values": round(1 - mass, 12)}
    domain = getattr(feature, kind)
    if kind in ("int_domain", "float_domain"):
        bounds = {bound: getattr(domain, bound) if domain.HasField(bound) else None for bound in ("min", "max")}
        flags = {name: True for name in _FLAGS if getattr(domain, name, False)}
        return {**bounds, **flags}
    further = " ".join(str(domain).split())
    return {"kind": kind.removesuffix("_domain"), **({"further": further} if further else {})}


def _environments(feature: Any, environments: list[str]) -> list[str]:
    kept = set(feature.in_environment) or set(environments)
    return sorted(kept - set(feature.not_in_environment))


def _comparator(comparator: Any) -> dict[str, float] | None:
    thresholds = {
        name: getattr(comparator, name).threshold
        for name in ("infinity_norm", "jensen_shannon_divergence", "normalized_abs_difference")
        if comparator.HasField(name)
    }
    return thresholds or None


_FLAGS = ("disallow_nan", "disallow_inf", "is_categorical", "is_embedding")
_KNOWN = tuple(field for fields in FIELDS.values() for field in fields)
