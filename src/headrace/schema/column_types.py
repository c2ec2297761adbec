"""The types of columns in a TFMD schema: written there as stock tools know them, and read back.

    shown_at  time, counted in us      int64    ->   time_domain { integer_format: UNIX_MICROSECONDS }
    distance  quantity in km                    ->   annotation { tag: "unit: km" }
    user      identifier                        ->   annotation { tag: "identifier" }, no domain

What people declare for a feature comes after this and takes precedence. Imports nothing of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.schema.feature_protos import is_identifier, set_identifier, set_unit, type_name, unit_of
from headrace.values import ColumnType, epoch, show
from headrace.values.column_type import Resolution

_FORMATS: Mapping[Resolution, str] = {
    "s": "UNIX_SECONDS",
    "ms": "UNIX_MILLISECONDS",
    "us": "UNIX_MICROSECONDS",
    "ns": "UNIX_NANOSECONDS",
}
_DAYS = "UNIX_DAYS"


def apply_types(schema: Any, types: Mapping[str, ColumnType]) -> None:
    """Writes types into the features of a `schema_pb2.Schema`, in place. Applying them again changes nothing.

    A domain and a unit that a feature has already stay. Columns that the schema lacks are passed over.
    """
    for feature in schema.feature:
        kind = types.get(feature.name)
        if kind is None:
            continue
        if kind.kind in ("time", "date") and type_name(feature) == "INT" and kind.resolution is not None:
            if feature.WhichOneof("domain_info") is None:
                formats = feature.time_domain.DESCRIPTOR.fields_by_name["integer_format"].enum_type.values_by_name
                feature.time_domain.integer_format = formats[_FORMATS[kind.resolution]].number
        elif kind.kind == "quantity" and kind.unit and not unit_of(feature):
            set_unit(feature, kind.unit)
        elif kind.kind == "identifier" and not is_identifier(feature):
            set_identifier(schema, feature)


def types_in(schema: Any) -> dict[str, ColumnType]:
    """The type of each feature of which the schema says what it is: times, dates, identifiers, quantities."""
    found = {feature.name: type_of(feature) for feature in schema.feature}
    return {name: kind for name, kind in found.items() if kind is not None}


def type_of(feature: Any) -> ColumnType | None:
    """What a feature is, as far as the schema says it; None where it doesn't."""
    if feature.WhichOneof("domain_info") == "time_domain":
        domain = feature.time_domain
        known = domain.DESCRIPTOR.fields_by_name["integer_format"].enum_type.values_by_number
        written = known[domain.integer_format].name
        if written == _DAYS:
            return ColumnType(kind="date")
        resolution = next((one for one, name in _FORMATS.items() if name == written), None)
        return ColumnType(kind="time") if resolution is None else epoch(resolution)
    if is_identifier(feature):
        return ColumnType(kind="identifier")
    return ColumnType(kind="quantity", unit=unit_of(feature)) if unit_of(feature) else None


def shown(value: Any, kind: ColumnType | None) -> str:
    """A value of a feature in a message: a time as a time, amounts with their unit, floats with six digits."""
    if isinstance(value, float):
        return f"{value:.6g} {kind.unit}" if kind is not None and kind.unit else f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return show(value, kind or ColumnType(kind="integer"))
    return repr(value)
