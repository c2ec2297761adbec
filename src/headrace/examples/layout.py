"""The layout of the payload: every feature a `list<int64 | float | binary>`, in Parquet.

    runner_id: int64          runner_id: list<int64>        [[7], [8]]
    pace:      double   ->    pace:      list<float>        [[5.5], null]
    route:     string         route:     list<binary>       [[b"Boston Marathon"], [b""]]

This is what TFXIO expects, so stock TFX components and TFDV read it without conversion. A missing value is a null list,
as in tf.Example, where it is a feature with no value. Text is UTF-8; booleans are 0 and 1; timestamps are int64
microseconds since 1970 in UTC; everything else with a fraction is float32, as in tf.Example.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.files.storage import open_file
from headrace.parquet import open_parquet

ROW_GROUP_ROWS = 131_072
"""Rows in one Parquet row group: what a reader holds at once. TFDV is fastest with batches of about this size."""


def feature_type(flat: pa.DataType) -> pa.DataType:
    """The element type that a flat Arrow type has as a feature: int64, float or binary.

    Raises:
        DataError: `flat` has no counterpart (a struct, a map).
    """
    if pa.types.is_integer(flat) or pa.types.is_boolean(flat) or pa.types.is_timestamp(flat):
        return pa.int64()
    if pa.types.is_floating(flat) or pa.types.is_decimal(flat) or pa.types.is_null(flat):
        return pa.float32()
    if pa.types.is_string(flat) or pa.types.is_large_string(flat) or pa.types.is_binary(flat):
        return pa.binary()
    if pa.types.is_large_binary(flat) or pa.types.is_dictionary(flat):
        return pa.binary()
    raise DataError(
        f"a column of type {flat} can't be a feature: expected numbers, booleans, timestamps, text or bytes"
    )


def to_features(table: pa.Table) -> pa.Table:
    """Flat columns to feature columns. Columns that are lists already are kept."""
    columns = [_to_lists(table.column(name)) for name in table.column_names]
    return pa.table(columns, names=table.column_names)


def from_features(table: pa.Table) -> pa.Table:
    """Feature columns, lists or large lists, to flat ones: int64, float32 and string. Flat columns are kept.

    Raises:
        DataError: a feature has several values in one row, so it has no flat form.
    """
    columns = []
    for name in table.column_names:
        column = table.column(name)
        if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
            columns.append(column)
            continue
        lengths = pc.max(pc.list_value_length(column)).as_py()
        if lengths is not None and lengths > 1:
            raise DataError(
                f"feature {name!r} has rows of up to {lengths} values: expected one value a row at the most"
            )
        columns.append(_to_text(pc.list_element(_pad_empty(column), 0)))
    return pa.table(columns, names=table.column_names)


def unlisted(table: pa.Table) -> pa.Table:
    """Columns in which every row has exactly one value become these values, without a copy; others are kept.

    `to_features` turns them back. Rows of flat columns are moved several times as fast as lists.
    """
    columns = [_values_of(column) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def write_parquet(table: pa.Table, path: str) -> None:
    """Writes one shard of features: Snappy, as every reader has it; dictionaries for text, where values repeat."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    features = to_features(table)
    text = [field.name for field in features.schema if pa.types.is_binary(field.type.value_type)]
    # The path of a list's values in Parquet depends on the version of Arrow.
    dictionaries = [f"{name}.list.{values}" for name in text for values in ("item", "element")]
    pq.write_table(
        features, path, row_group_size=ROW_GROUP_ROWS, compression="snappy", use_dictionary=dictionaries or False
    )


def read_batches(paths: Iterable[str], columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The record batches of Parquet shards, in the order of `paths`; memory holds one row group at a time."""
    for path in paths:
        with open_file(path) as stream, open_parquet(path, stream) as file:
            yield from file.iter_batches(batch_size=ROW_GROUP_ROWS, columns=columns)


def _values_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_list(column.type):
        return column
    chunks = []
    for chunk in column.chunks:
        _, offsets = chunk.buffers()[:2]
        places = np.frombuffer(offsets, np.int32)[chunk.offset :][: len(chunk) + 1] if offsets else np.zeros(1, int)
        if chunk.null_count or not np.all(places[1:] - places[:-1] == 1):
            return column
        values = chunk.values.slice(places[0], len(chunk)) if len(chunk) else chunk.values.slice(0, 0)
        if values.null_count:
            return column
        chunks.append(values)
    return pa.chunked_array(chunks, column.type.value_type)


def _to_lists(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type):
        return column
    element = feature_type(column.type)
    chunks = [_chunk_to_lists(chunk, element) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=pa.list_(element))


def _chunk_to_lists(chunk: pa.Array, element: pa.DataType) -> pa.Array:
    # One value a row, or a null list: offsets step by one where there is a value, so no row is visited in Python.
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    if pa.types.is_timestamp(chunk.type):
        chunk = chunk.cast(pa.timestamp("us"), safe=False)
    if not chunk.null_count:
        return pa.ListArray.from_arrays(
            pa.array(np.arange(len(chunk) + 1, dtype=np.int32)), chunk.cast(element, safe=False)
        )
    valid = chunk.is_valid().to_numpy(zero_copy_only=False)
    steps = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    # A null offset makes a null list; the last one only ends the list before it.
    offsets = pa.array(steps, mask=np.append(~valid, False))
    return pa.ListArray.from_arrays(offsets, chunk.drop_null().cast(element, safe=False))


def _pad_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # `list_element` refuses a list shorter than the index: an empty list is a missing value here.
    return pc.if_else(pc.equal(pc.list_value_length(column), 0), pa.scalar(None, column.type), column)


def _to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    is_text = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    return column.cast(pa.string()) if is_text else column
