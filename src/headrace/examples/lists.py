"""Columns of lists, as features are: their lengths, their values, and lists from both.

[[1, 2], null, []]   ->   lengths 2 0 0     values 1 2
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def element_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a list or large list; another type is its own."""
    return kind.value_type if isinstance(kind, pa.ListType | pa.LargeListType) else kind


def is_list(kind: pa.DataType) -> bool:
    """Whether it is a list or large list."""
    return isinstance(kind, pa.ListType | pa.LargeListType)


def list_lengths(column: pa.Array) -> npt.NDArray[np.int64]:
    """The number of values in each row; 0 for a missing list."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64)
    found: Any = pc.list_value_length(column)
    return np.asarray(found.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def most_values(column: pa.Array | pa.ChunkedArray) -> int:
    """The largest number of values in a row; 0 without rows."""
    found: Any = pc.max(pc.list_value_length(column))
    return int(found.as_py() or 0)


def list_values(column: pa.Array) -> pa.Array:
    """The values of all rows, one after the other."""
    lists: Any = column  # the stubs give `flatten` to arrays of lists alone, and `RecordBatch.column` says no type
    return pa.nulls(0) if pa.types.is_null(column.type) else lists.flatten()


def with_values(column: pa.Array, values: pa.Array) -> pa.ListArray:
    """Lists as long and as missing as those of `column`, of other values."""
    offsets = np.concatenate([[0], np.cumsum(list_lengths(column))]).astype(np.int32)
    # A null offset makes a null list; the last offset only ends the list before it.
    missing = np.append(np.asarray(column.is_null().to_numpy(zero_copy_only=False)), False)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32(), mask=missing), values)
