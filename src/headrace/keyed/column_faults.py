"""Whether the columns of two sides can be the keys and times of a join, with words for what can't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from headrace.keyed.time_units import type_of_values
from headrace.values import families_meet, family_of, feature_type, of_arrow, type_of_field
from headrace.values.of_arrow import innermost

INTEGER, FRACTION, TEXT, TIME, BOOLEAN = "integer", "fraction", "text", "time", "boolean"


def column_kind(schema: pa.Schema, name: str) -> str | None:
    """What the single values of a column are; None if there is no such column.

    `integer` (also decimals without digits after the point, and durations and times of day, which are microseconds),
    `fraction`, `text`, `time` (dates too), `boolean`, or what no area works on, as `ColumnType` names it. A column
    without any value is a `fraction`: so it is stored.
    """
    if name not in schema.names:
        return None
    field = schema.field(name)
    stored, what = of_arrow(innermost(field.type)), type_of_values(field)
    if stored.is_text:
        return TEXT
    if stored.kind == "boolean":
        return BOOLEAN
    if stored.kind in ("time", "date") or (stored.kind == "integer" and what.kind in ("time", "date")):
        return TIME
    element = feature_type(field.type)
    return str(stored) if element is None else INTEGER if element == pa.int64() else FRACTION


PLAIN = (INTEGER, FRACTION, TEXT, TIME, BOOLEAN)
"""Kinds of columns that labels and features can be made of."""


def missing_columns(side: str, schema: pa.Schema, wanted: Iterable[str]) -> list[str]:
    """One fault that names the `wanted` columns that `schema` lacks; none if it has them all. `side` names the data."""
    missing = list(dict.fromkeys(name for name in wanted if name not in schema.names))
    if not missing:
        return []
    count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
    return [f"{count} missing from the {side}: {', '.join(missing)}; they have: {', '.join(schema.names)}"]


def key_faults(keys: Mapping[str, str], side: str, events: pa.Schema, rows: pa.Schema) -> list[str]:
    """A fault for each key of a type that no key has, or that no key of the other side can equal.

    Floats pass: a column without values is stored as floats, and `key_table` refuses those that are no keys.

    Args:
        keys: column of the events -> column of the other side.
        side: names the other side in words.
        events: schema of the events.
        rows: schema of the other side.
    """
    faults = []
    for name, other in keys.items():
        fields = [schema.field(one) for schema, one in ((events, name), (rows, other)) if one in schema.names]
        kinds = [column_kind(events, name), column_kind(rows, other)]
        families = [family_of(field.type, type_of_values(field)) for field in fields]
        if "none" in families:
            wrong = [f"{field.name!r} is {type_of_field(field)}" for field in fields if family_of(field.type) == "none"]
            faults.append(f"key {' and '.join(dict.fromkeys(wrong))}: expected numbers, text or times")
        elif None not in kinds and FRACTION not in kinds and not families_meet(*families):
            faults.append(
                f"key {name!r} is {kinds[0]} in the events and {kinds[1]} in the {side}: declare one kind in Ingest"
            )
    return faults


def time_faults(side: str, schema: pa.Schema, roles: Mapping[str, str]) -> list[str]:
    """A fault for each column that can't hold times; `roles` are settings of the spec -> names of columns."""
    return [
        f"{role} {name!r} of the {side} is {column_kind(schema, name)}: expected timestamps, dates or whole numbers; "
        "declare it as a timestamp in Ingest"
        for role, name in roles.items()
        if name in schema.names and not can_be_time(schema.field(name))
    ]


def undeclarable(side: str, times: Iterable[str], schemas: Iterable[pa.Schema]) -> list[str]:
    """A fault for each column of `times`, a setting of the spec, that none of the `schemas` has."""
    known = {name for schema in schemas for name in schema.names}
    return [
        f"times declares {name!r}, which is not a column of {side}: correct its name or leave it out"
        for name in times
        if name not in known
    ]


def comparable_faults(side: str, schema: pa.Schema, roles: Iterable[tuple[str, str]]) -> list[str]:
    """A fault for each column whose values can't be compared; `roles` are settings of the spec with a column each."""
    return [
        f"{role} {name!r} of the {side} is {type_of_field(schema.field(name))}: expected numbers, text or times"
        for role, name in roles
        if name in schema.names and family_of(schema.field(name).type) == "none"
    ]


def can_be_time(field: pa.Field) -> bool:
    """Whether the column can hold times; of whole numbers and floats, only their values can say."""
    stored = innermost(field.type)
    is_number = pa.types.is_integer(stored) or pa.types.is_floating(stored)
    what = type_of_values(field) if is_number else of_arrow(stored)
    return what.kind in ("time", "date", "blank") or (is_number and what.kind not in ("time_of_day", "duration"))
