"""Keys, times and validity of a table as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.errors import DataError
from headrace.examples.layout import from_features

Ints = npt.NDArray[np.int64]

Bools = npt.NDArray[np.bool_]

LATEST_US = 4_000_000_000_000_000_000
"""Times further than this from 1970 (some 126,000 years) count as missing: a time plus a window stays within int64."""


def flat(table: pa.Table, name: str) -> pa.Array:
    """A column as one array with one value or null a row: without lists, dictionaries and chunks."""
    (column,) = from_features(table.select([name])).columns
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_binary(column.type):
        column = column.cast(pa.string())
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def key_table(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The key columns, flat.

    Raises:
        DataError: a key is stored as floats.
    """
    columns = []
    for name in keys:
        column = flat(table, name)
        if pa.types.is_floating(column.type) or pa.types.is_null(column.type):
            if column.null_count < len(column):
                raise DataError(f"key {name!r} is stored as floats: expected integers or text, as declared in Ingest")
            column = pa.nulls(len(column), pa.string())
        columns.append(column)
    return pa.table(columns, names=list(keys))


def key_codes(events: pa.Table, outcomes: pa.Table) -> tuple[Ints, Ints]:
    """One number >= 0 a row, equal in both tables of flat keys where all keys are equal, null with null."""
    split_at = events.num_rows
    codes = np.zeros(split_at + outcomes.num_rows, np.int64)
    for left, right in zip(events.columns, outcomes.columns, strict=True):
        kind = right.type if left.null_count == len(left) else left.type
        column = pa.concat_arrays([chunk.cast(kind) for chunk in [*left.chunks, *right.chunks]] or [pa.array([], kind)])
        encoded = column.dictionary_encode(null_encoding="encode")
        code = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = codes * (len(encoded.dictionary) + 1) + code if codes.any() else code
        if events.num_columns > 1:
            # Renumbered after each column, so that the product over many columns stays within int64.
            codes = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return codes[:split_at], codes[split_at:]


def all_valid(table: pa.Table) -> Bools:
    """For each row, whether none of the columns is null."""
    valid = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        if column.null_count:
            valid &= column.is_valid().to_numpy()
    return valid


def times(table: pa.Table, name: str) -> tuple[Ints, Bools]:
    """A column of times as int64 microseconds, 0 where there is none, and whether there is one.

    Raises:
        DataError: it holds numbers with fractions.
    """
    column = flat(table, name)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    elif pa.types.is_floating(column.type) and column.null_count < len(column):
        raise DataError(
            f"time {name!r} is stored as floats: expected int64 microseconds; declare it as a timestamp in Ingest"
        )
    elif not pa.types.is_integer(column.type):
        column = pa.nulls(len(column), pa.int64())
    column = column.cast(pa.int64())
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    instants = column.fill_null(0).to_numpy(zero_copy_only=False)
    valid = valid & (instants >= -LATEST_US) & (instants <= LATEST_US)
    return np.where(valid, instants, 0), valid
