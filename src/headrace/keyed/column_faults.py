"""Whether the columns of two sides can be the keys and times of a join, with words for what can't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

INTEGER, FRACTION, TEXT, TIME, BOOLEAN = "integer", "fraction", "text", "time", "boolean"


def column_kind(schema: pa.Schema, name: str) -> str | None:
    """`integer`, `fraction`, `text`, `time`, `boolean` or the Arrow type's own name; None if there is no such column.

    Lists and dictionaries have the kind of their values. A column without any value is a `fraction`: so it is stored.
    """
    if name not in schema.names:
        return None
    kind = value_type(schema.field(name).type)
    if pa.types.is_integer(kind):
        return INTEGER
    if pa.types.is_floating(kind) or pa.types.is_null(kind):
        return FRACTION
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return TEXT
    if pa.types.is_boolean(kind):
        return BOOLEAN
    return TIME if pa.types.is_timestamp(kind) else str(kind)


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values in lists and dictionaries; any other type is itself."""
    while isinstance(kind, (pa.ListType, pa.LargeListType, pa.DictionaryType)):
        kind = kind.value_type
    return kind


def missing_columns(side: str, schema: pa.Schema, wanted: Iterable[str]) -> list[str]:
    """One fault that names the `wanted` columns that `schema` lacks; none if it has them all. `side` names the data."""
    missing = list(dict.fromkeys(name for name in wanted if name not in schema.names))
    if not missing:
        return []
    count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
    return [f"{count} missing from the {side}: {', '.join(missing)}; they have: {', '.join(schema.names)}"]


def key_faults(keys: Mapping[str, str], side: str, events: pa.Schema, rows: pa.Schema) -> list[str]:
    """A fault for each key that is neither integer nor text, or is integer on one side and text on the other.

    Floats pass: a column without values is stored as floats, and `key_table` refuses one that has values.

    Args:
        keys: column of the events -> column of the other side.
        side: names the other side in words.
        events: schema of the events.
        rows: schema of the other side.
    """
    faults = []
    for name, other in keys.items():
        kinds = [column_kind(events, name), column_kind(rows, other)]
        # The schema does not tell a column without values, which is stored as floats, from one of numbers.
        known = {kind for kind in kinds if kind is not None and kind != FRACTION}
        if known - {INTEGER, TEXT}:
            faults.append(f"key {name!r} is {' and '.join(sorted(known))}: expected integers or text")
        elif len(known) > 1:
            faults.append(
                f"key {name!r} is {kinds[0]} in the events and {kinds[1]} in the {side}: declare one kind in Ingest"
            )
    return faults


def time_faults(side: str, schema: pa.Schema, roles: Mapping[str, str]) -> list[str]:
    """A fault for each column that can't hold times; `roles` are settings of the spec -> names of columns."""
    return [
        f"{role} {name!r} of the {side} is {kind}: expected int64 microseconds; declare it as a timestamp in Ingest"
        for role, name in roles.items()
        if (kind := column_kind(schema, name)) not in (None, INTEGER, TIME, FRACTION)
    ]
