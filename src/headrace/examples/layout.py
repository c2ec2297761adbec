"""The layout of examples: every feature a `list<int64 | float | binary>`, in Parquet.

    runner_id: int64          runner_id: list<int64>        [[7], [8]]
    pace:      double   ->    pace:      list<float>        [[5.5], null]
    route:     string         route:     list<binary>       [[b"Boston Marathon"], [b""]]

TFXIO expects this layout, so stock TFX components and TFDV read it without conversion. A missing value is a null list;
in tf.Example it is a feature without a value. Text is UTF-8; booleans are 0 and 1; timestamps are int64 microseconds
since 1970 in UTC; all other numbers with fractions are float32, as in tf.Example. Types of columns that
stand in the schema (`headrace.values.with_types`) are kept.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace import values
from headrace.errors import DataError
from headrace.examples.lists import element_type, is_list, most_values
from headrace.files.parquet import open_parquet
from headrace.files.storage import open_file
from headrace.values.batches import batches
from headrace.values.choose import choose
from headrace.values.stored_types import TYPE_KEY

AS_THEY_ARE = (pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.binary())
"""Types of columns that Arrow itself casts to features, but for floats of 64 bits beyond those of 32."""
FEATURE_TYPES = (pa.int64(), pa.float32(), pa.binary())
"""The element types of features."""

ROW_GROUP_ROWS = 131_072
"""Rows of a Parquet row group, which a reader holds at once. TFDV is fastest with batches of about this size."""


@functools.cache
def feature_type(flat: pa.DataType) -> pa.DataType:
    """The element type that a flat Arrow type has as a feature: int64, float or binary.

    Raises:
        DataError: `flat` can't be a feature (a struct, a map).
    """
    found = values.feature_type(flat)
    if found is None:
        raise DataError(
            f"a column of type {flat} can't be a feature: expected numbers, booleans, times, text, bytes or lists of "
            "them; leave it out, or take single values out of it"
        )
    return found


def to_features(table: pa.Table) -> pa.Table:
    """Columns of any type to feature columns; those that are features already are not changed.

    Raises:
        DataError: a column can't be a feature, or a value does not fit one (1e300); names column, row, value and cure.
    """
    columns: list[Any] = list(table.columns)
    small: dict[pa.DataType, dict[int, pa.Array]] = {}
    for place, (field, column) in enumerate(zip(table.schema, table.columns, strict=True)):
        if _is_feature(column.type):
            continue
        if column.num_chunks == 1 and _is_cast_by_arrow(field):
            small.setdefault(column.type, {})[place] = cast(pa.Array, column.chunk(0))
        else:
            columns[place] = _to_lists(column, field)
    for kind, arrays in small.items():
        for batch in batches(arrays):
            lists = _chunk_to_lists(batch.values, feature_type(kind))
            if _is_exact(lists, kind):
                for place, one in batch.split(lists):
                    columns[place] = one
            else:
                for place in batch.names:
                    columns[place] = _to_lists(table.column(place), table.schema.field(place))
    fields = [_feature_field(field, column.type) for field, column in zip(table.schema, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields).with_metadata(cast("Any", None)))


def from_features(table: pa.Table, *, keep_lists: bool = False) -> pa.Table:
    """Feature columns, lists or large lists, to flat ones: int64, float32 and string. Flat columns are not changed.

    With `keep_lists`, neither are lists of several values in a row.

    Raises:
        DataError: a feature has several values in one row, so it has no flat form.
    """
    columns = []
    for name in table.column_names:
        column = table.column(name)
        if not is_list(column.type):
            columns.append(column)
            continue
        if (most := most_values(column)) > 1 and keep_lists:
            columns.append(column)
            continue
        if most > 1:
            raise DataError(f"feature {name!r} has rows of up to {most} values: expected at most one value a row")
        columns.append(_to_text(pc.list_element(_pad_empty(column), 0)))
    return values.keep_types(pa.table(columns, names=table.column_names), table.schema)


def unlisted(table: pa.Table) -> pa.Table:
    """Columns with exactly one value in every row to flat columns, without a copy; others are not changed.

    `to_features` is the inverse. Rows of flat columns are moved several times as fast as rows of lists.
    """
    columns = [_values_of(column) for column in table.columns]
    return values.keep_types(pa.table(columns, names=table.column_names), table.schema)


def write_parquet(table: pa.Table, path: str) -> None:
    """Writes one shard, of columns as `to_features` takes them.

    Compressed by Snappy, which every reader has, with dictionaries for text, which repeats.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    features = to_features(table)
    text = [field.name for field in features.schema if pa.types.is_binary(element_type(field.type))]
    # The path of a list's values in Parquet depends on the version of Arrow.
    dictionaries: Any = [f"{name}.list.{values}" for name in text for values in ("item", "element")]
    # Given a path, pyarrow looks for its file system each time.
    with pa.OSFile(path, "wb") as sink:
        pq.write_table(
            features, sink, row_group_size=ROW_GROUP_ROWS, compression="snappy", use_dictionary=dictionaries or False
        )


def read_batches(paths: Iterable[str], columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The record batches of Parquet shards, in the order of `paths`; memory holds one row group at a time."""
    for path in paths:
        with open_file(path) as stream, open_parquet(path, stream) as file:
            yield from file.iter_batches(batch_size=ROW_GROUP_ROWS, columns=columns)


def _values_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_list(column.type):
        return column
    chunks: list[Any] = []
    for chunk in column.chunks:
        lists = cast(pa.ListArray, chunk)
        offsets = lists.offsets.to_numpy()
        values = lists.values
        if lists.null_count or not np.all(offsets[1:] - offsets[:-1] == 1):
            return column
        values = values.slice(offsets[0], len(lists)) if len(lists) else values.slice(0, 0)
        if values.null_count:
            return column
        chunks.append(values)
    kind: Any = element_type(column.type)
    return pa.chunked_array(chunks, kind)


def _is_feature(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) and element_type(kind) in FEATURE_TYPES


def _is_cast_by_arrow(field: pa.Field) -> bool:
    return field.type in AS_THEY_ARE and values.type_of_field(field).resolution in (None, "us")


def _feature_field(flat: pa.Field, kind: pa.DataType) -> pa.Field:
    """The field of a feature, with the type that is written for the column, if one is."""
    written = (flat.metadata or {}).get(TYPE_KEY)
    if written is not None and not pa.types.is_list(flat.type):
        written = values.as_feature(values.type_of_field(flat), flat.type).to_json().encode()
    return pa.field(flat.name, kind, metadata=None if written is None else {TYPE_KEY: written})


def _to_lists(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if _is_cast_by_arrow(field):
        element = feature_type(column.type)
        chunks: list[Any] = [_chunk_to_lists(chunk, element) for chunk in column.chunks]
        if all(_is_exact(chunk, column.type) for chunk in chunks):
            to: Any = pa.list_(element)
            return pa.chunked_array(chunks, to)
    return values.checked(values.features(column, values.type_of_field(field)), field.name).values


def _is_exact(lists: Any, flat: pa.DataType) -> bool:
    # Of floats of 64 bits, those beyond 32 are infinite by now, and so may be some that were before.
    return not pa.types.is_float64(flat) or not np.isinf(lists.values.to_numpy(zero_copy_only=False)).any()


def _chunk_to_lists(chunk: pa.Array, element: pa.DataType) -> pa.Array:
    # One value a row, or a null list: offsets step by one where there is a value, so no row is visited in Python.
    flat: Any = chunk if chunk.type == element else chunk.cast(element, safe=False)
    if not chunk.null_count:
        return pa.ListArray.from_arrays(cast("Any", _ones(len(chunk))), flat)
    valid = np.asarray(chunk.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    # A null offset makes a null list; the last one only ends the list before it.
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32(), mask=np.append(~valid, False)), flat.drop_null())


@functools.lru_cache(maxsize=4)
def _ones(count: int) -> pa.Array:
    """Offsets of as many lists of one value: the same for all columns of a table."""
    return pa.array(np.arange(count + 1, dtype=np.int32))


def _pad_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # `list_element` refuses a list shorter than the index: an empty list is a missing value here.
    lengths: Any = pc.list_value_length(column)
    return choose(pc.equal(lengths, pa.scalar(0, lengths.type)), pa.scalar(None, column.type), column)


def _to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    is_text = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    return column.cast(pa.string()) if is_text else column
