"""Whether the columns of events and tables fit the spec: all faults at once, before a row is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from headrace.errors import UsageError
from headrace.keyed.column_faults import (
    BOOLEAN,
    FRACTION,
    INTEGER,
    PLAIN,
    TEXT,
    TIME,
    column_kind,
    key_faults,
    missing_columns,
    time_faults,
    undeclarable,
)
from headrace.point_in_time.aggregate import NUMERIC
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import AsOfTable, EventStream, Table

_TYPES: dict[str, tuple[type, ...]] = {
    TEXT: (str,),
    INTEGER: (int,),
    FRACTION: (int, float),
    BOOLEAN: (bool, int),
    TIME: (int,),
}
"""Types of the values that `where` can ask for, by the kind of the column; times are microseconds since 1970."""


def check_columns(spec: PointInTimeSpec, events: pa.Schema, tables: Mapping[str, pa.Schema]) -> None:
    """Checks the schemas of events and of tables, flat or in feature layout.

    Raises:
        UsageError: tables or columns are missing, of a type that can't be meant, or would be overwritten; all are
            named at once.
    """
    refuse_other_tables(spec, tables)
    own = [name for table in spec.tables for name in table.own_columns]
    faults = missing_columns("events", events, [*spec.event_keys, spec.event_time, *own])
    faults += time_faults("events", events, {"event_time": spec.event_time})
    faults += [
        f"feature {name!r} has the name of a column of the events: name it otherwise, or drop the column"
        for name in spec.features
        if name in events.names
    ]
    for table in spec.tables:
        faults += _table_faults(table, events, tables[table.name])
        faults += undeclarable(f"the table {table.name}", table.times, [tables[table.name]])
    faults += undeclarable("the events or a table", spec.times, [events, *tables.values()])
    if faults:
        raise UsageError("; ".join(faults))


def refuse_other_tables(spec: PointInTimeSpec, tables: Mapping[str, object]) -> None:
    """Refuses tables that are not those of the spec.

    Raises:
        UsageError: one is missing or not in the spec.
    """
    names = [table.name for table in spec.tables]
    if set(names) != set(tables):
        raise UsageError(f"expected the tables {', '.join(names)}, got {', '.join(tables) or 'none'}")


def _table_faults(table: Table, events: pa.Schema, rows: pa.Schema) -> list[str]:
    faults = missing_columns(table.name, rows, table.columns)
    times = {"time": table.time}
    if isinstance(table, AsOfTable) and table.created is not None:
        times["created"] = table.created
    faults += time_faults(table.name, rows, times)
    faults += key_faults({**table.key_columns, **table.own_columns}, table.name, events, rows)
    for name, column in table.feature_columns.items():
        kind = None if column is None else column_kind(rows, column)
        if kind not in (None, *PLAIN):
            faults.append(
                f"feature {name!r} can't be made of column {column!r}, which is {kind}: take single values out of it"
            )
    if isinstance(table, EventStream):
        for one in table.aggregates:
            kind = None if one.value is None else column_kind(rows, one.value)
            if one.function in NUMERIC and kind not in (None, INTEGER, FRACTION, BOOLEAN):
                faults.append(
                    f"aggregate {one.name!r} is the {one.function} of numbers, but column {one.value!r} is {kind}"
                )
            for where in one.where:
                faults += _where_faults(one.name, where.column, column_kind(rows, where.column), where.values)
    return faults


def _where_faults(name: str, column: str, kind: str | None, values: Iterable[object]) -> list[str]:
    allowed = _TYPES.get(kind, ()) if kind is not None else (object,)
    wrong = [value for value in values if not isinstance(value, allowed) or not _fits_64_bits(value)]
    return [f"aggregate {name!r} wants {wrong!r} in column {column!r}, which is {kind}"] if wrong else []


def _fits_64_bits(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63
