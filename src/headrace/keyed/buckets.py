"""Which bucket a row belongs to: rows whose keys are equal share one, on either side, in every run, on every machine.

    suggestion_id     hash of the keys     of 8 buckets
    s1                0x3f...a2            1
    s2                0x90...17            4
    s1                0x3f...a2            1

The hash works on whole columns, eight bytes of text at a time. It need not be cryptographic: it decides where rows
meet, not whether they match.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.keyed.columns import Ints

Hashes = npt.NDArray[np.uint64]

CELLS = 8_000_000
"""About how many values of both sides a bucket holds, unless the spec says how many buckets there are."""

MOST = 10_000
"""Buckets at the most."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NULL = np.uint64(0xD1B54A32D192ED03)
_WORD = 8
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(_WORD)] + [(1 << 64) - 1], np.uint64)


def bucket_count(cells: int) -> int:
    """How many buckets `cells` values fill: rows times columns, summed over both sides.

    It depends on nothing else, such as how rows are spread over files: so the same rows fall into the same shards.
    """
    return min(max(1, -(-cells // CELLS)), MOST)


def in_buckets(rows: pa.Table, keys: pa.Table, count: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each bucket that has any, in their order; the flat `keys` stand row by row beside `rows`."""
    if count > 1:
        yield from by_number(rows, (key_hashes(keys) % np.uint64(count)).astype(np.uint16), count)
    elif rows.num_rows:
        yield 0, rows


def by_number(rows: pa.Table, number: npt.NDArray[np.integer[Any]], count: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each `number`, 0 .. `count` - 1, that has any, in their order."""
    order = np.argsort(number, kind="stable")
    rows = rows.take(order)
    ends = np.searchsorted(number[order], np.arange(count + 1)).tolist()
    for place, (start, end) in enumerate(pairwise(ends)):
        if start < end:
            yield place, rows.slice(start, end - start)


def key_hashes(keys: pa.Table) -> Hashes:
    """64 bits for each row of flat columns of integers or text; equal where all values are equal, null with null."""
    hashes = np.zeros(keys.num_rows, np.uint64)
    for column in keys.columns:
        values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        found = _of_integers(values) if pa.types.is_integer(values.type) else _of_text(values)
        if values.null_count:
            found[~values.is_valid().to_numpy(zero_copy_only=False)] = _NULL
        hashes = _mixed(hashes * _GOLDEN + found)
    return hashes


def _of_integers(values: pa.Array) -> Hashes:
    numbers: Ints = values.fill_null(0).cast(pa.int64(), safe=False).to_numpy()
    return _mixed(numbers.view(np.uint64))


def _of_text(values: pa.Array) -> Hashes:
    if not len(values):
        return np.zeros(0, np.uint64)
    _, offsets, data = values.cast(pa.binary()).buffers()
    places = _memory_of(offsets, np.int32)[values.offset :][: len(values) + 1].astype(np.int64)
    text = _memory_of(data, np.uint8)[places[0] : places[-1]]
    padded = np.concatenate([text, np.zeros(_WORD, np.uint8)])
    # At each byte of the text, the eight bytes that begin there.
    words: Hashes = np.ndarray(len(text) + 1, "<u8", padded, strides=(1,))
    at, left = places[:-1] - places[0], np.diff(places)
    hashes = _mixed(left.astype(np.uint64))
    rows = np.flatnonzero(left)
    while len(rows):
        word = words[at[rows]] & _KEPT[np.minimum(left[rows], _WORD)]
        hashes[rows] = _mixed(hashes[rows] * _GOLDEN + word)
        at[rows] += _WORD
        left[rows] -= _WORD
        rows = rows[left[rows] > 0]
    return hashes


def _memory_of(buffer: pa.Buffer | None, kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.frombuffer(memoryview(buffer) if buffer is not None else b"", kind)


def _mixed(numbers: Hashes) -> Hashes:
    """Each bit of a number in every bit of the result (the finalizer of SplitMix64, public domain)."""
    mixed = numbers + _GOLDEN
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
