"""An Arrow array of any layout as one of few layouts, with the same values row by row.

    dictionary<string>, large_string, string_view   string          extension<arrow.uuid>   string, as it is written
    fixed_size_binary, large_binary, binary_view    binary          float16                 float32
    run_end_encoded<T>, dictionary<T>               T               int8 .. uint32          int64
    list<T> of at most one value each               T, null where it is empty (as Examples hold values)

These stay: bool, int64, uint64, float32, float64, decimals, times, dates, durations, null, and what is nested.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array, compute, nulls, opened, width_of
from headrace.values.of_arrow import extension_name, innermost, is_bytes, is_list, is_run_end_encoded, is_text, of_arrow

Bools = npt.NDArray[np.bool_]

MOST_BYTES = 1 << 30
"""Bytes of text in one array at most: Arrow's string and binary hold 2 GiB."""


def plain(values: pa.Array) -> tuple[pa.Array, Bools | None]:
    """The values in a plain layout; and, of lists, which rows have several values (they are null in the first)."""
    if isinstance(values, pa.ExtensionArray):
        if extension_name(values.type) == "arrow.uuid":
            return _uuids(values.storage), None
        if extension_name(values.type) == "arrow.bool8":
            return compute.not_equal(values.storage, 0), None
        return plain(values.storage)
    kind = values.type
    if is_run_end_encoded(kind):
        return plain(compute.run_end_decode(values))
    if pa.types.is_dictionary(kind):
        return plain(decoded(values))
    if is_list(kind):
        return _single(values)
    if pa.types.is_float16(kind):
        floats = values.to_numpy(zero_copy_only=False).astype(np.float32)
        return array(floats, mask=~values.is_valid().to_numpy(zero_copy_only=False)), None
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return values.cast(pa.int64()), None
    if is_text(kind):
        return _cast(values, pa.string()), None
    if pa.types.is_fixed_size_binary(kind):
        return _of_fixed_size(values, width_of(kind)), None
    if is_bytes(kind):
        return _cast(values, pa.binary()), None
    return values, None


def decoded(values: pa.Array) -> pa.Array:
    """The values of a dictionary, row by row."""
    words = opened(values).dictionary
    if of_arrow(words.type).kind == "unsupported":
        # Not every version of Arrow can take such values.
        known = words.to_pylist()
        return array([None if code is None else known[code] for code in opened(values).indices.to_pylist()], words.type)
    if _is_view(words.type):
        make: Any = pa.DictionaryArray.from_arrays
        values = make(opened(values).indices, plain(words)[0])
    found = opened(values).dictionary_decode()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def pieces(values: pa.Array) -> Iterator[pa.Array]:
    """The array in slices whose text fits one array; nearly always itself."""
    size = _text_bytes(values)
    count = max(1, -(-size // MOST_BYTES))
    step = max(1, -(-len(values) // count))
    if count == 1:
        yield values
        return
    for start in range(0, len(values), step):
        yield from [values.slice(start, step)] if step == 1 else pieces(values.slice(start, step))


def unwrapped(values: pa.Array) -> pa.Array:
    """Without extension, dictionary and runs around lists, structs or values; extensions of known meaning are kept."""
    while True:
        if isinstance(values, pa.ExtensionArray) and innermost(values.type) != values.type:
            values = values.storage
        elif pa.types.is_dictionary(values.type):
            values = decoded(values)
        elif is_run_end_encoded(values.type):
            values = compute.run_end_decode(values)
        else:
            return values


def rows_with(mask: Bools, row: npt.NDArray[np.int64], count: int) -> Bools:
    """In which of `count` rows any element is marked; `row` says of which row each element is."""
    found = np.zeros(count, bool)
    found[row[mask]] = True
    return found


def list_lengths(values: pa.Array) -> npt.NDArray[np.int64]:
    """How many values each row of lists has; 0 where it is null."""
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        return np.where(values.is_valid().to_numpy(zero_copy_only=False), kind.list_size, 0).astype(np.int64)
    found: npt.NDArray[np.int64] = compute.fill_null(compute.list_value_length(values), 0).to_numpy().astype(np.int64)
    return found


def list_values(values: pa.Array) -> pa.Array:
    """The values of all lists one after the other; those of null lists, which may have some, are left out."""
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        # What flatten() does with the values of null lists depends on the version of Arrow.
        there = np.repeat(values.is_valid().to_numpy(zero_copy_only=False), kind.list_size)
        every = opened(values).values.slice(values.offset * kind.list_size, len(values) * kind.list_size)
        return every.filter(array(there)) if not there.all() else every
    return opened(values).flatten()


def _single(values: pa.Array) -> tuple[pa.Array, Bools | None]:
    lengths = list_lengths(values)
    starts = np.cumsum(lengths) - lengths
    inner = list_values(values)
    if is_list(inner.type):
        # Lists of lists have no value a row: all that have any are at fault.
        return nulls(len(values), pa.null()), lengths > 0
    several = lengths > 1
    if of_arrow(inner.type).kind == "unsupported":
        # Not every version of Arrow can take such values.
        listed = values.to_pylist()
        found = array([row[0] if row and len(row) == 1 else None for row in listed], inner.type)
        return found, several
    inner = plain(inner)[0] if _is_view(inner.type) else inner
    single, more = plain(inner.take(array(starts, mask=lengths != 1)))
    return single, several if more is None else several | more


def _cast(values: pa.Array, to: pa.DataType) -> pa.Array:
    kind = values.type
    if kind == to:
        return values
    if _is_view(kind):
        return array(values.to_pylist(), to)
    return values.cast(to)


def _is_view(kind: pa.DataType) -> bool:
    # Not every version of Arrow takes or casts them.
    return str(kind) in ("string_view", "binary_view")


def _of_fixed_size(values: pa.Array, width: int) -> pa.Array:
    # Arrow 10 crashes when it casts a slice of them.
    data = values.buffers()[1]
    if data is None or not len(values):
        return nulls(len(values), pa.binary())
    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(width)
    start = values.offset * width
    make: Any = pa.Array.from_buffers
    found = make(pa.binary(), len(values), [None, pa.py_buffer(offsets.tobytes()), data.slice(start)])
    there = values.is_valid().to_numpy(zero_copy_only=False)
    return found if there.all() else found.take(array(np.arange(len(values)), mask=~there))


def _uuids(storage: pa.Array) -> pa.Array:
    texts = [None if value is None else str(uuid.UUID(bytes=value)) for value in storage.to_pylist()]
    return array(texts, pa.string())


def _text_bytes(values: pa.Array) -> int:
    """About how many bytes of text the array holds once it is plain; 0 where that can't be much."""
    kind = values.type
    if _is_view(innermost(kind)):
        return 0
    if pa.types.is_dictionary(kind):
        words = opened(values).dictionary
        if not (is_text(words.type) or is_bytes(words.type)) or not len(words):
            return 0
        longest = compute.max(compute.binary_length(words)).as_py() or 0
        return longest * len(values)
    if (
        pa.types.is_fixed_size_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
        or is_run_end_encoded(kind)
        or is_list(kind)
    ):
        return values.nbytes
    return 0
