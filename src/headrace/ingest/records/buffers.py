"""Text and bytes of Arrow as buffers of NumPy, and back, without a copy.

["ab", "c"]   <->   offsets 0, 2, 3 (one more than values), data b"abc"
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.ingest.records.find_records import Bytes, Indices, Records

Offsets = npt.NDArray[np.int32]


def strings(offsets: Offsets, data: Bytes) -> pa.Array:
    """An array of text: value i is `data[offsets[i]:offsets[i + 1]]`."""
    return pa.StringArray.from_buffers(len(offsets) - 1, _buffer(offsets), _buffer(data))


def binaries(offsets: Offsets, data: Bytes) -> pa.Array:
    """An array of bytes: value i is `data[offsets[i]:offsets[i + 1]]`."""
    buffers = cast("list[pa.Buffer]", [None, _buffer(offsets), _buffer(data)])  # no value is null
    return pa.BinaryArray.from_buffers(pa.binary(), len(offsets) - 1, buffers)


def offsets_and_data(array: pa.Array) -> tuple[Indices, Bytes]:
    """The offsets of an array of text or bytes of at most 2 GiB, one more than it has values, and all of its data."""
    if not len(array):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, offsets, data = cast("tuple[Any, Any, Any]", tuple(array.buffers()))
    found = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    whole = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return found, whole[: found[-1]]


def record_bytes(records: Records) -> pa.Array:
    """The bytes of each record, in an array of bytes."""
    edges = np.empty(2 * len(records) + 1, np.int32)
    edges[:-1:2], edges[1::2] = records.starts, records.ends
    edges[-1] = records.ends[-1] if len(records) else 0
    # Values 0, 2, 4, ... are the records, the others what is between these.
    return binaries(edges, records.data).take(pa.array(np.arange(0, 2 * len(records), 2)))


def _buffer(values: npt.NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(memoryview(values))  # type: ignore[arg-type]  # any contiguous memory will do


def with_text(records: Records, text: pa.Array, which: Indices, items: Indices | None = None) -> Records:
    """Records with a text of their own: record i comes from record `which[i]` of others, as its item `items[i]`."""
    offsets, data = offsets_and_data(text)
    return Records(
        data=data,
        starts=offsets[:-1],
        ends=offsets[1:],
        lines=records.lines[which],
        line_count=records.line_count,
        origin=records.starts[which] if records.origin is None else records.origin[which],
        items=items,
    )
