"""A batch cut by the values of a feature.

    city: [b"Oslo"], [b"Rome"], null, [b"Oslo"]   ->   "city_Oslo": rows 0, 3     "city_Rome": row 1

Slices are named as TFDV names them. A row in which the feature is missing is in none; one with several values is in the
slice of each, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError

WHOLE = "All Examples"
"""TFDV's name for the data set of all rows, where there are slices beside it."""

MAX_SLICES = 1_000
"""Slices of one feature. More than that is an identifier, and would hold statistics for each in memory."""


def slices(batch: pa.RecordBatch, feature: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The slices of a batch by one feature, in no particular order; none if the batch has no such feature.

    Raises:
        DataError: the feature is a fraction, is not UTF-8, or has more than `MAX_SLICES` values.
    """
    index = batch.schema.get_field_index(feature)
    if index < 0 or pa.types.is_null(batch.schema.field(index).type):
        return
    rows, names, codes = _rows_and_codes(batch.column(index), feature)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    ordered = take(batch, pa.array(rows[order]))
    for code, name in enumerate(names):
        yield f"{feature}_{name}", ordered.slice(bounds[code], bounds[code + 1] - bounds[code])


def refuse_many(feature: str, values: int) -> None:
    """Checks the number of values of a feature by which to slice.

    Raises:
        DataError: there are more than `MAX_SLICES`.
    """
    if values > MAX_SLICES:
        raise DataError(
            f"can't slice by {feature!r}: {values:,} values or more, at most {MAX_SLICES:,} make sense; "
            "slice by a coarser feature"
        )


def take(batch: pa.RecordBatch, rows: pa.Array) -> pa.RecordBatch:
    """The given rows of a batch, in the given order."""
    return pa.RecordBatch.from_arrays([column.take(rows) for column in batch.columns], schema=batch.schema)


def _rows_and_codes(column: pa.Array, feature: str) -> tuple[Any, list[str], Any]:
    # One entry for each value of each row: the row, and the code of its value.
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    flat = column.flatten()
    if not (pa.types.is_integer(flat.type) or _is_text(flat.type)):
        raise DataError(
            f"can't slice by {feature!r} of type {flat.type}: expected whole numbers or text; bucket it first"
        )
    encoded = flat.dictionary_encode()
    refuse_many(feature, len(encoded.dictionary))
    rows = np.repeat(np.arange(len(column)), lengths)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    if len(rows) and lengths.max() > 1:
        unique = np.unique(np.stack([rows, codes]), axis=1)
        rows, codes = unique[0], unique[1]
    return rows, [_name(value, feature) for value in encoded.dictionary.to_pylist()], codes


def _is_text(flat: pa.DataType) -> bool:
    return pa.types.is_string(flat) or pa.types.is_large_string(flat) or _is_bytes(flat)


def _name(value: bytes | str | int, feature: str) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"can't slice by {feature!r}: {value!r} is not UTF-8, as the name of a slice must be"
        ) from error


def _is_bytes(flat: pa.DataType) -> bool:
    return pa.types.is_binary(flat) or pa.types.is_large_binary(flat)
