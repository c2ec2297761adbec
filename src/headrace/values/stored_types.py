"""How types travel with the data: in the metadata of Parquet fields, and as one text beside data that has no schema.

schema  shown_at: list<int64>, runner: list<binary>
types   shown_at: time in UTC counted in us, runner: identifier

with_types ->  shown_at {headrace:type: {"kind":"time","resolution":"us","zone":"UTC"}}  ...     types_of: back
to_text    ->  [{"columns":["shown_at"],"type":{...}},{"columns":["runner"],"type":{...}}]      from_text: back
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pyarrow as pa

from headrace.errors import UsageError
from headrace.values.column_type import ColumnType
from headrace.values.of_arrow import of_arrow

TYPE_KEY = b"headrace:type"


def with_types(schema: pa.Schema, types: Mapping[str, ColumnType]) -> pa.Schema:
    """The schema with the types of those of its columns that `types` has; other metadata of fields is kept.

    `types` of columns that are not in the schema are left out: a table may hold a part of the columns.
    """
    fields = []
    for field in schema:
        if field.name in types:
            metadata: dict[bytes | str, bytes | str] = dict((field.metadata or {}).items())
            metadata[TYPE_KEY] = types[field.name].to_json().encode()
            field = field.with_metadata(metadata)
        fields.append(field)
    return pa.schema(fields).with_metadata(schema.metadata)


def set_types(table: pa.Table, types: Mapping[str, ColumnType]) -> pa.Table:
    """The table with the types of its columns in its schema, as `with_types` writes them. No value is copied."""
    return pa.Table.from_arrays(table.columns, schema=with_types(table.schema, types))


def typed_table(columns: Mapping[str, pa.Array], types: Mapping[str, ColumnType]) -> pa.Table:
    """A table of these columns, with their types in its schema, as `with_types` writes them."""
    fields = [
        pa.field(name, column.type, metadata={TYPE_KEY: types[name].to_json().encode()})
        for name, column in columns.items()
    ]
    return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))


def keep_types(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the types that `schema`, which has the same columns in other layouts, has written for them."""
    fields = []
    for field, source in zip(table.schema, schema, strict=True):
        written = (source.metadata or {}).get(TYPE_KEY)
        fields.append(field.with_metadata({TYPE_KEY: written}) if written is not None else field)
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def merged_types(several: Iterable[Mapping[str, ColumnType]]) -> dict[str, ColumnType]:
    """The types of all columns of several data sets; of a column that has several types, the first one."""
    merged: dict[str, ColumnType] = {}
    for types in several:
        merged = {**types, **merged}
    return merged


def types_of(schema: pa.Schema) -> dict[str, ColumnType]:
    """The type of each column: as it was written by `with_types`, else what its Arrow type says.

    Raises:
        UsageError: what stands in the metadata is not a type.
    """
    return {field.name: type_of_field(field) for field in schema}


def written_types(schema: pa.Schema) -> dict[str, ColumnType]:
    """The types that `with_types` wrote; columns without one are left out."""
    return {field.name: type_of_field(field) for field in schema if TYPE_KEY in (field.metadata or {})}


def type_of_field(field: pa.Field) -> ColumnType:
    """The type of one column: as written in its metadata, else what its Arrow type says.

    Raises:
        UsageError: what stands in the metadata is not a type.
    """
    written = (field.metadata or {}).get(TYPE_KEY)
    if written is None:
        return of_arrow(field.type)
    try:
        return ColumnType.from_json(written)
    except UsageError as error:
        raise UsageError(
            f"column {field.name!r} has metadata {TYPE_KEY.decode()} that can't be read: {error}"
        ) from error


def to_text(types: Mapping[str, ColumnType]) -> str:
    """The types as one line of JSON, for the property of an artifact. Columns of one type stand together: a data set
    may have thousands.
    """
    columns: dict[str, list[str]] = {}
    for name, kind in types.items():
        columns.setdefault(kind.to_json(), []).append(name)
    groups = [{"columns": names, "type": json.loads(kind)} for kind, names in columns.items()]
    return json.dumps(groups, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_text(text: str) -> dict[str, ColumnType]:
    """Inverse of `to_text`, but for the order of columns.

    Raises:
        UsageError: it is not that.
    """
    try:
        groups = json.loads(text)
        return {name: ColumnType.from_dict(group["type"]) for group in groups for name in group["columns"]}
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"types of columns: expected JSON as headrace writes it, got {text[:200]!r}") from error
