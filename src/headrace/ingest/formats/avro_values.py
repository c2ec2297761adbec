"""What the schema of an Avro file says of its columns: their Arrow types, and how decoded values become values of them.

string                          binary (UTF-8 is checked later)     array of long               list<int64>
{"long", timestamp-millis}      timestamp[ms, UTC]                  map of long                 map<string, int64>
{"bytes", decimal(9, 2)}        decimal128(9, 2)                    record                      struct
["null", T]                     T                                   union of several, record inside itself: JSON text
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from headrace.ingest.records.typed_rows import NUMERIC_TEXT

Convert = Callable[[Any], Any]

_PLAIN = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.binary(),
}
_LOGICAL = {
    "date": pa.date32(),
    "time-millis": pa.time32("ms"),
    "time-micros": pa.time64("us"),
    **{f"timestamp-{name}": pa.timestamp(unit, "UTC") for name, unit in
       (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))},
    **{f"local-timestamp-{name}": pa.timestamp(unit) for name, unit in
       (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))},
}  # fmt: skip
_NUMBERS = ("int", "long", "float", "double")
_EXACT = Context(prec=100)


@dataclass(frozen=True, kw_only=True)
class AvroType:
    """An Arrow type. `convert` makes what pyarrow takes for it of a value that is not null; None where it is that."""

    arrow: Any
    convert: Convert | None = None
    numeric_text: bool = False

    def field(self, name: str) -> pa.Field:
        """A column of that type."""
        return pa.field(name, self.arrow, metadata=NUMERIC_TEXT if self.numeric_text else None)

    def value(self, value: Any) -> Any:
        """One value, or None."""
        return value if value is None or self.convert is None else self.convert(value)


def avro_columns(schema: Mapping[str, Any]) -> dict[str, AvroType]:
    """The columns of a record schema by name."""
    named: dict[str, Any] = {}
    _collect(schema, named, "")
    space = _space(schema, "")
    return {field["name"]: _type(field["type"], named, space, (_full(schema, ""),)) for field in schema["fields"]}


def raw_schema(schema: Any) -> Any:
    """The schema by which values are decoded as they are stored: without logical types, texts as bytes."""
    if schema == "string":
        return "bytes"
    if isinstance(schema, list):
        return [raw_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if key not in ("logicalType", "default", "aliases", "doc")}
    for key in ("type", "items", "values"):
        if key in found:
            found[key] = raw_schema(found[key])
    if "fields" in found:
        found["fields"] = [raw_schema(field) for field in found["fields"]]
    return found


def _type(schema: Any, named: Mapping[str, Any], space: str, around: tuple[str, ...]) -> AvroType:
    if isinstance(schema, list):
        parts = [part for part in schema if part != "null"]
        if len(parts) == 1:
            return _type(parts[0], named, space, around)
        if not parts:
            return AvroType(arrow=pa.null())
        return AvroType(arrow=pa.string(), convert=_as_text, numeric_text=all(part in _NUMBERS for part in parts))
    if isinstance(schema, str):
        if schema in _PLAIN:
            return AvroType(arrow=_PLAIN[schema])
        full = schema if "." in schema or not space else f"{space}.{schema}"
        full = full if full in named else schema
        if full in around or full not in named:
            return AvroType(arrow=pa.string(), convert=_as_text)
        return _type(named[full], named, full.rpartition(".")[0], around)
    kind = schema["type"]
    logical = _logical(schema)
    if logical is not None:
        return logical
    if kind == "record":
        inner = {
            field["name"]: _type(field["type"], named, _space(schema, space), (*around, _full(schema, space)))
            for field in schema["fields"]
        }
        return _struct(inner)
    if kind == "array":
        items = _type(schema["items"], named, space, around)
        convert = None if items.convert is None else lambda row: [items.value(value) for value in row]
        return AvroType(arrow=pa.list_(items.arrow), convert=convert)
    if kind == "map":
        values = _type(schema["values"], named, space, around)
        return AvroType(
            arrow=pa.map_(pa.string(), values.arrow),
            convert=lambda row: [(key, values.value(value)) for key, value in row.items()],
        )
    if kind == "enum":
        return AvroType(arrow=pa.string())
    if kind == "fixed":
        return AvroType(arrow=pa.binary(schema["size"]))
    return _type(kind, named, space, around)


def _struct(inner: Mapping[str, AvroType]) -> AvroType:
    converted = {name: one for name, one in inner.items() if one.convert is not None}
    return AvroType(
        arrow=pa.struct([one.field(name) for name, one in inner.items()]),
        convert=(lambda row: {**row, **{name: one.value(row[name]) for name, one in converted.items()}})
        if converted
        else None,
    )


def _logical(schema: Mapping[str, Any]) -> AvroType | None:
    """The type that a logical type says; None where there is none, or one that Avro does not know for this schema."""
    logical, stored = schema.get("logicalType"), schema["type"]
    if logical == "decimal" and stored in ("bytes", "fixed"):
        precision, scale = int(schema["precision"]), int(schema.get("scale", 0))

        def exact(value: bytes) -> Decimal:
            return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-scale, _EXACT)

        if precision > 76:
            return AvroType(arrow=pa.string(), convert=lambda value: format(exact(value), "f"), numeric_text=True)
        kind = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
        return AvroType(arrow=kind, convert=exact)
    if logical == "uuid" and stored == "fixed":
        return AvroType(arrow=pa.string(), convert=lambda value: str(UUID(bytes=value)))
    if logical == "duration" and stored == "fixed":

        def interval(value: bytes) -> Any:
            months, days, millis = struct.unpack("<III", value)
            make: Any = pa.MonthDayNano
            return make([months, days, millis * 1_000_000])

        return AvroType(arrow=pa.month_day_nano_interval(), convert=interval)
    if logical in _LOGICAL and stored in ("int", "long"):
        return AvroType(arrow=_LOGICAL[logical])
    return None


def _as_text(value: Any) -> str:
    """A value of a union of several types: text as it is, numbers and booleans as text, all else as JSON."""
    if isinstance(value, (bytes, str)):
        return _decoded(value)
    return json.dumps(value, ensure_ascii=False, default=_decoded, separators=(",", ":"))


def _decoded(value: Any) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _collect(schema: Any, named: dict[str, Any], space: str) -> None:
    """All named types of a schema, by their full names."""
    parts: Iterable[Any] = ()
    if isinstance(schema, list):
        parts = schema
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum", "fixed"):
            named.setdefault(_full(schema, space), schema)
            space = _space(schema, space)
        parts = [schema.get("items"), schema.get("values"), *(field["type"] for field in schema.get("fields", ()))]
        if isinstance(schema["type"], (dict, list)):
            parts = [*parts, schema["type"]]
    for part in parts:
        _collect(part, named, space)


def _full(schema: Mapping[str, Any], space: str) -> str:
    space = schema.get("namespace", space)
    name = str(schema["name"])
    return name if "." in name or not space else f"{space}.{name}"


def _space(schema: Mapping[str, Any], space: str) -> str:
    return _full(schema, space).rpartition(".")[0]
