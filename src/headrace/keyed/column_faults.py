"""Whether columns can be the keys and times of a join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa


def missing_columns(side: str, schema: pa.Schema, wanted: Iterable[str]) -> list[str]:
    """One fault that names the `wanted` columns that `schema` lacks; none where it has all. `side` is told in it."""
    missing = list(dict.fromkeys(name for name in wanted if name not in schema.names))
    if not missing:
        return []
    count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
    return [f"{count} missing from the {side}: {', '.join(missing)}; they have: {', '.join(schema.names)}"]


def column_kind(schema: pa.Schema, name: str) -> str | None:
    """integer, fraction, text, time or the type's own name; None where the schema lacks the column."""
    if name not in schema.names:
        return None
    kind = schema.field(name).type
    if pa.types.is_list(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_null(kind):
        return "fraction"
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        return "text"
    return "time" if pa.types.is_timestamp(kind) else str(kind)


def key_faults(keys: Mapping[str, str], source: str, events: pa.Schema, outcomes: pa.Schema) -> list[str]:
    """A fault for each key that is neither integer nor text, or not of one kind in both schemas.

    `keys` are names of columns: in the events -> in the outcomes.
    """
    faults = []
    for name, there in keys.items():
        kinds = [column_kind(events, name), column_kind(outcomes, there)]
        # A column without any value is stored as one of fractions: whether it is, only its values tell.
        told = {kind for kind in kinds if kind not in (None, "fraction")}
        if told - {"integer", "text"}:
            faults.append(f"key {name!r} is {' and '.join(sorted(told))}: expected integers or text")
        elif len(told) > 1:
            faults.append(
                f"key {name!r} is {kinds[0]} in the events and {kinds[1]} in the {source}: declare one kind in Ingest"
            )
    return faults


def time_faults(side: str, schema: pa.Schema, roles: dict[str, str]) -> list[str]:
    """A fault for each column, by its role in the spec, that can hold no times."""
    return [
        f"{role} {name!r} of the {side} is {kind}: expected int64 microseconds; declare it as a timestamp in Ingest"
        for role, name in roles.items()
        if (kind := column_kind(schema, name)) not in (None, "integer", "time", "fraction")
    ]
