"""Do the columns of events and tables fit the spec: all faults at once, before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from headrace.errors import UsageError
from headrace.point_in_time.aggregate import NUMERIC
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import AsOfTable, EventStream, Table

INTEGER, FRACTION, TEXT, TIME, BOOLEAN = "integer", "fraction", "text", "time", "boolean"


def check_columns(spec: PointInTimeSpec, events: pa.Schema, tables: Mapping[str, pa.Schema]) -> None:
    """Holds the schemas of events and tables, flat or in feature layout, against the spec.

    Raises:
        UsageError: tables or columns are missing, of a type that can't be meant, or would be overwritten; all are
            named at once.
    """
    names = [table.name for table in spec.tables]
    if set(names) != set(tables):
        raise UsageError(f"expected the tables {', '.join(names)}, got {', '.join(tables) or 'none'}")
    own = [name for table in spec.tables for name in table.own_columns]
    faults = _missing("events", events, [*spec.event_keys, spec.event_time, *own])
    faults += _time_faults("events", events, [spec.event_time])
    faults += [
        f"feature {name!r} has the name of a column of the events: name it otherwise, or drop the column"
        for name in spec.features
        if name in events.names
    ]
    for table in spec.tables:
        faults += _table_faults(table, events, tables[table.name])
    if faults:
        raise UsageError("; ".join(faults))


def _table_faults(table: Table, events: pa.Schema, rows: pa.Schema) -> list[str]:
    faults = _missing(table.name, rows, table.columns)
    times = [table.time]
    if isinstance(table, AsOfTable) and table.created is not None:
        times.append(table.created)
    faults += _time_faults(table.name, rows, times)
    for left, right in {**table.key_columns, **table.own_columns}.items():
        faults += _key_faults(table.name, left, _kind(events, left), _kind(rows, right))
    if isinstance(table, EventStream):
        for one in table.aggregates:
            kind = None if one.value is None else _kind(rows, one.value)
            if one.function in NUMERIC and kind not in (None, INTEGER, FRACTION, BOOLEAN):
                faults.append(
                    f"aggregate {one.name!r} is the {one.function} of numbers, but column {one.value!r} is {kind}"
                )
            for where in one.where:
                faults += _where_faults(one.name, where.column, _kind(rows, where.column), where.values)
    return faults


def _where_faults(name: str, column: str, kind: str | None, values: Iterable[object]) -> list[str]:
    fits = {TEXT: str, INTEGER: int, FRACTION: (int, float), BOOLEAN: (bool, int), TIME: int}
    wrong = [value for value in values if kind in fits and not isinstance(value, fits[kind])]  # type: ignore[arg-type]
    return [f"aggregate {name!r} wants {wrong!r} in column {column!r}, which is {kind}"] if wrong else []


def _missing(side: str, schema: pa.Schema, wanted: Iterable[str]) -> list[str]:
    missing = list(dict.fromkeys(name for name in wanted if name not in schema.names))
    if not missing:
        return []
    count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
    return [f"{count} missing from {side}: {', '.join(missing)}; there are: {', '.join(schema.names)}"]


def _time_faults(side: str, schema: pa.Schema, names: Iterable[str]) -> list[str]:
    return [
        f"time {name!r} of {side} is {kind}: expected int64 microseconds; declare it as a timestamp in Ingest"
        for name in names
        if (kind := _kind(schema, name)) not in (None, INTEGER, TIME, FRACTION)
    ]


def _key_faults(side: str, name: str, left: str | None, right: str | None) -> list[str]:
    # A column without any value is stored as one of fractions: whether it is, only its values tell.
    told = {kind for kind in (left, right) if kind not in (None, FRACTION)}
    if told - {INTEGER, TEXT}:
        return [f"key {name!r} is {' and '.join(sorted(map(str, told)))}: expected integers or text"]
    if len(told) > 1:
        return [f"key {name!r} is {left} in the events and {right} in {side}: declare one kind in Ingest"]
    return []


def _kind(schema: pa.Schema, name: str) -> str | None:
    """What a column holds; None where the schema lacks it."""
    if name not in schema.names:
        return None
    kind = schema.field(name).type
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = {
        INTEGER: [pa.types.is_integer],
        FRACTION: [pa.types.is_floating, pa.types.is_null],
        TEXT: [pa.types.is_string, pa.types.is_large_string, pa.types.is_binary],
        TIME: [pa.types.is_timestamp],
        BOOLEAN: [pa.types.is_boolean],
    }
    return next((name for name, those in tests.items() if any(test(kind) for test in those)), str(kind))
