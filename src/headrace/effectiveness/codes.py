"""Columns as small whole numbers, of which the rest only counts.

[5.5, null, 7.0, 9.1]   ->  [1, 0, 2, 3]    0 is missing; numbers in bins of equally many rows
["a", "b", "a"]         ->  [1, 2, 1]       texts by value, the rare ones as one
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]

BINS = 20
"""Bins of numbers that have more different values than that."""
CATEGORIES = 100
"""Texts that have a code of their own, the most frequent; the others share one."""
MISSING = 0


def codes_of(column: pa.ChunkedArray, *, bins: int = BINS, categories: int = CATEGORIES) -> Codes:
    """A code for each row: 0 where there is no value or NaN, and 1, 2, ... by the value."""
    ids, counts = exact(column)
    if _is_number(column.type):
        return ids if len(counts) <= bins else _binned(column, ids, bins)
    if len(counts) <= categories:
        return ids
    # Rank by frequency; what comes after `categories` shares the last code.
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), dtype=np.int64)
    rank[order] = np.arange(len(counts))
    kept = np.minimum(rank, categories) + 1
    return np.where(ids == MISSING, MISSING, kept[np.maximum(ids, 1) - 1])


def exact(column: pa.ChunkedArray) -> tuple[Codes, npt.NDArray[np.int64]]:
    """A code for each row by its exact value, 0 where there is none; and the number of rows of each code 1, 2, ..."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # without chunks, or with more than one array can hold
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    encoded = cast("pa.DictionaryArray", array if pa.types.is_dictionary(array.type) else array.dictionary_encode())
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    found = np.where(np.isnan(indices), -1, indices) if indices.dtype.kind == "f" else indices
    ids = found.astype(np.int64) + 1
    counts = np.bincount(ids, minlength=len(encoded.dictionary) + 1)[1:]
    return ids, counts


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind))


def _binned(column: pa.ChunkedArray, ids: Codes, bins: int) -> Codes:
    values = column.cast(pa.int64() if pa.types.is_timestamp(column.type) else column.type)
    numbers = values.to_numpy().astype(np.float64)
    present = ids != MISSING
    cuts = np.unique(np.quantile(numbers[present], np.arange(1, bins) / bins))
    return np.where(present, np.searchsorted(cuts, numbers, side="left") + 1, MISSING)
