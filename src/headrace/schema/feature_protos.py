"""TFMD's `Feature`: reading what it has no plain field for, and changing it in place. Imports nothing of TensorFlow."""

from __future__ import annotations

from typing import Any

UNIT = "unit: "
IDENTIFIER = "identifier"
"""The tag of a feature that identifies a row or an entity."""
COMPARISONS = ("drift", "skew")


def type_name(feature: Any) -> str:
    """`BYTES`, `INT`, `FLOAT`, ..."""
    return str(feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number[feature.type].name)


def unit_of(feature: Any) -> str:
    """The declared unit, empty if there is none."""
    return next((tag[len(UNIT) :] for tag in feature.annotation.tag if tag.startswith(UNIT)), "")


def set_unit(feature: Any, unit: str) -> None:
    """Declares the unit, in place of any other."""
    if unit != unit_of(feature):
        retag(feature, [*(tag for tag in feature.annotation.tag if not tag.startswith(UNIT)), UNIT + unit])


def is_identifier(feature: Any) -> bool:
    """Whether it is declared to identify a row or an entity."""
    return IDENTIFIER in feature.annotation.tag


def set_identifier(schema: Any, feature: Any) -> None:
    """Declares that it identifies a row or an entity: it has no domain and no comparators."""
    clear_domain(schema, feature)
    for comparison in COMPARISONS:
        clear_comparator(feature, comparison)
    if not is_identifier(feature):
        retag(feature, [*feature.annotation.tag, IDENTIFIER])


def set_default_comparator(feature: Any, comparison: str, field: str, threshold: float) -> None:
    """Sets a threshold that all features get, and notes so: nobody asked for it to be checked on this one.

    `comparison`: `drift` or `skew`; `field`: of TFMD's comparator, such as `infinity_norm`.
    """
    clear_comparator(feature, comparison)
    getattr(getattr(feature, f"{comparison}_comparator"), field).threshold = threshold
    retag(feature, [*feature.annotation.tag, _default_tag(comparison, field, threshold)])


def has_default_comparator(feature: Any, comparison: str) -> bool:
    """Whether its threshold is the one that all features get; one that was edited by hand is declared."""
    parts = getattr(feature, f"{comparison}_comparator").ListFields()
    tags = [_default_tag(comparison, field.name, part.threshold) for field, part in parts]
    return len(tags) == 1 and tags[0] in feature.annotation.tag


def clear_comparator(feature: Any, comparison: str) -> None:
    """Removes the thresholds of `drift` or `skew`."""
    feature.ClearField(f"{comparison}_comparator")
    retag(feature, [tag for tag in feature.annotation.tag if not tag.startswith(f"default {comparison}: ")])


def _default_tag(comparison: str, field: str, threshold: float) -> str:
    return f"default {comparison}: {field} {threshold!r}"


def clear_domain(schema: Any, feature: Any) -> None:
    """Removes the domain of a feature, also from the schema if no other feature uses it."""
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


def retag(target: Any, tags: list[str]) -> None:
    """Replaces the tags of a feature or a schema; without a change of them, nothing is touched."""
    if tags == list(target.annotation.tag):
        return
    del target.annotation.tag[:]
    target.annotation.tag.extend(tags)
