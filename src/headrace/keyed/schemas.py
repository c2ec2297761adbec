"""One schema for all shards of one side of a join, which may come from several days.

2026-03-03: suggestion_id text, shown_at integer               suggestion_id text
2026-03-04: suggestion_id text, shown_at integer, wind float   shown_at      integer
                                                           ->  wind          float, missing on March 3
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.examples.layout import feature_type, to_features
from headrace.files.parquet import read_metadata
from headrace.values import ColumnType, written_types


@dataclass(frozen=True, kw_only=True)
class SideSchema:
    """The common schema, in feature layout, of the shards of one side, and how many rows their footers promise.

    `types`: of those columns of which the shards say what they hold.
    """

    schema: pa.Schema
    rows: int
    types: Mapping[str, ColumnType]

    @property
    def cells(self) -> int:
        """How many values there are: rows times columns."""
        return self.rows * len(self.schema)


def read_side_schema(side: str, paths: Sequence[str]) -> SideSchema:
    """The common schema of the Parquet shards at `paths`, from their footers; `side` names them in errors.

    Raises:
        UsageError: there are no shards.
        DataError: a file can't be read, or one column has different types or units in two of them; all are named at
            once.
    """
    if not paths:
        raise UsageError(f"no files of {side} to join: expected the paths of Parquet shards")
    fields: dict[str, tuple[pa.DataType, str]] = {}
    types: dict[str, tuple[ColumnType, str]] = {}
    faults, rows = [], 0
    for path in paths:
        try:
            metadata = read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: expected a Parquet shard of {side}: {error}")
            continue
        except DataError as error:
            faults.append(str(error))
            continue
        rows += metadata.num_rows
        for name, what in written_types(schema).items():
            before, where = types.setdefault(name, (what, path))
            if _clash(before, what):
                faults.append(f"column {name!r} is a {before} in {where} and a {what} in {path}: declare one in Ingest")
        for name, kind in zip(schema.names, schema.types, strict=True):
            kind = _as_list(kind)
            held, where = fields.setdefault(name, (kind, path))
            both = {held, kind}
            if both == {pa.list_(pa.int64()), pa.list_(pa.float32())}:
                fields[name] = (pa.list_(pa.float32()), where)
            elif len(both) > 1:
                faults.append(
                    f"column {name!r} is {held} in {where} and {kind} in {path}: declare one kind of it in Ingest"
                )
    if faults:
        raise DataError("; ".join(faults))
    return SideSchema(
        schema=pa.schema([(name, kind) for name, (kind, _) in fields.items()]),
        rows=rows,
        types={name: what for name, (what, _) in types.items()},
    )


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows of one shard with the columns of the common schema; those that the shard lacks are null."""
    columns = []
    listed = to_features(table)
    for field in schema:
        if field.name in listed.column_names:
            column = listed.column(field.name)
            columns.append(column if column.type == field.type else column.cast(field.type))
        else:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
    return pa.Table.from_arrays(columns, schema=schema)


def _clash(before: ColumnType, now: ColumnType) -> bool:
    """Whether the same value means one thing by one type and another by the other: a unit, or what is counted."""
    return (before.unit, before.resolution) != (now.unit, now.resolution)


def _as_list(kind: pa.DataType) -> pa.DataType:
    return pa.list_(feature_type(kind.value_type if pa.types.is_list(kind) else kind))
