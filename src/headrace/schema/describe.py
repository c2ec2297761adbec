"""A schema feature by feature, as plain data that can be compared. Takes TFMD protos; imports nothing of TensorFlow.

feature { name: "pace" type: FLOAT presence { min_count: 1 } not_in_environment: "SERVING" }
->  {"pace": {"type": "FLOAT", "presence": {"share": 0.0, "rows": 1}, "environments": ["TRAINING"], ...}}
"""

from __future__ import annotations

from typing import Any

Described = dict[str, dict[str, Any]]
"""Of each feature, by name: its aspects, each plain data; an aspect that has no constraint is None."""

ASPECTS = ("type", "presence", "valency", "domain", "environments", "drift", "skew")


def describe(schema: Any) -> Described:
    """The features of a `schema_pb2.Schema` as plain data; deprecated ones are not features."""
    environments = list(schema.default_environment)
    domains = {domain.name: domain for domain in schema.string_domain}
    return {
        feature.name: {
            "type": _type(feature),
            "presence": _presence(feature),
            "valency": _valency(feature),
            "domain": _domain(feature, domains),
            "environments": _environments(feature, environments),
            "drift": _comparator(feature.drift_comparator),
            "skew": _comparator(feature.skew_comparator),
        }
        for feature in schema.feature
        if not _is_deprecated(feature)
    }


def _type(feature: Any) -> str:
    return str(feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number[feature.type].name)


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
        # A count of 0 is how the proto says that there is no bound.
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
    if kind in ("int_domain", "float_domain"):
        domain = getattr(feature, kind)
        return {bound: getattr(domain, bound) if domain.HasField(bound) else None for bound in ("min", "max")}
    return {"kind": kind.removesuffix("_domain")}


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
